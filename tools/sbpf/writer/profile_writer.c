/* SPDX-License-Identifier: MIT */
/*
 * The profile is written from what each call of each ABI gets, and then read back: only what the
 * proof finds equal is handed out, and its differences say what a profile cannot.
 */
#include "profile_writer.h"

#include "call.h"
#include "pager.h"
#include "writer.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Rules ---- */

static bool find_calls(struct writer *writer)
{
	for (int i = 0; i < sbpf_call_count() && writer->budget; i++) {
		if (!writer_find_call(writer, sbpf_call_at(i)))
			return false;
	}
	return true;
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
	return cover_is_conditional(&call->cover) ? 2 : 1;
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
		return writer_report_memory(writer);
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < writer->call_count; i++) {
			if (!writer->calls[i].listed && turn_of(&writer->calls[i]) == turn)
				list_group(writer, &writer->calls[i], &name_count);
		}
	}
	return true;
}

/* ---- What is exported ---- */

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

static bool begin(struct writer *writer, const struct profile_request *request, bool quiet)
{
	*writer = (struct writer){ .request = request,
				   .outline.flags = request->flags,
				   .budget = COVER_BUDGET,
				   .proof = { .request = request, .quiet = quiet, .where = "" } };
	writer->proof.outline = &writer->outline;
	writer->calls = calloc((size_t)sbpf_call_count() + 1, sizeof(writer->calls[0]));
	return writer->calls || writer_report_memory(writer);
}

static char *write_proven(struct writer *writer, size_t *length)
{
	char *text = profile_text(&writer->outline, length);

	if (!text)
		writer_report_memory(writer);
	if (text && proof_holds(&writer->proof, text, *length))
		return text;
	free(text);
	return NULL;
}

static void end(struct writer *writer)
{
	for (size_t i = 0; i < writer->call_count; i++)
		free(writer->calls[i].cover.rules);
	free(writer->calls);
	free(writer->names);
	free(writer->outline.rules);
}

static void warn_of_order(const struct profile_request *request, const char *call)
{
	struct sbpf_multiplexed multiplexed = { 0 };

	sbpf_call_multiplexed(call, &multiplexed);
	report(request->tool->name,
	       "%s: warning: the order of the rules on %s and on %s decides about its form behind "
	       "the "
	       "latter; engines on libseccomp keep no order, and may choose another verdict there",
	       request->name, call, multiplexed.multiplexer);
}

char *profile_write(const struct profile_request *request, size_t *length)
{
	const char *unordered = NULL;
	struct writer writer;
	char *text = NULL;

	if (begin(&writer, request, false) && is_known(request) && writer_find_frame(&writer) &&
	    find_calls(&writer) && !writer.proof.statements && list_rules(&writer)) {
		text = write_proven(&writer, length);
		unordered = outline_unordered_call(&writer.outline);
	}
	if (text && unordered)
		warn_of_order(request, unordered);
	proof_warn_rest(&writer.proof);
	end(&writer);
	return text;
}

/* The author's rules, or NULL. *unordered is a call that needs the order of its rules, or NULL. */
static char *write_kept(const struct profile_request *request, const struct sbpf_policy *policy,
			bool derive_multiplexed, size_t *length, const char **unordered)
{
	struct writer writer;
	char *text = NULL;

	*unordered = NULL;
	if (begin(&writer, request, true) && writer_find_frame(&writer) &&
	    writer_keep_rules(&writer, policy, derive_multiplexed)) {
		*unordered = outline_unordered_call(&writer.outline);
		text = write_proven(&writer, length);
	}
	end(&writer);
	return text;
}

/* Rules on calls behind a multiplexer rarely need others than the author's. */
char *profile_write_like(const struct profile_request *request, const struct sbpf_policy *policy,
			 size_t *length)
{
	const char *unordered, *still;
	char *text = write_kept(request, policy, false, length, &unordered);
	size_t other_length;
	char *other;

	if (text && !unordered)
		return text;
	other = write_kept(request, policy, true, &other_length, &still);
	if (other && (!text || !still)) {
		free(text);
		text = other;
		*length = other_length;
		unordered = still;
	} else {
		free(other);
	}
	if (text && unordered)
		warn_of_order(request, unordered);
	return text;
}

/* Of the writer's one call, if it has found any for it. */
static bool hand_rules(const struct writer *writer, const char **name, struct text_rule **rules,
		       size_t *count)
{
	const struct cover *cover = &writer->calls[0].cover;

	*count = writer->call_count ? cover->count : 0;
	*rules = calloc(*count + 1, sizeof((*rules)[0]));
	for (size_t i = 0; *rules && i < *count; i++) {
		(*rules)[i] = text_rule_of(&cover->rules[i]);
		(*rules)[i].names = name;
		(*rules)[i].name_count = 1;
	}
	return *rules != NULL;
}

bool profile_call_rules(const struct profile_request *request, const char **name,
			struct text_rule **rules, size_t *count)
{
	struct writer writer;
	bool found = begin(&writer, request, true) && writer_find_frame(&writer) &&
		     writer_find_call(&writer, *name) && !writer.proof.statements &&
		     hand_rules(&writer, name, rules, count);

	end(&writer);
	return found;
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

/* ---- Cures ---- */

void profile_report_cure(const struct profile_request *request)
{
	const struct profile_trouble *trouble = request->trouble;
	uint64_t own = UINT64_C(1) << request->machine;
	uint64_t kept = trouble->covered & ~trouble->abis & ~own;
	char left_out[128], rest[128], alone[128];

	abis_list(trouble->abis, ",", left_out, sizeof(left_out));
	abis_list(kept, ",", rest, sizeof(rest));
	abis_list(own, ",", alone, sizeof(alone));
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
	profile_report_statements(request);
}

void profile_report_statements(const struct profile_request *request)
{
	struct profile_trouble *trouble = request->trouble;

	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		if (trouble->statements[i])
			report(request->tool->name, "%s: no profile can say this: %s",
			       request->name, trouble->statements[i]);
		free(trouble->statements[i]);
		trouble->statements[i] = NULL;
	}
	if (trouble->statement_count > STATEMENTS_MAX)
		report(request->tool->name, "%s: %zu more of the kind", request->name,
		       trouble->statement_count - STATEMENTS_MAX);
}

int profile_command(struct profile_request *request, profile_maker *make, const char *output)
{
	const struct tool *tool = request->tool;
	struct operand operand = { 0 };
	bool written = false;
	char *text = NULL;
	size_t length;

	request->machine = operand_machine(tool, request->target);
	if (request->machine >= 0)
		request->space = operand_space(tool, request->target);
	if (request->space && operand_load(tool, request->target, request->name, &operand))
		text = make(request, &operand, &length);
	if (text)
		written = page_show_data(tool->name, text, length, output);
	free(text);
	operand_free(&operand);
	sbpf_space_free(request->space);
	return written ? STATUS_OK : STATUS_FAILURE;
}
