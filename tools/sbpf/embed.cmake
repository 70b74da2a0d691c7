# SPDX-License-Identifier: MIT
# cmake -DINPUT=profile.json -DOUTPUT=profile.c -P embed.cmake: a file's bytes as a C string.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\t\"\\1\"\n" bytes "${bytes}")
string(REGEX REPLACE "\n([0-9a-f]+)$" "\n\t\"\\1\"\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
file(WRITE ${OUTPUT}
	"#include \"default_profile.h\"\n\n"
	"const char default_profile[] =\n${bytes};\n"
	"const size_t default_profile_length = sizeof(default_profile) - 1;\n")
