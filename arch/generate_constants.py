#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes constants_table.h, the data of tools/sbpf/words/constants.c, from constants.tbl in this folder.

usage: generate_constants.py ARCHDIR OUT.h

Every use must be of a call, and of an argument that signatures.tbl gives it. Same tables,
same output.
"""

import os
import re
import sys

from generate import ARGUMENTS_MAX, TableError, check_unique, main, read_abis, read_rows

ALL = 0xFFFFFFFFFFFFFFFF
SETS_MAX = 2  # as SETS_OF_USE in constants.c
SMALLEST, LARGEST = -0x8000_0000, 0x7FFF_FFFF_FFFF_FFFF


class Constants:
    """What constants.tbl holds."""

    def __init__(self):
        self.machines = {}   # name -> ABIs
        self.sets = {}       # name -> (bits of the field, headers, {constant: {machine: value}})
        self.uses = []       # (call, argument, machines, sets)
        self.places = {}     # what has a name -> where it stands


def read_value(row, text):
    try:
        value = int(text, 0)
    except ValueError:
        row.fail(f"'{text}' is no number")
    if not SMALLEST <= value <= LARGEST:
        row.fail(f"{text} has more than 63 bits")
    return value


def read_machine(constants, row):
    if len(row.fields) != 3:
        row.fail("machine NAME ABIs")
    check_unique(row, f"machine {row.fields[1]}", constants.places, "the")
    constants.machines[row.word(row.fields[1])] = row.fields[2].split(",")


def read_set(constants, row):
    if len(row.fields) != 4:
        row.fail("set NAME BITS HEADERS")
    _, name, bits, headers = row.fields
    check_unique(row, f"set {name}", constants.places, "the")
    field = ALL if bits == "all" else row.number(bits, LARGEST)
    constants.sets[name] = (field, headers.split(","), {})


def split_machines(constants, row, text):
    """The machines that "*", "x86,arm" or "-x86" names."""
    if text == "*":
        return set(constants.machines)
    names = set(text.removeprefix("-").split(","))
    for name in sorted(names - set(constants.machines)):
        row.fail(f"'{name}' is no machine")
    return set(constants.machines) - names if text.startswith("-") else names


def read_constant(constants, row):
    if not constants.sets:
        row.fail("a constant before the first set")
    known = list(constants.sets.values())[-1][2]
    name = row.word(row.fields[0])
    check_unique(row, name, constants.places, "the constant")
    if len(row.fields) < 2:
        row.fail("NAME VALUE [ARCH,ARCH=VALUE]...")
    if row.fields[1].startswith("="):
        known[name] = row.fields[1][1:]
        return
    values = {}
    if row.fields[1] != "-":
        values = dict.fromkeys(constants.machines, read_value(row, row.fields[1]))
    for field in row.fields[2:]:
        machines, _, value = field.partition("=")
        for machine in split_machines(constants, row, machines):
            values.pop(machine, None)
            if value != "-":
                values[machine] = read_value(row, value)
    known[name] = values


def read_use(constants, row, parameters):
    if len(row.fields) != 5:
        row.fail("use CALL ARGUMENT ARCHES SET[+SET]")
    _, call, text, arches, sets = row.fields
    argument = row.number(text, ARGUMENTS_MAX - 1)
    if call not in parameters:
        row.fail(f"no table has a call '{call}'")
    if argument >= parameters[call]:
        row.fail(f"'{call}' has {parameters[call]} parameters by signatures.tbl")
    machines = split_machines(constants, row, arches)
    for machine in sorted(machines):
        check_unique(row, f"use of {call} {argument} on {machine}", constants.places, "the")
    names = sets.split("+")
    for name in names:
        if name not in constants.sets:
            row.fail(f"'{name}' is no set")
    if len(names) > SETS_MAX:
        row.fail(f"more than {SETS_MAX} sets")
    constants.uses.append((call, argument, machines, names))


def resolve_names(constants):
    """Gives the names for other names their values."""
    for name, (_, _, known) in constants.sets.items():
        for constant, values in known.items():
            if isinstance(values, str):
                if not isinstance(known.get(values), dict):
                    raise TableError(f"{constants.places[constant]}: '{values}' is no constant of "
                                     f"the set {name}")
                known[constant] = known[values]
        if not known:
            raise TableError(f"{constants.places[f'set {name}']}: is empty")


def read_parameters(directory):
    """The most parameters that each call has on any ABI; all six where that is not known."""
    parameters = {}
    for name in sorted(os.listdir(directory)):
        if re.fullmatch(r"[a-z0-9_]+\.tbl", name) and is_call_table(directory, name):
            for row in read_rows(directory, name, ("number", "name", "since")):
                parameters[row.fields[1]] = ARGUMENTS_MAX
    known = {}
    for row in read_rows(directory, "signatures.tbl", ("call", "ABIs", "...")):
        count = len([field for field in row.fields[2:] if field != "-"])
        known[row.fields[0]] = max(known.get(row.fields[0], 0), count)
    return {**parameters, **known}


def is_call_table(directory, name):
    tables = {abi.calls for abi in read_abis(directory)}
    return name.removesuffix(".tbl") in tables


def check_machines(constants, abis):
    having = [abi for abis_of in constants.machines.values() for abi in abis_of]
    for abi in abis:
        if having.count(abi.name) != 1:
            raise TableError(f"{abi.row.where}: {abi.name} is on {having.count(abi.name)} machines "
                             "of constants.tbl instead of one")


def read_constants(directory):
    constants = Constants()
    parameters = read_parameters(directory)
    readers = {"machine": lambda row: read_machine(constants, row),
               "set": lambda row: read_set(constants, row),
               "use": lambda row: read_use(constants, row, parameters)}
    for row in read_rows(directory, "constants.tbl", ("...",)):
        readers.get(row.fields[0], lambda row: read_constant(constants, row))(row)
    resolve_names(constants)
    check_machines(constants, read_abis(directory))
    return constants


# ---- Writing -----------------------------------------------------------------------------------


def machine_bits(constants, machines):
    order = list(constants.machines)
    return sum(1 << order.index(machine) for machine in machines)


def constant_rows(constants, known):
    """One row for each value that a constant has on some machines."""
    for name, values in known.items():
        machines = {}
        for machine, value in values.items():
            machines.setdefault(value, []).append(machine)
        for value, having in machines.items():
            yield f'\t{{ "{name}", {value}, 0x{machine_bits(constants, having):x} }},'


def generate(directory):
    constants = read_constants(directory)
    lines = ["/* Generated by arch/generate_constants.py from arch/constants.tbl; do not edit. */",
             "/* By set. */",
             "static const struct constant constants[] = {"]
    extents = []
    count = 0
    for name, (field, _, known) in constants.sets.items():
        rows = list(constant_rows(constants, known))
        extents.append(f'\t{{ "{name}", {count}, {len(rows)}, 0x{field:x} }},')
        count += len(rows)
        lines += rows
    lines += ["};", "", "static const struct set sets[] = {"] + extents
    lines += ["};", "", "static const struct use uses[] = {"]
    order = list(constants.sets)
    for call, argument, machines, names in constants.uses:
        indexes = ", ".join(str(order.index(name)) for name in names)
        bits = machine_bits(constants, machines)
        lines.append(f'\t{{ "{call}", {argument}, {len(names)}, 0x{bits:x}, {{ {indexes} }} }},')
    lines += ["};", "", "static const struct machine machines[] = {"]
    lines += [f'\t{{ "{abi}", 0x{machine_bits(constants, [machine]):x} }},'
              for machine, abis in constants.machines.items() for abi in abis]
    return "\n".join(lines + ["};"]) + "\n"


if __name__ == "__main__":
    sys.exit(main("generate_constants.py", sys.argv, generate))
