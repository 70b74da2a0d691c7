/* SPDX-License-Identifier: MIT */
#include "targets_line.h"

#include <stdlib.h>
#include <string.h>

/* What a line says of all its targets. */
struct target_words {
	char machines[256]; /* "x86_64,aarch64" */
	char kernel[64];
	char capabilities[1024];
	char abis[256];
	char bad_arch[64];
	char reading[16];
	char width[16];
	char enosys[4];
};

/* How a word of the line is read: what follows it goes to the place. */
static const struct target_word {
	const char *word;
	const char *takes; /* NULL: nothing */
	size_t offset;
	size_t size;
} target_words[] = {
#define PLACE(member)                                                                              \
	offsetof(struct target_words, member), sizeof(((struct target_words *)0)->member)
	{ "reading", "docker, oci or literal", PLACE(reading) },
	{ "kernel", "a release such as 5.10", PLACE(kernel) },
	{ "caps", "capabilities such as CAP_NET_RAW, ALL or none", PLACE(capabilities) },
	{ "width", "profile or kernel", PLACE(width) },
	{ "abis", "ABIs such as x86, or none", PLACE(abis) },
	{ "bad-arch", "an action such as KILL_THREAD", PLACE(bad_arch) },
	{ "enosys", NULL, PLACE(enosys) },
#undef PLACE
};

static const char *const readings[] = { "docker", "oci", "literal" };
static const char *const widths[] = { "profile", "kernel" };

/* A word up to a blank or a comma. */
static size_t word_length(const struct parse_text *text)
{
	return strcspn(text->text + text->at, " \t,");
}

static const struct target_word *find_word(const struct parse_text *text)
{
	for (size_t i = 0; i < COUNT(target_words); i++) {
		if (word_length(text) == strlen(target_words[i].word) &&
		    !strncmp(text->text + text->at, target_words[i].word, word_length(text)))
			return &target_words[i];
	}
	return NULL;
}

/* "A, B" as "A,B". */
static bool read_list(struct parse_text *text, const char *what, char *list, size_t size)
{
	size_t used = 0;

	do {
		char found[PARSE_FOUND_MAX];
		size_t length;

		parse_blanks(text);
		length = word_length(text);
		if (!length)
			return parse_fail(text, text->at, "%s must stand here, not %s", what,
					  parse_found(text, text->at, found));
		if (used + length + 2 > size)
			return parse_fail(text, text->at, "the list is too long");
		used += (size_t)snprintf(list + used, size - used, "%s%.*s", used ? "," : "",
					 (int)length, text->text + text->at);
		text->at += length;
	} while (parse_sign(text, ","));
	return true;
}

static bool read_words(struct parse_text *text, struct target_words *words)
{
	bool first = true;

	for (;; first = false) {
		char found[PARSE_FOUND_MAX];
		const struct target_word *word;
		char *place;

		parse_blanks(text);
		if (!text->text[text->at])
			return true;
		word = find_word(text);
		if (!word && first) {
			if (!read_list(text, "a machine such as x86_64", words->machines,
				       sizeof(words->machines)))
				return false;
			continue;
		}
		if (!word)
			return parse_fail(text, text->at,
					  "reading, kernel, caps, width, abis, bad-arch or enosys "
					  "must stand here, not %s",
					  parse_found(text, text->at, found));
		place = (char *)words + word->offset;
		if (*place)
			return parse_fail(text, text->at, "%s stands there twice", word->word);
		text->at += strlen(word->word);
		if (!word->takes)
			snprintf(place, word->size, "yes");
		else if (!read_list(text, word->takes, place, word->size))
			return false;
	}
}

/* The place of a word among count; false with the trouble noted. */
static bool choose(struct parse_text *text, const char *word, const char *const *words,
		   size_t count, const char *what, size_t *choice)
{
	for (*choice = 0; *choice < count; ++*choice) {
		if (!strcmp(word, words[*choice]))
			return true;
	}
	*choice = 0;
	return !*word ||
	       parse_fail(text, 0, "there is no %s '%s'; it is %s, %s%s%s", what, word, words[0],
			  words[1], count > 2 ? " or " : "", count > 2 ? words[2] : "");
}

/* A copy that the target owns; NULL for "", "" for "none". */
static bool keep(struct parse_text *text, struct test_target *target, const char *word,
		 const char **kept)
{
	char *copy;

	*kept = NULL;
	if (!*word)
		return true;
	copy = strdup(strcmp(word, "none") ? word : "");
	if (!copy)
		return parse_fail(text, 0, "out of memory");
	target->strings[target->string_count++] = copy;
	*kept = copy;
	return true;
}

static bool find_machine(struct parse_text *text, const char *name, int *machine)
{
	struct sbpf_abi abi;

	*machine = *name ? sbpf_abi_find(name) : sbpf_abi_native();
	if (sbpf_abi_describe(*machine, &abi) && abi.is_machine)
		return true;
	return parse_fail(text, 0, "there is no machine '%.40s'; names are as in x86_64, aarch64",
			  name);
}

static bool add_target(struct parse_text *text, const struct target_words *words,
		       const char *machine, unsigned int line, struct test_target **targets,
		       size_t *count)
{
	struct test_target *list;
	struct test_target *one;
	size_t reading, width;

	if (*count == TEST_TARGETS_MAX)
		return parse_fail(text, 0, "a file has at most %d targets", TEST_TARGETS_MAX);
	list = reallocarray(*targets, *count + 1, sizeof(list[0]));
	if (!list)
		return parse_fail(text, 0, "out of memory");
	*targets = list;
	one = &list[(*count)++];
	*one = (struct test_target){ .line = line };
	if (!find_machine(text, machine, &one->machine) ||
	    !choose(text, words->reading, readings, COUNT(readings), "reading", &reading) ||
	    !choose(text, words->width, widths, COUNT(widths), "width", &width) ||
	    !keep(text, one, words->kernel, &one->target.kernel) ||
	    !keep(text, one, words->capabilities, &one->target.capabilities) ||
	    !keep(text, one, words->abis, &one->target.abis) ||
	    !keep(text, one, words->bad_arch, &one->target.bad_arch))
		return false;
	one->target.machine = name_of_abi(one->machine);
	one->target.reading = (enum sbpf_reading)reading;
	one->target.width = (enum sbpf_width)width;
	one->target.unknown_as_enosys = *words->enosys;
	return true;
}

bool target_line_parse(struct parse_text *text, unsigned int line, struct test_target **targets,
		       size_t *count)
{
	struct target_words words = { 0 };
	char *rest = NULL;
	bool done = true;

	if (!read_words(text, &words))
		return false;
	if (!words.machines[0])
		return add_target(text, &words, "", line, targets, count);
	for (char *name = strtok_r(words.machines, ",", &rest); done && name;
	     name = strtok_r(NULL, ",", &rest))
		done = add_target(text, &words, name, line, targets, count);
	return done;
}

/* "A, B" of "A,B". */
static void print_list(FILE *out, const char *word, const char *list)
{
	if (!list)
		return;
	fprintf(out, "   %s ", word);
	fputs(*list ? "" : "none", out);
	for (; *list; list++)
		fputs(*list == ',' ? ", " : (char[]){ *list, '\0' }, out);
}

void target_line_print(FILE *out, const struct sbpf_target *target, int machine)
{
	fprintf(out, "target %s", name_of_abi(machine));
	if (target->reading)
		fprintf(out, "   reading %s", readings[target->reading]);
	if (target->width)
		fprintf(out, "   width %s", widths[target->width]);
	print_list(out, "kernel", target->kernel);
	print_list(out, "caps", target->capabilities);
	print_list(out, "abis", target->abis);
	print_list(out, "bad-arch", target->bad_arch);
	fputs(target->unknown_as_enosys ? "   enosys\n" : "\n", out);
}
