/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program's settings as a daemon would declare them. */
#pragma once

#define CC_CONFIG_NAME fixture
#define CC_CONFIG_DEF  "tests/unit/common/config_fixture.def"
#include "common/config_table.h"
