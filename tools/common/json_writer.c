/* SPDX-License-Identifier: MIT */
#include "json_writer.h"
#include "common.h"

#include <inttypes.h>

void json_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("null", out);
		return;
	}
	putc('"', out);
	while (*text) {
		size_t length = text_sequence(text, SIZE_MAX);
		unsigned int steering = text_steers(text, length);

		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (steering)
			fprintf(out, "\\u%04x", steering);
		else if (!length)
			fputs("\\ufffd", out);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
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
