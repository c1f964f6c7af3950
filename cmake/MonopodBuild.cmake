# The flags for our own code, and the functions with which every folder declares its targets.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(MONOPOD_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated")
option(MONOPOD_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # ccache needs this for precompiled headers: https://ccache.dev/manual/4.7.5.html#_precompiled_headers
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(LLD ld.lld)
if(LLD)
  add_link_options(-fuse-ld=lld)
endif()
if(MONOPOD_SANITIZE)
  # GCC warns falsely about code that it can't follow through the sanitizers (GCC's manual, -fsanitize=address).
  add_compile_options(-Wno-maybe-uninitialized)
  add_compile_options(-fsanitize=${MONOPOD_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MONOPOD_SANITIZE})
  if(MONOPOD_SANITIZE STREQUAL thread)
    # ThreadSanitizer knows no fences, of which GCC warns. Asio has them around handlers, for programs that run one
    # io_context on several threads, as ours do not.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
if(MONOPOD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# An error in memory that a stranger causes ends the process instead of being used. Sanitizers find more, and their
# interceptors and fortified calls miss each other. tests/unit/hardening.cpp looks for all of it in the program.
if(NOT MONOPOD_SANITIZE AND NOT MONOPOD_FUZZ)
  add_compile_options(-D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fstack-clash-protection)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

# Warnings are errors in our own code; libraries are included as SYSTEM.
add_library(monopod_flags INTERFACE)
target_compile_options(monopod_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                               -Woverloaded-virtual -Wconversion -Werror)
target_include_directories(monopod_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(CMAKE_UNITY_BUILD) # these mean a single source; the dev build has them in full
  target_compile_options(monopod_flags INTERFACE -Wno-shadow -Wshadow=local -Wno-subobject-linkage)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang) # Clang only fuzzes; g++ decides about warnings
  target_compile_options(monopod_flags INTERFACE -w)
endif()

# The version that a build states: that of the commit if there is one.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE MONOPOD_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT MONOPOD_COMMIT)
  set(MONOPOD_COMMIT unknown)
endif()
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.hpp.in ${CMAKE_BINARY_DIR}/generated/core/version.hpp)
target_include_directories(monopod_flags INTERFACE ${CMAKE_BINARY_DIR}/generated)

# monopod_library(FOLDER [MORE_FOLDERS...] LINK <public> PRIVATE_LINK <private>): all sources of the folders become
# monopod_<the last part of FOLDER>.
function(monopod_library folder)
  cmake_parse_arguments(ARG "" "" "LINK;PRIVATE_LINK" ${ARGN})
  get_filename_component(name ${folder} NAME)
  set(patterns "")
  foreach(part ${folder} ${ARG_UNPARSED_ARGUMENTS})
    list(APPEND patterns ${CMAKE_SOURCE_DIR}/${part}/*.cpp)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  add_library(monopod_${name} STATIC ${sources})
  target_link_libraries(monopod_${name} PUBLIC ${ARG_LINK} Threads::Threads
                        PRIVATE monopod_flags ${ARG_PRIVATE_LINK})
endfunction()

# monopod_program(FOLDER NAME <libraries>): all sources of FOLDER become bin/NAME.
function(monopod_program folder name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE monopod_flags ${ARGN})
endfunction()
