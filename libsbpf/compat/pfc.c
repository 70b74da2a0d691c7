/* SPDX-License-Identifier: MIT */
/*
 * Pseudo filter code: what the compiled program means, call by call, for people to read. It comes
 * from the program and not from the rules, so it shows what the kernel will do.
 */
#include "context.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Tables have no more numbers in a row than this; what is longer is no list of calls. */
#define LISTED_MAX 4096u

/* A text in memory. Not open_memstream(3): glibc 2.36 loses what a stream that cannot grow is
 * handed, and the stream does not know. */
struct pfc_text {
	char *data;
	size_t length;
	size_t capacity;
	bool failed; /* an allocation did, and a part is missing */
};

struct listing {
	struct pfc_text *out;
	struct sbpf_space *space;
	sbpf_meaning meaning;
	uint32_t otherwise; /* the verdict of all calls that are not listed */
	int index;
	struct sbpf_abi abi;
	uint32_t number; /* whose cases are listed */
	struct sbpf_error *error;
};

static void append(struct pfc_text *text, const char *addition, size_t length)
{
	size_t capacity = text->capacity ? text->capacity : 4096;
	char *data = text->data;

	while (capacity - text->length < length)
		capacity *= 2;
	if (capacity != text->capacity)
		data = realloc(text->data, capacity);
	if (!data) {
		text->failed = true;
		return;
	}
	memcpy(data + text->length, addition, length);
	text->data = data;
	text->length += length;
	text->capacity = capacity;
}

/* Lines are put together of pieces shorter than this. */
#define PIECE_MAX 256

__attribute__((format(printf, 2, 3))) static void print(struct pfc_text *text, const char *format,
							...)
{
	char piece[PIECE_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(piece, sizeof(piece), format, arguments);
	va_end(arguments);
	if (length >= 0 && length < PIECE_MAX)
		append(text, piece, (size_t)length);
	else
		text->failed = true;
}

static void print_verdict(struct pfc_text *out, uint32_t verdict)
{
	char text[32];

	print(out, "%s", sbpf_verdict_format(verdict, text, sizeof(text)));
}

/* ---- One call ---- */

static void print_test(const struct listing *listing, const struct sbpf_test *test)
{
	const uint64_t most = test->bits == 32 ? UINT32_MAX : UINT64_MAX;
	bool half = test->bits < listing->abi.register_bits;
	char argument[16];

	snprintf(argument, sizeof(argument), "%s$a%u%s", half ? "low(" : "", test->argument,
		 half ? ")" : "");
	if (test->masked ? test->low == most : test->low == test->high)
		print(listing->out, " && %s == 0x%" PRIx64, argument, test->high);
	else if (test->masked)
		print(listing->out, " && (%s & 0x%" PRIx64 ") == 0x%" PRIx64, argument, test->low,
		      test->high);
	else {
		if (test->low > 0)
			print(listing->out, " && %s >= 0x%" PRIx64, argument, test->low);
		if (test->high < most)
			print(listing->out, " && %s <= 0x%" PRIx64, argument, test->high);
	}
}

static void print_call(const struct listing *listing, const struct sbpf_case *one)
{
	const char *name = sbpf_call_name(listing->index, listing->number);

	print(listing->out, "\tif ($syscall == %" PRId32, (int32_t)listing->number);
	for (size_t i = 0; i < one->test_count; i++)
		print_test(listing, &one->tests[i]);
	print(listing->out, ") ");
	print_verdict(listing->out, one->verdict);
	if (name)
		print(listing->out, "; # %s\n", name);
	else
		print(listing->out, ";\n");
}

static bool report_case(void *context, const struct sbpf_case *one)
{
	const struct listing *listing = context;

	if (one->verdict != listing->otherwise)
		print_call(listing, one);
	return true;
}

/* ---- One ABI ---- */

static void print_range(const struct listing *listing, const struct sbpf_range *range)
{
	print(listing->out, "\tif ($syscall >= %" PRIu32 " && $syscall <= %" PRIu32 ") ",
	      range->first, range->last);
	print_verdict(listing->out, range->verdict);
	print(listing->out, ";\n");
}

static bool print_cases(struct listing *listing)
{
	struct sbpf_error *error = listing->error;

	if (sbpf_meaning_cases(listing->space, listing->meaning, listing->index, listing->number,
			       report_case, listing, error) == 0)
		return true;
	if (error->code != SBPF_ERROR_LIMIT)
		return false;
	*error = (struct sbpf_error){ 0 };
	print(listing->out, "\t# number %" PRIu32 ": more cases than can be listed\n",
	      listing->number);
	return true;
}

static bool report_range(void *context, const struct sbpf_range *range)
{
	struct listing *listing = context;
	const struct sbpf_case whole = { .verdict = range->verdict };

	if (range->always && range->verdict == listing->otherwise)
		return true;
	if (range->always && range->last - range->first >= LISTED_MAX) {
		print_range(listing, range);
		return true;
	}
	for (uint64_t number = range->first; number <= range->last; number++) {
		listing->number = (uint32_t)number;
		if (range->always)
			print_call(listing, &whole);
		else if (!print_cases(listing))
			return false;
	}
	return true;
}

static int print_abi(struct listing *listing, int index)
{
	listing->index = index;
	if (!sbpf_abi_describe(index, &listing->abi))
		return 0;
	print(listing->out, "if ($arch == 0x%08" PRIx32 ") { # %s\n", listing->abi.audit_arch,
	      listing->abi.name);
	if (sbpf_meaning_ranges(listing->space, listing->meaning, index, report_range, listing,
				listing->error))
		return -1;
	print(listing->out, "\t");
	print_verdict(listing->out, listing->otherwise);
	print(listing->out, ";\n}\n");
	return listing->error->code == SBPF_OK ? 0 : -1;
}

/* ---- The filter ---- */

static int print_filter(struct pfc_text *out, const struct context *context,
			struct sbpf_error *error)
{
	const struct sbpf_filter *filter = context->program->filter;
	struct listing listing = {
		.out = out,
		.otherwise = context->attributes[SCMP_FLTATR_ACT_DEFAULT],
		.error = error,
	};
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);
	int result;

	listing.space = sbpf_space_new(sbpf_filter_machine(filter), 0, error);
	result = sbpf_meaning_of_program(listing.space, program, count, &listing.meaning, error);
	print(out, "# pseudo filter code: of each block, the line that applies\n");
	for (unsigned int i = 0; result == 0 && i < context->set.abi_count; i++)
		result = print_abi(&listing, context->set.abis[i]);
	print_verdict(out, context->attributes[SCMP_FLTATR_ACT_BADARCH]);
	print(out, "; # every other architecture\n");
	sbpf_space_free(listing.space);
	return result;
}

COMPAT_API int seccomp_export_pfc(const scmp_filter_ctx ctx, int fd)
{
	struct context *context = usable_context_of(ctx);
	int code = context ? program_compile(context) : -EINVAL;
	struct sbpf_error error = { 0 };
	struct pfc_text text = { 0 };
	int failed;

	if (code)
		return code;
	if (print_filter(&text, context, &error))
		code = error.code == SBPF_ERROR_MEMORY ? -ENOMEM : -EFAULT;
	else if (text.failed)
		code = -ENOMEM;
	if (code == 0) {
		failed = write_all(fd, text.data, text.length);
		code = failed ? system_code(context, failed) : 0;
	}
	free(text.data);
	return code;
}
