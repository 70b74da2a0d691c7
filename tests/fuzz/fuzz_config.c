// SPDX-License-Identifier: MIT
/*
 * Any text as a config.json for sbpf-oci: it is refused with a reason, or a reader of JSON finds no
 * profile where none was found, else in the copy for the runtime the given filter, and in place of
 * the profile the one that kills.
 */
#include <json.h>
#include <limits.h>
#include <sbpf.h>
#include <stdlib.h>
#include <string.h>

#include "oci.h"
#include "target.h"

#define FILTER "BgAAAAAA/38="

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* As config_read() leaves it: a string of C. */
static bool take_text(struct config *config, const uint8_t *data, size_t size)
{
	config->text = malloc(size + 1);
	if (!config->text)
		return false;
	if (size)
		memcpy(config->text, data, size);
	config->text[size] = '\0';
	config->length = strlen(config->text);
	return true;
}

/* NULL when it is none that the library takes. */
static struct sbpf_policy *load_profile(const struct config *config)
{
	const struct sbpf_target target = { .reading = SBPF_READING_OCI };
	const struct span *span = &config->parts[PART_SECCOMP];
	struct sbpf_policy *policy = NULL;
	struct sbpf_error error;
	char *text = NULL;
	int length = asprintf(&text, "{\"linux\":{\"seccomp\":%.*s}}", (int)span->length,
			      config->text + span->at);

	if (length >= 0) {
		policy = sbpf_load_json(text, (size_t)length, &target, &error);
		free(text);
	}
	return policy;
}

static void expect_string(struct json_object *object, const char *first, const char *second,
			  const char *third, const char *wanted)
{
	const char *const keys[] = { first, second, third };

	for (size_t i = 0; i < 3 && keys[i]; i++)
		expect(json_object_object_get_ex(object, keys[i], &object));
	expect(json_object_is_type(object, json_type_string));
	expect(!strcmp(json_object_get_string(object), wanted));
}

/* What a runtime reads of a text; NULL when it does not read it at all. */
static struct json_object *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(1 << 16);
	struct json_object *root;

	expect(tokener && length < INT_MAX);
	root = json_tokener_parse_ex(tokener, text, (int)length + 1);
	json_tokener_free(tokener);
	return root;
}

static void expect_filter(const char *text, size_t length)
{
	struct json_object *root = parse(text, length);

	if (root) {
		expect_string(root, "annotations", FILTER_ANNOTATION, NULL, FILTER);
		expect_string(root, "linux", "seccomp", "defaultAction", "SCMP_ACT_KILL");
	}
	json_object_put(root);
}

/* Where no profile was found, the runtime must find none. */
static void expect_no_profile(const char *text, size_t length)
{
	struct json_object *root = parse(text, length);
	struct json_object *found = root;

	if (json_object_object_get_ex(root, "linux", &found) &&
	    json_object_object_get_ex(found, "seccomp", &found))
		expect(!found);
	json_object_put(root);
}

static void expect_copy(const struct config *config)
{
	struct config copy = { 0 };
	struct sbpf_error error;
	char filter[sizeof(FILTER) + 8];

	copy.text = config_rewrite(config, FILTER, &copy.length);
	expect(copy.text && strlen(copy.text) == copy.length);
	expect_filter(copy.text, copy.length);
	/* Written twice, it would be refused. */
	expect(config_scan(&copy, &error));
	expect(config_string(&copy, PART_FILTER, filter, sizeof(filter)));
	expect(!strcmp(filter, FILTER));
	config_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config = { 0 };
	struct sbpf_policy *policy = NULL;
	struct sbpf_error error;
	char *original = take_text(&config, data, size) ? strdup(config.text) : NULL;

	if (!original)
		goto out;
	if (!config_scan(&config, &error))
		expect(error.message[0] && error.code != SBPF_OK);
	else if (config_has(&config, PART_SECCOMP))
		policy = load_profile(&config);
	else
		/* With comments the runtime gets the copy, which has blanks in their place. */
		expect_no_profile(config.commented ? config.text : original, config.length);
	/* What sbpf-oci refuses beside these: see objection() in its main.c. */
	if (policy && !config.parts[PART_FILTER].length &&
	    (!config_has(&config, PART_ANNOTATIONS) || config_is_object(&config, PART_ANNOTATIONS)))
		expect_copy(&config);
out:
	free(original);
	sbpf_policy_free(policy);
	config_free(&config);
	return 0;
}
