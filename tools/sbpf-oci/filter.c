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
	const struct seccomp_data data = { .nr = 0x3fffffff, .arch = machine->audit_arch };

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

/* The line by which a start can be told from others, and its filter be judged. */
static void log_filter(const struct invocation *invocation, const struct config *config,
		       const struct compiled *compiled, double time)
{
	char action[32], others[256];
	size_t instructions;
	struct sbpf_abi machine;

	if (!sbpf_abi_describe(sbpf_policy_machine(compiled->policy), &machine))
		return;
	sbpf_filter_program(compiled->filter, &instructions);
	sbpf_verdict_format(fallback_verdict(compiled->filter, &machine), action, sizeof(action));
	format_others(compiled->policy, others, sizeof(others));
	log_line(invocation, LEVEL_INFO,
		 "%s: %s%s, default %s: %zu instructions, proven equal, %.1f ms", config->path,
		 machine.name, others, action, instructions, time);
}

/* ---- Reading the profile alone ---- */

/*
 * Whether the profile can be read without the rest of the config, which is checked already and a
 * third of the text. Not so where the library might take it for a config.json itself.
 */
static bool stands_alone(const struct config *config)
{
	static const char *const keys[] = { "\"linux\"", "\"ociVersion\"", "\\u" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (memmem(config->text + config->profile, config->profile_length, keys[i],
			   strlen(keys[i])))
			return false;
	}
	return config->profile_length > 0;
}

/* The same error as of the whole config. */
static struct sbpf_error in_config(const struct config *config, const struct sbpf_error *error)
{
	struct sbpf_error whole = *error;
	const char *line = config->text;

	if (!stands_alone(config) || (!error->line && !error->where[0]))
		return whole;
	for (const char *at = line; at < config->text + config->profile; at++) {
		if (*at == '\n') {
			whole.line++;
			line = at + 1;
		}
	}
	if (error->line == 1)
		whole.column += (unsigned int)(config->text + config->profile - line);
	snprintf(whole.where, sizeof(whole.where), "linux.seccomp%s%.145s",
		 error->where[0] ? "." : "", error->where);
	return whole;
}

static void log_place(const struct invocation *invocation, enum level level,
		      const struct config *config, const struct sbpf_error *error)
{
	const struct sbpf_error whole = in_config(config, error);

	log_error(invocation, level, config->path, &whole);
}

static void log_warnings(const struct invocation *invocation, const struct config *config,
			 const struct sbpf_policy *policy)
{
	for (size_t i = 0; i < sbpf_policy_warning_count(policy); i++)
		log_place(invocation, LEVEL_WARNING, config, sbpf_policy_warning(policy, i));
}

static struct sbpf_policy *load(const struct invocation *invocation, const struct config *config,
				struct sbpf_error *error)
{
	/* Engines have resolved capabilities, kernel and architecture: the file counts as it is. */
	const struct sbpf_target target = { .reading = SBPF_READING_OCI,
					    .bad_arch = invocation->bad_arch };

	if (stands_alone(config))
		return sbpf_load_json(config->text + config->profile, config->profile_length,
				      &target, error);
	return sbpf_load_json(config->text, config->length, &target, error);
}

bool compile_profile(const struct invocation *invocation, const struct config *config,
		     struct compiled *compiled)
{
	const struct sbpf_options options = { .effort = invocation->effort, .prove = true };
	double start = milliseconds();
	struct sbpf_error error = { 0 };
	size_t length;

	compiled->policy = load(invocation, config, &error);
	compiled->filter = sbpf_compile(compiled->policy, &options, &error);
	compiled->base64 =
		sbpf_filter_format(compiled->filter, SBPF_FORMAT_BASE64, &length, &error);
	if (!compiled->base64) {
		log_place(invocation, LEVEL_ERROR, config, &error);
		return false;
	}
	/* The format ends its line, which a JSON string must not. */
	compiled->base64[strcspn(compiled->base64, "\n")] = '\0';
	log_warnings(invocation, config, compiled->policy);
	log_filter(invocation, config, compiled, milliseconds() - start);
	return true;
}

void compiled_free(struct compiled *compiled)
{
	sbpf_policy_free(compiled->policy);
	sbpf_filter_free(compiled->filter);
	free(compiled->base64);
}
