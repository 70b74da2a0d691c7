/* SPDX-License-Identifier: MIT */
/* The subcommands of sbpf k8s: each gets its own name as argv[0]. */
#ifndef SBPF_TOOLS_K8S_H
#define SBPF_TOOLS_K8S_H

int k8s_check_main(int argc, char **argv);
int k8s_convert_main(int argc, char **argv);

#endif
