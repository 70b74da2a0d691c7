/* SPDX-License-Identifier: MIT */
/* Names of profiles as identifiers of C, each once in a header. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C17 6.4.1, C23 6.4.1 and C++20 lex.key, lex.digraph. */
static const char *const keywords[] = {
	"alignas",
	"alignof",
	"and",
	"and_eq",
	"asm",
	"auto",
	"bitand",
	"bitor",
	"bool",
	"break",
	"case",
	"catch",
	"char",
	"char16_t",
	"char32_t",
	"char8_t",
	"class",
	"co_await",
	"co_return",
	"co_yield",
	"compl",
	"concept",
	"const",
	"const_cast",
	"consteval",
	"constexpr",
	"constinit",
	"continue",
	"decltype",
	"default",
	"delete",
	"do",
	"double",
	"dynamic_cast",
	"else",
	"enum",
	"explicit",
	"export",
	"extern",
	"false",
	"float",
	"for",
	"friend",
	"goto",
	"if",
	"inline",
	"int",
	"long",
	"mutable",
	"namespace",
	"new",
	"noexcept",
	"not",
	"not_eq",
	"nullptr",
	"operator",
	"or",
	"or_eq",
	"private",
	"protected",
	"public",
	"register",
	"reinterpret_cast",
	"requires",
	"restrict",
	"return",
	"short",
	"signed",
	"sizeof",
	"static",
	"static_assert",
	"static_cast",
	"struct",
	"switch",
	"template",
	"this",
	"thread_local",
	"throw",
	"true",
	"try",
	"typedef",
	"typeid",
	"typename",
	"typeof",
	"typeof_unqual",
	"union",
	"unsigned",
	"using",
	"virtual",
	"void",
	"volatile",
	"wchar_t",
	"while",
	"xor",
	"xor_eq",
	"_Alignas",
	"_Alignof",
	"_Atomic",
	"_BitInt",
	"_Bool",
	"_Complex",
	"_Decimal128",
	"_Decimal32",
	"_Decimal64",
	"_Generic",
	"_Imaginary",
	"_Noreturn",
	"_Static_assert",
	"_Thread_local",
};

static bool is_keyword(const char *text)
{
	for (size_t i = 0; i < COUNT(keywords); i++) {
		if (!strcmp(text, keywords[i]))
			return true;
	}
	return false;
}

/* isalpha(3) follows the locale, C identifiers do not. */
static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

bool identifier_is_valid(const char *text)
{
	if (!is_letter(text[0]) || is_keyword(text))
		return false;
	for (const char *at = text; *at; at++) {
		if (!is_letter(*at) && !is_digit(*at))
			return false;
	}
	return true;
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *identifier_from_path(const char *path)
{
	const char *base = strcmp(path, "-") ? base_name(path) : "profile";
	const char *dot = strrchr(base, '.');
	int length = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
	char *identifier;

	if (asprintf(&identifier, "profile_%.*s", length, base) < 0)
		return NULL;
	for (char *at = identifier; *at; at++) {
		if (!is_letter(*at) && !is_digit(*at))
			*at = '_';
	}
	/* The prefix stays only where the name alone is none: "default.json", "9p.json". */
	if (identifier_is_valid(identifier + strlen("profile_")))
		memmove(identifier, identifier + strlen("profile_"), (size_t)length + 1);
	return identifier;
}
