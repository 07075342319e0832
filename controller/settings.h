/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cc-controller's settings (controller.def): struct controller_config, controller_config(), controller_settings. */
#pragma once

#include "common/log.h"

#define CC_CONFIG_NAME controller
#define CC_CONFIG_DEF  "controller/controller.def"
#include "common/config_table.h"

struct cc_arena;
struct cc_error;
struct controller_config;

/* Ports under which the zone's other controllers are looked for: of http_listen, advertise and controller_ports. `ret` has room for CONTROLLER_PORTS. */
enum { CONTROLLER_PORTS = 25 };
size_t controller_ports(const struct controller_config *cfg, struct cc_arena *a, uint16_t *ret);

/* What the rows cannot say: values that do not go together. `values` is a struct controller_config. @err INVALID */
int controller_check(const void *values, struct cc_error *err);
