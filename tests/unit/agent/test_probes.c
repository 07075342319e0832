/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two nodes that measure the way between them, and strangers who would like to; over loopback, on a clock that the test moves. */
#include "agent/probes.h"
#include "common/boot_timer.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANY_PORT 1 /* which is taken by nobody and not ours to take, or is: either way */

static struct probes ada, bo;
static int64_t now;
static const struct cc_uuid ada_id = { { 1 } }, bo_id = { { 2 } };
static uint8_t bo_key[CC_PROBE_KEY], ada_key[CC_PROBE_KEY];
static char hex[4][65];

static const char *key_text(int n, const uint8_t key[CC_PROBE_KEY])
{
	return sodium_bin2hex(hex[n], sizeof(hex[n]), key, CC_PROBE_KEY);
}

static struct probe_target target(struct cc_uuid node, const struct probes *p, const uint8_t own[CC_PROBE_KEY], struct cc_uuid asks)
{
	uint8_t key[CC_PROBE_KEY];
	struct probe_target t = { 0 };

	cc_probe_key(own, asks, key);
	cc_set(&t, probe_target, node, node);
	cc_set(&t, probe_target, address, "127.0.0.1");
	cc_set(&t, probe_target, port, p->port);
	cc_set(&t, probe_target, key, key_text(0, key));
	return t;
}

static void order(struct probes *p, struct probe_target *items, size_t n, const uint8_t own[CC_PROBE_KEY], const char *version)
{
	struct node_orders o = { .revision = 1 };

	o.probes.items = items;
	o.probes.n = n;
	o.has = CC_BIT(node_orders_f_probes);
	cc_set(&o, node_orders, probes_version, version);
	cc_set(&o, node_orders, probe_key, key_text(1, own));
	probes_take(p, &o, now);
}

static void open_any(struct probes *p, struct cc_uuid self)
{
	struct cc_error err = { 0 };

	ck_assert_msg(probes_open(p, self, ANY_PORT, &err) == 0, "%s", err.msg);
	ck_assert_int_ne(p->port, 0);
}

static void setup(void)
{
	struct probe_target t;

	ck_assert_int_ge(sodium_init(), 0);
	now = 1000000;
	memset(bo_key, 7, sizeof(bo_key));
	memset(ada_key, 8, sizeof(ada_key));
	open_any(&ada, ada_id);
	open_any(&bo, bo_id);
	t = target(bo_id, &bo, bo_key, ada_id);
	order(&ada, &t, 1, ada_key, "one");
	order(&bo, NULL, 0, bo_key, "none");
}

static void teardown(void)
{
	probes_close(&ada);
	probes_close(&bo);
}

static void wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

/* Until ada's round is over. */
static void measure(void)
{
	int64_t until = ada.peers[0].at_ms;

	for (int i = 0; i < PROBES_PACKETS && ada.peers[0].at_ms == until; i++) {
		now = probes_next_ms(&ada) > now ? probes_next_ms(&ada) : now;
		probes_step(&ada, now);
		wait_readable(bo.fd);
		probes_step(&bo, now);
		wait_readable(ada.fd);
		probes_step(&ada, now);
	}
	ck_assert_int_ne(ada.peers[0].at_ms, until);
}

START_TEST(a_round_measures_the_way_and_is_told_once)
{
	struct node_rtt told[PROBES_MAX];

	ck_assert(!probes_have_news(&ada));
	measure();
	ck_assert(probes_have_news(&ada));
	ck_assert_uint_eq(probes_report(&ada, false, now + 5000, told), 1);
	ck_assert(cc_uuid_equal(told[0].node, bo_id));
	ck_assert_int_gt(told[0].rtt_us, 0);
	ck_assert_int_lt(told[0].rtt_us, 10000000);
	ck_assert_int_eq(told[0].age_s, 5);
	ck_assert(probes_have_news(&ada)); /* the report may be lost */
	probes_confirmed(&ada);
	ck_assert(!probes_have_news(&ada));
	ck_assert_uint_eq(probes_report(&ada, false, now, told), 0);
	ck_assert_uint_eq(probes_report(&ada, true, now, told), 1);
	ck_assert_int_gt(probes_next_ms(&ada), now + PROBES_EVERY_MS - 1);
	ck_assert_int_lt(probes_next_ms(&ada), now + 2 * PROBES_EVERY_MS);
}
END_TEST

START_TEST(only_a_change_is_news)
{
	struct node_rtt told[PROBES_MAX];

	measure();
	ada.peers[0].rtt_us = 8000;
	probes_report(&ada, false, now, told);
	probes_confirmed(&ada);
	ada.peers[0].rtt_us = 8900;
	ck_assert(!probes_have_news(&ada));
	ada.peers[0].rtt_us = 9100;
	ck_assert(probes_have_news(&ada));
	ada.peers[0].rtt_us = 6900;
	ck_assert(probes_have_news(&ada));
}
END_TEST

START_TEST(who_does_not_answer_is_not_told_of)
{
	for (int i = 0; i <= PROBES_PACKETS; i++) {
		now = probes_next_ms(&ada);
		probes_step(&ada, now);
	}
	ck_assert(!probes_have_news(&ada));
	ck_assert_int_gt(probes_next_ms(&ada), now + PROBES_EVERY_MS - 1);
}
END_TEST

START_TEST(new_orders_keep_what_was_measured)
{
	struct probe_target t[2] = { target(bo_id, &bo, bo_key, ada_id) };
	struct node_rtt told[PROBES_MAX];

	measure();
	t[1] = t[0];
	t[1].node = (struct cc_uuid){ { 9 } };
	order(&ada, t, 2, ada_key, "two");
	ck_assert_uint_eq(ada.n, 2);
	ck_assert_str_eq(ada.version, "two");
	ck_assert_uint_eq(probes_report(&ada, true, now, told), 1);
	order(&ada, NULL, 0, ada_key, "none");
	ck_assert_uint_eq(ada.n, 0);
	ck_assert_int_eq(probes_next_ms(&ada), CC_NEVER_MS);
}
END_TEST

START_TEST(orders_that_make_no_sense_are_passed_over)
{
	struct probe_target good = target(bo_id, &bo, bo_key, ada_id), t[20];

	for (size_t i = 0; i < CC_ARRAY_LEN(t); i++) {
		t[i] = good;
		t[i].node.b[1] = (uint8_t)(i + 1);
	}
	order(&ada, t, CC_ARRAY_LEN(t), ada_key, "many");
	ck_assert_uint_eq(ada.n, PROBES_MAX);
	t[0].address = "example.org";
	t[1].address = "";
	t[2].key = "12";
	t[3].key = "";
	t[4].node = ada_id;
	t[5] = t[6];
	cc_unset(&t[7], probe_target, port);
	cc_unset(&t[8], probe_target, node);
	order(&ada, t, 9, ada_key, "bad");
	ck_assert_uint_eq(ada.n, 1);
}
END_TEST

/* A socket of somebody else, connected to bo. */
static int stranger(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(bo.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void question(uint64_t nonce, uint8_t ret[CC_PROBE_BYTES])
{
	struct cc_probe p = { .kind = CC_PROBE_ASK, .from = ada_id, .to = bo_id, .nonce = nonce };
	uint8_t key[CC_PROBE_KEY];

	cc_probe_key(bo_key, ada_id, key);
	cc_probe_seal(&p, key, ret);
}

static void say(int fd, const void *bytes, size_t len)
{
	ck_assert_int_eq(send(fd, bytes, len, 0), (ssize_t)len);
}

/* Of what was sent before the good question nothing is answered: the first answer is to that. */
START_TEST(strangers_get_no_answer)
{
	uint8_t bytes[CC_PROBE_BYTES + 200] = { 0 }, reply[1000];
	int fd = stranger();
	struct cc_probe p;

	for (size_t i = 0; i < CC_PROBE_BYTES; i++) {
		if (i == 32)
			probes_step(&bo, now += 10000);
		question(1, bytes);
		bytes[i] ^= 1;
		say(fd, bytes, CC_PROBE_BYTES);
	}
	probes_step(&bo, now += 10000);
	question(2, bytes);
	say(fd, bytes, CC_PROBE_BYTES - 1);
	say(fd, bytes, CC_PROBE_BYTES + 1);
	say(fd, bytes, sizeof(bytes));
	say(fd, bytes, 0);
	question(77, bytes);
	say(fd, bytes, CC_PROBE_BYTES);
	probes_step(&bo, now += 10000);
	wait_readable(fd);
	ck_assert_int_eq(recv(fd, reply, sizeof(reply), 0), CC_PROBE_BYTES);
	ck_assert(cc_probe_read(reply, CC_PROBE_BYTES, &p));
	ck_assert_uint_eq(p.nonce, 77);
	ck_assert_int_eq(p.kind, CC_PROBE_ANSWER);
	ck_assert_int_eq(recv(fd, reply, sizeof(reply), MSG_DONTWAIT), -1);
	close(fd);
}
END_TEST

START_TEST(without_a_key_nobody_is_answered)
{
	uint8_t bytes[CC_PROBE_BYTES];
	int fd = stranger();

	question(1, bytes);
	bo.have_key = false;
	say(fd, bytes, sizeof(bytes));
	probes_step(&bo, now);
	bo.have_key = true;
	question(5, bytes);
	say(fd, bytes, sizeof(bytes));
	probes_step(&bo, now);
	wait_readable(fd);
	ck_assert_int_eq(recv(fd, bytes, sizeof(bytes), 0), CC_PROBE_BYTES);
	ck_assert_int_eq(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
	close(fd);
}
END_TEST

/* Even who has a key is not answered without end, and what comes then does not wake the program. */
START_TEST(a_flood_is_left_in_the_socket)
{
	uint8_t bytes[CC_PROBE_BYTES];
	int fd = stranger(), answers = 0;

	for (int i = 0; i < 200; i++) {
		question((uint64_t)i + 1, bytes);
		(void)send(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		probes_step(&bo, now);
	}
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) == CC_PROBE_BYTES)
		answers++;
	ck_assert_int_gt(answers, 0);
	ck_assert_int_le(answers, 64);
	ck_assert(!probes_listen(&bo));
	ck_assert_int_gt(probes_next_ms(&bo), now);
	probes_step(&bo, now = probes_next_ms(&bo));
	ck_assert_int_lt(probes_next_ms(&bo), now + 1000);
	now += 60000;
	for (int i = 0; i < 10; i++)
		probes_step(&bo, now += 60000);
	ck_assert(probes_listen(&bo));
	close(fd);
}
END_TEST

START_TEST(answers_that_were_not_asked_for_count_nothing)
{
	struct cc_probe p = { .kind = CC_PROBE_ANSWER, .from = bo_id, .to = ada_id, .nonce = 0 };
	uint8_t bytes[CC_PROBE_BYTES], key[CC_PROBE_KEY];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ada.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	cc_probe_key(bo_key, ada_id, key);
	for (int i = 0; i < 3; i++) {
		cc_probe_seal(&p, key, bytes);
		ck_assert_int_eq(sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)sizeof(bytes));
		probes_step(&ada, now);
		p.nonce = ada.peers[0].nonce + 2;
	}
	ck_assert_int_eq(ada.peers[0].got, 0);
	close(fd);
}
END_TEST

START_TEST(a_port_that_is_taken_is_replaced_and_none_is_none)
{
	struct cc_error err = { 0 };
	struct node_orders o = { 0 };
	struct probes p;

	ck_assert_int_eq(probes_open(&p, ada_id, bo.port, &err), 0);
	ck_assert_int_ne(p.port, bo.port);
	probes_close(&p);
	ck_assert_int_eq(probes_open(&p, ada_id, 0, &err), 0);
	ck_assert(!probes_listen(&p));
	cc_set(&o, node_orders, probes_version, "x");
	probes_take(&p, &o, now);
	probes_step(&p, now);
	ck_assert_int_eq(probes_next_ms(&p), CC_NEVER_MS);
	probes_close(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes");
	TCase *tc = tcase_create("probes");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_round_measures_the_way_and_is_told_once);
	tcase_add_test(tc, only_a_change_is_news);
	tcase_add_test(tc, who_does_not_answer_is_not_told_of);
	tcase_add_test(tc, new_orders_keep_what_was_measured);
	tcase_add_test(tc, orders_that_make_no_sense_are_passed_over);
	tcase_add_test(tc, strangers_get_no_answer);
	tcase_add_test(tc, without_a_key_nobody_is_answered);
	tcase_add_test(tc, a_flood_is_left_in_the_socket);
	tcase_add_test(tc, answers_that_were_not_asked_for_count_nothing);
	tcase_add_test(tc, a_port_that_is_taken_is_replaced_and_none_is_none);
	suite_add_tcase(s, tc);
	return test_run(s);
}
