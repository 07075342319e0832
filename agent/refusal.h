/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a controller's reply that is no success says, as one error. */
#pragma once

#include "common/error.h"
#include "common/http_client.h"

/* Always -1. @err the problem's own code, UNAVAILABLE when the body is no problem */
int refusal_error(const struct cc_http_reply *reply, struct cc_error *err);
