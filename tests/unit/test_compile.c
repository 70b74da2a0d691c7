/* SPDX-License-Identifier: MIT */
/* Whole filters: their size and speed on Docker's profile, and the manners of sbpf_compile(). */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "arch.h"
#include "calls.h"
#include "sbpf.h"
#include "walk.h"

#define DOCKER PROJECT_DIR "/profiles/docker.json"
#define THREADS 8

static const struct sbpf_target targets[] = {
	{ .machine = "x86_64", .abis = "", .kernel = "6.12" },
	{ .machine = "x86_64", .abis = "x86,x32", .kernel = "6.12" },
	{ .machine = "aarch64", .abis = "", .kernel = "6.12" },
	{ .machine = "aarch64", .abis = "arm", .kernel = "6.12" },
};

static struct sbpf_policy *load(const char *path, const struct sbpf_target *target)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json_file(path, target, &error);

	ck_assert_msg(policy, "%s: %s", error.where, error.message);
	return policy;
}

static struct sbpf_filter *compile(const struct sbpf_policy *policy, enum sbpf_effort effort)
{
	const struct sbpf_options options = { .effort = effort };
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(policy, &options, &error);

	ck_assert_msg(filter, "%s", error.message);
	return filter;
}

static struct sbpf_filter *compile_docker(const struct sbpf_target *target, enum sbpf_effort effort)
{
	struct sbpf_policy *policy = load(DOCKER, target);
	struct sbpf_filter *filter = compile(policy, effort);

	sbpf_policy_free(policy);
	return filter;
}

static size_t size_of(const struct sbpf_filter *filter)
{
	size_t count;

	sbpf_filter_program(filter, &count);
	return count;
}

static bool is_cached(const struct sbpf_filter *filter, int abi, uint32_t number)
{
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);

	return sbpf_program_is_cached(program, count, abi_audit_arch(abi), number);
}

static void assert_same_bytes(const struct sbpf_filter *a, const struct sbpf_filter *b)
{
	size_t size_a;
	size_t size_b;
	const struct sock_filter *program_a = sbpf_filter_program(a, &size_a);
	const struct sock_filter *program_b = sbpf_filter_program(b, &size_b);

	ck_assert_uint_eq(size_a, size_b);
	ck_assert_mem_eq(program_a, program_b, size_a * sizeof(*program_a));
}

/* ---- Size and speed ---- */

static const struct {
	unsigned int target;
	enum sbpf_effort effort;
	size_t instructions;
} sizes[] = {
	{ 0, SBPF_THOROUGH, 64 },  { 1, SBPF_THOROUGH, 220 }, { 2, SBPF_THOROUGH, 66 },
	{ 3, SBPF_THOROUGH, 175 }, { 1, SBPF_QUICK, 240 },
};

START_TEST(dockers_profile_needs_few_instructions)
{
	struct sbpf_filter *filter = compile_docker(&targets[sizes[_i].target], sizes[_i].effort);

	ck_assert_uint_le(size_of(filter), sizes[_i].instructions);
	sbpf_filter_free(filter);
}
END_TEST

struct steps {
	size_t calls;
	size_t sum;
	size_t worst;
};

static void add_steps(struct steps *steps, size_t count)
{
	steps->calls++;
	steps->sum += count;
	if (count > steps->worst)
		steps->worst = count;
}

/* Steps of all calls of the machine's own table with arguments of zero, and of those not cached. */
static void measure(const struct sbpf_filter *filter, struct steps *all, struct steps *run)
{
	int machine = sbpf_filter_machine(filter);

	*all = *run = (struct steps){ 0 };
	for (int call = 0; call < sbpf_call_count(); call++) {
		int32_t number = call_table_number(machine, call);
		struct seccomp_data data = { .nr = number, .arch = abi_audit_arch(machine) };
		size_t steps;

		if (number < 0)
			continue;
		sbpf_filter_run(filter, &data, &steps);
		add_steps(all, steps);
		if (!is_cached(filter, machine, (uint32_t)number))
			add_steps(run, steps);
	}
}

static const struct {
	unsigned int target;
	unsigned int mean_tenths; /* over all calls */
	unsigned int run_tenths;  /* over those that the kernel does not answer from its cache */
	size_t worst;
	size_t not_cached;
} speeds[] = {
	{ 0, 94, 92, 15, 79 },
	{ 1, 96, 94, 16, 79 },
	{ 2, 95, 94, 15, 63 },
};

START_TEST(dockers_profile_takes_few_steps)
{
	struct sbpf_filter *filter = compile_docker(&targets[speeds[_i].target], SBPF_THOROUGH);
	struct steps all;
	struct steps run;

	measure(filter, &all, &run);
	ck_assert_uint_gt(all.calls, 300);
	ck_assert_uint_le(all.sum * 10, all.calls * speeds[_i].mean_tenths);
	ck_assert_uint_le(run.sum * 10, run.calls * speeds[_i].run_tenths);
	ck_assert_uint_le(all.worst, speeds[_i].worst);
	ck_assert_uint_eq(run.calls, speeds[_i].not_cached);
	sbpf_filter_free(filter);
}
END_TEST

/* ---- The kernel's cache ---- */

/* What the policy says of a call whatever its arguments; false when they matter. */
static bool is_unconditional_allow(const struct abi_calls *calls, uint32_t number)
{
	for (size_t i = 0; i < calls->count; i++) {
		if (calls->calls[i].number == number)
			return !calls->calls[i].clause_count &&
			       calls->calls[i].otherwise == SECCOMP_RET_ALLOW;
	}
	return (number > calls->table_max ? calls->above : calls->otherwise) == SECCOMP_RET_ALLOW;
}

/* The kernel has no cache for x32. */
static void assert_cached_are_unconditional(const struct sbpf_policy *policy, int abi,
					    const struct sbpf_filter *quick,
					    const struct sbpf_filter *thorough)
{
	struct sbpf_error error = { 0 };
	struct arena arena = { 0 };
	struct abi_calls calls;

	ck_assert_int_eq(policy_calls(policy, abi, &arena, &calls, &error), 0);
	for (uint32_t number = 0; number < 1200; number++) {
		bool allow = !abi_is_x32(abi) && is_unconditional_allow(&calls, number);
		uint32_t nr = number + abi_number_offset(abi);

		ck_assert_msg(is_cached(quick, abi, nr) == allow, "%s %u", abi_name(abi), number);
		ck_assert_msg(is_cached(thorough, abi, nr) == allow, "%s %u", abi_name(abi),
			      number);
	}
	arena_free(&arena);
}

START_TEST(cached_are_exactly_the_unconditional_allows)
{
	struct sbpf_policy *policy = load(DOCKER, &targets[_i]);
	struct sbpf_filter *quick = compile(policy, SBPF_QUICK);
	struct sbpf_filter *thorough = compile(policy, SBPF_THOROUGH);

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (sbpf_policy_has_abi(policy, abi))
			assert_cached_are_unconditional(policy, abi, quick, thorough);
	}
	sbpf_filter_free(quick);
	sbpf_filter_free(thorough);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Archs and x32 ---- */

static uint32_t run(const struct sbpf_filter *filter, uint32_t arch, uint32_t number)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = arch };

	return sbpf_filter_run(filter, &data, NULL);
}

static struct sbpf_filter *compile_read_only(const struct sbpf_target *target,
					     enum sbpf_effort effort)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ERRNO | 7, target, &error);
	struct sbpf_filter *filter;

	ck_assert_msg(policy, "%s", error.message);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "read", NULL, 0, &error),
			 0);
	filter = compile(policy, effort);
	sbpf_policy_free(policy);
	return filter;
}

#define ARCH_X86_64 0xc000003eu
#define ARCH_X86 0x40000003u
#define ARCH_AARCH64 0xc00000b7u
#define X32_BIT 0x40000000u

static const struct {
	struct sbpf_target target;
	uint32_t arch;
	uint32_t number;
	uint32_t verdict;
} entries[] = {
	{ { .machine = "x86_64" }, ARCH_X86_64, 0, SECCOMP_RET_ALLOW },
	{ { .machine = "x86_64" }, ARCH_X86_64, 1, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64" }, ARCH_X86_64, 0x80000000, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64" }, ARCH_X86_64, X32_BIT - 1, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64" }, ARCH_X86_64, X32_BIT, SECCOMP_RET_KILL_PROCESS },
	{ { .machine = "x86_64" }, ARCH_X86_64, 0xfffffffe, SECCOMP_RET_KILL_PROCESS },
	{ { .machine = "x86_64" }, ARCH_X86_64, 0xffffffff, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64" }, ARCH_X86, 3, SECCOMP_RET_KILL_PROCESS },
	{ { .machine = "x86_64" }, 0, 0, SECCOMP_RET_KILL_PROCESS },
	{ { .machine = "x86_64", .bad_arch = "ERRNO(9)" },
	  ARCH_AARCH64,
	  63,
	  SECCOMP_RET_ERRNO | 9 },
	{ { .machine = "x86_64", .bad_arch = "LOG" }, ARCH_X86_64, X32_BIT, SECCOMP_RET_LOG },
	{ { .machine = "x86_64", .abis = "x32" }, ARCH_X86_64, X32_BIT, SECCOMP_RET_ALLOW },
	{ { .machine = "x86_64", .abis = "x32" }, ARCH_X86_64, X32_BIT + 1, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64", .abis = "x32" }, ARCH_X86_64, 0xffffffff, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64", .abis = "x32" }, ARCH_X86_64, 0xc0000000, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64", .abis = "x86" }, ARCH_X86, 3, SECCOMP_RET_ALLOW },
	{ { .machine = "x86_64", .abis = "x86" }, ARCH_X86, 0, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "x86_64", .abis = "x86" }, ARCH_X86_64, X32_BIT, SECCOMP_RET_KILL_PROCESS },
	{ { .machine = "x86", .abis = "x32" }, ARCH_X86_64, 0, SECCOMP_RET_KILL_PROCESS },
	{ { .machine = "x86", .abis = "x32" }, ARCH_X86_64, X32_BIT, SECCOMP_RET_ALLOW },
	{ { .machine = "aarch64" }, ARCH_AARCH64, 63, SECCOMP_RET_ALLOW },
	{ { .machine = "mips" }, 8, 4003, SECCOMP_RET_ALLOW },
	{ { .machine = "mips" }, 8, 3, SECCOMP_RET_ERRNO | 7 },
	{ { .machine = "mips64", .abis = "mips64n32" }, 0xa0000008, 6000, SECCOMP_RET_ALLOW },
	{ { .machine = "mips64", .abis = "mips64n32" }, 0x80000008, 5000, SECCOMP_RET_ALLOW },
};

START_TEST(calls_enter_by_their_abi)
{
	for (enum sbpf_effort effort = SBPF_QUICK; effort <= SBPF_THOROUGH; effort++) {
		struct sbpf_filter *filter = compile_read_only(&entries[_i].target, effort);

		ck_assert_uint_eq(run(filter, entries[_i].arch, entries[_i].number),
				  entries[_i].verdict);
		sbpf_filter_free(filter);
	}
}
END_TEST

/* The halves of an argument lie as the machine has them, not as the ABI or this one does. */
START_TEST(arguments_are_in_the_machines_byte_order)
{
	static const char *const machines[] = { "x86_64", "s390x", "mips64", "mipsel64", "mips" };
	const struct sbpf_target target = { .machine = machines[_i], .abis = "" };
	const struct sbpf_condition five = { 2, SBPF_EQ, 5, 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, NULL);
	int machine = sbpf_policy_machine(policy);
	struct seccomp_data data = { .arch = abi_audit_arch(machine), .args = { 0, 0, 5 } };
	struct sbpf_filter *filter;
	uint32_t number;

	ck_assert(sbpf_call_number(machine, "read", &number));
	data.nr = (int)number;
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_TRAP, "read", &five, 1, NULL), 0);
	filter = compile(policy, SBPF_QUICK);
	ck_assert_uint_eq(sbpf_filter_run(filter, &data, NULL), SECCOMP_RET_TRAP);
	data.args[2] = 0x500000000;
	ck_assert_uint_eq(sbpf_filter_run(filter, &data, NULL), SECCOMP_RET_ALLOW);
	data.args[2] = 6;
	ck_assert_uint_eq(sbpf_filter_run(filter, &data, NULL), SECCOMP_RET_ALLOW);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

/* Numbers of x86_64 that lie above x32's bit do not get lost beside x32. */
START_TEST(numbers_above_bit_30_are_kept)
{
	const uint32_t verdict = _i ? SECCOMP_RET_ERRNO | 1 : SECCOMP_RET_ALLOW;
	const struct sbpf_target target = { .machine = "x86_64", .abis = "" };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(verdict, &target, &error);
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_number(policy, SECCOMP_RET_TRAP, "x86_64", 0x80000005,
						NULL, 0, &error),
			 0);
	for (enum sbpf_effort effort = SBPF_QUICK; effort <= SBPF_THOROUGH; effort++) {
		filter = compile(policy, effort);
		ck_assert_uint_eq(run(filter, ARCH_X86_64, 0x80000004), verdict);
		ck_assert_uint_eq(run(filter, ARCH_X86_64, 0x80000005), SECCOMP_RET_TRAP);
		ck_assert_uint_eq(run(filter, ARCH_X86_64, 0x80000006), verdict);
		ck_assert_uint_eq(run(filter, ARCH_X86_64, X32_BIT + 5), SECCOMP_RET_KILL_PROCESS);
		ck_assert_uint_eq(run(filter, ARCH_X86_64, 0xc0000005), SECCOMP_RET_KILL_PROCESS);
		ck_assert_uint_eq(run(filter, ARCH_X86_64, 0xffffffff), verdict);
		sbpf_filter_free(filter);
	}
	sbpf_policy_free(policy);
}
END_TEST

/* Each ABI's decision, taken from its canonical form, is what the program gives. */
START_TEST(program_gives_what_the_canonical_form_says)
{
	struct sbpf_policy *policy = load(DOCKER, &targets[_i]);
	struct sbpf_filter *quick = compile(policy, SBPF_QUICK);
	struct sbpf_filter *thorough = compile(policy, SBPF_THOROUGH);

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		uint32_t verdicts[1200];
		struct sbpf_error error = { 0 };
		struct arena arena = { 0 };
		struct abi_calls calls;

		if (!sbpf_policy_has_abi(policy, abi))
			continue;
		ck_assert_int_eq(policy_calls(policy, abi, &arena, &calls, &error), 0);
		for (uint32_t number = 0; number < COUNT(verdicts); number++)
			verdicts[number] = number > calls.table_max ? calls.above : calls.otherwise;
		for (size_t i = 0; i < calls.count && calls.calls[i].number < COUNT(verdicts); i++)
			verdicts[calls.calls[i].number] =
				calls.calls[i].clause_count ? UINT32_MAX : calls.calls[i].otherwise;
		for (uint32_t number = 0; number < COUNT(verdicts); number++) {
			uint32_t nr = number + abi_number_offset(abi);

			if (verdicts[number] == UINT32_MAX)
				continue;
			ck_assert_uint_eq(run(quick, abi_audit_arch(abi), nr), verdicts[number]);
			ck_assert_uint_eq(run(thorough, abi_audit_arch(abi), nr), verdicts[number]);
		}
		arena_free(&arena);
	}
	sbpf_filter_free(quick);
	sbpf_filter_free(thorough);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- The same again ---- */

START_TEST(same_policy_gives_the_same_bytes)
{
	struct sbpf_policy *policy = load(DOCKER, &targets[_i]);
	struct sbpf_policy *again = load(DOCKER, &targets[_i]);

	for (enum sbpf_effort effort = SBPF_QUICK; effort <= SBPF_THOROUGH; effort++) {
		struct sbpf_filter *filters[] = { compile(policy, effort), compile(policy, effort),
						  compile(again, effort) };

		assert_same_bytes(filters[0], filters[1]);
		assert_same_bytes(filters[0], filters[2]);
		for (size_t i = 0; i < COUNT(filters); i++)
			sbpf_filter_free(filters[i]);
	}
	sbpf_policy_free(policy);
	sbpf_policy_free(again);
}
END_TEST

struct job {
	pthread_t thread;
	const struct sbpf_policy *policy;
	struct sbpf_filter *filter;
	struct sbpf_error error;
};

/* Also loads a policy of its own: nothing is shared but the policy to compile. */
static void *compile_in_thread(void *argument)
{
	struct job *job = argument;
	struct sbpf_policy *own = sbpf_load_json_file(DOCKER, &targets[1], &job->error);
	struct sbpf_filter *filter = sbpf_compile(own, NULL, &job->error);

	job->filter = sbpf_compile(job->policy, NULL, &job->error);
	sbpf_filter_free(filter);
	sbpf_policy_free(own);
	return NULL;
}

START_TEST(threads_may_compile_one_policy_at_once)
{
	struct sbpf_policy *policy = load(DOCKER, &targets[1]);
	struct sbpf_filter *alone = compile(policy, SBPF_QUICK);
	struct job jobs[THREADS] = { 0 };

	for (int i = 0; i < THREADS; i++) {
		jobs[i].policy = policy;
		ck_assert_int_eq(pthread_create(&jobs[i].thread, NULL, compile_in_thread, &jobs[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(jobs[i].thread, NULL), 0);
		ck_assert_int_eq(jobs[i].error.code, SBPF_OK);
		assert_same_bytes(jobs[i].filter, alone);
		sbpf_filter_free(jobs[i].filter);
	}
	sbpf_filter_free(alone);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Manners ---- */

START_TEST(filter_outlives_its_policy)
{
	struct sbpf_policy *policy = load(DOCKER, &targets[0]);
	struct sbpf_filter *filter = compile(policy, SBPF_QUICK);
	struct sbpf_filter *again;

	sbpf_policy_free(policy);
	again = compile_docker(&targets[0], SBPF_QUICK);
	assert_same_bytes(filter, again);
	ck_assert_int_eq(sbpf_filter_machine(filter), sbpf_abi_find("x86_64"));
	ck_assert_uint_eq(run(filter, ARCH_X86_64, 0), SECCOMP_RET_ALLOW);
	sbpf_filter_free(filter);
	sbpf_filter_free(again);
}
END_TEST

START_TEST(null_keeps_the_first_error)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json("{", 1, NULL, &error);
	struct sbpf_error first = error;
	size_t count = 99;

	ck_assert_ptr_null(policy);
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	ck_assert_ptr_null(sbpf_compile(policy, NULL, &error));
	ck_assert_mem_eq(&error, &first, sizeof(error));
	ck_assert_ptr_null(sbpf_filter_program(NULL, &count));
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(sbpf_filter_machine(NULL), -1);
	ck_assert_uint_eq(sbpf_filter_flags(NULL), 0);
	ck_assert(!sbpf_filter_needs_listener(NULL));
	sbpf_filter_free(NULL);
	sbpf_policy_free(NULL);
}
END_TEST

START_TEST(null_policy_is_a_usage_error)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_compile(NULL, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(error.message, "there is no policy");
	ck_assert_ptr_null(sbpf_compile(NULL, NULL, NULL));
}
END_TEST

START_TEST(unknown_effort_is_a_usage_error)
{
	const struct sbpf_options options = { .effort = (enum sbpf_effort)2 };
	struct sbpf_policy *policy = load(DOCKER, &targets[0]);
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_compile(policy, &options, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(error.message, "unknown effort 2");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(no_options_mean_quick)
{
	struct sbpf_policy *policy = load(DOCKER, &targets[1]);
	struct sbpf_filter *quick = compile(policy, SBPF_QUICK);
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, NULL);

	assert_same_bytes(filter, quick);
	sbpf_filter_free(filter);
	sbpf_filter_free(quick);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(notify_needs_a_listener)
{
	const struct sbpf_target target = { .machine = "x86_64", .abis = "" };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, NULL);
	struct sbpf_filter *without = compile(policy, SBPF_QUICK);
	struct sbpf_filter *with;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "mkdir", NULL, 0,
					      NULL),
			 0);
	ck_assert_int_eq(sbpf_policy_add_flags(policy, SECCOMP_FILTER_FLAG_LOG, NULL), 0);
	with = compile(policy, SBPF_QUICK);
	ck_assert(!sbpf_filter_needs_listener(without));
	ck_assert(sbpf_filter_needs_listener(with));
	ck_assert_uint_eq(sbpf_filter_flags(without), 0);
	ck_assert_uint_eq(sbpf_filter_flags(with), SECCOMP_FILTER_FLAG_LOG);
	sbpf_filter_free(without);
	sbpf_filter_free(with);
	sbpf_policy_free(policy);
}
END_TEST

/* A rule that no call can reach leaves no NOTIFY in the program. */
START_TEST(unreachable_notify_needs_no_listener)
{
	const struct sbpf_condition never = { 0, SBPF_LT, 0, 0 };
	const struct sbpf_target target = { .machine = "x86_64", .abis = "" };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, NULL);
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "mkdir", &never, 1,
					      NULL),
			 0);
	filter = compile(policy, SBPF_QUICK);
	ck_assert(!sbpf_filter_needs_listener(filter));
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Filters of programs ---- */

static const struct sock_filter notifies[] = {
	{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
	{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 83 },
	{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF },
	{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
};

START_TEST(filter_of_program_is_that_program)
{
	const struct seccomp_data data = { .nr = 83 };
	int machine = sbpf_abi_find("x86_64");
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter =
		sbpf_filter_of_program(notifies, COUNT(notifies), machine, 2, &error);
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);

	ck_assert_uint_eq(count, COUNT(notifies));
	ck_assert_ptr_ne(program, notifies);
	ck_assert_mem_eq(program, notifies, sizeof(notifies));
	ck_assert_int_eq(sbpf_filter_machine(filter), machine);
	ck_assert_uint_eq(sbpf_filter_flags(filter), 2);
	ck_assert(sbpf_filter_needs_listener(filter));
	ck_assert_uint_eq(sbpf_filter_run(filter, &data, NULL), SECCOMP_RET_USER_NOTIF);
	sbpf_filter_free(filter);
	filter = sbpf_filter_of_program(notifies + 3, 1, machine, 0, &error);
	ck_assert(filter && !sbpf_filter_needs_listener(filter));
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(no_filter_of_what_is_no_program)
{
	int machine = sbpf_abi_find("x86_64");
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_filter_of_program(notifies, COUNT(notifies), -1, 0, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(error.message, "there is no machine with the ABI index -1");
	/* The first error stays. */
	ck_assert_ptr_null(sbpf_filter_of_program(notifies, 0, machine, 0, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	error = (struct sbpf_error){ 0 };
	ck_assert_ptr_null(
		sbpf_filter_of_program(notifies, COUNT(notifies), sbpf_abi_find("x32"), 0, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	error = (struct sbpf_error){ 0 };
	ck_assert_ptr_null(sbpf_filter_of_program(notifies, 2, machine, 0, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_INVALID);
	ck_assert_ptr_null(sbpf_filter_of_program(NULL, 2, machine, 0, NULL));
}
END_TEST

START_TEST(null_filter_kills)
{
	const struct seccomp_data data = { 0 };

	ck_assert_uint_eq(sbpf_filter_run(NULL, &data, NULL), SECCOMP_RET_KILL_PROCESS);
}
END_TEST

START_TEST(version_is_the_headers)
{
	ck_assert_str_eq(sbpf_version(), SBPF_VERSION);
}
END_TEST

/* ---- Running ---- */

static TCase *docker_tests(void)
{
	TCase *tests = tcase_create("docker");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, dockers_profile_needs_few_instructions, 0, COUNT(sizes));
	tcase_add_loop_test(tests, dockers_profile_takes_few_steps, 0, COUNT(speeds));
	tcase_add_loop_test(tests, cached_are_exactly_the_unconditional_allows, 0, COUNT(targets));
	tcase_add_loop_test(tests, program_gives_what_the_canonical_form_says, 0, COUNT(targets));
	tcase_add_loop_test(tests, same_policy_gives_the_same_bytes, 0, COUNT(targets));
	tcase_add_test(tests, threads_may_compile_one_policy_at_once);
	return tests;
}

static TCase *entry_tests(void)
{
	TCase *tests = tcase_create("entries");

	tcase_add_loop_test(tests, calls_enter_by_their_abi, 0, COUNT(entries));
	tcase_add_loop_test(tests, arguments_are_in_the_machines_byte_order, 0, 5);
	tcase_add_loop_test(tests, numbers_above_bit_30_are_kept, 0, 2);
	return tests;
}

static TCase *manner_tests(void)
{
	TCase *tests = tcase_create("manners");

	tcase_add_test(tests, filter_outlives_its_policy);
	tcase_add_test(tests, null_keeps_the_first_error);
	tcase_add_test(tests, null_policy_is_a_usage_error);
	tcase_add_test(tests, unknown_effort_is_a_usage_error);
	tcase_add_test(tests, no_options_mean_quick);
	tcase_add_test(tests, notify_needs_a_listener);
	tcase_add_test(tests, unreachable_notify_needs_no_listener);
	tcase_add_test(tests, filter_of_program_is_that_program);
	tcase_add_test(tests, no_filter_of_what_is_no_program);
	tcase_add_test(tests, null_filter_kills);
	tcase_add_test(tests, version_is_the_headers);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("compile");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, docker_tests());
	suite_add_tcase(suite, entry_tests());
	suite_add_tcase(suite, manner_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
