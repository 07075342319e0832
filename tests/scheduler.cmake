# SPDX-License-Identifier: GPL-3.0-or-later
add_library(cc_scheduler_test STATIC unit/scheduler/snapshot.c unit/scheduler/random.c unit/scheduler/links.c)
target_compile_options(cc_scheduler_test PRIVATE -Wno-conversion)
target_link_libraries(cc_scheduler_test PUBLIC cc_scheduler cc_testlib)

cc_test(scheduler.place SOURCES unit/scheduler/test_place.c LIBS cc_scheduler_test)
cc_test(scheduler.explain SOURCES unit/scheduler/test_explain.c LIBS cc_scheduler_test)
cc_test(scheduler.properties SOURCES unit/scheduler/test_properties.c LIBS cc_scheduler_test TIMEOUT 300)
cc_test(scheduler.distance SOURCES unit/scheduler/test_distance.c LIBS cc_scheduler_test TIMEOUT 300)
# ctest --preset golden-update writes the expected files anew.
cc_test(scheduler.golden SOURCES unit/scheduler/test_golden.c LIBS cc_scheduler_test LABELS golden)
