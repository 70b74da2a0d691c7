/* SPDX-License-Identifier: MIT */
/*
 * What a container runs under. The rules are a table, in the order in which API server, kubelet and
 * runtime come to them; the first that decides counts.
 */
#include "kubernetes.h"

#include <string.h>

#define UNKNOWN_IS_ERROR_SINCE 38 /* kubernetes#141958 */
#define OCI_SINCE 38		  /* KEP-6061 */

/* A container about which is decided. */
struct decision {
	struct check *check;
	const struct pod *pod;
	const struct manifest_node *container;
	const struct manifest_node *context; /* its securityContext, or NULL */
	struct row *row;
	bool privileged;
	bool no_new_privs;
};

static bool decide(struct decision *decision, enum effective effective, const char *why)
{
	decision->row->effective = effective;
	decision->row->why = why;
	return true;
}

static void add(struct decision *decision, enum check_id id, enum severity severity,
		const char *message)
{
	const struct row *row = decision->row;

	check_add(decision->check, decision->row, id, severity,
		  row->declared.line ? row->declared.line : row->line, message);
}

static void add_error(struct decision *decision, enum check_id id, const char *message)
{
	add(decision, id, SEVERITY_ERROR, message);
}

static bool is_type(const struct decision *decision, const char *type)
{
	return decision->row->declared.level && !strcmp(decision->row->declared.type, type);
}

static const char *whose(const struct decision *decision)
{
	return decision->row->declared.level == LEVEL_POD
		       ? "the pod's seccompProfile, as the container has none of its own"
		       : "the container's seccompProfile";
}

/* ---- What the API server refuses ---- */

static bool is_for_windows(struct decision *decision)
{
	if (!pod_is_windows(decision->pod))
		return false;
	if (!pod_declares(decision->pod))
		return decide(decision, EFFECTIVE_NONE, "pods for Windows have no seccomp");
	add_error(
		decision, WINDOWS_PROFILE,
		"os.name is windows, and such a pod may declare no seccompProfile: the API server "
		"refuses it; leave it out");
	return decide(decision, EFFECTIVE_ERROR,
		      "the API server refuses a seccompProfile in a pod for Windows");
}

static bool is_unknown(struct decision *decision)
{
	static const char *const types[] = { "RuntimeDefault", "Localhost", "Unconfined", "OCI" };
	struct check *check = decision->check;
	unsigned int minor = check->options->minor;
	size_t known = minor >= OCI_SINCE ? 4 : 3;
	const char *type = decision->row->declared.type;
	const char *nearest;

	if (!decision->row->declared.level)
		return false;
	for (size_t i = 0; i < known; i++) {
		if (!strcmp(type, types[i]))
			return false;
	}
	nearest = nearest_name(type, types, known);
	if (!strcmp(type, "OCI"))
		nearest = NULL;
	add_error(decision, UNKNOWN_TYPE,
		  check_print(check, "%s%.60s%s: %s%s%s", *type ? "there is no type '" : "", type,
			      *type ? "' in Kubernetes " : "a seccompProfile needs a type",
			      *type ? check_print(check, "1.%u", minor) : "",
			      nearest ? ": did you mean " : ": write RuntimeDefault or Localhost",
			      nearest ? nearest : ""));
	if (*type && minor < UNKNOWN_IS_ERROR_SINCE)
		return decide(decision, EFFECTIVE_UNCONFINED,
			      "kubelets before 1.38 take an unknown type for Unconfined");
	return decide(decision, EFFECTIVE_ERROR,
		      *type ? "an unknown type is an error since Kubernetes 1.38"
			    : "the API server refuses a seccompProfile without a type");
}

static bool has_wrong_fields(struct decision *decision)
{
	const struct declared *declared = &decision->row->declared;
	struct check *check = decision->check;
	const char *problem;

	if (!declared->level)
		return false;
	if (is_type(decision, "Localhost")) {
		problem = path_problem(check, declared->profile);
		if (!problem)
			return false;
		add_error(decision, LOCALHOST_PATH, problem);
		return decide(decision, EFFECTIVE_ERROR, "the API server refuses the path");
	}
	if (!manifest_member(declared->node, "localhostProfile"))
		return false;
	add_error(decision, LOCALHOST_PATH,
		  check_print(check,
			      "localhostProfile goes with type Localhost alone: leave it out, or "
			      "write type: Localhost in place of %s",
			      declared->type));
	return decide(decision, EFFECTIVE_ERROR,
		      "the API server refuses localhostProfile with another type than Localhost");
}

static bool is_bad_artifact(struct decision *decision)
{
	const struct declared *declared = &decision->row->declared;

	if (!is_type(decision, "OCI")) {
		if (!manifest_member(declared->node, "oci"))
			return false;
		add_error(decision, OCI_PROFILE, "oci goes with type OCI alone");
		return decide(decision, EFFECTIVE_ERROR,
			      "the API server refuses oci with another type than OCI");
	}
	if (artifact_check(decision->check, declared->node, decision->privileged, decision->row))
		return false;
	return decide(decision, EFFECTIVE_ERROR, "the profile of type OCI cannot be used");
}

/* ---- What runtimes do not enforce ---- */

/* Beginnings and ends of names that RuntimeClasses and handlers have by their documentation. */
static const struct {
	const char *part;
	const char *runtime;
	const char *cure;
} sandboxes[] = {
	{ "gvisor", "gVisor", "runsc takes profiles with --oci-seccomp" },
	{ "runsc", "gVisor", "runsc takes profiles with --oci-seccomp" },
	{ "kata", "Kata Containers", "its agent takes them without disable_guest_seccomp" },
};

/* The handler of a RuntimeClass that is among the manifests; else its name, which mostly says it.
 */
static const char *handler_of(const struct check *check, const char *class)
{
	for (size_t i = 0; i < check->class_count; i++) {
		const struct runtime_class *known = &check->classes[i];

		if (known->name && known->handler && !strcmp(known->name, class))
			return known->handler;
	}
	return class;
}

static bool is_in_sandbox(struct decision *decision)
{
	const char *class = manifest_text(decision->pod->spec, "runtimeClassName");
	const char *handler = class ? handler_of(decision->check, class) : NULL;

	for (size_t i = 0; handler && i < COUNT(sandboxes); i++) {
		if (!strcasestr(handler, sandboxes[i].part))
			continue;
		if (decision->row->declared.level && !is_type(decision, "Unconfined"))
			add(decision, RUNTIMECLASS_IGNORES, SEVERITY_WARNING,
			    check_print(decision->check,
					"RuntimeClass %.80s: %s does not put profiles in force by "
					"default; %s",
					class, sandboxes[i].runtime, sandboxes[i].cure));
		return decide(decision, EFFECTIVE_NONE,
			      check_print(decision->check,
					  "RuntimeClass %.80s: %s runs the container without it",
					  class, sandboxes[i].runtime));
	}
	return false;
}

static void add_unset(struct decision *decision)
{
	bool is_default = decision->check->options->seccomp_default && !decision->privileged;

	if (is_default)
		add(decision, UNSET, SEVERITY_NOTE,
		    "no profile is declared: RuntimeDefault only where the kubelet has "
		    "seccompDefault; write securityContext.seccompProfile: {type: RuntimeDefault}");
	else
		add(decision, UNSET, SEVERITY_WARNING,
		    "no profile is declared, and so there is none: write "
		    "securityContext.seccompProfile: {type: RuntimeDefault}");
}

static void add_unconfined(struct decision *decision)
{
	add(decision, UNCONFINED, SEVERITY_WARNING,
	    "Unconfined asks for no filter: write type: RuntimeDefault, or Localhost with a "
	    "profile "
	    "that allows what is needed");
}

static bool is_privileged(struct decision *decision)
{
	bool is_crio = decision->check->options->runtime == RUNTIME_CRIO;

	if (!decision->privileged)
		return false;
	if (!decision->row->declared.level)
		add_unset(decision);
	else if (is_type(decision, "Unconfined"))
		add_unconfined(decision);
	else
		check_add(decision->check, decision->row, PRIVILEGED_IGNORES_PROFILE,
			  SEVERITY_WARNING,
			  manifest_place(decision->context, "privileged")->key->line,
			  "privileged: true, and so the profile is not put in force: take "
			  "capabilities "
			  "in "
			  "place of privileged, or leave the profile out");
	return decide(decision, EFFECTIVE_UNCONFINED,
		      is_crio ? "privileged: CRI-O puts no profile in force but that of "
				"privileged_seccomp_profile"
			      : "privileged: containerd puts no profile in force");
}

/* ---- What is in force ---- */

static bool has_crio_annotation(struct decision *decision)
{
	if (decision->check->options->runtime != RUNTIME_CRIO ||
	    (decision->row->declared.level && !is_type(decision, "Unconfined")) ||
	    !annotation_of_crio(decision->pod, decision->row->container))
		return false;
	return decide(decision, EFFECTIVE_UNKNOWN,
		      "CRI-O's annotation names a profile, which counts where the runtime handler "
		      "allows it");
}

static bool take_default(struct decision *decision, const char *why)
{
	struct check *check = decision->check;
	const struct policy_facts *facts =
		policy_of_default(check, capabilities_of(check, decision->context));

	if (facts) {
		decision->row->fingerprint = facts->fingerprint;
		decision->row->size = facts->size;
	}
	return decide(decision, EFFECTIVE_RUNTIME_DEFAULT, why);
}

static bool is_unset(struct decision *decision)
{
	if (decision->row->declared.level)
		return false;
	add_unset(decision);
	if (decision->check->options->seccomp_default)
		return take_default(decision, "nothing is declared, and the kubelet has "
					      "seccompDefault");
	return decide(decision, EFFECTIVE_UNCONFINED,
		      "nothing is declared, and the kubelet has no seccompDefault "
		      "(--seccomp-default)");
}

static bool is_unconfined(struct decision *decision)
{
	if (!is_type(decision, "Unconfined"))
		return false;
	add_unconfined(decision);
	return decide(decision, EFFECTIVE_UNCONFINED, whose(decision));
}

static bool is_default(struct decision *decision)
{
	return is_type(decision, "RuntimeDefault") && take_default(decision, whose(decision));
}

/* ---- Files ---- */

static void add_startup(struct decision *decision, const struct policy_facts *facts)
{
	static const char *const names[] = { "runc", "crun" };
	const char *wanted = names[decision->check->options->runtime == RUNTIME_CRIO];
	enum way start = decision->no_new_privs ? START_NNP : START;
	const struct refusals *refused = &facts->refused[start];
	enum severity severity = SEVERITY_WARNING;
	const char *effect = "the container does not start";
	char who[128] = "";
	size_t length = 0;

	if (!refused->calls) {
		refused = &facts->refused[decision->no_new_privs ? EXEC_NNP : EXEC];
		effect = "kubectl exec and exec probes fail";
	}
	if (!refused->calls)
		return;
	for (size_t i = 0; i < runtime_count && length < sizeof(who); i++) {
		if (!(refused->runtimes >> i & 1))
			continue;
		length += (size_t)snprintf(who + length, sizeof(who) - length, "%s%s",
					   length ? ", " : "", runtimes[i]);
		if (!strncmp(runtimes[i], wanted, strlen(wanted)) &&
		    refused == &facts->refused[start])
			severity = SEVERITY_ERROR;
	}
	add(decision, STARTUP, severity,
	    check_print(decision->check,
			"the profile refuses %s, which %s still make %s allowPrivilegeEscalation: "
			"false: %s; allow them",
			refused->calls, who, decision->no_new_privs ? "with" : "without", effect));
}

static void add_lint(struct decision *decision, const struct policy_facts *facts)
{
	for (size_t i = 0; i < facts->finding_count; i++)
		add(decision, CHECK_IDS + (enum check_id)facts->findings[i].id,
		    facts->findings[i].severity, facts->findings[i].message);
}

static bool refuse_file(struct decision *decision, enum check_id id, const char *problem)
{
	add_error(decision, id, problem);
	return decide(decision, EFFECTIVE_ERROR,
		      id == MISSING_FILE
			      ? "the file is not on the node: CreateContainerError"
			      : "the runtime cannot read the profile: CreateContainerError");
}

static bool is_localhost(struct decision *decision)
{
	struct check *check = decision->check;
	struct row *row = decision->row;
	const struct policy_facts *facts = NULL;
	const char *slip;

	if (!is_type(decision, "Localhost"))
		return false;
	if (check->options->profiles)
		facts = policy_of_file(check, row->declared.profile,
				       capabilities_of(check, decision->context));
	slip = facts && !facts->is_missing ? NULL : path_slip(check, row->declared.profile);
	if (slip)
		add(decision, LOCALHOST_PATH, SEVERITY_WARNING, slip);
	if (!facts)
		return decide(decision, EFFECTIVE_LOCALHOST,
			      check_print(check, "%s; its file was not looked at (--profiles)",
					  whose(decision)));
	if (facts->problem)
		return refuse_file(decision, facts->is_missing ? MISSING_FILE : INVALID_PROFILE,
				   facts->problem);
	row->fingerprint = facts->fingerprint;
	row->size = facts->size;
	add_startup(decision, facts);
	add_lint(decision, facts);
	return decide(decision, EFFECTIVE_LOCALHOST, whose(decision));
}

/* ---- Registries ---- */

static bool is_artifact(struct decision *decision)
{
	struct check *check = decision->check;
	const struct policy_facts *facts;

	if (!is_type(decision, "OCI"))
		return false;
	facts = policy_of_artifact(check, manifest_member(decision->row->declared.node, "oci"),
				   capabilities_of(check, decision->context));
	if (!facts)
		return decide(decision, EFFECTIVE_OCI,
			      check_print(check, "%s; the artifact was not looked at (--artifacts)",
					  whose(decision)));
	if (facts->problem) {
		add_error(decision, facts->is_missing ? MISSING_FILE : OCI_PROFILE, facts->problem);
		return decide(decision, EFFECTIVE_ERROR, "the runtime cannot use the profiles");
	}
	decision->row->fingerprint = facts->fingerprint;
	if (facts->stricter)
		add(decision, OCI_STRICTER, SEVERITY_NOTE,
		    check_print(check,
				"the profiles let %s through, but the runtimes merge their JSON, "
				"where two "
				"different conditions on one argument become a refusal",
				facts->stricter));
	add_startup(decision, facts);
	return decide(decision, EFFECTIVE_OCI,
		      check_print(check,
				  "%s: the runtime's default, the base and the artifact "
				  "together",
				  whose(decision)));
}

/* ---- The rules ---- */

static bool (*const rules[])(struct decision *decision) = {
	is_for_windows, is_unknown,    has_wrong_fields,    is_bad_artifact,
	is_in_sandbox,	is_privileged, has_crio_annotation, is_unset,
	is_unconfined,	is_default,    is_artifact,	    is_localhost,
};

static bool flag_of(const struct manifest_node *context, const char *name, bool otherwise)
{
	bool value;

	return manifest_boolean(manifest_member(context, name), &value) ? value : otherwise;
}

void effective_find(struct check *check, const struct pod *pod,
		    const struct manifest_node *container, struct row *row)
{
	const struct manifest_node *context = manifest_member(container, "securityContext");
	struct decision decision = {
		.check = check,
		.pod = pod,
		.container = container,
		.context = context,
		.row = row,
		.privileged = flag_of(context, "privileged", false),
		.no_new_privs = !flag_of(context, "allowPrivilegeEscalation", true),
	};

	if (!declared_read(check, context, LEVEL_CONTAINER, &row->declared))
		declared_read(check, manifest_member(pod->spec, "securityContext"), LEVEL_POD,
			      &row->declared);
	annotations_apply(check, pod, row);
	row->effective = EFFECTIVE_UNKNOWN;
	row->why = "";
	for (size_t i = 0; i < COUNT(rules) && !check->failed; i++) {
		if (rules[i](&decision))
			return;
	}
}
