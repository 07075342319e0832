/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Today's agent under controllers of every released protocol, and of one to come: it is given what they answered, has to do what that says, and to tell so. Each of its reports
 * is read strictly by the scripted controller. */
#include "common/json.h"
#include "tests/unit/agent/agent_fixture.h"
#include "tests/unit/agent/recorded.h"

#include <stdlib.h>

static char **files;

static void take_up(const struct assignment *a)
{
	static const enum observed wanted[] = {
		[DESIRED_RUN] = OBSERVED_RUNNING, [DESIRED_STOP] = OBSERVED_STOPPED, [DESIRED_DELETE] = OBSERVED_GONE
	};
	int n = a->id.b[1] % TEST_INSTANCES;

	world_wait_state(n, wanted[a->desired], a->boot_sn);
	ck_assert_int_eq(controller_told(controller, n).epoch, a->epoch);
}

/* Their ports are none of those that it may dial: it writes them down and starts again. */
static void learn(const struct cc_texts *controllers)
{
	struct spool_identity *who = NULL;
	struct cc_error err = { 0 };

	ck_assert_int_eq(agent_wait(&err), 0);
	ck_assert_int_eq(spool_load_identity(state_dir, &who, &err), 0);
	ck_assert_uint_eq(who->controllers.n, controllers->n + 1);
	ck_assert_str_eq(who->controllers.items[1], controllers->items[0]);
	free(who);
	controller_answer_raw(controller, 0, NULL);
	agent_begin();
}

static struct node_orders read_orders(const char *orders, struct cc_arena *a)
{
	struct cc_error err = { 0 };
	struct node_orders o;

	ck_assert_msg(cc_json_decode(&node_orders_desc, orders, strlen(orders), CC_JSON_LENIENT, &o, a, &err) == 0, "%s", err.msg);
	return o;
}

/* Before the agent starts, for it asks once what is unpacked. */
static void unpack_images(const char *orders)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct node_orders o = read_orders(orders, a);

	for (size_t i = 0; i < o.assignments.n; i++)
		fake_priv_add_image(priv, o.assignments.items[i].image_sha256);
}

/* Whatever it is: the node comes for it, and says that it cannot when it does not know how. */
static void carry(const struct stream_order *o)
{
	char error[256];

	if (cc_has(o, stream_order, kind) && !cc_has(o, stream_order, needs)) {
		world_eventually(fake_priv_calls(priv, PRIV_CT_EXEC) > 0);
		return;
	}
	ck_assert_int_eq(controller_exit_status(controller, error, sizeof(error)), -1);
	ck_assert_msg(strstr(error, "conflict: not supported by cc-agent") != NULL && strstr(error, "upgrade") != NULL, "%s", error);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_EXEC), 0);
}

static void be_told(const char *orders)
{
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct node_orders o = read_orders(orders, a);

	if (o.streams.n > 0)
		controller_open_order(controller, &(struct stream_order){ .id = o.streams.items[0].id });
	controller_answer_raw(controller, 200, orders);
	if (cc_has(&o, node_orders, controllers)) {
		learn(&o.controllers);
		return;
	}
	ck_assert_msg(controller_wait_revision(controller, o.revision), "not taken in: %s", orders);
	for (size_t i = 0; i < o.assignments.n; i++)
		take_up(&o.assignments.items[i]);
	if (o.streams.n > 0)
		carry(&o.streams.items[0]);
}

START_TEST(what_controllers_of_that_time_answered_is_done)
{
	struct recorded r = recorded_read(files[_i], "node_orders");

	for (size_t i = 0; i < r.n; i++)
		unpack_images(r.items[i]);
	agent_begin();
	for (size_t i = 0; i < r.n; i++)
		be_told(r.items[i]);
	agent_end_well();
	recorded_free(&r);
}
END_TEST

START_TEST(an_answer_that_no_controller_ever_gave_is_noticed)
{
	agent_begin();
	ck_assert(controller_wait_listening(controller));
	controller_answer_raw(controller, 200, "{\"revision\":77,\"full\":true,\"assignments\":[]}");
	usleep(300000);
	controller_answer_raw(controller, 0, NULL);
	ck_assert(controller_wait_revision(controller, 10));
	agent_end_well();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("agent_protocol");
	TCase *tc = tcase_create("protocol");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, what_controllers_of_that_time_answered_is_done, 0, (int)recorded_files(&files));
	tcase_add_test(tc, an_answer_that_no_controller_ever_gave_is_noticed);
	suite_add_tcase(s, tc);
	return test_run(s);
}
