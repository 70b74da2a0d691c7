/* SPDX-License-Identifier: MIT */
/*
 * Runs a command under a profile. All that can fail for want of memory is done before fork(2);
 * between fork(2) and execve(2) only what is async-signal-safe, which sbpf_install() is.
 */
#include <err.h>
#include <sbpf.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct sbpf_filter *compile(const char *path)
{
	const struct sbpf_options options = { .prove = true };
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	struct sbpf_policy *policy = sbpf_load_json_file(path, NULL, &error);
	struct sbpf_filter *filter = sbpf_compile(policy, &options, &error);

	sbpf_policy_free(policy);
	if (!filter)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
	return filter;
}

/* Only write(2) and _exit(2) from here on: the parent's other threads may have held locks. */
static void become(const struct sbpf_filter *filter, char **argv)
{
	static const char refused[] = "the command could not be started under the filter\n";
	struct sbpf_error error = { 0 };

	if (sbpf_install(filter, 0, &error) == 0)
		execve(argv[0], argv, environ);
	if (write(STDERR_FILENO, refused, strlen(refused)) < 0)
		_exit(126);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct sbpf_filter *filter;
	pid_t child;
	int status;

	if (argc < 3)
		errx(2, "usage: %s profile.json /path/to/command [argument...]", argv[0]);
	filter = compile(argv[1]);
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0)
		become(filter, argv + 2);
	sbpf_filter_free(filter);
	if (waitpid(child, &status, 0) < 0)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
