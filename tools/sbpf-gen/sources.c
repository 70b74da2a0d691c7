/* SPDX-License-Identifier: MIT */
/* The profiles that the command line names, read and compiled for each machine. */
#include "gen.h"

#include <errno.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Which profiles ---- */

static struct source *add_source(struct gen_work *work)
{
	struct source *sources =
		reallocarray(work->sources, work->source_count + 1, sizeof(*sources));

	if (!sources)
		return NULL;
	work->sources = sources;
	sources[work->source_count] = (struct source){ 0 };
	return &sources[work->source_count++];
}

/* "IDENT=PROFILE"; without '=' the identifier is empty, which is refused like a wrong one. */
static bool add_named(struct gen_work *work, const char *named)
{
	const char *equals = strchr(named, '=');
	struct source *source = add_source(work);

	if (!source)
		return false;
	source->path = equals ? equals + 1 : named;
	source->identifier = strndup(named, equals ? (size_t)(equals - named) : 0);
	return source->identifier != NULL;
}

bool sources_add_path(struct gen_work *work, const char *path)
{
	struct source *source = add_source(work);

	if (!source)
		return false;
	source->path = path;
	source->identifier = identifier_from_path(path);
	return source->identifier != NULL;
}

int sources_take_names(struct gen_work *work, int argc, char **argv)
{
	int kept = 1;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *named = NULL;

		if (!strncmp(argv[i], "--name=", strlen("--name=")))
			named = argv[i] + strlen("--name=");
		else if (!strcmp(argv[i], "--name") && i + 1 < argc)
			named = argv[++i];
		else
			argv[kept++] = argv[i];
		if (named && !add_named(work, named))
			return -1;
	}
	for (; i < argc; i++)
		argv[kept++] = argv[i];
	argv[kept] = NULL;
	return kept;
}

const struct source *sources_find_file(const struct gen_work *work, const char *path)
{
	struct stat file, other;

	if (stat(path, &file) < 0 || !S_ISREG(file.st_mode))
		return NULL;
	for (size_t i = 0; i < work->source_count; i++) {
		const struct source *source = &work->sources[i];
		int result = strcmp(source->path, "-") ? stat(source->path, &other)
						       : fstat(STDIN_FILENO, &other);

		if (result == 0 && other.st_dev == file.st_dev && other.st_ino == file.st_ino)
			return source;
	}
	return NULL;
}

void sources_free(struct gen_work *work)
{
	for (size_t i = 0; i < work->source_count; i++) {
		struct source *source = &work->sources[i];

		for (size_t j = 0; j < work->machine_count; j++)
			sbpf_filter_free(source->filters[j]);
		free(source->identifier);
		free(source->text);
	}
	free(work->sources);
}

/* ---- Reading ---- */

static char *read_stream(FILE *stream, size_t limit, size_t *length)
{
	size_t capacity = limit + 1;
	char *text = malloc(capacity);

	if (!text)
		return NULL;
	*length = fread(text, 1, capacity, stream);
	if (!ferror(stream) && *length <= limit)
		return text;
	if (!ferror(stream))
		errno = EFBIG;
	free(text);
	return NULL;
}

char *read_file(const char *path, size_t limit, size_t *length)
{
	FILE *stream;
	char *text;
	int saved;

	if (!strcmp(path, "-"))
		return read_stream(stdin, limit, length);
	stream = fopen(path, "re");
	if (!stream)
		return NULL;
	text = read_stream(stream, limit, length);
	saved = errno;
	fclose(stream);
	errno = saved;
	return text;
}

static void report_unread(const char *path)
{
	if (errno == EFBIG)
		report(PROGRAM, "%s: larger than %u bytes", path, SBPF_TEXT_MAX);
	else
		report(PROGRAM, "%s: %s", path, strerror(errno));
}

enum status sources_read(struct gen_work *work)
{
	for (size_t i = 0; i < work->source_count; i++) {
		struct source *source = &work->sources[i];

		source->text = read_file(source->path, SBPF_TEXT_MAX, &source->length);
		if (!source->text) {
			report_unread(source->path);
			return STATUS_FAILURE;
		}
		SHA256Data((const uint8_t *)source->text, source->length, source->digest);
	}
	return STATUS_OK;
}

/* ---- Compiling ---- */

/* Warnings that were reported for a source, so that no machine repeats another's. */
struct reported {
	struct sbpf_error *warnings;
	size_t count;
};

static bool was_reported(const struct reported *reported, const struct sbpf_error *warning)
{
	for (size_t i = 0; i < reported->count; i++) {
		if (reported->warnings[i].line == warning->line &&
		    !strcmp(reported->warnings[i].where, warning->where) &&
		    !strcmp(reported->warnings[i].message, warning->message))
			return true;
	}
	return false;
}

static bool report_new_warnings(const char *path, const struct sbpf_policy *policy,
				struct reported *reported)
{
	size_t count = sbpf_policy_warning_count(policy);
	struct sbpf_error *warnings =
		reallocarray(reported->warnings, reported->count + count + 1, sizeof(*warnings));

	if (!warnings)
		return false;
	reported->warnings = warnings;
	for (size_t i = 0; i < count; i++) {
		const struct sbpf_error *warning = sbpf_policy_warning(policy, i);

		if (warning->code == SBPF_WARN_FOREIGN_ABI || was_reported(reported, warning))
			continue;
		report_warning(PROGRAM, path, warning);
		warnings[reported->count++] = *warning;
	}
	return true;
}

static enum status report_failure(const char *path, const struct sbpf_error *error)
{
	report_error(PROGRAM, path, error);
	return error->code == SBPF_ERROR_USAGE ? STATUS_USAGE : STATUS_FAILURE;
}

static void report_size(const struct source *source, const char *machine, size_t index)
{
	size_t count;

	sbpf_filter_program(source->filters[index], &count);
	report(source->identifier, "%s: %zu instruction%s", machine, count, count == 1 ? "" : "s");
}

/* The output must not depend on the kernel that builds it. */
static void report_kernel(const struct source *source)
{
	report(PROGRAM,
	       "%s: warning: depends on the kernel (minKernel): compiled for Linux %s, the newest "
	       "known; name another with --kernel",
	       strcmp(source->path, "-") ? source->path : "<stdin>", sbpf_kernel_release());
}

static enum status compile_for(struct gen_work *work, struct source *source, size_t index,
			       struct reported *reported)
{
	struct sbpf_options options = { .effort = strcmp(work->effort, "quick") ? SBPF_THOROUGH
										: SBPF_QUICK,
					.prove = !work->unproven };
	struct sbpf_target target = work->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	struct sbpf_abi machine;

	sbpf_abi_describe(work->machines[index], &machine);
	target.machine = machine.name;
	if (!target.kernel)
		target.kernel = sbpf_kernel_release();
	policy = sbpf_load_json(source->text, source->length, &target, &error);
	source->depends_on_kernel |= sbpf_policy_depends_on_kernel(policy);
	if (policy && !report_new_warnings(source->path, policy, reported))
		error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY,
					     .message = "out of memory" };
	else
		source->filters[index] = sbpf_compile(policy, &options, &error);
	sbpf_policy_free(policy);
	if (!source->filters[index] && error.code == SBPF_ERROR_LIMIT)
		report(PROGRAM, "what is not proven is not written, but with --unproven");
	if (!source->filters[index])
		return report_failure(source->path, &error);
	if (work->verbose)
		report_size(source, machine.name, index);
	return STATUS_OK;
}

enum status sources_compile(struct gen_work *work)
{
	enum status status = STATUS_OK;
	bool depends_on_kernel = false;

	for (size_t i = 0; i < work->source_count && status == STATUS_OK; i++) {
		struct reported reported = { 0 };

		for (size_t j = 0; j < work->machine_count && status == STATUS_OK; j++)
			status = compile_for(work, &work->sources[i], j, &reported);
		free(reported.warnings);
		if (work->sources[i].depends_on_kernel && !work->target.kernel) {
			report_kernel(&work->sources[i]);
			depends_on_kernel = true;
		}
	}
	/* The command that makes the output shall make it with other versions too. */
	if (depends_on_kernel)
		work->target.kernel = sbpf_kernel_release();
	return status;
}
