# SPDX-License-Identifier: GPL-3.0-or-later
# ctest --preset golden-update writes tests/golden/cli and docs/man/ccctl.1 anew.
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
add_library(cc_cli_fake STATIC unit/cli/fake.c unit/cli/fake_program.c)
target_compile_definitions(cc_cli_fake PRIVATE CC_CCCTL_DIR="$<TARGET_FILE_DIR:ccctl>")
target_compile_options(cc_cli_fake PRIVATE -Wno-conversion)
target_link_libraries(cc_cli_fake PUBLIC cc_testlib PkgConfig::MICROHTTPD Threads::Threads)
add_dependencies(cc_cli_fake ccctl)

cc_test(cli.units SOURCES unit/cli/test_units.c LIBS cc_cli)
cc_test(cli.output SOURCES unit/cli/test_output.c unit/cli/golden.c LIBS cc_cli LABELS golden)
cc_test(cli.args SOURCES unit/cli/test_args.c LIBS cc_cli)
cc_test(cli.help SOURCES unit/cli/test_help.c unit/cli/golden.c LIBS cc_cli LABELS golden)
cc_test(cli.instances SOURCES unit/cli/test_instances.c LIBS cc_cli_fake NEEDS script)
cc_test(cli.start SOURCES unit/cli/test_start.c LIBS cc_cli_fake cc_http_fixture NEEDS tar)
cc_test(cli.errors SOURCES unit/cli/test_errors.c LIBS cc_cli_fake)
cc_test(cli.escape SOURCES unit/cli/test_escape.c LIBS cc_cli)
cc_test(cli.exec SOURCES unit/cli/test_exec.c LIBS cc_cli_fake NEEDS script)
cc_test(cli.images SOURCES unit/cli/test_images.c LIBS cc_cli_fake cc_sys NEEDS script tar bzip2 xz zstd)
cc_test(cli.image_forms SOURCES unit/cli/test_image_forms.c LIBS cc_cli_fake cc_sys ROOT NEEDS tar bzip2 xz zstd)
foreach(shell bash zsh fish)
  cc_script_test(cli.completion.${shell} NEEDS ${shell}
    COMMAND /usr/bin/python3 -B ${CMAKE_CURRENT_SOURCE_DIR}/unit/cli/completion.py $<TARGET_FILE:ccctl> ${shell})
endforeach()
