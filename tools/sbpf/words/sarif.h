/* SPDX-License-Identifier: MIT */
/* SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"): results beside lines. */
#ifndef SBPF_TOOLS_SARIF_H
#define SBPF_TOOLS_SARIF_H

#include <stdio.h>

/* A kind of result. */
struct sarif_rule {
	const char *name;
	const char *summary; /* a sentence */
	const char *level;   /* "error", "warning", "note" */
};

struct sarif_log {
	const char *tool; /* "sbpf lint" */
	const struct sarif_rule *rules;
	size_t rule_count;
	size_t results; /* printed so far */
};

struct sarif_result {
	size_t rule; /* in the log's rules */
	const char *level;
	const char *message;
	const char *file;  /* as the user named it, "-" for standard input */
	unsigned int line; /* 0: not known */
	const char *path;  /* in the profile: "syscalls[3]" */
	void (*print_properties)(FILE *out, const void *context); /* an object; NULL: none */
	const void *context;
};

/* A log is begun, gets its results one by one, and is ended. */
void sarif_begin(FILE *out, const struct sarif_log *log);
void sarif_result(FILE *out, struct sarif_log *log, const struct sarif_result *result);
void sarif_end(FILE *out, const struct sarif_log *log);

#endif
