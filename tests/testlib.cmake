# SPDX-License-Identifier: GPL-3.0-or-later
cc_test(lib.pg SOURCES unit/lib/test_pg.c)
