/* SPDX-License-Identifier: MIT */
/*
 * Whoever calls sbpf may have filters of their own in force, which refuse any system call here or
 * answer it with nonsense. So what the wait needs is tried before there is a command, no call is
 * made again without end, and after a failure the command is killed.
 */
#include "supervise.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Only stops, continuations and tracers interrupt a wait here: never so often. */
#define INTERRUPTIONS_A_SECOND 1000

/* How long a killed command may take to end; one that waits for a disk takes for ever. */
#define END_TRIES 100
#define END_PAUSE_NANOSECONDS 10000000

/*
 * What the child has to say. It lies in memory that both processes share, since a filter that is
 * already in force may refuse every call by which a child could tell.
 */
struct child_report {
	struct sbpf_error install_error;
	int exec_errno;
	int system_errno;
	const char *system_call; /* fork(2) leaves constants where they are */
};

/* As they were for this process; the command gets them back. */
struct signal_state {
	sigset_t mask;
	struct sigaction child_action;
};

struct supervision {
	pid_t self;
	pid_t child;
	int life[2]; /* a pipe; while this process lives, its end for writing is open */
	sigset_t waited_for;
	struct signal_state before;
	struct child_report *report;
	char **shell_argv;
	int stopped_by;	 /* the signal that stopped the command, 0 while it goes on */
	int stop_signal; /* the one that last told this process to stop, since it last went on */
	struct supervise_outcome *outcome;
};

/* Without an errno, the call did something else than it should. */
static bool fail(struct supervision *supervision, const char *system_call, int error)
{
	supervision->outcome->system_call = system_call;
	supervision->outcome->system_errno = error ? error : ENOSYS;
	return false;
}

/* ---- Before there is a command ---- */

static bool take_signals(struct supervision *supervision)
{
	const struct sigaction default_action = { .sa_handler = SIG_DFL };

	sigfillset(&supervision->waited_for);
	if (sigprocmask(SIG_BLOCK, &supervision->waited_for, &supervision->before.mask) < 0)
		return fail(supervision, "rt_sigprocmask", errno);
	/* Where SIGCHLD is ignored, the kernel throws exit statuses away. */
	if (sigaction(SIGCHLD, &default_action, &supervision->before.child_action) < 0)
		return fail(supervision, "rt_sigaction", errno);
	return true;
}

/* As sigtimedwait(3), which in musl makes the call again for as long as that is interrupted. */
static int take_signal(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return (int)syscall(SYS_rt_sigtimedwait, set, info, timeout, _NSIG / CHAR_BIT);
}

/* Whether signals are blocked and sent, and waits answered: with a signal to this very process. */
static bool try_waits(struct supervision *supervision)
{
	const struct timespec no_time = { 0 };
	sigset_t child_only;

	sigemptyset(&child_only);
	sigaddset(&child_only, SIGCHLD);
	if (kill(supervision->self, SIGCHLD) < 0)
		return fail(supervision, "kill", errno);
	errno = 0;
	if (take_signal(&child_only, NULL, &no_time) != SIGCHLD)
		return fail(supervision, "rt_sigtimedwait", errno);
	/* No process is a child of its own. */
	errno = 0;
	if (waitpid(supervision->self, NULL, WNOHANG) >= 0 || errno != ECHILD)
		return fail(supervision, "wait4", errno);
	return true;
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

static struct child_report *share_report(void)
{
	struct child_report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return report == MAP_FAILED ? NULL : report;
}

static bool prepare(struct supervision *supervision, const struct supervise_command *command)
{
	/* A refused getpid(2) seems to say -1, which to kill(2) means every process there is. */
	supervision->self = getpid();
	if (supervision->self <= 0)
		return fail(supervision, "getpid", ENOSYS);
	supervision->report = share_report();
	if (!supervision->report)
		return fail(supervision, "mmap", errno);
	supervision->shell_argv = make_shell_argv(command);
	if (!supervision->shell_argv)
		return fail(supervision, "brk", errno);
	if (pipe2(supervision->life, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail(supervision, "pipe2", errno);
	return take_signals(supervision) && try_waits(supervision);
}

static void release(struct supervision *supervision)
{
	for (size_t i = 0; i < 2; i++) {
		if (supervision->life[i] >= 0)
			close(supervision->life[i]);
	}
	if (supervision->report)
		munmap(supervision->report, sizeof(*supervision->report));
	free(supervision->shell_argv);
}

/* ---- The child ---- */

/* The name of the call that failed, with errno, or NULL. */
static const char *give_signals_back(const struct signal_state *before)
{
	if (sigaction(SIGCHLD, &before->child_action, NULL) < 0)
		return "rt_sigaction";
	if (sigprocmask(SIG_SETMASK, &before->mask, NULL) < 0)
		return "rt_sigprocmask";
	return NULL;
}

/*
 * Ties this process to its parent's life. The parent may have ended before prctl(2), and getppid(2)
 * does not tell where it is in another PID namespace, but the pipe's other end is closed then.
 */
static const char *die_with_parent(const int life[2])
{
	char byte;
	ssize_t length;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return "prctl";
	if (close(life[1]) < 0)
		return "close";
	length = read(life[0], &byte, 1);
	if (length == 0)
		errno = ESRCH;
	return length < 0 && errno == EAGAIN ? NULL : "read";
}

/* What execvp(3) does with a script that lacks its #! line; shell_argv holds "sh", path, …. */
static void execute(const struct supervise_command *command, char **shell_argv)
{
	execve(command->path, command->argv, command->environment);
	if (errno == ENOEXEC)
		execve("/bin/sh", shell_argv, command->environment);
}

/* 0, or -1 with the error in *error. */
static int put_in_force(const struct supervise_command *command, const struct sbpf_filter *filter,
			unsigned int flags, struct sbpf_error *error)
{
	if (command->install)
		return command->install(command->install_context, flags, error);
	return sbpf_install(filter, flags, error);
}

static void become_command(const struct supervision *supervision,
			   const struct supervise_command *command,
			   const struct sbpf_filter *filter, unsigned int install_flags)
{
	struct child_report *report = supervision->report;
	const char *failed = die_with_parent(supervision->life);

	if (!failed)
		failed = give_signals_back(&supervision->before);
	if (failed) {
		report->system_call = failed;
		report->system_errno = errno;
	} else if (put_in_force(command, filter, install_flags, &report->install_error) == 0) {
		execute(command, supervision->shell_argv);
		report->exec_errno = errno;
	}
	_exit(EXIT_FAILURE);
}

/* ---- Signals and stops ---- */

/* What the terminal sends to a process group, and whether that stops it. */
static const struct terminal_signal {
	int signal;
	bool stops;
} terminal_signals[] = {
	{ SIGINT, false }, { SIGQUIT, false }, { SIGWINCH, false },
	{ SIGTSTP, true }, { SIGTTIN, true },  { SIGTTOU, true },
};

static const struct terminal_signal *find_terminal_signal(int signal)
{
	for (size_t i = 0; i < COUNT(terminal_signals); i++) {
		if (terminal_signals[i].signal == signal)
			return &terminal_signals[i];
	}
	return NULL;
}

/* Whether the command has got the signal too: the sender had a whole process group in mind. */
static bool reached_command(pid_t child, const siginfo_t *info)
{
	if (info->si_code <= 0)
		return info->si_pid == child;
	return find_terminal_signal(info->si_signo) && getpgid(child) == getpgrp();
}

/* That a command of another user's cannot be sent signals is no reason to leave it alone. */
static void pass_on(struct supervision *supervision, const siginfo_t *info)
{
	const struct terminal_signal *known = find_terminal_signal(info->si_signo);

	if (info->si_signo == SIGCONT)
		supervision->stop_signal = 0;
	else if (known && known->stops)
		supervision->stop_signal = info->si_signo;
	if (!reached_command(supervision->child, info))
		kill(supervision->child, info->si_signo);
	/* A stopped command would let Ctrl-C wait. */
	else if (supervision->stopped_by && known && !known->stops)
		kill(supervision->child, SIGCONT);
}

/* Whether the parent is a shell that made this process group as a job of its own. */
static bool is_job(void)
{
	pid_t session = getsid(0), parent = getppid();

	return session > 0 && getsid(parent) == session && getpgid(parent) != getpgrp();
}

/*
 * Where the command has stopped, stops as well: for the shell that watches, or as it was told to.
 * Elsewhere nobody would see it, and whoever lets the command go on would leave this process
 * behind. Not by SIGSTOP, since the kernel forgoes the other signals in an orphaned process group,
 * where no shell is that could continue it. The SIGCONT at the end is passed on like any signal.
 */
static bool stop_with_command(struct supervision *supervision)
{
	const struct sigaction default_action = { .sa_handler = SIG_DFL };
	int own = supervision->stop_signal ? supervision->stop_signal : supervision->stopped_by;
	sigset_t stop;

	if (!supervision->stopped_by || (!supervision->stop_signal && !is_job()))
		return true;
	if (own != SIGTTIN && own != SIGTTOU)
		own = SIGTSTP;
	supervision->stopped_by = 0;
	supervision->stop_signal = 0;
	sigemptyset(&stop);
	sigaddset(&stop, own);
	if (sigaction(own, &default_action, NULL) < 0)
		return fail(supervision, "rt_sigaction", errno);
	if (kill(supervision->self, own) < 0)
		return fail(supervision, "kill", errno);
	if (sigprocmask(SIG_UNBLOCK, &stop, NULL) < 0 || sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
		return fail(supervision, "rt_sigprocmask", errno);
	return true;
}

/* ---- The wait ---- */

/* Looks after all children: as first process of a PID namespace this one is given every orphan. */
static bool look_after_children(struct supervision *supervision, bool *ended, int *status)
{
	for (;;) {
		pid_t waited = waitpid(-1, status, WNOHANG | WUNTRACED | WCONTINUED);

		if (waited < 0)
			return fail(supervision, "wait4", errno);
		if (waited == 0)
			return true;
		if (waited != supervision->child)
			continue;
		supervision->stopped_by = WIFSTOPPED(*status) ? WSTOPSIG(*status) : 0;
		*ended = WIFEXITED(*status) || WIFSIGNALED(*status);
		if (*ended)
			return true;
	}
}

static bool tells_end(const siginfo_t *info, pid_t child)
{
	return info->si_signo == SIGCHLD && info->si_pid == child &&
	       (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
		info->si_code == CLD_DUMPED);
}

/* One signal, or none when the wait was interrupted. */
static bool wait_for_signal(struct supervision *supervision, siginfo_t *info)
{
	static unsigned int interruptions;
	static time_t second;

	*info = (siginfo_t){ 0 };
	errno = 0;
	if (take_signal(&supervision->waited_for, info, NULL) > 0)
		return true;
	if (errno != EINTR)
		return fail(supervision, "rt_sigtimedwait", errno);
	if (second != time(NULL))
		interruptions = 0;
	second = time(NULL);
	return ++interruptions < INTERRUPTIONS_A_SECOND ||
	       fail(supervision, "rt_sigtimedwait", EINTR);
}

/* Waits for the end of the command, and gives its wait status. */
static bool wait_for_end(struct supervision *supervision, int *status)
{
	bool ended = false;

	while (!ended) {
		siginfo_t info;

		if (!wait_for_signal(supervision, &info))
			return false;
		if (info.si_signo && info.si_signo != SIGCHLD)
			pass_on(supervision, &info);
		if (!look_after_children(supervision, &ended, status))
			return false;
		if (!ended && tells_end(&info, supervision->child))
			return fail(supervision, "wait4", ENOSYS);
		if (!ended && !stop_with_command(supervision))
			return false;
	}
	return true;
}

/* Where no signal can be sent, the kernel sends it when this process ends. */
static void end_command(struct supervision *supervision)
{
	const struct timespec pause = { .tv_nsec = END_PAUSE_NANOSECONDS };

	supervision->outcome->was_started = true;
	if (kill(supervision->child, SIGKILL) < 0)
		return;
	for (unsigned int i = 0; i < END_TRIES; i++) {
		if (waitpid(supervision->child, NULL, WNOHANG) != 0)
			return;
		nanosleep(&pause, NULL);
	}
}

static void fill_outcome(struct supervise_outcome *outcome, const struct child_report *report,
			 int status)
{
	outcome->install_error = report->install_error;
	outcome->exec_errno = report->exec_errno;
	outcome->system_errno = report->system_errno;
	outcome->system_call = report->system_call;
	if (WIFSIGNALED(status)) {
		outcome->signal = WTERMSIG(status);
		outcome->core_dumped = WCOREDUMP(status);
	} else {
		outcome->exit_status = WEXITSTATUS(status);
	}
}

void supervise(const struct supervise_command *command, const struct sbpf_filter *filter,
	       unsigned int install_flags, struct supervise_outcome *outcome)
{
	struct supervision supervision = { .outcome = outcome, .life = { -1, -1 } };
	int status;

	if (!prepare(&supervision, command))
		goto out;
	supervision.child = fork();
	if (supervision.child < 0)
		fail(&supervision, "fork", errno);
	else if (supervision.child == 0)
		become_command(&supervision, command, filter, install_flags);
	else if (wait_for_end(&supervision, &status))
		fill_outcome(outcome, supervision.report, status);
	else
		end_command(&supervision);
out:
	release(&supervision);
}
