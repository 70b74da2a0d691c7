// SPDX-License-Identifier: MIT
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_number(const char *text, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 0);
	return *text && !*end && errno == 0;
}

void options_read(struct options *options, int argc, char **argv, const char *what)
{
	static const struct option known[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "long", no_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long seed = options->seed;
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 's')
			good = read_number(optarg, &seed);
		else if (option == 'c')
			good = read_number(optarg, &options->count);
		else if (option == 'l')
			options->is_long = true;
		else
			good = false;
	}
	options->seed = seed;
	if (good && optind == argc)
		return;
	fprintf(stderr, "usage: %s [--seed N] [--count %s] [--long]\n", argv[0], what);
	exit(2);
}

static double percent(unsigned long part, unsigned long whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void tally_print(const struct tally *tally)
{
	printf("%lu pairs: %lu equal, %lu refuted, %lu unknown (%.2f %%)\n", tally->pairs,
	       tally->equal, tally->refuted, tally->unknown, percent(tally->unknown, tally->pairs));
	printf("%lu calls run, %lu with a difference, %lu verdicts unknown\n", tally->samples,
	       tally->differing_samples, tally->unknown_samples);
	printf("%lu differences listed, %lu listings cut off\n", tally->listed, tally->cut);
	printf("%lu cases, %lu numbers with too many\n", tally->cases, tally->uncut_numbers);
}
