/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random histories of a zone: members ask, nodes report truth, stale truth and lies, time passes, batches are lost. After every step the books balance, and
 * what a node says of others' instances has changed nothing. CC_SEED replays. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/random.h"
#include "tests/lib/test.h"

#define STEPS 4000
#define NODES 4
#define NAMES 12

static struct engine_fixture f;
static struct cc_uuid nodes[NODES];

static const char *name_of(uint32_t i)
{
	return cc_printf(f.arena, "i%u", i);
}

static void one_step(struct test_random *r)
{
	const char *name = name_of(test_random_below(r, NAMES));
	const struct instance *inst = instance_now(&f, name);
	struct instance lie;

	switch (test_random_below(r, 6)) {
	case 0:
	case 1:
		create(&f, as_admin, name, "busybox", 4 + (int64_t)test_random_below(r, 400));
		break;
	case 2:
		act(&f, as_admin, name, (enum instance_act)test_random_below(r, ACT_MAX));
		break;
	case 3:
		if (inst != NULL)
			observe(&f, inst->node, inst, (enum observed)test_random_below(r, OBSERVED_MAX));
		break;
	case 4:
		if (inst == NULL)
			break;
		lie = *inst;
		lie.epoch += (int64_t)test_random_below(r, 3) - 1;
		observe(&f, nodes[test_random_below(r, NODES)], &lie, (enum observed)test_random_below(r, OBSERVED_MAX));
		break;
	case 5:
		tick(&f, (int64_t)test_random_below(r, 30000));
		break;
	}
}

static void check_states(void)
{
	const struct zone *z = engine_read_begin(f.engine);
	const struct instance *inst;

	for (size_t at = 0; (inst = zone_next(z, TABLE_INSTANCE, &at)) != NULL;) {
		ck_assert(cc_has(inst, instance, node) || inst->state == INST_REQUESTED);
		ck_assert_int_ge(inst->epoch, 1);
		ck_assert((inst->state == INST_DELETING) == (inst->desired == DESIRED_DELETE));
		if (inst->state == INST_STOPPING || inst->state == INST_STOPPED)
			ck_assert_int_eq(inst->desired, DESIRED_STOP);
		ck_assert_ptr_nonnull(zone_find(z, TABLE_PLACEMENT, inst->id));
	}
	ck_assert_uint_eq(zone_count(z, TABLE_PLACEMENT), zone_count(z, TABLE_INSTANCE));
	engine_read_end(f.engine);
}

START_TEST(the_books_balance_after_every_step)
{
	static const char *const names[NODES] = { "ada", "bo", "cy", "di" };
	struct test_random r = test_random_new();

	engine_fixture_init(&f);
	for (int i = 0; i < NODES; i++)
		nodes[i] = a_node(&f, names[i], 256 << i);
	an_image(&f, "busybox");
	for (int i = 0; i < STEPS; i++) {
		one_step(&r);
		check_books(&f);
		check_states();
	}
	engine_fixture_done(&f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine random");
	TCase *tc = tcase_create("histories");

	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, the_books_balance_after_every_step);
	suite_add_tcase(s, tc);
	return test_run(s);
}
