# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# One machine of machines.tbl, as variables; for the scripts beside this one, whose first argument
# is the machine's name.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$project/build/machines

machine_names() {
	sed -n 's/^\([a-z0-9]*\) *|.*/\1/p' "$here/machines.tbl"
}

trim() { # field
	sed 's/^ *//; s/ *$//' <<<"$1"
}

read_machine() { # name
	local line fields
	line=$(grep "^$1 *|" "$here/machines.tbl") || {
		echo "no machine '$1' in machines.tbl, which has: $(machine_names | xargs)" >&2
		return 2
	}
	IFS='|' read -ra fields <<<"$line"
	machine=$1
	abi=$(trim "${fields[1]}")
	debian=$(trim "${fields[2]}")
	suite=$(trim "${fields[3]}")
	triplet=$(trim "${fields[4]}")
	read -ra compiler <<<"${fields[5]}"
	kernel_package=$(trim "${fields[6]}")
	read -ra qemu <<<"${fields[7]}"
	console=$(trim "${fields[8]}")
	kernel_options=$(trim "${fields[9]-}")

	packages=$cache/$suite-$debian
	root=$packages/root
	root_image=$packages/root.cpio
	kernel=$packages/$kernel_package
	build=$cache/$machine
	machine_image=$build/machine.cpio
	tests_image=$build/tests.cpio
	images=("$root_image" "$machine_image" "$tests_image")
}

# Files below the current folder, named on standard input, as a cpio archive that a kernel takes
# for (a part of) its first file system.
make_image() {
	cpio --quiet --create --format newc --owner 0:0
}
