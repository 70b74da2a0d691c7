// SPDX-License-Identifier: MIT
/*
 * Compiles random profiles, or the given files, and compares every filter with the reference.
 * A failure prints the command that repeats it alone.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "compare.h"
#include "generator.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char usage[] =
	"usage: differential [--seed N] [--profiles N] [--calls N] [--long] [--print] [FILE...]\n"
	"Without FILEs, that many random profiles with that many calls each.\n"
	"With FILEs, every number of every ABI with that many arguments each, for several "
	"targets.\n"
	"  --long   more of either: all machines for files, fifty times the random profiles\n"
	"  --print  show the random profiles\n";

struct run {
	const char *program;
	const struct tables *tables;
	uint64_t seed;
	unsigned long profiles;
	unsigned long calls;
	bool is_long;
	bool print;
	unsigned long long compared;
	unsigned long accepted; /* targets that the present file has a meaning for */
};

/* ---- Random profiles ---- */

static void print_target(const struct sbpf_target *target)
{
	static const char *const readings[] = { "docker", "oci", "literal" };

	fprintf(stderr,
		"target: machine %s, abis %s, kernel %s, capabilities %s, bad_arch %s%s, "
		"%s reading, %s width\n",
		target->machine, target->abis ? target->abis : "(profile's)",
		target->kernel ? target->kernel : "(this)",
		target->capabilities ? target->capabilities : "(default)",
		target->bad_arch ? target->bad_arch : "(default)",
		target->unknown_as_enosys ? ", unknown as ENOSYS" : "", readings[target->reading],
		target->width == SBPF_WIDTH_KERNEL ? "kernel" : "profile");
}

static bool compare_edges(struct run *run, struct random *random,
			  const struct comparison *comparison)
{
	struct seccomp_data data;

	for (unsigned long i = 0; i < run->calls; i++) {
		calls_edge(random, comparison->reference, &data);
		if (!comparison_agrees(comparison, &data))
			return false;
		run->compared++;
	}
	return true;
}

/* A profile has the run's seed plus its index as its own, so that it can be repeated alone. */
static bool compare_random(struct run *run, uint64_t seed)
{
	struct random random = { .state = seed };
	struct sbpf_error error = { 0 };
	struct generated_target target;
	struct comparison comparison;
	bool good = false;
	char *text;

	generate_target(&random, run->tables, &target);
	text = generate_profile(&random, run->tables, &target);
	if (!text)
		return false;
	if (run->print)
		fputs(text, stdout);
	if (comparison_start(&comparison, run->tables, text, strlen(text), &target.target,
			     &error)) {
		good = compare_edges(run, &random, &comparison);
		comparison_end(&comparison);
	}
	if (!good) {
		if (error.code)
			fprintf(stderr, "the library refuses it: %s: %s\n", error.where,
				error.message);
		print_target(&target.target);
		fprintf(stderr,
			"%s\nTo repeat: %s --seed %" PRIu64 " --profiles 1 --calls %lu --print\n",
			text, run->program, seed, run->calls);
	}
	free(text);
	return good;
}

/* ---- Files ---- */

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;

	if (!file) {
		perror(path);
		return NULL;
	}
	text = malloc(SBPF_TEXT_MAX);
	*length = text ? fread(text, 1, SBPF_TEXT_MAX, file) : 0;
	fclose(file);
	return text;
}

/* All numbers of one ABI and some above, each with several arguments if they can matter. */
static bool compare_abi(struct run *run, struct random *random, const struct comparison *comparison,
			int abi)
{
	const struct table_abi *table = &run->tables->abis[abi];
	uint32_t last = table->max > 2048 ? 2048 : table->max + 3;
	unsigned long calls = comparison->reference->covered[abi] ? run->calls : 1;
	struct seccomp_data data;

	for (uint32_t number = 0; number <= last; number++) {
		for (unsigned long i = 0; i < calls; i++) {
			calls_with_number(random, comparison->reference, abi,
					  table->offset + number, &data);
			if (!comparison_agrees(comparison, &data))
				return false;
			run->compared++;
		}
	}
	return true;
}

/* A profile may be refused for some targets, as one with NOTIFY on write is, but not for all. */
static bool compare_target(struct run *run, const char *path, const char *text, size_t length,
			   const struct sbpf_target *target)
{
	struct random random = { .state = run->seed };
	struct sbpf_error error = { 0 };
	struct comparison comparison;
	bool good;

	good = comparison_start(&comparison, run->tables, text, length, target, &error);
	if (!good && error.code == SBPF_ERROR_PROFILE)
		return true;
	if (!good) {
		fprintf(stderr, "%s: %s: %s\n", path, error.where, error.message);
		return false;
	}
	run->accepted++;
	for (size_t i = 0; good && i < run->tables->abi_count; i++)
		good = compare_abi(run, &random, &comparison, (int)i);
	good = good && compare_edges(run, &random, &comparison);
	if (!good) {
		fprintf(stderr, "%s: differs, with\n", path);
		print_target(target);
	}
	comparison_end(&comparison);
	return good;
}

static bool compare_machine(struct run *run, const char *path, const char *text, size_t length,
			    const char *machine)
{
	const struct sbpf_target targets[] = {
		{ .machine = machine, .kernel = "6.1" },
		{ .machine = machine, .kernel = "4.7", .capabilities = "" },
		{ .machine = machine, .kernel = "6.18", .capabilities = "ALL" },
		{ .machine = machine, .kernel = "6.1", .unknown_as_enosys = true },
		{ .machine = machine, .kernel = "6.1", .abis = "", .bad_arch = "ERRNO(38)" },
		{ .machine = machine, .kernel = "6.1", .abis = "x86_64,x86,x32,aarch64,arm" },
		{ .machine = machine, .kernel = "6.1", .width = SBPF_WIDTH_KERNEL },
		{ .machine = machine, .kernel = "6.1", .reading = SBPF_READING_OCI },
		{ .machine = machine,
		  .kernel = "6.1",
		  .reading = SBPF_READING_LITERAL,
		  .width = SBPF_WIDTH_KERNEL },
	};

	for (size_t i = 0; i < COUNT(targets); i++)
		if (!compare_target(run, path, text, length, &targets[i]))
			return false;
	return true;
}

static bool compare_file(struct run *run, const char *path)
{
	static const char *const usual[] = { "x86_64", "aarch64", "s390x", "mips64" };
	size_t length = 0;
	char *text = read_file(path, &length);
	bool good = text != NULL;

	run->accepted = 0;
	for (size_t i = 0; good && !run->is_long && i < COUNT(usual); i++)
		good = compare_machine(run, path, text, length, usual[i]);
	for (size_t i = 0; good && run->is_long && i < run->tables->abi_count; i++) {
		struct sbpf_abi abi;
		const char *name = run->tables->abis[i].name;

		if (sbpf_abi_describe(sbpf_abi_find(name), &abi) && abi.is_machine)
			good = compare_machine(run, path, text, length, name);
	}
	free(text);
	if (good && run->accepted == 0)
		fprintf(stderr, "%s: no profile for any of the targets\n", path);
	return good && run->accepted > 0;
}

/* ---- Command line ---- */

static bool read_number(const char *text, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 0);
	return *text && !*end && errno == 0;
}

static bool read_options(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "profiles", required_argument, NULL, 'p' },
		{ "calls", required_argument, NULL, 'c' },
		{ "long", no_argument, NULL, 'l' },
		{ "print", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long seed = run->seed;
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			good = read_number(optarg, &seed);
			break;
		case 'p':
			good = read_number(optarg, &run->profiles);
			break;
		case 'c':
			good = read_number(optarg, &run->calls);
			break;
		case 'l':
			run->is_long = true;
			break;
		case 'v':
			run->print = true;
			break;
		default:
			good = false;
		}
	}
	run->seed = seed;
	return good;
}

static bool compare_all(struct run *run, char **files)
{
	unsigned long profiles = run->profiles * (run->is_long ? 50 : 1);
	bool good = true;

	for (char **file = files; *file; file++)
		good = compare_file(run, *file) && good;
	for (unsigned long i = 0; !*files && good && i < profiles; i++)
		good = compare_random(run, run->seed + i);
	return good;
}

int main(int argc, char **argv)
{
	struct run run = { .program = argv[0], .seed = 1, .profiles = 2000, .calls = 0 };
	struct tables *tables;
	bool good;

	if (!read_options(&run, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (run.calls == 0)
		run.calls = argv[optind] ? 4 : 1000;
	tables = tables_read(TABLES_DIR);
	if (!tables)
		return 1;
	run.tables = tables;
	good = compare_all(&run, argv + optind);
	printf("%llu calls compared, seed %" PRIu64 ": %s\n", run.compared, run.seed,
	       good ? "all the same" : "FAILED");
	free(tables);
	return good ? 0 : 1;
}
