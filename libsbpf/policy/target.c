/* SPDX-License-Identifier: MIT */
#include "target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "action.h"
#include "arch.h"
#include "array.h"
#include "error.h"

/* capabilities(7): the index is the number of include/uapi/linux/capability.h (Linux 6.12). */
static const char *const capabilities[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

#define CAPABILITY_COUNT COUNT(capabilities)
#define PREFIX_LENGTH (sizeof("CAP_") - 1)
#define BIT(number) (UINT64_C(1) << (number))

/* CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_RAW,
 * SYS_CHROOT, MKNOD, AUDIT_WRITE and SETFCAP. */
const uint64_t target_docker_capabilities = BIT(0) | BIT(1) | BIT(3) | BIT(4) | BIT(5) | BIT(6) |
					    BIT(7) | BIT(8) | BIT(10) | BIT(13) | BIT(18) |
					    BIT(27) | BIT(29) | BIT(31);

const char *sbpf_capability_name(unsigned int number)
{
	return number < CAPABILITY_COUNT ? capabilities[number] : NULL;
}

/* In which a letter of ASCII is not the same letter in the other case. */
#define CASE_BIT 0x20

int capability_find(const char *name)
{
	if (!strncasecmp(name, "CAP_", PREFIX_LENGTH))
		name += PREFIX_LENGTH;
	for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
		const char *known = capabilities[i] + PREFIX_LENGTH;

		if ((*known ^ *name) & ~CASE_BIT)
			continue;
		if (!strcasecmp(known, name))
			return (int)i;
	}
	return -1;
}

const char *capability_name(int number)
{
	return capabilities[number];
}

/* ---- Kernel releases ---- */

/* A decimal number at *text, or -1 when there is none or a larger one; moves *text past it. */
static int parse_number(const char **text, int most)
{
	int number = -1;

	for (; **text >= '0' && **text <= '9'; ++*text) {
		number = (number < 0 ? 0 : number) * 10 + (**text - '0');
		if (number > most)
			return -1;
	}
	return number;
}

uint32_t kernel_parse(const char *text)
{
	int major = parse_number(&text, UINT8_MAX);
	int minor = -1;
	int patch = 0;

	if (major >= 0 && *text == '.') {
		text++;
		minor = parse_number(&text, UINT8_MAX);
	}
	if (minor >= 0 && *text == '.') {
		text++;
		patch = parse_number(&text, UINT16_MAX);
	}
	/* "-rc1", "+", "-50-amd64", ".4-microsoft-standard", "_1" */
	if (minor < 0 || patch < 0 || (*text && !strchr("-+._~", *text)))
		return 0;
	return (uint32_t)major << 24 | (uint32_t)minor << 16 | (uint32_t)patch;
}

/* ---- Fields of a struct sbpf_target ---- */

/* The machine whose kernel has this ABI beside its own: that of the same ELF machine and byte
 * order. */
static const char *machine_of(const struct sbpf_abi *abi)
{
	const uint32_t elf_machine = 0xffff; /* EM_* in AUDIT_ARCH_* of linux/audit.h */
	struct sbpf_abi other;

	for (int i = 0; sbpf_abi_describe(i, &other); i++) {
		if (other.is_machine && other.word_bits == 64 &&
		    other.big_endian == abi->big_endian &&
		    !((other.audit_arch ^ abi->audit_arch) & elf_machine))
			return other.name;
	}
	return "";
}

static int parse_machine(const char *name, struct target *target, struct sbpf_error *error)
{
	struct sbpf_abi abi;
	const char *machine;

	target->machine = name ? sbpf_abi_find(name) : sbpf_abi_native();
	if (!sbpf_abi_describe(target->machine, &abi))
		return error_set_at(error, SBPF_ERROR_USAGE, "target.machine",
				    "unknown machine '%s': it is named as in x86_64, amd64 or "
				    "SCMP_ARCH_X86_64",
				    printable(name).text);
	if (abi.is_machine)
		return 0;
	machine = machine_of(&abi);
	return error_set_at(error, SBPF_ERROR_USAGE, "target.machine",
			    "'%s' is no machine but an ABI of %s: ask for machine %s and ABI %s",
			    abi.name, machine, machine, abi.name);
}

/* Names separated by commas; spaces around them do not count. */
struct list {
	const char *option;
	const char *text;
	const char *rest; /* NULL at the end */
	size_t count;	  /* of the items that were taken */
	struct sbpf_error *error;
};

static struct list begin_list(const char *option, const char *text, struct sbpf_error *error)
{
	bool blank = !text[strspn(text, " ")];

	return (struct list){
		.option = option, .text = text, .rest = blank ? NULL : text, .error = error
	};
}

/* Takes the next item. 1, 0 at the end, or -1 with an error when there is nothing between commas.
 */
static int next_item(struct list *list, char *item, size_t size)
{
	const char *start = list->rest;
	size_t length;

	if (!start)
		return 0;
	list->count++;
	start += strspn(start, " ");
	length = strcspn(start, ",");
	list->rest = start[length] ? start + length + 1 : NULL;
	while (length && start[length - 1] == ' ')
		length--;
	if (!length)
		return error_set_at(list->error, SBPF_ERROR_USAGE, list->option,
				    "item %zu of the list '%s' is empty: names are separated by "
				    "one comma, and \"\" is a list of none",
				    list->count, printable(list->text).text);
	/* What is too long is no name, and stays none when it is cut. */
	if (length >= size)
		length = size - 1;
	memcpy(item, start, length);
	item[length] = '\0';
	return 1;
}

static int parse_abi(const char *name, struct target *target, struct sbpf_error *error)
{
	int abi = sbpf_abi_find(name);

	if (abi < 0)
		return error_set_at(error, SBPF_ERROR_USAGE, "target.abis",
				    "unknown ABI '%s': it is named as in x86, 386 or "
				    "SCMP_ARCH_X86",
				    printable(name).text);
	if (target->abi_set & BIT(abi))
		return 0;
	target->abi_set |= BIT(abi);
	target->abis[target->abi_count++] = abi;
	return 0;
}

static int parse_abis(const char *text, struct target *target, struct sbpf_error *error)
{
	struct list list;
	char name[64];
	int result;

	if (!text)
		return 0;
	target->has_abis = true;
	list = begin_list("target.abis", text, error);
	while ((result = next_item(&list, name, sizeof(name))) > 0) {
		if (parse_abi(name, target, error))
			return -1;
	}
	return result;
}

static int parse_kernel(const char *release, struct target *target, struct sbpf_error *error)
{
	struct utsname system;

	if (!release && !uname(&system))
		release = system.release;
	target->kernel = release ? kernel_parse(release) : 0;
	if (!target->kernel)
		return error_set_at(error, SBPF_ERROR_USAGE, "target.kernel",
				    "'%s' is no kernel release: it is written as in 6.1 or "
				    "6.1.0-50-amd64, with numbers up to " KERNEL_MAX,
				    release ? printable(release).text : "");
	return 0;
}

static int parse_capability(const char *name, struct target *target, struct sbpf_error *error)
{
	int number = capability_find(name);

	if (!strcasecmp(name, "ALL"))
		target->capabilities = BIT(CAPABILITY_COUNT) - 1;
	else if (number >= 0)
		target->capabilities |= BIT(number);
	else
		return error_set_at(error, SBPF_ERROR_USAGE, "target.capabilities",
				    "unknown capability '%s': capabilities(7) lists them, such as "
				    "CAP_NET_RAW; ALL stands for all",
				    printable(name).text);
	return 0;
}

static int parse_capabilities(const char *text, struct target *target, struct sbpf_error *error)
{
	struct list list;
	char name[64] = "";
	int result;

	if (!text)
		return 0;
	target->has_capabilities = true;
	list = begin_list("target.capabilities", text, error);
	while ((result = next_item(&list, name, sizeof(name))) > 0) {
		if (parse_capability(name, target, error))
			return -1;
	}
	return result;
}

static int parse_bad_arch(const char *action, struct target *target, struct sbpf_error *error)
{
	char names[128];

	target->bad_arch = SECCOMP_RET_KILL_PROCESS;
	if (!action || verdict_parse(target->machine, action, &target->bad_arch))
		return 0;
	action_names(names, sizeof(names));
	return error_set_at(error, SBPF_ERROR_USAGE, "target.bad_arch",
			    "'%s' is no action for calls from other ABIs: the actions are %s; "
			    "ERRNO and TRACE take a number or a symbol, as in ERRNO(ENOSYS)",
			    printable(action).text, names);
}

static int parse_reading(enum sbpf_reading reading, struct target *target, struct sbpf_error *error)
{
	target->reading = reading;
	if ((unsigned int)reading <= SBPF_READING_LITERAL)
		return 0;
	return error_set_at(error, SBPF_ERROR_USAGE, "target.reading",
			    "there is no reading %d: it is SBPF_READING_DOCKER, _OCI or _LITERAL",
			    (int)reading);
}

static int parse_width(enum sbpf_width width, struct target *target, struct sbpf_error *error)
{
	target->width = width;
	if ((unsigned int)width <= SBPF_WIDTH_KERNEL)
		return 0;
	return error_set_at(error, SBPF_ERROR_USAGE, "target.width",
			    "there is no width %d: it is SBPF_WIDTH_PROFILE or SBPF_WIDTH_KERNEL",
			    (int)width);
}

int target_parse(const struct sbpf_target *wanted, struct target *target, struct sbpf_error *error)
{
	static const struct sbpf_target defaults = { 0 };

	if (!wanted)
		wanted = &defaults;
	*target = (struct target){
		.unknown_as_enosys = wanted->unknown_as_enosys,
		.strict = wanted->strict,
	};
	if (parse_machine(wanted->machine, target, error) ||
	    parse_abis(wanted->abis, target, error) ||
	    parse_kernel(wanted->kernel, target, error) ||
	    parse_capabilities(wanted->capabilities, target, error) ||
	    parse_reading(wanted->reading, target, error) ||
	    parse_width(wanted->width, target, error))
		return -1;
	return parse_bad_arch(wanted->bad_arch, target, error);
}
