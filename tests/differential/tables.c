// SPDX-License-Identifier: MIT
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool (*line_reader)(struct tables *tables, int abi, const char *line);

/* Hands each line that is neither empty nor a comment to read. */
static bool read_lines(const char *folder, const char *name, line_reader read,
		       struct tables *tables, int abi)
{
	char path[1024], line[512];
	bool good = true;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.tbl", folder, name);
	file = fopen(path, "r");
	if (!file) {
		perror(path);
		return false;
	}
	while (good && fgets(line, sizeof(line), file)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		good = read(tables, abi, line);
		if (!good)
			fprintf(stderr, "%s: a line that is not understood: %s", path, line);
	}
	fclose(file);
	return good;
}

/* "2.6.28" as a number that compares like a release; "?" gives 0. */
static unsigned int release(const char *text)
{
	unsigned int major = 0, minor = 0, patch = 0;

	if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return major * 1000000 + minor * 1000 + patch;
}

static int add_name(struct tables *tables, const char *text, const char *since)
{
	int index = tables_name(tables, text);
	struct table_name *name;

	if (index >= 0)
		return index;
	if (tables->name_count == TABLES_NAMES || strlen(text) >= sizeof(name->text))
		return -1;
	name = &tables->names[tables->name_count];
	snprintf(name->text, sizeof(name->text), "%s", text);
	name->since = release(since);
	return (int)tables->name_count++;
}

static bool read_call(struct tables *tables, int abi, const char *line)
{
	struct table_abi *table = &tables->abis[abi];
	char name[48], since[16];
	unsigned int number;
	int index;

	if (sscanf(line, "%u %47s %15s", &number, name, since) != 3)
		return false;
	index = add_name(tables, name, since);
	if (index < 0 || table->count == TABLES_CALLS)
		return false;
	table->calls[table->count++] = (struct table_call){ .number = number, .name = index };
	/* arm's private calls, __ARM_NR_BASE and up, stand apart. */
	if (number > table->max && number < 0xf0000)
		table->max = number;
	return true;
}

static bool read_abi(struct tables *tables, int unused, const char *line)
{
	struct table_abi *abi = &tables->abis[tables->abi_count];
	char endian[8], machine[4];
	long long audit, offset;
	unsigned int word;

	(void)unused;
	if (tables->abi_count == TABLES_ABIS)
		return false;
	if (sscanf(line, "%15s %15s %15s %lli %u %u %7s %lli %3s %31s %63s", abi->name,
		   abi->call_table, abi->errno_column, &audit, &word, &abi->register_bits, endian,
		   &offset, machine, abi->scmp, abi->go) != 11)
		return false;
	abi->audit = (uint32_t)audit;
	abi->offset = (uint32_t)offset;
	abi->big_endian = strcmp(endian, "big") == 0;
	tables->abi_count++;
	return true;
}

static bool read_sub_call(struct tables *tables, int unused, const char *line)
{
	struct table_sub_call *sub_call = &tables->sub_calls[tables->sub_call_count];
	char multiplexer[16], name[48];

	(void)unused;
	if (tables->sub_call_count == sizeof(tables->sub_calls) / sizeof(tables->sub_calls[0]))
		return false;
	if (sscanf(line, "%15s %u %47s", multiplexer, &sub_call->sub, name) != 3)
		return false;
	sub_call->multiplexer = tables_name(tables, multiplexer);
	sub_call->name = add_name(tables, name, "?");
	tables->sub_call_count++;
	return sub_call->multiplexer >= 0 && sub_call->name >= 0;
}

/* ---- Signatures ---- */

/* The bits of the parameters in a line, such as "fd:fd:32 buf:pointer:word". */
struct signature {
	unsigned int bits[TABLES_ARGUMENTS]; /* BITS_OF_WORD: those of the ABI's registers */
};

#define BITS_OF_WORD 1

static bool read_bits(const char *text, unsigned int *bits)
{
	*bits = BITS_OF_WORD;
	return strcmp(text, "word") == 0 ||
	       (sscanf(text, "%u", bits) == 1 && *bits >= 8 && *bits <= 64);
}

/* A "-" alone says that there are no parameters. */
static bool read_parameters(const char *text, struct signature *signature)
{
	char parameter[64];
	size_t count = 0;
	int length;

	for (; sscanf(text, "%63s%n", parameter, &length) == 1; text += length) {
		const char *bits = strrchr(parameter, ':');

		if (!bits)
			return count == 0 && strcmp(parameter, "-") == 0;
		if (count == TABLES_ARGUMENTS || !read_bits(bits + 1, &signature->bits[count++]))
			return false;
	}
	return count > 0;
}

/* Whether a list separated by commas holds the name of a call table. */
static bool lists_table(const char *list, const char *call_table)
{
	size_t length = strlen(call_table);
	const char *found = list;

	while ((found = strstr(found, call_table))) {
		bool begins = found == list || found[-1] == ',';

		if (begins && (found[length] == ',' || !found[length]))
			return true;
		found += length;
	}
	return false;
}

static void give_signature(struct table_abi *abi, int name, bool is_listed,
			   const struct signature *signature)
{
	for (size_t i = 0; i < abi->count; i++) {
		struct table_call *call = &abi->calls[i];

		if (call->name != name || (call->is_listed && !is_listed))
			continue;
		call->is_listed = is_listed;
		for (size_t j = 0; j < TABLES_ARGUMENTS; j++)
			call->bits[j] =
				(uint8_t)(signature->bits[j] == BITS_OF_WORD ? abi->register_bits
									     : signature->bits[j]);
	}
}

/* A line with * is about the ABIs that no other line of the call lists. */
static bool read_signature(struct tables *tables, int unused, const char *line)
{
	struct signature signature = { 0 };
	char call[48], list[256];
	int name, length;

	(void)unused;
	if (sscanf(line, "%47s %255s%n", call, list, &length) != 2 ||
	    !read_parameters(line + length, &signature))
		return false;
	name = tables_name(tables, call);
	for (size_t i = 0; i < tables->abi_count; i++) {
		struct table_abi *abi = &tables->abis[i];
		bool is_listed = lists_table(list, abi->call_table);

		if (is_listed || strcmp(list, "*") == 0)
			give_signature(abi, name, is_listed, &signature);
	}
	return name >= 0;
}

/* ---- All tables ---- */

static int errno_number(const char *text)
{
	return strcmp(text, "-") == 0 ? -1 : atoi(text);
}

static bool read_errno(struct tables *tables, int unused, const char *line)
{
	struct table_errno *entry = &tables->errnos[tables->errno_count];
	char generic[8], mips[8], parisc[8], ppc[8];

	(void)unused;
	if (tables->errno_count == sizeof(tables->errnos) / sizeof(tables->errnos[0]))
		return false;
	if (sscanf(line, "%23s %7s %7s %7s %7s", entry->symbol, generic, mips, parisc, ppc) != 5)
		return false;
	entry->generic = errno_number(generic);
	entry->mips = errno_number(mips);
	entry->parisc = errno_number(parisc);
	entry->ppc = errno_number(ppc);
	tables->errno_count++;
	return true;
}

struct tables *tables_read(const char *folder)
{
	struct tables *tables = calloc(1, sizeof(*tables));
	bool good;

	if (!tables)
		return NULL;
	good = read_lines(folder, "abis", read_abi, tables, 0);
	for (size_t i = 0; good && i < tables->abi_count; i++)
		good = read_lines(folder, tables->abis[i].call_table, read_call, tables, (int)i);
	good = good && read_lines(folder, "multiplexed", read_sub_call, tables, 0);
	good = good && read_lines(folder, "signatures", read_signature, tables, 0);
	good = good && read_lines(folder, "errno", read_errno, tables, 0);
	if (good)
		return tables;
	free(tables);
	return NULL;
}

int tables_abi(const struct tables *tables, const char *name)
{
	for (size_t i = 0; i < tables->abi_count; i++)
		if (strcmp(tables->abis[i].name, name) == 0)
			return (int)i;
	return -1;
}

int tables_abi_by_scmp(const struct tables *tables, const char *scmp)
{
	for (size_t i = 0; i < tables->abi_count; i++)
		if (strcmp(tables->abis[i].scmp, scmp) == 0)
			return (int)i;
	return -1;
}

int tables_name(const struct tables *tables, const char *name)
{
	for (size_t i = 0; i < tables->name_count; i++)
		if (strcmp(tables->names[i].text, name) == 0)
			return (int)i;
	return -1;
}

int64_t tables_number(const struct tables *tables, int abi, int name)
{
	const struct table_abi *table = &tables->abis[abi];

	for (size_t i = 0; i < table->count; i++)
		if (table->calls[i].name == name)
			return table->calls[i].number;
	return -1;
}

int tables_name_of(const struct tables *tables, int abi, uint32_t number)
{
	const struct table_abi *table = &tables->abis[abi];

	for (size_t i = 0; i < table->count; i++)
		if (table->calls[i].number == number)
			return table->calls[i].name;
	return -1;
}

bool tables_is_narrow(const struct tables *tables, int abi, int name, unsigned int argument)
{
	const struct table_abi *table = &tables->abis[abi];

	for (size_t i = 0; i < table->count; i++)
		if (table->calls[i].name == name)
			return table->calls[i].bits[argument] &&
			       table->calls[i].bits[argument] <= 32;
	return false;
}

int tables_errno(const struct tables *tables, int machine, const char *symbol)
{
	const char *column = tables->abis[machine].errno_column;

	for (size_t i = 0; i < tables->errno_count; i++) {
		const struct table_errno *entry = &tables->errnos[i];

		if (strcmp(entry->symbol, symbol) != 0)
			continue;
		if (strcmp(column, "mips") == 0)
			return entry->mips;
		if (strcmp(column, "parisc") == 0)
			return entry->parisc;
		return strcmp(column, "ppc") == 0 ? entry->ppc : entry->generic;
	}
	return -1;
}
