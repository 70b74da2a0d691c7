/* SPDX-License-Identifier: MIT */
/* Draws the graph on standard input as the programs do, but waits for dot(1) less long. */
#include "common.h"
#include "picture.h"

#include <stdlib.h>

int main(void)
{
	char graph[4096];
	size_t length = fread(graph, 1, sizeof(graph), stdin), size = 0;
	char *picture = picture_draw("draw", "svg", graph, length, &size);
	bool written = picture && fwrite(picture, 1, size, stdout) == size;

	free(picture);
	return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
