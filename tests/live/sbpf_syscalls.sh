#!/bin/sh
# SPDX-License-Identifier: MIT
# sbpf syscalls, and the help of sbpf itself.
. "$(dirname "$0")/common.sh"

try "$sbpf" syscalls openat2
exits_with 0
prints 'openat2 (since Linux 5.6)
         437  *x86_64*aarch64*
  1073742261  x32
*'
try "$sbpf" syscalls mkdir --abi x86_64,x86
exits_with 0
prints 'mkdir (since Linux 1.0)
          83  x86_64
          39  x86'
try "$sbpf" syscalls --abi x86_64,x86,aarch64,x32 83
exits_with 0
prints '83 (0x53)
  mkdir                     x86_64 x32
  symlink                   x86
  fdatasync                 aarch64'
try "$sbpf" syscalls --abi x86_64,x32 0x40000053
exits_with 0
prints '1073741907 (0x40000053)
  mkdir                     x32'

# One that is not known does not keep the others from being shown.
try "$sbpf" syscalls --abi x86_64 mkdirr getpid 100000 mkdir
exits_with 1
prints 'getpid *39  x86_64*mkdir *83  x86_64'
says 'sbpf syscalls: mkdirr: *did you mean mkdir?
sbpf syscalls: 100000: *'
try "$sbpf" syscalls --abi aarch64 mkdir
exits_with 1
prints ''
says 'sbpf syscalls: mkdir: these ABIs lack this call'

# JSON, with the numbers of seccomp_data.nr.
try "$sbpf" syscalls --format json --abi x86_64,x32 openat2 83
exits_with 0
prints '{
  "calls": \[
    {"name": "openat2", "since": "5.6", "numbers": {"x86_64": 437, "x32": 1073742261}}
  ],
  "numbers": \[
    {"number": 83, "calls": {"x86_64": "mkdir", "x32": "mkdir"}}
  ]
}'
try sh -c "'$sbpf' syscalls --format json | python3 -c 'import json, sys; print(len(json.load(sys.stdin)[\"calls\"]))'"
prints '[1-9][0-9][0-9]'

# The table of all calls.
try "$sbpf" syscalls --abi x86_64,x86
exits_with 0
prints 'call  *since  *x86_64  *x86
*mkdir  *1.0  *83  *39
*'
try sh -c "'$sbpf' syscalls --abi x86_64 | grep -c _llseek"
prints 0

# Wrong usage and help.
try "$sbpf" syscalls --format yaml mkdir
exits_with 2
try "$sbpf" syscalls --abi x86_64,no_such_abi mkdir
exits_with 2
says "*'no_such_abi'*"
try "$sbpf"
exits_with 2
try "$sbpf" syscall mkdir
exits_with 2
says "*did you mean 'syscalls'?*"
try "$sbpf" --version
exits_with 0
prints 'sbpf [0-9]*.[0-9]*.[0-9]*'
for help in '--help' 'help' ; do
	try "$sbpf" $help
	exits_with 0
	prints 'Usage: sbpf COMMAND*run *syscalls *'
done
for help in 'help run' 'run --help' 'run -h'; do
	try "$sbpf" "${help% *}" "${help#* }"
	exits_with 0
	prints 'Usage: sbpf run *--profile FILE*--arch MACHINE*'
done
try sh -c "'$sbpf' syscalls >/dev/full"
exits_with 1
says '*No space left on device'

finish
