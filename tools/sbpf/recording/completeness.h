/* SPDX-License-Identifier: MIT */
/*
 * How much of what a program calls its recordings have. Runs are samples and calls are species:
 * from how many were seen in one run and in two alone follows how many were not seen at all
 * (A. Chao, "Estimating the population size for capture-recapture data with unequal catchability",
 * 1987), and how likely the next sighting is one of a call that is known (I. J. Good, "The
 * population frequencies of species and the estimation of population parameters", 1953).
 */
#ifndef SBPF_TOOLS_COMPLETENESS_H
#define SBPF_TOOLS_COMPLETENESS_H

#include "recording.h"

#include <stdio.h>

/* Fewer runs say nothing. */
#define COMPLETENESS_RUNS_MIN 3

struct completeness {
	uint64_t runs;
	uint64_t calls;	    /* different ones, of all ABIs */
	uint64_t sightings; /* the sum of the runs in which each was seen */
	uint64_t once;	    /* calls that were seen in one run */
	uint64_t twice;	    /* and in two */
	uint64_t unseen;    /* Chao2, rounded up: at least as many calls were not seen */
	uint64_t lost;	    /* calls that a recorder could not count */
};

struct completeness completeness_of(const struct recording *recording);

/* Writes what it says and what to run next. */
void completeness_print(FILE *out, const struct recording *recording);
void completeness_print_json(FILE *out, const struct recording *recording);

#endif
