#!/bin/bash
# SPDX-License-Identifier: MIT
# sbpf run on the running kernel.
. "$(dirname "$0")/common.sh"

cd "$folder" || exit 1
ulimit -c 0
profile() { # FILE ACTION CALL...
	file=$1 action=$2
	shift 2
	printf '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [%s], "action": "%s"}]}\n' \
		"$(printf '"%s", ' "$@" | sed 's/, $//')" "SCMP_ACT_$action" >"$file"
}
profile refuse.json ERRNO mkdir mkdirat
profile kill.json KILL mkdir mkdirat
profile no-exec.json ERRNO execve
profile trace-exec.json TRACE execve
profile notify.json NOTIFY mkdirat
printf '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": [%s]}\n' \
	'"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_S390X"' >machines.json
profile unknown.json ERRNO mkdir no_such_call
profile bad.json FORBID mkdir
printf '{"defaultAction":\n' >cut.json

# A refused call, a killed command, and all else untouched.
LC_ALL=C try "$sbpf" run -p refuse.json mkdir made
exits_with 1
says '*mkdir: cannot create directory*Operation not permitted'
[ ! -e made ] || fail "made the directory"
try "$sbpf" run -p kill.json mkdir made
exits_with 159
says 'sbpf run: mkdir: Bad system call'
[ ! -e made ] || fail "made the directory"
try "$sbpf" run -p kill.json sh -c 'echo out; cat; exit 7' <refuse.json
exits_with 7
prints 'out
{"defaultAction": *'
says ''
try "$sbpf" run --profile refuse.json sh -c 'echo "$1" "$NAME"' sh argument
exits_with 0
prints 'argument '
NAME=value try "$sbpf" run --profile refuse.json sh -c 'echo "$1" "$NAME"' sh argument
prints 'argument value'

# The built-in default is Docker's policy.
try "$sbpf" run -- sh -c 'echo works'
exits_with 0
prints works
says ''
try "$sbpf" run unshare -U true
exits_with 1
says '*Operation not permitted'
try "$sbpf" run cat /proc/self/status
prints '*NoNewPrivs:	1*Seccomp:	2*'

# Options after the command are the command's.
try "$sbpf" run -p refuse.json echo -p --strict --help
prints '-p --strict --help'

# Exit statuses of its own.
try "$sbpf" run no-such-command
exits_with 127
says 'sbpf run: no-such-command: command not found'
try "$sbpf" run ./no-such-file
exits_with 127
touch plain
try "$sbpf" run ./plain
exits_with 126
says 'sbpf run: ./plain: Permission denied; a profile needs its option: --profile ./plain COMMAND'
try "$sbpf" run refuse.json mkdir logs
exits_with 127
says 'sbpf run: refuse.json: command not found; a profile needs its option: --profile refuse.json COMMAND'
try "$sbpf" run --profile refuse.json ./plain
exits_with 126
says 'sbpf run: ./plain: Permission denied'
try "$sbpf" run /
exits_with 126
says 'sbpf run: /: Is a directory'
printf '#!/no/such/interpreter\n' >orphan
printf 'echo "$0 $1"; exit 4\n' >script
chmod +x orphan script
try "$sbpf" run ./orphan
exits_with 127
try "$sbpf" run ./script one
exits_with 4
prints './script one'
PATH=/nowhere:$folder:/bin:/usr/bin try "$sbpf" run script one
exits_with 4
prints "$folder/script one"
try "$sbpf" run -p no-such.json true
exits_with 125
says "sbpf run: *no-such.json*No such file or directory"
try "$sbpf" run -p bad.json true
exits_with 125
says "sbpf run: bad.json:1: syscalls\[0\].action: *FORBID*"
try "$sbpf" run -p cut.json true
exits_with 125
says 'sbpf run: cut.json:2:1: *'
try "$sbpf" run -p - true <cut.json
exits_with 125
says 'sbpf run: <stdin>:2:1: *'
try "$sbpf" run -p no-exec.json true
exits_with 125
says 'sbpf run: *execve with ERRNO(EPERM)*'
try "$sbpf" run -p trace-exec.json true
exits_with 125
says 'sbpf run: *execve with TRACE(1) and no tracer *'
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	# LeakSanitizer, where the program is built with it, gives up under a tracer.
	ASAN_OPTIONS=detect_leaks=0 try strace -f -o /dev/null -e trace=none "$sbpf" run -p trace-exec.json true
	exits_with 125
	says '*sbpf run: *execve with TRACE(1) and no tracer *'
else
	skip "a tracer that does not take up the exec: no strace(1)"
fi
try "$sbpf" run -p notify.json true
exits_with 125
says 'sbpf run: *NOTIFY*listener*'
try "$sbpf" run
exits_with 2
try "$sbpf" run --no-such-option true
exits_with 2
says "sbpf run: unknown *'--no-such-option'*"
try "$sbpf" run -p
exits_with 2
try "$sbpf" run --arch no-such-machine true
exits_with 2
says "sbpf run: *no-such-machine*"
other=aarch64
[ "$(uname -m)" != aarch64 ] || other=x86_64
try "$sbpf" run --arch $other true
exits_with 125
says "sbpf run: the filter is for $other *"

# Warnings do not stop it; --strict does.
try "$sbpf" run -p unknown.json echo works
exits_with 0
prints works
says 'sbpf run: unknown.json:1: syscalls\[0\].names\[1\]: warning: *no_such_call*'
# Other machines in the profile are no warning; a target option that names them is.
try "$sbpf" run -p machines.json echo works
exits_with 0
prints works
says ''
try "$sbpf" run --abi arm,s390x -p machines.json echo works
says 'sbpf run: *--abi: warning: *'
try "$sbpf" run --strict -p unknown.json echo works
exits_with 125
prints ''

# Ends by signals, passed on and the command's own.
try "$sbpf" run sh -c 'kill -TERM $$'
exits_with 143
says 'sbpf run: sh: Terminated'
try "$sbpf" run sh -c 'kill -INT $$'
exits_with 130
says ''
for signal in TERM:143 HUP:129 USR1:138 USR2:140; do
	"$sbpf" run sh -c 'touch started; exec sleep 30' 2>/dev/null &
	while [ ! -e started ] && kill -0 $!; do sleep 0.05; done
	kill -"${signal%:*}" $!
	wait $!
	status=$? command="kill -${signal%:*}"
	exits_with "${signal#*:}"
	rm -f started
done
# An ignored SIGCHLD does not lose the exit status, and the command inherits it.
if env --ignore-signal=CHLD true 2>/dev/null; then
	try timeout 20 env --ignore-signal=CHLD "$sbpf" run sh -c 'exit 5'
	exits_with 5
	try timeout 20 env --ignore-signal=CHLD "$sbpf" run grep SigIgn /proc/self/status
	prints 'SigIgn:	0000000000010000'
else
	skip "an ignored SIGCHLD: env(1) has no --ignore-signal"
fi

# Privileges.
try "$sbpf" run --keep-privileges grep NoNewPrivs /proc/self/status
if [ "$(id -u)" = 0 ] && [ "$status" = 0 ]; then
	prints 'NoNewPrivs:	0'
else
	skip "--keep-privileges with CAP_SYS_ADMIN: not held here"
	exits_with 125
	says 'sbpf run: --keep-privileges needs CAP_SYS_ADMIN'
fi
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	try setpriv --bounding-set=-sys_admin "$sbpf" run --keep-privileges true
	exits_with 125
	says 'sbpf run: --keep-privileges needs CAP_SYS_ADMIN'
else
	skip "--keep-privileges without CAP_SYS_ADMIN: needs root and setpriv(1)"
fi

finish
