/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Replies about the program itself. */
#include "controller/http/edge.h"
#include "controller/http/handlers.h"
#include "controller/http/metrics.h"
#include "controller/http/streams.h"

#define PLAIN "text/plain; charset=utf-8"

static struct http_server *server_of(struct call *c)
{
	return ((struct request *)(void *)c)->server;
}

int http_healthz(struct call *c, struct cc_error *err)
{
	(void)err;
	c->text = "ok\n";
	c->text_lasts = true;
	c->text_type = PLAIN;
	return 0;
}

int http_readyz(struct call *c, struct cc_error *err)
{
	char why[512] = "";

	if (engine_is_standby(c->engine, why, sizeof(why)))
		return cc_fail(err, STANDBY, "%s", why);
	if (!engine_is_available(c->engine, why, sizeof(why)))
		return cc_fail(err, UNAVAILABLE, "%s", why);
	return http_healthz(c, err);
}

int http_metrics(struct call *c, struct cc_error *err)
{
	struct http_server *s = server_of(c);
	struct metrics_gauges g = { .hub = hub_figures(s->hub), .streams = streams_count(s->streams) };
	cc_auto_buf struct cc_buf b = { 0 };

	(void)err;
	metrics_write(s->metrics, c->engine, &g, &b);
	c->text = cc_arena_memdup(c->arena, b.data, b.len);
	c->text_type = "text/plain; version=0.0.4; charset=utf-8";
	return 0;
}

int http_openapi(struct call *c, struct cc_error *err)
{
	(void)err;
	c->text = server_of(c)->openapi;
	c->text_lasts = true;
	c->text_type = "application/json";
	return 0;
}
