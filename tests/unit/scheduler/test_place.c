/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each filter, tier and term by itself, at its borders. */
#include "tests/lib/test.h"
#include "tests/unit/scheduler/snapshot.h"

#include <string.h>

#define CONTAINER SCHED_FEATURE_CONTAINER
#define VM        SCHED_FEATURE_VM
#define MOST      ((int64_t)SCHED_AMOUNT_MAX)

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
	return (struct sched_req){ .need = { [SCHED_CPU] = 500, [SCHED_MEMORY] = 128, [SCHED_DISK] = 1024 },
		.arches = sched_arch_bit("amd64"),
		.features = CONTAINER,
		.only_node = SCHED_ANY };
}

#define FITS      SCHED_FELL_MAX
#define BAR(NAME) (1u << SCHED_BAR(NAME))

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
	uint32_t barred;
	uint32_t like[2];
	int32_t bandwidth; /* needed, of a node of class 2 */
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
	{ "lets its port not be had",     SCHED_FELL_PORT_CLOSED, .barred = BAR(PORT_CLOSED) | BAR(PORT_TAKEN), .instances = -1 },
	{ "has the port taken",           SCHED_FELL_PORT_TAKEN, .barred = BAR(PORT_TAKEN), .instances = -1 },
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
	{ "its owner lets nobody in",     SCHED_FELL_UNWELCOME, .barred = BAR(UNWELCOME) | BAR(KIND) | BAR(HOURS) },
	{ "its owner runs no such thing", SCHED_FELL_KIND,      .barred = BAR(KIND) | BAR(HOURS) | BAR(CAPPED) },
	{ "its owner sleeps",             SCHED_FELL_HOURS,     .barred = BAR(HOURS) | BAR(CAPPED) },
	{ "the member has enough",        SCHED_FELL_CAPPED,    .barred = BAR(CAPPED) | BAR(CONSTRAINT) },
	{ "does not match",               SCHED_FELL_CONSTRAINT, .barred = BAR(CONSTRAINT) | BAR(EXTRAS) },
	{ "has no such device",           SCHED_FELL_EXTRAS,    .barred = BAR(EXTRAS), .like = { 1 } },
	{ "one of its like",              SCHED_FELL_CROWDED,   .like = { 1 }, .instances = -1 },
	{ "two of its like",              SCHED_FELL_CROWDED,   .like = { 2 } },
	{ "others of another domain",     FITS,                 .like = { 0, 1 } },
	{ "too many of another domain",   SCHED_FELL_CROWDED,   .like = { 0, 2 } },
	{ "as fast as asked",             FITS,                 .bandwidth = 2 },
	{ "too slow",                     SCHED_FELL_BANDWIDTH, .bandwidth = 3 },
	{ "disk comes before bandwidth",  SCHED_FELL_DISK,      .bandwidth = 3, .disk = -1 },
	{ "cpu comes before memory",      SCHED_FELL_CPU,       .cpu = -1, .mib = -1, .disk = -1 },
};
// clang-format on

START_TEST(a_node_falls_at_the_first_filter_it_fails)
{
	struct snapshot s = { .barred = true, .n_spreads = 2, .limit = { 1, 2 } };
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
	node.barred = filter_cases[_i].barred;
	memcpy(node.like, filter_cases[_i].like, sizeof(node.like));
	node.bandwidth = 2;
	req.need[SCHED_CPU] += (int32_t)filter_cases[_i].need_cpu;
	req.need[SCHED_MEMORY] += (int32_t)filter_cases[_i].need_mib;
	req.need[SCHED_DISK] += (int32_t)filter_cases[_i].need_disk;
	req.need[SCHED_BANDWIDTH] = filter_cases[_i].bandwidth;
	snapshot_add(&s, node);
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert_msg(d.placed == (want == FITS), "%s: %s", filter_cases[_i].what, snapshot_explain(&s, &d, &req));
	for (size_t f = 0; f < SCHED_FELL_MAX; f++)
		ck_assert_msg(d.fell[f] == (f == want), "%s: %u fell at filter %zu", filter_cases[_i].what, d.fell[f], f);
}
END_TEST

START_TEST(where_the_member_is_not_let_in_nothing_is_placed)
{
	static struct snapshot s = { .barred = true };
	struct sched_req req = plain_request();
	struct sched_decision d;

	for (uint64_t key = 1; key <= 1000; key++) {
		struct snapshot_node node = exact_node;

		node.key = key;
		node.barred = s.n != 700 ? BAR(UNWELCOME) : 0;
		snapshot_add(&s, node);
	}
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert(d.placed);
	ck_assert_uint_eq(d.best[0].node, 700);
	ck_assert_uint_eq(d.fell[SCHED_FELL_UNWELCOME], 999);
	s.nodes[700].barred = BAR(UNWELCOME);
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
	ck_assert_uint_eq(d.n_best, 0);
	for (size_t r = 0; r < SCHED_RESOURCES; r++)
		ck_assert_int_eq(d.would_fit[r], -1);
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
	s.member = tier_cases[_i].owner;
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert_int_eq(d.placed, want != SCHED_ANY);
	if (want == 9)
		ck_assert_uint_ge(d.best[0].node, 1);
	else if (want != SCHED_ANY)
		ck_assert_uint_eq(d.best[0].node, want);
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
	req.need[SCHED_CPU] = (int32_t)term_cases[_i].need_cpu;
	req.need[SCHED_MEMORY] = (int32_t)term_cases[_i].need_mib;
	snapshot_add(&s, node);
	d = snapshot_place(&s, &req, &sched_default_options);
	ck_assert_msg(d.placed, "%s", snapshot_explain(&s, &d, &req));
	ck_assert_msg(d.best[0].terms[SCHED_TERM_FIT] == term_cases[_i].fit, "%s: fit is %d", term_cases[_i].what, d.best[0].terms[SCHED_TERM_FIT]);
	ck_assert_msg(
	        d.best[0].terms[SCHED_TERM_LOAD] == term_cases[_i].load, "%s: load is %d", term_cases[_i].what, d.best[0].terms[SCHED_TERM_LOAD]);
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
		n->granted_cpu = n->free_cpu = req.need[SCHED_CPU] = 0;
		req.need[SCHED_MEMORY] = (int32_t)random_between(&r, 1, n->free_mib);
		d = snapshot_place(&s, &req, &sched_default_options);
		ck_assert_int_eq(
		        d.best[0].terms[SCHED_TERM_LOAD], 1000 - 1000 * (n->granted_mib - n->free_mib + req.need[SCHED_MEMORY]) / n->granted_mib);
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

	req.need[SCHED_CPU] = 0;
	for (size_t i = 0; i < CC_ARRAY_LEN(free_mib); i++) {
		node.free_mib = free_mib[i];
		node.key = i;
		snapshot_add(&s, node);
	}
	for (size_t i = 0; i < s.n; i++)
		s.nodes[i].free_cpu = s.nodes[i].granted_cpu;
	ck_assert_uint_eq(snapshot_place(&s, &req, &sched_default_options).best[0].node, 1);
	ck_assert_uint_eq(snapshot_place(&s, &req, &pack).best[0].node, 0);
	node.free_cpu = node.granted_cpu;
	node.free_mib = node.granted_mib = 65536;
	node.key = 9;
	snapshot_add(&s, node);
	ck_assert_uint_eq(snapshot_place(&s, &req, &sched_default_options).best[0].node, 3);
}
END_TEST

/* Each node is better than the others in one thing. */
// clang-format off
static const struct {
	const char *what;
	enum sched_term term;
	bool image, affine, spread;
} wish_cases[] = {
	{ "the most reliable",          SCHED_TERM_RELIABILITY },
	{ "that has the image",         SCHED_TERM_IMAGE,    .image = true },
	{ "that the member would like", SCHED_TERM_AFFINITY, .affine = true },
	{ "with the fewest of its like", SCHED_TERM_SPREAD,  .spread = true },
};
// clang-format on

START_TEST(the_better_node_of_one_term_wins)
{
	struct snapshot s = { .image = wish_cases[_i].image, .affine = wish_cases[_i].affine, .n_spreads = wish_cases[_i].spread };
	struct sched_options opt = { .weight = { [SCHED_TERM_FIT] = 0 } };
	struct sched_req req = plain_request();
	enum sched_term term = wish_cases[_i].term;
	struct sched_decision d;

	opt.weight[term] = 1;
	for (uint64_t k = 0; k < 4; k++) {
		struct snapshot_node node = exact_node;

		node.key = k;
		node.unreliability = term == SCHED_TERM_RELIABILITY && k == 2 ? 0 : 100;
		node.image = node.affine = k == 2;
		node.like[0] = k == 2 ? 1 : 3;
		snapshot_add(&s, node);
	}
	d = snapshot_place(&s, &req, &opt);
	ck_assert_msg(d.best[0].node == 2, "the node %s: %s", wish_cases[_i].what, snapshot_explain(&s, &d, &req));
	ck_assert_int_eq(d.best[0].terms[term], term == SCHED_TERM_SPREAD ? 500 : 1000);
	ck_assert_int_eq(d.best[1].terms[term], term == SCHED_TERM_SPREAD ? 250 : term == SCHED_TERM_RELIABILITY ? 900 : 0);
	/* The other way round it comes last. */
	opt.weight[term] = -1;
	d = snapshot_place(&s, &req, &opt);
	ck_assert_uint_eq(d.best[3].node, 2);
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

		ck_assert(d.n_best == 2 && d.best[0].score == d.best[1].score);
		first += d.best[0].node == 0;
	}
	ck_assert_msg(first > 400 && first < 600, "one of two equal nodes won %d times of 1000", first);
}
END_TEST

START_TEST(the_largest_weights_do_not_overflow)
{
	struct sched_options opt = { .weight = { INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX } };
	struct snapshot s = { .n = 1, .image = true, .affine = true, .n_spreads = 1, .nodes = { exact_node } };
	struct sched_req req = plain_request();

	s.nodes[0].image = s.nodes[0].affine = true;
	ck_assert_int_eq(snapshot_place(&s, &req, &opt).best[0].score, (int64_t)INT32_MAX * 5000);
	for (size_t t = 0; t < SCHED_TERM_MAX; t++)
		opt.weight[t] = INT32_MIN;
	ck_assert_int_eq(snapshot_place(&s, &req, &opt).best[0].score, (int64_t)INT32_MIN * 5000);
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
	tcase_add_loop_test(tc, the_better_node_of_one_term_wins, 0, CC_ARRAY_LEN(wish_cases));
	tcase_add_test(tc, the_seed_decides_between_equals);
	tcase_add_test(tc, the_largest_weights_do_not_overflow);
	tcase_add_test(tc, every_filter_tier_and_term_has_words);
	suite_add_tcase(s, tc);
	return test_run(s);
}
