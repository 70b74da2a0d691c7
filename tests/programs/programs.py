# SPDX-License-Identifier: MIT
"""Debian's programs, each put to a small piece of its usual work under a command such as
`sbpf run -p PROFILE --`. What they did is returned, so that two runs can be compared."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
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


PROGRAMS = {
    "nginx": nginx,
    "redis": redis,
    "java": java,
    "go": go,
    "python3": python3,
}


def work(name, under):
    """The work of a program under a command (a list of words), in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="program-") as folder:
        done = PROGRAMS[name]([str(word) for word in under], pathlib.Path(folder))
        return repr(done).replace(folder, "FOLDER")
