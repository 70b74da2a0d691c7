/* SPDX-License-Identifier: MIT */
#include "outline.h"

#include <stdlib.h>

struct reading {
	struct lint_outline *outline;
	size_t entry_room;
	size_t name_room;
	bool failed; /* no memory */
};

/* The list with room for so many; NULL without memory, and then the list is as it was. */
static void *with_room(void *list, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room : 64;

	if (count <= *room)
		return list;
	while (wanted < count)
		wanted *= 2;
	list = reallocarray(list, wanted, size);
	if (list)
		*room = wanted;
	return list;
}

static bool take_entry(void *context, const struct sbpf_entry *entry)
{
	struct reading *reading = context;
	struct lint_outline *outline = reading->outline;
	struct outline_entry *entries = with_room(outline->entries, &reading->entry_room,
						  outline->entry_count + 1, sizeof(entries[0]));
	unsigned int *lines;

	outline->entries = entries ? entries : outline->entries;
	lines = with_room(outline->lines, &reading->name_room,
			  outline->name_count + entry->name_count, sizeof(lines[0]));
	outline->lines = lines ? lines : outline->lines;
	reading->failed = !entries || (!lines && entry->name_count);
	if (reading->failed)
		return false;
	entries[outline->entry_count++] = (struct outline_entry){
		.line = entry->line,
		.first_name = outline->name_count,
		.has_name = entry->has_name,
		.is_guarded = entry->is_guarded,
		.has_errno = entry->has_errno,
	};
	for (size_t i = 0; i < entry->name_count; i++)
		lines[outline->name_count++] = entry->names[i].line;
	return true;
}

static bool locate(const struct operand_part *part, const char *key, unsigned int *line,
		   unsigned int *column)
{
	char path[64];

	snprintf(path, sizeof(path), "%s%s", part->prefix, key);
	return sbpf_json_locate(part->text, part->length, path, line, column);
}

/* An empty one may stand beside the one that counts; the last is taken. */
static void find_abis_key(const struct operand_part *part, struct lint_outline *outline)
{
	static const char *const keys[] = { "architectures", "archMap" };
	unsigned int line, column, last = 0;

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (!locate(part, keys[i], &line, &column) || line < outline->abis_line ||
		    (line == outline->abis_line && column < last))
			continue;
		outline->abis_key = keys[i];
		outline->abis_line = line;
		last = column;
	}
}

bool lint_outline_read(const struct operand_part *part, struct lint_outline *outline,
		       struct sbpf_error *error)
{
	struct reading reading = { .outline = outline };
	unsigned int line, column;

	*outline = (struct lint_outline){ 0 };
	if (sbpf_profile_entries(part->text, part->length, take_entry, &reading, error))
		return false;
	locate(part, "defaultAction", &outline->default_line, &column);
	outline->has_default_errno = locate(part, "defaultErrno", &line, &column);
	find_abis_key(part, outline);
	return !reading.failed;
}

void lint_outline_free(struct lint_outline *outline)
{
	free(outline->entries);
	free(outline->lines);
	*outline = (struct lint_outline){ 0 };
}
