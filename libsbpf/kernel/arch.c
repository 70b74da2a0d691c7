/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "array.h"
#include "distance.h"

/* An ABI; strings are offsets in strings[]. */
struct abi {
	uint32_t audit_arch;
	uint32_t number_offset;
	uint16_t name;
	uint16_t scmp_name;
	uint16_t go_name;
	uint16_t uname_name;
	uint8_t table; /* index in tables[] */
	uint8_t errno_set;
	uint8_t word_bits;
	uint8_t register_bits;
	uint8_t big_endian;
	uint8_t is_machine;
};

/* Of several ABIs with one name, the first in this order has it. */
enum name_family { FAMILY_NAME, FAMILY_SCMP, FAMILY_GO, FAMILY_UNAME, FAMILY_OTHERS };

struct abi_name {
	uint16_t name;
	uint8_t family;
	uint8_t abi;
};

/* The calls of an ABI, or of several that differ in byte order or offset only. */
struct table {
	uint16_t first_id; /* in table_ids[] */
	uint16_t id_count;
	uint16_t first_outlier;
	uint16_t outlier_count;
	uint32_t max;
};

struct outlier {
	int32_t number;
	uint16_t id;
};

struct multiplexed {
	uint16_t call; /* id */
	uint16_t multiplexer;
	uint16_t sub;
};

/* wide: the kernel reads more than the lower half of a 64-bit register. */
struct parameter {
	uint16_t name;
	uint8_t kind; /* enum sbpf_kind */
	uint8_t wide;
};

/* The parameters of one call on some ABIs. */
struct signature {
	uint32_t tables; /* bits: 1 << index in tables[] */
	uint16_t first;	 /* in parameter_runs[] */
	uint8_t count;
};

/* A function of the C library; strings are offsets in strings[]. */
struct wrapper {
	uint16_t function;
	uint16_t calls; /* "brk, mmap" */
};

struct exempt {
	uint16_t call; /* id */
	uint16_t abi;
	uint16_t since; /* offset in strings[] */
};

struct release {
	uint32_t packed;
	uint16_t text;
};

#include "tables.h"

/* ---- Calls ---- */

/* As hash_name() of arch/generate.py. */
static uint32_t hash_name(const char *name, size_t length)
{
	uint32_t hash = HASH_START;
	const char *end = name + length;
	uint32_t word;

	for (; end - name >= 4; name += 4) {
		memcpy(&word, name, sizeof(word));
		hash = (hash ^ le32toh(word)) * HASH_STEP;
	}
	for (; name < end; name++)
		hash = (hash ^ (uint8_t)*name) * HASH_STEP;
	return hash;
}

int call_find(const char *name, size_t length)
{
	const size_t buckets = COUNT(hash_displacements);
	uint32_t hash;
	uint16_t id;

	if (length > CALL_NAME_MAX)
		return -1;
	hash = hash_name(name, length);
	hash = (hash ^ hash_displacements[hash % buckets]) * HASH_SPREAD;
	id = hash_ids[hash >> (32 - HASH_BITS)];
	if (id == NOT_THERE)
		return -1;
	return call_lengths[id] == length && !memcmp(call_name(id), name, length) ? id : -1;
}

const char *call_name(int id)
{
	return strings + call_names[id];
}

const int16_t *call_table_numbers(int abi)
{
	return table_numbers + (size_t)abis[abi].table * CALL_COUNT;
}

int32_t call_table_number(int abi, int id)
{
	int16_t number = call_table_numbers(abi)[id];

	return number < -1 ? outliers[-2 - number].number : number;
}

int call_by_table_number(int abi, uint32_t number)
{
	const struct table *table = &tables[abis[abi].table];
	const struct outlier *outlier = &outliers[table->first_outlier];

	if (number < table->id_count) {
		uint16_t id = table_ids[table->first_id + number];

		return id == NOT_THERE ? -1 : id;
	}
	for (size_t i = 0; i < table->outlier_count; i++) {
		if ((uint32_t)outlier[i].number == number)
			return outlier[i].id;
	}
	return -1;
}

uint32_t call_table_count(int abi, uint32_t first, uint32_t last)
{
	const struct table *table = &tables[abis[abi].table];
	const struct outlier *outlier = &outliers[table->first_outlier];
	uint32_t count = 0;

	for (uint32_t number = first; number <= last && number < table->id_count; number++)
		count += table_ids[table->first_id + number] != NOT_THERE;
	for (size_t i = 0; i < table->outlier_count; i++)
		count +=
			(uint32_t)outlier[i].number >= first && (uint32_t)outlier[i].number <= last;
	return count;
}

uint32_t call_table_max(int abi)
{
	return tables[abis[abi].table].max;
}

uint32_t call_since(int id)
{
	return releases[call_releases[id]].packed;
}

int call_multiplexer(int abi, int id, uint32_t *sub)
{
	const struct multiplexed *entry = &multiplexed[call_multiplexed[id]];

	if (entry->multiplexer == NOT_THERE || call_table_number(abi, entry->multiplexer) < 0)
		return -1;
	*sub = entry->sub;
	return entry->multiplexer;
}

/* ipc/syscall.c: "version = call >> 16; call &= 0xffff"; net/socket.c: socketcall takes an int. */
uint32_t call_multiplexer_mask(int id)
{
	return strcmp(call_name(id), "ipc") ? UINT32_MAX : 0xffff;
}

bool abi_has_multiplexers(int abi)
{
	for (size_t i = 0; i < COUNT(multiplexed); i++) {
		if (multiplexed[i].multiplexer != NOT_THERE &&
		    call_table_number(abi, multiplexed[i].multiplexer) >= 0)
			return true;
	}
	return false;
}

/* NULL when the call has no such parameter on this ABI, or the tables do not know. */
static const struct parameter *find_parameter(int abi, int id, unsigned int argument)
{
	uint32_t table = UINT32_C(1) << abis[abi].table;

	for (size_t i = call_signatures[id]; i < call_signatures[id + 1]; i++) {
		const struct signature *signature = &signatures[i];

		if (signature->tables & table && argument < signature->count)
			return &parameters[parameter_runs[signature->first + argument]];
	}
	return NULL;
}

static unsigned int parameter_bits(int abi, const struct parameter *parameter)
{
	return parameter->wide ? abis[abi].register_bits : 32;
}

unsigned int call_parameter_bits(int abi, int id, unsigned int argument)
{
	const struct parameter *parameter = find_parameter(abi, id, argument);

	return parameter ? parameter_bits(abi, parameter) : 64;
}

/* ---- ABIs ---- */

uint32_t abi_audit_arch(int abi)
{
	return abis[abi].audit_arch;
}

uint32_t abi_number_offset(int abi)
{
	return abis[abi].number_offset;
}

unsigned int abi_register_bits(int abi)
{
	return abis[abi].register_bits;
}

bool abi_big_endian(int abi)
{
	return abis[abi].big_endian;
}

const char *abi_name(int abi)
{
	return strings + abis[abi].name;
}

bool abi_is_x32(int abi)
{
	return abi == ABI_X32;
}

/* The index in abi_names[] of the first entry that is not below name. */
static size_t lower_bound(const char *name)
{
	size_t low = 0;
	size_t high = COUNT(abi_names);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(strings + abi_names[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* families: bits 1 << FAMILY_*. */
static int find_abi(const char *name, unsigned int families)
{
	const size_t count = COUNT(abi_names);

	for (size_t i = lower_bound(name); i < count; i++) {
		if (strcmp(strings + abi_names[i].name, name) != 0)
			break;
		if (families & 1u << abi_names[i].family)
			return abi_names[i].abi;
	}
	return -1;
}

int abi_by_scmp_name(const char *name)
{
	return find_abi(name, 1u << FAMILY_SCMP);
}

int abi_by_go_name(const char *name)
{
	return find_abi(name, 1u << FAMILY_GO);
}

/* ---- Errnos ---- */

int errno_find(int machine, const char *symbol)
{
	size_t low = 0;
	size_t high = ERRNO_COUNT;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(strings + errno_names[middle], symbol);
		uint16_t number = errno_numbers[abis[machine].errno_set][middle];

		if (order == 0)
			return number == 0 ? -1 : number;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

const char *errno_name(int machine, uint32_t number)
{
	if (machine < 0 || machine >= ABI_COUNT || number == 0)
		return NULL;
	for (size_t i = 0; i < ERRNO_COUNT; i++) {
		if (errno_numbers[abis[machine].errno_set][i] == number)
			return strings + errno_names[i];
	}
	return NULL;
}

/* ---- Suggestions ---- */

/* A name of up to this length may have one typing error, a longer one two. */
#define SHORT_NAME 4
#define SUGGEST_MIN 3
#define SUGGEST_DISTANCE 2
#define SUGGEST_MAX (CALL_NAME_MAX + SUGGEST_DISTANCE)

_Static_assert(SUGGEST_MAX <= DISTANCE_LENGTH_MAX, "names fit");

/* What programs and the kernel's source put before the name of a call; a longer one comes later. */
static const char prefixes[][16] = {
	"sys_",	       "__sys_",     "__se_sys_",   "__do_sys_",    "do_sys_",	    "ksys_",
	"compat_sys_", "__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__s390x_sys_", "__riscv_sys_",
	"SYS_",	       "SCMP_SYS_",  "__NR_",	    "__NR3264_",    "NR_",	    "__SNR_",
	"__PNR_",      "syscall_",   "sys_enter_",  "sys_exit_",    "__NR_ia32_",
};

static const char *without_prefix(const char *name)
{
	const char *bare = name;

	for (size_t i = 0; i < COUNT(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (!strncmp(name, prefixes[i], length) && name[length])
			bare = name + length;
	}
	return bare;
}

static const struct wrapper *find_wrapper(const char *name)
{
	size_t low = 0;
	size_t high = COUNT(wrappers);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(strings + wrappers[middle].function, name);

		if (order == 0)
			return &wrappers[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The first call that a function of the C library makes, or NULL. */
static const char *call_of_wrapper(const char *name)
{
	const struct wrapper *wrapper = find_wrapper(name);
	const char *calls = wrapper ? strings + wrapper->calls : "";
	int id = call_find(calls, strcspn(calls, ","));

	return id < 0 ? NULL : call_name(id);
}

/* Whether a name is nearer than the best so far; of two equally near, one of the same length is. */
static bool is_nearer(unsigned int found, unsigned int nearest, const char *known, const char *best,
		      size_t length)
{
	if (found != nearest || !best)
		return found <= nearest;
	return strlen(known) == length && strlen(best) != length;
}

static const char *nearest_call(const char *name)
{
	size_t length = strlen(name);
	unsigned int nearest = length <= SHORT_NAME ? 1 : SUGGEST_DISTANCE;
	const char *best = NULL;

	if (length < SUGGEST_MIN || length > SUGGEST_MAX)
		return NULL;
	for (int id = 0; id < CALL_COUNT; id++) {
		const char *known = call_name(id);
		size_t known_length = strlen(known);
		unsigned int found;

		if (known_length > length + nearest || length > known_length + nearest)
			continue;
		found = text_distance(name, length, known, known_length);
		if (is_nearer(found, nearest, known, best, length)) {
			nearest = found;
			best = known;
		}
	}
	return best;
}

/* The call of this name, or of what the function of this name calls first; NULL for another. */
static const char *call_or_wrapper(const char *name)
{
	int id = call_find(name, strlen(name));

	return id < 0 ? call_of_wrapper(name) : call_name(id);
}

/* A name in capitals: all calls are in small letters. NULL when it is like no call. */
static const char *call_in_small_letters(const char *name)
{
	char small[SUGGEST_MAX + 1];
	size_t length = strlen(name);
	const char *call;

	if (length > SUGGEST_MAX)
		return NULL;
	for (size_t i = 0; i <= length; i++)
		small[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
	call = call_or_wrapper(small);
	return call ? call : nearest_call(small);
}

const char *sbpf_call_suggest(const char *name)
{
	const char *bare = name ? without_prefix(name) : "";
	const char *call = call_or_wrapper(bare);

	return call ? call : call_in_small_letters(bare);
}

const char *sbpf_function_calls(const char *function)
{
	const struct wrapper *wrapper = function ? find_wrapper(function) : NULL;

	return wrapper ? strings + wrapper->calls : NULL;
}

/* ---- The public face ---- */

static bool is_abi(int index)
{
	return index >= 0 && index < ABI_COUNT;
}

int sbpf_abi_count(void)
{
	return ABI_COUNT;
}

/* "c000003e", "0xc000003e" or "3221225534", as audit(8) and ausearch(8) print them. */
static bool parse_token(const char *text, uint32_t *token)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t length = strlen(text);
	bool prefixed = !strncmp(text, "0x", 2) && length > 2 && length <= 10;
	bool decimal = length == 10 && strspn(text, "0123456789") == length;
	unsigned long long value;

	if (!decimal && !(prefixed ? strspn(text + 2, digits) == length - 2
				   : length == 8 && strspn(text, digits) == length))
		return false;
	value = strtoull(text, NULL, decimal ? 10 : 16);
	*token = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* x32 has the token of x86_64, which comes first. */
static int find_token(const char *text)
{
	uint32_t token;

	for (int i = 0; parse_token(text, &token) && i < ABI_COUNT; i++) {
		if (abis[i].audit_arch == token)
			return i;
	}
	return -1;
}

int sbpf_abi_find(const char *name)
{
	int abi = name ? find_abi(name, ~0u) : -1;

	return abi >= 0 || !name ? abi : find_token(name);
}

const char *sbpf_kernel_release(void)
{
	return KERNEL_RELEASE;
}

#define BIG_ENDIAN_BUILD (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* x32 and n32 programs have no machine of their own: their kernel's own ABI is the 64-bit one. */
#if defined(__x86_64__)
#define ABI_NATIVE ABI_X86_64
#elif defined(__i386__)
#define ABI_NATIVE ABI_X86
#elif defined(__aarch64__) && !BIG_ENDIAN_BUILD
#define ABI_NATIVE ABI_AARCH64
#elif defined(__arm__) && defined(__ARM_EABI__) && !BIG_ENDIAN_BUILD
#define ABI_NATIVE ABI_ARM
#elif defined(__loongarch__) && __loongarch_grlen == 64
#define ABI_NATIVE ABI_LOONGARCH64
#elif defined(__m68k__)
#define ABI_NATIVE ABI_M68K
#elif defined(__mips__) && _MIPS_SIM == _ABIO32
#define ABI_NATIVE (BIG_ENDIAN_BUILD ? ABI_MIPS : ABI_MIPSEL)
#elif defined(__mips__)
#define ABI_NATIVE (BIG_ENDIAN_BUILD ? ABI_MIPS64 : ABI_MIPSEL64)
#elif defined(__hppa__)
#define ABI_NATIVE (sizeof(long) == 8 ? ABI_PARISC64 : ABI_PARISC)
#elif defined(__powerpc64__)
#define ABI_NATIVE (BIG_ENDIAN_BUILD ? ABI_PPC64 : ABI_PPC64LE)
#elif defined(__powerpc__) && BIG_ENDIAN_BUILD
#define ABI_NATIVE ABI_PPC
#elif defined(__riscv) && __riscv_xlen == 64
#define ABI_NATIVE ABI_RISCV64
#elif defined(__s390x__)
#define ABI_NATIVE ABI_S390X
#elif defined(__s390__)
#define ABI_NATIVE ABI_S390
#elif defined(__sh__)
#define ABI_NATIVE (BIG_ENDIAN_BUILD ? ABI_SHEB : ABI_SH)
#else
#error "no ABI of arch/abis.tbl is this compiler's target"
#endif

int sbpf_abi_native(void)
{
	return ABI_NATIVE;
}

bool sbpf_abi_describe(int index, struct sbpf_abi *abi)
{
	const struct abi *entry;

	if (!is_abi(index) || !abi)
		return false;
	entry = &abis[index];
	*abi = (struct sbpf_abi){
		.name = strings + entry->name,
		.scmp_name = strings + entry->scmp_name,
		.go_name = strings + entry->go_name,
		.uname_name = strings + entry->uname_name,
		.audit_arch = entry->audit_arch,
		.number_offset = entry->number_offset,
		.word_bits = entry->word_bits,
		.register_bits = entry->register_bits,
		.big_endian = entry->big_endian,
		.is_machine = entry->is_machine,
	};
	return true;
}

bool sbpf_call_number(int abi, const char *name, uint32_t *number)
{
	int id = is_abi(abi) && name ? call_find(name, strlen(name)) : -1;
	int32_t found = id < 0 ? -1 : call_table_number(abi, id);

	if (found < 0 || !number)
		return false;
	*number = abi_number_offset(abi) + (uint32_t)found;
	return true;
}

const char *sbpf_call_name(int abi, uint32_t number)
{
	/* A number below the offset wraps around to one that no table has. */
	int id = is_abi(abi) ? call_by_table_number(abi, number - abi_number_offset(abi)) : -1;

	return id < 0 ? NULL : call_name(id);
}

bool sbpf_call_parameter(int abi, const char *call, unsigned int argument,
			 struct sbpf_parameter *parameter)
{
	int id = is_abi(abi) && call ? call_find(call, strlen(call)) : -1;
	const struct parameter *found = id < 0 ? NULL : find_parameter(abi, id, argument);

	if (!found || !parameter)
		return false;
	*parameter = (struct sbpf_parameter){
		.name = strings + found->name,
		.kind = found->kind,
		.bits = parameter_bits(abi, found),
	};
	return true;
}

const char *sbpf_call_since(const char *name)
{
	int id = name ? call_find(name, strlen(name)) : -1;

	return id < 0 ? NULL : strings + releases[call_releases[id]].text;
}

const char *sbpf_call_exempt(int abi, uint32_t number)
{
	int id = is_abi(abi) ? call_by_table_number(abi, number - abi_number_offset(abi)) : -1;

	for (size_t i = 0; i < COUNT(exempts); i++) {
		if (exempts[i].call == id && exempts[i].abi == abi)
			return strings + exempts[i].since;
	}
	return NULL;
}

bool sbpf_multiplexed_at(size_t index, struct sbpf_multiplexed *multiplexed_call)
{
	const struct multiplexed *entry;

	/* The first entry is that of all other calls. */
	if (index >= COUNT(multiplexed) - 1 || !multiplexed_call)
		return false;
	entry = &multiplexed[index + 1];
	*multiplexed_call = (struct sbpf_multiplexed){
		.multiplexer = call_name(entry->multiplexer),
		.sub = entry->sub,
		.mask = call_multiplexer_mask(entry->multiplexer),
		.call = call_name(entry->call),
	};
	return true;
}

bool sbpf_call_multiplexed(const char *call, struct sbpf_multiplexed *multiplexed_call)
{
	int id = call ? call_find(call, strlen(call)) : -1;

	return id >= 0 && call_multiplexed[id] &&
	       sbpf_multiplexed_at(call_multiplexed[id] - 1u, multiplexed_call);
}

int sbpf_call_count(void)
{
	return CALL_COUNT;
}

const char *sbpf_call_at(int index)
{
	return index < 0 || index >= CALL_COUNT ? NULL : call_name(index);
}

int sbpf_call_find(const char *name)
{
	return name ? call_find(name, strlen(name)) : -1;
}
