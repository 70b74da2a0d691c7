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
	char runtime_path[4096];
	const char *own_log;
	const char *bad_arch;
	const char *record; /* the folder of recordings, or NULL */
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
	bool usage; /* asks for help, and so for nothing else */

	const char *command; /* NULL when there is none */
	const char *unknown; /* the first option that is in no table here, or NULL */

	/* For the runtime: argv without our own options, and room for four arguments more. */
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

/* Whether the command starts a container from a bundle, or may be one that does. */
bool invocation_is_start(const struct invocation *invocation);

/* Whether the command starts a process in a container that runs. */
bool invocation_is_exec(const struct invocation *invocation);

/* The container's name, or NULL where it cannot be told. */
const char *invocation_container(const struct invocation *invocation);

/* Adds an option and its argument behind the command's others: the last one counts. */
void invocation_add(struct invocation *invocation, char *option, char *argument);

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

/* An error about a file, with its place. */
void log_error(const struct invocation *invocation, enum level level, const char *file,
	       const struct sbpf_error *error);

/* ---- The bundle's config.json ---- */

/* The largest that is read. */
#define CONFIG_MAX (16u << 20)

/* Members of a config.json; see scan.c. */
enum part {
	PART_ROOT = 0,
	PART_LINUX,
	PART_SECCOMP,
	PART_FLAGS,
	PART_LISTENER_PATH,
	PART_LISTENER_METADATA,
	PART_ANNOTATIONS,
	PART_FILTER,
	PART_RECEIVER,
	PART_PLUGINS,
	PART_PODMAN_PROFILE,
	PART_CRIO_PROFILE,
	PART_CRIO_CONTAINER,
	PART_CRIO_POD,
	PART_CRIO_NAMESPACE,
	PART_CRI_CONTAINER,
	PART_CRI_POD,
	PART_CRI_NAMESPACE,
	PART_COUNT,
};

/* A value in the text; length 0: it is not there. */
struct span {
	size_t at;
	size_t length;
};

struct config {
	char *path;
	char *name; /* how messages name it, once config_describe() was called */
	char *text; /* terminated; NUL stands nowhere else */
	size_t length;
	bool commented; /* the text here has blanks where the file has comments */
	bool stream;	/* it was read from what can be read only once */
	struct span parts[PART_COUNT];
};

/* The path that the runtime would read. malloc'd; NULL when there is no memory. */
char *config_path(const struct invocation *invocation);

/*
 * False when it cannot be read: errno says why, EFBIG for more than CONFIG_MAX. config->path is
 * set by the caller.
 */
bool config_read(struct config *config);
void config_free(struct config *config);

/*
 * Finds the parts, whatever else there is. False when the text is no JSON, or has two of a key of
 * which runtimes might take another one: in *error. Comments outside of the profile become blanks.
 */
bool config_scan(struct config *config, struct sbpf_error *error);

/* The key of a part. */
const char *config_key(enum part part);

/* Whether a part is there and not null. */
bool config_has(const struct config *config, enum part part);
bool config_is_object(const struct config *config, enum part part);

/* A string, cut where there is no room for it. False when it is none, or empty. */
bool config_string(const struct config *config, enum part part, char *text, size_t size);

/* 1-based, in bytes. */
void config_place(const struct config *config, size_t at, unsigned int *line, unsigned int *column);

/* Whether the text has more than one line, so that the number of one says something. */
bool config_has_lines(const struct config *config);

/*
 * Sets config->name: what the engine wrote down of the profile, the container and the pod, as
 * their user names them, then the path. False when there is no memory.
 */
bool config_describe(struct config *config);

/*
 * The text with the filter (base64) among its annotations and, in the place of the profile, one
 * that refuses everything; all else as it was. The text as it is for no filter. malloc'd; NULL
 * when there is no memory.
 */
char *config_rewrite(const struct config *config, const char *filter, size_t *length);

/*
 * A sealed file in memory that the runtime inherits: its number is at least lowest. -1 and errno
 * on failure.
 */
int config_seal(const char *text, size_t length, int lowest);

/* ---- The filter ---- */

struct watching;

/* What a profile was made into. */
struct compiled {
	struct sbpf_policy *policy;
	struct sbpf_filter *filter;
	char *base64;		   /* the filter as text, or the one that asks the watcher */
	struct watching *watching; /* NULL: nobody watches */
	double time;		   /* that it took, in milliseconds */
};

/* Compiles and proves a config's linux.seccomp. False when it failed, which was reported. Free with
 * compiled_free() in either case. */
bool compile_profile(const struct invocation *invocation, const struct config *config,
		     struct compiled *compiled);
void compiled_free(struct compiled *compiled);

/* The line by which a start can be told from others, and its filter be judged. */
void log_filter(const struct invocation *invocation, const struct config *config,
		const struct compiled *compiled);

/* ---- The runtime ---- */

/*
 * Looks for the runtime; invocation->runtime is its path from then on. False when there is none,
 * which was reported.
 */
bool runtime_find(struct invocation *invocation);

/*
 * Whether it takes a filter by the annotation, as crun does. False when it is known to be another
 * one, which was reported; true also when it does not say what it is.
 */
bool runtime_takes_filters(const struct invocation *invocation);

/* Replaces this process by it, with invocation->argv. An exit status: that failed, and was
 * reported. */
int runtime_execute(struct invocation *invocation);

/* ---- Watching ---- */

/*
 * Has this process, and so the container, watched for --sbpf-record. filter: the container's; NULL
 * for one that runs already, under a filter that was watched when it was started. The caller's, or
 * NULL: it will not be watched, which was reported.
 */
struct watching *watching_start(const struct invocation *invocation,
				const struct sbpf_filter *filter);

/* The filter for the runtime in place of the container's. */
const struct sbpf_filter *watching_filter(const struct watching *watching);

/* To be called where the runtime is not executed. */
void watching_free(struct watching *watching);

/* ---- Descriptors ---- */

/*
 * The least number of a descriptor that the runtime does not pass on to the container. Where no
 * process can have one as large, the counts that the runtime takes are made smaller: to those of
 * descriptors that there are. -1 and errno on failure.
 */
int descriptors_reserve(struct invocation *invocation);

#endif
