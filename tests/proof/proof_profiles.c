// SPDX-License-Identifier: MIT
/*
 * Random profiles: what the proof engine says of policies, of what the compiler made of them and of
 * mutants of that must agree with the independent reading of docs/semantics.md. Then profiles that
 * are written differently and mean the same, which must be equal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "generator.h"
#include "machine.h"
#include "options.h"

#define SAMPLES 600
#define SEEDS_MAX 64
#define NODES (1u << 20)
#define MUTANTS 12 /* of each filter */

struct attempt {
	const struct tables *tables;
	struct random random;
	struct generated_target target;
	char *text;
	struct sbpf_policy *policy;
	struct reference *reference;
	struct program filter, mutant;
	struct pool pool;
	struct judge judge;
	struct sample samples[SAMPLES];
	struct seccomp_data seeds[SEEDS_MAX];
	struct tally policies, mutants;
	unsigned long unseen; /* mutants that are refuted with a difference no sample shows */
	unsigned long rewritten;
	unsigned long too_large; /* mutants */
};

static bool fail(const struct attempt *attempt, const char *what, const struct sbpf_error *error)
{
	fprintf(stderr, "%s: %s\n%s\n", what, error ? error->message : "", attempt->text);
	return false;
}

/* ---- Policies and filters ---- */

static bool take_program(const struct sbpf_filter *filter, struct program *program)
{
	const struct sock_filter *code = sbpf_filter_program(filter, &program->count);

	memcpy(program->code, code, program->count * sizeof(*code));
	return machine_accepts(program->code, program->count);
}

static bool compile(struct attempt *attempt, enum sbpf_effort effort)
{
	struct sbpf_options options = { .effort = effort };
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(attempt->policy, &options, &error);
	bool good = filter && take_program(filter, &attempt->filter);

	sbpf_filter_free(filter);
	return good || fail(attempt, "not compiled", &error);
}

static bool judge_numbers(struct attempt *attempt)
{
	struct judge *judge = &attempt->judge;

	for (size_t i = 0; i < 12; i++) {
		const struct seccomp_data *call =
			&judge->samples[random_below(&attempt->random, SAMPLES)].call;
		int abi = reference_abi(attempt->reference, call);

		if (abi >= 0 && !judge_cases(judge, sbpf_abi_find(attempt->tables->abis[abi].name),
					     (uint32_t)call->nr))
			return false;
	}
	for (int abi = 0; abi < sbpf_abi_count(); abi++)
		if (!judge_ranges(judge, abi))
			return false;
	return true;
}

/* The policy is the reference's, and the filter is the policy's. */
static bool judge_policy(struct attempt *attempt)
{
	struct judge *judge = &attempt->judge;
	struct sbpf_error error = { 0 };

	judge->tally = &attempt->policies;
	judge->a = (struct side){ .reference = attempt->reference };
	judge->b = (struct side){ .filters = { &attempt->filter }, .count = 1 };
	pool_add_program(&attempt->pool, &attempt->filter);
	if (sbpf_meaning_of_policy(judge->space, attempt->policy, &judge->meaning_a, &error) ||
	    sbpf_meaning_of_program(judge->space, attempt->filter.code, attempt->filter.count,
				    &judge->meaning_b, &error))
		return fail(attempt, "no meaning", &error);
	judge_draw(judge, NULL, 0);
	if (!judge_verdicts(judge) || !judge_comparisons(judge) || !judge_numbers(attempt) ||
	    !judge_differences(judge))
		return fail(attempt, "wrong for this profile", NULL);
	return judge->meaning_a == judge->meaning_b ||
	       fail(attempt, "a filter is not its policy's", NULL);
}

/* ---- Mutants ---- */

/* Calls for which an instruction is run: a program that returns there says so. */
static size_t find_calls_through(struct attempt *attempt, size_t at)
{
	static struct program marked;
	size_t found = 0;

	marked = attempt->filter;
	marked.code[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0x12345678);
	for (size_t i = 0; i < 400 && found < SEEDS_MAX; i++) {
		struct seccomp_data call;

		pool_call(&attempt->pool, &attempt->random, &call);
		if (machine_run(marked.code, &call, attempt->judge.big_endian) == 0x12345678)
			attempt->seeds[found++] = call;
	}
	return found;
}

/* A product by a constant is the one thing in a mutant that may be too large for a diagram. */
static bool multiplies(const struct program *program)
{
	for (size_t i = 0; i < program->count; i++)
		if (program->code[i].code == (BPF_ALU | BPF_MUL | BPF_K))
			return true;
	return false;
}

/* A full space is of no more use. */
static bool renew_space(struct attempt *attempt)
{
	struct judge *judge = &attempt->judge;
	struct sbpf_error error = { 0 };

	sbpf_space_free(judge->space);
	judge->space = sbpf_space_new(judge->machine, NODES, &error);
	return judge->space &&
	       !sbpf_meaning_of_program(judge->space, attempt->filter.code, attempt->filter.count,
					&judge->meaning_a, &error);
}

static bool judge_mutant(struct attempt *attempt, size_t at, size_t seed_count)
{
	struct judge *judge = &attempt->judge;
	struct sbpf_error error = { 0 };
	unsigned long differing = judge->tally->differing_samples;
	size_t constants = attempt->pool.count;
	bool good;

	if (!program_mutate(&attempt->random, &attempt->filter, at, &attempt->mutant))
		return true;
	judge->b = (struct side){ .filters = { &attempt->mutant }, .count = 1 };
	judge->may_be_unknown = !program_is_expressible(&attempt->mutant);
	pool_stress(&attempt->pool, &attempt->mutant.code[at], 20);
	pool_stress(&attempt->pool, &attempt->filter.code[at], 20);
	if (sbpf_meaning_of_program(judge->space, attempt->mutant.code, attempt->mutant.count,
				    &judge->meaning_b, &error)) {
		attempt->pool.count = constants;
		attempt->too_large++;
		if (error.code == SBPF_ERROR_LIMIT && multiplies(&attempt->mutant))
			return renew_space(attempt);
		program_print(&attempt->mutant);
		return fail(attempt, "a mutant has no meaning", &error);
	}
	judge_draw(judge, attempt->seeds, seed_count);
	good = judge_verdicts(judge) && judge_comparisons(judge) && judge_differences(judge);
	attempt->unseen += judge->meaning_a != judge->meaning_b &&
			   differing == judge->tally->differing_samples;
	attempt->pool.count = constants;
	judge->may_be_unknown = false;
	return good || fail(attempt, "wrong for a mutant of this profile's filter", NULL);
}

static bool judge_mutants(struct attempt *attempt)
{
	struct judge *judge = &attempt->judge;

	judge->tally = &attempt->mutants;
	judge->a = (struct side){ .filters = { &attempt->filter }, .count = 1 };
	judge->meaning_a = judge->meaning_b;
	for (size_t i = 0; i < MUTANTS; i++) {
		size_t at = random_below(&attempt->random, attempt->filter.count);

		if (!judge_mutant(attempt, at, find_calls_through(attempt, at)))
			return false;
	}
	return true;
}

/* ---- Rewriting ---- */

static struct json_object *rules_of(struct json_object *document)
{
	struct json_object *linux_ = json_object_object_get(document, "linux");

	if (linux_)
		document = json_object_object_get(linux_, "seccomp");
	return json_object_object_get(document, "syscalls");
}

static struct json_object *copy_of(struct json_object *value)
{
	struct json_object *copy = NULL;

	if (json_object_deep_copy(value, &copy, NULL))
		abort();
	return copy;
}

/* The names of a rule in another order: each is a rule of its own call. */
static void permute_names(struct random *random, struct json_object *rule)
{
	struct json_object *names = json_object_object_get(rule, "names");
	size_t count = names ? json_object_array_length(names) : 0;

	for (size_t i = count; i > 1; i--) {
		size_t j = random_below(random, i);
		struct json_object *one = json_object_get(json_object_array_get_idx(names, i - 1));
		struct json_object *two = json_object_get(json_object_array_get_idx(names, j));

		json_object_array_put_idx(names, i - 1, two);
		json_object_array_put_idx(names, j, one);
	}
}

/* A rule for each name, in place of one for all. */
static void split_names(struct json_object *rule, struct json_object *rules)
{
	struct json_object *names = json_object_object_get(rule, "names");
	size_t count = names ? json_object_array_length(names) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *single = copy_of(rule);
		struct json_object *list = json_object_new_array();

		json_object_array_add(list, copy_of(json_object_array_get_idx(names, i)));
		json_object_object_del(single, "names");
		json_object_object_add(single, "names", list);
		json_object_array_add(rules, single);
	}
	if (!names)
		json_object_array_add(rules, copy_of(rule));
}

/*
 * A rule that says what the default does: dropped, but for the literal reading. Its guards never
 * name a newer call.
 */
static void add_default_rule(struct json_object *document, struct json_object *rule,
			     struct json_object *rules)
{
	static const char *const keys[][2] = { { "defaultAction", "action" },
					       { "defaultErrnoRet", "errnoRet" },
					       { "defaultErrno", "errno" } };
	struct json_object *copy = copy_of(rule);
	struct json_object *linux_ = json_object_object_get(document, "linux");
	struct json_object *profile = linux_ ? json_object_object_get(linux_, "seccomp") : document;

	for (size_t i = 0; i < 3; i++) {
		struct json_object *value = json_object_object_get(profile, keys[i][0]);

		json_object_object_del(copy, keys[i][1]);
		if (value)
			json_object_object_add(copy, keys[i][1], copy_of(value));
	}
	json_object_array_add(rules, copy);
}

static struct json_object *rewrite_rules(struct attempt *attempt, struct json_object *document)
{
	struct json_object *old = rules_of(document);
	struct json_object *rules = json_object_new_array();
	bool is_literal = attempt->target.target.reading == SBPF_READING_LITERAL;

	for (size_t i = 0; i < json_object_array_length(old); i++) {
		struct json_object *rule = json_object_array_get_idx(old, i);
		size_t way = random_below(&attempt->random, 5);

		permute_names(&attempt->random, rule);
		if (way == 0 && !is_literal)
			add_default_rule(document, rule, rules);
		if (way == 1 || way == 2)
			split_names(rule, rules);
		else
			json_object_array_add(rules, copy_of(rule));
		/* The same again right after it says nothing new. */
		if (way == 3)
			json_object_array_add(rules, copy_of(rule));
	}
	return rules;
}

/* Whether one of the calls of a rule is also one of another's, in any form. */
static bool share_calls(struct json_object *a, struct json_object *b)
{
	const char *texts[2] = { json_object_to_json_string_ext(a, JSON_C_TO_STRING_PLAIN),
				 json_object_to_json_string_ext(b, JSON_C_TO_STRING_PLAIN) };
	struct json_object *names = json_object_object_get(a, "names");

	for (size_t i = 0; names && i < json_object_array_length(names); i++)
		if (strstr(texts[1], json_object_get_string(json_object_array_get_idx(names, i))))
			return true;
	return !names;
}

static bool may_be_multiplexed(const struct tables *tables, struct json_object *rule)
{
	const char *text = json_object_to_json_string_ext(rule, JSON_C_TO_STRING_PLAIN);

	for (size_t i = 0; i < tables->sub_call_count; i++)
		if (strstr(text, tables->names[tables->sub_calls[i].name].text) ||
		    strstr(text, tables->names[tables->sub_calls[i].multiplexer].text))
			return true;
	return false;
}

/* Neighbouring rules on different calls change places. */
static void exchange_rules(struct attempt *attempt, struct json_object *rules)
{
	for (size_t i = 1; i < json_object_array_length(rules); i++) {
		struct json_object *before = json_object_array_get_idx(rules, i - 1);
		struct json_object *after = json_object_array_get_idx(rules, i);

		if (random_chance(&attempt->random, 50) || share_calls(before, after) ||
		    share_calls(after, before) ||
		    (may_be_multiplexed(attempt->tables, before) &&
		     may_be_multiplexed(attempt->tables, after)))
			continue;
		json_object_get(before);
		json_object_array_put_idx(rules, i - 1, json_object_get(after));
		json_object_array_put_idx(rules, i, before);
	}
}

static bool judge_rewritten(struct attempt *attempt)
{
	struct json_object *document = json_tokener_parse(attempt->text);
	struct json_object *rules = rewrite_rules(attempt, document);
	struct json_object *linux_ = json_object_object_get(document, "linux");
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	sbpf_meaning meaning = 0;
	const char *text;
	bool good;

	exchange_rules(attempt, rules);
	json_object_object_add(linux_ ? json_object_object_get(linux_, "seccomp") : document,
			       "syscalls", rules);
	text = json_object_to_json_string(document);
	policy = sbpf_load_json(text, strlen(text), &attempt->target.target, &error);
	good = policy && !sbpf_meaning_of_policy(attempt->judge.space, policy, &meaning, &error);
	if (!good)
		fail(attempt, text, &error);
	else if (meaning != attempt->judge.meaning_a)
		good = fail(attempt, text, NULL);
	attempt->rewritten++;
	sbpf_policy_free(policy);
	json_object_put(document);
	return good;
}

/* ---- Running ---- */

static bool judge_profile(struct attempt *attempt)
{
	struct sbpf_abi machine = { 0 };

	attempt->judge.machine = sbpf_abi_find(attempt->target.machine);
	sbpf_abi_describe(attempt->judge.machine, &machine);
	attempt->judge.big_endian = machine.big_endian;
	attempt->pool.reference = attempt->reference;
	return compile(attempt, (enum sbpf_effort)random_below(&attempt->random, 2)) &&
	       judge_policy(attempt) && judge_rewritten(attempt) && judge_mutants(attempt);
}

static bool try_seed(struct attempt *attempt, uint64_t seed)
{
	struct sbpf_error error = { 0 };
	bool good;

	attempt->random.state = seed;
	generate_target(&attempt->random, attempt->tables, &attempt->target);
	attempt->text = generate_profile(&attempt->random, attempt->tables, &attempt->target);
	attempt->pool.tables = attempt->tables;
	attempt->pool.count = 0;
	attempt->judge = (struct judge){ .random = &attempt->random,
					 .pool = &attempt->pool,
					 .samples = attempt->samples,
					 .sample_count = SAMPLES };
	attempt->policy = sbpf_load_json(attempt->text, strlen(attempt->text),
					 &attempt->target.target, &error);
	attempt->reference = reference_new(attempt->tables, attempt->text, strlen(attempt->text),
					   &attempt->target.target);
	attempt->judge.space =
		sbpf_space_new(sbpf_abi_find(attempt->target.machine), NODES, &error);
	good = attempt->policy && attempt->reference && attempt->judge.space;
	good = good ? judge_profile(attempt) : fail(attempt, "refused", &error);
	sbpf_space_free(attempt->judge.space);
	reference_free(attempt->reference);
	sbpf_policy_free(attempt->policy);
	free(attempt->text);
	return good;
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1, .count = 600 };
	static struct attempt attempt;
	bool good = true;

	options_read(&options, argc, argv, "PROFILES");
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
	puts("-- policies and their filters");
	tally_print(&attempt.policies);
	puts("-- mutants of filters");
	tally_print(&attempt.mutants);
	printf("%lu mutants too large for a diagram\n", attempt.too_large);
	printf("%lu mutants refuted by an example that no sample hit, %lu profiles rewritten\n",
	       attempt.unseen, attempt.rewritten);
	free((void *)attempt.tables);
	return good ? 0 : 1;
}
