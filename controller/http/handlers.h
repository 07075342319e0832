/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handlers of routes.def that need the edge itself; the others are in controller/api/api.h. */
#pragma once

#include "controller/api/api.h"

call_handler http_healthz, http_readyz;
call_handler http_metrics, http_openapi, http_events;
call_handler http_stream_none; /* streams are no calls: stream_io.h */
