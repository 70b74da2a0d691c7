/* SPDX-License-Identifier: MIT */
/* The kinds of findings, and the words of a row. */
#include "kubernetes.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const role_names[ROLES] = { "container", "init", "ephemeral" };
const char *const level_names[LEVELS] = { "none", "pod", "container" };
const char *const effective_names[EFFECTIVES] = {
	"unconfined", "runtime-default", "localhost", "oci", "none", "error", "unknown",
};

const struct check_rule check_rules[CHECK_IDS] = {
	[PRIVILEGED_IGNORES_PROFILE] = { "privileged-ignores-profile", SEVERITY_WARNING,
					 "A privileged container runs without the profile that is "
					 "declared." },
	[UNCONFINED] = { "unconfined", SEVERITY_WARNING,
			 "A container asks to run without any filter." },
	[UNSET] = { "unset", SEVERITY_WARNING, "No profile is declared." },
	[DEAD_ANNOTATION] = { "dead-annotation", SEVERITY_WARNING,
			      "An annotation about seccomp has no effect." },
	[RUNTIMECLASS_IGNORES] = { "runtimeclass-ignores", SEVERITY_WARNING,
				   "The RuntimeClass's runtime does not enforce profiles." },
	[UNKNOWN_TYPE] = { "unknown-type", SEVERITY_ERROR,
			   "A type of profile that this Kubernetes does not know." },
	[LOCALHOST_PATH] = { "localhost-path", SEVERITY_ERROR,
			     "The path of a profile is not as the kubelet needs it." },
	[MISSING_FILE] = { "missing-file", SEVERITY_ERROR,
			   "The profile's file is not in the node's folder." },
	[INVALID_PROFILE] = { "invalid-profile", SEVERITY_ERROR,
			      "The profile's file is no profile to the runtime." },
	[STARTUP] = { "runtime-startup", SEVERITY_ERROR,
		      "The profile refuses what the runtime still calls after it is in force." },
	[WINDOWS_PROFILE] = { "windows-profile", SEVERITY_ERROR,
			      "A pod for Windows may declare no seccomp profile." },
	[OCI_PROFILE] = { "oci-profile", SEVERITY_ERROR,
			  "A profile from a registry that cannot be used as it is declared." },
	[OCI_STRICTER] = { "oci-stricter", SEVERITY_NOTE,
			   "Runtimes refuse more than the profiles that they intersect." },
	[POD_SECURITY] = { "pod-security", SEVERITY_ERROR,
			   "The namespace's PodSecurity level refuses the pod's profiles." },
};

struct check_rule check_rule_at(size_t id)
{
	const struct lint_rule *rule;

	if (id < CHECK_IDS)
		return check_rules[id];
	rule = &lint_rules[id - CHECK_IDS];
	return (struct check_rule){ rule->name, rule->severity, rule->summary };
}

/* ---- Work ---- */

/* Aliases can mean more than a stream has bytes. */
#define WORK_MAX 50000000u

bool check_work(struct check *check, const struct manifest_node *node, size_t amount)
{
	check->work += amount;
	if (check->work <= WORK_MAX)
		return true;
	return check_refuse(check, node, "this is too large to look at: hand it over in parts");
}

bool check_refuse(struct check *check, const struct manifest_node *node, const char *message)
{
	struct sbpf_error error = {
		.code = SBPF_ERROR_SYNTAX,
		.line = node->line,
		.column = node->column,
	};

	snprintf(error.message, sizeof(error.message), "%s", message);
	if (!check->failed)
		report_error(check->tool->name, check->file, &error);
	check->failed = true;
	return false;
}

/* ---- Texts ---- */

struct kept_text {
	struct kept_text *next;
	char text[];
};

static void fail_memory(struct check *check)
{
	if (!check->failed)
		report(check->tool->name, "out of memory");
	check->failed = true;
}

const char *check_keep(struct check *check, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;
	struct kept_text *kept;

	if (!text)
		return NULL;
	kept = malloc(sizeof(*kept) + size);
	if (!kept) {
		fail_memory(check);
		return "";
	}
	memcpy(kept->text, text, size);
	kept->next = check->texts;
	check->texts = kept;
	return kept->text;
}

const char *check_print(struct check *check, const char *format, ...)
{
	const char *kept;
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		fail_memory(check);
		return "";
	}
	kept = check_keep(check, text);
	free(text);
	return kept;
}

void check_add(struct check *check, struct row *row, size_t id, enum severity severity,
	       unsigned int line, const char *message)
{
	struct check_finding *findings =
		reallocarray(row->findings, row->finding_count + 1, sizeof(findings[0]));

	if (!findings) {
		fail_memory(check);
		return;
	}
	row->findings = findings;
	findings[row->finding_count++] = (struct check_finding){ id, severity, line, message };
}

void check_forget(struct check *check)
{
	while (check->texts) {
		struct kept_text *kept = check->texts;

		check->texts = kept->next;
		free(kept);
	}
}
