/* SPDX-License-Identifier: MIT */
/*
 * Conditions on the arguments of a call, read as conditions.h writes them: "family == AF_ALG",
 * "(flags & (A|B)) == 0 && arg2 >= 0x10", "!(x == 1 || x == 5)", "(uint32_t)family == 2", and
 * "family in {AF_INET, AF_INET6}".
 */
#ifndef SBPF_TOOLS_CONDITIONS_PARSE_H
#define SBPF_TOOLS_CONDITIONS_PARSE_H

#include "call.h"

/* The most comparisons in one condition, and the deepest nesting. */
#define CONDITION_TESTS_MAX 256
#define CONDITION_DEPTH_MAX 32
/* Of its tree: the comparisons, what joins them, and negations. */
#define CONDITION_NODES_MAX ((size_t)4 * CONDITION_TESTS_MAX)

/* A number, and constants whose bits are added to it; what they are depends on the ABI. */
struct condition_value {
	uint64_t number;
	char *names; /* "A|B", or NULL */
	size_t at;   /* in the text */
};

enum condition_kind { CONDITION_TEST, CONDITION_AND, CONDITION_OR, CONDITION_NOT };

struct condition_node {
	enum condition_kind kind;
	size_t left; /* nodes; of CONDITION_NOT only this one */
	size_t right;

	/* Of a test: (bits of parameter & mask) compare value. */
	char parameter[PARAMETER_MAX];
	size_t at;	   /* of the parameter in the text */
	unsigned int bits; /* by a cast to uint32_t or uint64_t; 0: there is none */
	bool masked;
	struct condition_value mask;
	enum sbpf_compare compare;
	struct condition_value value;
};

struct condition {
	struct condition_node *nodes;
	size_t count;
	size_t root;
};

/* What is wrong with a text, and where. */
struct parse_trouble {
	size_t at; /* 0-based, in bytes */
	char message[200];
};

/* A text that is read from a place on. */
struct parse_text {
	const char *text; /* terminated */
	size_t at;
	struct parse_trouble trouble;
};

/* Notes what is wrong at a place. Returns false. */
bool parse_fail(struct parse_text *text, size_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What stands at a place, for messages: "'&&'", "the end of the line". Returns buffer. */
#define PARSE_FOUND_MAX 48
char *parse_found(const struct parse_text *text, size_t at, char buffer[PARSE_FOUND_MAX]);

void parse_blanks(struct parse_text *text);

/* Passes over a sign such as "(", and blanks before it; false where it does not stand there. */
bool parse_sign(struct parse_text *text, const char *sign);

/* A word of letters, digits and underscores; its length, 0 where none stands there. */
size_t parse_word(const struct parse_text *text);

/*
 * Reads a condition as far as it goes; NULL when it is none, with the trouble noted. The caller's,
 * to be freed with condition_free().
 */
struct condition *condition_parse(struct parse_text *text);
void condition_free(struct condition *condition);

/* A test as it is on one ABI. */
struct condition_test {
	unsigned int argument;
	unsigned int bits; /* 32: of its lower half, or of all there is */
	bool masked;
	uint64_t mask;
	enum sbpf_compare compare;
	uint64_t value;
};

/* Whose argument counts where no cast says: the whole register, or what the kernel reads of it. */
enum condition_view { VIEW_REGISTER, VIEW_KERNEL };

/*
 * What a test is for a call (NULL: a number without a name) on an ABI. False when there is no such
 * parameter or constant, with the trouble noted.
 */
bool condition_resolve(const struct condition_node *node, int abi, const char *call,
		       enum condition_view view, struct condition_test *test,
		       struct parse_trouble *trouble);

#endif
