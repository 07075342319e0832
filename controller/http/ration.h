/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rations attempts: so many a minute for each source address, and so many for all. Bounded memory: addresses share a fixed number of buckets. Any thread. */
#pragma once

#include <stdint.h>

struct ration;
struct sockaddr;

struct ration *ration_new(int per_minute, int total_per_minute);
void ration_free(struct ration *r);
/* Takes one attempt: 0 when there was one left, else the seconds after which there will be. A NULL address counts for the total only. */
int ration_take(struct ration *r, const struct sockaddr *addr, int64_t now_ms);
