/* SPDX-License-Identifier: MIT */
/* What the parts of `sbpf record` share. */
#ifndef SBPF_TOOLS_RECORD_H
#define SBPF_TOOLS_RECORD_H

#include "common.h"
#include "wanted.h"

enum record_engine { ENGINE_AUTO, ENGINE_BPF, ENGINE_TRACE };
enum record_format { FORMAT_TEXT, FORMAT_JSON };

struct record_options {
	const char *output;
	const char *args;
	enum record_engine engine;
	const char *profile;
	bool keep_privileges;
	const char *pid;
	const char *cgroup;
	const char *seconds;
	bool merge;
	enum record_format format;
};

/* Each returns the status to exit with; what went wrong was reported. */
int record_command(const struct tool *tool, const struct record_options *options,
		   const struct sbpf_target *target, const struct wanted *wanted, char **argv);
int record_running(const struct tool *tool, const struct record_options *options,
		   const struct wanted *wanted);

#endif
