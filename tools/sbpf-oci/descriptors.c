/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that the runtime passes on to a container: crun closes those from 3 up, but for the
 * first ones, which --preserve-fds and systemd's LISTEN_FDS count.
 */
#include "oci.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define FIRST 3

/* No limit of a process is that high: then there is none (fs.nr_open is at most this). */
#define MOST (1L << 30)

static long clamp(long value, long least, long most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

static long read_count(const char *text)
{
	return text ? clamp(strtol(text, NULL, 10), 0, MOST) : 0;
}

static long descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > MOST)
		return MOST;
	return (long)limit.rlim_cur;
}

/* The largest number of an open descriptor; -1 and errno on failure. */
static long largest_descriptor(void)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	long largest = FIRST - 1;

	if (!folder)
		return -1;
	while ((entry = readdir(folder))) {
		long number = strtol(entry->d_name, NULL, 10);

		if (number > largest && number != dirfd(folder))
			largest = number;
	}
	closedir(folder);
	return largest;
}

/*
 * To keep all that there are, it takes no more than their count. One of LISTEN_FDS stays, which is
 * more to crun than their count.
 */
static bool reduce(struct invocation *invocation, long preserve, long listen, long *first)
{
	static char option[] = "--preserve-fds";
	static char counts[2][24];
	long largest = largest_descriptor();
	long wanted = largest + 1 - FIRST;

	if (largest < 0)
		return false;
	listen = clamp(wanted, listen > 0, listen);
	preserve = clamp(wanted - listen, 0, preserve);
	snprintf(counts[0], sizeof(counts[0]), "%ld", preserve);
	snprintf(counts[1], sizeof(counts[1]), "%ld", listen);
	if (invocation->preserve_fds)
		invocation_add(invocation, option, counts[0]);
	*first = FIRST + preserve + listen;
	return !listen || !setenv("LISTEN_FDS", counts[1], 1);
}

int descriptors_reserve(struct invocation *invocation)
{
	long preserve = read_count(invocation->preserve_fds);
	long listen = read_count(getenv("LISTEN_FDS"));
	long first = FIRST + preserve + listen;

	if (first >= descriptor_limit() && !reduce(invocation, preserve, listen, &first))
		return -1;
	return (int)first;
}
