/* SPDX-License-Identifier: MIT */
/* A sandbox in three lines: this process may not do what profile.json refuses. */
#include <err.h>
#include <sbpf.h>
#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	struct sbpf_policy *policy;
	struct sbpf_filter *filter;

	if (argc != 2)
		errx(2, "usage: %s profile.json", argv[0]);

	policy = sbpf_load_json_file(argv[1], NULL, &error);
	filter = sbpf_compile(policy, NULL, &error);
	if (sbpf_install(filter, 0, &error) < 0)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));

	/* A process that only ends may leave the rest to that. */
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
	if (mkdir("logs", 0777) < 0)
		err(0, "mkdir");
	puts("mkdir was allowed");
	return 1;
}
