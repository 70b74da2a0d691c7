/* SPDX-License-Identifier: MIT */
#include "splice.h"

#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Places ---- */

/* From begin up to end. */
struct stretch {
	size_t begin;
	size_t end;
};

static size_t skip_space(const struct splice *splice, size_t at)
{
	while (at < splice->length && strchr(" \t\r\n", splice->text[at]))
		at++;
	return at;
}

static size_t skip_space_back(const struct splice *splice, size_t at)
{
	while (at && strchr(" \t\r\n", splice->text[at - 1]))
		at--;
	return at;
}

static size_t skip_string(const struct splice *splice, size_t at)
{
	for (at++; at < splice->length && splice->text[at] != '"'; at++)
		at += splice->text[at] == '\\';
	return at + 1;
}

/* The text is valid JSON, so that brackets alone tell where a value ends. */
static size_t skip_value(const struct splice *splice, size_t at)
{
	size_t depth = 0;

	while (at < splice->length) {
		char character = splice->text[at];

		if (character == '"')
			at = skip_string(splice, at);
		else
			at++;
		depth += character == '{' || character == '[';
		depth -= character == '}' || character == ']';
		if (depth || (character != '"' && character != '}' && character != ']' &&
			      at < splice->length && !strchr(" \t\r\n,]}", splice->text[at])))
			continue;
		return at;
	}
	return at;
}

/* Where the value of a path under the profile is; false when there is none. */
static bool find(const struct splice *splice, struct stretch *value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool find(const struct splice *splice, struct stretch *value, const char *format, ...)
{
	unsigned int line, column;
	const char *at = splice->text;
	char path[160];
	va_list arguments;
	int length = snprintf(path, sizeof(path), "%s", splice->prefix);

	va_start(arguments, format);
	vsnprintf(path + length, sizeof(path) - (size_t)length, format, arguments);
	va_end(arguments);
	if (splice->failed || !sbpf_json_locate(splice->text, splice->length, path, &line, &column))
		return false;
	while (--line) {
		at = memchr(at, '\n', splice->length - (size_t)(at - splice->text));
		if (!at)
			return false;
		at++;
	}
	value->begin = (size_t)(at - splice->text) + column - 1;
	value->end = skip_value(splice, value->begin);
	return value->end <= splice->length;
}

static bool is_null(const struct splice *splice, const struct stretch *value)
{
	return splice->text[value->begin] == 'n';
}

/* ---- Changes ---- */

/* Puts length bytes in the place of a stretch. */
static void replace(struct splice *splice, struct stretch old, const char *bytes, size_t length)
{
	size_t rest = splice->length - old.end;
	char *text;

	if (splice->failed)
		return;
	text = realloc(splice->text, splice->length + length + 1);
	if (!text || !bytes) {
		splice->text = text ? text : splice->text;
		splice->failed = true;
		return;
	}
	memmove(text + old.begin + length, text + old.end, rest);
	memcpy(text + old.begin, bytes, length);
	splice->text = text;
	splice->length = old.begin + length + rest;
	text[splice->length] = '\0';
}

static void insert(struct splice *splice, size_t at, const char *text)
{
	replace(splice, (struct stretch){ at, at }, text, text ? strlen(text) : 0);
}

void splice_begin(struct splice *splice, const char *text, size_t length, const char *prefix)
{
	*splice = (struct splice){ .text = malloc(length + 1), .length = length, .prefix = prefix };
	splice->failed = !splice->text;
	if (splice->failed)
		return;
	memcpy(splice->text, text, length);
	splice->text[length] = '\0';
}

void splice_end(struct splice *splice)
{
	free(splice->text);
	splice->text = NULL;
}

/* ---- What stands beside ---- */

/* How the elements of an array are laid out. */
struct layout {
	size_t at; /* where the next one goes */
	bool is_empty;
	char *separator; /* in front of each: "\n\t\t" */
	char *unit;	 /* by which what is inside of one is indented further; NULL: one line */
	char *closing;	 /* behind the last, if the array was empty: "\n\t" */
};

static void layout_free(struct layout *layout)
{
	free(layout->separator);
	free(layout->unit);
	free(layout->closing);
}

static char *copy(const struct splice *splice, size_t begin, size_t end)
{
	return strndup(splice->text + begin, end - begin);
}

/* The end of line and indentation of the line in which something stands; "" where there is one line
 * only. */
static char *copy_line_begin(const struct splice *splice, size_t at)
{
	size_t begin = at, end;

	while (begin && splice->text[begin - 1] != '\n')
		begin--;
	if (!memchr(splice->text, '\n', splice->length))
		return strdup("");
	for (end = begin; splice->text[end] == ' ' || splice->text[end] == '\t'; end++)
		continue;
	/* The first line may have none before it. */
	if (!begin)
		return strdup("\n");
	begin -= begin > 1 && splice->text[begin - 2] == '\r' ? 2 : 1;
	return copy(splice, begin, end);
}

/* Of an array without elements. */
static void lay_out_empty(const struct splice *splice, const struct stretch *array,
			  struct layout *layout)
{
	char *separator = NULL;
	const char *unit;

	layout->closing = copy_line_begin(splice, array->begin);
	layout->at = array->begin + 1;
	layout->is_empty = true;
	if (!layout->closing)
		return;
	unit = strchr(layout->closing, ' ') ? "  " : "\t";
	if (!*layout->closing)
		separator = strdup("");
	else if (asprintf(&separator, "%s%s", layout->closing, unit) < 0)
		separator = NULL;
	if (separator && *separator)
		layout->unit = strdup(unit);
	layout->separator = separator;
}

/* Whether the elements inside of one are on lines of their own, and how far in. */
static void find_unit(const struct splice *splice, const struct stretch *element,
		      struct layout *layout)
{
	size_t inside = skip_space(splice, element->begin + 1);
	size_t outer = strlen(layout->separator);
	size_t length = inside - element->begin - 1;

	if (splice->text[element->begin] == '{' && length > outer &&
	    strchr(layout->separator, '\n') &&
	    !strncmp(splice->text + element->begin + 1, layout->separator, outer))
		layout->unit = copy(splice, element->begin + 1 + outer, inside);
}

/* False when the array cannot be added to. */
static bool lay_out(const struct splice *splice, const struct stretch *array, struct layout *layout)
{
	size_t before = array->begin + 1;
	struct stretch element = { skip_space(splice, before), 0 };

	*layout = (struct layout){ 0 };
	if (splice->text[array->begin] != '[')
		return false;
	if (splice->text[element.begin] == ']') {
		lay_out_empty(splice, array, layout);
		return layout->separator;
	}
	for (;;) {
		size_t next;

		element.end = skip_value(splice, element.begin);
		next = skip_space(splice, element.end);
		if (next >= array->end || splice->text[next] != ',')
			break;
		before = next + 1;
		element.begin = skip_space(splice, before);
	}
	layout->at = element.end;
	layout->separator =
		before == element.begin ? strdup(" ") : copy(splice, before, element.begin);
	if (layout->separator)
		find_unit(splice, &element, layout);
	return layout->separator;
}

/* A member of the profile's object, behind defaultAction. */
static void add_member(struct splice *splice, const char *member)
{
	struct stretch value;
	size_t key, before;
	char *space, *text = NULL;

	if (!find(splice, &value, "defaultAction")) {
		splice->failed = true;
		return;
	}
	key = skip_space_back(splice, skip_space_back(splice, value.begin) - 1) - 1;
	while (splice->text[key - 1] != '"')
		key--;
	key--;
	before = skip_space_back(splice, key);
	space = copy(splice, before, key);
	if (space && asprintf(&text, ",%s%s", *space ? space : " ", member) < 0)
		text = NULL;
	insert(splice, value.end, text);
	free(text);
	free(space);
}

/* Puts what write(out, layout, context) says behind the last element of an array. */
static void add_elements(struct splice *splice, const struct stretch *array,
			 void (*write)(FILE *out, const struct layout *layout, const void *context),
			 const void *context)
{
	struct layout layout;
	char *text = NULL;
	size_t length;
	FILE *out;

	splice->failed |= !lay_out(splice, array, &layout);
	out = splice->failed ? NULL : open_memstream(&text, &length);
	if (out) {
		write(out, &layout, context);
		if (layout.is_empty)
			fputs(layout.closing, out);
		if (fclose(out) == EOF) {
			free(text);
			text = NULL;
		}
	}
	insert(splice, layout.at, text);
	free(text);
	layout_free(&layout);
}

/* ---- Rules ---- */

struct rule_list {
	const struct text_rule *rules;
	size_t count;
};

static void write_rules(FILE *out, const struct layout *layout, const void *context)
{
	const struct rule_list *list = context;

	for (size_t i = 0; i < list->count; i++) {
		fputs(i || !layout->is_empty ? "," : "", out);
		fputs(layout->separator, out);
		text_rule_print(out, &list->rules[i], layout->unit ? layout->separator : NULL,
				layout->unit);
	}
}

void splice_add_rules(struct splice *splice, const struct text_rule *rules, size_t count)
{
	const struct rule_list list = { rules, count };
	struct stretch array;

	if (!count)
		return;
	if (!find(splice, &array, "syscalls"))
		add_member(splice, "\"syscalls\": []");
	else if (is_null(splice, &array))
		replace(splice, array, "[]", 2);
	if (!find(splice, &array, "syscalls"))
		splice->failed = true;
	else
		add_elements(splice, &array, write_rules, &list);
}

/* An element, with the comma that parts it from its neighbour. */
static void remove_element(struct splice *splice, struct stretch element)
{
	size_t after = skip_space(splice, element.end);
	size_t before = skip_space_back(splice, element.begin);

	if (splice->text[after] == ',')
		element.end = skip_space(splice, after + 1);
	else if (before && splice->text[before - 1] == ',')
		element.begin = before - 1;
	replace(splice, element, "", 0);
}

void splice_remove_entry(struct splice *splice, size_t entry)
{
	struct stretch element;

	if (find(splice, &element, "syscalls[%zu]", entry))
		remove_element(splice, element);
	else
		splice->failed = true;
}

void splice_remove_name(struct splice *splice, size_t entry, size_t name)
{
	struct stretch element;

	if (find(splice, &element, "syscalls[%zu].names[%zu]", entry, name))
		remove_element(splice, element);
	else
		splice->failed = true;
}

void splice_repeat_entry(struct splice *splice, size_t entry)
{
	struct stretch element;
	char *text = NULL;
	size_t before;

	if (!find(splice, &element, "syscalls[%zu]", entry)) {
		splice->failed = true;
		return;
	}
	before = skip_space_back(splice, element.begin);
	if (asprintf(&text, ",%.*s", (int)(element.end - before), splice->text + before) < 0)
		text = NULL;
	insert(splice, element.end, text);
	free(text);
}

void splice_set_action(struct splice *splice, size_t entry, const char *action)
{
	struct stretch value;
	char text[64];

	snprintf(text, sizeof(text), "\"%s\"", action);
	if (find(splice, &value, "syscalls[%zu].action", entry))
		replace(splice, value, text, strlen(text));
	else
		splice->failed = true;
}

/* ---- ABIs ---- */

static void write_word(FILE *out, const struct layout *layout, const void *context)
{
	fprintf(out, "%s%s%s", layout->is_empty ? "" : ",", layout->separator,
		(const char *)context);
}

/* Whether an array is there, and not empty: an empty one counts as absent. */
static bool find_array(const struct splice *splice, const char *key, struct stretch *array)
{
	return find(splice, array, "%s", key) && splice->text[array->begin] == '[' &&
	       splice->text[skip_space(splice, array->begin + 1)] != ']';
}

/* The entry of archMap for a machine; false when there is none. */
static bool find_map(const struct splice *splice, const char *machine, size_t *index)
{
	struct stretch word;
	size_t length = strlen(machine);

	for (*index = 0; find(splice, &word, "archMap[%zu].architecture", *index); ++*index) {
		if (word.end - word.begin == length + 2 &&
		    !memcmp(splice->text + word.begin + 1, machine, length))
			return true;
	}
	return false;
}

static void add_to_map(struct splice *splice, const struct stretch *maps, const char *machine,
		       const char *word)
{
	struct stretch value;
	char element[160];
	size_t index;

	snprintf(element, sizeof(element),
		 "{ \"architecture\": \"%s\", \"subArchitectures\": [%s] }", machine, word);
	if (!find_map(splice, machine, &index)) {
		add_elements(splice, maps, write_word, element);
		return;
	}
	snprintf(element, sizeof(element), ", \"subArchitectures\": [%s]", word);
	if (!find(splice, &value, "archMap[%zu].subArchitectures", index)) {
		if (find(splice, &value, "archMap[%zu].architecture", index))
			insert(splice, value.end, element);
	} else if (is_null(splice, &value)) {
		replace(splice, value, strchr(element, '['), strlen(strchr(element, '[')));
	} else {
		add_elements(splice, &value, write_word, word);
	}
}

void splice_add_abi(struct splice *splice, int machine, int abi, bool maps)
{
	const char *own = abi_of(machine).scmp_name;
	struct stretch array;
	char word[64], member[160];

	snprintf(word, sizeof(word), "\"%s\"", abi_of(abi).scmp_name);
	snprintf(member, sizeof(member), "\"architectures\": [\"%s\", %s]", own, word);
	if (find_array(splice, "architectures", &array))
		add_elements(splice, &array, write_word, word);
	else if (maps && find_array(splice, "archMap", &array))
		add_to_map(splice, &array, own, word);
	else if (find(splice, &array, "architectures"))
		replace(splice, array, strchr(member, '['), strlen(strchr(member, '[')));
	else
		add_member(splice, member);
}
