/* SPDX-License-Identifier: MIT */
/* What every format says of a failed assertion. */
#include "report_suite.h"

#include "call.h"
#include "constants.h"

#include <stdlib.h>

bool suites_score_reached(const struct suites *suites)
{
	return !suites->least_of || (unsigned __int128)suites->killed * suites->least_of >=
					    (unsigned __int128)suites->wanted * suites->mutants;
}

/* What the line asserts of the call: "not ERRNO(EPERM)". */
static void print_wanted(FILE *out, const struct assertion *assertion)
{
	if (assertion->kind == ASSERT_NEVER)
		fputs(", never to be allowed", out);
	else if (assertion->kind == ASSERT_WITHIN)
		fprintf(out, ", which %s does not allow", assertion->policy);
	else
		fprintf(out, ", not %s", assertion->verdict);
}

/* "the kernel reads the lower half of family: AF_ALG", where that matters. */
static void print_halves(FILE *out, const struct assertion_result *result,
			 const struct assertion *assertion)
{
	const struct sbpf_example *example = &result->outcome.example;
	const char *call = sbpf_call_name(example->abi, (uint32_t)example->data.nr);
	struct sbpf_parameter parameter;

	if (assertion->kind != ASSERT_NEVER || !call)
		return;
	for (unsigned int i = 0; i < 6; i++) {
		uint64_t value = example->data.args[i];

		if (value <= UINT32_MAX ||
		    !sbpf_call_parameter(example->abi, call, i, &parameter) || parameter.bits != 32)
			continue;
		fprintf(out, " (the kernel reads the lower half of %s: ", parameter.name);
		constant_print(out, example->abi, call, i, (uint32_t)value);
		putc(')', out);
	}
}

char *failure_text(const struct suite *suite, const struct assertion_result *result)
{
	const struct assertion *assertion = &suite->file.assertions[result - suite->results];
	const struct sbpf_example *example = &result->outcome.example;
	char verdict[VERDICT_MAX], *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	if (result->outcome.is_void) {
		fputs("no call is in its region: the ABIs of its targets lack it, or its "
		      "condition never holds",
		      out);
	} else {
		call_print(out, example->abi, &example->data);
		fprintf(out, " is %s",
			verdict_text(true, example->a, result->cell->machine, verdict));
		print_wanted(out, assertion);
		print_halves(out, result, assertion);
	}
	fclose(out);
	return text;
}

char *failure_cause(const struct assertion_result *result)
{
	const struct cell *cell = result->cell;
	const struct rule_finding *decisive;
	struct opinion opinion;
	char *text = NULL;
	int length = -1;

	if (result->outcome.is_void)
		return NULL;
	if (opinion_form(cell->part, &cell->lines, &result->outcome.example.data, &opinion)) {
		decisive = opinion_decisive(&opinion);
		if (decisive)
			length =
				asprintf(&text, "%s:%u: %s%s", cell->part->path, decisive->line,
					 decisive->path,
					 decisive->rule.multiplexed ? ", of a call behind it" : "");
		else if (opinion.cause == SBPF_BY_DEFAULT)
			length = asprintf(&text, "%s:%u: %sdefaultAction", cell->part->path,
					  cell->lines.fallback, cell->part->prefix);
		else
			length = asprintf(&text, "%s: %s", cell->part->path,
					  opinion_cause(&opinion));
	}
	opinion_free(&opinion);
	return length < 0 ? NULL : text;
}

char *gap_names(const struct gap_found *gap)
{
	char *text = NULL;
	size_t length;
	FILE *out = gap->names ? open_memstream(&text, &length) : NULL;

	if (!out)
		return NULL;
	for (size_t i = 0; i < gap->name_count; i++)
		fprintf(out, "%s%s", i ? ", " : "", gap->names[i]);
	fclose(out);
	return text;
}
