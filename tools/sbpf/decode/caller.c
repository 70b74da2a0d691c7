/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The mappings that a process may have, by default: vm.max_map_count. */
#define MAPPINGS_MAX 65530

/* A line of /proc/PID/maps (proc_pid_maps(5)). */
struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* of start in the file */
	const char *name;
};

static bool parse_mapping(char *line, struct mapping *mapping)
{
	int name = 0;
	int fields = sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n",
			    &mapping->start, &mapping->end, &mapping->offset, &name);

	if (fields != 3 || !name)
		return false;
	line[strcspn(line, "\n")] = '\0';
	mapping->name = line + name;
	return true;
}

static void describe(const struct mapping *mapping, uint64_t address, char object[PATH_MAX],
		     uint64_t *offset)
{
	snprintf(object, PATH_MAX, "%s", *mapping->name ? mapping->name : "[anonymous]");
	*offset = address - mapping->start + mapping->offset;
}

bool decode_caller(pid_t tid, const struct seccomp_data *data, char object[PATH_MAX],
		   uint64_t *offset)
{
	/* It may be the last instruction of its mapping. */
	uint64_t address = data->instruction_pointer - 1;
	struct mapping mapping = { 0 };
	bool is_found = false;
	char *line = NULL;
	size_t size = 0;
	char path[64];
	FILE *maps;

	if (tid <= 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tid);
	maps = fopen(path, "re");
	if (!maps)
		return false;
	for (size_t i = 0; !is_found && i < MAPPINGS_MAX && getline(&line, &size, maps) > 0; i++)
		is_found = parse_mapping(line, &mapping) && mapping.start <= address &&
			   address < mapping.end;
	if (is_found)
		describe(&mapping, data->instruction_pointer, object, offset);
	free(line);
	fclose(maps);
	return is_found;
}
