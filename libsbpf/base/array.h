/* SPDX-License-Identifier: MIT */
/* How long an array is. */
#ifndef SBPF_LIB_ARRAY_H
#define SBPF_LIB_ARRAY_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
