/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Durable creates per second through the store, as the engine makes them: per create an instance, its placement and an idempotency key, per batch the nodes
 * that they are on. The floor is the same batches over tables without references, unique names, checks and triggers; and what the disk alone would allow.
 * Then the time to load what was created.
 *
 * Usage: bench_store [SECONDS-PER-FIGURE] */
#include "common/clock.h"
#include "tests/lib/store_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>

enum { NODES = 100 };

static const int batch_sizes[] = { 1, 8, 64, 256 };

static struct store_fixture f;
static struct member *ada;
static struct image *image;
static struct node *nodes[NODES];
static int64_t made;

static void make_zone(void)
{
	ada = store_fixture_member(&f, "ada");
	image = store_fixture_image(&f, "debian", ada);
	store_fixture_put(&f, TABLE_MEMBER, ada);
	store_fixture_put(&f, TABLE_IMAGE, image);
	for (int n = 0; n < NODES; n++) {
		nodes[n] = store_fixture_node(&f, cc_printf(f.arena, "n%d", n), ada);
		nodes[n]->granted_cpu_millis = nodes[n]->granted_memory_mib = nodes[n]->granted_disk_mib = nodes[n]->granted_instances = INT64_MAX;
		store_fixture_put(&f, TABLE_NODE, nodes[n]);
	}
	store_fixture_commit_ok(&f);
}

static void put_create(struct cc_arena *scratch)
{
	struct node *node = nodes[made % NODES];
	struct placement p = { .decided = made, .placed = true, .considered = NODES };
	struct idempotency key = { .request = image->sha256, .created = made };
	struct instance inst = *store_fixture_instance(&f, cc_printf(scratch, "i%d", (int)made), image, node);

	inst.id = cc_uuid_new(cc_now_ms());
	inst.reason = inst.address = "";
	p.id = key.resource = inst.id;
	cc_set(&p, placement, node, node->id);
	cc_set(&p, placement, node_name, node->name);
	key.id = cc_uuid_new(cc_now_ms());
	store_fixture_put(&f, TABLE_INSTANCE, &inst);
	store_fixture_put(&f, TABLE_PLACEMENT, &p);
	store_fixture_put(&f, TABLE_IDEMPOTENCY, &key);
	store_fixture_put(&f, TABLE_NODE, node);
	made++;
}

static double creates_per_second(int batch, int64_t for_ms)
{
	int64_t start = cc_boottime_ms(), first = made, took;

	do {
		struct cc_arena *scratch = cc_arena_new(0);

		for (int i = 0; i < batch; i++)
			put_create(scratch);
		store_fixture_commit_ok(&f);
		cc_arena_free(scratch);
		took = cc_boottime_ms() - start;
	} while (took < for_ms);
	return (double)(made - first) * 1000 / (double)took;
}

static double syncs_per_second(int64_t for_ms)
{
	static const char page[8192];
	int64_t start = cc_boottime_ms(), n = 0, took;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/sync", pg_cluster_dir());
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CC_PRE(fd >= 0);
	do {
		CC_PRE(pwrite(fd, page, sizeof(page), n++ % 128 * (off_t)sizeof(page)) == sizeof(page) && fdatasync(fd) == 0);
		took = cc_boottime_ms() - start;
	} while (took < for_ms);
	close(fd);
	return (double)n * 1000 / (double)took;
}

/* The same batches without the rules; keys stay, for ON CONFLICT. */
static void drop_rules(void)
{
	pg_exec(&f.db,
	        "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname, conrelid::regclass AS t FROM pg_constraint WHERE contype IN ('f', 'u', 'c') "
	        "AND connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT IN ('zone', 'controller_heartbeat') LOOP "
	        "EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$;"
	        "DROP INDEX instance_member, instance_image, instance_node;"
	        "DROP TRIGGER instance_use_insert ON instance; DROP TRIGGER instance_use_update ON instance");
}

static void measure(const char *what, int64_t for_ms, double *ret)
{
	store_fixture_init(&f);
	if (strcmp(what, "floor") == 0)
		drop_rules();
	make_zone();
	(void)creates_per_second(64, 500);
	for (size_t i = 0; i < CC_ARRAY_LEN(batch_sizes); i++) {
		ret[i] = creates_per_second(batch_sizes[i], for_ms);
		printf("store_%s_batch_%d %.0f creates/s\n", what, batch_sizes[i], ret[i]);
		fflush(stdout);
	}
}

static void measure_load(void)
{
	int64_t start = cc_boottime_ms(), took;
	struct zone *z = store_fixture_load(&f);
	size_t rows = 0;

	took = cc_boottime_ms() - start;
	for (enum table t = 0; t < TABLE_MAX; t++)
		rows += zone_count(z, t);
	printf("store_load %.0f rows/s\n", (double)rows * 1000 / (double)(took > 0 ? took : 1));
	zone_free(z);
}

static int64_t for_ms = 3000;

/* The fixtures speak Check, so that is what runs it. */
START_TEST(measure_all)
{
	double ours[CC_ARRAY_LEN(batch_sizes)], floor[CC_ARRAY_LEN(batch_sizes)];

	printf("disk_syncs %.0f syncs/s\n", syncs_per_second(1000));
	measure("commit", for_ms, ours);
	measure_load();
	store_fixture_done(&f);
	measure("floor", for_ms, floor);
	store_fixture_done(&f);
	for (size_t i = 0; i < CC_ARRAY_LEN(batch_sizes); i++)
		printf("store_ratio_batch_%d %.2f of_floor\n", batch_sizes[i], ours[i] / floor[i]);
}
END_TEST

static void make_durable(void)
{
	struct pg_db admin = { .name = "postgres" };

	snprintf(admin.conninfo, sizeof(admin.conninfo), "host=%s user=postgres dbname=postgres", pg_cluster_dir());
	pg_exec(&admin, "ALTER SYSTEM SET fsync = on");
	pg_exec(&admin, "ALTER SYSTEM SET full_page_writes = on");
	pg_exec(&admin, "SELECT pg_reload_conf()");
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("store");
	TCase *tc = tcase_create("store");
	SRunner *runner = srunner_create(s);
	int failed;

	if (argc > 1)
		for_ms = strtoll(argv[1], NULL, 10) * 1000;
	pg_cluster_begin(store_fixture_fill);
	make_durable();
	tcase_add_test(tc, measure_all);
	suite_add_tcase(s, tc);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	if (failed > 0) {
		TestResult **why = srunner_failures(runner);

		fprintf(stderr, "error: %s\n", tr_msg(why[0]));
		free(why);
	}
	srunner_free(runner);
	return failed > 0;
}
