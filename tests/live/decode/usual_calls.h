/* SPDX-License-Identifier: MIT */
/* For made_calls.c: calls as programs make them, of every kind that is decoded. */

#define FOLDER 10
#define SOCKET 11
#define FILE_HERE 12

/* Descriptors that are the same in each run. */
static void prepare(void)
{
	int folder = open("/usr", O_RDONLY | O_DIRECTORY);
	int file = open("/etc/passwd", O_RDONLY);

	if (folder < 0 || file < 0 || dup2(folder, FOLDER) < 0 || dup2(file, FILE_HERE) < 0 ||
	    dup2(file, SOCKET) < 0 || chdir("/tmp"))
		exit(EXIT_FAILURE);
}

static char page[8192] __attribute__((aligned(4096)));
static const struct timespec soon = { 1, 500000000 };
static const struct timespec times[2] = { { 0, UTIME_NOW }, { 5, 7 } };
static const struct timeval moments[2] = { { 1, 2 }, { 3, 4 } };
static const struct itimerspec alarm_spec = { { 1, 2 }, { 3, 4 } };
static const struct itimerval alarm_value = { { 1, 2 }, { 3, 4 } };
static const struct sockaddr_un unix_path = { AF_UNIX, "/run/a.sock" };
static const struct sockaddr_un unix_abstract = { AF_UNIX, "\0abs" };
static const struct sockaddr_nl netlink = { AF_NETLINK, 0, 42, 5 };
static struct sockaddr_in inet = { .sin_family = AF_INET };
static struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6, .sin6_scope_id = 3 };
static const struct sockaddr other = { AF_APPLETALK, "abcdef" };
static struct iovec parts[2] = { { "first", 5 }, { "second\n", 7 } };
static struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
static struct msghdr addressed = {
	.msg_name = &inet, .msg_namelen = sizeof(inet), .msg_iov = parts, .msg_iovlen = 1
};
static struct mmsghdr messages[2];
static const char *const words[] = { "prog", "-x", "a \"b\"\n", NULL };
static const char *const variables[] = { "A=1", "B=2", "C=3", NULL };
static const uint64_t kernel_set = 1 << (SIGINT - 1) | 1 << (SIGTERM - 1);
static const uint64_t full_set = ~(UINT64_C(1) << (SIGKILL - 1));
static const struct rlimit limit = { 1024, RLIM_INFINITY };
static const struct pollfd polled[2] = { { 0, POLLIN | POLLPRI, 0 }, { -1, POLLOUT, 0 } };
static const struct epoll_event wanted = { EPOLLIN | EPOLLET, { .u64 = 0x1234 } };
static fd_set some;
static const struct open_how how = { O_RDWR | O_CREAT, 0640, RESOLVE_BENEATH };
static struct clone_args arguments = { .flags = CLONE_NEWUSER | CLONE_NEWNS,
				       .exit_signal = SIGCHLD };
static const struct flock lock = { F_WRLCK, SEEK_SET, 10, 20, 0 };
static const int number = 128;
static const gid_t groups[3] = { 1, 2, 3 };
static const loff_t offset = 77;
static const struct sched_param priority = { .sched_priority = 50 };
static const struct {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
} action = { SIG_IGN, SA_RESTART | SA_SIGINFO | 0x04000000, (void *)0x1000, 6 };
static const stack_t stack = { page, 0, sizeof(page) };
static const struct {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t times[3];
} scheduling = { 48, 1, 1, 0, 5, { 0 } };
static const uint64_t attributes[4] = { 1, 2, 0, 0 };
static const int16_t operations[6] = { 0, -1, 010000, 1, 1, 0 };
static const struct __user_cap_header_struct cap_header = { _LINUX_CAPABILITY_VERSION_3, 0 };

static void call_files(void)
{
	CALL(open, P("/etc/passwd"), O_RDONLY | O_CLOEXEC);
	CALL(open, P("relative"), O_RDWR | O_CREAT, 0644);
	CALL(openat, AT_FDCWD, P("/etc/shadow"), O_RDONLY);
	CALL(openat, AT_FDCWD, P("relative"), O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, 0600);
	CALL(openat, FOLDER, P("bin/true"), O_PATH | O_NOFOLLOW);
	CALL(openat, 99, P("x"), O_RDONLY | O_DIRECTORY);
	CALL(openat, P(0xdeadbeef00000000 | FOLDER),
	     P("b\"\\\001\t\x80"
	       "7"),
	     O_RDONLY);
	CALL(openat, AT_FDCWD, 0, O_RDONLY);
	CALL(openat, AT_FDCWD, 8, O_RDONLY);
	CALL(openat, AT_FDCWD, P("/"), O_RDWR | O_TMPFILE, 0700);
	CALL(openat2, AT_FDCWD, P("/x"), P(&how), sizeof(how));
	CALL(openat2, FOLDER, P("x"), P(&how), 8);
	CALL(creat, P("/x"), 0644);
	CALL(access, P("/x"), R_OK | W_OK);
	CALL(faccessat, FOLDER, P("x"), X_OK);
	CALL(faccessat2, FOLDER, P("x"), F_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
	CALL(chdir, P("/a"));
	CALL(fchdir, FOLDER);
	CALL(chroot, P("/a"));
	CALL(mkdir, P("/a"), 0755);
	CALL(mkdirat, AT_FDCWD, P("a"), 01777);
	CALL(mknod, P("/dev/x"), S_IFCHR | 0600, 0x103);
	CALL(mknodat, AT_FDCWD, P("/dev/x"), S_IFIFO | 0644, 0);
	CALL(unlink, P("/a"));
	CALL(unlinkat, FOLDER, P("a"), AT_REMOVEDIR);
	CALL(rmdir, P("/a"));
	CALL(rename, P("/a"), P("/b"));
	CALL(renameat, AT_FDCWD, P("/a"), FOLDER, P("b"));
	CALL(renameat2, AT_FDCWD, P("/a"), AT_FDCWD, P("/b"), 1);
	CALL(link, P("/a"), P("/b"));
	CALL(linkat, FOLDER, P("a"), FOLDER, P("b"), AT_SYMLINK_FOLLOW);
	CALL(symlink, P("target"), P("/b"));
	CALL(symlinkat, P("target"), FOLDER, P("b"));
	CALL(readlink, P("/a"), P(page), 100);
	CALL(readlinkat, FOLDER, P("a"), P(page), 100);
	CALL(chmod, P("/a"), 04755);
	CALL(fchmod, FILE_HERE, 0644);
	CALL(fchmodat, FOLDER, P("a"), 0600);
	CALL(chown, P("/a"), 0, -1);
	CALL(fchown, FILE_HERE, 1000, 1000);
	CALL(lchown, P("/a"), 1, 2);
	CALL(fchownat, FOLDER, P("a"), 0, 0, AT_SYMLINK_NOFOLLOW);
	CALL(stat, P("/a"), P(page));
	CALL(lstat, P("/a"), P(page));
	CALL(fstat, FILE_HERE, P(page));
	CALL(newfstatat, FOLDER, P("a"), P(page), AT_SYMLINK_NOFOLLOW);
	CALL(statx, AT_FDCWD, P("/a"), AT_STATX_SYNC_AS_STAT, 0x7ff, P(page));
	CALL(statfs, P("/a"), P(page));
	CALL(truncate, P("/a"), 100);
	CALL(ftruncate, FILE_HERE, 100);
	CALL(utimensat, FOLDER, P("a"), P(times), 0);
	CALL(utimensat, FILE_HERE, 0, 0, 0);
	CALL(utimes, P("/a"), P(moments));
	CALL(umask, 022);
	CALL(fallocate, FILE_HERE, 3, 0, 4096);
	CALL(setxattr, P("/a"), P("user.x"), P("value"), 5, 1);
	CALL(getxattr, P("/a"), P("user.x"), P(page), 100);
	CALL(fsetxattr, FILE_HERE, P("user.x"), P("v"), 1, 0);
	CALL(removexattr, P("/a"), P("user.x"));
	CALL(listxattr, P("/a"), P(page), 10);
	CALL(name_to_handle_at, FOLDER, P("a"), 0, 0, 0);
	CALL(acct, P("/a"));
	CALL(swapon, P("/a"), 0x8005);
	CALL(swapoff, P("/a"));
	CALL(inotify_add_watch, FILE_HERE, P("/a"), 0x102);
}

static void call_descriptors(void)
{
	CALL(read, FILE_HERE, P(page), 4096);
	CALL(write, FILE_HERE, P("hello\n"), 6);
	CALL(write, FILE_HERE, P("0123456789012345678901234567890123456789"), 40);
	CALL(write, FILE_HERE, 0, 0);
	CALL(write, FILE_HERE, 16, 5);
	CALL(pread64, FILE_HERE, P(page), 10, 20);
	CALL(pwrite64, FILE_HERE, P("abc"), 3, -1);
	CALL(readv, FILE_HERE, P(parts), 2);
	CALL(writev, FILE_HERE, P(parts), 2);
	CALL(preadv, FILE_HERE, P(parts), 1, 5, 0);
	CALL(pwritev, FILE_HERE, P(parts), 2, 5, 0);
	CALL(pwritev2, FILE_HERE, P(parts), 2, 5, 0, 2);
	CALL(lseek, FILE_HERE, -5, SEEK_END);
	CALL(close, FILE_HERE);
	CALL(close, -1);
	CALL(close_range, 3, ~0U, 4);
	CALL(dup, FILE_HERE);
	CALL(dup2, FILE_HERE, 50);
	CALL(dup3, FILE_HERE, 50, O_CLOEXEC);
	CALL(pipe, P(page));
	CALL(pipe2, P(page), O_CLOEXEC | O_NONBLOCK);
	CALL(fcntl, FILE_HERE, F_GETFD);
	CALL(fcntl, FILE_HERE, F_SETFD, FD_CLOEXEC);
	CALL(fcntl, FILE_HERE, F_GETFL);
	CALL(fcntl, FILE_HERE, F_SETFL, O_RDWR | O_NONBLOCK);
	CALL(fcntl, FILE_HERE, F_DUPFD_CLOEXEC, 10);
	CALL(fcntl, FILE_HERE, F_SETLK, P(&lock));
	CALL(fcntl, FILE_HERE, F_ADD_SEALS, 5);
	CALL(fcntl, FILE_HERE, F_SETPIPE_SZ, 65536);
	CALL(flock, FILE_HERE, 6);
	CALL(fsync, FILE_HERE);
	CALL(ioctl, FILE_HERE, TIOCSTI, P("x"));
	CALL(ioctl, FILE_HERE, 0x4b3a, 1);
	CALL(getdents64, FOLDER, P(page), 100);
	CALL(copy_file_range, FILE_HERE, P(&offset), FOLDER, 0, 100, 0);
	CALL(splice, FILE_HERE, 0, FOLDER, P(&offset), 100, 3);
	CALL(tee, FILE_HERE, FOLDER, 100, 2);
	CALL(vmsplice, FILE_HERE, P(parts), 2, 8);
	CALL(sendfile, FILE_HERE, FOLDER, P(&offset), 5);
	CALL(poll, P(polled), 2, -1);
	CALL(ppoll, P(polled), 2, P(&soon), P(&kernel_set), 8);
	CALL(select, 13, P(&some), 0, 0, P(moments));
	CALL(epoll_create1, EPOLL_CLOEXEC);
	CALL(epoll_ctl, FILE_HERE, EPOLL_CTL_ADD, FOLDER, P(&wanted));
	CALL(epoll_wait, FILE_HERE, P(page), 5, 100);
	CALL(epoll_pwait, FILE_HERE, P(page), 5, -1, P(&kernel_set), 8);
	CALL(eventfd2, 3, 0x80000);
	CALL(signalfd4, -1, P(&kernel_set), 8, 0x80800);
	CALL(timerfd_create, CLOCK_MONOTONIC, 0x80000);
	CALL(timerfd_settime, FILE_HERE, 1, P(&alarm_spec), 0);
	CALL(inotify_init1, 0x80000);
	CALL(memfd_create, P("name"), 1);
	CALL(fadvise64, FILE_HERE, 0, 100, 3);
	CALL(sync_file_range, FILE_HERE, 0, 100, 7);
	CALL(readahead, FILE_HERE, 0, 100);
	CALL(pidfd_getfd, FILE_HERE, 3, 0);
}

static void call_sockets(void)
{
	CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	CALL(socket, AF_UNIX, SOCK_DGRAM, 0);
	CALL(socket, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
	CALL(socket, 38, SOCK_SEQPACKET, 0);
	CALL(socket, 99, 77, 0);
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, P(page));
	CALL(bind, SOCKET, P(&unix_path), sizeof(unix_path));
	CALL(bind, SOCKET, P(&unix_abstract), 6);
	CALL(connect, SOCKET, P(&inet), sizeof(inet));
	CALL(connect, SOCKET, P(&inet6), sizeof(inet6));
	CALL(connect, SOCKET, P(&netlink), sizeof(netlink));
	CALL(connect, SOCKET, P(&other), sizeof(other));
	CALL(connect, SOCKET, 0, 16);
	CALL(connect, SOCKET, 16, 16);
	CALL(listen, SOCKET, 5);
	CALL(accept, SOCKET, 0, 0);
	CALL(accept4, SOCKET, P(page), P(&number), SOCK_NONBLOCK);
	CALL(sendto, SOCKET, P("data"), 4, MSG_NOSIGNAL | MSG_DONTWAIT, P(&inet), sizeof(inet));
	CALL(sendto, SOCKET, P("data"), 4, 0, 0, 0);
	CALL(recvfrom, SOCKET, P(page), 4, MSG_PEEK, 0, 0);
	CALL(sendmsg, SOCKET, P(&message), MSG_NOSIGNAL);
	CALL(sendmsg, SOCKET, P(&addressed), 0);
	CALL(sendmmsg, SOCKET, P(messages), 2, 0);
	CALL(recvmsg, SOCKET, P(&message), 0);
	CALL(shutdown, SOCKET, SHUT_RDWR);
	CALL(setsockopt, SOCKET, SOL_SOCKET, SO_REUSEADDR, P(&number), 4);
	CALL(getsockopt, SOCKET, SOL_SOCKET, SO_ERROR, P(page), P(&number));
	CALL(getsockname, SOCKET, P(page), P(&number));
	CALL(getpeername, SOCKET, P(page), P(&number));
}

static void call_processes(void)
{
	CALL(execve, P("/bin/prog"), P(words), P(variables));
	CALL(execveat, FOLDER, P("prog"), P(words), P(variables), AT_EMPTY_PATH);
	CALL(execve, P("/bin/prog"), 0, 0);
	CALL(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	CALL(clone, CLONE_VM | CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID, P(page), P(page),
	     P(page), P(page));
	CALL(clone3, P(&arguments), sizeof(arguments));
	CALL(clone3, P(&arguments), 64);
	CALL(unshare, CLONE_NEWNET | CLONE_NEWPID);
	CALL(setns, FILE_HERE, CLONE_NEWNET);
	CALL(kill, -1, SIGKILL);
	CALL(tgkill, 1, 1, SIGUSR1);
	CALL(tkill, 1, 40);
	CALL(rt_sigaction, SIGINT, P(&action), 0, 8);
	CALL(rt_sigprocmask, SIG_BLOCK, P(&kernel_set), 0, 8);
	CALL(rt_sigprocmask, SIG_SETMASK, P(&full_set), P(page), 8);
	CALL(rt_sigsuspend, P(&kernel_set), 8);
	CALL(rt_sigtimedwait, P(&kernel_set), 0, P(&soon), 8);
	CALL(sigaltstack, P(&stack), 0);
	CALL(wait4, -1, P(page), 1, 0);
	CALL(waitid, 0, 0, P(page), 5, 0);
	CALL(exit_group, 3);
	CALL(prctl, PR_SET_NAME, P("name"));
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(prctl, PR_SET_DUMPABLE, 0);
	CALL(prctl, PR_CAPBSET_DROP, 21);
	CALL(prctl, PR_SET_PDEATHSIG, SIGKILL);
	CALL(setuid, 0);
	CALL(setresuid, -1, 0, 1000);
	CALL(setgroups, 3, P(groups));
	CALL(setpgid, 0, 0);
	CALL(setpriority, 0, 0, -20);
	CALL(getpriority, 1, 0);
	CALL(sched_setscheduler, 0, SCHED_FIFO, P(&priority));
	CALL(sched_setaffinity, 0, 8, P(&full_set));
	CALL(setrlimit, RLIMIT_NOFILE, P(&limit));
	CALL(prlimit64, 0, RLIMIT_NOFILE, P(&limit), P(page));
	CALL(getrusage, -1, P(page));
	CALL(capset, P(&cap_header), 0);
	CALL(personality, 0xffffffff);
	CALL(ptrace, 0, 0, 0, 0);
	CALL(kcmp, 1, 2, 0, 3, 4);
	CALL(process_vm_readv, 1, P(parts), 1, P(parts), 2, 0);
	CALL(pidfd_open, 1, 0);
	CALL(pidfd_send_signal, FILE_HERE, SIGTERM, 0, 0);
	CALL(seccomp, 1, 1, 0);
	CALL(futex, P(page), 0x81, 1);
	CALL(futex, P(page), 0x80, 2, P(&soon));
	CALL(set_tid_address, P(page));
	CALL(set_robust_list, P(page), 24);
	CALL(arch_prctl, 0x1002, P(page));
}

static void call_memory_and_system(void)
{
	CALL(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CALL(mmap, P(page), 4096, PROT_NONE, MAP_SHARED | MAP_FIXED, FILE_HERE, 0x2000);
	CALL(mprotect, P(page), 4096, PROT_READ | PROT_EXEC);
	CALL(munmap, P(page), 4096);
	CALL(mremap, P(page), 4096, 8192, 1, 0);
	CALL(madvise, P(page), 4096, 4);
	CALL(mlock, P(page), 4096);
	CALL(mlockall, 3);
	CALL(msync, P(page), 4096, 4);
	CALL(brk, 0);
	CALL(mount, P("proc"), P("/proc"), P("proc"), MS_NOSUID | MS_NODEV, 0);
	CALL(mount, P("/a"), P("/b"), 0, MS_BIND | MS_REC, P("mode=755"));
	CALL(umount2, P("/a"), MNT_DETACH);
	CALL(pivot_root, P("/a"), P("/b"));
	CALL(fsopen, P("tmpfs"), 1);
	CALL(open_tree, AT_FDCWD, P("/a"), 1);
	CALL(move_mount, FILE_HERE, P(""), AT_FDCWD, P("/a"), 4);
	CALL(sethostname, P("host"), 4);
	CALL(nanosleep, P(&soon), 0);
	CALL(clock_nanosleep, CLOCK_REALTIME, 1, P(&soon), P(page));
	CALL(clock_gettime, CLOCK_BOOTTIME, P(page));
	CALL(clock_settime, CLOCK_REALTIME, P(&soon));
	CALL(settimeofday, P(moments), 0);
	CALL(gettimeofday, P(page), 0);
	CALL(setitimer, ITIMER_REAL, P(&alarm_value), 0);
	CALL(timer_settime, 5, 1, P(&alarm_spec), 0);
	CALL(getrandom, P(page), 16, 1);
	CALL(syslog, 3, P(page), 100);
	CALL(reboot, 0xfee1dead, 672274793, 0x4321fedc, 0);
	CALL(init_module, P(page), 100, P("a=1"));
	CALL(finit_module, FILE_HERE, P("a=1"), 1);
	CALL(delete_module, P("mod"), O_NONBLOCK);
	CALL(keyctl, 0, -3, 1);
	CALL(add_key, P("user"), P("name"), P("payload"), 7, -3);
	CALL(request_key, P("user"), P("name"), 0, -3);
	CALL(shmget, 5, 4096, 01600);
	CALL(shmat, 1, 0, 010000);
	CALL(semget, 5, 1, 0600);
	CALL(msgget, 5, 03600);
	CALL(uname, P(page));
	CALL(sysinfo, P(page));
	CALL(sched_yield, 0);
	CALL(getpid, 0);
	CALL(gettid, 5, P(page));
	CALL(rseq, P(page), 32, 0, 0x53053053);
	CALL(uselib, P("/a"));
	must_be_refused(enter(9999, (const long[6]){ 1, 2, 3, 4, 5, 6 }));
}

static const struct sigevent event = { .sigev_value = { .sival_int = 7 },
				       .sigev_signo = SIGUSR1,
				       .sigev_notify = SIGEV_SIGNAL };
static const uint64_t bpf_map[4] = { 0x400000002, 0x1000000008, 0, 0 };
static const struct linger linger = { 1, 5 };
static const struct winsize window = { 24, 80, 0, 0 };
static const uint64_t ruleset[2] = { 3, 0 };
static const uint32_t perf[28] = { 1, 112, 2, 0 };
static const uint64_t waiter[3] = { 7, 0x1000, 2 };
static const long queue[8] = { 0, 10, 512, 0 };
static const uint32_t handle[4] = { 8, 1, 0, 0 };
static const char interface[40] = "lo";

/* Commands whose arguments are told by them. */
static void call_by_command(void)
{
	CALL(timer_create, CLOCK_MONOTONIC, P(&event), P(page));
	CALL(bpf, 0, P(bpf_map), 24);
	CALL(setsockopt, SOCKET, IPPROTO_TCP, 1, P(&number), 4);
	CALL(setsockopt, SOCKET, SOL_SOCKET, SO_LINGER, P(&linger), sizeof(linger));
	CALL(setsockopt, SOCKET, IPPROTO_IP, 2, P(&number), 4);
	CALL(setsockopt, SOCKET, SOL_SOCKET, 25, P("eth0"), 5);
	CALL(ioctl, FILE_HERE, TIOCSWINSZ, P(&window));
	CALL(ioctl, FILE_HERE, FIONBIO, P(&number));
	CALL(ioctl, SOCKET, 0x8913, P(interface));
	CALL(landlock_create_ruleset, P(ruleset), 16, 0);
	CALL(perf_event_open, P(perf), 0, -1, -1, 8);
	CALL(prctl, PR_CAP_AMBIENT, 2, 12, 0, 0);
	CALL(prctl, PR_SET_SECCOMP, 1);
	CALL(prctl, PR_SET_SECUREBITS, 3);
	CALL(prctl, PR_GET_DUMPABLE);
	CALL(prctl, 12345, 1, 2, 3, 4);
	CALL(keyctl, 1, P("ring"));
	CALL(keyctl, 10, -3, P("user"), P("name"), 0);
	CALL(keyctl, 11, 1234, P(page), 100);
	CALL(keyctl, 8, 55, -2);
	CALL(fcntl, FILE_HERE, F_SETSIG, SIGIO);
	CALL(fcntl, FILE_HERE, 9999, 5);
	CALL(futex, P(page), 0x8c, 1, 2, P(page), 7);
	CALL(futex, P(page), 9, 1, 0, 0, 0xff);
	CALL(fsconfig, FILE_HERE, 1, P("size"), P("10M"), 0);
	CALL(sched_setattr, 0, P(&scheduling), 0);
	CALL(mount_setattr, FOLDER, P(""), AT_EMPTY_PATH, P(&attributes), 32);
	CALL(io_uring_setup, 8, P(page));
	CALL(mq_open, P("queue"), O_RDONLY);
	CALL(mq_open, P("queue"), O_RDWR | O_CREAT, 0600, 0);
	CALL(fanotify_init, 0, O_RDONLY);
	CALL(fanotify_mark, FILE_HERE, 1, 0x20, FOLDER, P("a"));
	CALL(readahead, FILE_HERE, 1, 2);
	CALL(semop, 1, P(operations), 2);
	CALL(rt_sigqueueinfo, 1, SIGUSR1, 0);
	CALL(ioprio_set, 1, 0, 0x2004);
	CALL(quotactl, 5, P("/dev/a"), 1, P(page));
	CALL(kexec_load, 0, 0, 0, 1);
	CALL(userfaultfd, 1);
	CALL(membarrier, 8, 0, 0);
	CALL(statx, FOLDER, P("a"), 0x100, 0x2, P(page));
	CALL(sched_getaffinity, 0, 8, P(page));
	CALL(msgsnd, 1, P(page), 5, 04000);
	CALL(shmctl, 1, 0, 0);
	CALL(mincore, P(page), 4096, P(page));
	CALL(mbind, P(page), 4096, 2, 0, 0, 2);
	CALL(futex_waitv, P(waiter), 1, 0, P(&soon), CLOCK_MONOTONIC);
	CALL(mq_open, P("queue"), O_RDWR | O_CREAT, 0600, P(queue));
	CALL(open_by_handle_at, FOLDER, P(handle), O_RDONLY);
	CALL(memfd_secret, O_CLOEXEC);
	CALL(exit, 5);
}

/* As a 32-bit program has them: pointers and longs of 32 bits. */
static uint32_t parts_32bit[4];
static const int32_t soon_32bit[2] = { 1, 5 };
static const int64_t soon_64bit[2] = { 1, 5 };
static uint32_t words_32bit[3];
static uint32_t message_32bit[7];
static uint32_t socketcall_words[6];
static const struct {
	int16_t type, whence;
	int64_t start, length __attribute__((packed, aligned(4)));
} __attribute__((packed, aligned(4))) lock_64bit = { F_RDLCK, SEEK_CUR, 3, 4 };
static uint32_t mapping_32bit[6] = { 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };

static uint32_t low(const void *pointer)
{
	return (uint32_t)(uintptr_t)pointer;
}

static void call_socketcall(long sub, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t list[4] = { a, b, c, d };

	memcpy(socketcall_words, list, sizeof(list));
	CALL32(102, sub, P(socketcall_words));
}

static void call_32bit(void)
{
	parts_32bit[0] = low("first");
	parts_32bit[1] = 5;
	words_32bit[0] = low("prog");
	words_32bit[1] = low("-x");
	message_32bit[0] = low(&inet);
	message_32bit[1] = sizeof(inet);
	message_32bit[2] = low(parts_32bit);
	message_32bit[3] = 1;
	CALL32(5, P("/etc/passwd"), O_RDONLY);
	CALL32(295, AT_FDCWD, P("/etc/passwd"), O_RDWR | O_CREAT, 0600);
	CALL32(11, P("/bin/prog"), P(words_32bit), P(words_32bit));
	CALL32(162, P(soon_32bit), 0);
	CALL32(407, CLOCK_MONOTONIC, 0, P(soon_64bit), 0);
	CALL32(146, FILE_HERE, P(parts_32bit), 1);
	CALL32(370, SOCKET, P(message_32bit), 0);
	CALL32(359, AF_INET6, SOCK_DGRAM, IPPROTO_UDP);
	CALL32(362, SOCKET, P(&inet6), sizeof(inet6));
	CALL32(55, FILE_HERE, F_GETFL, 0);
	CALL32(221, FILE_HERE, 13, P(&lock_64bit));
	CALL32(175, SIG_BLOCK, P(&kernel_set), 0, 8);
	CALL32(192, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 5);
	CALL32(212, P("/a"), 0, -1);
	CALL32(182, P("/a"), 0, 0xffff);
	CALL32(208, 1, 2, -1);
	CALL32(255, FILE_HERE, EPOLL_CTL_MOD, FOLDER, P(&wanted));
	CALL32(435, P(&arguments), sizeof(arguments));
	CALL32(120, CLONE_NEWUSER | SIGCHLD, 0);
	CALL32(37, 1, SIGTERM);
	CALL32(20);
}

/* Calls through others, which strace prints as if they were made directly. */
static void call_multiplexers(void)
{
	call_socketcall(1, AF_INET, SOCK_STREAM, 0, 0);
	call_socketcall(3, SOCKET, low(&inet), sizeof(inet), 0);
	call_socketcall(5, SOCKET, 0, 0, 0);
	call_socketcall(9, SOCKET, low("data"), 4, MSG_NOSIGNAL);
	call_socketcall(16, SOCKET, low(message_32bit), 0, 0);
	CALL32(117, 23, 5, 4096, 0600, 0);
	CALL32(117, 2, 5, 1, 0600, 0);
	CALL32(90, P(mapping_32bit));
}

static void make_usual(void)
{
	inet.sin_port = htons(443);
	inet.sin_addr.s_addr = htonl(0x7f000001);
	inet6.sin6_port = htons(53);
	inet6.sin6_addr.s6_addr[15] = 1;
	messages[0].msg_hdr = message;
	messages[1].msg_hdr = addressed;
	FD_SET(0, &some);
	FD_SET(12, &some);
	call_files();
	call_descriptors();
	call_sockets();
	call_processes();
	call_memory_and_system();
	call_by_command();
	call_32bit();
	call_multiplexers();
}
