/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cc-agent-priv gives up, for itself and for all that it starts. */
#pragma once

#include "common/error.h"

/* Before anything is started. @err IO */
int priv_confine(struct cc_error *err);
