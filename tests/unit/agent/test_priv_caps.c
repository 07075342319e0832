/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of bandwidth: real containers that send to and receive from a neighbour on the LAN. A limit holds when no more came than the rate allows for the time
 * that it took, and what may come at once; so a slow machine proves nothing wrong. Without a limit far more comes. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/unit/agent/netns_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KBIT       8000      /* a million bytes per second */
#define SENT_BYTES 2200000LL /* twice what may come at once */
#define TRIES      20

static pid_t neighbour;

static void setup(void)
{
	priv_lxc_setup();
	priv_fixture_stop(SIGTERM);
	neighbour = netns_begin();
	priv_fixture_start(NULL);
}

static void teardown(void)
{
	if (priv_fixture.pid == 0)
		priv_fixture_start(NULL);
	priv_fixture_delete_all();
	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	netns_end(neighbour);
}

static void restart(const char *const *args)
{
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(args);
}

/* Starts it, or changes it while it runs. */
static struct priv_ct run(unsigned n, uint32_t kbit)
{
	struct priv_ct_start q = priv_fixture_request(n, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct ct;

	q.ports.count = 1;
	q.ports.at[0] = (struct port){ .kind = PORT_TCP, .node_port = (uint16_t)(8080 + n), .port = 80 };
	q.limits.bandwidth_kbit = kbit;
	if (priv_fixture_call(PRIV_CT_START, &q, &ct, &err) < 0)
		ck_abort_msg("starting c%u: %s", n, err.msg);
	ck_assert_uint_eq(ct.limits.bandwidth_kbit, kbit);
	return ct;
}

/* A connection of the neighbour with an instance. */
struct line {
	int there, here;
};

static struct line connect_to(const struct priv_ct *ct, unsigned n)
{
	cc_auto_close int listener = netns_listen(ct->init_pid, SOCK_STREAM, NULL, 80);
	struct line l = { .there = netns_connect(neighbour, NETNS_NODE, (uint16_t)(8080 + n)) };

	ck_assert_int_ge(l.there, 0);
	l.here = accept(listener, NULL, NULL);
	ck_assert_int_ge(l.here, 0);
	ck_assert_int_eq(fcntl(l.there, F_SETFL, O_NONBLOCK) | fcntl(l.here, F_SETFL, O_NONBLOCK), 0);
	return l;
}

static void hang_up(const struct line *l)
{
	close(l->there);
	close(l->here);
}

static int64_t step(ssize_t n)
{
	ck_assert_msg(n > 0 || errno == EAGAIN, "the connection broke: %s", strerror(errno));
	return n > 0 ? n : 0;
}

/* Sends all of it; how long that took until it had arrived, ms. */
static int64_t carry(int from, int to)
{
	static char data[65536];
	int64_t sent = 0, came = 0, begin = cc_boottime_ms();

	while (came < SENT_BYTES) {
		struct pollfd p[2] = { { from, sent < SENT_BYTES ? POLLOUT : 0, 0 }, { to, POLLIN, 0 } };

		ck_assert_int_gt(poll(p, 2, 60000), 0);
		if (p[0].revents & POLLOUT)
			sent += step(send(
			        from, data, SENT_BYTES - sent < (int64_t)sizeof(data) ? (size_t)(SENT_BYTES - sent) : sizeof(data), MSG_NOSIGNAL));
		if (p[1].revents & POLLIN)
			came += step(recv(to, data, sizeof(data), 0));
	}
	return cc_boottime_ms() - begin;
}

static bool is_within(int64_t ms)
{
	return SENT_BYTES <= KBIT * 125LL * (ms + 1000) / 1000 + 65536;
}

static bool holds(const struct line *l, bool up)
{
	return is_within(carry(up ? l->here : l->there, up ? l->there : l->here));
}

/* Far more comes than the limit would allow; not at once, perhaps, on a machine that has much to do. */
static bool is_free(const struct line *l, bool up)
{
	for (int i = 0; i < TRIES; i++)
		if (!holds(l, up))
			return true;
	return false;
}

static bool has_table(void)
{
	return system("nft list tables | grep -q cccaps") == 0;
}

START_TEST(a_limit_holds_either_way_and_changes_while_it_runs)
{
	struct priv_ct ct = run(1, 0);
	struct line l = connect_to(&ct, 1);

	ck_assert(!has_table());
	ck_assert(is_free(&l, true) && is_free(&l, false));
	ck_assert_int_eq(run(1, KBIT).init_pid, ct.init_pid);
	ck_assert(holds(&l, true) && holds(&l, false));
	/* Another one has its own; nor does what is not about limits open this one. */
	run(2, KBIT * 100);
	run(3, 0);
	/* Killed, it holds on, and is found again. */
	restart(NULL);
	ck_assert(holds(&l, true) && holds(&l, false));
	ck_assert_int_eq(run(1, 0).init_pid, ct.init_pid);
	ck_assert(is_free(&l, true) && is_free(&l, false));
	hang_up(&l);
}
END_TEST

START_TEST(an_instance_starts_with_its_limit)
{
	struct priv_ct ct = run(1, KBIT);
	struct line l = connect_to(&ct, 1);
	struct cc_error err = { 0 };

	ck_assert(holds(&l, true));
	hang_up(&l);
	/* Who has its slot next has nothing of it, and nothing is left without it. */
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ct = run(3, 0);
	l = connect_to(&ct, 3);
	ck_assert(is_free(&l, true));
	hang_up(&l);
	run(3, KBIT);
	ck_assert(has_table());
	ck_assert_int_eq(priv_fixture_delete_ct(3, &err), 0);
	for (int i = 0; i < 200 && has_table(); i++)
		usleep(50000);
	ck_assert(!has_table());
}
END_TEST

START_TEST(the_owner_limits_all_of_them)
{
	struct priv_ct ct = run(1, KBIT * 100);
	struct line l = connect_to(&ct, 1);

	restart((const char *const[]){ "--upload-max", "8Mbit", NULL });
	ck_assert(holds(&l, true) && is_free(&l, false));
	/* With another word of the owner's what runs runs on. */
	restart((const char *const[]){ "--download-max", "8Mbit", NULL });
	ck_assert(is_free(&l, true) && holds(&l, false));
	hang_up(&l);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_limit_holds_either_way_and_changes_while_it_runs);
	tcase_add_test(t, an_instance_starts_with_its_limit);
	tcase_add_test(t, the_owner_limits_all_of_them);
}

int main(void)
{
	return priv_lxc_main_with("priv_caps", setup, teardown, add);
}
