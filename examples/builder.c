/* SPDX-License-Identifier: MIT */
/* Without JSON: no new sockets but those of one machine, and no other program. */
#include <err.h>
#include <errno.h>
#include <sbpf.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	static const struct sbpf_condition not_unix[] = {
		{ .argument = 0, .compare = SBPF_NE, .value = AF_UNIX },
	};
	/* What the kernel reads: an int, of which the upper half of the register is no part. */
	const struct sbpf_target target = { .width = SBPF_WIDTH_KERNEL };
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, &error);
	struct sbpf_filter *filter;

	/* A policy remembers that a change failed: one look at the end is enough. */
	(void)!sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | EAFNOSUPPORT, "socket", not_unix, 1,
				    &error);
	(void)!sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | EPERM, "execve", NULL, 0, &error);
	(void)!sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | EPERM, "execveat", NULL, 0, &error);
	filter = sbpf_compile(policy, NULL, &error);
	if (sbpf_install(filter, 0, &error) < 0)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);

	printf("AF_UNIX: %s\n", socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? "refused" : "allowed");
	printf("AF_INET: %s\n", socket(AF_INET, SOCK_STREAM, 0) < 0 ? "refused" : "allowed");
	fflush(stdout);
	execl("/bin/true", "true", NULL);
	warn("execve");
	return 0;
}
