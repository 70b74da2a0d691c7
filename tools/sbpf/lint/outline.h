/* SPDX-License-Identifier: MIT */
/* What stands where in the text of a profile that the library has accepted. */
#ifndef SBPF_TOOLS_OUTLINE_H
#define SBPF_TOOLS_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

struct outline_name {
	char *text; /* as it is written; NULL for one with escapes */
	unsigned int line;
	int call;     /* the index for sbpf_call_at(); -1 for no call, or one with escapes */
	size_t entry; /* it stands in */
	size_t next;  /* name of the same call, in order; NO_NAME for none */
};

#define NO_NAME ((size_t)-1)

/* One entry of syscalls[]. */
struct outline_entry {
	unsigned int line;
	size_t first_name;
	size_t name_count;
	bool has_name;	      /* 'name' in place of 'names' */
	bool is_guarded;      /* includes or excludes say something */
	bool includes_arches; /* includes lists arches */
	bool has_errno;	      /* a symbolic errno */
};

struct outline {
	const char *prefix; /* "linux.seccomp." in a config.json, else "" */
	unsigned int default_line;
	bool has_default_errno;
	const char *abis_key; /* "architectures", "archMap" or NULL */
	unsigned int abis_line;
	struct outline_entry *entries;
	size_t entry_count;
	struct outline_name *names;
	size_t name_count;
	bool has_escapes;   /* some names cannot be told */
	size_t *first_name; /* by call: the first of its names; NO_NAME for none */
};

/* False when there is no memory. */
bool outline_read(const char *text, size_t length, struct outline *outline);
void outline_free(struct outline *outline);

#endif
