// SPDX-License-Identifier: MIT
#include "random.h"

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
uint64_t random_next(struct random *random)
{
	uint64_t z;

	random->state += UINT64_C(0x9e3779b97f4a7c15);
	z = random->state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t random_below(struct random *random, size_t limit)
{
	return (size_t)(random_next(random) % limit);
}

bool random_chance(struct random *random, unsigned int percent)
{
	return random_below(random, 100) < percent;
}
