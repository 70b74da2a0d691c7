/* SPDX-License-Identifier: MIT */
/*
 * What every container of a stream of manifests runs under. A manifest is read document by
 * document; each container becomes a row, which owns nothing of the tree: texts are kept by struct
 * check until its end.
 */
#ifndef SBPF_TOOLS_KUBERNETES_H
#define SBPF_TOOLS_KUBERNETES_H

#include "common.h"
#include "lint.h"
#include "manifest.h"
#include "needs.h"
#include "pager.h"

#include <stdio.h>

/* Versions are 1.NN; this one is the newest whose rules are known. */
#define KUBERNETES_NEWEST 38

/* ---- What is found ---- */

/* The identifiers, in the order of check_rules; those of sbpf lint come behind them. */
enum check_id {
	PRIVILEGED_IGNORES_PROFILE,
	UNCONFINED,
	UNSET,
	DEAD_ANNOTATION,
	RUNTIMECLASS_IGNORES,
	UNKNOWN_TYPE,
	LOCALHOST_PATH,
	MISSING_FILE,
	INVALID_PROFILE,
	STARTUP,
	WINDOWS_PROFILE,
	OCI_PROFILE,
	OCI_STRICTER,
	POD_SECURITY,
	CHECK_IDS,
};

struct check_rule {
	const char *name;
	enum severity severity;
	const char *summary; /* a sentence */
};

extern const struct check_rule check_rules[CHECK_IDS];

/* The rule of an identifier, or of sbpf lint's. */
struct check_rule check_rule_at(size_t id);
#define CHECK_RULES (CHECK_IDS + (size_t)LINT_IDS)

struct check_finding {
	size_t id; /* of check_rule_at() */
	enum severity severity;
	unsigned int line;
	const char *message;
};

/* ---- Containers ---- */

enum role { ROLE_CONTAINER, ROLE_INIT, ROLE_EPHEMERAL, ROLES };
enum level { LEVEL_NONE, LEVEL_POD, LEVEL_CONTAINER, LEVELS };

enum effective {
	EFFECTIVE_UNCONFINED,
	EFFECTIVE_RUNTIME_DEFAULT,
	EFFECTIVE_LOCALHOST,
	EFFECTIVE_OCI,
	EFFECTIVE_NONE,
	EFFECTIVE_ERROR,
	EFFECTIVE_UNKNOWN,
	EFFECTIVES,
};

extern const char *const role_names[ROLES];
extern const char *const level_names[LEVELS];
extern const char *const effective_names[EFFECTIVES];

/* A seccompProfile as it is written. */
struct declared {
	enum level level;
	const char *type;    /* NULL: none */
	const char *profile; /* localhostProfile, or the reference of an artifact; NULL: none */
	unsigned int line;
	const struct manifest_node *node; /* while the document is there */
};

struct row {
	const char *file;
	unsigned int line;
	const char *kind;
	const char *name;      /* NULL: none */
	const char *namespace; /* NULL: not said */
	const char *container; /* NULL: without a name */
	enum role role;
	struct declared declared;
	enum effective effective;
	const char *why;
	const char *fingerprint; /* NULL: not known */
	size_t size;		 /* instructions of the compiled filter; 0: not known */
	bool baseline;
	bool restricted;
	struct check_finding *findings;
	size_t finding_count;
};

/* ---- Checking ---- */

enum runtime { RUNTIME_CONTAINERD, RUNTIME_CONTAINERD_1, RUNTIME_CRIO, RUNTIMES };

struct check_options {
	enum runtime runtime;
	unsigned int minor; /* of Kubernetes 1.NN */
	bool seccomp_default;
	const char *profiles;	/* the node's folder, or NULL */
	const char *artifacts;	/* a folder with an OCI image layout, or NULL */
	const char *namespaces; /* a file with Namespaces, or NULL */
	struct sbpf_target target;
	int machine;
};

/* A Namespace's labels: "restricted", "baseline", else NULL. */
struct space_labels {
	const char *name;
	const char *enforce;
	const char *warn;
	const char *audit;
	bool is_given; /* by --namespace: for pods that name none, too */
};

/* A RuntimeClass, and the handler that it is for. */
struct runtime_class {
	const char *name;
	const char *handler;
};

struct policy_facts;

struct check {
	const struct tool *tool;
	const struct check_options *options;
	const char *file; /* that is read */
	struct row *rows;
	size_t count;
	struct space_labels *spaces;
	size_t space_count;
	struct policy_facts *policies; /* a list, each made once */
	void *texts;		       /* kept until the end */
	size_t work;		       /* values that were looked at */
	struct runtime_class *classes;
	size_t class_count;
	bool failed; /* which was reported */
};

/* A pod of a document, or the template of one. */
struct pod {
	const char *kind;
	const char *name;
	const char *namespace;
	bool is_template;
	const struct manifest_node *owner;    /* the object's metadata; may be NULL */
	const struct manifest_node *metadata; /* the pod's own; may be NULL */
	const struct manifest_node *spec;
	size_t first; /* of its rows */
};

/*
 * Notes what a text says about pods elsewhere: Namespaces and RuntimeClasses. False when that
 * failed, which was reported.
 */
bool check_note(struct check *check, const char *file, const char *text, size_t length);

/* Reads all of a text; false when that failed, which was reported. */
bool check_text(struct check *check, const char *file, const char *text, size_t length);

/* Reads the Namespaces of a text alone. */
bool check_namespaces(struct check *check, const char *file, const char *text, size_t length);

void check_free(struct check *check);

/* ---- Parts (each in a file of its name) ---- */

/* A copy that lives as long as the check; "" without memory, which was reported. */
const char *check_keep(struct check *check, const char *text);
const char *check_print(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Reports what is wrong with a document, at a node. Returns false. */
bool check_refuse(struct check *check, const struct manifest_node *node, const char *message);

/* Counts work, in values; false when that is too much, which was reported. */
bool check_work(struct check *check, const struct manifest_node *node, size_t amount);

/* Frees those copies. */
void check_forget(struct check *check);

/* Adds a finding to the row that is in the making. */
void check_add(struct check *check, struct row *row, size_t id, enum severity severity,
	       unsigned int line, const char *message);

/* Hands the objects of a document, those of lists too, to take(check, root). */
bool objects_find(struct check *check, const struct manifest_node *root,
		  bool (*take)(struct check *check, const struct manifest_node *root));

/* Hands the pods of a document to take(check, pod); false when that failed, which was reported. */
bool pods_find(struct check *check, const struct manifest_node *root,
	       bool (*take)(struct check *check, const struct pod *pod));

/* What a securityContext declares, if it does: true and *declared. */
bool declared_read(struct check *check, const struct manifest_node *context, enum level level,
		   struct declared *declared);

/* Decides what a container runs under, and why. */
void effective_find(struct check *check, const struct pod *pod,
		    const struct manifest_node *container, struct row *row);

/* What PodSecurity says of all containers of a pod, for its rows from first on. */
void security_find(struct check *check, const struct pod *pod, size_t first);

/* Notes the labels of a Namespace. */
void security_note(struct check *check, const struct manifest_node *root, bool is_given);

/* Whether the pod is for Windows. */
bool pod_is_windows(const struct pod *pod);

/* Whether a seccompProfile stands anywhere in it. */
bool pod_declares(const struct pod *pod);

/* The names of the lists of containers, by role. */
extern const char *const container_lists[ROLES];

/* The rules of annotations, which are there for older versions and CRI-O (annotations.c). */
void annotations_apply(struct check *check, const struct pod *pod, struct row *row);

/* CRI-O's annotation for a container: its key; NULL when there is none. */
const struct manifest_node *annotation_of_crio(const struct pod *pod, const char *container);

/* What is wrong with the path of a file below the node's folder; NULL: nothing. */
const char *path_problem(struct check *check, const char *path);

/* The usual slip that a path looks like, and what to write; NULL: it looks like none. */
const char *path_slip(struct check *check, const char *path);

/* Decides about a profile from a registry; true when it can be used. */
bool artifact_check(struct check *check, const struct manifest_node *node, bool privileged,
		    struct row *row);

/* The capabilities that a container holds: bit = CAP_* number. */
uint64_t capabilities_of(const struct check *check, const struct manifest_node *context);

/* The same as struct sbpf_target has them. */
const char *capabilities_text(struct check *check, uint64_t capabilities);

/* The text of a runtime's own default profile, which has the docker reading. */
const char *default_text(enum runtime runtime, size_t *length);
const char *default_name(enum runtime runtime);
const char *runtime_name(enum runtime runtime);

/* SHA-256 of what a meaning gives every call, as "sha256:…"; NULL when it cannot be had. */
const char *fingerprint_of(struct check *check, struct sbpf_space *space, sbpf_meaning meaning);

/* ---- Policies (policies.c) ---- */

/* The calls that runtimes make after the filter is in force, and that are refused. */
struct refusals {
	const char *calls; /* "a, b and 3 more"; NULL: none */
	size_t runtimes;   /* bit = index in runtimes of needs.h */
};

/* A finding of sbpf lint, one for each kind. */
struct lint_summary {
	enum lint_id id;
	enum severity severity;
	const char *message;
};

struct policy_facts {
	struct policy_facts *next;
	const char *key;
	const char *problem; /* why there is no policy; NULL: there is one */
	bool is_missing;     /* the file is not there */
	const char *fingerprint;
	size_t size;
	struct refusals refused[WAYS];
	const char *stricter; /* a call that runtimes refuse beyond the meaning; NULL: none */
	struct lint_summary *findings;
	size_t finding_count;
	struct operand_part part;
};

/* A runtime's default for these capabilities. NULL: no memory, reported. */
struct policy_facts *policy_of_default(struct check *check, uint64_t capabilities);

/* A file of the node's folder, as the runtime reads it. */
struct policy_facts *policy_of_file(struct check *check, const char *path, uint64_t capabilities);

/* A profile of a registry with its base, where the files are at hand; NULL where they are not. */
struct policy_facts *policy_of_artifact(struct check *check, const struct manifest_node *oci,
					uint64_t capabilities);

/* One that was found out before; NULL: none. And a new one; NULL: no memory, reported. */
struct policy_facts *policy_find(const struct check *check, const char *key);
struct policy_facts *policy_new(struct check *check, const char *key);

/* Reads the file of a part, whose path is known; false: facts->problem says why. */
bool policy_read(struct check *check, struct policy_facts *facts);

/* Fills in what follows from a meaning: the fingerprint, and what is refused to runtimes. */
void policy_describe(struct check *check, struct policy_facts *facts, struct sbpf_space *space,
		     sbpf_meaning meaning);

/*
 * A call that the profiles let through together, and that a merge of their JSON refuses, as they
 * have different conditions on one of its arguments (KEP-6061); NULL: there is none.
 */
const char *merge_refuses(struct check *check, const struct sbpf_policy *one,
			  const struct sbpf_policy *other);

void policies_free(struct check *check);

/* ---- Output ---- */

void rows_text(struct page *page, const struct check *check);
void rows_json(FILE *out, const struct check *check);
void rows_sarif(FILE *out, const struct check *check);

#endif
