/* SPDX-License-Identifier: MIT */
/* Calls that lie where programs may differ: around the constants that they contain. */
#ifndef SBPF_TESTS_PROOF_CALLS_AROUND_H
#define SBPF_TESTS_PROOF_CALLS_AROUND_H

#include "programs.h"
#include "reference.h"

#define POOL_MAX 16384

/* Initialise with zeros; then program constants are added. */
struct pool {
	const struct tables *tables;	   /* which archs have 32-bit registers */
	const struct reference *reference; /* NULL, or half of the calls are on its edges */
	uint32_t constants[POOL_MAX];
	size_t count;
};

void pool_add_program(struct pool *pool, const struct program *program);

/* The constants of one instruction, several times: calls around it come more often. */
void pool_stress(struct pool *pool, const struct sock_filter *instruction, size_t times);

/* A call that can occur: where registers have 32 bits, no argument has more. */
void pool_call(const struct pool *pool, struct random *random, struct seccomp_data *call);

/* The same call with one word changed. */
void pool_vary(const struct pool *pool, struct random *random, struct seccomp_data *call);

/* Whether registers have 32 bits for calls of this arch. */
bool pool_is_narrow(const struct pool *pool, uint32_t arch);

#endif
