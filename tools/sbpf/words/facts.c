/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include "families.h"

#include <string.h>

size_t danger_of(const char *call)
{
	size_t i = 0;

	while (i < danger_count && strcmp(dangers[i].call, call) != 0)
		i++;
	return i;
}

size_t purpose_of(const char *call)
{
	size_t i = 0;

	while (i < purpose_count && !lists_word(purposes[i].calls, call))
		i++;
	return i;
}
