/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>

/* The length of the UTF-8 sequence that begins here, 0 when it is none (RFC 3629, section 4). */
static size_t sequence_length(const unsigned char *at)
{
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc2 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
				       : 4;

	if (at[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

/* The character of a sequence of two or three bytes. */
static unsigned int character_of(const unsigned char *at, size_t length)
{
	if (length == 2)
		return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	return (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
}

/* C1 controls, separators of lines, and what turns the direction of writing round. */
static bool is_steering(const unsigned char *at, size_t length)
{
	unsigned int character;

	if (length != 2 && length != 3)
		return false;
	character = character_of(at, length);
	return character < 0xa0 || character == 0x200e || character == 0x200f ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

void json_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("null", out);
		return;
	}
	putc('"', out);
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t length = sequence_length(at);

		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < 0x20 || *at == 0x7f)
			fprintf(out, "\\u%04x", *at);
		else if (is_steering(at, length))
			fprintf(out, "\\u%04x", character_of(at, length));
		else if (!length)
			fputs("\\ufffd", out);
		else
			fwrite(at, 1, length, out);
		at += length ? length : 1;
	}
	putc('"', out);
}

void json_hex(FILE *out, uint64_t value)
{
	fprintf(out, "\"0x%" PRIx64 "\"", value);
}

void json_arguments(FILE *out, const struct seccomp_data *data)
{
	for (unsigned int i = 0; i < 6; i++) {
		fputs(i ? ", " : "[", out);
		json_hex(out, data->args[i]);
	}
	putc(']', out);
}

void json_verdict(FILE *out, uint32_t verdict)
{
	char text[32];

	fprintf(out, "{\"value\": %" PRIu32 ", \"text\": ", verdict);
	json_string(out, sbpf_verdict_format(verdict, text, sizeof(text)));
	putc('}', out);
}

void json_call(FILE *out, int abi, const struct seccomp_data *data)
{
	struct sbpf_abi description;

	fputs("\"abi\": ", out);
	json_string(out, sbpf_abi_describe(abi, &description) ? description.name : NULL);
	fprintf(out, ", \"arch\": %" PRIu32 ", \"nr\": %" PRIu32 ", \"name\": ", data->arch,
		(uint32_t)data->nr);
	json_string(out, sbpf_call_name(abi, (uint32_t)data->nr));
	fputs(", \"args\": ", out);
	json_arguments(out, data);
}

void json_example(FILE *out, const struct sbpf_example *example)
{
	if (!example) {
		fputs("null", out);
		return;
	}
	putc('{', out);
	json_call(out, example->abi, &example->data);
	fputs(", \"a\": ", out);
	json_verdict(out, example->a);
	fputs(", \"b\": ", out);
	json_verdict(out, example->b);
	putc('}', out);
}
