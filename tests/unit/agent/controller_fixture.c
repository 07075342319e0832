/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread per connection, so that handlers may simply wait. */
#include "tests/unit/agent/controller_parts.h"

#include "common/clock.h"
#include "common/hash.h"
#include "common/json.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static char archive[300000];

const char *controller_archive(size_t *ret_len)
{
	for (size_t i = 0; i < sizeof(archive); i++)
		archive[i] = (char)(i * 7 + i / 1000);
	*ret_len = sizeof(archive);
	return archive;
}

const char *controller_sha256(void)
{
	static char hex[CC_SHA256_HEX];
	size_t len;
	const char *bytes = controller_archive(&len);

	return cc_sha256_format(cc_sha256(bytes, len), hex);
}

void controller_lock(struct controller *c)
{
	pthread_mutex_lock(&c->lock);
}

void controller_unlock(struct controller *c)
{
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

/* With the lock held; false when the time is over. */
bool controller_wait(struct controller *c, int64_t boot_ms)
{
	int64_t left = boot_ms - cc_boottime_ms();
	struct timespec at;

	if (left <= 0)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += (left % 1000) * 1000000;
	at.tv_sec += left / 1000 + at.tv_nsec / 1000000000;
	at.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&c->changed, &c->lock, &at);
	return true;
}

static enum MHD_Result send_text(struct MHD_Connection *conn, int status, const char *text, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ok;

	if (status == 503)
		MHD_add_response_header(r, "Retry-After", "1");
	ok = MHD_queue_response(conn, (unsigned)status, r);
	MHD_destroy_response(r);
	return ok;
}

static void remember_network(struct controller *c, const struct node_report *r)
{
	cc_auto_buf struct cc_buf text = { 0 };

	if (!cc_has(r, node_report, blocked))
		return;
	cc_buf_printf(&text, "%d %d", (int)r->upload_kbit, (int)r->download_kbit);
	for (size_t i = 0; i < r->blocked.n; i++)
		cc_buf_printf(&text, "/%s", r->blocked.items[i]);
	snprintf(c->network, sizeof(c->network), "%s", cc_buf_str(&text));
}

static void remember(struct controller *c, const struct node_report *r)
{
	remember_network(c, r);
	if (cc_has(r, node_report, offer_memory_mib))
		c->offer_memory = r->offer_memory_mib;
	if (cc_has(r, node_report, closed))
		snprintf(c->closed, sizeof(c->closed), "%s", r->closed);
	c->known_revision = r->revision;
	if (r->full)
		c->full_reports++;
	else
		c->delta_reports++;
	for (size_t i = 0; i < r->instances.n; i++) {
		const struct node_instance *seen = &r->instances.items[i];
		struct test_told *t = &c->told[seen->id.b[1] % TEST_INSTANCES];
		unsigned count = t->count + 1;

		*t = (struct test_told){ .any = true, .state = seen->state, .epoch = seen->epoch, .boot_sn = seen->boot_sn, .count = count };
		snprintf(t->reason, sizeof(t->reason), "%s", cc_has(seen, node_instance, reason) ? seen->reason : "");
		snprintf(t->address, sizeof(t->address), "%s", cc_has(seen, node_instance, address) ? seen->address : "");
		t->at_ms = cc_boottime_ms();
	}
}

static bool has_news(const struct controller *c, const struct node_report *r)
{
	if (c->stopping || c->want_full || c->raw != NULL || (c->stream_open && !c->stream_taken) || r->revision > c->revision)
		return true;
	for (int n = 0; n < TEST_INSTANCES; n++)
		if (c->given[n].set && c->given[n].revision > r->revision)
			return true;
	return false;
}

static void fill_orders(struct controller *c, const struct node_report *r, struct node_orders *o, struct cc_arena *a)
{
	o->revision = c->revision;
	o->full = r->revision == 0 || r->revision > c->revision;
	o->want_full = c->want_full;
	o->wait_ms = 25000;
	o->lease_ms = c->lease_ms;
	c->want_full = false;
	o->assignments.items = cc_new_array(a, TEST_INSTANCES, struct assignment);
	for (int n = 0; n < TEST_INSTANCES; n++)
		if (c->given[n].set && (o->full || c->given[n].revision > r->revision))
			o->assignments.items[o->assignments.n++] = c->given[n].a;
	o->drop.items = cc_new_array(a, r->instances.n + 1, struct cc_uuid);
	for (size_t i = 0; i < r->instances.n; i++)
		if (r->instances.items[i].state != OBSERVED_GONE && !c->given[r->instances.items[i].id.b[1]].set)
			o->drop.items[o->drop.n++] = r->instances.items[i].id;
	if (c->stream_open && !c->stream_taken) {
		o->streams.n = 1;
		o->streams.items = &c->order;
	}
}

static enum MHD_Result sync_request(struct request *q, struct MHD_Connection *conn)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	cc_auto_buf struct cc_buf text = { 0 };
	struct controller *c = q->c;
	struct node_orders o = { 0 };
	struct node_report r;
	struct cc_error err = { 0 };
	int status = 200;
	int64_t until;
	bool broken;

	CC_PRE(cc_json_decode(&node_report_desc, q->body.data, q->body.len, CC_JSON_STRICT, &r, a, &err) == 0);
	until = cc_boottime_ms() + r.wait_ms;
	controller_lock(c);
	c->syncs++;
	remember(c, &r);
	c->listening += r.wait_ms > 0;
	pthread_cond_broadcast(&c->changed);
	while (!has_news(c, &r) && controller_wait(c, until))
		continue;
	c->listening -= r.wait_ms > 0;
	if (c->raw != NULL) {
		status = c->raw_status;
		cc_buf_adds(&text, c->raw);
	} else {
		fill_orders(c, &r, &o, a);
		cc_json_encode(&node_orders_desc, &o, &text);
	}
	broken = c->stopping;
	controller_unlock(c);
	return broken ? MHD_NO : send_text(conn, status, cc_buf_str(&text), text.len);
}

static ssize_t give_broken(void *cls, uint64_t at, char *to, size_t room)
{
	size_t n = sizeof(archive) / 2;

	(void)cls;
	if (at >= n)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = n - at < room ? n - at : room;
	memcpy(to, archive + at, n);
	return (ssize_t)n;
}

static ssize_t give_stalled(void *cls, uint64_t at, char *to, size_t room)
{
	struct controller *c = cls;
	size_t n = at < sizeof(archive) / 2 ? sizeof(archive) / 2 - at : sizeof(archive) - at;
	bool stopping;

	controller_lock(c);
	while (at >= sizeof(archive) / 2 && c->blob == BLOB_STALLED && !c->stopping)
		(void)controller_wait(c, cc_boottime_ms() + CONTROLLER_WAIT_MS);
	stopping = c->stopping;
	controller_unlock(c);
	if (stopping)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = n < room ? n : room;
	memcpy(to, archive + at, n);
	return (ssize_t)n;
}

static enum MHD_Result blob_request(struct request *q, struct MHD_Connection *conn)
{
	static char other[sizeof(archive) + 1];
	struct controller *c = q->c;
	enum test_blob blob;
	struct MHD_Response *r;
	enum MHD_Result ok;
	const char *offset;
	size_t at;

	controller_lock(c);
	c->fetches++;
	blob = c->blob;
	offset = MHD_lookup_connection_value(conn, MHD_GET_ARGUMENT_KIND, "offset");
	at = offset != NULL ? strtoull(offset, NULL, 10) : 0;
	c->sent_before = at;
	controller_unlock(c);
	if (blob == BLOB_MISSING)
		return send_text(conn, 404, "{}", 2);
	if (blob == BLOB_WRONG || blob == BLOB_LONG)
		return send_text(conn, 200, other, sizeof(archive) + (blob == BLOB_LONG));
	if (at > 0 && blob == BLOB_OLD)
		return send_text(conn, 400, "{}", 2);
	if (blob == BLOB_RIGHT || blob == BLOB_OLD)
		return send_text(conn, 200, archive + at, sizeof(archive) - at);
	r = MHD_create_response_from_callback(sizeof(archive), 16384, blob == BLOB_STALLED ? give_stalled : give_broken, c, NULL);
	ok = MHD_queue_response(conn, 200, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result join_request(struct request *q, struct MHD_Connection *conn)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	cc_auto_buf struct cc_buf text = { 0 };
	struct controller *c = q->c;
	struct join_request r;
	struct joined yes = { .node = test_id(99), .node_name = "attic", .zone = "hill" };
	struct cc_error err = { 0 };
	int status;

	CC_PRE(cc_json_decode(&join_request_desc, q->body.data, q->body.len, CC_JSON_STRICT, &r, a, &err) == 0);
	controller_lock(c);
	status = c->join_status;
	snprintf(c->join_secret, sizeof(c->join_secret), "%s", r.secret);
	if (c->raw != NULL) {
		status = c->raw_status;
		cc_buf_adds(&text, c->raw);
	} else if (status == 200) {
		cc_json_encode(&joined_desc, &yes, &text);
	} else {
		struct problem p = { .type = "about:blank", .title = "no", .status = status, .detail = c->join_detail, .code = c->join_code };

		cc_json_encode(&problem_desc, &p, &text);
	}
	controller_unlock(c);
	return send_text(conn, status, cc_buf_str(&text), text.len);
}

static bool ends_with(const char *url, const char *end)
{
	size_t n = strlen(url), k = strlen(end);

	return n >= k && strcmp(url + n - k, end) == 0;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *conn, const char *url, const char *method, const char *version, const char *upload,
        size_t *upload_len, void **memory)
{
	struct controller *c = cls;
	struct request *q = *memory;

	(void)method, (void)version;
	if (q == NULL) {
		q = cc_calloc(1, sizeof(*q));
		q->c = c;
		*memory = q;
		controller_take_stream(q, url);
		return MHD_YES;
	}
	if (*upload_len > 0) {
		bool ok = true;

		if (ends_with(url, "/node/out"))
			ok = controller_take_output(q, upload, *upload_len);
		else
			cc_buf_add(&q->body, upload, *upload_len);
		*upload_len = 0;
		return ok ? MHD_YES : MHD_NO;
	}
	if (ends_with(url, "/sync"))
		return sync_request(q, conn);
	if (strncmp(url, "/v1/blobs/", 10) == 0)
		return blob_request(q, conn);
	if (ends_with(url, "/node/in"))
		return controller_stream_in(q, conn);
	if (ends_with(url, "/node/out"))
		return send_text(conn, 200, "", 0);
	return ends_with(url, "/join") ? join_request(q, conn) : send_text(conn, 404, "{}", 2);
}

static void completed(void *cls, struct MHD_Connection *conn, void **memory, enum MHD_RequestTerminationCode code)
{
	struct request *q = *memory;

	(void)cls, (void)conn, (void)code;
	if (q == NULL)
		return;
	cc_buf_free(&q->body);
	free(q);
}

struct controller *controller_new(const struct cc_key_pair *pair, uint16_t port)
{
	struct controller *c = cc_calloc(1, sizeof(*c));
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char *cert = (char *)(uintptr_t)cc_key_pair_cert_pem(pair), *key = (char *)(uintptr_t)cc_key_pair_key_pem(pair);
	pthread_condattr_t attr;
	size_t len;

	(void)controller_archive(&len);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_mutex_init(&c->lock, NULL);
	c->revision = 10;
	c->lease_ms = 30000;
	c->join_status = 200;
	c->exit_status = -1;
	c->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, handle, c,
	        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&addr, MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, cert,
	        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	CC_PRE(c->daemon != NULL);
	snprintf(c->address, sizeof(c->address), "127.0.0.1:%u", controller_port(c));
	return c;
}

void controller_free(struct controller *c)
{
	controller_lock(c);
	c->stopping = true;
	controller_unlock(c);
	MHD_stop_daemon(c->daemon);
	cc_buf_free(&c->feed);
	cc_buf_free(&c->frames);
	cc_buf_free(&c->output);
	free(c->raw);
	for (int n = 0; n < TEST_INSTANCES; n++)
		if (c->given[n].set) {
			free((char *)(uintptr_t)c->given[n].a.name);
			free((char *)(uintptr_t)c->given[n].a.image_sha256);
		}
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	free(c->order.argv.items);
	free(c);
}

const char *controller_address(const struct controller *c)
{
	return c->address;
}

uint16_t controller_port(const struct controller *c)
{
	return MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
