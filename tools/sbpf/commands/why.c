/* SPDX-License-Identifier: MIT */
/* sbpf why: which calls were refused, by which line of a profile, and what to write. */
#include "account.h"
#include "commands.h"
#include "common.h"
#include "log.h"
#include "operand.h"
#include "replace.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum why_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };

struct why_options {
	const char *profile;
	const char *log;
	const char *output;
	const char *apply;
	enum why_format format;
	bool follow;
};

static const struct option_row why_rows[] = {
	{ "profile", 'p', "FILE",
	  "the profile, or - for standard input\n"
	  "(default: Docker's)",
	  offsetof(struct why_options, profile) },
	{ "log", 0, "FILE",
	  "take the refused calls from the kernel's audit records in\n"
	  "FILE, or - for standard input: dmesg, journalctl -k, audit.log",
	  offsetof(struct why_options, log) },
	{ "output", 'o', "FILE", "write the report to FILE, not to standard error",
	  offsetof(struct why_options, output) },
	{ "format", 0, "text|json|sarif", "how to report (default: text)",
	  offsetof(struct why_options, format) },
	{ "follow", 0, NULL, "also say each kind of call on standard error as it comes",
	  offsetof(struct why_options, follow) },
	{ "apply", 0, "FILE", "write the profile with all additions to FILE, proven",
	  offsetof(struct why_options, apply) },
};

static const struct tool tool = {
	.name = "sbpf why",
	.synopsis = "[OPTION...] --log FILE",
	.summary = "List the calls that a profile refused, most frequent first: by which line, why "
		   "no\n"
		   "other rule decided, and the smallest addition that lets just them pass.",
	.notes = "Records have no arguments: where several rules can have decided, all are named.\n"
		 "What this profile cannot have answered so is told apart.",
	.stops_at_operand = true,
};

/* ---- The report ---- */

/* Control characters that a program or a file's name may have brought in do nothing. */
static bool print_clean(FILE *out, const struct account *account)
{
	struct page page;
	bool done;

	if (!page_open(tool.name, &page))
		return false;
	account_text(&page, account);
	done = page_complete(&page);
	if (done)
		text_write(out, page.text, page.length, "\n");
	page_free(&page);
	return done;
}

static bool print_report(FILE *out, const struct account *account, enum why_format format)
{
	if (format == FORMAT_TEXT)
		return print_clean(out, account);
	if (format == FORMAT_JSON)
		account_json(out, account);
	else
		account_sarif(out, account);
	return true;
}

/* All at once, so that nothing of the command's stands between its lines. */
static bool write_report(const struct account *account, const struct why_options *options)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool done = out && print_report(out, account, options->format);

	if (out && fclose(out) == EOF)
		done = false;
	if (!done) {
		report(tool.name, "out of memory");
	} else if (options->output) {
		done = output_write(tool.name, options->output, text, length);
	} else {
		done = write_all(STDERR_FILENO, text, length);
	}
	free(text);
	return done;
}

/* A line about the first call of a group. */
static void print_follow(void *context, const struct refusal *refusal)
{
	const struct account *account = context;
	struct decision decision;
	char verdict[VERDICT_MAX];
	char line[PATH_MAX + 16] = "";
	char *call = NULL;
	size_t length;
	FILE *out = open_memstream(&call, &length);

	if (out) {
		account_call(out, refusal);
		fclose(out);
	}
	account_decide(account, refusal, &decision);
	if (decision.line)
		snprintf(line, sizeof(line), "%s:%u: ", account->part->path, decision.line);
	report(tool.name, "%s: %s: %s%s", call ? call : "?",
	       verdict_text(true, refusal->key.verdict, refusal->key.abi, verdict), line,
	       decision.is_open ? "one of several rules"
	       : decision.cause ? decision.cause
				: decision.path);
	free(call);
}

/* Sorts, finds what to write, writes it, and reports. */
static bool conclude(struct account *account, const struct operand *operand,
		     const struct why_options *options)
{
	struct amendment amendment;
	bool done;

	refusals_sort(account->refusals);
	done = amend(&tool, account->target, operand, account->refusals, &amendment);
	account->amendment = &amendment;
	if (done && options->apply) {
		done = output_write(tool.name, options->apply, amendment.after.text,
				    amendment.after.length);
		account->applied = options->apply;
	}
	done = done && write_report(account, options);
	amendment_free(&amendment);
	return done;
}

/* ---- A log ---- */

static bool look_at_log(struct account *account, const struct operand *operand,
			const struct why_options *options)
{
	struct audit_input input;
	const struct log_request request = {
		.tool = &tool,
		.path = options->log,
		.policy = operand->parts[0].policy,
		.target = account->target,
		.follow = options->follow ? print_follow : NULL,
		.context = account,
	};

	account->log = &input;
	return log_collect(&request, account->refusals, &input) &&
	       conclude(account, operand, options);
}

int why_main(int argc, char **argv)
{
	struct why_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", why_rows, COUNT(why_rows), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	struct account account = { .tool = &tool, .target = &target };
	struct operand profile;
	bool done;
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (!options.log)
		return usage_error(&tool, "which log?");
	if (operand != argc)
		return usage_error(&tool, "a log has no command");
	if (!operand_load_profile(&tool, &target, options.profile, &profile))
		return STATUS_FAILURE;
	account.part = &profile.parts[0];
	account.refusals = refusals_new();
	done = account.refusals && part_lines_read(account.part, &account.lines);
	if (!done)
		report(tool.name, "out of memory");
	done = done && look_at_log(&account, &profile, &options);
	part_lines_free(&account.lines);
	refusals_free(account.refusals);
	operand_free(&profile);
	return done ? STATUS_OK : STATUS_FAILURE;
}
