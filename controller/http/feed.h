/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Server-Sent Events: what happens in the zone, as it happens, to those who may see it. A reader that is slower than the history is long is told and cut. */
#pragma once

#include "controller/http/edge.h"

/* Sends what http_events has prepared. */
enum MHD_Result feed_send(struct request *r);
/* The request is over. */
void feed_end(struct request *r);
