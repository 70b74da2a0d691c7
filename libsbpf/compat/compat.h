/* SPDX-License-Identifier: MIT */
/*
 * What the files of the drop-in libseccomp.so.2 share. It stands on the public face of libsbpf
 * (sbpf.h) alone, and its own public face is include/libseccomp/seccomp.h.
 */
#ifndef SBPF_COMPAT_H
#define SBPF_COMPAT_H

#include "sbpf.h"

#include <seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define COMPAT_API __attribute__((visibility("default")))

/* ---- arches.c: SCMP_ARCH_* tokens and ABIs ---- */

/* The ABI (an index as in sbpf.h) of a token, 0 being this machine's own; -1 when there is none. */
int compat_abi_of_token(uint32_t token);

/* The token of an ABI: its audit arch, but SCMP_ARCH_X32 for x32. */
uint32_t compat_token_of_abi(int abi);

/* ---- calls.c: numbers as libseccomp has them ---- */

/*
 * A call's number on an ABI as in seccomp_data.nr; where the ABI lacks the call, the negative
 * number that stands for it everywhere (__PNR_*); __NR_SCMP_ERROR for a name that no ABI has.
 */
int compat_number_of_name(int abi, const char *name);

/* How socketcall(2) or ipc(2) reaches a call on an ABI, and the number of that one there. False
 * when the ABI has neither, or they do not reach the call. */
bool compat_find_multiplexed(int abi, const char *call, struct sbpf_multiplexed *multiplexed,
			     uint32_t *number);

/* The name of a number of an ABI, negative ones included; NULL when there is none. */
const char *compat_name_of_number(int abi, int number);

/* ---- level.c: the API level, the only state that contexts share ---- */

/* Finds the level by asking the kernel, once; later calls return what was found or set. */
unsigned int compat_level(void);

/* Whether the level in force has an action (SCMP_ACT_*, data is ignored), a
 * SECCOMP_FILTER_FLAG_*, and the seccomp(2) system call at all. */
bool compat_has_action(uint32_t action);
bool compat_has_flag(unsigned int flag);
bool compat_has_seccomp(void);

/* Whether the level in force has an action and it has no more data than it takes. */
bool compat_is_action(uint32_t action);

/* Forgets what was found or set and asks the kernel again (seccomp_reset() without a context). */
void compat_level_reset(void);

#endif
