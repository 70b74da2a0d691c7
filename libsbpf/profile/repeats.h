/* SPDX-License-Identifier: MIT */
/* Keys that an object of a profile has more than once. */
#ifndef SBPF_LIB_REPEATS_H
#define SBPF_LIB_REPEATS_H

#include "values.h"

/*
 * Refuses a key of effect that stands in an object again, and notes those without effect. Of these
 * the outline keeps then what json-c's tree keeps: the first one, with the last one's value, of
 * which it tells only where it begins. 0, or -1 with an error.
 */
int check_repeats(struct parser *parser, const struct schema *schema);

#endif
