/* SPDX-License-Identifier: MIT */
/*
 * An OCI runtime that compiles the seccomp profile of a bundle itself, proves the filter, and has
 * crun do all else.
 */
#include "oci.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * crun closes what it does not pass on to the container: descriptors from 3 up, but for the first
 * ones that --preserve-fds and systemd's LISTEN_FDS count.
 */
static int first_closed_descriptor(const struct invocation *invocation)
{
	const char *counts[] = { invocation->preserve_fds, getenv("LISTEN_FDS") };
	const long most = 1 << 29; /* no limit of a process is that high: then there is none */
	long sum = 3;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		long count = counts[i] ? strtol(counts[i], NULL, 10) : 0;

		if (count > 0)
			sum += count < most ? count : most;
	}
	return (int)sum;
}

/* Has the runtime read a config with the filter in it. False when that failed: errno says why. */
static bool hand_over(struct invocation *invocation, const struct config *config,
		      const char *filter)
{
	static char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	size_t length;
	char *text = config_rewrite(config, filter, &length);
	int descriptor = -1;

	if (text)
		descriptor = config_seal(text, length, first_closed_descriptor(invocation));
	free(text);
	if (descriptor < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	invocation_set_config(invocation, path);
	return true;
}

static bool replace_profile(struct invocation *invocation, const struct config *config,
			    struct compiled *compiled)
{
	if (!compile_profile(invocation, config, compiled))
		return false;
	if (hand_over(invocation, config, compiled->base64))
		return true;
	log_line(invocation, LEVEL_ERROR, "%s: cannot hand the filter over: %s", config->path,
		 strerror(errno));
	return false;
}

/* Why the runtime is to read the config as it is, or NULL. "": that needs no mention. */
static const char *reason_to_leave(struct config *config)
{
	if (config->length > SBPF_TEXT_MAX)
		return NULL; /* the library says what it is too large for */
	if (!config_find_profile(config))
		return config_is_json(config) ? ""
					      : "is not the JSON of RFC 8259: left to the runtime";
	if (config->text[config->profile] == 'n') /* null */
		return "";
	if (config_has_filter(config))
		return "the annotation " FILTER_ANNOTATION
		       " holds a filter already, which takes the place of linux.seccomp";
	return NULL;
}

/* Prepares the start of a container. False when it must not start, which was reported. */
static bool prepare(struct invocation *invocation, struct config *config, struct compiled *compiled)
{
	const char *reason;

	config->path = config_path(invocation);
	if (!config->path) {
		log_line(invocation, LEVEL_ERROR, "out of memory");
		return false;
	}
	if (!config_read(config)) {
		/* What is not there is for the runtime to report. The rest it might read. */
		if (errno == ENOENT)
			return true;
		log_line(invocation, LEVEL_ERROR, "%s: cannot be read: %s", config->path,
			 strerror(errno));
		return false;
	}
	reason = reason_to_leave(config);
	if (!reason)
		return replace_profile(invocation, config, compiled);
	if (*reason)
		log_line(invocation, LEVEL_WARNING, "%s: %s", config->path, reason);
	return true;
}

/*
 * Becomes the runtime. What was compiled is freed only where that fails: a new program frees
 * everything at once.
 */
static int start_container(struct invocation *invocation)
{
	struct compiled compiled = { 0 };
	struct config config = { 0 };
	int status = STATUS_FAILURE;

	if (prepare(invocation, &config, &compiled))
		status = runtime_execute(invocation);
	compiled_free(&compiled);
	config_free(&config);
	return status;
}

/* Memory that is given back is soon taken again. */
static void keep_memory(void)
{
#if defined(M_TRIM_THRESHOLD) && defined(M_TOP_PAD) /* glibc */
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
#endif
}

int main(int argc, char **argv)
{
	struct invocation invocation = { 0 };
	int status = STATUS_FAILURE;

	keep_memory();
	if (!invocation_parse(&invocation, argc, argv, &status))
		goto out;
	if (invocation.help) {
		status = invocation_help();
		goto out;
	}
	/* Engines take the last version they read; it is to be the runtime's. */
	if (invocation.version) {
		printf(PROGRAM " version %s\n", sbpf_version());
		if (!output_flush(PROGRAM))
			goto out;
	}
	if (invocation.unknown)
		log_line(&invocation, LEVEL_WARNING,
			 "unknown option '%s': all is left to the runtime", invocation.unknown);
	if (!invocation.unknown && invocation_is_start(&invocation))
		status = start_container(&invocation);
	else
		status = runtime_execute(&invocation);
out:
	invocation_free(&invocation);
	return status;
}
