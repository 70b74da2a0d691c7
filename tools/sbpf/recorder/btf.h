/* SPDX-License-Identifier: MIT */
/* Where the running kernel keeps the members of its structs: BTF, Documentation/bpf/btf.rst. */
#ifndef SBPF_TOOLS_BTF_H
#define SBPF_TOOLS_BTF_H

#include "sbpf.h"

struct btf {
	char *data;
	size_t length;
	const char *types; /* in data */
	size_t types_length;
	const char *strings;
	size_t strings_length;
};

/* Reads that of the kernel. False with a message. To be freed with btf_free(). */
bool btf_read(struct btf *btf, struct sbpf_error *error);
void btf_free(struct btf *btf);

/* The offset in bytes of a member of a struct; -1 when there is none. */
long btf_offset(const struct btf *btf, const char *name, const char *member);

#endif
