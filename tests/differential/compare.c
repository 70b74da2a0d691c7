// SPDX-License-Identifier: MIT
#include "compare.h"

#include <inttypes.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

static const char *const filter_names[EFFORTS] = { "the quick filter", "the thorough filter" };

static struct sbpf_filter *compile(const struct sbpf_policy *policy, enum sbpf_effort effort,
				   struct sbpf_error *error)
{
	struct sbpf_options options = { .effort = effort };
	struct sbpf_filter *filter = sbpf_compile(policy, &options, error);
	const struct sock_filter *program;
	struct sbpf_error invalid = { 0 };
	size_t count;

	if (!filter)
		return NULL;
	program = sbpf_filter_program(filter, &count);
	if (sbpf_program_check(program, count, &invalid) == 0)
		return filter;
	fprintf(stderr, "the kernel would refuse %s: %s\n", filter_names[effort], invalid.message);
	sbpf_filter_free(filter);
	return NULL;
}

bool comparison_start(struct comparison *comparison, const struct tables *tables, const char *text,
		      size_t length, const struct sbpf_target *target, struct sbpf_error *error)
{
	bool good;

	memset(comparison, 0, sizeof(*comparison));
	comparison->policy = sbpf_load_json(text, length, target, error);
	good = comparison->policy != NULL;
	for (int i = 0; good && i < EFFORTS; i++) {
		comparison->filters[i] = compile(comparison->policy, (enum sbpf_effort)i, error);
		good = comparison->filters[i] != NULL;
	}
	if (good) {
		comparison->reference = reference_new(tables, text, length, target);
		good = comparison->reference != NULL;
	}
	if (!good)
		comparison_end(comparison);
	return good;
}

static void print_difference(const struct comparison *comparison, const struct seccomp_data *data,
			     const char *answerer, uint32_t got, uint32_t wanted)
{
	const struct tables *tables = comparison->reference->tables;
	int abi = reference_abi(comparison->reference, data);
	char got_text[32], wanted_text[32];

	fprintf(stderr,
		"machine %s: arch 0x%08" PRIx32 " (%s), number %" PRIu32 " (0x%" PRIx32
		"), arguments 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64
		" 0x%" PRIx64 ":\n\t%s says %s, the reference %s\n",
		tables->abis[comparison->reference->machine].name, (uint32_t)data->arch,
		abi < 0 ? "not covered" : tables->abis[abi].name, (uint32_t)data->nr,
		(uint32_t)data->nr, (uint64_t)data->args[0], (uint64_t)data->args[1],
		(uint64_t)data->args[2], (uint64_t)data->args[3], (uint64_t)data->args[4],
		(uint64_t)data->args[5], answerer,
		sbpf_verdict_format(got, got_text, sizeof(got_text)),
		sbpf_verdict_format(wanted, wanted_text, sizeof(wanted_text)));
}

static bool is_cached(const struct sbpf_filter *filter, const struct seccomp_data *data)
{
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);

	return sbpf_program_is_cached(program, count, data->arch, (uint32_t)data->nr);
}

/* The kernel caches no number of x32. */
static bool is_x32(const struct seccomp_data *data)
{
	return data->arch == AUDIT_ARCH_X86_64 && data->nr & 0x40000000;
}

bool comparison_agrees(const struct comparison *comparison, const struct seccomp_data *data)
{
	uint32_t wanted = reference_verdict(comparison->reference, data);
	bool cacheable = wanted == SECCOMP_RET_ALLOW && !is_x32(data) &&
			 reference_allows_outright(comparison->reference, data);
	uint32_t explained = sbpf_policy_verdict(comparison->policy, data, NULL, NULL, NULL);

	if (explained != wanted) {
		print_difference(comparison, data, "sbpf_policy_verdict()", explained, wanted);
		return false;
	}
	for (int i = 0; i < EFFORTS; i++) {
		const struct sbpf_filter *filter = comparison->filters[i];
		uint32_t got = sbpf_filter_run(filter, data, NULL);
		bool cached = is_cached(filter, data);

		if (got != wanted) {
			print_difference(comparison, data, filter_names[i], got, wanted);
			return false;
		}
		if (cached ? wanted != SECCOMP_RET_ALLOW : cacheable) {
			fprintf(stderr, "arch 0x%08" PRIx32 ", number %" PRIu32 ": %s %s\n",
				(uint32_t)data->arch, (uint32_t)data->nr, filter_names[i],
				cached ? "is cached, but does not allow the call"
				       : "allows it outright, but the kernel cannot cache that");
			return false;
		}
	}
	return true;
}

void comparison_end(struct comparison *comparison)
{
	for (int i = 0; i < EFFORTS; i++)
		sbpf_filter_free(comparison->filters[i]);
	reference_free(comparison->reference);
	sbpf_policy_free(comparison->policy);
	memset(comparison, 0, sizeof(*comparison));
}
