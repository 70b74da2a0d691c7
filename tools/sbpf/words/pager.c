/* SPDX-License-Identifier: MIT */
#include "pager.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_ELSEWHERE 100
#define WIDTH_LEAST 40

const struct option_row color_rows[] = {
	{ "color", 0, "auto|always|never",
	  "whether to colour the text (default: auto, on a terminal)", 0 },
};

const size_t color_row_count = COUNT(color_rows);

bool page_open(const char *program, struct page *page)
{
	*page = (struct page){ 0 };
	page->stream = open_memstream(&page->text, &page->length);
	if (!page->stream)
		report(program, "out of memory");
	return page->stream != NULL;
}

void page_free(struct page *page)
{
	if (page->stream)
		fclose(page->stream);
	free(page->text);
	free(page->paints);
	*page = (struct page){ 0 };
}

/* ---- Colours --------------------------------------------------------------------------- */

/* ECMA-48, "select graphic rendition". */
static const char *const renditions[] = {
	[PAINT_NONE] = "\033[0m",  [PAINT_ALLOW] = "\033[32m", [PAINT_REFUSE] = "\033[33m",
	[PAINT_KILL] = "\033[31m", [PAINT_QUIET] = "\033[2m",  [PAINT_TITLE] = "\033[1m",
};

/* https://no-color.org: set and not empty. */
static bool has_colors(enum color_choice choice)
{
	const char *terminal = getenv("TERM");
	const char *none = getenv("NO_COLOR");

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && (!none || !*none) && terminal && strcmp(terminal, "dumb");
}

void page_paint(struct page *page, enum paint paint)
{
	struct page_paint *paints = page->paints;

	if (!has_colors(page->color) || fflush(page->stream) == EOF)
		return;
	/* Twice as much each time it is full, which is when the count is a power of two. */
	if (!(page->paint_count & (page->paint_count - 1)))
		paints = reallocarray(paints, 2 * page->paint_count + 1, sizeof(paints[0]));
	if (!paints)
		return; /* it stays without this colour */
	page->paints = paints;
	paints[page->paint_count++] = (struct page_paint){ page->length, paint };
}

enum paint paint_of(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return PAINT_ALLOW;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_ERRNO:
		return PAINT_REFUSE;
	default:
		return PAINT_KILL;
	}
}

/* ---- Text as it is shown --------------------------------------------------------------- */

size_t page_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH_ELSEWHERE;
	return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

void paragraph_add(struct paragraph *paragraph, const char *word, size_t length)
{
	int indent = paragraph->column ? 1 : paragraph->first;

	if (!paragraph->width)
		paragraph->width = page_width();
	if (paragraph->column && paragraph->column + 1 + length > paragraph->width) {
		putc('\n', paragraph->out);
		paragraph->column = 0;
		indent = paragraph->others;
	}
	fprintf(paragraph->out, "%*s%.*s", indent, "", (int)length, word);
	paragraph->column += (size_t)indent + length;
}

/* Cleans the text of a page, and puts its colours in. */
static bool finish(struct page *page)
{
	char *text = NULL;
	size_t length = 0, from = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return false;
	for (size_t i = 0; i < page->paint_count; i++) {
		const struct page_paint *paint = &page->paints[i];

		text_write(out, page->text + from, paint->offset - from, "\n\t");
		fputs(renditions[paint->paint], out);
		from = paint->offset;
	}
	text_write(out, page->text + from, page->length - from, "\n\t");
	if (fclose(out) == EOF) {
		free(text);
		return false;
	}
	free(page->text);
	page->text = text;
	page->length = length;
	return true;
}

/* ---- The pager --------------------------------------------------------------------------- */

/* Whether the text has more lines than the terminal on stdout; lines that wrap count once. */
static bool exceeds_screen(const char *text, size_t length)
{
	struct winsize size;
	size_t lines = 0;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row)
		return false;
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	return lines >= size.ws_row;
}

/* The user's pager; NULL for none. */
static const char *find_pager(void)
{
	const char *pager = getenv("PAGER");

	if (!pager)
		pager = "less";
	return *pager && strcmp(pager, "cat") ? pager : NULL;
}

/* False when there is no such pager: the text is still to be shown. */
static bool show_in_pager(const char *pager, const char *text, size_t length)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* who quits the pager has seen enough */
	FILE *stream;
	int status;

	/* As git does: less leaves colours alone, and does not clear the screen. */
	setenv("LESS", "FRX", 0);
	/* PAGER is a command line for the shell, as environ(7) has it: the user's own. */
	stream = popen(pager, "w"); /* NOLINT(cert-env33-c) */
	if (stream)
		fwrite(text, 1, length, stream);
	status = stream ? pclose(stream) : -1;
	signal(SIGPIPE, before);
	/* 127 is the shell's word for a command that is not found. */
	return status != -1 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

bool page_show(const char *program, struct page *page, const char *path)
{
	const char *pager = find_pager();
	bool complete = !ferror(page->stream) && fclose(page->stream) == 0;
	bool shown;

	page->stream = NULL;
	if (complete && !page->is_data && (!path || !strcmp(path, "-")))
		complete = finish(page);
	if (!complete) {
		report(program, "out of memory");
		shown = false;
	} else if (!path && pager && exceeds_screen(page->text, page->length) &&
		   show_in_pager(pager, page->text, page->length)) {
		shown = true;
	} else {
		shown = output_write(program, path ? path : "-", page->text, page->length);
	}
	page_free(page);
	return shown;
}
