/* SPDX-License-Identifier: MIT */
/* Findings as SARIF. */
#include "lint.h"

#include "sarif.h"

#include <stdlib.h>

static void print_example(FILE *out, const void *context)
{
	fputs("{\"example\": ", out);
	finding_example_json(out, context);
	putc('}', out);
}

void findings_sarif(FILE *out, const struct finding *findings, size_t count)
{
	struct sarif_rule rules[LINT_IDS];
	struct sarif_log log = { .tool = "sbpf lint", .rules = rules, .rule_count = LINT_IDS };

	for (int id = 0; id < LINT_IDS; id++)
		rules[id] = (struct sarif_rule){ lint_rules[id].name, lint_rules[id].summary,
						 severity_names[lint_rules[id].severity] };
	sarif_begin(out, &log);
	for (size_t i = 0; i < count; i++) {
		const struct finding *finding = &findings[i];

		sarif_result(out, &log,
			     &(struct sarif_result){
				     .rule = (size_t)finding->id,
				     .level = severity_names[finding->severity],
				     .message = finding->message,
				     .file = finding->file,
				     .line = finding->place.line,
				     .path = finding->place.path,
				     .print_properties =
					     finding->has_example ? print_example : NULL,
				     .context = finding,
			     });
	}
	sarif_end(out, &log);
}
