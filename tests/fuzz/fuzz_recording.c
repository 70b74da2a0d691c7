// SPDX-License-Identifier: MIT
/*
 * Any text as a recording: it is refused with a reason, or what is written of it is read again as
 * the same, and merged with itself has twice of everything.
 */
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "target.h"

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static char *format(const struct recording *recording)
{
	size_t length;
	char *text = recording_format(recording, &length);

	expect(text && strlen(text) == length);
	return text;
}

static struct recording *parse(const char *text)
{
	struct sbpf_error error = { 0 };
	struct recording *recording = recording_parse(text, strlen(text), &error);

	expect(recording && error.code == SBPF_OK);
	return recording;
}

static void expect_same_again(const struct recording *recording)
{
	char *text = format(recording);
	struct recording *again = parse(text);
	char *text_again = format(again);

	expect(!strcmp(text, text_again));
	free(text);
	free(text_again);
	recording_free(again);
}

static void expect_double(const struct recording *once, const struct recording *twice)
{
	for (int abi = 0; abi < once->abi_count; abi++) {
		expect(once->abis[abi].count == twice->abis[abi].count);
		for (size_t i = 0; i < once->abis[abi].count; i++) {
			const struct recorded_call *call = &once->abis[abi].calls[i];
			const struct recorded_call *both = recording_find(twice, abi, call->number);

			expect(both == &twice->abis[abi].calls[i]);
			expect(both->count == 2 * call->count || both->count == RECORDED_COUNT_MAX);
			expect(both->program_count == call->program_count);
			expect(both->arguments[0].count == call->arguments[0].count);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbpf_error error = { 0 };
	struct recording *recording = recording_parse((const char *)data, size, &error);
	struct recording *merged;

	if (!recording) {
		expect(error.code != SBPF_OK && error.message[0]);
		return 0;
	}
	merged = recording_new(0);
	expect(merged && !recording->failed && recording->runs >= 1);
	recording_merge(merged, recording);
	recording_merge(merged, recording);
	expect_same_again(recording);
	expect_same_again(merged);
	expect_double(recording, merged);
	recording_free(merged);
	recording_free(recording);
	return 0;
}
