/* SPDX-License-Identifier: MIT */
/* Paths of profiles below the kubelet's folder. */
#include "kubernetes.h"

#include <string.h>

#define ROOT "/var/lib/kubelet/seccomp/"

static bool starts(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool climbs(const char *path)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (starts(at, "..") && (at[2] == '/' || !at[2]))
			return true;
	}
	return false;
}

const char *path_problem(struct check *check, const char *path)
{
	if (!path || !*path)
		return "type Localhost needs localhostProfile: the path of a file below "
		       "/var/lib/kubelet/seccomp";
	if (starts(path, ROOT))
		return check_print(check,
				   "localhostProfile must be relative to " ROOT ": write %.200s",
				   path + strlen(ROOT));
	if (*path == '/')
		return "localhostProfile must be a relative path, below /var/lib/kubelet/seccomp";
	if (climbs(path))
		return "localhostProfile must not contain '..': the file has to be below "
		       "/var/lib/kubelet/seccomp";
	return NULL;
}

/* What follows the first part of a path; NULL: it has one part only. */
static const char *behind(const char *path)
{
	const char *slash = strchr(path, '/');

	return slash && slash[1] ? slash + 1 : NULL;
}

const char *path_slip(struct check *check, const char *path)
{
	const char *rest;

	if (starts(path, "localhost/"))
		return check_print(check,
				   "the prefix localhost/ belongs to the annotations of old; the "
				   "kubelet takes it for a folder: write %.200s",
				   path + strlen("localhost/"));
	if (starts(path, ROOT + 1) || starts(path, "seccomp/"))
		return check_print(check, "the path begins below " ROOT " already: write %.200s",
				   strstr(path, "seccomp/") + strlen("seccomp/"));
	rest = starts(path, "operator/") ? behind(path) : NULL;
	rest = rest ? behind(rest) : NULL;
	if (rest)
		return check_print(check,
				   "the Security Profiles Operator's profiles have no namespace in "
				   "their path since 1.0: write operator/%.200s",
				   rest);
	return NULL;
}
