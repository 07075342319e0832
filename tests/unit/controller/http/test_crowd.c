/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many connections that never show who asks: they take no place of those that do, whether these come from another address or from the same one. */
#include "tests/unit/controller/http/asking.h"
#include "tests/unit/controller/http/link.h"

#define HEAD      "Host: x\r\n"
#define ANA       HEAD "Authorization: Bearer secret-of-ana\r\n\r\n"
#define LIST      "GET /v1/instances HTTP/1.1\r\n"
#define STRANGERS "cc_http_strangers"
#define CUT       "cc_http_strangers_cut_total"

enum { ALL = 64, OF_ONE = 16, FLOOD = 400 };

static struct world *w;
static struct link flood[FLOOD];
static size_t n_flood;

static void set_up(void)
{
	w = world_new(&(struct world_options){ .http = { .connections = ALL, .connections_address = OF_ONE } });
	n_flood = 0;
}

static void tear_down(void)
{
	for (size_t i = 0; i < n_flood; i++)
		link_close(&flood[i]);
	world_free(w);
}

static void one_more(int host)
{
	flood[n_flood++] = link_dial_from(w, host);
}

/* The server has noticed all of the flood, and holds no more of it than it may. */
static void await_flood(size_t seen)
{
	for (int i = 0; i < 1000 && figure(w, STRANGERS) + figure(w, CUT) < (long)seen; i++)
		usleep(10000);
	ck_assert_int_ge(figure(w, STRANGERS) + figure(w, CUT), (long)seen);
	ck_assert_int_le(figure(w, STRANGERS), OF_ONE);
}

static bool is_served(int host)
{
	struct link l = link_dial_from(w, host);
	bool served = link_handshake(&l) && link_say(&l, LIST ANA) && link_hear(&l, "\"items\"");

	link_close(&l);
	return served;
}

START_TEST(who_comes_from_elsewhere_is_served_all_the_while)
{
	while (n_flood < FLOOD) {
		one_more(2);
		if (n_flood % 25 == 0)
			ck_assert_msg(is_served(1), "after %zu", n_flood);
	}
	await_flood(FLOOD);
	ck_assert(is_served(1));
}
END_TEST

/* None of the flood asks anything, so it is older than whoever does. */
START_TEST(who_shares_the_address_is_served_too)
{
	while (n_flood < 3 * OF_ONE)
		one_more(2);
	await_flood(n_flood);
	ck_assert(is_served(2));
}
END_TEST

START_TEST(who_is_known_is_not_counted_and_stays)
{
	struct link known[2 * OF_ONE];

	for (size_t i = 0; i < CC_ARRAY_LEN(known); i++) {
		known[i] = link_dial_from(w, 2);
		ck_assert(link_handshake(&known[i]) && link_say(&known[i], LIST ANA) && link_hear(&known[i], "\"items\""));
	}
	ck_assert_int_eq(figure(w, STRANGERS), 0);
	while (n_flood < 3 * OF_ONE)
		one_more(2);
	await_flood(n_flood);
	for (size_t i = 0; i < CC_ARRAY_LEN(known); i++) {
		ck_assert(link_say(&known[i], LIST ANA) && link_hear(&known[i], "\"items\""));
		link_close(&known[i]);
	}
}
END_TEST

/* A token that nobody knows makes nobody known. */
START_TEST(a_guessed_token_is_a_strangers)
{
	struct link l = link_dial_from(w, 2);

	ck_assert(link_handshake(&l) && link_say(&l, LIST HEAD "Authorization: Bearer guess\r\n\r\n") && link_hear(&l, "HTTP/1.1 401"));
	ck_assert_int_eq(figure(w, STRANGERS), 1);
	link_close(&l);
	await_figure(w, STRANGERS, 0);
}
END_TEST

/* Its body does not come, so it is not idle, and nothing says that it is not honest. */
static void begin_to_join(void)
{
	one_more(2);
	ck_assert(link_handshake(&flood[n_flood - 1]));
	ck_assert(link_say(&flood[n_flood - 1],
	        "POST /v1/join HTTP/1.1\r\n" HEAD "Content-Type: application/json\r\nContent-Length: 100\r\nX-Request-Id: crowd\r\n\r\n{"));
}

static bool is_refused(void)
{
	struct link l = link_dial_from(w, 2);
	const char *heard =
	        link_handshake(&l) && link_say(&l, "GET /v1/version HTTP/1.1\r\n" HEAD "Connection: close\r\n\r\n") ? link_hear_all(&l) : "";
	bool refused = strncmp(heard, "HTTP/1.1 429 ", 13) == 0;

	link_close(&l);
	ck_assert(!refused || (strstr(heard, "your address has too many connections") != NULL && strstr(heard, "Retry-After: ") != NULL));
	return refused;
}

START_TEST(one_too_many_of_those_that_ask_is_told_so)
{
	int n;

	while (n_flood < OF_ONE)
		begin_to_join();
	/* Until its head has been read one is idle, and makes room; so what comes too soon takes its place. */
	for (n = 1; n < 100 && !is_refused(); n++) {
		if (figure(w, STRANGERS) < OF_ONE)
			begin_to_join();
		usleep(5000 * (useconds_t)n); /* a slow machine gets its time */
	}
	ck_assert_int_lt(n, 100);
	ck_assert(is_served(2));
	ck_assert(is_served(1));
}
END_TEST

/* From many addresses, none of which has too many: together they would take all there is. */
START_TEST(a_flood_from_everywhere_makes_room_too)
{
	while (n_flood < 2 * ALL)
		one_more(2 + (int)(n_flood % 32));
	for (int i = 0; i < 1000 && figure(w, CUT) < ALL; i++)
		usleep(10000);
	ck_assert(is_served(1));
	ck_assert_int_le(figure(w, "cc_http_connections"), ALL + 1);
}
END_TEST

/* The other side of the unix socket is on this machine, and has a limit of its own. */
START_TEST(the_socket_knows_no_strangers)
{
	while (n_flood < 2 * OF_ONE)
		flood[n_flood++] = link_dial(w, false);
	await_figure(w, "cc_http_connections", 2 * OF_ONE + 1);
	ck_assert_int_eq(figure(w, STRANGERS), 0);
	for (size_t i = 0; i < n_flood; i++)
		ck_assert(!link_ended(&flood[i]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_crowd");
	TCase *tc = tcase_create("crowd");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, who_comes_from_elsewhere_is_served_all_the_while);
	tcase_add_test(tc, who_shares_the_address_is_served_too);
	tcase_add_test(tc, who_is_known_is_not_counted_and_stays);
	tcase_add_test(tc, a_guessed_token_is_a_strangers);
	tcase_add_test(tc, one_too_many_of_those_that_ask_is_told_so);
	tcase_add_test(tc, a_flood_from_everywhere_makes_room_too);
	tcase_add_test(tc, the_socket_knows_no_strangers);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
