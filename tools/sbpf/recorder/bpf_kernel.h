/* SPDX-License-Identifier: MIT */
/* bpf(2): maps and programs by their descriptors. */
#ifndef SBPF_TOOLS_BPF_KERNEL_H
#define SBPF_TOOLS_BPF_KERNEL_H

#include "bpf_code.h"
#include "sbpf.h"

/* A map (BPF_MAP_TYPE_*) that holds entries at most. -1 with an error. */
int bpf_map_new(int type, size_t key, size_t value, size_t entries, struct sbpf_error *error);

/* 0, or -1 with errno. A value of a map for each CPU is one value after another. */
int bpf_map_get(int map, const void *key, void *value);
int bpf_map_put(int map, const void *key, const void *value, uint64_t flags);
int bpf_map_delete(int map, const void *key);

/* The key behind another one, the first for NULL. -1 when there is none. */
int bpf_map_next(int map, const void *key, void *next);

/* A program for a raw tracepoint, checked by the kernel. -1 with an error. */
int bpf_program_load(struct code *code, const char *name, struct sbpf_error *error);

/* Attaches a program to a raw tracepoint while the descriptor that is returned is open. */
int bpf_program_attach(int program, const char *tracepoint, struct sbpf_error *error);

/* How often the kernel left a program out, as it was already running on that CPU. */
uint64_t bpf_program_misses(int program);

/* How many values a map for each CPU has. */
unsigned int bpf_cpu_count(void);

#endif
