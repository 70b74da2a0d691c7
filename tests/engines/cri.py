# SPDX-License-Identifier: MIT
"""The Container Runtime Interface as a kubelet speaks it: gRPC, by curl(1) over a socket.

Messages are Protocol Buffers of runtime.v1 (k8s.io/cri-api, api.proto), whose fields have numbers.
"""
import json
import os
import subprocess
import tempfile
import urllib.parse

VARINT, BYTES = 0, 2
# NamespaceMode, SecurityProfile.ProfileType
NODE = 2
RUNTIME_DEFAULT, UNCONFINED, LOCALHOST = 0, 1, 2


def varint(number):
    encoded = b""
    while number > 0x7F:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def encode(fields):
    """{number: value}: an int, a string, a message as such a dictionary, or a list of those."""
    message = b""
    for number, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int):
                message += varint(number << 3 | VARINT) + varint(value)
                continue
            value = value.encode() if isinstance(value, str) else encode(value)
            message += varint(number << 3 | BYTES) + varint(len(value)) + value
    return message


def take_varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def decode(message):
    """{number: [value...]}, where messages and strings are bytes."""
    fields, at = {}, 0
    while at < len(message):
        key, at = take_varint(message, at)
        value, at = take_varint(message, at)
        if key & 7 == BYTES:
            value, at = message[at:at + value], at + value
        elif key & 7 != VARINT:
            raise ValueError(
                f"field {key >> 3} has the wire type {key & 7}, which is not expected here")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def text(fields, number):
    return fields.get(number, [b""])[0].decode(errors="replace")


class Cri:
    def __init__(self, socket):
        self.socket = socket

    def call(self, method, fields, patience=60):
        message = encode(fields)
        # In gRPC one byte says that a message is not compressed, and four how long it is; the
        # status comes in the trailer.
        body = b"\0" + len(message).to_bytes(4, "big") + message
        with tempfile.NamedTemporaryFile() as trailer:
            done = subprocess.run([
                "curl", "-sS", "--http2-prior-knowledge", "--unix-socket", self.socket, "-D",
                trailer.name, "--max-time",
                str(patience), "-H", "content-type: application/grpc", "-H", "te: trailers",
                "--data-binary", "@-", f"http://localhost/runtime.v1.RuntimeService/{method}"
            ], input=body, capture_output=True, check=False)
            lines = trailer.read().decode(errors="replace").splitlines()
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        if done.returncode != 0 or headers.get("grpc-status") != "0":
            message = urllib.parse.unquote(headers.get("grpc-message", ""))
            raise RuntimeError(f"{method}: {message} {done.stderr.decode()}")
        return decode(done.stdout[5:])

    def run_pod(self, name, handler, cgroup_parent, logs):
        """A pod on the host's network: its id and its configuration, which its containers need."""
        config = {
            1: {
                1: name,
                2: name,
                3: "default"
            },
            3: logs,
            8: {
                1: cgroup_parent,
                2: {
                    1: {
                        1: NODE
                    },
                    9: {
                        1: RUNTIME_DEFAULT
                    }
                }
            },
        }
        return text(self.call("RunPodSandbox", {1: config, 2: handler}), 1), config

    def start_container(self, pod, name, image, command, seccomp, capabilities=([], [])):
        """seccomp: (type, file). capabilities: those that are added, and dropped."""
        pod_id, pod_config = pod
        profile = {1: seccomp[0], 2: seccomp[1]}
        config = {
            1: {
                1: name
            },
            2: {
                1: image
            },
            3: command,
            11: f"{name}.log",
            15: {
                2: {
                    1: {
                        1: capabilities[0],
                        2: capabilities[1]
                    },
                    3: {
                        1: NODE
                    },
                    15: profile
                }
            },
        }
        container = text(self.call("CreateContainer", {1: pod_id, 2: config, 3: pod_config}), 1)
        self.call("StartContainer", {1: container})
        return container

    @staticmethod
    def details(response):
        """What the engine says of it: pid, and runtimeSpec, which is the OCI config.json."""
        entries = [decode(entry) for entry in response.get(2, [])]
        return json.loads(next(text(entry, 2) for entry in entries if text(entry, 1) == "info"))

    def container(self, container):
        """State (0 created, 1 running, 2 ended), exit status, and details."""
        response = self.call("ContainerStatus", {1: container, 2: 1})
        status = decode(response[1][0])
        return status.get(3, [0])[0], status.get(7, [0])[0], self.details(response)

    def pod(self, pod):
        return self.details(self.call("PodSandboxStatus", {1: pod[0], 2: 1}))

    def execute(self, container, command):
        """What `kubectl exec` does: exit status and output."""
        response = self.call("ExecSync", {1: container, 2: command, 3: 30})
        return response.get(3, [0])[0], text(response, 1) + text(response, 2)

    def remove_container(self, container):
        self.call("StopContainer", {1: container, 2: 0})
        self.call("RemoveContainer", {1: container})

    def remove_pod(self, pod):
        self.call("StopPodSandbox", {1: pod[0]})
        self.call("RemovePodSandbox", {1: pod[0]})


def container_log(path):
    """What a container said: each line has a time, a stream and a tag in front."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(line.split(" ", 3)[3] for line in file if line.count(" ") >= 3)
