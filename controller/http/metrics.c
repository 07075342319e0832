/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CLASSES = 6, BUCKETS = 12 };

static const int64_t bounds_us[BUCKETS] = { 250, 500, 1000, 2500, 5000, 10000, 25000, 100000, 250000, 1000000, 10000000, 60000000 };
static const char *const bounds_s[BUCKETS] = { "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.1", "0.25", "1", "10", "60" };

struct per_route {
	atomic_uint_fast64_t by_class[CLASSES]; /* first digit of the status; 0: the connection ended first */
	atomic_uint_fast64_t buckets[BUCKETS];
	atomic_uint_fast64_t sum_us;
};

struct metrics {
	struct per_route none;
	atomic_uint_fast64_t refused;
	struct per_route routes[];
};

struct metrics *metrics_new(void)
{
	return cc_calloc(1, sizeof(struct metrics) + router_n_routes * sizeof(struct per_route));
}

void metrics_free(struct metrics *m)
{
	free(m);
}

static struct per_route *slot(struct metrics *m, const struct route *route)
{
	return route != NULL ? &m->routes[route - router_routes] : &m->none;
}

void metrics_request(struct metrics *m, const struct route *route, int status, int64_t took_us)
{
	struct per_route *p = slot(m, route);
	int class = status / 100;
	size_t i = 0;

	p->by_class[class >= 0 && class < CLASSES ? class : 0]++;
	p->sum_us += (uint64_t)took_us;
	while (i < BUCKETS && took_us > bounds_us[i])
		i++;
	if (i < BUCKETS)
		p->buckets[i]++;
}

void metrics_refused(struct metrics *m)
{
	m->refused++;
}

static const char *path_of(const struct route *route)
{
	return route != NULL ? route->path : "none";
}

static const char *method_of(const struct route *route)
{
	return route != NULL ? route->method : "any";
}

static void write_counts(const struct per_route *p, const struct route *route, struct cc_buf *out)
{
	static const char *const classes[CLASSES] = { "aborted", "1xx", "2xx", "3xx", "4xx", "5xx" };

	for (int i = 0; i < CLASSES; i++)
		if (p->by_class[i] > 0)
			cc_buf_printf(out, "cc_http_requests_total{route=\"%s\",method=\"%s\",status=\"%s\"} %llu\n", path_of(route),
			        method_of(route), classes[i], (unsigned long long)p->by_class[i]);
}

static uint64_t total(const struct per_route *p)
{
	uint64_t n = 0;

	for (int i = 0; i < CLASSES; i++)
		n += p->by_class[i];
	return n;
}

static void write_histogram(const struct per_route *p, const struct route *route, struct cc_buf *out)
{
	uint64_t sum = 0, n = total(p);

	if (n == 0)
		return;
	for (int i = 0; i < BUCKETS; i++) {
		sum += p->buckets[i];
		cc_buf_printf(out, "cc_http_request_duration_seconds_bucket{route=\"%s\",method=\"%s\",le=\"%s\"} %llu\n", path_of(route),
		        method_of(route), bounds_s[i], (unsigned long long)sum);
	}
	cc_buf_printf(out, "cc_http_request_duration_seconds_bucket{route=\"%s\",method=\"%s\",le=\"+Inf\"} %llu\n", path_of(route), method_of(route),
	        (unsigned long long)n);
	cc_buf_printf(out, "cc_http_request_duration_seconds_sum{route=\"%s\",method=\"%s\"} %.6f\n", path_of(route), method_of(route),
	        (double)p->sum_us / 1e6);
	cc_buf_printf(out, "cc_http_request_duration_seconds_count{route=\"%s\",method=\"%s\"} %llu\n", path_of(route), method_of(route),
	        (unsigned long long)n);
}

static void head(struct cc_buf *out, const char *name, const char *type, const char *help)
{
	cc_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct cc_buf *out, const char *name, const char *help, size_t value)
{
	head(out, name, "gauge", help);
	cc_buf_printf(out, "%s %zu\n", name, value);
}

static void write_states(struct cc_buf *out, const char *name, const char *help, const struct cc_enum *states, const size_t *counts)
{
	head(out, name, "gauge", help);
	for (int i = 0; i < states->n; i++)
		cc_buf_printf(out, "%s{state=\"%s\"} %zu\n", name, states->values[i], counts[i]);
}

static void write_zone(struct engine *e, struct cc_buf *out)
{
	size_t nodes[NODE_MAX] = { 0 }, instances[INST_MAX] = { 0 }, images, members;
	const struct zone *z = engine_read_begin(e);
	const struct instance *inst;
	const struct node *n;

	for (size_t at = 0; (n = zone_next(z, TABLE_NODE, &at)) != NULL;)
		nodes[n->state]++;
	for (size_t at = 0; (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;)
		instances[inst->state]++;
	images = zone_count(z, TABLE_IMAGE);
	members = zone_count(z, TABLE_MEMBER);
	engine_read_end(e);
	write_states(out, "cc_nodes", "Nodes by state.", &node_state_enum, nodes);
	write_states(out, "cc_instances", "Instances by state.", &inst_state_enum, instances);
	gauge(out, "cc_images", "Images.", images);
	gauge(out, "cc_members", "Members.", members);
}

void metrics_write(struct metrics *m, struct engine *e, const struct metrics_gauges *g, struct cc_buf *out)
{
	head(out, "cc_build_info", "gauge", "Version of the program.");
	cc_buf_adds(out, "cc_build_info{version=\"" CC_VERSION "\"} 1\n");
	gauge(out, "cc_database_up", "Whether changes can be committed now.", engine_is_available(e, NULL, 0));
	head(out, "cc_http_requests_total", "counter", "Requests by route, method and class of status.");
	for (size_t i = 0; i < router_n_routes; i++)
		write_counts(&m->routes[i], &router_routes[i], out);
	write_counts(&m->none, NULL, out);
	head(out, "cc_http_request_duration_seconds", "histogram", "Time from a request's head to the end of its reply, waits included.");
	for (size_t i = 0; i < router_n_routes; i++)
		write_histogram(&m->routes[i], &router_routes[i], out);
	gauge(out, "cc_http_connections", "Connections.", g->hub.connections);
	gauge(out, "cc_http_strangers", "Connections that have shown neither a token nor a key of this zone.", g->hub.strangers);
	head(out, "cc_http_strangers_cut_total", "counter", "Such connections that were cut because there were too many.");
	cc_buf_printf(out, "cc_http_strangers_cut_total %zu\n", g->hub.strangers_cut);
	gauge(out, "cc_http_waiting_requests", "Long polls and streams that wait.", g->hub.waiting);
	gauge(out, "cc_http_commands", "Requests that wait for the engine or for files.", g->hub.working);
	gauge(out, "cc_streams", "Open streams.", g->streams);
	head(out, "cc_engine_queue_refusals_total", "counter", "Requests refused because the engine's queue was full.");
	cc_buf_printf(out, "cc_engine_queue_refusals_total %llu\n", (unsigned long long)m->refused);
	write_zone(e, out);
}
