/* SPDX-License-Identifier: MIT */
/* What the library says about a profile when it loads it. */
#include "lint.h"

#include <stdio.h>
#include <string.h>

/* The kinds of its warnings; those of others are the business of other checks. */
static const struct {
	enum sbpf_code code;
	enum lint_id id;
} kinds[] = {
	{ SBPF_WARN_UNKNOWN_KEY, UNKNOWN_KEY },
	{ SBPF_WARN_ERRNO, ERRNO_TOO_LARGE },
	{ SBPF_WARN_IGNORED, WITHOUT_EFFECT },
};

/* Keys that people write comments under, as JSON has none. */
static bool is_comment(const char *where)
{
	static const char *const words[] = { "comment", "description", "note", "title", "todo" };
	const char *key = strrchr(where, '.') ? strrchr(where, '.') + 1 : where;

	if (strchr("_$#/@", *key))
		return true;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!strncasecmp(key, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

/* A profile for several machines is right to name the ABIs of all. */
static bool is_about_abis(const char *where)
{
	return strstr(where, "rchitectures") || !strcmp(where, "target.abis");
}

static void add_warning(struct lint *lint, enum lint_id id, const struct sbpf_error *warning)
{
	struct lint_place place = { .line = warning->line };
	bool is_note = id == UNKNOWN_KEY && is_comment(warning->where);

	if (id == WITHOUT_EFFECT && is_about_abis(warning->where))
		return;
	snprintf(place.path, sizeof(place.path), "%s", warning->where);
	if (!*warning->where)
		place = place_of_default(lint);
	lint_add(lint, id, is_note ? SEVERITY_NOTE : SEVERITY_WARNING, &place,
		 (struct evidence){ 0 }, "%s", warning->message);
}

void lint_keys(struct lint *lint)
{
	size_t count = sbpf_policy_warning_count(lint->part->policy);

	for (size_t i = 0; i < count; i++) {
		const struct sbpf_error *warning = sbpf_policy_warning(lint->part->policy, i);

		for (size_t j = 0; j < COUNT(kinds); j++) {
			if (kinds[j].code == warning->code)
				add_warning(lint, kinds[j].id, warning);
		}
	}
}
