# SPDX-License-Identifier: MIT
"""An image made of Debian's static busybox, as a folder and as archives that engines import."""
import dataclasses
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import tarfile

NAME = "docker.io/library/busybox:latest"
PAUSE = "localhost/pause:1"
BUSYBOX = "/bin/busybox"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GO_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def make_root(folder):
    """A root file system; /usr is there because systemd-nspawn asks for it."""
    for name in ("bin", "etc", "tmp", "proc", "sys", "dev", "root", "run", "usr/bin", "var"):
        os.makedirs(os.path.join(folder, name))
    shutil.copy(BUSYBOX, os.path.join(folder, "bin/busybox"))
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True,
                             check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            os.symlink("busybox", os.path.join(folder, "bin", applet))
    with open(os.path.join(folder, "etc/passwd"), "w", encoding="ascii") as passwd:
        passwd.write("root:x:0:0:root:/root:/bin/sh\n")
    with open(os.path.join(folder, "etc/os-release"), "w", encoding="ascii") as release:
        release.write("ID=busybox\n")
    os.chmod(os.path.join(folder, "tmp"), 0o1777)


def pack_layer(folder, path):
    with tarfile.open(path, "w") as layer:
        layer.add(folder, arcname=".")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def pack_image(name, layer_path, path, command):
    """A Docker archive, which all engines load, made without an engine."""
    with open(layer_path, "rb") as layer_file:
        layer = layer_file.read()
    config = json.dumps({
        "architecture": GO_MACHINES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {
            "Env": [PATH],
            "Cmd": command
        },
        "rootfs": {
            "type": "layers",
            "diff_ids": ["sha256:" + sha256(layer)]
        },
    }).encode()
    files = {sha256(config) + ".json": config, sha256(layer) + ".tar": layer}
    manifest = [{
        "Config": sha256(config) + ".json",
        "RepoTags": [name],
        "Layers": [sha256(layer) + ".tar"]
    }]
    files["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(path, "w") as archive:
        for file_name, content in files.items():
            entry = tarfile.TarInfo(file_name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


@dataclasses.dataclass
class Image:
    """root is the folder, layer the same as an archive, archive an image of that layer, and pause
    one that only waits."""
    root: str
    layer: str
    archive: str
    pause: str


def make_image(folder):
    made = Image(*(os.path.join(folder, name)
                   for name in ("root", "layer.tar", "image.tar", "pause.tar")))
    make_root(made.root)
    pack_layer(made.root, made.layer)
    pack_image(NAME, made.layer, made.archive, ["sh"])
    pack_image(PAUSE, made.layer, made.pause, ["/bin/sleep", "100000000"])
    return made
