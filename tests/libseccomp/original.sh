# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Fetches and builds the original libseccomp, for scripts/test-libseccomp, which sources this and
# says where ($work) and how to fail (fail).
#
# The sources are Debian's, of the releases named below. apt checks them against the archive's
# signature; it has its lists and settings in $work too, so the system's own are left alone.

: "${work:?the folder to work in}"

archive=http://deb.debian.org/debian
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
releases=(bookworm trixie sid)

private_apt() { # apt's command, its arguments...
	local command=$1
	shift
	env LC_ALL=C.UTF-8 "$command" -q \
		-o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" \
		-o APT::Sandbox::User= -o Acquire::Retries=3 -o Acquire::http::Timeout=30 "$@"
}

update_index() {
	local release
	[ ! -e "$work/apt/updated" ] || return 0
	mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
	for release in "${releases[@]}"; do
		echo "deb-src [signed-by=$keyring] $archive $release main"
	done >"$work/apt/sources.list"
	private_apt apt-get update --error-on=any && touch "$work/apt/updated"
}

# The versions of the source package in those releases, the newest first.
indexed_versions() {
	private_apt apt-cache showsrc --only-source libseccomp | sed -n 's/^Version: //p' | sort -rVu
}

unpack_version() { # version, folder
	mkdir -p "$work/download"
	(
		cd "$work/download" &&
			private_apt apt-get source --download-only "libseccomp=$1" &&
			dpkg-source -x "libseccomp_$1.dsc" "$2"
	)
}

# Unpacks, with Debian's patches, the newest version of the pattern that can be had: the index of
# a release may name one that its servers do not hand out.
fetch_original() { # pattern, folder
	local pattern=$1 folder=$2 version
	[ ! -e "$folder/configure" ] || return 0
	update_index >"$work/apt.log" 2>&1 || fail "$archive cannot be reached; see $work/apt.log"
	for version in $(indexed_versions); do
		# shellcheck disable=SC2053 # a pattern
		[[ $version == $pattern ]] || continue
		rm -rf "$folder"
		unpack_version "$version" "$folder" >>"$work/apt.log" 2>&1 && return
		echo "libseccomp $version is in Debian's index but cannot be had; an older one is taken"
	done
	fail "no libseccomp $pattern can be had from $archive; see $work/apt.log"
}

# The simulator has but the instructions that the original's own filters use, and says that this
# is so "just yet". The kernel, and libsbpf, also have the jump by the bits that are set.
teach_simulator() { # its source
	sed -i '/case BPF_JMP+BPF_JEQ+BPF_K:/i\
\t\tcase BPF_JMP+BPF_JSET+BPF_K:\
\t\t\tip += (state.acc & k) ? jt : jf;\
\t\t\tbreak;' "$1" && grep -q BPF_JSET "$1"
}

# The library, which is the reference, and the tools that the tests use. These have the library
# inside, so that no LD_LIBRARY_PATH changes what they do.
build_original() { # folder
	local folder=$1 tool
	[ ! -e "$folder/tools/built" ] || return 0
	(
		set -e
		cd "$folder"
		./configure --enable-shared --enable-static --disable-python
		make -C src -j"$(nproc)" libseccomp.la
		teach_simulator tools/scmp_bpf_sim.c
		for tool in scmp_api_level scmp_arch_detect scmp_bpf_sim scmp_sys_resolver; do
			gcc -O2 -Iinclude -Isrc -o "tools/$tool" "tools/$tool.c" tools/util.c \
				src/.libs/libseccomp.a
		done
		gcc -O2 -o tests/miniseq tests/miniseq.c
		touch tools/built
	) >"$folder/build.log" 2>&1 || fail "the original cannot be built; see $folder/build.log"
}
