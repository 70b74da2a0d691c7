/* SPDX-License-Identifier: MIT */
/* Rules by the native ABI's numbers, and what they are about on the ABIs of a context. */
#include "context.h"

#include <errno.h>
#include <stdarg.h>

#include <linux/audit.h>

_Static_assert((int)SCMP_CMP_NE == (int)SBPF_NE && (int)SCMP_CMP_LT == (int)SBPF_LT &&
		       (int)SCMP_CMP_LE == (int)SBPF_LE && (int)SCMP_CMP_EQ == (int)SBPF_EQ &&
		       (int)SCMP_CMP_GE == (int)SBPF_GE && (int)SCMP_CMP_GT == (int)SBPF_GT &&
		       (int)SCMP_CMP_MASKED_EQ == (int)SBPF_MASKED_EQ,
	       "comparisons go through as they are");

/* ---- Numbers ---- */

/*
 * A number of a rule: a call by its name, with the number that stands for it in all rules, or a
 * number that the native table does not know.
 */
struct subject {
	const char *call;
	int number;
};

static bool has_call(int abi, const char *call)
{
	struct sbpf_multiplexed multiplexed;
	uint32_t number;

	return sbpf_call_number(abi, call, &number) ||
	       compat_find_multiplexed(abi, call, &multiplexed, &number);
}

/*
 * A number without a name, such as one of a newer kernel, counts as it stands: new calls have had
 * one number everywhere since Linux 5.0. But it must not become another call there.
 */
static bool has_nameless(int abi, uint32_t number)
{
	struct sbpf_abi description;

	if (!sbpf_abi_describe(abi, &description))
		return false;
	/* What a tracer writes to skip a call, which is none on any ABI. */
	if (number == UINT32_MAX)
		return true;
	if (description.audit_arch == AUDIT_ARCH_X86_64 && !description.is_machine)
		number |= description.number_offset;
	else if (description.audit_arch == AUDIT_ARCH_X86_64 && number & SBPF_X32_BIT)
		return false;
	return number >= description.number_offset && !sbpf_call_name(abi, number);
}

static bool has_subject(int abi, const struct subject *subject)
{
	if (subject->call)
		return has_call(abi, subject->call);
	return subject->number >= -1 && has_nameless(abi, (uint32_t)subject->number);
}

/* -1 to -99 stand for no call; but tracers use -1, where the program asks for that. */
static bool is_number(const struct context *context, int number)
{
	if (number == -1)
		return context->attributes[SCMP_FLTATR_API_TSKIP];
	return number >= 0 || number < -99;
}

/* The name of a native number; NULL also for a negative one in place of which there is a real one.
 */
static const char *native_name(int number)
{
	int native = sbpf_abi_native();
	const char *call = compat_name_of_number(native, number);

	return call && number < 0 && compat_number_of_name(native, call) != number ? NULL : call;
}

/* -EFAULT for a number that no ABI of the set has, where another ABI's table would be needed. */
static int find_subject(const struct ruleset *set, int number, struct subject *subject)
{
	int native = sbpf_abi_native();
	bool is_had = false;
	bool is_foreign = false;

	*subject = (struct subject){ NULL, number };
	if (number != -1)
		subject->call = native_name(number);
	if (subject->call) {
		subject->number = compat_number_of_name(native, subject->call);
		return 0;
	}
	for (unsigned int i = 0; i < set->abi_count; i++) {
		is_had |= has_subject(set->abis[i], subject);
		is_foreign |= set->abis[i] != native;
	}
	return is_foreign && !is_had ? -EFAULT : 0;
}

/* ---- Rules ---- */

/* What is wanted of seccomp_rule_add*(). */
struct request {
	uint32_t action;
	int number;
	unsigned int count;
	const struct scmp_arg_cmp *conditions;
	bool exact;
};

/* In the order in which libseccomp looks, so that the codes are the same. */
static int check(const struct context *context, const struct request *request)
{
	if (request->count > ARGUMENT_COUNT || (request->count > 0 && !request->conditions))
		return -EINVAL;
	if (!context || !is_number(context, request->number) ||
	    !context_takes_action(context, request->action))
		return -EINVAL;
	if (request->action == context->attributes[SCMP_FLTATR_ACT_DEFAULT])
		return -EACCES;
	return request->exact && context->set.abi_count > 1 ? -EOPNOTSUPP : 0;
}

/* The conditions in the order of the arguments, so that equal rules are alike. */
static int convert(const struct request *request, struct sbpf_condition *conditions)
{
	const struct scmp_arg_cmp *by_argument[ARGUMENT_COUNT] = { NULL };

	for (unsigned int i = 0; i < request->count; i++) {
		const struct scmp_arg_cmp *condition = &request->conditions[i];

		if (condition->arg >= ARGUMENT_COUNT || by_argument[condition->arg] ||
		    condition->op <= _SCMP_CMP_MIN || condition->op >= _SCMP_CMP_MAX)
			return -EINVAL;
		by_argument[condition->arg] = condition;
	}
	for (unsigned int argument = 0; argument < ARGUMENT_COUNT; argument++) {
		const struct scmp_arg_cmp *condition = by_argument[argument];

		if (condition)
			*conditions++ = (struct sbpf_condition){
				.argument = argument,
				.compare = (enum sbpf_compare)condition->op,
				.value = condition->datum_a,
				.value_two = condition->op == SCMP_CMP_MASKED_EQ
						     ? condition->datum_b & condition->datum_a
						     : 0,
			};
	}
	return 0;
}

/* Whether a rule is one that another call would have to stand in for, where its conditions cannot
 * be checked. */
static bool is_bent(int abi, const struct request *request, const struct subject *subject)
{
	struct sbpf_multiplexed multiplexed;
	uint32_t number;

	return request->count > 0 && subject->call &&
	       compat_find_multiplexed(abi, subject->call, &multiplexed, &number);
}

/* Finds the ABIs that a rule is for; all of them, when it is to be exact. */
static int find_abis(const struct ruleset *set, const struct request *request,
		     const struct subject *subject, uint64_t *abis)
{
	*abis = 0;
	for (unsigned int i = 0; i < set->abi_count; i++) {
		int abi = set->abis[i];
		bool has = has_subject(abi, subject);

		if (request->exact && !has)
			return -EDOM;
		if (request->exact && is_bent(abi, request, subject))
			return -EINVAL;
		if (has)
			*abis |= UINT64_C(1) << abi;
	}
	return 0;
}

/* A rule without conditions decides alone, and there is nothing to contradict. */
static bool contradicts(const struct ruleset *set, const struct rule *rule,
			const struct sbpf_condition *conditions)
{
	return rule->count > 0 && !ruleset_has_outright(set, rule) &&
	       ruleset_contradicts(set, rule, conditions);
}

static int add(struct context *context, const struct request *request)
{
	struct sbpf_condition conditions[ARGUMENT_COUNT];
	struct subject subject;
	struct rule rule;
	int code = check(context, request);

	if (code == 0)
		code = convert(request, conditions);
	if (code == 0)
		code = find_subject(&context->set, request->number, &subject);
	if (code == 0)
		code = find_abis(&context->set, request, &subject, &rule.abis);
	if (code != 0 || rule.abis == 0)
		return code;
	rule.call = subject.call;
	rule.number = (uint32_t)subject.number;
	rule.verdict = request->action;
	rule.count = request->count;
	if (contradicts(&context->set, &rule, conditions))
		return -EEXIST;
	code = ruleset_append(&context->set, &rule, conditions);
	if (code == 0)
		context_changed(context);
	return code;
}

static int add_array(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
		     const struct scmp_arg_cmp *arg_array, bool exact)
{
	const struct request request = { action, syscall, arg_cnt, arg_array, exact };

	return add(usable_context_of(ctx), &request);
}

COMPAT_API int seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int syscall,
				      unsigned int arg_cnt, const struct scmp_arg_cmp *arg_array)
{
	return add_array(ctx, action, syscall, arg_cnt, arg_array, false);
}

COMPAT_API int seccomp_rule_add_exact_array(scmp_filter_ctx ctx, uint32_t action, int syscall,
					    unsigned int arg_cnt,
					    const struct scmp_arg_cmp *arg_array)
{
	return add_array(ctx, action, syscall, arg_cnt, arg_array, true);
}

static int add_list(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
		    va_list list, bool exact)
{
	struct scmp_arg_cmp conditions[ARGUMENT_COUNT];

	if (arg_cnt > ARGUMENT_COUNT)
		return -EINVAL;
	for (unsigned int i = 0; i < arg_cnt; i++)
		conditions[i] = va_arg(list, struct scmp_arg_cmp);
	return add_array(ctx, action, syscall, arg_cnt, conditions, exact);
}

COMPAT_API int seccomp_rule_add(scmp_filter_ctx ctx, uint32_t action, int syscall,
				unsigned int arg_cnt, ...)
{
	va_list list;
	int code;

	va_start(list, arg_cnt);
	code = add_list(ctx, action, syscall, arg_cnt, list, false);
	va_end(list);
	return code;
}

COMPAT_API int seccomp_rule_add_exact(scmp_filter_ctx ctx, uint32_t action, int syscall,
				      unsigned int arg_cnt, ...)
{
	va_list list;
	int code;

	va_start(list, arg_cnt);
	code = add_list(ctx, action, syscall, arg_cnt, list, true);
	va_end(list);
	return code;
}

/* The compiler weighs calls by what it knows of kernels (its cache), so a hint is only checked. */
COMPAT_API int seccomp_syscall_priority(scmp_filter_ctx ctx, int syscall, uint8_t priority)
{
	const struct context *context = usable_context_of(ctx);
	struct subject subject;

	(void)priority;
	if (!context || !is_number(context, syscall))
		return -EINVAL;
	return find_subject(&context->set, syscall, &subject);
}
