/* SPDX-License-Identifier: MIT */
/*
 * Whether one profile allows nothing that another refuses: decided for every call, number and
 * argument, with a call that shows it where it does. Exit status: 0, 1 for a difference, 2 else.
 */
#include <err.h>
#include <sbpf.h>
#include <stdio.h>

static void show(const struct sbpf_example *example)
{
	uint32_t number = (uint32_t)example->data.nr;
	const char *name = sbpf_call_name(example->abi, number);
	char a[32], b[32];

	printf("%s(%#llx, %#llx, …): %s here, %s there\n", name ? name : "a call without a name",
	       (unsigned long long)example->data.args[0], (unsigned long long)example->data.args[1],
	       sbpf_verdict_describe(example->a, sbpf_abi_native(), a, sizeof(a)),
	       sbpf_verdict_describe(example->b, sbpf_abi_native(), b, sizeof(b)));
}

static sbpf_meaning read_profile(struct sbpf_space *space, const char *path,
				 struct sbpf_error *error)
{
	struct sbpf_policy *policy = sbpf_load_json_file(path, NULL, error);
	sbpf_meaning meaning;

	/* The first error stays, and the comparison below fails with it. */
	(void)!sbpf_meaning_of_policy(space, policy, &meaning, error);
	sbpf_policy_free(policy);
	return meaning;
}

int main(int argc, char **argv)
{
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];
	struct sbpf_example example;
	struct sbpf_space *space;
	sbpf_meaning a, b;
	enum sbpf_answer answer;

	if (argc != 3)
		errx(2, "usage: %s profile.json larger.json", argv[0]);
	space = sbpf_space_new(sbpf_abi_native(), 0, &error);
	a = read_profile(space, argv[1], &error);
	b = read_profile(space, argv[2], &error);
	answer = sbpf_meaning_compare(space, a, b, SBPF_SUBSET, &example, &error);
	if (answer == SBPF_HOLDS)
		printf("%s allows nothing that %s refuses\n", argv[1], argv[2]);
	else if (answer == SBPF_REFUTED)
		show(&example);
	else
		errx(2, "%s", sbpf_error_format(&error, text, sizeof(text)));
	sbpf_space_free(space);
	return answer == SBPF_HOLDS ? 0 : 1;
}
