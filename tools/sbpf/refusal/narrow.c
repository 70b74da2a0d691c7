/* SPDX-License-Identifier: MIT */
#include "narrow.h"

#include "call.h"
#include "common.h"

#include <string.h>

#define REGISTER UINT64_MAX
/* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of <linux/sched.h>. */
#define CLONE_NAMESPACES UINT64_C(0x7e020000)

/* The parameter of a call by which the kernel does one of several things, from the manual pages. */
static const struct selector {
	const char *call;
	const char *parameter; /* as arch/signatures.tbl has it */
	uint64_t mask;
} selectors[] = {
	{ "arch_prctl", "option", REGISTER },
	{ "bpf", "cmd", REGISTER },
	{ "clone", "clone_flags", CLONE_NAMESPACES },
	{ "fcntl", "cmd", REGISTER },
	{ "fcntl64", "cmd", REGISTER },
	{ "fsconfig", "cmd", REGISTER },
	{ "io_uring_register", "opcode", REGISTER },
	{ "ioctl", "cmd", REGISTER },
	{ "ipc", "call", REGISTER },
	{ "kcmp", "type", REGISTER },
	{ "keyctl", "option", REGISTER },
	{ "modify_ldt", "func", REGISTER },
	{ "msgctl", "cmd", REGISTER },
	{ "personality", "personality", REGISTER },
	{ "prctl", "option", REGISTER },
	{ "ptrace", "request", REGISTER },
	{ "quotactl", "cmd", REGISTER },
	{ "quotactl_fd", "cmd", REGISTER },
	{ "reboot", "cmd", REGISTER },
	{ "seccomp", "op", REGISTER },
	{ "semctl", "cmd", REGISTER },
	{ "setns", "flags", REGISTER },
	{ "shmctl", "cmd", REGISTER },
	{ "socket", "family", REGISTER },
	{ "socketcall", "call", REGISTER },
	{ "socketpair", "family", REGISTER },
	{ "syslog", "type", REGISTER },
	{ "unshare", "unshare_flags", REGISTER },
	{ "userfaultfd", "flags", REGISTER },
};

/* ---- What rules look at ---- */

/* The tests of one argument in the rules on a call. */
struct looks {
	bool any;
	bool other; /* than by a mask */
	bool value; /* other than 0 is compared with */
	uint64_t mask;
};

struct narrowing {
	struct looks looks[6];
	uint64_t entry;
};

static void note_condition(struct narrowing *narrowing, const struct sbpf_condition *condition)
{
	struct looks *looks = &narrowing->looks[condition->argument];
	bool is_equality = condition->compare == SBPF_EQ || condition->compare == SBPF_NE;

	looks->any = true;
	if (condition->compare == SBPF_MASKED_EQ) {
		looks->mask |= condition->value;
	} else {
		looks->other = true;
		looks->value |= condition->value || !is_equality;
	}
}

static void note_rule(void *context, const struct sbpf_rule *rule)
{
	struct narrowing *narrowing = context;

	if (rule->fate == SBPF_DECIDES)
		narrowing->entry = rule->entry;
	/* The conditions of the others are about other arguments, or about nothing. */
	if (rule->multiplexed || rule->fate == SBPF_REPEATS_DEFAULT || rule->fate == SBPF_IS_VOID)
		return;
	for (size_t i = 0; i < rule->condition_count; i++)
		note_condition(narrowing, &rule->conditions[i]);
}

/* ---- Conditions ---- */

/* A selector is looked at as it would be by a rule. */
static void note_selector(struct narrowing *narrowing, int abi, const char *call)
{
	const struct selector *selector = NULL;
	struct sbpf_parameter parameter;

	for (size_t i = 0; i < COUNT(selectors) && !selector; i++) {
		if (!strcmp(selectors[i].call, call))
			selector = &selectors[i];
	}
	for (unsigned int i = 0; selector && i < 6; i++) {
		struct looks *looks = &narrowing->looks[i];

		if (!sbpf_call_parameter(abi, call, i, &parameter) ||
		    strcmp(parameter.name, selector->parameter) != 0)
			continue;
		looks->any = true;
		if (selector->mask == REGISTER) {
			looks->other = true;
			looks->value = true;
		} else {
			looks->mask |= selector->mask;
		}
	}
}

/* The bits of an argument that count: a kernel that reads 32 leaves anything in the others. */
static struct sbpf_condition equality(unsigned int argument, unsigned int bits, uint64_t value)
{
	if (bits == 32 && value > UINT32_MAX)
		return (struct sbpf_condition){ argument, SBPF_MASKED_EQ, UINT32_MAX,
						value & UINT32_MAX };
	return (struct sbpf_condition){ argument, SBPF_EQ, value, 0 };
}

static struct sbpf_condition condition_of(const struct narrowing *narrowing,
					  const struct sbpf_parameter *parameter,
					  unsigned int argument, uint64_t value)
{
	const struct looks *looks = &narrowing->looks[argument];

	if (!looks->other)
		return (struct sbpf_condition){ argument, SBPF_MASKED_EQ, looks->mask,
						value & looks->mask };
	/* No pointer is the same the next time. */
	if (parameter->kind == SBPF_KIND_POINTER && !looks->value && !looks->mask)
		return (struct sbpf_condition){ argument, value ? SBPF_NE : SBPF_EQ, 0, 0 };
	return equality(argument, parameter->bits, value);
}

static void add_conditions(const struct narrowing *narrowing, const struct seccomp_data *data,
			   struct refusal_key *key)
{
	const char *call = sbpf_call_name(key->abi, key->number);

	for (unsigned int i = 0; i < 6; i++) {
		struct sbpf_parameter parameter = { .kind = SBPF_KIND_NUMBER, .bits = 64 };

		if (!narrowing->looks[i].any)
			continue;
		sbpf_call_parameter(key->abi, call, i, &parameter);
		key->conditions[key->condition_count++] =
			condition_of(narrowing, &parameter, i, data->args[i]);
	}
}

void narrow_call(const struct sbpf_policy *policy, const struct seccomp_data *data,
		 uint32_t verdict, bool is_foreign, struct refusal_key *key)
{
	struct narrowing narrowing = { .entry = NO_ENTRY };
	enum sbpf_cause cause;
	const char *call;

	memset(key, 0, sizeof(*key));
	key->abi = abi_of_data(data);
	key->arch = data->arch;
	key->number = (uint32_t)data->nr;
	key->verdict = verdict;
	key->entry = NO_ENTRY;
	if (sbpf_policy_verdict(policy, data, &cause, note_rule, &narrowing) != verdict ||
	    is_foreign) {
		key->origin = ORIGIN_FOREIGN;
		return;
	}
	key->cause = cause;
	if (cause == SBPF_BY_RULE)
		key->entry = narrowing.entry;
	call = sbpf_call_name(key->abi, key->number);
	/* An ABI that is not covered is so whatever the arguments. */
	if (!call || cause == SBPF_BY_BAD_ARCH)
		return;
	note_selector(&narrowing, key->abi, call);
	add_conditions(&narrowing, data, key);
}
