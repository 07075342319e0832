# SPDX-License-Identifier: GPL-3.0-or-later
# The other builds, as tests of the asan build: so one ctest run and one summary cover all presets, and arguments of ctest choose among them.
if(NOT CC_TEST_BUILDS)
  return()
endif()

# cc_build_test(PRESET [NEEDS what...] [TARGETS target...])
function(cc_build_test preset)
  cmake_parse_arguments(B "" "" "NEEDS;TARGETS" ${ARGN})
  cc_script_test(build.${preset}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/lib/build ${preset} ${B_TARGETS}
    NEEDS ${B_NEEDS} LABELS build SETUP build_${preset} TIMEOUT 900)
  set_tests_properties(build.${preset} PROPERTIES PROCESSORS 2 RESOURCE_LOCK compiler)
endfunction()

cc_build_test(release)
cc_build_test(clang)

get_property(tsan_tests GLOBAL PROPERTY CC_TSAN_TESTS)
if(tsan_tests)
  cc_build_test(tsan TARGETS ${tsan_tests})
  cc_script_test(tsan
    COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${PROJECT_SOURCE_DIR}/build/tsan --output-on-failure --no-tests=error -L ^tsan$
    LABELS build FIXTURES build_tsan TIMEOUT 900)
  set_tests_properties(tsan PROPERTIES PROCESSORS 2)
endif()

get_property(fuzz_targets GLOBAL PROPERTY CC_FUZZ_TARGETS)
if(fuzz_targets)
  cc_build_test(fuzz NEEDS libfuzzer TARGETS ${fuzz_targets})
endif()
