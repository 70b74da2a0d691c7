/* SPDX-License-Identifier: MIT */
/* sbpf why: which calls were refused, by which line of a profile, and what to write. */
#include "account.h"
#include "commands.h"
#include "common.h"
#include "launch.h"
#include "log.h"
#include "narrow.h"
#include "operand.h"
#include "replace.h"
#include "suspects.h"
#include "witness.h"

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
	enum watch_engine engine;
	bool follow;
	bool keep_privileges;
};

static const struct option_row why_rows[] = {
	{ "profile", 'p', "FILE",
	  "the profile, or - for standard input\n"
	  "(default: Docker's)",
	  offsetof(struct why_options, profile) },
	{ "log", 0, "FILE",
	  "run nothing, take the calls from the kernel's audit records in\n"
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
	{ "engine", 0, "auto|trace|notify",
	  "how to watch: by ptrace(2), or by notification, which is not\n"
	  "exact (default: auto, by ptrace where that may be)",
	  offsetof(struct why_options, engine) },
	{ "keep-privileges", 0, NULL,
	  "do not set no_new_privs, so that set-user-ID programs work;\n"
	  "needs CAP_SYS_ADMIN",
	  offsetof(struct why_options, keep_privileges) },
};

static const struct tool tool = {
	.name = "sbpf why",
	.synopsis = "[OPTION...] [--] COMMAND [ARGUMENT...]\n[OPTION...] --log FILE",
	.summary =
		"Run a command under a profile, and list the calls that were refused, most "
		"frequent\n"
		"first: by which line, why no other rule decided, and the smallest addition that\n"
		"lets just them pass.",
	.notes = "The command gets what it gets under sbpf run, and the exit status is the same.\n"
		 "With --log: records have no arguments; where several rules can have decided, "
		 "all\n"
		 "are named. What this profile cannot have answered so is told apart.",
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
	account->amendment = NULL;
	return done;
}

/* ---- A log ---- */

static bool look_at_log(struct account *account, const struct operand *operand,
			const struct why_options *options)
{
	uint64_t effort = SUSPECTS_EFFORT;
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
	account->effort = &effort;
	return log_collect(&request, account->refusals, &input) &&
	       conclude(account, operand, options);
}

/* ---- A command ---- */

static int install(void *context, unsigned int flags, struct sbpf_error *error)
{
	return watch_install(context, flags, error);
}

/* A command that may not be executed is not, so that nobody has seen the refusal. */
static void count_exec(const struct witness *witness, const struct sbpf_filter *filter, char **argv)
{
	struct seccomp_data data = { .arch = abi_of(sbpf_filter_machine(filter)).audit_arch };
	struct refusal_key key;
	struct refusal *refusal;
	uint32_t number, verdict;
	bool is_new;

	if (refusals_size(witness->refusals) ||
	    !sbpf_call_number(sbpf_filter_machine(filter), "execve", &number))
		return;
	data.nr = (int)number;
	verdict = sbpf_filter_run(filter, &data, NULL);
	if (is_permitted(verdict))
		return;
	narrow_call(witness->policy, &data, verdict, false, &key);
	refusal = refusals_count(witness->refusals, &key, &is_new);
	refusal->data = data;
	snprintf(refusal->decoded, sizeof(refusal->decoded), "execve of %s", argv[0]);
}

/* Runs the command and waits for all that it started. Returns the status to exit with. */
static int watch_command(const struct why_options *options, const struct sbpf_filter *filter,
			 struct witness *witness, char **argv)
{
	const struct watch_request request = {
		.program = tool.name,
		.engine = options->engine,
		.filter = filter,
		.observer = { .context = witness, .called = witness_called },
	};
	struct sbpf_error error = { 0 };
	struct watch *watch = watch_start(&request, &error);
	const struct launch launch = {
		.argv = argv,
		.filter = filter,
		.keep_privileges = options->keep_privileges,
		.has_profile = options->profile,
		.install = install,
		.install_context = watch,
	};
	int status;

	if (!watch) {
		report_error(tool.name, NULL, &error);
		return STATUS_NOT_STARTED;
	}
	status = launch_run(&tool, &launch);
	if (watch_finish(watch) == WATCH_DIED)
		status = STATUS_NOT_STARTED;
	watch_free(watch);
	if (status == STATUS_NOT_STARTED)
		count_exec(witness, filter, argv);
	return status;
}

static int look_at_command(struct account *account, const struct operand *operand,
			   const struct why_options *options, char **argv)
{
	struct witness witness = {
		.policy = operand->parts[0].policy,
		.refusals = account->refusals,
		.follow = options->follow ? print_follow : NULL,
		.context = account,
	};
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(operand->parts[0].policy, NULL, &error);

	if (!filter) {
		report_error(tool.name, operand->parts[0].path, &error);
		return STATUS_NOT_STARTED;
	}
	account->status = watch_command(options, filter, &witness, argv);
	sbpf_filter_free(filter);
	return conclude(account, operand, options) ? account->status : STATUS_NOT_STARTED;
}

/* ---- The command line ---- */

static int look(const struct why_options *options, const struct sbpf_target *target,
		const struct operand *profile, char **argv)
{
	struct account account = { .tool = &tool, .target = target, .part = &profile->parts[0] };
	int status = options->log ? STATUS_FAILURE : STATUS_NOT_STARTED;

	account.refusals = refusals_new();
	if (!account.refusals || !part_lines_read(account.part, &account.lines))
		report(tool.name, "out of memory");
	else if (!options->log)
		status = look_at_command(&account, profile, options, argv);
	else if (look_at_log(&account, profile, options))
		status = STATUS_OK;
	part_lines_free(&account.lines);
	refusals_free(account.refusals);
	return status;
}

int why_main(int argc, char **argv)
{
	struct why_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", why_rows, COUNT(why_rows), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	struct operand profile;
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (!options.log && operand == argc)
		return usage_error(&tool, "which command is to be run?");
	if (options.log && operand != argc)
		return usage_error(&tool, "with --log no command is run");
	if (!operand_load_profile(&tool, &target, options.profile, &profile))
		return options.log ? STATUS_FAILURE : STATUS_NOT_STARTED;
	status = look(&options, &target, &profile, argv + operand);
	operand_free(&profile);
	return status;
}
