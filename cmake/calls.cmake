# SPDX-License-Identifier: GPL-3.0-or-later
# cc_calls(LIST HEADER): from the rows C(GROUP, name) of LIST the rows N(GROUP, number) of those system calls that this machine's headers know.
function(cc_calls list header)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${list})
  file(READ ${list} text)
  string(REGEX MATCHALL "C\\([A-Z]+, *[a-z0-9_]+\\)" rows "${text}")
  set(out "/* Made from ${list}. */\n")
  foreach(row IN LISTS rows)
    string(REGEX REPLACE "C\\(([A-Z]+), *([a-z0-9_]+)\\)" "#ifdef SYS_\\2\nN(\\1, SYS_\\2)\n#endif\n" piece "${row}")
    string(APPEND out "${piece}")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${header} CONTENT "${out}" @ONLY)
endfunction()
