/* SPDX-License-Identifier: MIT */
/*
 * A fingerprint of what a policy does, whatever it is written like: SHA-256 of a text with a line
 * for each range of numbers that get the same, ABI by ABI in alphabetic order, then the verdict of
 * any other arch. The ranges, and the cases of calls that arguments decide, follow from the
 * canonical form of the meaning alone. docs/kubernetes.md has the text's form.
 */
#include "kubernetes.h"

#include "call.h"

#include <inttypes.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

struct print {
	FILE *out;
	struct sbpf_space *space;
	sbpf_meaning meaning;
	int abi;
	bool failed;
};

static bool print_case(void *context, const struct sbpf_case *one)
{
	struct print *print = context;

	fprintf(print->out, "  %08" PRIx32, one->verdict);
	for (size_t i = 0; i < one->test_count; i++) {
		const struct sbpf_test *test = &one->tests[i];

		fprintf(print->out, " a%u/%u%c%" PRIx64 ",%" PRIx64, test->argument, test->bits,
			test->masked ? '&' : '=', test->low, test->high);
	}
	putc('\n', print->out);
	return true;
}

static bool print_range(void *context, const struct sbpf_range *range)
{
	struct print *print = context;
	struct sbpf_error error = { 0 };

	fprintf(print->out, "%s %" PRIu32 "-%" PRIu32, name_of_abi(print->abi), range->first,
		range->last);
	if (range->always) {
		fprintf(print->out, " %08" PRIx32 "\n", range->verdict);
		return true;
	}
	putc('\n', print->out);
	print->failed = sbpf_meaning_cases(print->space, print->meaning, print->abi, range->first,
					   print_case, print, &error);
	return !print->failed;
}

static void print_abi(struct print *print, int abi)
{
	struct sbpf_error error = { 0 };

	print->abi = abi;
	if (sbpf_meaning_ranges(print->space, print->meaning, abi, print_range, print, &error))
		print->failed = true;
}

/* The next ABI of a set by name; -1 when there is none. */
static int take_first(uint64_t *abis)
{
	int first = -1;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if ((*abis >> abi & 1) &&
		    (first < 0 || strcmp(name_of_abi(abi), name_of_abi(first)) < 0))
			first = abi;
	}
	if (first >= 0)
		*abis &= ~(UINT64_C(1) << first);
	return first;
}

static void print_meaning(struct print *print, int machine)
{
	uint64_t abis = operand_abis(machine, &(struct operand){ 0 });
	const struct seccomp_data other = { 0 };
	uint32_t verdict;
	int abi;

	while (!print->failed && (abi = take_first(&abis)) >= 0)
		print_abi(print, abi);
	if (!sbpf_meaning_verdict(print->space, print->meaning, &other, &verdict))
		print->failed = true;
	else
		fprintf(print->out, "other %08" PRIx32 "\n", verdict);
}

const char *fingerprint_of(struct check *check, struct sbpf_space *space, sbpf_meaning meaning)
{
	struct print print = { .space = space, .meaning = meaning };
	char digest[SHA256_DIGEST_STRING_LENGTH];
	char *text = NULL;
	size_t length;

	print.out = open_memstream(&text, &length);
	if (!print.out)
		return NULL;
	print_meaning(&print, check->options->machine);
	if (fclose(print.out))
		print.failed = true;
	if (print.failed || !SHA256Data((const uint8_t *)text, length, digest)) {
		free(text);
		return NULL;
	}
	free(text);
	return check_print(check, "sha256:%s", digest);
}
