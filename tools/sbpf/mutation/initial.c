/* SPDX-License-Identifier: MIT */
/*
 * A first test file: what the profile does now, by its entries, by arguments and by default; then
 * the lines that kill the mutants which are left.
 */
#include "initial.h"

#include "call_region.h"
#include "mutate.h"
#include "records.h"
#include "suite.h"
#include "targets_line.h"
#include "verdict_words.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define LINE_WIDTH 96

/* What a call gets on the ABIs that the filter covers. */
struct call_answer {
	bool known; /* some ABI has it */
	bool uniform;
	uint32_t verdict;
	bool listed;
};

struct scribe {
	const struct tool *tool;
	struct suite suite; /* of the head alone */
	const struct cell *cell;
	struct records records;
	struct call_answer *answers; /* by sbpf_call_at() */
	FILE *out;
	uint32_t verdict; /* of the line in the making */
	size_t column;	  /* 0: there is none */
};

/* ---- Head ---- */

/* How many names two paths share in front. */
static size_t common_length(const char *a, const char *b)
{
	size_t common = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
		if (a[i] == '/')
			common = i + 1;
	}
	return common;
}

/* The profile's path as a file of this name has it; malloc'd. */
static char *path_beside(const char *file, const char *profile)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	char folder[PATH_MAX], from[PATH_MAX + 1], to[PATH_MAX];
	char *path = NULL;
	size_t common, length;
	FILE *out;

	if (*profile == '/' || !slash)
		return strdup(profile);
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file + 1), file);
	if (!realpath(folder, to) || snprintf(from, sizeof(from), "%s/", to) < 0 ||
	    !realpath(profile, to))
		return strdup(profile);
	common = common_length(from, to);
	out = open_memstream(&path, &length);
	if (!out)
		return NULL;
	for (const char *at = from + common; *at; at++)
		fputs(*at == '/' ? "../" : "", out);
	fputs(to + common, out);
	fclose(out);
	return path;
}

/* A kernel is named where it counts. */
static bool depends_on_kernel(const struct tool *tool, const struct sbpf_target *target,
			      const char *profile, bool *depends)
{
	struct operand operand;

	if (!operand_load_quietly(tool, target, profile, &operand))
		return false;
	*depends =
		operand.parts[0].policy && sbpf_policy_depends_on_kernel(operand.parts[0].policy);
	operand_free(&operand);
	return true;
}

static char *make_head(const struct tool *tool, const struct sbpf_target *wanted,
		       const char *profile, const char *output)
{
	struct sbpf_target target = *wanted;
	int machine = operand_machine(tool, wanted);
	struct utsname system = { 0 };
	char *head = NULL, *path;
	bool depends = false;
	size_t length;
	FILE *out;

	if (machine < 0 || !depends_on_kernel(tool, wanted, profile, &depends))
		return NULL;
	if (depends && !target.kernel && !uname(&system)) {
		system.release[strspn(system.release, "0123456789.")] = '\0';
		target.kernel = system.release;
	}
	path = path_beside(output, profile);
	out = path ? open_memstream(&head, &length) : NULL;
	if (out) {
		fprintf(out, "profile %s\n", path);
		target_line_print(out, &target, machine);
		fclose(out);
	} else {
		report(tool->name, "out of memory");
	}
	free(path);
	return head;
}

/* ---- What calls get ---- */

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct call_answer *answer = context;

	if (!answer->known)
		answer->verdict = one->verdict;
	answer->uniform = (!answer->known || answer->uniform) && one->verdict == answer->verdict;
	answer->known = true;
	return answer->uniform;
}

static bool find_answers(struct scribe *scribe)
{
	const struct cell *cell = scribe->cell;
	size_t calls = (size_t)sbpf_call_count();

	scribe->answers = calloc(calls, sizeof(scribe->answers[0]));
	if (!scribe->answers) {
		report(scribe->tool->name, "out of memory");
		return false;
	}
	for (size_t i = 0; i < calls; i++) {
		struct call_answer *answer = &scribe->answers[i];

		for (int abi = 0; abi < sbpf_abi_count(); abi++) {
			uint32_t number;

			if (!(cell->stand.covered >> abi & 1) ||
			    !sbpf_call_number(abi, sbpf_call_at((int)i), &number))
				continue;
			if (sbpf_meaning_cases(cell->space, cell->stand.meaning, abi, number,
					       note_case, answer, NULL))
				answer->uniform = false;
		}
	}
	return true;
}

/* ---- Lists ---- */

static void end_list(struct scribe *scribe)
{
	if (scribe->column)
		putc('\n', scribe->out);
	scribe->column = 0;
}

/* Adds a name to the list of a verdict, which goes on in another line when this one is full. */
static void list_name(struct scribe *scribe, uint32_t verdict, const char *name)
{
	long begin;

	if (scribe->column &&
	    (scribe->verdict != verdict || scribe->column + strlen(name) + 2 > LINE_WIDTH))
		end_list(scribe);
	begin = ftell(scribe->out);
	if (!scribe->column)
		verdict_words(scribe->out, verdict, scribe->cell->machine);
	fprintf(scribe->out, scribe->column ? ", %s" : " %s", name);
	scribe->column += (size_t)(ftell(scribe->out) - begin);
	scribe->verdict = verdict;
}

/* The calls of an entry that get its verdict whatever their arguments. */
static void list_entry(struct scribe *scribe, size_t first, size_t end)
{
	const struct records *records = &scribe->records;
	bool titled = false;

	for (size_t i = first; i < end; i++) {
		const struct rule_record *rule = &records->list[records->by_entry[i]];
		struct call_answer *answer = &scribe->answers[sbpf_call_find(rule->call)];

		if (answer->listed || !answer->known || !answer->uniform ||
		    answer->verdict != rule->verdict || answer->verdict == records->fallback)
			continue;
		if (!titled)
			fprintf(scribe->out, "\n# syscalls[%zu]\n", rule->entry);
		titled = true;
		answer->listed = true;
		list_name(scribe, rule->verdict, rule->call);
	}
	end_list(scribe);
}

static void list_entries(struct scribe *scribe)
{
	const struct records *records = &scribe->records;

	for (size_t i = 0, next; i < records->count; i = next) {
		size_t entry = records->list[records->by_entry[i]].entry;

		next = i + 1;
		while (next < records->count &&
		       records->list[records->by_entry[next]].entry == entry)
			next++;
		list_entry(scribe, i, next);
	}
}

/* ---- By arguments ---- */

/* Whether a line holds and speaks of some call. */
static bool holds(const struct scribe *scribe, const char *line)
{
	struct assertion assertion;
	struct outcome outcome;
	bool done;

	if (!line || !assertion_parse(line, &assertion))
		return false;
	done = assertion_decide(scribe->cell, &assertion, &scribe->cell->stand, &outcome) &&
	       outcome.passed && !outcome.is_void;
	assertion_free(&assertion);
	return done;
}

static char *make_line(const struct scribe *scribe, const char *call, int abi, uint32_t number,
		       uint32_t verdict, bool on_abi)
{
	const struct sbpf_example example = {
		.abi = abi,
		.data = { .nr = (int)number },
		.a = verdict,
	};
	sbpf_meaning meaning = scribe->cell->stand.meaning;
	char *condition = call_region(scribe->cell, meaning, meaning, &example);
	char *line = NULL;
	size_t length;
	FILE *out = condition ? open_memstream(&line, &length) : NULL;

	if (out) {
		verdict_words(out, verdict, scribe->cell->machine);
		fprintf(out, *condition ? " %s(%s)" : " %s", call, condition);
		if (on_abi)
			fprintf(out, " on %s", name_of_abi(abi));
		fclose(out);
	}
	free(condition);
	return line;
}

struct seen_verdicts {
	uint32_t list[16];
	size_t count;
};

static bool note_verdict(void *context, const struct sbpf_case *one)
{
	struct seen_verdicts *seen = context;

	for (size_t i = 0; i < seen->count; i++) {
		if (seen->list[i] == one->verdict)
			return true;
	}
	if (seen->count == COUNT(seen->list))
		return false;
	seen->list[seen->count++] = one->verdict;
	return true;
}

/* Lines for all verdicts of a call on one ABI. Whether each of them holds. */
static bool write_call_on(struct scribe *scribe, const char *call, int abi, bool on_abi)
{
	const struct cell *cell = scribe->cell;
	struct seen_verdicts seen = { .count = 0 };
	char *lines[COUNT(seen.list)] = { NULL };
	bool all = true;
	uint32_t number;

	if (!sbpf_call_number(abi, call, &number) ||
	    sbpf_meaning_cases(cell->space, cell->stand.meaning, abi, number, note_verdict, &seen,
			       NULL))
		return false;
	for (size_t i = 0; i < seen.count; i++) {
		lines[i] = make_line(scribe, call, abi, number, seen.list[i], on_abi);
		all &= holds(scribe, lines[i]);
	}
	for (size_t i = 0; i < seen.count; i++) {
		if (all)
			fprintf(scribe->out, "%s\n", lines[i]);
		free(lines[i]);
	}
	return all;
}

/* One ABI's lines for all, if they hold, or those of each. */
static void write_call(struct scribe *scribe, const char *call)
{
	uint64_t covered = scribe->cell->stand.covered;
	bool done = write_call_on(scribe, call, scribe->cell->machine, false);

	for (int abi = 0; !done && abi < sbpf_abi_count(); abi++)
		done = covered >> abi & 1 && write_call_on(scribe, call, abi, false);
	for (int abi = 0; !done && abi < sbpf_abi_count(); abi++) {
		if (covered >> abi & 1)
			write_call_on(scribe, call, abi, true);
	}
}

static void write_conditional(struct scribe *scribe)
{
	const char *title = "\n# By arguments\n";

	for (int i = 0; i < sbpf_call_count(); i++) {
		struct call_answer *answer = &scribe->answers[i];

		if (!answer->known || answer->uniform)
			continue;
		fputs(title, scribe->out);
		title = "";
		write_call(scribe, sbpf_call_at(i));
	}
}

/* ---- The rest ---- */

/* What should be looked at where not all calls are listed that get the default. */
static const char *const telling[] = {
	"acct",
	"add_key",
	"bpf",
	"clone3",
	"delete_module",
	"finit_module",
	"init_module",
	"io_uring_setup",
	"ioperm",
	"iopl",
	"kexec_load",
	"keyctl",
	"mount",
	"open_by_handle_at",
	"perf_event_open",
	"pivot_root",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"reboot",
	"request_key",
	"setns",
	"settimeofday",
	"swapon",
	"syslog",
	"umount2",
	"unshare",
	"userfaultfd",
};

#define DEFAULTS_MAX 120

static bool is_telling(const char *name)
{
	for (size_t i = 0; i < COUNT(telling); i++) {
		if (!strcmp(telling[i], name))
			return true;
	}
	return false;
}

static void write_rest(struct scribe *scribe)
{
	const struct seccomp_data newer = {
		.nr = SBPF_NUMBER_NEWER,
		.arch = abi_of(scribe->cell->machine).audit_arch,
	};
	size_t rest = 0;
	uint32_t verdict;

	for (int i = 0; i < sbpf_call_count(); i++)
		rest += scribe->answers[i].known && scribe->answers[i].uniform &&
			!scribe->answers[i].listed;
	fputs(rest > DEFAULTS_MAX ? "\n# Some of the calls without a rule\n"
				  : "\n# The calls without a rule\n",
	      scribe->out);
	for (int i = 0; i < sbpf_call_count(); i++) {
		const struct call_answer *answer = &scribe->answers[i];
		const char *name = sbpf_call_at(i);

		if (!answer->known || !answer->uniform || answer->listed)
			continue;
		if (rest <= DEFAULTS_MAX || is_telling(name))
			list_name(scribe, answer->verdict, name);
	}
	end_list(scribe);
	if (!sbpf_meaning_verdict(scribe->cell->space, scribe->cell->stand.meaning, &newer,
				  &verdict))
		return;
	fputs("\n# A call that no kernel has yet\n", scribe->out);
	verdict_words(scribe->out, verdict, scribe->cell->machine);
	fprintf(scribe->out, " number %d on %s\n", newer.nr, name_of_abi(scribe->cell->machine));
}

/* ---- Putting it together ---- */

static bool open_scribe(const struct tool *tool, const char *head, const char *output,
			struct scribe *scribe)
{
	size_t skip = strlen("profile ");
	char *text;
	bool done;

	/* Whatever the profile is, it is within itself. */
	if (asprintf(&text, "%swithin %.*s\n", head, (int)strcspn(head + skip, "\n"), head + skip) <
	    0)
		return false;
	done = suite_run_text(tool, output ? output : "", text, strlen(text), &scribe->suite);
	free(text);
	if (!done)
		return false;
	scribe->cell = &scribe->suite.cells[0];
	return records_find(scribe->cell, &scribe->records) && find_answers(scribe);
}

static void close_scribe(struct scribe *scribe)
{
	records_free(&scribe->records);
	free(scribe->answers);
	suite_free(&scribe->suite);
}

/* The lines that kill what mutants are left, each once, by the profile's order. */
static bool add_missing(const struct tool *tool, const char *path, const char *text, size_t length,
			FILE *out)
{
	const char *title = "\n# What else tells the profile from one that was changed\n";
	struct suite suite;
	bool done = suite_run_text(tool, path, text, length, &suite) && suite_mutate(&suite);

	for (size_t i = 0; done && i < suite.survivor_count; i++) {
		const char *line = suite.survivors[i].assertion;
		bool known = !line;

		for (size_t j = 0; !known && j < i; j++)
			known = suite.survivors[j].assertion &&
				!strcmp(suite.survivors[j].assertion, line);
		if (known)
			continue;
		fprintf(out, "%s%s\n", title, line);
		title = "";
	}
	suite_free(&suite);
	return done;
}

static char *compose(struct scribe *scribe, const char *head, const char *profile)
{
	char *text = NULL;
	size_t length;

	scribe->out = open_memstream(&text, &length);
	if (!scribe->out) {
		report(scribe->tool->name, "out of memory");
		return NULL;
	}
	fprintf(scribe->out, "# What %s does, as 'sbpf test --init' found it\n%s", profile, head);
	list_entries(scribe);
	write_conditional(scribe);
	write_rest(scribe);
	fclose(scribe->out);
	return text;
}

bool initial_write(const struct tool *tool, const struct sbpf_target *target, const char *profile,
		   const char *output)
{
	const char *path = output && strcmp(output, "-") ? output : "";
	struct scribe scribe = { .tool = tool };
	char *head = make_head(tool, target, profile, path);
	char *text = NULL, *whole = NULL;
	bool done = head && open_scribe(tool, head, path, &scribe);
	size_t length;
	FILE *out = NULL;

	text = done ? compose(&scribe, head, profile) : NULL;
	out = text ? open_memstream(&whole, &length) : NULL;
	if (out) {
		fputs(text, out);
		done = add_missing(tool, path, text, strlen(text), out);
		fclose(out);
	}
	done = done && whole && output_write(tool->name, output ? output : "-", whole, length);
	close_scribe(&scribe);
	free(head);
	free(text);
	free(whole);
	return done;
}
