/* SPDX-License-Identifier: MIT */
/* From a bundle's profile to a proven filter, and what the log says of it. */
#include "oci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The verdict of a number that no table has. */
static uint32_t fallback_verdict(const struct sbpf_filter *filter, const struct sbpf_abi *machine)
{
	const struct seccomp_data data = { .nr = SBPF_NUMBER_NEWER, .arch = machine->audit_arch };

	return sbpf_filter_run(filter, &data, NULL);
}

/* The ABIs of a policy beside the machine's own. */
static void format_others(const struct sbpf_policy *policy, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (int i = 0; i < sbpf_abi_count(); i++) {
		struct sbpf_abi abi;

		if (i == sbpf_policy_machine(policy) || !sbpf_policy_has_abi(policy, i) ||
		    !sbpf_abi_describe(i, &abi) || length >= size)
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%s",
					   length ? ", " : " with ", abi.name);
	}
}

void log_filter(const struct invocation *invocation, const struct config *config,
		const struct compiled *compiled)
{
	char action[32], others[256];
	size_t instructions;
	struct sbpf_abi machine;

	if (!sbpf_abi_describe(sbpf_policy_machine(compiled->policy), &machine))
		return;
	sbpf_filter_program(compiled->filter, &instructions);
	sbpf_verdict_describe(fallback_verdict(compiled->filter, &machine),
			      sbpf_policy_machine(compiled->policy), action, sizeof(action));
	format_others(compiled->policy, others, sizeof(others));
	log_line(invocation, LEVEL_INFO,
		 "%s: %s%s, default %s: %zu instructions, proven equal, %.1f ms", config->name,
		 machine.name, others, action, instructions, compiled->time);
}

/* ---- The profile alone ---- */

/* What the library reads: a config.json of nothing but the profile, which it judges as it stands.
 */
#define BEFORE "{\"linux\":{\"seccomp\":"
#define AFTER "}}"

static char *profile_text(const struct config *config, size_t *length)
{
	const struct span *span = &config->parts[PART_SECCOMP];
	const size_t before = sizeof(BEFORE) - 1, after = sizeof(AFTER) - 1;
	char *text = malloc(before + span->length + after + 1);

	if (!text)
		return NULL;
	memcpy(text, BEFORE, before);
	memcpy(text + before, config->text + span->at, span->length);
	memcpy(text + before + span->length, AFTER, after + 1);
	*length = before + span->length + after;
	return text;
}

/* The value at a place: its length with quotes, 0 for what is no short one in a line. */
static size_t value_length(const char *at)
{
	const size_t longest = 48;
	size_t length = *at == '"' ? 2 + strcspn(at + 1, "\"\\") : strcspn(at, ",]}[{ \t\r\n");

	return length > longest ? 0 : length;
}

/* The value that an error is about, where the message does not show it. */
static void add_value(struct sbpf_error *error, const char *text, size_t length)
{
	const size_t used = strlen(error->message);
	unsigned int line, column;
	const char *at = text;
	size_t size, quote;

	if (!error->where[0] || !sbpf_json_locate(text, length, error->where, &line, &column))
		return;
	while (--line)
		at = strchr(at, '\n') + 1;
	at += column - 1;
	size = value_length(at);
	quote = *at == '"';
	if (size > 2 * quote && !memmem(error->message, used, at + quote, size - 2 * quote))
		snprintf(error->message + used, sizeof(error->message) - used, " (here: %.*s)",
			 (int)size, at);
}

/* Its place in the config that it is from. */
static void set_place(struct sbpf_error *error, const struct config *config)
{
	unsigned int line, column;

	if (!error->line)
		return;
	config_place(config, config->parts[PART_SECCOMP].at, &line, &column);
	if (error->line == 1)
		error->column += column - 1 - (unsigned int)strlen(BEFORE);
	error->line += line - 1;
}

static void log_place(const struct invocation *invocation, enum level level,
		      const struct config *config, const char *text, size_t length,
		      const struct sbpf_error *error)
{
	struct sbpf_error whole = *error;

	if (text)
		add_value(&whole, text, length);
	set_place(&whole, config);
	/* In one line, the path says more than its number. */
	if (whole.where[0] && !config_has_lines(config))
		whole.line = 0;
	log_error(invocation, level, config->name, &whole);
}

static void log_warnings(const struct invocation *invocation, const struct config *config,
			 const struct sbpf_policy *policy)
{
	for (size_t i = 0; i < sbpf_policy_warning_count(policy); i++)
		log_place(invocation, LEVEL_WARNING, config, NULL, 0,
			  sbpf_policy_warning(policy, i));
}

/* ---- Compiling ---- */

static bool compile_text(const struct invocation *invocation, const char *text, size_t length,
			 struct compiled *compiled, struct sbpf_error *error)
{
	/* Engines have resolved capabilities, kernel and architecture: the file counts as it is. */
	const struct sbpf_target target = { .reading = SBPF_READING_OCI,
					    .bad_arch = invocation->bad_arch };
	const struct sbpf_options options = { .effort = invocation->effort, .prove = true };

	compiled->policy = sbpf_load_json(text, length, &target, error);
	compiled->filter = sbpf_compile(compiled->policy, &options, error);
	compiled->base64 = sbpf_filter_format(compiled->filter, SBPF_FORMAT_BASE64, &length, error);
	/* The format ends its line, which a JSON string must not. */
	if (compiled->base64)
		compiled->base64[strcspn(compiled->base64, "\n")] = '\0';
	return compiled->base64;
}

bool compile_profile(const struct invocation *invocation, const struct config *config,
		     struct compiled *compiled)
{
	double start = milliseconds();
	struct sbpf_error error = { 0 };
	size_t length;
	char *text = profile_text(config, &length);

	if (!text) {
		log_line(invocation, LEVEL_ERROR, "out of memory");
		return false;
	}
	if (!compile_text(invocation, text, length, compiled, &error))
		log_place(invocation, LEVEL_ERROR, config, text, length, &error);
	else
		log_warnings(invocation, config, compiled->policy);
	free(text);
	compiled->time = milliseconds() - start;
	return compiled->base64;
}

void compiled_free(struct compiled *compiled)
{
	watching_free(compiled->watching);
	sbpf_policy_free(compiled->policy);
	sbpf_filter_free(compiled->filter);
	free(compiled->base64);
}
