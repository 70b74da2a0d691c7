/* SPDX-License-Identifier: MIT */
/* Addresses of sockets: a family, and by it the rest. */
#include "values.h"

#include "common.h"
#include "constants.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/vm_sockets.h>

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

/* A path up to NUL, or an abstract name to the end (unix(7)). */
static void print_unix(FILE *out, const uint8_t *bytes, size_t size)
{
	size_t room = size > sizeof(struct sockaddr_un) ? sizeof(struct sockaddr_un) : size;
	const char *path = (const char *)bytes + PATH_AT;
	size_t length = room - PATH_AT;

	if (!length)
		return;
	fputs(", sun_path=", out);
	if (path[0] || length == 1) {
		quoted_print(out, path, strnlen(path, length), false);
		return;
	}
	putc('@', out);
	quoted_print(out, path + 1, length - 1, false);
}

static void print_inet(FILE *out, const uint8_t *bytes, size_t size)
{
	struct sockaddr_in address;
	char text[INET_ADDRSTRLEN];

	(void)size;
	memcpy(&address, bytes, sizeof(address));
	fprintf(out, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(address.sin_port),
		inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text)));
}

static void print_inet6(FILE *out, const uint8_t *bytes, size_t size)
{
	struct sockaddr_in6 address;
	char text[INET6_ADDRSTRLEN];

	(void)size;
	memcpy(&address, bytes, sizeof(address));
	fprintf(out,
		", sin6_port=htons(%u), sin6_flowinfo=htonl(%" PRIu32
		"), inet_pton(AF_INET6, \"%s\", &sin6_addr), sin6_scope_id=%" PRIu32,
		ntohs(address.sin6_port), ntohl(address.sin6_flowinfo),
		inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text)), address.sin6_scope_id);
}

static void print_netlink(FILE *out, const uint8_t *bytes, size_t size)
{
	struct sockaddr_nl address;

	(void)size;
	memcpy(&address, bytes, sizeof(address));
	fprintf(out, ", nl_pid=%" PRIu32 ", nl_groups=0x%" PRIx32, address.nl_pid,
		address.nl_groups);
}

static void print_vsock(FILE *out, const uint8_t *bytes, size_t size)
{
	struct sockaddr_vm address;

	(void)size;
	memcpy(&address, bytes, sizeof(address));
	fprintf(out, ", svm_cid=%" PRIu32 ", svm_port=%" PRIu32, (uint32_t)address.svm_cid,
		(uint32_t)address.svm_port);
}

static void print_alg(FILE *out, const uint8_t *bytes, size_t size)
{
	struct sockaddr_alg address;

	(void)size;
	memcpy(&address, bytes, sizeof(address));
	fputs(", salg_type=", out);
	quoted_print(out, address.salg_type,
		     strnlen((const char *)address.salg_type, sizeof(address.salg_type)), false);
	fputs(", salg_name=", out);
	quoted_print(out, address.salg_name,
		     strnlen((const char *)address.salg_name, sizeof(address.salg_name)), false);
}

static void print_packet(FILE *out, const uint8_t *bytes, size_t size)
{
	struct sockaddr_ll address;

	(void)size;
	memcpy(&address, bytes, sizeof(address));
	fprintf(out, ", sll_protocol=htons(0x%x), sll_ifindex=%d", ntohs(address.sll_protocol),
		address.sll_ifindex);
}

static const struct family {
	sa_family_t family;
	size_t least; /* bytes that it needs */
	void (*print)(FILE *out, const uint8_t *bytes, size_t size);
} families[] = {
	{ AF_UNIX, PATH_AT, print_unix },
	{ AF_INET, sizeof(struct sockaddr_in), print_inet },
	{ AF_INET6, sizeof(struct sockaddr_in6), print_inet6 },
	{ AF_NETLINK, sizeof(struct sockaddr_nl), print_netlink },
	{ AF_PACKET, sizeof(struct sockaddr_ll), print_packet },
	{ AF_ALG, sizeof(struct sockaddr_alg), print_alg },
	{ AF_VSOCK, sizeof(struct sockaddr_vm), print_vsock },
};

static const struct family *find_family(sa_family_t number, size_t size)
{
	for (size_t i = 0; i < COUNT(families); i++) {
		if (families[i].family == number && size >= families[i].least)
			return &families[i];
	}
	return NULL;
}

void socket_address_print(struct decoding *decoding, const uint8_t *bytes, size_t size)
{
	sa_family_t number = (sa_family_t)number_at(bytes, sizeof(sa_family_t));
	const struct family *family = find_family(number, size);

	fputs("{sa_family=", decoding->out);
	if (!constant_print_set(decoding->out, decoding->abi, "families", number))
		fprintf(decoding->out, "0x%x", number);
	if (family) {
		family->print(decoding->out, bytes, size);
	} else if (size > sizeof(sa_family_t)) {
		fputs(", sa_data=", decoding->out);
		quoted_print(decoding->out, bytes + sizeof(sa_family_t), size - sizeof(sa_family_t),
			     false);
	}
	putc('}', decoding->out);
}
