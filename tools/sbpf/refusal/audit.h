/* SPDX-License-Identifier: MIT */
/*
 * The kernel's audit records of seccomp (type 1326, kernel/auditsc.c: audit_seccomp), one a line,
 * as dmesg, journalctl, auditd's audit.log and ausearch print them.
 */
#ifndef SBPF_TOOLS_AUDIT_H
#define SBPF_TOOLS_AUDIT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_LINE_MAX 8192
#define AUDIT_NAME_MAX 256

struct audit_record {
	uint32_t arch;		      /* as in struct seccomp_data */
	uint32_t number;	      /* likewise */
	uint32_t action;	      /* SECCOMP_RET_*; the kernel does not log its data */
	int32_t pid;		      /* 0: not there */
	char program[AUDIT_NAME_MAX]; /* exe, or else comm, or "" */
};

enum audit_line {
	AUDIT_OTHER,  /* the line is about something else */
	AUDIT_RECORD, /* *record is filled */
	AUDIT_BROKEN, /* it is one of those, but cut or damaged */
};

/* Understands a line, whatever is in it; it need not be terminated. */
enum audit_line audit_parse(const char *line, size_t length, struct audit_record *record);

/* What came in so far. */
struct audit_input {
	uint64_t records;
	uint64_t broken;
	uint64_t lines;
};

/*
 * Reads lines to the end of a file and hands each record to take(context, record). Of a line longer
 * than AUDIT_LINE_MAX only the beginning is looked at. A signal of those that mask leaves open,
 * whose handler sets *stopped, ends it too. False with errno when reading failed.
 */
bool audit_read(int fd, void (*take)(void *context, const struct audit_record *record),
		void *context, const sigset_t *mask, const volatile sig_atomic_t *stopped,
		struct audit_input *input);

#endif
