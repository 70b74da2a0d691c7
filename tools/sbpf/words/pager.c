/* SPDX-License-Identifier: MIT */
#include "pager.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

bool page_complete(struct page *page)
{
	bool failed = ferror(page->stream);

	failed = fclose(page->stream) == EOF || failed;
	page->stream = NULL;
	return !failed;
}

void page_append(struct page *page, const struct page *part)
{
	size_t from = 0;

	for (size_t i = 0; i < part->paint_count; i++) {
		const struct page_paint *paint = &part->paints[i];

		fwrite(part->text + from, 1, paint->offset - from, page->stream);
		page_paint(page, paint->paint);
		from = paint->offset;
	}
	fwrite(part->text + from, 1, part->length - from, page->stream);
}

void page_free(struct page *page)
{
	if (page->stream)
		fclose(page->stream);
	free(page->text);
	free(page->paints);
	*page = (struct page){ 0 };
}

/* ---- Colours ---- */

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

/* ---- Text as it is shown ---- */

/* Of the terminal on stdout; 0 by 0 where there is none. */
static struct winsize terminal_size(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return (struct winsize){ 0 };
	return size;
}

/* The columns that lines wrap at; 0 where they do not. */
static size_t wrap_width(void)
{
	size_t columns = terminal_size().ws_col;

	return columns && columns < WIDTH_LEAST ? WIDTH_LEAST : columns;
}

/* Takes control characters out of the text of a page; its colours stay where they are. */
static bool clean(struct page *page)
{
	char *text = NULL;
	size_t length = 0, from = 0;
	FILE *out = open_memstream(&text, &length);
	bool done = out;

	for (size_t i = 0; done && i < page->paint_count; i++) {
		struct page_paint *paint = &page->paints[i];

		text_write(out, page->text + from, paint->offset - from, "\n\t");
		from = paint->offset;
		done = fflush(out) == 0;
		paint->offset = length;
	}
	if (done)
		text_write(out, page->text + from, page->length - from, "\n\t");
	if (out && fclose(out) == EOF)
		done = false;
	if (!done) {
		free(text);
		return false;
	}
	free(page->text);
	page->text = text;
	page->length = length;
	return true;
}

/* Where the writing of a page has come to. */
struct layout {
	const struct page *page;
	FILE *out;
	size_t at;	/* in the text */
	size_t painted; /* of the page's paints */
	size_t width;	/* of a line; 0: however long */
};

/* Writes the text up to an offset, or leaves it out; its colours count in any case. */
static void advance(struct layout *layout, size_t to, bool shown)
{
	const struct page *page = layout->page;

	for (; layout->painted < page->paint_count; layout->painted++) {
		const struct page_paint *paint = &page->paints[layout->painted];

		if (paint->offset > to)
			break;
		if (shown)
			fwrite(page->text + layout->at, 1, paint->offset - layout->at, layout->out);
		fputs(renditions[paint->paint], layout->out);
		layout->at = paint->offset;
	}
	if (shown)
		fwrite(page->text + layout->at, 1, to - layout->at, layout->out);
	layout->at = to;
}

/* Characters, for which UTF-8 has bytes that go on and one that does not. */
static bool begins_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/*
 * Where the lines that a line goes on in begin: below the last of its columns, which two spaces
 * part, in the left half, or else a little to the right of itself.
 */
static size_t find_hang(const char *line, size_t end, size_t width)
{
	size_t indent = strspn(line, " ");
	size_t hang = indent + 2 < width / 2 ? indent + 2 : width / 2;

	for (size_t i = indent + 2; i < end && i <= width / 2; i++) {
		if (line[i] != ' ' && line[i - 1] == ' ' && line[i - 2] == ' ')
			hang = i;
	}
	return hang;
}

/*
 * The first of the spaces to break a line at: between columns rather than words, but for the
 * columns before the least offset, and behind a | where there is no space. The end where it fits.
 */
static size_t find_break(const char *text, size_t from, size_t least, size_t end, size_t room)
{
	size_t columns = 0, word = 0, column = 0, flag = 0;

	for (size_t i = from; i < end; i++) {
		bool breaks = text[i] == ' ' && i > from && text[i - 1] != ' ';

		if (breaks && columns <= room) {
			word = i;
			column = i > least && i + 1 < end && text[i + 1] == ' ' ? i : column;
		} else if (breaks && !word) {
			return i; /* after a word that is too long */
		}
		columns += begins_character(text[i]);
		if (text[i] == '|' && columns <= room)
			flag = i + 1;
		if (columns > room && (word || flag))
			return column ? column : word ? word : flag;
	}
	return end;
}

static void write_line(struct layout *layout, size_t end)
{
	const char *text = layout->page->text;
	size_t hang = find_hang(text + layout->at, end - layout->at, layout->width);
	size_t least = layout->at + hang;
	size_t indent = strspn(text + layout->at, " ");
	size_t from = layout->at + indent;
	size_t room = indent < layout->width ? layout->width - indent : 0;

	while (layout->width && from < end) {
		size_t to = find_break(text, from, least, end, room);

		advance(layout, to, true);
		from = to + strspn(text + to, " ");
		advance(layout, from < end ? from : end, false);
		if (from >= end)
			break;
		fprintf(layout->out, "\n%*s", (int)hang, "");
		room = layout->width - hang;
	}
	advance(layout, end, true);
}

/* Wraps the lines of a page for a terminal, and puts its colours in. */
static bool lay_out(struct page *page)
{
	char *text = NULL;
	size_t length = 0;
	struct layout layout = {
		.page = page,
		.out = open_memstream(&text, &length),
		.width = wrap_width(),
	};

	if (!layout.out)
		return false;
	while (layout.at < page->length) {
		const char *line = page->text + layout.at;
		const char *end = memchr(line, '\n', page->length - layout.at);

		write_line(&layout, end ? (size_t)(end - page->text) : page->length);
		if (end)
			advance(&layout, layout.at + 1, true);
	}
	if (fclose(layout.out) == EOF) {
		free(text);
		return false;
	}
	free(page->text);
	page->text = text;
	page->length = length;
	return true;
}

/* ---- The pager ---- */

/* Whether the text has more lines than the terminal on stdout. */
static bool exceeds_screen(const char *text, size_t length)
{
	size_t rows = terminal_size().ws_row;
	size_t lines = 0;

	for (size_t i = 0; rows && i < length; i++)
		lines += text[i] == '\n';
	return rows && lines >= rows;
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
	if (stream) {
		/* Else pclose() tries again what who quit did not read, and has no status then. */
		setvbuf(stream, NULL, _IONBF, 0);
		fwrite(text, 1, length, stream);
	}
	status = stream ? pclose(stream) : -1;
	signal(SIGPIPE, before);
	/* 127 is the shell's word for a command that is not found. */
	return status != -1 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

bool page_show(const char *program, struct page *page, const char *path)
{
	const char *pager = find_pager();
	bool complete = page_complete(page);
	bool shown;

	if (complete && !page->is_data && (!path || !strcmp(path, "-")))
		complete = clean(page) && lay_out(page);
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

bool page_show_data(const char *program, const char *text, size_t length, const char *path)
{
	struct page page;

	if (!page_open(program, &page))
		return false;
	page.is_data = true;
	fwrite(text, 1, length, page.stream);
	return page_show(program, &page, path);
}
