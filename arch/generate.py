#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tables.h, the constant data of libsbpf/arch.c, from the tables of this folder.

usage: generate.py ARCHDIR OUT.h

The output has no pointers, so that the library needs no relocations for it: strings are offsets
in one blob, calls are ids (their index in byte order over all ABIs). Same tables, same output.
"""

import os
import re
import sys
import tempfile

# A number above this is no index of a dense array: it stands in the list of outliers.
DENSE_MAX = 4095
NOT_THERE = 0xFFFF
HASH_START = 0x811C9DC5
HASH_STEP = 0x01000193
HASH_SPREAD = 0x9E3779B1
CALLS_PER_BUCKET = 4
ERRNO_MAX = 4095  # MAX_ERRNO of include/linux/err.h
PRIVATE_FIRST = 0xF0000  # __ARM_NR_BASE of arch/arm/include/uapi/asm/unistd.h: arm's private calls
FAMILIES = ("name", "scmp", "go", "uname", "others")  # as enum name_family in arch.c
ENDIANS = {"little": False, "big": True}
RANGES = {"int16_t": (-0x8000, 0x7FFF), "uint16_t": (0, 0xFFFF), "uint8_t": (0, 0xFF)}
ANSWERS = {"no": False, "yes": True}
ARGUMENTS_MAX = 6
# As enum sbpf_kind of sbpf.h.
KINDS = {kind: index for index, kind in enumerate(
    ("number", "signed", "pointer", "fd", "flags", "size"))}
# Whether the kernel reads more than the lower half of a 64-bit register.
WIDE = {"8": False, "16": False, "32": False, "64": True, "word": True}


class TableError(Exception):
    """A table that is not well formed; the text starts with file:line."""


class Row:
    """One line of a table, which knows where it stands."""

    def __init__(self, path, line, fields):
        self.where = f"{path}:{line}"
        self.fields = fields

    def fail(self, message):
        raise TableError(f"{self.where}: {message}")

    def number(self, text, largest):
        try:
            value = int(text, 0)
        except ValueError:
            self.fail(f"'{text}' is no number")
        if not 0 <= value <= largest:
            self.fail(f"{text} is not in 0 to {largest}")
        return value

    def choice(self, text, choices):
        if text not in choices:
            self.fail(f"'{text}' is none of: {', '.join(choices)}")
        return choices[text]

    def word(self, text):
        if not re.fullmatch(r"[A-Za-z0-9_]+", text):
            self.fail(f"'{text}' is no name: letters, digits and _ only")
        return text


def read_rows(directory, name, columns):
    """The rows of a table, without comments and empty lines; the last column may be "..."."""
    path = os.path.join(directory, name)
    rows = []
    try:
        with open(path, encoding="ascii") as file:
            for line, text in enumerate(file, 1):
                fields = text.partition("#")[0].split()
                if fields:
                    rows.append(Row(path, line, fields))
    except UnicodeDecodeError as error:
        raise TableError(f"{path}:1: is not ASCII: {error}") from error
    for row in rows:
        is_open = columns[-1] == "..." and len(row.fields) > len(columns)
        if len(row.fields) != len(columns) and not is_open:
            row.fail(f"{len(row.fields)} columns instead of {len(columns)}: {' '.join(columns)}")
    if not rows:
        raise TableError(f"{path}:1: is empty")
    return rows


def check_unique(row, key, seen, what):
    if key in seen:
        row.fail(f"{what} {key} is also at {seen[key]}")
    seen[key] = row.where


# ---- Reading -----------------------------------------------------------------------------------


class Abi:
    def __init__(self, row):
        (name, self.calls, self.errno, audit, word, register, endian, offset, machine, scmp, go,
         uname, others) = row.fields
        self.row = row
        self.name = row.word(name)
        self.audit = row.number(audit, 0xFFFFFFFF)
        self.word_bits = row.choice(word, {"32": 32, "64": 64})
        self.register_bits = row.choice(register, {"32": 32, "64": 64})
        self.big_endian = row.choice(endian, ENDIANS)
        self.offset = row.number(offset, 0x7FFFFFFF)
        self.is_machine = row.choice(machine, ANSWERS)
        self.names = {
            "name": [name],
            "scmp": [row.word(scmp)],
            "go": [row.word(item) for item in go.split(",")],
            "uname": [row.word(item) for item in uname.split(",")],
            "others": [row.word(item) for item in others.split(",")],
        }


def read_abis(directory):
    columns = "name calls errno audit word register endian offset machine scmp go uname others".split()
    abis = [Abi(row) for row in read_rows(directory, "abis.tbl", columns)]
    # uname(2) tells neither x32 nor the byte orders of mips apart, so only there names repeat.
    for family, what in (("name", "the name"), ("scmp", "the scmp name"), ("go", "the go name"),
                         ("others", "the other name")):
        seen = {}
        for abi in abis:
            for name in abi.names[family]:
                check_unique(abi.row, name, seen, what)
    # Tables are no more than ABIs, so that sets of tables hold them too.
    if len(abis) > 32:
        abis[32].row.fail("more than 32 ABIs: sets of ABIs in the library hold 32")
    return abis


def parse_release(row, text):
    """'2.6.28' as major << 16 | minor << 8 | patch; a fourth part does not count."""
    if text == "?":
        return 0
    if not re.fullmatch(r"[1-9][0-9]?(\.[0-9]{1,3}){1,3}", text):
        row.fail(f"'{text}' is no kernel release such as 6.1 or 2.6.28, nor ?")
    parts = [int(part) for part in text.split(".")] + [0]
    if max(parts) > 255:
        row.fail(f"'{text}': a part of a release is at most 255")
    return parts[0] << 16 | parts[1] << 8 | parts[2]


def read_calls(directory, table, since):
    """The calls of one table by name; adds their releases to since."""
    calls = {}
    names = {}
    last = -1
    for row in read_rows(directory, f"{table}.tbl", ("number", "name", "since")):
        number = row.number(row.fields[0], 0x7FFFFFFF)
        name = row.word(row.fields[1])
        release = (row.fields[2], parse_release(row, row.fields[2]))
        if number <= last:
            row.fail(f"{number} comes after {last}: sort by number, and each number once")
        last = number
        check_unique(row, name, names, "the call")
        known = since.setdefault(name, (release, row.where))
        if known[0] != release:
            row.fail(f"since {release[0]}, but {known[0][0]} at {known[1]}")
        calls[name] = number
    return calls


def read_multiplexed(directory, ids):
    """(call, multiplexer, sub-call), all but the last as ids."""
    entries = []
    calls = {}
    subs = {}
    for row in read_rows(directory, "multiplexed.tbl", ("multiplexer", "sub-call", "call")):
        multiplexer, sub, call = row.fields
        for name in (multiplexer, call):
            if name not in ids:
                row.fail(f"no table has a call '{name}'")
        check_unique(row, call, calls, "the call")
        check_unique(row, f"{multiplexer} {sub}", subs, "the sub-call")
        entries.append((ids[call], ids[multiplexer], row.number(sub, 0xFFFF)))
    return entries


def read_wrappers(directory, ids):
    """(function, "call, call") in byte order of the functions."""
    wrappers, seen = [], {}
    for row in read_rows(directory, "wrappers.tbl", ("function", "calls")):
        function = row.word(row.fields[0])
        check_unique(row, function, seen, "the function")
        if function in ids:
            row.fail(f"'{function}' is a call itself")
        calls = [] if row.fields[1] == "-" else row.fields[1].split(",")
        for call in calls:
            if call not in ids:
                row.fail(f"no table has a call '{call}'")
        wrappers.append((function, ", ".join(calls)))
    return sorted(wrappers)


def read_release(directory, tables):
    """The kernel release, such as "7.1", that the tables of calls are all of."""
    found = {}
    for table in tables:
        path = os.path.join(directory, f"{table}.tbl")
        with open(path, encoding="ascii") as file:
            text = file.read()
        release = re.search(r"^# Numbers: Linux v(\d+\.\d+)", text, re.M)
        if not release:
            raise TableError(f"{path}:1: has no '# Numbers: Linux vX.Y' in its head")
        found.setdefault(release[1], path)
    if len(found) > 1:
        raise TableError(" but ".join(f"{path}:1: is of Linux {release}"
                                      for release, path in found.items()))
    return next(iter(found))


def read_exempt(directory, tables, ids, abis):
    """(call, ABI, release) of each call that no filter is asked for, the first two as ids."""
    indexes = {abi.name: index for index, abi in enumerate(abis)}
    entries, seen = [], {}
    for row in read_rows(directory, "exempt.tbl", ("call", "ABI", "since", "...")):
        call, abi, since = row.fields[:3]
        index = row.choice(abi, indexes)
        if call not in tables[abis[index].calls]:
            row.fail(f"{abi} has no call '{call}'")
        check_unique(row, f"{call} of {abi}", seen, "the call")
        parse_release(row, since)
        entries.append((ids[call], index, since))
    return entries


def read_errnos(directory):
    """The column names, and each symbol's numbers (0 = not there) in byte order of the symbols."""
    path = os.path.join(directory, "errno.tbl")
    columns = ("generic", "mips", "parisc", "ppc")
    errnos = {}
    seen = {}
    for row in read_rows(directory, "errno.tbl", ("symbol",) + columns):
        symbol = row.word(row.fields[0])
        check_unique(row, symbol, seen, "the symbol")
        errnos[symbol] = [0 if text == "-" else row.number(text, ERRNO_MAX)
                          for text in row.fields[1:]]
    if "EPERM" not in errnos:
        raise TableError(f"{path}:1: has no EPERM")
    return columns, dict(sorted(errnos.items()))


def read_parameter(row, text):
    """(name, number of its kind, whether it is wide)."""
    fields = text.split(":")
    if len(fields) != 3:
        row.fail(f"'{text}' is no parameter: name:kind:bits")
    name, kind, bits = fields
    return row.word(name), row.choice(kind, KINDS), row.choice(bits, WIDE)


def read_table_set(row, text, having, taken):
    """The tables that a signature is for, as a set of bits; "*": all that have none yet."""
    if text == "*":
        bits = sum(having.values()) & ~taken
    else:
        bits = sum(row.choice(table, having) for table in sorted(set(text.split(","))))
    if not bits or bits & taken:
        row.fail(f"'{text}': an ABI has two signatures; the line with * comes last")
    return bits


def read_signatures(directory, tables, ids):
    """By call id: [(set of tables as bits, parameters)]; each table is in one of them at most."""
    signatures = [[] for _ in ids]
    for row in read_rows(directory, "signatures.tbl", ("call", "ABIs", "...")):
        call, abis, *texts = row.fields
        having = {table: 1 << index for index, table in enumerate(tables) if call in tables[table]}
        if not having:
            row.fail(f"no table has a call '{call}'")
        if len(texts) > ARGUMENTS_MAX:
            row.fail(f"{len(texts)} parameters: a call has at most {ARGUMENTS_MAX}")
        known = signatures[ids[call]]
        bits = read_table_set(row, abis, having, sum(taken for taken, _ in known))
        known.append((bits, [read_parameter(row, text) for text in texts if texts != ["-"]]))
    return signatures


# ---- Strings and hash --------------------------------------------------------------------------


class Strings:
    """One blob of terminated strings, each there once."""

    def __init__(self):
        self.offsets = {}
        self.size = 0

    def add(self, text):
        if text not in self.offsets:
            self.offsets[text] = self.size
            self.size += len(text) + 1
        if self.size > 0xFFFF:
            raise TableError("the names do not fit into 64 KiB: offsets need more than 16 bits")
        return self.offsets[text]


def hash_name(name):
    """As FNV-1a, 32 bits, but four bytes at a time where there are; as hash_name() in arch.c."""
    text = name.encode()
    words = len(text) // 4 * 4
    value = HASH_START
    for part in [text[i:i + 4] for i in range(0, words, 4)] + [text[i:i + 1] for i in range(words, len(text))]:
        value = ((value ^ int.from_bytes(part, "little")) * HASH_STEP) & 0xFFFFFFFF
    return value


def hash_slot(value, displacement, bits):
    return (((value ^ displacement) * HASH_SPREAD) & 0xFFFFFFFF) >> (32 - bits)


def place_bucket(hashes, slots, bits):
    """The displacement that sends every hash of a bucket to a free slot of its own."""
    for displacement in range(0x10000):
        places = {hash_slot(value, displacement, bits) for value in hashes}
        if len(places) == len(hashes) and all(slots[place] == NOT_THERE for place in places):
            return displacement
    raise TableError("no perfect hash found: lower CALLS_PER_BUCKET")


def make_hash(names):
    """Hash and displace: the displacements by bucket, and the id by slot."""
    bits = max(1, (len(names) - 1).bit_length())
    bucket_count = 1 << max(0, bits - CALLS_PER_BUCKET.bit_length() + 1)
    buckets = [[] for _ in range(bucket_count)]
    for index, name in enumerate(names):
        value = hash_name(name)
        buckets[value % bucket_count].append((value, index))
    displacements = [0] * bucket_count
    slots = [NOT_THERE] * (1 << bits)
    # The fullest buckets first, as long as there is room.
    for bucket in sorted(range(bucket_count), key=lambda item: (-len(buckets[item]), item)):
        hashes = [value for value, _ in buckets[bucket]]
        displacements[bucket] = place_bucket(hashes, slots, bits)
        for value, index in buckets[bucket]:
            slots[hash_slot(value, displacements[bucket], bits)] = index
    return bits, displacements, slots


# ---- Writing -----------------------------------------------------------------------------------


class Output:
    def __init__(self):
        self.lines = ["/* Generated by arch/generate.py from arch/; do not edit. */"]

    def define(self, name, value):
        self.lines.append(f"#define {name} {value}")

    def array(self, declaration, items, comment):
        self.lines += ["", f"/* {comment} */", f"static const {declaration} = {{"]
        line = ""
        for item in items:
            if len(line) + len(item) > 90:
                self.lines.append(f"\t{line.rstrip()}")
                line = ""
            line += f"{item}, "
        self.lines += [f"\t{line.rstrip()}", "};"]

    def numbers(self, kind, name, values, comment):
        smallest, largest = RANGES[kind]
        if not all(smallest <= value <= largest for value in values):
            raise TableError(f"the numbers of {name} do not fit into {kind}")
        self.array(f"{kind} {name}[{len(values)}]", [str(value) for value in values], comment)

    def strings(self, strings):
        self.lines += ["", "/* Terminated strings; everything below names them by offset. */",
                       f"static const char strings[{strings.size}] ="]
        self.lines += [f'\t"{text}\\0"' for text in strings.offsets]
        self.lines[-1] = self.lines[-1].replace("\\0", "") + ";"


def write_names(out, calls, since, strings):
    ids = {name: index for index, name in enumerate(calls)}
    bits, displacements, slots = make_hash(calls)
    out.define("CALL_COUNT", len(calls))
    out.define("CALL_NAME_MAX", max(map(len, calls)))
    out.define("HASH_BITS", bits)
    for name, value in (("START", HASH_START), ("STEP", HASH_STEP), ("SPREAD", HASH_SPREAD)):
        out.define(f"HASH_{name}", f"0x{value:08x}u")
    out.define("NOT_THERE", f"0x{NOT_THERE:x}")
    out.numbers("uint16_t", "call_names", [strings.add(name) for name in calls], "By id.")
    out.numbers("uint8_t", "call_lengths", [len(name) for name in calls], "Of the names, by id.")
    out.numbers("uint16_t", "hash_displacements", displacements, "By bucket.")
    out.numbers("uint16_t", "hash_ids", slots, "By slot.")

    releases = sorted({since[name][0] for name in calls}, key=lambda item: (item[1], item[0]))
    out.numbers("uint8_t", "call_releases", [releases.index(since[name][0]) for name in calls],
                "By id: index in releases.")
    out.array(f"struct release releases[{len(releases)}]",
              [f"{{ 0x{packed:06x}, {strings.add(text)} }}" for text, packed in releases],
              "Kernel releases.")
    return ids


def write_tables(out, tables, ids):
    """Numbers by id, ids by number, and the numbers that are too large for either."""
    by_id, by_number, extents, outliers = [], [], [], []
    for calls in tables.values():
        first_outlier = len(outliers)
        forward = [-1] * len(ids)
        dense = max((number for number in calls.values() if number <= DENSE_MAX), default=-1)
        reverse = [NOT_THERE] * (dense + 1)
        for name, number in sorted(calls.items(), key=lambda item: item[1]):
            if number <= DENSE_MAX:
                forward[ids[name]] = number
                reverse[number] = ids[name]
            else:
                forward[ids[name]] = -2 - len(outliers)
                outliers.append((number, ids[name]))
        extents.append((len(by_number), dense + 1, first_outlier, len(outliers) - first_outlier,
                        max(number for number in calls.values() if number < PRIVATE_FIRST)))
        by_id += forward
        by_number += reverse

    out.numbers("int16_t", "table_numbers", by_id,
                "By table and id: the number; -1 = not there, -2 - n = outlier n.")
    out.numbers("uint16_t", "table_ids", by_number, "By table and number: the id.")
    out.array(f"struct table tables[{len(extents)}]",
              [f"{{ {', '.join(map(str, extent))} }}" for extent in extents],
              f"In order: {', '.join(tables)}.")
    # C has no empty arrays, so a sentinel that no table counts ends the list.
    out.array(f"struct outlier outliers[{len(outliers) + 1}]",
              [f"{{ {number}, {index} }}" for number, index in outliers + [(-1, NOT_THERE)]],
              f"Numbers above {DENSE_MAX}, ascending within a table.")


def write_multiplexed(out, entries, call_count):
    position = {call: index for index, (call, _, _) in enumerate(entries, 1)}
    out.numbers("uint8_t", "call_multiplexed",
                [position.get(index, 0) for index in range(call_count)],
                "By id: index in multiplexed, 0 = only the direct call.")
    out.array(f"struct multiplexed multiplexed[{len(entries) + 1}]",
              [f"{{ {call}, {multiplexer}, {sub} }}" for call, multiplexer, sub in
               [(NOT_THERE, NOT_THERE, 0)] + entries],
              "Call, multiplexer and sub-call, in the order of multiplexed.tbl.")


def place_run(array, run):
    """The place of a run in an array, which grows when it is not there yet."""
    for index in range(len(array) - len(run) + 1):
        if array[index:index + len(run)] == run:
            return index
    array += run
    return len(array) - len(run)


def write_signatures(out, signatures, strings):
    parameters = sorted({parameter for known in signatures for _, signature in known
                         for parameter in signature})
    position = {parameter: index for index, parameter in enumerate(parameters)}
    first, runs, entries = [], [], []
    for known in signatures:
        first.append(len(entries))
        entries += [(bits, place_run(runs, [position[item] for item in signature]), len(signature))
                    for bits, signature in known]
    out.array(f"struct parameter parameters[{len(parameters)}]",
              [f"{{ {strings.add(name)}, {kind}, {int(is_wide)} }}"
               for name, kind, is_wide in parameters], "Every different parameter.")
    out.numbers("uint16_t", "parameter_runs", runs, "Indexes in parameters, argument by argument.")
    out.array(f"struct signature signatures[{len(entries)}]",
              [f"{{ 0x{bits:x}, {start}, {count} }}" for bits, start, count in entries],
              "By call id.")
    out.numbers("uint16_t", "call_signatures", first + [len(entries)],
                "By id: the first index in signatures.")


def write_exempt(out, entries, strings):
    out.array(f"struct exempt exempts[{len(entries)}]",
              [f"{{ {call}, {abi}, {strings.add(since)} }}" for call, abi, since in entries],
              "Calls that the kernel does not ask filters for.")


def write_wrappers(out, wrappers, strings):
    out.array(f"struct wrapper wrappers[{len(wrappers)}]",
              [f"{{ {strings.add(function)}, {strings.add(calls)} }}"
               for function, calls in wrappers], "In byte order of the functions.")


def write_abis(out, abis, tables, errno_columns, strings):
    for abi in abis:
        abi.row.choice(abi.errno, {column: column for column in errno_columns})
    table_index = {table: index for index, table in enumerate(tables)}
    out.array(f"struct abi abis[{len(abis)}]", [
        "{ " + ", ".join(
            [f"0x{abi.audit:08x}u", f"0x{abi.offset:x}u"]
            + [str(strings.add(abi.names[family][0])) for family in FAMILIES[:4]]
            + [str(value) for value in (
                table_index[abi.calls], errno_columns.index(abi.errno), abi.word_bits,
                abi.register_bits, int(abi.big_endian), int(abi.is_machine))]) + " }"
        for abi in abis], "By index.")
    names = sorted({(name, FAMILIES.index(family), index) for index, abi in enumerate(abis)
                    for family in FAMILIES for name in abi.names[family]})
    out.array(f"struct abi_name abi_names[{len(names)}]",
              [f"{{ {strings.add(name)}, {family}, {index} }}" for name, family, index in names],
              "In byte order of the name, then by family and index.")
    out.lines += ["", "enum abi_index {"]
    out.lines += [f"\tABI_{abi.name.upper()} = {index}," for index, abi in enumerate(abis)]
    out.lines += ["\tABI_COUNT", "};"]


def write_errnos(out, errnos, columns, strings):
    out.define("ERRNO_COUNT", len(errnos))
    out.numbers("uint16_t", "errno_names", [strings.add(symbol) for symbol in errnos],
                "Symbols in byte order.")
    out.array(f"uint16_t errno_numbers[{len(columns)}][{len(errnos)}]",
              ["{ " + ", ".join(str(numbers[column]) for numbers in errnos.values()) + " }"
               for column in range(len(columns))],
              f"By machine set ({', '.join(columns)}) and symbol; 0 = not there.")


def generate(directory):
    abis = read_abis(directory)
    since = {}
    tables = {}
    for abi in abis:
        if abi.calls not in tables:
            if not os.path.exists(os.path.join(directory, f"{abi.calls}.tbl")):
                abi.row.fail(f"there is no table {abi.calls}.tbl")
            tables[abi.calls] = read_calls(directory, abi.calls, since)
    columns, errnos = read_errnos(directory)

    out = Output()
    strings = Strings()
    ids = write_names(out, sorted(since), since, strings)
    write_tables(out, tables, ids)
    write_multiplexed(out, read_multiplexed(directory, ids), len(ids))
    write_signatures(out, read_signatures(directory, tables, ids), strings)
    out.define("KERNEL_RELEASE", f'"{read_release(directory, tables)}"')
    write_wrappers(out, read_wrappers(directory, ids), strings)
    write_exempt(out, read_exempt(directory, tables, ids, abis), strings)
    write_abis(out, abis, tables, columns, strings)
    write_errnos(out, errnos, columns, strings)
    out.strings(strings)
    return "\n".join(out.lines) + "\n"


def write_file(path, text):
    """Replaces the file as a whole, so that an interrupted build leaves no half of one."""
    directory = os.path.dirname(os.path.abspath(path))
    descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=os.path.basename(path))
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main(program, arguments, make):
    """Writes what make() gives for the folder of the tables."""
    if len(arguments) != 3:
        print(f"usage: {program} ARCHDIR OUT.h", file=sys.stderr)
        return 2
    try:
        write_file(arguments[2], make(arguments[1]))
    except TableError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{program}: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main("generate.py", sys.argv, generate))
