/* SPDX-License-Identifier: MIT */
/* sbpf k8s check: what each container of manifests really runs under. */
#include "k8s.h"
#include "kubernetes.h"

#include "pager.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum check_status {
	STATUS_CLEAN = 0,
	STATUS_FOUND = 1,
	STATUS_TROUBLE = 2,
};

enum check_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };

struct command_options {
	const char *runtime;
	const char *kubernetes;
	bool seccomp_default;
	const char *namespaces;
	const char *profiles;
	const char *artifacts;
	const char *machine;
	enum severity fail_on;
	enum check_format format;
	enum color_choice color;
};

static const struct option_row rows[] = {
	{ "runtime", 0, "NAME",
	  "containerd (2.1), containerd-1.6 or crio: whose rules and default\n"
	  "profile count (default: containerd)",
	  offsetof(struct command_options, runtime) },
	{ "kubernetes", 0, "1.NN", "the version of Kubernetes (default: 1.38)",
	  offsetof(struct command_options, kubernetes) },
	{ "seccomp-default", 0, NULL, "the kubelets have seccompDefault",
	  offsetof(struct command_options, seccomp_default) },
	{ "namespace", 0, "FILE",
	  "a manifest of Namespaces: their pod-security labels count, and those\n"
	  "of a single one for pods that name none, too",
	  offsetof(struct command_options, namespaces) },
	{ "profiles", 0, "DIR",
	  "the node's folder of profiles, /var/lib/kubelet/seccomp or a copy:\n"
	  "say whether files are there, and what they do",
	  offsetof(struct command_options, profiles) },
	{ "artifacts", 0, "DIR",
	  "a folder with an OCI image layout, in which the artifacts of type OCI are",
	  offsetof(struct command_options, artifacts) },
	{ "arch", 0, "MACHINE", "the nodes' machine (default: this one)",
	  offsetof(struct command_options, machine) },
	{ "fail-on", 0, "error|warning|note",
	  "exit with 1 when there are findings of this severity or above\n"
	  "(default: warning)",
	  offsetof(struct command_options, fail_on) },
	{ "format", 0, "text|json|sarif", "how to list them (default: text)",
	  offsetof(struct command_options, format) },
};

static const struct tool tool = {
	.name = "sbpf k8s check",
	.synopsis = "[OPTION...] FILE...",
	.summary = "Say what each container of Kubernetes manifests really runs under, and why.",
	.notes =
		"A FILE is YAML or JSON, with one or many manifests, as helm template and "
		"kustomize\n"
		"build print them; - is standard input. The identifiers in brackets are explained\n"
		"in docs/kubernetes.md. The exit status is 0 when there is nothing to report, 1 "
		"when\n"
		"there is, and 2 on wrong usage or what cannot be read.",
};

/* ---- Options ---- */

static const struct {
	const char *name;
	enum runtime runtime;
} runtime_names[] = {
	{ "containerd", RUNTIME_CONTAINERD },
	{ "containerd-1.6", RUNTIME_CONTAINERD_1 },
	{ "crio", RUNTIME_CRIO },
};

static bool parse_runtime(const char *name, enum runtime *runtime)
{
	for (size_t i = 0; i < COUNT(runtime_names); i++) {
		if (!name || !strcmp(name, runtime_names[i].name)) {
			*runtime = runtime_names[i].runtime;
			return true;
		}
	}
	usage_error(&tool, "--runtime: must be containerd, containerd-1.6 or crio, not '%s'", name);
	return false;
}

/* "1.31", and what versions may have behind it. */
static bool parse_version(const char *text, unsigned int *minor)
{
	const char *digits = NULL;
	unsigned long number;
	char *end;

	*minor = KUBERNETES_NEWEST;
	if (!text)
		return true;
	digits = text + (*text == 'v');
	if (!strncmp(digits, "1.", 2) && isdigit((unsigned char)digits[2])) {
		number = strtoul(digits + 2, &end, 10);
		*minor = (unsigned int)number;
		if (number < 1000 && (!*end || *end == '.'))
			return true;
	}
	usage_error(&tool, "--kubernetes: must be a version such as 1.31, not '%s'", text);
	return false;
}

static bool is_folder(const char *option, const char *path)
{
	if (!path || !access(path, R_OK | X_OK))
		return true;
	report(tool.name, "%s: %s: %s", option, path, strerror(errno));
	return false;
}

static bool parse(const struct command_options *given, struct check_options *options)
{
	*options = (struct check_options){
		.seccomp_default = given->seccomp_default,
		.profiles = given->profiles,
		.artifacts = given->artifacts,
		.namespaces = given->namespaces,
		.target.machine = given->machine,
	};
	options->machine = operand_machine(&tool, &options->target);
	if (options->machine < 0 || !parse_runtime(given->runtime, &options->runtime) ||
	    !parse_version(given->kubernetes, &options->minor))
		return false;
	return is_folder("--profiles", options->profiles) &&
	       is_folder("--artifacts", options->artifacts);
}

/* ---- Files ---- */

/* Reads no more than one byte above what a stream may have. */
static char *read_stream(int fd, size_t *length)
{
	size_t capacity = 1 << 16;
	char *text = malloc(capacity);

	*length = 0;
	while (text) {
		ssize_t count = read(fd, text + *length, capacity - *length);

		if (!count)
			return text;
		if (count < 0 && errno != EINTR)
			break;
		*length += count > 0 ? (size_t)count : 0;
		if (*length > MANIFEST_TEXT_MAX)
			return text;
		if (*length == capacity) {
			char *more = realloc(text, 2 * capacity);

			if (!more)
				break;
			text = more;
			capacity *= 2;
		}
	}
	free(text);
	return NULL;
}

/* A manifest, whole: what it says about pods elsewhere comes first. */
struct input {
	const char *file;
	char *text;
	size_t length;
};

static bool input_read(const char *file, struct input *input)
{
	bool is_stdin = !strcmp(file, "-");
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);

	*input = (struct input){ .file = file };
	if (fd >= 0)
		input->text = read_stream(fd, &input->length);
	if (!input->text)
		report(tool.name, "%s: %s", is_stdin ? "<stdin>" : file, strerror(errno));
	if (fd >= 0 && !is_stdin)
		close(fd);
	return input->text;
}

static bool check_inputs(struct check *check, const struct input *inputs, size_t count)
{
	bool done = true;

	for (size_t i = 0; done && i < count; i++)
		done = check_note(check, inputs[i].file, inputs[i].text, inputs[i].length);
	for (size_t i = 0; done && i < count; i++)
		done = check_text(check, inputs[i].file, inputs[i].text, inputs[i].length);
	return done;
}

static bool check_files(struct check *check, char **files, size_t count)
{
	struct input *inputs = calloc(count, sizeof(inputs[0]));
	bool done = inputs;

	if (!inputs)
		report(tool.name, "out of memory");
	for (size_t i = 0; done && i < count; i++)
		done = input_read(files[i], &inputs[i]);
	done = done && check_inputs(check, inputs, count);
	for (size_t i = 0; inputs && i < count; i++)
		free(inputs[i].text);
	free(inputs);
	return done;
}

static bool read_namespaces(struct check *check, const char *file)
{
	struct input input;
	bool done =
		input_read(file, &input) && check_namespaces(check, file, input.text, input.length);

	free(input.text);
	return done;
}

/* ---- Command ---- */

static bool print(const struct command_options *options, const struct check *check)
{
	struct page page;
	bool done;

	if (!page_open(tool.name, &page))
		return false;
	page.color = options->color;
	page.is_data = options->format != FORMAT_TEXT;
	if (options->format == FORMAT_SARIF)
		rows_sarif(page.stream, check);
	else if (options->format == FORMAT_JSON)
		rows_json(page.stream, check);
	else
		rows_text(&page, check);
	done = page_show(tool.name, &page, NULL);
	page_free(&page);
	return done;
}

static int conclude(const struct command_options *options, const struct check *check)
{
	if (!print(options, check))
		return STATUS_TROUBLE;
	for (size_t i = 0; i < check->count; i++) {
		for (size_t j = 0; j < check->rows[i].finding_count; j++) {
			if (check->rows[i].findings[j].severity <= options->fail_on)
				return STATUS_FOUND;
		}
	}
	return STATUS_CLEAN;
}

int k8s_check_main(int argc, char **argv)
{
	struct command_options given = { .fail_on = SEVERITY_WARNING };
	const struct option_group groups[] = {
		{ "Options", rows, COUNT(rows), &given },
		{ "Output", color_rows, color_row_count, &given.color },
	};
	struct check_options options;
	struct check check = { .tool = &tool, .options = &options };
	int operand, status;
	bool done;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which manifests?");
	if (!parse(&given, &options))
		return STATUS_TROUBLE;
	done = !options.namespaces || read_namespaces(&check, options.namespaces);
	done = done && check_files(&check, argv + operand, (size_t)(argc - operand));
	status = done ? conclude(&given, &check) : STATUS_TROUBLE;
	check_free(&check);
	return status;
}
