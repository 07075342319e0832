/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/common/config_fixture.h"

#define CC_CONFIG_NAME fixture
#define CC_CONFIG_DEF  "tests/unit/common/config_fixture.def"
#define CC_CONFIG_ROWS
#include "common/config_table.h"
