/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fingerprint, policy and settings: what the machine has and what its owner gives of it. */
#include "agent/owner.h"
#include "agent/settings.h"
#include "common/arch.h"
#include "common/clock.h"
#include "common/json.h"
#include "tests/lib/test.h"
#include "tests/unit/agent/inst_fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char root[64], proc[96], sys[96];

static void put(const char *name, const char *text)
{
	char path[256], command[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	snprintf(command, sizeof(command), "mkdir -p $(dirname %s)", path);
	ck_assert_int_eq(system(command), 0);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void setup(void)
{
	strcpy(root, "/tmp/cc-machine-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(proc, sizeof(proc), "%s/proc", root);
	snprintf(sys, sizeof(sys), "%s/sys", root);
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

static struct fingerprint take(int64_t memory_bytes)
{
	struct fingerprint_from from = { .proc = proc, .sys = sys, .disk = "/", .machine = "x86_64", .memory_bytes = memory_bytes };

	return fingerprint_take(&from);
}

START_TEST(architectures_are_in_debians_words)
{
	static const char *const cases[][2] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv7l", "armhf" },
		{ "i686", "i386" },
		{ "riscv64", "riscv64" },
		{ "odd", "odd" },
	};

	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_str_eq(cc_arch_debian(cases[i][0]), cases[i][1]);
}
END_TEST

START_TEST(lists_of_processors_are_counted)
{
	static const struct {
		const char *list, *mask;
		int n;
	} cases[] = {
		{ "0", NULL, 1 },
		{ "0-3\n", NULL, 4 },
		{ "0-1,4,6-7", NULL, 5 },
		{ "0-7", "2-3,5", 3 },
		{ "", NULL, 0 },
		{ "x", NULL, 0 },
		{ "3-1", NULL, 0 },
		{ "0-9999999", NULL, 0 },
		{ "0-3", "8-9", 0 },
	};

	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_int_eq(fingerprint_count_cpus(cases[i].list, cases[i].mask), cases[i].n);
}
END_TEST

START_TEST(processors_are_those_online_allowed_and_within_the_quota)
{
	put("sys/devices/system/cpu/online", "0-7\n");
	ck_assert_int_eq(take(0).cpu_millis, 8000);
	put("proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-3\nMems:\t0\n");
	ck_assert_int_eq(take(0).cpu_millis, 4000);
	put("sys/fs/cgroup/cpu.max", "max 100000\n");
	ck_assert_int_eq(take(0).cpu_millis, 4000);
	put("sys/fs/cgroup/cpu.max", "150000 100000\n");
	ck_assert_int_eq(take(0).cpu_millis, 1500);
}
END_TEST

START_TEST(a_quota_of_the_old_hierarchy_counts_too)
{
	put("sys/devices/system/cpu/online", "0-1\n");
	put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	ck_assert_int_eq(take(0).cpu_millis, 2000);
	put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
	ck_assert_int_eq(take(0).cpu_millis, 500);
}
END_TEST

START_TEST(there_is_always_a_processor_some_memory_and_some_disk)
{
	struct fingerprint f = take(0);

	ck_assert_int_eq(f.cpu_millis, 1000);
	ck_assert_int_eq(f.memory_mib, FINGERPRINT_LEAST_MIB);
	ck_assert_int_gt(f.disk_mib, 0);
	ck_assert_int_eq(take(256LL << 20).memory_mib, 256);
}
END_TEST

START_TEST(memory_is_found_without_memtotal)
{
	put("proc/meminfo", "MemFree:  100 kB\n");
	put("sys/devices/system/memory/block_size_bytes", "8000000\n");
	put("sys/devices/system/memory/memory0/state", "online");
	put("sys/devices/system/memory/memory1/state", "online");
	put("sys/devices/system/memory/memory12/state", "online");
	ck_assert_int_eq(take(0).memory_mib, 3 * 128);
	put("proc/meminfo", "MemTotal:        1048576 kB\nMemFree: 1 kB\n");
	ck_assert_int_eq(take(0).memory_mib, 1024);
	ck_assert_int_eq(take(0).memory_free_mib, 1024);
	put("proc/meminfo", "MemTotal:        1048576 kB\nMemAvailable:  204800 kB\n");
	ck_assert_int_eq(take(0).memory_free_mib, 200);
	put("sys/fs/cgroup/memory.max", "max\n");
	ck_assert_int_eq(take(0).memory_mib, 1024);
	put("sys/fs/cgroup/memory.max", "536870912\n");
	ck_assert_int_eq(take(0).memory_mib, 512);
}
END_TEST

START_TEST(the_real_machine_has_something_of_everything)
{
	struct fingerprint_from from = fingerprint_from_here("/tmp");
	struct fingerprint f = fingerprint_take(&from);

	ck_assert_int_gt(f.cpu_millis, 0);
	ck_assert_int_gt(f.memory_mib, FINGERPRINT_LEAST_MIB);
	ck_assert_int_gt(f.disk_mib, FINGERPRINT_LEAST_MIB);
}
END_TEST

static const struct {
	const char *text;
	enum policy_unit unit;
	int64_t total, want; /* -1: refused */
} shares[] = {
	{ "50%", POLICY_CPU, 4000, 2000 },
	{ "100%", POLICY_MIB, 1000, 1000 },
	{ "0%", POLICY_MIB, 1000, 0 },
	{ "2", POLICY_CPU, 4000, 2000 },
	{ "1.5", POLICY_CPU, 4000, 1500 },
	{ "1500m", POLICY_CPU, 4000, 1500 },
	{ "8", POLICY_CPU, 4000, 4000 },
	{ "2GiB", POLICY_MIB, 4096, 2048 },
	{ "512MiB", POLICY_MIB, 256, 256 },
	{ "101%", POLICY_CPU, 4000, -1 },
	{ "-5%", POLICY_CPU, 4000, -1 },
	{ "half", POLICY_CPU, 4000, -1 },
	{ "2GiB", POLICY_CPU, 4000, -1 },
	{ "2", POLICY_MIB, 4000, -1 },
	{ "", POLICY_CPU, 4000, -1 },
	{ "1.5x", POLICY_CPU, 4000, -1 },
	{ "50 %", POLICY_MIB, 4000, -1 },
	{ "0.25", POLICY_CPU, 4000, 250 },
};

START_TEST(a_share_is_a_percentage_or_an_amount)
{
	struct cc_error err = { 0 };
	int64_t got = -1;
	int result = policy_share(shares[_i].text, shares[_i].unit, shares[_i].total, &got, &err);

	ck_assert_int_eq(result, shares[_i].want < 0 ? -1 : 0);
	ck_assert_int_eq(got, shares[_i].want);
	if (result < 0)
		ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

static const struct policy terms = {
	.offer = { .cpu_millis = 2000, .memory_mib = 512, .disk_mib = 1000, .instances = 3 },
	.cpu_percent = 200,
	.memory_percent = 100,
	.disk_percent = 100,
};

static const struct {
	struct amounts used;
	int64_t cpu, memory, disk;
	const char *why; /* a part of it; NULL: allowed */
} asks[] = {
	{ { 0, 0, 0, 0 }, 100, 100, 100, NULL },
	{ { 3900, 0, 0, 2 }, 100, 100, 100, NULL },
	{ { 3901, 0, 0, 2 }, 100, 100, 100, "processor 100m beside 3901m in use is more than the 4000m allowed" },
	{ { 0, 500, 0, 1 }, 100, 13, 100, "memory 13 MiB beside 500 MiB in use is more than the 512 MiB allowed" },
	{ { 0, 0, 901, 1 }, 100, 100, 100, "disk" },
	{ { 0, 0, 0, 3 }, 100, 100, 100, "3 instances are the most allowed" },
};

START_TEST(the_owners_terms_bound_what_starts_and_say_which)
{
	struct assignment a = test_assignment(1, 1, 0, DESIRED_RUN);
	char why[INST_REASON] = "";
	bool allowed;

	a.cpu_millis = asks[_i].cpu;
	a.memory_mib = asks[_i].memory;
	a.disk_mib = asks[_i].disk;
	allowed = policy_allows(&terms, &asks[_i].used, &a, why, sizeof(why));
	ck_assert_int_eq(allowed, asks[_i].why == NULL);
	if (asks[_i].why != NULL)
		ck_assert_msg(strstr(why, asks[_i].why) != NULL, "'%s'", why);
}
END_TEST

/* Of the image 1 of test_assignment nothing can be signed here, but what is no signature of it is refused with what helps. */
START_TEST(an_owner_with_keys_lets_nothing_unsigned_start)
{
	const char *forged = "RURu1ePcu3nbRCSrd4gMfhSfHeQZSVMRAQSmd4GsuRzuWt9A3Z0kF9uwsletrgvXuFTvNugGhmeCNflqd32RwyAaBq+ty4vfvQE=";
	struct assignment a = test_assignment(1, 1, 0, DESIRED_RUN);
	struct policy p = terms;
	char why[INST_REASON] = "";
	struct cc_error err = { 0 };

	ck_assert(policy_trusts(&p, &a, why, sizeof(why)));
	ck_assert_int_eq(cc_public_key_parse("RWRu1ePcu3nbRB3s8gFQmQTgzRP9bzEm28QGKG3/m9wIiw1Rsx3t55uv", &p.image_keys[0], &err), 0);
	p.n_image_keys = 1;
	ck_assert(!policy_trusts(&p, &a, why, sizeof(why)));
	ck_assert_str_eq(why,
	        "refused by the node's owner: of the image, it is not signed; here it needs one by the key 44DB79BBDCE3D56E: ccctl image sign, then "
	        "ccctl start");
	cc_set(&a, assignment, image_arch, "amd64");
	cc_set(&a, assignment, image_signatures, ((struct cc_texts){ 1, &forged }));
	ck_assert(!policy_trusts(&p, &a, why, sizeof(why)));
	ck_assert_msg(strstr(why, "44DB79BBDCE3D56E does not fit") != NULL && strstr(why, "then ccctl start") != NULL, "%s", why);
	p.image_keys[0].id[0] ^= 1;
	ck_assert(!policy_trusts(&p, &a, why, sizeof(why)));
	ck_assert_ptr_nonnull(strstr(why, "which is not trusted here"));
}
END_TEST

static struct cc_config *load(const char *const *sets, size_t n)
{
	struct cc_config_sources from = { .sets = sets, .n_sets = n };
	struct cc_config *config;
	struct cc_error err = { 0 };

	ck_assert_msg(cc_config_load(&agent_settings, &from, &config, &err) == 0, "%s", err.msg);
	return config;
}

START_TEST(settings_turn_the_machine_into_an_offer)
{
	static const char *const sets[] = { "offer_cpu=50%", "offer_memory=256MiB", "offer_disk=100%", "labels=roof=yes", "machine_memory=1GiB" };
	struct fingerprint measured = { .arch = "amd64", .cpu_millis = 4000, .memory_mib = 0, .disk_mib = 10000, .disk_free_mib = 4000 };
	cc_auto(cc_arena_free) struct cc_arena *a = cc_arena_new(0);
	struct cc_config *config = load(sets, CC_ARRAY_LEN(sets));
	struct fingerprint machine = settings_machine(agent_config(config), &measured);
	struct node_facts facts;
	struct policy p;
	struct cc_error err = { 0 };

	ck_assert_int_eq(machine.memory_mib, 1024);
	ck_assert_int_eq(settings_policy(agent_config(config), &machine, &(struct taken){ 0 }, &p, &err), 0);
	ck_assert_int_eq(p.offer.cpu_millis, 2000);
	ck_assert_int_eq(p.offer.memory_mib, 256);
	ck_assert_int_eq(p.offer.disk_mib, 3840);
	facts = settings_facts(agent_config(config), &machine, &p, PRIV_FEATURE_LXC | PRIV_FEATURE_CGROUP_V2, a);
	ck_assert_uint_eq(facts.features.n, 2);
	ck_assert_str_eq(facts.features.items[1], "cgroup2");
	ck_assert_str_eq(cc_map_get(&facts.labels, "roof"), "yes");
	cc_config_free(config);
}
END_TEST

START_TEST(a_share_that_is_none_is_named)
{
	static const char *const sets[] = { "offer_memory=lots" };
	struct cc_config *config = load(sets, 1);
	struct cc_error err = { 0 };

	ck_assert_int_eq(settings_check(agent_config(config), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "offer_memory: 'lots'"));
	cc_config_free(config);
}
END_TEST

START_TEST(a_member_that_is_no_name_is_told)
{
	static const char *const sets[] = { "deny_members=bob,Not A Name" };
	struct cc_config *config = load(sets, 1);
	struct cc_error err = { 0 };

	ck_assert_int_eq(settings_check(agent_config(config), &err), -1);
	ck_assert_msg(strstr(err.msg, "deny_members") != NULL, "%s", err.msg);
	cc_config_free(config);
}
END_TEST

START_TEST(a_reserve_is_measured_against_what_is_free_now)
{
	static const char *const sets[] = { "reserve_memory=1GiB", "reserve_disk=1GiB", "offer_memory=100%", "offer_disk=100%" };
	struct fingerprint m = {
		.arch = "amd64", .cpu_millis = 4000, .memory_mib = 4096, .memory_free_mib = 2000, .disk_mib = 10000, .disk_free_mib = 2048
	};
	struct cc_config *config = load(sets, CC_ARRAY_LEN(sets));
	struct cc_error err = { 0 };
	struct policy p;

	ck_assert(settings_has_reserve(agent_config(config)));
	ck_assert_int_eq(settings_policy(agent_config(config), &m, &(struct taken){ 0 }, &p, &err), 0);
	ck_assert_int_eq(p.offer.memory_mib, 960);
	ck_assert_int_eq(p.offer.disk_mib, 1024);
	ck_assert_int_eq(settings_policy(agent_config(config), &m, &(struct taken){ .memory_mib = 500, .disk_mib = 1024 }, &p, &err), 0);
	ck_assert_int_eq(p.offer.memory_mib, 1472);
	ck_assert_int_eq(p.offer.disk_mib, 2048);
	m.memory_free_mib = m.disk_free_mib = 10;
	ck_assert_int_eq(settings_policy(agent_config(config), &m, &(struct taken){ 0 }, &p, &err), 0);
	ck_assert_int_eq(p.offer.memory_mib, 0);
	ck_assert_int_eq(p.offer.disk_mib, 0);
	cc_config_free(config);
}
END_TEST

static struct hours hours_of(const char *text)
{
	struct cc_texts one = { .n = 1, .items = (const char *[]){ text } };
	struct cc_error err = { 0 };
	struct hours h;

	ck_assert_msg(hours_parse(&one, &h, &err) == 0, "%s", err.msg);
	return h;
}

static int64_t at(const char *time)
{
	struct cc_error err = { 0 };
	int64_t ms = 0;

	ck_assert_msg(cc_time_parse(time, &ms, &err) == 0, "%s", err.msg);
	return ms;
}

static const struct {
	const char *hours, *time; /* Madrid's clocks go forward on 2026-03-29 and back on 2026-10-25; 2026-11-20 is a Friday */
	bool open;
	const char *change;
} hours_cases[] = {
	{ "mon-fri 18:00-08:00", "2026-11-20T17:30:00+01:00", false, "2026-11-20T18:00:00+01:00" },
	{ "mon-fri 18:00-08:00", "2026-11-20T18:00:00+01:00", true, "2026-11-21T08:00:00+01:00" },
	{ "mon-fri 18:00-08:00", "2026-11-21T07:59:00+01:00", true, "2026-11-21T08:00:00+01:00" },
	{ "mon-fri 18:00-08:00", "2026-11-22T03:00:00+01:00", false, "2026-11-23T18:00:00+01:00" },
	{ "sat-sun", "2026-11-20T23:59:30+01:00", false, "2026-11-21T00:00:00+01:00" },
	{ "sat-sun", "2026-11-22T23:59:30+01:00", true, "2026-11-23T00:00:00+01:00" },
	{ "fri-mon", "2026-11-22T12:00:00+01:00", true, "2026-11-24T00:00:00+01:00" },
	{ "mon,wed 10:00-11:00", "2026-11-25T10:30:00+01:00", true, "2026-11-25T11:00:00+01:00" },
	{ "22:00-06:00", "2026-11-25T05:00:00+01:00", true, "2026-11-25T06:00:00+01:00" },
	{ "20:00-24:00", "2026-11-25T23:59:00+01:00", true, "2026-11-26T00:00:00+01:00" },
	/* The hour that is left out, and the one that comes twice. */
	{ "02:30-02:45", "2026-03-29T00:00:00+01:00", false, "2026-03-30T02:30:00+02:00" },
	{ "02:00-02:30", "2026-10-25T02:10:00+02:00", true, "2026-10-25T02:30:00+02:00" },
	{ "02:00-02:30", "2026-10-25T02:40:00+02:00", false, "2026-10-25T02:00:00+01:00" },
	{ "00:00-24:00", "2026-11-25T23:59:00+01:00", true, NULL },
};

START_TEST(hours_are_local_and_know_daylight_saving)
{
	struct hours h = hours_of(hours_cases[_i].hours);
	int64_t now = at(hours_cases[_i].time);

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	ck_assert_int_eq(hours_open(&h, now), hours_cases[_i].open);
	ck_assert_int_eq(hours_change_ms(&h, now), hours_cases[_i].change != NULL ? at(hours_cases[_i].change) : 0);
}
END_TEST

static const char *const no_hours[] = { "", "always", "mon-", "mon-fry", "mon 8-9", "mon 08:00", "mon 08:00-", "mon 08:00-08:00", "25:00-26:00",
	"24:00-01:00", "mon 08:60-09:00", "mon  08:00-09:00", "mon 08:00-09:00 ", "mon,", "mon;tue", "08:00-24:01", "-1:00-02:00", "0x:00-02:00" };

START_TEST(what_is_no_time_of_the_week_is_refused)
{
	struct cc_texts one = { .n = 1, .items = (const char *[]){ no_hours[_i] } };
	struct cc_error err = { 0 };
	struct hours h;

	ck_assert_msg(hours_parse(&one, &h, &err) < 0, "'%s'", no_hours[_i]);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

START_TEST(the_owners_word_has_its_end)
{
	struct hours always = { 0 }, nights = hours_of("18:00-08:00");
	struct owner_pause p = { .since = 1000, .stop = true };
	struct owner_word w = owner_word_at(NULL, &always, true, 5000);

	setenv("TZ", "UTC", 1);
	tzset();
	ck_assert(!w.closed && !w.stop && w.why[0] == '\0' && w.until_ms == 0);
	w = owner_word_at(&p, &always, false, at("2026-11-20T12:00:00Z"));
	ck_assert(w.closed && w.stop && w.until_ms == 0);
	cc_set(&p, owner_pause, until, at("2026-11-20T14:00:00Z"));
	w = owner_word_at(&p, &always, false, at("2026-11-20T12:00:00Z"));
	ck_assert_str_eq(w.why, "the owner paused the node until 2026-11-20T14:00Z");
	w = owner_word_at(&p, &always, false, at("2026-11-20T14:00:00Z"));
	ck_assert(!w.closed);
	w = owner_word_at(&p, &nights, false, at("2026-11-20T14:00:00Z"));
	ck_assert_str_eq(w.why, "outside the hours that the owner offers, until 2026-11-20T18:00Z");
	ck_assert(w.closed && !w.stop);
	ck_assert(owner_word_at(NULL, &nights, true, at("2026-11-20T14:00:00Z")).stop);
	ck_assert(!owner_word_at(NULL, &nights, true, at("2026-11-20T19:00:00Z")).closed);
}
END_TEST

START_TEST(the_defaults_are_right)
{
	struct cc_config *config = load(NULL, 0);
	struct cc_error err = { 0 };

	ck_assert_msg(settings_check(agent_config(config), &err) == 0, "%s", err.msg);
	cc_config_free(config);
}
END_TEST

START_TEST(a_pool_that_is_smaller_than_the_disk_bounds_it)
{
	struct fingerprint f = { .disk_mib = 10000, .disk_free_mib = 4000 };

	ck_assert_int_eq(fingerprint_of_pool(f, 0).disk_mib, 10000);
	ck_assert_int_eq(fingerprint_of_pool(f, INT64_C(20000) << 20).disk_mib, 10000);
	ck_assert_int_eq(fingerprint_of_pool(f, INT64_C(5000) << 20).disk_mib, 5000);
	ck_assert_int_eq(fingerprint_of_pool(f, INT64_C(5000) << 20).disk_free_mib, 4000);
	ck_assert_int_eq(fingerprint_of_pool(f, INT64_C(1000) << 20).disk_free_mib, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("machine");
	TCase *tc = tcase_create("machine");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, architectures_are_in_debians_words);
	tcase_add_test(tc, lists_of_processors_are_counted);
	tcase_add_test(tc, processors_are_those_online_allowed_and_within_the_quota);
	tcase_add_test(tc, a_quota_of_the_old_hierarchy_counts_too);
	tcase_add_test(tc, there_is_always_a_processor_some_memory_and_some_disk);
	tcase_add_test(tc, memory_is_found_without_memtotal);
	tcase_add_test(tc, the_real_machine_has_something_of_everything);
	tcase_add_test(tc, a_pool_that_is_smaller_than_the_disk_bounds_it);
	tcase_add_loop_test(tc, a_share_is_a_percentage_or_an_amount, 0, CC_ARRAY_LEN(shares));
	tcase_add_test(tc, an_owner_with_keys_lets_nothing_unsigned_start);
	tcase_add_loop_test(tc, the_owners_terms_bound_what_starts_and_say_which, 0, CC_ARRAY_LEN(asks));
	tcase_add_test(tc, settings_turn_the_machine_into_an_offer);
	tcase_add_test(tc, a_share_that_is_none_is_named);
	tcase_add_test(tc, a_member_that_is_no_name_is_told);
	tcase_add_test(tc, a_reserve_is_measured_against_what_is_free_now);
	tcase_add_loop_test(tc, hours_are_local_and_know_daylight_saving, 0, CC_ARRAY_LEN(hours_cases));
	tcase_add_loop_test(tc, what_is_no_time_of_the_week_is_refused, 0, CC_ARRAY_LEN(no_hours));
	tcase_add_test(tc, the_owners_word_has_its_end);
	tcase_add_test(tc, the_defaults_are_right);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
