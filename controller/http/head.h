/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The head of a request: route, caller, permission, query, headers, and what can be said of the body before it is read. */
#pragma once

#include "controller/http/edge.h"

/* The request id: the client's own X-Request-Id when it is a sane one. */
void head_name(struct request *r);

/* Fills in r->route and r->call. @err whatever there is to refuse; r->route is NULL with NOT_FOUND and METHOD */
int head_read(struct request *r, const char *url, const char *method, struct cc_error *err);

/* @err STANDBY the zone is another controller's, and this route is not about the program itself */
int head_check_standby(struct request *r, struct cc_error *err);

bool head_has_body(struct request *r);
/* What Content-Length says; UINT64_MAX for a chunked body. */
uint64_t head_body_bytes(struct request *r);
