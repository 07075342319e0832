# SPDX-License-Identifier: GPL-3.0-or-later
# Warnings, hardening and sanitizers, for every target.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
string(TOLOWER "${CMAKE_BUILD_TYPE}" build_type)
string(COMPARE EQUAL "${build_type}" "debug" CC_DEBUG)
option(CC_FUZZ "Build the fuzz targets; clang only" OFF)
set(CC_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-sign-conversion -Werror)
# Optional tails of designated initialisers are zero on purpose.
add_compile_options(-Wno-missing-field-initializers)
add_compile_definitions(_GNU_SOURCE)
add_compile_options(-fstack-protector-strong -fno-omit-frame-pointer $<$<COMPILE_LANG_AND_ID:C,GNU>:-fstack-clash-protection>)
if(CC_SANITIZE)
  add_compile_options(-fsanitize=${CC_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CC_SANITIZE})
  if(CC_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
elseif(NOT CC_DEBUG)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro,-z,now -Wl,--as-needed)

# Debug builds are test builds: they read a clock offset and other faults from the environment. No other build knows any of them.
if(CC_DEBUG)
  add_compile_definitions(CC_TEST_BUILD)
endif()
