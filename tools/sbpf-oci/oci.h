/* SPDX-License-Identifier: MIT */
/* What the parts of sbpf-oci hand each other. */
#ifndef SBPF_OCI_H
#define SBPF_OCI_H

#include "common.h"

#include <sys/types.h>

#define PROGRAM "sbpf-oci"

/* The annotation by which crun takes a finished filter: base64 of the raw struct sock_filter[]. */
#define FILTER_ANNOTATION "run.oci.seccomp_bpf_data"

/* ---- The command line ---- */

/* What the command line says; strings are the caller's argv. */
struct invocation {
	/* Our own options. */
	const char *runtime;
	const char *own_log;
	const char *bad_arch;
	enum sbpf_effort effort;
	bool help;

	/* The runtime's options that matter here. */
	const char *log;
	const char *log_format;
	const char *bundle;
	const char *config;
	const char *preserve_fds;
	bool debug;
	bool version;

	const char *command; /* NULL when there is none */
	const char *unknown; /* the first option that is in no table here, or NULL */

	/* For the runtime: argv without our own options, and room for two arguments more. */
	char **argv;
	int argc;
	int options_end; /* index in argv where the command's options end */

	/* What other options of the runtime are stored to. */
	const char *passed_on;
	bool passed_on_flag;
};

/*
 * Reads the command line. False: it is wrong, which was reported; exit with *status.
 * argv[0] is left for the runtime's name. Free with invocation_free() in either case.
 */
bool invocation_parse(struct invocation *invocation, int argc, char **argv, int *status);
void invocation_free(struct invocation *invocation);

/* Whether the command starts a container from a bundle. */
bool invocation_is_start(const struct invocation *invocation);

/* Adds "--config PATH" behind the command's other options: the last one counts. */
void invocation_set_config(struct invocation *invocation, char *path);

/* The help that --help asks for. An exit status. */
int invocation_help(void);

/* ---- The log ---- */

enum level {
	LEVEL_INFO = 0,
	LEVEL_WARNING = 1,
	LEVEL_ERROR = 2,
};

/*
 * One line. Errors go to stderr, to the runtime's log and to our own; the rest to our own log, or
 * to the runtime's where we have none, and to stderr with --debug.
 */
void log_line(const struct invocation *invocation, enum level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An error of the library about a file, with its place. */
void log_error(const struct invocation *invocation, enum level level, const char *file,
	       const struct sbpf_error *error);

/* ---- The bundle's config.json ---- */

struct config {
	char *path;
	char *text; /* terminated */
	size_t length;
	size_t profile; /* where the value of linux.seccomp begins, once config_find_profile() has
			   it */
	size_t profile_length; /* 0 where it is no object */
};

/* The path that the runtime would read. malloc'd; NULL when there is no memory. */
char *config_path(const struct invocation *invocation);

/* False when it cannot be read: errno says why. config->path is set by the caller. */
bool config_read(struct config *config);
void config_free(struct config *config);

/* Whether the text is JSON at all. */
bool config_is_json(const struct config *config);

/* Looks for linux.seccomp; false when there is none. */
bool config_find_profile(struct config *config);

/* Whether there is an annotation with a filter already, however its key is spelled. */
bool config_has_filter(const struct config *config);

/*
 * The text with the filter (base64) among its annotations and, where crun needs nothing else of
 * it, a profile that refuses everything in the place of the one that was compiled; all else as it
 * was. malloc'd; NULL when there is no memory.
 */
char *config_rewrite(const struct config *config, const char *filter, size_t *length);

/*
 * A sealed file in memory that the runtime inherits: its number is at least lowest. -1 and errno
 * on failure.
 */
int config_seal(const char *text, size_t length, int lowest);

/* ---- The filter ---- */

/* What a profile was made into. */
struct compiled {
	struct sbpf_policy *policy;
	struct sbpf_filter *filter;
	char *base64; /* the filter as text */
};

/* Compiles and proves a config's linux.seccomp, with a log line about it. False when it failed,
 * which was reported. Free with compiled_free() in either case. */
bool compile_profile(const struct invocation *invocation, const struct config *config,
		     struct compiled *compiled);
void compiled_free(struct compiled *compiled);

/* ---- The runtime ---- */

/*
 * Replaces this process by the runtime, with invocation->argv. Returns an exit status when that
 * failed, which was reported.
 */
int runtime_execute(struct invocation *invocation);

#endif
