/* SPDX-License-Identifier: MIT */
/* Rows and their findings as text, JSON and SARIF. */
#include "kubernetes.h"

#include "json_writer.h"
#include "pager.h"
#include "sarif.h"

#include <string.h>

/* ---- JSON ---- */

static void json_line(FILE *out, unsigned int line)
{
	if (line)
		fprintf(out, "%u", line);
	else
		fputs("null", out);
}

static void json_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, ", \"%s\": ", key);
	json_string(out, text);
}

static void json_declared(FILE *out, const struct declared *declared)
{
	fputs(", \"declared\": {\"type\": ", out);
	json_string(out, declared->level ? declared->type : NULL);
	json_text(out, "profile", declared->profile);
	json_text(out, "level", level_names[declared->level]);
	fputs(", \"line\": ", out);
	json_line(out, declared->line);
	putc('}', out);
}

static void json_findings(FILE *out, const struct row *row)
{
	fputs(", \"findings\": [", out);
	for (size_t i = 0; i < row->finding_count; i++) {
		const struct check_finding *finding = &row->findings[i];

		fputs(i ? ",\n   {\"id\": " : "\n   {\"id\": ", out);
		json_string(out, check_rule_at(finding->id).name);
		json_text(out, "severity", severity_names[finding->severity]);
		fputs(", \"line\": ", out);
		json_line(out, finding->line);
		json_text(out, "message", finding->message);
		putc('}', out);
	}
	fputs("]}", out);
}

static void json_row(FILE *out, const struct row *row)
{
	fputs("{\"file\": ", out);
	json_string(out, row->file);
	fprintf(out, ", \"line\": %u", row->line);
	json_text(out, "kind", row->kind);
	json_text(out, "name", row->name);
	json_text(out, "namespace", row->namespace);
	json_text(out, "container", row->container);
	json_text(out, "role", role_names[row->role]);
	json_declared(out, &row->declared);
	json_text(out, "effective", effective_names[row->effective]);
	json_text(out, "why", row->why);
	json_text(out, "fingerprint", row->fingerprint);
	fprintf(out, ", \"baseline\": %s, \"restricted\": %s", row->baseline ? "true" : "false",
		row->restricted ? "true" : "false");
	json_findings(out, row);
}

void rows_json(FILE *out, const struct check *check)
{
	putc('[', out);
	for (size_t i = 0; i < check->count; i++) {
		fputs(i ? ",\n " : "\n ", out);
		json_row(out, &check->rows[i]);
	}
	fputs(check->count ? "\n]\n" : "]\n", out);
}

/* ---- Findings, each once ---- */

static bool is_same(const struct check_finding *a, const struct check_finding *b)
{
	return a->id == b->id && a->line == b->line && !strcmp(a->message, b->message);
}

/* So many containers before are looked at. */
#define ROWS_BACK 64

/* Whether another container of the same pod, before this one, has the finding too. */
static bool is_told(const struct check *check, size_t row, const struct check_finding *finding)
{
	const struct row *here = &check->rows[row];

	for (size_t i = row; i-- > 0 && row - i <= ROWS_BACK;) {
		const struct row *other = &check->rows[i];

		if (other->file != here->file || other->kind != here->kind)
			return false;
		for (size_t j = 0; j < other->finding_count; j++) {
			if (is_same(&other->findings[j], finding))
				return true;
		}
	}
	return false;
}

/* ---- SARIF ---- */

void rows_sarif(FILE *out, const struct check *check)
{
	struct sarif_rule rules[CHECK_RULES];
	struct sarif_log log = { "sbpf k8s check", rules, CHECK_RULES, 0 };

	for (size_t id = 0; id < CHECK_RULES; id++) {
		struct check_rule rule = check_rule_at(id);

		rules[id] = (struct sarif_rule){ rule.name, rule.summary,
						 severity_names[rule.severity] };
	}
	sarif_begin(out, &log);
	for (size_t i = 0; i < check->count; i++) {
		const struct row *row = &check->rows[i];

		for (size_t j = 0; j < row->finding_count; j++) {
			const struct check_finding *finding = &row->findings[j];
			const struct sarif_result result = {
				.rule = finding->id,
				.level = severity_names[finding->severity],
				.message = finding->message,
				.file = row->file,
				.line = finding->line,
				.path = row->container ? row->container : "",
			};

			if (!is_told(check, i, finding))
				sarif_result(out, &log, &result);
		}
	}
	sarif_end(out, &log);
}

/* ---- Text ---- */

static const char *shown_file(const struct row *row)
{
	return strcmp(row->file, "-") ? row->file : "<stdin>";
}

static const enum paint severity_paints[] = {
	[SEVERITY_ERROR] = PAINT_KILL,
	[SEVERITY_WARNING] = PAINT_REFUSE,
	[SEVERITY_NOTE] = PAINT_TITLE,
};

static const enum paint effective_paints[EFFECTIVES] = {
	[EFFECTIVE_UNCONFINED] = PAINT_REFUSE, [EFFECTIVE_RUNTIME_DEFAULT] = PAINT_ALLOW,
	[EFFECTIVE_LOCALHOST] = PAINT_ALLOW,   [EFFECTIVE_OCI] = PAINT_ALLOW,
	[EFFECTIVE_NONE] = PAINT_REFUSE,       [EFFECTIVE_ERROR] = PAINT_KILL,
	[EFFECTIVE_UNKNOWN] = PAINT_TITLE,
};

static void print_declared(FILE *out, const struct declared *declared)
{
	if (!declared->level)
		return;
	fprintf(out, "declared %s%s%s, line %u; ", *declared->type ? declared->type : "(no type)",
		declared->profile ? " " : "", declared->profile ? declared->profile : "",
		declared->line);
}

static void print_policy(FILE *out, const struct row *row)
{
	if (row->size)
		fprintf(out, "    %zu instructions", row->size);
	if (row->fingerprint)
		fprintf(out, "%s%s", row->size ? ", " : "    ", row->fingerprint);
	if (row->size || row->fingerprint)
		putc('\n', out);
}

static void print_row(struct page *page, const struct row *row)
{
	FILE *out = page->stream;

	fprintf(out, "%s:%u: %s %s%s%s, %s%s%s: ", shown_file(row), row->line, row->kind,
		row->namespace ? row->namespace : "", row->namespace ? "/" : "",
		row->name ? row->name : "(no name)", row->role ? role_names[row->role] : "",
		row->role ? " container " : "container ",
		row->container ? row->container : "(no name)");
	page_paint(page, effective_paints[row->effective]);
	fputs(effective_names[row->effective], out);
	page_paint(page, PAINT_NONE);
	fputs("\n    ", out);
	print_declared(out, &row->declared);
	fprintf(out, "%s\n", row->why);
	print_policy(out, row);
	fprintf(out, "    PodSecurity: %s\n",
		row->restricted ? "restricted"
		: row->baseline ? "baseline, not restricted"
				: "privileged only");
}

static void print_findings(struct page *page, const struct check *check, size_t index,
			   size_t counts[])
{
	const struct row *row = &check->rows[index];

	for (size_t i = 0; i < row->finding_count; i++) {
		const struct check_finding *finding = &row->findings[i];

		if (is_told(check, index, finding))
			continue;
		counts[finding->severity]++;
		fprintf(page->stream, "%s:%u: ", shown_file(row), finding->line);
		page_paint(page, severity_paints[finding->severity]);
		fprintf(page->stream, "%s: ", severity_names[finding->severity]);
		page_paint(page, PAINT_NONE);
		fprintf(page->stream, "%s [%s]\n", finding->message,
			check_rule_at(finding->id).name);
	}
}

void rows_text(struct page *page, const struct check *check)
{
	size_t counts[SEVERITY_NOTE + 1] = { 0 };

	for (size_t i = 0; i < check->count; i++) {
		print_row(page, &check->rows[i]);
		print_findings(page, check, i, counts);
	}
	fprintf(page->stream, "%zu container%s: %zu error%s, %zu warning%s, %zu note%s\n",
		check->count, check->count == 1 ? "" : "s", counts[SEVERITY_ERROR],
		counts[SEVERITY_ERROR] == 1 ? "" : "s", counts[SEVERITY_WARNING],
		counts[SEVERITY_WARNING] == 1 ? "" : "s", counts[SEVERITY_NOTE],
		counts[SEVERITY_NOTE] == 1 ? "" : "s");
}
