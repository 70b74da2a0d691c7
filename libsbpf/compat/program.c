/* SPDX-License-Identifier: MIT */
/* From a context to its program, by way of a policy of libsbpf. */
#include "context.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- The policy ---- */

/* The machine whose kernel has an ABI that is no machine's own, by ELF machine and byte order. */
static int machine_of(int abi)
{
	const uint32_t elf_machine = 0xffff; /* EM_* in AUDIT_ARCH_* of linux/audit.h */
	struct sbpf_abi own, other;

	if (!sbpf_abi_describe(abi, &own) || own.is_machine)
		return abi;
	for (int i = 0; sbpf_abi_describe(i, &other); i++) {
		if (other.is_machine && other.word_bits == 64 &&
		    other.big_endian == own.big_endian &&
		    !((other.audit_arch ^ own.audit_arch) & elf_machine))
			return i;
	}
	return abi;
}

/* The machine of the policy: it decides the byte order, and which ABI is tested first. */
static int choose_machine(const struct ruleset *set)
{
	int native = sbpf_abi_native();

	return ruleset_has_abi(set, native) ? native : machine_of(set->abis[0]);
}

static int add_abis(struct sbpf_policy *policy, const struct ruleset *set, int machine,
		    struct sbpf_error *error)
{
	struct sbpf_abi abi;

	for (unsigned int i = 0; i < set->abi_count; i++) {
		if (!sbpf_abi_describe(set->abis[i], &abi) ||
		    sbpf_policy_add_abi(policy, abi.name, error))
			return -1;
	}
	if (ruleset_has_abi(set, machine) || !sbpf_abi_describe(machine, &abi))
		return 0;
	return sbpf_policy_remove_abi(policy, abi.name, error);
}

static struct sbpf_policy *new_policy(const struct context *context, struct sbpf_error *error)
{
	int machine = choose_machine(&context->set);
	struct sbpf_policy *policy;
	struct sbpf_abi abi;
	char bad_arch[32];
	const struct sbpf_target target = {
		.machine = sbpf_abi_describe(machine, &abi) ? abi.name : NULL,
		.abis = "",
		/* No rule depends on it, and a process whose filter refuses uname(2) may come here.
		 */
		.kernel = "3.5",
		.bad_arch = sbpf_verdict_format(context->attributes[SCMP_FLTATR_ACT_BADARCH],
						bad_arch, sizeof(bad_arch)),
	};

	policy = sbpf_policy_new(context->attributes[SCMP_FLTATR_ACT_DEFAULT], &target, error);
	if (policy && add_abis(policy, &context->set, machine, error)) {
		sbpf_policy_free(policy);
		return NULL;
	}
	return policy;
}

/* ---- Rules on one ABI ---- */

struct placement {
	struct sbpf_policy *policy;
	const struct context *context;
	int index;
	struct sbpf_abi abi;
	struct sbpf_error *error;
};

static int place(const struct placement *placement, const struct rule *rule, uint32_t number,
		 const struct sbpf_condition *conditions, size_t count)
{
	return sbpf_policy_add_number(placement->policy, rule->verdict, placement->abi.name, number,
				      conditions, count, placement->error);
}

/* As libseccomp compares there. */
static int place_lower_half(const struct placement *placement, const struct rule *rule,
			    uint32_t number, const struct sbpf_condition *conditions)
{
	struct sbpf_condition cut[ARGUMENT_COUNT];

	for (uint32_t i = 0; i < rule->count; i++) {
		cut[i] = conditions[i];
		cut[i].value = (uint32_t)cut[i].value;
		cut[i].value_two = (uint32_t)cut[i].value_two;
	}
	return place(placement, rule, number, cut, rule->count);
}

static int place_direct(const struct placement *placement, const struct rule *rule, uint32_t number)
{
	const struct ruleset *set = &placement->context->set;
	const struct sbpf_condition *conditions =
		rule->count ? &set->conditions[rule->first] : NULL;

	if (SBPF_COMPAT_LOWER_HALF && placement->abi.register_bits == 32)
		return place_lower_half(placement, rule, number, conditions);
	return place(placement, rule, number, conditions, rule->count);
}

/* From permissive to restrictive, as the kernel orders them (kernel/seccomp.c: ACTION_ONLY). */
static bool is_stricter(uint32_t verdict, uint32_t than)
{
	return (int32_t)(verdict & SECCOMP_RET_ACTION_FULL) <
	       (int32_t)(than & SECCOMP_RET_ACTION_FULL);
}

static bool has_outright(const struct placement *placement, const struct rule *rule)
{
	const struct rule here = {
		.abis = UINT64_C(1) << placement->index,
		.number = rule->number,
	};

	return ruleset_has_outright(&placement->context->set, &here);
}

/*
 * A call that the ABI has only through socketcall(2) or ipc(2); for those that it has directly too,
 * the policy does the same. Conditions cannot be checked behind the pointer that is passed there,
 * and leaving them out must not allow more. To allow more than the default, the whole argument has
 * to be the sub-call; else what the kernel takes it from.
 */
static int place_multiplexed(const struct placement *placement, const struct rule *rule)
{
	uint32_t otherwise = placement->context->attributes[SCMP_FLTATR_ACT_DEFAULT];
	struct sbpf_condition condition = { 0 };
	struct sbpf_multiplexed multiplexed;
	uint32_t number;

	if (!compat_find_multiplexed(placement->index, rule->call, &multiplexed, &number))
		return 0;
	if (rule->count > 0 &&
	    (!is_stricter(rule->verdict, otherwise) || has_outright(placement, rule)))
		return 0;
	if (is_stricter(otherwise, rule->verdict))
		condition = (struct sbpf_condition){ 0, SBPF_EQ, multiplexed.sub, 0 };
	else
		condition = (struct sbpf_condition){ 0, SBPF_MASKED_EQ, multiplexed.mask,
						     multiplexed.sub };
	return place(placement, rule, number, &condition, 1);
}

static int place_rule(const struct placement *placement, const struct rule *rule)
{
	uint32_t number = rule->number;

	if (rule->call && !sbpf_call_number(placement->index, rule->call, &number))
		return place_multiplexed(placement, rule);
	return place_direct(placement, rule, number);
}

static int place_rules(struct sbpf_policy *policy, const struct context *context, int index,
		       struct sbpf_error *error)
{
	struct placement placement = {
		.policy = policy, .context = context, .index = index, .error = error
	};
	const struct ruleset *set = &context->set;

	if (!sbpf_abi_describe(index, &placement.abi))
		return 0;
	for (size_t i = 0; i < set->rule_count; i++) {
		if (set->rules[i].abis >> index & 1 && place_rule(&placement, &set->rules[i]))
			return -1;
	}
	return 0;
}

static struct sbpf_policy *make_policy(const struct context *context, struct sbpf_error *error)
{
	struct sbpf_policy *policy = new_policy(context, error);

	for (unsigned int i = 0; policy && i < context->set.abi_count; i++) {
		if (place_rules(policy, context, context->set.abis[i], error)) {
			sbpf_policy_free(policy);
			policy = NULL;
		}
	}
	return policy;
}

/* ---- Programs ---- */

static bool is_foreign_order(const struct ruleset *set)
{
	struct sbpf_abi native;

	return sbpf_abi_describe(sbpf_abi_native(), &native) &&
	       native.big_endian != ruleset_is_big_endian(set);
}

static struct program *make_program(const struct sbpf_policy *policy, bool foreign_order,
				    struct sbpf_error *error)
{
	struct program *program = calloc(1, sizeof(*program));
	size_t count;

	if (!program)
		return NULL;
	program->filter = sbpf_compile(policy, NULL, error);
	program->code = sbpf_filter_program(program->filter, &count);
	program->size = count * sizeof(struct sock_filter);
	if (foreign_order) {
		program->swapped =
			sbpf_filter_format(program->filter, SBPF_FORMAT_RAW, &program->size, error);
		program->code = program->swapped;
	}
	if (program->code)
		return program;
	program_free(program);
	return NULL;
}

int program_compile(struct context *context)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;

	if (context->program)
		return 0;
	policy = make_policy(context, &error);
	if (policy)
		context->program = make_program(policy, is_foreign_order(&context->set), &error);
	sbpf_policy_free(policy);
	if (context->program)
		return 0;
	/* What fails without an error of libsbpf is an allocation here. */
	return error.code == SBPF_OK || error.code == SBPF_ERROR_MEMORY ? -ENOMEM : -EFAULT;
}

COMPAT_API int seccomp_precompute(const scmp_filter_ctx ctx)
{
	struct context *context = usable_context_of(ctx);

	return context ? program_compile(context) : -EINVAL;
}

/* ---- Exports ---- */

int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno != EINTR)
			return errno;
		/* Some devices take nothing, without saying why, and would do so for ever. */
		if (written == 0)
			return EIO;
		if (written > 0) {
			data += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

COMPAT_API int seccomp_export_bpf(const scmp_filter_ctx ctx, int fd)
{
	struct context *context = usable_context_of(ctx);
	int code = context ? program_compile(context) : -EINVAL;
	int failed;

	if (code)
		return code;
	failed = write_all(fd, context->program->code, context->program->size);
	return failed ? system_code(context, failed) : 0;
}

COMPAT_API int seccomp_export_bpf_mem(const scmp_filter_ctx ctx, void *buf, size_t *len)
{
	struct context *context = usable_context_of(ctx);
	int code = context && len ? program_compile(context) : -EINVAL;

	if (code)
		return code;
	if (buf && *len < context->program->size)
		code = -ERANGE;
	else if (buf)
		memcpy(buf, context->program->code, context->program->size);
	*len = context->program->size;
	return code;
}
