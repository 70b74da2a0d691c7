/* SPDX-License-Identifier: MIT */
#include "pager.h"

#include "common.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
	*page = (struct page){ 0 };
}

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
