/* SPDX-License-Identifier: MIT */
/* The notifications of user space, over seccomp(2) and ioctl(2). */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "compat.h"

/* SECCOMP_IOCTL_NOTIF_ID_VALID before Linux 5.8 (commit 47e33c05f9f0). */
#define NOTIF_ID_VALID_BEFORE_5_8 SECCOMP_IOR(2, uint64_t)

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Of a notification and, in the upper half, of a response, as the kernel has them. It is asked
 * once, as a filter may refuse seccomp(2) later; 0 before. */
static atomic_uint known_sizes;

static bool find_sizes(size_t *request, size_t *response)
{
	unsigned int known = atomic_load(&known_sizes);
	struct seccomp_notif_sizes sizes;

	if (known == 0) {
		if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
			return false;
		known = (unsigned int)sizes.seccomp_notif_resp << 16 | sizes.seccomp_notif;
		atomic_store(&known_sizes, known);
	}
	*request = larger(known & 0xffff, sizeof(struct seccomp_notif));
	*response = larger(known >> 16, sizeof(struct seccomp_notif_resp));
	return true;
}

/* Structs of the kernel's size, but never smaller than those this library is compiled with. */
COMPAT_API int seccomp_notify_alloc(struct seccomp_notif **req, struct seccomp_notif_resp **resp)
{
	size_t request_size, response_size;
	struct seccomp_notif *request = NULL;
	struct seccomp_notif_resp *response = NULL;

	if (!compat_has_seccomp())
		return -EOPNOTSUPP;
	if (!find_sizes(&request_size, &response_size))
		return -ECANCELED;
	if (req)
		request = calloc(1, request_size);
	if (resp)
		response = calloc(1, response_size);
	if ((req && !request) || (resp && !response)) {
		seccomp_notify_free(request, response);
		return -ENOMEM;
	}
	if (req)
		*req = request;
	if (resp)
		*resp = response;
	return 0;
}

COMPAT_API void seccomp_notify_free(struct seccomp_notif *req, struct seccomp_notif_resp *resp)
{
	free(req);
	free(resp);
}

static int ask_listener(int fd, unsigned long request, void *argument)
{
	if (!compat_has_action(SCMP_ACT_NOTIFY))
		return -EOPNOTSUPP;
	return ioctl(fd, request, argument) < 0 ? -ECANCELED : 0;
}

COMPAT_API int seccomp_notify_receive(int fd, struct seccomp_notif *req)
{
	return ask_listener(fd, SECCOMP_IOCTL_NOTIF_RECV, req);
}

COMPAT_API int seccomp_notify_respond(int fd, struct seccomp_notif_resp *resp)
{
	return ask_listener(fd, SECCOMP_IOCTL_NOTIF_SEND, resp);
}

COMPAT_API int seccomp_notify_id_valid(int fd, uint64_t id)
{
	int result = ask_listener(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);

	if (result == -ECANCELED && errno == EINVAL)
		result = ask_listener(fd, NOTIF_ID_VALID_BEFORE_5_8, &id);
	return result == -ECANCELED ? -ENOENT : result;
}
