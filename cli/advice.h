/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is the matter with the zone, and what to do about it: for `ccctl status`. */
#pragma once

#include "cli/cli.h"
#include "common/model.h"

/* An older controller does not say. */
bool advice_is_active(const struct zone_status *z);
/* Asks for nodes and for instances in trouble; who cannot be asked is left out. Ends with one sentence when all is well. */
void advice_write(struct cli *cli, const struct zone_status *z, struct cc_buf *out);
