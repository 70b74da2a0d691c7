/* SPDX-License-Identifier: MIT */
/* Values that are pointers, followed to memory. It is another process's, which may be anything. */
#include "values.h"

#include "call.h"
#include "common.h"
#include "constants.h"
#include "memory.h"

#include <inttypes.h>
#include <string.h>

/* Structures in structures. */
#define DEPTH_MAX 4

/* ---- Texts ---- */

static bool print_string(struct decoding *decoding, uint64_t address, size_t shown,
			 bool is_relative)
{
	char text[PATH_SHOWN + 1];
	size_t size = decoding_read(decoding, address, text, shown + 1);
	size_t length = strnlen(text, size);

	/* It runs into what is not there: the kernel cannot read it either. */
	if (length == size && size <= shown)
		return false;
	quoted_print(decoding->out, text, length < shown ? length : shown, length > shown);
	if (is_relative && length && text[0] != '/')
		link_print(decoding, "cwd", " /* in ", " */");
	return true;
}

static bool follow_string(struct decoding *decoding, const struct value *value)
{
	if (value->bytes) {
		quoted_print(decoding->out, value->bytes,
			     strnlen((const char *)value->bytes, (size_t)value->length), false);
		return true;
	}
	return print_string(decoding, value->value, BYTES_SHOWN, false);
}

static bool follow_path(struct decoding *decoding, const struct value *value)
{
	return print_string(decoding, value->value, PATH_SHOWN, value->is_relative);
}

static bool follow_bytes(struct decoding *decoding, const struct value *value)
{
	char bytes[BYTES_SHOWN];
	size_t wanted = value->length < BYTES_SHOWN ? (size_t)value->length : BYTES_SHOWN;

	if (!value->value || decoding_read(decoding, value->value, bytes, wanted) < wanted)
		return false;
	quoted_print(decoding->out, bytes, wanted, value->length > BYTES_SHOWN);
	return true;
}

static bool follow_option(struct decoding *decoding, const struct value *value)
{
	uint8_t bytes[sizeof(int32_t)];

	if (value->length != sizeof(bytes))
		return follow_bytes(decoding, value);
	if (decoding_read(decoding, value->value, bytes, sizeof(bytes)) < sizeof(bytes))
		return false;
	fprintf(decoding->out, "[%" PRId32 "]", (int32_t)number_at(bytes, sizeof(bytes)));
	return true;
}

/* ---- Pointers, up to one that is NULL ---- */

#define POINTERS_MAX (READ_MAX / 4)

struct pointers {
	uint64_t list[POINTERS_MAX];
	size_t count;
	bool is_whole; /* its end was seen */
};

static bool read_pointers(struct decoding *decoding, uint64_t address, size_t max,
			  struct pointers *pointers)
{
	uint8_t bytes[READ_MAX];
	size_t size = decoding_read(decoding, address, bytes, max * decoding->word);

	*pointers = (struct pointers){ 0 };
	for (size_t i = 0; i < size / decoding->word && !pointers->is_whole; i++) {
		pointers->list[i] = number_at(bytes + i * decoding->word, decoding->word);
		pointers->is_whole = !pointers->list[i];
		pointers->count += !pointers->is_whole;
	}
	return size >= decoding->word;
}

static bool follow_strings(struct decoding *decoding, const struct value *value)
{
	struct pointers pointers;

	if (!read_pointers(decoding, value->value, ITEMS_SHOWN + 1, &pointers))
		return false;
	putc('[', decoding->out);
	for (size_t i = 0; i < pointers.count && i < ITEMS_SHOWN; i++) {
		fputs(i ? ", " : "", decoding->out);
		if (!print_string(decoding, pointers.list[i], BYTES_SHOWN, false))
			address_print(decoding->out, pointers.list[i]);
	}
	fputs(pointers.is_whole ? "]" : ", ...]", decoding->out);
	return true;
}

static bool follow_environment(struct decoding *decoding, const struct value *value)
{
	struct pointers pointers;

	if (!read_pointers(decoding, value->value, READ_MAX / decoding->word, &pointers))
		return false;
	address_print(decoding->out, value->value);
	fprintf(decoding->out, " /* %zu var%s%s */", pointers.count, pointers.count == 1 ? "" : "s",
		pointers.is_whole ? "" : ", unterminated");
	return true;
}

/* ---- Structures ---- */

static bool follow_structure(struct decoding *decoding, const struct value *value)
{
	uint8_t bytes[READ_MAX];
	size_t size = structure_size(decoding, value->of);

	if (value->has_length && value->length < size)
		size = (size_t)value->length;
	if (!size || decoding->depth >= DEPTH_MAX ||
	    !structure_is_known(value->of, name_of_abi(decoding->abi)) ||
	    decoding_read(decoding, value->value, bytes, size) < size)
		return false;
	decoding->depth++;
	members_print(decoding, value->of, bytes, size);
	decoding->depth--;
	return true;
}

static bool follow_array(struct decoding *decoding, const struct value *value)
{
	uint8_t bytes[READ_MAX];
	uint64_t count = value->has_length ? value->length : 1;
	size_t shown = count < ITEMS_SHOWN ? (size_t)count : ITEMS_SHOWN;
	size_t size = structure_size(decoding, value->of);

	if (!value->value || !size || size * shown > READ_MAX || decoding->depth >= DEPTH_MAX ||
	    decoding_read(decoding, value->value, bytes, size * shown) < size * shown)
		return false;
	decoding->depth++;
	putc('[', decoding->out);
	for (size_t i = 0; i < shown; i++) {
		fputs(i ? ", " : "", decoding->out);
		members_print(decoding, value->of, bytes + i * size, size);
	}
	fputs(count > shown ? ", ...]" : "]", decoding->out);
	decoding->depth--;
	return true;
}

static bool print_inside(struct decoding *decoding, const struct value *value)
{
	if (decoding->depth >= DEPTH_MAX) {
		fputs("{...}", decoding->out);
		return true;
	}
	decoding->depth++;
	members_print(decoding, value->of, value->bytes, structure_size(decoding, value->of));
	decoding->depth--;
	return true;
}

/* The size of the largest address: struct sockaddr_storage. */
#define SOCKET_ADDRESS_MAX 128

static bool follow_socket_address(struct decoding *decoding, const struct value *value)
{
	uint8_t bytes[SOCKET_ADDRESS_MAX];
	size_t size = value->length < sizeof(bytes) ? (size_t)value->length : sizeof(bytes);

	if (size < 2 || decoding_read(decoding, value->value, bytes, size) < size)
		return false;
	socket_address_print(decoding, bytes, size);
	return true;
}

/* ---- Sets of bits, in longs ---- */

struct bits {
	const uint8_t *bytes;
	size_t count;
	size_t word;
};

static bool has_bit(const struct bits *bits, size_t bit)
{
	size_t per_word = 8 * bits->word;

	return number_at(bits->bytes + bit / per_word * bits->word, bits->word) >> bit % per_word &
	       1;
}

/* Whole words. False when they could not be read. */
static bool read_bits(struct decoding *decoding, uint64_t address, size_t count, uint8_t *bytes,
		      struct bits *bits)
{
	size_t words = (count + 8 * decoding->word - 1) / (8 * decoding->word);
	size_t size = words * decoding->word;

	*bits = (struct bits){ bytes, count, decoding->word };
	return address && decoding_read(decoding, address, bytes, size) == size;
}

/* Without SIG, as strace has them in sets. */
static void print_signal_name(struct decoding *decoding, size_t signal)
{
	const char *name = constant_name_in(decoding->abi, "signals", signal);

	if (name && !strncmp(name, "SIG", 3))
		fputs(name + 3, decoding->out);
	else if (signal > 32)
		fprintf(decoding->out, "RT_%zu", signal - 32);
	else
		fprintf(decoding->out, signal == 32 ? "RTMIN" : "%zu", signal);
}

/* Those that are missing when nearly all are there. */
static void print_signals(struct decoding *decoding, const struct bits *bits)
{
	size_t there = 0;
	const char *space = "";
	bool is_inverted;

	for (size_t i = 0; i < bits->count; i++)
		there += has_bit(bits, i);
	is_inverted = there >= bits->count * 2 / 3;
	fputs(is_inverted ? "~[" : "[", decoding->out);
	for (size_t i = 0; i < bits->count; i++) {
		if (has_bit(bits, i) == is_inverted)
			continue;
		fputs(space, decoding->out);
		print_signal_name(decoding, i + 1);
		space = " ";
	}
	putc(']', decoding->out);
}

/* Signals that the kernel knows on machines but mips, in bytes. */
#define SIGNALS_BYTES ((size_t)8)

static bool follow_signals(struct decoding *decoding, const struct value *value)
{
	uint8_t bytes[SIGNALS_BYTES];
	uint64_t length = value->has_length ? value->length : decoding->word;
	struct bits bits = { value->bytes, SIGNALS_BYTES * 8, decoding->word };

	if (!value->bytes && (length > SIGNALS_BYTES || !length ||
			      !read_bits(decoding, value->value, (size_t)length * 8, bytes, &bits)))
		return false;
	print_signals(decoding, &bits);
	return true;
}

/* FD_SETSIZE of C libraries; the kernel takes more, but the text would not. */
#define BITS_MAX 1024

/* The numbers of the bits that are set, as this shape. */
static bool print_bits(struct decoding *decoding, uint64_t address, uint64_t count,
		       enum shape shape)
{
	uint8_t bytes[BITS_MAX / 8];
	struct bits bits;
	const char *space = "";

	if (!read_bits(decoding, address, count < BITS_MAX ? (size_t)count : BITS_MAX, bytes,
		       &bits))
		return false;
	putc('[', decoding->out);
	for (size_t i = 0; i < bits.count; i++) {
		if (!has_bit(&bits, i))
			continue;
		fputs(space, decoding->out);
		decoding->print(decoding,
				&(struct value){ .shape = shape, .value = i, .bits = 32 });
		space = " ";
	}
	putc(']', decoding->out);
	return true;
}

static bool follow_descriptors(struct decoding *decoding, const struct value *value)
{
	return print_bits(decoding, value->value, value->length, SHAPE_FD);
}

static bool follow_bits(struct decoding *decoding, const struct value *value)
{
	uint64_t bytes = value->length < BITS_MAX ? value->length : BITS_MAX;

	return print_bits(decoding, value->value, bytes * 8, SHAPE_NUMBER);
}

/* ---- All of them ---- */

typedef bool follower(struct decoding *decoding, const struct value *value);

static follower *const followers[] = {
	[SHAPE_STRING] = follow_string,
	[SHAPE_PATH] = follow_path,
	[SHAPE_BYTES] = follow_bytes,
	[SHAPE_STRINGS] = follow_strings,
	[SHAPE_ENVIRONMENT] = follow_environment,
	[SHAPE_STRUCT] = follow_structure,
	[SHAPE_ARRAY] = follow_array,
	[SHAPE_SOCKADDR] = follow_socket_address,
	[SHAPE_SIGSET] = follow_signals,
	[SHAPE_OPTION] = follow_option,
	[SHAPE_BITS] = follow_bits,
	[SHAPE_FDSET] = follow_descriptors,
	[SHAPE_INSIDE] = print_inside,
};

bool follow_print(struct decoding *decoding, const struct value *value)
{
	return (value->bytes || decoding->tid > 0) && followers[value->shape](decoding, value);
}
