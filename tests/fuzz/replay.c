// SPDX-License-Identifier: MIT
/* Runs a fuzz target on files, with any compiler: the corpus as a test, a finding under a debugger.
 */
#include <stdio.h>
#include <stdlib.h>

#include "target.h"

#define INPUT_MAX (8u << 20)

static int replay(const char *path, uint8_t *buffer)
{
	FILE *file = fopen(path, "rb");
	uint8_t *input;
	size_t size;

	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(buffer, 1, INPUT_MAX, file);
	fclose(file);
	/* An allocation of its own lets the sanitizers see reads past its end. */
	input = malloc(size ? size : 1);
	if (!input)
		return 1;
	for (size_t i = 0; i < size; i++)
		input[i] = buffer[i];
	LLVMFuzzerTestOneInput(input, size);
	free(input);
	return 0;
}

int main(int argc, char **argv)
{
	uint8_t *buffer = malloc(INPUT_MAX);
	int failed = 0;

	if (!buffer)
		return 1;
	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i], buffer);
	free(buffer);
	printf("%d inputs\n", argc - 1);
	return failed;
}
