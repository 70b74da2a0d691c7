/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <stdarg.h>
#include <stdio.h>

#include "error.h"

/* ---- Places in words ---- */

/* The place inside of a container that is another one or holds it; *index of them before it. */
static uint32_t step_to(const struct outline *outline, uint32_t container, uint32_t place,
			size_t *index)
{
	uint32_t inside = place_inside(outline, container);
	uint32_t next;

	for (*index = 0; (next = outline->places[inside].next) && next <= place; ++*index)
		inside = next;
	return inside;
}

char *place_format(const struct outline *outline, uint32_t place, char *buffer, size_t size)
{
	size_t length = 0;
	size_t index;

	buffer[0] = '\0';
	for (uint32_t at = 0; at != place && length < size;) {
		char key[128];
		int added;

		at = step_to(outline, at, place, &index);
		if (has_key(outline, at))
			added = snprintf(buffer + length, size - length, "%s%s", length ? "." : "",
					 printable(key_copy(outline, at, key, sizeof(key))).text);
		else
			added = snprintf(buffer + length, size - length, "[%zu]", index);
		length += (size_t)added;
	}
	return buffer;
}

/* ---- Errors and warnings ---- */

__attribute__((format(printf, 6, 0))) static void set(struct profile *profile, uint32_t place,
						      uint32_t offset, struct sbpf_error *error,
						      enum sbpf_code code, const char *format,
						      va_list arguments)
{
	if (!error || error->code != SBPF_OK)
		return;
	error->code = code;
	place_format(&profile->outline, place, error->where, sizeof(error->where));
	outline_line(&profile->outline, offset, &error->line, &error->column);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
}

int profile_error(struct profile *profile, uint32_t place, struct sbpf_error *error,
		  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(profile, place, profile->outline.places[place].at, error, SBPF_ERROR_PROFILE, format,
	    arguments);
	va_end(arguments);
	return -1;
}

int profile_key_error(struct profile *profile, uint32_t place, struct sbpf_error *error,
		      const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(profile, place, profile->outline.places[place].key, error, SBPF_ERROR_PROFILE, format,
	    arguments);
	va_end(arguments);
	return -1;
}

bool profile_keeps_warnings(const struct profile *profile)
{
	return profile->warning_count < PROFILE_WARNINGS_MAX;
}

/* Room for one more warning; NULL when it is only to be counted. */
static struct sbpf_error *new_warning(struct profile *profile)
{
	if (!profile->warnings)
		profile->warnings = arena_alloc(&profile->arena, PROFILE_WARNINGS_MAX,
						sizeof(*profile->warnings));
	if (!profile->warnings)
		return NULL;
	if (profile->warning_count++ >= PROFILE_WARNINGS_MAX)
		return NULL;
	return &profile->warnings[profile->warning_count - 1];
}

int profile_ignore(struct profile *profile, uint32_t place, uint32_t offset, enum sbpf_code code,
		   struct sbpf_error *error, const char *format, ...)
{
	struct sbpf_error *report = profile->strict ? error : new_warning(profile);
	va_list arguments;

	va_start(arguments, format);
	set(profile, place, offset, report, profile->strict ? SBPF_ERROR_PROFILE : code, format,
	    arguments);
	va_end(arguments);
	return profile->strict ? -1 : 0;
}

void profile_warn(struct profile *profile, uint32_t place, enum sbpf_code code, const char *format,
		  ...)
{
	va_list arguments;

	va_start(arguments, format);
	set(profile, place, profile->outline.places[place].key, new_warning(profile), code, format,
	    arguments);
	va_end(arguments);
}
