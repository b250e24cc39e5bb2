# What nearly every unit includes is parsed once and not again for each: that was half of a build from nothing. Every unit includes what it
# uses all the same: clang-tidy (tests/lint/compiled.py), the sanitizers' presets and GCC compile each by itself.
option(ANTEROOM_PRECOMPILED "Parse common headers once" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR ANTEROOM_SANITIZE OR ANTEROOM_FUZZ OR ANTEROOM_COVERAGE)
  set(ANTEROOM_PRECOMPILED OFF)
endif()
# ccache keeps what was compiled with such headers only if it is told not to mind __TIME__ in them.
if(ANTEROOM_PRECOMPILED AND CMAKE_CXX_COMPILER_LAUNCHER MATCHES "ccache$" AND NOT CMAKE_CXX_COMPILER_LAUNCHER MATCHES "SLOPPINESS")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# Of ours only what is below everything. No <filesystem>: its std::quoted would stand beside our own.
set(common_headers <algorithm> <array> <chrono> <cstring> <deque> <functional> <map> <memory> <optional> <set> <span> <sstream> <string> <string_view>
                   <variant> <vector> <boost/json.hpp> <fmt/format.h> ${CMAKE_SOURCE_DIR}/base/wire.h)

# anteroom_headers(NAME [OPTION...] [HEADERS HEADER...]): these headers, parsed with these options, for targets compiled with the same.
function(anteroom_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINK")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cxx CONTENT "// Nothing: what is wanted of ${name} are its headers.\n")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cxx)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE Boost::headers Boost::json tl::expected fmt::fmt ${arg_LINK})
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp" ${arg_UNPARSED_ARGUMENTS})
  if("-fPIE" IN_LIST arg_UNPARSED_ARGUMENTS)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  endif()
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS} ${common_headers})
endfunction()

# Every library and program of a folder and of those below it: libraries share one set, programs (position independent otherwise) another.
function(anteroom_share_headers folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      target_precompile_headers(${target} REUSE_FROM headers_of_rooms)
    elseif(type STREQUAL "EXECUTABLE" AND NOT target STREQUAL "anteroom-verify")  # which sees nothing but what it uses
      target_precompile_headers(${target} REUSE_FROM headers_of_programs)
    endif()
  endforeach()
  get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(one ${below})
    if(NOT one STREQUAL "${CMAKE_SOURCE_DIR}/tests")
      anteroom_share_headers(${one})
    endif()
  endforeach()
endfunction()
