/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <stdarg.h>
#include <stdio.h>

static void describe(struct profile *profile, const struct place *place, size_t offset,
		     struct sbpf_error *error, const char *format, va_list arguments)
{
	place_format(place, error->where, sizeof(error->where));
	find_line(&profile->finder, offset, &error->line, &error->column);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
}

int profile_error(struct profile *profile, const struct place *place, struct sbpf_error *error,
		  const char *format, ...)
{
	va_list arguments;

	if (!error || error->code != SBPF_OK)
		return -1;
	error->code = SBPF_ERROR_PROFILE;
	va_start(arguments, format);
	describe(profile, place, find_value(&profile->finder, place), error, format, arguments);
	va_end(arguments);
	return -1;
}

bool profile_keeps_warnings(const struct profile *profile)
{
	return profile->warning_count < PROFILE_WARNINGS_MAX;
}

void profile_warn(struct profile *profile, const struct place *place, enum sbpf_code code,
		  const char *format, ...)
{
	struct sbpf_error *warning;
	va_list arguments;

	if (!profile->warnings)
		profile->warnings = arena_alloc(&profile->arena, PROFILE_WARNINGS_MAX,
						sizeof(*profile->warnings));
	if (!profile->warnings)
		return;
	if (!profile_keeps_warnings(profile)) {
		profile->warning_count++;
		return;
	}
	warning = &profile->warnings[profile->warning_count++];
	warning->code = code;
	va_start(arguments, format);
	describe(profile, place, find_key(&profile->finder, place), warning, format, arguments);
	va_end(arguments);
}
