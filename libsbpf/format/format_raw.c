/* SPDX-License-Identifier: MIT */
/* A filter as the bytes of its instructions, plain or in base64. */
#include "format.h"

#include "arch.h"

#include <stdlib.h>

/* struct sock_filter as memory of the target holds it: u16 code, u8 jt, u8 jf, u32 k. */
#define INSTRUCTION_SIZE 8

/* byte is counted from the least significant one. */
static uint8_t take_byte(uint32_t value, unsigned int byte)
{
	return (uint8_t)(value >> (8 * byte));
}

static void encode(const struct sock_filter *instruction, bool big_endian,
		   uint8_t bytes[INSTRUCTION_SIZE])
{
	for (unsigned int i = 0; i < 2; i++)
		bytes[i] = take_byte(instruction->code, big_endian ? 1 - i : i);
	bytes[2] = instruction->jt;
	bytes[3] = instruction->jf;
	for (unsigned int i = 0; i < 4; i++)
		bytes[4 + i] = take_byte(instruction->k, big_endian ? 3 - i : i);
}

void format_raw(const struct sbpf_filter *filter, struct text *text)
{
	bool big_endian = abi_big_endian(filter->machine);
	uint8_t bytes[INSTRUCTION_SIZE];

	for (size_t i = 0; i < filter->count; i++) {
		encode(&filter->program[i], big_endian, bytes);
		text_add_bytes(text, bytes, sizeof(bytes));
	}
}

/* RFC 4648, section 4: three bytes become four digits, '=' fills the last group. */
static void add_group(struct text *text, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	uint32_t group = (uint32_t)bytes[0] << 16;
	char encoded[4];

	if (count > 1)
		group |= (uint32_t)bytes[1] << 8;
	if (count > 2)
		group |= bytes[2];
	for (size_t i = 0; i < 4; i++)
		encoded[i] = i <= count ? digits[group >> (18 - 6 * i) & 0x3f] : '=';
	text_add_bytes(text, encoded, sizeof(encoded));
}

void format_base64(const struct sbpf_filter *filter, struct text *text)
{
	struct text raw = { 0 };

	format_raw(filter, &raw);
	for (size_t i = 0; i < raw.length; i += 3)
		add_group(text, (const uint8_t *)raw.data + i,
			  raw.length - i < 3 ? raw.length - i : 3);
	text_add(text, "\n");
	text->failed |= raw.failed;
	free(raw.data);
}
