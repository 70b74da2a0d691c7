/* SPDX-License-Identifier: MIT */
#include "operand.h"

#include "default_profile.h"
#include "process.h"
#include "resource.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* struct sock_filter in a file: u16 code, u8 jt, u8 jf, u32 k. */
#define INSTRUCTION_SIZE 8

int operand_machine(const struct tool *tool, const struct sbpf_target *target)
{
	int machine = target->machine ? sbpf_abi_find(target->machine) : sbpf_abi_native();

	if (machine < 0)
		report(tool->name, "--arch: there is no machine '%s'", target->machine);
	return machine;
}

struct sbpf_space *operand_space(const struct tool *tool, const struct sbpf_target *target)
{
	int machine = operand_machine(tool, target);
	struct sbpf_error error = { 0 };
	struct sbpf_space *space;

	if (machine < 0)
		return NULL;
	space = sbpf_space_new(machine, 0, &error);
	if (!space)
		report_error(tool->name, NULL, &error);
	return space;
}

/* ---- Files ---- */

static const char *shown_path(const struct operand_part *part)
{
	return strcmp(part->path, "-") ? part->path : "<stdin>";
}

/* One byte more than the longest profile is enough to see that a file is too long. */
static bool read_all(int fd, char *bytes, size_t *length)
{
	*length = 0;
	while (*length <= SBPF_TEXT_MAX) {
		ssize_t count = read(fd, bytes + *length, SBPF_TEXT_MAX + 1 - *length);

		if (count == 0)
			return true;
		if (count > 0)
			*length += (size_t)count;
		else if (errno != EINTR)
			return false;
	}
	errno = EFBIG;
	return false;
}

/* Fills part->text and part->length with what the file holds. */
static bool read_part(const struct tool *tool, struct operand_part *part)
{
	bool is_stdin = !strcmp(part->path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(part->path, O_RDONLY | O_CLOEXEC);
	bool done = false;

	part->text = malloc(SBPF_TEXT_MAX + 1);
	if (!part->text)
		report(tool->name, "out of memory");
	else
		done = fd >= 0 && read_all(fd, part->text, &part->length);
	if (part->text && !done)
		report(tool->name, "%s: %s", shown_path(part), strerror(errno));
	if (fd >= 0 && !is_stdin)
		close(fd);
	return done;
}

/* ---- Profiles alone ---- */

/* The whole of a file or of standard input; NULL: *error says why. */
static char *read_text(const char *path, size_t *length, struct sbpf_error *error)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *text = malloc(SBPF_TEXT_MAX + 1);
	bool done = text && fd >= 0 && read_all(fd, text, length);

	if (!done) {
		*error = (struct sbpf_error){ .code = SBPF_ERROR_READ, .system_errno = errno };
		snprintf(error->message, sizeof(error->message), "%s", strerror(errno));
	}
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (done)
		return text;
	free(text);
	return NULL;
}

static struct sbpf_policy *load_text(const struct sbpf_target *target, const char *text,
				     size_t length, struct sbpf_error *error)
{
	struct sbpf_policy *policy;
	char *profile;

	if (!resource_seems(text, length))
		return sbpf_load_json(text, length, target, error);
	profile = resource_profile(text, length, &length, error);
	policy = profile ? sbpf_load_json(profile, length, target, error) : NULL;
	free(profile);
	return policy;
}

/* A file is read again only where it is no profile, and so may be a manifest. */
struct sbpf_policy *operand_profile(const struct sbpf_target *target, const char *path,
				    struct sbpf_error *error)
{
	struct sbpf_policy *policy = NULL;
	size_t length;
	char *text;

	if (strcmp(path, "-")) {
		policy = sbpf_load_json_file(path, target, error);
		if (policy ||
		    (error->code != SBPF_ERROR_SYNTAX && error->code != SBPF_ERROR_PROFILE))
			return policy;
	}
	*error = (struct sbpf_error){ 0 };
	text = read_text(path, &length, error);
	if (text)
		policy = load_text(target, text, length, error);
	free(text);
	return policy;
}

/* ---- Raw filters ---- */

/*
 * JSON has no byte 0, and a code that seccomp takes is below 256, so that one of the first two
 * bytes of a raw filter is 0. (Its first byte may well be a space: BPF_LD | BPF_W | BPF_ABS.)
 */
static bool is_raw(const struct operand_part *part)
{
	return part->length >= 2 && (!part->text[0] || !part->text[1]);
}

static uint32_t take(const unsigned char *bytes, unsigned int count, bool big_endian)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < count; i++)
		value |= (uint32_t)bytes[i] << 8 * (big_endian ? count - 1 - i : i);
	return value;
}

/* Turns the text, which is a raw filter, into the program. */
static bool decode(const struct tool *tool, int machine, struct operand_part *part)
{
	size_t count = part->length / INSTRUCTION_SIZE;
	struct sbpf_error error = { 0 };
	struct sbpf_abi abi;

	if (part->length % INSTRUCTION_SIZE) {
		report(tool->name,
		       "%s: %zu %s neither a profile nor a filter, whose instructions have %d "
		       "bytes each",
		       shown_path(part), part->length, part->length == 1 ? "byte is" : "bytes are",
		       INSTRUCTION_SIZE);
		return false;
	}
	part->program = calloc(count, sizeof(part->program[0]));
	if (!part->program || !sbpf_abi_describe(machine, &abi)) {
		report(tool->name, "out of memory");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const unsigned char *at = (unsigned char *)part->text + i * INSTRUCTION_SIZE;

		part->program[i] = (struct sock_filter){
			.code = (uint16_t)take(at, 2, abi.big_endian),
			.jt = at[2],
			.jf = at[3],
			.k = take(at + 4, 4, abi.big_endian),
		};
	}
	part->count = count;
	free(part->text);
	part->text = NULL;
	part->length = 0;
	if (sbpf_program_check(part->program, count, &error)) {
		report_error(tool->name, part->path, &error);
		return false;
	}
	return true;
}

/* ---- Parts ---- */

/* The text of a manifest becomes that of its profile. */
static bool take_resource(struct operand_part *part, struct sbpf_error *error)
{
	size_t length;
	char *text = resource_profile(part->text, part->length, &length, error);

	if (!text)
		return false;
	free(part->text);
	part->text = text;
	part->length = length;
	return true;
}

static bool parse_profile(const struct tool *tool, const struct sbpf_target *target,
			  struct operand_part *part)
{
	struct sbpf_error error = { 0 };
	unsigned int line, column;
	bool is_config;

	if (resource_seems(part->text, part->length) && !take_resource(part, &error)) {
		report_error(tool->name, part->path, &error);
		return false;
	}
	is_config = sbpf_json_locate(part->text, part->length, "linux.seccomp", &line, &column);
	part->prefix = is_config ? "linux.seccomp." : "";
	part->policy = sbpf_load_json(part->text, part->length, target, &error);
	if (!part->policy) {
		report_error(tool->name, part->path, &error);
		return false;
	}
	return true;
}

static bool load_file(const struct tool *tool, const struct sbpf_target *target,
		      struct operand_part *part)
{
	int machine = operand_machine(tool, target);

	if (machine < 0 || !read_part(tool, part))
		return false;
	if (!part->length) {
		report(tool->name, "%s: is empty; it must be a profile or a filter",
		       shown_path(part));
		return false;
	}
	return is_raw(part) ? decode(tool, machine, part) : parse_profile(tool, target, part);
}

/* A new part at the end; NULL when there is no memory, which was reported. */
static struct operand_part *add_part(const struct tool *tool, struct operand *operand,
				     const char *path, size_t length)
{
	struct operand_part *parts =
		reallocarray(operand->parts, operand->count + 1, sizeof(parts[0]));
	char *copy = strndup(path, length);

	if (parts)
		operand->parts = parts;
	if (!parts || !copy) {
		free(copy);
		report(tool->name, "out of memory");
		return NULL;
	}
	parts[operand->count] = (struct operand_part){ .path = copy };
	return &parts[operand->count++];
}

/* The filters of a live process are those of this machine, whatever the target. */
static bool same_byte_order(const struct tool *tool, const struct sbpf_target *target)
{
	int machine = operand_machine(tool, target);
	struct sbpf_abi wanted, native;

	if (!sbpf_abi_describe(machine, &wanted) || !sbpf_abi_describe(sbpf_abi_native(), &native))
		return false;
	if (wanted.big_endian == native.big_endian)
		return true;
	report(tool->name, "a process of this machine has no filters for %s", wanted.name);
	return false;
}

static bool load_process(const struct tool *tool, const struct sbpf_target *target,
			 const char *name, size_t length, struct operand *operand)
{
	struct process_filters filters;
	bool done = true;
	pid_t pid;

	if (!process_parse(name + strlen(PROCESS_PREFIX), length - strlen(PROCESS_PREFIX), &pid)) {
		usage_error(tool, "%.*s: after " PROCESS_PREFIX " stands the number of a process",
			    (int)length, name);
		return false;
	}
	if (!same_byte_order(tool, target) || !process_read(tool, pid, &filters))
		return false;
	for (size_t i = 0; done && i < filters.count; i++) {
		struct operand_part *part = add_part(tool, operand, name, length);

		done = part != NULL;
		if (part) {
			part->program = filters.filters[i].program;
			part->count = filters.filters[i].count;
			filters.filters[i].program = NULL;
		}
	}
	process_free(&filters);
	return done;
}

static bool load_part(const struct tool *tool, const struct sbpf_target *target, const char *name,
		      size_t length, struct operand *operand)
{
	struct operand_part *part;

	if (!length) {
		usage_error(tool, "'%s': a stack is A+B, newest first", operand->name);
		return false;
	}
	if (!strncmp(name, PROCESS_PREFIX, strlen(PROCESS_PREFIX)))
		return load_process(tool, target, name, length, operand);
	part = add_part(tool, operand, name, length);
	return part && load_file(tool, target, part);
}

/* A file whose name has a plus is that file; else each plus begins an older part. */
static bool load_parts(const struct tool *tool, const struct sbpf_target *target,
		       struct operand *operand)
{
	bool is_file = access(operand->name, F_OK) == 0;
	const char *at = operand->name;

	for (;;) {
		size_t length = is_file ? strlen(at) : strcspn(at, "+");

		if (!load_part(tool, target, at, length, operand))
			return false;
		if (!at[length])
			return true;
		at += length + 1;
	}
}

bool operand_load_quietly(const struct tool *tool, const struct sbpf_target *target,
			  const char *name, struct operand *operand)
{
	*operand = (struct operand){ .name = strdup(name) };
	if (!operand->name)
		report(tool->name, "out of memory");
	if (operand->name && load_parts(tool, target, operand))
		return true;
	operand_free(operand);
	return false;
}

bool operand_load(const struct tool *tool, const struct sbpf_target *target, const char *name,
		  struct operand *operand)
{
	if (!operand_load_quietly(tool, target, name, operand))
		return false;
	for (size_t i = 0; i < operand->count; i++) {
		if (operand->parts[i].policy)
			report_warnings(tool->name, operand->parts[i].path,
					operand->parts[i].policy);
	}
	return true;
}

static bool load_builtin(const struct tool *tool, const struct sbpf_target *target,
			 struct operand_part *part)
{
	part->text = malloc(default_profile_length + 1);
	if (!part->text) {
		report(tool->name, "out of memory");
		return false;
	}
	memcpy(part->text, default_profile, default_profile_length);
	part->length = default_profile_length;
	return parse_profile(tool, target, part);
}

static bool load_one_profile(const struct tool *tool, const struct sbpf_target *target,
			     const char *path, struct operand *operand)
{
	const char *name = path ? path : "built-in profile";
	struct operand_part *part = add_part(tool, operand, name, strlen(name));

	if (!part || !(path ? load_file(tool, target, part) : load_builtin(tool, target, part)))
		return false;
	if (!part->policy)
		report(tool->name, "%s: is a filter, not a profile", name);
	return part->policy;
}

bool operand_load_profile(const struct tool *tool, const struct sbpf_target *target,
			  const char *path, struct operand *operand)
{
	*operand = (struct operand){ 0 };
	if (!load_one_profile(tool, target, path, operand)) {
		operand_free(operand);
		return false;
	}
	report_warnings(tool->name, operand->parts[0].path, operand->parts[0].policy);
	return true;
}

bool operand_retarget(const struct tool *tool, const struct sbpf_target *target,
		      struct operand *operand)
{
	for (size_t i = 0; i < operand->count; i++) {
		struct operand_part *part = &operand->parts[i];
		struct sbpf_error error = { 0 };
		struct sbpf_policy *policy;

		if (!part->policy)
			continue;
		policy = sbpf_load_json(part->text, part->length, target, &error);
		if (!policy) {
			report_error(tool->name, part->path, &error);
			return false;
		}
		sbpf_policy_free(part->policy);
		part->policy = policy;
	}
	return true;
}

void operand_free(struct operand *operand)
{
	for (size_t i = 0; i < operand->count; i++) {
		free(operand->parts[i].path);
		free(operand->parts[i].text);
		sbpf_policy_free(operand->parts[i].policy);
		free(operand->parts[i].program);
	}
	free(operand->parts);
	free(operand->name);
	*operand = (struct operand){ 0 };
}

/* ---- Meaning ---- */

static int part_meaning(struct sbpf_space *space, const struct operand_part *part,
			sbpf_meaning *meaning, struct sbpf_error *error)
{
	if (part->policy)
		return sbpf_meaning_of_policy(space, part->policy, meaning, error);
	return sbpf_meaning_of_program(space, part->program, part->count, meaning, error);
}

bool operand_meaning(const struct tool *tool, struct sbpf_space *space,
		     const struct operand *operand, sbpf_meaning *meaning)
{
	struct sbpf_error error = { 0 };

	for (size_t i = 0; i < operand->count; i++) {
		sbpf_meaning one;

		if (part_meaning(space, &operand->parts[i], &one, &error)) {
			report_error(tool->name, operand->parts[i].path, &error);
			return false;
		}
		if (i && sbpf_meaning_stack(space, *meaning, one, &one, &error)) {
			report_error(tool->name, operand->name, &error);
			return false;
		}
		*meaning = one;
	}
	return true;
}

/* ---- ABIs ---- */

static uint64_t covered_abis(const struct sbpf_policy *policy)
{
	uint64_t covered = 0;

	for (int abi = 0; policy && abi < sbpf_abi_count(); abi++)
		covered |= (uint64_t)sbpf_policy_has_abi(policy, abi) << abi;
	return covered;
}

/* Docker's profile names the ABIs that go with a machine. */
uint64_t operand_abis(int machine, const struct operand *operand)
{
	uint64_t abis = UINT64_C(1) << machine;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *docker;
	struct sbpf_abi description;

	if (!sbpf_abi_describe(machine, &description))
		return abis;
	docker = sbpf_load_json(default_profile, default_profile_length,
				&(struct sbpf_target){ .machine = description.name }, &error);
	abis |= covered_abis(docker);
	for (size_t i = 0; i < operand->count; i++)
		abis |= covered_abis(operand->parts[i].policy);
	sbpf_policy_free(docker);
	return abis;
}
