# SPDX-License-Identifier: MIT
"""What `sbpf k8s check` computes for RuntimeDefault, beside what the runtime does."""
import json
import os

from common import run, write

# Capabilities that a container adds and drops.
CAPABILITIES = [([], []), (["SYS_ADMIN"], []), ([], ["ALL"]), (["ALL"], []),
                (["SYS_PTRACE", "BPF", "SYSLOG"], ["SYS_CHROOT"]),
                (["ALL"], ["SYS_ADMIN", "SYS_TIME"])]


def check_row(sbpf, manifest, *options):
    path = write(manifest["path"], json.dumps(manifest["object"]))
    done = run(sbpf, "k8s", "check", "--format", "json", *options, path)
    return json.loads(done.text)[0]


def pod(folder, context):
    return {"path": os.path.join(folder, "pod.json"), "object": {
        "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "c", "securityContext": context}]}}}


def compare(sbpf, folder, config, runtime, add, drop):
    """Whether the profile in a config.json, which the runtime made, is the one that is computed for
    the same manifest: their fingerprints, and what to see where they differ."""
    capabilities = {"add": add, "drop": drop}
    computed = check_row(sbpf, pod(folder, {"seccompProfile": {"type": "RuntimeDefault"},
                                            "capabilities": capabilities}), "--runtime", runtime)
    real = check_row(sbpf, pod(folder, {"seccompProfile": {
        "type": "Localhost", "localhostProfile": os.path.basename(config)}}), "--profiles",
                     os.path.dirname(config))
    holds = computed["fingerprint"] is not None and computed["fingerprint"] == real["fingerprint"]
    return holds, json.dumps([computed, real], indent=1)
