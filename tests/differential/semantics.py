# SPDX-License-Identifier: MIT
"""Random profiles against a reading of docs/semantics.md that shares no code with the library.

sbpf-gen makes filters of random profiles; a small interpreter of classic BPF runs them on random
calls, and each verdict must be the one that this file reads from the profile and arch/*.tbl.

Usage: semantics.py SBPF_GEN ARCH [PROFILES [CALLS [SEED]]]
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

ACTIONS = {"ALLOW": 0x7FFF0000, "LOG": 0x7FFC0000, "TRACE": 0x7FF00000, "NOTIFY": 0x7FC00000,
           "ERRNO": 0x00050000, "TRAP": 0x00030000, "KILL_THREAD": 0x00000000,
           "KILL_PROCESS": 0x80000000}
ORDER = list(ACTIONS.values())  # permissive to restrictive
WITH_DATA = {"ERRNO", "TRACE"}
ERRNO_MAX = 4095
X32_BIT = 0x40000000
SKIPPED = 0xFFFFFFFF
UPPER = 0xFFFFFFFF00000000
LOWER = 0xFFFFFFFF
KERNEL = (6, 12)
HELD = {"CAP_CHOWN", "CAP_KILL"}
CAPABILITIES = ["CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_BPF"]


def rank(verdict):
    return ORDER.index(verdict & 0xFFFF0000)


# ---- Tables --------------------------------------------------------------------------------------


def rows(folder, name):
    with open(os.path.join(folder, name + ".tbl"), encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and line[0] != "#"]


def read_abis(folder):
    """The rows of abis.tbl, by the names of their columns: its last comment."""
    with open(os.path.join(folder, "abis.tbl"), encoding="utf-8") as file:
        columns = [line for line in file if line.startswith("#")][-1].split()[1:]
    return [dict(zip(columns, row, strict=True)) for row in rows(folder, "abis")]


class Abi:
    def __init__(self, fields):
        self.name, self.table, self.errnos = fields["name"], fields["calls"], fields["errno"]
        self.audit, self.offset = int(fields["audit"], 0), int(fields["offset"], 0)
        self.wide, self.big = fields["register"] == "64", fields["endian"] == "big"
        self.is_machine, self.scmp = fields["machine"] == "yes", fields["scmp"]
        self.go = fields["go"].split(",")[0]
        self.numbers = {}  # by name
        self.names = {}  # by number of the table


class Tables:
    def __init__(self, folder):
        self.abis = [Abi(fields) for fields in read_abis(folder)]
        self.since = {}
        self.sub_calls = {}  # by name: (multiplexer, sub-call)
        self.signatures = {}  # by name: [(tables, bits)]
        self.enosys = next(dict(zip(("generic", "mips", "parisc", "ppc"), map(int, row[1:])))
                           for row in rows(folder, "errno") if row[0] == "ENOSYS")
        for abi in self.abis:
            for number, name, since in rows(folder, abi.table):
                abi.numbers[name] = int(number)
                abi.names[int(number)] = name
                self.since[name] = tuple(map(int, f"{since}.0.0".split(".")))[:3] if since != "?" else ()
        for multiplexer, sub, name in rows(folder, "multiplexed"):
            self.sub_calls[name] = (multiplexer, int(sub, 0))
        for name, where, *parameters in rows(folder, "signatures"):
            bits = [parameter.split(":")[2] for parameter in parameters if parameter != "-"]
            self.signatures.setdefault(name, []).append((where.split(","), bits))

    def reads_32_bits(self, abi, name, argument):
        lines = self.signatures.get(name, [])
        for where, bits in lines:
            if abi.table in where:
                return argument < len(bits) and bits[argument] in ("8", "16", "32")
        for where, bits in lines:
            if where == ["*"]:
                return argument < len(bits) and bits[argument] in ("8", "16", "32")
        return False


# ---- The meaning of a profile --------------------------------------------------------------------


class Meaning:
    """A profile for a target: machine, reading, width and enosys."""

    def __init__(self, tables, profile, target):
        self.tables, self.target = tables, target
        self.oci = target["reading"] == "oci"
        self.literal = target["reading"] == "literal"
        self.default = self.verdict_of(profile["defaultAction"], profile.get("defaultErrnoRet"))
        self.covered = [target["machine"]] + self.find_abis(profile)
        self.rules = []  # (name, verdict, conditions) in the document's order
        named = set()
        for entry in profile["syscalls"]:
            named.update(entry["names"])
            if self.applies(entry):
                self.add(entry)
        self.named = named
        self.newest = max((tables.since.get(name, ()) for name in named), default=())

    @staticmethod
    def verdict_of(action, number):
        action = action.removeprefix("SCMP_ACT_")
        data = (1 if number is None else min(number, ERRNO_MAX)) if action in WITH_DATA else 0
        return ACTIONS[action] | data

    def find_abis(self, profile):
        machine = self.target["machine"]
        asked = profile.get("architectures", [])
        if not self.oci:
            for entry in profile.get("archMap", []):
                if entry["architecture"] == machine.scmp:
                    asked = entry["subArchitectures"]
        return [abi for abi in self.tables.abis if abi.scmp in asked and abi is not machine]

    def applies(self, entry):
        if self.oci:
            return True
        go = self.target["machine"].go
        excludes, includes = entry.get("excludes", {}), entry.get("includes", {})

        def reached(guard):
            return KERNEL >= tuple(map(int, guard["minKernel"].split(".")))

        if go in excludes.get("arches", []) or HELD & set(excludes.get("caps", [])):
            return False
        if "minKernel" in excludes and reached(excludes):
            return False
        if includes.get("arches") and go not in includes["arches"]:
            return False
        if set(includes.get("caps", [])) - HELD:
            return False
        return "minKernel" not in includes or reached(includes)

    def add(self, entry):
        verdict = self.verdict_of(entry["action"], entry.get("errnoRet"))
        conditions = entry.get("args", [])
        arguments = [condition["index"] for condition in conditions]
        if not self.literal and verdict == self.default:
            return
        split = not self.literal and len(set(arguments)) < len(arguments)
        for name in entry["names"]:
            for one in [[condition] for condition in conditions] if split else [conditions]:
                self.rules.append((name, verdict, one))

    # -- One call --

    def holds(self, abi, name, condition, args):
        argument, value = args[condition["index"]], condition["value"]
        two = condition.get("valueTwo", 0)
        if not abi.wide or (self.target["width"] == "kernel" and
                            self.tables.reads_32_bits(abi, name, condition["index"])):
            argument &= LOWER
            value, two = ((each & LOWER if each & UPPER == UPPER else each) for each in (value, two))
        return {"NE": argument != value, "LT": argument < value, "LE": argument <= value,
                "EQ": argument == value, "GE": argument >= value, "GT": argument > value,
                "MASKED_EQ": argument & value == two & value}[condition["op"][9:]]

    def names_sub_call(self, abi, multiplexer, sub, verdict, first):
        if rank(verdict) >= rank(self.default):
            return first & (0xFFFF if multiplexer == "ipc" else LOWER) == sub
        if not abi.wide or self.target["width"] == "kernel":
            first &= LOWER  # both take a call of 32 bits
        return first == sub

    def extends(self, rule):
        name, verdict, conditions = rule
        if self.literal:
            return not conditions or verdict == self.default or rank(verdict) > rank(self.default)
        outright = self.outright(name)
        return rule is outright if outright else rank(verdict) > rank(self.default)

    def outright(self, name):
        return next((rule for rule in self.rules if rule[0] == name and not rule[2]), None)

    def decide(self, abi, name, args):
        """The verdict that the rules give, or None."""
        outright = self.outright(name)
        if outright and not self.literal:
            return outright[1]
        for rule in self.rules:
            named, verdict, conditions = rule
            if named == name:
                if all(self.holds(abi, name, condition, args) for condition in conditions):
                    return verdict
                continue
            multiplexer, sub = self.tables.sub_calls.get(named, (None, 0))
            if multiplexer == name and self.extends(rule) and \
               self.names_sub_call(abi, multiplexer, sub, verdict, args[0]):
                return verdict
        return None

    def is_unknown(self, abi, number, name):
        if not self.target["enosys"] or rank(self.default) < rank(ACTIONS["NOTIFY"]):
            return False
        if name is None:
            return number > max(known for known in abi.names if known < 0xF0000)
        return bool(self.newest) and self.tables.since[name] > self.newest

    def verdict(self, arch, nr, args):
        for abi in self.covered:
            if abi.audit == arch and (abi.name not in ("x86_64", "x32") or
                                      (abi.name == "x32") == bool(nr & X32_BIT)):
                break
        else:
            own = any(abi.name == "x86_64" and abi.audit == arch for abi in self.covered)
            return self.default if own and nr == SKIPPED else ACTIONS["KILL_PROCESS"]
        number = nr & ~X32_BIT if abi.name == "x32" else nr - abi.offset
        name = abi.names.get(number)
        found = self.decide(abi, name, args) if name else None
        if found is None and number >= 0 and self.is_unknown(abi, number, name):
            return ACTIONS["ERRNO"] | self.tables.enosys[self.target["machine"].errnos]
        return self.default if found is None else found


# ---- Random profiles and calls -------------------------------------------------------------------

MULTIPLEXED = ["socket", "bind", "accept4", "connect", "accept", "semget", "shmget", "shmat", "msgget",
               "semtimedop", "socketcall", "ipc"]
OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
VALUES = [0, 1, 2, 40, 0x10001, LOWER, 1 << 32, 0x100000028, (1 << 64) - 1, UPPER | 40, 1 << 63]


class Maker:
    def __init__(self, tables, seed):
        self.tables, self.random = tables, random.Random(seed)
        self.all = sorted(tables.since)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def value(self):
        return self.random.choice(VALUES) if self.chance(70) else self.random.getrandbits(64)

    def action(self, excluded):
        return self.random.choice([name for name in ACTIONS if name not in excluded])

    def condition(self):
        operator = self.random.choice(OPERATORS)
        condition = {"index": self.random.choice([0, 0, 0, 1, 2, 5]), "value": self.value(),
                     "op": "SCMP_CMP_" + operator}
        if operator == "MASKED_EQ":
            condition["valueTwo"] = self.value()
        return condition

    def guard(self):
        guard = {}
        if self.chance(40):
            guard["caps"] = self.random.sample(CAPABILITIES, self.random.randint(1, 2))
        if self.chance(30):
            machines = [abi.go for abi in self.tables.abis if abi.is_machine]
            guard["arches"] = self.random.sample(machines, self.random.randint(1, 8))
        if self.chance(40):
            guard["minKernel"] = self.random.choice(["4.8", "6.12", "6.13"])
        return guard

    def rule(self, names, default):
        action = default if self.chance(20) else self.action(())
        rule = {"names": self.random.sample(names, self.random.randint(1, 3)),
                "action": "SCMP_ACT_" + action}
        if action == "NOTIFY":
            rule["names"] = [name for name in rule["names"] if name != "write"]
        if action in WITH_DATA and self.chance(60):
            rule["errnoRet"] = self.random.choice([0, 1, 2, 38, 4095, 4096, 65535])
        if self.chance(50):
            rule["args"] = [self.condition() for _ in range(self.random.randint(1, 3))]
        for key in ("includes", "excludes"):
            if self.chance(15):
                rule[key] = self.guard()
        return rule

    def profile(self):
        default = self.action(("NOTIFY",))
        names = self.random.sample(MULTIPLEXED, 5) + self.random.sample(self.all, 4) + ["write"]
        profile = {"defaultAction": "SCMP_ACT_" + default}
        if default in WITH_DATA and self.chance(50):
            profile["defaultErrnoRet"] = self.random.choice([1, 2, 38, 5000])
        if self.chance(60):
            profile["architectures"] = [abi.scmp for abi in self.tables.abis if self.chance(60)]
        elif self.chance(50):
            profile["archMap"] = [{"architecture": abi.scmp,
                                   "subArchitectures": [other.scmp for other in self.tables.abis
                                                        if self.chance(50)]}
                                  for abi in self.tables.abis if abi.is_machine]
        profile["syscalls"] = [self.rule(names, default) for _ in range(self.random.randint(1, 9))]
        return profile

    def target(self):
        machines = [abi for abi in self.tables.abis if abi.is_machine]
        often = [abi for abi in machines if abi.name in ("x86_64", "s390x", "ppc64", "arm")]
        return {"machine": self.random.choice(often if self.chance(75) else machines),
                "reading": self.random.choice(["docker", "docker", "oci", "literal"]),
                "width": self.random.choice(["profile", "kernel"]), "enosys": self.chance(50)}

    def call(self, meaning, constants):
        abi = self.random.choice(self.possible(meaning.target["machine"], meaning.covered))
        args = [self.random.choice(constants) + self.random.randint(-1, 1) if self.chance(80)
                else self.random.getrandbits(64) for _ in range(6)]
        name = self.random.choice(sorted(meaning.named) + ["ipc", "socketcall"])
        number = abi.numbers.get(name)
        if self.chance(20) or number is None:
            edges = [max(abi.names) + 1, 0xF0000, 0xF0002, 0xF0006, 1 << 20, 2000]
            number = self.random.choice(sorted(abi.names) if self.chance(60) else edges)
            name = abi.names.get(number)
        if name in ("ipc", "socketcall") and self.chance(90):
            sub = self.random.choice([sub for multiplexer, sub in self.tables.sub_calls.values()
                                      if multiplexer == name])
            args[0] = sub | self.random.choice([0, 0, 1, 2, 0xFFFF]) << 16 | \
                self.random.choice([0, 0, 0, 1, LOWER]) << 32
        nr = number | X32_BIT if abi.name == "x32" else number + abi.offset
        if abi.name == "x86_64" and self.chance(2):
            nr = SKIPPED
        mask = (1 << 64) - 1 if abi.wide else LOWER
        return abi.audit, nr, [argument & mask for argument in args]

    def possible(self, machine, covered):
        """ABIs by which calls can come: mostly those of the filter."""
        family = [abi for abi in self.tables.abis if abi.big == machine.big]
        known = [abi for abi in covered if abi.big == machine.big]
        return known if self.chance(95) else family


# ---- Running filters -----------------------------------------------------------------------------


def read_program(raw, big):
    return list(struct.iter_unpack(">HBBI" if big else "<HBBI", raw))


def run(program, big, arch, nr, args):
    words = struct.unpack(">16I" if big else "<16I",
                          struct.pack(">IIQ6Q" if big else "<IIQ6Q", nr, arch, 0, *args))
    accumulator = at = 0
    while True:
        code, true, false, k = program[at]
        at += 1
        if code == 0x20:  # BPF_LD | BPF_W | BPF_ABS
            accumulator = words[k // 4]
        elif code == 0x06:  # BPF_RET | BPF_K
            return k
        elif code == 0x05:  # BPF_JMP | BPF_JA
            at += k
        elif code == 0x54:  # BPF_ALU | BPF_AND | BPF_K
            accumulator &= k
        else:
            holds = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k,
                     0x45: accumulator & k != 0}[code]  # JEQ, JGT, JGE, JSET
            at += true if holds else false


def compile_profile(sbpf_gen, path, profile, target, effort):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(profile, file)
    options = ["--enosys"] if target["enosys"] else []
    made = subprocess.run(
        [sbpf_gen, "--format", "raw", "-o", "-", "--effort", effort, "--kernel", "6.12", "--arch",
         target["machine"].name, "--caps", ",".join(sorted(HELD)), "--reading", target["reading"],
         "--width", target["width"], *options, path], capture_output=True, check=False)
    if made.returncode:
        sys.exit(f"{json.dumps(profile)}\n{made.stderr.decode()}")
    return read_program(made.stdout, target["machine"].big)


def check(maker, sbpf_gen, path, calls):
    profile, target = maker.profile(), maker.target()
    meaning = Meaning(maker.tables, profile, target)
    constants = [0, 1, 40] + [condition[key] for entry in profile["syscalls"]
                              for condition in entry.get("args", [])
                              for key in ("value", "valueTwo") if key in condition]
    program = compile_profile(sbpf_gen, path, profile, target, maker.random.choice(["quick", "thorough"]))
    for _ in range(calls):
        arch, nr, args = maker.call(meaning, constants)
        is_, wanted = run(program, target["machine"].big, arch, nr, args), meaning.verdict(arch, nr, args)
        if is_ != wanted:
            sys.exit(f"arch {arch:#x}, number {nr:#x}, arguments {list(map(hex, args))}: {is_:#x} and not "
                     f"{wanted:#x}\n{target | {'machine': target['machine'].name}}\n{json.dumps(profile)}")


def main(sbpf_gen, arch, profiles="150", calls="300", seed="1"):
    maker = Maker(Tables(arch), int(seed))
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(int(profiles)):
            check(maker, sbpf_gen, os.path.join(folder, "profile.json"), int(calls))
    print(f"{profiles} profiles, {calls} calls each, seed {seed}: no wrong verdict")


main(*sys.argv[1:])
