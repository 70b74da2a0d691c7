/* SPDX-License-Identifier: MIT */
/*
 * What a command says, as the terminal takes it: cleaned, in colour, and through a pager when it is
 * longer than the screen.
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

/* The columns of the terminal on stdout; 100 where there is none. */
size_t page_width(void);

/* Words that wrap before the width of the page; the first line and the others have an indent. */
struct paragraph {
	FILE *out;
	int first;
	int others;
	size_t width; /* of the page, once there is a word */
	size_t column;
};

/* Adds a word of length bytes. The caller ends the last line. */
void paragraph_add(struct paragraph *paragraph, const char *word, size_t length);

/*
 * Ends the report and writes it to path as output_write() does; path NULL or "-" is standard
 * output, where a report longer than the terminal goes through $PAGER (less, if that is unset; none
 * if it is empty or "cat"). False when it failed, which was reported.
 */
bool page_show(const char *program, struct page *page, const char *path);

/* Throws the report away. After page_show() it does nothing. */
void page_free(struct page *page);

#endif
