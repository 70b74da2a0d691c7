/* SPDX-License-Identifier: MIT */
/*
 * What a command says, as the terminal takes it: cleaned, in colour, wrapped, and through a pager
 * when it is longer than the screen.
 */
#ifndef SBPF_TOOLS_PAGER_H
#define SBPF_TOOLS_PAGER_H

#include "common.h"

/* --color; auto: on a terminal, but not with NO_COLOR or TERM=dumb. */
enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* One row, for an enum color_choice at offset 0. */
extern const struct option_row color_rows[];
extern const size_t color_row_count;

/* What text is coloured for. */
enum paint {
	PAINT_NONE,
	PAINT_ALLOW,  /* lets through: green */
	PAINT_REFUSE, /* refuses: yellow */
	PAINT_KILL,   /* kills: red */
	PAINT_QUIET,  /* of less weight: dim */
	PAINT_TITLE,  /* bold */
};

struct page_paint {
	size_t offset;
	enum paint paint;
};

/* A report in the making: what is printed to stream is shown or written when it is complete. */
struct page {
	FILE *stream;
	char *text;
	size_t length;
	enum color_choice color;
	bool is_data; /* for programs: shown as it is */
	struct page_paint *paints;
	size_t paint_count;
};

/* False when there is no memory, which was reported. */
bool page_open(const char *program, struct page *page);

/* What is printed from here on is in this colour, where there are colours. */
void page_paint(struct page *page, enum paint paint);

/* The colour of a verdict. */
enum paint paint_of(uint32_t verdict);

/* Ends a report that becomes part of another; false when there is no memory. */
bool page_complete(struct page *page);

/* Prints a complete report, with its colours. */
void page_append(struct page *page, const struct page *part);

/*
 * Ends the report and writes it to path as output_write() does. Text for standard output, which is
 * path NULL or "-", is cleaned; on a terminal its lines wrap. With path NULL, what is longer than
 * the terminal goes through $PAGER (less, if that is unset; none if it is empty or "cat"). False
 * when it failed, which was reported.
 */
bool page_show(const char *program, struct page *page, const char *path);

/* The same of text for programs that is there already. */
bool page_show_data(const char *program, const char *text, size_t length, const char *path);

/* Throws the report away. After page_show() it does nothing. */
void page_free(struct page *page);

#endif
