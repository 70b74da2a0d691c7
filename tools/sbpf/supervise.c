/* SPDX-License-Identifier: MIT */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What the child has to say. It lies in memory that both processes share, since a filter that is
 * already in force may refuse every call by which a child could tell.
 */
struct child_report {
	struct sbpf_error install_error;
	int exec_errno;
};

/* As they were for this process; the command gets them back. */
struct signal_state {
	sigset_t mask;
	struct sigaction child_action;
};

/* The signals that are waited for: these are passed on, and SIGCHLD tells of the command. */
static const int passed_on[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
				 SIGTERM, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH };

static void take_signals(sigset_t *waited_for, struct signal_state *before)
{
	const struct sigaction default_action = { .sa_handler = SIG_DFL };

	sigemptyset(waited_for);
	sigaddset(waited_for, SIGCHLD);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(waited_for, passed_on[i]);
	sigprocmask(SIG_BLOCK, waited_for, &before->mask);
	/* Where SIGCHLD is ignored, the kernel throws exit statuses away. */
	sigaction(SIGCHLD, &default_action, &before->child_action);
}

static void give_signals_back(const struct signal_state *before)
{
	sigaction(SIGCHLD, &before->child_action, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* What execvp(3) does with a script that lacks its #! line; shell_argv holds "sh", path, …. */
static void execute(const struct supervise_command *command, char **shell_argv)
{
	execve(command->path, command->argv, command->environment);
	if (errno == ENOEXEC)
		execve("/bin/sh", shell_argv, command->environment);
}

static char **make_shell_argv(const struct supervise_command *command)
{
	static char shell[] = "sh";
	size_t count = 0;
	char **argv;

	while (command->argv[count])
		count++;
	argv = calloc(count + 2, sizeof(argv[0]));
	if (!argv)
		return NULL;
	argv[0] = shell;
	argv[1] = (char *)command->path;
	for (size_t i = 1; i < count; i++)
		argv[i + 1] = command->argv[i];
	return argv;
}

/* A signal from the terminal reaches the command's process group without help. */
static void pass_on(pid_t child, const siginfo_t *info)
{
	if (info->si_code <= 0)
		kill(child, info->si_signo);
}

/* Ctrl-Z stopped the command: stop as well, for the shell that waits for this process. */
static void stop_with(pid_t child, int signal)
{
	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return;
	raise(SIGSTOP);
	kill(child, SIGCONT);
}

/* Waits for the end of the child, and returns its wait status. */
static int wait_for_end(pid_t child, const sigset_t *waited_for)
{
	for (;;) {
		siginfo_t info;
		int status;

		if (sigwaitinfo(waited_for, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD)
			pass_on(child, &info);
		while (waitpid(child, &status, WNOHANG | WUNTRACED) == child) {
			if (!WIFSTOPPED(status))
				return status;
			stop_with(child, WSTOPSIG(status));
		}
	}
}

static void fill_outcome(struct supervise_outcome *outcome, const struct child_report *report,
			 int status)
{
	outcome->install_error = report->install_error;
	outcome->exec_errno = report->exec_errno;
	if (WIFSIGNALED(status)) {
		outcome->signal = WTERMSIG(status);
		outcome->core_dumped = WCOREDUMP(status);
	} else {
		outcome->exit_status = WEXITSTATUS(status);
	}
}

static struct child_report *share_report(void)
{
	struct child_report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return report == MAP_FAILED ? NULL : report;
}

void supervise(const struct supervise_command *command, const struct sbpf_filter *filter,
	       unsigned int install_flags, struct supervise_outcome *outcome)
{
	struct child_report *report = share_report();
	char **shell_argv = make_shell_argv(command);
	struct signal_state before;
	sigset_t waited_for;
	pid_t child = -1;

	take_signals(&waited_for, &before);
	if (report && shell_argv)
		child = fork();
	if (child == 0) {
		give_signals_back(&before);
		if (sbpf_install(filter, install_flags, &report->install_error) == 0) {
			execute(command, shell_argv);
			report->exec_errno = errno;
		}
		_exit(EXIT_FAILURE);
	}
	if (child > 0)
		fill_outcome(outcome, report, wait_for_end(child, &waited_for));
	else
		outcome->system_errno = errno;
	give_signals_back(&before);
	if (report)
		munmap(report, sizeof(*report));
	free(shell_argv);
}
