/* SPDX-License-Identifier: MIT */
/* What a whole policy means, by verdict. */
#include "explain.h"

#include "abi_meaning.h"
#include "call.h"
#include "constants.h"
#include "json_writer.h"

#include <inttypes.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

/* Everything there is to say. */
struct essay {
	const struct question *question;
	struct sbpf_space *space;
	sbpf_meaning meaning;
	struct abi_meaning *abis; /* the machine's own first, then its relatives */
	size_t count;
	bool rest_known; /* all other archs get one verdict */
	uint32_t rest;
};

/* ---- Finding out ---- */

static bool add_abi(struct essay *essay, int abi)
{
	if (!abi_meaning_make(essay->question->tool, essay->space, essay->meaning, abi,
			      essay->question->json, &essay->abis[essay->count]))
		return false;
	essay->count++;
	return true;
}

static bool add_abis(struct essay *essay)
{
	const struct filters *filters = essay->question->filters;

	essay->abis = calloc((size_t)sbpf_abi_count() + 1, sizeof(essay->abis[0]));
	if (!essay->abis) {
		report(essay->question->tool->name, "out of memory");
		return false;
	}
	if (!add_abi(essay, filters->machine))
		return false;
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi != filters->machine && filters->relatives >> abi & 1 &&
		    !add_abi(essay, abi))
			return false;
	}
	return true;
}

/* Of all differences from a filter that always says the same, only those on no ABI count. */
static bool note_foreign(void *context, const struct sbpf_difference *difference)
{
	bool *uniform = context;

	if (difference->abi < 0)
		*uniform = false;
	return *uniform;
}

/* An arch that no machine has stands for all that are none of the ABIs known. */
static void find_rest(struct essay *essay)
{
	const struct seccomp_data data = { .nr = 0 };
	struct sock_filter always = { .code = BPF_RET | BPF_K };
	sbpf_meaning same;
	bool uniform = true;

	if (!sbpf_meaning_verdict(essay->space, essay->meaning, &data, &essay->rest))
		return;
	always.k = essay->rest;
	essay->rest_known = !sbpf_meaning_of_program(essay->space, &always, 1, &same, NULL) &&
			    !sbpf_meaning_differences(essay->space, essay->meaning, same,
						      note_foreign, &uniform, NULL) &&
			    uniform;
}

static bool research(struct essay *essay)
{
	const struct question *question = essay->question;

	essay->space = operand_space(question->tool, question->target);
	if (!essay->space ||
	    !operand_meaning(question->tool, essay->space, question->operand, &essay->meaning) ||
	    !add_abis(essay))
		return false;
	find_rest(essay);
	return true;
}

static void essay_free(struct essay *essay)
{
	for (size_t i = 0; i < essay->count; i++)
		abi_meaning_free(&essay->abis[i]);
	free(essay->abis);
	sbpf_space_free(essay->space);
}

/* What the machine's own ABI does with a call of this name; NULL when it lacks the call. */
static const struct call_meaning *find_own(const struct essay *essay, const char *name)
{
	const struct abi_meaning *own = &essay->abis[0];

	for (size_t i = 0; i < own->call_count; i++) {
		if (!strcmp(own->calls[i].name, name))
			return &own->calls[i];
	}
	return NULL;
}

/* Whether an ABI's call is worth a word: what is as on the machine's own ABI is not. */
static bool is_news(const struct essay *essay, const struct abi_meaning *abi,
		    const struct call_meaning *call)
{
	const struct call_meaning *own;

	if (abi == &essay->abis[0])
		return true;
	own = find_own(essay, call->name);
	return !own || !call_meanings_equal(own, call);
}

/* ---- Text ---- */

/* The verdicts of calls that no argument counts for, the most permissive first. */
#define VERDICTS_MAX 64
struct verdicts {
	struct branch list[VERDICTS_MAX];
	size_t count;
};

static bool same_verdict(const struct branch *a, const struct branch *b)
{
	return a->known == b->known && (!a->known || a->verdict == b->verdict);
}

static void add_verdict(struct verdicts *verdicts, const struct branch *branch)
{
	size_t place = verdicts->count;

	for (size_t i = 0; i < verdicts->count; i++) {
		if (same_verdict(&verdicts->list[i], branch))
			return;
	}
	if (verdicts->count == VERDICTS_MAX)
		return;
	while (place &&
	       sbpf_verdict_compare(verdicts->list[place - 1].verdict, branch->verdict) < 0)
		place--;
	memmove(&verdicts->list[place + 1], &verdicts->list[place],
		(verdicts->count - place) * sizeof(verdicts->list[0]));
	verdicts->list[place] = *branch;
	verdicts->count++;
}

/* Whether a call is told in the list of those with this verdict. */
static bool is_listed(const struct essay *essay, const struct abi_meaning *abi,
		      const struct call_meaning *call, const struct branch *verdict)
{
	return call_meaning_is_simple(call) && is_news(essay, abi, call) &&
	       same_verdict(&call->branches[0], verdict);
}

static struct verdicts find_verdicts(const struct essay *essay, const struct abi_meaning *abi)
{
	struct verdicts verdicts = { .count = 0 };

	for (size_t i = 0; i < abi->call_count; i++) {
		if (call_meaning_is_simple(&abi->calls[i]) && is_news(essay, abi, &abi->calls[i]))
			add_verdict(&verdicts, &abi->calls[i].branches[0]);
	}
	return verdicts;
}

/* So many exceptions are named beside "every call but". */
#define EXCEPTIONS_MAX 20

/* The calls that are told of an ABI and are, or are not, in the list of a verdict. */
static void print_names(FILE *out, const struct essay *essay, const struct abi_meaning *abi,
			const struct branch *verdict, bool listed)
{
	fputs("   ", out);
	for (size_t i = 0; i < abi->call_count; i++) {
		const struct call_meaning *call = &abi->calls[i];

		if (is_news(essay, abi, call) && is_listed(essay, abi, call, verdict) == listed)
			fprintf(out, " %s", call->name);
	}
	putc('\n', out);
}

/* What most calls get is said by the others. */
static void print_simple(struct page *page, const struct essay *essay,
			 const struct abi_meaning *abi, const struct branch *verdict)
{
	FILE *out = page->stream;
	size_t count = 0, others = 0;

	for (size_t i = 0; i < abi->call_count; i++) {
		bool listed = is_listed(essay, abi, &abi->calls[i], verdict);

		count += listed;
		others += !listed && is_news(essay, abi, &abi->calls[i]);
	}
	fputs("\n  ", out);
	verdict_print(page, verdict->known, verdict->verdict, abi->abi);
	fputs(", whatever the arguments: ", out);
	if (essay->question->all || count <= others || count <= EXCEPTIONS_MAX) {
		fprintf(out, "%zu %s\n", count, count == 1 ? "call" : "calls");
		print_names(out, essay, abi, verdict, true);
		return;
	}
	fprintf(out, "every %scall%s", count + others == abi->call_count ? "" : "other ",
		others ? " but" : "");
	if (others > EXCEPTIONS_MAX) {
		fprintf(out, " the %zu that are named below or above\n", others);
	} else if (others) {
		putc('\n', out);
		print_names(out, essay, abi, verdict, false);
	} else {
		putc('\n', out);
	}
}

static void print_branches(struct page *page, int abi, const struct call_meaning *call)
{
	FILE *out = page->stream;

	fprintf(out, "    %s:", call->name);
	if (!call->count)
		fputs(" depends on its arguments in more ways than can be told\n", out);
	for (size_t i = 0; i < call->count; i++) {
		const struct branch *branch = &call->branches[i];

		fputs(i ? "        " : " ", out);
		fputs(branch->when ? "" : "else ", out);
		verdict_print(page, branch->known, branch->verdict, abi);
		if (branch->when)
			fprintf(out, " if %s", branch->when);
		putc('\n', out);
	}
}

static void print_conditional(struct page *page, const struct essay *essay,
			      const struct abi_meaning *abi)
{
	const char *title = "\n  By arguments:\n";

	for (size_t i = 0; i < abi->call_count; i++) {
		const struct call_meaning *call = &abi->calls[i];

		if (call_meaning_is_simple(call) || !is_news(essay, abi, call))
			continue;
		fputs(title, page->stream);
		print_branches(page, abi->abi, call);
		title = "";
	}
}

/* The number that a tracer writes to skip a call is of no ABI, and x32's range ends before it. */
static const struct gap *find_skipped(const struct abi_meaning *abi)
{
	const struct gap *last = &abi->gaps[abi->gap_count - 1];

	return abi->gap_count > 1 && last->first == UINT32_MAX ? last : NULL;
}

static bool same_gap(const struct gap *a, const struct gap *b)
{
	return a->known == b->known && a->verdict == b->verdict;
}

/* The verdict of the highest numbers, and those that others without a call get. */
static void print_gaps(struct page *page, const struct abi_meaning *abi)
{
	const struct gap *skipped = find_skipped(abi);
	size_t last = abi->gap_count - (skipped ? 2 : 1);
	const struct gap *rest = &abi->gaps[last];
	FILE *out = page->stream;
	bool is_only = true;

	putc('\n', out);
	for (size_t i = 0; i < last; i++) {
		const struct gap *gap = &abi->gaps[i];

		if (same_gap(gap, rest))
			continue;
		is_only = false;
		fputs("  ", out);
		verdict_print(page, gap->known, gap->verdict, abi->abi);
		fprintf(out, ": numbers without a call from %" PRIu32 " to %" PRIu32 "\n",
			gap->first, gap->last);
	}
	fputs("  ", out);
	verdict_print(page, rest->known, rest->verdict, abi->abi);
	fprintf(out, ": every %snumber without a call\n", is_only ? "" : "other ");
	if (!skipped || same_gap(skipped, rest))
		return;
	fputs("  ", out);
	verdict_print(page, skipped->known, skipped->verdict, abi->abi);
	fprintf(out, ": %" PRIu32 ", which a tracer writes to skip a call\n", skipped->first);
}

/* "By aarch64: ERRNO(EPERM)". */
static void print_entry(struct page *page, const char *entry, uint32_t verdict, bool known,
			int machine)
{
	page_paint(page, PAINT_TITLE);
	fprintf(page->stream, "\nBy %s", entry);
	page_paint(page, PAINT_NONE);
	fputs(": ", page->stream);
	verdict_print(page, known, verdict, machine);
}

static void print_title(struct page *page, const struct essay *essay, const struct abi_meaning *abi)
{
	size_t told = 0;

	for (size_t i = 0; i < abi->call_count; i++)
		told += is_news(essay, abi, &abi->calls[i]);
	page_paint(page, PAINT_TITLE);
	fprintf(page->stream, "\nBy %s", name_of_abi(abi->abi));
	page_paint(page, PAINT_NONE);
	if (told < abi->call_count)
		fprintf(page->stream, ": %zu of %zu calls as by %s%s", abi->call_count - told,
			abi->call_count, name_of_abi(essay->abis[0].abi),
			told ? "; the others:" : "");
	putc('\n', page->stream);
}

static void print_abi(struct page *page, const struct essay *essay, const struct abi_meaning *abi)
{
	const struct gap *rest = &abi->gaps[abi->gap_count - 1];
	struct verdicts verdicts = find_verdicts(essay, abi);

	if (abi->uniform) {
		print_entry(page, name_of_abi(abi->abi), rest->verdict, rest->known, abi->abi);
		fputs(", whatever the call\n", page->stream);
		return;
	}
	print_title(page, essay, abi);
	for (size_t i = 0; i < verdicts.count; i++)
		print_simple(page, essay, abi, &verdicts.list[i]);
	print_conditional(page, essay, abi);
	print_gaps(page, abi);
}

static void print_text(struct page *page, const struct essay *essay)
{
	int machine = essay->question->filters->machine;

	page_paint(page, PAINT_TITLE);
	fprintf(page->stream, "%s on %s\n", essay->question->operand->name, name_of_abi(machine));
	page_paint(page, PAINT_NONE);
	for (size_t i = 0; i < essay->count; i++)
		print_abi(page, essay, &essay->abis[i]);
	if (essay->rest_known)
		print_entry(page, "any other arch", essay->rest, true, machine);
	else
		fputs("\nBy other archs: not one verdict for all", page->stream);
	putc('\n', page->stream);
}

/* ---- JSON ---- */

static void json_known(FILE *out, bool known, uint32_t verdict)
{
	if (known)
		json_verdict(out, verdict);
	else
		fputs("null", out);
}

static void json_meaning(FILE *out, const struct call_meaning *call)
{
	fputs("{\"name\": ", out);
	json_string(out, call->name);
	fprintf(out, ", \"nr\": %" PRIu32 ", \"cases\": ", call->number);
	if (!call->count) {
		fputs("null}", out);
		return;
	}
	for (size_t i = 0; i < call->count; i++) {
		fputs(i ? ", {\"when\": " : "[{\"when\": ", out);
		json_string(out, call->branches[i].when);
		fputs(", \"verdict\": ", out);
		json_known(out, call->branches[i].known, call->branches[i].verdict);
		putc('}', out);
	}
	fputs("]}", out);
}

static void json_gap(FILE *out, const struct gap *gap)
{
	fprintf(out, "{\"first\": %" PRIu32 ", \"last\": %" PRIu32 ", \"verdict\": ", gap->first,
		gap->last);
	json_known(out, gap->known, gap->verdict);
	putc('}', out);
}

static void json_abi(FILE *out, const struct abi_meaning *abi)
{
	fprintf(out, "{\"abi\": \"%s\", \"calls\": [", name_of_abi(abi->abi));
	for (size_t i = 0; i < abi->call_count; i++) {
		fputs(i ? ",\n      " : "\n      ", out);
		json_meaning(out, &abi->calls[i]);
	}
	fputs("],\n    \"unnamed\": [", out);
	for (size_t i = 0; i < abi->gap_count; i++) {
		fputs(i ? ",\n      " : "\n      ", out);
		json_gap(out, &abi->gaps[i]);
	}
	fputs("]}", out);
}

static void print_json(FILE *out, const struct essay *essay)
{
	fputs("{\n  \"name\": ", out);
	json_string(out, essay->question->operand->name);
	fprintf(out, ",\n  \"machine\": \"%s\",\n  \"abis\": [",
		name_of_abi(essay->question->filters->machine));
	for (size_t i = 0; i < essay->count; i++) {
		fputs(i ? ",\n    " : "\n    ", out);
		json_abi(out, &essay->abis[i]);
	}
	fputs("],\n  \"other_archs\": ", out);
	json_known(out, essay->rest_known, essay->rest);
	fputs("\n}\n", out);
}

/* ---- The answer ---- */

int explain_policy(const struct question *question, struct page *page)
{
	struct essay essay = { .question = question };
	bool researched = research(&essay);

	if (researched && question->json)
		print_json(page->stream, &essay);
	else if (researched)
		print_text(page, &essay);
	essay_free(&essay);
	return researched ? STATUS_OK : STATUS_FAILURE;
}
