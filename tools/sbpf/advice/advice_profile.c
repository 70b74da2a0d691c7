/* SPDX-License-Identifier: MIT */
/* The entries of a profile: calls of one purpose and one reason stand together. */
#include "advice_profile.h"

#include "call.h"
#include "constants.h"
#include "facts.h"
#include "profile_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One name, or one rule of a call with conditions. */
struct line {
	unsigned int rank;
	char *comment;
	const char *name;
	struct sbpf_condition conditions[6];
	size_t condition_count;
};

struct lines {
	const struct advice *advice;
	struct line *list;
	size_t count, room;
	bool failed;
	int call; /* whose rules are being added */
};

/* ---- Why ---- */

/* Up to so many runs each number of them is told. */
#define RUNS_TOLD 4u

static char *runs_text(const struct advice *advice, const struct advised_call *call)
{
	uint64_t all = advice->recording->runs;
	char *text = NULL;
	int length;

	if (call->runs >= all)
		length = asprintf(&text, "seen in %s%" PRIu64 " run%s", all == 1 ? "the " : "all ",
				  all, all == 1 ? "" : "s");
	else if (all <= RUNS_TOLD)
		length =
			asprintf(&text, "seen in %" PRIu64 " of %" PRIu64 " runs", call->runs, all);
	else
		length = asprintf(&text, "seen in %s half of %" PRIu64 " runs",
				  call->runs * 2 < all ? "fewer than" : "at least", all);
	return length < 0 ? NULL : text;
}

static const char *const reason_texts[ADVICE_REASONS] = {
	[ADVICE_REFUSED] = "tried while recording, and refused each time by another filter",
	[ADVICE_BEHIND] = "seen behind socketcall or ipc",
	[ADVICE_START] = "start of every program",
	[ADVICE_END] = "end of a program or a thread, which a run need not show",
	[ADVICE_SIGNAL] = "return from the handler of a signal, which a run need not show",
	[ADVICE_RESTART] = "made by the kernel to go on after a stop",
	[ADVICE_VDSO] = "answered by the vDSO where it can be, and so seen by no recorder",
};

char *advice_why(const struct advice *advice, int call)
{
	const struct advised_call *advised = &advice->calls[call];
	char *text = NULL;
	int length = 0;

	if (advised->reason == ADVICE_SEEN)
		return runs_text(advice, advised);
	if (advised->reason == ADVICE_RUNTIME)
		length = asprintf(&text, "called between filter and program by %s",
				  advice_runtimes(advice, sbpf_call_at(call)));
	else if (advised->reason == ADVICE_SIBLING)
		length = asprintf(&text, "what other C libraries and machines call instead");
	else
		return strdup(reason_texts[advised->reason]);
	return length < 0 ? NULL : text;
}

/* ---- Lines ---- */

static struct line *add_line(struct lines *lines)
{
	if (lines->count == lines->room) {
		size_t room = lines->room ? 2 * lines->room : 512;
		struct line *list = reallocarray(lines->list, room, sizeof(*list));

		if (!list) {
			lines->failed = true;
			return NULL;
		}
		lines->list = list;
		lines->room = room;
	}
	lines->list[lines->count] = (struct line){ 0 };
	return &lines->list[lines->count++];
}

static unsigned int rank_of(const struct advice *advice, int call)
{
	const struct advised_call *advised = &advice->calls[call];
	unsigned int purpose = 0;

	if (advised->reason == ADVICE_SEEN)
		purpose = (unsigned int)purpose_of(sbpf_call_at(call));
	return (unsigned int)advised->reason * 1000 + purpose * 2 +
	       (advised->runs < advice->recording->runs);
}

/* "files: seen in all 3 runs". */
static char *comment_of(const struct advice *advice, int call)
{
	size_t purpose = purpose_of(sbpf_call_at(call));
	char *why = advice_why(advice, call);
	char *text = NULL;

	if (!why || advice->calls[call].reason != ADVICE_SEEN)
		return why;
	if (asprintf(&text, "%s: %s", purpose < purpose_count ? purposes[purpose].name : "others",
		     why) < 0)
		text = NULL;
	free(why);
	return text;
}

static void add_call(struct lines *lines, int call)
{
	struct line *line = add_line(lines);

	if (!line)
		return;
	line->rank = rank_of(lines->advice, call);
	line->name = sbpf_call_at(call);
	line->comment = comment_of(lines->advice, call);
	lines->failed |= !line->comment;
}

/* The first ABI of the recording with the call, for the names of its parameters and constants. */
static int model_abi(const struct advice *advice, const char *name)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (advice->abis >> abi & 1 && is_on_abis(UINT64_C(1) << abi, name))
			return abi;
	}
	return sbpf_abi_native();
}

/* "family AF_INET", "no clone_flags but CLONE_VM|CLONE_VFORK". */
static void print_condition(FILE *out, int abi, const char *name,
			    const struct sbpf_condition *condition)
{
	char parameter[PARAMETER_MAX];
	uint32_t number = 0;
	uint64_t all = condition->value > UINT32_MAX ? UINT64_MAX : UINT32_MAX;

	sbpf_call_number(abi, name, &number);
	parameter_text(abi, number, condition->argument, parameter);
	if (condition->compare == SBPF_MASKED_EQ && condition->value != UINT32_MAX) {
		fprintf(out, "no %s but ", parameter);
		constant_print(out, abi, name, condition->argument, all & ~condition->value);
		return;
	}
	fprintf(out, "%s ", parameter);
	constant_print(out, abi, name, condition->argument,
		       condition->compare == SBPF_EQ ? condition->value : condition->value_two);
}

static char *conditions_comment(const struct advice *advice, int call,
				const struct sbpf_condition *conditions, size_t count)
{
	const char *name = sbpf_call_at(call);
	int abi = model_abi(advice, name);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	fprintf(out, "%s with ", name);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "", out);
		print_condition(out, abi, name, &conditions[i]);
	}
	if (fclose(out) != EOF)
		return text;
	free(text);
	return NULL;
}

static void add_rule(void *context, const struct sbpf_condition *conditions, size_t count)
{
	struct lines *lines = context;
	struct line *line = add_line(lines);

	if (!line)
		return;
	line->rank = rank_of(lines->advice, lines->call) / 1000 * 1000 + 999;
	line->name = sbpf_call_at(lines->call);
	memcpy(line->conditions, conditions, count * sizeof(conditions[0]));
	line->condition_count = count;
	line->comment = conditions_comment(lines->advice, lines->call, conditions, count);
	lines->failed |= !line->comment;
}

/* Those with conditions stay in the order in which they were made. */
static int compare_lines(const void *a, const void *b)
{
	const struct line *one = a, *other = b;
	int order = one->rank < other->rank ? -1 : one->rank > other->rank;

	if (!order && !one->condition_count)
		order = strcmp(one->comment, other->comment);
	if (!order)
		order = strcmp(one->name, other->name);
	if (!order)
		order = strcmp(one->comment, other->comment);
	return order;
}

static bool collect_lines(const struct advice *advice, const struct argument_choice *choice,
			  struct lines *lines)
{
	*lines = (struct lines){ .advice = advice };
	for (int call = 0; call < sbpf_call_count(); call++) {
		lines->call = call;
		if (!advice->calls[call].reason)
			continue;
		if (!choice->arguments[call])
			add_call(lines, call);
		else
			argument_rules(advice, choice, call, add_rule, lines);
	}
	if (!lines->failed && lines->count)
		qsort(lines->list, lines->count, sizeof(lines->list[0]), compare_lines);
	return !lines->failed;
}

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->list[i].comment);
	free(lines->list);
}

/* ---- Outline ---- */

#define ENOSYS_COMMENT                                                                             \
	"newer than all that was seen, or only tried by libraries: with ENOSYS "                   \
	"programs fall back on older calls"

/* Lines with one comment and no conditions are one rule. */
static void outline_lines(const struct lines *lines, const char **names,
			  struct profile_outline *outline)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->list[i];
		struct text_rule *rule = &outline->rules[outline->rule_count - 1];

		names[i] = line->name;
		if (i && !line->condition_count && !line[-1].condition_count &&
		    line->rank == line[-1].rank && !strcmp(line->comment, line[-1].comment)) {
			rule->name_count++;
			continue;
		}
		rule = &outline->rules[outline->rule_count++];
		*rule = (struct text_rule){ .verdict = SECCOMP_RET_ALLOW,
					    .condition_count = line->condition_count,
					    .names = names + i,
					    .name_count = 1,
					    .comment = line->comment };
		memcpy(rule->conditions, line->conditions, sizeof(rule->conditions));
	}
}

static void outline_enosys(const struct advice *advice, const char **names,
			   struct profile_outline *outline)
{
	struct text_rule *rule = &outline->rules[outline->rule_count];

	*rule = (struct text_rule){ .verdict = SECCOMP_RET_ERRNO | ENOSYS,
				    .names = names,
				    .comment = ENOSYS_COMMENT };
	for (int call = 0; call < sbpf_call_count(); call++) {
		if (advice_says_enosys(advice, call))
			names[rule->name_count++] = sbpf_call_at(call);
	}
	outline->rule_count += rule->name_count > 0;
}

static void outline_abis(const struct advice *advice, struct profile_outline *outline)
{
	for (uint64_t own = 2; own-- > 0;) {
		for (int abi = 0; abi < sbpf_abi_count() && outline->abi_count < ABIS_MAX; abi++) {
			if (advice->abis >> abi & 1 && (advice->machines >> abi & 1) == own)
				outline->abis[outline->abi_count++] = abi;
		}
	}
}

char *advice_text(const struct tool *tool, const struct advice *advice,
		  const struct argument_choice *choice, size_t *length)
{
	struct profile_outline outline = { .fallback = SECCOMP_RET_ERRNO | EPERM };
	size_t calls = (size_t)sbpf_call_count();
	struct lines lines;
	const char **names = NULL;
	char *text = NULL;

	if (collect_lines(advice, choice, &lines)) {
		names = calloc(lines.count + calls, sizeof(names[0]));
		outline.rules = calloc(lines.count + 1, sizeof(outline.rules[0]));
	}
	if (names && outline.rules) {
		outline_abis(advice, &outline);
		outline_lines(&lines, names, &outline);
		outline_enosys(advice, names + lines.count, &outline);
		text = profile_text(&outline, length);
	}
	if (!text)
		report(tool->name, "out of memory");
	free(names);
	free(outline.rules);
	free_lines(&lines);
	return text;
}

void advice_count(const struct advice *advice, struct advice_counts *counts)
{
	*counts = (struct advice_counts){ 0 };
	for (int call = 0; call < sbpf_call_count(); call++) {
		counts->reasons[advice->calls[call].reason]++;
		counts->enosys += advice_says_enosys(advice, call);
	}
}
