# SPDX-License-Identifier: GPL-3.0-or-later
cc_test(cli.units SOURCES unit/cli/test_units.c LIBS cc_cli)
