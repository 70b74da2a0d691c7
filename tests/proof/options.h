/* SPDX-License-Identifier: MIT */
/* The command line that the proof tests share, and what they print at the end. */
#ifndef SBPF_TESTS_PROOF_OPTIONS_H
#define SBPF_TESTS_PROOF_OPTIONS_H

#include "judge.h"

struct options {
	uint64_t seed;
	unsigned long count; /* of whatever the test is about */
	bool is_long;
};

/* Defaults stand in *options. Exits with a usage text when the line is wrong. */
void options_read(struct options *options, int argc, char **argv, const char *what);

void tally_print(const struct tally *tally);

#endif
