/* SPDX-License-Identifier: MIT */
/* Writing a compiled filter down: what each instruction is about, and the formats. */
#ifndef SBPF_LIB_FORMAT_H
#define SBPF_LIB_FORMAT_H

#include "filter.h"
#include "text.h"

/* What is known, on every path, when control reaches an instruction. */
struct known {
	bool reached;
	uint64_t abis;	      /* ABIs the call can be of: bit = ABI index */
	int32_t loaded;	      /* offset in struct seccomp_data of what A holds, -1 = unknown */
	uint32_t kept;	      /* the bits of it that AND left */
	uint32_t number_mask; /* bits of the number that low and high bound */
	uint32_t low;
	uint32_t high;
	const char *call; /* name of the call, NULL when it can be several */
};

/* One for each instruction; the caller's to free(3). NULL when there is no memory. */
struct known *known_find(const struct sbpf_filter *filter);

/* Longest sentence that describe() writes, with its terminator. */
#define DESCRIPTION_MAX 256

/*
 * What an instruction does, such as "number >= 83 (mkdir)" or "ERRNO(1)", in ASCII without quotes
 * and backslashes; "" where there is nothing to say.
 */
void describe(const struct sbpf_filter *filter, const struct known *known, size_t index,
	      char description[DESCRIPTION_MAX]);

/* The instruction without label and comment: "jeq #0x53, l4, l7". */
void text_add_instruction(struct text *text, const struct sock_filter *program, size_t index);

void format_raw(const struct sbpf_filter *filter, struct text *text);
void format_base64(const struct sbpf_filter *filter, struct text *text);
void format_asm(const struct sbpf_filter *filter, const struct known *known, struct text *text);
void format_json(const struct sbpf_filter *filter, const struct known *known, struct text *text);
void format_dot(const struct sbpf_filter *filter, const struct known *known, struct text *text);

#endif
