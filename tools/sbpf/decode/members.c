/* SPDX-License-Identifier: MIT */
/* The members of structures, laid out as C lays them out. */
#include "values.h"

#include "common.h"

#include <string.h>

uint64_t number_at(const uint8_t *bytes, size_t size)
{
	uint16_t of_16;
	uint32_t of_32;
	uint64_t of_64;

	switch (size) {
	case 2:
		memcpy(&of_16, bytes, sizeof(of_16));
		return of_16;
	case 4:
		memcpy(&of_32, bytes, sizeof(of_32));
		return of_32;
	case 8:
		memcpy(&of_64, bytes, sizeof(of_64));
		return of_64;
	default:
		return bytes[0];
	}
}

/* ---- Layout ---- */

static size_t field_size(const struct decoding *decoding, const struct field_row *field)
{
	switch (field->width) {
	case WIDTH_8:
		return 1;
	case WIDTH_16:
		return 2;
	case WIDTH_32:
		return 4;
	case WIDTH_64:
		return 8;
	case WIDTH_LONG:
		return decoding->word;
	case WIDTH_TIME:
		return decoding->time_word;
	case WIDTH_INSIDE:
		return structure_size(decoding, field->of);
	case WIDTH_ARRAY:
		return field->size;
	}
	return 0;
}

static size_t structure_alignment(const struct decoding *decoding, const char *structure);

static size_t field_alignment(const struct decoding *decoding, const struct field_row *field)
{
	size_t size;

	if (decoding->is_packed && structure_is_packed(field->structure))
		return 1;
	if (field->width == WIDTH_INSIDE)
		return structure_alignment(decoding, field->of);
	if (field->width == WIDTH_ARRAY)
		return 1;
	size = field_size(decoding, field);
	return size == 8 ? decoding->align_64 : size;
}

static size_t structure_alignment(const struct decoding *decoding, const char *structure)
{
	size_t count;
	const struct field_row *fields = structure_fields(structure, &count);
	size_t most = 1;

	for (size_t i = 0; i < count; i++) {
		size_t alignment = field_alignment(decoding, &fields[i]);

		most = alignment > most ? alignment : most;
	}
	return most;
}

static size_t align(size_t offset, size_t alignment)
{
	return (offset + alignment - 1) / alignment * alignment;
}

/* The offset behind the member before it, aligned for this one. */
static size_t field_offset(const struct decoding *decoding, const struct field_row *field,
			   size_t end)
{
	return align(end, field_alignment(decoding, field));
}

size_t structure_size(const struct decoding *decoding, const char *structure)
{
	size_t count;
	const struct field_row *fields = structure_fields(structure, &count);
	size_t end = 0;

	for (size_t i = 0; i < count; i++) {
		end = field_offset(decoding, &fields[i], end);
		end += field_size(decoding, &fields[i]);
	}
	return align(end, structure_alignment(decoding, structure));
}

/* ---- Printing ---- */

/* A structure that was read. */
struct members {
	const struct field_row *fields;
	size_t count;
	const uint8_t *bytes;
	size_t size;
};

/* The bytes of a member; NULL when they are not all there. */
static const uint8_t *find_member(const struct decoding *decoding, const struct members *members,
				  size_t index)
{
	size_t end = 0;
	size_t offset = 0;

	for (size_t i = 0; i <= index; i++) {
		offset = field_offset(decoding, &members->fields[i], end);
		end = offset + field_size(decoding, &members->fields[i]);
	}
	return end <= members->size ? members->bytes + offset : NULL;
}

/* The value of the member that is the length of another. */
static bool find_length(const struct decoding *decoding, const struct members *members,
			const char *name, uint64_t *length)
{
	for (size_t i = 0; name && i < members->count; i++) {
		const uint8_t *bytes = find_member(decoding, members, i);

		if (strcmp(members->fields[i].name, name) != 0 || !bytes)
			continue;
		*length = number_at(bytes, field_size(decoding, &members->fields[i]));
		return true;
	}
	return false;
}

static void print_member(struct decoding *decoding, const struct members *members, size_t index,
			 const uint8_t *bytes)
{
	const struct field_row *field = &members->fields[index];
	bool is_number = field->width < WIDTH_INSIDE;
	size_t size = field_size(decoding, field);
	struct value value = {
		.shape = field->shape,
		.of = field->of,
		.value = is_number ? number_at(bytes, size) : 0,
		.bits = is_number ? (unsigned int)size * 8 : 0,
		.bytes = is_number ? NULL : bytes,
	};

	if (is_number)
		value.has_length = find_length(decoding, members, field->length, &value.length);
	else
		value.length = size;
	decoding->print(decoding, &value);
}

/* A structure whose first member is called so says itself how much of it there is. */
static size_t said_size(const struct members *members)
{
	uint64_t said;

	if (!members->count || strcmp(members->fields[0].name, "size") != 0 || members->size < 4)
		return members->size;
	said = number_at(members->bytes, 4);
	return said >= 4 && said < members->size ? (size_t)said : members->size;
}

static bool is_left_out(const struct decoding *decoding, const struct field_row *field,
			const uint8_t *bytes)
{
	return field->is_optional && !number_at(bytes, field_size(decoding, field));
}

void members_print(struct decoding *decoding, const char *structure, const uint8_t *bytes,
		   size_t size)
{
	struct members members = { .bytes = bytes, .size = size };
	const char *between = "";
	bool is_bare;

	members.fields = structure_fields(structure, &members.count);
	members.size = said_size(&members);
	is_bare = members.count == 1 && !*members.fields[0].name;
	fputs(is_bare ? "" : "{", decoding->out);
	for (size_t i = 0; i < members.count; i++) {
		const uint8_t *member = find_member(decoding, &members, i);

		if (!member)
			break;
		if (is_left_out(decoding, &members.fields[i], member))
			continue;
		if (!is_bare)
			fprintf(decoding->out, "%s%s=", between, members.fields[i].name);
		print_member(decoding, &members, i, member);
		between = ", ";
	}
	fputs(is_bare ? "" : "}", decoding->out);
}
