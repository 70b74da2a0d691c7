/* SPDX-License-Identifier: MIT */
/* Other ways in: ABIs and multiplexers. */
#include "lint.h"

#include "call.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- ABIs ---- */

static struct sbpf_example first_call(const struct lint *lint, int abi)
{
	const struct sbpf_abi description = abi_of(abi);
	struct sbpf_example example = {
		.abi = abi,
		.data = { .nr = (int)description.number_offset, .arch = description.audit_arch },
	};

	example.a = sbpf_policy_verdict(lint->part->policy, &example.data, NULL, NULL, NULL);
	return example;
}

static struct lint_place abis_place(const struct lint *lint)
{
	struct lint_place place = { .line = lint->outline.abis_line };

	if (!lint->outline.abis_key)
		return place_of_default(lint);
	snprintf(place.path, sizeof(place.path), "%s%s", lint->part->prefix,
		 lint->outline.abis_key);
	return place;
}

static void add_open(struct lint *lint, uint64_t missing, const struct sbpf_example *example)
{
	struct lint_place place = abis_place(lint);
	char abis[ABIS_MAX], verdict[VERDICT_MAX];

	lint_add(lint, MISSING_ABI, SEVERITY_WARNING, &place, (struct evidence){ example, false },
		 "every call by %s is %s, as no rule speaks of these ABIs: name them in "
		 "'architectures'",
		 abis_text(lint, missing, abis),
		 sbpf_verdict_describe(example->a, lint->machine, verdict, VERDICT_MAX));
}

/* A profile that lists what is forbidden means to let programs run, those with 32 bits too. */
static void add_shut(struct lint *lint, uint64_t missing, const struct sbpf_example *example)
{
	bool by_accident = is_permitted(lint->default_verdict);
	struct lint_place place = abis_place(lint);
	char abis[ABIS_MAX], verdict[VERDICT_MAX];

	lint_add(lint, MISSING_ABI, by_accident ? SEVERITY_WARNING : SEVERITY_NOTE, &place,
		 (struct evidence){ example, false },
		 "every call by %s is %s, as the profile does not cover %s: if %s programs are to "
		 "run, name them in 'architectures'",
		 abis_text(lint, missing, abis),
		 sbpf_verdict_describe(example->a, lint->machine, verdict, VERDICT_MAX),
		 missing & (missing - 1) ? "these ABIs" : "this ABI",
		 missing & (missing - 1) ? "such" : "its");
}

void lint_entries(struct lint *lint)
{
	uint64_t missing = lint->kernel_abis & ~lint->abis;
	struct sbpf_example example;

	if (!missing)
		return;
	example = first_call(lint, __builtin_ctzll(missing));
	if (is_permitted(example.a))
		add_open(lint, missing, &example);
	else
		add_shut(lint, missing, &example);
}

/* ---- Multiplexers ---- */

enum direction { REACHES, REACHES_NOT };

static void compare_forms(struct lint *lint, int abi, const struct sbpf_multiplexed *one,
			  struct clusters clusters[2])
{
	struct sbpf_example through = { .abi = abi };
	struct outcome direct;
	uint32_t number;

	if (!sbpf_call_number(abi, one->multiplexer, &number) ||
	    !outcome_of(lint, abi, one->call, &direct))
		return;
	through.data.arch = abi_of(abi).audit_arch;
	through.data.nr = (int)number;
	through.data.args[0] = one->sub;
	if (!sbpf_meaning_verdict(lint->space, lint->meaning, &through.data, &through.a))
		return;
	through.b = direct.restrictive.a;
	if (is_permitted(through.a) && !is_permitted(through.b))
		cluster_add(lint, &clusters[REACHES], (size_t)abi, (size_t)one->multiplexer[0],
			    one->call, &through);
	through.b = direct.permissive.a;
	if (!is_permitted(through.a) && is_permitted(through.b))
		cluster_add(lint, &clusters[REACHES_NOT], (size_t)abi, (size_t)one->multiplexer[0],
			    one->call, &through);
}

/* The name of the multiplexer in the rule that decides it, else the rule or the default. */
static struct lint_place multiplexer_place(const struct lint *lint, const char *multiplexer,
					   size_t entry)
{
	for (size_t i = 0; i < lint->record_count; i++) {
		const struct record *record = &lint->records[i];

		if (record->entry == entry && !strcmp(record->call, multiplexer))
			return place_of_record(lint, record);
	}
	return place_of_entry(lint, entry);
}

static const char *const advice[] = {
	[REACHES] = "rules on them do not hold there, as what is behind its pointer cannot be "
		    "checked: allow it only if these calls may have any arguments",
	[REACHES_NOT] = "a rule with conditions does not extend to it, as what is behind its "
			"pointer cannot be checked: a 32-bit program that makes these calls so "
			"is refused",
};

static void add_form(struct lint *lint, enum direction direction, const struct cluster *cluster)
{
	const struct sbpf_example *example = &cluster->example;
	const char *multiplexer = sbpf_call_name(example->abi, (uint32_t)example->data.nr);
	size_t entry = deciding_entry(lint->part->policy, &example->data);
	struct lint_place place = multiplexer_place(lint, multiplexer, entry);
	char abis[ABIS_MAX], verdict[VERDICT_MAX], other[VERDICT_MAX];
	char *names = names_text(lint, cluster);

	if (names)
		lint_add(lint, MULTIPLEXER, direction == REACHES ? SEVERITY_WARNING : SEVERITY_NOTE,
			 &place, (struct evidence){ example, true },
			 "on %s %s gives %s %s, where the direct call may get %s; %s",
			 abis_text(lint, cluster->abis, abis), multiplexer, names,
			 sbpf_verdict_describe(example->a, lint->machine, verdict, sizeof(verdict)),
			 sbpf_verdict_describe(example->b, lint->machine, other, sizeof(other)),
			 advice[direction]);
	free(names);
}

void lint_multiplexers(struct lint *lint)
{
	struct clusters clusters[2] = { 0 };
	struct sbpf_multiplexed one;

	for (size_t i = 0; i < lint->abi_count; i++) {
		for (size_t j = 0; sbpf_multiplexed_at(j, &one); j++)
			compare_forms(lint, lint->ordered[i], &one, clusters);
	}
	for (int direction = REACHES; direction <= REACHES_NOT; direction++) {
		for (size_t i = 0; i < clusters[direction].count; i++)
			add_form(lint, (enum direction)direction, &clusters[direction].list[i]);
		clusters_free(&clusters[direction]);
	}
}
