/* SPDX-License-Identifier: MIT */
/* A user's program, C and C++ alike: refuses itself mkdir and sees the refusal. */
#include <sbpf.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifdef __cplusplus
#define EMPTY                                                                                      \
	{                                                                                          \
	}
#else
#define EMPTY                                                                                      \
	{                                                                                          \
		0                                                                                  \
	}
#endif

static const char profile[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": "
			      "[\"mkdir\", \"mkdirat\"],"
			      " \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 28}]}";

int main(void)
{
	struct sbpf_error error = EMPTY;
	struct sbpf_policy *policy;
	struct sbpf_filter *filter;
	int installed;

	policy = sbpf_load_json(profile, strlen(profile), NULL, &error);
	filter = sbpf_compile(policy, NULL, &error);
	installed = sbpf_install(filter, 0, &error);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
	if (installed < 0 || strcmp(sbpf_version(), SBPF_VERSION) != 0) {
		fprintf(stderr, "libsbpf %s: %s\n", sbpf_version(), error.message);
		return 1;
	}
	return mkdir("refused", 0700) == -1 && errno == ENOSPC ? 0 : 1;
}
