# SPDX-License-Identifier: MIT
# cmake -DINPUT=profile.json -DOUTPUT=profile.c -DNAME=name -DHEADER=name.h -P embed.cmake: a file's
# bytes as a C string.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\t\"\\1\"\n" bytes "${bytes}")
string(REGEX REPLACE "\n([0-9a-f]+)$" "\n\t\"\\1\"\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
file(WRITE ${OUTPUT}
	"#include \"${HEADER}\"\n\n"
	"const char ${NAME}[] =\n${bytes};\n"
	"const size_t ${NAME}_length = sizeof(${NAME}) - 1;\n")
