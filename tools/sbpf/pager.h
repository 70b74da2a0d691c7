/* SPDX-License-Identifier: MIT */
/* Reports that are longer than a screen go through a pager. */
#ifndef SBPF_TOOLS_PAGER_H
#define SBPF_TOOLS_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A report in the making: what is printed to stream is shown or written when it is complete. */
struct page {
	FILE *stream;
	char *text;
	size_t length;
};

/* False when there is no memory, which was reported. */
bool page_open(const char *program, struct page *page);

/*
 * Ends the report and writes it to path as output_write() does; path NULL or "-" is standard
 * output, where a report longer than the terminal goes through $PAGER (less, if that is unset; none
 * if it is empty or "cat"). False when it failed, which was reported.
 */
bool page_show(const char *program, struct page *page, const char *path);

/* Throws the report away. After page_show() it does nothing. */
void page_free(struct page *page);

#endif
