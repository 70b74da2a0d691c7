/* SPDX-License-Identifier: MIT */
/* Findings as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"). */
#include "lint.h"

#include "json_writer.h"

#include <ctype.h>
#include <string.h>

/* A path as a relative or absolute URI reference (RFC 3986, section 2). */
static void print_uri(FILE *out, const char *path)
{
	putc('"', out);
	for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
		if (isalnum(*at) || strchr("-._~/", *at))
			putc(*at, out);
		else
			fprintf(out, "%%%02X", *at);
	}
	putc('"', out);
}

static void print_rules(FILE *out)
{
	for (int id = 0; id < LINT_IDS; id++) {
		const struct lint_rule *rule = &lint_rules[id];

		fputs(id ? ",\n        " : "\n        ", out);
		fputs("{\"id\": ", out);
		json_string(out, rule->name);
		fputs(", \"shortDescription\": {\"text\": ", out);
		json_string(out, rule->summary);
		fputs("}, \"defaultConfiguration\": {\"level\": ", out);
		json_string(out, severity_names[rule->severity]);
		fputs("}}", out);
	}
}

static void print_location(FILE *out, const struct finding *finding)
{
	const char *file = strcmp(finding->file, "-") ? finding->file : "stdin";

	fputs("{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ", out);
	print_uri(out, file);
	putc('}', out);
	if (finding->place.line)
		fprintf(out, ", \"region\": {\"startLine\": %u}", finding->place.line);
	fputs("}, \"logicalLocations\": [{\"fullyQualifiedName\": ", out);
	json_string(out, finding->place.path);
	fputs("}]}", out);
}

static void print_result(FILE *out, const struct finding *finding)
{
	fputs("{\"ruleId\": ", out);
	json_string(out, lint_rules[finding->id].name);
	fprintf(out, ", \"ruleIndex\": %d, \"level\": ", (int)finding->id);
	json_string(out, severity_names[finding->severity]);
	fputs(", \"message\": {\"text\": ", out);
	json_string(out, finding->message);
	fputs("}, \"locations\": [", out);
	print_location(out, finding);
	putc(']', out);
	if (finding->has_example) {
		fputs(", \"properties\": {\"example\": ", out);
		finding_example_json(out, finding);
		putc('}', out);
	}
	putc('}', out);
}

void sarif_print(FILE *out, const struct finding *findings, size_t count)
{
	fputs("{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
	      "  \"version\": \"2.1.0\",\n  \"runs\": [{\n    \"tool\": {\"driver\": {\n"
	      "      \"name\": \"sbpf lint\",\n      \"version\": ",
	      out);
	json_string(out, sbpf_version());
	fputs(",\n      \"rules\": [", out);
	print_rules(out);
	fputs("\n      ]\n    }},\n    \"results\": [", out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n      " : "\n      ", out);
		print_result(out, &findings[i]);
	}
	fputs(count ? "\n    ]\n  }]\n}\n" : "]\n  }]\n}\n", out);
}
