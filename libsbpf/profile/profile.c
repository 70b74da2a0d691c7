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

int profile_error_at(struct profile *profile, const struct place *place, size_t offset,
		     struct sbpf_error *error, const char *format, ...)
{
	va_list arguments;

	if (!error || error->code != SBPF_OK)
		return -1;
	error->code = SBPF_ERROR_PROFILE;
	va_start(arguments, format);
	describe(profile, place, offset, error, format, arguments);
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

int profile_ignore(struct profile *profile, const struct place *place, size_t offset,
		   enum sbpf_code code, struct sbpf_error *error, const char *format, ...)
{
	struct sbpf_error *report = profile->strict ? error : new_warning(profile);
	va_list arguments;

	if (!report || report->code != SBPF_OK)
		return profile->strict ? -1 : 0;
	report->code = profile->strict ? SBPF_ERROR_PROFILE : code;
	va_start(arguments, format);
	describe(profile, place, offset, report, format, arguments);
	va_end(arguments);
	return profile->strict ? -1 : 0;
}

void profile_warn(struct profile *profile, const struct place *place, enum sbpf_code code,
		  const char *format, ...)
{
	struct sbpf_error *warning = new_warning(profile);
	va_list arguments;

	if (!warning)
		return;
	warning->code = code;
	va_start(arguments, format);
	describe(profile, place, find_key(&profile->finder, place), warning, format, arguments);
	va_end(arguments);
}
