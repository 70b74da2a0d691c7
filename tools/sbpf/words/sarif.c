/* SPDX-License-Identifier: MIT */
#include "sarif.h"

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

static void print_rule(FILE *out, const struct sarif_rule *rule)
{
	fputs("{\"id\": ", out);
	json_string(out, rule->name);
	fputs(", \"shortDescription\": {\"text\": ", out);
	json_string(out, rule->summary);
	fputs("}, \"defaultConfiguration\": {\"level\": ", out);
	json_string(out, rule->level);
	fputs("}}", out);
}

void sarif_begin(FILE *out, const struct sarif_log *log)
{
	fputs("{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
	      "  \"version\": \"2.1.0\",\n  \"runs\": [{\n    \"tool\": {\"driver\": {\n"
	      "      \"name\": ",
	      out);
	json_string(out, log->tool);
	fputs(",\n      \"version\": ", out);
	json_string(out, sbpf_version());
	fputs(",\n      \"rules\": [", out);
	for (size_t i = 0; i < log->rule_count; i++) {
		fputs(i ? ",\n        " : "\n        ", out);
		print_rule(out, &log->rules[i]);
	}
	fputs("\n      ]\n    }},\n    \"results\": [", out);
}

static void print_location(FILE *out, const struct sarif_result *result)
{
	fputs("{\"physicalLocation\": {\"artifactLocation\": {\"uri\": ", out);
	print_uri(out, strcmp(result->file, "-") ? result->file : "stdin");
	putc('}', out);
	if (result->line)
		fprintf(out, ", \"region\": {\"startLine\": %u}", result->line);
	fputs("}, \"logicalLocations\": [{\"fullyQualifiedName\": ", out);
	json_string(out, result->path);
	fputs("}]}", out);
}

void sarif_result(FILE *out, struct sarif_log *log, const struct sarif_result *result)
{
	fputs(log->results++ ? ",\n      " : "\n      ", out);
	fputs("{\"ruleId\": ", out);
	json_string(out, log->rules[result->rule].name);
	fprintf(out, ", \"ruleIndex\": %zu, \"level\": ", result->rule);
	json_string(out, result->level);
	fputs(", \"message\": {\"text\": ", out);
	json_string(out, result->message);
	fputs("}, \"locations\": [", out);
	print_location(out, result);
	putc(']', out);
	if (result->print_properties) {
		fputs(", \"properties\": ", out);
		result->print_properties(out, result->context);
	}
	putc('}', out);
}

void sarif_end(FILE *out, const struct sarif_log *log)
{
	fputs(log->results ? "\n    ]\n  }]\n}\n" : "]\n  }]\n}\n", out);
}
