/* SPDX-License-Identifier: MIT */
/*
 * refuse CALL:ERRNO[:ARGUMENT:VALUE],... COMMAND [WORD...]: runs a command for which these calls
 * (numbers of this program's ABI) fail with an errno, or seem to succeed with 0; given an argument,
 * only where its lower half is the value. For how programs take that.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULES_MAX 64
#define RULE_LENGTH 5

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOWER_HALF 4
#else
#define LOWER_HALF 0
#endif

static struct sock_filter program[RULES_MAX * RULE_LENGTH + 1];
static size_t length;
static int refuses_execve;

static void emit(unsigned short code, unsigned char jump_false, unsigned int value)
{
	program[length++] = (struct sock_filter)BPF_JUMP(code, value, 0, jump_false);
}

static void add_rule(const char *text)
{
	unsigned int call, error, argument, value;
	int found = sscanf(text, "%u:%u:%u:%u", &call, &error, &argument, &value);

	if ((found != 2 && found != 4) || (found == 4 && argument > 5))
		errx(2, "'%s' is no CALL:ERRNO[:ARGUMENT:VALUE]", text);
	if (length + RULE_LENGTH >= sizeof(program) / sizeof(program[0]))
		errx(2, "too many rules");
	refuses_execve |= call == SYS_execve;
	emit(BPF_LD | BPF_W | BPF_ABS, 0, offsetof(struct seccomp_data, nr));
	emit(BPF_JMP | BPF_JEQ | BPF_K, found == 4 ? 3 : 1, call);
	if (found == 4) {
		emit(BPF_LD | BPF_W | BPF_ABS, 0,
		     (unsigned int)offsetof(struct seccomp_data, args) + 8 * argument + LOWER_HALF);
		emit(BPF_JMP | BPF_JEQ | BPF_K, 1, value);
	}
	emit(BPF_RET | BPF_K, 0, SECCOMP_RET_ERRNO | error);
}

int main(int argc, char **argv)
{
	struct sock_fprog filter = { .filter = program };

	if (argc < 3)
		errx(2, "usage: refuse CALL:ERRNO[:ARGUMENT:VALUE],... COMMAND [WORD...]");
	for (char *rule = strtok(argv[1], ","); rule; rule = strtok(NULL, ","))
		add_rule(rule);
	emit(BPF_RET | BPF_K, 0, SECCOMP_RET_ALLOW);
	filter.len = (unsigned short)length;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		err(77, "seccomp");
	if (refuses_execve)
		syscall(SYS_execveat, AT_FDCWD, argv[2], argv + 2, environ, 0);
	else
		execv(argv[2], argv + 2);
	err(77, "%s", argv[2]);
}
