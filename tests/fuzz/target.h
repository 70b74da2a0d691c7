/* SPDX-License-Identifier: MIT */
/* What a fuzzing engine calls: libFuzzer, AFL++'s driver of the same interface, or replay.c. */
#ifndef SBPF_TESTS_FUZZ_TARGET_H
#define SBPF_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
