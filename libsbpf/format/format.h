/* SPDX-License-Identifier: MIT */
/* Writing a compiled filter down: what each instruction is about, and the formats. */
#ifndef SBPF_LIB_FORMAT_H
#define SBPF_LIB_FORMAT_H

#include "filter.h"
#include "text.h"

/* What sbpf_instruction_describe() writes. */
void text_add_sentence(struct text *text, const struct sbpf_notes *notes, size_t index,
		       bool negated);

/*
 * What stands beside an instruction that is written as code: the field of a load, the sentence of a
 * test, the verdict of a return. Nothing for the others, and where no way leads.
 */
bool has_comment(const struct sbpf_notes *notes, size_t index);
void text_add_comment(struct text *text, const struct sbpf_notes *notes, size_t index);

/* The instruction without label and comment: "jeq #0x53, l4, l7". */
void text_add_instruction(struct text *text, const struct sock_filter *program, size_t index);

void format_raw(const struct sbpf_filter *filter, struct text *text);
void format_base64(const struct sbpf_filter *filter, struct text *text);
void format_asm(const struct sbpf_filter *filter, struct sbpf_notes *notes, struct text *text);
void format_json(const struct sbpf_filter *filter, struct sbpf_notes *notes, struct text *text);
void format_dot(const struct sbpf_filter *filter, struct sbpf_notes *notes, struct text *text);

#endif
