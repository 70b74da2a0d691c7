# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Packages of another Debian release or architecture, in a folder of their own: the system's apt
# and dpkg are not touched, and no right beyond writing there is needed.
#
# Every function takes that folder first.

debian_mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

debian_apt() { # folder, "get" or "cache", arguments...
	local folder=$1 tool=$2
	shift 2
	LC_ALL=C.UTF-8 timeout 600 "apt-$tool" -qq -c "$folder/apt.conf" "$@"
}

# Where the lists are and what they are of; the lists are fetched once.
debian_prepare() { # folder, suite, architecture, kind: deb or deb-src; deb without it
	local folder=$1
	mkdir -p "$folder/lists/partial" "$folder/archives/partial" "$folder/empty"
	echo "${4:-deb} [signed-by=$debian_keyring] $debian_mirror $2 main" >"$folder/sources.list"
	cat >"$folder/apt.conf" <<-END
		Dir::Etc::SourceList "$folder/sources.list";
		Dir::Etc::SourceParts "-";
		Dir::Etc::Parts "$folder/empty";
		Dir::State "$folder";
		Dir::State::Lists "$folder/lists";
		Dir::State::Status "/dev/null";
		Dir::Cache "$folder";
		Dir::Cache::Archives "$folder/archives";
		APT::Architecture "$3";
		APT::Architectures { "$3"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Debug::NoLocking "true";
	END
	[ ! -e "$folder/ready" ] || return 0
	debian_apt "$folder" get update
	touch "$folder/ready"
}

# Unpacks the source of a package, with Debian's patches, to a folder that is not there yet.
debian_source() { # folder, package, to
	local folder=$1 package=$2 to=$3 description
	mkdir -p "$folder/sources/$package"
	(
		cd "$folder/sources/$package" || exit 1
		debian_apt "$folder" get source --download-only "$package" || exit 1
		for description in *.dsc; do
			dpkg-source -x "$description" "$to" || exit 1
		done
	)
}

# Unpacks packages with all they depend on. Nothing is configured: no script of a package runs.
debian_unpack() { # folder, root, package...
	local folder=$1 root=$2 archive
	shift 2
	mkdir -p "$root"/usr/{bin,sbin,lib,lib32,lib64,libx32}
	for archive in bin sbin lib lib32 lib64 libx32; do
		ln -s "usr/$archive" "$root/$archive"
	done
	debian_apt "$folder" get --yes --download-only install "$@"
	for archive in "$folder"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$archive" |
			tar -x -C "$root" --keep-directory-symlink --no-same-owner
	done
}

# The packages that one depends on, by a pattern for their names.
debian_dependencies() { # folder, package, pattern
	debian_apt "$1" cache depends "$2" | sed -n "s/^ *Depends: \($3\)\$/\1/p"
}

# The kernel that a package such as linux-image-amd64 stands for, without its modules.
debian_kernel() { # folder, package, file
	local folder=$1 package=$2 next
	while next=$(debian_dependencies "$folder" "$package" 'linux-\(image\|binary\)-.*') &&
		[ -n "$next" ]; do
		package=$next
	done
	mkdir -p "$folder/kernel"
	(cd "$folder/kernel" && debian_apt "$folder" get download "$package")
	dpkg-deb --fsys-tarfile "$folder/kernel/$package"_*.deb |
		tar -x -C "$folder/kernel" --wildcards './boot/vmlinu*'
	mv "$folder"/kernel/boot/vmlinu* "$3"
	rm -rf "$folder/kernel"
}
