# SPDX-License-Identifier: MIT
"""sbpf-oci with a runtime that only notes what it is called with."""
import base64
import fcntl
import json
import os
import re
import resource
import subprocess
import sys

import common

SBPF_OCI = os.environ["SBPF_OCI"]
ANNOTATION = "run.oci.seccomp_bpf_data"

PROFILE = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    "flags": ["SECCOMP_FILTER_FLAG_LOG"],
    "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}],
}
if os.uname().machine not in ("x86_64", "i686"):
    # No call can come by them there, of which there would be warnings.
    del PROFILE["architectures"]

# The arguments, the config it was pointed to, and whether that can be changed.
RUNTIME = """#!/bin/sh
cd "$RECORD" || exit 9
printf '%s\\n' "$0" "$@" >argv
[ -z "$NOTE" ] || printenv "$NOTE" >environment
while [ $# -gt 0 ]; do
	if [ "$1" = --config ]; then
		cat "$2" >config
		(echo x >>"$2") 2>/dev/null && touch changed
	fi
	shift
done
[ ! -f printed ] || cat printed
exit 7
"""


class Start:
    """A bundle, a runtime, and one call of sbpf-oci."""

    def __init__(self, text=None, name="bundle"):
        self.folder = common.path_of(name)
        subprocess.run(["rm", "-rf", self.folder], check=True)
        os.makedirs(self.folder)
        self.runtime = self.path("runtime")
        self.put("runtime", RUNTIME)
        os.chmod(self.runtime, 0o755)
        if text is not None:
            self.put("config.json", text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return self.path(name)

    def get(self, name):
        """What was recorded or written, None for nothing."""
        try:
            with open(self.path(name), encoding="utf-8", newline="") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def call(self, *arguments, status=7, environment=None, **options):
        """The finished process; its status is the runtime's unless something else is expected."""
        for name in ("argv", "config", "changed"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        done = subprocess.run(
            [SBPF_OCI, *arguments], capture_output=True, text=True, check=False,
            env={**os.environ, "SBPF_OCI_RUNTIME": self.runtime, "RECORD": self.folder,
                 **(environment or {})}, **options)
        assert done.returncode == status, (arguments, done)
        return done

    def argv(self):
        return (self.get("argv") or "").splitlines()[1:]

    def log(self, name="log"):
        return [json.loads(line) for line in (self.get(name) or "").splitlines()]


def config_text(profile=None, indent=None, **members):
    linux = {"seccomp": PROFILE if profile is None else profile}
    return json.dumps({"ociVersion": "1.0.2", "linux": linux, **members}, indent=indent)


def filter_of(config, *options):
    """What sbpf-gen makes of the profile, in base64."""
    raw = common.compile_raw("expected.bpf", config, "--reading", "oci", "--effort", "quick", *options)
    with open(raw, "rb") as file:
        return base64.b64encode(file.read()).decode()


def annotation_in(start):
    return json.loads(start.get("config"))["annotations"][ANNOTATION]


# ---- The command line ----

def test_other_commands_reach_the_runtime_as_they_are():
    start = Start(config_text())
    for line in (["state", "id"], ["--root", "create", "delete", "--force", "id"], ["features"], [],
                 ["exec", "--process", "create", "id", "run", "--bundle", start.folder],
                 ["--log", "x", "--log-format=json", "--systemd-cgroup", "start", "run"],
                 ["restore", "--bundle", start.folder, "id"], ["create", "--help"], ["run", "--usage"],
                 ["run", "-b", start.folder, "-?", "id"], ["-?"], ["--usage"], ["--unheard-of", "x", "state", "id"]):
        start.call(*line)
        assert start.argv() == line, (line, start.argv())
        assert start.get("config") is None, line


def test_own_options_are_removed_wherever_they_stand_before_the_command():
    start = Start()
    start.call("--sbpf-effort", "quick", "--debug", "--sbpf-log=" + start.path("log"), "--root=/r",
               "--sbpf-bad-arch=ERRNO", "kill", "--all", "id")
    assert start.argv() == ["--debug", "--root=/r", "kill", "--all", "id"]


def test_the_config_is_the_last_option_before_the_container():
    start = Start(config_text())
    bundle = ["--bundle", start.folder]
    for options, operands in (
            (["--root", "/r", "create", *bundle, "--pid-file", "p"], ["id"]),
            (["--cgroup-manager=disabled", "--log-level", "debug", "run", "--bundle=" + start.folder,
              "--no-pivot"], ["id"]),
            (["run", "-db", start.folder, "--keep"], ["--", "id"]),
            (["run", "-d", "-b" + start.folder, "--console-socket", "--"], ["id"]),
            (["create", "--bund", start.folder], ["id", "--bundle"]),
            (["create", *bundle], []),
            # "--" before the command is crun's too.
            (["--root", "/r", "--", "run", *bundle], ["id"])):
        start.call(*options, *operands)
        argv = start.argv()
        place = len(options)
        assert argv[:place] == options and argv[place + 2:] == operands, argv
        assert argv[place] == "--config" and re.fullmatch(r"/proc/self/fd/\d+", argv[place + 1]), argv
        assert ANNOTATION in start.get("config")


def test_the_config_is_found_where_the_runtime_looks():
    start = Start(config_text(hostname="bundle"))
    start.put("other.json", config_text(hostname="other"))
    os.mkdir(start.path("elsewhere"))
    elsewhere = {"cwd": start.path("elsewhere")}
    for line, hostname, options in (
            (["run", "id"], "bundle", {"cwd": start.folder}),
            (["run", "-f", "other.json", "id"], "other", {"cwd": start.folder}),
            (["run", "--config=../other.json", "--bundle", "/", "id"], "other", elsewhere),
            (["run", "-f", start.path("other.json"), "id"], "other", elsewhere),
            (["run", "-b", "..", "-f", "config.json", "id"], "bundle", elsewhere),
            (["run", "-f", "x", "-f", "config.json", "-b", "x", "-b", "..", "id"], "bundle", elsewhere)):
        start.call(*line, **options)
        assert json.loads(start.get("config"))["hostname"] == hostname, line


def test_a_start_with_an_option_that_is_not_understood_is_refused():
    # It may name another bundle than the one that would be proven.
    start = Start(config_text())
    log = start.path("log")
    for option, line in (("--new", ["--new", "create", "--bundle", start.folder, "id"]),
                         ("--new=x", ["--new=x", "--", "run", "--bundle", start.folder, "id"]),
                         ("--new", ["create", "--new", "--bundle", start.folder, "id"]),
                         ("-x", ["create", "-b", start.folder, "-x", "id"]),
                         ("--bundle", ["create", "--bundle"]),
                         # It stands for several.
                         ("--no", ["create", "--no", "-b", start.folder, "id"])):
        done = start.call("--log", log, "--log-format", "json", *line, status=2)
        assert start.get("argv") is None, line
        assert start.log()[-1]["level"] == "error"
        assert "'%s' is no option" % option in start.log()[-1]["msg"] and "'%s'" % option in done.stderr


def test_wrong_usage():
    start = Start(config_text())
    for line, message in (
            (["--sbpf-nothing", "state", "id"], "unknown option '--sbpf-nothing'"),
            (["--sbpf-log"], "--sbpf-log"),
            (["create", "--sbpf-log=x", "--bundle", start.folder, "id"], "'--sbpf-log=x'"),
            (["--sbpf-effort=great", "state", "id"], "'great' is not one of quick|thorough"),
            (["--sbpf-bad-arch=MAYBE", "state", "id"], "'MAYBE' is no action")):
        done = start.call(*line, status=2)
        assert message in done.stderr and "Try 'sbpf-oci --help'" in done.stderr, done
        assert start.get("argv") is None


def test_help_and_version():
    start = Start()
    start.put("printed", "crun version 1.8.1\ncommit: 0\n")
    done = start.call("--version")
    assert done.stdout.startswith("sbpf-oci version ")
    assert done.stdout.endswith("\ncrun version 1.8.1\ncommit: 0\n"), done.stdout
    assert start.argv() == ["--version"]
    done = start.call("--help", status=0)
    for option in ("runtime=PATH", "log=FILE", "bad-arch=ACTION", "effort=quick|thorough"):
        assert "--sbpf-" + option in done.stdout, option
    assert start.get("argv") is None


# ---- The config ----

REFUSING = '{"defaultAction":"SCMP_ACT_KILL"}'
PLAIN = {key: value for key, value in PROFILE.items() if key != "flags"}


def test_only_the_annotation_and_the_profile_change():
    frame = '"ociVersion":"1.0.2", "linux":{"seccomp":%s , "x": 1} }\n'
    members = frame % json.dumps(PLAIN)
    for before, after, put in (
            ("{", members, '"annotations":{%s},'),
            (" \n\t{", members, '"annotations":{%s},'),
            ('{"annotations": {', "}," + members, "%s"),
            ('{"annotations" :{', " \n}," + members, "%s"),
            ('{"annotations":\n{', ' "a": "\\"é}", "b":"run.oci"},' + members, "%s,"),
            ('{"x": {"annotations": {"%s": "1"}},\n"annotations": {' % ANNOTATION,
             '"x":"%s"},' % ANNOTATION + members, "%s,")):
        start = Start(before + after)
        start.call("create", "--bundle", start.folder, "id")
        one = '"%s":"%s"' % (ANNOTATION, filter_of(start.path("config.json")))
        after = after.replace(json.dumps(PLAIN), REFUSING)
        assert start.get("config") == before + put % one + after, (before, start.get("config"))
    start = Start('{"annotations": null, ' + members)
    start.call("create", "--bundle", start.folder, "id")
    one = '"%s":"%s"' % (ANNOTATION, filter_of(start.path("config.json")))
    assert start.get("config") == '{"annotations": {%s}, ' % one + frame % REFUSING
    start = Start("{" + members[:-3] + ', "annotations": {} }')
    start.call("create", "--bundle", start.folder, "id")
    assert start.get("config") == "{" + (frame % REFUSING)[:-3] + ', "annotations": {%s} }' % one


def test_what_the_runtime_needs_of_a_profile_stays_and_no_more():
    notify = {**PLAIN, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}
    for profile, more in ((PLAIN, {"flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]}),
                          (PLAIN, {"flags": []}), (PLAIN, {"listenerMetadata": "a \"m\" }"}),
                          (notify, {"listenerPath": "/run/agent.sock", "listenerMetadata": "m"})):
        start = Start(config_text({**profile, **more}))
        start.call("create", "--bundle", start.folder, "id")
        assert json.loads(start.get("config"))["linux"]["seccomp"] == {**json.loads(REFUSING), **more}, more
    # Whatever spells them.
    text = config_text({**PLAIN, "flags": ["SECCOMP_FILTER_FLAG_LOG"]}).replace('"flags"', '"fl\\u0061gs"')
    start = Start(text)
    start.call("create", "--bundle", start.folder, "id")
    assert json.loads(start.get("config"))["linux"]["seccomp"]["flags"] == ["SECCOMP_FILTER_FLAG_LOG"]


def test_braces_and_quotes_in_a_profile_do_not_end_it():
    for comment in ("}", "{", '"}', "\\", '\\"}}'):
        start = Start(config_text({**PLAIN, "x": [{comment: comment}]}))
        start.call("create", "--bundle", start.folder, "id")
        assert json.loads(start.get("config"))["linux"] == {"seccomp": json.loads(REFUSING)}, comment


def test_the_bundle_stays_as_it_is_and_the_copy_is_sealed():
    start = Start(config_text())
    before = os.stat(start.path("config.json"))
    start.call("create", "--bundle", start.folder, "id")
    assert start.get("config.json") == config_text()
    assert os.stat(start.path("config.json")).st_mtime_ns == before.st_mtime_ns
    assert start.get("changed") is None
    assert sorted(os.listdir(start.folder)) == ["argv", "config", "config.json", "runtime"]


def test_the_descriptor_is_none_that_the_container_inherits():
    start = Start(config_text())
    for options, environment, least in (([], {}, 3), (["--preserve-fds", "4"], {}, 7),
                                        (["--preserve-fds=40"], {"LISTEN_FDS": "2"}, 45),
                                        (["--preserve-fds=-7"], {"LISTEN_FDS": "-1"}, 3),
                                        ([], {"LISTEN_FDS": "x"}, 3)):
        start.call("run", *options, "--bundle", start.folder, "id", environment=environment)
        assert int(start.argv()[-2].rsplit("/", 1)[1]) >= least, start.argv()


def test_counts_above_the_descriptor_limit_become_those_of_what_there_is():
    start = Start(config_text())

    def call(options, environment, *descriptors):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        start.put("environment", "")
        start.call("run", *options, "--bundle", start.folder, "id", preexec_fn=few, pass_fds=descriptors,
                   environment={**environment, "NOTE": "LISTEN_FDS"})
        argv = start.argv()
        # The last one counts.
        count = int(argv[-argv[::-1].index("--preserve-fds")]) if "--preserve-fds" in argv else 0
        count += int(start.get("environment") or 0)
        return int(argv[argv.index("--config") + 1].rsplit("/", 1)[1]), count

    with open("/dev/null", "rb") as null:
        high = fcntl.fcntl(null, fcntl.F_DUPFD, 20)
        for options, environment in ((["--preserve-fds=2000000000"], {}), ([], {"LISTEN_FDS": "9" * 30}),
                                     (["--preserve-fds", "61"], {}), (["--preserve-fds", "30"], {"LISTEN_FDS": "40"})):
            for kept in ((), (high, )):
                number, count = call(options, environment, *kept)
                assert number < 64 and number >= 3 + count, (options, number, count)
                assert all(one < 3 + count for one in kept), (options, number, count)
        os.close(high)
    # Below it nothing changes.
    start.call("run", "--preserve-fds=3", "--bundle", start.folder, "id", environment={"LISTEN_FDS": "2"})
    assert "--preserve-fds" not in start.argv() and "--preserve-fds=3" in start.argv()


def test_the_filter_means_the_profile():
    start = Start(config_text())
    start.call("create", "--bundle", start.folder, "id")
    raw = common.write("oci.bpf", base64.b64decode(annotation_in(start)))
    common.expect("prove", raw, start.path("config.json"), "--reading", "oci")
    # The bad-architecture action is an option's.
    start.call("--sbpf-bad-arch=ERRNO(38)", "create", "--bundle", start.folder, "id")
    raw = common.write("oci.bpf", base64.b64decode(annotation_in(start)))
    common.expect("prove", raw, start.path("config.json"), "--reading", "oci", status=1)
    common.expect("prove", raw, start.path("config.json"), "--reading", "oci", "--bad-arch", "ERRNO(38)")


def test_the_effort_is_the_compilers():
    with open(common.DOCKER, encoding="utf-8") as file:
        profile = json.load(file)
    profile.pop("archMap")
    start = Start(config_text({**profile, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]}))
    for effort in ("quick", "thorough"):
        start.call("--sbpf-effort=" + effort, "create", "--bundle", start.folder, "id")
        wanted = filter_of(start.path("config.json"), "--effort", effort)
        assert annotation_in(start) == wanted, effort


def test_rules_apply_as_the_file_has_them():
    # For a runtime, includes do not count.
    rule = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_BOOT"]}}
    start = Start(config_text({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    start.call("create", "--bundle", start.folder, "id")
    assert annotation_in(start) == filter_of(start.path("config.json"))
    assert annotation_in(start) != filter_of(common.write("none.json", {"defaultAction": "SCMP_ACT_ALLOW"}))


NOTIFY = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}


def test_a_notify_profile_is_compiled_too():
    start = Start(config_text({**NOTIFY, "listenerPath": "/run/agent.sock", "listenerMetadata": "m"}))
    start.call("create", "--bundle", start.folder, "id")
    assert annotation_in(start) == filter_of(start.path("config.json"))


def test_a_notify_profile_without_anybody_to_answer_is_refused():
    for more in ({}, {"listenerPath": ""}, {"listenerMetadata": "m"}):
        start = Start(config_text({**NOTIFY, **more}, annotations={"a": "b"}))
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert "there is no listenerPath" in done.stderr and start.get("argv") is None, done
    # Other ways by which crun has a listener.
    for key in ("run.oci.seccomp.receiver", "run.oci.seccomp.plugins"):
        start = Start(config_text(NOTIFY, annotations={key: "/run/agent"}))
        start.call("create", "--bundle", start.folder, "id")
    start = Start(config_text(NOTIFY))
    start.call("create", "--bundle", start.folder, "id", environment={"RUN_OCI_SECCOMP_RECEIVER": "/run/agent"})
    # Nothing asks the listener.
    start = Start(config_text({**NOTIFY, "syscalls": []}))
    start.call("create", "--bundle", start.folder, "id")


def test_without_a_profile_nothing_is_done():
    for text in ('{"linux": {}}', '{"linux": {"seccomp": null}}', "{}", '{"linux": null}',
                 '{"annotations": {"%s": "AA=="}}' % ANNOTATION, None):
        start = Start(text)
        line = ["--log", start.path("log"), "create", "--bundle", start.folder, "id"]
        done = start.call(*line)
        assert start.argv() == line and start.get("log") is None and not done.stderr, text


def test_a_filter_that_is_there_beside_a_profile_is_refused():
    # crun takes it in place of the profile, and nobody has proven it.
    for annotations in ({ANNOTATION: "AA=="}, {"a": "\"", "b": "x", ANNOTATION: "AA==", "c": ""},
                        # What is no string is refused by some runtimes and ignored by others.
                        {"a": None, ANNOTATION: "AA=="}, {"a": -1.5e3, ANNOTATION: "AA=="}, {ANNOTATION: None},
                        {"a": {"}": ["]", {}]}, "b": [], ANNOTATION: "AA=="}):
        text = config_text(indent=1, annotations=annotations)
        escaped = text.replace(ANNOTATION, "\\u0072un.oci\\u002Eseccomp_bpf_dat\\u0061")
        assert escaped != text and json.loads(escaped) == json.loads(text)
        # In C, a string ends at NUL.
        for one in (text, escaped, text.replace(ANNOTATION, ANNOTATION + "\\u0000x")):
            start = Start(one)
            line = ["--log", start.path("log"), "--log-format=json", "run", "--bundle", start.folder, "id"]
            start.call(*line, status=1)
            assert start.get("argv") is None, one
            assert [one["level"] for one in start.log()] == ["error"]
            assert ANNOTATION + " holds a filter" in start.log()[0]["msg"]


def test_annotations_that_take_no_filter_are_refused():
    for annotations in ("x", [], 1, True):
        start = Start(config_text(annotations=annotations))
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert "annotations: an object is expected" in done.stderr and start.get("argv") is None, done


def test_a_key_that_only_resembles_the_annotation_is_none():
    for key in (ANNOTATION[:-1], ANNOTATION + "x", ANNOTATION + "\\u0061", "\\u0172" + ANNOTATION[1:],
                "\\u0000" + ANNOTATION, ANNOTATION + "\\ud800", "\\ud800" + ANNOTATION, ANNOTATION + "\\\\u0000",
                ANNOTATION[:-1] + "\\n", "\\\\u0072" + ANNOTATION[1:], "\\u0072un", ""):
        start = Start('{"annotations": {"%s": "%s"}, ' % (key, ANNOTATION) + config_text()[1:])
        start.call("run", "--bundle", start.folder, "id")
        assert annotation_in(start) == filter_of(common.write("p.json", PROFILE)), key


# What stands in a config beside the profile, and is nobody's business here.
ODD = ['"\\u0000"', '"\\ud800"', '"\\udc00\\ud800x"', '"\\ud83d\\ude00 \\/\\b\\f"', "[" * 2000 + "]" * 2000,
       '{"a":' * 500 + "[{},[]]" + "}" * 500, "-0.5e-7", "1E+400", "123456789012345678901234567890", "[1 , 2\t,\r\n3 ]",
       '{"a":1,"a":2,"":{},"linux":{"seccomp":1,"seccomp":2}}', '"' + "x" * (3 << 20) + '"', '"\x7f \u2028 é \\""', "null"]


def test_all_but_the_profile_passes_byte_for_byte():
    profile = json.dumps(PLAIN)
    for odd in ODD:
        before = '{"x":%s,"annotations":{' % odd
        after = '"odd":%s},"linux":{"y":%s,"seccomp":%%s},"z":%s}' % (odd, odd, odd)
        start = Start(before + after % profile)
        start.call("create", "--bundle", start.folder, "id")
        one = '"%s":"%s",' % (ANNOTATION, filter_of(common.write("plain.json", PLAIN)))
        assert start.get("config") == before + one + after % REFUSING, odd[:40]


def test_bytes_that_are_no_utf_8_pass_too():
    start = Start()
    with open(start.path("config.json"), "wb") as file:
        file.write(b'{"linux":{"seccomp":%s},"process":{"env":["A=\xff\xc0\x80"]}}' % json.dumps(PLAIN).encode())
    start.call("create", "--bundle", start.folder, "id")
    with open(start.path("config"), "rb") as file:
        assert b'"A=\xff\xc0\x80"' in file.read()


def test_comments_become_blanks():
    # crun's yajl takes them. Its json-c ends "/* **/" elsewhere: it must not see them.
    start = Start('/* **/ {// "linux": {}\n"a": /* "b": */ 1, "linux": {/**/"seccomp" /* */ : %s /*\n*/}} //' %
                  json.dumps(PLAIN))
    start.call("create", "--bundle", start.folder, "id")
    config = start.get("config")
    assert "/" not in config.replace(annotation_in(start), "") and config.count("\n") == 2, config
    assert json.loads(config)["a"] == 1 and json.loads(config)["linux"] == {"seccomp": json.loads(REFUSING)}
    # Also where there is no profile: that json-c would find one in this.
    start = Start('{"a":1/* **/\n// */,"linux":{"seccomp":%s}\n}' % json.dumps(PLAIN))
    start.call("create", "--bundle", start.folder, "id")
    assert json.loads(start.get("config")) == {"a": 1}
    # But the profile is judged as it stands.
    start = Start('{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"/* */}}}')
    start.call("create", "--bundle", start.folder, "id", status=1)
    assert start.get("argv") is None


def test_the_profile_is_judged_strictly():
    for more in ('"x":"\\u0000"', '"x":"\\ud800"', '"x":' + "[" * 40 + "]" * 40, '"defaultAction":"SCMP_ACT_LOG"'):
        start = Start('{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW",%s}}}' % more)
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert start.get("argv") is None and "/bundle/config.json:" in done.stderr, done
    for value in ("[]", "true", "5", '"x"'):
        start = Start('{"linux":{"seccomp":%s}}' % value)
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert "linux.seccomp: " in done.stderr and start.get("argv") is None, done


def test_two_equal_keys_are_refused_where_it_matters():
    profile = json.dumps(PLAIN)
    for path, text in (
            ("linux", '{"linux":{},"linux":{"seccomp":%s}}' % profile),
            ("linux", '{"linux":{"seccomp":%s},"l\\u0069nux":{}}' % profile),
            ("linux", '{"linux":{"seccomp":%s},"linux\\u0000x":null}' % profile),
            ("linux", '{"linux":{},"linux":{}}'),
            ("linux.seccomp", '{"linux":{"seccomp":null,"seccomp":%s}}' % profile),
            ("linux.seccomp", '{"linux":{"seccomp":%s,"\\u0073eccomp":{}}}' % profile),
            ("annotations", '{"annotations":{},"linux":{"seccomp":%s},"annotations":{}}' % profile),
            ("annotations", '{"annotation\\u0073":{},"linux":{"seccomp":%s},"annotations":{}}' % profile)):
        start = Start(text)
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert ": %s: the key stands there twice" % path in done.stderr and start.get("argv") is None, done


def test_a_key_that_ends_at_nul_is_the_runtimes_too():
    # For crun, which takes it for a string of C, this is linux.
    start = Start('{"linux\\u0000x":{"seccomp\\u0000":%s}}' % json.dumps(PLAIN))
    start.call("create", "--bundle", start.folder, "id")
    assert annotation_in(start) == filter_of(common.write("plain.json", PLAIN))


def test_what_is_not_json_is_refused_with_its_place():
    good = config_text()
    for text, place in ((good[:-1], "1:%d" % len(good)), (good + "x", "1:%d" % (len(good) + 1)), ("", "1:1"),
                        ("\n {", "2:3"), ("{'a':1}", "1:2"), ('{"a":1,}', "1:8"), ('{"a":01}', "1:6"),
                        ('{"a":.5}', "1:6"), ('{"a":NaN}', "1:6"), ('{"a":[1,]}', "1:9"), ('{"a":[1}', "1:8"),
                        ('{"a":"\n"}', "1:7"), ('{"a":"\\x"}', "1:7"), ('{"a":"\\u12"}', "1:7"), ('{"a" 1}', "1:6"),
                        ("/*", "1:1"), ("{/ }", "1:2"), ("nul", "1:1"), ("\ufeff{}", "1:1"), ('{"a":tru}', "1:6")):
        start = Start(text)
        done = start.call("--log", start.path("log"), "--log-format=json", "run", "--bundle", start.folder, "id",
                          status=1)
        assert start.get("argv") is None, text
        assert "config.json:%s: " % place in done.stderr, (text, done.stderr)
        assert [one["level"] for one in start.log()] == ["error"]


def test_a_text_ends_at_nul():
    # As crun reads it: what follows is not handed over.
    start = Start(config_text() + "\0 {")
    start.call("run", "--bundle", start.folder, "id")
    assert json.loads(start.get("config"))["annotations"] == {ANNOTATION: filter_of(common.write("p.json", PROFILE))}


def test_a_config_from_a_pipe_reaches_the_runtime():
    for text in (config_text(), '{"hostname":"x"}'):
        start = Start()
        fifo = start.path("config.json")
        os.mkfifo(fifo)
        with subprocess.Popen(["timeout", "60", "sh", "-c", 'printf %s "$1" >"$2"', "sh", text, fifo]) as writer:
            start.call("create", "--bundle", start.folder, "id", timeout=60)
        assert writer.returncode == 0
        config = json.loads(start.get("config"))
        assert ANNOTATION in config["annotations"] if "linux" in text else config == {"hostname": "x"}


# ---- The log ----

def test_a_start_is_one_line_in_the_log_of_the_runtime():
    start = Start(config_text())
    log = start.path("log")
    start.put("log", '{"msg":"before"}\n')
    for name in (log, "file:" + log):
        done = start.call("--log", name, "--log-format", "json", "create", "-b", start.folder, "id")
        assert done.stderr == "" and done.stdout == ""
    first, line, again = start.log()
    assert first == {"msg": "before"} and again["msg"][:40] == line["msg"][:40]
    assert sorted(line) == ["level", "msg", "time"] and line["level"] == "info"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"])
    count = len(base64.b64decode(annotation_in(start))) // 8
    assert re.fullmatch(r"sbpf-oci: %s: .*default ALLOW: %d instructions, "
                        r"proven equal, \d+\.\d ms" % (re.escape(start.path("config.json")), count),
                        line["msg"]), line


def test_text_is_the_form_of_the_log_unless_json_is_asked_for():
    start = Start(config_text())
    for options in ([], ["--log-format=text"]):
        start.call("--log", start.path("log"), *options, "create", "--bundle", start.folder, "id")
    for line in start.get("log").splitlines():
        assert re.match(r"\d{4}-\S+Z info: sbpf-oci: /.*proven equal", line), line


def test_an_own_log_takes_the_lines_in_place_of_the_runtimes():
    start = Start(config_text())
    start.call("--sbpf-log", start.path("own"), "--log", start.path("log"), "create", "--bundle",
               start.folder, "id")
    assert start.get("log") is None and "proven equal" in start.get("own")
    # Errors go to both: engines show what stands in the runtime's.
    start.put("config.json", config_text({"defaultAction": "SCMP_ACT_PERHAPS"}))
    start.call("--sbpf-log", start.path("own"), "--log", start.path("log"), "create", "--bundle",
               start.folder, "id", status=1)
    assert "SCMP_ACT_PERHAPS" in start.get("log") and "SCMP_ACT_PERHAPS" in start.get("own")


def test_debug_shows_the_line():
    start = Start(config_text())
    done = start.call("--debug", "create", "--bundle", start.folder, "id")
    assert re.match("sbpf-oci: .*proven equal", done.stderr), done.stderr


def test_a_log_that_is_no_file_is_not_written_to():
    start = Start(config_text())
    for name in ("syslog:x", "journald:x", ""):
        done = start.call("--log", name, "create", "--bundle", start.folder, "id", cwd=start.folder)
        assert done.stderr == "", done.stderr
    assert not [name for name in os.listdir(start.folder) if ":" in name]


def test_a_log_that_cannot_be_written_does_not_stop_a_start():
    start = Start(config_text())
    done = start.call("--sbpf-log", start.path("none/log"), "create", "--bundle", start.folder, "id")
    assert "cannot write to the log" in done.stderr and ANNOTATION in start.get("config")


def test_warnings_of_the_profile_are_logged():
    start = Start(config_text({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO"}]}))
    start.call("--log", start.path("log"), "--log-format=json", "create", "--bundle", start.folder, "id")
    assert [one["level"] for one in start.log()] == ["warning", "info"]
    assert "no_such_call" in start.log()[0]["msg"]


# ---- Failures ----

def test_an_error_has_the_place_that_it_has_in_the_whole_config():
    rule = {"names": ["mkdir"], "action": "SCMP_ACT_NONE"}
    text = config_text({**PLAIN, "syscalls": [rule]}, indent=1)
    start = Start(text)
    done = start.call("create", "--bundle", start.folder, "id", status=1)
    line = text[:text.index("SCMP_ACT_NONE")].count("\n") + 1
    whole = common.run("show", start.path("config.json"), "--reading", "oci").stderr
    assert ":%d: linux.seccomp.syscalls[0].action: " % line in done.stderr, done
    assert done.stderr.split(":", 1)[1] == whole.split(":", 1)[1], (done.stderr, whole)
    # Where all is one line, its number says nothing.
    start = Start(config_text({**PLAIN, "syscalls": [rule]}))
    done = start.call("create", "--bundle", start.folder, "id", status=1)
    assert "/config.json: linux.seccomp.syscalls[0].action: " in done.stderr, done


def test_an_error_shows_the_value():
    rule = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 4711, "value": 0, "op": "SCMP_CMP_EQ"}]}
    for indent in (None, 1):
        start = Start(config_text({**PLAIN, "syscalls": [rule]}, indent=indent))
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert done.stderr.count("4711") == 1 and "linux.seccomp.syscalls[0].args[0].index: " in done.stderr, done


def test_messages_name_what_the_engine_wrote_down():
    for annotations, name in (
            ({"io.podman.annotations.seccomp": "/etc/my \"profile\".json"}, 'profile /etc/my "profile".json'),
            ({"io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.sandbox-name": "site-1",
              "io.kubernetes.cri.sandbox-namespace": "default"}, "container web of pod default/site-1"),
            ({"io.kubernetes.cri.sandbox-name": "site-1", "io.kubernetes.cri.sandbox-namespace": "default"},
             "pod default/site-1"),
            ({"io.kubernetes.cri-o.SeccompProfilePath": "localhost/p.json", "io.kubernetes.container.name": "w",
              "io.kubernetes.pod.name": "s", "io.kubernetes.pod.namespace": "d"},
             "profile localhost/p.json, container w of pod d/s")):
        for action, status in (("SCMP_ACT_PERHAPS", 1), ("SCMP_ACT_ALLOW", 7)):
            start = Start(config_text({"defaultAction": action}, annotations=annotations))
            start.call("--log", start.path("log"), "--log-format=json", "create", "--bundle", start.folder, "id",
                       status=status)
            expected = "sbpf-oci: %s: %s: " % (name, start.path("config.json"))
            assert start.log()[0]["msg"].startswith(expected), (start.log(), expected)
    # As somebody else may have set them, they steer nothing.
    for value, shown in (("\u001b[2J\n\u00e9\u20ac\u0000x", "\\x1b[2J\\x0aé€"), ("x" * 5000, "x" * 200), (5, "")):
        start = Start(config_text({"defaultAction": "SCMP_ACT_PERHAPS"},
                                  annotations={"io.podman.annotations.seccomp": value}))
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert shown in done.stderr and len(done.stderr) < 1000 and "SCMP_ACT_PERHAPS" in done.stderr, done


def test_a_profile_is_no_config_within_the_config():
    start = Start(config_text({"linux": {"seccomp": PLAIN}}))
    start.call("create", "--bundle", start.folder, "id", status=1)
    assert start.get("argv") is None


def test_a_profile_that_cannot_be_compiled_fails_the_start():
    start = Start(config_text({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 9, "value": 0,
                                                                   "op": "SCMP_CMP_EQ"}]}]}, indent=1))
    done = start.call("--log", start.path("log"), "--log-format", "json", "create", "--bundle",
                      start.folder, "id", status=1)
    assert start.get("argv") is None
    (line,) = start.log()
    assert line["level"] == "error"
    assert re.match(r"sbpf-oci: .*/config.json:\d+: linux\.seccomp\.syscalls\[0\]\.args\[0\]\.index: ",
                    line["msg"]), line
    assert done.stderr == line["msg"] + "\n"


def test_a_config_that_is_too_large_fails_the_start():
    for profile in (PLAIN, None):
        text = config_text(profile, annotations={"a": "x" * (16 << 20)}) if profile else '{"a":"%s"}' % ("x" * (16 << 20))
        start = Start(text)
        done = start.call("create", "--bundle", start.folder, "id", status=1)
        assert "has more than 16 MiB" in done.stderr, done.stderr
        assert start.get("argv") is None
    # A profile has the library's limit.
    start = Start(config_text({**PLAIN, "comment": "x" * (4 << 20)}))
    done = start.call("create", "--bundle", start.folder, "id", status=1)
    assert "4194304" in done.stderr and start.get("argv") is None, done.stderr


def test_what_cannot_be_read_is_for_the_runtime_to_report():
    start = Start()
    line = ["create", "--bundle", start.path("none"), "id"]
    done = start.call(*line)
    assert start.argv() == line and done.stderr == ""


def test_a_config_that_is_there_but_cannot_be_read_fails_the_start():
    start = Start()
    os.mkdir(start.path("config.json"))
    done = start.call("--log", start.path("log"), "--log-format=json", "create", "--bundle", start.folder, "id",
                      status=1)
    assert done.stderr == "sbpf-oci: %s: cannot be read: Is a directory\n" % start.path("config.json"), done
    assert start.get("argv") is None and start.log()[0]["level"] == "error"


def test_an_error_is_whole_behind_a_long_path():
    start = Start(config_text({"defaultAction": "SCMP_ACT_PERHAPS"}))
    bundle = start.folder + "/" + "./" * 1800
    start.call("--log", start.path("log"), "--log-format=json", "create", "--bundle", bundle, "id", status=1)
    # Engines show what the log has.
    assert "SCMP_ACT_PERHAPS" in start.log()[0]["msg"]


def test_a_name_does_not_begin_a_line_of_the_log():
    start = Start(config_text({"defaultAction": "SCMP_ACT_A\n\u001b[2Jerror: forged"}), "bun\n\x1b[2Jdle")
    done = start.call("--log", start.path("log"), "create", "--bundle", start.folder, "id", status=1)
    assert len(start.get("log").splitlines()) == 1 and "\x1b" not in start.get("log") + done.stderr


# ---- The runtime ----

def test_the_runtime_is_crun_from_path_or_what_is_named():
    start = Start()
    os.makedirs(start.path("first"))
    os.makedirs(start.path("second"))
    os.symlink(SBPF_OCI, start.path("first/crun"))
    path = {"PATH": "%s:%s:/usr/bin:/bin" % (start.path("first"), start.path("second")),
            "SBPF_OCI_RUNTIME": ""}
    os.rename(start.runtime, start.path("second/crun"))
    start.call("state", "id", environment=path)
    assert start.get("argv").splitlines() == [start.path("second/crun"), "state", "id"]
    # An option wins over the environment.
    path["SBPF_OCI_RUNTIME"] = "/nonexistent/runtime"
    start.call("--sbpf-runtime=crun", "state", "id", environment=path)
    assert start.argv() == ["state", "id"]


def test_the_runtime_is_not_looked_for_in_the_bundle():
    start = Start(config_text())
    os.rename(start.runtime, start.path("crun-of-the-bundle"))
    os.makedirs(start.path("bin"))
    os.symlink("../crun-of-the-bundle", start.path("bin/crun-of-the-bundle"))
    for path in ("", ":", ".:", "bin:/nonexistent"):
        done = start.call("--sbpf-runtime=crun-of-the-bundle", "create", "id", status=1, cwd=start.folder,
                          environment={"PATH": path})
        assert "there is no runtime" in done.stderr and start.get("argv") is None, (path, done)


def test_a_runtime_that_takes_no_filters_is_refused():
    for says, name in (("runc version 1.1.5\nspec: 1.0.2\n", "runc version 1.1.5"),
                       ("kata-runtime  : 3.2\n", "kata-runtime  : 3.2")):
        start = Start(config_text())
        start.put("runtime", "#!/bin/sh\n[ \"$1\" != --version ] || { cat <<'END'\n%sEND\nexit 0\n}\n" % says
                  + RUNTIME.split("\n", 1)[1])
        line = ["--log", start.path("log"), "--log-format=json", "create", "--bundle", start.folder, "id"]
        done = start.call(*line, status=1)
        assert "calls itself '%s'" % name in done.stderr and "sbpf-oci takes crun" in done.stderr, done
        assert start.get("argv") is None and start.log()[-1]["level"] == "error"
        # Where there is no filter, any will do.
        start.put("config.json", '{"linux":{}}')
        start.call(*line)
        assert start.argv() == line


def test_a_runtime_that_is_crun_by_another_name_or_says_nothing_is_taken():
    for says in ("echo crun version 1.8.1; exit 0", "echo mine; echo crun version 0.18; exit 0", "exit 0", "exit 3",
                 "echo runc version 1; exit 4", "kill $$", "exec >&-; exit 0"):
        start = Start(config_text())
        start.put("runtime", "#!/bin/sh\n[ \"$1\" != --version ] || { %s; }\n" % says + RUNTIME.split("\n", 1)[1])
        start.call("create", "--bundle", start.folder, "id")
        assert ANNOTATION in start.get("config"), says


def test_a_runtime_that_is_not_there_is_an_error():
    start = Start(config_text())
    for runtime, message in (("no-such-runtime", "there is no runtime 'no-such-runtime' in PATH"),
                             ("/no/such/runtime", "cannot execute '/no/such/runtime': No such file"),
                             (SBPF_OCI, "is sbpf-oci itself")):
        done = start.call("--sbpf-runtime", runtime, "--log", start.path("log"), "--log-format=json", "create",
                          "--bundle", start.folder, "id", status=1)
        assert message in done.stderr, done.stderr
        assert start.log()[-1]["level"] == "error" and message in start.log()[-1]["msg"]


common.run_tests(dict(globals()))
sys.exit(0)
