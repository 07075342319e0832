# SPDX-License-Identifier: GPL-3.0-or-later
add_library(cc_engine_fixture STATIC lib/engine_fixture.c)
target_link_libraries(cc_engine_fixture PUBLIC cc_engine PkgConfig::CHECK)
target_compile_options(cc_engine_fixture PRIVATE -Wno-conversion)

cc_test(engine_image_names SOURCES unit/controller/engine/test_image_names.c LIBS cc_engine_fixture)
cc_test(engine SOURCES unit/controller/engine/test_engine.c LIBS cc_engine_fixture)
cc_test(engine_publish SOURCES unit/controller/engine/test_publish.c LIBS cc_engine_fixture)
cc_test(engine_files SOURCES unit/controller/engine/test_engine_files.c LIBS cc_engine_fixture)
cc_test(engine_random SOURCES unit/controller/engine/test_engine_random.c LIBS cc_engine_fixture)
cc_test(queue SOURCES unit/controller/engine/test_queue.c LIBS cc_engine LABELS tsan)
cc_test(lifecycle SOURCES unit/controller/engine/test_lifecycle.c LIBS cc_engine)
cc_test(writer SOURCES unit/controller/writer/test_writer.c LIBS cc_controller TIMEOUT 300 LABELS tsan)
cc_test(controller_program SOURCES unit/controller/test_program.c ARGS $<TARGET_FILE:cc-controller>)
