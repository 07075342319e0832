/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports of nodes that lead to instances: who gets which, and what is said to who does not. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <string.h>

static struct engine_fixture f;
static struct cc_uuid ada, bo;
static struct principal eva;

static void setup(void)
{
	engine_fixture_init(&f);
	ada = a_node(&f, "ada", 1024);
	bo = a_node(&f, "bo", 1024);
	an_image(&f, "busybox");
	eva = as_member(a_member(&f, "eva"));
}

static void teardown(void)
{
	check_books(&f);
	engine_fixture_done(&f);
}

#define TCP(node_port, to)                          \
	{                                           \
		0, node_port, to, PORT_PROTOCOL_TCP \
	}
#define UDP(node_port, to)                                                          \
	{                                                                           \
		CC_BIT(published_port_f_protocol), node_port, to, PORT_PROTOCOL_UDP \
	}

static struct command *publish_at_birth(struct principal who, const char *name, const char *node, const struct published_port *ports, size_t n)
{
	struct instance_spec *spec = cc_new(f.arena, struct instance_spec);
	struct cmd_instance_create *args = cc_new(f.arena, struct cmd_instance_create);

	*spec = (struct instance_spec){ .name = name, .image = "busybox" };
	if (node != NULL)
		cc_set(spec, instance_spec, node, node);
	spec->publish.n = n;
	spec->publish.items = (struct published_port *)ports;
	spec->has |= CC_BIT(instance_spec_f_publish);
	*args = (struct cmd_instance_create){ .spec = spec, .id = engine_fixture_id(&f) };
	return engine_run(&f, COMMAND_INSTANCE_CREATE, who, args);
}

static struct command *publish(struct principal who, const char *name, const struct published_port *ports, size_t n)
{
	struct instance_change *c = cc_new(f.arena, struct instance_change);
	struct cmd_instance_change *args = cc_new(f.arena, struct cmd_instance_change);

	c->publish.n = n;
	c->publish.items = (struct published_port *)ports;
	c->has |= CC_BIT(instance_change_f_publish);
	*args = (struct cmd_instance_change){ .ref = name, .change = c };
	return engine_run(&f, COMMAND_INSTANCE_CHANGE, who, args);
}

static void assert_answer(const struct command *cmd, enum cc_code code, const char *says)
{
	ck_assert_msg(cmd->error.code == code, "%s: %s", cc_code_info(cmd->error.code)->slug, cmd->error.msg);
	ck_assert_msg(strstr(cmd->error.msg, says) != NULL, "%s", cmd->error.msg);
}

static void report_ports(struct cc_uuid node, int64_t from, int64_t to)
{
	struct node_report r = { 0 };
	struct cmd_node_sync args = { .report = &r, .node = node };

	cc_set(&r, node_report, publish_from, from);
	cc_set(&r, node_report, publish_to, to);
	ck_assert_int_eq(engine_run(&f, COMMAND_NODE_SYNC, as_node(node), &args)->error.code, CC_OK);
}

static const struct published_port web[] = { TCP(8080, 80) }, web_and_names[] = { TCP(8080, 80), UDP(5300, 53) };

START_TEST(a_port_leads_to_one_instance_of_a_node)
{
	static const struct published_port other_protocol[] = { UDP(8080, 80) };

	assert_answer(publish_at_birth(as_admin, "one", "ada", web_and_names, 2), CC_OK, "");
	assert_answer(
	        publish_at_birth(as_admin, "two", "ada", web, 1), CC_CONFLICT, "port 8080/tcp of the node 'ada' leads to the instance 'one' already");
	assert_answer(
	        publish_at_birth(eva, "two", "ada", web, 1), CC_CONFLICT, "port 8080/tcp of the node 'ada' leads to an instance of another member");
	assert_answer(publish_at_birth(eva, "two", "ada", other_protocol, 1), CC_OK, "");
	assert_answer(publish_at_birth(eva, "three", "bo", web, 1), CC_OK, "");
	/* What is deleted has it no longer; but until its node has said so, it does. */
	act(&f, as_admin, "one", ACT_DELETE);
	assert_answer(publish_at_birth(eva, "four", "ada", web, 1), CC_CONFLICT, "another member");
	observe(&f, ada, instance_now(&f, "one"), OBSERVED_GONE);
	assert_answer(publish_at_birth(eva, "four", "ada", web, 1), CC_OK, "");
}
END_TEST

START_TEST(a_node_where_the_port_is_taken_is_passed_over)
{
	const struct command *cmd;

	for (int i = 0; i < 2; i++)
		assert_answer(publish_at_birth(as_admin, i == 0 ? "one" : "two", NULL, web, 1), CC_OK, "");
	ck_assert(!cc_uuid_equal(instance_now(&f, "one")->node, instance_now(&f, "two")->node));
	cmd = publish_at_birth(as_admin, "three", NULL, web, 1);
	assert_answer(cmd, CC_NO_CAPACITY, "2 have the port taken");
	ck_assert_uint_eq(cmd->placement->fell.n, 1);
	ck_assert_str_eq(cmd->placement->fell.items[0].reason, "the port is taken");
}
END_TEST

START_TEST(the_owner_says_which_ports_there_are)
{
	static const struct published_port ssh[] = { TCP(22, 22) };
	struct cc_uuid where;

	assert_answer(publish_at_birth(as_admin, "one", "ada", ssh, 1), CC_NO_CAPACITY,
	        "port 22/tcp: the owner of the node 'ada' lets the ports 1024 to 65535 be");
	assert_answer(publish_at_birth(as_admin, "one", NULL, ssh, 1), CC_NO_CAPACITY, "2 let no such port be published");
	report_ports(bo, 22, 22);
	assert_answer(publish_at_birth(as_admin, "one", NULL, ssh, 1), CC_OK, "");
	where = instance_now(&f, "one")->node;
	ck_assert(cc_uuid_equal(where, bo));
	report_ports(ada, 0, 0);
	assert_answer(publish_at_birth(as_admin, "two", "ada", web, 1), CC_NO_CAPACITY, "the owner of the node 'ada' lets no ports be published");
	/* What it has already stays when the owner changes their mind. */
	report_ports(bo, 0, 0);
	assert_answer(publish(as_admin, "one", ssh, 1), CC_OK, "");
	assert_answer(publish(as_admin, "one", web, 1), CC_NO_CAPACITY, "lets no ports be published");
}
END_TEST

START_TEST(ports_change_while_it_runs_and_the_node_hears_of_it)
{
	struct node_report r = { 0 };
	struct node_orders orders;

	assert_answer(publish_at_birth(eva, "one", "ada", web, 1), CC_OK, "");
	assert_answer(publish_at_birth(eva, "two", "ada", NULL, 0), CC_OK, "");
	ck_assert(!cc_has(instance_now(&f, "two"), instance, publish));
	assert_answer(publish(eva, "two", web, 1), CC_CONFLICT, "leads to the instance 'one' already");
	assert_answer(publish(eva, "one", web_and_names + 1, 1), CC_OK, "");
	assert_answer(publish(eva, "two", web, 1), CC_OK, "");
	orders_build(engine_read_begin(f.engine), &r, ada, &orders, f.arena);
	engine_read_end(f.engine);
	ck_assert_uint_eq(orders.assignments.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct assignment *a = &orders.assignments.items[i];
		bool is_one = strcmp(a->name, "one") == 0;

		ck_assert(cc_has(a, assignment, publish) && cc_has(a, assignment, member) && cc_uuid_equal(a->member, eva.id));
		ck_assert_uint_eq(a->publish.n, 1);
		ck_assert_int_eq(a->publish.items[0].node_port, is_one ? 5300 : 8080);
		ck_assert_int_eq(a->publish.items[0].protocol, is_one ? PORT_PROTOCOL_UDP : PORT_PROTOCOL_TCP);
	}
	assert_answer(publish(eva, "one", NULL, 0), CC_OK, "");
	ck_assert(!cc_has(instance_now(&f, "one"), instance, publish));
	assert_answer(publish(as_member(a_member(&f, "otto")), "one", web, 1), CC_NOT_FOUND, "");
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct published_port many[17];
	static const struct published_port twice[] = { TCP(8080, 80), TCP(8080, 81) };

	for (int i = 0; i < 17; i++)
		many[i] = (struct published_port)TCP(2000 + i, 80);
	assert_answer(publish_at_birth(as_admin, "one", NULL, many, 17), CC_INVALID, "17 ports; an instance can publish 16 at most");
	assert_answer(publish_at_birth(as_admin, "one", NULL, twice, 2), CC_INVALID, "port 8080/tcp is given twice");
	assert_answer(publish_at_birth(as_admin, "one", NULL, many, 16), CC_OK, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("publish");
	TCase *t = tcase_create("publish");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_port_leads_to_one_instance_of_a_node);
	tcase_add_test(t, a_node_where_the_port_is_taken_is_passed_over);
	tcase_add_test(t, the_owner_says_which_ports_there_are);
	tcase_add_test(t, ports_change_while_it_runs_and_the_node_hears_of_it);
	tcase_add_test(t, nonsense_is_refused);
	suite_add_tcase(s, t);
	return test_run(s);
}
