# SPDX-License-Identifier: GPL-3.0-or-later
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
set(http unit/controller/http)
add_library(cc_http_world STATIC ${http}/world.c ${http}/asking.c ${http}/link.c)
target_compile_options(cc_http_world PRIVATE -Wno-conversion)
target_link_libraries(cc_http_world PUBLIC cc_testlib cc_http PkgConfig::CURL PkgConfig::CHECK)

cc_test(http_nouns SOURCES ${http}/test_nouns.c LIBS cc_http_world LABELS tsan)
cc_test(http_routes SOURCES ${http}/test_routes.c LIBS cc_http_world LABELS tsan)
cc_script_test(http_openapi
  COMMAND ${PROJECT_SOURCE_DIR}/tests/check/openapi.py $<TARGET_FILE:test_http_routes> /usr/share/openapi-specification/schemas/v3.0/schema.json
  NEEDS python3 /usr/share/openapi-specification/schemas/v3.0/schema.json TIMEOUT 300)
cc_test(http_lists SOURCES ${http}/test_lists.c LIBS cc_http_world LABELS tsan)
cc_test(http_files SOURCES ${http}/test_files.c LIBS cc_http_world LABELS tsan)
cc_test(http_archives SOURCES ${http}/test_archives.c LIBS cc_http_world LABELS tsan)
cc_test(http_events SOURCES ${http}/test_events.c LIBS cc_http_world LABELS tsan)
cc_test(http_changes SOURCES ${http}/test_changes.c LIBS cc_http_world LABELS tsan)
cc_test(http_bounds SOURCES ${http}/test_bounds.c LIBS cc_http_world LABELS tsan)
cc_test(http_semantics SOURCES ${http}/test_semantics.c LIBS cc_http_world LABELS tsan)
cc_test(http_waiting SOURCES ${http}/test_waiting.c LIBS cc_http_world LABELS tsan)
cc_test(http_listening SOURCES ${http}/test_listening.c LIBS cc_http_world LABELS tsan)
cc_test(http_loris SOURCES ${http}/test_loris.c LIBS cc_http_world LABELS tsan)
cc_test(http_crowd SOURCES ${http}/test_crowd.c LIBS cc_http_world LABELS tsan)
cc_test(http_streams SOURCES ${http}/test_streams.c LIBS cc_http_world LABELS tsan TIMEOUT 300)
cc_test(http_protocol SOURCES ${http}/test_protocol.c LIBS cc_http_world)
target_compile_definitions(test_http_protocol PRIVATE CC_PROTOCOL_DIR="${PROJECT_SOURCE_DIR}/tests/golden/protocol")

# ccctl against the real server.
cc_test(cli.login SOURCES unit/cli/test_login.c LIBS cc_http_world NEEDS script TIMEOUT 300)
target_compile_definitions(test_cli.login PRIVATE CC_CCCTL_DIR="$<TARGET_FILE_DIR:ccctl>")
add_dependencies(test_cli.login ccctl)
