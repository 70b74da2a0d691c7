# SPDX-License-Identifier: MIT
"""Debian's programs, each put to a small piece of its usual work under a command such as
`sbpf run -p PROFILE --`. What they did is returned, so that two runs can be compared."""
import contextlib
import functools
import http.server
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PATIENCE = 120

GO_SOURCE = """package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
)

func main() {
	var wait sync.WaitGroup
	sums := make([]int, 50)
	for i := range sums {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			for j := 0; j < 100000; j++ {
				sums[i] += j % (i + 1)
			}
		}(i)
	}
	wait.Wait()
	fmt.Println(sums)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(listener != nil, err)
	go func() {
		peer, _ := listener.Accept()
		peer.Write([]byte("hello"))
		peer.Close()
	}()
	peer, err := net.Dial("tcp", listener.Addr().String())
	buffer := make([]byte, 5)
	peer.Read(buffer)
	fmt.Println(string(buffer), err)
	out, err := exec.Command("/bin/echo", "child").Output()
	fmt.Println(string(out), err)
	fmt.Println(os.Mkdir(os.Args[1], 0755))
}
"""

PYTHON_SOURCE = """
import concurrent.futures, os, subprocess, sys, threading
def work(n):
    return subprocess.run(["/bin/echo", str(n)], capture_output=True, text=True).stdout.strip()
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(list(pool.map(work, range(60))))
lock, total = threading.Lock(), [0]
def add():
    for _ in range(1000):
        with lock:
            total[0] += 1
threads = [threading.Thread(target=add) for _ in range(10)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(total)
try:
    print(os.mkdir(sys.argv[1]))
except OSError as error:
    print(error.strerror)
"""


NODE_SOURCE = """
const http = require("http"), fs = require("fs"), zlib = require("zlib"), crypto = require("crypto");
const { execFileSync } = require("child_process");
const { Worker } = require("worker_threads");
const folder = process.argv[process.argv.length - 1];
fs.mkdirSync(folder);
fs.writeFileSync(folder + "/file", zlib.gzipSync("packed"));
console.log(zlib.gunzipSync(fs.readFileSync(folder + "/file")).toString(), fs.readdirSync(folder));
console.log(execFileSync("/bin/echo", ["child"]).toString());
console.log(crypto.pbkdf2Sync("a", "b", 1000, 16, "sha256").toString("hex"));
const server = http.createServer((request, answer) => answer.end("served"));
server.listen(0, "127.0.0.1", () => http.get({ port: server.address().port }, answer => {
    answer.on("data", data => console.log(data.toString()));
    answer.on("end", () => {
        server.close();
        new Worker("require('worker_threads').parentPort.postMessage(6 * 7)", { eval: true })
            .on("message", message => { console.log(message); process.exit(0); });
    });
}));
"""

GIT_SOURCE = """set -e
cd "$1"
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE="@0 +0000" GIT_COMMITTER_DATE="@0 +0000"
git config --global user.name a
git config --global user.email a@b
git config --global init.defaultBranch main
git init -q one
cd one
seq 2000 >numbers
mkdir folder
ln -s ../numbers folder/link
git add .
git commit -qm first
git checkout -qb other
echo more >>numbers
git commit -qam second
git gc -q
cd ..
git clone -q "file://$PWD/one" two
cd two
git log --format=%s --stat
git grep -c 42
git diff HEAD~ | wc -l
"""

TAR_SOURCE = """set -e
cd "$1"
mkdir from to
export XZ_OPT=-0
seq 200000 >from/numbers
ln from/numbers from/hard
ln -s numbers from/soft
mkfifo from/pipe
tar -C from -czf all.tar.gz .
tar -C from -cJf all.tar.xz --sort=name --mtime=@0 .
tar -tvf all.tar.xz | wc -l
tar -C to -xpf all.tar.gz
cmp from/numbers to/numbers
rm to/pipe
tar -C to -df all.tar.xz || true
"""

# A server that does not run as root gives it up first, as those who start it do.
GIVE_UP = """[ "$(id -u)" -ne 0 ] || exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
exec "$@" """

POSTGRES_WORK = """CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t SELECT i, repeat(i::text, 20) FROM generate_series(1, 20000) i;
CREATE INDEX ON t (b); ANALYZE t; CHECKPOINT;
SELECT count(*), max(length(b)) FROM t WHERE b LIKE '1%';
BEGIN; DELETE FROM t WHERE a % 2 = 0; ROLLBACK;
VACUUM FULL t; COPY (SELECT 1) TO STDOUT;
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(command, port):
    """A server that has come up on a port of this host; its exit status is appended to the list."""
    ended = []
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            assert process.poll() is None and time.monotonic() < end, (command, process.poll())
            time.sleep(0.05)
        yield ended
        process.send_signal(signal.SIGTERM)
        ended.append(process.wait(PATIENCE))
    finally:
        process.kill()
        process.wait()


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    if done.returncode:
        print(done.stderr, file=sys.stderr)
    return done.returncode, done.stdout


def nginx(under, folder):
    """A master and two workers that serve files."""
    port = free_port()
    (folder / "index.html").write_text("served")
    (folder / "nginx.conf").write_text(f"""daemon off; worker_processes 2; user root;
pid {folder}/pid; error_log {folder}/error.log; events {{ worker_connections 64; }}
http {{ access_log {folder}/access.log; client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")
    with server([*under, "/usr/sbin/nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder)],
                port) as ended:
        answers = {urllib.request.urlopen(f"http://127.0.0.1:{port}/").read() for _ in range(50)}
    return answers, ended


def redis(under, folder):
    """Answers, and a save to disk, which a child makes."""
    port = free_port()
    answers = []
    with server([*under, "/usr/bin/redis-server", "--port", str(port), "--dir", str(folder),
                 "--bind", "127.0.0.1"], port) as ended:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            stream = client.makefile("rwb")
            for command in (b"SET a 1", b"INCR a", b"BGSAVE", b"PING"):
                stream.write(command + b"\r\n")
                stream.flush()
                answers.append(stream.readline())
    return answers, ended, (folder / "dump.rdb").exists()


def java(under, folder):
    """keytool, a program in Java, makes a key."""
    store = folder / "store"
    tool = ["/usr/bin/keytool", "-keystore", str(store), "-storepass", "secret"]
    return (run([*under, *tool, "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=a"]),
            run([*under, *tool, "-exportcert", "-rfc", "-alias", "a"])[0], store.exists())


def go(under, folder):
    """A static Go program with goroutines, sockets and a child."""
    program = pathlib.Path(tempfile.gettempdir(), "sbpf-test-go")
    if not program.exists():
        source = folder / "main.go"
        source.write_text(GO_SOURCE)
        made = folder / "made"
        subprocess.run(["go", "build", "-o", made, source], check=True, timeout=600,
                       env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod",
                            "GOCACHE": str(folder / "cache"), "GO111MODULE": "off"})
        os.replace(made, program)
    return run([*under, str(program), str(folder / "go")])


def python3(under, folder):
    """Threads, and children of them."""
    return run([*under, "/usr/bin/python3", "-c", PYTHON_SOURCE, str(folder / "python")])


def postgres(under, folder):
    """A server with a database that a client works on."""
    port = free_port()
    binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    shutil.chown(folder, "postgres")
    subprocess.run(["sh", "-c", GIVE_UP, "sh", binaries / "initdb", "-A", "trust", "-D", folder / "data"],
                   check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE, cwd="/")
    with server([*under, "/bin/sh", "-c", GIVE_UP, "sh", str(binaries / "postgres"), "-D",
                 str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)],
                port) as ended:
        time.sleep(0.5)
        done = subprocess.run([binaries / "psql", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres"],
                              input=POSTGRES_WORK, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
    return done.returncode, done.stdout, done.stderr, ended


def node(under, folder):
    """Files, a child, a server and its client, a worker."""
    return run([*under, "/usr/bin/node", "-e", NODE_SOURCE, str(folder / "node")])


SSHD_CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
PermitRootLogin yes
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


def openssh(under, folder):
    """A server with a client that executes a command and copies a file, as the one user and the
    other: who does not run as root, lets in nobody else."""
    port = free_port()
    pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        shutil.chown(folder / name, "postgres" if name == "host" else "root")
    (folder / "sshd_config").write_text(SSHD_CONFIG.format(port=port, folder=folder))
    client = ["-i", str(folder / "key"), "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
              "-o", "UserKnownHostsFile=/dev/null", "-o", f"Port={port}"]
    with server([*under, "/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")], port) as ended:
        done = [(run(["ssh", *client, f"{user}@127.0.0.1", "id -un; echo $((6 * 7))"]),
                 run(["scp", "-q", *client, str(folder / "sshd_config"),
                      f"{user}@127.0.0.1:{folder}/of-{user}"]),
                 (folder / f"of-{user}").exists()) for user in ("root", "postgres")]
    return done, ended


def git(under, folder):
    """A repository that is made, packed and cloned."""
    return run([*under, "/bin/sh", "-c", GIT_SOURCE, "sh", str(folder)])


def tar(under, folder):
    """Archives that other programs compress, and what comes out of them."""
    return run([*under, "/bin/sh", "-c", TAR_SOURCE, "sh", str(folder)])


def curl(under, folder):
    """Files of a server on this host, and what is not there."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Says nothing."""

    handler = functools.partial(Handler, directory=str(folder))
    (folder / "page").write_text("served\n" * 100000)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://localhost:{web.server_port}"
        done = [run([*under, "/usr/bin/curl", "-sS", "-f", "--compressed", "-o", str(folder / "copy"),
                     "-w", "%{http_code}", f"{url}/{name}"]) for name in ("page", "missing")]
        web.shutdown()
    return done, (folder / "copy").stat().st_size


PROGRAMS = {
    "nginx": nginx,
    "redis": redis,
    "java": java,
    "go": go,
    "python3": python3,
    "postgres": postgres,
    "node": node,
    "openssh": openssh,
    "git": git,
    "tar": tar,
    "curl": curl,
}


def work(name, under):
    """The work of a program under a command (a list of words), in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="program-") as folder:
        # For programs that do not run as root.
        os.chmod(folder, 0o777)
        done = PROGRAMS[name]([str(word) for word in under], pathlib.Path(folder))
        return repr(done).replace(folder, "FOLDER")
