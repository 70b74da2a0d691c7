# SPDX-License-Identifier: MIT
"""sbpf k8s check: which profile each container of a manifest really gets, and what is found."""
import hashlib
import json
import os

from common import expect, path_of, run, run_tests, write

ALLOW_ALL = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": [
    "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"},
        {"names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}


def without(*names):
    return {**ALLOW_ALL, "syscalls": ALLOW_ALL["syscalls"] + [
        {"names": list(names), "action": "SCMP_ACT_ERRNO"}]}


# The node's folder.
FILES = {
    "good.json": ALLOW_ALL,
    "sub/good.json": ALLOW_ALL,
    "no-prctl.json": without("prctl"),
    "no-write.json": without("write"),
    "guarded.json": {**ALLOW_ALL, "syscalls": ALLOW_ALL["syscalls"] + [
        {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_BPF"]}}]},
    "broken.json": b"{",
    "action.json": {"defaultAction": "SCMP_ACT_NONE"},
    "empty.json": b"",
}


def node():
    folder = path_of("node")
    if not os.path.isdir(folder):
        os.makedirs(os.path.join(folder, "sub"))
        os.mkdir(os.path.join(folder, "folder.json"))
        for name, content in FILES.items():
            write(os.path.join("node", name), content)
    return folder


def pod(*containers, top="", metadata="", kind="Pod", init=(), ephemeral=()):
    """A Pod; a container is the flow form of its securityContext, or of its seccompProfile."""
    text = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: p{metadata}}}\nspec:\n"
    text += "".join(f"  {line}\n" for line in top.splitlines())
    for key, members, letter in (("containers", containers, "c"), ("initContainers", init, "i"),
                                 ("ephemeralContainers", ephemeral, "e")):
        text += f"  {key}:\n" if members else ""
        for index, one in enumerate(members):
            if one.startswith("type:") or one == "{}":
                one = "seccompProfile: {" + one.removeprefix("{}") + "}"
            text += f"  - {{name: {letter}{index}, securityContext: {{{one}}}}}\n"
    return text


def template(path, spec=""):
    """What an object has around a pod: path leads to its template."""
    inner = {"metadata": {"name": "x"}, "spec": {"containers": [
        {"name": "c0", "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}]}}
    for key in reversed(path.split(".")):
        inner = {key: inner}
    return {"apiVersion": "x/v1", "metadata": {"name": "o", "namespace": "n"}, **inner}


POD_DEFAULT = "securityContext: {seccompProfile: {type: RuntimeDefault}}"
POD_FILE = "securityContext: {seccompProfile: {type: Localhost, localhostProfile: good.json}}"
POD_OPEN = "securityContext: {seccompProfile: {type: Unconfined}}"
DEFAULT, FILE, OPEN = ("type: RuntimeDefault", "type: Localhost, localhostProfile: good.json",
                       "type: Unconfined")
BOTH, BASELINE, NEITHER = "restricted", "baseline", "neither"
OLD_POD = ', annotations: {seccomp.security.alpha.kubernetes.io/pod: "%s"}'
OLD_CONTAINER = ', annotations: {container.seccomp.security.alpha.kubernetes.io/c0: "%s"}'
CRIO_POD = ", annotations: {seccomp-profile.kubernetes.cri-o.io/POD: quay.io/a/b}"
CRIO_CONTAINER = ", annotations: {seccomp-profile.crio.io/c1: quay.io/a/b}"
DIGEST = "@sha256:" + "0a" * 32
ARTIFACT = "type: OCI, oci: {ref: ghcr.io/a/b" + DIGEST + ", baseProfile: {type: RuntimeDefault}}"
NODE = ("--profiles", "NODE")
OLD = ("--kubernetes", "1.31")
VERY_OLD = ("--kubernetes", "1.24")
CRIO = ("--runtime", "crio")

# Manifest, options, PodSecurity; for each container what is in force and what is found.
CASES = [
    # Whose profile it is
    (pod(DEFAULT), (), BOTH, ["runtime-default"]),
    (pod("", top=POD_DEFAULT), (), BOTH, ["runtime-default"]),
    (pod(DEFAULT, "", top=POD_FILE), NODE, BOTH, ["runtime-default", "localhost"]),
    (pod(FILE, "", top=POD_DEFAULT), (), BOTH, ["localhost", "runtime-default"]),
    (pod("seccompProfile: null", top=POD_DEFAULT), (), BOTH, ["runtime-default"]),
    (pod("", init=[DEFAULT], ephemeral=[FILE]), (), BASELINE,
     ["unconfined unset", "runtime-default", "localhost"]),
    (pod(OPEN, DEFAULT), (), NEITHER, ["unconfined unconfined", "runtime-default"]),
    (pod(DEFAULT, top=POD_OPEN), (), NEITHER, ["runtime-default"]),
    (pod("", top=POD_OPEN), (), NEITHER, ["unconfined unconfined"]),
    (pod(DEFAULT, init=[""]), (), BASELINE, ["runtime-default", "unconfined unset"]),
    (pod(DEFAULT, ephemeral=[OPEN]), (), NEITHER, ["runtime-default", "unconfined unconfined"]),
    # None
    (pod(""), (), BASELINE, ["unconfined unset"]),
    (pod(""), ("--seccomp-default",), BASELINE, ["runtime-default unset"]),
    (pod(OPEN), ("--seccomp-default",), NEITHER, ["unconfined unconfined"]),
    # Files
    (pod(FILE), NODE, BOTH, ["localhost"]),
    (pod("type: Localhost, localhostProfile: sub/good.json"), NODE, BOTH, ["localhost"]),
    (pod("type: Localhost, localhostProfile: none.json"), NODE, BOTH, ["error missing-file"]),
    (pod("type: Localhost, localhostProfile: none.json"), (), BOTH, ["localhost"]),
    (pod("type: Localhost, localhostProfile: good.json/x"), NODE, BOTH, ["error missing-file"]),
    (pod("type: Localhost, localhostProfile: broken.json"), NODE, BOTH, ["error invalid-profile"]),
    (pod("type: Localhost, localhostProfile: action.json"), NODE, BOTH, ["error invalid-profile"]),
    (pod("type: Localhost, localhostProfile: empty.json"), NODE, BOTH, ["error invalid-profile"]),
    (pod("type: Localhost, localhostProfile: folder.json"), NODE, BOTH, ["error invalid-profile"]),
    (pod("type: Localhost, localhostProfile: guarded.json"), NODE, BOTH, ["localhost runtime-ignores"]),
    (pod("type: Localhost, localhostProfile: guarded.json"), NODE + CRIO, BOTH,
     ["localhost runtime-ignores"]),
    # Paths
    (pod("type: Localhost"), NODE, BOTH, ["error localhost-path"]),
    (pod('type: Localhost, localhostProfile: ""'), NODE, BOTH, ["error localhost-path"]),
    (pod("type: Localhost, localhostProfile: ../good.json"), NODE, BOTH, ["error localhost-path"]),
    (pod("type: Localhost, localhostProfile: a/../good.json"), (), BOTH, ["error localhost-path"]),
    (pod("type: Localhost, localhostProfile: /var/lib/kubelet/seccomp/good.json"), NODE, BOTH,
     ["error localhost-path"]),
    (pod("type: Localhost, localhostProfile: a..b.json"), (), BOTH, ["localhost"]),
    (pod("type: Localhost, localhostProfile: localhost/good.json"), (), BOTH,
     ["localhost localhost-path"]),
    (pod("type: Localhost, localhostProfile: localhost/good.json"), NODE, BOTH,
     ["error localhost-path missing-file"]),
    (pod("type: Localhost, localhostProfile: operator/shop/good.json"), (), BOTH,
     ["localhost localhost-path"]),
    (pod("type: Localhost, localhostProfile: operator/good.json"), (), BOTH, ["localhost"]),
    (pod("type: Localhost, localhostProfile: seccomp/good.json"), (), BOTH,
     ["localhost localhost-path"]),
    (pod("type: RuntimeDefault, localhostProfile: good.json"), (), BOTH, ["error localhost-path"]),
    # Types
    (pod("type: localhost, localhostProfile: good.json"), (), NEITHER, ["error unknown-type"]),
    (pod("type: runtime/default"), OLD, NEITHER, ["unconfined unknown-type"]),
    (pod("{}"), OLD, NEITHER, ["error unknown-type"]),
    (pod("type: 1"), (), NEITHER, ["error unknown-type"]),
    (pod(ARTIFACT), OLD, BASELINE, ["unconfined unknown-type"]),
    # Privileged
    (pod("privileged: true, seccompProfile: {%s}" % FILE), NODE, BOTH,
     ["unconfined privileged-ignores-profile"]),
    (pod("privileged: true", top=POD_DEFAULT), CRIO, BOTH, ["unconfined privileged-ignores-profile"]),
    (pod("privileged: true"), (), BASELINE, ["unconfined unset"]),
    (pod("privileged: true"), ("--seccomp-default",), BASELINE, ["unconfined unset"]),
    (pod("privileged: false", top=POD_DEFAULT), (), BOTH, ["runtime-default"]),
    (pod("privileged: true, seccompProfile: {%s}" % OPEN), (), NEITHER, ["unconfined unconfined"]),
    # Annotations
    (pod(DEFAULT, metadata=OLD_POD % "runtime/default"), (), BOTH, ["runtime-default dead-annotation"]),
    (pod("", "", metadata=OLD_CONTAINER % "localhost/good.json"), (), BASELINE,
     ["unconfined dead-annotation unset", "unconfined unset"]),
    (pod("", metadata=OLD_POD % "docker/default"), VERY_OLD, BASELINE, ["runtime-default"]),
    (pod("", "", metadata=OLD_CONTAINER % "localhost/good.json"), VERY_OLD + NODE, BASELINE,
     ["localhost", "unconfined unset"]),
    (pod(OPEN, metadata=OLD_POD % "runtime/default"), VERY_OLD, NEITHER, ["unconfined unconfined"]),
    (pod("", metadata=CRIO_POD), (), BASELINE, ["unconfined dead-annotation unset"]),
    (pod("", metadata=CRIO_POD), CRIO, BASELINE, ["unknown"]),
    (pod(DEFAULT, "", metadata=CRIO_CONTAINER), CRIO, BASELINE, ["runtime-default", "unknown"]),
    (pod(DEFAULT, metadata=CRIO_POD), CRIO, BOTH, ["runtime-default dead-annotation"]),
    # Who does not put profiles in force
    (pod(DEFAULT, top="runtimeClassName: gvisor"), (), BOTH, ["none runtimeclass-ignores"]),
    (pod("", top="runtimeClassName: kata-qemu"), (), BASELINE, ["none"]),
    (pod(DEFAULT, top="runtimeClassName: nvidia"), (), BOTH, ["runtime-default"]),
    (pod("", top="os: {name: windows}"), (), BOTH, ["none"]),
    (pod("", top="os: {name: windows}"), VERY_OLD, BASELINE, ["none"]),
    (pod(DEFAULT, "", top="os: {name: windows}"), (), BOTH,
     ["error windows-profile", "error windows-profile"]),
    (pod("", top="os: {name: linux}\n" + POD_DEFAULT), (), BOTH, ["runtime-default"]),
    # What runtimes call
    (pod("type: Localhost, localhostProfile: no-prctl.json"), NODE, BOTH, ["localhost runtime-startup"]),
    (pod("allowPrivilegeEscalation: false, seccompProfile: {type: Localhost, localhostProfile: "
         "no-write.json}"), NODE, BOTH, ["localhost runtime-startup"]),
    # Registries
    (pod(ARTIFACT), (), BASELINE, ["oci"]),
    (pod("privileged: true, seccompProfile: {%s}" % ARTIFACT), (), BASELINE, ["error oci-profile"]),
    (pod("type: OCI"), (), BASELINE, ["error oci-profile"]),
    (pod("type: OCI, oci: {ref: ghcr.io/a/b:v1}"), (), BASELINE, ["error oci-profile"]),
    (pod("type: OCI, oci: {ref: ghcr.io/a/b%s, baseProfile: {type: Unconfined}}" % DIGEST), (), BASELINE,
     ["error oci-profile"]),
    (pod("type: OCI, oci: {ref: ghcr.io/a/b%s, baseProfile: {type: Localhost, localhostProfile: /a}}"
         % DIGEST), (), BASELINE, ["error localhost-path"]),
    (pod("type: RuntimeDefault, oci: {ref: ghcr.io/a/b%s}" % DIGEST), (), BOTH, ["error oci-profile"]),
]
# What sbpf lint may say of the files beside what is looked for.
ASIDE = {"enosys-hazard", "sibling-gap", "cannot-start", "cannot-exit"}


def check(manifest, *options):
    """The rows, whatever the exit status says."""
    if not isinstance(manifest, (str, bytes)):
        manifest = json.dumps(manifest)
    options = [node() if option == "NODE" else option for option in options]
    done = run("k8s", "check", "--arch", "x86_64", "--format", "json", *options, "-", input=manifest)
    assert done.returncode in (0, 1) and not done.stderr, (manifest, done.stderr)
    return json.loads(done.stdout)


def level(row):
    return BOTH if row["restricted"] else BASELINE if row["baseline"] else NEITHER


def test_every_rule():
    assert len(CASES) >= 60
    for manifest, options, security, expected in CASES:
        rows = check(manifest, *options)
        found = [" ".join([row["effective"]] + sorted({one["id"] for one in row["findings"]} - ASIDE))
                 for row in rows]
        assert found == [" ".join([words.split()[0]] + sorted(words.split()[1:])) for words in expected], (
            manifest, options, found)
        assert {level(row) for row in rows} == {security}, (manifest, rows)


KINDS = {"Deployment": "spec.template", "ReplicaSet": "spec.template", "StatefulSet": "spec.template",
         "DaemonSet": "spec.template", "Job": "spec.template", "ReplicationController": "spec.template",
         "CronJob": "spec.jobTemplate.spec.template", "PodTemplate": "template",
         # Kinds of others
         "Rollout": "spec.template", "Workflow": "spec.steps.first.pod"}


def test_every_kind_has_its_pod():
    documents = [{**template(path), "kind": kind} for kind, path in KINDS.items()]
    for manifest in ({"kind": "List", "items": documents},
                     "\n---\n".join(json.dumps(one) for one in documents)):
        rows = check(manifest)
        assert [row["kind"] for row in rows] == list(KINDS), rows
        for row in rows:
            assert (row["name"], row["namespace"], row["container"]) == ("o", "n", "c0"), row
            assert (row["effective"], row["role"]) == ("runtime-default", "container"), row


def test_what_holds_no_pod_is_passed_over():
    assert check("# nothing\n---\n---\nkind: ConfigMap\ndata: {spec: {containers: [{name: a}]}}\n") == []
    assert check({"kind": "PodList", "items": []}) == []
    assert check({"kind": "Deployment", "spec": {}}) == []
    assert check({"kind": "Pod", "spec": {"containers": None}}) == []


def test_classes_are_looked_up():
    classes = ("kind: RuntimeClass\nmetadata: {name: safe}\nhandler: runsc\n---\n"
               "kind: RuntimeClass\nmetadata: {name: kata-like}\nhandler: runc\n")
    for name, effective in (("safe", "none"), ("kata-like", "runtime-default")):
        one = pod(DEFAULT, top=f"runtimeClassName: {name}")
        for text in (classes + "---\n" + one, one + "---\n" + classes):
            assert [row["effective"] for row in check(text)] == [effective], text
    path = write("classes.yaml", classes.encode())
    rows = json.loads(expect("k8s", "check", "--format", "json", "-", path, status=1,
                             input=pod(DEFAULT, top="runtimeClassName: safe")))
    assert rows[0]["findings"][0]["id"] == "runtimeclass-ignores", rows


def test_annotations_beside_a_template():
    one = {**template("spec.template"), "kind": "Deployment"}
    one["metadata"]["annotations"] = {"seccomp.security.alpha.kubernetes.io/pod": "runtime/default", "a": "b"}
    row, = check(one, *VERY_OLD)
    assert [found["id"] for found in row["findings"]] == ["dead-annotation"], row
    assert "not the pod's" in row["findings"][0]["message"], row


def test_rows_have_their_lines():
    path = write("lines.yaml", b"""kind: Pod
metadata:
  name: p
spec:
  x: &shared
    seccompProfile:
      type: Unconfined
  securityContext:
    seccompProfile:
      type: Localhost
      localhostProfile: a.json
  containers:
  - image: i
    name: one
  - name: two
    securityContext: *shared
  - name: three
    securityContext:
      <<: *shared
""")
    one, two, three = check(open(path, "rb").read().decode())
    assert (one["line"], one["declared"]) == (13, {
        "type": "Localhost", "profile": "a.json", "level": "pod", "line": 9}), one
    assert (two["line"], two["declared"]) == (15, {
        "type": "Unconfined", "profile": None, "level": "container", "line": 6}), two
    assert three["effective"] == "unconfined" and three["findings"][0]["line"] == 6, three
    assert check(pod(""))[0]["declared"] == {"type": None, "profile": None, "level": "none",
                                             "line": None}


def fingerprint(context, *options):
    row, = check(pod(context), *options)
    return row["fingerprint"]


def test_a_fingerprint_is_of_the_meaning():
    again = {**ALLOW_ALL, "syscalls": [
        {"names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
        {"names": ["mkdirat", "read"], "action": "SCMP_ACT_KILL_PROCESS"},
        {"names": ["mkdir"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    node()
    write("node/again.json", {**again, "architectures": again["architectures"][::-1]})
    write("node/same.json", json.loads(json.dumps(again).replace(', "read"', "")))
    prints = {name: fingerprint(f"type: Localhost, localhostProfile: {name}.json", *NODE)
              for name in ("good", "same", "again")}
    assert prints["good"] == prints["same"] != prints["again"], prints
    assert prints["good"].startswith("sha256:") and len(prints["good"]) == 71, prints
    # The text that docs/kubernetes.md describes, and so never another value.
    write("node/open.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    assert fingerprint("type: Localhost, localhostProfile: open.json", *NODE) == OPEN_PRINT


QUARTER = 1 << 30
OPEN_PRINT = "sha256:" + hashlib.sha256("".join(
    ["x32 1073741824-2147483647 80000000\n", "x32 3221225472-4294967294 80000000\n",
     # What a tracer writes to skip a call
     "x32 4294967295-4294967295 7fff0000\n"] +
    [f"x86 {n * QUARTER}-{(n + 1) * QUARTER - 1} 80000000\n" for n in range(4)] +
    [f"x86_64 {n * QUARTER}-{(n + 1) * QUARTER - 1} 7fff0000\n" for n in (0, 2)] +
    ["other 80000000\n"]).encode()).hexdigest()


def test_the_default_is_the_capabilities_own():
    plain = fingerprint(DEFAULT)
    caps = "capabilities: {%s}, seccompProfile: {type: RuntimeDefault}"
    assert plain == fingerprint(caps % "drop: [CHOWN]")
    assert plain == fingerprint(caps % "add: [NET_ADMIN]")
    assert plain != fingerprint(caps % "drop: [SYS_CHROOT]")
    admin = fingerprint(caps % "add: [SYS_ADMIN]")
    assert admin != plain and admin == fingerprint(caps % "add: [CAP_SYS_ADMIN]")
    every = fingerprint(caps % "add: [ALL]")
    assert every not in (plain, admin)
    assert fingerprint(caps % "drop: [ALL]") == fingerprint(caps % "drop: [SYS_CHROOT]")
    assert fingerprint(caps % "drop: [ALL], add: [SYS_CHROOT]") == plain
    assert len({plain, fingerprint(DEFAULT, *CRIO),
                fingerprint(DEFAULT, "--runtime", "containerd-1.6")}) == 3


def test_namespaces_ask_for_levels():
    def found(manifest, labels, *options):
        body = "".join(f"    pod-security.kubernetes.io/{k}: {v}\n" for k, v in labels.items())
        space = f"kind: Namespace\nmetadata:\n  name: n\n  labels:\n{body}"
        path = write("space.yaml", space.encode())
        with_option = check(manifest, "--namespace", path, *options)
        beside = check(space + "---\n" + manifest, *options)
        return [[(one["severity"], one["id"]) for row in rows for one in row["findings"]
                 if one["id"] == "pod-security"] for rows in (with_option, beside)]

    named = pod("", metadata=", namespace: n")
    error, warning, note = [[(one, "pod-security")] for one in ("error", "warning", "note")]
    assert found(named, {"enforce": "restricted"}) == [error, error]
    assert found(named, {"enforce": "baseline"}) == [[], []]
    assert found(pod(OPEN, metadata=", namespace: n"), {"enforce": "baseline"}) == [error, error]
    assert found(named, {"enforce": "privileged", "warn": "restricted"}) == [warning, warning]
    assert found(named, {"audit": "restricted"}) == [note, note]
    assert found(pod(""), {"enforce": "restricted"}) == [error, []]
    assert found(pod("", metadata=", namespace: m"), {"enforce": "restricted"}) == [[], []]
    assert found(pod(DEFAULT, metadata=", namespace: n"), {"enforce": "restricted"}) == [[], []]
    done = run("k8s", "check", "--namespace", write("none.yaml", b"kind: Pod\n"), "-", input="")
    assert done.returncode == 2 and "there is no Namespace in it" in done.stderr


def test_the_exit_status_is_of_the_findings():
    for manifest, options, status in (
            (pod(DEFAULT), (), 0), (pod(""), (), 1), (pod(""), ("--fail-on", "error"), 0),
            (pod(""), ("--seccomp-default",), 0),
            (pod(""), ("--seccomp-default", "--fail-on", "note"), 1),
            (pod("type: none"), ("--fail-on", "error"), 1)):
        expect("k8s", "check", *options, "-", input=manifest, status=status)


ARTIFACT_TYPE = "application/vnd.cncf.seccomp-profile.config.v1+json"


def blob(content):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    digest = hashlib.sha256(data).hexdigest()
    os.makedirs(path_of("layout/blobs/sha256"), exist_ok=True)
    write("layout/blobs/sha256/" + digest, data)
    return "sha256:" + digest


def artifact(profile, base="type: RuntimeDefault", kind=ARTIFACT_TYPE, layers=1):
    """A seccompProfile of an artifact that is put into an OCI image layout."""
    layer = {"mediaType": "application/x", "digest": blob(profile), "size": 1}
    digest = blob({"config": {"mediaType": kind, "digest": blob(b"{}")}, "layers": [layer] * layers})
    return "type: OCI, oci: {ref: ghcr.io/a/b@%s, baseProfile: {%s}}" % (digest, base)


def in_registry(profile, *options, **more):
    row, = check(pod(artifact(profile, **more)), "--artifacts", path_of("layout"), *options)
    return row["effective"], {one["id"]: one["message"] for one in row["findings"]}, row["fingerprint"]


OPEN_PROFILE = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ALLOW_ALL["architectures"]}
LISTED = {"names": ["read"], "action": "SCMP_ACT_ALLOW"}


def test_artifacts_are_intersected():
    assert in_registry(OPEN_PROFILE) == ("oci", {}, fingerprint(DEFAULT))
    node()
    # With a base that refuses more than the default, which the artifact refuses too
    base = "type: Localhost, localhostProfile: good.json"
    together = in_registry(OPEN_PROFILE, *NODE, base=base)
    assert together[:2] == ("oci", {}) and together == in_registry(ALLOW_ALL, *NODE, base=base)
    assert together[2] not in (fingerprint(DEFAULT), fingerprint(FILE, *NODE))
    assert in_registry(OPEN_PROFILE, base=base)[2] is None
    missing = in_registry(OPEN_PROFILE, *NODE, base="type: Localhost, localhostProfile: none.json")
    assert missing[0] == "error" and list(missing[1]) == ["missing-file"], missing


def test_artifacts_have_limits():
    for profile, more, message in (
            (OPEN_PROFILE, {"kind": "application/json"}, "the media type application/json"),
            (OPEN_PROFILE, {"layers": 2}, "must have one layer"),
            ({**OPEN_PROFILE, "listenerPath": "/run/a"}, {}, "a listener, or NOTIFY"),
            ({**OPEN_PROFILE, "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}]}, {},
             "a listener, or NOTIFY"),
            ({**OPEN_PROFILE, "syscalls": [LISTED] * 129}, {}, "129 entries in syscalls, and runtimes take 128"),
            (json.dumps(OPEN_PROFILE).encode() + b" " * (1 << 20), {}, "longer than the 1 MiB"),
            (b"[", {}, "is no JSON"), ({"defaultAction": "x"}, {}, "unknown action")):
        effective, found, _ = in_registry(profile, **more)
        assert effective == "error" and list(found) == ["oci-profile"], (message, found)
        assert message in found["oci-profile"], (message, found)
    assert in_registry({**OPEN_PROFILE, "syscalls": [LISTED] * 128})[0] == "oci"
    row, = check(pod(artifact_of(blob(b"[x"))), "--artifacts", path_of("layout"))
    assert "is no JSON" in row["findings"][0]["message"], row
    row, = check(pod(artifact_of(blob(b"{}"))), "--artifacts", path_of("layout"))
    assert "the media type (none)" in row["findings"][0]["message"], row
    row, = check(pod(artifact_of("sha256:" + "0a" * 32)), "--artifacts", path_of("layout"))
    assert row["findings"][0]["id"] == "missing-file", row
    write("layout/blobs/sha256/" + "0b" * 32, b"{}")
    row, = check(pod(artifact_of("sha256:" + "0b" * 32)), "--artifacts", path_of("layout"))
    assert "does not have the digest of its name" in row["findings"][0]["message"], row


def artifact_of(digest):
    return "type: OCI, oci: {ref: ghcr.io/a/b@%s}" % digest


def test_a_merge_of_json_may_be_stricter():
    def personality(op, value):
        return {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ALLOW_ALL["architectures"],
                "syscalls": [LISTED, {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [
                    {"index": 0, "value": value, "op": "SCMP_CMP_" + op}]}]}

    # The default lets 0, 8, 0x20000, 0x20008 and 0xffffffff through.
    _, found, _ = in_registry(personality("LT", 8))
    assert "x86_64 personality(PER_LINUX)" in found["oci-stricter"], found
    assert "oci-stricter" not in in_registry(personality("EQ", 8))[1]
    # They have nothing in common
    assert "oci-stricter" not in in_registry(personality("EQ", 9))[1]


def test_sarif_has_each_finding_once():
    log = json.loads(expect("k8s", "check", "--format", "sarif", "-", status=1, input=pod(
        "", "", metadata=OLD_POD % "runtime/default")))
    run_of = log["runs"][0]
    rules = [rule["id"] for rule in run_of["tool"]["driver"]["rules"]]
    results = run_of["results"]
    assert [one["ruleId"] for one in results] == ["dead-annotation", "unset", "unset"], results
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in results)
    assert {"privileged-ignores-profile", "width-bypass"} <= set(rules)
    lines = [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in results]
    assert lines == [3, 6, 7], lines


def test_text_says_it_in_words():
    text = expect("k8s", "check", "-", status=1, input=pod(
        DEFAULT, init=["privileged: true"], metadata=", namespace: n"))
    assert "<stdin>:6: Pod n/p, container c0: runtime-default\n    declared RuntimeDefault, line 6; " \
        "the container's seccompProfile\n" in text, text
    assert "<stdin>:8: Pod n/p, init container i0: unconfined\n    privileged: containerd" in text
    assert text.endswith("2 containers: 0 errors, 1 warning, 0 notes\n"), text


BROKEN = [
    ("kind: Pod\nspec:\n\tcontainers: []\n", "<stdin>:3:1: a tab cannot indent YAML"),
    ("kind: Pod\nkind: Pod\n", "<stdin>:2:1: the key 'kind' stands twice"),
    ("kind: Pod\nmetadata: {name: {{ .Values.name }}}\n", "<stdin>:2:1: unrendered template: run helm"),
    ("{{- if .Values.x }}\nkind: Pod\n{{- end }}\n", "unrendered template"),
    ("- kind: Pod\n", "<stdin>:1:1: a manifest is a mapping"),
    ("apiVersion: v1\n", "<stdin>:1:1: a manifest needs a kind"),
    ("kind: Pod\n---\na: [\n", "<stdin>:4:1: did not find expected node content"),
    ("kind: Pod\nspec: *a\n", "<stdin>:2:7: there is no anchor"),
]


def test_bad_manifests_have_a_place():
    for text, message in BROKEN:
        done = run("k8s", "check", "-", input=text)
        assert done.returncode == 2 and message in done.stderr and not done.stdout, (text, done)
    for options, message in ((("--kubernetes", "2.1"), "--kubernetes: must be a version"),
                             (("--runtime", "docker"), "--runtime: must be containerd"),
                             (("--profiles", "/none"), "--profiles: /none"),
                             (("--namespace", "/none"), "/none: No such file")):
        done = run("k8s", "check", *options, "-", input=pod(""))
        assert done.returncode == 2 and message in done.stderr, done
    assert run("k8s").returncode == run("k8s", "none").returncode == run("k8s", "check").returncode == 2


def test_what_aliases_mean_is_bounded():
    lists = "a0: &a0 {kind: Pod, spec: {containers: [{name: a}]}}\n"
    for depth in range(1, 5):
        lists += f"a{depth}: &a{depth} {{kind: List, items: [{', '.join([f'*a{depth - 1}'] * 300)}]}}\n"
    done = run("k8s", "check", "-", input=lists + "kind: List\nitems: [*a4]\n")
    assert done.returncode == 2 and ("too many lists" in done.stderr or "containers" in done.stderr), done
    # Each annotation with each container
    wide = "kind: Pod\nmetadata:\n  annotations:\n" + "".join(
        f"    container.seccomp.security.alpha.kubernetes.io/x{n}: a\n" for n in range(20000))
    wide += "spec:\n  os: {name: windows}\n  containers:\n" + "  - {name: a}\n" * 20000
    done = run("k8s", "check", "-", input=wide)
    assert done.returncode == 2 and "too large to look at" in done.stderr, done.stderr[:300]
    many = "---\n".join([pod(DEFAULT)] * 10000)
    assert len(check(many)) == 10000


run_tests(globals())
