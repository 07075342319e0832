# SPDX-License-Identifier: GPL-3.0-or-later
# How tests are declared. Exit status 77 means skipped, with a line "SKIP: reason" that tests/run counts.
#
# cc_test(NAME SOURCES c... [LIBS target...] [LABELS label...] [ROOT] [NEEDS what...] [LOCKS name...] [TIMEOUT s] [ARGS arg...])
#   a Check program and one ctest entry of the same name.
# cc_script_test(NAME COMMAND cmd... [the same options])
#   a script.
# ROOT: skipped unless root runs it. NEEDS: words of tests/lib/needs. LOCKS: what only one test at a time may use on a machine (bridge, ...),
#   also among several checkouts.
# LABELS: long = not in the short tier; tsan = run under ThreadSanitizer too.
pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)

set(CC_TEST_ENV
  "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1"
  "UBSAN_OPTIONS=print_stacktrace=1"
  "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
  # A busy machine is no failure: ctest has the last word on time.
  "CK_DEFAULT_TIMEOUT=30"
  "CK_TIMEOUT_MULTIPLIER=3"
  "LC_ALL=C.UTF-8")
set(CC_TEST_WORDS "SOURCES;LIBS;LABELS;NEEDS;LOCKS;ARGS;COMMAND;FIXTURES;SETUP;ENV")

macro(cc_test_add name)
  if(T_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "test ${name}: unknown words ${T_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  if(T_ROOT)
    list(PREPEND T_NEEDS root)
  endif()
  if(T_LOCKS)
    # Waiting for another checkout does not count.
    list(TRANSFORM T_LOCKS PREPEND lock: OUTPUT_VARIABLE locks)
    list(APPEND T_NEEDS ${locks} time:${T_TIMEOUT})
    math(EXPR T_TIMEOUT "${T_TIMEOUT} + 1200")
  endif()
  if(T_NEEDS)
    list(PREPEND T_COMMAND ${PROJECT_SOURCE_DIR}/tests/lib/needs ${T_NEEDS} --)
  endif()
  add_test(NAME ${name} COMMAND ${T_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${T_TIMEOUT} SKIP_RETURN_CODE 77 LABELS "${T_LABELS}" RESOURCE_LOCK "${T_LOCKS}"
    FIXTURES_REQUIRED "${T_FIXTURES}" FIXTURES_SETUP "${T_SETUP}" ENVIRONMENT "${CC_TEST_ENV};${T_ENV}")
endmacro()

function(cc_script_test name)
  cmake_parse_arguments(T "ROOT" "TIMEOUT" "${CC_TEST_WORDS}" ${ARGN})
  cc_test_add(${name})
endfunction()

function(cc_test name)
  cmake_parse_arguments(T "ROOT" "TIMEOUT" "${CC_TEST_WORDS}" ${ARGN})
  add_executable(test_${name} ${T_SOURCES})
  # ck_assert_* of small integers convert.
  target_compile_options(test_${name} PRIVATE -Wno-conversion)
  target_link_libraries(test_${name} PRIVATE cc_testlib ${T_LIBS} PkgConfig::CHECK)
  set(T_COMMAND $<TARGET_FILE:test_${name}> ${T_ARGS})
  if(CC_SANITIZE STREQUAL "thread")
    # ThreadSanitizer of gcc 12 needs the address layout of older kernels.
    list(PREPEND T_COMMAND setarch -R)
  endif()
  cc_test_add(${name})
  if("tsan" IN_LIST T_LABELS)
    set_property(GLOBAL APPEND PROPERTY CC_TSAN_TESTS test_${name})
  endif()
endfunction()
