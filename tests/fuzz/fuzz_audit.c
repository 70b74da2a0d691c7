// SPDX-License-Identifier: MIT
/*
 * Any bytes as a log: what is read as a record is whole, the same each time it is read, and the
 * same from a file as from memory.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit.h"
#include "sbpf.h"
#include "target.h"

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* What the lines of a log say, each read by itself. */
struct expected {
	uint64_t records;
	uint64_t broken;
	uint32_t sum;
};

static uint32_t sum_of(const struct audit_record *record)
{
	return record->arch + 3 * record->number + 5 * record->action + 7 * (uint32_t)record->pid +
	       11 * (uint32_t)strlen(record->program);
}

static void read_line(const char *line, size_t length, struct expected *expected)
{
	struct audit_record record, again;
	enum audit_line kind;

	if (length > AUDIT_LINE_MAX)
		length = AUDIT_LINE_MAX;
	kind = audit_parse(line, length, &record);
	expect(audit_parse(line, length, &again) == kind);
	expected->records += kind == AUDIT_RECORD;
	expected->broken += kind == AUDIT_BROKEN;
	if (kind != AUDIT_RECORD)
		return;
	expect(memchr(record.program, '\0', sizeof(record.program)));
	expect(record.pid >= 0 && !(record.action & SECCOMP_RET_DATA));
	expect(sum_of(&record) == sum_of(&again));
	expected->sum += sum_of(&record);
}

static void take(void *context, const struct audit_record *record)
{
	*(uint32_t *)context += sum_of(record);
}

static void read_file(const uint8_t *data, size_t size, const struct expected *expected)
{
	const volatile sig_atomic_t stopped = 0;
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct audit_input input;
	uint32_t sum = 0;

	if (fd < 0)
		return;
	if (write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0) {
		expect(audit_read(fd, take, &sum, NULL, &stopped, &input));
		expect(input.records == expected->records && input.broken == expected->broken);
		expect(sum == expected->sum);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	struct expected expected = { 0 };

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);
		/* Exactly as long as the line, so that a sanitizer sees what is read past it. */
		char *line = malloc(length + !length);

		if (!line)
			return 0;
		memcpy(line, at, length);
		read_line(line, length, &expected);
		free(line);
		at += length + 1;
	}
	read_file(data, size, &expected);
	return 0;
}
