/* SPDX-License-Identifier: MIT */
/* One profile for one target: what assertions are decided on. */
#ifndef SBPF_TOOLS_CELL_H
#define SBPF_TOOLS_CELL_H

#include "operand.h"
#include "opinion.h"
#include "test_file.h"

/* A policy that assertions range over: the profile's own, or one that differs from it. */
struct stand {
	sbpf_meaning meaning;
	uint64_t covered; /* the ABIs of the filter: bit = ABI index */
};

struct cell {
	const struct tool *tool;
	const struct test_file *file;
	const struct test_target *target;
	size_t section;
	struct operand operand;
	const struct operand_part *part; /* the one of the operand */
	struct part_lines lines;
	int machine;
	uint64_t kernel_abis; /* of the machine's kernel: bit = ABI index */
	struct sbpf_space *space;
	struct stand stand;
	sbpf_meaning nothing; /* KILL_PROCESS for all calls: no call is in the region */
};

/* False when that failed, which was reported; cell_free() is needed all the same. */
bool cell_open(const struct tool *tool, const struct test_file *file, size_t section,
	       const struct test_target *target, struct cell *cell);
void cell_free(struct cell *cell);

/* Forgets all meanings but the cell's own, which are new ones. */
bool cell_clear(struct cell *cell);

/* Reports an error of the library on a cell. Returns false. */
bool cell_fail(const struct cell *cell, const struct sbpf_error *error);

/* One verdict for all calls. */
bool cell_constant(const struct cell *cell, uint32_t verdict, sbpf_meaning *meaning);

/* A meaning of LOG where one is ALLOW or LOG, and TRACE where it is not. */
bool cell_flatten(const struct cell *cell, sbpf_meaning meaning, sbpf_meaning *flat);

/* The verdict that an assertion means on the cell's machine. */
uint32_t cell_verdict(const struct cell *cell, const struct assertion *assertion);

/*
 * The calls that an assertion speaks of, ALLOW, among all others, KILL_PROCESS. False when that
 * failed, which was reported.
 */
bool region_find(const struct cell *cell, const struct assertion *assertion, uint64_t covered,
		 sbpf_meaning *region);

/* The calls that a meaning tells from all others, the rest as KILL_PROCESS. */
bool region_cut(const struct cell *cell, sbpf_meaning region, sbpf_meaning meaning,
		sbpf_meaning *result);

/* All calls of one name on the ABIs of the kernel, and those of its multiplexers. */
bool region_of_group(const struct cell *cell, size_t group, sbpf_meaning *region);

/* What became of an assertion. */
struct outcome {
	bool passed;
	bool is_void;		     /* no call is in its region: it could not fail otherwise */
	struct sbpf_example example; /* where it failed: the least call; a: what it gets */
};

/* False when it cannot be decided, which was reported. */
bool assertion_decide(const struct cell *cell, const struct assertion *assertion,
		      const struct stand *stand, struct outcome *outcome);

#endif
