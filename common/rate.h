/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rates of networks as people write them. Inside and in JSON they are whole kbit/s (1000 bits); 0 is none. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define CC_RATE_MAX_KBIT 100000000 /* 100 Gbit/s */
#define CC_RATE_TEXT     24

/* Reads "512kbit", "10Mbit", "1Gbit", each with "/s" if one likes, and "none". @err INVALID */
int cc_rate_parse(const char *text, int64_t *ret_kbit, struct cc_error *err);
/* "10 Mbit/s", "1.5 Mbit/s"; "none" for 0. Returns `text`. */
char *cc_rate_format(int64_t kbit, char text[CC_RATE_TEXT]);
