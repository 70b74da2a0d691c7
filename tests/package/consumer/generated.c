/* SPDX-License-Identifier: MIT */
/* A user's program with a filter made at build time: it needs no library. */
#include "filter.h"

#include <sys/stat.h>

int main(void)
{
	if (no_mkdir_install(0) < 0)
		return 1;
	return mkdir("refused", 0700) == -1 && errno == ENOSPC ? 0 : 1;
}
