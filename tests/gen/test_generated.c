/* SPDX-License-Identifier: MIT */
/* Headers from sbpf_generate(): they compile, install and refuse mkdir(2). */
#include "block-mkdir.h"
#include "named.h"

#include <stdlib.h>
#include <sys/stat.h>

static int refuses_mkdir(const char *path)
{
	return mkdir(path, 0700) == -1 && errno == EPERM;
}

int main(void)
{
	/* mkdir(2) of a path that exists fails with EEXIST before the filter holds. */
	if (mkdir("/", 0700) != -1 || errno != EEXIST)
		return EXIT_FAILURE;
	if (block_mkdir_install(0) != 0 || !refuses_mkdir("/"))
		return EXIT_FAILURE;
	if (first_install(0) != 0 || second_install(0) != 0)
		return EXIT_FAILURE;
	return refuses_mkdir("/") ? EXIT_SUCCESS : EXIT_FAILURE;
}
