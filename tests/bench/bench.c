// SPDX-License-Identifier: MIT
/* libsbpf beside libseccomp on one profile, in one run. See docs/performance.md. */
#include "bench.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void program_free(struct program *program)
{
	if (program->drop)
		program->drop(program->made);
	free(program->code);
	*program = (struct program){ 0 };
}

static void drop_libsbpf(void *made[2])
{
	sbpf_filter_free(made[0]);
	sbpf_policy_free(made[1]);
}

static struct program compile_libsbpf(const struct task *task, enum sbpf_effort effort)
{
	struct sbpf_target target = { .machine = task->machine, .abis = task->abis };
	struct sbpf_options options = { .effort = effort };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json(task->text, task->length, &target, &error);
	struct sbpf_filter *filter = sbpf_compile(policy, &options, &error);
	struct program program = { 0 };

	if (!filter)
		errx(1, "%s%s%s", error.where, *error.where ? ": " : "", error.message);
	const struct sock_filter *code = sbpf_filter_program(filter, &program.count);

	program.code = malloc(program.count * sizeof(*code));
	if (!program.code)
		errx(1, "out of memory");
	memcpy(program.code, code, program.count * sizeof(*code));
	program.made[0] = filter;
	program.made[1] = policy;
	program.drop = drop_libsbpf;
	return program;
}

static struct program compile_quick(const struct task *task)
{
	return compile_libsbpf(task, SBPF_QUICK);
}

static struct program compile_thorough(const struct task *task)
{
	return compile_libsbpf(task, SBPF_THOROUGH);
}

/* The columns. Ours come first; the last two are compared with. */
enum column { QUICK, THOROUGH, DEFAULT, OPTIMIZED, COLUMNS };

static const struct compiler compilers[COLUMNS] = {
	[QUICK] = { "libsbpf_quick", compile_quick },
	[THOROUGH] = { "libsbpf_thorough", compile_thorough },
	[DEFAULT] = { "libseccomp", libseccomp_compile },
	[OPTIMIZED] = { "libseccomp_optimize_2", libseccomp_compile_optimized },
};

/* The lines of the table, and what they are called in JSON. */
static const struct row {
	const char *label;
	const char *key;
	size_t offset; /* of a double in struct figures */
	double unit;   /* the figure is divided by it for the table */
	int decimals;
} rows[] = {
	{ "text to filter, us", "compile_us", offsetof(struct figures, compile), 1, 0 },
	{ "first in a process, us", "first_us", offsetof(struct figures, first), 1, 0 },
	{ "instructions", "instructions", offsetof(struct figures, instructions), 1, 0 },
	{ "steps, mean", "steps_mean", offsetof(struct figures, steps), 1, 1 },
	{ "steps, worst", "steps_worst", offsetof(struct figures, worst), 1, 0 },
	{ "calls not cached", "uncached_calls", offsetof(struct figures, uncached), 1, 0 },
	{ "steps of those, mean", "uncached_steps_mean", offsetof(struct figures, uncached_steps),
	  1, 1 },
	{ "seccomp(2), us", "install_us", offsetof(struct figures, install), 1, 1 },
	{ "heap peak, KiB", "heap_bytes", offsetof(struct figures, heap), 1024, 0 },
};

struct choice {
	const char *machine;
	const char *abis;
};

static const struct choice all_choices[] = {
	{ "x86_64", "" },
	{ "x86_64", "x86,x32" },
	{ "aarch64", "" },
	{ "aarch64", "arm" },
};

/* What container runtimes build on each machine: its own ABI and the smaller ones. */
static const struct choice usual_choices[] = {
	{ "x86_64", "x86,x32" },
	{ "aarch64", "arm" },
};

static double figure(const struct figures *figures, const struct row *row)
{
	return *(const double *)((const char *)figures + row->offset);
}

/* How many times as much libseccomp has, in the better of its two columns. */
static double ratio(const struct figures figures[], const struct row *row, enum column ours)
{
	double first = figure(&figures[DEFAULT], row);
	double second = figure(&figures[OPTIMIZED], row);

	return (first < second ? first : second) / figure(&figures[ours], row);
}

static void print_ratio(const struct figures figures[], const struct row *row, enum column ours)
{
	double times;

	if (figure(&figures[ours], row) == 0) {
		printf(" %8s", "-");
		return;
	}
	times = ratio(figures, row, ours);
	printf(" %7.*fx", times < 1 ? 2 : 1, times);
}

static void print_table(const struct choice *choice, double parse, const struct figures figures[])
{
	printf("\n%-22s %9s %9s %10s %10s %8s %8s\n", "", "libsbpf", "libsbpf", "libseccomp",
	       "libseccomp", "ratio,", "ratio,");
	printf("%s%s%-*s %9s %9s %10s %10s %8s %8s\n", choice->machine, *choice->abis ? "," : "",
	       22 - (int)strlen(choice->machine) - (*choice->abis ? 1 : 0), choice->abis, "quick",
	       "thorough", "default", "optimize=2", "quick", "thorough");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];

		if (figure(&figures[DEFAULT], row) == 0)
			continue;
		printf("%-22s", row->label);
		for (enum column column = 0; column < COLUMNS; column++)
			printf(" %*.*f", column < DEFAULT ? 9 : 10, row->decimals,
			       figure(&figures[column], row) / row->unit);
		print_ratio(figures, row, QUICK);
		print_ratio(figures, row, THOROUGH);
		putchar('\n');
		if (i == 0)
			printf("%-22s %9.0f in each of them\n", "  JSON alone, us", parse);
	}
}

static void print_json(const struct choice *choice, double parse, const struct figures figures[])
{
	printf("    {\n      \"machine\": \"%s\",\n      \"abis\": \"%s\",\n"
	       "      \"parse_us\": %.1f",
	       choice->machine, choice->abis, parse);
	for (enum column column = 0; column < COLUMNS; column++) {
		printf(",\n      \"%s\": {", compilers[column].key);
		for (size_t i = 0; i < COUNT(rows); i++)
			printf("%s \"%s\": %.2f", i ? "," : "", rows[i].key,
			       figure(&figures[column], &rows[i]));
		printf(" }");
	}
	printf("\n    }");
}

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(SBPF_TEXT_MAX);

	if (!file)
		err(1, "%s", path);
	if (!text)
		errx(1, "out of memory");
	*length = fread(text, 1, SBPF_TEXT_MAX, file);
	if (ferror(file))
		err(1, "%s", path);
	fclose(file);
	return text;
}

struct arguments {
	const char *path;
	struct choice choice;	      /* machine NULL: all */
	const struct compiler *alone; /* for --once */
	unsigned int rounds;
	bool brief;
	bool json;
};

static const char usage[] =
	"Usage: bench [OPTION]... PROFILE\n"
	"Compiles PROFILE with libsbpf and with libseccomp, and compares.\n"
	"\n"
	"  --arch MACHINE   this machine's filter alone, such as x86_64\n"
	"  --abi LIST       its further ABIs, such as x86,x32 (default: none)\n"
	"  --brief          only what a container runtime on this machine builds\n"
	"  --rounds N       rounds in which the compilers take turns (default: 51)\n"
	"  --format FORMAT  table or json (default: table)\n"
	"  --help           this text\n";

static _Noreturn void refuse(const char *what, const char *value)
{
	fprintf(stderr, "bench: %s %s\n%s", what, value, usage);
	exit(2);
}

/* --once COMPILER is for once.c and not in the usage text. */
static const struct compiler *find_compiler(const char *key)
{
	for (enum column column = 0; column < COLUMNS; column++)
		if (strcmp(compilers[column].key, key) == 0)
			return &compilers[column];
	refuse("there is no compiler", key);
}

static void take_option(struct arguments *arguments, int option)
{
	switch (option) {
	case 'a':
		arguments->choice.machine = optarg;
		break;
	case 'b':
		arguments->choice.abis = optarg;
		break;
	case 's':
		arguments->brief = true;
		break;
	case 'o':
		arguments->alone = find_compiler(optarg);
		break;
	case 'r':
		arguments->rounds = (unsigned int)strtoul(optarg, NULL, 10);
		if (arguments->rounds == 0 || arguments->rounds > 100000)
			refuse("--rounds takes 1 to 100000, not", optarg);
		break;
	case 'f':
		arguments->json = strcmp(optarg, "json") == 0;
		if (!arguments->json && strcmp(optarg, "table") != 0)
			refuse("--format takes table or json, not", optarg);
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

static struct arguments take_arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{ "arch", required_argument, NULL, 'a' },
		{ "abi", required_argument, NULL, 'b' },
		{ "brief", no_argument, NULL, 's' },
		{ "once", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct arguments arguments = { .rounds = 51, .choice.abis = "" };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		take_option(&arguments, option);
	if (optind != argc - 1)
		refuse("wanted is one profile, given are", optind < argc ? "several" : "none");
	arguments.path = argv[optind];
	if (arguments.choice.machine && sbpf_abi_find(arguments.choice.machine) < 0)
		refuse("there is no machine", arguments.choice.machine);
	if (arguments.alone && !arguments.choice.machine)
		refuse("--once wants", "--arch");
	return arguments;
}

/* Points *choices to what is to be measured and returns how many there are. */
static size_t choose(const struct arguments *arguments, const struct choice **choices)
{
	if (arguments->choice.machine) {
		*choices = &arguments->choice;
		return 1;
	}
	if (!arguments->brief) {
		*choices = all_choices;
		return COUNT(all_choices);
	}
	for (size_t i = 0; i < COUNT(usual_choices); i++) {
		*choices = &usual_choices[i];
		if (sbpf_abi_find(usual_choices[i].machine) == sbpf_abi_native())
			return 1;
	}
	errx(1, "--brief knows x86_64 and aarch64 only; name the machine with --arch");
}

static void print_heading(const struct arguments *arguments, size_t length)
{
	if (arguments->json) {
		printf("{\n  \"profile\": \"%s\",\n  \"bytes\": %zu,\n  \"libsbpf\": \"%s\",\n"
		       "  \"libseccomp\": \"%s\",\n  \"rounds\": %u,\n  \"repeats\": %d,\n"
		       "  \"processes\": %d,\n  \"results\": [\n",
		       arguments->path, length, sbpf_version(), libseccomp_version(),
		       arguments->rounds, REPEATS - 1, PROCESSES);
		return;
	}
	printf("%s, %zu bytes; libsbpf %s, libseccomp %s\n"
	       "Times are medians of %u interleaved rounds; text to filter %d times in each, "
	       "after\n"
	       "once that does not count. First in a process: median of %d new processes. Steps\n"
	       "are instructions run for a call. Not cached are calls for which kernels from\n"
	       "5.11 on run the program. A ratio is the better column of libseccomp over\n"
	       "libsbpf's.\n",
	       arguments->path, length, sbpf_version(), libseccomp_version(), arguments->rounds,
	       REPEATS - 1, PROCESSES);
}

static void compare(const struct arguments *arguments, struct task *task)
{
	const struct choice *choices = NULL;
	size_t count = choose(arguments, &choices);

	print_heading(arguments, task->length);
	for (size_t i = 0; i < count; i++) {
		struct figures figures[COLUMNS];
		double parse;

		/* Whatever is written by now is written once, not by each child too. */
		fflush(stdout);
		task->machine = choices[i].machine;
		task->abis = choices[i].abis;
		measure(task, compilers, COLUMNS, arguments->rounds, figures);
		parse = measure_parse(task, arguments->rounds);
		if (arguments->json && i > 0)
			printf(",\n");
		(arguments->json ? print_json : print_table)(&choices[i], parse, figures);
	}
	if (arguments->json)
		printf("\n  ]\n}\n");
}

int main(int argc, char **argv)
{
	struct arguments arguments = take_arguments(argc, argv);
	struct task task = { .path = arguments.path };
	char *text = read_file(arguments.path, &task.length);

	task.text = text;
	if (arguments.alone) {
		task.machine = arguments.choice.machine;
		task.abis = arguments.choice.abis;
		print_once(&task, arguments.alone);
	} else {
		compare(&arguments, &task);
	}
	free(text);
	return 0;
}
