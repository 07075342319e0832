/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/settings.h"

#define CC_CONFIG_NAME controller
#define CC_CONFIG_DEF  "controller/controller.def"
#define CC_CONFIG_ROWS
#include "common/config_table.h"
