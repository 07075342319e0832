# SPDX-License-Identifier: GPL-3.0-or-later
# cc_test(NAME SOURCES c... [LIBS target...]): a Check program and one ctest entry of the same name.
pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)

function(cc_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LIBS;LABELS" ${ARGN})
  add_executable(test_${name} ${T_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${T_LIBS} PkgConfig::CHECK)
  target_compile_options(test_${name} PRIVATE -Wno-conversion)
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
