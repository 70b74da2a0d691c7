/* SPDX-License-Identifier: MIT */
#include "process_tree.h"

#include "common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* New threads come from known ones after one pass over all; more are for processes in between. */
#define PASSES_MAX 16

/* PROC_PID_INIT_INO of include/linux/proc_ns.h: numbers here are those of the kernel. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCu

struct process {
	pid_t number;
	pid_t parent;
	bool is_inside;
};

struct processes {
	struct process *list;
	size_t count;
};

static bool fail(struct sbpf_error *error, const char *message)
{
	error->code = SBPF_ERROR_KERNEL;
	snprintf(error->message, sizeof(error->message), "%s", message);
	return false;
}

/* The number that a name in /proc is, 0 for none. */
static pid_t number_of(const char *name)
{
	char *end;
	long number = strtol(name, &end, 10);

	return *end || number <= 0 || number > INT32_MAX ? 0 : (pid_t)number;
}

/* "/proc/7/stat": its name in parentheses and behind it a letter and the parent. */
static bool read_stat(pid_t process, char program[16], pid_t *parent)
{
	char path[64], text[512];
	const char *open_bracket, *close_bracket;
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[length > 0 ? length : 0] = '\0';
	open_bracket = strchr(text, '(');
	close_bracket = strrchr(text, ')');
	if (!open_bracket || !close_bracket || strlen(close_bracket) < 5)
		return false;
	snprintf(program, 16, "%.*s", (int)(close_bracket - open_bracket - 1), open_bracket + 1);
	*parent = (pid_t)strtol(close_bracket + 4, NULL, 10);
	return true;
}

/* ---- Which processes ---- */

static bool add_process(struct processes *processes, pid_t number, pid_t parent)
{
	struct process *list = processes->list;

	if ((processes->count & (processes->count - 1)) == 0)
		list = reallocarray(list, processes->count ? 2 * processes->count : 1,
				    sizeof(list[0]));
	if (!list)
		return false;
	processes->list = list;
	list[processes->count++] = (struct process){ .number = number, .parent = parent };
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct process *first = a, *second = b;

	return (first->number > second->number) - (first->number < second->number);
}

static bool list_processes(struct processes *processes)
{
	DIR *folder = opendir("/proc");
	bool done = folder;
	char program[16];

	for (struct dirent *entry; done && (entry = readdir(folder));) {
		pid_t number = number_of(entry->d_name);
		pid_t parent;

		if (number && read_stat(number, program, &parent))
			done = add_process(processes, number, parent);
	}
	if (folder)
		closedir(folder);
	if (processes->count)
		qsort(processes->list, processes->count, sizeof(processes->list[0]),
		      compare_numbers);
	return done;
}

static bool is_inside(const struct processes *processes, pid_t number)
{
	const struct process key = { .number = number };
	const struct process *found =
		bsearch(&key, processes->list, processes->count, sizeof(key), compare_numbers);

	return found && found->is_inside;
}

/* Marks the process and, level by level, what those that are marked started. */
static void mark(const struct processes *processes, pid_t root)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < processes->count; i++) {
			struct process *process = &processes->list[i];

			if (process->is_inside ||
			    (process->number != root && !is_inside(processes, process->parent)))
				continue;
			process->is_inside = changed = true;
		}
	}
}

/* ---- Their threads ---- */

/* Returns how many were new. */
static size_t add_threads(pid_t process, bool (*add)(void *, pid_t, const char *), void *context)
{
	char path[64], program[16];
	size_t count = 0;
	pid_t parent;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
	folder = read_stat(process, program, &parent) ? opendir(path) : NULL;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		pid_t thread = number_of(entry->d_name);

		count += thread && add(context, thread, program);
	}
	if (folder)
		closedir(folder);
	return count;
}

static bool is_numbered_by_kernel(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == FIRST_PID_NAMESPACE;
}

bool process_tree_each(pid_t root, bool (*add)(void *context, pid_t thread, const char *program),
		       void *context, struct sbpf_error *error)
{
	size_t found = 0, added = 1;

	if (!is_numbered_by_kernel())
		return fail(error, "in a PID namespace the kernel's numbers of processes are not "
				   "known: run it outside, or name a cgroup");
	for (size_t pass = 0; pass < PASSES_MAX && added; pass++) {
		struct processes processes = { 0 };
		bool done = list_processes(&processes);

		added = 0;
		mark(&processes, root);
		for (size_t i = 0; i < processes.count && done; i++) {
			if (processes.list[i].is_inside)
				added += add_threads(processes.list[i].number, add, context);
		}
		free(processes.list);
		if (!done)
			return fail(error, "/proc cannot be read");
		found += added;
	}
	return found || fail(error, "there is no such process");
}
