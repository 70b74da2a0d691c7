/* SPDX-License-Identifier: MIT */
/* sbpf minimise: what a profile lets through that was never seen, and the profile without it. */
#include "advice.h"
#include "call.h"
#include "commands.h"
#include "completeness.h"
#include "facts.h"
#include "json_writer.h"
#include "operand.h"
#include "pager.h"
#include "recording.h"
#include "unused.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum minimise_format { FORMAT_TEXT, FORMAT_JSON };

struct minimise_options {
	const char *output;
	enum minimise_format format;
	bool stage;
	bool force;
};

static const struct option_row minimise_rows[] = {
	{ "output", 'o', "FILE", "write the profile without what was never seen",
	  offsetof(struct minimise_options, output) },
	{ "stage", 0, NULL, "have it log these calls for now, in place of refusing them",
	  offsetof(struct minimise_options, stage) },
	{ "force", 0, NULL, "write it however few the recordings are",
	  offsetof(struct minimise_options, force) },
	{ "format", 0, "text|json", "how the report is printed (default: text)",
	  offsetof(struct minimise_options, format) },
};

static const struct tool tool = {
	.name = "sbpf minimise",
	.synopsis = "[OPTION...] PROFILE RECORDING...",
	.summary = "Say what a profile lets through that was never seen, the dangerous first, and\n"
		   "write it without.",
	.notes =
		"RECORDING is a file of sbpf record. Calls that no recorder need see stay. What "
		"is\n"
		"written is proven to let nothing through that PROFILE does not, and all that was\n"
		"seen and PROFILE lets through.",
};

struct minimiser {
	const struct minimise_options *options;
	const struct sbpf_target *target;
	const struct operand_part *part;
	const struct advice *advice;
	struct unused unused;
	struct completeness completeness;
};

/* ---- Whether the recordings will do ---- */

/* Of the calls that there may be, so many in a hundred must have been seen. */
#define SEEN_PERCENT 95u
#define RUNS_MAX 10000u

static bool is_seen_enough(const struct completeness *completeness, double unseen)
{
	double calls = (double)completeness->calls;

	return calls * 100 >= SEEN_PERCENT * (calls + unseen);
}

/*
 * How many runs it takes, by the extrapolation of Chao2: each further run leaves the same part of
 * the unseen calls unseen (R. K. Colwell et al., "Models and estimators linking individual-based
 * and sample-based rarefaction, extrapolation and comparison of assemblages", 2012).
 */
static uint64_t runs_needed(const struct completeness *completeness)
{
	double unseen = (double)completeness->unseen;
	double once = (double)completeness->once;
	uint64_t runs = completeness->runs;

	if (runs < COMPLETENESS_RUNS_MIN)
		return COMPLETENESS_RUNS_MIN;
	while (!is_seen_enough(completeness, unseen) && runs < RUNS_MAX) {
		unseen *= 1 -
			  once / ((double)completeness->runs * (double)completeness->unseen + once);
		runs++;
	}
	return runs;
}

static bool are_runs_enough(const struct minimiser *minimiser)
{
	const struct completeness *completeness = &minimiser->completeness;
	uint64_t needed = runs_needed(completeness);

	if (needed <= completeness->runs)
		return true;
	if (completeness->runs < COMPLETENESS_RUNS_MIN)
		report(tool.name,
		       "%" PRIu64 " run%s nothing of what others call: %" PRIu64
		       " are needed at least%s",
		       completeness->runs, completeness->runs == 1 ? " says" : "s say", needed,
		       minimiser->options->force ? "" : ", or --force");
	else
		report(tool.name,
		       "%" PRIu64 " runs have %" PRIu64 " calls, and at least %" PRIu64
		       " more were not seen: some %" PRIu64 " runs are needed for %u %% of them%s",
		       completeness->runs, completeness->calls, completeness->unseen, needed,
		       SEEN_PERCENT, minimiser->options->force ? "" : ", or --force");
	return minimiser->options->force;
}

/* ---- Text ---- */

static void print_dangerous(FILE *out, const struct minimiser *minimiser)
{
	const struct unused *unused = &minimiser->unused;

	for (size_t i = 0; i < unused->in_force; i++) {
		const struct unused_call *call = &unused->calls[i];

		if (call->danger == danger_count)
			break;
		fprintf(out, "  %-18s %s%s (line %u)\n", call->name, dangers[call->danger].effect,
			call->is_conditional ? ", under conditions" : "", call->line);
	}
}

/* Names from a place on. */
static void print_names(FILE *out, const char *what, const struct unused_call *calls, size_t count)
{
	if (!count)
		return;
	fprintf(out, "  %zu %s:", count, what);
	for (size_t i = 0; i < count; i++)
		fprintf(out, " %s", calls[i].name);
	fputc('\n', out);
}

static void print_text(FILE *out, const struct minimiser *minimiser)
{
	const struct unused *unused = &minimiser->unused;
	size_t tame = 0;

	while (tame < unused->in_force && unused->calls[tame].danger < danger_count)
		tame++;
	fprintf(out,
		"%s lets %zu calls through: %zu were seen in %" PRIu64
		" run%s, %zu no recorder need see, and %zu were never seen%s\n",
		minimiser->part->path, unused->allowed, unused->seen, minimiser->completeness.runs,
		minimiser->completeness.runs == 1 ? "" : "s", unused->kept, unused->in_force,
		unused->in_force ? ":" : ".");
	print_dangerous(out, minimiser);
	print_names(out, "that open less", unused->calls + tame, unused->in_force - tame);
	print_names(out, "for other targets", unused->calls + unused->in_force,
		    unused->count - unused->in_force);
	for (size_t i = 0; i < unused->refused_count; i++)
		fprintf(out, "%s%s", i ? " " : "Seen, and not let through: ", unused->refused[i]);
	fputs(unused->refused_count ? "\n" : "", out);
	completeness_print(out, minimiser->advice->recording);
}

/* ---- JSON ---- */

static void print_call_json(FILE *out, const struct unused_call *call)
{
	fputs("{\"name\": ", out);
	json_string(out, call->name);
	if (call->danger < danger_count)
		fprintf(out, ", \"danger\": %zu, \"effect\": ", call->danger + 1);
	else
		fputs(", \"danger\": null, \"effect\": ", out);
	json_string(out, call->danger < danger_count ? dangers[call->danger].effect : NULL);
	fprintf(out, ", \"in_force\": %s, \"conditional\": %s, \"line\": %u}",
		call->is_in_force ? "true" : "false", call->is_conditional ? "true" : "false",
		call->line);
}

static void print_json(FILE *out, const struct minimiser *minimiser)
{
	const struct unused *unused = &minimiser->unused;

	fputs("{\"profile\": ", out);
	json_string(out, minimiser->part->path);
	fprintf(out, ", \"allowed\": %zu, \"seen\": %zu, \"kept\": %zu,\n \"unused\": [",
		unused->allowed, unused->seen, unused->kept);
	for (size_t i = 0; i < unused->count; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		print_call_json(out, &unused->calls[i]);
	}
	fputs("],\n \"refused\": [", out);
	for (size_t i = 0; i < unused->refused_count; i++) {
		fputs(i ? ", " : "", out);
		json_string(out, unused->refused[i]);
	}
	fprintf(out, "],\n \"runs_needed\": %" PRIu64 ",\n \"completeness\": ",
		runs_needed(&minimiser->completeness));
	completeness_print_json(out, minimiser->advice->recording);
	fputs("}\n", out);
}

/* ---- Command ---- */

static bool print_report(const struct minimiser *minimiser)
{
	struct page page;
	bool shown;

	if (!page_open(tool.name, &page))
		return false;
	page.is_data = minimiser->options->format == FORMAT_JSON;
	if (page.is_data)
		print_json(page.stream, minimiser);
	else
		print_text(page.stream, minimiser);
	shown = page_show(tool.name, &page, NULL);
	page_free(&page);
	return shown;
}

static bool write_profile(const struct minimiser *minimiser)
{
	const struct minimise_options *options = minimiser->options;
	size_t length;
	char *text;
	bool written;

	if (!are_runs_enough(minimiser))
		return false;
	text = unused_remove(&tool, minimiser->advice, minimiser->part, options->stage, &length);
	written = text &&
		  unused_prove(&tool, minimiser->advice, minimiser->part, minimiser->target,
			       options->output, text, length) &&
		  output_write(tool.name, options->output, text, length);
	free(text);
	if (written)
		report(tool.name,
		       "%s: %zu calls %s; proven to let nothing through that %s does not, and all "
		       "that was seen",
		       options->output, minimiser->unused.count,
		       options->stage ? "are logged" : "were taken out", minimiser->part->path);
	return written;
}

/* What a call gets that no rule names. */
static uint32_t default_verdict(const struct operand_part *part)
{
	struct seccomp_data data = { .nr = SBPF_NUMBER_NEWER };
	struct sbpf_abi abi;

	if (!sbpf_abi_describe(sbpf_policy_machine(part->policy), &abi))
		return SECCOMP_RET_KILL_PROCESS;
	data.arch = abi.audit_arch;
	return sbpf_policy_verdict(part->policy, &data, NULL, NULL, NULL);
}

/* A profile that lets through by default has no list to take names out of. */
static bool is_list(const struct operand_part *part)
{
	if (!is_permitted(default_verdict(part)))
		return true;
	report(tool.name,
	       "%s: lets through by default, so that it lists what it refuses: make a profile of "
	       "the recordings with sbpf profile, and join both with sbpf merge --intersect",
	       part->path);
	return false;
}

static int minimise(struct minimiser *minimiser)
{
	bool done;

	if (!unused_find(&tool, minimiser->advice, minimiser->part, &minimiser->unused))
		return STATUS_FAILURE;
	minimiser->completeness = completeness_of(minimiser->advice->recording);
	done = print_report(minimiser) && (!minimiser->options->output || write_profile(minimiser));
	unused_free(&minimiser->unused);
	return done ? STATUS_OK : STATUS_FAILURE;
}

static int minimise_operand(const struct minimise_options *options,
			    struct advice_options advice_options, const struct sbpf_target *target,
			    const struct operand *operand, const struct recording *recording)
{
	const struct operand_part *part = &operand->parts[0];
	struct minimiser minimiser = { .options = options, .target = target, .part = part };
	int machine = target->machine ? sbpf_policy_machine(part->policy) : -1;
	struct advice advice;
	int status;

	advice_options.refusals_end =
		sbpf_verdict_compare(default_verdict(part), SECCOMP_RET_TRAP) <= 0;
	if (!is_list(part) || !advice_make(&tool, recording, machine, &advice_options, &advice))
		return STATUS_FAILURE;
	minimiser.advice = &advice;
	status = minimise(&minimiser);
	advice_free(&advice);
	return status;
}

int minimise_main(int argc, char **argv)
{
	struct minimise_options options = { 0 };
	struct advice_options advice = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", minimise_rows, COUNT(minimise_rows), &options },
		{ "What stays beside", advice_rows, advice_row_count, &advice },
		{ "Target", target_options, target_option_count, &target },
	};
	struct recording *recording;
	struct operand operand;
	int first, status;

	if (!options_parse(&tool, groups, COUNT(groups), argc, argv, &first, &status))
		return status;
	if (argc - first < 2)
		return usage_error(&tool, "which profile, and which recordings?");
	if (!operand_load_profile(&tool, &target, argv[first], &operand))
		return STATUS_FAILURE;
	recording = recordings_read(&tool, argv + first + 1, (size_t)(argc - first - 1));
	status = recording ? minimise_operand(&options, advice, &target, &operand, recording)
			   : STATUS_FAILURE;
	recording_free(recording);
	operand_free(&operand);
	return status;
}
