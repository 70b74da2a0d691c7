/* SPDX-License-Identifier: MIT */
/* The target options that all tools share. */
#include "common.h"

#include <stddef.h>
#include <string.h>

#define TARGET(field) offsetof(struct sbpf_target, field)

static const struct option_word reading_words[] = {
	{ "docker", SBPF_READING_DOCKER, "as engines read their own profiles" },
	{ "podman", SBPF_READING_DOCKER, NULL },
	{ "cri-o", SBPF_READING_DOCKER, NULL },
	{ "crio", SBPF_READING_DOCKER, NULL },
	{ "oci", SBPF_READING_OCI,
	  "as runc reads a file handed to it as it is\n"
	  "(kubernetes: on containerd; Kubernetes on CRI-O is cri-o)" },
	{ "containerd", SBPF_READING_OCI, NULL },
	{ "ctr", SBPF_READING_OCI, NULL },
	{ "runc", SBPF_READING_OCI, NULL },
	{ "crun", SBPF_READING_OCI, NULL },
	{ "kubernetes", SBPF_READING_OCI, NULL },
	{ "literal", SBPF_READING_LITERAL, "as it is written, the first rule that holds" },
	{ NULL, 0, NULL },
};

const struct option_list option_lists[] = {
	{ "READING", reading_words },
	{ "ENGINE", reading_words },
};

const size_t option_list_count = COUNT(option_lists);

const struct option_row target_options[] = {
	{ "arch", 0, "MACHINE",
	  "the machine the filter is for, such as x86_64 or aarch64\n"
	  "(default: this one)",
	  TARGET(machine) },
	{ "abi", 0, "LIST",
	  "the ABIs beside the machine's own, such as x86,x32, or \"\" for\n"
	  "none (default: what the profile says)",
	  TARGET(abis) },
	{ "kernel", 0, "RELEASE",
	  "the kernel's release, such as 6.1, for minKernel\n"
	  "(default: this kernel's; of sbpf-gen the newest known)",
	  TARGET(kernel) },
	{ "caps", 0, "LIST",
	  "the capabilities held, such as SYS_ADMIN,NET_RAW, ALL, or \"\"\n"
	  "for none (default: the config.json's, else Docker's 14)",
	  TARGET(capabilities) },
	{ "bad-arch", 0, "ACTION",
	  "what calls from any other ABI get, such as KILL_THREAD\n"
	  "(default: KILL_PROCESS)",
	  TARGET(bad_arch) },
	{ "enosys", 0, NULL,
	  "answer calls newer than the profile with ENOSYS where it\n"
	  "would deny them",
	  TARGET(unknown_as_enosys) },
	{ "strict", 0, NULL, "take unknown call names and keys as errors", TARGET(strict) },
	{ "reading", 0, "READING",
	  "how the profile is read, by the name of a reading or of an\n"
	  "engine (default: docker):",
	  TARGET(reading) },
	{ "runtime", 0, "ENGINE", "the same as --reading", TARGET(reading) },
	{ "width", 0, "profile|kernel",
	  "what conditions compare: whole registers, or what the kernel\n"
	  "reads of them (default: profile)",
	  TARGET(width) },
};

const size_t target_option_count = COUNT(target_options);

const char *target_option_of(const char *where)
{
	static const struct {
		const char *where;
		const char *option;
	} names[] = {
		{ "target.machine", "--arch" },	     { "target.abis", "--abi" },
		{ "target.kernel", "--kernel" },     { "target.capabilities", "--caps" },
		{ "target.bad_arch", "--bad-arch" }, { "target.reading", "--reading" },
		{ "target.width", "--width" },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (!strcmp(names[i].where, where))
			return names[i].option;
	}
	return NULL;
}
