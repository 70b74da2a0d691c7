/* SPDX-License-Identifier: MIT */
/* sbpf lint: what in a profile does not do what it looks like. */
#include "lint.h"

#include "call.h"
#include "commands.h"
#include "json_writer.h"
#include "pager.h"

#include <stdlib.h>
#include <string.h>

enum lint_status {
	STATUS_CLEAN = 0,
	STATUS_FOUND = 1,
	STATUS_TROUBLE = 2,
};

enum lint_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };

struct lint_options {
	enum severity fail_on;
	enum lint_format format;
	enum color_choice color;
};

static const struct option_row lint_rows[] = {
	{ "fail-on", 0, "error|warning|note",
	  "exit with 1 when there are findings of this severity or above\n"
	  "(default: warning)",
	  offsetof(struct lint_options, fail_on) },
	{ "format", 0, "text|json|sarif", "how to list them (default: text)",
	  offsetof(struct lint_options, format) },
};

static const struct tool tool = {
	.name = "sbpf lint",
	.synopsis = "[OPTION...] PROFILE",
	.summary = "Look for what in a profile does not do what it looks like, and say what to do.",
	.notes =
		"PROFILE is a file, - for standard input, or a stack of those, NEWEST+OLDER, each\n"
		"looked at by itself. The identifiers in brackets are explained in docs/lint.md.\n"
		"The exit status is 0 when there is nothing to report, 1 when there is, and 2 on\n"
		"wrong usage or what cannot be read.",
};

/* ---- One profile ---- */

/* What no rule speaks of. */
static uint32_t verdict_of_nothing(const struct lint *lint, const struct sbpf_policy *policy)
{
	const struct seccomp_data data = {
		.nr = SBPF_NUMBER_NEWER,
		.arch = abi_of(lint->machine).audit_arch,
	};

	return sbpf_policy_verdict(policy, &data, NULL, NULL, NULL);
}

/* What the profile gives by default, and what ENOSYS is on the machine. */
static void find_verdicts(struct lint *lint)
{
	struct sbpf_target target = *lint->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;

	if (target.unknown_as_enosys) {
		target.unknown_as_enosys = false;
		policy = sbpf_load_json(lint->part->text, lint->part->length, &target, &error);
		if (policy)
			lint->default_verdict = verdict_of_nothing(lint, policy);
		else
			lint_fail(lint, &error);
		sbpf_policy_free(policy);
	} else {
		lint->default_verdict = verdict_of_nothing(lint, lint->part->policy);
	}

	target.unknown_as_enosys = true;
	policy = sbpf_policy_new(SECCOMP_RET_KILL_PROCESS, &target, &error);
	if (policy)
		lint->enosys_verdict = verdict_of_nothing(lint, policy);
	else
		lint_fail(lint, &error);
	sbpf_policy_free(policy);
}

static void add_abi(struct lint *lint, int abi)
{
	lint->abis |= UINT64_C(1) << abi;
	lint->ordered[lint->abi_count++] = abi;
}

/* The ABIs that a kernel of the machine has, and those of them that the profile covers. */
static void find_abis(struct lint *lint)
{
	lint->kernel_abis = operand_abis(lint->machine, &(struct operand){ 0 });
	add_abi(lint, lint->machine);
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi != lint->machine && (lint->kernel_abis >> abi & 1) &&
		    sbpf_policy_has_abi(lint->part->policy, abi))
			add_abi(lint, abi);
	}
	abis_list(lint->abis & ~(UINT64_C(1) << lint->machine), ",", lint->abi_list,
		  sizeof(lint->abi_list));
}

static bool prepare(struct lint *lint)
{
	struct sbpf_error error = { 0 };

	lint->machine_name = name_of_abi(lint->machine);
	if (!lint_outline_read(lint->part, &lint->outline, &error))
		lint_fail(lint, error.code ? &error : NULL);
	if (!lint->failed)
		find_verdicts(lint);
	if (!lint->failed)
		find_abis(lint);
	lint->is_gap = calloc((size_t)sbpf_call_count(), sizeof(lint->is_gap[0]));
	if (!lint->is_gap)
		lint_fail(lint, NULL);
	if (lint->failed || !records_collect(lint))
		return false;
	lint->space = sbpf_space_new(lint->machine, LINT_NODES, &error);
	if (!lint->space ||
	    sbpf_meaning_of_policy(lint->space, lint->part->policy, &lint->meaning, &error))
		lint_fail(lint, &error);
	return !lint->failed;
}

/* What siblings find counts for names. */
static void (*const checks[])(struct lint *lint) = {
	lint_widths,	 lint_readings, lint_runtimes,	   lint_siblings, lint_names,
	lint_idle_rules, lint_entries,	lint_multiplexers, lint_probes,	  lint_actions,
	lint_overlaps,	 lint_traces,	lint_starts,	   lint_keys,	  lint_exemptions,
};

bool lint_look_at(const struct tool *caller, const struct sbpf_target *target, int machine,
		  const struct operand_part *part, struct findings *findings)
{
	struct lint lint = { .tool = caller, .target = target, .part = part, .machine = machine };
	bool ready = prepare(&lint);

	for (size_t i = 0; ready && i < COUNT(checks) && !lint.failed; i++)
		checks[i](&lint);
	if (ready && !lint.failed)
		lint_add_rest(&lint);
	findings->list = lint.findings;
	findings->count = lint.finding_count;
	sbpf_space_free(lint.space);
	lint_outline_free(&lint.outline);
	free(lint.records);
	free(lint.groups);
	free(lint.is_on_target);
	free(lint.is_gap);
	return !lint.failed;
}

/* ---- All of them ---- */

void lint_findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->list[i].message);
	free(findings->list);
}

static int compare_findings(const void *one, const void *two)
{
	const struct finding *a = one;
	const struct finding *b = two;

	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* Moves the findings of one profile, by line, to the end of all. */
static bool append(struct findings *all, struct findings *more)
{
	struct finding *list;

	if (!more->count)
		return true;
	qsort(more->list, more->count, sizeof(more->list[0]), compare_findings);
	list = reallocarray(all->list, all->count + more->count, sizeof(list[0]));
	if (!list) {
		report(tool.name, "out of memory");
		return false;
	}
	memcpy(list + all->count, more->list, more->count * sizeof(list[0]));
	all->list = list;
	all->count += more->count;
	more->count = 0;
	return true;
}

static bool look_at_all(const struct sbpf_target *target, const struct operand *operand,
			struct findings *all)
{
	int machine = operand_machine(&tool, target);
	bool done = machine >= 0;

	for (size_t i = 0; done && i < operand->count; i++) {
		const struct operand_part *part = &operand->parts[i];
		struct findings findings = { 0 };

		if (!part->policy) {
			report(tool.name,
			       "%s: is a filter, which has no rules to look at; 'sbpf explain' "
			       "says "
			       "what it means",
			       part->path);
			return false;
		}
		done = lint_look_at(&tool, target, machine, part, &findings) &&
		       append(all, &findings);
		lint_findings_free(&findings);
	}
	return done;
}

/* Whether a target before has a finding too. */
static bool is_known(const struct findings *all, const struct finding *finding)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct finding *known = &all->list[i];

		if (known->id == finding->id && known->file == finding->file &&
		    !strcmp(known->place.path, finding->place.path) &&
		    !strcmp(known->message, finding->message))
			return true;
	}
	return false;
}

/* Takes out what is known, and says of the rest which target it is of. */
static void keep_news(const struct findings *all, struct findings *more,
		      const struct one_target *target)
{
	size_t kept = 0;

	for (size_t i = 0; i < more->count; i++) {
		struct finding *finding = &more->list[i];

		if (is_known(all, finding)) {
			free(finding->message);
			continue;
		}
		more->list[kept] = *finding;
		more->list[kept++].target = target;
	}
	more->count = kept;
}

static bool look_at_targets(const struct targets *targets, struct operand *operand,
			    struct findings *all)
{
	bool done = true;

	for (size_t i = 0; done && i < targets->count; i++) {
		const struct one_target *target = &targets->list[i];
		struct findings findings = { 0 };

		done = (!i || operand_retarget(&tool, &target->target, operand)) &&
		       look_at_all(&target->target, operand, &findings);
		if (done && targets->count > 1)
			keep_news(all, &findings, target);
		done = done && append(all, &findings);
		lint_findings_free(&findings);
	}
	return done && !targets->limited;
}

/* ---- Output ---- */

/* What follows the name of the call that a message begins with, else all of it. */
static const char *rest_of(const struct finding *finding)
{
	return finding->message + (finding->call ? strlen(finding->call) : 0);
}

static bool same_place(const struct lint_place *a, const struct lint_place *b)
{
	size_t length = strcspn(a->path, "]");

	return !strncmp(a->path, b->path, length) && strcspn(b->path, "]") == length;
}

/* Whether only the names of their calls tell two findings about one rule apart. */
static bool same_but_name(const struct finding *a, const struct finding *b)
{
	return a->call && b->call && a->id == b->id && a->severity == b->severity &&
	       a->file == b->file && a->target == b->target && same_place(&a->place, &b->place) &&
	       !strcmp(rest_of(a), rest_of(b));
}

/* More names than that are counted only. */
#define NAMES_SHOWN 30

/* The names of the findings that are printed as one. */
static void print_names(FILE *out, const struct finding *findings, size_t count)
{
	size_t shown = count > NAMES_SHOWN + 1 ? NAMES_SHOWN : count;

	for (size_t i = 0; findings->call && i < shown; i++)
		fprintf(out, "%s%s", i ? ", " : "", findings[i].call);
	if (shown < count)
		fprintf(out, " and %zu more", count - shown);
}

static const enum paint severity_paints[] = {
	[SEVERITY_ERROR] = PAINT_KILL,
	[SEVERITY_WARNING] = PAINT_REFUSE,
	[SEVERITY_NOTE] = PAINT_TITLE,
};

static void print_example(struct page *page, const struct finding *finding)
{
	const struct sbpf_example *example = &finding->example;

	fputs("    call: ", page->stream);
	call_print(page->stream, example->abi, &example->data);
	fputs(" is ", page->stream);
	verdict_print(page, true, example->a, example->abi);
	if (finding->has_other) {
		fputs(", not ", page->stream);
		verdict_print(page, true, example->b, example->abi);
	}
	putc('\n', page->stream);
}

static void print_findings(struct page *page, const struct finding *finding, size_t count)
{
	FILE *out = page->stream;

	page_paint(page, PAINT_TITLE);
	fputs(strcmp(finding->file, "-") ? finding->file : "<stdin>", out);
	if (finding->place.line)
		fprintf(out, ":%u", finding->place.line);
	fputs(": ", out);
	page_paint(page, severity_paints[finding->severity]);
	fprintf(out, "%s: ", severity_names[finding->severity]);
	page_paint(page, PAINT_NONE);
	fprintf(out, "%s: ", finding->place.path);
	print_names(out, finding, count);
	fputs(rest_of(finding), out);
	page_paint(page, PAINT_QUIET);
	fprintf(out, " [%s]\n", lint_rules[finding->id].name);
	page_paint(page, PAINT_NONE);
	if (finding->target) {
		fputs("    target: ", out);
		target_print(out, finding->target, 0);
		putc('\n', out);
	}
	if (finding->has_example)
		print_example(page, finding);
}

static void print_text(struct page *page, const struct findings *findings)
{
	size_t counts[SEVERITY_NOTE + 1] = { 0 };

	for (size_t i = 0, next; i < findings->count; i = next) {
		next = i + 1;
		while (next < findings->count &&
		       same_but_name(&findings->list[i], &findings->list[next]))
			next++;
		print_findings(page, &findings->list[i], next - i);
		counts[findings->list[i].severity]++;
	}
	fprintf(page->stream, "%zu error%s, %zu warning%s, %zu note%s\n", counts[SEVERITY_ERROR],
		counts[SEVERITY_ERROR] == 1 ? "" : "s", counts[SEVERITY_WARNING],
		counts[SEVERITY_WARNING] == 1 ? "" : "s", counts[SEVERITY_NOTE],
		counts[SEVERITY_NOTE] == 1 ? "" : "s");
}

static void print_json(FILE *out, const struct findings *findings)
{
	putc('[', out);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		fputs(i ? ",\n {\"id\": " : "\n {\"id\": ", out);
		json_string(out, lint_rules[finding->id].name);
		fputs(", \"severity\": ", out);
		json_string(out, severity_names[finding->severity]);
		fputs(", \"file\": ", out);
		json_string(out, finding->file);
		fputs(", \"path\": ", out);
		json_string(out, finding->place.path);
		if (finding->place.line)
			fprintf(out, ", \"line\": %u", finding->place.line);
		else
			fputs(", \"line\": null", out);
		fputs(", \"message\": ", out);
		json_string(out, finding->message);
		fputs(", \"example\": ", out);
		finding_example_json(out, finding);
		fputs(", \"target\": ", out);
		target_json(out, finding->target);
		putc('}', out);
	}
	fputs(findings->count ? "\n]\n" : "]\n", out);
}

static bool print(const struct lint_options *options, const struct findings *findings)
{
	enum lint_format format = options->format;
	struct page page;
	bool done;

	if (!page_open(tool.name, &page))
		return false;
	page.color = options->color;
	page.is_data = format != FORMAT_TEXT;
	if (format == FORMAT_SARIF)
		findings_sarif(page.stream, findings->list, findings->count);
	else if (format == FORMAT_JSON)
		print_json(page.stream, findings);
	else
		print_text(&page, findings);
	done = page_show(tool.name, &page, NULL);
	page_free(&page);
	return done;
}

static int conclude(const struct lint_options *options, const struct findings *findings)
{
	if (!print(options, findings))
		return STATUS_TROUBLE;
	for (size_t i = 0; i < findings->count; i++) {
		if (findings->list[i].severity <= options->fail_on)
			return STATUS_FOUND;
	}
	return STATUS_CLEAN;
}

int lint_main(int argc, char **argv)
{
	struct lint_options options = { .fail_on = SEVERITY_WARNING };
	struct target_choice choice = { 0 };
	const struct option_group groups[] = {
		{ "Options", lint_rows, COUNT(lint_rows), &options },
		{ "Output", color_rows, color_row_count, &options.color },
		{ "Targets", targets_rows, targets_row_count, &choice },
		{ "Target", target_options, target_option_count, &choice.target },
	};
	struct operand policy = { 0 };
	const struct operand *const operands[] = { &policy };
	struct findings findings = { 0 };
	struct targets targets = { 0 };
	struct sbpf_target first;
	int operand, status;

	if (!options_parse(&tool, groups, 4, argc, argv, &operand, &status))
		return status;
	if (argc - operand > 1)
		return usage_error(&tool, "one profile at a time: '%s' is one too many",
				   argv[operand + 1]);
	if (argc == operand)
		return usage_error(&tool, "which profile is to be looked at?");
	if (!targets_first(&tool, &choice, &first) ||
	    !operand_load_quietly(&tool, &first, argv[operand], &policy))
		return STATUS_TROUBLE;
	status = STATUS_TROUBLE;
	if (targets_find(&tool, &choice, TARGETS_ASKED, operands, 1, &targets) &&
	    look_at_targets(&targets, &policy, &findings))
		status = conclude(&options, &findings);
	lint_findings_free(&findings);
	targets_free(&targets);
	operand_free(&policy);
	return status;
}
