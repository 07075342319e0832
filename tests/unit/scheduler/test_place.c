/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each filter, tier and term by itself, at its borders. */
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <string.h>

#define CONTAINER SCHED_FEATURE_CONTAINER
#define VM        SCHED_FEATURE_VM
#define MOST      SCHED_AMOUNT_MAX

/* A node that takes the request below with nothing to spare. */
static const struct snapshot_node exact_node = { .features = CONTAINER,
	.owner = 1,
	.free_cpu = 500,
	.granted_cpu = 4000,
	.free_mib = 128,
	.granted_mib = 1024,
	.free_disk_mib = 1024,
	.free_instances = 1,
	.key = 1 };

static struct sched_req plain_request(void)
{
	return (struct sched_req){ .cpu_millis = 500,
		.memory_mib = 128,
		.disk_mib = 1024,
		.arches = sched_arch_bit("amd64"),
		.features = CONTAINER,
		.only_node = SCHED_ANY };
}

#define FITS SCHED_FELL_MAX

/* What differs from the exact node and the plain request; numbers are added. */
// clang-format off
static const struct {
	const char *what;
	enum sched_filter fell;
	bool silent, paused, drained;
	const char *arch;
	uint32_t features, want;
	int64_t cpu, mib, disk, instances;     /* more of it free */
	int64_t need_cpu, need_mib, need_disk; /* more of it needed */
	uint8_t barred;
} filter_cases[] = {
	{ "nothing to spare",             FITS },
	{ "silent",                       SCHED_FELL_SILENT,    .silent = true },
	{ "paused by its owner",          SCHED_FELL_PAUSED,    .paused = true },
	{ "drained by an admin",          SCHED_FELL_DRAINED,   .drained = true },
	{ "its owner comes first",        SCHED_FELL_PAUSED,    .paused = true, .drained = true, .cpu = -1 },
	{ "silent comes before all else", SCHED_FELL_SILENT,    .silent = true, .arch = "arm64", .cpu = -1, .disk = -1 },
	{ "another architecture",         SCHED_FELL_ARCH,      .arch = "arm64" },
	{ "an unknown architecture",      SCHED_FELL_ARCH,      .arch = "vax" },
	{ "a feature more than needed",   FITS,                 .features = CONTAINER | VM },
	{ "another feature",              SCHED_FELL_FEATURES,  .features = VM },
	{ "one of two features",          SCHED_FELL_FEATURES,  .want = CONTAINER | VM },
	{ "both features",                FITS,                 .features = CONTAINER | VM, .want = CONTAINER | VM },
	{ "lets its port not be had",     SCHED_FELL_PORT_CLOSED, .barred = SCHED_BARRED_PORT_CLOSED | SCHED_BARRED_PORT_TAKEN, .instances = -1 },
	{ "has the port taken",           SCHED_FELL_PORT_TAKEN, .barred = SCHED_BARRED_PORT_TAKEN, .instances = -1 },
	{ "as many instances as allowed", SCHED_FELL_INSTANCES, .instances = -1 },
	{ "more instances than allowed",  SCHED_FELL_INSTANCES, .instances = -2 },
	{ "one cpu unit less",            SCHED_FELL_CPU,       .cpu = -1 },
	{ "one cpu unit more needed",     SCHED_FELL_CPU,       .need_cpu = 1 },
	{ "no cpu needed",                FITS,                 .cpu = -600, .need_cpu = -500 },
	{ "cpu far below zero",           SCHED_FELL_CPU,       .cpu = -MOST, .need_cpu = MOST - 500 },
	{ "one MiB of memory less",       SCHED_FELL_MEMORY,    .mib = -1 },
	{ "one MiB more needed",          SCHED_FELL_MEMORY,    .need_mib = 1 },
	{ "no memory needed",             FITS,                 .mib = -129, .need_mib = -128 },
	{ "all the memory there may be",  FITS,                 .mib = MOST - 128, .need_mib = MOST - 128 },
	{ "one MiB of disk less",         SCHED_FELL_DISK,      .disk = -1 },
	{ "one MiB of disk more needed",  SCHED_FELL_DISK,      .need_disk = 1 },
	{ "no disk needed",               FITS,                 .disk = -1025, .need_disk = -1024 },
	{ "cpu comes before memory",      SCHED_FELL_CPU,       .cpu = -1, .mib = -1, .disk = -1 },
};
// clang-format on

START_TEST(a_node_falls_at_the_first_filter_it_fails)
{
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	struct snapshot_node node = exact_node;
	enum sched_filter want = filter_cases[_i].fell;
	struct sched_decision d;

	node.silent = filter_cases[_i].silent;
	node.paused = filter_cases[_i].paused;
	node.drained = filter_cases[_i].drained;
	node.arch = filter_cases[_i].arch;
	node.features = filter_cases[_i].features ? filter_cases[_i].features : CONTAINER;
	node.free_cpu += filter_cases[_i].cpu;
	node.free_mib += filter_cases[_i].mib;
	node.free_disk_mib += filter_cases[_i].disk;
	node.free_instances += filter_cases[_i].instances;
	req.features = filter_cases[_i].want ? filter_cases[_i].want : CONTAINER;
	req.cpu_millis += filter_cases[_i].need_cpu;
	req.memory_mib += filter_cases[_i].need_mib;
	req.disk_mib += filter_cases[_i].need_disk;
	req.barred = filter_cases[_i].barred != 0 ? &filter_cases[_i].barred : NULL;
	snapshot_add(&s, node);
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert_msg(d.placed == (want == FITS), "%s: %s", filter_cases[_i].what, snapshot_explain(&s, &d, &req));
	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		ck_assert_msg(d.fell[f] == (f == want), "%s: %u fell at filter %zu", filter_cases[_i].what, d.fell[f], f);
}
END_TEST

START_TEST(where_the_member_is_not_let_in_nothing_is_placed)
{
	static uint8_t unwelcome[SNAPSHOT_MAX];
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	struct sched_decision d;

	for (uint64_t key = 1; key <= 1000; key++) {
		struct snapshot_node node = exact_node;

		node.key = key;
		unwelcome[s.n] = s.n != 700;
		snapshot_add(&s, node);
	}
	req.unwelcome = unwelcome;
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert(d.placed);
	ck_assert_uint_eq(d.winner, 700);
	ck_assert_uint_eq(d.fell[SCHED_FELL_UNWELCOME], 999);
	unwelcome[700] = 1;
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert(!d.placed);
	ck_assert_ptr_nonnull(strstr(snapshot_explain(&s, &d, &req), "do not let this member in"));
}
END_TEST

START_TEST(an_unknown_architecture_matches_nothing_not_even_itself)
{
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	struct snapshot_node node = exact_node;

	node.arch = "vax";
	req.arches = sched_arch_bit("vax");
	snapshot_add(&s, node);
	ck_assert_uint_eq(snapshot_place(&s, &req, &sched_default_options).fell[SCHED_FELL_ARCH], 1);
}
END_TEST

START_TEST(an_empty_zone_takes_nothing)
{
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	struct sched_decision d = snapshot_place(&s, &req, &sched_default_options);

	ck_assert(!d.placed);
	ck_assert_uint_eq(d.winner, SCHED_ANY);
	ck_assert_int_eq(d.would_fit_cpu, -1);
	ck_assert_int_eq(d.would_fit_memory_mib, -1);
	ck_assert_int_eq(d.would_fit_disk_mib, -1);
}
END_TEST

/* Three nodes, of owners 1, 2 and 2; '+' takes the request, '-' is silent. */
// clang-format off
static const struct {
	const char *nodes;
	size_t only_node;
	uint32_t owner; /* 0: owns none */
	size_t winner;  /* SCHED_ANY: refused; 9: either of the last two */
	enum sched_tier tier;
} tier_cases[] = {
	{ "+++", SCHED_ANY, 1, 0,         SCHED_TIER_OWN },
	{ "+++", SCHED_ANY, 2, 9,         SCHED_TIER_OWN },
	{ "+-+", SCHED_ANY, 2, 2,         SCHED_TIER_OWN },
	{ "-+-", SCHED_ANY, 1, 1,         SCHED_TIER_ZONE },
	{ "+--", SCHED_ANY, 2, 0,         SCHED_TIER_ZONE },
	{ "+--", SCHED_ANY, 0, 0,         SCHED_TIER_ZONE },
	{ "--+", SCHED_ANY, 7, 2,         SCHED_TIER_ZONE },
	{ "+++", 1,         0, 1,         SCHED_TIER_ASKED_FOR },
	{ "+++", 1,         1, 1,         SCHED_TIER_ASKED_FOR },
	{ "+-+", 1,         1, SCHED_ANY, SCHED_TIER_ASKED_FOR },
	{ "+++", 3,         1, SCHED_ANY, SCHED_TIER_ASKED_FOR },
	{ "---", SCHED_ANY, 1, SCHED_ANY, SCHED_TIER_ZONE },
};
// clang-format on

START_TEST(the_nearest_tier_with_room_wins)
{
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	size_t want = tier_cases[_i].winner;
	struct sched_decision d;

	for (size_t i = 0; i < 3; i++) {
		struct snapshot_node node = exact_node;

		node.owner = i == 0 ? 1 : 2;
		node.silent = tier_cases[_i].nodes[i] == '-';
		node.key = i;
		/* The farther ones would win by score. */
		node.granted_mib = 1024 - 128 * (int64_t)i;
		snapshot_add(&s, node);
	}
	req.only_node = tier_cases[_i].only_node;
	req.have_owner = tier_cases[_i].owner != 0;
	req.owner = tier_cases[_i].owner;
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert_int_eq(d.placed, want != SCHED_ANY);
	if (want == 9)
		ck_assert_uint_ge(d.winner, 1);
	else
		ck_assert_uint_eq(d.winner, want);
	if (d.placed)
		ck_assert_int_eq(d.tier, tier_cases[_i].tier);
}
END_TEST

// clang-format off
static const struct {
	const char *what;
	int64_t granted_cpu, free_cpu, need_cpu;
	int64_t granted_mib, free_mib, need_mib;
	int32_t fit, load;
} term_cases[] = {
	{ "an idle node",                    4000, 4000, 500,    1024, 1024, 128,     125,  875 },
	{ "memory is the larger share",      4000, 4000, 500,    1024, 1024, 512,     500,  500 },
	{ "cpu is the larger share",         1000, 1000, 700,    1024, 1024, 512,     700,  300 },
	{ "the scarcer is the other one",    4000, 1000, 100,    1024, 1024, 512,     500,  225 },
	{ "equal shares go to memory",       1000, 500,  500,    1000, 1000, 500,     500,  0 },
	{ "all that is left",                4000, 500,  500,    1024, 128,  128,     1000, 0 },
	{ "nothing needed, nothing used",    4000, 4000, 0,      1024, 1024, 0,       0,    1000 },
	{ "no cpu granted and none needed",  0,    0,    0,      1024, 1024, 256,     250,  750 },
	{ "more used than granted",          1000, -500, 0,      1024, 1024, 256,     250,  0 },
	{ "a thousandth is rounded down",    4000, 4000, 1,      1024, 1024, 0,       0,    1000 },
	{ "a thousandth and a bit",          3000, 3000, 4,      1024, 1024, 0,       1,    999 },
	{ "one of the most there may be",    MOST, MOST, 1,      MOST, MOST, 1,       0,    1000 },
	{ "half of the most there may be",   MOST, MOST, MOST/2, MOST, MOST, 1,       500,  500 },
	{ "all of the most there may be",    MOST, MOST, MOST,   MOST, MOST, MOST,    1000, 0 },
	{ "the most, on the least",          1,    -MOST, 0,     1,    1,    1,       1000, 0 },
};
// clang-format on

START_TEST(terms_are_shares_in_thousandths)
{
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	struct snapshot_node node = exact_node;
	struct sched_decision d;

	node.granted_cpu = term_cases[_i].granted_cpu;
	node.free_cpu = term_cases[_i].free_cpu;
	node.granted_mib = term_cases[_i].granted_mib;
	node.free_mib = term_cases[_i].free_mib;
	req.cpu_millis = term_cases[_i].need_cpu;
	req.memory_mib = term_cases[_i].need_mib;
	snapshot_add(&s, node);
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert_msg(d.placed, "%s", snapshot_explain(&s, &d, &req));
	ck_assert_msg(d.terms[SCHED_TERM_FIT] == term_cases[_i].fit, "%s: fit is %d", term_cases[_i].what, d.terms[SCHED_TERM_FIT]);
	ck_assert_msg(d.terms[SCHED_TERM_LOAD] == term_cases[_i].load, "%s: load is %d", term_cases[_i].what, d.terms[SCHED_TERM_LOAD]);
}
END_TEST

START_TEST(shares_are_exact_up_to_32_tib)
{
	struct random r = { random_seed() };
	struct snapshot s = { .n = 1, .nodes = { exact_node } };
	struct sched_req req = plain_request();

	for (int k = 0; k < 1000; k++) {
		struct snapshot_node *n = &s.nodes[0];
		struct sched_decision d;

		n->granted_mib = random_between(&r, 1, 1 << 25);
		n->free_mib = random_between(&r, 1, n->granted_mib);
		n->granted_cpu = n->free_cpu = req.cpu_millis = 0;
		req.memory_mib = random_between(&r, 1, n->free_mib);
		d = snapshot_place(&s, &req, &sched_default_options);
		ck_assert_int_eq(d.terms[SCHED_TERM_LOAD], 1000 - 1000 * (n->granted_mib - n->free_mib + req.memory_mib) / n->granted_mib);
	}
}
END_TEST

/* Nodes of 1024 MiB with so much free; a large one of 65536 MiB with all free. */
START_TEST(the_default_spreads_and_fit_packs)
{
	static const int64_t free_mib[] = { 256, 1024, 512 };
	struct sched_options pack = { .weight = { [SCHED_TERM_FIT] = 1 } };
	struct snapshot s = { .n = 0 };
	struct sched_req req = plain_request();
	struct snapshot_node node = exact_node;

	req.cpu_millis = 0;
	for (size_t i = 0; i < CC_ARRAY_LEN(free_mib); i++) {
		node.free_mib = free_mib[i];
		node.key = i;
		snapshot_add(&s, node);
	}
	for (size_t i = 0; i < s.n; i++)
		s.nodes[i].free_cpu = s.nodes[i].granted_cpu;
	ck_assert_uint_eq(snapshot_place(&s, &req, &sched_default_options).winner, 1);
	ck_assert_uint_eq(snapshot_place(&s, &req, &pack).winner, 0);
	node.free_cpu = node.granted_cpu;
	node.free_mib = node.granted_mib = 65536;
	node.key = 9;
	snapshot_add(&s, node);
	ck_assert_uint_eq(snapshot_place(&s, &req, &sched_default_options).winner, 3);
}
END_TEST

START_TEST(the_seed_decides_between_equals)
{
	struct snapshot s = { .n = 2, .nodes = { exact_node, exact_node } };
	struct sched_req req = plain_request();
	int first = 0;

	s.nodes[1].key = 2;
	for (req.seed = 0; req.seed < 1000; req.seed++) {
		struct sched_decision d = snapshot_place(&s, &req, &sched_default_options);

		ck_assert(d.have_runner_up && d.margin == 0);
		first += d.winner == 0;
	}
	ck_assert_msg(first > 400 && first < 600, "one of two equal nodes won %d times of 1000", first);
}
END_TEST

START_TEST(the_largest_weights_do_not_overflow)
{
	struct sched_options opt = { .weight = { INT32_MAX, INT32_MAX } };
	struct snapshot s = { .n = 1, .nodes = { exact_node } };
	struct sched_req req = plain_request();

	ck_assert_int_eq(snapshot_place(&s, &req, &opt).score, (int64_t)INT32_MAX * 1000);
	opt = (struct sched_options){ .weight = { INT32_MIN, INT32_MIN } };
	ck_assert_int_eq(snapshot_place(&s, &req, &opt).score, (int64_t)INT32_MIN * 1000);
}
END_TEST

START_TEST(every_filter_tier_and_term_has_words)
{
	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		ck_assert_ptr_nonnull(sched_filter_text((enum sched_filter)f));
	for (size_t t = 0; t < SCHED_TIER_MAX; t++)
		ck_assert_ptr_nonnull(sched_tier_text((enum sched_tier)t));
	for (size_t t = 0; t < SCHED_TERM_MAX; t++)
		ck_assert_ptr_nonnull(sched_term_text((enum sched_term)t));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scheduler");
	TCase *tc = tcase_create("place");

	tcase_add_loop_test(tc, a_node_falls_at_the_first_filter_it_fails, 0, CC_ARRAY_LEN(filter_cases));
	tcase_add_test(tc, where_the_member_is_not_let_in_nothing_is_placed);
	tcase_add_test(tc, an_unknown_architecture_matches_nothing_not_even_itself);
	tcase_add_test(tc, an_empty_zone_takes_nothing);
	tcase_add_loop_test(tc, the_nearest_tier_with_room_wins, 0, CC_ARRAY_LEN(tier_cases));
	tcase_add_loop_test(tc, terms_are_shares_in_thousandths, 0, CC_ARRAY_LEN(term_cases));
	tcase_add_test(tc, shares_are_exact_up_to_32_tib);
	tcase_add_test(tc, the_default_spreads_and_fit_packs);
	tcase_add_test(tc, the_seed_decides_between_equals);
	tcase_add_test(tc, the_largest_weights_do_not_overflow);
	tcase_add_test(tc, every_filter_tier_and_term_has_words);
	suite_add_tcase(s, tc);
	return test_run(s);
}
