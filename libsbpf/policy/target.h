/* SPDX-License-Identifier: MIT */
/* A struct sbpf_target with its defaults filled in and its strings understood. */
#ifndef SBPF_LIB_TARGET_H
#define SBPF_LIB_TARGET_H

#include "sbpf.h"

struct target {
	int machine;
	bool has_abis;
	uint64_t abi_set; /* meaningful with has_abis */
	int abis[32];
	size_t abi_count;
	uint32_t kernel; /* kernel_parse() */
	bool has_capabilities;
	uint64_t capabilities;
	uint32_t bad_arch;
	bool unknown_as_enosys;
	bool strict;
	enum sbpf_reading reading;
	enum sbpf_width width;
};

/* CHOWN DAC_OVERRIDE … : Docker's 14 default capabilities. */
extern const uint64_t target_docker_capabilities;

/*
 * wanted may be NULL. 0, or -1 with an error whose path is the tools' option for the field, such as
 * "--abi".
 */
int target_parse(const struct sbpf_target *wanted, struct target *target, struct sbpf_error *error);

/* The largest numbers of a release that are taken: 4.14.336 is one, so 255 is too few for the last.
 */
#define KERNEL_MAX "255.255.65535"

/* "6.1", "6.1.0-50-amd64" → major << 24 | minor << 16 | patch; 0 when it is no release. */
uint32_t kernel_parse(const char *text);

/* "CAP_SYS_ADMIN" or "SYS_ADMIN" → CAP_* number, or -1. */
int capability_find(const char *name);

/* "CAP_SYS_ADMIN" of a number that capability_find() gave. */
const char *capability_name(int number);

#endif
