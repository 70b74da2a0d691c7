/* SPDX-License-Identifier: MIT */
#include "completeness.h"

#include "call.h"
#include "json_writer.h"

#include <inttypes.h>
#include <stdlib.h>

/* So many calls of one run are listed for a reader; JSON has all. */
#define LISTED_MAX 20

/* Hands every call to see(context, abi, call). */
static void each_call(const struct recording *recording,
		      void (*see)(void *context, int abi, const struct recorded_call *call),
		      void *context)
{
	for (int abi = 0; abi < recording->abi_count; abi++) {
		for (size_t i = 0; i < recording->abis[abi].count; i++)
			see(context, abi, &recording->abis[abi].calls[i]);
	}
}

static void count_call(void *context, int abi, const struct recorded_call *call)
{
	struct completeness *result = context;

	(void)abi;
	result->calls++;
	result->sightings += call->runs;
	result->once += call->runs == 1;
	result->twice += call->runs == 2;
}

struct completeness completeness_of(const struct recording *recording)
{
	struct completeness result = { .runs = recording->runs, .lost = recording->lost };

	each_call(recording, count_call, &result);
	if (result.twice)
		result.unseen =
			(result.once * result.once + 2 * result.twice - 1) / (2 * result.twice);
	else if (result.once) /* the bias-corrected form */
		result.unseen = (result.once * (result.once - 1) + 1) / 2;
	return result;
}

/* ---- What to run next ---- */

enum advice { ADVICE_LOST, ADVICE_RUNS, ADVICE_ONCE, ADVICE_DONE };

static enum advice advise(const struct completeness *result)
{
	if (result->lost)
		return ADVICE_LOST;
	if (result->runs < COMPLETENESS_RUNS_MIN)
		return ADVICE_RUNS;
	return result->once ? ADVICE_ONCE : ADVICE_DONE;
}

static const char *plural(uint64_t count, const char *one, const char *more)
{
	return count == 1 ? one : more;
}

static void print_advice(FILE *out, const struct completeness *result)
{
	uint64_t missing;

	switch (advise(result)) {
	case ADVICE_LOST:
		fprintf(out, "%" PRIu64 " %s lost by a recorder: record that run again",
			result->lost, plural(result->lost, "call was", "calls were"));
		break;
	case ADVICE_RUNS:
		missing = COMPLETENESS_RUNS_MIN - result->runs;
		fprintf(out,
			"too few runs to say: record at least %" PRIu64
			" more, each from start to end and with other work",
			missing);
		break;
	case ADVICE_ONCE:
		fputs("record again what led to the calls that one run alone has, and what is "
		      "like it: reloads, errors, rare requests, the end",
		      out);
		break;
	case ADVICE_DONE:
		fputs("more runs of this kind would hardly show more; what none of them did, such "
		      "as a reload or an error, is not known",
		      out);
	}
}

/* ---- For readers ---- */

struct listing {
	FILE *out;
	uint64_t count;
	bool is_json;
};

static void print_name(FILE *out, const struct recorded_call *call)
{
	if (call->name)
		fputs(call->name, out);
	else
		fprintf(out, "#%" PRIu32, call->number);
}

static void list_text(struct listing *listing, int abi, const struct recorded_call *call)
{
	if (listing->count > LISTED_MAX)
		return;
	if (listing->count == LISTED_MAX) {
		fputs(", …", listing->out);
		return;
	}
	fprintf(listing->out, "%s%s ", listing->count ? ", " : "", name_of_abi(abi));
	print_name(listing->out, call);
	if (call->program_count == 1)
		fprintf(listing->out, " (%s)", call->programs[0].name);
}

static void list_json(struct listing *listing, int abi, const struct recorded_call *call)
{
	fprintf(listing->out, "%s{\"abi\": ", listing->count ? ", " : "");
	json_string(listing->out, name_of_abi(abi));
	fprintf(listing->out, ", \"nr\": %" PRIu32 ", \"name\": ", call->number);
	json_string(listing->out, call->name);
	putc('}', listing->out);
}

static void list_once(void *context, int abi, const struct recorded_call *call)
{
	struct listing *listing = context;

	if (call->runs != 1)
		return;
	if (listing->is_json)
		list_json(listing, abi, call);
	else
		list_text(listing, abi, call);
	listing->count++;
}

void completeness_print(FILE *out, const struct recording *recording)
{
	const struct completeness result = completeness_of(recording);
	struct listing listing = { .out = out };

	fprintf(out,
		"runs      %" PRIu64 ", with %" PRIu64 " %s: %" PRIu64
		" of them in one run alone, %" PRIu64 " in two\n",
		result.runs, result.calls, plural(result.calls, "call", "calls"), result.once,
		result.twice);
	if (result.runs >= COMPLETENESS_RUNS_MIN && result.sightings) {
		uint64_t known = result.sightings - result.once;

		fprintf(out,
			"coverage  %" PRIu64 " of %" PRIu64 ", %" PRIu64
			" %% (Good-Turing: how likely the next sighting is of a call known here)\n",
			known, result.sightings, 100 * known / result.sightings);
		fprintf(out, "unseen    at least %" PRIu64 " %s (Chao2)\n", result.unseen,
			plural(result.unseen, "call", "calls"));
	}
	if (result.once && result.runs > 1) {
		fputs("one run   ", out);
		each_call(recording, list_once, &listing);
		putc('\n', out);
	}
	fputs("next      ", out);
	print_advice(out, &result);
	putc('\n', out);
}

/* ---- For machines ---- */

void completeness_print_json(FILE *out, const struct recording *recording)
{
	const struct completeness result = completeness_of(recording);
	struct listing listing = { .out = out, .is_json = true };
	char *advice = NULL;
	size_t length;
	FILE *text = open_memstream(&advice, &length);

	fprintf(out,
		"{\"runs\": %" PRIu64 ", \"calls\": %" PRIu64 ", \"sightings\": %" PRIu64
		", \"once\": %" PRIu64 ", \"twice\": %" PRIu64 ", \"lost\": %" PRIu64
		", \"enough_runs\": %s,\n \"coverage\": {\"known\": %" PRIu64 ", \"of\": %" PRIu64
		"}, \"unseen\": %" PRIu64 ",\n \"one_run\": [",
		result.runs, result.calls, result.sightings, result.once, result.twice, result.lost,
		result.runs < COMPLETENESS_RUNS_MIN ? "false" : "true",
		result.sightings - result.once, result.sightings, result.unseen);
	each_call(recording, list_once, &listing);
	fputs("],\n \"next\": ", out);
	if (text) {
		print_advice(text, &result);
		fclose(text);
	}
	json_string(out, advice);
	fputs("}\n", out);
	free(advice);
}
