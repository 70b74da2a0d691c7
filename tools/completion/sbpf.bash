# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion for sbpf, sbpf-gen and sbpf-oci. It reads their --help, so it knows what they know.

_sbpf_options() { # command line of a tool
	"$@" --help 2>/dev/null | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'
}

_sbpf_commands() { # command line of a tool
	"$@" --help 2>/dev/null | sed -n '/^Commands:$/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

_sbpf_values() { # option, command line of a tool: the words that the option takes
	local option=$1
	shift
	"$@" --help 2>/dev/null | awk -v option="$option" '
		/^ +(-[a-zA-Z], )?--/ {
			inside = 0
			for (i = 1; i < NF; i++)
				if ($i == option) {
					inside = 1
					if ($(i + 1) ~ /\|/) { gsub(/\|/, " ", $(i + 1)); print $(i + 1); exit }
					if ($(i + 1) == "READING" || $(i + 1) == "ENGINE") listed = 1
				}
		}
		# "docker (podman, cri-o):" in the help of --reading, which that of --runtime points to
		listed && /^ +[a-z-]+( \([a-z, -]+\))?:$/ { gsub(/[(),:]/, ""); print; found = 1; next }
		# A list that was told for the option before
		/^ +[a-z-]+( \([a-z, -]+\))?:$/ { gsub(/[(),:]/, ""); last = last " " $0 }
		END { if (listed && !found) print last }'
}

_sbpf_reply() { # word, choices
	mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

# Words that are neither options nor commands are files, which bash completes by itself.
_sbpf_complete() { # tool, word, word before
	local command=()
	if [ "${1##*/}" = sbpf ]; then
		if [ "$COMP_CWORD" -eq 1 ]; then
			_sbpf_reply "$2" "$(_sbpf_commands "$1") --help --version"
			return
		fi
		command=("${COMP_WORDS[1]}")
		if [ "${command[0]}" = k8s ]; then
			if [ "$COMP_CWORD" -eq 2 ]; then
				_sbpf_reply "$2" "$(_sbpf_commands "$1" k8s) --help"
				return
			fi
			command+=("${COMP_WORDS[2]}")
		fi
		if [ "$3" = -- ] && [[ ${command[0]} = @(run|why|record) ]]; then
			mapfile -t COMPREPLY < <(compgen -c -- "$2")
			return
		fi
	fi
	if [[ $3 = --* && $2 != -* ]]; then
		_sbpf_reply "$2" "$(_sbpf_values "$3" "$1" "${command[@]}")"
		return
	fi
	[[ $2 != -* ]] || _sbpf_reply "$2" "$(_sbpf_options "$1" "${command[@]}")"
}

complete -o default -F _sbpf_complete sbpf sbpf-gen sbpf-oci
