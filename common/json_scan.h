/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What json.c asks before it lets a parser near a text: is this JSON as RFC 8259 has it, and within our bounds? Not for others. */
#pragma once

#include "common/error.h"

#include <stddef.h>

#define CC_JSON_MEMBERS 256 /* most members of one object */

/* Refuses what is no JSON and, beyond that: levels over CC_JSON_DEPTH, members over CC_JSON_MEMBERS, a member that is given twice (also when it is escaped
 * differently), NUL and lone surrogates in texts, whole numbers that int64_t cannot hold. The message names the byte or the member. @err INVALID */
int cc_json_scan(const char *text, size_t len, struct cc_error *err);
