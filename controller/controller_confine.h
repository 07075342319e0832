/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cc-controller may do from then on. */
#pragma once

#include "controller/settings.h"

/* Before any thread runs and before anything is listened on; the key is open. `config_path` is read again on SIGHUP. @err UNAVAILABLE, IO */
int controller_confine(const struct controller_config *cfg, const char *config_path, struct cc_error *err);
