# SPDX-License-Identifier: MIT
# Checks of a command's exit status, output and messages. The first argument is the sbpf program.
sbpf=$1
failures=0
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

# Runs a command; $status, $output and $messages hold what came of it.
try() {
	output=$("$@" 2>"$folder/messages")
	status=$?
	messages=$(cat "$folder/messages")
	command=$*
}

fail() {
	echo "FAIL: $command: $1" >&2
	failures=$((failures + 1))
}

exits_with() {
	[ "$status" = "$1" ] || fail "exit status $status, not $1 ($messages)"
}

prints() {
	case $output in
	$1) ;;
	*) fail "prints '$output', not '$1'" ;;
	esac
}

says() {
	case $messages in
	$1) ;;
	*) fail "says '$messages', not '$1'" ;;
	esac
}

skip() {
	echo "SKIP: $1" >&2
}

finish() {
	[ "$failures" = 0 ] || echo "$failures failures" >&2
	[ "$failures" = 0 ]
	exit
}
