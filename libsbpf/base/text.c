/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for count more bytes and a terminator. */
static bool reserve(struct text *text, size_t count)
{
	size_t capacity = text->capacity ? text->capacity : 4096;
	char *data;

	if (text->failed || count >= SIZE_MAX / 4 - text->length) {
		text->failed = true;
		return false;
	}
	if (text->data && text->length + count < text->capacity)
		return true;
	while (capacity <= text->length + count)
		capacity *= 2;
	data = realloc(text->data, capacity);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->capacity = capacity;
	return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t count)
{
	if (!reserve(text, count))
		return;
	memcpy(text->data + text->length, bytes, count);
	text->length += count;
	text->data[text->length] = '\0';
}

static int measure(const char *format, va_list arguments)
{
	va_list copy;
	int length;

	va_copy(copy, arguments);
	length = vsnprintf(NULL, 0, format, copy);
	va_end(copy);
	return length;
}

static void add(struct text *text, const char *format, va_list arguments)
{
	int length = measure(format, arguments);

	if (length < 0 || !reserve(text, (size_t)length)) {
		text->failed = true;
		return;
	}
	vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
	text->length += (size_t)length;
}

void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(text, format, arguments);
	va_end(arguments);
}
