/* SPDX-License-Identifier: MIT */
/* How messages name a config.json: by what its engine wrote down of whom it is for. */
#include "oci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What users of the engines call things: annotations, of which an engine sets its own. */
static const struct {
	const char *before;
	enum part parts[2];
	const char *after; /* in place of ", " */
} words[] = {
	{ "profile ", { PART_PODMAN_PROFILE, PART_CRIO_PROFILE }, NULL },
	{ "container ", { PART_CRI_CONTAINER, PART_CRIO_CONTAINER }, " of " },
	{ "pod ", { PART_CRI_NAMESPACE, PART_CRIO_NAMESPACE }, "/" },
	{ "", { PART_CRI_POD, PART_CRIO_POD }, NULL },
};

bool config_describe(struct config *config)
{
	char text[256];
	size_t length;
	FILE *out = open_memstream(&config->name, &length);
	const char *between = "";

	if (!out)
		return false;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!config_string(config, words[i].parts[0], text, sizeof(text)) &&
		    !config_string(config, words[i].parts[1], text, sizeof(text)))
			continue;
		fprintf(out, "%s%s%s", between, words[i].before, text);
		between = words[i].after ? words[i].after : ", ";
	}
	fprintf(out, "%s%s", *between ? ": " : "", config->path);
	return !fclose(out) && config->name;
}
