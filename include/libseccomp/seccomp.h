/* SPDX-License-Identifier: MIT */
/*
 * seccomp.h - the interface of libseccomp 2.6, as the drop-in libseccomp.so.2 of libsbpf has it
 *
 * Programs written for libseccomp compile and run with either library: names, numbers, layouts
 * and return codes are the same. The meaning of a filter differs in some points
 * (docs/libseccomp.md).
 *
 * The usual way through it:
 *
 *	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
 *	seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 0);
 *	seccomp_load(filter);
 *	seccomp_release(filter);
 *
 * Return codes. Functions that return an int return 0 (or what they say) on success and one of
 * these on failure; each function names its own:
 *
 *	-EACCES      the rule's action is the default action, or the attribute is read-only
 *	-ECANCELED   the kernel refused; errno says why (see SCMP_FLTATR_API_SYSRAWRC)
 *	-EDOM        the filter's ABIs cannot do that
 *	-EEXIST      it is there already, or it is not there
 *	-EFAULT      any other failure within the library
 *	-EINVAL      an argument is not valid
 *	-ENOENT      there is no such thing
 *	-ENOMEM      an allocation failed
 *	-EOPNOTSUPP  the kernel, the API level or this kind of filter does not have it
 *	-ERANGE      the buffer is too small
 *	-ESRCH       the threads could not be synchronised
 *
 * Threads. Different filters may be used by different threads at the same time. The API level is
 * shared by all of them and may be asked for and set from any thread.
 */
#ifndef SBPF_LIBSECCOMP_SECCOMP_H
#define SBPF_LIBSECCOMP_SECCOMP_H

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ---- */

/* The release of libseccomp whose interface this is. */
#define SCMP_VER_MAJOR 2
#define SCMP_VER_MINOR 6
#define SCMP_VER_MICRO 0

struct scmp_version {
	unsigned int major;
	unsigned int minor;
	unsigned int micro;
};

/* The version of the library that the program runs with. Static storage; never NULL. */
const struct scmp_version *seccomp_version(void);

/* ---- API level ---- */

/*
 * What the running kernel supports:
 *
 *	1  filters, loaded with prctl(2)
 *	2  seccomp(2), SCMP_FLTATR_CTL_TSYNC
 *	3  SCMP_FLTATR_CTL_LOG, SCMP_ACT_LOG, SCMP_ACT_KILL_PROCESS
 *	4  SCMP_FLTATR_CTL_SSB
 *	5  SCMP_ACT_NOTIFY and seccomp_notify_*()
 *	6  SCMP_FLTATR_CTL_TSYNC together with SCMP_ACT_NOTIFY
 *	7  SCMP_FLTATR_CTL_WAITKILL
 *
 * The kernel is asked once per process; later calls return what was found or set.
 */
unsigned int seccomp_api_get(void);

/* Takes a level for what the kernel supports, true or not. 0, or -EINVAL when it is not 1 to 7. */
int seccomp_api_set(unsigned int level);

/* ---- Architectures ---- */

/*
 * Tokens of ABIs. A token is the AUDIT_ARCH_* number that the kernel hands a filter; only x32,
 * which shares the number of x86_64, has one of its own.
 */
#define SCMP_ARCH_NATIVE 0 /* the ABI that the library is compiled for */
#define SCMP_ARCH_X86 0x40000003U
#define SCMP_ARCH_X86_64 0xc000003eU
#define SCMP_ARCH_X32 0x4000003eU
#define SCMP_ARCH_ARM 0x40000028U
#define SCMP_ARCH_AARCH64 0xc00000b7U
#define SCMP_ARCH_LOONGARCH64 0xc0000102U
#define SCMP_ARCH_M68K 0x00000004U
#define SCMP_ARCH_MIPS 0x00000008U
#define SCMP_ARCH_MIPS64 0x80000008U
#define SCMP_ARCH_MIPS64N32 0xa0000008U
#define SCMP_ARCH_MIPSEL 0x40000008U
#define SCMP_ARCH_MIPSEL64 0xc0000008U
#define SCMP_ARCH_MIPSEL64N32 0xe0000008U
#define SCMP_ARCH_PARISC 0x0000000fU
#define SCMP_ARCH_PARISC64 0x8000000fU
#define SCMP_ARCH_PPC 0x00000014U
#define SCMP_ARCH_PPC64 0x80000015U
#define SCMP_ARCH_PPC64LE 0xc0000015U
#define SCMP_ARCH_RISCV64 0xc00000f3U
#define SCMP_ARCH_S390 0x00000016U
#define SCMP_ARCH_S390X 0x80000016U
#define SCMP_ARCH_SH 0x4000002aU
#define SCMP_ARCH_SHEB 0x0000002aU

/* The token of an architecture by its name ("x86_64", "mipsel64n32"); 0 when there is none. */
uint32_t seccomp_arch_resolve_name(const char *arch_name);

/* The token of the ABI that the library is compiled for. */
uint32_t seccomp_arch_native(void);

/* ---- System calls by name ---- */

/* In place of a number: the name is not known, or does not apply. -1 to -99 are never numbers. */
#define __NR_SCMP_ERROR (-1)
#define __NR_SCMP_UNDEF (-2)

/*
 * The number of a system call, here SCMP_SYS(read). Where the program's ABI lacks the call it is
 * a negative number that stands for the call, so that a rule still reaches other ABIs.
 */
#define SCMP_SYS(x) (__SNR_##x)

#include <seccomp-syscalls.h>

/*
 * The number of a call on the native ABI, or on the one of a token. Negative where that ABI lacks
 * the call, and for calls that it also, or only, reaches through socketcall(2) or ipc(2);
 * __NR_SCMP_ERROR for a name or a token that is not known. Numbers of x32 carry its bit 30.
 */
int seccomp_syscall_resolve_name(const char *name);
int seccomp_syscall_resolve_name_arch(uint32_t arch_token, const char *name);

/* The same, but for calls reached through socketcall(2) or ipc(2) the number of that one. */
int seccomp_syscall_resolve_name_rewrite(uint32_t arch_token, const char *name);

/*
 * The name of a call by its number on an ABI; negative numbers as the functions above return them
 * for that ABI. The string is the caller's to free(3); NULL when there is no such call or no
 * memory.
 */
char *seccomp_syscall_resolve_num_arch(uint32_t arch_token, int num);

/* ---- Filters ---- */

/* A filter under construction. Functions that take one return -EINVAL for NULL or a released one.
 */
typedef void *scmp_filter_ctx;

/* Actions, from the least to the most permissive. */
#define SCMP_ACT_KILL_PROCESS 0x80000000U
#define SCMP_ACT_KILL_THREAD 0x00000000U
#define SCMP_ACT_KILL SCMP_ACT_KILL_THREAD
#define SCMP_ACT_TRAP 0x00030000U			    /* signal SIGSYS */
#define SCMP_ACT_ERRNO(x) (0x00050000U | ((x)&0x0000ffffU)) /* fail with errno x */
#define SCMP_ACT_NOTIFY 0x7fc00000U			    /* ask the listener */
#define SCMP_ACT_TRACE(x) (0x7ff00000U | ((x)&0x0000ffffU)) /* tell the tracer x */
#define SCMP_ACT_LOG 0x7ffc0000U			    /* allow, but log */
#define SCMP_ACT_ALLOW 0x7fff0000U

/*
 * A filter for the native ABI in which every call gets def_action. It is the caller's, to be given
 * back with seccomp_release() or merged away. NULL when def_action is no action, is
 * SCMP_ACT_NOTIFY or is not supported, or there is no memory.
 */
scmp_filter_ctx seccomp_init(uint32_t def_action);

/*
 * Makes a filter as seccomp_init() does, out of an old one. Without a filter (NULL): forgets the
 * API level and asks the kernel again. -EINVAL, -ENOMEM.
 */
int seccomp_reset(scmp_filter_ctx ctx, uint32_t def_action);

/* Frees a filter; NULL is ignored. What was loaded stays in force. */
void seccomp_release(scmp_filter_ctx ctx);

/*
 * Moves the ABIs of ctx_src with their rules to ctx_dst, and releases ctx_src. The default action,
 * SCMP_FLTATR_CTL_NNP and SCMP_FLTATR_CTL_TSYNC must be the same (-EINVAL), the ABIs different
 * (-EEXIST) and of one byte order (-EDOM). -ENOMEM. On failure both are as they were.
 */
int seccomp_merge(scmp_filter_ctx ctx_dst, scmp_filter_ctx ctx_src);

/* 0 when the filter has the ABI of the token, -EEXIST when not; -EINVAL for no token. */
int seccomp_arch_exist(const scmp_filter_ctx ctx, uint32_t arch_token);

/*
 * Adds an ABI without rules: those added from now on are for it too. -EEXIST when the filter has
 * it, -EINVAL for no token, -EDOM when its byte order is another, -ENOMEM.
 */
int seccomp_arch_add(scmp_filter_ctx ctx, uint32_t arch_token);

/*
 * Removes an ABI with its rules: its calls get SCMP_FLTATR_ACT_BADARCH. -EEXIST when the filter
 * lacks it, -EINVAL for no token.
 */
int seccomp_arch_remove(scmp_filter_ctx ctx, uint32_t arch_token);

/* ---- Attributes ---- */

enum scmp_filter_attr {
	_SCMP_FLTATR_MIN = 0,
	SCMP_FLTATR_ACT_DEFAULT = 1,   /* the default action; read-only */
	SCMP_FLTATR_ACT_BADARCH = 2,   /* for calls of other ABIs; at first SCMP_ACT_KILL */
	SCMP_FLTATR_CTL_NNP = 3,       /* set no_new_privs when loading; at first 1 */
	SCMP_FLTATR_CTL_TSYNC = 4,     /* load for all threads of the process */
	SCMP_FLTATR_API_TSKIP = 5,     /* take rules for call -1, which tracers use to skip one */
	SCMP_FLTATR_CTL_LOG = 6,       /* log every action but SCMP_ACT_ALLOW */
	SCMP_FLTATR_CTL_SSB = 7,       /* leave speculative store bypass alone */
	SCMP_FLTATR_CTL_OPTIMIZE = 8,  /* 1 or 2; the filter is the same */
	SCMP_FLTATR_API_SYSRAWRC = 9,  /* return -errno in place of -ECANCELED */
	SCMP_FLTATR_CTL_WAITKILL = 10, /* while a listener answers, wait for fatal signals only */
	_SCMP_FLTATR_MAX,
};

/* Reads an attribute. -EINVAL when there is no such attribute or value is NULL. */
int seccomp_attr_get(const scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t *value);

/*
 * Sets an attribute. -EINVAL when there is no such attribute or it cannot have this value,
 * -EACCES when it is read-only, -EOPNOTSUPP when the API level lacks it or the value is reserved.
 */
int seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t value);

/* ---- Rules ---- */

/* How a condition compares an argument, unsigned. */
enum scmp_compare {
	_SCMP_CMP_MIN = 0,
	SCMP_CMP_NE = 1,
	SCMP_CMP_LT = 2,
	SCMP_CMP_LE = 3,
	SCMP_CMP_EQ = 4,
	SCMP_CMP_GE = 5,
	SCMP_CMP_GT = 6,
	SCMP_CMP_MASKED_EQ = 7, /* (argument & datum_a) == (datum_b & datum_a) */
	_SCMP_CMP_MAX,
};

typedef uint64_t scmp_datum_t;

/* A condition on one argument. */
struct scmp_arg_cmp {
	unsigned int arg; /* 0 to 5 */
	enum scmp_compare op;
	scmp_datum_t datum_a;
	scmp_datum_t datum_b; /* SCMP_CMP_MASKED_EQ only */
};

/* Conditions as expressions: SCMP_CMP(argument, comparison, datum[, second datum]). */
#define SCMP_CMP64(...) SCMP_CMP_FILL_(scmp_datum_t, __VA_ARGS__, 0, 0)
#define SCMP_CMP SCMP_CMP64
/* The same with the data cut to 32 bits, so that a negative one is not sign-extended to 64. */
#define SCMP_CMP32(arg, op, ...) SCMP_CMP_FILL_(uint32_t, arg, op, __VA_ARGS__, 0, 0)
#define SCMP_CMP_FILL_(type, arg, op, a, b, ...)                                                   \
	((struct scmp_arg_cmp){ arg, op, (type)(a), (type)(b) })

/* The same for one argument: SCMP_A0(comparison, datum[, second datum]). */
#define SCMP_A0_64(...) SCMP_CMP64(0, __VA_ARGS__)
#define SCMP_A1_64(...) SCMP_CMP64(1, __VA_ARGS__)
#define SCMP_A2_64(...) SCMP_CMP64(2, __VA_ARGS__)
#define SCMP_A3_64(...) SCMP_CMP64(3, __VA_ARGS__)
#define SCMP_A4_64(...) SCMP_CMP64(4, __VA_ARGS__)
#define SCMP_A5_64(...) SCMP_CMP64(5, __VA_ARGS__)
#define SCMP_A0 SCMP_A0_64
#define SCMP_A1 SCMP_A1_64
#define SCMP_A2 SCMP_A2_64
#define SCMP_A3 SCMP_A3_64
#define SCMP_A4 SCMP_A4_64
#define SCMP_A5 SCMP_A5_64
#define SCMP_A0_32(op, ...) SCMP_CMP32(0, op, __VA_ARGS__)
#define SCMP_A1_32(op, ...) SCMP_CMP32(1, op, __VA_ARGS__)
#define SCMP_A2_32(op, ...) SCMP_CMP32(2, op, __VA_ARGS__)
#define SCMP_A3_32(op, ...) SCMP_CMP32(3, op, __VA_ARGS__)
#define SCMP_A4_32(op, ...) SCMP_CMP32(4, op, __VA_ARGS__)
#define SCMP_A5_32(op, ...) SCMP_CMP32(5, op, __VA_ARGS__)

/*
 * Adds a rule for all ABIs of the filter: syscall, a number of the native ABI such as SCMP_SYS()
 * gives, gets the action when all of the arg_cnt conditions hold (structs scmp_arg_cmp by value,
 * or an array). An ABI that lacks the call is left out. -EACCES when the action is the default
 * one; -EINVAL for no action, one that the API level lacks, no number, a condition on argument 6
 * or above, or two on the same one; -EEXIST when a rule with the same conditions has another
 * action, -EFAULT for a negative number that is no call's, -ENOMEM.
 */
int seccomp_rule_add(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt, ...);
int seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
			   const struct scmp_arg_cmp *arg_array);

/*
 * The same, but a rule that cannot stand as it is fails: -EDOM when the ABI lacks the call,
 * -EINVAL for conditions on a call reached through socketcall(2) or ipc(2), -EOPNOTSUPP when
 * the filter has more than one ABI.
 */
int seccomp_rule_add_exact(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int arg_cnt,
			   ...);
int seccomp_rule_add_exact_array(scmp_filter_ctx ctx, uint32_t action, int syscall,
				 unsigned int arg_cnt, const struct scmp_arg_cmp *arg_array);

/*
 * How often a call is made, compared with others: 0 (the default) to 255. It does not change what
 * the filter means. -EINVAL for no number, -EFAULT for a negative one that another ABI would have
 * to know.
 */
int seccomp_syscall_priority(scmp_filter_ctx ctx, int syscall, uint8_t priority);

/*
 * A transaction: what happens to the filter between start and reject is undone. They may be
 * nested. -EINVAL, -ENOMEM.
 */
int seccomp_transaction_start(const scmp_filter_ctx ctx);
int seccomp_transaction_commit(const scmp_filter_ctx ctx);
void seccomp_transaction_reject(const scmp_filter_ctx ctx);

/* ---- Using a filter ---- */

/* Compiles the filter now; the functions below then need not. -EINVAL, -ENOMEM, -EFAULT. */
int seccomp_precompute(const scmp_filter_ctx ctx);

/*
 * Puts the filter in force for the calling thread, with SCMP_FLTATR_CTL_TSYNC for all threads.
 * -ECANCELED when the kernel refuses, -ESRCH when a thread cannot take the filter, -EINVAL,
 * -ENOMEM, -EFAULT.
 */
int seccomp_load(const scmp_filter_ctx ctx);

/*
 * Writes the filter to a descriptor: as struct sock_filter[] in the byte order of its ABIs, or as
 * text for people. -ECANCELED when it cannot be written, -EINVAL, -ENOMEM, -EFAULT.
 */
int seccomp_export_bpf(const scmp_filter_ctx ctx, int fd);
int seccomp_export_pfc(const scmp_filter_ctx ctx, int fd);

/*
 * Copies the filter as seccomp_export_bpf() writes it to buf, which may be NULL; *len is the size
 * of buf and becomes that of the filter, in bytes. -ERANGE when buf is too small, -EINVAL, -ENOMEM,
 * -EFAULT.
 */
int seccomp_export_bpf_mem(const scmp_filter_ctx ctx, void *buf, size_t *len);

/* ---- Listeners ---- */

struct seccomp_notif;
struct seccomp_notif_resp;

/*
 * The listener of a loaded filter with SCMP_ACT_NOTIFY; it is the caller's to close(2). -1 when
 * there is none, -EINVAL for no filter.
 */
int seccomp_notify_fd(const scmp_filter_ctx ctx);

/*
 * Allocates a cleared notification and a cleared response of the sizes that the kernel uses;
 * either pointer may be NULL. The caller's to free with seccomp_notify_free(). -ENOMEM,
 * -EOPNOTSUPP without seccomp(2), -ECANCELED when the kernel has no listeners.
 */
int seccomp_notify_alloc(struct seccomp_notif **req, struct seccomp_notif_resp **resp);
void seccomp_notify_free(struct seccomp_notif *req, struct seccomp_notif_resp *resp);

/*
 * Waits for a notification; *req must be all zeros, as the kernel wants it. -ECANCELED with
 * errno, such as EINTR or ENOENT when the caller died meanwhile; -EOPNOTSUPP.
 */
int seccomp_notify_receive(int fd, struct seccomp_notif *req);

/* Answers a notification. -ECANCELED with errno, ENOENT when nobody waits; -EOPNOTSUPP. */
int seccomp_notify_respond(int fd, struct seccomp_notif_resp *resp);

/*
 * 0 while the caller of a notification still waits, else -ENOENT; -EOPNOTSUPP. To be asked after
 * opening anything by its process id, which may have been given to another process.
 */
int seccomp_notify_id_valid(int fd, uint64_t id);

#ifdef __cplusplus
}
#endif

#endif
