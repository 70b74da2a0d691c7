// SPDX-License-Identifier: MIT
/*
 * Any text as a file of assertions: it is refused, or each of its lines is read by itself as the
 * same, and its conditions become programs that the kernel would take, on every ABI.
 */
#include <stdlib.h>
#include <string.h>

#include "region_program.h"
#include "target.h"
#include "test_file.h"

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool resolve(const struct condition *condition, int abi, const char *call,
		    struct condition_test *tests)
{
	struct parse_trouble trouble;

	for (size_t i = 0; i < condition->count; i++) {
		trouble.message[0] = '\0';
		if (condition->nodes[i].kind != CONDITION_TEST ||
		    condition_resolve(&condition->nodes[i], abi, call,
				      abi % 2 ? VIEW_KERNEL : VIEW_REGISTER, &tests[i], &trouble))
			continue;
		expect(trouble.message[0]);
		return false;
	}
	return true;
}

static void compile(const struct asserted_call *call, int abi)
{
	static struct condition_test tests[CONDITION_NODES_MAX];
	static struct region_program program;
	const struct sock_filter *code;
	struct sbpf_abi description;
	size_t count;

	expect(sbpf_abi_describe(abi, &description));
	if (call->condition && !resolve(call->condition, abi, call->name, tests))
		return;
	region_program_begin(&program, description.big_endian);
	expect(region_program_has_room(&program, call->condition));
	region_program_add(&program, call->number, call->condition, tests);
	code = region_program_end(&program, description.audit_arch, &count);
	expect(!sbpf_program_check(code, count, NULL));
}

static void expect_same_again(const struct assertion *assertion)
{
	struct assertion again;

	if (assertion->kind == ASSERT_WITHIN)
		return;
	expect(assertion_parse(assertion->text, &again));
	expect(again.kind == assertion->kind && again.call_count == assertion->call_count &&
	       again.abis == assertion->abis && !strcmp(again.verdict, assertion->verdict));
	assertion_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct test_file file;

	if (test_file_parse(NULL, "folder/file", (const char *)data, size, &file)) {
		for (size_t i = 0; i < file.count; i++) {
			expect_same_again(&file.assertions[i]);
			for (size_t j = 0; j < file.assertions[i].call_count; j++)
				compile(&file.assertions[i].calls[j],
					(int)(i + j) % sbpf_abi_count());
		}
		for (size_t i = 0; i < file.section_count; i++)
			expect(file.sections[i].target_count > 0);
	}
	test_file_free(&file);
	return 0;
}
