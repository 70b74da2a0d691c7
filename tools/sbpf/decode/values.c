/* SPDX-License-Identifier: MIT */
#include "values.h"

#include "common.h"
#include "constants.h"

#include <inttypes.h>

/* ---- Values by themselves ---- */

static int64_t signed_of(const struct value *value)
{
	unsigned int unused = 64 - value->bits;

	return (int64_t)(value->value << unused) >> unused;
}

static void print_number(struct decoding *decoding, const struct value *value)
{
	fprintf(decoding->out, "%" PRIu64, value->value);
}

static void print_signed(struct decoding *decoding, const struct value *value)
{
	fprintf(decoding->out, "%" PRId64, signed_of(value));
}

static void print_hex(struct decoding *decoding, const struct value *value)
{
	fprintf(decoding->out, value->value ? "0x%" PRIx64 : "%" PRIx64, value->value);
}

static void print_address(struct decoding *decoding, const struct value *value)
{
	address_print(decoding->out, value->value);
}

static void print_descriptor(struct decoding *decoding, const struct value *value)
{
	int fd = (int)value->value;
	char name[32];

	fprintf(decoding->out, "%d", fd);
	snprintf(name, sizeof(name), "fd/%d", fd);
	if (fd >= 0)
		link_print(decoding, name, "<", ">");
}

static void print_folder(struct decoding *decoding, const struct value *value)
{
	const char *name = constant_name_in(decoding->abi, "directories", (uint32_t)value->value);

	if (!name) {
		print_descriptor(decoding, value);
		return;
	}
	fputs(name, decoding->out);
	if (value->is_relative)
		link_print(decoding, "cwd", "<", ">");
}

static void print_octal(struct decoding *decoding, const struct value *value)
{
	fprintf(decoding->out, value->value ? "0%" PRIo64 : "%" PRIo64, value->value);
}

static void print_mode(struct decoding *decoding, const struct value *value)
{
	uint64_t type = value->value & 0170000;

	if (type && constant_print_set(decoding->out, decoding->abi, "file-types", type))
		fprintf(decoding->out, "|0%" PRIo64, value->value & 07777);
	else
		print_octal(decoding, value);
}

static void print_id(struct decoding *decoding, const struct value *value)
{
	uint64_t none = UINT64_MAX >> (64 - value->bits);

	if (value->value == none)
		fputs("-1", decoding->out);
	else
		print_number(decoding, value);
}

/* The kernel's own form of 32 bits: include/linux/kdev_t.h, new_decode_dev. */
static void print_device(struct decoding *decoding, const struct value *value)
{
	uint64_t device = value->value;

	fprintf(decoding->out, "makedev(0x%" PRIx64 ", 0x%" PRIx64 ")", (device & 0xfff00) >> 8,
		(device & 0xff) | ((device >> 12) & 0xfff00));
}

/* The first real-time signal, as the kernel counts. */
#define FIRST_REAL_TIME 32

static void print_signal(struct decoding *decoding, const struct value *value)
{
	int64_t signal = signed_of(value);
	const char *name = constant_name_in(decoding->abi, "signals", value->value);

	if (name)
		fputs(name, decoding->out);
	else if (signal > FIRST_REAL_TIME && signal <= 64)
		fprintf(decoding->out, "SIGRT_%" PRId64, signal - FIRST_REAL_TIME);
	else if (signal == FIRST_REAL_TIME)
		fputs("SIGRTMIN", decoding->out);
	else
		print_signed(decoding, value);
}

static void print_capability(struct decoding *decoding, const struct value *value)
{
	const char *name =
		value->value < 64 ? sbpf_capability_name((unsigned int)value->value) : NULL;

	if (name)
		fputs(name, decoding->out);
	else
		print_signed(decoding, value);
}

static void print_constants(struct decoding *decoding, const struct value *value)
{
	if (!constant_print_set(decoding->out, decoding->abi, value->of, value->value))
		print_hex(decoding, value);
}

static void print_named(struct decoding *decoding, const struct value *value)
{
	const char *name = constant_name_in(decoding->abi, value->of, value->value);

	if (name)
		fputs(name, decoding->out);
	else
		print_signed(decoding, value);
}

/* The permissions of a new object are in the last bits of the flags of shmget(2) and its like. */
static void print_permissions(struct decoding *decoding, const struct value *value)
{
	uint64_t flags = value->value & ~UINT64_C(0777);

	if (flags && constant_print_set(decoding->out, decoding->abi, value->of, flags))
		fprintf(decoding->out, "|0%" PRIo64, value->value & 0777);
	else
		print_octal(decoding, value);
}

/* ---- Requests of ioctl(2) ---- */

/* Machines of include/uapi/asm-generic/ioctl.h: direction, size, type and number from the top. */
static void print_request(struct decoding *decoding, const struct value *value)
{
	static const char *const directions[] = { "_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
						  "_IOC_READ|_IOC_WRITE" };
	uint32_t request = (uint32_t)value->value;

	if (constant_print_set(decoding->out, decoding->abi, "ioctl-requests+other-requests",
			       request))
		return;
	fprintf(decoding->out, "_IOC(%s, 0x%x, 0x%x, 0x%x)", directions[request >> 30],
		request >> 8 & 0xff, request & 0xff, request >> 16 & 0x3fff);
}

/* ---- All of them ---- */

static printer *const printers[SHAPE_FIRST_FOLLOWED] = {
	[SHAPE_KIND] = print_hex,
	[SHAPE_ABSENT] = print_hex,
	[SHAPE_NUMBER] = print_number,
	[SHAPE_SIGNED] = print_signed,
	[SHAPE_HEX] = print_hex,
	[SHAPE_ADDRESS] = print_address,
	[SHAPE_FD] = print_descriptor,
	[SHAPE_FOLDER] = print_folder,
	[SHAPE_OCTAL] = print_octal,
	[SHAPE_MODE] = print_mode,
	[SHAPE_ID] = print_id,
	[SHAPE_DEVICE] = print_device,
	[SHAPE_SIGNAL] = print_signal,
	[SHAPE_CAPABILITY] = print_capability,
	[SHAPE_CONSTANTS] = print_constants,
	[SHAPE_NAMED] = print_named,
	[SHAPE_PERMISSIONS] = print_permissions,
	[SHAPE_REQUEST] = print_request,
};

void plain_print(struct decoding *decoding, const struct value *value)
{
	printers[value->shape](decoding, value);
}
