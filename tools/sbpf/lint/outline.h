/* SPDX-License-Identifier: MIT */
/* What stands where in the text of a profile that the library has accepted. */
#ifndef SBPF_TOOLS_OUTLINE_H
#define SBPF_TOOLS_OUTLINE_H

#include "operand.h"

/* One entry of syscalls[]. */
struct outline_entry {
	unsigned int line;
	size_t first_name; /* in lines */
	bool has_name;	   /* 'name' in place of 'names' */
	bool is_guarded;   /* includes or excludes say something */
	bool has_errno;	   /* a symbolic errno */
};

struct lint_outline {
	unsigned int default_line;
	bool has_default_errno;
	const char *abis_key; /* "architectures", "archMap" or NULL */
	unsigned int abis_line;
	struct outline_entry *entries;
	size_t entry_count;
	unsigned int *lines; /* of all names */
	size_t name_count;
};

/* False when that failed; *error says why. */
bool lint_outline_read(const struct operand_part *part, struct lint_outline *outline,
		       struct sbpf_error *error);
void lint_outline_free(struct lint_outline *outline);

#endif
