/* SPDX-License-Identifier: MIT */
#include "targets.h"

#include "call.h"
#include "json_writer.h"
#include "programs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#define BIT(number) (UINT64_C(1) << (number))

const struct option_row targets_rows[] = {
	{ "all-targets", 0, NULL,
	  "look at every target that the profiles name: machines, and\n"
	  "kernels and capabilities in includes and excludes; --arch\n"
	  "(which may be a list), --kernel and --caps say which of them",
	  offsetof(struct target_choice, all) },
	{ "one-target", 0, NULL, "look at one target: the defaults for what no option says",
	  offsetof(struct target_choice, one) },
};

const size_t targets_row_count = COUNT(targets_rows);

/* ---- Finding them ---- */

/* What is common to the targets of one choice. */
struct hunt {
	const struct tool *tool;
	struct targets *targets;
	const struct sbpf_guards *guards;
	bool failed; /* which was reported */
};

bool targets_first(const struct tool *tool, const struct target_choice *choice,
		   struct sbpf_target *first)
{
	int machines[MACHINES_MAX];
	size_t count;

	*first = choice->target;
	if (!machines_parse(tool, choice->target.machine, machines, &count))
		return false;
	/* The machine goes by the name that was given as long as it is one. */
	if (count > 1)
		first->machine = name_of_abi(machines[0]);
	return true;
}

/* A copy that lives as long as the targets; NULL for NULL. */
static const char *keep(struct hunt *hunt, const char *text)
{
	struct targets *targets = hunt->targets;
	char **strings;
	char *copy;

	if (!text)
		return NULL;
	strings = reallocarray(targets->strings, targets->string_count + 1, sizeof(strings[0]));
	if (strings)
		targets->strings = strings;
	copy = strings ? strdup(text) : NULL;
	if (copy)
		strings[targets->string_count++] = copy;
	else
		hunt->failed = true;
	return copy;
}

/* The capabilities of a list that the library has understood. */
static uint64_t parse_capabilities(const char *list)
{
	uint64_t held = 0;

	while (*list) {
		size_t length = strcspn(list, ", ");
		size_t prefix = strncasecmp(list, "CAP_", 4) ? 0 : 4;

		for (unsigned int i = 0; sbpf_capability_name(i); i++) {
			const char *name = sbpf_capability_name(i) + 4;

			if ((length == 3 && !strncasecmp(list, "ALL", 3)) ||
			    (strlen(name) == length - prefix &&
			     !strncasecmp(list + prefix, name, length - prefix)))
				held |= BIT(i);
		}
		list += length + strspn(list + length, ", ");
	}
	return held;
}

/* "6.18.5" of "6.18.5-amd64". */
static void copy_release(const char *release, char copy[32])
{
	struct utsname system;

	if (!release && !uname(&system))
		release = system.release;
	if (release)
		snprintf(copy, 32, "%.*s", (int)strspn(release, "0123456789."), release);
}

static bool add(struct hunt *hunt, const struct sbpf_target *target, int machine)
{
	struct targets *targets = hunt->targets;
	struct one_target *list = reallocarray(targets->list, targets->count + 1, sizeof(list[0]));
	struct one_target *one;

	if (!list) {
		hunt->failed = true;
		return false;
	}
	targets->list = list;
	one = &list[targets->count++];
	*one = (struct one_target){ .target = *target, .machine = machine };
	one->target.machine = keep(hunt, target->machine);
	one->target.kernel = keep(hunt, target->kernel);
	one->target.capabilities = keep(hunt, target->capabilities);
	one->own_capabilities = !target->capabilities && sbpf_guards_hold_own(hunt->guards);
	one->capabilities = target->capabilities ? parse_capabilities(target->capabilities)
						 : SBPF_DOCKER_CAPABILITIES;
	copy_release(target->kernel, one->kernel);
	return !hunt->failed;
}

static bool note_target(void *context, const struct sbpf_guards_target *target)
{
	return add(context, &target->target, target->machine);
}

/* The targets of one machine, or of all that are named. */
static bool find_for(struct hunt *hunt, const struct sbpf_target *wanted, int machine)
{
	struct targets *targets = hunt->targets;
	struct sbpf_error error = { 0 };

	if (!targets->all)
		return add(hunt, wanted, machine);
	if (sbpf_guards_targets(hunt->guards, wanted, note_target, hunt, &error)) {
		report_error(hunt->tool->name, NULL, &error);
		targets->limited = error.code == SBPF_ERROR_LIMIT;
		return targets->limited;
	}
	return !hunt->failed;
}

static bool find_all(struct hunt *hunt)
{
	struct sbpf_target wanted = hunt->targets->choice->target;
	int machines[MACHINES_MAX];
	size_t count;

	if (!machines_parse(hunt->tool, wanted.machine, machines, &count))
		return false;
	/* The ABIs of a list are those of one machine. */
	if (wanted.abis && !wanted.machine)
		wanted.machine = name_of_abi(machines[0]);
	for (size_t i = 0; i < count; i++) {
		if (count > 1)
			wanted.machine = name_of_abi(machines[i]);
		if (!find_for(hunt, &wanted, machines[i]))
			return false;
	}
	return true;
}

/* Every target reads the profiles anew: bytes that are read at most, beside the first time. */
#define BYTES_MAX (UINT64_C(16) << 20)

/*
 * Steps of the proof for all targets, past which no further one is begun: a second or less. To read
 * the profiles for one more is work as well.
 */
#define WORK_MAX UINT64_C(8000000)
#define BYTES_PER_STEP 2

/* Leaves out all targets but the first ones. */
static void cut(const struct tool *tool, struct targets *targets, size_t count, const char *why)
{
	report(tool->name,
	       "only the first %zu of %zu targets are looked at, as %s; name a machine, a kernel "
	       "or capabilities",
	       count, targets->found, why);
	targets->count = count;
	targets->limited = true;
}

/* So that a profile of some megabytes with guards for every machine ends in good time too. */
static void limit(const struct tool *tool, const struct operand *const *operands, size_t count,
		  struct targets *targets)
{
	uint64_t most;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < operands[i]->count; j++)
			targets->bytes += operands[i]->parts[j].length;
	}
	most = BYTES_MAX / (targets->bytes + 1) + 1;
	if (targets->count > most)
		cut(tool, targets, (size_t)most, "the profiles are long");
}

bool targets_go_on(const struct tool *tool, struct targets *targets, size_t done,
		   const struct sbpf_space *space)
{
	targets->work += sbpf_space_work(space) + targets->bytes / BYTES_PER_STEP;
	if (done >= targets->count || targets->work <= WORK_MAX)
		return done < targets->count;
	cut(tool, targets, done, "there is so much to compare");
	return false;
}

/* ---- What the profiles name ---- */

static struct sbpf_guards *read_guards(const struct tool *tool, enum sbpf_reading reading,
				       const struct operand *const *operands, size_t count)
{
	struct sbpf_error error = { 0 };
	struct sbpf_guards *guards = sbpf_guards_new(reading, &error);
	bool done = guards != NULL;

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; done && j < operands[i]->count; j++) {
			const struct operand_part *part = &operands[i]->parts[j];

			if (part->policy)
				done = !sbpf_guards_add(guards, part->text, part->length, &error);
		}
	}
	if (done)
		return guards;
	report_error(tool->name, NULL, &error);
	sbpf_guards_free(guards);
	return NULL;
}

/* The first part that is a filter, or NULL. */
static const struct operand_part *find_filter(const struct operand *const *operands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < operands[i]->count; j++) {
			if (!operands[i]->parts[j].policy)
				return &operands[i]->parts[j];
		}
	}
	return NULL;
}

/* What the profiles of an operand ask for in loading. */
static unsigned int flags_of(const struct operand *operand)
{
	unsigned int flags = 0;

	for (size_t i = 0; i < operand->count; i++)
		flags |= sbpf_policy_flags(operand->parts[i].policy);
	return flags;
}

static bool have_other_flags(const struct operand *const *operands, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (flags_of(operands[i]) != flags_of(operands[0]))
			return true;
	}
	return false;
}

/* A filter is made for one target. */
static bool check_filter(const struct tool *tool, const struct target_choice *choice,
			 const struct operand_part *filter)
{
	bool is_list = choice->target.machine && strchr(choice->target.machine, ',');

	if (!filter || (!choice->all && !is_list))
		return true;
	usage_error(tool,
		    "%s: %s is a filter, which was made for one machine, kernel and set of "
		    "capabilities; name its machine",
		    choice->all ? "--all-targets" : "--arch", filter->path);
	return false;
}

bool targets_find(const struct tool *tool, const struct target_choice *choice,
		  enum targets_default otherwise, const struct operand *const *operands,
		  size_t count, struct targets *targets)
{
	const struct operand_part *filter = find_filter(operands, count);
	struct hunt hunt = { .tool = tool, .targets = targets };
	struct sbpf_guards *guards;
	bool found;

	*targets = (struct targets){ .choice = choice, .has_filters = filter != NULL };
	if (choice->all && choice->one) {
		usage_error(tool, "--all-targets and --one-target exclude each other");
		return false;
	}
	if (!check_filter(tool, choice, filter))
		return false;
	guards = read_guards(tool, choice->target.reading, operands, count);
	if (!guards)
		return false;
	hunt.guards = guards;
	targets->all = choice->all || (otherwise == TARGETS_NAMED && !filter && !choice->one);
	targets->machines = sbpf_guards_machines(guards);
	targets->capabilities = sbpf_guards_capabilities(guards);
	targets->kernels = sbpf_guards_kernels(guards);
	targets->has_other_flags = !filter && have_other_flags(operands, count);
	found = find_all(&hunt);
	if (hunt.failed)
		report(tool->name, "out of memory");
	sbpf_guards_free(guards);
	targets->found = targets->count;
	if (found)
		limit(tool, operands, count, targets);
	else
		targets_free(targets);
	return found;
}

void targets_free(struct targets *targets)
{
	for (size_t i = 0; i < targets->string_count; i++)
		free(targets->strings[i]);
	free(targets->strings);
	free(targets->list);
	*targets = (struct targets){ 0 };
}

/* ---- Text ---- */

/* "BPF, CHOWN": without CAP_. */
static void print_names(FILE *out, uint64_t capabilities)
{
	const char *separator = "";

	for (unsigned int i = 0; sbpf_capability_name(i); i++) {
		if (!(capabilities & BIT(i)))
			continue;
		fprintf(out, "%s%s", separator, sbpf_capability_name(i) + strlen("CAP_"));
		separator = ", ";
	}
}

static unsigned int count_of(uint64_t capabilities)
{
	unsigned int count = 0;

	for (; capabilities; capabilities &= capabilities - 1)
		count++;
	return count;
}

/* By what makes them others than Docker's, where that is shorter. */
static void print_capabilities(FILE *out, const struct one_target *target)
{
	uint64_t more = target->capabilities & ~SBPF_DOCKER_CAPABILITIES;
	uint64_t less = SBPF_DOCKER_CAPABILITIES & ~target->capabilities;

	if (target->own_capabilities) {
		fputs("each config's own capabilities, else Docker's 14", out);
		return;
	}
	if (!target->capabilities) {
		fputs("no capabilities", out);
		return;
	}
	if (count_of(less) + count_of(more) >= count_of(target->capabilities)) {
		fputs("the capabilities ", out);
		print_names(out, target->capabilities);
		return;
	}
	fputs("Docker's 14 capabilities", out);
	if (less) {
		fputs(" without ", out);
		print_names(out, less);
	}
	if (more) {
		fputs(less ? ", with " : " and ", out);
		print_names(out, more);
	}
}

/* "x86_64 with x86 and x32". */
static void print_machine(FILE *out, int machine, uint64_t abis)
{
	uint64_t rest = abis & ~BIT(machine);
	const char *separator = " with ";

	fputs(name_of_abi(machine), out);
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (!(rest & BIT(abi)))
			continue;
		rest &= ~BIT(abi);
		fprintf(out, "%s%s", separator, name_of_abi(abi));
		separator = rest & (rest - 1) ? ", " : " and ";
	}
}

void target_print(FILE *out, const struct one_target *target, uint64_t abis)
{
	print_machine(out, target->machine, abis);
	fprintf(out, ", kernel %s, ", target->kernel);
	print_capabilities(out, target);
}

static void print_machines(FILE *out, const struct targets *targets)
{
	const char *separator = "";
	uint64_t seen = 0;

	for (size_t i = 0; i < targets->count; i++) {
		int machine = targets->list[i].machine;

		if (seen & BIT(machine))
			continue;
		seen |= BIT(machine);
		fprintf(out, "%s%s", separator, name_of_abi(machine));
		separator = ", ";
	}
}

static bool same_kernel(const struct one_target *a, const struct one_target *b)
{
	return !strcmp(a->kernel, b->kernel);
}

static bool same_capabilities(const struct one_target *a, const struct one_target *b)
{
	return a->own_capabilities == b->own_capabilities && a->capabilities == b->capabilities;
}

/* Whether none before has the same. */
static bool is_first(const struct targets *targets, size_t index,
		     bool (*same)(const struct one_target *, const struct one_target *))
{
	for (size_t i = 0; i < index; i++) {
		if (same(&targets->list[i], &targets->list[index]))
			return false;
	}
	return true;
}

/* "; kernels 6.18.5, 4.7; Docker's 14 capabilities, and 3 other sets of BPF, CHOWN". */
static void print_dimensions(FILE *out, const struct targets *targets)
{
	const char *separator = "; kernels ";
	size_t kernels = 0, sets = 0;

	for (size_t i = 0; i < targets->count; i++) {
		kernels += is_first(targets, i, same_kernel);
		sets += is_first(targets, i, same_capabilities);
	}
	if (kernels == 1)
		separator = "; kernel ";
	for (size_t i = 0; i < targets->count; i++) {
		if (!is_first(targets, i, same_kernel))
			continue;
		fprintf(out, "%s%s", separator, targets->list[i].kernel);
		separator = ", ";
	}
	fputs("; ", out);
	print_capabilities(out, &targets->list[0]);
	if (sets < 2)
		return;
	fprintf(out, ", and %zu other set%s of ", sets - 1, sets > 2 ? "s" : "");
	print_names(out, targets->capabilities);
}

/* What the profiles name and these targets leave out. */
static void print_left_out(FILE *out, const struct targets *targets)
{
	const struct sbpf_target *target = &targets->choice->target;
	uint64_t machines = 0;

	for (size_t i = 0; i < targets->count; i++)
		machines |= BIT(targets->list[i].machine);
	fputs(targets->machines & ~machines ? "other machines, which the profiles name"
					    : "machines that no profile names",
	      out);
	if (targets->kernels && (!targets->all || target->kernel))
		fputs("; other kernels, which rules ask for (minKernel)", out);
	if (targets->capabilities && (!targets->all || target->capabilities)) {
		fputs("; other capabilities, which rules ask for (", out);
		print_names(out, targets->capabilities);
		putc(')', out);
	}
	if (targets->limited)
		fputs("; more targets than can be looked at, which rules ask for", out);
	if (targets->has_other_flags)
		fputs("; flags, which differ (how a filter is loaded)", out);
	if (targets->has_filters)
		fputs("; a filter was made for one target", out);
}

void targets_print(FILE *out, const char *prefix, const struct targets *targets, uint64_t abis)
{
	fprintf(out, "%slooked at: ", prefix);
	if (targets->count == 1) {
		target_print(out, &targets->list[0], abis);
	} else {
		fprintf(out, "%zu targets: ", targets->count);
		print_machines(out, targets);
		print_dimensions(out, targets);
	}
	fprintf(out, "\n%snot looked at: ", prefix);
	print_left_out(out, targets);
	putc('\n', out);
}

/* ---- JSON ---- */

void target_json(FILE *out, const struct one_target *target)
{
	const char *separator = "";

	if (!target) {
		fputs("null", out);
		return;
	}
	fprintf(out, "{\"machine\": \"%s\", \"kernel\": ", name_of_abi(target->machine));
	json_string(out, target->kernel);
	fputs(", \"capabilities\": ", out);
	if (target->own_capabilities) {
		fputs("null}", out);
		return;
	}
	putc('[', out);
	for (unsigned int i = 0; sbpf_capability_name(i); i++) {
		if (!(target->capabilities & BIT(i)))
			continue;
		fprintf(out, "%s\"%s\"", separator, sbpf_capability_name(i));
		separator = ", ";
	}
	fputs("]}", out);
}

void targets_json(FILE *out, const struct targets *targets)
{
	putc('[', out);
	for (size_t i = 0; i < targets->count; i++) {
		fputs(i ? ",\n " : "", out);
		target_json(out, &targets->list[i]);
	}
	putc(']', out);
}
