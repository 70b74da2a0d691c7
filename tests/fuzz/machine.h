/* SPDX-License-Identifier: MIT */
/*
 * The kernel's rules for seccomp programs and what a program does, written once more: from
 * bpf_check_classic and check_load_and_stores (net/core/filter.c), seccomp_check_filter and
 * seccomp_bpf_load (kernel/seccomp.c) of Linux 6.12. The library is compared with it.
 */
#ifndef SBPF_TESTS_MACHINE_H
#define SBPF_TESTS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

bool machine_accepts(const struct sock_filter *program, size_t count);

/* The verdict of a program that is accepted. */
uint32_t machine_run(const struct sock_filter *program, const struct seccomp_data *data,
		     bool big_endian);

#endif
