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

/* Has the runtime read the config from memory. False when that failed: errno says why. */
static bool hand_over(struct invocation *invocation, const struct config *config,
		      const char *filter)
{
	static char option[] = "--config";
	static char path[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
	size_t length;
	char *text = config_rewrite(config, filter, &length);
	int lowest = text ? descriptors_reserve(invocation) : -1;
	int descriptor = -1;

	if (lowest >= 0)
		descriptor = config_seal(text, length, lowest);
	free(text);
	if (descriptor < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
	invocation_add(invocation, option, path);
	return true;
}

static bool hand_over_or_report(struct invocation *invocation, const struct config *config,
				const char *filter)
{
	if (hand_over(invocation, config, filter))
		return true;
	log_line(invocation, LEVEL_ERROR, "%s: cannot hand the config over: %s", config->name,
		 strerror(errno));
	return false;
}

/* ---- Before anything is started ---- */

/* Whether somebody takes the listener: crun's container.c, get_seccomp_receiver_fd(). */
static bool has_listener(const struct config *config)
{
	const char *receiver = getenv("RUN_OCI_SECCOMP_RECEIVER");
	char text[8];

	return config_string(config, PART_LISTENER_PATH, text, sizeof(text)) ||
	       config_string(config, PART_RECEIVER, text, sizeof(text)) ||
	       config_string(config, PART_PLUGINS, text, sizeof(text)) || (receiver && *receiver);
}

/* Why a filter that is right would not be in force as the profile says, or NULL. */
static const char *objection(const struct config *config, const struct sbpf_filter *filter)
{
	if (config_has(config, PART_ANNOTATIONS) && !config_is_object(config, PART_ANNOTATIONS))
		return "annotations: an object is expected, in which the filter is handed over";
	/* It counts also as null, which crun takes for none with json-c and refuses with yajl. */
	if (config->parts[PART_FILTER].length)
		return "annotations: " FILTER_ANNOTATION " holds a filter, which crun takes in the "
		       "place of linux.seccomp, unproven: remove one of the two";
	if (sbpf_filter_needs_listener(filter) && !has_listener(config))
		return "linux.seccomp: calls get SCMP_ACT_NOTIFY, and there is no listenerPath: "
		       "nobody would answer them; name the socket of an agent";
	return NULL;
}

/* From here on the runtime is watched, and has the filter that asks the watcher. */
static bool have_watched(const struct invocation *invocation, struct compiled *compiled)
{
	struct sbpf_error error = { 0 };
	char *base64;
	size_t length;

	compiled->watching = watching_start(invocation, compiled->filter);
	if (!compiled->watching)
		return true;
	base64 = sbpf_filter_format(watching_filter(compiled->watching), SBPF_FORMAT_BASE64,
				    &length, &error);
	if (!base64) {
		log_error(invocation, LEVEL_ERROR, NULL, &error);
		return false;
	}
	base64[strcspn(base64, "\n")] = '\0';
	free(compiled->base64);
	compiled->base64 = base64;
	return true;
}

static bool replace_profile(struct invocation *invocation, const struct config *config,
			    struct compiled *compiled)
{
	const char *why;

	if (!compile_profile(invocation, config, compiled))
		return false;
	why = objection(config, compiled->filter);
	if (why) {
		log_line(invocation, LEVEL_ERROR, "%s: %s", config->name, why);
		return false;
	}
	if (!runtime_takes_filters(invocation))
		return false;
	log_filter(invocation, config, compiled);
	if (invocation->record && !have_watched(invocation, compiled))
		return false;
	return hand_over_or_report(invocation, config, compiled->base64);
}

static bool report_unreadable(const struct invocation *invocation, const struct config *config)
{
	if (errno == EFBIG)
		log_line(invocation, LEVEL_ERROR, "%s: has more than %u MiB", config->path,
			 CONFIG_MAX >> 20);
	else
		log_line(invocation, LEVEL_ERROR, "%s: cannot be read: %s", config->path,
			 strerror(errno));
	return false;
}

static bool understand(const struct invocation *invocation, struct config *config)
{
	struct sbpf_error error;

	if (!config_scan(config, &error)) {
		log_error(invocation, LEVEL_ERROR, config->path, &error);
		return false;
	}
	if (config_describe(config))
		return true;
	log_line(invocation, LEVEL_ERROR, "out of memory");
	return false;
}

/* Prepares the start of a container. False when it must not start, which was reported. */
static bool prepare(struct invocation *invocation, struct config *config, struct compiled *compiled)
{
	config->path = config_path(invocation);
	if (!config->path) {
		log_line(invocation, LEVEL_ERROR, "out of memory");
		return false;
	}
	/* What is not there is for the runtime to report. */
	if (!config_read(config))
		return errno == ENOENT || report_unreadable(invocation, config);
	if (!understand(invocation, config))
		return false;
	if (config_has(config, PART_SECCOMP))
		return replace_profile(invocation, config, compiled);
	/* A pipe can be read only once, which was just done. The file's comments may end elsewhere
	 * for the runtime, which would then find a profile. */
	return (!config->stream && !config->commented) ||
	       hand_over_or_report(invocation, config, NULL);
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

	if (invocation->unknown) {
		log_line(invocation, LEVEL_ERROR,
			 "'%s' is no option of crun's that " PROGRAM " knows, or has no argument: "
			 "which bundle is to be started cannot be told",
			 invocation->unknown);
		return STATUS_USAGE;
	}
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

static int execute(struct invocation *invocation)
{
	if (invocation->help)
		return invocation_help();
	if (!runtime_find(invocation))
		return STATUS_FAILURE;
	/* Engines take the last version they read; it is to be the runtime's. */
	if (invocation->version) {
		printf(PROGRAM " version %s\n", sbpf_version());
		if (!output_flush(PROGRAM))
			return STATUS_FAILURE;
	}
	if (invocation_is_start(invocation))
		return start_container(invocation);
	/* Under the container's filter, which asks a watcher. */
	if (invocation->record && invocation_is_exec(invocation))
		watching_start(invocation, NULL);
	return runtime_execute(invocation);
}

int main(int argc, char **argv)
{
	struct invocation invocation = { 0 };
	int status = STATUS_FAILURE;

	output_begin();
	keep_memory();
	if (invocation_parse(&invocation, argc, argv, &status))
		status = execute(&invocation);
	invocation_free(&invocation);
	return status;
}
