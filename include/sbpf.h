/* SPDX-License-Identifier: MIT */
/*
 * sbpf.h - seccomp profiles as small, exact filters
 *
 * This header is the manual of libsbpf; section 3 is made from it. The usual way through it:
 *
 *	char text[SBPF_ERROR_TEXT_MAX];
 *	struct sbpf_error error = { 0 };
 *	struct sbpf_policy *policy = sbpf_load_json_file("profile.json", NULL, &error);
 *	struct sbpf_filter *filter = sbpf_compile(policy, NULL, &error);
 *	if (sbpf_install(filter, 0, &error) < 0)
 *		errx(1, "%s", sbpf_error_format(&error, text, sizeof(text)));
 *
 * Nothing fails open. A call that is handed an error that is set, or NULL by a failed call before
 * it, does nothing, fails too and leaves the first error as it is, so one check at the end is
 * enough. A policy to which a change failed remembers that, whether anybody looked or not: nothing
 * is compiled of it, and no meaning found. The same goes without an error to fill (NULL).
 *
 * Calls marked SBPF_MUST_USE are those whose result, ignored, would leave a program without the
 * filter that it believes to have, or an answer without its reason; compilers warn. The others
 * only tell something, write into what the caller looks at anyway, or free.
 *
 * Words. The machine is the architecture a filter is for ("x86_64"). An ABI is one way to enter
 * its kernel ("x86_64", "x86" and "x32" on an x86_64 machine). A verdict is one 32-bit
 * SECCOMP_RET_* value with its data, as in <linux/seccomp.h>.
 *
 * Threads. There is no global state. Different objects may be used by different threads at the
 * same time; a compiled filter is immutable and may be shared. Nothing prints, exits or aborts.
 */
#ifndef SBPF_H
#define SBPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SBPF_API __attribute__((visibility("default")))
#else
#define SBPF_API
#endif

#if defined(__GNUC__)
#define SBPF_MUST_USE __attribute__((warn_unused_result))
#else
#define SBPF_MUST_USE
#endif

#define SBPF_VERSION "0.1.0"

/*
 * The version of the library in use, such as "0.1.0". Static storage; never NULL.
 */
SBPF_API const char *sbpf_version(void);

/* ---- Errors ---- */

/* What kind of failure it is; the numbers are stable. */
enum sbpf_code {
	SBPF_OK = 0,
	SBPF_ERROR_USAGE = 1,	    /* the caller's arguments or target are not valid */
	SBPF_ERROR_MEMORY = 2,	    /* an allocation failed */
	SBPF_ERROR_READ = 3,	    /* a file could not be read */
	SBPF_ERROR_SYNTAX = 4,	    /* the text is not JSON */
	SBPF_ERROR_PROFILE = 5,	    /* the JSON is not a profile, or says what cannot be */
	SBPF_ERROR_TOO_LARGE = 6,   /* the filter would exceed BPF_MAXINSNS (4096) instructions */
	SBPF_ERROR_INVALID = 7,	    /* the kernel would refuse this program */
	SBPF_ERROR_PRIVILEGE = 8,   /* no no_new_privs and no CAP_SYS_ADMIN */
	SBPF_ERROR_KERNEL = 9,	    /* the kernel refused; system_errno says how */
	SBPF_ERROR_LIMIT = 10,	    /* a proof would take more than it is allowed */
	SBPF_ERROR_PROOF = 11,	    /* a filter is not its policy: a fault of this library */
	SBPF_WARN_UNKNOWN_KEY = 32, /* warnings: the rest of the profile stands */
	SBPF_WARN_UNKNOWN_CALL = 33,
	SBPF_WARN_IGNORED = 34,
	SBPF_WARN_FOREIGN_ABI = 35, /* the profile is for other machines too */
	SBPF_WARN_ERRNO = 36,	    /* an errno over 4095, taken as 4095 */
};

/*
 * What went wrong, where, and what would be right. Initialise with { 0 }, in C++ with { }; every
 * failing call that is handed one fills it. One that already holds an error makes every call fail
 * that it is handed to, before that call does anything: it stays the first error. The strings are
 * always terminated.
 */
struct sbpf_error {
	enum sbpf_code code;
	int system_errno;    /* errno of the failing system call, else 0 */
	unsigned int line;   /* 1-based line in the profile text, 0 = does not apply */
	unsigned int column; /* 1-based column in bytes, 0 = does not apply */
	char file[256];	 /* as sbpf_load_json_file() was told it (of a long one the end), or "" */
	char where[160]; /* path in the profile, "syscalls[3].action", or "target.kernel", or "" */
	char message[352]; /* a sentence without a full stop */
};

/* Room for any text that sbpf_error_format() makes. */
#define SBPF_ERROR_TEXT_MAX 832

/*
 * Writes all that an error or a warning says as one line without its end, into buffer, cut to
 * size, terminated: "profile.json:41:17: syscalls[3].action: unknown action …", without the parts
 * that are not known; control characters are '?'. "no error" for none and for NULL. Returns
 * buffer.
 */
SBPF_API char *sbpf_error_format(const struct sbpf_error *error, char *buffer, size_t size);

/* ---- Machines, ABIs and calls ---- */

/* One ABI. The strings have static storage. */
struct sbpf_abi {
	const char *name;	/* this library's name and libseccomp's: "x86_64" */
	const char *scmp_name;	/* OCI name: "SCMP_ARCH_X86_64" */
	const char *go_name;	/* Docker's name in includes and excludes: "amd64" */
	const char *uname_name; /* machine of uname(2): "x86_64"; of x32: "x86_64" */
	uint32_t audit_arch;	/* seccomp_data.arch, AUDIT_ARCH_* of <linux/audit.h> */
	uint32_t number_offset; /* added to a table's numbers: SBPF_X32_BIT, 4000 for mips */
	unsigned int word_bits; /* size of a long: 32 or 64 */
	unsigned int
		register_bits; /* what an argument can hold: 64 for x32 and n32, else word_bits */
	bool big_endian;
	bool is_machine; /* a kernel can have this as its own ABI (x32 and n32: no) */
};

/* The bit by which x32's numbers part from x86_64's (__X32_SYSCALL_BIT of asm/unistd.h). */
#define SBPF_X32_BIT 0x40000000u

/* A number above those of all calls on every ABI, and none of x32: what it gets is what calls of
 * newer kernels get. */
#define SBPF_NUMBER_NEWER (SBPF_X32_BIT - 1)

/*
 * The number of ABIs; an ABI is named by its index, 0 to sbpf_abi_count() - 1. Indexes are
 * stable within one version of the library only.
 */
SBPF_API int sbpf_abi_count(void);

/*
 * The index of the ABI with this name, in any of the families of names ("x86", "SCMP_ARCH_X86",
 * "386", "i686", "AUDIT_ARCH_I386"), or with this audit token in hexadecimal or decimal
 * ("c000003e", "0xc000003e", "3221225534"); else -1.
 */
SBPF_API int sbpf_abi_find(const char *name);

/* The ABI this library was built for, which is the machine that a NULL target means. */
SBPF_API int sbpf_abi_native(void);

/*
 * The kernel release whose calls are known, such as "7.1": newer ones have no names here. Static
 * storage.
 */
SBPF_API const char *sbpf_kernel_release(void);

/* Fills *abi; false when there is no such index, or abi is NULL. */
SBPF_API bool sbpf_abi_describe(int index, struct sbpf_abi *abi);

/*
 * The number of a call as seccomp_data.nr has it (with the offset of x32 or mips added).
 * False when the ABI lacks the call or there is no such ABI. Tens of nanoseconds.
 */
SBPF_API bool sbpf_call_number(int abi, const char *name, uint32_t *number);

/* The name of a call by its number in seccomp_data.nr; NULL when the ABI has none. */
SBPF_API const char *sbpf_call_name(int abi, uint32_t number);

/*
 * The first kernel release with this call on any architecture, such as "5.9"; "?" when it is not
 * known; NULL when no ABI has a call of this name. Static storage.
 */
SBPF_API const char *sbpf_call_since(const char *name);

/*
 * The first kernel release, such as "6.14", that answers this number of an ABI without asking
 * filters, whatever they say; NULL for all that are asked. Static storage. Source:
 * kernel/seccomp.c: seccomp_uprobe_exception (arch/exempt.tbl).
 */
SBPF_API const char *sbpf_call_exempt(int abi, uint32_t number);

/* A call that another one, its multiplexer, makes too (arch/multiplexed.tbl). */
struct sbpf_multiplexed {
	const char *multiplexer; /* "socketcall" or "ipc"; static storage */
	uint32_t sub;		 /* its argument 0, in the bits of mask */
	uint32_t mask;		 /* by which the kernel tells the calls apart */
	const char *call;	 /* static storage */
};

/*
 * How a call is also entered, on every ABI with the multiplexer: sbpf_call_number() knows which.
 * False when there is no other way, or multiplexed is NULL.
 */
SBPF_API bool sbpf_call_multiplexed(const char *call, struct sbpf_multiplexed *multiplexed);

/* Each of them, by multiplexer and sub-call; false past the last, and as above. */
SBPF_API bool sbpf_multiplexed_at(size_t index, struct sbpf_multiplexed *multiplexed);

/* The number of call names known on any ABI, and each of them, in alphabetic order. */
SBPF_API int sbpf_call_count(void);
SBPF_API const char *sbpf_call_at(int index);

/* The index of a name for sbpf_call_at(); -1 when no ABI has a call of this name. */
SBPF_API int sbpf_call_find(const char *name);

/*
 * What somebody who wrote this name meant, for error messages: the call without a prefix ("sys_",
 * "SYS_", "__NR_"), the one that a function of the C library makes ("pread": "pread64"), else the
 * call name most like it; NULL when none is near. Static storage.
 */
SBPF_API const char *sbpf_call_suggest(const char *name);

/*
 * The calls that a function of the C library makes, such as "openat, read, mmap, mprotect, close"
 * for "dlopen", "" when it makes none; NULL when it is not known (arch/wrappers.tbl). Static
 * storage.
 */
SBPF_API const char *sbpf_function_calls(const char *function);

/* What a parameter of a call is to the kernel. */
enum sbpf_kind {
	SBPF_KIND_NUMBER = 0, /* an unsigned number that is none of the below */
	SBPF_KIND_SIGNED = 1,
	SBPF_KIND_POINTER = 2,
	SBPF_KIND_FD = 3,
	SBPF_KIND_FLAGS = 4,
	SBPF_KIND_SIZE = 5,
};

struct sbpf_parameter {
	const char *name; /* as in the kernel's source; static storage */
	enum sbpf_kind kind;
	unsigned int bits; /* how many the kernel reads: 32 or 64 */
};

/*
 * Parameter 0 to 5 of a call on an ABI, from the kernel's SYSCALL_DEFINEs (arch/signatures.tbl).
 * False when the call has no such parameter there, or the tables do not know.
 */
SBPF_API bool sbpf_call_parameter(int abi, const char *call, unsigned int argument,
				  struct sbpf_parameter *parameter);

/* ---- Targets ---- */

/* How a profile is read (docs/semantics.md). */
enum sbpf_reading {
	SBPF_READING_DOCKER = 0,  /* as container engines read their own profiles */
	SBPF_READING_OCI = 1,	  /* as runc and crun read a file that they are handed as it is */
	SBPF_READING_LITERAL = 2, /* as most authors think they wrote it */
};

/* What a condition compares. */
enum sbpf_width {
	SBPF_WIDTH_PROFILE = 0, /* whole registers, as runtimes do */
	SBPF_WIDTH_KERNEL = 1,	/* what the kernel reads of them: the lower half of an int */
};

/*
 * What a policy is for. Initialise with { 0 }, in C++ with { }: every field that is NULL or false
 * has a default. The strings are read by the call that is handed the target and not kept.
 */
struct sbpf_target {
	/* The machine: a name sbpf_abi_find() takes. Default: this one. */
	const char *machine;

	/*
	 * The ABIs of the filter beside the machine's own, separated by commas ("x86,x32"), in
	 * place of those that the profile asks for; "" for none. Default: what the profile says.
	 */
	const char *abis;

	/* Kernel release ("6.1", "6.1.0-50-amd64"), for minKernel. Default: uname(2). */
	const char *kernel;

	/*
	 * Capabilities held, separated by commas, with or without CAP_; "" for none, "ALL" for
	 * all. Default: those of the config.json, else Docker's 14.
	 */
	const char *capabilities;

	/* The action for calls from any other ABI ("KILL_THREAD", "SCMP_ACT_ERRNO"). Default:
	 * KILL_PROCESS. */
	const char *bad_arch;

	/* Answer numbers newer than the profile with ENOSYS instead of a restrictive default. */
	bool unknown_as_enosys;

	/*
	 * Make errors of what is else read with a warning: an unknown call name, an unknown key, a
	 * key without effect that stands twice, an errno above 4095.
	 */
	bool strict;

	enum sbpf_reading reading;
	enum sbpf_width width;
};

/* ---- Guards ---- */

/* The capabilities that Docker's containers hold by default: bit = CAP_* number. */
#define SBPF_DOCKER_CAPABILITIES UINT64_C(0xa80425fb)

/* "CAP_SYS_ADMIN" of its number in capabilities(7); NULL past the last. Static storage. */
SBPF_API const char *sbpf_capability_name(unsigned int number);

/*
 * What profiles name beside calls: the machines of architectures, archMap, includes and excludes,
 * the capabilities and the kernels of includes and excludes. With these a profile can mean
 * something else for each target; two profiles are equal when they are for all targets that the
 * guards of either tell apart.
 */
struct sbpf_guards;

/*
 * None yet. reading: in the OCI reading only architectures counts. The caller's, to be freed with
 * sbpf_guards_free(). NULL on error.
 */
SBPF_API SBPF_MUST_USE struct sbpf_guards *sbpf_guards_new(enum sbpf_reading reading,
							   struct sbpf_error *error);
SBPF_API void sbpf_guards_free(struct sbpf_guards *guards);

/* Adds those of a profile, a text that sbpf_load_json() takes. 0, or -1 on error. */
SBPF_API SBPF_MUST_USE int sbpf_guards_add(struct sbpf_guards *guards, const char *text,
					   size_t length, struct sbpf_error *error);

/*
 * The machines that are named: bit = ABI index. A rule that excludes machines names all others. A
 * 32-bit ABI in architectures beside its 64-bit machine is an ABI of that.
 */
SBPF_API uint64_t sbpf_guards_machines(const struct sbpf_guards *guards);

/* The capabilities in guards: bit = CAP_* number. */
SBPF_API uint64_t sbpf_guards_capabilities(const struct sbpf_guards *guards);

/* How many different kernels (minKernel) guards name. */
SBPF_API size_t sbpf_guards_kernels(const struct sbpf_guards *guards);

/* Whether one of them is a config.json that says which capabilities it holds. */
SBPF_API bool sbpf_guards_hold_own(const struct sbpf_guards *guards);

/* One target; its strings are valid while it is reported. */
struct sbpf_guards_target {
	struct sbpf_target target;
	int machine;	       /* ABI index */
	uint64_t capabilities; /* held, where target.capabilities is one of those found; else 14 */
};

/*
 * Hands targets to report(context, target) until it returns false: first the one that is wanted
 * (may be NULL) as it is, then others, so that every set of rules that can apply together on one
 * call applies under one of them. A machine, kernel or capabilities that wanted has stay as they
 * are; the others range over all that guards name: every machine, a release on either side of every
 * minKernel, and so many sets of capabilities that each call meets each of its sets of rules. That
 * is complete, as no call's answer depends on other calls' rules; it is not every combination of
 * all capabilities. 0, or -1 on error: SBPF_ERROR_LIMIT when there are more than 4096 targets, or
 * the guards on one call tell too many sets of capabilities apart; what was reported by then is not
 * all.
 */
SBPF_API SBPF_MUST_USE int
sbpf_guards_targets(const struct sbpf_guards *guards, const struct sbpf_target *wanted,
		    bool (*report)(void *context, const struct sbpf_guards_target *target),
		    void *context, struct sbpf_error *error);

/* ---- Policies ---- */

struct sbpf_policy;

/* The largest accepted profile text, in bytes, and the deepest accepted nesting. */
#define SBPF_TEXT_MAX (4u << 20)
#define SBPF_NESTING_MAX 32

/*
 * Reads a profile: an OCI linux.seccomp object, a whole OCI config.json, a Docker or a Podman
 * profile. text need not be terminated; length is in bytes. target may be NULL. The policy is the
 * caller's, to be freed with sbpf_policy_free(). NULL on error.
 */
SBPF_API SBPF_MUST_USE struct sbpf_policy *sbpf_load_json(const char *text, size_t length,
							  const struct sbpf_target *target,
							  struct sbpf_error *error);

/* The same for a file; "-" is standard input. */
SBPF_API SBPF_MUST_USE struct sbpf_policy *
sbpf_load_json_file(const char *path, const struct sbpf_target *target, struct sbpf_error *error);

/*
 * An empty policy: every call of the machine's own ABI gets default_verdict (SECCOMP_RET_ALLOW,
 * SECCOMP_RET_ERRNO | EPERM, …). Rules are added in order; what they mean together is the same as
 * in a profile. target may be NULL.
 */
SBPF_API SBPF_MUST_USE struct sbpf_policy *sbpf_policy_new(uint32_t default_verdict,
							   const struct sbpf_target *target,
							   struct sbpf_error *error);

/*
 * How a condition compares; unsigned, all 64 bits. On a 32-bit ABI the argument has 32 bits, and a
 * value above these that is no sign-extended one is never equal to it: whether that is what was
 * meant depends on the ABI, so it is no error (docs/semantics.md, "Conditions").
 */
enum sbpf_compare {
	SBPF_NE = 1,
	SBPF_LT = 2,
	SBPF_LE = 3,
	SBPF_EQ = 4,
	SBPF_GE = 5,
	SBPF_GT = 6,
	SBPF_MASKED_EQ = 7, /* (argument & value) == (value_two & value) */
};

struct sbpf_condition {
	unsigned int argument; /* 0 to 5 */
	enum sbpf_compare compare;
	uint64_t value;
	uint64_t value_two; /* SBPF_MASKED_EQ only; bits that value lacks do not count */
};

/*
 * Changes to a policy. After one that failed, whether its result was looked at or not, the policy
 * cannot be changed, compiled or given a meaning: all of that fails with the first error.
 */

/* Adds an ABI by name ("x86"). Adding one twice changes nothing. 0, or -1 on error. */
SBPF_API SBPF_MUST_USE int sbpf_policy_add_abi(struct sbpf_policy *policy, const char *abi,
					       struct sbpf_error *error);

/*
 * Removes an ABI by name, the machine's own too: its calls get the bad-architecture verdict
 * (sbpf_target.bad_arch), and sbpf_install() takes that for what is wanted. For filters that
 * are about other ABIs only, such as one that stands in a stack of a filter an ABI. It may be
 * added again. 0, or -1 when the policy does not cover it.
 */
SBPF_API SBPF_MUST_USE int sbpf_policy_remove_abi(struct sbpf_policy *policy, const char *abi,
						  struct sbpf_error *error);

/*
 * Adds a rule: the call gets the verdict when all conditions hold. conditions may be NULL when
 * count is 0; they are copied. Where an ABI lacks the call the rule says nothing there; a name
 * that no ABI has is an error. 0, or -1 on error.
 */
SBPF_API SBPF_MUST_USE int sbpf_policy_add_rule(struct sbpf_policy *policy, uint32_t verdict,
						const char *call,
						const struct sbpf_condition *conditions,
						size_t count, struct sbpf_error *error);

/*
 * The same for one number of one ABI, known to the tables or not. number is as in
 * seccomp_data.nr; for x32 the bit 30 may be left out, and on x86_64 only x32 has it. But x86_64
 * takes UINT32_MAX, which a tracer writes to skip a call; beside x32 it is x32's.
 */
SBPF_API SBPF_MUST_USE int sbpf_policy_add_number(struct sbpf_policy *policy, uint32_t verdict,
						  const char *abi, uint32_t number,
						  const struct sbpf_condition *conditions,
						  size_t count, struct sbpf_error *error);

/* SECCOMP_FILTER_FLAG_* that the policy asks for, used by sbpf_install(); -1 for a flag that a
 * profile cannot ask for. */
SBPF_API SBPF_MUST_USE int sbpf_policy_add_flags(struct sbpf_policy *policy, unsigned int flags,
						 struct sbpf_error *error);
SBPF_API unsigned int sbpf_policy_flags(const struct sbpf_policy *policy);

/* The number of warnings that loading gave, and each of them; NULL past the end. Owned by the
 * policy. */
SBPF_API size_t sbpf_policy_warning_count(const struct sbpf_policy *policy);
SBPF_API const struct sbpf_error *sbpf_policy_warning(const struct sbpf_policy *policy,
						      size_t index);

/*
 * Whether a rule of the profile has a minKernel, so that for another kernel the policy may be
 * another one.
 */
SBPF_API bool sbpf_policy_depends_on_kernel(const struct sbpf_policy *policy);

/* The machine's own ABI, and whether the policy covers an ABI. */
SBPF_API int sbpf_policy_machine(const struct sbpf_policy *policy);
SBPF_API bool sbpf_policy_has_abi(const struct sbpf_policy *policy, int abi);

/* Frees a policy; NULL is allowed. Filters compiled from it stay valid. */
SBPF_API void sbpf_policy_free(struct sbpf_policy *policy);

/* ---- Actions ---- */

/*
 * The verdict of an action as profiles spell it, with or without "SCMP_ACT_"; ERRNO and TRACE
 * carry 1 (EPERM), or the number or symbol in parentheses: "ERRNO(38)", "ERRNO(ENOSYS)".
 * False when there is no such action.
 */
SBPF_API SBPF_MUST_USE bool sbpf_verdict_parse(const char *text, uint32_t *verdict);

/*
 * Writes a verdict as "ALLOW", "ERRNO(1)", "KILL_PROCESS" into buffer, cut to size, terminated.
 * Returns buffer.
 */
SBPF_API char *sbpf_verdict_format(uint32_t verdict, char *buffer, size_t size);

/*
 * The same for people: the errno of ERRNO by its symbol on a machine (an ABI index), where the
 * number has one: "ERRNO(EPERM)", as sbpf_verdict_parse() takes it. Returns buffer.
 */
SBPF_API char *sbpf_verdict_describe(uint32_t verdict, int machine, char *buffer, size_t size);

/*
 * The order of actions by which the kernel chooses among stacked filters: below 0 when a's is more
 * restrictive than b's, 0 for the same action, whatever its data. Source: kernel/seccomp.c:
 * seccomp_run_filters, which compares them as signed numbers, those too that are none.
 */
SBPF_API int sbpf_verdict_compare(uint32_t a, uint32_t b);

/* ---- Compiling ---- */

struct sbpf_filter;

enum sbpf_effort {
	SBPF_QUICK = 0, /* for programs that compile at every start: fractions of a millisecond */
	/* For builds: the smallest filter; Docker's default takes 10 ms. Bounded in what it looks
	 * at, whatever the policy is, and so the same on each run: past 67 million steps over
	 * numbers, 33 million over arguments or 2 million conditions, what is left is compiled
	 * quickly. That is some tenths of a second. */
	SBPF_THOROUGH = 1,
};

/* Initialise with { 0 }, in C++ with { }. */
struct sbpf_options {
	enum sbpf_effort effort;

	/* Prove the filter equal to the policy before it is handed out; SBPF_ERROR_PROOF if it is
	 * not. */
	bool prove;
};

/*
 * Compiles a policy. options may be NULL. Both efforts give the same meaning and leave the same
 * calls to the kernel's own cache of unconditional ALLOWs (Linux 5.11). Same policy, same
 * instructions. The filter is the caller's, to be freed with sbpf_filter_free(). NULL on error.
 */
SBPF_API SBPF_MUST_USE struct sbpf_filter *sbpf_compile(const struct sbpf_policy *policy,
							const struct sbpf_options *options,
							struct sbpf_error *error);

/*
 * A filter of a finished program that sbpf_program_check() takes, such as a compiled one that
 * was changed: a copy of count instructions in this machine's byte order, written for a
 * machine (an ABI index), to be installed with flags (SECCOMP_FILTER_FLAG_*). Which ABIs it covers
 * is for the caller to know: sbpf_install() takes it that the machine's own is one of them. The
 * filter is the caller's, to be freed with sbpf_filter_free(). NULL on error.
 */
SBPF_API SBPF_MUST_USE struct sbpf_filter *sbpf_filter_of_program(const struct sock_filter *program,
								  size_t count, int machine,
								  unsigned int flags,
								  struct sbpf_error *error);

/* The instructions, in this machine's byte order; *count may be NULL. Owned by the filter. */
SBPF_API const struct sock_filter *sbpf_filter_program(const struct sbpf_filter *filter,
						       size_t *count);

/* The machine it is for, the SECCOMP_FILTER_FLAG_* its policy asks for, and whether it needs a
 * listener. */
SBPF_API int sbpf_filter_machine(const struct sbpf_filter *filter);
SBPF_API unsigned int sbpf_filter_flags(const struct sbpf_filter *filter);
SBPF_API bool sbpf_filter_needs_listener(const struct sbpf_filter *filter);

/* Frees a filter; NULL is allowed. It may be in force. */
SBPF_API void sbpf_filter_free(struct sbpf_filter *filter);

/* ---- Installing ---- */

/* sbpf_install(): leave no_new_privs as it is, for callers with CAP_SYS_ADMIN. */
#define SBPF_KEEP_PRIVILEGES (1u << 31)

/*
 * Puts the filter in force on the calling thread (with SECCOMP_FILTER_FLAG_TSYNC: on all
 * threads). flags: SECCOMP_FILTER_FLAG_* beside those that the policy asks for, and
 * SBPF_KEEP_PRIVILEGES; else no_new_privs is set first. A filter with NOTIFY verdicts needs
 * SECCOMP_FILTER_FLAG_NEW_LISTENER; with TSYNC, TSYNC_ESRCH is added to that by itself.
 * WAIT_KILLABLE_RECV without a listener is dropped when the policy asks for it, and an error
 * (SBPF_ERROR_USAGE) when the caller does. The filter must cover the ABI this library was
 * built for, and the kernel must know its actions.
 *
 * Returns the listener's descriptor (close-on-exec) where one was asked for, else 0; -1 on error,
 * and then no filter was installed. Allocates nothing and is async-signal-safe: compile before
 * fork(2), install between fork and execve(2).
 */
SBPF_API SBPF_MUST_USE int sbpf_install(const struct sbpf_filter *filter, unsigned int flags,
					struct sbpf_error *error);

/* ---- Programs ---- */

/*
 * Checks any program by the kernel's rules for seccomp (bpf_check_classic and
 * seccomp_check_filter of Linux 6.12): 0, or -1 with the instruction in error->message.
 */
SBPF_API SBPF_MUST_USE int sbpf_program_check(const struct sock_filter *program, size_t count,
					      struct sbpf_error *error);

/*
 * Runs a program that sbpf_program_check() accepts on one call, as the kernel would, and returns
 * the verdict. big_endian: the byte order of the machine the program is for (it decides which
 * half of an argument comes first). *steps, when not NULL, is the number of instructions run. For
 * NULL in place of a program or a call: KILL_PROCESS.
 */
SBPF_API uint32_t sbpf_program_run(const struct sock_filter *program, size_t count,
				   const struct seccomp_data *data, bool big_endian, size_t *steps);

/* The same for a compiled filter. */
SBPF_API uint32_t sbpf_filter_run(const struct sbpf_filter *filter, const struct seccomp_data *data,
				  size_t *steps);

/*
 * Whether the kernel (5.11 on) answers this number from its cache, without running the program.
 * About archs that the machine's kernel has a cache for, its own and that of 32-bit programs;
 * x32 numbers are never in it.
 */
SBPF_API bool sbpf_program_is_cached(const struct sock_filter *program, size_t count,
				     uint32_t audit_arch, uint32_t number);

/* ---- What stands in a program ---- */

/*
 * Follows a call of which arch and number are known through a program that sbpf_program_check()
 * takes. Returns the most instructions that it can take, whatever its arguments are; where tests of
 * several arguments depend on each other, calls may take fewer than this says, none more. Sets
 * reached[i], of count elements, to whether the call can come to instruction i; reached may be
 * NULL. 0 for what is no program. One pass; allocates nothing, takes 32 KiB of stack.
 */
SBPF_API size_t sbpf_program_follow(const struct sock_filter *program, size_t count,
				    uint32_t audit_arch, uint32_t number, bool *reached);

/* Who of one ABI comes to an instruction. */
struct sbpf_arrivals {
	uint32_t calls; /* how many of the calls that the ABI's table has */
	uint32_t first; /* the lowest and the highest of their numbers in seccomp_data.nr */
	uint32_t last;
	bool others; /* numbers above all of the table come here too */
};

/* What is known when control reaches an instruction. */
struct sbpf_note {
	bool reached; /* some way through the program leads here */
	int field;    /* offset in struct seccomp_data of the word that A holds; -1: not one word */
	uint32_t kept;	  /* the bits of the word that AND left, on any way */
	bool mixed;	  /* on some ways AND left other bits than on others */
	int abi;	  /* the first ABI with a call in its table that comes here; -1: none has */
	const char *call; /* the call, where only one comes here, whatever the ABI; else NULL */
	const struct sbpf_arrivals *arrivals; /* one for each of abis[] */
};

/*
 * Writes the name of a constant that an argument of a call is compared with ("AF_VSOCK") into
 * buffer, at most size bytes with the terminator, in ASCII without quotes and backslashes; "" where
 * the number is to stand.
 */
typedef void sbpf_constant_name(int abi, const char *call, unsigned int argument, uint64_t value,
				char *buffer, size_t size);

struct sbpf_notes {
	int machine;
	const struct sock_filter *program; /* the caller's */
	size_t count;			   /* of its instructions */
	const int *abis;  /* indexes of the ABIs asked for, ascending; then -1: any other arch */
	size_t abi_count; /* with that one */
	const struct sbpf_note *list;	   /* one for each instruction */
	sbpf_constant_name *name_constant; /* the caller's to set; NULL at first */
};

/*
 * Notes on a program that sbpf_program_check() takes, in this machine's byte order, written for a
 * machine (an ABI index): every call of the ABIs in abis (bit = ABI index) is followed through it.
 * The notes are the caller's, to be freed with sbpf_notes_free(), and point into the program. NULL
 * on error. Takes 16 bytes for each instruction and ABI, and some microseconds for each call; for
 * the longest program and all ABIs, less than a second.
 */
SBPF_API SBPF_MUST_USE struct sbpf_notes *sbpf_program_annotate(const struct sock_filter *program,
								size_t count, int machine,
								uint64_t abis,
								struct sbpf_error *error);

/* Frees notes; NULL is allowed. */
/* Frees notes; NULL is allowed. */
SBPF_API void sbpf_notes_free(struct sbpf_notes *notes);

/*
 * What instruction index does, as "A = number", "return ERRNO(EPERM)", or the test of a jump, such
 * as "number >= 83 (mkdir)" or "args[0].upper (socket's family) == 0", turned round when it is
 * negated. ASCII without quotes and backslashes, the caller's to free(3). NULL when there is no
 * such instruction or no memory.
 */
SBPF_API char *sbpf_instruction_describe(const struct sbpf_notes *notes, size_t index,
					 bool negated);

/*
 * Programs, the newest first, as one graph for Graphviz: a frame for each, a diamond for each
 * test, a coloured leaf for each verdict. Text, the caller's to free(3). NULL on error.
 */
SBPF_API SBPF_MUST_USE char *sbpf_notes_draw(struct sbpf_notes *const stack[], size_t count,
					     struct sbpf_error *error);

/* ---- Writing filters down ---- */

enum sbpf_format {
	SBPF_FORMAT_RAW = 0,	/* struct sock_filter[] in the target's byte order */
	SBPF_FORMAT_BASE64 = 1, /* the same in base64, one line */
	SBPF_FORMAT_ASM = 2,	/* a line an instruction, calls and verdicts in comments */
	SBPF_FORMAT_JSON = 3,	/* the instructions with their targets */
	SBPF_FORMAT_DOT = 4,	/* the decision tree for Graphviz */
};

/*
 * Writes a filter in a format. Returns a malloc'd buffer of *length bytes, the caller's to free(3)
 * (text is also terminated), or NULL on error.
 */
SBPF_API SBPF_MUST_USE char *sbpf_filter_format(const struct sbpf_filter *filter,
						enum sbpf_format format, size_t *length,
						struct sbpf_error *error);

/*
 * The same for any program that sbpf_program_check() takes, in this machine's byte order, written
 * for a machine (an ABI index). What it looks at is named as far as it tells the ABIs apart.
 */
SBPF_API SBPF_MUST_USE char *sbpf_program_format(const struct sock_filter *program, size_t count,
						 int machine, enum sbpf_format format,
						 size_t *length, struct sbpf_error *error);

/* ---- Proof ---- */

/*
 * What a policy or a program means, for every arch, number and argument at once: a canonical
 * diagram over the bits of struct seccomp_data (Bryant, "Graph-Based Algorithms for Boolean
 * Function Manipulation", 1986). Two meanings are equal if and only if they are the same diagram,
 * so the answers below are complete, not sampled. The compiler has no part in it. Calls that
 * cannot occur do not count: on ABIs with 32-bit registers the upper halves of arguments are 0.
 */
struct sbpf_space;

/* A meaning, valid as long as its space. */
typedef uint32_t sbpf_meaning;

/*
 * A space for meanings of one machine's calls (an ABI index; its byte order counts). node_limit:
 * of diagram nodes, some 20 bytes each, taken as they are needed; 0 for 2 million. The work of
 * each function on the space is bounded by it too, at 16 steps of sbpf_space_work() a node: 34
 * million, or several seconds, for as many. NULL on error. Not to be used by two threads at a
 * time.
 */
SBPF_API SBPF_MUST_USE struct sbpf_space *sbpf_space_new(int machine, uint32_t node_limit,
							 struct sbpf_error *error);
SBPF_API void sbpf_space_free(struct sbpf_space *space);

/*
 * What was done in a space so far, in steps of its operations: the same each time, whatever the
 * machine, and some millions a second. For callers that bound how much they ask; 0 for NULL.
 */
SBPF_API uint64_t sbpf_space_work(const struct sbpf_space *space);

/*
 * The meaning of a policy, by docs/semantics.md. 0, or -1 on error: SBPF_ERROR_LIMIT when the
 * space's limit is used up. After an error *meaning is none, which no call takes; so below.
 */
SBPF_API SBPF_MUST_USE int sbpf_meaning_of_policy(struct sbpf_space *space,
						  const struct sbpf_policy *policy,
						  sbpf_meaning *meaning, struct sbpf_error *error);

/*
 * The meaning of any program that sbpf_program_check() takes, in this machine's byte order. What
 * cannot be expressed (a product of two words, say) is unknown there, and every answer that
 * would rest on it is too. 0, or -1 on error.
 */
SBPF_API SBPF_MUST_USE int sbpf_meaning_of_program(struct sbpf_space *space,
						   const struct sock_filter *program, size_t count,
						   sbpf_meaning *meaning, struct sbpf_error *error);

/* The meaning of two filters in force together: the stricter action, of equal ones the newer's. */
SBPF_API SBPF_MUST_USE int sbpf_meaning_stack(struct sbpf_space *space, sbpf_meaning newer,
					      sbpf_meaning older, sbpf_meaning *meaning,
					      struct sbpf_error *error);

/*
 * The meaning that allows what either allows: the more permissive action, of equal ones the
 * first's verdict. No kernel combines filters so; it is what the union of two profiles means.
 */
SBPF_API SBPF_MUST_USE int sbpf_meaning_union(struct sbpf_space *space, sbpf_meaning first,
					      sbpf_meaning second, sbpf_meaning *meaning,
					      struct sbpf_error *error);

/* The verdict for one call; false when it is unknown. */
SBPF_API bool sbpf_meaning_verdict(const struct sbpf_space *space, sbpf_meaning meaning,
				   const struct seccomp_data *data, uint32_t *verdict);

enum sbpf_relation {
	SBPF_EQUAL = 0,	 /* the same verdict for every call */
	SBPF_SUBSET = 1, /* no verdict of a is less restrictive than b's */
};

enum sbpf_answer {
	SBPF_HOLDS = 0,
	SBPF_REFUTED = 1, /* and the example shows it */
	SBPF_UNKNOWN = 3, /* error says why */
};

/* A call for which two meanings differ. */
struct sbpf_example {
	int abi; /* the ABI it enters by, or -1 for an arch that is none */
	struct seccomp_data data;
	uint32_t a;
	uint32_t b;
};

/*
 * Decides whether a relation holds between a and b. When it is refuted, *example (may be NULL) is
 * the smallest counterexample: on the machine's own ABI if there is one there, the lowest number,
 * the lowest arguments.
 */
SBPF_API SBPF_MUST_USE enum sbpf_answer sbpf_meaning_compare(struct sbpf_space *space,
							     sbpf_meaning a, sbpf_meaning b,
							     enum sbpf_relation relation,
							     struct sbpf_example *example,
							     struct sbpf_error *error);

/* Some neighbouring numbers of one ABI on which two meanings differ. */
struct sbpf_difference {
	int abi;	/* or -1: archs that are none of the machine's ABIs known here */
	uint32_t first; /* numbers as in seccomp_data.nr */
	uint32_t last;
	bool always; /* whatever the arguments, and with the same two verdicts */
	struct sbpf_example example;
};

/*
 * Hands every difference to report(context, difference), by ABI and number, until it returns
 * false. 0 when all were reported, -1 on error.
 */
SBPF_API int sbpf_meaning_differences(struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
				      bool (*report)(void *context,
						     const struct sbpf_difference *difference),
				      void *context, struct sbpf_error *error);

/* Neighbouring numbers of one ABI on which a meaning is the same. */
struct sbpf_range {
	uint32_t first; /* as in seccomp_data.nr */
	uint32_t last;
	bool always; /* whatever the arguments: verdict is that verdict */
	uint32_t verdict;
};

/*
 * Hands the ranges of an ABI's numbers to report(context, range) in order, until it returns false.
 * Together they are all numbers by which the ABI can be entered. 0, or -1 on error.
 */
SBPF_API int sbpf_meaning_ranges(struct sbpf_space *space, sbpf_meaning meaning, int abi,
				 bool (*report)(void *context, const struct sbpf_range *range),
				 void *context, struct sbpf_error *error);

/*
 * A test of one argument: low <= argument <= high, or (masked) (argument & low) == high. bits: 64,
 * or 32 where only the lower half of the register counts.
 */
struct sbpf_test {
	unsigned int argument;
	unsigned int bits;
	bool masked;
	uint64_t low;
	uint64_t high;
};

/* The calls of one number for which all tests hold, and their verdict. */
struct sbpf_case {
	uint32_t verdict;
	size_t test_count;
	struct sbpf_test tests[6];
};

/*
 * Hands the cases of one number to report(context, one) until it returns false. No two of them
 * overlap, and together they are all arguments. Any argument stands in at most one test of a case.
 * At most 4096; more are SBPF_ERROR_LIMIT. 0, or -1 on error.
 */
SBPF_API int sbpf_meaning_cases(struct sbpf_space *space, sbpf_meaning meaning, int abi,
				uint32_t number,
				bool (*report)(void *context, const struct sbpf_case *one),
				void *context, struct sbpf_error *error);

/* ---- Explaining ---- */

/* What gave a call its verdict. */
enum sbpf_cause {
	SBPF_BY_RULE = 0,
	SBPF_BY_DEFAULT = 1,
	SBPF_BY_BAD_ARCH = 2,	  /* the call's ABI is not covered */
	SBPF_BY_UNKNOWN_CALL = 3, /* unknown_as_enosys */
	SBPF_BY_FAILURE = 4,	  /* no policy, or one to which a change failed: KILL_PROCESS */
};

/* What became of one rule for one call. */
enum sbpf_fate {
	SBPF_DECIDES = 0,
	SBPF_REPEATS_DEFAULT = 1, /* its verdict is the default: dropped */
	SBPF_IS_VOID = 2,	/* another rule on this call has no conditions and wins outright */
	SBPF_DOES_NOT_HOLD = 3, /* a condition fails */
	SBPF_COMES_LATER = 4,	/* an earlier rule decided */
	SBPF_CANNOT_EXTEND = 5, /* its conditions cannot be checked in the multiplexed form */
};

struct sbpf_rule {
	size_t entry; /* index in the profile's syscalls[]; for the builder the order of adding */
	size_t name;  /* index in the entry's names[]; 0 for 'name', and for the builder */
	uint32_t verdict;
	const struct sbpf_condition *conditions; /* the policy's */
	size_t condition_count;
	bool multiplexed; /* a rule on a sub-call of socketcall or ipc */
	enum sbpf_fate fate;
};

/*
 * The verdict of a policy for one call, rule by rule: report(context, rule) is called for every
 * rule on that call, in order. report and cause may be NULL.
 */
SBPF_API uint32_t sbpf_policy_verdict(const struct sbpf_policy *policy,
				      const struct seccomp_data *data, enum sbpf_cause *cause,
				      void (*report)(void *context, const struct sbpf_rule *rule),
				      void *context);

/*
 * Hands the rules of a policy on calls with names to report(context, call, rule), in their order,
 * until it returns false: those of a profile that its guards leave for the target. call has static
 * storage; rule->multiplexed and rule->fate do not count.
 */
SBPF_API void sbpf_policy_rules(const struct sbpf_policy *policy,
				bool (*report)(void *context, const char *call,
					       const struct sbpf_rule *rule),
				void *context);

/* A name in an entry of a profile. */
struct sbpf_entry_name {
	const char *text;  /* as JSON means it, terminated; valid while it is reported */
	int call;	   /* for sbpf_call_at(); -1 when no ABI has a call of this name */
	unsigned int line; /* 1-based */
};

/* An entry of a profile's syscalls[], whatever the target. */
struct sbpf_entry {
	size_t index;
	unsigned int line; /* 1-based, where it begins */
	const struct sbpf_entry_name *names;
	size_t name_count;
	bool has_name;		/* it has one, under 'name' in place of 'names' */
	bool is_guarded;	/* includes or excludes say something */
	bool includes_machines; /* includes lists arches */
	bool has_errno;		/* a symbolic errno */
};

/*
 * Hands the entries of a profile, a text that sbpf_load_json() takes, to report(context, entry) in
 * order, until it returns false. 0, or -1 on error.
 */
SBPF_API SBPF_MUST_USE int sbpf_profile_entries(const char *text, size_t length,
						bool (*report)(void *context,
							       const struct sbpf_entry *entry),
						void *context, struct sbpf_error *error);

/*
 * Where a value stands in JSON text: path as in struct sbpf_error, such as "syscalls[3].action".
 * 1-based line and column in bytes; false when the text has no such value.
 */
SBPF_API bool sbpf_json_locate(const char *text, size_t length, const char *path,
			       unsigned int *line, unsigned int *column);

/*
 * The 1-based lines of the elements of an array, such as "syscalls", in one walk: fills the first
 * count of lines and returns how many elements there are, 0 when the text has no such array.
 */
SBPF_API size_t sbpf_json_lines(const char *text, size_t length, const char *path,
				unsigned int *lines, size_t count);

#ifdef __cplusplus
}
#endif

#endif
