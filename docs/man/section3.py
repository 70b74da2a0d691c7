#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Makes the manual pages of section 3 from the comments of sbpf.h.

    section3.py HEADER FOLDER

A section of the header ("/* ---- Proof ---- */") is a page, named after its first function; every
other function is an alias of it (".so man3/PAGE.3"). libsbpf.3 is the header's opening comment and
the list of pages. A page shows each type and function as the header has it, with its comment.
"""
import os
import re
import sys
import textwrap

RULER = re.compile(r"^/\* ---- (.*) ---- \*/$")
FUNCTION = re.compile(r"\b(sbpf_\w+)\s*\(")


class Declaration:
    """A piece of C without blank lines in it, and the comment above."""

    def __init__(self, comment, code):
        self.comment = comment
        self.code = code
        self.functions = [] if is_type(code) else [
            FUNCTION.search(one)[1] for one in statements(code) if "SBPF_API" in one]


def is_type(code):
    return re.match(r"(struct|enum|typedef)\b", code) is not None and "SBPF_API" not in code


def strip_comments(code):
    return re.sub(r"/\*.*?\*/", "", code, flags=re.S)


def statements(code):
    return [" ".join(one.split()) for one in strip_comments(code).split(";") if one.strip()]


def comment_text(block):
    """Paragraphs of a comment, each a list of lines; an indented one is an example."""
    body = re.sub(r"^/\*+|\*/$", "", block.strip())
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in body.split("\n")]
    paragraphs = [[]]
    for line in lines:
        if line.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [one for one in paragraphs if one]


def blocks(text):
    """The header's comments and pieces of C in order: what no blank line parts belongs together."""
    at = 0
    pattern = re.compile(r"(/\*.*?\*/)|([^\s/#][^\n]*)|(#[^\n]*(?:\\\n[^\n]*)*)", re.S)
    while True:
        match = pattern.search(text, at)
        if not match:
            return
        if match[1]:
            yield "comment", match[1], at_line_start(text, match.end())
            at = match.end()
        elif match[3]:
            yield "macro", match[3], False
            at = match.end()
        else:
            end = end_of_code(text, match.start())
            yield "code", text[match.start():end], False
            at = end


def at_line_start(text, position):
    """Whether a blank line follows: the comment speaks of no declaration."""
    return text[position:position + 2] == "\n\n"


def end_of_code(text, start):
    """Behind a run of declarations: up to an empty line, a comment or a macro between them."""
    depth, at = 0, start
    while at < len(text):
        if text.startswith("/*", at):
            at = text.index("*/", at) + 2
            continue
        if text[at] == "\n" and depth == 0 and re.match(r"\n(\n|/\*|#)", text[at:at + 3]):
            break
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(text[at], 0)
        at += 1
    return at


def read_header(path):
    """The opening comment, the version, and the sections: [title, [Declaration]]."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    version = re.search(r'#define SBPF_VERSION "(.*)"', text)[1]
    sections, comment, opening = [["Version", []]], None, None
    body = text[:text.rindex("#ifdef __cplusplus")].replace('extern "C" {', "")
    for kind, block, is_alone in blocks(body):
        ruler = RULER.match(block)
        if ruler:
            sections.append([ruler[1], []])
            comment = None
        elif kind == "comment":
            if opening is None and "sbpf.h - " in block:
                opening = comment_text(block)
            comment = None if is_alone else block
        elif kind == "macro":
            if comment and block.startswith("#define SBPF_") and "__attribute__" not in block:
                sections[-1][1].append(Declaration(comment_text(comment), block))
            comment = None
        else:
            sections[-1][1].append(
                Declaration(comment_text(comment) if comment else [], block))
            comment = None
    return opening, version, merge(sections)


def merge(sections):
    """A section of types alone belongs to the page of the next one."""
    merged, before = [], []
    for title, declarations in sections:
        before = before + declarations
        if any(one.functions for one in before):
            merged.append([title, before])
            before = []
    return merged


# ---- mdoc(7) ----

def escape(line):
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in (".", "'") else line


def prose(paragraph):
    """Lines of text; names of functions become references."""
    text = " ".join(line.strip() for line in paragraph)
    out, at = [], 0
    for match in re.finditer(r"\b((?:sbpf_\w+)\(\)|[a-z0-9_]+\([2-8]\))([.,;:)]*)", text):
        before = text[at:match.start()]
        glue = re.search(r"[^\s(\[]$", before)
        if glue:
            continue
        opening = re.search(r"[(\[\"]+$", before)
        before = before[:opening.start()] if opening else before
        out += wrap(before)
        name, rest = match[1], match[2]
        words = [".Fn", name[:-2]] if name.endswith("()") else [".Xr", name[:-3], name[-2]]
        if opening:
            words = [".Pf", opening[0], words[0][1:]] + words[1:]
        out.append(" ".join(words + list(rest)))
        at = match.end()
        # What follows without a space would be torn off.
        if text[at:at + 1] not in (" ", ""):
            out.append(".Ns " + text[at:].split(" ")[0])
            at += len(text[at:].split(" ")[0])
    return out + wrap(text[at:])


def wrap(text):
    """A sentence ends its line, as mdoc wants it."""
    lines = []
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z0-9*(])", text.strip()):
        lines += textwrap.wrap(sentence, 90, break_on_hyphens=False, break_long_words=False)
    return [escape(line) for line in lines]


def literal(code):
    lines = [escape(line.expandtabs(8)) for line in code.rstrip("\n").split("\n")]
    return [".Bd -literal"] + lines + [".Ed"]


def describe(paragraphs):
    out = []
    for i, paragraph in enumerate(paragraphs):
        if paragraph[0].startswith(("\t", "  ")):
            out += [".Bd -literal -offset indent"] + \
                [escape(re.sub("^\t", "", line)) for line in paragraph] + \
                [".Ed"]
        else:
            out += ([".Pp"] if i else []) + prose(paragraph)
    return out


def synopsis(statement):
    """.Ft, .Fo, .Fa and .Fc of a function."""
    match = re.match(r"SBPF_API (?:SBPF_MUST_USE )?(.*?)(\**)(sbpf_\w+)\((.*)\)$", statement)
    out = [f'.Ft "{match[1].strip()}{" " + match[2] if match[2] else ""}"', f".Fo {match[3]}"]
    out += [f'.Fa "{one}"' for one in parameters(match[4])]
    return out + [".Fc"]


def parameters(text):
    depth, parts = 0, [""]
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [one.strip() for one in parts]


def head(page, version, date):
    return ['.\\" SPDX-License-Identifier: MIT', '.\\" Made from sbpf.h by docs/man/section3.py.',
            f".Dd {date}", f".Dt {page.upper()} 3", f".Os libsbpf {version}"]


def page_of(title, declarations, names, others, version, date):
    page = names[0]
    out = head(page, version, date) + [".Sh NAME"]
    out += [f".Nm {name} ," for name in names[:-1]] + [f".Nm {names[-1]}"]
    out += [f".Nd {title[0].lower() + title[1:] if not title.startswith('ABI') else title}",
            ".Sh LIBRARY", "libsbpf (libsbpf, \\-lsbpf)", ".Sh SYNOPSIS", ".In sbpf.h"]
    for one in declarations:
        for statement in statements(one.code) if one.functions else []:
            out += synopsis(statement)
    out.append(".Sh DESCRIPTION")
    for one in declarations:
        out.append(".Ss " + heading(one))
        out += describe(one.comment)
        if not one.functions:
            out += literal(one.code)
    out += [".Sh SEE ALSO"] + references(page, others)
    return "\n".join(out) + "\n"


def heading(declaration):
    """What it declares."""
    code = strip_comments(declaration.code)
    if declaration.functions:
        return ", ".join(f"{name}()" for name in declaration.functions)
    if code.startswith("#define"):
        return ", ".join(re.findall(r"#define (\w+)", code))
    if code.startswith("typedef"):
        return re.search(r"(sbpf_\w+)\s*[;(]", code)[1]
    return " ".join(code.split()[:2]).rstrip(";")


def references(page, others):
    listed = ["libsbpf"] + [one for one in others if one != page]
    return [".Xr sbpf 1 ,", ".Xr seccomp 2 ,"] + \
        [f".Xr {name} 3" + ("" if name == max(listed) else " ,") for name in sorted(listed)]


def overview(opening, pages, version, date):
    first = opening[0][0].split(" - ")[1]
    out = head("libsbpf", version, date) + [".Sh NAME", ".Nm libsbpf", f".Nd {first}",
                                            ".Sh LIBRARY", "libsbpf (libsbpf, \\-lsbpf)",
                                            ".Sh SYNOPSIS", ".In sbpf.h", ".Sh DESCRIPTION"]
    out += describe(opening[1:]) + [".Sh PAGES", ".Bl -tag -width Ds"]
    for title, names in pages:
        out += [f".It {title}"]
        out += [f".Xr {names[0]} 3" + (" :" if names[1:] else "")]
        out += [f".Fn {name}" + (" ," if name != names[-1] else "") for name in names[1:]]
    return "\n".join(out + [".El", ".Sh SEE ALSO", ".Xr sbpf 1 ,", ".Xr sbpf-gen 1 ,",
                            ".Xr sbpf-oci 1 ,", ".Xr seccomp 2"]) + "\n"


def date_of(folder):
    """That of the page on the programs: a page made anew is no newer page."""
    with open(os.path.join(folder, "sbpf.1"), encoding="utf-8") as file:
        return re.search(r"^\.Dd (.*)$", file.read(), re.M)[1]


def write(folder, page, text):
    with open(os.path.join(folder, page + ".3"), "w", encoding="utf-8") as file:
        file.write(text)


def main():
    header, folder = sys.argv[1:]
    date = date_of(os.path.dirname(os.path.abspath(__file__)))
    opening, version, sections = read_header(header)
    os.makedirs(folder, exist_ok=True)
    pages = [(title, [name for one in declarations for name in one.functions])
             for title, declarations in sections]
    firsts = [names[0] for _, names in pages]
    for (title, declarations), (_, names) in zip(sections, pages):
        write(folder, names[0], page_of(title, declarations, names, firsts, version, date))
        for alias in names[1:]:
            write(folder, alias, f".so man3/{names[0]}.3\n")
    write(folder, "libsbpf", overview(opening, pages, version, date))


main()
