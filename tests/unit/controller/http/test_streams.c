/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams through real connections: what one side says the other hears, whole and in order; memory is bounded; who dies takes the others along. */
#include "tests/unit/controller/http/world.h"

#include "common/clock.h"
#include "common/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BIG      (10u << 20)
#define MEASURED false
#else
#define BIG      (100u << 20)
#define MEASURED true
#endif

static struct world *w;
static char stream_id[CC_UUID_TEXT];

static void open_stream(void)
{
	struct answer r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/exec", .body = "{\"argv\":[\"cat\"]}");
	const char *at = strstr(cc_buf_str(&r.body), "\"id\":\"");

	ck_assert_int_eq(r.status, 201);
	ck_assert_ptr_nonnull(at);
	snprintf(stream_id, sizeof(stream_id), "%.36s", at + 6);
	answer_free(&r);
}

static void set_up(void)
{
	w = world_new(NULL);
	open_stream();
}

static void tear_down(void)
{
	world_free(w);
}

static void restart(const struct world_options *opt)
{
	world_free(w);
	w = world_new(opt);
}

/* One of the four requests, on a thread of its own. Writers send `total` bytes of a pattern; readers check it. */
struct end {
	pthread_t thread;
	enum role role;
	const char *path; /* behind the stream's */
	bool writes;
	uint64_t total;
	unsigned pause_us;   /* of a slow reader, for each piece */
	uint64_t die_after;  /* hang up after so many bytes; 0: not */
	bool linger;         /* a writer that says nothing more but does not end */
	atomic_bool *let_go; /* ends the lingering */
	atomic_ullong done;  /* bytes sent or received */
	bool damaged;
	CURLcode result;
	int status;
};

static unsigned char pattern(uint64_t at)
{
	return (unsigned char)(at * 2654435761u >> 13);
}

static size_t give(char *p, size_t size, size_t n, void *arg)
{
	struct end *e = arg;
	uint64_t left = e->total - e->done, k = size * n < left ? size * n : left;

	if (e->die_after != 0 && e->done >= e->die_after)
		return CURL_READFUNC_ABORT;
	while (k == 0 && e->linger && !*e->let_go)
		return CURL_READFUNC_PAUSE;
	for (uint64_t i = 0; i < k; i++)
		p[i] = (char)pattern(e->done + i);
	e->done += k;
	return k;
}

/* Problem documents. */
static size_t drop(char *p, size_t size, size_t n, void *arg)
{
	(void)p, (void)arg;
	return size * n;
}

static size_t take(char *p, size_t size, size_t n, void *arg)
{
	struct end *e = arg;

	for (size_t i = 0; i < size * n; i++)
		e->damaged = e->damaged || (unsigned char)p[i] != pattern(e->done + i);
	e->done += size * n;
	if (e->die_after != 0 && e->done >= e->die_after)
		return 0;
	if (e->pause_us != 0)
		usleep(e->pause_us);
	return size * n;
}

/* A paused writer is asked again now and then, and its connection looked at meanwhile. */
static int look(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct end *e = arg;

	(void)a, (void)b, (void)c, (void)d;
	return e->let_go != NULL && *e->let_go;
}

static void *carry(void *arg)
{
	struct end *e = arg;
	char path[128];
	struct curl_slist *headers = NULL;
	long status = 0;
	CURL *c;

	snprintf(path, sizeof(path), "/v1/streams/%s/%s", stream_id, e->path);
	c = world_curl(w, e->role, path);
	if (e->writes) {
		headers = curl_slist_append(headers, "Content-Type: application/octet-stream");
		headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
		headers = curl_slist_append(headers, "Expect:");
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
		curl_easy_setopt(c, CURLOPT_READDATA, e);
		curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
	} else {
		curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(c, CURLOPT_WRITEDATA, e);
	}
	if (e->let_go != NULL) {
		curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look);
		curl_easy_setopt(c, CURLOPT_XFERINFODATA, e);
	}
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, 100000L);
	e->result = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	e->status = (int)status;
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	return NULL;
}

static void begin(struct end *e)
{
	ck_assert_int_eq(pthread_create(&e->thread, NULL, carry, e), 0);
}

static void finish(struct end *e)
{
	pthread_join(e->thread, NULL);
}

#define CLIENT_IN(...)                                                      \
	{                                                                   \
		.role = ROLE_ANA, .path = "in", .writes = true, __VA_ARGS__ \
	}
#define CLIENT_OUT(...)                                      \
	{                                                    \
		.role = ROLE_ANA, .path = "out", __VA_ARGS__ \
	}
#define NODE_IN(...)                                            \
	{                                                       \
		.role = ROLE_N1, .path = "node/in", __VA_ARGS__ \
	}
#define NODE_OUT(...)                                                            \
	{                                                                        \
		.role = ROLE_N1, .path = "node/out", .writes = true, __VA_ARGS__ \
	}

static void await_bytes(struct end *e, uint64_t n)
{
	for (int i = 0; i < 1000 && e->done < n; i++)
		usleep(5000);
	ck_assert_uint_ge(e->done, n);
}

static void ended_well(struct end *e, uint64_t bytes)
{
	finish(e);
	ck_assert_msg(e->result == CURLE_OK, "%s: %s", e->path, curl_easy_strerror(e->result));
	ck_assert_int_eq(e->status, e->writes ? 204 : 200);
	ck_assert_uint_eq(e->done, bytes);
	ck_assert(!e->damaged);
}

static void ended_badly(struct end *e)
{
	finish(e);
	ck_assert_msg(e->result != CURLE_OK || e->status >= 400, "%s ended well", e->path);
}

static void await_metric(const char *line)
{
	for (int i = 0; i < 1000; i++) {
		struct answer r = ASK(.role = ROLE_ROOT, .path = "/metrics");
		bool there = strstr(cc_buf_str(&r.body), line) != NULL;

		answer_free(&r);
		if (there)
			return;
		usleep(10000);
	}
	ck_abort_msg("never seen: %s", line);
}

static void no_streams_left(void)
{
	await_metric("\ncc_streams 0\n");
}

START_TEST(both_ways_whole_and_in_order)
{
	struct end ci = CLIENT_IN(.total = 100000), co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT(.total = 3);

	begin(&ci);
	begin(&co);
	begin(&ni);
	ended_well(&ci, 100000);
	ended_well(&ni, 100000);
	begin(&no);
	ended_well(&no, 3);
	ended_well(&co, 3);
	no_streams_left();
}
END_TEST

START_TEST(an_empty_body_is_an_empty_reply)
{
	struct end ci = CLIENT_IN(), co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT();

	begin(&ci);
	ended_well(&ci, 0);
	begin(&co);
	begin(&ni);
	begin(&no);
	ended_well(&ni, 0);
	ended_well(&co, 0);
	ended_well(&no, 0);
	no_streams_left();
}
END_TEST

static long rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total = 0, rss = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld", &total, &rss), 2);
	fclose(f);
	return rss * 4;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

START_TEST(much_both_ways_with_a_slow_reader_stays_in_bounds)
{
	struct end ci = CLIENT_IN(.total = BIG), co = CLIENT_OUT(.pause_us = 60), ni = NODE_IN(), no = NODE_OUT(.total = BIG);
	long before, most = 0;
	double start = seconds(), fast;

	begin(&ci);
	begin(&co);
	begin(&ni);
	begin(&no);
	await_bytes(&ni, BIG / 20);
	await_bytes(&co, BIG / 100);
	before = rss_kib();
	while (ni.done < BIG) {
		long now = rss_kib();

		most = now > most ? now : most;
		usleep(10000);
	}
	fast = seconds() - start;
	/* What the slow reader has not taken is still with its writer, but for the buffers. */
	ck_assert(!MEASURED || no.done - co.done < (16u << 20) || no.done == BIG);
	ended_well(&ci, BIG);
	ended_well(&ni, BIG);
	ended_well(&no, BIG);
	ended_well(&co, BIG);
	printf("stream_mb_per_s %.0f MB/s (TLS, two TLS hops, beside a slow one)\nstream_memory_growth_kib %ld KiB\n", BIG / 1e6 / fast,
	        most - before);
	if (MEASURED)
		ck_assert_int_lt(most - before, 2 * 1024);
	no_streams_left();
}
END_TEST

/* Bytes go out one by one, each after the one before has come: the time of one hop through the controller. */
struct bounce {
	struct end *reader;
	uint64_t sent;
};

static size_t give_in_turn(char *p, size_t size, size_t n, void *arg)
{
	struct bounce *b = arg;

	(void)size, (void)n;
	if (b->sent == 2000)
		return 0;
	while (b->reader->done < b->sent)
		sched_yield();
	p[0] = (char)pattern(b->sent++);
	return 1;
}

START_TEST(a_byte_passes_without_delay)
{
	struct end co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT(.total = 0);
	struct bounce b = { .reader = &ni };
	struct curl_slist *headers = curl_slist_append(NULL, "Transfer-Encoding: chunked");
	char path[128];
	double start;
	CURL *c;

	begin(&co);
	begin(&ni);
	headers = curl_slist_append(headers, "Content-Type: application/octet-stream");
	headers = curl_slist_append(headers, "Expect:");
	snprintf(path, sizeof(path), "/v1/streams/%s/in", stream_id);
	c = world_curl(w, ROLE_ANA, path);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_POST, 1L);
	curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give_in_turn);
	curl_easy_setopt(c, CURLOPT_READDATA, &b);
	start = seconds();
	ck_assert_int_eq(curl_easy_perform(c), CURLE_OK);
	printf("stream_hop_us %.0f us\n", (seconds() - start) / 2000 * 1e6);
	ck_assert(!MEASURED || seconds() - start < 4);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	begin(&no);
	ended_well(&ni, 2000);
	ended_well(&no, 0);
	ended_well(&co, 0);
}
END_TEST

START_TEST(a_client_that_dies_ends_the_nodes_requests)
{
	atomic_bool never = false;
	struct end ci = CLIENT_IN(.total = 1000, .linger = true, .let_go = &never), co = CLIENT_OUT(.die_after = 50000), ni = NODE_IN(),
	           no = NODE_OUT(.total = BIG);

	begin(&ci);
	begin(&ni);
	begin(&no);
	begin(&co);
	ended_badly(&co);
	ended_badly(&no);
	ended_badly(&ni);
	ended_badly(&ci);
	no_streams_left();
}
END_TEST

START_TEST(a_client_that_dies_silently_ends_the_nodes_requests)
{
	atomic_bool dead = false, never = false;
	struct end ci = CLIENT_IN(.total = 1000, .linger = true, .let_go = &dead), co = CLIENT_OUT(.let_go = &dead), ni = NODE_IN(),
	           no = NODE_OUT(.total = 10, .linger = true, .let_go = &never);

	begin(&ci);
	begin(&ni);
	begin(&no);
	begin(&co);
	await_bytes(&ni, 1000);
	await_bytes(&co, 10);
	dead = true;
	ended_badly(&ni);
	ended_badly(&no);
	ended_badly(&ci);
	ended_badly(&co);
	no_streams_left();
}
END_TEST

START_TEST(a_node_that_dies_ends_the_clients_requests)
{
	atomic_bool dead = false, never = false;
	struct end ci = CLIENT_IN(.total = 1000, .linger = true, .let_go = &never), co = CLIENT_OUT(), ni = NODE_IN(.let_go = &dead),
	           no = NODE_OUT(.total = 10, .linger = true, .let_go = &dead);

	begin(&ci);
	begin(&ni);
	begin(&no);
	begin(&co);
	await_bytes(&ni, 1000);
	await_bytes(&co, 10);
	dead = true;
	ended_badly(&co);
	ended_badly(&ci);
	ended_badly(&ni);
	ended_badly(&no);
	no_streams_left();
}
END_TEST

START_TEST(a_full_pipe_whose_reader_dies_ends_its_writer)
{
	struct end ci = CLIENT_IN(.total = BIG), co = CLIENT_OUT(), ni = NODE_IN(.die_after = 1000, .pause_us = 1000), no = NODE_OUT();

	begin(&ci);
	begin(&co);
	begin(&ni);
	ended_badly(&ni);
	ended_badly(&ci);
	ended_badly(&co);
	begin(&no);
	ended_badly(&no);
	no_streams_left();
}
END_TEST

START_TEST(what_the_node_said_is_delivered_after_it_left)
{
	atomic_bool gone = false;
	struct end ci = CLIENT_IN(.total = 100, .linger = true, .let_go = &gone), co = CLIENT_OUT(), ni = NODE_IN(.let_go = &gone),
	           no = NODE_OUT(.total = 100000);

	begin(&ci);
	begin(&ni);
	begin(&no);
	await_bytes(&ni, 100);
	ended_well(&no, 100000);
	gone = true;
	ended_badly(&ni);
	begin(&co);
	ended_well(&co, 100000);
	ended_badly(&ci);
	no_streams_left();
}
END_TEST

START_TEST(ends_that_come_late_find_the_stream)
{
	struct end ci = CLIENT_IN(.total = 10), co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT(.total = 5);

	begin(&no);
	ended_well(&no, 5);
	begin(&co);
	ended_well(&co, 5);
	begin(&ci);
	ended_well(&ci, 10);
	begin(&ni);
	/* What came after the end may be dropped. */
	finish(&ni);
	ck_assert_int_eq(ni.status, 200);
	ck_assert_int_eq(ni.result, CURLE_OK);
	no_streams_left();
}
END_TEST

START_TEST(a_client_that_never_speaks_has_said_all)
{
	struct end co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT(.total = 5);

	begin(&ni);
	await_metric("\ncc_http_waiting_requests 1\n");
	begin(&co);
	begin(&no);
	ended_well(&no, 5);
	ended_well(&co, 5);
	ended_well(&ni, 0);
	no_streams_left();
}
END_TEST

START_TEST(an_end_is_taken_once_and_by_its_own)
{
	struct end ci = CLIENT_IN(), co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT(.total = 5);
	struct end bob = CLIENT_OUT(), n2 = NODE_IN(), member = NODE_IN(), second = CLIENT_OUT();

	bob.role = ROLE_BOB;
	n2.role = ROLE_N2;
	member.role = ROLE_ANA;
	begin(&bob);
	begin(&n2);
	begin(&member);
	finish(&bob);
	finish(&n2);
	finish(&member);
	ck_assert_int_eq(bob.status, 404);
	ck_assert_int_eq(n2.status, 404);
	ck_assert_int_eq(member.status, 403);
	begin(&ni);
	begin(&ci);
	ended_well(&ci, 0);
	ended_well(&ni, 0);
	begin(&no);
	ended_well(&no, 5);
	begin(&co);
	ended_well(&co, 5);
	begin(&second);
	finish(&second);
	ck_assert(second.status == 404 || second.status == 409);
}
END_TEST

START_TEST(a_stream_that_nobody_comes_to_ends)
{
	struct world_options hasty = { .http.stream_attach_ms = 300 };
	struct end co = CLIENT_OUT();

	restart(&hasty);
	open_stream();
	begin(&co);
	ended_badly(&co);
	no_streams_left();
	open_stream();
	no_streams_left();
}
END_TEST

START_TEST(so_many_streams_and_no_more)
{
	struct world_options few = { .http.streams_max = 2 };
	struct answer r;

	restart(&few);
	open_stream();
	open_stream();
	r = ASK(.role = ROLE_ANA, .method = "POST", .path = "/v1/instances/web/exec", .body = "{\"argv\":[\"cat\"]}");
	ck_assert_int_eq(r.status, 429);
	answer_free(&r);
}
END_TEST

START_TEST(stopping_ends_streams)
{
	atomic_bool never = false;
	struct end ci = CLIENT_IN(.total = 1000, .linger = true, .let_go = &never), co = CLIENT_OUT(), ni = NODE_IN(), no = NODE_OUT(.total = BIG);

	co.pause_us = 600;
	begin(&ci);
	begin(&co);
	begin(&ni);
	begin(&no);
	await_bytes(&ni, 1000);
	await_bytes(&co, 1000);
	restart(NULL);
	ended_badly(&ci);
	ended_badly(&co);
	ended_badly(&ni);
	ended_badly(&no);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_streams");
	TCase *tc = tcase_create("streams");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, both_ways_whole_and_in_order);
	tcase_add_test(tc, an_empty_body_is_an_empty_reply);
	tcase_add_test(tc, much_both_ways_with_a_slow_reader_stays_in_bounds);
	tcase_add_test(tc, a_byte_passes_without_delay);
	tcase_add_test(tc, a_client_that_dies_ends_the_nodes_requests);
	tcase_add_test(tc, a_client_that_dies_silently_ends_the_nodes_requests);
	tcase_add_test(tc, a_node_that_dies_ends_the_clients_requests);
	tcase_add_test(tc, a_full_pipe_whose_reader_dies_ends_its_writer);
	tcase_add_test(tc, what_the_node_said_is_delivered_after_it_left);
	tcase_add_test(tc, ends_that_come_late_find_the_stream);
	tcase_add_test(tc, a_client_that_never_speaks_has_said_all);
	tcase_add_test(tc, an_end_is_taken_once_and_by_its_own);
	tcase_add_test(tc, a_stream_that_nobody_comes_to_ends);
	tcase_add_test(tc, so_many_streams_and_no_more);
	tcase_add_test(tc, stopping_ends_streams);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
