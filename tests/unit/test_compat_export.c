/* SPDX-License-Identifier: MIT */
/* The drop-in libseccomp.so.2: filters as instructions and as text. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static scmp_filter_ctx some_filter(void)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ERRNO(1), "x86_64");

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of("read"), 0), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of("socket"), 1,
					  SCMP_A0(SCMP_CMP_NE, 40)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of("clone"), 1,
					  SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7e020000, 0)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRACE(7), number_of("accept"), 0), 0);
	return filter;
}

/* ---- Instructions ---- */

START_TEST(size_can_be_asked_for_and_a_small_buffer_stays_as_it_is)
{
	scmp_filter_ctx filter = some_filter();
	unsigned char buffer[8] = { 0 };
	static const unsigned char zeros[sizeof(buffer)];
	size_t wanted = 0;
	size_t size = sizeof(buffer);

	ck_assert_int_eq(seccomp_export_bpf_mem(filter, NULL, &wanted), 0);
	ck_assert_uint_gt(wanted, sizeof(buffer));
	ck_assert_uint_eq(wanted % sizeof(struct sock_filter), 0);
	ck_assert_int_eq(seccomp_export_bpf_mem(filter, buffer, &size), -ERANGE);
	ck_assert_uint_eq(size, wanted);
	ck_assert_mem_eq(buffer, zeros, sizeof(buffer));
	ck_assert_int_eq(seccomp_export_bpf_mem(filter, buffer, NULL), -EINVAL);
	seccomp_release(filter);
}
END_TEST

START_TEST(program_is_one_the_kernel_takes)
{
	scmp_filter_ctx filter = some_filter();
	size_t count;
	struct sock_filter *program = export_program(filter, &count);

	ck_assert_int_eq(sbpf_program_check(program, count, NULL), 0);
	free(program);
	seccomp_release(filter);
}
END_TEST

START_TEST(program_is_in_the_byte_order_of_its_abis)
{
	/* ld [4]: the arch of struct seccomp_data. */
	static const unsigned char big[] = { 0, 0x20, 0, 0, 0, 0, 0, 4 };
	static const unsigned char little[] = { 0x20, 0, 0, 0, 4, 0, 0, 0 };
	scmp_filter_ctx filters[] = { filter_for(SCMP_ACT_ALLOW, "s390x"),
				      filter_for(SCMP_ACT_ALLOW, "x86_64") };

	for (size_t i = 0; i < COUNT(filters); i++) {
		size_t size;
		unsigned char *bytes = export_bytes(filters[i], &size);

		ck_assert_uint_gt(size, sizeof(big));
		ck_assert_mem_eq(bytes, i == 0 ? big : little, sizeof(big));
		free(bytes);
		seccomp_release(filters[i]);
	}
}
END_TEST

static void ignore_signal(int number)
{
	(void)number;
}

/* Reads a page now and then, and compares all of it with the program: the exit status. */
static void read_slowly(int fd, const char *wanted, size_t size)
{
	char page[1024];
	size_t seen = 0;
	ssize_t length;

	while ((length = read(fd, page, sizeof(page))) > 0) {
		if (seen + (size_t)length > size || memcmp(wanted + seen, page, (size_t)length))
			_exit(1);
		seen += (size_t)length;
		poll(NULL, 0, 10);
	}
	_exit(seen == size ? 0 : 2);
}

static scmp_filter_ctx large_filter(void)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	for (uint64_t i = 0; i < 700; i++)
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)i),
						  number_of("read"), 1,
						  SCMP_A1(SCMP_CMP_EQ, i * 0x100000001)),
				 0);
	return filter;
}

/* Signals that break a write off, into a pipe that is full most of the time. */
START_TEST(program_is_written_whole_through_interruptions)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	scmp_filter_ctx filter = large_filter();
	size_t size;
	char *program = export_bytes(filter, &size);
	int ends[2], status, code;
	pid_t reader;

	ck_assert_uint_gt(size, 8192);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_gt(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
	reader = fork();
	ck_assert_int_ge(reader, 0);
	if (reader == 0) {
		close(ends[1]);
		seccomp_release(filter);
		read_slowly(ends[0], program, size);
	}
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	code = seccomp_export_bpf(filter, ends[1]);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	close(ends[1]);
	ck_assert_int_eq(code, 0);
	ck_assert_int_eq(waitpid(reader, &status, 0), reader);
	ck_assert_int_eq(status, 0);
	close(ends[0]);
	free(program);
	seccomp_release(filter);
}
END_TEST

static bool writes_nothing;

/* In place of the C library's for the drop-in too: a device that takes nothing. */
__attribute__((visibility("default"))) ssize_t write(int fd, const void *data, size_t size)
{
	return writes_nothing ? 0 : syscall(SYS_write, fd, data, size);
}

START_TEST(write_that_takes_nothing_fails)
{
	scmp_filter_ctx filter = some_filter();

	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1), 0);
	writes_nothing = true;
	ck_assert_int_eq(seccomp_export_bpf(filter, 1), -EIO);
	ck_assert_int_eq(seccomp_export_pfc(filter, 1), -EIO);
	writes_nothing = false;
	seccomp_release(filter);
}
END_TEST

START_TEST(failed_write_is_canceled_or_its_errno_where_asked_for)
{
	scmp_filter_ctx filter = some_filter();

	ck_assert_int_eq(seccomp_export_bpf(filter, -1), -ECANCELED);
	ck_assert_int_eq(seccomp_export_pfc(filter, -1), -ECANCELED);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1), 0);
	ck_assert_int_eq(seccomp_export_bpf(filter, -1), -EBADF);
	ck_assert_int_eq(seccomp_export_pfc(filter, -1), -EBADF);
	seccomp_release(filter);
}
END_TEST

START_TEST(filter_that_is_too_large_is_an_error)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");
	size_t size = 0;

	for (uint64_t i = 0; i < 5000; i++)
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(i % 4095),
						  number_of("read"), 1,
						  SCMP_A1(SCMP_CMP_EQ, i * 0x100000001)),
				 0);
	ck_assert_int_eq(seccomp_precompute(filter), -EFAULT);
	ck_assert_int_eq(seccomp_export_bpf_mem(filter, NULL, &size), -EFAULT);
	seccomp_release(filter);
}
END_TEST

START_TEST(change_after_precompute_is_in_the_program)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_precompute(filter), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_TRAP);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 0, 0), SCMP_ACT_TRAP);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 0, 0), SCMP_ACT_ALLOW);
	ck_assert_int_eq(seccomp_reset(filter, SCMP_ACT_LOG), 0);
	ck_assert_int_eq(seccomp_precompute(filter), 0);
	seccomp_release(filter);
}
END_TEST

/* ---- Text ---- */

static void assert_text(scmp_filter_ctx filter, const char *wanted)
{
	char text[4096];
	ssize_t length;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(seccomp_export_pfc(filter, ends[1]), 0);
	close(ends[1]);
	length = read(ends[0], text, sizeof(text) - 1);
	ck_assert_int_ge(length, 0);
	text[length] = '\0';
	close(ends[0]);
	ck_assert_str_eq(text, wanted);
}

START_TEST(text_says_what_every_call_gets)
{
	scmp_filter_ctx filter = some_filter();

	assert_text(filter, "# pseudo filter code: of each block, the line that applies\n"
			    "if ($arch == 0xc000003e) { # x86_64\n"
			    "\tif ($syscall == 0) ALLOW; # read\n"
			    "\tif ($syscall == 41 && $a0 <= 0x27) ALLOW; # socket\n"
			    "\tif ($syscall == 41 && $a0 >= 0x29) ALLOW; # socket\n"
			    "\tif ($syscall == 43) TRACE(7); # accept\n"
			    "\tif ($syscall == 56 && (low($a0) & 0x7e020000) == 0x0) ALLOW; "
			    "# clone\n"
			    "\tERRNO(1);\n"
			    "}\n"
			    "if ($arch == 0x40000003) { # x86\n"
			    "\tif ($syscall == 3) ALLOW; # read\n"
			    "\tif ($syscall == 102 && $a0 == 0x5) TRACE(7); # socketcall\n"
			    "\tif ($syscall == 120 && ($a0 & 0x7e020000) == 0x0) ALLOW; # clone\n"
			    "\tif ($syscall == 359 && $a0 <= 0x27) ALLOW; # socket\n"
			    "\tif ($syscall == 359 && $a0 >= 0x29) ALLOW; # socket\n"
			    "\tERRNO(1);\n"
			    "}\n"
			    "KILL_THREAD; # every other architecture\n");
	seccomp_release(filter);
}
END_TEST

START_TEST(text_has_numbers_without_a_name_and_byte_orders_alike)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "s390x");

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_KILL, 0x3fff, 0), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_KILL, number_of("read"), 1,
					  SCMP_A0(SCMP_CMP_EQ, 0x500000006)),
			 0);
	assert_text(filter, "# pseudo filter code: of each block, the line that applies\n"
			    "if ($arch == 0x80000016) { # s390x\n"
			    "\tif ($syscall == 3 && $a0 == 0x500000006) KILL_THREAD; # read\n"
			    "\tif ($syscall == 16383) KILL_THREAD;\n"
			    "\tALLOW;\n"
			    "}\n"
			    "KILL_THREAD; # every other architecture\n");
	seccomp_release(filter);
}
END_TEST

START_TEST(text_has_conditional_calls_beside_a_default_of_kill)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_KILL, "x86_64");

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of("read"), 2,
					  SCMP_A0(SCMP_CMP_EQ, 3),
					  SCMP_A2(SCMP_CMP_LT, 1ull << 32)),
			 0);
	assert_text(filter,
		    "# pseudo filter code: of each block, the line that applies\n"
		    "if ($arch == 0xc000003e) { # x86_64\n"
		    "\tif ($syscall == 0 && $a0 == 0x3 && $a2 <= 0xffffffff) ALLOW; # read\n"
		    "\tKILL_THREAD;\n"
		    "}\n"
		    "KILL_THREAD; # every other architecture\n");
	seccomp_release(filter);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("compat_export");
	TCase *instructions = tcase_create("instructions");
	TCase *text = tcase_create("text");

	tcase_set_timeout(instructions, 60);
	tcase_add_test(instructions, size_can_be_asked_for_and_a_small_buffer_stays_as_it_is);
	tcase_add_test(instructions, program_is_one_the_kernel_takes);
	tcase_add_test(instructions, program_is_in_the_byte_order_of_its_abis);
	tcase_add_test(instructions, program_is_written_whole_through_interruptions);
	tcase_add_test(instructions, write_that_takes_nothing_fails);
	tcase_add_test(instructions, failed_write_is_canceled_or_its_errno_where_asked_for);
	tcase_add_test(instructions, filter_that_is_too_large_is_an_error);
	tcase_add_test(instructions, change_after_precompute_is_in_the_program);
	suite_add_tcase(suite, instructions);
	tcase_add_test(text, text_says_what_every_call_gets);
	tcase_add_test(text, text_has_numbers_without_a_name_and_byte_orders_alike);
	tcase_add_test(text, text_has_conditional_calls_beside_a_default_of_kill);
	suite_add_tcase(suite, text);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	/* Whatever the kernel has: nothing is loaded. LOG came with level 3. */
	if (seccomp_api_set(3))
		return EXIT_FAILURE;
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
