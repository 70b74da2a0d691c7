/* SPDX-License-Identifier: MIT */
/*
 * watch FILE PROFILE|- COMMAND...: runs a command as `sbpf run` does, and writes into FILE what the
 * watcher is told. "-" in place of a profile: nothing is refused. Before FILE: -a for all calls, -n
 * for the engine that is notified, -t for the one that traces, -k to keep privileges.
 */
#include "watch.h"
#include "common.h"
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void called(void *context, const struct watch_call *call)
{
	FILE *out = context;
	char verdict[32];
	const char *name;
	char arch[16];

	snprintf(arch, sizeof(arch), "0x%08x", call->data.arch);
	name = sbpf_call_name(sbpf_abi_find(arch), (uint32_t)call->data.nr);
	fprintf(out, "call %d %d %s %s %d %s %s", (int)call->pid, (int)call->tid, arch,
		name ? name : "?", call->data.nr,
		sbpf_verdict_format(call->verdict, verdict, sizeof(verdict)),
		call->is_foreign ? "foreign" : "own");
	for (size_t i = 0; i < 6; i++)
		fprintf(out, " %llx", (unsigned long long)call->data.args[i]);
	fputc('\n', out);
}

static void executed(void *context, pid_t pid)
{
	fprintf(context, "exec %d\n", (int)pid);
}

static void noted(void *context, const char *note)
{
	fprintf(context, "note %s\n", note);
}

static void ended(void *context)
{
	fputs("end\n", context);
	fflush(context);
}

static struct sbpf_filter *read_profile(const char *path)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json_file(path, NULL, &error);
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, &error);

	if (!filter)
		report_error("watch", path, &error);
	sbpf_policy_free(policy);
	return filter;
}

static int install(void *context, unsigned int flags, struct sbpf_error *error)
{
	return watch_install(context, flags, error);
}

static int run(struct watch *watch, unsigned int flags, char **argv)
{
	const struct supervise_command command = {
		.path = argv[0],
		.argv = argv,
		.environment = environ,
		.install = install,
		.install_context = watch,
	};
	struct supervise_outcome outcome = { 0 };
	enum watch_end end;

	supervise(&command, NULL, flags, &outcome);
	if (outcome.install_error.code)
		report_error("watch", NULL, &outcome.install_error);
	if (outcome.system_errno)
		report("watch", "%s: %s", outcome.system_call, strerror(outcome.system_errno));
	end = watch_finish(watch);
	if (end == WATCH_LEFT)
		report("watch", "left");
	if (outcome.install_error.code || outcome.system_errno || outcome.exec_errno)
		return 125;
	return outcome.signal ? 128 + outcome.signal : outcome.exit_status;
}

int main(int argc, char **argv)
{
	struct watch_request request = {
		.program = "watch",
		.observer = { .called = called,
			      .executed = executed,
			      .noted = noted,
			      .ended = ended },
	};
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = NULL;
	struct watch *watch;
	unsigned int flags = 0;
	int option, status = 125;

	while ((option = getopt(argc, argv, "+antk")) > 0) {
		if (option == 'a')
			request.all = true;
		else if (option == 'k')
			flags |= SBPF_KEEP_PRIVILEGES;
		else
			request.engine = option == 'n' ? WATCH_NOTIFY : WATCH_TRACE;
	}
	if (argc - optind < 3)
		return 2;
	request.observer.context = fopen(argv[optind], "we");
	if (!request.observer.context)
		return 125;
	if (strcmp(argv[optind + 1], "-") && !(filter = read_profile(argv[optind + 1])))
		return 125;
	request.filter = filter;
	watch = watch_start(&request, &error);
	if (watch)
		status = run(watch, flags, argv + optind + 2);
	else
		report_error("watch", NULL, &error);
	watch_free(watch);
	sbpf_filter_free(filter);
	return status;
}
