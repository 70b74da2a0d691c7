/* SPDX-License-Identifier: MIT */
/* What is around a profile's rules: the ABIs that it covers, and its default. */
#include "writer.h"

#include "call.h"

#include <inttypes.h>

bool writer_report_memory(const struct writer *writer)
{
	report(writer->request->tool->name, "out of memory");
	return false;
}

bool writer_check_verdict(struct writer *writer, const char *who, uint32_t verdict)
{
	if (verdict_is_writable(verdict))
		return true;
	proof_state(&writer->proof,
		    "%s gets the value 0x%08" PRIx32
		    "; only ERRNO and TRACE have data there, and that up to %d",
		    who, verdict, ERRNO_MAX);
	return false;
}

struct coverage {
	uint32_t bad_arch;
	bool covered;
};

/* 0xffffffff gets the default where x32 is left out (docs/semantics.md). */
static bool note_range(void *context, const struct sbpf_range *range)
{
	struct coverage *coverage = context;

	coverage->covered = !(range->always && range->verdict == coverage->bad_arch) &&
			    range->first != UINT32_MAX;
	return !coverage->covered;
}

static void add_abi(struct writer *writer, int abi)
{
	writer->outline.abis[writer->outline.abi_count++] = abi;
	writer->request->trouble->covered |= UINT64_C(1) << abi;
}

static bool add_abis(struct writer *writer, unsigned int register_bits)
{
	const struct profile_request *request = writer->request;
	struct sbpf_error error = { 0 };
	struct sbpf_abi description;

	for (int abi = 0; sbpf_abi_describe(abi, &description); abi++) {
		struct coverage coverage = { writer->bad_arch, false };

		if (abi == request->machine || description.register_bits != register_bits ||
		    writer->outline.abi_count == ABIS_MAX)
			continue;
		if (sbpf_meaning_ranges(request->space, request->meaning, abi, note_range,
					&coverage, &error)) {
			report_error(request->tool->name, request->name, &error);
			return false;
		}
		if (coverage.covered)
			add_abi(writer, abi);
	}
	return true;
}

static uint32_t verdict_at(const struct writer *writer, uint32_t arch, uint32_t number)
{
	const struct seccomp_data data = { .arch = arch, .nr = (int)number };
	uint32_t verdict = 0;

	sbpf_meaning_verdict(writer->request->space, writer->request->meaning, &data, &verdict);
	return verdict;
}

/* An arch that no ABI has stands for all of them. */
static bool find_coverage(struct writer *writer)
{
	const struct profile_request *request = writer->request;
	uint32_t elsewhere = verdict_at(writer, 0, 0);
	char wanted[VERDICT_MAX], given[VERDICT_MAX];

	writer->bad_arch = SECCOMP_RET_KILL_PROCESS;
	if (request->target->bad_arch &&
	    !sbpf_verdict_parse(request->target->bad_arch, &writer->bad_arch)) {
		report(request->tool->name, "--bad-arch: there is no action '%s'",
		       request->target->bad_arch);
		return false;
	}
	if (elsewhere != writer->bad_arch) {
		proof_state(
			&writer->proof,
			"calls from any other architecture get %s; a profile has no key for that, "
			"and --bad-arch, which decides it, is %s: try --bad-arch '%s'",
			sbpf_verdict_format(elsewhere, wanted, sizeof(wanted)),
			sbpf_verdict_format(writer->bad_arch, given, sizeof(given)), wanted);
		return false;
	}
	add_abi(writer, request->machine);
	return add_abis(writer, 64) && add_abis(writer, 32);
}

/* What a number without a name gets; between those with names if they are to differ from newer
 * ones. */
static void find_fallback(struct writer *writer)
{
	const struct sbpf_abi machine = abi_of(writer->request->machine);
	uint32_t number = SBPF_NUMBER_NEWER;

	if (writer->request->target->unknown_as_enosys) {
		number = machine.number_offset;
		while (sbpf_call_name(writer->request->machine, number))
			number++;
	}
	writer->outline.fallback = verdict_at(writer, machine.audit_arch, number);
}

bool writer_find_frame(struct writer *writer)
{
	if (!find_coverage(writer))
		return false;
	find_fallback(writer);
	return writer_check_verdict(writer, "an unknown number", writer->outline.fallback);
}
