#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may use whom: rooms.py SOURCE BUILD ROOMS.

ROOMS has a line for each room: the folder it is in, its name, and the rooms whose headers it may
include. Looked at are
- the include paths: a header of a room that is not used is "No such file" (one is tried for each
  pair of rooms, with the room's own compiler command);
- the symbols: no object takes one from a room that its own may not use;
- the files: no circle of objects that need one another, in the libraries and the programs;
- the folders: none with more than 25 sources.
"""

import collections
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

SOURCES_MAX = 25
# What gcc and clang say of a header that is not there.
MISSING = ("No such file", "file not found")
# What is linked together, by the folder of its sources and a part of the paths of its objects.
PROGRAMS = [
    ("libsbpf/compat", "seccomp_compat.dir"),
    ("tools/common", "tools_common.dir"),
    ("tools/sbpf-gen", "sbpf-gen.dir"),
    ("tools/sbpf-oci", "sbpf-oci.dir"),
]

Command = collections.namedtuple("Command", "words directory object")


def read_rooms(file):
    """Of each folder its rooms, and which others each may use."""
    houses = collections.defaultdict(dict)
    for line in pathlib.Path(file).read_text().splitlines():
        house, room, *uses = line.split()
        houses[house][room] = set(uses)
    return houses


def read_commands(build):
    """Of each source the commands that compile it."""
    commands = collections.defaultdict(list)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        target = pathlib.Path(entry["directory"], words[words.index("-o") + 1])
        commands[pathlib.Path(entry["file"])].append(Command(words, entry["directory"], target))
    return commands


# ---- Includes


def compile_line(command, line):
    """What the compiler says of a line in place of the source of a command."""
    words = list(command.words)
    words[words.index("-o") + 1] = "/dev/null"
    # A folder of its own: a header beside the source would be found.
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "line.c")
        file.write_text(line + "\nextern int declared;\n", encoding="ascii")
        words[words.index("-c") + 1] = str(file)
        return subprocess.run(words, cwd=command.directory, capture_output=True, text=True, check=False)


def check_includes(top, rooms, commands):
    tried = 0
    for room, uses in rooms.items():
        command = commands[min((top / room).glob("*.c"))][0]
        for other in rooms:
            for header in sorted((top / other).glob("*.h"))[:1]:
                run = compile_line(command, f'#include "{header.name}"')
                if other == room or other in uses:
                    assert run.returncode == 0, (room, header.name, run.stderr)
                    continue
                assert run.returncode and header.name in run.stderr and any(
                    said in run.stderr for said in MISSING), (
                    f"{room} may include {header.name} of {other}", run.stderr)
                tried += 1
    assert tried >= len(rooms) - 1, f"only {tried} includes are forbidden"


# ---- Symbols


def read_symbols(target):
    """The global names that an object defines, and those that it needs."""
    defined, needed = set(), set()
    output = subprocess.run(["nm", "-g", target], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        *_, kind, name = line.split()
        (needed if kind in "Uw" else defined).add(name)
    return defined, needed


def find_edges(objects):
    """Of each object those that it takes a symbol from, with one such symbol."""
    symbols = {target: read_symbols(target) for target in objects}
    owner = {name: target for target, (defined, _) in symbols.items() for name in defined}
    edges = collections.defaultdict(dict)
    for target, (_, needed) in symbols.items():
        for name in needed:
            if owner.get(name, target) != target:
                edges[target][owner[name]] = name
    return edges


def check_symbols(rooms, edges):
    crossed = 0
    for target, others in edges.items():
        for other, name in others.items():
            here, there = target.parent.name, other.parent.name
            crossed += here != there
            assert there == here or there in rooms[here], (
                f"{target.name} of {here} takes {name} from {there}, which it may not use")
    assert crossed, "no room uses another: these are not the objects"


def find_circle(edges):
    """The members of a circle, the first again at the end; or None."""
    state = {}

    def visit(node, path):
        state[node] = "open"
        for other in edges.get(node, ()):
            if state.get(other) == "open":
                return path[path.index(other):] + [other]
            circle = visit(other, path + [other]) if other not in state else None
            if circle:
                return circle
        state[node] = "done"
        return None

    for node in list(edges):
        circle = visit(node, [node]) if node not in state else None
        if circle:
            return circle
    return None


def check_circles(what, edges):
    circle = find_circle(edges)
    assert not circle, f"{what}: {' -> '.join(node.name for node in circle)}"


# ---- All of it


def check_house(source, house, rooms, commands):
    top = source / house
    check_includes(top, rooms, commands)
    edges = find_edges([entries[0].object for file, entries in commands.items()
                        if file.parent.parent == top and file.parent.name in rooms])
    check_symbols(rooms, edges)
    check_circles(house, edges)


def check_program(source, folder, part, commands):
    objects = [command.object for file, entries in commands.items()
               if (source / folder) == file.parent for command in entries
               if part in command.object.parts]
    check_circles(folder, find_edges(objects))


def check_folders(source):
    for top in ("libsbpf", "tools"):
        for folder in (source / top, *(source / top).glob("**/")):
            count = len(list(folder.glob("*.[ch]")))
            assert count <= SOURCES_MAX, f"{folder.relative_to(source)} has {count} sources"


def check_the_checks():
    """A circle is seen, and an arrow that may not be."""
    a, b, c = (pathlib.Path(name) for name in ("proof/a.o", "compiler/b.o", "proof/c.o"))
    assert find_circle({a: {b: "x"}, b: {c: "y"}, c: {a: "z"}})
    assert not find_circle({a: {b: "x", c: "z"}, b: {c: "y"}})
    try:
        check_symbols({"proof": set(), "compiler": set()}, {a: {b: "dag_test"}})
    except AssertionError:
        return
    raise AssertionError("the proof may use the compiler")


def main():
    source, build, rooms = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    commands = read_commands(build)
    houses = read_rooms(rooms)
    check_the_checks()
    assert houses, "no rooms"
    for house, its_rooms in houses.items():
        check_house(source, house, its_rooms, commands)
    for folder, part in PROGRAMS:
        check_program(source, folder, part, commands)
    check_folders(source)


main()
