/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Property: after any batches, what the database says is used on a node is the sum over the instances, snapshots and volumes on it, and a batch that would break a grant changes
 * nothing. CC_SEED replays a run. */
#include "tests/lib/random.h"
#include "tests/lib/store_fixture.h"

#include "common/clock.h"
#include "tests/lib/test.h"

#include <inttypes.h>
#include <stdlib.h>

enum { NODES = 4, INSTANCES = 24, VOLUMES = 8, SNAPSHOTS = 8, BATCHES = 150, OPS_MAX = 10 };

static struct store_fixture f;
static struct test_random random_state;

/* What should be in the database: plain structs, so that a snapshot is a copy. */
struct model {
	struct instance inst[INSTANCES];
	bool there[INSTANCES];
	struct volume vol[VOLUMES];
	bool vol_there[VOLUMES];
	struct snapshot snap[SNAPSHOTS];
	bool snap_there[SNAPSHOTS];
	const struct member *ada;
	struct node nodes[NODES];
};

static int random_below(int n)
{
	return (int)test_random_below(&random_state, (uint32_t)n);
}

static void begin(void)
{
	random_state = test_random_new();
	store_fixture_init(&f);
}

static void end(void)
{
	store_fixture_done(&f);
}

static void assign(struct model *m, struct instance *i)
{
	int n = random_below(NODES + 1);

	if (n < NODES)
		cc_set(i, instance, node, m->nodes[n].id);
	else
		cc_unset(i, instance, node);
}

static void resize(struct instance *i)
{
	i->cpu_millis = 10 + random_below(200);
	i->memory_mib = 4 + random_below(200);
	i->disk_mib = 1 + random_below(200);
}

/* Volumes come, get a node once, grow, and go for good: so no order of tables within a batch is above what it leads to. */
static void change_volume(struct model *m)
{
	int at = random_below(VOLUMES), n = random_below(NODES + 1);
	struct volume *v = &m->vol[at];

	if (m->vol_there[at] && random_below(4) == 0) {
		m->vol_there[at] = false;
		store_fixture_remove(&f, TABLE_VOLUME, v->id);
		*v = *store_fixture_volume(&f, v->name, m->ada, NULL);
		return;
	}
	m->vol_there[at] = true;
	v->size_mib += random_below(50);
	if (n < NODES && !cc_has(v, volume, node)) {
		v->state = VOLUME_READY;
		cc_set(v, volume, node, m->nodes[n].id);
	}
	store_fixture_put(&f, TABLE_VOLUME, v);
}

/* Snapshots come with a node, grow, and go for good: the same. */
static void change_snapshot(struct model *m)
{
	int at = random_below(SNAPSHOTS);
	struct snapshot *s = &m->snap[at];

	if (m->snap_there[at] && random_below(4) == 0) {
		m->snap_there[at] = false;
		store_fixture_remove(&f, TABLE_SNAPSHOT, s->id);
		*s = *store_fixture_snapshot(&f, s->name, &(struct instance){ .id = s->instance, .member = s->member });
		return;
	}
	if (!m->snap_there[at])
		s->node = m->nodes[random_below(NODES)].id;
	m->snap_there[at] = true;
	s->size_mib += random_below(50);
	store_fixture_put(&f, TABLE_SNAPSHOT, s);
}

/* One change of the model, and its effect; a row may be changed several times in a batch, or removed and put again. */
static void change_one(struct model *m)
{
	int at = random_below(INSTANCES);
	struct instance *i = &m->inst[at];

	if (m->there[at] && random_below(4) == 0) {
		m->there[at] = false;
		store_fixture_remove(&f, TABLE_INSTANCE, i->id);
		return;
	}
	m->there[at] = true;
	if (random_below(2))
		assign(m, i);
	if (random_below(2))
		resize(i);
	store_fixture_put(&f, TABLE_INSTANCE, i);
}

static void count_use(struct model *m)
{
	for (int n = 0; n < NODES; n++) {
		struct node *node = &m->nodes[n];

		node->used_cpu_millis = node->used_memory_mib = node->used_disk_mib = node->used_instances = 0;
		for (int i = 0; i < INSTANCES; i++) {
			const struct instance *inst = &m->inst[i];

			if (!m->there[i] || !cc_has(inst, instance, node) || !cc_uuid_equal(inst->node, node->id))
				continue;
			node->used_cpu_millis += inst->cpu_millis;
			node->used_memory_mib += inst->memory_mib;
			node->used_disk_mib += inst->disk_mib;
			node->used_instances++;
		}
		for (int i = 0; i < VOLUMES; i++)
			if (m->vol_there[i] && cc_has(&m->vol[i], volume, node) && cc_uuid_equal(m->vol[i].node, node->id))
				node->used_disk_mib += m->vol[i].size_mib;
		for (int i = 0; i < SNAPSHOTS; i++)
			if (m->snap_there[i] && cc_uuid_equal(m->snap[i].node, node->id))
				node->used_disk_mib += m->snap[i].size_mib;
	}
}

/* Grants at least what is used: often exactly that, so that every intermediate state matters. */
static void grant(struct node *n)
{
	n->granted_cpu_millis = n->used_cpu_millis + random_below(2) * random_below(300);
	n->granted_memory_mib = n->used_memory_mib + random_below(2) * random_below(300);
	n->granted_disk_mib = n->used_disk_mib + random_below(2) * random_below(300);
	n->granted_instances = n->used_instances + random_below(2) * random_below(3);
}

static bool fits(const struct node *n)
{
	return n->used_cpu_millis <= n->granted_cpu_millis && n->used_memory_mib <= n->granted_memory_mib &&
	       n->used_disk_mib <= n->granted_disk_mib && n->used_instances <= n->granted_instances;
}

static void change_grants(struct model *m)
{
	for (int n = 0; n < NODES; n++) {
		if (fits(&m->nodes[n]) && random_below(2))
			continue;
		grant(&m->nodes[n]);
		store_fixture_put(&f, TABLE_NODE, &m->nodes[n]);
	}
}

/* Grants one thing less than what is used of it; false when nothing is used anywhere. */
static bool break_one_grant(struct model *m)
{
	for (int n = 0; n < NODES; n++) {
		struct node *node = &m->nodes[n];

		if (node->used_instances == 0)
			continue;
		switch (random_below(4)) {
		case 0:
			node->granted_cpu_millis = node->used_cpu_millis - 1;
			break;
		case 1:
			node->granted_memory_mib = node->used_memory_mib - 1;
			break;
		case 2:
			node->granted_disk_mib = node->used_disk_mib - 1;
			break;
		default:
			node->granted_instances = node->used_instances - 1;
		}
		store_fixture_put(&f, TABLE_NODE, node);
		return true;
	}
	return false;
}

static void check_node(const struct zone *z, const struct node *want)
{
	const struct node *got = zone_find(z, TABLE_NODE, want->id);

	ck_assert_int_eq(got->used_cpu_millis, want->used_cpu_millis);
	ck_assert_int_eq(got->used_memory_mib, want->used_memory_mib);
	ck_assert_int_eq(got->used_disk_mib, want->used_disk_mib);
	ck_assert_int_eq(got->used_instances, want->used_instances);
	ck_assert_int_eq(got->granted_cpu_millis, want->granted_cpu_millis);
	ck_assert_int_eq(got->granted_memory_mib, want->granted_memory_mib);
	ck_assert_int_eq(got->granted_disk_mib, want->granted_disk_mib);
	ck_assert_int_eq(got->granted_instances, want->granted_instances);
}

static void check_database(const struct model *m)
{
	struct zone *z = store_fixture_load(&f);
	size_t there = 0;

	for (int i = 0; i < INSTANCES; i++) {
		ck_assert((zone_find(z, TABLE_INSTANCE, m->inst[i].id) != NULL) == m->there[i]);
		there += m->there[i];
	}
	ck_assert_uint_eq(zone_count(z, TABLE_INSTANCE), there + 1);
	for (int n = 0; n < NODES; n++)
		check_node(z, &m->nodes[n]);
	zone_free(z);
}

static void fill_model(struct model *m)
{
	struct member *ada = store_fixture_member(&f, "ada");
	struct image *image = store_fixture_image(&f, "debian", ada);
	struct instance *owner;

	store_fixture_put(&f, TABLE_MEMBER, ada);
	store_fixture_put(&f, TABLE_IMAGE, image);
	for (int n = 0; n < NODES; n++) {
		m->nodes[n] = *store_fixture_node(&f, cc_printf(f.arena, "n%d", n), ada);
		store_fixture_put(&f, TABLE_NODE, &m->nodes[n]);
	}
	for (int i = 0; i < INSTANCES; i++)
		m->inst[i] = *store_fixture_instance(&f, cc_printf(f.arena, "i%d", i), image, NULL);
	owner = store_fixture_instance(&f, "owner", image, NULL);
	store_fixture_put(&f, TABLE_INSTANCE, owner);
	for (int i = 0; i < SNAPSHOTS; i++)
		m->snap[i] = *store_fixture_snapshot(&f, cc_printf(f.arena, "s%d", i), owner);
	m->ada = ada;
	for (int i = 0; i < VOLUMES; i++)
		m->vol[i] = *store_fixture_volume(&f, cc_printf(f.arena, "v%d", i), ada, NULL);
	store_fixture_commit_ok(&f);
}

static void change_any(struct model *m)
{
	switch (random_below(4)) {
	case 0:
		change_volume(m);
		break;
	case 1:
		change_snapshot(m);
		break;
	default:
		change_one(m);
	}
}

START_TEST(what_is_used_is_the_sum_of_what_is_assigned)
{
	struct model m = { 0 };
	int refused = 0;

	fill_model(&m);
	for (int batch = 0; batch < BATCHES; batch++) {
		struct model before = m;

		for (int ops = random_below(OPS_MAX); ops >= 0; ops--)
			change_any(&m);
		count_use(&m);
		change_grants(&m);
		if (random_below(5) == 0 && break_one_grant(&m)) {
			store_fixture_commit_refused(&f, CC_INTERNAL, "within_grant");
			m = before;
			refused++;
		} else {
			store_fixture_commit_ok(&f);
		}
		check_database(&m);
	}
	ck_assert_int_gt(refused, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("use");
	TCase *tc = tcase_create("use");

	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, what_is_used_is_the_sum_of_what_is_assigned);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	pg_cluster_begin(store_fixture_fill);
	return test_run(suite());
}
