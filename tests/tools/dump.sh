#!/bin/sh
# SPDX-License-Identifier: MIT
# sbpf dump and pid:N: the filters of a live process, which goes on as it was.
set -eu
: "${SBPF:?}" "${SBPF_GEN:?}" "${PROJECT:?}"
docker=$PROJECT/profiles/docker.json
folder=$(mktemp -d)
child=
finish() {
	[ -z "$child" ] || kill -KILL "$child" 2>/dev/null || :
	rm -rf "$folder"
}
trap finish EXIT

fail() {
	echo "dump.sh: $*" >&2
	exit 1
}

expect_status() { # status, command...
	wanted=$1
	shift
	status=0
	"$@" >"$folder/out" 2>"$folder/err" || status=$?
	[ "$status" -eq "$wanted" ] || fail "$*: exit status $status, not $wanted: $(cat "$folder/err")"
}

state_of() { # process
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"
}

wait_for_state() { # process, letter
	tries=0
	until [ "$(state_of "$1")" = "$2" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || fail "process $1 is $(state_of "$1"), not $2"
		sleep 0.02
	done
}

cat >"$folder/newer.json" <<'END'
{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 7}]}
END
"$SBPF_GEN" --format raw --effort quick -o "$folder/docker.bpf" "$docker"
"$SBPF_GEN" --format raw --effort quick -o "$folder/newer.bpf" "$folder/newer.json"

# The process that sleeps is below two that wait for it; it writes its own number.
# shellcheck disable=SC2016
"$SBPF" run -p "$docker" "$SBPF" run -p "$folder/newer.json" \
	sh -c 'echo $$ >"$1"; exec sleep 300' sh "$folder/pid" 2>"$folder/run.err" &
tries=0
until [ -s "$folder/pid" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 500 ] || fail "the process does not start"
	sleep 0.02
done
child=$(cat "$folder/pid")
wait_for_state "$child" S

if ! "$SBPF" dump "$child" >"$folder/all.asm" 2>"$folder/err"; then
	grep -q 'CAP_SYS_ADMIN\|CAP_SYS_PTRACE\|CONFIG_CHECKPOINT_RESTORE' "$folder/err" ||
		fail "$(cat "$folder/err")"
	echo "skipped: $(cat "$folder/err")"
	exit 77
fi
grep -q '^; filter 0 of 2, the newest$' "$folder/all.asm" || fail "the newest filter is not first"
[ "$(grep -c 'ret #' "$folder/all.asm")" -gt 4 ] || fail "no instructions in $(cat "$folder/all.asm")"

# Index 0 is the newest filter, and what is read is what was installed.
for index in 0:newer 1:docker; do
	"$SBPF" dump --index "${index%:*}" --format raw -o "$folder/read.bpf" "pid:$child"
	cmp "$folder/read.bpf" "$folder/${index#*:}.bpf" || fail "filter $index is another"
done
[ "$("$SBPF" dump --format json "$child" | grep -c '"instructions"')" -eq 2 ] ||
	fail "JSON does not list both filters"

# A profile made of a filter means what the filter does.
"$SBPF" dump --index 1 --format profile -o "$folder/read.json" "$child"
expect_status 0 "$SBPF" prove --one-target "$folder/read.json" "$docker"

# A live process is an operand, newest first.
expect_status 0 "$SBPF" prove "pid:$child" "$folder/newer.json+$docker"
expect_status 1 "$SBPF" prove "pid:$child" "$docker"
expect_status 1 "$SBPF" diff "pid:$child" "$docker"
grep -q 'mkdirat: ERRNO(E2BIG) -> ALLOW' "$folder/out" || fail "diff: $(cat "$folder/out")"

# Running or stopped, it is afterwards what it was before.
wait_for_state "$child" S
kill -STOP "$child"
wait_for_state "$child" T
expect_status 0 "$SBPF" dump "$child"
wait_for_state "$child" T
kill -CONT "$child"
wait_for_state "$child" S
grep -q '^TracerPid:[[:space:]]*0$' "/proc/$child/status" || fail "it is still traced"

# A file that cannot be written whole is not written.
expect_status 2 "$SBPF" dump --format raw -o "$folder/none" "$child"
grep -q 'has 2 filters, and such a file holds one' "$folder/err" || fail "$(cat "$folder/err")"
expect_status 1 "$SBPF" dump --index 2 -o "$folder/none" "$child"
[ ! -e "$folder/none" ] || fail "a file was left"

# Clear errors.
expect_status 1 "$SBPF" dump "$$"
grep -q "has no seccomp filters" "$folder/err" || fail "$(cat "$folder/err")"
expect_status 1 "$SBPF" dump 999999999
grep -q "there is no such process" "$folder/err" || fail "$(cat "$folder/err")"
for wrong in abc 0 -- "" "1 2"; do
	expect_status 2 "$SBPF" dump "$wrong"
done

kill -KILL "$child"
child=
