/* SPDX-License-Identifier: MIT */
/* Random profiles that are valid and use everything that a profile can say, and targets for them.
 */
#ifndef SBPF_TESTS_GENERATOR_H
#define SBPF_TESTS_GENERATOR_H

#include "random.h"
#include "sbpf.h"
#include "tables.h"

/* A target with room for its strings. */
struct generated_target {
	struct sbpf_target target;
	char machine[16];
	char abis[64];
	char kernel[32];
	char capabilities[128];
	char bad_arch[32];
	/* Where the reading, the width and what is written for their sake come from: not from the
	 * stream that gives the rest, so that a seed's profile does not depend on them. */
	struct random variation;
};

void generate_target(struct random *random, const struct tables *tables,
		     struct generated_target *target);

/* Valid for this target's machine. The text is the caller's to free(3); NULL without memory. */
char *generate_profile(struct random *random, const struct tables *tables,
		       const struct generated_target *target);

#endif
