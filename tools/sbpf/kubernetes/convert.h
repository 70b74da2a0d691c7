/* SPDX-License-Identifier: MIT */
/* Profiles as SeccompProfile resources, and resources as profiles. */
#ifndef SBPF_TOOLS_CONVERT_H
#define SBPF_TOOLS_CONVERT_H

#include "sbpf.h"

/*
 * A profile that the library takes, in JSON, as a resource of the version ("v1") with this name, in
 * YAML. The malloc'd text; NULL on error: what the resource cannot say, too. Whether it means the
 * same is for convert_prove() to say.
 */
char *convert_to_resource(const char *text, size_t length, const char *version, const char *name,
			  size_t *size, struct sbpf_error *error);

/* JSON as resource_profile() makes it, laid out to be read. The malloc'd text; NULL on error. */
char *convert_layout(const char *text, size_t length, size_t *size, struct sbpf_error *error);

/*
 * Whether two profiles in JSON mean the same for every target that either tells apart, the first in
 * one reading and the second as runtimes read it. 0, or -1 on error: that they differ, with a call.
 */
int convert_prove(const char *text, size_t length, enum sbpf_reading reading, const char *other,
		  size_t other_length, struct sbpf_error *error);

#endif
