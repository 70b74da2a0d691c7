/* SPDX-License-Identifier: MIT */
/* The runtimes' own default profiles, built in from profiles/. */
#ifndef SBPF_TOOLS_DEFAULTS_H
#define SBPF_TOOLS_DEFAULTS_H

#include <stddef.h>

extern const char containerd_1_profile[];
extern const size_t containerd_1_profile_length;
extern const char containerd_2_profile[];
extern const size_t containerd_2_profile_length;
extern const char crio_profile[];
extern const size_t crio_profile_length;

#endif
