/* SPDX-License-Identifier: MIT */
/* Lines in the runtime's log, in its form, and in our own. */
#include "oci.h"

#include "json_writer.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = { "info", "warning", "error" };

struct line {
	enum level level;
	char time[64];
	char message[PATH_MAX + 2048];
};

static void set_time(struct line *line)
{
	struct timespec now;
	struct tm parts;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	/* strftime(3) would read the files of the local time zone. */
	snprintf(line->time, sizeof(line->time), "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ",
		 (parts.tm_year + 1900) % 10000, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
		 parts.tm_min, parts.tm_sec, (unsigned int)now.tv_nsec / 1000 % 1000000);
}

/* The keys are those that engines read: github.com/containerd/go-runc, getLastRuntimeError(). */
static void print_json(FILE *out, const struct line *line)
{
	char text[sizeof(PROGRAM ": ") + sizeof(line->message)];

	snprintf(text, sizeof(text), PROGRAM ": %s", line->message);
	fputs("{\"msg\":", out);
	json_string(out, text);
	fprintf(out, ",\"level\":\"%s\",\"time\":\"%s\"}\n", level_names[line->level], line->time);
}

/* Text from a profile must not begin lines of its own. */
static void print_text(FILE *out, const struct line *line)
{
	fprintf(out, "%s %s: " PROGRAM ": ", line->time, level_names[line->level]);
	for (const unsigned char *at = (const unsigned char *)line->message; *at; at++)
		putc(*at < 0x20 || *at == 0x7f ? '?' : *at, out);
	putc('\n', out);
}

/* Others write to the file too: a line is one write(2) at its end. */
static void append(const char *path, bool json, const struct line *line)
{
	int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	char *text = NULL;
	size_t length = 0;
	FILE *out;

	if (descriptor < 0) {
		report(PROGRAM, "cannot write to the log '%s': %m", path);
		return;
	}
	out = open_memstream(&text, &length);
	if (out) {
		if (json)
			print_json(out, line);
		else
			print_text(out, line);
		fclose(out);
	}
	if (!text || write(descriptor, text, length) != (ssize_t)length)
		report(PROGRAM, "cannot write to the log '%s': %m", path);
	free(text);
	close(descriptor);
}

/* The file that the runtime logs to: "PATH" or "file:PATH"; NULL when it is no file. */
static const char *runtime_log(const struct invocation *invocation)
{
	static const char *const services[] = { "syslog:", "journald:" };
	const char *log = invocation->log;

	for (size_t i = 0; log && i < COUNT(services); i++) {
		if (!strncmp(log, services[i], strlen(services[i])))
			return NULL;
	}
	if (log && !strncmp(log, "file:", 5))
		log += 5;
	return log && *log ? log : NULL;
}

static void write_line(const struct invocation *invocation, const struct line *line)
{
	const char *theirs = runtime_log(invocation);
	const char *ours = invocation->own_log;
	bool json = invocation->log_format && !strcmp(invocation->log_format, "json");

	if (line->level == LEVEL_ERROR || invocation->debug)
		report(PROGRAM, "%s", line->message);
	if (theirs && (line->level == LEVEL_ERROR || !ours))
		append(theirs, json, line);
	if (ours)
		append(ours, json, line);
}

void log_line(const struct invocation *invocation, enum level level, const char *format, ...)
{
	struct line line = { .level = level };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line.message, sizeof(line.message), format, arguments);
	va_end(arguments);
	set_time(&line);
	write_line(invocation, &line);
}

void log_error(const struct invocation *invocation, enum level level, const char *file,
	       const struct sbpf_error *error)
{
	char place[32] = "";

	if (error->line && !error->where[0])
		snprintf(place, sizeof(place), ":%u:%u", error->line, error->column);
	else if (error->line)
		snprintf(place, sizeof(place), ":%u", error->line);
	log_line(invocation, level, "%s%s: %s%s%s", file, place, error->where,
		 error->where[0] ? ": " : "", error->message);
}
