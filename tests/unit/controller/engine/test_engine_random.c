/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random histories of a zone: members ask, nodes report truth, stale truth and lies, time passes, several commands make a batch and several batches are under
 * way, and some are lost and the zone is loaded again. After every step the books balance; what a node says of others' instances has changed nothing, and
 * neither has a lost batch. CC_SEED replays. */
#include "common/json.h"
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

/* The published instance, every field of it. */
static const char *instance_text(const char *name)
{
	const struct instance *inst = instance_now(&f, name);
	cc_auto_buf struct cc_buf b = { 0 };

	if (inst == NULL)
		return "";
	cc_json_encode(&instance_desc, inst, &b);
	return cc_arena_strdup(f.arena, cc_buf_str(&b));
}

static int64_t revision_now(void)
{
	int64_t revision = zone_revision(engine_read_begin(f.engine));

	engine_read_end(f.engine);
	return revision;
}

/* What a node says of an instance that is not its own, or was before. */
static void lie(struct test_random *r, const char *name)
{
	const struct instance *inst = instance_now(&f, name);
	struct cc_uuid liar = nodes[test_random_below(r, NODES)];
	const char *before = instance_text(name);
	struct instance told;

	if (inst == NULL)
		return;
	told = *inst;
	told.epoch += (int64_t)test_random_below(r, 3) - 1;
	observe(&f, liar, &told, (enum observed)test_random_below(r, OBSERVED_MAX));
	if (!cc_uuid_equal(liar, inst->node))
		ck_assert_str_eq(instance_text(name), before);
}

static void one_command(struct test_random *r)
{
	const char *name = name_of(test_random_below(r, NAMES));
	const struct instance *inst = instance_now(&f, name);

	switch (test_random_below(r, 5)) {
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
		tick(&f, (int64_t)test_random_below(r, 30000));
		break;
	}
}

/* Later commands of a step are decided on top of the earlier ones, which nobody sees yet. */
static void one_step(struct test_random *r)
{
	int64_t before = revision_now();

	if (test_random_below(r, 6) == 0) {
		lie(r, name_of(test_random_below(r, NAMES)));
		return;
	}
	f.lose = test_random_below(r, 8) == 0;
	f.gather = true;
	for (uint32_t n = 1 + test_random_below(r, 6); n > 0; n--)
		one_command(r);
	f.gather = false;
	ck_assert_int_eq(revision_now(), before);
	engine_run_many(&f);
	if (f.lose)
		ck_assert_int_eq(revision_now(), before);
	f.lose = false;
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
	struct engine_options small = engine_fixture_options;

	engine_fixture_init(&f);
	small.batch_max = 2;
	engine_fixture_reload(&f, &small);
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
