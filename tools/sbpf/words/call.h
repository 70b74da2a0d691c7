/* SPDX-License-Identifier: MIT */
/* ABIs, calls and verdicts as people read them. */
#ifndef SBPF_TOOLS_CALL_H
#define SBPF_TOOLS_CALL_H

#include "pager.h"

#include <stdio.h>

/* What is known of an ABI; its name is "?" where there is none of this index. */
struct sbpf_abi abi_of(int abi);
const char *name_of_abi(int abi);

/* The ABI that a call entered by, as an index; -1 when there is none of this arch. */
int abi_of_data(const struct seccomp_data *data);

/* Room for a verdict's text. */
#define VERDICT_MAX 32

/* "ERRNO(EPERM)", by the symbols of a machine (an ABI index), or "unknown". Returns buffer. */
char *verdict_text(bool known, uint32_t verdict, int machine, char buffer[VERDICT_MAX]);

/* Prints the same in the verdict's colour. */
void verdict_print(struct page *page, bool known, uint32_t verdict, int machine);

/* ALLOW or LOG. */
bool is_permitted(uint32_t verdict);

/* "x86_64,x32" of a set of ABIs (bit = ABI index), with another separator than a comma; cut to
 * size. Returns text. */
char *abis_list(uint64_t abis, const char *separator, char *text, size_t size);

/* The table's own name for a call, which stays; NULL when no ABI has it. */
const char *kept_name(const char *word);

/* Whether other calls are made through it: socketcall and ipc. */
bool is_multiplexer(const char *call);

/* "family" where the tables name the parameter, else "arg0". Returns buffer. */
#define PARAMETER_MAX 48
char *parameter_text(int abi, uint32_t number, unsigned int argument, char buffer[PARAMETER_MAX]);

/* "x86_64 socket(AF_VSOCK, 0, 0)", "x86 number 999(0)", "arch 0x0 number 5()". */
void call_print(FILE *out, int abi, const struct seccomp_data *data);

/* "(flags & CLONE_NEWUSER) == 0": a condition of a rule on a call of an ABI. */
void condition_print(FILE *out, int abi, uint32_t number, const struct sbpf_condition *condition);

#endif
