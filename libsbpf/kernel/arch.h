/* SPDX-License-Identifier: MIT */
/*
 * ABIs and their calls, from arch/ by arch/generate.py. A call is named by its id, the
 * index of its name in alphabetic order over all ABIs. All tables are constant data without
 * pointers: no relocations, no start-up work.
 */
#ifndef SBPF_LIB_ARCH_H
#define SBPF_LIB_ARCH_H

#include "sbpf.h"

/* The id of a call name of this length, or -1. One hash, one comparison. */
int call_find(const char *name, size_t length);

/* The name of an id. */
const char *call_name(int id);

/* The number of an id in an ABI's table, without the ABI's offset; -1 when the ABI lacks it. */
int32_t call_table_number(int abi, int id);

/*
 * The same by id, for a loop over many: what is below -1 stands for a number that only
 * call_table_number() tells.
 */
const int16_t *call_table_numbers(int abi);

/* The id of a table number (without the offset) in an ABI, or -1. */
int call_by_table_number(int abi, uint32_t number);

/* How many calls have the table numbers first to last. */
uint32_t call_table_count(int abi, uint32_t first, uint32_t last);

/* The largest table number of an ABI, without the offset, but for arm's private calls (0xf0000…).
 */
uint32_t call_table_max(int abi);

/*
 * First release of an id as a number that can be compared: major << 16 | minor << 8 | patch, patch
 * only for 2.x releases ("2.6.28"); 0 when it is not known.
 */
uint32_t call_since(int id);

/* Facts of an ABI without filling a struct sbpf_abi. */
uint32_t abi_audit_arch(int abi);
uint32_t abi_number_offset(int abi);
unsigned int abi_register_bits(int abi);
bool abi_big_endian(int abi);
const char *abi_name(int abi);

/* Whether it is x32, whose calls come with x86_64's audit arch and bit 30. */
bool abi_is_x32(int abi);

/* The ABI with an SCMP_ARCH_* name, or with Docker's name ("amd64", "x86"); -1 when there is none.
 */
int abi_by_scmp_name(const char *name);
int abi_by_go_name(const char *name);

/*
 * The multiplexer by which a call can also be entered on this ABI: the id of socketcall or ipc,
 * and the sub-call's number in *sub; -1 when there is none or the ABI lacks the multiplexer.
 */
int call_multiplexer(int abi, int id, uint32_t *sub);

/* The bits of argument 0 by which the kernel tells the sub-calls of socketcall or ipc (its id). */
uint32_t call_multiplexer_mask(int id);

/* Whether an ABI has one. */
bool abi_has_multiplexers(int abi);

/*
 * How many bits of an argument (0 to 5) the kernel reads on an ABI, by the declaration of the call:
 * 32 or 64; 64 when it is not known. A parameter that is narrower still counts as 32.
 */
unsigned int call_parameter_bits(int abi, int id, unsigned int argument);

/* The first symbol, in alphabetic order, of an errno on a machine; NULL where it has none. */
const char *errno_name(int machine, uint32_t number);

/* The number of an errno symbol ("EPERM") on a machine, or -1. */
int errno_find(int machine, const char *symbol);

#endif
