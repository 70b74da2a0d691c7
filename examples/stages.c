/* SPDX-License-Identifier: MIT */
/*
 * A server that gives up calls in two stages: what only the start needs goes when it listens, and
 * what only it itself needs goes in the processes that it hands connections to. A later filter can
 * only take more away.
 */
#include <err.h>
#include <errno.h>
#include <sbpf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const start_only[] = { "bind", "listen", "execve", "execveat", NULL };
static const char *const server_only[] = { "accept", "accept4", "fork",	   "vfork", "clone",
					   "clone3", "openat",	"openat2", "open",  NULL };

static struct sbpf_filter *refuse(const char *const *calls)
{
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, NULL, &error);
	struct sbpf_filter *filter;

	for (; *calls; calls++)
		(void)!sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | EPERM, *calls, NULL, 0,
					    &error);
	filter = sbpf_compile(policy, NULL, &error);
	sbpf_policy_free(policy);
	if (!filter)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
	return filter;
}

static void install(const struct sbpf_filter *filter)
{
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];

	if (sbpf_install(filter, 0, &error) < 0)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
}

/* A name in the abstract namespace: nothing is left behind. */
static int start(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strnlen(name, sizeof(address.sun_path) - 1);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path + 1, name, length);
	length += offsetof(struct sockaddr_un, sun_path) + 1;
	if (server < 0 || bind(server, (struct sockaddr *)&address, (socklen_t)length) < 0 ||
	    listen(server, 1) < 0)
		err(1, "%s", name);
	return server;
}

static void answer(int connection)
{
	static const char greeting[] = "hello\n";

	if (write(connection, greeting, strlen(greeting)) < 0)
		err(1, "write");
	printf("the worker forks: %s\n", fork() < 0 ? "refused" : "allowed");
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct sbpf_filter *second;
	int server, connection;
	pid_t worker;

	if (argc != 2)
		errx(2, "usage: %s name-of-socket", argv[0]);
	/* Compiled where there is still everything that compiling may need. */
	second = refuse(server_only);
	server = start(argv[1]);
	install(refuse(start_only));
	printf("the server listens again: %s\n", listen(server, 1) < 0 ? "refused" : "allowed");
	fflush(stdout);
	connection = accept(server, NULL, NULL);
	worker = connection < 0 ? -1 : fork();
	if (worker < 0)
		err(1, "a connection");
	if (worker == 0) {
		install(second);
		answer(connection);
	}
	close(connection);
	return waitpid(worker, NULL, 0) < 0;
}
