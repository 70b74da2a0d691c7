/* SPDX-License-Identifier: MIT */
/* A call and its arguments: what each is, by the tables, and its text. */
#include "decode.h"

#include "call.h"
#include "common.h"
#include "constants.h"
#include "values.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of umode_t, which calls cut modes to. */
#define MODE_BITS 16

/* Reads of memory for one call: a list of messages, each with a list of parts, takes most. */
#define READS_MAX 128

/* A call by its table. */
struct call {
	const char *name;
	unsigned int count; /* of its parameters */
	struct sbpf_parameter parameters[ARGUMENTS_MAX];
	uint64_t values[ARGUMENTS_MAX]; /* as the kernel cuts them */
	const struct parameter_row *rows;
	size_t row_count;
	const struct parameter_row *of[ARGUMENTS_MAX]; /* the row that holds; NULL: its kind */
};

/* ---- The call ---- */

/* On another ABI where the tables do not know it here: it may be made only through another call. */
static bool find_parameter(int abi, const char *name, unsigned int argument,
			   struct sbpf_parameter *parameter)
{
	unsigned int bits = abi_of(abi).word_bits;

	if (sbpf_call_parameter(abi, name, argument, parameter))
		return true;
	if (argument && sbpf_call_parameter(abi, name, 0, parameter))
		return false;
	for (int other = 0; other < sbpf_abi_count(); other++) {
		if (abi_of(other).word_bits == bits &&
		    sbpf_call_parameter(other, name, argument, parameter))
			return true;
	}
	return false;
}

static uint64_t cut(uint64_t value, unsigned int bits)
{
	return bits < 64 ? value & ((UINT64_C(1) << bits) - 1) : value;
}

/* Its index; call->count when there is none. */
static unsigned int index_of(const struct call *call, const char *parameter)
{
	unsigned int i = 0;

	while (i < call->count && strcmp(call->parameters[i].name, parameter) != 0)
		i++;
	return i;
}

/* ---- Which row of the tables holds ---- */

/* Whether a list with commas has the word. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word)) {
		if ((at == list || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	}
	return false;
}

/* Whether a value has all bits of one of the constants in a list, which are of this set. */
static bool has_flag(int abi, const char *set, const char *names, uint64_t value)
{
	while (*names) {
		size_t length = strcspn(names, ",");
		uint64_t bits;

		if (constant_value_in(abi, set, names, length, &bits) && (value & bits) == bits)
			return true;
		names += length + (names[length] == ',');
	}
	return false;
}

static const struct parameter_row *find_row(const struct call *call, int abi, unsigned int index);

/* The constant that an argument is, by the call or by a row that holds; NULL when it is none. */
static const char *name_of_argument(const struct call *call, int abi, unsigned int index)
{
	const struct parameter_row *row = find_row(call, abi, index);

	if (row && row->shape == SHAPE_CONSTANTS)
		return constant_name_in(abi, row->of, call->values[index]);
	return constant_name(abi, call->name, index, call->values[index]);
}

/* No row looks, through others, at its own parameter: tests/unit/test_decode.c. */
static bool row_holds(const struct call *call, int abi, const struct parameter_row *row)
{
	const char *name;
	unsigned int index;

	if (!row->when)
		return true;
	index = index_of(call, row->when);
	if (index == call->count)
		return false;
	if (row->names[0] == '~')
		return !has_flag(abi, row->of, row->names + 1, call->values[index]);
	name = name_of_argument(call, abi, index);
	if (row->names[0] == '!')
		return name && !has_word(row->names + 1, name);
	return name && has_word(row->names, name);
}

/* Shapes that are followed are for pointers, the others for numbers. */
static bool is_fitting(const struct sbpf_parameter *parameter, const struct parameter_row *row)
{
	return (parameter->kind == SBPF_KIND_POINTER) == (row->shape >= SHAPE_FIRST_FOLLOWED);
}

/* NULL: its kind says all that is known. */
static const struct parameter_row *find_row(const struct call *call, int abi, unsigned int index)
{
	const struct sbpf_parameter *parameter = &call->parameters[index];
	const struct parameter_row *common;

	for (size_t i = 0; i < call->row_count; i++) {
		const struct parameter_row *row = &call->rows[i];

		if (!strcmp(row->parameter, parameter->name) && row_holds(call, abi, row))
			return row;
	}
	common = parameter_common(parameter->name);
	return common && is_fitting(parameter, common) ? common : NULL;
}

static void call_find(struct call *call, int abi, const char *name, const __u64 *arguments)
{
	*call = (struct call){ .name = name };
	while (name && call->count < ARGUMENTS_MAX &&
	       find_parameter(abi, name, call->count, &call->parameters[call->count])) {
		unsigned int bits = call->parameters[call->count].bits;

		call->values[call->count] = cut(arguments[call->count], bits);
		call->count++;
	}
	call->rows = parameter_rows(name, &call->row_count);
	for (unsigned int i = 0; i < call->count; i++)
		call->of[i] = find_row(call, abi, i);
}

/* ---- One argument ---- */

/* Always something; where memory cannot be read, the pointer to it. */
static void print_value(struct decoding *decoding, const struct value *value)
{
	if (value->shape < SHAPE_FIRST_FOLLOWED)
		plain_print(decoding, value);
	else if (!follow_print(decoding, value))
		address_print(decoding->out, value->value);
}

static enum shape shape_of_kind(const struct sbpf_parameter *parameter, uint64_t value)
{
	static const enum shape shapes[] = {
		[SBPF_KIND_SIGNED] = SHAPE_SIGNED, [SBPF_KIND_POINTER] = SHAPE_ADDRESS,
		[SBPF_KIND_FD] = SHAPE_FD,	   [SBPF_KIND_FLAGS] = SHAPE_HEX,
		[SBPF_KIND_SIZE] = SHAPE_NUMBER,
	};

	if (parameter->kind == SBPF_KIND_NUMBER)
		return value < 4096 ? SHAPE_NUMBER : SHAPE_HEX;
	return shapes[parameter->kind];
}

static void print_by_kind(struct decoding *decoding, const struct call *call, unsigned int index)
{
	const struct sbpf_parameter *parameter = &call->parameters[index];
	struct value value = { .value = call->values[index], .bits = parameter->bits };

	if (parameter->kind != SBPF_KIND_FD &&
	    constant_print_whole(decoding->out, decoding->abi, call->name, index, value.value))
		return;
	value.shape = shape_of_kind(parameter, value.value);
	print_value(decoding, &value);
}

/* What a row's length is: a number, or the value of another parameter. */
static bool find_length(const struct call *call, const char *length, uint64_t *result)
{
	unsigned int index;

	if (!length)
		return false;
	if (isdigit((unsigned char)*length)) {
		*result = strtoull(length, NULL, 10);
		return true;
	}
	index = index_of(call, length);
	*result = index < call->count ? call->values[index] : 0;
	return index < call->count;
}

/* Whether a path, or for a descriptor the path after it, is one from the working folder. */
static bool is_from_here(struct decoding *decoding, const struct call *call, unsigned int index)
{
	const struct parameter_row *row = call->of[index];
	char first;

	if (row && row->shape == SHAPE_PATH)
		return !index || call->parameters[index - 1].kind != SBPF_KIND_FD;
	if (index + 1 >= call->count)
		return false;
	row = call->of[index + 1];
	return row && row->shape == SHAPE_PATH &&
	       decoding_read(decoding, call->values[index + 1], &first, 1) == 1 && first != '/';
}

static void print_argument(struct decoding *decoding, const struct call *call, unsigned int index)
{
	const struct parameter_row *row = call->of[index];
	struct value value = { .value = call->values[index], .bits = call->parameters[index].bits };

	if (!row || row->shape == SHAPE_KIND) {
		print_by_kind(decoding, call, index);
		return;
	}
	value.shape = row->shape;
	if (row->shape == SHAPE_OCTAL || row->shape == SHAPE_MODE)
		value.value = cut(value.value, MODE_BITS);
	value.of = row->of;
	value.has_length = find_length(call, row->length, &value.length);
	if (row->shape == SHAPE_PATH || row->shape == SHAPE_FOLDER)
		value.is_relative = is_from_here(decoding, call, index);
	print_value(decoding, &value);
}

/* How many arguments the call looks at. */
static unsigned int count_present(const struct call *call)
{
	unsigned int count = call->count;

	while (count) {
		const struct parameter_row *row = call->of[count - 1];

		if (!row || row->shape != SHAPE_ABSENT)
			break;
		count--;
	}
	return count;
}

static void print_arguments(struct decoding *decoding, const struct call *call)
{
	unsigned int count = count_present(call);

	putc('(', decoding->out);
	for (unsigned int i = 0; i < count; i++) {
		fputs(i ? ", " : "", decoding->out);
		print_argument(decoding, call, i);
	}
	putc(')', decoding->out);
}

/* ---- Calls ---- */

/* All arguments up to the last that is not 0, of a call that is not known. */
static void print_raw(FILE *out, const __u64 *arguments)
{
	unsigned int count = ARGUMENTS_MAX;

	while (count && !arguments[count - 1])
		count--;
	putc('(', out);
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "%s0x%" PRIx64, i ? ", " : "", (uint64_t)arguments[i]);
	putc(')', out);
}

static void print_made(struct decoding *decoding, const char *name, const __u64 *arguments)
{
	struct call call;

	fputs(name, decoding->out);
	call_find(&call, decoding->abi, name, arguments);
	print_arguments(decoding, &call);
}

/* A call that is made through another one stands behind that, which is all that filters see. */
static void print_call(struct decoding *decoding, const char *name, const __u64 *arguments)
{
	__u64 own[ARGUMENTS_MAX] = { 0 };
	const char *direct;

	print_made(decoding, name, arguments);
	direct = direct_find(decoding, name, arguments, own);
	if (!direct)
		return;
	fputs(" /* ", decoding->out);
	print_made(decoding, direct, own);
	fputs(" */", decoding->out);
}

static struct decoding decoding_new(FILE *out, pid_t tid, int abi, const char *name)
{
	struct sbpf_abi description = abi_of(abi);
	size_t word = description.word_bits == 32 ? 4 : 8;
	size_t length = name ? strlen(name) : 0;
	bool is_x86 = !strcmp(description.name, "x86");
	bool is_x86_64 = description.uname_name && !strcmp(description.uname_name, "x86_64");
	bool is_time64 = length > 2 && !strcmp(name + length - 2, "64");

	return (struct decoding){
		.out = out,
		.print = print_value,
		.tid = tid > 0 ? tid : 0,
		.abi = abi,
		.word = word,
		.time_word = is_time64 || description.register_bits == 64 ? 8 : word,
		.align_64 = is_x86 ? 4 : 8,
		.is_packed = is_x86 || is_x86_64,
		.reads = READS_MAX,
	};
}

void decode_call(FILE *out, pid_t tid, int abi, const struct seccomp_data *data)
{
	const char *name = sbpf_call_name(abi, (uint32_t)data->nr);
	char text[8 * DECODED_MAX] = "";
	FILE *whole = fmemopen(text, sizeof(text), "w");
	struct decoding decoding = decoding_new(whole, tid, abi, name);

	if (!whole) {
		fprintf(out, "%s(...)", name ? name : "?");
		return;
	}
	if (name) {
		print_call(&decoding, name, data->args);
	} else {
		fprintf(whole, "syscall_0x%" PRIx32, (uint32_t)data->nr);
		print_raw(whole, data->args);
	}
	fclose(whole);
	text[sizeof(text) - 1] = '\0';
	if (strlen(text) > DECODED_MAX)
		memcpy(text + DECODED_MAX - strlen("...)"), "...)", sizeof("...)"));
	fputs(text, out);
}

/* ---- What filters see ---- */

static enum decode_test test_of_form(enum constant_form form)
{
	static const enum decode_test tests[] = {
		[CONSTANT_NONE] = DECODE_TEST_NONE,
		[CONSTANT_VALUE] = DECODE_TEST_VALUE,
		[CONSTANT_FLAGS] = DECODE_TEST_FLAGS,
	};

	return tests[form];
}

enum decode_test decode_test(int abi, uint32_t number, unsigned int argument)
{
	const char *name = sbpf_call_name(abi, number);
	enum constant_form form = CONSTANT_NONE;
	const __u64 none[ARGUMENTS_MAX] = { 0 };
	struct call call;

	call_find(&call, abi, name, none);
	if (argument >= call.count || call.parameters[argument].kind == SBPF_KIND_POINTER ||
	    call.parameters[argument].kind == SBPF_KIND_FD)
		return DECODE_TEST_NONE;
	for (size_t i = 0; i < call.row_count; i++) {
		const struct parameter_row *row = &call.rows[i];

		if (strcmp(row->parameter, call.parameters[argument].name) != 0)
			continue;
		if (row->shape >= SHAPE_FIRST_FOLLOWED)
			return DECODE_TEST_NONE;
		if (row->shape == SHAPE_CONSTANTS)
			form = constant_set_form(row->of);
	}
	if (form == CONSTANT_NONE)
		form = constant_form(abi, name, argument);
	return test_of_form(form);
}

const char *decode_unseen(int abi, uint32_t number)
{
	const char *name = sbpf_call_name(abi, number);
	const __u64 none[ARGUMENTS_MAX] = { 0 };
	struct call call;

	call_find(&call, abi, name, none);
	for (size_t i = 0; i < call.row_count; i++) {
		const struct parameter_row *row = &call.rows[i];

		if (row->unseen && index_of(&call, row->parameter) < call.count)
			return row->unseen;
	}
	return NULL;
}
