/* SPDX-License-Identifier: MIT */
/* What a text that is no profile seems to be instead. */
#ifndef SBPF_LIB_FOREIGN_H
#define SBPF_LIB_FOREIGN_H

#include "sbpf.h"

/*
 * Says in an error, which is why the text could not be read as a profile, that it is YAML, TOML or
 * a Kubernetes manifest, and what to do; leaves the error alone when it is none of these.
 */
void foreign_explain(const char *text, size_t length, struct sbpf_error *error);

#endif
