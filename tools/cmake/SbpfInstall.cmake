# SPDX-License-Identifier: MIT
# What `cmake --install` puts where. Everything is relative to the prefix, which may be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sbpf)

# The static library is a set of its own: only its users need json-c's development files.
install(TARGETS sbpf EXPORT sbpf-targets
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS sbpf_static EXPORT sbpf-static-targets
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# A program with its manual page and completion. sbpf-gen is of the package, for sbpf_generate().
foreach(tool sbpf_tool sbpf-gen sbpf-oci)
	if(NOT TARGET ${tool})
		continue()
	endif()
	set(export "")
	if(tool STREQUAL sbpf-gen)
		set(export EXPORT sbpf-targets)
	endif()
	install(TARGETS ${tool} ${export} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
	string(REPLACE _tool "" program ${tool})
	install(FILES ${PROJECT_SOURCE_DIR}/docs/man/${program}.1
		DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
	if(tool STREQUAL sbpf_tool)
		install(FILES ${PROJECT_SOURCE_DIR}/docs/man/sbpf-k8s.1
			DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
	endif()
	install(FILES ${PROJECT_SOURCE_DIR}/tools/completion/sbpf.bash RENAME ${program}
		DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/include/sbpf.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Section 3, from the header's comments.
set(manuals ${PROJECT_BINARY_DIR}/man3)
set(maker ${PROJECT_SOURCE_DIR}/docs/man/section3.py)
add_custom_command(
	OUTPUT ${manuals}/libsbpf.3
	COMMAND ${CMAKE_COMMAND} -E remove_directory ${manuals}
	COMMAND Python3::Interpreter ${maker} ${PROJECT_SOURCE_DIR}/include/sbpf.h ${manuals}
	DEPENDS ${maker} ${PROJECT_SOURCE_DIR}/include/sbpf.h ${PROJECT_SOURCE_DIR}/docs/man/sbpf.1
	COMMENT "Making the manual pages of section 3"
	VERBATIM)
add_custom_target(sbpf_manuals ALL DEPENDS ${manuals}/libsbpf.3)
install(DIRECTORY ${manuals}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/profiles/
	DESTINATION ${CMAKE_INSTALL_DATADIR}/libsbpf/profiles
	FILES_MATCHING PATTERN "*.json")

install(EXPORT sbpf-targets NAMESPACE sbpf:: DESTINATION ${package_dir})
install(EXPORT sbpf-static-targets NAMESPACE sbpf:: DESTINATION ${package_dir})
configure_package_config_file(
	${CMAKE_CURRENT_LIST_DIR}/sbpf-config.cmake.in ${PROJECT_BINARY_DIR}/sbpf-config.cmake
	INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sbpf-config-version.cmake
	COMPATIBILITY SameMajorVersion)
install(FILES
	${PROJECT_BINARY_DIR}/sbpf-config.cmake
	${PROJECT_BINARY_DIR}/sbpf-config-version.cmake
	${CMAKE_CURRENT_LIST_DIR}/SbpfGenerate.cmake
	DESTINATION ${package_dir})

# pkg-config finds the prefix from where the file lies.
file(RELATIVE_PATH prefix_from_pkgconfig
	${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH libdir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH includedir_from_prefix ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/libsbpf.pc.in ${PROJECT_BINARY_DIR}/libsbpf.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libsbpf.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(NOT TARGET seccomp_compat)
	return()
endif()
# The drop-in libseccomp.so.2 goes to folders of its own, so that it never shadows the system's.
install(TARGETS seccomp_compat LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/sbpf)
install(TARGETS check-libseccomp RUNTIME DESTINATION ${CMAKE_INSTALL_LIBDIR}/sbpf)
install(FILES
	${PROJECT_SOURCE_DIR}/include/libseccomp/seccomp.h
	${PROJECT_BINARY_DIR}/libsbpf/compat/include/seccomp-syscalls.h
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sbpf/libseccomp)
get_target_property(libseccomp_version seccomp_compat VERSION)
configure_file(${CMAKE_CURRENT_LIST_DIR}/libseccomp.pc.in ${PROJECT_BINARY_DIR}/libseccomp.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libseccomp.pc
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/sbpf/pkgconfig)
