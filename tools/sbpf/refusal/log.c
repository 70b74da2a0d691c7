/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "call.h"
#include "suspects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A log may have any number of kinds of records; what is known of the last ones is kept. */
#define KNOWN 1024

/* What a profile says of a call whose arguments are not known. */
struct known {
	bool is_set;
	uint32_t arch;
	uint32_t number;
	uint32_t action;
	struct refusal_key key;
	struct seccomp_data data; /* one that shows it */
};

struct collection {
	const struct log_request *request;
	struct refusals *refusals;
	struct known *known;
	uint64_t effort; /* left for suspects */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = signal;
}

/* Where several rules can have decided, the cause is a rule, and which is not said. */
static void judge(struct collection *collection, struct known *known)
{
	struct suspects suspects;
	struct refusal_key *key = &known->key;

	known->data = (struct seccomp_data){ .arch = known->arch, .nr = (int)known->number };
	memset(key, 0, sizeof(*key));
	suspects_find(collection->request->policy, collection->request->target, &known->data,
		      known->action, &collection->effort, &suspects);
	key->abi = abi_of_data(&known->data);
	key->arch = known->arch;
	key->number = known->number;
	key->verdict = known->action;
	key->blind = 1;
	key->entry = NO_ENTRY;
	key->cause = SBPF_BY_RULE;
	if (!suspects.count && !suspects.unknown) {
		key->origin = ORIGIN_FOREIGN;
		key->cause = 0;
	} else if (suspects.count == 1 && !suspects.unknown) {
		key->cause = suspects.list[0].cause;
		key->entry = suspects.list[0].entry;
		key->verdict = suspects.list[0].verdict;
	}
	if (suspects.count)
		known->data = suspects.list[0].data;
}

static const struct known *look_up(struct collection *collection, const struct audit_record *record)
{
	uint32_t mixed = (record->arch * 31 + record->number) * 31 + (record->action >> 16);
	struct known *known = &collection->known[(mixed ^ mixed >> 10) % KNOWN];

	if (known->is_set && known->arch == record->arch && known->number == record->number &&
	    known->action == record->action)
		return known;
	*known = (struct known){ .is_set = true,
				 .arch = record->arch,
				 .number = record->number,
				 .action = record->action };
	judge(collection, known);
	return known;
}

static void take_record(void *context, const struct audit_record *record)
{
	struct collection *collection = context;
	const struct known *known = look_up(collection, record);
	struct refusal *refusal;
	bool is_new;

	refusal = refusals_count(collection->refusals, &known->key, &is_new);
	if (!is_new)
		return;
	refusal->data = known->data;
	refusal->pid = record->pid;
	snprintf(refusal->program, sizeof(refusal->program), "%s", record->program);
	if (collection->request->follow)
		collection->request->follow(collection->request->context, refusal);
}

/* SIGINT and SIGTERM end the reading, and not the report. */
static void take_signals(sigset_t *before)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool log_collect(const struct log_request *request, struct refusals *refusals,
		 struct audit_input *input)
{
	bool is_stdin = !strcmp(request->path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(request->path, O_RDONLY | O_CLOEXEC);
	struct collection collection = { request, refusals, calloc(KNOWN, sizeof(struct known)),
					 SUSPECTS_EFFORT };
	sigset_t mask;
	bool done = false;

	take_signals(&mask);
	if (!collection.known)
		errno = ENOMEM;
	else if (fd >= 0)
		done = audit_read(fd, take_record, &collection, &mask, &stopped, input);
	if (!done)
		report(request->tool->name, "%s: %s", is_stdin ? "<stdin>" : request->path,
		       strerror(errno));
	if (fd >= 0 && !is_stdin)
		close(fd);
	free(collection.known);
	return done;
}
