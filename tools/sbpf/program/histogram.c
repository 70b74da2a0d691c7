/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

#define WORDS_MAX 16

static bool parse_count(const char *text, uint64_t *count)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*count = strtoull(text, &end, 10);
	return !*end && !errno;
}

static size_t split(char *line, char *words[WORDS_MAX])
{
	static const char space[] = " \t\r\n";
	size_t count = 0;
	char *rest;

	for (char *word = strtok_r(line, space, &rest); word && count < WORDS_MAX;
	     word = strtok_r(NULL, space, &rest))
		words[count++] = word;
	return count;
}

/*
 * strace: "% time, seconds, usecs/call, calls, [errors,] syscall"; perf trace: "syscall, calls,
 * …", which is what a plain "CALL COUNT" looks like too.
 */
static bool parse_line(char *line, struct weight *weight)
{
	char *words[WORDS_MAX];
	size_t count = split(line, words);

	if (count < 2)
		return false;
	weight->call = kept_name(words[0]);
	if (weight->call)
		return parse_count(words[1], &weight->count);
	weight->call = count >= 5 ? kept_name(words[count - 1]) : NULL;
	return weight->call && parse_count(words[3], &weight->count);
}

/* perf trace has a table for each thread: their counts add up. */
static bool add(struct weights *weights, const struct weight *weight)
{
	struct weight *list;

	for (size_t i = 0; i < weights->count; i++) {
		if (!strcmp(weights->list[i].call, weight->call)) {
			weights->list[i].count += weight->count;
			return true;
		}
	}
	list = reallocarray(weights->list, weights->count + 1, sizeof(list[0]));
	if (!list)
		return false;
	weights->list = list;
	list[weights->count++] = *weight;
	return true;
}

/* False when there is no memory; errno says so. */
static bool read_lines(FILE *file, struct weights *weights)
{
	bool enough_memory = true;
	char *line = NULL;
	size_t size = 0;

	while (enough_memory && getline(&line, &size, file) >= 0) {
		struct weight weight;

		if (parse_line(line, &weight))
			enough_memory = add(weights, &weight);
	}
	free(line);
	return enough_memory;
}

bool weights_read(const struct tool *tool, const char *path, struct weights *weights)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	bool read = false;

	*weights = (struct weights){ 0 };
	if (!file || !read_lines(file, weights) || ferror(file))
		report(tool->name, "%s: %s", path, strerror(errno));
	else if (!weights->count)
		report(tool->name,
		       "%s: counts no call; it must be what strace -c or perf trace -s prints",
		       is_stdin ? "<stdin>" : path);
	else
		read = true;
	if (file && !is_stdin)
		fclose(file);
	if (!read)
		weights_free(weights);
	return read;
}

void weights_free(struct weights *weights)
{
	free(weights->list);
	*weights = (struct weights){ 0 };
}

uint64_t weight_of(const struct weights *weights, const char *call)
{
	for (size_t i = 0; i < weights->count; i++) {
		if (!strcmp(weights->list[i].call, call))
			return weights->list[i].count;
	}
	return 0;
}
