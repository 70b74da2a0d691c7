/* SPDX-License-Identifier: MIT */
/*
 * The drop-in libseccomp.so.2 against the system's libseccomp: random filters for x86_64, made with
 * both, are compared by proof. They are of the kinds that mean the same in both
 * (docs/libseccomp.md has those that do not).
 */
#define _GNU_SOURCE /* memfd_create(2) */

#include "compat.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "walk.h"

#define ROUNDS 400
#define RULES_MAX 200

/* ---- Both libraries ---- */

/* The functions that need no other public one, which would be the drop-in's. */
struct library {
	scmp_filter_ctx (*init)(uint32_t action);
	void (*release)(scmp_filter_ctx filter);
	int (*arch_add)(scmp_filter_ctx filter, uint32_t token);
	int (*arch_remove)(scmp_filter_ctx filter, uint32_t token);
	int (*attr_set)(scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value);
	int (*rule_add)(scmp_filter_ctx filter, uint32_t action, int number, unsigned int count,
			const struct scmp_arg_cmp *conditions);
	int (*export_bpf)(scmp_filter_ctx filter, int fd);
	int (*api_set)(unsigned int level);
};

static const struct library drop_in = {
	.init = seccomp_init,
	.release = seccomp_release,
	.arch_add = seccomp_arch_add,
	.arch_remove = seccomp_arch_remove,
	.attr_set = seccomp_attr_set,
	.rule_add = seccomp_rule_add_array,
	.export_bpf = seccomp_export_bpf,
	.api_set = seccomp_api_set,
};

#ifdef SYSTEM_LIBSECCOMP
static bool load_original(struct library *original)
{
	void *handle = dlopen(SYSTEM_LIBSECCOMP, RTLD_NOW | RTLD_LOCAL);
	const struct {
		const char *name;
		void *function;
	} functions[] = {
		{ "seccomp_init", &original->init },
		{ "seccomp_release", &original->release },
		{ "seccomp_arch_add", &original->arch_add },
		{ "seccomp_arch_remove", &original->arch_remove },
		{ "seccomp_attr_set", &original->attr_set },
		{ "seccomp_rule_add_array", &original->rule_add },
		{ "seccomp_export_bpf", &original->export_bpf },
		{ "seccomp_api_set", &original->api_set },
	};

	for (size_t i = 0; i < COUNT(functions); i++) {
		void *found = handle ? dlsym(handle, functions[i].name) : NULL;

		if (!found)
			return false;
		memcpy(functions[i].function, &found, sizeof(found));
	}
	return true;
}
#else
static bool load_original(struct library *original)
{
	(void)original;
	return false;
}
#endif

/* ---- Random filters ---- */

struct rule {
	uint32_t action;
	int number;
	unsigned int count;
	struct scmp_arg_cmp conditions[6];
};

struct rules {
	uint32_t default_action;
	uint32_t bad_arch;
	struct rule list[RULES_MAX];
	size_t count;
};

static const uint32_t actions[] = {
	SCMP_ACT_ALLOW,	   SCMP_ACT_KILL,     SCMP_ACT_TRAP,	 SCMP_ACT_LOG,
	SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(2), SCMP_ACT_TRACE(3), SCMP_ACT_KILL_PROCESS,
};

static uint32_t chance_below(uint32_t *state, uint32_t limit)
{
	return chance(state) % limit;
}

static uint32_t chance_action(uint32_t *state, uint32_t but)
{
	uint32_t action;

	do {
		action = actions[chance_below(state, COUNT(actions))];
	} while (action == but);
	return action;
}

/* Small, near a border of 32 bits, or anything. */
static uint64_t chance_value(uint32_t *state)
{
	static const uint64_t borders[] = { 0,		0x7fffffff,  0x80000000,
					    0xffffffff, 0x100000000, UINT64_MAX };

	switch (chance_below(state, 3)) {
	case 0:
		return chance_below(state, 64);
	case 1:
		return borders[chance_below(state, COUNT(borders))] + chance_below(state, 3) - 1;
	default:
		return (uint64_t)chance(state) << 32 | chance(state);
	}
}

static struct rule *add_rule(struct rules *rules, uint32_t action, int number)
{
	struct rule *rule = &rules->list[rules->count++];

	*rule = (struct rule){ .action = action, .number = number };
	return rule;
}

static void add_condition(struct rule *rule, unsigned int argument, enum scmp_compare compare,
			  uint64_t a, uint64_t b)
{
	rule->conditions[rule->count++] = (struct scmp_arg_cmp){ argument, compare, a, b };
}

static void unconditional(uint32_t *state, struct rules *rules, int number)
{
	add_rule(rules, chance_action(state, rules->default_action), number);
}

/* Each value of one argument has an action of its own. */
static void by_value(uint32_t *state, struct rules *rules, int number)
{
	unsigned int argument = chance_below(state, 6);
	uint64_t value = chance_value(state);
	uint32_t count = 1 + chance_below(state, 4);

	for (uint32_t i = 0; i < count; i++) {
		struct rule *rule =
			add_rule(rules, chance_action(state, rules->default_action), number);

		add_condition(rule, argument, SCMP_CMP_EQ, value, 0);
		value += 1 + chance_below(state, 100);
	}
}

/* Below, above and between, with nothing that two rules hold for. */
static void by_range(uint32_t *state, struct rules *rules, int number)
{
	unsigned int argument = chance_below(state, 6);
	uint64_t low = chance_value(state) & ~0xffffull;
	uint64_t high = low + 2 + chance_below(state, 1000);
	struct rule *rule = add_rule(rules, chance_action(state, rules->default_action), number);

	add_condition(rule, argument, chance_below(state, 2) ? SCMP_CMP_LT : SCMP_CMP_LE, low, 0);
	rule = add_rule(rules, chance_action(state, rules->default_action), number);
	add_condition(rule, argument, chance_below(state, 2) ? SCMP_CMP_GT : SCMP_CMP_GE, high, 0);
}

static void by_bits(uint32_t *state, struct rules *rules, int number)
{
	unsigned int argument = chance_below(state, 6);
	uint64_t mask = chance_value(state) | 3;
	uint32_t count = 1 + chance_below(state, 4);

	for (uint32_t i = 0; i < count; i++) {
		struct rule *rule =
			add_rule(rules, chance_action(state, rules->default_action), number);

		add_condition(rule, argument, SCMP_CMP_MASKED_EQ, mask,
			      (chance_value(state) & ~3ull) | i);
	}
}

/* One rule of several conditions. */
static void together(uint32_t *state, struct rules *rules, int number)
{
	struct rule *rule = add_rule(rules, chance_action(state, rules->default_action), number);

	for (unsigned int argument = chance_below(state, 3); argument < 6;
	     argument += 1 + chance_below(state, 4))
		add_condition(rule, argument,
			      (enum scmp_compare)(SCMP_CMP_NE + chance_below(state, 7)),
			      chance_value(state), chance_value(state));
}

typedef void (*kind)(uint32_t *state, struct rules *rules, int number);

static const kind kinds[] = { unconditional, by_value, by_range, by_bits, together };

/* Every call that both know gets rules of one kind, or none. */
static void make_rules(uint32_t *state, struct rules *rules)
{
	int abi = sbpf_abi_find("x86_64");
	uint32_t step = 5 + chance_below(state, 40);

	rules->count = 0;
	rules->default_action = chance_action(state, UINT32_MAX);
	rules->bad_arch = chance_action(state, UINT32_MAX);
	for (uint32_t number = chance_below(state, step); number < 330;
	     number += 1 + chance_below(state, step)) {
		if (sbpf_call_name(abi, number) && rules->count < RULES_MAX - 4)
			kinds[chance_below(state, COUNT(kinds))](state, rules,
								 number_of(sbpf_call_name(abi,
											  number)));
	}
}

/* ---- Comparing ---- */

static struct sock_filter *make_program(const struct library *library, const struct rules *rules,
					size_t *count)
{
	scmp_filter_ctx filter = library->init(rules->default_action);
	int file = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter *program;
	off_t size;

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_ge(file, 0);
	if (seccomp_arch_native() != SCMP_ARCH_X86_64) {
		ck_assert_int_eq(library->arch_remove(filter, SCMP_ARCH_NATIVE), 0);
		ck_assert_int_eq(library->arch_add(filter, SCMP_ARCH_X86_64), 0);
	}
	ck_assert_int_eq(library->attr_set(filter, SCMP_FLTATR_ACT_BADARCH, rules->bad_arch), 0);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		ck_assert_int_eq(library->rule_add(filter, rule->action, rule->number, rule->count,
						   rule->conditions),
				 0);
	}
	ck_assert_int_eq(library->export_bpf(filter, file), 0);
	library->release(filter);
	size = lseek(file, 0, SEEK_END);
	ck_assert_int_gt(size, 0);
	program = malloc((size_t)size);
	ck_assert_ptr_nonnull(program);
	ck_assert_int_eq(pread(file, program, (size_t)size, 0), size);
	close(file);
	*count = (size_t)size / sizeof(*program);
	/* x86_64's order is not that of every machine. */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		swap_program(program, *count);
	return program;
}

/*
 * Numbers from 0x80000000 on are x32's to libseccomp, where the kernel looks at bit 30 alone, so
 * those without it are left out.
 */
static bool is_known_difference(const struct sbpf_difference *difference)
{
	return difference->first >= 0x80000000 && !(difference->first & 0x40000000);
}

struct comparison {
	uint32_t round;
	const struct rules *rules;
};

/* The rules on a number, for whoever has to find out. */
static void print_rules(const struct rules *rules, int number)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->list[i];

		if (rule->number != number)
			continue;
		fprintf(stderr, "number %d gets %#x", number, rule->action);
		for (unsigned int j = 0; j < rule->count; j++)
			fprintf(stderr, ", if argument %u compared by %d with %#llx, %#llx",
				rule->conditions[j].arg, (int)rule->conditions[j].op,
				(unsigned long long)rule->conditions[j].datum_a,
				(unsigned long long)rule->conditions[j].datum_b);
		fputs("\n", stderr);
	}
}

static bool report_difference(void *context, const struct sbpf_difference *difference)
{
	const struct comparison *comparison = context;
	const struct sbpf_example *example = &difference->example;

	if (is_known_difference(difference))
		return true;
	print_rules(comparison->rules, example->data.nr);
	ck_abort_msg("round %u: ABI %d number %d: %#x, libseccomp %#x; arguments %#llx %#llx %#llx "
		     "%#llx %#llx %#llx",
		     comparison->round, difference->abi, example->data.nr, example->a, example->b,
		     (unsigned long long)example->data.args[0],
		     (unsigned long long)example->data.args[1],
		     (unsigned long long)example->data.args[2],
		     (unsigned long long)example->data.args[3],
		     (unsigned long long)example->data.args[4],
		     (unsigned long long)example->data.args[5]);
	return false;
}

static void compare(uint32_t round, const struct rules *rules, struct sock_filter *programs[2],
		    const size_t counts[2])
{
	struct comparison comparison = { round, rules };
	struct sbpf_error error = { 0 };
	struct sbpf_space *space = sbpf_space_new(sbpf_abi_find("x86_64"), 0, &error);
	sbpf_meaning meanings[2];

	for (int i = 0; i < 2; i++)
		ck_assert_msg(!sbpf_meaning_of_program(space, programs[i], counts[i], &meanings[i],
						       &error),
			      "round %u: %s", round, error.message);
	ck_assert_msg(!sbpf_meaning_differences(space, meanings[0], meanings[1], report_difference,
						&comparison, &error),
		      "round %u: %s", round, error.message);
	sbpf_space_free(space);
}

START_TEST(random_filters_mean_what_libseccomp_makes_of_them)
{
	struct library original;
	uint32_t state = 0x5eccc0de;

	/*
	 * A return that it repeats near a jump, libseccomp 2.6.0 swaps twice, and so not at all
	 * (gen_bpf.c: _gen_bpf_build_jmp_ret).
	 */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ || !load_original(&original)) {
		fputs("no libseccomp to compare with\n", stderr);
		return;
	}
	/* Whatever the kernel has: nothing is loaded. LOG and KILL_PROCESS came with level 3. */
	ck_assert_int_eq(drop_in.api_set(3), 0);
	ck_assert_int_eq(original.api_set(3), 0);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct sock_filter *programs[2];
		struct rules rules;
		size_t counts[2];

		make_rules(&state, &rules);
		programs[0] = make_program(&drop_in, &rules, &counts[0]);
		programs[1] = make_program(&original, &rules, &counts[1]);
		compare(round, &rules, programs, counts);
		free(programs[0]);
		free(programs[1]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compat_oracle");
	TCase *random = tcase_create("random");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(random, 300);
	tcase_add_test(random, random_filters_mean_what_libseccomp_makes_of_them);
	suite_add_tcase(suite, random);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
