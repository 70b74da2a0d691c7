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
	if (number > table->max)
		table->max = number;
	return true;
}

static bool read_abi(struct tables *tables, int unused, const char *line)
{
	struct table_abi *abi = &tables->abis[tables->abi_count];
	char endian[8], machine[4];
	long audit, offset;
	unsigned int word;

	(void)unused;
	if (tables->abi_count == TABLES_ABIS)
		return false;
	if (sscanf(line, "%15s %15s %15s %li %u %u %7s %li %3s %31s %63s", abi->name,
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
