/* SPDX-License-Identifier: MIT */
/* The version whose interface this is. */
#include "compat.h"

static const struct scmp_version version = {
	.major = SCMP_VER_MAJOR,
	.minor = SCMP_VER_MINOR,
	.micro = SCMP_VER_MICRO,
};

COMPAT_API const struct scmp_version *seccomp_version(void)
{
	return &version;
}
