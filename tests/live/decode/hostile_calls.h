/* SPDX-License-Identifier: MIT */
/* For made_calls.c: calls whose arguments point to what no program means to hand over. */

/* The last page before one that cannot be read, and its end. */
static char *edge;
static char *edge_end;

static void make_edge(void)
{
	char *pages = mmap((void *)0x10000000, 8192, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (pages != (void *)0x10000000 || munmap(pages + 4096, 4096))
		exit(EXIT_FAILURE);
	edge = pages;
	edge_end = pages + 4096;
	memset(edge, 'e', 4096);
}

static uint64_t circle[7]; /* struct msghdr */
static struct iovec endless[3];
static uint64_t all_ones[64];

static void make_circle(void)
{
	const uint64_t words_of_circle[] = { P(circle), 56,	   P(endless),
					     SIZE_MAX,	P(circle), SIZE_MAX };

	memcpy(circle, words_of_circle, sizeof(words_of_circle));
}

static void make_hostile(void)
{
	make_edge();
	make_circle();
	memset(all_ones, 0xff, sizeof(all_ones));
	memcpy(edge_end - 4, "end", 4);
	CALL(open, P(edge_end - 4), O_RDONLY);
	edge_end[-1] = 'x';
	CALL(open, P(edge_end - 4), O_RDONLY);
	CALL(open, P(edge), O_RDONLY);
	CALL(open, -1, O_RDONLY);
	CALL(open, 1L << 62, O_RDONLY);
	CALL(open, P("\033[31m\r\n\177\302\2331m\342\200\256"), O_RDONLY);
	CALL(write, 1, P(edge), -1);
	CALL(write, 1, P(edge_end - 3), 4);
	CALL(execve, P("x"), P(edge_end - 16), P(edge));
	CALL(execve, P("x"), P(all_ones), P(all_ones));
	CALL(connect, 5, P(edge_end - 4), 100);
	CALL(connect, 5, P(all_ones), -1);
	CALL(connect, 5, P(all_ones), 1);
	endless[0] = (struct iovec){ edge, SIZE_MAX };
	endless[1] = (struct iovec){ (void *)-1, 5 };
	CALL(writev, 1, P(endless), 2);
	CALL(writev, 1, P(endless), 0xffffffff);
	CALL(sendmsg, 1, P(circle), 0);
	CALL(sendmmsg, 1, P(circle), 1000, 0);
	CALL(clone3, P(edge_end - 8), 88);
	CALL(clone3, P(all_ones), -1);
	CALL(clone3, P(edge), 0);
	CALL(poll, P(all_ones), 0xffffffff, 0);
	CALL(select, 0x7fffffff, P(all_ones), P(edge), -1, 0);
	CALL(rt_sigprocmask, 0, P(all_ones), 0, 1L << 40);
	CALL(rt_sigprocmask, 0, P(all_ones), 0, 8);
	CALL(prctl, PR_SET_NAME, -1);
	CALL(sched_setattr, 0, P(all_ones), 0);
	CALL(setgroups, 0xffffffff, P(all_ones));
	CALL32(102, 1, P(edge_end - 4));
	CALL32(102, 99, P(all_ones));
	CALL32(11, P("x"), P(all_ones), P(edge_end - 2));
}

static uint64_t state = 88172645463325252;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static long random_argument(void)
{
	switch (next() % 6) {
	case 0:
		return P(page + next() % sizeof(page));
	case 1:
		return P(edge + 4096 - next() % 64);
	case 2:
		return next() % 64;
	case 3:
		return 1L << next() % 64;
	case 4:
		return (long)(next() % 3) - 1;
	default:
		return (long)next();
	}
}

/* Pointers to each other, small numbers, text. */
static void fill_page(void)
{
	uint64_t *filled = (uint64_t *)page;

	for (size_t i = 0; i < sizeof(page) / sizeof(*filled); i++)
		filled[i] = (uint64_t)random_argument();
}

/* uretprobe and uprobe, which no filter is asked for. */
static long random_number(void)
{
	long made = (long)(next() % 480);

	return made == 335 || made == 336 ? 0 : made;
}

/* Every call there is, and some that are none, with anything. */
static void make_random(void)
{
	make_edge();
	for (long round = 0; round < 6000; round++) {
		const long anything[6] = {
			random_argument(), random_argument(), random_argument(),
			random_argument(), random_argument(), random_argument()
		};

		if (round % 50 == 0)
			fill_page();
		if (round % 3 == 2)
			must_be_refused(enter_32bit(next() % 480, anything));
		else
			must_be_refused(enter(random_number(), anything));
	}
}

static void make_undumpable(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		exit(EXIT_FAILURE);
	CALL(open, P("/etc/passwd"), O_RDONLY);
	CALL(connect, SOCKET, P(&inet), sizeof(inet));
	CALL(execve, P("/bin/x"), P(words), P(variables));
	CALL32(102, 1, P(page));
}
