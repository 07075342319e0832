/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining a zone: once in a node's life. Makes the node's key pair, shows the token's secret and the key to the controller whose pin the token names, and
 * keeps the answer as join.json. Being killed anywhere in between leaves a node that has not joined. */
#pragma once

#include "agent/settings.h"
#include "agent/spool.h"

/* Whether it is a node's token; nothing is done. @err INVALID */
int join_check_token(const char *text, struct cc_error *err);

/* `token` as it was pasted. *ret is to be released with free().
 * @err CONFLICT it has joined already, INVALID the token is damaged or of another kind, UNAVAILABLE no controller reached, UNAUTHENTICATED the controller
 * is not the one that made the token, the controller's own code when it refuses (expired, used, unknown), IO */
int join_zone(const struct agent_config *cfg, const char *token, struct spool_identity **ret, struct cc_error *err);
