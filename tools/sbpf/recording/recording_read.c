/* SPDX-License-Identifier: MIT */
/* A recording from JSON: every member that is known is checked, in two passes over the text. */
#include "recording.h"

#include "call.h"
#include "common.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct dialect recording_dialect = { "recording", SBPF_NESTING_MAX, false };

#define KEY_MAX 128

struct parser {
	struct outline outline;
	struct recording *recording;
	struct sbpf_error *error;
	char where[160]; /* the members that are being read: "abis.x86_64.socket" */
	size_t where_length;
};

/* The call whose members are being read. */
struct call_place {
	int abi;
	struct recorded_call *call;
	unsigned int argument;
};

__attribute__((format(printf, 3, 4))) static bool refuse(struct parser *parser, uint32_t place,
							 const char *format, ...)
{
	struct sbpf_error *error = parser->error;
	va_list arguments;

	error->code = SBPF_ERROR_PROFILE;
	outline_line(&parser->outline, parser->outline.places[place].key, &error->line,
		     &error->column);
	snprintf(error->where, sizeof(error->where), "%s", parser->where);
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return false;
}

static bool refuse_for_memory(struct parser *parser)
{
	parser->error->code = SBPF_ERROR_MEMORY;
	snprintf(parser->error->message, sizeof(parser->error->message), "out of memory");
	return false;
}

/* Goes on in a member; returns what leave() is to be told. */
static size_t enter(struct parser *parser, const char *key)
{
	size_t before = parser->where_length;
	size_t room = sizeof(parser->where) - before;
	int length = snprintf(parser->where + before, room, "%s%s", before ? "." : "", key);

	parser->where_length = (size_t)length < room ? before + (size_t)length : before + room - 1;
	return before;
}

static void leave(struct parser *parser, size_t before)
{
	parser->where_length = before;
	parser->where[before] = '\0';
}

/* ---- Members ---- */

/* Hands every member of an object to read(), which says whether to go on. */
static bool each_member(struct parser *parser, uint32_t object,
			bool (*read)(struct parser *parser, uint32_t place, const char *key,
				     void *context),
			void *context)
{
	if (place_type(&parser->outline, object) != '{')
		return refuse(parser, object, "must be an object");
	for (uint32_t place = place_inside(&parser->outline, object); place;
	     place = parser->outline.places[place].next) {
		char key[KEY_MAX];
		size_t before;
		bool done;

		key_copy(&parser->outline, place, key, sizeof(key));
		before = enter(parser, key);
		done = read(parser, place, key, context);
		leave(parser, before);
		if (!done)
			return false;
	}
	return true;
}

/* Fills places with those of the members that have these keys, 0 where there is none. */
static bool find_members(struct parser *parser, uint32_t object, const char *const *keys,
			 size_t count, uint32_t *places)
{
	if (place_type(&parser->outline, object) != '{')
		return refuse(parser, object, "must be an object");
	memset(places, 0, count * sizeof(places[0]));
	for (uint32_t place = place_inside(&parser->outline, object); place;
	     place = parser->outline.places[place].next) {
		size_t i = 0;

		while (i < count && !key_is(&parser->outline, place, keys[i]))
			i++;
		if (i < count && places[i])
			return refuse(parser, place, "'%s' stands there twice", keys[i]);
		if (i < count)
			places[i] = place;
	}
	return true;
}

static bool is_digits(const char *text, size_t length)
{
	return length > 0 && strspn(text, "0123456789") >= length;
}

/* The whole number at a place, which must be there. */
static bool take_number(struct parser *parser, uint32_t place, uint64_t least, uint64_t most,
			uint64_t *number)
{
	const struct place *at = &parser->outline.places[place];
	const char *text = parser->outline.text + at->at;
	size_t length = at->end - at->at;

	/* It ends before another character: at the latest the brace that closes the document. */
	errno = 0;
	*number = is_digits(text, length) ? strtoull(text, NULL, 10) : 0;
	if (is_digits(text, length) && !errno && *number >= least && *number <= most)
		return true;
	return refuse(parser, place, "must be a whole number from %" PRIu64 " to %" PRIu64, least,
		      most);
}

/* The same of a member of the object in parent; where it is missing, a number that is wanted. */
static bool take_member(struct parser *parser, uint32_t parent, uint32_t place, const char *key,
			uint64_t least, uint64_t most, uint64_t *number)
{
	size_t before;
	bool done;

	if (!place)
		return refuse(parser, parent, "must have the member '%s', a whole number", key);
	before = enter(parser, key);
	done = take_number(parser, place, least, most, number);
	leave(parser, before);
	return done;
}

/* ---- Arguments ---- */

/* "0x2f": 1 to 16 hexadecimal digits. */
static bool parse_value(const char *key, uint64_t *value)
{
	size_t length = strlen(key);

	if (length < 3 || length > 18 || key[0] != '0' || (key[1] | 0x20) != 'x' ||
	    key[2 + strspn(key + 2, "0123456789abcdefABCDEF")])
		return false;
	*value = strtoull(key, NULL, 16);
	return true;
}

static bool take_value(struct parser *parser, uint32_t place, const char *key,
		       const struct recorded_argument *argument, uint64_t *value)
{
	if (!parse_value(key, value))
		return refuse(parser, place, "is no value: write it in hexadecimal, such as 0x2");
	if (argument->bits == 32 && *value > UINT32_MAX)
		return refuse(parser, place, "the kernel reads 32 bits of this argument");
	return true;
}

static struct recorded_value *find_value(struct recorded_argument *argument, uint64_t value)
{
	for (size_t i = 0; i < argument->count; i++) {
		if (argument->values[i].value == value)
			return &argument->values[i];
	}
	return NULL;
}

static bool read_value(struct parser *parser, uint32_t place, const char *key, void *context)
{
	struct call_place *at = context;
	struct recorded_argument *argument = &at->call->arguments[at->argument];
	uint64_t value = 0, count = 0;

	if (!take_number(parser, place, 1, at->call->count, &count))
		return false;
	if (!strcmp(key, "many")) {
		if (argument->many)
			return refuse(parser, place, "stands there twice");
		recording_many(parser->recording, at->abi, at->call, at->argument, count);
		return true;
	}
	if (!take_value(parser, place, key, argument, &value))
		return false;
	if (find_value(argument, value))
		return refuse(parser, place, "stands there twice");
	if (argument->count == RECORDED_VALUES_MAX)
		return refuse(parser, place,
			      "an argument has at most %d values; others are counted as 'many'",
			      RECORDED_VALUES_MAX);
	recording_value(parser->recording, at->abi, at->call, at->argument, value, count);
	return true;
}

static bool read_value_runs(struct parser *parser, uint32_t place, const char *key, void *context)
{
	struct call_place *at = context;
	struct recorded_argument *argument = &at->call->arguments[at->argument];
	struct recorded_value *found;
	uint64_t value = 0, runs = 0;

	if (!take_value(parser, place, key, argument, &value))
		return false;
	found = find_value(argument, value);
	if (!found)
		return refuse(parser, place, "is not among the argument's values");
	if (!take_number(parser, place, 1, at->call->runs, &runs))
		return false;
	found->runs = runs;
	return true;
}

/* The argument that a key names; its width is set then. */
static bool find_argument(struct parser *parser, uint32_t place, const char *key,
			  struct call_place *at)
{
	struct sbpf_parameter parameter;

	for (at->argument = 0; at->call->name && at->argument < 6; at->argument++) {
		if (!sbpf_call_parameter(at->abi, at->call->name, at->argument, &parameter))
			break;
		if (strcmp(parameter.name, key) != 0)
			continue;
		at->call->arguments[at->argument].bits = parameter.bits;
		return true;
	}
	return refuse(parser, place, "there is no such parameter of this call");
}

static bool read_argument(struct parser *parser, uint32_t place, const char *key, void *context)
{
	struct call_place *at = context;

	if (!find_argument(parser, place, key, at))
		return false;
	if (at->call->arguments[at->argument].count || at->call->arguments[at->argument].many)
		return refuse(parser, place, "stands there twice");
	return each_member(parser, place, read_value, context);
}

static bool read_argument_runs(struct parser *parser, uint32_t place, const char *key,
			       void *context)
{
	return find_argument(parser, place, key, context) &&
	       each_member(parser, place, read_value_runs, context);
}

/* ---- Calls ---- */

static bool read_program(struct parser *parser, uint32_t place, const char *key, void *context)
{
	struct call_place *at = context;
	struct recorded_call counted = *at->call;
	uint64_t count;

	if (!take_number(parser, place, 1, at->call->count, &count))
		return false;
	if (counted.program_count == RECORDED_PROGRAMS_MAX)
		return refuse(parser, place, "a call has at most %d programs",
			      RECORDED_PROGRAMS_MAX);
	at->call = recording_count(parser->recording, at->abi, counted.number, key, count, false);
	if (!at->call)
		return refuse_for_memory(parser);
	/* The programs' calls are among those that were counted. */
	at->call->count = counted.count;
	return true;
}

/* "socket" or "#999" */
static bool find_number(struct parser *parser, uint32_t place, const char *key, int abi,
			uint32_t *number)
{
	const char *suggestion;
	unsigned long long value;

	if (key[0] == '#' && is_digits(key + 1, strlen(key + 1)) && strlen(key) <= 11) {
		value = strtoull(key + 1, NULL, 10);
		*number = (uint32_t)value;
		return value <= UINT32_MAX ||
		       refuse(parser, place, "call numbers are at most %" PRIu32, UINT32_MAX);
	}
	if (sbpf_call_number(abi, key, number))
		return true;
	suggestion = sbpf_call_find(key) < 0 ? sbpf_call_suggest(key) : NULL;
	return refuse(parser, place,
		      "%s has no call of this name%s%s%s; one that is not known is written as its "
		      "number, such as #999",
		      name_of_abi(abi), suggestion ? " (did you mean '" : "",
		      suggestion ? suggestion : "", suggestion ? "'?)" : "");
}

enum call_member { CALL_COUNT, CALL_RUNS, CALL_REFUSED, CALL_PROGRAMS, CALL_ARGS, CALL_ARGS_RUNS };

static const char *const call_keys[] = {
	[CALL_COUNT] = "count",	      [CALL_RUNS] = "runs", [CALL_REFUSED] = "refused",
	[CALL_PROGRAMS] = "programs", [CALL_ARGS] = "args", [CALL_ARGS_RUNS] = "args_runs",
};

/* The members that are objects, by the order in which they are read. */
static bool read_parts(struct parser *parser, const uint32_t *places, struct call_place *at)
{
	static const struct {
		enum call_member member;
		bool (*read)(struct parser *, uint32_t, const char *, void *);
	} parts[] = {
		{ CALL_PROGRAMS, read_program },
		{ CALL_ARGS, read_argument },
		{ CALL_ARGS_RUNS, read_argument_runs },
	};

	for (size_t i = 0; i < COUNT(parts); i++) {
		size_t before = enter(parser, call_keys[parts[i].member]);
		uint32_t place = places[parts[i].member];
		bool done = !place || each_member(parser, place, parts[i].read, at);

		leave(parser, before);
		if (!done)
			return false;
	}
	return true;
}

static bool read_call(struct parser *parser, uint32_t place, const char *key, void *context)
{
	struct call_place at = { .abi = *(const int *)context };
	struct recording *recording = parser->recording;
	uint32_t places[COUNT(call_keys)] = { 0 };
	uint64_t count = 0, runs = 0, refused = 0;
	uint32_t number = 0;

	if (!find_number(parser, place, key, at.abi, &number) ||
	    !find_members(parser, place, call_keys, COUNT(call_keys), places) ||
	    !take_member(parser, place, places[CALL_COUNT], "count", 1, RECORDED_COUNT_MAX,
			 &count) ||
	    !take_member(parser, place, places[CALL_RUNS], "runs", 1, recording->runs, &runs))
		return false;
	if (places[CALL_REFUSED] &&
	    !take_member(parser, place, places[CALL_REFUSED], "refused", 0, count, &refused))
		return false;
	if (recording_find(recording, at.abi, number))
		return refuse(parser, place, "stands there twice");
	if (recording->abis[at.abi].count == RECORDED_CALLS_MAX)
		return refuse(parser, place, "an ABI has at most %d calls", RECORDED_CALLS_MAX);
	at.call = recording_count(recording, at.abi, number, NULL, count, false);
	if (!at.call)
		return refuse_for_memory(parser);
	at.call->runs = runs;
	at.call->refused = refused;
	return read_parts(parser, places, &at);
}

static bool read_abi(struct parser *parser, uint32_t place, const char *key, void *context)
{
	int abi = sbpf_abi_find(key);

	(void)context;
	/* One of its other names would be a second way to write the same. */
	if (abi < 0 || strcmp(name_of_abi(abi), key) != 0)
		return refuse(parser, place, "there is no ABI of this name%s%s%s",
			      abi < 0 ? "" : "; write '", abi < 0 ? "" : name_of_abi(abi),
			      abi < 0 ? "" : "'");
	if (parser->recording->abis[abi].count)
		return refuse(parser, place, "stands there twice");
	return each_member(parser, place, read_call, &abi);
}

/* ---- The document ---- */

enum document_member { DOCUMENT_RECORDING, DOCUMENT_RUNS, DOCUMENT_LOST, DOCUMENT_ABIS };

static bool read_document(struct parser *parser)
{
	static const char *const keys[] = { "recording", "runs", "lost", "abis" };
	uint32_t places[COUNT(keys)] = { 0 };
	uint64_t version = 0;
	size_t before;
	bool done;

	if (place_type(&parser->outline, 0) != '{' ||
	    !place_member(&parser->outline, 0, keys[DOCUMENT_RECORDING]))
		return refuse(parser, 0,
			      "is no recording, which begins with {\"recording\": 1, "
			      "as 'sbpf record' writes it");
	if (!find_members(parser, 0, keys, COUNT(keys), places) ||
	    !take_member(parser, 0, places[DOCUMENT_RECORDING], "recording", 1, 1, &version) ||
	    !take_member(parser, 0, places[DOCUMENT_RUNS], "runs", 1, RECORDED_COUNT_MAX,
			 &parser->recording->runs))
		return false;
	if (places[DOCUMENT_LOST] && !take_member(parser, 0, places[DOCUMENT_LOST], "lost", 0,
						  RECORDED_COUNT_MAX, &parser->recording->lost))
		return false;
	if (!places[DOCUMENT_ABIS])
		return refuse(parser, 0, "must have the member 'abis', an object");
	before = enter(parser, keys[DOCUMENT_ABIS]);
	done = each_member(parser, places[DOCUMENT_ABIS], read_abi, NULL);
	leave(parser, before);
	return done;
}

struct recording *recording_parse(const char *text, size_t length, struct sbpf_error *error)
{
	struct parser parser = { .error = error, .recording = recording_new(0) };
	bool done = false;

	if (!parser.recording)
		refuse_for_memory(&parser);
	else if (outline_read(text, length, &recording_dialect, &parser.outline, error) == 0)
		done = read_document(&parser);
	if (done && parser.recording->failed)
		done = refuse_for_memory(&parser);
	outline_free(&parser.outline);
	if (done)
		return parser.recording;
	recording_free(parser.recording);
	return NULL;
}

/* ---- Files ---- */

/* All of a file, malloc'd, which is at most RECORDING_TEXT_MAX bytes long; NULL with errno. */
static char *read_text(int fd, size_t *length)
{
	size_t room = 1u << 16;
	char *text = malloc(room);

	*length = 0;
	while (text) {
		ssize_t count = read(fd, text + *length, room - *length);
		char *grown;

		if (count == 0)
			return text;
		if (count < 0 && errno != EINTR)
			break;
		*length += count > 0 ? (size_t)count : 0;
		if (*length < room)
			continue;
		if (*length > RECORDING_TEXT_MAX) {
			errno = EFBIG;
			break;
		}
		room *= 2;
		grown = realloc(text, room);
		if (!grown)
			break;
		text = grown;
	}
	free(text);
	return NULL;
}

struct recording *recording_read(const char *tool, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct recording *recording = NULL;
	struct sbpf_error error = { 0 };
	size_t length;
	char *text = fd < 0 ? NULL : read_text(fd, &length);

	if (!text) {
		report(tool, "%s: %s", is_stdin ? "<stdin>" : path, strerror(errno));
	} else {
		recording = recording_parse(text, length, &error);
		if (!recording)
			report_error(tool, path, &error);
	}
	free(text);
	if (fd >= 0 && !is_stdin)
		close(fd);
	return recording;
}
