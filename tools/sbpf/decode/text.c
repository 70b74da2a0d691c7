/* SPDX-License-Identifier: MIT */
/* Parts of the text of a value. */
#include "values.h"

#include "memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* As strace escapes: letters where C has them, else octal, with three digits before a digit. */
static void print_byte(FILE *out, unsigned char byte, unsigned char next)
{
	static const char letters[] = "\t\n\v\f\r\"\\";
	static const char names[] = "tnvfr\"\\";
	const char *letter = byte ? strchr(letters, byte) : NULL;

	if (letter)
		fprintf(out, "\\%c", names[letter - letters]);
	else if (byte >= ' ' && byte < 0x7f)
		putc(byte, out);
	else
		fprintf(out, isdigit(next) ? "\\%03o" : "\\%o", byte);
}

static void print_bytes(FILE *out, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		print_byte(out, bytes[i], i + 1 < size ? bytes[i + 1] : 0);
}

void quoted_print(FILE *out, const void *text, size_t size, bool is_cut)
{
	putc('"', out);
	print_bytes(out, text, size);
	fputs(is_cut ? "\"..." : "\"", out);
}

void address_print(FILE *out, uint64_t address)
{
	if (address)
		fprintf(out, "0x%" PRIx64, address);
	else
		fputs("NULL", out);
}

void link_print(struct decoding *decoding, const char *name, const char *before, const char *after)
{
	char path[64];
	char target[PATH_SHOWN + 1];
	ssize_t length;

	if (decoding->tid <= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)decoding->tid, name);
	length = readlink(path, target, sizeof(target));
	if (length <= 0)
		return;
	fputs(before, decoding->out);
	print_bytes(decoding->out, (const unsigned char *)target,
		    length > PATH_SHOWN ? PATH_SHOWN : (size_t)length);
	fputs(length > PATH_SHOWN ? "..." : "", decoding->out);
	fputs(after, decoding->out);
}

size_t decoding_read(struct decoding *decoding, uint64_t address, void *buffer, size_t size)
{
	if (!decoding->reads)
		return 0;
	decoding->reads--;
	return memory_read(decoding->tid, address, buffer, size);
}
