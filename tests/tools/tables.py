# SPDX-License-Identifier: MIT
"""The tables in arch/: what is in one of them is in all that need it, and faults are named."""
import os
import re
import shutil
import subprocess
import sys

from common import FOLDER, PROJECT, run, run_tests, write

# Since Linux 5.1 a new call has one number on all ABIs, from here on (mips and x32 add offsets).
FIRST_COMMON = 424
LAST_COMMON = 4000
# Calls that some ABIs lack.
LACKING = {
    "clone3": {"sh"},  # as it has no wrapper that saves all registers
    "memfd_secret": {"arm", "loongarch64", "m68k", "mips", "mips64", "mips64n32", "parisc",
                     "parisc64", "ppc", "ppc64", "sh"},  # no ARCH_HAS_SET_DIRECT_MAP
    "listns": {"s390"}, "rseq_slice_yield": {"s390"},  # its table was removed before
}
# Calls without a function in the kernel, or with one in assembly.
WITHOUT_SIGNATURE = """
    _sysctl afs_syscall bdflush break breakpoint create_module epoll_ctl_old epoll_wait_old ftime
    get_kernel_syms get_tls getpmsg gtty idle lock lookup_dcookie mpx multiplexer nfsservctl prof
    profil putpmsg query_module security set_tls stty syscall timerfd tuxcall ulimit usr26 usr32
    vserver""".split()


def read_table(folder, name):
    with open(os.path.join(folder, f"{name}.tbl"), encoding="ascii") as file:
        rows = (line.partition("#")[0].split() for line in file)
        return [row for row in rows if row]


def read_calls(folder):
    """Table -> call -> number."""
    tables = {row[1] for row in read_table(folder, "abis")}
    return {table: {name: int(number) for number, name, _ in read_table(folder, table)}
            for table in sorted(tables)}


def faults_of_common_calls(calls):
    for table, own in calls.items():
        for name, number in own.items():
            if not FIRST_COMMON <= number < LAST_COMMON or "x32" in table and number >= 512:
                continue
            for other, theirs in calls.items():
                if name in theirs and theirs[name] != number:
                    yield f"{name}: {number} in {table}.tbl, {theirs[name]} in {other}.tbl"
                if name not in theirs and other not in LACKING.get(name, ()):
                    yield f"{name}: in {table}.tbl, not in {other}.tbl"


def faults(folder):
    """What is wrong in the tables of a folder, as a sorted list of texts."""
    calls = read_calls(folder)
    known = {row[0] for row in read_table(folder, "signatures")}
    names = set().union(*calls.values())
    found = set(faults_of_common_calls(calls))
    found |= {f"{name}: not in signatures.tbl"
              for name in names - known - set(WITHOUT_SIGNATURE)}
    purposes = {name for row in read_table(folder, "purposes") if row[0] != "purpose" for name in row}
    found |= {f"{name}: not in purposes.tbl"
              for name in (calls["x86_64"].keys() | calls["aarch64"].keys()) - purposes}
    found |= {f"{name}: in signatures.tbl, and in WITHOUT_SIGNATURE of this test"
              for name in known & set(WITHOUT_SIGNATURE)}
    return sorted(found)


def copy_with(table, change):
    """A copy of arch/ in which one table is changed."""
    folder = os.path.join(FOLDER.name, "arch")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(PROJECT, "arch"), folder)
    path = os.path.join(folder, f"{table}.tbl")
    with open(path, encoding="ascii") as file:
        text = file.read()
    changed = change(text)
    assert changed != text
    with open(path, "w", encoding="ascii") as file:
        file.write(changed)
    return folder


def message_of(generator, folder):
    """What a generator says of a folder that it refuses."""
    done = subprocess.run([sys.executable, os.path.join(PROJECT, "arch", generator), folder,
                           os.path.join(FOLDER.name, "out.h")],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    return re.sub(rf"{re.escape(folder)}/", "", done.stderr.strip())


def test_every_call_is_in_all_tables_that_need_it():
    assert faults(os.path.join(PROJECT, "arch")) == []


def test_call_in_one_table_only_is_found():
    folder = copy_with("x86_64", lambda text: text + "500\tnewest\t7.2\n")
    found = faults(folder)
    assert "newest: not in signatures.tbl" in found, found
    assert "newest: in x86_64.tbl, not in riscv64.tbl" in found, found
    assert "newest: not in purposes.tbl" in found, found
    folder = copy_with("aarch64", lambda text: re.sub(r"\n\d+\tmseal\t.*", "", text))
    assert faults(folder) == [f"mseal: in {table}.tbl, not in aarch64.tbl" for table in
                              sorted(set(read_calls(folder)) - {"aarch64"})]


def test_generators_refuse_what_names_no_call():
    for generator, table, line, message in (
            ("generate.py", "signatures", "newest * fd:fd:32\n",
             r"signatures\.tbl:\d+: no table has a call 'newest'"),
            ("generate.py", "exempt", "newest\tx86_64\t7.2\tkernel/seccomp.c: x\n",
             r"exempt\.tbl:\d+: x86_64 has no call 'newest'"),
            ("generate.py", "exempt", "uprobe\tx86_64\t6.18\tkernel/seccomp.c: x\n",
             r"exempt\.tbl:\d+: the call uprobe of x86_64 is also at exempt\.tbl:\d+"),
            ("generate.py", "wrappers", "newest_function\tnewest\n",
             r"wrappers\.tbl:\d+: no table has a call 'newest'"),
            ("generate.py", "wrappers", "read\tpread64\n",
             r"wrappers\.tbl:\d+: 'read' is a call itself"),
            ("generate_constants.py", "constants", "use newest 0 * families\n",
             r"constants\.tbl:\d+: no table has a call 'newest'"),
            ("generate_constants.py", "constants", "use socket 3 * families\n",
             r"constants\.tbl:\d+: 'socket' has 3 parameters by signatures\.tbl"),
            ("generate_constants.py", "constants", "use bind 0 * no-set\n",
             r"constants\.tbl:\d+: 'no-set' is no set"),
            ("generate_constants.py", "constants", "use socket 0 x86 families\n",
             r"constants\.tbl:\d+: the use of socket 0 on x86 is also at constants\.tbl:\d+"),
            ("generate_constants.py", "constants", "AF_UNIX\t1\n",
             r"constants\.tbl:\d+: the constant AF_UNIX is also at constants\.tbl:\d+"),
            ("generate_constants.py", "constants", "AF_NEWEST\tx\n",
             r"constants\.tbl:\d+: 'x' is no number"),
            ("generate_constants.py", "constants", "AF_NEWEST\t1\tvax=2\n",
             r"constants\.tbl:\d+: 'vax' is no machine"),
            ("generate_facts.py", "startup", "runc\t1.1.5\tnewest\t-\t-\t-\tfails\n",
             r"startup\.tbl:\d+: no table has a call 'newest'"),
            ("generate_facts.py", "startup", "runc\t1.1.5\tmount\t-\t-\t-\tmay\n",
             r"startup\.tbl:\d+: 'may' is none of: -, ends, fails"),
            ("generate_facts.py", "unseen", "newest\tvdso\tkernel/fork.c: x\n",
             r"unseen\.tbl:\d+: no table has a call 'newest'"),
            ("generate_facts.py", "siblings", "open newest\n",
             r"siblings\.tbl:\d+: no table has a call 'newest'"),
            ("generate_facts.py", "dangers", "ptrace\tdoes much\n",
             r"dangers\.tbl:\d+: the call ptrace is also at dangers\.tbl:\d+"),
            ("generate_facts.py", "purposes", "ptrace\n",
             r"purposes\.tbl:\d+: the call ptrace is also at purposes\.tbl:\d+"),
            ("generate_constants.py", "constants", "AF_NEWEST\t=AF_OTHER\n",
             r"constants\.tbl:\d+: 'AF_OTHER' is no constant of the set [a-z-]+")):
        found = message_of(generator, copy_with(table, lambda text, line=line: text + line))
        assert re.fullmatch(rf"{re.escape(generator)}: {message}", found), found


def test_one_kernel_release_everywhere():
    with open(os.path.join(PROJECT, "arch", "x86_64.tbl"), encoding="ascii") as file:
        release = re.search(r"^# Numbers: Linux v(\d+\.\d+)", file.read(), re.M)[1]
    with open(os.path.join(PROJECT, "README.md"), encoding="utf-8") as file:
        assert f"Numbers are those of Linux {release}." in file.read()
    unknown = write("unknown.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["frobnicate"], "action": "SCMP_ACT_ERRNO"}]})
    assert f"no kernel up to Linux {release} has" in run("lint", unknown).stdout
    other = copy_with("sh", lambda text: re.sub(r"Linux v[\d.]+", "Linux v7.2", text))
    assert re.fullmatch(r"generate\.py: \w+\.tbl:1: is of Linux [\d.]+ but sh\.tbl:1: is of Linux 7\.2",
                        message_of("generate.py", other)), message_of("generate.py", other)


def test_tables_agree_with_the_headers_of_this_system():
    if not shutil.which(os.environ.get("CC", "cc").split()[0]):
        print("SKIP: headers of this system: there is no C compiler to read them")
        return
    done = subprocess.run([sys.executable, os.path.join(PROJECT, "scripts", "check-tables"),
                           "--system"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


run_tests(globals())
