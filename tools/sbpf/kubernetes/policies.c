/* SPDX-License-Identifier: MIT */
/* What is known of each policy that containers run under: found out once. */
#include "kubernetes.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLS_SHOWN 8

/* One that is found out about. */
struct making {
	struct check *check;
	struct policy_facts *facts;
	struct sbpf_target target;
	struct sbpf_space *space;
	sbpf_meaning meaning;
};

struct policy_facts *policy_find(const struct check *check, const char *key)
{
	for (struct policy_facts *facts = check->policies; facts; facts = facts->next) {
		if (!strcmp(facts->key, key))
			return facts;
	}
	return NULL;
}

struct policy_facts *policy_new(struct check *check, const char *key)
{
	struct policy_facts *facts = calloc(1, sizeof(*facts));

	if (!facts) {
		report(check->tool->name, "out of memory");
		check->failed = true;
		return NULL;
	}
	facts->key = key;
	facts->next = check->policies;
	check->policies = facts;
	return facts;
}

/* ---- Calls that runtimes make ---- */

/* The mildest verdict of a call, whatever its arguments. */
struct mildest {
	bool found;
	uint32_t verdict;
};

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct mildest *mildest = context;

	if (!mildest->found || sbpf_verdict_compare(one->verdict, mildest->verdict) > 0)
		mildest->verdict = one->verdict;
	mildest->found = true;
	return true;
}

static bool prevents(enum start start, uint32_t verdict)
{
	bool ends = sbpf_verdict_compare(verdict, SECCOMP_RET_TRAP) <= 0;

	if (start == DIES_WITH_IT)
		return ends;
	return start == FAILS && (ends || (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
}

/* Names, each once, and what the last of them was. */
struct call_list {
	char text[512];
	size_t length;
	size_t count;
};

static void add_call(struct call_list *list, const char *call)
{
	char word[64];

	snprintf(word, sizeof(word), " %s,", call);
	if (strstr(list->text, word))
		return;
	list->count++;
	if (list->count <= CALLS_SHOWN && list->length < sizeof(list->text))
		list->length += (size_t)snprintf(list->text + list->length,
						 sizeof(list->text) - list->length, "%s", word);
}

static void find_refusals(struct check *check, struct policy_facts *facts, struct sbpf_space *space,
			  sbpf_meaning meaning, enum way way)
{
	struct refusals *refused = &facts->refused[way];
	struct call_list list = { .text = "" };

	for (size_t i = 0; i < runtime_need_count; i++) {
		const struct runtime_need *need = &runtime_needs[i];
		struct mildest mildest = { 0 };
		struct sbpf_error error = { 0 };
		uint32_t number;

		if (need->starts[way] == STARTS ||
		    !sbpf_call_number(check->options->machine, need->call, &number) ||
		    sbpf_meaning_cases(space, meaning, check->options->machine, number, note_case,
				       &mildest, &error) ||
		    !prevents(need->starts[way], mildest.verdict))
			continue;
		add_call(&list, need->call);
		refused->runtimes |= (size_t)1 << need->runtime;
	}
	if (!list.count)
		return;
	list.text[list.length - 1] = '\0';
	refused->calls = list.count <= CALLS_SHOWN
				 ? check_keep(check, list.text + 1)
				 : check_print(check, "%s and %zu more", list.text + 1,
					       list.count - CALLS_SHOWN);
}

void policy_describe(struct check *check, struct policy_facts *facts, struct sbpf_space *space,
		     sbpf_meaning meaning)
{
	facts->fingerprint = fingerprint_of(check, space, meaning);
	for (int way = 0; way < WAYS; way++)
		find_refusals(check, facts, space, meaning, (enum way)way);
}

/* ---- What lint says ---- */

/* A finding of each kind, the first and worst, and how many more. */
static void summarize(struct making *making, const struct findings *findings, enum lint_id id)
{
	struct policy_facts *facts = making->facts;
	const struct finding *worst = NULL;
	struct lint_summary *list;
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *one = &findings->list[i];

		if (one->id != id)
			continue;
		count++;
		if (!worst || one->severity < worst->severity)
			worst = one;
	}
	if (!worst || id == RUNTIME_STARTUP)
		return;
	list = reallocarray(facts->findings, facts->finding_count + 1, sizeof(list[0]));
	if (!list) {
		making->check->failed = true;
		report(making->check->tool->name, "out of memory");
		return;
	}
	facts->findings = list;
	list[facts->finding_count++] = (struct lint_summary){
		id,
		worst->severity,
		check_print(making->check, "%s:%u: %s%s", facts->part.path, worst->place.line,
			    worst->message,
			    count == 1 ? ""
				       : check_print(making->check, " (and %zu more: sbpf lint)",
						     count - 1)),
	};
}

static void look_at(struct making *making)
{
	struct findings findings = { 0 };

	if (!lint_look_at(making->check->tool, &making->target, making->check->options->machine,
			  &making->facts->part, &findings))
		making->check->failed = true;
	for (int id = 0; id < LINT_IDS; id++)
		summarize(making, &findings, (enum lint_id)id);
	lint_findings_free(&findings);
}

/* ---- One policy ---- */

static void measure(struct making *making, const struct sbpf_policy *policy)
{
	const struct sbpf_options options = { .effort = SBPF_THOROUGH };
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(policy, &options, &error);

	if (filter)
		sbpf_filter_program(filter, &making->facts->size);
	sbpf_filter_free(filter);
	error = (struct sbpf_error){ 0 };
	making->space = sbpf_space_new(making->check->options->machine, LINT_NODES, &error);
	if (!making->space ||
	    sbpf_meaning_of_policy(making->space, policy, &making->meaning, &error)) {
		report_error(making->check->tool->name, making->facts->part.path, &error);
		making->check->failed = true;
		return;
	}
	policy_describe(making->check, making->facts, making->space, making->meaning);
}

/* The text is the facts' part; what is wrong with it becomes their problem. */
static void make(struct making *making, bool is_file)
{
	struct operand_part *part = &making->facts->part;
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];

	part->policy = sbpf_load_json(part->text, part->length, &making->target, &error);
	if (!part->policy) {
		making->facts->problem = check_print(making->check, "%s: %s", part->path,
						     sbpf_error_format(&error, text, sizeof(text)));
		return;
	}
	measure(making, part->policy);
	if (is_file && !making->check->failed)
		look_at(making);
	sbpf_space_free(making->space);
}

struct policy_facts *policy_of_default(struct check *check, uint64_t capabilities)
{
	enum runtime runtime = check->options->runtime;
	const char *key = check_print(check, "%s|%" PRIx64, default_name(runtime), capabilities);
	struct policy_facts *facts = policy_find(check, key);
	struct making making = { .check = check, .target = check->options->target };

	if (facts)
		return facts;
	facts = policy_new(check, key);
	if (!facts)
		return NULL;
	making.facts = facts;
	making.target.capabilities = capabilities_text(check, capabilities);
	facts->part.path = (char *)default_name(runtime);
	facts->part.prefix = "";
	/* Which is not written to. */
	facts->part.text = (char *)default_text(runtime, &facts->part.length);
	make(&making, false);
	facts->part.text = NULL;
	return facts;
}

/* ---- Files ---- */

static bool read_file(int fd, struct operand_part *part)
{
	ssize_t count = 1;

	part->text = malloc(SBPF_TEXT_MAX + 1);
	if (!part->text)
		return false;
	while (count && part->length <= SBPF_TEXT_MAX) {
		count = read(fd, part->text + part->length, SBPF_TEXT_MAX + 1 - part->length);
		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0)
			part->length += (size_t)count;
	}
	return true;
}

/* Opens a regular file in the node's folder; a pipe there would stop everything. */
static int open_file(struct policy_facts *facts)
{
	struct stat status;
	int fd = open(facts->part.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		facts->is_missing = errno == ENOENT || errno == ENOTDIR;
		return -1;
	}
	if (!fstat(fd, &status) && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

bool policy_read(struct check *check, struct policy_facts *facts)
{
	int fd = open_file(facts);
	bool done = fd >= 0 && read_file(fd, &facts->part);

	if (!done && facts->is_missing)
		facts->problem = check_print(check, "%s is not there", facts->part.path);
	else if (!done)
		facts->problem =
			check_print(check, "%s: %s", facts->part.path,
				    errno == EINVAL ? "is no regular file" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* containerd hands the file over as it is; CRI-O reads it as Podman does, for its capabilities. */
struct policy_facts *policy_of_file(struct check *check, const char *path, uint64_t capabilities)
{
	bool is_crio = check->options->runtime == RUNTIME_CRIO;
	const char *file = check_print(check, "%s/%s", check->options->profiles, path);
	const char *key = check_print(check, "%s|%" PRIx64, file, is_crio ? capabilities : 0);
	struct policy_facts *facts = policy_find(check, key);
	struct making making = { .check = check, .target = check->options->target };

	if (facts)
		return facts;
	facts = policy_new(check, key);
	if (!facts)
		return NULL;
	making.facts = facts;
	making.target.reading = is_crio ? SBPF_READING_DOCKER : SBPF_READING_OCI;
	if (is_crio)
		making.target.capabilities = capabilities_text(check, capabilities);
	facts->part.path = (char *)file;
	facts->part.prefix = "";
	if (policy_read(check, facts))
		make(&making, true);
	else if (facts->is_missing)
		facts->problem =
			check_print(check,
				    "%s: put the profile into the node's folder, or correct "
				    "localhostProfile",
				    facts->problem);
	free(facts->part.text);
	facts->part.text = NULL;
	return facts;
}

void policies_free(struct check *check)
{
	while (check->policies) {
		struct policy_facts *facts = check->policies;

		check->policies = facts->next;
		free(facts->findings);
		sbpf_policy_free(facts->part.policy);
		free(facts);
	}
}
