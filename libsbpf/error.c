/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

static void fill(struct sbpf_error *error, enum sbpf_code code, const char *where,
		 const char *format, va_list arguments)
{
	if (!error || error->code != SBPF_OK)
		return;
	error->code = code;
	snprintf(error->where, sizeof(error->where), "%s", where);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
}

int error_set(struct sbpf_error *error, enum sbpf_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fill(error, code, "", format, arguments);
	va_end(arguments);
	return -1;
}

int error_set_at(struct sbpf_error *error, enum sbpf_code code, const char *where,
		 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fill(error, code, where, format, arguments);
	va_end(arguments);
	return -1;
}

int error_memory(struct sbpf_error *error)
{
	return error_set(error, SBPF_ERROR_MEMORY, "out of memory");
}
