# SPDX-License-Identifier: GPL-3.0-or-later
# ctest --preset golden-update writes tests/golden/cli anew.
cc_test(cli.units SOURCES unit/cli/test_units.c LIBS cc_cli)
cc_test(cli.output SOURCES unit/cli/test_output.c unit/cli/golden.c LIBS cc_cli LABELS golden)
