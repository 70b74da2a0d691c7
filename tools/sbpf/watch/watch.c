/* SPDX-License-Identifier: MIT */
/* The starter's side, and that of the process that is watched. */
#include "watch.h"

#include "common.h"
#include "probe.h"
#include "rewrite.h"
#include "watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* After how long the starter says that it waits. */
#define PATIENCE_MILLISECONDS 1000

struct watch {
	struct watch_request request;
	struct probe *probe;
	struct sbpf_filter *filter;
	int socket; /* to the watcher */
	pid_t watcher;
	volatile int *listener; /* shared with who hands it over */
};

/* ---- Starting ---- */

static int fail(struct sbpf_error *error, int system_errno, const char *message)
{
	if (error && error->code == SBPF_OK) {
		error->code = SBPF_ERROR_KERNEL;
		error->system_errno = system_errno;
		strncpy(error->message, message, sizeof(error->message) - 1);
	}
	errno = system_errno;
	return -1;
}

/* Closes all descriptors above the standard streams but two. */
static bool close_others(int one, int other)
{
	unsigned int low = (unsigned int)(one < other ? one : other);
	unsigned int high = (unsigned int)(one < other ? other : one);

	return (low <= 3 || close_range(3, low - 1, 0) == 0) &&
	       (high <= low + 1 || close_range(low + 1, high - 1, 0) == 0) &&
	       close_range(high + 1, ~0u, 0) == 0;
}

/* What a daemon does. */
static bool detach(int socket, int kept)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || chdir("/") < 0)
		return false;
	for (int stream = 0; stream <= 2; stream++) {
		if (dup2(null, stream) < 0)
			return false;
	}
	return close_others(socket, kept > 2 ? kept : socket);
}

static void become_watcher(const struct watch *watch, int socket)
{
	struct watcher watcher = {
		.request = &watch->request,
		.filter = watch->filter,
		.socket = socket,
	};
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		_exit(EXIT_FAILURE);
	if (watch->request.detached && !detach(socket, watch->request.kept))
		_exit(EXIT_FAILURE);
	if (watch->probe->has_listener)
		watcher_note(&watcher, NOTE_LISTENER);
	else if (watch->probe->is_refusing || (watch->probe->has_filters && watch->request.all))
		watcher_note(&watcher, NOTE_FILTERS);
	if (!message_send(socket, MESSAGE_READY, getpid()))
		_exit(EXIT_FAILURE);
	if (watch->request.engine == WATCH_TRACE)
		_exit(trace_watch(&watcher));
	watcher_note(&watcher, NOTE_NOTIFIED);
	_exit(notify_watch(&watcher));
}

/*
 * A process in between makes the watcher nobody's child: the starter may become another program,
 * which does not expect one. A session of its own keeps the terminal's signals from it.
 */
static int start_watcher(struct watch *watch, int socket, struct sbpf_error *error)
{
	struct message ready;
	pid_t between;
	int status;

	/* What is in buffers is not to be written twice. */
	fflush(NULL);
	between = fork();
	if (between < 0)
		return fail(error, errno, "no process can be started to watch");
	if (between == 0) {
		pid_t watcher = setsid() < 0 ? -1 : fork();

		close(watch->socket);
		if (watcher == 0)
			become_watcher(watch, socket);
		_exit(watcher < 0);
	}
	close(socket);
	if (waitpid(between, &status, 0) < 0 || status || !message_receive(watch->socket, &ready) ||
	    ready.kind != MESSAGE_READY)
		return fail(error, EPROTO, "the process that was to watch has ended");
	watch->watcher = ready.value;
	return 0;
}

static int choose_engine(struct watch *watch, struct sbpf_error *error)
{
	const struct probe *probe = watch->probe;
	enum watch_engine *engine = &watch->request.engine;

	if (*engine == WATCH_AUTO)
		*engine = probe->trace_errno && !probe->has_listener ? WATCH_NOTIFY : WATCH_TRACE;
	if (*engine == WATCH_TRACE && probe->trace_errno)
		return fail(error, probe->trace_errno,
			    "processes cannot be traced here (ptrace): this one is traced itself, "
			    "or a filter, a security module or the kernel's settings forbid it");
	if (*engine == WATCH_NOTIFY && probe->has_listener)
		return fail(error, EBUSY,
			    "a filter with a listener is in force here already, and there can be "
			    "only one; without --engine notify, none is needed");
	return 0;
}

static volatile int *share_number(void)
{
	void *number =
		mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return number == MAP_FAILED ? NULL : number;
}

static int start(struct watch *watch, struct sbpf_error *error)
{
	int sockets[2];

	watch->probe = probe_new(watch->request.filter, error);
	if (!watch->probe)
		return -1;
	if (choose_engine(watch, error) < 0)
		return -1;
	watch->filter =
		rewrite(watch->request.filter,
			watch->request.engine == WATCH_TRACE ? REWRITE_TRACE : REWRITE_NOTIFY,
			watch->request.all, watch->probe, error);
	if (!watch->filter)
		return -1;
	watch->listener = share_number();
	if (!watch->listener)
		return fail(error, errno, "out of memory");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return fail(error, errno, "no socket can be made to talk with the watcher");
	watch->socket = sockets[0];
	return start_watcher(watch, sockets[1], error);
}

struct watch *watch_start(const struct watch_request *request, struct sbpf_error *error)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		fail(error, ENOMEM, "out of memory");
		return NULL;
	}
	watch->request = *request;
	watch->socket = -1;
	if (start(watch, error) < 0) {
		watch_free(watch);
		return NULL;
	}
	return watch;
}

const struct sbpf_filter *watch_filter(const struct watch *watch)
{
	return watch->filter;
}

/* ---- Being watched ---- */

int watch_join(struct watch *watch, struct sbpf_error *error)
{
	struct message joined;

	/* Yama's leave; without Yama there is no such prctl(2), and none is needed. */
	prctl(PR_SET_PTRACER, watch->watcher, 0, 0, 0);
	if (!message_send(watch->socket, MESSAGE_JOIN, getpid()) ||
	    !message_receive(watch->socket, &joined) || joined.kind != MESSAGE_JOINED)
		return fail(error, EPROTO, "the process that was to watch has ended");
	if (joined.value)
		return fail(error, joined.value,
			    "the command cannot be traced (ptrace): another process traces it "
			    "already, or a security module or the kernel's settings forbid it");
	return 0;
}

int watch_install(struct watch *watch, unsigned int flags, struct sbpf_error *error)
{
	if (watch_join(watch, error) < 0)
		return -1;
	if (watch->request.engine == WATCH_NOTIFY)
		return notify_install(watch->socket, watch->filter, flags, watch->listener, error);
	return sbpf_install(watch->filter, flags, error);
}

/* ---- The end ---- */

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal)
{
	(void)signal;
	is_interrupted = 1;
}

static void take_interrupts(sigset_t *waiting)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt };
	sigset_t wanted;

	sigemptyset(&action.sa_mask);
	sigemptyset(&wanted);
	sigprocmask(SIG_BLOCK, NULL, waiting);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&wanted, numbers[i]);
		sigdelset(waiting, numbers[i]);
	}
	/* They come only in ppoll(2). */
	sigprocmask(SIG_BLOCK, &wanted, NULL);
}

static void say_that_it_waits(const struct watch *watch)
{
	if (isatty(STDERR_FILENO))
		report(watch->request.program,
		       "processes that the command started still run and are watched; Ctrl-C gives "
		       "the report now");
}

/* Whether there is a message or an end to be read; asks for the report when it is wanted. */
static bool wait_for_message(const struct watch *watch)
{
	const struct timespec patience = { PATIENCE_MILLISECONDS / 1000,
					   PATIENCE_MILLISECONDS % 1000 * 1000000L };
	struct pollfd polled = { .fd = watch->socket, .events = POLLIN };
	const struct timespec *timeout = &patience;
	sigset_t waiting;

	take_interrupts(&waiting);
	for (;;) {
		int ready = ppoll(&polled, 1, timeout, &waiting);

		if (ready > 0 || (ready < 0 && errno != EINTR))
			return ready > 0;
		if (ready == 0)
			say_that_it_waits(watch);
		if (ready == 0 || is_interrupted)
			timeout = NULL;
		if (is_interrupted && !message_send(watch->socket, MESSAGE_REPORT, 0))
			return false;
		is_interrupted = 0;
	}
}

/* That the watcher ended without having read all is told before what it sent (ECONNRESET). */
static bool receive_last(const struct watch *watch, struct message *message)
{
	errno = 0;
	return message_receive(watch->socket, message) ||
	       (errno == ECONNRESET && message_receive(watch->socket, message));
}

enum watch_end watch_finish(struct watch *watch)
{
	struct message ended;

	/* Who has ended already does not take it. */
	message_send(watch->socket, MESSAGE_FINISH, 0);
	if (wait_for_message(watch) && receive_last(watch, &ended) && ended.kind == MESSAGE_ENDED)
		return ended.value ? WATCH_DONE : WATCH_LEFT;
	report(watch->request.program, "the process that watched has ended before its time, and "
				       "with it all that it watched");
	return WATCH_DIED;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->socket >= 0)
		close(watch->socket);
	if (watch->listener)
		munmap((void *)watch->listener, sizeof(*watch->listener));
	probe_free(watch->probe);
	sbpf_filter_free(watch->filter);
	free(watch);
}
