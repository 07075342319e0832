# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzzing with clang's libFuzzer. The preset fuzz builds the targets; the asan build has them as tests, like the other builds.
#
# cc_fuzz(NAME SOURCES c... [LIBS target...])
#   target fuzz_NAME; tests fuzz.NAME (5 s) and fuzz.NAME.long (60 s, label long) over tests/fuzz/corpus/NAME.
# One find by hand: cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_NAME && build/fuzz/tests/fuzz_NAME FILE
function(cc_fuzz_test name program seconds labels)
  cc_script_test(${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/fuzz/run ${PROJECT_SOURCE_DIR}/build/fuzz/tests/${program} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${ARGN} ${seconds}
    NEEDS libfuzzer FIXTURES build_fuzz LABELS fuzz ${labels} TIMEOUT 300)
endfunction()

function(cc_fuzz name)
  cmake_parse_arguments(F "" "" "SOURCES;LIBS" ${ARGN})
  if(CC_FUZZ)
    add_executable(fuzz_${name} ${F_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE ${F_LIBS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  elseif(CC_TEST_BUILDS)
    set_property(GLOBAL APPEND PROPERTY CC_FUZZ_TARGETS fuzz_${name})
    cc_fuzz_test(fuzz.${name} fuzz_${name} 5 "" ${name})
    cc_fuzz_test(fuzz.${name}.long fuzz_${name} 60 long ${name})
  endif()
endfunction()

cc_fuzz(json SOURCES fuzz/json.c LIBS cc_base)
cc_fuzz(field SOURCES fuzz/field.c LIBS cc_base)
cc_fuzz(frame SOURCES fuzz/frame.c LIBS cc_base)
cc_fuzz(text SOURCES fuzz/text.c LIBS cc_sys)
cc_fuzz(token SOURCES fuzz/token.c LIBS cc_sys)
cc_fuzz(config SOURCES fuzz/config.c LIBS cc_controller)
