/* SPDX-License-Identifier: MIT */
/*
 * The tables of arch/ as plain arrays, read from the text files at run time. The differential tests
 * must not share the library's generated tables, or a fault in these would go unseen.
 */
#ifndef SBPF_TESTS_TABLES_H
#define SBPF_TESTS_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLES_ABIS 32 /* at most */
#define TABLES_CALLS 1024
#define TABLES_NAMES 2048
#define TABLES_ARGUMENTS 6

/* One line of a call table. */
struct table_call {
	uint32_t number; /* without the ABI's offset */
	int name;	 /* index in tables.names */
	/* Of signatures.tbl: how many bits the kernel reads of each argument; 0 = not known. */
	uint8_t bits[TABLES_ARGUMENTS];
	bool is_listed; /* its ABI is named there, not meant by the * */
};

/* One line of abis.tbl with its call table. */
struct table_abi {
	char name[16];
	char scmp[32];
	char go[64];	     /* several, separated by commas */
	char call_table[16]; /* calls are in call_table.tbl */
	char errno_column[16];
	uint32_t audit;
	uint32_t offset;
	unsigned int register_bits;
	bool big_endian;
	struct table_call calls[TABLES_CALLS];
	size_t count;
	uint32_t max;
};

struct table_name {
	char text[48];
	unsigned int since; /* comparable; 0 = not known */
};

/* One line of multiplexed.tbl. */
struct table_sub_call {
	int multiplexer;
	uint32_t sub;
	int name;
};

struct table_errno {
	char symbol[24];
	int generic, mips, parisc, ppc; /* -1 = none */
};

struct tables {
	struct table_abi abis[TABLES_ABIS];
	size_t abi_count;
	struct table_name names[TABLES_NAMES];
	size_t name_count;
	struct table_sub_call sub_calls[64];
	size_t sub_call_count;
	struct table_errno errnos[256];
	size_t errno_count;
};

/* Reads the tables in a folder; prints what is wrong and returns NULL on failure. */
struct tables *tables_read(const char *folder);

/* Indexes, or -1. */
int tables_abi(const struct tables *tables, const char *name);
int tables_abi_by_scmp(const struct tables *tables, const char *scmp);
int tables_name(const struct tables *tables, const char *name);

/* The number of a name on an ABI, without the offset, or -1; and the other way round. */
int64_t tables_number(const struct tables *tables, int abi, int name);
int tables_name_of(const struct tables *tables, int abi, uint32_t number);

/*
 * Whether the kernel takes no more than 32 bits of an argument of a call: where that is not known,
 * it takes the whole register.
 */
bool tables_is_narrow(const struct tables *tables, int abi, int name, unsigned int argument);

/* The number of an errno symbol on a machine, or -1. */
int tables_errno(const struct tables *tables, int machine, const char *symbol);

#endif
