/* SPDX-License-Identifier: MIT */
/* JSON on a stream. Numbers of 64 bits are strings, as many readers keep only 53 bits. */
#ifndef SBPF_TOOLS_JSON_WRITER_H
#define SBPF_TOOLS_JSON_WRITER_H

#include "sbpf.h"

#include <stdio.h>

/* A string with its quotes, or null for NULL. Bytes that are not UTF-8 become U+FFFD. */
void json_string(FILE *out, const char *text);

/* "0x1f" with its quotes. */
void json_hex(FILE *out, uint64_t value);

/* ["0x0", …]: the six arguments of a call. */
void json_arguments(FILE *out, const struct seccomp_data *data);

/* {"value": 327681, "text": "ERRNO(1)"} */
void json_verdict(FILE *out, uint32_t verdict);

/* "abi": "x86_64", "arch": …, "nr": …, "name": …, "args": […]: members without the braces. */
void json_call(FILE *out, int abi, const struct seccomp_data *data);

/* {members of json_call(), "a": verdict, "b": verdict}, or null for NULL. */
void json_example(FILE *out, const struct sbpf_example *example);

#endif
