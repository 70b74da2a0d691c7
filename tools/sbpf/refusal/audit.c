/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include "call.h"
#include "common.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* auditd ends what the kernel wrote with this byte; behind it are its own translations. */
#define ENRICHED '\x1d'

/* A stretch of the line. */
struct word {
	const char *text;
	size_t length;
};

/* The fields of a record. */
enum field { FIELD_ARCH, FIELD_CALL, FIELD_CODE, FIELD_PID, FIELD_EXE, FIELD_COMM, FIELDS };

/*
 * Programs choose their names, which stand before the fields that count: so of these the last one
 * counts, and of those before the names the first.
 */
static const struct field_name {
	const char *name;
	bool first;
} field_names[FIELDS] = {
	[FIELD_ARCH] = { "arch", false }, [FIELD_CALL] = { "syscall", false },
	[FIELD_CODE] = { "code", false }, [FIELD_PID] = { "pid", true },
	[FIELD_EXE] = { "exe", false },	  [FIELD_COMM] = { "comm", true },
};

static bool is_word(const struct word *word, const char *text)
{
	return word->length == strlen(text) && !memcmp(word->text, text, word->length);
}

static bool next_token(struct word *rest, struct word *token)
{
	while (rest->length && *rest->text == ' ') {
		rest->text++;
		rest->length--;
	}
	token->text = rest->text;
	token->length = 0;
	while (token->length < rest->length && rest->text[token->length] != ' ')
		token->length++;
	rest->text += token->length;
	rest->length -= token->length;
	return token->length;
}

static void take_field(const struct word *token, struct word fields[FIELDS])
{
	const char *equals = memchr(token->text, '=', token->length);
	struct word name = { token->text, equals ? (size_t)(equals - token->text) : 0 };

	for (int field = 0; equals && field < FIELDS; field++) {
		if (!is_word(&name, field_names[field].name) ||
		    (field_names[field].first && fields[field].text))
			continue;
		fields[field].text = equals + 1;
		fields[field].length = token->length - name.length - 1;
	}
}

/* The type of a record as a token says it; what says no type is judged by its fields. */
static bool is_other_type(const struct word *token)
{
	const size_t length = strlen("type=");
	struct word type = { token->text + length, token->length - length };

	return token->length > length && !memcmp(token->text, "type=", length) &&
	       !is_word(&type, "1326") && !is_word(&type, "SECCOMP");
}

/* ---- Values ---- */

/* A number that is all of a word. */
static bool read_number(const struct word *word, int base, int64_t *number)
{
	char text[32];
	char *end;

	if (!word->length || word->length >= sizeof(text) || isspace((unsigned char)*word->text))
		return false;
	memcpy(text, word->text, word->length);
	text[word->length] = '\0';
	errno = 0;
	*number = strtoll(text, &end, base);
	return !*end && !errno;
}

/* A word for a function that takes strings; too long ones are none of its. */
static const char *string_of(const struct word *word, char text[64])
{
	size_t length = word->length < 64 ? word->length : 0;

	memcpy(text, word->text, length);
	text[length] = '\0';
	return text;
}

/* "c000003e", or a name as ausearch -i has it: "x86_64", "i386". *raw: the former. */
static bool read_arch(const struct word *word, uint32_t *arch, bool *raw)
{
	struct sbpf_abi abi;
	char text[64];
	int64_t number;

	*raw = read_number(word, 16, &number);
	if (*raw) {
		*arch = (uint32_t)number;
		return number >= 0 && number <= UINT32_MAX;
	}
	string_of(word, text);
	if (!sbpf_abi_describe(sbpf_abi_find(strcmp(text, "i386") ? text : "x86"), &abi))
		return false;
	*arch = abi.audit_arch;
	return true;
}

static bool read_call(const struct word *word, uint32_t arch, uint32_t *call)
{
	const struct seccomp_data data = { .arch = arch };
	char text[64];
	int64_t number;

	if (!read_number(word, 10, &number))
		return sbpf_call_number(abi_of_data(&data), string_of(word, text), call);
	*call = (uint32_t)number;
	return number >= INT32_MIN && number <= UINT32_MAX;
}

/* "0x50000", or as ausearch -i has it: "errno", "kill-process". */
static bool read_action(const struct word *word, uint32_t *action)
{
	char text[64];
	int64_t number;

	if (read_number(word, 16, &number)) {
		*action = (uint32_t)number & SECCOMP_RET_ACTION_FULL;
		return number >= 0 && number <= UINT32_MAX;
	}
	string_of(word, text);
	for (char *at = text; *at; at++)
		*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
	if (!sbpf_verdict_parse(strcmp(text, "USER_NOTIF") ? text : "NOTIFY", action))
		return false;
	*action &= SECCOMP_RET_ACTION_FULL;
	return true;
}

static int hex_digit(char character)
{
	const char *digits = "0123456789ABCDEF";
	const char *found = strchr(digits, toupper((unsigned char)character));

	return character && found ? (int)(found - digits) : -1;
}

/* Without quotes the kernel writes bytes as digits (audit_log_untrustedstring). */
static bool read_digits(const struct word *word, char name[AUDIT_NAME_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i + 1 < word->length && count + 1 < AUDIT_NAME_MAX; i += 2) {
		int high = hex_digit(word->text[i]), low = hex_digit(word->text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		name[count++] = (char)(high << 4 | low);
	}
	name[count] = '\0';
	return count && word->length % 2 == 0;
}

static void read_name(const struct word *word, bool raw, char name[AUDIT_NAME_MAX])
{
	struct word text = *word;

	if (raw && *text.text != '"' && read_digits(word, name))
		return;
	if (*text.text == '"') {
		text.text++;
		text.length -= text.length > 1 && text.text[text.length - 2] == '"' ? 2 : 1;
	}
	if (text.length >= AUDIT_NAME_MAX)
		text.length = AUDIT_NAME_MAX - 1;
	memcpy(name, text.text, text.length);
	name[text.length] = '\0';
}

/* ---- Lines ---- */

static bool read_fields(const struct word fields[FIELDS], struct audit_record *record)
{
	int64_t pid;
	bool raw;

	if (!read_arch(&fields[FIELD_ARCH], &record->arch, &raw) ||
	    !read_call(&fields[FIELD_CALL], record->arch, &record->number) ||
	    !read_action(&fields[FIELD_CODE], &record->action))
		return false;
	if (fields[FIELD_PID].text && read_number(&fields[FIELD_PID], 10, &pid) && pid > 0 &&
	    pid <= INT32_MAX)
		record->pid = (int32_t)pid;
	for (int field = FIELD_EXE; field <= FIELD_COMM && !*record->program; field++) {
		if (fields[field].length && !is_word(&fields[field], "(null)"))
			read_name(&fields[field], raw, record->program);
	}
	return true;
}

enum audit_line audit_parse(const char *line, size_t length, struct audit_record *record)
{
	const char *enriched = memchr(line, ENRICHED, length);
	struct word rest = { line, enriched ? (size_t)(enriched - line) : length };
	struct word fields[FIELDS] = { 0 };
	bool is_named = false;
	struct word token;

	*record = (struct audit_record){ 0 };
	while (next_token(&rest, &token)) {
		if (is_other_type(&token))
			return AUDIT_OTHER;
		is_named |= is_word(&token, "type=1326") || is_word(&token, "type=SECCOMP") ||
			    is_word(&token, "SECCOMP");
		take_field(&token, fields);
	}
	if (!fields[FIELD_ARCH].text || !fields[FIELD_CALL].text || !fields[FIELD_CODE].text)
		return is_named ? AUDIT_BROKEN : AUDIT_OTHER;
	return read_fields(fields, record) ? AUDIT_RECORD : AUDIT_BROKEN;
}

/* ---- Files ---- */

struct reading {
	char line[AUDIT_LINE_MAX];
	size_t length;
	void (*take)(void *context, const struct audit_record *record);
	void *context;
	struct audit_input *input;
};

static void end_line(struct reading *reading)
{
	struct audit_record record;

	reading->input->lines++;
	switch (audit_parse(reading->line, reading->length, &record)) {
	case AUDIT_RECORD:
		reading->input->records++;
		reading->take(reading->context, &record);
		break;
	case AUDIT_BROKEN:
		reading->input->broken++;
		break;
	case AUDIT_OTHER:
		break;
	}
	reading->length = 0;
}

static void take_bytes(struct reading *reading, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n')
			end_line(reading);
		else if (reading->length < sizeof(reading->line))
			reading->line[reading->length++] = bytes[i];
	}
}

/* As read(2), but that it may be interrupted while it waits, and only then. */
static ssize_t read_some(int fd, char *bytes, size_t size, const sigset_t *mask)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (ppoll(&ready, 1, NULL, mask) < 0)
		return -1;
	return read(fd, bytes, size);
}

bool audit_read(int fd, void (*take)(void *context, const struct audit_record *record),
		void *context, const sigset_t *mask, const volatile sig_atomic_t *stopped,
		struct audit_input *input)
{
	struct reading reading = { .take = take, .context = context, .input = input };
	char bytes[16384];

	*input = (struct audit_input){ 0 };
	while (!*stopped) {
		ssize_t count = read_some(fd, bytes, sizeof(bytes), mask);

		if (count < 0 && errno != EINTR)
			return false;
		if (count == 0)
			break;
		if (count > 0)
			take_bytes(&reading, bytes, (size_t)count);
	}
	if (reading.length)
		end_line(&reading);
	return true;
}
