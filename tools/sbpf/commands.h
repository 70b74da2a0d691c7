/* SPDX-License-Identifier: MIT */
/* The subcommands of sbpf: each has a file, and gets its own name as argv[0]. */
#ifndef SBPF_TOOLS_COMMANDS_H
#define SBPF_TOOLS_COMMANDS_H

int run_main(int argc, char **argv);
int why_main(int argc, char **argv);
int record_main(int argc, char **argv);
int prove_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int dump_main(int argc, char **argv);
int decompile_main(int argc, char **argv);
int flatten_main(int argc, char **argv);
int merge_main(int argc, char **argv);
int show_main(int argc, char **argv);
int cost_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int lint_main(int argc, char **argv);
int profile_main(int argc, char **argv);
int k8s_main(int argc, char **argv);
int minimise_main(int argc, char **argv);
int test_main(int argc, char **argv);
int syscalls_main(int argc, char **argv);

#endif
