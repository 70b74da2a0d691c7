# SPDX-License-Identifier: MIT
# tools_common: what the tools share. Each tool includes this file; the first one builds it.
include_guard(GLOBAL)

file(GLOB common_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
add_library(tools_common STATIC ${common_sources})
target_compile_definitions(tools_common PUBLIC _GNU_SOURCE)
target_include_directories(tools_common PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(tools_common PUBLIC sbpf_static)
