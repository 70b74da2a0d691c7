/* SPDX-License-Identifier: MIT */
#include "btf.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define BTF_LENGTH_MAX (64u << 20)

/* Unnamed structs inside of structs are looked into so deep. */
#define DEPTH_MAX 4

static bool fail(struct sbpf_error *error, const char *message, int system_errno)
{
	error->code = SBPF_ERROR_KERNEL;
	error->system_errno = system_errno;
	snprintf(error->message, sizeof(error->message), BTF_FILE ": %s", message);
	return false;
}

static bool read_file(struct btf *btf)
{
	int fd = open(BTF_FILE, O_RDONLY | O_CLOEXEC);
	size_t room = 8u << 20;
	ssize_t count = 1;

	btf->data = fd < 0 ? NULL : malloc(room);
	while (btf->data && count > 0 && btf->length < BTF_LENGTH_MAX) {
		if (btf->length == room) {
			char *grown = realloc(btf->data, room *= 2);

			if (!grown)
				break;
			btf->data = grown;
		}
		count = read(fd, btf->data + btf->length, room - btf->length);
		btf->length += count > 0 ? (size_t)count : 0;
	}
	if (fd >= 0)
		close(fd);
	return btf->data && count == 0;
}

/* Whether a part of the data lies inside of it; offsets count from the end of the header. */
static bool take_part(const struct btf *btf, const struct btf_header *header, uint32_t offset,
		      uint32_t length, const char **part)
{
	size_t start = (size_t)header->hdr_len + offset;

	*part = btf->data + start;
	return start <= btf->length && length <= btf->length - start;
}

bool btf_read(struct btf *btf, struct sbpf_error *error)
{
	struct btf_header header;

	*btf = (struct btf){ 0 };
	errno = 0;
	if (!read_file(btf))
		return fail(error, errno ? strerror(errno) : "is too long", errno);
	if (btf->length < sizeof(header))
		return fail(error, "is no BTF", 0);
	memcpy(&header, btf->data, sizeof(header));
	btf->types_length = header.type_len;
	btf->strings_length = header.str_len;
	if (header.magic != BTF_MAGIC ||
	    !take_part(btf, &header, header.type_off, header.type_len, &btf->types) ||
	    !take_part(btf, &header, header.str_off, header.str_len, &btf->strings) ||
	    !header.str_len || btf->strings[header.str_len - 1])
		return fail(error, "is no BTF", 0);
	return true;
}

void btf_free(struct btf *btf)
{
	free(btf->data);
	btf->data = NULL;
}

static const char *name_at(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_length ? btf->strings + offset : "";
}

/* How many bytes follow a type, by its kind: for each of vlen, or once. */
static size_t tail_length(uint32_t info)
{
	static const struct {
		uint8_t each;
		uint8_t once;
	} tails[] = {
		[BTF_KIND_INT] = { 0, 4 },
		[BTF_KIND_ARRAY] = { 0, 12 },
		[BTF_KIND_STRUCT] = { 12, 0 },
		[BTF_KIND_UNION] = { 12, 0 },
		[BTF_KIND_ENUM] = { 8, 0 },
		[BTF_KIND_FUNC_PROTO] = { 8, 0 },
		[BTF_KIND_VAR] = { 0, 4 },
		[BTF_KIND_DATASEC] = { 12, 0 },
		[17 /* BTF_KIND_DECL_TAG */] = { 0, 4 },
		[19 /* BTF_KIND_ENUM64 */] = { 12, 0 },
	};
	uint32_t kind = BTF_INFO_KIND(info);

	if (kind >= COUNT(tails))
		return 0;
	return tails[kind].once + (size_t)tails[kind].each * BTF_INFO_VLEN(info);
}

/* The members of a struct: that of a number, or, for 0, that of a name. False where there is none.
 */
static bool find_struct(const struct btf *btf, uint32_t number, const char *name,
			struct btf_type *type, const char **members)
{
	size_t at = 0;

	for (uint32_t i = 1; btf->types_length - at >= sizeof(*type); i++) {
		size_t tail;
		uint32_t kind;

		memcpy(type, btf->types + at, sizeof(*type));
		at += sizeof(*type);
		tail = tail_length(type->info);
		kind = BTF_INFO_KIND(type->info);
		if (tail > btf->types_length - at)
			return false;
		*members = btf->types + at;
		if ((kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) &&
		    (number ? i == number : !strcmp(name_at(btf, type->name_off), name)))
			return true;
		at += tail;
	}
	return false;
}

static long find_member(const struct btf *btf, uint32_t number, const char *name,
			const char *member, unsigned int depth)
{
	struct btf_type type;
	const char *members;

	if (!depth || !find_struct(btf, number, name, &type, &members))
		return -1;
	for (uint32_t i = 0; i < BTF_INFO_VLEN(type.info); i++) {
		struct btf_member one;
		long bits, inside = 0;
		const char *its_name;

		memcpy(&one, members + i * sizeof(one), sizeof(one));
		bits = BTF_INFO_KFLAG(type.info) ? (long)BTF_MEMBER_BIT_OFFSET(one.offset)
						 : (long)one.offset;
		its_name = name_at(btf, one.name_off);
		if (!*its_name)
			inside = find_member(btf, one.type, "", member, depth - 1);
		else if (strcmp(its_name, member) != 0)
			continue;
		if (inside >= 0)
			return bits / 8 + inside;
	}
	return -1;
}

long btf_offset(const struct btf *btf, const char *name, const char *member)
{
	return find_member(btf, 0, name, member, DEPTH_MAX);
}
