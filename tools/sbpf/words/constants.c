/* SPDX-License-Identifier: MIT */
/*
 * The constants of arch/constants.tbl. They are no headers of this machine: those may lack new
 * ones, and the filter may be for another machine.
 */
#include "constants.h"

#include "common.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A value that a name has on some machines. */
struct constant {
	const char *name;
	int64_t value;
	uint16_t machines; /* bits, as struct machine has them */
};

/* Constants that an argument may take: values of a field, and flags in all other bits. */
struct set {
	const char *name;
	uint16_t first; /* in constants[] */
	uint16_t count;
	uint64_t field; /* the bits that hold one value of several */
};

struct machine {
	const char *abi;
	uint16_t bit;
};

#define ONE_VALUE UINT64_MAX /* the field of a set without flags */
#define SETS_OF_USE 2

/* What an argument of a call takes. */
struct use {
	const char *call;
	uint8_t argument;
	uint8_t set_count;
	uint16_t machines;
	uint8_t sets[SETS_OF_USE];
};

#include "constants_table.h"

static uint16_t machine_of(int abi)
{
	struct sbpf_abi description;

	for (size_t i = 0; sbpf_abi_describe(abi, &description) && i < COUNT(machines); i++) {
		if (!strcmp(machines[i].abi, description.name))
			return machines[i].bit;
	}
	return 0;
}

static const struct use *find_use(uint16_t machine, const char *call, unsigned int argument)
{
	for (size_t i = 0; call && i < COUNT(uses); i++) {
		const struct use *use = &uses[i];

		if (use->argument == argument && use->machines & machine &&
		    !strcmp(use->call, call))
			return use;
	}
	return NULL;
}

/* ---- Names of values ---- */

/* Whether an argument is this value: the kernel reads 32 bits of one that has a sign. */
static bool is_value(const struct constant *constant, uint64_t value)
{
	return value == (uint64_t)constant->value ||
	       (constant->value < 0 && value == (uint32_t)constant->value);
}

static const char *name_in_set(uint16_t machine, const struct set *set, uint64_t value)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct constant *constant = &constants[set->first + i];

		if (constant->machines & machine && is_value(constant, value))
			return constant->name;
	}
	return NULL;
}

/* The name of a whole argument. */
static const char *name_of(uint16_t machine, const struct use *use, uint64_t value)
{
	const char *name = NULL;

	for (size_t i = 0; !name && i < use->set_count; i++)
		name = name_in_set(machine, &sets[use->sets[i]], value);
	return name;
}

/* ---- Values of several constants ---- */

/* At most a name a bit, and one a field. */
#define PARTS_MAX (64 + SETS_OF_USE)

/* How many bits without a name may stand beside those with one. */
#define UNNAMED_MAX 3

struct parts {
	const char *names[PARTS_MAX];
	size_t count;
	uint64_t rest; /* what has no name */
};

static void take(struct parts *parts, const char *name, uint64_t bits)
{
	parts->names[parts->count++] = name;
	parts->rest &= ~bits;
}

static void take_field(struct parts *parts, uint16_t machine, const struct set *set, bool is_whole)
{
	uint64_t value = parts->rest & set->field;
	const char *name = value || is_whole ? name_in_set(machine, set, value) : NULL;

	if (name)
		take(parts, name, set->field);
}

/* Flags that are several bits come before those that are one of them. */
static void take_flags(struct parts *parts, uint16_t machine, const struct set *set,
		       uint64_t fields)
{
	for (int several = 1; several >= 0; several--) {
		for (size_t i = 0; i < set->count; i++) {
			const struct constant *constant = &constants[set->first + i];
			uint64_t bits = (uint64_t)constant->value;

			if (bits && !!(bits & (bits - 1)) == several && !(bits & fields) &&
			    (parts->rest & bits) == bits && constant->machines & machine)
				take(parts, constant->name, bits);
		}
	}
}

/* The bits of an argument that hold one value of several. */
static uint64_t fields_of(const struct use *use)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < use->set_count; i++)
		fields |= sets[use->sets[i]].field;
	return fields;
}

/* is_whole: a field of 0 is taken too, where that has a name. */
static void take_all(struct parts *parts, uint16_t machine, const struct use *use, bool is_whole)
{
	uint64_t fields = fields_of(use);

	for (size_t i = 0; i < use->set_count; i++) {
		const struct set *set = &sets[use->sets[i]];

		if (set->field)
			take_field(parts, machine, set, is_whole);
		else
			take_flags(parts, machine, set, fields);
	}
}

/* False when names tell no more than a number. */
static bool split(struct parts *parts, uint16_t machine, const struct use *use, uint64_t value)
{
	*parts = (struct parts){ .rest = value };
	if (fields_of(use) == ONE_VALUE)
		return false;
	take_all(parts, machine, use, false);
	return parts->count && __builtin_popcountll(parts->rest) <= UNNAMED_MAX;
}

/* ---- Printing ---- */

static void print_number(FILE *out, uint64_t value)
{
	fprintf(out, value < 4096 ? "%" PRIu64 : "0x%" PRIx64, value);
}

static void print_parts(FILE *out, const struct parts *parts, bool is_operand)
{
	bool enclosed = is_operand && (parts->count > 1 || parts->rest);

	fputs(enclosed ? "(" : "", out);
	for (size_t i = 0; i < parts->count; i++)
		fprintf(out, "%s%s", i ? "|" : "", parts->names[i]);
	if (parts->rest)
		fprintf(out, "|0x%" PRIx64, parts->rest);
	fputs(enclosed ? ")" : "", out);
}

/* Whether it has a name. */
static bool print_value(FILE *out, int abi, const char *call, unsigned int argument, uint64_t value,
			bool is_operand)
{
	uint16_t machine = machine_of(abi);
	const struct use *use = find_use(machine, call, argument);
	const char *name = use ? name_of(machine, use, value) : NULL;
	struct parts parts;

	bool several = !name && use && split(&parts, machine, use, value);

	if (name)
		fputs(name, out);
	else if (several)
		print_parts(out, &parts, is_operand);
	else
		print_number(out, value);
	return name || several;
}

void constant_print(FILE *out, int abi, const char *call, unsigned int argument, uint64_t value)
{
	print_value(out, abi, call, argument, value, false);
}

void constant_print_operand(FILE *out, int abi, const char *call, unsigned int argument,
			    uint64_t value)
{
	print_value(out, abi, call, argument, value, true);
}

char *constant_text(int abi, const char *call, unsigned int argument, uint64_t value,
		    char buffer[CONSTANT_MAX])
{
	FILE *out = fmemopen(buffer, CONSTANT_MAX, "w");

	buffer[0] = '\0';
	if (!out)
		return buffer;
	if (print_value(out, abi, call, argument, value, false)) {
		fputs(" (", out);
		print_number(out, value);
		putc(')', out);
	}
	fclose(out);
	buffer[CONSTANT_MAX - 1] = '\0';
	return buffer;
}

void constant_print_bits(FILE *out, int abi, const char *call, unsigned int argument,
			 uint64_t value)
{
	uint16_t machine = machine_of(abi);
	const struct use *use = find_use(machine, call, argument);
	struct parts parts;

	if (use && split(&parts, machine, use, value))
		print_parts(out, &parts, true);
	else
		print_number(out, value);
}

static bool find_value(uint16_t machine, const struct constant *list, size_t count,
		       const char *name, size_t length, uint64_t *value)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].machines & machine && !strncmp(list[i].name, name, length) &&
		    !list[i].name[length]) {
			*value = (uint64_t)list[i].value;
			return true;
		}
	}
	return false;
}

/* ---- What a call has, to the last bit ---- */

/* Whether some of its bits are one value of several, and the others are flags. */
static bool has_part(const struct use *use)
{
	uint64_t fields = fields_of(use);

	return fields && fields != ONE_VALUE;
}

/* So many bits without a name that it is no such value: -1, or an address. */
#define STRANGE_MIN 9

static bool print_whole(FILE *out, uint16_t machine, const struct use *use, uint64_t value)
{
	const char *name = use && !has_part(use) ? name_of(machine, use, value) : NULL;
	struct parts parts = { .rest = value };

	if (name) {
		fputs(name, out);
		return true;
	}
	if (use && fields_of(use) != ONE_VALUE)
		take_all(&parts, machine, use, true);
	if (!parts.count || __builtin_popcountll(parts.rest) >= STRANGE_MIN)
		return false;
	print_parts(out, &parts, false);
	return true;
}

bool constant_print_whole(FILE *out, int abi, const char *call, unsigned int argument,
			  uint64_t value)
{
	uint16_t machine = machine_of(abi);

	return print_whole(out, machine, find_use(machine, call, argument), value);
}

/* False when there is no such set. */
static bool find_set(const char *name, size_t length, uint8_t *index)
{
	for (size_t i = 0; i < COUNT(sets); i++) {
		if (!strncmp(sets[i].name, name, length) && !sets[i].name[length]) {
			*index = (uint8_t)i;
			return true;
		}
	}
	return false;
}

/* A use of the sets in a list such as "clone-flags+signals". */
static bool use_of(const char *list, struct use *use)
{
	*use = (struct use){ 0 };
	while (use->set_count < SETS_OF_USE) {
		size_t length = strcspn(list, "+");

		if (!find_set(list, length, &use->sets[use->set_count++]))
			return false;
		if (!list[length])
			return true;
		list += length + 1;
	}
	return false;
}

bool constant_print_set(FILE *out, int abi, const char *list, uint64_t value)
{
	struct use use;

	return use_of(list, &use) && print_whole(out, machine_of(abi), &use, value);
}

/* Of a value with flags the name of what is none. */
static const char *name_of_field(uint16_t machine, const struct use *use, uint64_t value)
{
	return name_of(machine, use, has_part(use) ? value & fields_of(use) : value);
}

const char *constant_name_in(int abi, const char *list, uint64_t value)
{
	struct use use;

	return use_of(list, &use) ? name_of_field(machine_of(abi), &use, value) : NULL;
}

const char *constant_name(int abi, const char *call, unsigned int argument, uint64_t value)
{
	uint16_t machine = machine_of(abi);
	const struct use *use = find_use(machine, call, argument);

	return use ? name_of_field(machine, use, value) : NULL;
}

bool constant_value_in(int abi, const char *list, const char *name, size_t length, uint64_t *value)
{
	uint16_t machine = machine_of(abi);
	struct use use;

	if (!use_of(list, &use))
		return false;
	for (size_t i = 0; i < use.set_count; i++) {
		const struct set *set = &sets[use.sets[i]];

		if (find_value(machine, &constants[set->first], set->count, name, length, value))
			return true;
	}
	return false;
}

enum constant_form constant_set_form(const char *list)
{
	struct use use;

	if (!use_of(list, &use))
		return CONSTANT_NONE;
	return fields_of(&use) == ONE_VALUE ? CONSTANT_VALUE : CONSTANT_FLAGS;
}

enum constant_form constant_form(int abi, const char *call, unsigned int argument)
{
	const struct use *use = find_use(machine_of(abi), call, argument);

	if (!use)
		return CONSTANT_NONE;
	return fields_of(use) == ONE_VALUE ? CONSTANT_VALUE : CONSTANT_FLAGS;
}

/* ---- Parsing ---- */

bool constant_parse(int abi, const char *text, uint64_t *value)
{
	uint16_t machine = machine_of(abi);

	*value = 0;
	for (;;) {
		size_t length = strcspn(text, "|");
		uint64_t one;

		if (!find_value(machine, constants, COUNT(constants), text, length, &one))
			return false;
		*value |= one;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

const char *constant_suggest(const char *name)
{
	const char *names[COUNT(constants)];

	for (size_t i = 0; i < COUNT(constants); i++)
		names[i] = constants[i].name;
	return nearest_name(name, names, COUNT(constants));
}
