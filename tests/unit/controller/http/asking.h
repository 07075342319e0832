/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of the metrics page, which tell how far asks on other threads are, and what waiting nodes ask. */
#pragma once

#include "tests/unit/controller/http/world.h"

#define WAITING "cc_http_waiting_requests"

/* -1 when there is none of that name. */
long figure(struct world *w, const char *name);
/* Fails after 5 s. */
void await_figure(struct world *w, const char *name, long n);

/* The report of a node that knows all there is; asks for that first. */
void sync_body_of(struct world *w, enum role role, const char *path, char *body, size_t size, int wait_ms);
