/* SPDX-License-Identifier: MIT */
/*
 * The profile is written from what each call of each ABI gets, and then read back: only what the
 * proof finds equal is handed out, and its differences say what a profile cannot.
 */
#include "profile_writer.h"

#include "call.h"
#include "cover.h"
#include "multiplex.h"
#include "profile_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rules of one call. */
struct call_rules {
	const char *name;
	struct cover cover; /* not empty */
	bool listed;
};

struct writer {
	const struct profile_request *request;
	uint32_t bad_arch;
	struct profile_outline outline;
	struct profile_proof proof;
	struct call_rules *calls;
	size_t call_count;
	uint64_t budget;    /* for covers */
	const char **names; /* of the outline's rules */
};

static bool report_memory(const struct writer *writer)
{
	report(writer->request->tool->name, "out of memory");
	return false;
}

static bool check_verdict(struct writer *writer, const char *who, uint32_t verdict)
{
	if (verdict_is_writable(verdict))
		return true;
	proof_state(&writer->proof,
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

static void add_abi(struct writer *writer, int abi)
{
	writer->outline.abis[writer->outline.abi_count++] = abi;
	if (writer->request->trouble)
		writer->request->trouble->covered |= UINT64_C(1) << abi;
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
			add_abi(writer, abi);
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
		proof_state(
			&writer->proof,
			"calls from any other architecture get %s; a profile has no key for that, "
			"and --bad-arch, which decides it, is %s: try --bad-arch '%s'",
			verdict_text(true, elsewhere, wanted),
			verdict_text(true, writer->bad_arch, given), wanted);
		return false;
	}
	add_abi(writer, request->machine);
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
			   &writer->budget, &call->cover)) {
	case COVER_DONE:
		return true;
	case COVER_TOO_LARGE:
		proof_state(
			&writer->proof,
			"%s takes too many rules: a rule tests an argument once, and engines on "
			"libseccomp keep no order of rules, so that a range between others "
			"falls into a rule for each of its bits",
			call->name);
		return true;
	case COVER_NO_MEMORY:
	default:
		return report_memory(writer);
	}
}

static bool is_conditional(const struct cover *cover)
{
	const struct cover_rule *rule = &cover->rules[0];

	for (unsigned int i = 0; i < 6; i++) {
		if (rule->sets[i].kind != SET_ALL)
			return true;
	}
	return false;
}

/* A form of a call behind its multiplexer. */
struct sub_call {
	uint32_t number;  /* in argument 0 */
	uint32_t verdict; /* of the call */
	bool differs;	  /* it is to get another one, with some arguments at least */
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
	sub_call->differs |= is_its && one->verdict != sub_call->verdict;
	return !sub_call->differs;
}

/* Whether the call's multiplexed form is to get another verdict than the call. */
static bool differs_behind(const struct writer *writer, const char *multiplexer, uint32_t number,
			   uint32_t verdict)
{
	const struct profile_request *request = writer->request;
	struct sub_call sub_call = { number, verdict, false };
	struct sbpf_error error = { 0 };

	for (size_t i = 0; i < writer->outline.abi_count && !sub_call.differs; i++) {
		if (sbpf_call_number(writer->outline.abis[i], multiplexer, &number))
			sbpf_meaning_cases(request->space, request->meaning,
					   writer->outline.abis[i], number, note_case, &sub_call,
					   &error);
	}
	return sub_call.differs;
}

/*
 * A rule without conditions also opens the multiplexed form, one with conditions does not
 * (docs/semantics.md, "Multiplexed calls"): two rules that are each other's complement say the same
 * of the call itself. False when there is no memory, which was reported.
 */
static bool part_from_multiplexer(struct writer *writer, struct call_rules *call)
{
	uint32_t fallback = writer->outline.fallback;
	struct cover_rule *rules = call->cover.rules;
	uint32_t sub_call;
	const char *multiplexer = multiplexer_of(call->name, &sub_call);

	if (!multiplexer || !call->cover.count || is_conditional(&call->cover) ||
	    rules[0].verdict == fallback || verdict_compare(rules[0].verdict, fallback) < 0 ||
	    !differs_behind(writer, multiplexer, sub_call, rules[0].verdict))
		return true;
	rules = reallocarray(rules, 2, sizeof(*rules));
	if (!rules)
		return report_memory(writer);
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
	struct call_rules *call = &writer->calls[writer->call_count];
	struct sbpf_error error = { 0 };
	struct cases cases = { 0 };
	struct sbpf_abi description;
	bool done = true;

	*call = (struct call_rules){ .name = name };
	if (!sbpf_abi_describe(abi, &description))
		return false;
	cases.register_bits = description.register_bits;
	if (sbpf_meaning_cases(request->space, request->meaning, abi, number, add_case, &cases,
			       &error))
		proof_state(&writer->proof, "%s", error.message);
	else if (cases.failed)
		done = report_memory(writer);
	else if (check_cases(writer, name, &cases))
		done = cover_cases(writer, call, &cases) && part_from_multiplexer(writer, call);
	free(cases.cases);
	if (call->cover.count)
		writer->call_count++;
	return done;
}

/* A rule speaks of its call on all ABIs; the widest registers tell the most about it. */
static bool find_calls(struct writer *writer)
{
	writer->calls = calloc((size_t)sbpf_call_count() + 1, sizeof(writer->calls[0]));
	if (!writer->calls)
		return report_memory(writer);
	for (int i = 0; i < sbpf_call_count() && writer->budget; i++) {
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

/* ---- The text's rules ------------------------------------------------------------------ */

static struct sbpf_condition condition_of(unsigned int argument, const struct argument_set *set)
{
	struct sbpf_condition condition = { argument, SBPF_GE, set->low, 0 };

	if (set->kind == SET_NOT) {
		condition.compare = SBPF_NE;
	} else if (set->kind == SET_MASK && set->low != UINT64_MAX) {
		condition.compare = SBPF_MASKED_EQ;
		condition.value_two = set->high;
	} else if (set->kind == SET_MASK || set->low == set->high) {
		condition.compare = SBPF_EQ;
		condition.value = set->high;
	} else if (set->low == 0) {
		condition.compare = SBPF_LE;
		condition.value = set->high;
	}
	return condition;
}

static struct text_rule text_rule_of(const struct cover_rule *rule)
{
	struct text_rule text = { .verdict = rule->verdict };

	for (unsigned int i = 0; i < 6; i++) {
		if (rule->sets[i].kind != SET_ALL)
			text.conditions[text.condition_count++] = condition_of(i, &rule->sets[i]);
	}
	return text;
}

/* The rules of all calls that have the same as this one, whose names go behind the others. */
static void list_group(struct writer *writer, const struct call_rules *like, size_t *name_count)
{
	const char **names = writer->names + *name_count;
	size_t first = *name_count;

	for (size_t i = 0; i < writer->call_count; i++) {
		struct call_rules *call = &writer->calls[i];

		if (call->listed || !cover_equal(&call->cover, &like->cover) ||
		    is_multiplexer(call->name) != is_multiplexer(like->name))
			continue;
		call->listed = true;
		writer->names[(*name_count)++] = call->name;
	}
	for (size_t i = 0; i < like->cover.count; i++) {
		struct text_rule *rule = &writer->outline.rules[writer->outline.rule_count++];

		*rule = text_rule_of(&like->cover.rules[i]);
		rule->names = names;
		rule->name_count = *name_count - first;
	}
}

/*
 * Rules on other calls also speak of multiplexers: read literally the first decides, so that those
 * on the multiplexers themselves must come first.
 */
static int turn_of(const struct call_rules *call)
{
	if (is_multiplexer(call->name))
		return 0;
	return is_conditional(&call->cover) ? 2 : 1;
}

static bool list_rules(struct writer *writer)
{
	size_t name_count = 0;
	size_t most = 1;

	for (size_t i = 0; i < writer->call_count; i++)
		most += writer->calls[i].cover.count;
	writer->names = calloc(writer->call_count + 1, sizeof(writer->names[0]));
	writer->outline.rules = calloc(most, sizeof(writer->outline.rules[0]));
	if (!writer->names || !writer->outline.rules)
		return report_memory(writer);
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < writer->call_count; i++) {
			if (!writer->calls[i].listed && turn_of(&writer->calls[i]) == turn)
				list_group(writer, &writer->calls[i], &name_count);
		}
	}
	return true;
}

/* ---- What is exported ------------------------------------------------------------------ */

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

static void begin(struct writer *writer, const struct profile_request *request, bool quiet)
{
	*writer = (struct writer){ .request = request,
				   .outline.flags = request->flags,
				   .budget = COVER_BUDGET,
				   .proof = { .request = request, .quiet = quiet, .where = "" } };
	writer->proof.outline = &writer->outline;
}

/* What is around the rules. */
static bool find_frame(struct writer *writer)
{
	if (!find_coverage(writer))
		return false;
	find_fallback(writer);
	return check_verdict(writer, "an unknown number", writer->outline.fallback);
}

static char *write_proven(struct writer *writer, size_t *length)
{
	char *text = profile_text(&writer->outline, length);

	if (!text)
		report_memory(writer);
	if (text && proof_holds(&writer->proof, text, *length))
		return text;
	free(text);
	return NULL;
}

char *profile_write(const struct profile_request *request, size_t *length)
{
	struct writer writer;
	char *text = NULL;

	begin(&writer, request, false);
	if (is_known(request) && find_frame(&writer) && find_calls(&writer) &&
	    !writer.proof.statements && list_rules(&writer))
		text = write_proven(&writer, length);
	proof_state_rest(&writer.proof);
	for (size_t i = 0; i < writer.call_count; i++)
		free(writer.calls[i].cover.rules);
	free(writer.calls);
	free(writer.names);
	free(writer.outline.rules);
	return text;
}

char *profile_write_rules(const struct profile_request *request, struct profile_outline *outline,
			  size_t *length)
{
	struct writer writer;

	begin(&writer, request, true);
	writer.outline.rules = outline->rules;
	writer.outline.rule_count = outline->rule_count;
	return find_frame(&writer) ? write_proven(&writer, length) : NULL;
}

/* The newest of a stack whose other filter allows just these ABIs. */
bool profile_restrict(struct profile_request *request)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *listed;
	sbpf_meaning meaning;
	bool done;

	if (!request->target->abis)
		return true;
	listed = sbpf_policy_new(SECCOMP_RET_ALLOW, request->target, &error);
	done = listed && !sbpf_meaning_of_policy(request->space, listed, &meaning, &error) &&
	       !sbpf_meaning_stack(request->space, request->meaning, meaning, &request->meaning,
				   &error);
	if (!done)
		report_error(request->tool->name, NULL, &error);
	sbpf_policy_free(listed);
	return done;
}

/* ---- Cures ----------------------------------------------------------------------------- */

/* "x86_64,x32" of a set of ABIs; bit = ABI. */
static char *list_abis(uint64_t abis, char *text, size_t size)
{
	size_t length = 0;
	struct sbpf_abi description;

	*text = '\0';
	for (int abi = 0; length < size && sbpf_abi_describe(abi, &description); abi++) {
		if (abis >> abi & 1)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? "," : "", description.name);
	}
	return text;
}

void profile_report_cure(const struct profile_request *request)
{
	const struct profile_trouble *trouble = request->trouble;
	uint64_t own = UINT64_C(1) << request->machine;
	uint64_t kept = trouble->covered & ~trouble->abis & ~own;
	char left_out[128], rest[128], alone[128];

	list_abis(trouble->abis, left_out, sizeof(left_out));
	list_abis(kept, rest, sizeof(rest));
	list_abis(own, alone, sizeof(alone));
	if (trouble->abis)
		report(request->tool->name,
		       "%s: --abi '%s' writes it without %s, whose calls then are those of a "
		       "foreign "
		       "architecture; or keep the filter, which can treat each architecture by "
		       "itself",
		       request->name, rest, left_out);
	else if (trouble->too_large && (trouble->covered & ~own))
		report(request->tool->name, "%s: --abi '' writes it for %s alone, which is smaller",
		       request->name, alone);
}
