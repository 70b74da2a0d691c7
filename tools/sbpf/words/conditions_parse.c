/* SPDX-License-Identifier: MIT */
/* The grammar is C's, but that & and | stand in parentheses beside a comparison. */
#include "conditions_parse.h"

#include "common.h"
#include "constants.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct parse_text *text;
	struct condition *condition;
	size_t tests;
	unsigned int depth;
};

/* ---- Words and signs ---- */

bool parse_fail(struct parse_text *text, size_t at, const char *format, ...)
{
	va_list arguments;

	text->trouble.at = at;
	va_start(arguments, format);
	vsnprintf(text->trouble.message, sizeof(text->trouble.message), format, arguments);
	va_end(arguments);
	return false;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

void parse_blanks(struct parse_text *text)
{
	while (text->text[text->at] == ' ' || text->text[text->at] == '\t')
		text->at++;
}

bool parse_sign(struct parse_text *text, const char *sign)
{
	parse_blanks(text);
	if (strncmp(text->text + text->at, sign, strlen(sign)) != 0)
		return false;
	text->at += strlen(sign);
	return true;
}

size_t parse_word(const struct parse_text *text)
{
	size_t length = 0;

	while (is_word(text->text[text->at + length]))
		length++;
	return length;
}

char *parse_found(const struct parse_text *text, size_t at, char buffer[PARSE_FOUND_MAX])
{
	const char *found = text->text + at;
	size_t length = 0;

	while (is_word(found[length]))
		length++;
	if (!length)
		length = found[0] && found[1] == found[0] ? 2 : 1;
	if (!*found)
		snprintf(buffer, PARSE_FOUND_MAX, "the end of the line");
	else
		snprintf(buffer, PARSE_FOUND_MAX, "'%.*s'", (int)(length < 40 ? length : 40),
			 found);
	return buffer;
}

static bool expect(struct parser *parser, const char *sign, const char *what)
{
	struct parse_text *text = parser->text;
	char found[PARSE_FOUND_MAX];

	if (parse_sign(text, sign))
		return true;
	return parse_fail(text, text->at, "%s must stand here, not %s", what,
			  parse_found(text, text->at, found));
}

/* ---- Nodes ---- */

static bool add_node(struct parser *parser, const struct condition_node *node, size_t *index)
{
	struct condition *condition = parser->condition;
	struct condition_node *nodes;

	if (condition->count == CONDITION_NODES_MAX)
		return parse_fail(parser->text, parser->text->at,
				  "the condition is too long; make two lines of it");
	nodes = reallocarray(condition->nodes, condition->count + 1, sizeof(nodes[0]));
	if (!nodes)
		return parse_fail(parser->text, parser->text->at, "out of memory");
	condition->nodes = nodes;
	nodes[condition->count] = *node;
	*index = condition->count++;
	return true;
}

static bool add_pair(struct parser *parser, enum condition_kind kind, size_t left, size_t right,
		     size_t *index)
{
	const struct condition_node node = { .kind = kind, .left = left, .right = right };

	return add_node(parser, &node, index);
}

/* Takes over the value of the test, and its mask, where it can. */
static bool add_test(struct parser *parser, const struct condition_node *test, size_t *index)
{
	if (parser->tests++ == CONDITION_TESTS_MAX)
		return parse_fail(parser->text, test->at,
				  "a condition has at most %d comparisons; make two lines of it",
				  CONDITION_TESTS_MAX);
	return add_node(parser, test, index);
}

static void free_test(struct condition_node *test)
{
	free(test->mask.names);
	free(test->value.names);
}

/* ---- Values ---- */

static bool add_name(struct parser *parser, struct condition_value *value, const char *name,
		     size_t length)
{
	size_t before = value->names ? strlen(value->names) : 0;
	char *names = realloc(value->names, before + length + 2);

	if (!names)
		return parse_fail(parser->text, parser->text->at, "out of memory");
	snprintf(names + before, length + 2, "%s%.*s", before ? "|" : "", (int)length, name);
	value->names = names;
	return true;
}

static bool is_constant(const char *names)
{
	uint64_t value;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (constant_parse(abi, names, &value))
			return true;
	}
	return false;
}

static bool unknown_constant(struct parse_text *text, size_t length)
{
	char name[PARSE_FOUND_MAX];
	const char *near;

	snprintf(name, sizeof(name), "%.*s", (int)length, text->text + text->at);
	near = constant_suggest(name);
	return parse_fail(text, text->at, "there is no constant %s%s%s; a number does as well",
			  name, near ? "; the nearest is " : "", near ? near : "");
}

/* A number as C writes it, negative ones too. */
static bool parse_number(struct parse_text *text, size_t length, uint64_t *number)
{
	const char *begin = text->text + text->at;
	char *end;

	errno = 0;
	*number = strtoull(begin, &end, 0);
	if (errno)
		return parse_fail(text, text->at, "the number has more than 64 bits");
	if (end != begin + length)
		return parse_fail(text, text->at,
				  "'%.*s' is no number; numbers are written as 40, 0x28 or -1",
				  (int)(length < 40 ? length : 40), begin);
	text->at += length;
	return true;
}

static bool parse_one_value(struct parser *parser, struct condition_value *value)
{
	struct parse_text *text = parser->text;
	char found[PARSE_FOUND_MAX], name[PARSE_FOUND_MAX];
	bool negative;
	size_t length;
	uint64_t number;

	parse_blanks(text);
	negative = text->text[text->at] == '-';
	text->at += negative;
	length = parse_word(text);
	text->at -= negative;
	if (!length)
		return parse_fail(text, text->at,
				  "a number or a constant such as AF_INET must stand here, not %s",
				  parse_found(text, text->at, found));
	if (negative || isdigit((unsigned char)text->text[text->at])) {
		if (!parse_number(text, length + negative, &number))
			return false;
		value->number |= number;
		return true;
	}
	snprintf(name, sizeof(name), "%.*s", (int)length, text->text + text->at);
	if (length >= sizeof(name) || !is_constant(name))
		return unknown_constant(text, length);
	if (!add_name(parser, value, name, length))
		return false;
	text->at += length;
	return true;
}

/* "A|B|0x10". */
static bool parse_alternatives(struct parser *parser, struct condition_value *value)
{
	do {
		if (!parse_one_value(parser, value))
			return false;
		parse_blanks(parser->text);
	} while (parser->text->text[parser->text->at] == '|' &&
		 parser->text->text[parser->text->at + 1] != '|' && parse_sign(parser->text, "|"));
	return true;
}

/* The same, or in parentheses. */
static bool parse_value(struct parser *parser, struct condition_value *value)
{
	parse_blanks(parser->text);
	*value = (struct condition_value){ .at = parser->text->at };
	if (!parse_sign(parser->text, "("))
		return parse_alternatives(parser, value);
	return parse_alternatives(parser, value) && expect(parser, ")", "')'");
}

/* ---- Tests ---- */

static const struct {
	const char *sign;
	enum sbpf_compare compare;
} comparisons[] = {
	{ "==", SBPF_EQ }, { "!=", SBPF_NE }, { "<=", SBPF_LE },
	{ ">=", SBPF_GE }, { "<", SBPF_LT },  { ">", SBPF_GT },
};

static bool parse_comparison(struct parse_text *text, enum sbpf_compare *compare)
{
	for (size_t i = 0; i < COUNT(comparisons); i++) {
		if (parse_sign(text, comparisons[i].sign)) {
			*compare = comparisons[i].compare;
			return true;
		}
	}
	return false;
}

/* "(uint32_t)": *bits stays where there is no cast. */
static bool parse_cast(struct parse_text *text, unsigned int *bits)
{
	static const struct {
		const char *name;
		unsigned int bits;
	} casts[] = { { "uint32_t", 32 }, { "uint64_t", 64 } };
	size_t at = text->at;

	for (size_t i = 0; i < COUNT(casts); i++) {
		if (parse_sign(text, "(") && parse_sign(text, casts[i].name) &&
		    !is_word(text->text[text->at]) && parse_sign(text, ")")) {
			*bits = casts[i].bits;
			return true;
		}
		text->at = at;
	}
	return true;
}

/* "family", "arg0", "args[0]". */
static bool parse_parameter(struct parser *parser, struct condition_node *test)
{
	struct parse_text *text = parser->text;
	char found[PARSE_FOUND_MAX];
	size_t length;

	parse_blanks(text);
	test->at = text->at;
	length = parse_word(text);
	if (!length || isdigit((unsigned char)text->text[text->at]) || length >= PARAMETER_MAX)
		return parse_fail(text, text->at,
				  "a parameter such as family, or arg0 to arg5, must stand here, "
				  "not %s",
				  parse_found(text, text->at, found));
	snprintf(test->parameter, sizeof(test->parameter), "%.*s", (int)length,
		 text->text + text->at);
	text->at += length;
	if (strcmp(test->parameter, "args") != 0 || !parse_sign(text, "["))
		return true;
	if (text->text[text->at] < '0' || text->text[text->at] > '5')
		return parse_fail(text, text->at, "a number from 0 to 5 must stand here");
	snprintf(test->parameter, sizeof(test->parameter), "arg%c", text->text[text->at++]);
	return expect(parser, "]", "']'");
}

/* What a test is about: "x", "(uint32_t)x", "x & MASK"; enclosed: "(x & MASK)". */
static bool parse_operand(struct parser *parser, struct condition_node *test, bool *enclosed)
{
	struct parse_text *text = parser->text;

	parse_cast(text, &test->bits);
	*enclosed = parse_sign(text, "(");
	if (*enclosed)
		parse_cast(text, &test->bits);
	if (!parse_parameter(parser, test))
		return false;
	parse_blanks(text);
	test->masked = text->text[text->at] == '&' && text->text[text->at + 1] != '&';
	if (test->masked && (!parse_sign(text, "&") || !parse_value(parser, &test->mask)))
		return false;
	return !*enclosed || expect(parser, ")", test->masked ? "')'" : "'&' or ')'");
}

/* What is compared with a value. False where C would read something else than it looks like. */
static bool check_comparison(struct parser *parser, const struct condition_node *test, size_t at,
			     bool enclosed)
{
	if (test->masked && !enclosed)
		return parse_fail(parser->text, at,
				  "& and a comparison need parentheses: (%s & …) == …",
				  test->parameter);
	if (test->masked && test->compare != SBPF_EQ && test->compare != SBPF_NE)
		return parse_fail(parser->text, at, "after & only == and != can stand");
	return true;
}

/* Gives the names of a test's mask to a node too. */
static bool copy_mask(struct parser *parser, const struct condition_node *test, size_t node)
{
	char **names = &parser->condition->nodes[node].mask.names;

	*names = test->mask.names ? strdup(test->mask.names) : NULL;
	return *names || !test->mask.names || parse_fail(parser->text, test->at, "out of memory");
}

/* "{A, B}" after "in": alternatives. */
static bool parse_set(struct parser *parser, const struct condition_node *test, size_t *index)
{
	struct condition_node one = *test;
	size_t count = 0;

	one.compare = SBPF_EQ;
	one.mask.names = NULL;
	if (!expect(parser, "{", "'{'"))
		return false;
	do {
		size_t other = 0;

		if (!parse_value(parser, &one.value) || !add_test(parser, &one, &other)) {
			free_test(&one);
			return false;
		}
		one.value = (struct condition_value){ 0 };
		if (!copy_mask(parser, test, other))
			return false;
		if (count++ && !add_pair(parser, CONDITION_OR, *index, other, &other))
			return false;
		*index = other;
	} while (parse_sign(parser->text, ","));
	return expect(parser, "}", "',' or '}'");
}

static bool parse_rest_of_test(struct parser *parser, struct condition_node *test, bool enclosed,
			       size_t *index)
{
	struct parse_text *text = parser->text;
	char found[PARSE_FOUND_MAX];
	size_t at;

	parse_blanks(text);
	at = text->at;
	if (parse_comparison(text, &test->compare)) {
		if (!check_comparison(parser, test, at, enclosed) ||
		    !parse_value(parser, &test->value) || !add_test(parser, test, index))
			return false;
		test->mask.names = test->value.names = NULL;
		return true;
	}
	if (parse_word(text) == 2 && !strncmp(text->text + at, "in", 2)) {
		text->at += 2;
		if (test->masked && !enclosed)
			return check_comparison(parser, test, at, enclosed);
		return parse_set(parser, test, index);
	}
	if (!test->masked)
		return parse_fail(text, at, "==, !=, <, <=, >, >=, & or in must stand here, not %s",
				  parse_found(text, at, found));
	test->compare = SBPF_NE; /* "x & A": some bit is set */
	if (!add_test(parser, test, index))
		return false;
	test->mask.names = NULL;
	return true;
}

static bool parse_test(struct parser *parser, size_t *index)
{
	struct condition_node test = { .kind = CONDITION_TEST };
	bool enclosed = false;
	bool done = parse_operand(parser, &test, &enclosed) &&
		    parse_rest_of_test(parser, &test, enclosed, index);

	free_test(&test);
	return done;
}

/* ---- Conditions ---- */

static bool parse_any(struct parser *parser, size_t *index);

/* Whether the parenthesis here encloses a whole condition: it is no cast, and no "(x & A)". */
static bool encloses_condition(const struct parse_text *text)
{
	struct parse_text ahead = { .text = text->text, .at = text->at };
	unsigned int bits = 0;
	size_t depth = 1;

	parse_cast(&ahead, &bits);
	if (bits || !parse_sign(&ahead, "("))
		return false;
	parse_cast(&ahead, &bits);
	parse_blanks(&ahead);
	if (!bits && ahead.text[ahead.at] == '(')
		return true;
	/* A comparison, or && or ||, before the parenthesis closes. */
	for (const char *at = ahead.text + ahead.at; *at && depth; at++) {
		depth += (*at == '(') - (*at == ')');
		if (strchr("=<>!{", *at) || (*at == '&' && at[1] == '&') ||
		    (*at == '|' && at[1] == '|'))
			return true;
	}
	return false;
}

static bool parse_primary(struct parser *parser, size_t *index)
{
	struct parse_text *text = parser->text;
	bool done = false;
	size_t inner = 0;

	parse_blanks(text);
	if (parser->depth++ == CONDITION_DEPTH_MAX)
		return parse_fail(text, text->at, "conditions nest at most %d deep",
				  CONDITION_DEPTH_MAX);
	if (text->text[text->at] == '!' && text->text[text->at + 1] != '=') {
		text->at++;
		done = parse_primary(parser, &inner) &&
		       add_pair(parser, CONDITION_NOT, inner, 0, index);
	} else if (encloses_condition(text)) {
		done = parse_sign(text, "(") && parse_any(parser, index) &&
		       expect(parser, ")", "'&&', '||' or ')'");
	} else {
		done = parse_test(parser, index);
	}
	parser->depth--;
	return done;
}

static bool parse_all(struct parser *parser, size_t *index)
{
	size_t right = 0;

	if (!parse_primary(parser, index))
		return false;
	while (parse_sign(parser->text, "&&")) {
		if (!parse_primary(parser, &right) ||
		    !add_pair(parser, CONDITION_AND, *index, right, index))
			return false;
	}
	return true;
}

static bool parse_any(struct parser *parser, size_t *index)
{
	size_t right = 0;

	if (!parse_all(parser, index))
		return false;
	while (parse_sign(parser->text, "||")) {
		if (!parse_all(parser, &right) ||
		    !add_pair(parser, CONDITION_OR, *index, right, index))
			return false;
	}
	return true;
}

struct condition *condition_parse(struct parse_text *text)
{
	struct parser parser = { .text = text, .condition = calloc(1, sizeof(*parser.condition)) };

	if (!parser.condition) {
		parse_fail(text, text->at, "out of memory");
		return NULL;
	}
	if (parse_any(&parser, &parser.condition->root))
		return parser.condition;
	condition_free(parser.condition);
	return NULL;
}

void condition_free(struct condition *condition)
{
	if (!condition)
		return;
	for (size_t i = 0; i < condition->count; i++)
		free_test(&condition->nodes[i]);
	free(condition->nodes);
	free(condition);
}

/* ---- On one ABI ---- */

static void list_parameters(int abi, const char *call, char *list, size_t size)
{
	struct sbpf_parameter parameter;
	size_t length = 0;

	*list = '\0';
	for (unsigned int i = 0;
	     i < 6 && length < size && call && sbpf_call_parameter(abi, call, i, &parameter); i++)
		length += (size_t)snprintf(list + length, size - length, "%s%s", i ? ", " : "",
					   parameter.name);
}

static bool find_parameter(const struct condition_node *node, int abi, const char *call,
			   unsigned int *argument, struct parse_trouble *trouble)
{
	struct sbpf_parameter parameter;
	char list[100];

	if (!strncmp(node->parameter, "arg", 3) && node->parameter[3] >= '0' &&
	    node->parameter[3] <= '5' && !node->parameter[4]) {
		*argument = (unsigned int)(node->parameter[3] - '0');
		return true;
	}
	for (*argument = 0; call && *argument < 6; ++*argument) {
		if (sbpf_call_parameter(abi, call, *argument, &parameter) &&
		    !strcmp(parameter.name, node->parameter))
			return true;
	}
	list_parameters(abi, call, list, sizeof(list));
	trouble->at = node->at;
	snprintf(trouble->message, sizeof(trouble->message),
		 "%.40s has no parameter %s on %s; %s%s%sarg0 to arg5 always do",
		 call ? call : "a number", node->parameter, name_of_abi(abi),
		 *list ? "it has " : "", list, *list ? ", and " : "");
	return false;
}

static bool resolve_value(const struct condition_value *value, int abi, uint64_t *number,
			  struct parse_trouble *trouble)
{
	*number = 0;
	if (value->names && !constant_parse(abi, value->names, number)) {
		trouble->at = value->at;
		snprintf(trouble->message, sizeof(trouble->message),
			 "%s does not know %.60s; say 'on' which ABIs the line is about",
			 name_of_abi(abi), value->names);
		return false;
	}
	*number |= value->number;
	return true;
}

/* What a negative number of 32 bits is where only so many count. */
static uint64_t cut(uint64_t value)
{
	return value >> 32 == UINT32_MAX ? (uint32_t)value : value;
}

bool condition_resolve(const struct condition_node *node, int abi, const char *call,
		       enum condition_view view, struct condition_test *test,
		       struct parse_trouble *trouble)
{
	struct sbpf_parameter parameter;

	*test = (struct condition_test){
		.bits = abi_of(abi).register_bits,
		.masked = node->masked,
		.compare = node->compare,
	};
	if (!find_parameter(node, abi, call, &test->argument, trouble) ||
	    !resolve_value(&node->mask, abi, &test->mask, trouble) ||
	    !resolve_value(&node->value, abi, &test->value, trouble))
		return false;
	if (node->bits && node->bits < test->bits)
		test->bits = node->bits;
	else if (!node->bits && view == VIEW_KERNEL && call &&
		 sbpf_call_parameter(abi, call, test->argument, &parameter))
		test->bits = parameter.bits < test->bits ? parameter.bits : test->bits;
	if (test->bits == 32) {
		test->mask = cut(test->mask);
		test->value = cut(test->value);
	}
	return true;
}
