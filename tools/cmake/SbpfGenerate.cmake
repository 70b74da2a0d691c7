# SPDX-License-Identifier: MIT
# Compiles seccomp profiles to a C header at build time, with sbpf-gen(1):
#
#	sbpf_generate(OUTPUT filters.h PROFILES web=web.json worker=worker.json
#		[TARGET program] [ARCH x86_64 aarch64] [ABI x86 x32 | NONE] [KERNEL 6.1]
#		[CAPS NET_RAW | NONE] [BAD_ARCH KILL_THREAD] [EFFORT quick] [ENOSYS] [STRICT]
#		[READING oci] [WIDTH kernel])
#
# OUTPUT is relative to the current binary folder. Profiles are relative to the current source
# folder; a single one needs no name. The header is made again when a profile, an option or sbpf-gen
# changes. With TARGET it becomes a source of that target, which must belong to the current folder,
# and is found by #include; else list OUTPUT among the sources of a target yourself.
#
# Without ARCH the filter is for the machine that builds it: when cross-compiling, ARCH is needed,
# and sbpf_generate(... GENERATOR path) can name an sbpf-gen that runs on the build machine. Without
# KERNEL a profile with minKernel is compiled for the newest kernel that this version knows, with a
# warning, and never for the one that builds: name the oldest that the program shall run on.
include_guard(GLOBAL)

# Appends --NAME=a,b to a list; NONE is the empty list.
function(_sbpf_append_list arguments name)
	if(NOT ARGN)
		return()
	endif()
	list(JOIN ARGN "," joined)
	if(joined STREQUAL "NONE")
		set(joined "")
	endif()
	set(${arguments} ${${arguments}} "--${name}=${joined}" PARENT_SCOPE)
endfunction()

# What sbpf-gen shall be given for the profiles, and the files it reads.
function(_sbpf_profiles arguments files)
	set(given "")
	set(read "")
	foreach(profile ${ARGN})
		if(profile MATCHES "^([A-Za-z_0-9]+)=(.*)$")
			set(name ${CMAKE_MATCH_1})
			get_filename_component(path ${CMAKE_MATCH_2} ABSOLUTE)
			list(APPEND given --name "${name}=${path}")
		else()
			get_filename_component(path ${profile} ABSOLUTE)
			list(APPEND given ${path})
		endif()
		list(APPEND read ${path})
	endforeach()
	set(${arguments} ${given} PARENT_SCOPE)
	set(${files} ${read} PARENT_SCOPE)
endfunction()

function(sbpf_generate)
	cmake_parse_arguments(PARSE_ARGV 0 arg
		"ENOSYS;STRICT"
		"OUTPUT;TARGET;KERNEL;BAD_ARCH;READING;WIDTH;EFFORT;GENERATOR"
		"PROFILES;ARCH;ABI;CAPS")
	if(arg_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "sbpf_generate: unknown argument: ${arg_UNPARSED_ARGUMENTS}")
	endif()
	if(NOT arg_OUTPUT OR NOT arg_PROFILES)
		message(FATAL_ERROR "sbpf_generate: OUTPUT and PROFILES are needed")
	endif()

	get_filename_component(output ${arg_OUTPUT} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
	_sbpf_profiles(profiles files ${arg_PROFILES})
	set(options "")
	_sbpf_append_list(options arch ${arg_ARCH})
	_sbpf_append_list(options abi ${arg_ABI})
	_sbpf_append_list(options caps ${arg_CAPS})
	_sbpf_append_list(options kernel ${arg_KERNEL})
	_sbpf_append_list(options bad-arch ${arg_BAD_ARCH})
	_sbpf_append_list(options reading ${arg_READING})
	_sbpf_append_list(options width ${arg_WIDTH})
	_sbpf_append_list(options effort ${arg_EFFORT})
	foreach(flag ENOSYS STRICT)
		if(arg_${flag})
			string(TOLOWER ${flag} name)
			list(APPEND options --${name})
		endif()
	endforeach()
	if(NOT arg_GENERATOR)
		set(arg_GENERATOR sbpf::sbpf-gen)
	endif()

	get_filename_component(folder ${output} DIRECTORY)
	file(RELATIVE_PATH shown ${CMAKE_BINARY_DIR} ${output})
	add_custom_command(
		OUTPUT ${output}
		COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
		COMMAND ${arg_GENERATOR} ${options} -o ${output} ${profiles}
		DEPENDS ${arg_GENERATOR} ${files}
		COMMENT "Generating ${shown}"
		VERBATIM)
	if(arg_TARGET)
		target_sources(${arg_TARGET} PRIVATE ${output})
		target_include_directories(${arg_TARGET} PRIVATE ${folder})
	endif()
endfunction()
