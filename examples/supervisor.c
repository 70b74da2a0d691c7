/* SPDX-License-Identifier: MIT */
/*
 * A supervisor that is asked about every mkdir(2) of a command and answers that there is no space
 * for one (seccomp_unotify(2)). It reads no memory of the command: what it reads there might have
 * changed when the kernel looks, so that no decision may rest on it.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <sbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sbpf_filter *ask_about_mkdir(void)
{
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, NULL, &error);
	struct sbpf_filter *filter;

	(void)!sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "mkdir", NULL, 0, &error);
	(void)!sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "mkdirat", NULL, 0, &error);
	filter = sbpf_compile(policy, NULL, &error);
	sbpf_policy_free(policy);
	if (!filter)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
	return filter;
}

/* One descriptor as SCM_RIGHTS (unix(7)). fd: what is sent, or -1. Returns what came, or -1. */
static int pass(int channel, int fd)
{
	char byte = 0;
	struct iovec data = { &byte, 1 };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (fd >= 0) {
		*header = (struct cmsghdr){ CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		return sendmsg(channel, &message, 0) == 1 ? fd : -1;
	}
	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void become(const struct sbpf_filter *filter, int channel, char **argv)
{
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	int listener = sbpf_install(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, &error);

	if (listener < 0)
		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
	if (pass(channel, listener) < 0)
		err(1, "sendmsg");
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

/* Answers one call. That its process has ended meanwhile (ENOENT) is no failure. */
static void answer(int listener)
{
	struct seccomp_notif asked = { 0 };
	struct seccomp_notif_resp reply = { .error = -ENOSPC };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) {
		if (errno != ENOENT && errno != EINTR)
			err(1, "SECCOMP_IOCTL_NOTIF_RECV");
		return;
	}
	printf("a process asks for mkdir\n");
	fflush(stdout);
	reply.id = asked.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0 && errno != ENOENT)
		err(1, "SECCOMP_IOCTL_NOTIF_SEND");
}

/* Until no process has the filter any more: then the listener hangs up. */
static void answer_all(int listener)
{
	struct pollfd wait = { .fd = listener, .events = POLLIN };

	while (!(wait.revents & POLLHUP)) {
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			err(1, "poll");
		if (wait.revents & POLLIN)
			answer(listener);
	}
}

int main(int argc, char **argv)
{
	struct sbpf_filter *filter;
	int channel[2], listener, status;
	pid_t child;

	if (argc < 2)
		errx(2, "usage: %s command [argument...]", argv[0]);
	filter = ask_about_mkdir();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0)
		err(1, "socketpair");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0)
		become(filter, channel[1], argv + 1);
	close(channel[1]);
	listener = pass(channel[0], -1);
	if (listener >= 0)
		answer_all(listener);
	if (waitpid(child, &status, 0) < 0)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
