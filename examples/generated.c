/* SPDX-License-Identifier: MIT */
/* The filter was made when this was built (sbpf_generate() in CMakeLists.txt), so that the program
 * needs neither libsbpf nor the profile. */
#include "no_mkdir.h"

#include <err.h>
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
	if (no_mkdir_install(0) < 0)
		err(1, "seccomp");
	if (mkdir("logs", 0777) < 0)
		err(0, "mkdir");
	puts("mkdir was allowed");
	return 1;
}
