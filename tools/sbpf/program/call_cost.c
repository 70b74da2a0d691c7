/* SPDX-License-Identifier: MIT */
#include "call_cost.h"

#include "call.h"

#include <linux/bpf_common.h>
#include <stdlib.h>

const char *caching_text(enum caching caching)
{
	static const char *const texts[CACHINGS] = {
		[IS_CACHED] = "cached",
		[NOT_ALLOWED] = "its verdict is not ALLOW",
		[BY_ARGUMENTS] = "its arguments decide",
		[BY_DETOUR] = "always allowed, by a detour",
		[WITHOUT_CACHE] = "this ABI has no cache",
		[ABOVE_CACHE] = "above the kernel's calls",
	};

	return texts[caching];
}

/*
 * The kernel keeps a cache of the calls below NR_syscalls on architectures with
 * SECCOMP_ARCH_NATIVE (asm/seccomp.h). Those of x32 lie above, and mips has none.
 */
static bool has_cache(int abi)
{
	return abi_of(abi).number_offset == 0;
}

/* Some ABIs have calls far above the others (__ARM_NR_*). */
#define HIGHEST_NUMBER 4096u

/* NR_syscalls is one more than the last call of the kernel's table. */
static bool is_below_last_call(int abi, uint32_t number)
{
	for (uint32_t above = number; above < HIGHEST_NUMBER; above++) {
		if (sbpf_call_name(abi, above))
			return true;
	}
	return false;
}

static size_t longest(const struct filters *filters)
{
	size_t most = 0;

	for (size_t i = 0; i < filters->count; i++)
		most = filters->list[i].count > most ? filters->list[i].count : most;
	return most;
}

/* For the longest filter; NULL when there is no memory. */
static bool *reached_new(const struct filters *filters)
{
	return calloc(longest(filters) + 1, sizeof(bool));
}

/* Why a filter keeps a call out of the cache, by the verdicts that the call can get. */
static enum caching judge(const struct filter *filter, const bool *reached)
{
	bool allowed = false, other = false;

	for (size_t i = 0; i < filter->count; i++) {
		const struct sock_filter *instruction = &filter->program[i];

		if (!reached[i] || BPF_CLASS(instruction->code) != BPF_RET)
			continue;
		if (instruction->code != (BPF_RET | BPF_K))
			return BY_ARGUMENTS;
		allowed = allowed || instruction->k == SECCOMP_RET_ALLOW;
		other = other || instruction->k != SECCOMP_RET_ALLOW;
	}
	if (!allowed)
		return NOT_ALLOWED;
	return other ? BY_ARGUMENTS : BY_DETOUR;
}

/* Why the filters keep a call out of the cache; of several reasons, the plainest. */
static enum caching measure(const struct filters *filters, int abi, bool *reached,
			    struct call_cost *call)
{
	uint32_t audit_arch = abi_of(abi).audit_arch;
	enum caching caching = IS_CACHED;

	call->steps = 0;
	for (size_t i = 0; i < filters->count; i++) {
		const struct filter *filter = &filters->list[i];
		enum caching reason;

		call->steps += sbpf_program_follow(filter->program, filter->count, audit_arch,
						   call->number, reached);
		if (sbpf_program_is_cached(filter->program, filter->count, audit_arch,
					   call->number))
			continue;
		reason = judge(filter, reached);
		if (caching == IS_CACHED || reason < caching)
			caching = reason;
	}
	return caching;
}

static void measure_call(const struct filters *filters, int abi, bool *reached,
			 struct call_cost *call)
{
	call->caching = measure(filters, abi, reached, call);
	if (!has_cache(abi))
		call->caching = WITHOUT_CACHE;
	else if (call->caching != NOT_ALLOWED && !is_below_last_call(abi, call->number))
		call->caching = ABOVE_CACHE;
}

bool survey_call(const char *program, const struct filters *filters, int abi,
		 struct call_cost *call)
{
	bool *reached = reached_new(filters);

	if (!reached) {
		report(program, "out of memory");
		return false;
	}
	measure_call(filters, abi, reached, call);
	free(reached);
	return true;
}

bool survey_make(const char *program, const struct filters *filters, int abi, struct survey *survey)
{
	bool *reached = reached_new(filters);

	*survey = (struct survey){ .abi = abi };
	survey->calls = calloc((size_t)sbpf_call_count(), sizeof(survey->calls[0]));
	if (!reached || !survey->calls) {
		report(program, "out of memory");
		free(reached);
		survey_free(survey);
		return false;
	}
	for (int i = 0; i < sbpf_call_count(); i++) {
		struct call_cost *call = &survey->calls[survey->count];

		call->name = sbpf_call_at(i);
		if (!sbpf_call_number(abi, call->name, &call->number))
			continue;
		measure_call(filters, abi, reached, call);
		survey->count++;
	}
	free(reached);
	return true;
}

void survey_free(struct survey *survey)
{
	free(survey->calls);
	*survey = (struct survey){ 0 };
}

/* ---- Installing ---- */

/*
 * Nanoseconds, fitted to the fastest of 60 installations of each of 34 filters of 7 to 213
 * instructions (Linux 6.18 on x86_64, BPF translated to machine code).
 */
#define INSTALL_BASE 9700.0
#define INSTALL_INSTRUCTION 160.0
#define INSTALL_FORESEEN 0.97

/* NR_syscalls of Linux 6.12, about. */
#define NUMBERS 467u

/* seccomp_cache_prepare of kernel/seccomp.c runs a filter for every number of the ABIs it has. */
static size_t count_foreseen(const struct filters *filters, const struct filter *filter)
{
	size_t steps = 0;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (!(filters->relatives >> abi & 1) || !has_cache(abi))
			continue;
		for (uint32_t number = 0; number < NUMBERS; number++)
			steps += sbpf_program_follow(filter->program, filter->count,
						     abi_of(abi).audit_arch, number, NULL);
	}
	return steps;
}

double survey_install_time(const struct filters *filters)
{
	double time = 0;

	for (size_t i = 0; i < filters->count; i++) {
		const struct filter *filter = &filters->list[i];

		time += INSTALL_BASE + INSTALL_INSTRUCTION * (double)filter->count +
			INSTALL_FORESEEN * (double)count_foreseen(filters, filter);
	}
	return time;
}
