/* SPDX-License-Identifier: MIT */
#include "decode.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The mappings that a process may have, by default: vm.max_map_count. */
#define MAPPINGS_MAX 65530

/* A mapping of /proc/PID/maps (proc_pid_maps(5)). */
struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* of start in the file */
	char name[PATH_MAX];
};

/* ---- Asked for one mapping ---- */

/*
 * struct procmap_query and PROCMAP_QUERY of include/uapi/linux/fs.h, since Linux 6.11, which older
 * headers lack.
 */
struct query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};
#define QUERY _IOWR('f', 17, struct query)

/* False when the kernel does not answer, or has no mapping there. */
static bool query(int maps, uint64_t address, struct mapping *mapping)
{
	struct query query = {
		.size = sizeof(query),
		.query_addr = address,
		.vma_name_size = sizeof(mapping->name),
		.vma_name_addr = (uintptr_t)mapping->name,
	};

	mapping->name[0] = '\0';
	if (ioctl(maps, QUERY, &query))
		return false;
	mapping->start = query.vma_start;
	mapping->end = query.vma_end;
	mapping->offset = query.vma_offset;
	return true;
}

/* ---- Looked for among all ---- */

/* "7f12-7f34 r-xp 1000 08:01 123   /usr/bin/true": false when a line is none of these. */
static bool parse_line(char *line, struct mapping *mapping)
{
	char *at = line;

	mapping->start = strtoull(at, &at, 16);
	if (*at != '-')
		return false;
	mapping->end = strtoull(at + 1, &at, 16);
	at = strchr(at + strspn(at, " "), ' '); /* behind the permissions */
	if (!at)
		return false;
	mapping->offset = strtoull(at, &at, 16);
	at = strchr(at + strspn(at, " "), ' '); /* behind the device */
	if (!at)
		return false;
	strtoull(at, &at, 10);
	at += strspn(at, " ");
	at[strcspn(at, "\n")] = '\0';
	snprintf(mapping->name, sizeof(mapping->name), "%s", at);
	return true;
}

/* Closes the file. */
static bool search(int maps, uint64_t address, struct mapping *mapping)
{
	FILE *file = fdopen(maps, "r");
	bool is_found = false;
	char *line = NULL;
	size_t size = 0;

	if (!file) {
		close(maps);
		return false;
	}
	for (size_t i = 0; !is_found && i < MAPPINGS_MAX && getline(&line, &size, file) > 0; i++)
		is_found = parse_line(line, mapping) && mapping->start <= address &&
			   address < mapping->end;
	free(line);
	fclose(file);
	return is_found;
}

bool decode_caller(pid_t tid, const struct seccomp_data *data, char object[PATH_MAX],
		   uint64_t *offset)
{
	/* It may be the last instruction of its mapping. */
	uint64_t address = data->instruction_pointer - 1;
	struct mapping mapping;
	char path[64];
	int maps;

	if (tid <= 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tid);
	maps = open(path, O_RDONLY | O_CLOEXEC);
	if (maps < 0)
		return false;
	if (query(maps, address, &mapping))
		close(maps);
	else if (!search(maps, address, &mapping))
		return false;
	snprintf(object, PATH_MAX, "%s", *mapping.name ? mapping.name : "[anonymous]");
	*offset = data->instruction_pointer - mapping.start + mapping.offset;
	return true;
}
