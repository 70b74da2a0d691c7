// SPDX-License-Identifier: MIT
/*
 * libseccomp's filters beside this library's, for the same calls of the two builders: equal, or
 * different in a way that docs/semantics.md names under "Where other readers differ" and "Width".
 * Each difference that the proof engine lists is put under one of these names by its example.
 */
#define _GNU_SOURCE /* memfd_create(2) */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <seccomp.h>

#include "machine.h"
#include "options.h"

#define RULES_MAX 24
#define CONDITIONS_MAX 3
#define SAMPLES 400

/* Why two filters differ for a call. */
enum reason {
	REASON_NARROW,	    /* where longs have 32 bits, libseccomp leaves out upper halves */
	REASON_MULTIPLEXED, /* socketcall and ipc, and what reaches them */
	REASON_SIGN,	    /* 0x80000000 to 0xbfffffff, which libseccomp takes for x32's */
	REASON_TABLES,	    /* calls that libseccomp has no number for on this ABI */
	REASON_FAULT,	    /* on x86_64, where the rule itself says what we say */
	REASON_NONE,	    /* none of them: a fault of ours */
	REASONS,
};

static const char *const reason_names[REASONS] = {
	[REASON_NARROW] = "conditions where longs have 32 bits",
	[REASON_MULTIPLEXED] = "multiplexed calls",
	[REASON_SIGN] = "numbers from 0x80000000 to 0xbfffffff",
	[REASON_TABLES] = "calls that libseccomp lacks",
	[REASON_FAULT] = "libseccomp not heeding a rule",
	[REASON_NONE] = "nothing that explains it",
};

struct rule {
	const char *call;
	uint32_t verdict;
	struct sbpf_condition conditions[CONDITIONS_MAX];
	unsigned int count;
};

struct attempt {
	const struct tables *tables;
	struct random random;
	uint32_t default_verdict;
	bool has_x86, has_x32;
	struct rule rules[RULES_MAX];
	size_t rule_count;
	struct program ours, theirs;
	struct pool pool;
	struct judge judge;
	struct sample samples[SAMPLES];
	struct tally tally;
	unsigned long reasons[REASONS]; /* filters in which it is seen */
	unsigned long refused;		/* rule sets that libseccomp does not take */
};

/* ---- Rule sets ---- */

static uint64_t some_value(struct random *random)
{
	static const uint64_t values[] = { 0xffffffff, UINT64_C(1) << 32, UINT64_MAX,
					   UINT64_C(0x123456789), UINT64_C(1) << 31 };

	if (random_chance(random, 70))
		return random_below(random, 50);
	if (random_chance(random, 70))
		return UINT64_C(1) << random_below(random, 32);
	return values[random_below(random, 5)];
}

static void make_rule(struct random *random, uint32_t verdict, const char *call, struct rule *rule)
{
	*rule = (struct rule){ .call = call, .verdict = verdict };
	if (random_chance(random, 50))
		rule->count = 1 + (unsigned int)random_below(random, CONDITIONS_MAX);
	for (unsigned int i = 0; i < rule->count; i++)
		rule->conditions[i] = (struct sbpf_condition){
			.argument = i * 2 + (unsigned int)random_below(random, 2),
			.compare = (enum sbpf_compare)(1 + random_below(random, 7)),
			.value = some_value(random),
			.value_two = some_value(random),
		};
}

/* One rule for each call, for libseccomp orders several by rules of its own. */
static void make_rules(struct attempt *attempt)
{
	static const uint32_t verdicts[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 1,
					     SECCOMP_RET_ERRNO | 38, SECCOMP_RET_KILL_PROCESS,
					     SECCOMP_RET_LOG };
	struct random *random = &attempt->random;
	const struct table_abi *table =
		&attempt->tables->abis[tables_abi(attempt->tables, "x86_64")];
	size_t wanted = 1 + random_below(random, RULES_MAX);
	bool used[TABLES_CALLS] = { false };

	attempt->default_verdict = verdicts[random_below(random, 4)];
	attempt->has_x86 = random_chance(random, 50);
	attempt->has_x32 = attempt->has_x86 && random_chance(random, 60);
	attempt->rule_count = 0;
	while (attempt->rule_count < wanted) {
		uint32_t verdict = verdicts[random_below(random, 5)];
		size_t which = random_below(random, table->count);
		const char *name = attempt->tables->names[table->calls[which].name].text;

		/* libseccomp 2.5.4 must know the call. */
		if (used[which] || verdict == attempt->default_verdict ||
		    seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
			continue;
		used[which] = true;
		make_rule(random, verdict, name, &attempt->rules[attempt->rule_count++]);
	}
}

static void print_rules(const struct attempt *attempt)
{
	fprintf(stderr, "default 0x%08" PRIx32 "%s%s\n", attempt->default_verdict,
		attempt->has_x86 ? ", x86" : "", attempt->has_x32 ? ", x32" : "");
	for (size_t i = 0; i < attempt->rule_count; i++) {
		const struct rule *rule = &attempt->rules[i];

		fprintf(stderr, "%s: 0x%08" PRIx32, rule->call, rule->verdict);
		for (unsigned int j = 0; j < rule->count; j++)
			fprintf(stderr, ", argument %u compare %d 0x%" PRIx64 " 0x%" PRIx64,
				rule->conditions[j].argument, (int)rule->conditions[j].compare,
				rule->conditions[j].value, rule->conditions[j].value_two);
		fputc('\n', stderr);
	}
}

/* ---- Both builders ---- */

static struct sbpf_policy *build_ours(const struct attempt *attempt, struct sbpf_error *error)
{
	const struct sbpf_target target = { .machine = "x86_64", .bad_arch = "KILL_THREAD" };
	struct sbpf_policy *policy = sbpf_policy_new(attempt->default_verdict, &target, error);

	bool failed = false;

	if (attempt->has_x86)
		failed |= sbpf_policy_add_abi(policy, "x86", error) < 0;
	if (attempt->has_x32)
		failed |= sbpf_policy_add_abi(policy, "x32", error) < 0;
	for (size_t i = 0; i < attempt->rule_count; i++)
		failed |= sbpf_policy_add_rule(policy, attempt->rules[i].verdict,
					       attempt->rules[i].call, attempt->rules[i].conditions,
					       attempt->rules[i].count, error) < 0;
	if (!failed)
		return policy;
	sbpf_policy_free(policy);
	return NULL;
}

static int add_theirs(scmp_filter_ctx context, const struct rule *rule)
{
	struct scmp_arg_cmp conditions[CONDITIONS_MAX];

	for (unsigned int i = 0; i < rule->count; i++)
		conditions[i] = (struct scmp_arg_cmp){
			.arg = rule->conditions[i].argument,
			/* The operators have the same numbers. */
			.op = (enum scmp_compare)rule->conditions[i].compare,
			.datum_a = rule->conditions[i].value,
			.datum_b = rule->conditions[i].value_two,
		};
	return seccomp_rule_add_array(context, rule->verdict,
				      seccomp_syscall_resolve_name(rule->call), rule->count,
				      conditions);
}

static bool export_program(scmp_filter_ctx context, struct program *program)
{
	int file = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size = -1;

	if (file >= 0 && seccomp_export_bpf(context, file) == 0)
		size = pread(file, program->code, sizeof(program->code), 0);
	if (file >= 0)
		close(file);
	program->count = size < 0 ? 0 : (size_t)size / sizeof(program->code[0]);
	return size > 0;
}

static bool build_theirs(struct attempt *attempt)
{
	scmp_filter_ctx context = seccomp_init(attempt->default_verdict);
	bool good = context != NULL;

	if (good && attempt->has_x86)
		good = seccomp_arch_add(context, SCMP_ARCH_X86) == 0;
	if (good && attempt->has_x32)
		good = seccomp_arch_add(context, SCMP_ARCH_X32) == 0;
	for (size_t i = 0; good && i < attempt->rule_count; i++)
		good = add_theirs(context, &attempt->rules[i]) == 0;
	good = good && export_program(context, &attempt->theirs);
	seccomp_release(context);
	return good;
}

/* ---- Reasons ---- */

static const struct rule *find_rule(const struct attempt *attempt, const char *name)
{
	for (size_t i = 0; name && i < attempt->rule_count; i++)
		if (strcmp(attempt->rules[i].call, name) == 0)
			return &attempt->rules[i];
	return NULL;
}

static bool is_multiplexed(const struct tables *tables, const char *name)
{
	for (size_t i = 0; i < tables->sub_call_count; i++)
		if (strcmp(tables->names[tables->sub_calls[i].name].text, name) == 0 ||
		    strcmp(tables->names[tables->sub_calls[i].multiplexer].text, name) == 0)
			return true;
	return false;
}

static bool lacks(int abi, const char *name)
{
	struct sbpf_abi description = { 0 };

	sbpf_abi_describe(abi, &description);
	return seccomp_syscall_resolve_name_arch(seccomp_arch_resolve_name(description.name),
						 name) < 0;
}

static bool holds(const struct sbpf_condition *condition, uint64_t argument)
{
	switch (condition->compare) {
	case SBPF_NE:
		return argument != condition->value;
	case SBPF_LT:
		return argument < condition->value;
	case SBPF_LE:
		return argument <= condition->value;
	case SBPF_EQ:
		return argument == condition->value;
	case SBPF_GE:
		return argument >= condition->value;
	case SBPF_GT:
		return argument > condition->value;
	default:
		return (argument & condition->value) == (condition->value_two & condition->value);
	}
}

/* What a rule says where nothing is special about it. */
static uint32_t plain_verdict(const struct attempt *attempt, const struct rule *rule,
			      const struct seccomp_data *call)
{
	for (unsigned int i = 0; rule && i < rule->count; i++)
		if (!holds(&rule->conditions[i], call->args[rule->conditions[i].argument]))
			return attempt->default_verdict;
	return rule ? rule->verdict : attempt->default_verdict;
}

static enum reason reason_for(const struct attempt *attempt, const struct sbpf_example *example)
{
	int x86 = sbpf_abi_find("x86");
	int x32 = sbpf_abi_find("x32");
	uint32_t number = (uint32_t)example->data.nr;
	const char *name = example->abi >= 0 ? sbpf_call_name(example->abi, number) : NULL;
	const struct rule *rule = find_rule(attempt, name);

	if (example->abi == x86 && name && is_multiplexed(attempt->tables, name))
		return REASON_MULTIPLEXED;
	if ((example->abi == x86 || example->abi == x32) && rule && rule->count)
		return REASON_NARROW;
	if (!attempt->has_x32 && number >> 30 == 2 && example->data.arch == SCMP_ARCH_X86_64)
		return REASON_SIGN;
	if (rule && lacks(example->abi, name))
		return REASON_TABLES;
	if (example->abi == sbpf_abi_find("x86_64") &&
	    example->a == plain_verdict(attempt, rule, &example->data))
		return REASON_FAULT;
	return REASON_NONE;
}

struct classes {
	struct attempt *attempt;
	bool seen[REASONS];
	struct sbpf_example unexplained;
};

static bool classify(void *context, const struct sbpf_difference *difference)
{
	struct classes *classes = context;
	enum reason reason = reason_for(classes->attempt, &difference->example);

	if (reason == REASON_NONE)
		classes->unexplained = difference->example;
	classes->seen[reason] = true;
	return reason != REASON_NONE;
}

static bool explain_differences(struct attempt *attempt)
{
	struct classes classes = { .attempt = attempt };
	struct sbpf_error error = { 0 };
	struct judge *judge = &attempt->judge;

	if (sbpf_meaning_differences(judge->space, judge->meaning_a, judge->meaning_b, classify,
				     &classes, &error)) {
		fprintf(stderr, "no differences: %s\n", error.message);
		return false;
	}
	for (size_t i = 0; i < REASONS; i++)
		attempt->reasons[i] += classes.seen[i];
	if (!classes.seen[REASON_NONE])
		return true;
	fprintf(stderr,
		"a difference that nothing explains: %s of ABI %d, 0x%" PRIx32 " here, 0x%" PRIx32
		" by libseccomp\n",
		sbpf_call_name(classes.unexplained.abi, (uint32_t)classes.unexplained.data.nr),
		classes.unexplained.abi, classes.unexplained.a, classes.unexplained.b);
	print_call(&classes.unexplained.data);
	return false;
}

/* ---- Running ---- */

static bool find_meanings(struct attempt *attempt, const struct sbpf_policy *policy,
			  struct sbpf_error *error)
{
	struct judge *judge = &attempt->judge;
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, error);
	bool good = filter != NULL;

	if (good) {
		const struct sock_filter *code = sbpf_filter_program(filter, &attempt->ours.count);

		memcpy(attempt->ours.code, code, attempt->ours.count * sizeof(*code));
		good = !sbpf_meaning_of_policy(judge->space, policy, &judge->meaning_a, error) &&
		       !sbpf_meaning_of_program(judge->space, attempt->theirs.code,
						attempt->theirs.count, &judge->meaning_b, error);
	}
	sbpf_filter_free(filter);
	return good;
}

static bool judge_both(struct attempt *attempt)
{
	struct judge *judge = &attempt->judge;

	judge->a = (struct side){ .filters = { &attempt->ours }, .count = 1 };
	judge->b = (struct side){ .filters = { &attempt->theirs }, .count = 1 };
	pool_add_program(&attempt->pool, &attempt->ours);
	pool_add_program(&attempt->pool, &attempt->theirs);
	judge_draw(judge, NULL, 0);
	return judge_verdicts(judge) && judge_comparisons(judge) && judge_differences(judge) &&
	       explain_differences(attempt);
}

static bool try_seed(struct attempt *attempt, uint64_t seed)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	bool good;

	attempt->random.state = seed;
	attempt->pool = (struct pool){ .tables = attempt->tables };
	attempt->judge = (struct judge){ .random = &attempt->random,
					 .pool = &attempt->pool,
					 .machine = sbpf_abi_find("x86_64"),
					 .samples = attempt->samples,
					 .sample_count = SAMPLES,
					 .tally = &attempt->tally };
	make_rules(attempt);
	if (!build_theirs(attempt)) {
		attempt->refused++;
		return true;
	}
	attempt->judge.space = sbpf_space_new(attempt->judge.machine, 0, &error);
	policy = build_ours(attempt, &error);
	good = find_meanings(attempt, policy, &error);
	if (!good)
		fprintf(stderr, "no meaning: %s\n", error.message);
	good = good && judge_both(attempt);
	if (!good)
		print_rules(attempt);
	sbpf_policy_free(policy);
	sbpf_space_free(attempt->judge.space);
	return good;
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1, .count = 1500 };
	static struct attempt attempt;
	bool good = true;

	options_read(&options, argc, argv, "FILTERS");
	attempt.tables = tables_read(TABLES_DIR);
	if (!attempt.tables)
		return 1;
	options.count *= options.is_long ? 50 : 1;
	for (unsigned long i = 0; good && i < options.count; i++) {
		good = try_seed(&attempt, options.seed + i);
		if (!good)
			fprintf(stderr, "To repeat: %s --seed %" PRIu64 " --count 1\n", argv[0],
				options.seed + i);
	}
	tally_print(&attempt.tally);
	printf("%lu rule sets that libseccomp refuses\n", attempt.refused);
	for (size_t i = 0; i < REASONS; i++)
		printf("%lu filters differ by %s\n", attempt.reasons[i], reason_names[i]);
	free((void *)attempt.tables);
	return good ? 0 : 1;
}
