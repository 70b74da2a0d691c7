// SPDX-License-Identifier: MIT
/*
 * Any text as a profile: the library either refuses it with a reason, or makes filters of it that
 * the kernel takes and that mean what the reference says.
 */
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "compare.h"
#include "generator.h"
#include "target.h"

#define CALLS 64

/* FNV-1a: the target and the calls follow from the text, so that a finding can be repeated. */
static uint64_t hash(const uint8_t *data, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void expect_reason(const struct sbpf_error *error)
{
	if (error->code == SBPF_OK || error->message[0] == '\0' ||
	    !memchr(error->message, '\0', sizeof(error->message)) ||
	    !memchr(error->where, '\0', sizeof(error->where)))
		abort();
}

/* Read once, by the first input. */
static const struct tables *shared_tables(void)
{
	static struct tables *tables;

	if (!tables)
		tables = tables_read(TABLES_DIR);
	if (!tables)
		abort();
	return tables;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct tables *tables = shared_tables();
	struct random random = { .state = hash(data, size) };
	struct sbpf_error error = { 0 };
	struct comparison comparison;
	struct generated_target target;
	struct seccomp_data call;

	generate_target(&random, tables, &target);
	if (!comparison_start(&comparison, tables, (const char *)data, size, &target.target,
			      &error)) {
		expect_reason(&error);
		return 0;
	}
	for (int i = 0; i < CALLS; i++) {
		calls_edge(&random, comparison.reference, &call);
		if (!comparison_agrees(&comparison, &call))
			abort();
	}
	comparison_end(&comparison);
	return 0;
}
