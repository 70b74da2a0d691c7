/* SPDX-License-Identifier: MIT */
/* SeccompProfile resources of the Security Profiles Operator (v1, v1beta1) as profiles. */
#ifndef SBPF_TOOLS_RESOURCE_H
#define SBPF_TOOLS_RESOURCE_H

#include "sbpf.h"

#define RESOURCE_GROUP "security-profiles-operator.x-k8s.io"
#define RESOURCE_KIND "SeccompProfile"

/* Whether a text seems to be such a manifest, in YAML or JSON, and no profile. */
bool resource_seems(const char *text, size_t length);

/*
 * The profile of the one resource in a stream of manifests, as JSON in the OCI schema's keys, where
 * each value is in the line in which the manifest has it. The malloc'd text, terminated, of *size
 * bytes; NULL on error: what the resource cannot say, too.
 */
char *resource_profile(const char *text, size_t length, size_t *size, struct sbpf_error *error);

#endif
