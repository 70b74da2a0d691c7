/* SPDX-License-Identifier: MIT */
/*
 * The profile is written from what each call of each ABI gets, and then read back: only what the
 * proof finds equal is handed out, and its differences say what a profile cannot.
 */
#include "profile_writer.h"

#include "call.h"
#include "multiplex.h"
#include "profile_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Statements of what cannot be said; more are counted. */
#define STATEMENTS_MAX 8

struct writer {
	const struct profile_request *request;
	uint32_t bad_arch;
	struct profile_outline outline;
	size_t statements;
	size_t tolerated; /* differences in numbers without a name */
};

/* ---- What cannot be said --------------------------------------------------------------- */

static void state(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void state(struct writer *writer, const char *format, ...)
{
	char text[512];
	va_list arguments;

	if (writer->statements++ >= STATEMENTS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	report(writer->request->tool->name, "%s: no profile can say this: %s",
	       writer->request->name, text);
}

/* How many of these are shown. */
static size_t shown_of(size_t count)
{
	return count < STATEMENTS_MAX ? count : STATEMENTS_MAX;
}

static void state_rest(const struct writer *writer)
{
	size_t stated = writer->statements + writer->tolerated;
	size_t shown = shown_of(writer->statements) + shown_of(writer->tolerated);

	if (stated > shown)
		report(writer->request->tool->name, "%s: %zu more of the kind",
		       writer->request->name, stated - shown);
}

static bool check_verdict(struct writer *writer, const char *who, uint32_t verdict)
{
	if (verdict_is_writable(verdict))
		return true;
	state(writer,
	      "%s gets the value 0x%08" PRIx32
	      "; only ERRNO and TRACE have data there, and that up to %d",
	      who, verdict, ERRNO_MAX);
	return false;
}

/* ---- What the profile covers ----------------------------------------------------------- */

struct coverage {
	uint32_t bad_arch;
	bool covered;
};

/* 0xffffffff gets the default where x32 is left out (docs/semantics.md). */
static bool note_range(void *context, const struct sbpf_range *range)
{
	struct coverage *coverage = context;

	coverage->covered = !(range->always && range->verdict == coverage->bad_arch) &&
			    range->first != UINT32_MAX;
	return !coverage->covered;
}

static bool add_abis(struct writer *writer, unsigned int register_bits)
{
	const struct profile_request *request = writer->request;
	struct sbpf_error error = { 0 };
	struct sbpf_abi description;

	for (int abi = 0; sbpf_abi_describe(abi, &description); abi++) {
		struct coverage coverage = { writer->bad_arch, false };

		if (abi == request->machine || description.register_bits != register_bits ||
		    writer->outline.abi_count == ABIS_MAX)
			continue;
		if (sbpf_meaning_ranges(request->space, request->meaning, abi, note_range,
					&coverage, &error)) {
			report_error(request->tool->name, request->name, &error);
			return false;
		}
		if (coverage.covered)
			writer->outline.abis[writer->outline.abi_count++] = abi;
	}
	return true;
}

static uint32_t verdict_at(const struct writer *writer, uint32_t arch, uint32_t number)
{
	const struct seccomp_data data = { .arch = arch, .nr = (int)number };
	uint32_t verdict = 0;

	sbpf_meaning_verdict(writer->request->space, writer->request->meaning, &data, &verdict);
	return verdict;
}

/* An arch that no ABI has stands for all of them. */
static bool find_coverage(struct writer *writer)
{
	const struct profile_request *request = writer->request;
	uint32_t elsewhere = verdict_at(writer, 0, 0);
	char wanted[VERDICT_MAX], given[VERDICT_MAX];

	writer->bad_arch = SECCOMP_RET_KILL_PROCESS;
	if (request->target->bad_arch &&
	    !sbpf_verdict_parse(request->target->bad_arch, &writer->bad_arch)) {
		report(request->tool->name, "--bad-arch: there is no action '%s'",
		       request->target->bad_arch);
		return false;
	}
	if (elsewhere != writer->bad_arch) {
		state(writer,
		      "calls from any other architecture get %s; a profile has no key for that, "
		      "and --bad-arch, which decides it, is %s: try --bad-arch '%s'",
		      verdict_text(true, elsewhere, wanted),
		      verdict_text(true, writer->bad_arch, given), wanted);
		return false;
	}
	writer->outline.abis[writer->outline.abi_count++] = request->machine;
	return add_abis(writer, 64) && add_abis(writer, 32);
}

/* What a number without a name gets; between those with names if they are to differ from newer
 * ones. */
static void find_fallback(struct writer *writer)
{
	struct sbpf_abi machine;
	uint32_t number = 0x3fffffff;

	if (!sbpf_abi_describe(writer->request->machine, &machine))
		return;
	if (writer->request->target->unknown_as_enosys) {
		number = machine.number_offset;
		while (sbpf_call_name(writer->request->machine, number))
			number++;
	}
	writer->outline.fallback = verdict_at(writer, machine.audit_arch, number);
}

/* ---- Rules ----------------------------------------------------------------------------- */

struct cases {
	struct cover_rule *cases;
	size_t count;
	size_t capacity;
	unsigned int register_bits;
	bool failed;
};

static struct argument_set set_of(const struct sbpf_test *test, unsigned int register_bits)
{
	struct argument_set set = { SET_RANGE, test->low, test->high };

	if (test->masked)
		set.kind = SET_MASK;
	else if (test->bits < register_bits)
		set.kind = SET_LOWER;
	else if (register_bits == 32 && test->high == UINT32_MAX)
		set.high = UINT64_MAX;
	return set;
}

static bool add_case(void *context, const struct sbpf_case *one)
{
	struct cases *cases = context;
	struct cover_rule *rule;

	if (cases->count == cases->capacity) {
		size_t capacity = cases->capacity ? cases->capacity * 2 : 16;
		struct cover_rule *more = reallocarray(cases->cases, capacity, sizeof(*more));

		if (!more) {
			cases->failed = true;
			return false;
		}
		cases->cases = more;
		cases->capacity = capacity;
	}
	rule = &cases->cases[cases->count++];
	*rule = (struct cover_rule){ .verdict = one->verdict };
	for (size_t i = 0; i < one->test_count; i++)
		rule->sets[one->tests[i].argument] = set_of(&one->tests[i], cases->register_bits);
	return true;
}

static bool check_cases(struct writer *writer, const char *name, const struct cases *cases)
{
	for (size_t i = 0; i < cases->count; i++) {
		if (!check_verdict(writer, name, cases->cases[i].verdict))
			return false;
	}
	return true;
}

/*
 * With unknown_as_enosys a call that the profile names is none to be answered so: all are named
 * then, also those that get the default.
 */
static bool cover_cases(struct writer *writer, struct call_rules *call, const struct cases *cases)
{
	static const uint32_t none = UINT32_MAX; /* no verdict: SECCOMP_RET_KILL_PROCESS is less */
	bool all = writer->request->target->unknown_as_enosys && cases->count == 1;

	switch (cover_find(cases->cases, cases->count, all ? none : writer->outline.fallback,
			   &call->cover)) {
	case COVER_DONE:
		return true;
	case COVER_TOO_LARGE:
		state(writer, "%s has too many cases", call->name);
		return true;
	case COVER_NO_MEMORY:
	default:
		report(writer->request->tool->name, "out of memory");
		return false;
	}
}

/* A form of a call behind its multiplexer. */
struct sub_call {
	uint32_t number; /* in argument 0 */
	uint32_t fallback;
	bool is_shut; /* it is to get the default, with some arguments at least */
};

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct sub_call *sub_call = context;
	bool is_its = true;

	for (size_t i = 0; i < one->test_count; i++) {
		const struct sbpf_test *test = &one->tests[i];
		uint64_t number = sub_call->number;

		if (test->argument == 0)
			is_its = test->masked ? (number & test->low) == test->high
					      : test->low <= number && number <= test->high;
	}
	sub_call->is_shut |= is_its && one->verdict == sub_call->fallback;
	return !sub_call->is_shut;
}

/* Whether the call's multiplexed form is to get the default somewhere. */
static bool is_shut_behind(const struct writer *writer, const char *multiplexer, uint32_t number)
{
	const struct profile_request *request = writer->request;
	struct sub_call sub_call = { number, writer->outline.fallback, false };
	struct sbpf_error error = { 0 };

	for (size_t i = 0; i < writer->outline.abi_count && !sub_call.is_shut; i++) {
		if (sbpf_call_number(writer->outline.abis[i], multiplexer, &number))
			sbpf_meaning_cases(request->space, request->meaning,
					   writer->outline.abis[i], number, note_case, &sub_call,
					   &error);
	}
	return sub_call.is_shut;
}

/*
 * A rule without conditions also opens the multiplexed form, one with conditions does not
 * (docs/semantics.md, "Multiplexed calls"): two rules that are each other's complement say the same
 * of the call itself. False when there is no memory, which was reported.
 */
static bool part_from_multiplexer(struct writer *writer, struct call_rules *call)
{
	uint32_t sub_call;
	const char *multiplexer = multiplexer_of(call->name, &sub_call);
	struct cover_rule *rules = call->cover.rules;

	if (!multiplexer || !call->cover.count || call_is_conditional(call) ||
	    rules[0].verdict == writer->outline.fallback ||
	    verdict_compare(rules[0].verdict, writer->outline.fallback) < 0 ||
	    !is_shut_behind(writer, multiplexer, sub_call))
		return true;
	rules = reallocarray(rules, 2, sizeof(*rules));
	if (!rules) {
		report(writer->request->tool->name, "out of memory");
		return false;
	}
	rules[1] = rules[0];
	rules[0].sets[0] = (struct argument_set){ SET_RANGE, 0, 0 };
	rules[1].sets[0] = (struct argument_set){ SET_NOT, 0, 0 };
	call->cover = (struct cover){ rules, 2 };
	return true;
}

/* Finds the rules of one call of one ABI. False when there is no memory, which was reported. */
static bool add_call(struct writer *writer, const char *name, int abi, uint32_t number)
{
	const struct profile_request *request = writer->request;
	struct call_rules *call = &writer->outline.calls[writer->outline.call_count];
	struct sbpf_error error = { 0 };
	struct cases cases = { 0 };
	struct sbpf_abi description;
	bool done = true;

	*call = (struct call_rules){ .name = name };
	if (!sbpf_abi_describe(abi, &description))
		return false;
	cases.register_bits = description.register_bits;
	if (sbpf_meaning_cases(request->space, request->meaning, abi, number, add_case, &cases,
			       &error)) {
		state(writer, "%s", error.message);
	} else if (cases.failed) {
		report(request->tool->name, "out of memory");
		done = false;
	} else if (check_cases(writer, name, &cases)) {
		done = cover_cases(writer, call, &cases) && part_from_multiplexer(writer, call);
	}
	free(cases.cases);
	if (call->cover.count)
		writer->outline.call_count++;
	return done;
}

/* A rule speaks of its call on all ABIs; the widest registers tell the most about it. */
static bool find_rules(struct writer *writer)
{
	writer->outline.calls =
		calloc((size_t)sbpf_call_count() + 1, sizeof(writer->outline.calls[0]));
	if (!writer->outline.calls) {
		report(writer->request->tool->name, "out of memory");
		return false;
	}
	for (int i = 0; i < sbpf_call_count(); i++) {
		const char *name = sbpf_call_at(i);
		uint32_t number;
		size_t abi = 0;

		while (abi < writer->outline.abi_count &&
		       !sbpf_call_number(writer->outline.abis[abi], name, &number))
			abi++;
		if (abi < writer->outline.abi_count &&
		    !add_call(writer, name, writer->outline.abis[abi], number))
			return false;
	}
	return true;
}

/* ---- Proof ----------------------------------------------------------------------------- */

/* Why the profile gives this call another verdict than it should. */
static const char *find_reason(const struct writer *writer, const struct sbpf_example *example)
{
	const char *name = sbpf_call_name(example->abi, (uint32_t)example->data.nr);
	bool is_listed = false;

	for (size_t i = 0; i < writer->outline.abi_count; i++)
		is_listed |= writer->outline.abis[i] == example->abi;
	if (example->abi < 0)
		return "it is --bad-arch that decides about other architectures";
	if (!is_listed)
		return "its architecture is left out, as all its other calls get that";
	if (!name && (example->a & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	    !writer->request->target->unknown_as_enosys)
		return "the number has no name, and such get the default; --enosys could give "
		       "those above all names ENOSYS";
	if (!name)
		return "the number has no name, and such get the default";
	return "a rule speaks of its call on all architectures, and of what socketcall and ipc "
	       "make of it";
}

static bool has_name(const struct sbpf_difference *difference)
{
	uint32_t number;

	for (int i = 0; i < sbpf_call_count(); i++) {
		if (sbpf_call_number(difference->abi, sbpf_call_at(i), &number) &&
		    difference->first <= number && number <= difference->last)
			return true;
	}
	return false;
}

/* "x86_64 number 9999() and others gets TRAP, but would get ALLOW: "; NULL without memory. */
static char *difference_text(const struct sbpf_difference *difference)
{
	const struct sbpf_example *example = &difference->example;
	char wanted[VERDICT_MAX], made[VERDICT_MAX];
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	call_print(out, example->abi, &example->data);
	if (difference->first != difference->last)
		fprintf(out, " and others, up to 0x%" PRIx32 ", get", difference->last);
	else
		fputs(" gets", out);
	fprintf(out, " %s, but would get %s: ", verdict_text(true, example->a, wanted),
		verdict_text(true, example->b, made));
	if (fclose(out) != EOF)
		return text;
	free(text);
	return NULL;
}

static bool state_difference(void *context, const struct sbpf_difference *difference)
{
	struct writer *writer = context;
	const struct profile_request *request = writer->request;
	const char *reason = find_reason(writer, &difference->example);
	char *text = difference_text(difference);

	if (!request->named_only || difference->abi < 0 || has_name(difference))
		state(writer, "%s%s", text ? text : "", reason);
	else if (writer->tolerated++ < STATEMENTS_MAX)
		report(request->tool->name, "%s: warning: %s%s", request->name, text ? text : "",
		       reason);
	free(text);
	return true;
}

/*
 * Says in which calls the profile is another one than it should be. False when it is, but for what
 * may differ.
 */
static bool prove(struct writer *writer, const char *text, size_t length)
{
	const struct profile_request *request = writer->request;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json(text, length, request->target, &error);
	enum sbpf_answer answer = SBPF_UNKNOWN;
	sbpf_meaning made;

	if (!policy) {
		state(writer, "%s", error.message);
		return false;
	}
	if (sbpf_meaning_of_policy(request->space, policy, &made, &error) == 0)
		answer = sbpf_meaning_compare(request->space, request->meaning, made, SBPF_EQUAL,
					      NULL, &error);
	if (answer == SBPF_REFUTED)
		sbpf_meaning_differences(request->space, request->meaning, made, state_difference,
					 writer, &error);
	if (error.code)
		report_error(request->tool->name, request->name, &error);
	sbpf_policy_free(policy);
	return answer == SBPF_HOLDS ||
	       (answer == SBPF_REFUTED && writer->tolerated && !writer->statements && !error.code);
}

/* A meaning with unknown parts is not even known to be equal to itself. */
static bool is_known(const struct profile_request *request)
{
	struct sbpf_error error = { 0 };

	if (sbpf_meaning_compare(request->space, request->meaning, request->meaning, SBPF_EQUAL,
				 NULL, &error) == SBPF_HOLDS)
		return true;
	report_error(request->tool->name, request->name, &error);
	return false;
}

static char *write_proven(struct writer *writer, size_t *length)
{
	char *text;

	if (!find_coverage(writer))
		return NULL;
	find_fallback(writer);
	if (!check_verdict(writer, "an unknown number", writer->outline.fallback) ||
	    !find_rules(writer) || writer->statements)
		return NULL;
	text = profile_text(&writer->outline, length);
	if (!text)
		report(writer->request->tool->name, "out of memory");
	if (text && prove(writer, text, *length))
		return text;
	free(text);
	return NULL;
}

char *profile_write(const struct profile_request *request, size_t *length)
{
	struct writer writer = { .request = request, .outline.flags = request->flags };
	char *text = is_known(request) ? write_proven(&writer, length) : NULL;

	state_rest(&writer);
	for (size_t i = 0; i < writer.outline.call_count; i++)
		free(writer.outline.calls[i].cover.rules);
	free(writer.outline.calls);
	return text;
}
