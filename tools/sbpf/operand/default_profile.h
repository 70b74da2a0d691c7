/* SPDX-License-Identifier: MIT */
/* Docker's policy, which stands in where no profile is named; built in from profiles/. */
#ifndef SBPF_TOOLS_DEFAULT_PROFILE_H
#define SBPF_TOOLS_DEFAULT_PROFILE_H

#include <stddef.h>

extern const char default_profile[];
extern const size_t default_profile_length;

#endif
