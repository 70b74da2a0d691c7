/* SPDX-License-Identifier: MIT */
#include "profile_proof.h"

#include "call.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- What cannot be said ---- */

void proof_state(struct profile_proof *proof, const char *format, ...)
{
	struct profile_trouble *trouble = proof->request->trouble;
	va_list arguments;
	char *text;

	proof->statements++;
	if (proof->quiet || trouble->statement_count++ >= STATEMENTS_MAX)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	trouble->statements[trouble->statement_count - 1] = text;
}

void proof_warn_rest(const struct profile_proof *proof)
{
	if (proof->tolerated > STATEMENTS_MAX && !proof->quiet)
		report(proof->request->tool->name, "%s: warning: %zu more of the kind",
		       proof->request->name, proof->tolerated - STATEMENTS_MAX);
}

static void report_trouble(const struct profile_proof *proof, const struct sbpf_error *error)
{
	if (!proof->quiet)
		report_error(proof->request->tool->name, proof->request->name, error);
}

/* ---- Differences ---- */

static bool covers(const struct profile_outline *outline, int abi)
{
	for (size_t i = 0; i < outline->abi_count; i++) {
		if (outline->abis[i] == abi)
			return true;
	}
	return false;
}

/* Whether the first ABI of the profile with this call is another one: that is the rules' model. */
static bool has_model(const struct profile_outline *outline, int abi, const char *name)
{
	uint32_t number;
	size_t i = 0;

	while (i < outline->abi_count && !sbpf_call_number(outline->abis[i], name, &number))
		i++;
	return i < outline->abi_count && outline->abis[i] != abi;
}

/* Why the profile gives this call another verdict than it should. */
static const char *find_reason(const struct profile_proof *proof,
			       const struct sbpf_example *example)
{
	const char *name = sbpf_call_name(example->abi, (uint32_t)example->data.nr);
	uint32_t action = example->a & SECCOMP_RET_ACTION_FULL;

	if (example->abi < 0)
		return "it is --bad-arch that decides about other architectures";
	if (!covers(proof->outline, example->abi))
		return "its architecture is left out, as all its other calls get that";
	if (!name && action == SECCOMP_RET_ERRNO && !proof->request->target->unknown_as_enosys)
		return "the number has no name, and such get the default; --enosys could give "
		       "those above all names ENOSYS";
	if (!name)
		return "the number has no name, and such get the default";
	if (is_multiplexer(name) && example->a == proof->outline->fallback)
		return "a rule on a call also speaks of its form behind socketcall or ipc, and "
		       "nothing takes back to the default what it refuses there";
	if (!has_model(proof->outline, example->abi, name))
		return "no rules that say so were found";
	proof->request->trouble->abis |= UINT64_C(1) << example->abi;
	return "a rule speaks of its call on all architectures, and they differ there";
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
static char *difference_text(const struct profile_proof *proof,
			     const struct sbpf_difference *difference)
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
	fprintf(out,
		" %s, but would get %s%s: ", verdict_text(true, example->a, example->abi, wanted),
		verdict_text(true, example->b, example->abi, made), proof->where);
	if (fclose(out) != EOF)
		return text;
	free(text);
	return NULL;
}

/* What may differ is warned of once, in the first reading. */
static bool state_difference(void *context, const struct sbpf_difference *difference)
{
	struct profile_proof *proof = context;
	const struct profile_request *request = proof->request;
	const char *reason = find_reason(proof, &difference->example);
	char *text = difference_text(proof, difference);

	if (!request->named_only || difference->abi < 0 || has_name(difference))
		proof_state(proof, "%s%s", text ? text : "", reason);
	else if (!*proof->where && proof->tolerated++ < STATEMENTS_MAX && !proof->quiet)
		report(request->tool->name, "%s: warning: %s%s", request->name, text ? text : "",
		       reason);
	free(text);
	return true;
}

/* ---- Readings ---- */

/* How the text is read: every way in which a program may read it. */
static const struct way {
	enum sbpf_reading reading;
	enum sbpf_width width;
	const char *where;
} ways[] = {
	{ SBPF_READING_DOCKER, SBPF_WIDTH_PROFILE, "" },
	{ SBPF_READING_OCI, SBPF_WIDTH_PROFILE, " as runc and crun read it" },
	{ SBPF_READING_LITERAL, SBPF_WIDTH_PROFILE, " in the literal reading" },
	{ SBPF_READING_DOCKER, SBPF_WIDTH_KERNEL, " with --width kernel" },
	{ SBPF_READING_LITERAL, SBPF_WIDTH_KERNEL, " with --width kernel, read literally" },
};

/* The ABIs are those of the text. NULL when it cannot be read, which was stated. */
static struct sbpf_policy *read_text(struct profile_proof *proof, const struct way *way,
				     const char *text, size_t length)
{
	struct sbpf_target target = *proof->request->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;

	target.reading = way->reading;
	target.width = way->width;
	target.abis = NULL;
	policy = sbpf_load_json(text, length, &target, &error);
	if (!policy)
		proof_state(proof, "%s", error.message);
	return policy;
}

/* False where the text means something else that way, which was stated. */
static bool holds_for(struct profile_proof *proof, const struct sbpf_policy *policy)
{
	const struct profile_request *request = proof->request;
	enum sbpf_answer answer = SBPF_UNKNOWN;
	struct sbpf_error error = { 0 };
	sbpf_meaning made;

	if (sbpf_meaning_of_policy(request->space, policy, &made, &error) == 0)
		answer = sbpf_meaning_compare(request->space, request->meaning, made, SBPF_EQUAL,
					      NULL, &error);
	if (answer == SBPF_REFUTED)
		sbpf_meaning_differences(request->space, request->meaning, made, state_difference,
					 proof, &error);
	if (error.code)
		report_trouble(proof, &error);
	return answer == SBPF_HOLDS ||
	       (answer == SBPF_REFUTED && !proof->statements && !error.code);
}

/* Whether the quick effort, in which filters are made when programs start, makes a filter of it. */
static bool fits(struct profile_proof *proof, const struct sbpf_policy *policy)
{
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, &error);

	if (filter) {
		sbpf_filter_free(filter);
		return true;
	}
	if (error.code == SBPF_ERROR_TOO_LARGE)
		proof->request->trouble->too_large = true;
	report_trouble(proof, &error);
	return false;
}

bool proof_holds(struct profile_proof *proof, const char *text, size_t length)
{
	bool holds = true;

	for (size_t i = 0; holds && i < COUNT(ways); i++) {
		struct sbpf_policy *policy;

		if (ways[i].width == SBPF_WIDTH_KERNEL && !proof->request->both_widths)
			continue;
		proof->where = ways[i].where;
		policy = read_text(proof, &ways[i], text, length);
		holds = policy && holds_for(proof, policy) && (i || fits(proof, policy));
		sbpf_policy_free(policy);
	}
	return holds;
}
