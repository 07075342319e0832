/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rations attempts: so many a minute for each source address or caller, and so many for all. Bounded memory: they share a fixed number of buckets. Any thread. */
#pragma once

#include "common/id.h"

struct ration;
struct sockaddr;

/* A total of 0: as many as they are. */
struct ration *ration_new(int per_minute, int total_per_minute);
void ration_free(struct ration *r);
/* Takes one attempt: 0 when there was one left, else the seconds after which there will be. A NULL address counts for the total only. */
int ration_take(struct ration *r, const struct sockaddr *addr, int64_t now_ms);
/* The same for a caller. */
int ration_take_id(struct ration *r, struct cc_uuid id, int64_t now_ms);
