/* SPDX-License-Identifier: MIT */
/* A filter under construction (scmp_filter_ctx), and what its files share. */
#ifndef SBPF_COMPAT_CONTEXT_H
#define SBPF_COMPAT_CONTEXT_H

#include "compat.h"

/* Calls have 6 arguments (struct seccomp_data). */
#define ARGUMENT_COUNT 6

/* ---- ruleset.c: ABIs and their rules ---- */

/* ABIs are bits of one word: bit = index as in sbpf.h. */
#define ABI_MAX 64

/* A rule stands for the ABIs that had been added before it and have the call. */
struct rule {
	uint64_t abis;
	const char *call; /* static storage; NULL: number as it stands */
	uint32_t number;  /* the same for all rules of a call: compat_number_of_name(), native */
	uint32_t verdict;
	uint32_t first; /* index of its first condition */
	uint32_t count;
	uint32_t next; /* of its bucket: index + 1, or 0 */
};

/* Rules of one call with equal conditions share a bucket, so that adding many stays cheap. */
#define BUCKET_BITS 10

struct ruleset {
	uint8_t abis[ABI_MAX]; /* in the order of adding */
	unsigned int abi_count;
	struct rule *rules;
	size_t rule_count;
	size_t rule_capacity;
	struct sbpf_condition *conditions; /* of all rules */
	size_t condition_count;
	size_t condition_capacity;
	uint32_t buckets[1 << BUCKET_BITS]; /* the last rule of each: index + 1, or 0 */
};

bool ruleset_has_abi(const struct ruleset *set, int abi);
void ruleset_add_abi(struct ruleset *set, int abi);

/* Removes an ABI and what is left of its rules. */
void ruleset_remove_abi(struct ruleset *set, int abi);

/* Whether the ABIs of the set are big-endian; they all are or none is. The set has an ABI. */
bool ruleset_is_big_endian(const struct ruleset *set);

/* Whether a rule asks a listener. */
bool ruleset_notifies(const struct ruleset *set);

/* Whether a rule on the same call and an ABI of this one has no conditions. */
bool ruleset_has_outright(const struct ruleset *set, const struct rule *rule);

/* Whether a rule on the same call and an ABI of this one has the same conditions, which are in the
 * order of the arguments, and another verdict. */
bool ruleset_contradicts(const struct ruleset *set, const struct rule *rule,
			 const struct sbpf_condition *conditions);

/* Appends a rule; its conditions, rule->count of them, are copied. 0 or -ENOMEM, and then the set
 * is as it was. */
int ruleset_append(struct ruleset *set, const struct rule *rule,
		   const struct sbpf_condition *conditions);

/* Appends the ABIs and rules of another set. 0 or -ENOMEM, and then the set is as it was. */
int ruleset_append_set(struct ruleset *set, const struct ruleset *other);

/* Frees what is in the set and leaves it empty. */
void ruleset_clear(struct ruleset *set);

/* ---- context.c ---- */

struct snapshot {
	struct snapshot *next;
	struct ruleset set;
};

/* What no other memory begins with; a context that was released does not either. */
#define CONTEXT_MAGIC 0x5b9fc7e1u

struct context {
	uint32_t magic; /* CONTEXT_MAGIC */
	int listener;	/* of the filter that was loaded; else -1 */
	uint32_t attributes[_SCMP_FLTATR_MAX];
	struct ruleset set;
	struct snapshot *snapshots; /* the open transactions, the last one first */
	struct program *program; /* NULL until it is compiled, and again when something changes */
};

/* The context behind a pointer of a program, even without an ABI; NULL when it is none. */
struct context *context_of(scmp_filter_ctx pointer);

/* The same, but NULL for a context without an ABI: most functions refuse that too. */
struct context *usable_context_of(scmp_filter_ctx pointer);

/* Whether the context can give a call this action, at the level in force. */
bool context_takes_action(const struct context *context, uint32_t action);

void program_free(struct program *program);

/* Forgets the program, as what it was made of changes. */
void context_changed(struct context *context);

/* ---- attributes.c ---- */

void attributes_reset(struct context *context, uint32_t default_action);

/* The code of a failed system call as the program wants it (SCMP_FLTATR_API_SYSRAWRC). */
int system_code(const struct context *context, int system_errno);

/* ---- transactions.c ---- */

/* Forgets the open transactions and leaves what they did. */
void transactions_clear(struct context *context);

/* ---- program.c ---- */

/* A compiled filter. */
struct program {
	struct sbpf_filter *filter;
	char *swapped; /* the instructions where the byte order is not this machine's, else NULL */
	const void *code; /* the instructions in the byte order of the ABIs */
	size_t size;	  /* in bytes */
};

/* Compiles the context if that has not been done: 0, -ENOMEM or -EFAULT. */
int program_compile(struct context *context);

/* Writes all of a buffer. 0, or the errno of write(2). */
int write_all(int fd, const char *data, size_t size);

#endif
