# SPDX-License-Identifier: GPL-3.0-or-later
add_library(cc_network_test STATIC unit/bench/network_figures.c)
target_compile_options(cc_network_test PRIVATE -Wno-conversion)
target_link_libraries(cc_network_test PUBLIC cc_network cc_testlib)

cc_test(bench.network SOURCES unit/bench/test_network.c LIBS cc_network_test)

# A refusal in a zone of that size: the counts add up, and what is said to help does.
add_test(NAME bench.refusal COMMAND bench_refusal 27710)

# The whole export, where it lies beside the project.
set(CC_GUIFI_DIR ${PROJECT_SOURCE_DIR}/../shared/data/guifi CACHE PATH "Folder with the export of guifi.net of 2015")
if(EXISTS ${CC_GUIFI_DIR})
  add_test(NAME bench.refusal_guifi COMMAND bench_refusal ${CC_GUIFI_DIR})
  cc_test(bench.guifi SOURCES unit/bench/test_guifi.c LIBS cc_network_test ARGS ${CC_GUIFI_DIR})
endif()
