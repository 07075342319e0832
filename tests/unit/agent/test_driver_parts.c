/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the privileged half that need no rights: settings, slots, records, files, cgroup layouts, resolvers, what archives may hold. */
#include "agent/driver/cgroup.h"
#include "agent/driver/ct_record.h"
#include "agent/driver/priv_settings.h"
#include "agent/driver/slot.h"
#include "agent/driver/small_file.h"
#include "agent/driver/state_dir.h"
#include "agent/image/image_entry.h"
#include "agent/net/owner_networks.h"
#include "agent/net/resolvers.h"
#include "agent/storage/tree_remove.h"
#include "common/cleanup.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

static char dir[64];

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/cc-parts-%d-XXXXXX", getpid());
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	struct cc_error err = { 0 };

	ck_assert_int_eq(tree_remove(AT_FDCWD, dir, &err), 0);
	ck_assert_int_ne(access(dir, F_OK), 0);
}

START_TEST(settings_take_both_forms_and_what_follows_the_dashes)
{
	char *argv[] = { "x", "--state-dir", "/s", "--bridge=br9", "--instances-max=7", "--pool-loop=20GiB", "--", "run", "--config", NULL };
	struct priv_settings set;
	struct cc_error err = { 0 };

	priv_settings_init(&set);
	ck_assert_str_eq(set.driver, "lxc");
	ck_assert_uint_eq(set.instances_max, 250);
	ck_assert_int_eq(priv_settings_parse(&set, 9, argv, &err), 0);
	ck_assert_str_eq(set.state_dir, "/s");
	ck_assert_str_eq(set.bridge, "br9");
	ck_assert_uint_eq(set.instances_max, 7);
	ck_assert_uint_eq(set.pool_loop, UINT64_C(20) << 30);
	ck_assert_str_eq(set.agent_argv[0], "run");
}
END_TEST

static const struct {
	const char *flag;
	const char *why;
} bad_flags[] = {
	{ "--nonsense=1", "unknown flag" },
	{ "--instances-max", "needs a value" },
	{ "--instances-max=0", "from 1 to 900" },
	{ "--instances-max=9999999999999999999999", "from 1 to 900" },
	{ "--instances-max=5x", "from 1 to 900" },
	{ "--instances-max=-1", "from 1 to 900" },
	{ "--instances_max=5", "unknown flag" },
	{ "--pool-loop=20", "not a size" },
	{ "--pool-loop=1023MiB", "from 1GiB to 1024TiB" },
	{ "--pool-loop=99999999TiB", "pool_loop: " },
	{ "word", "unexpected argument" },
};

START_TEST(bad_settings_say_what_is_allowed)
{
	char *argv[] = { "x", (char *)bad_flags[_i].flag, NULL };
	struct priv_settings set;
	struct cc_error err = { 0 };

	priv_settings_init(&set);
	ck_assert_int_lt(priv_settings_parse(&set, 2, argv, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_msg(strstr(err.msg, bad_flags[_i].why) != NULL, "%s", err.msg);
}
END_TEST

static int plan(const char *subnet, uint32_t count, uint32_t base, struct slot_plan *ret)
{
	struct priv_settings set;
	struct cc_error err = { 0 };

	priv_settings_init(&set);
	snprintf(set.subnet, sizeof(set.subnet), "%s", subnet);
	set.instances_max = count;
	set.id_base = base;
	return slot_plan_init(&set, ret, &err);
}

START_TEST(slots_share_nothing)
{
	struct slot_plan p;
	char text[PRIV_ADDR_TEXT];
	uint8_t mac[6];

	ck_assert_int_eq(plan("10.1.2.3/24", 252, 65536, &p), 0);
	ck_assert_str_eq(slot_gateway(&p, text), "10.1.2.1");
	ck_assert_str_eq(slot_address(&p, 0, text), "10.1.2.2");
	ck_assert_str_eq(slot_address(&p, 251, text), "10.1.2.253");
	ck_assert_str_eq(slot_names_address(&p, text), "10.1.2.254");
	ck_assert_uint_eq(slot_image_first_id(&p), 65536);
	ck_assert_uint_eq(slot_first_id(&p, 0), 2 * 65536);
	ck_assert_uint_eq(slot_first_id(&p, 251), 253 * 65536);
	slot_mac(slot_address_number(&p, 0), mac);
	ck_assert_int_eq(memcmp(mac, (uint8_t[]){ 2, 0xcc, 10, 1, 2, 2 }, 6), 0);
}
END_TEST

START_TEST(a_plan_without_room_is_refused)
{
	struct slot_plan p;

	ck_assert_int_lt(plan("10.1.2.0/24", 253, 65536, &p), 0);
	ck_assert_int_lt(plan("10.1.2.0/30", 1, 65536, &p), 0);
	ck_assert_int_lt(plan("10.1.2.0", 1, 65536, &p), 0);
	ck_assert_int_lt(plan("10.1.2.0/24x", 1, 65536, &p), 0);
	ck_assert_int_lt(plan("10.1.2/24", 1, 65536, &p), 0);
	ck_assert_int_lt(plan("fd00::/64", 1, 65536, &p), 0);
	ck_assert_int_lt(plan("10.1.2.0/24", 2, UINT32_MAX - 65536 * 2, &p), 0);
}
END_TEST

START_TEST(the_lowest_free_slot_is_taken)
{
	struct slot_plan p = { .count = 3 };
	uint8_t taken[3] = { 1, 0, 0 };
	struct cc_error err = { 0 };
	uint32_t slot = 9;

	ck_assert_int_eq(slot_find_free(&p, taken, &slot, &err), 0);
	ck_assert_uint_eq(slot, 1);
	memset(taken, 1, 3);
	ck_assert_int_lt(slot_find_free(&p, taken, &slot, &err), 0);
	ck_assert_int_eq(err.code, CC_NO_CAPACITY);
}
END_TEST

static int write_text(int dirfd, const char *text)
{
	struct cc_error err = { 0 };

	return small_file_replace(dirfd, "record", text, strlen(text), false, &err);
}

START_TEST(a_record_comes_back_as_it_was_written_and_a_cut_one_is_refused)
{
	cc_auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct ct_record rec = { .epoch = UINT64_MAX, .boot_sn = 3, .memory_bytes = 5, .cpu_millis = 7, .pids = 9, .slot = 11 }, got;
	struct cc_error err = { 0 };

	memset(rec.image_sha256, 'a', 64);
	strcpy(rec.hostname, "h");
	ck_assert_int_eq(ct_record_write(fd, &rec, true, &err), 0);
	ck_assert_int_eq(ct_record_read(fd, rec.id, &got, &err), 0);
	ck_assert_int_eq(memcmp(&rec, &got, sizeof(rec)), 0);
	ck_assert_int_eq(write_text(fd, "slot 4\nfuture thing\nend\n"), 0);
	ck_assert_int_eq(ct_record_read(fd, rec.id, &got, &err), 0);
	ck_assert_uint_eq(got.slot, 4);
	ck_assert_int_eq(write_text(fd, "slot 4\nen"), 0);
	ck_assert_int_lt(ct_record_read(fd, rec.id, &got, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

START_TEST(what_was_read_of_a_small_file_always_ends)
{
	cc_auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY);
	char buf[8];
	struct cc_error err = { 0 };

	memset(buf, 'x', sizeof(buf));
	ck_assert_int_eq(write_text(fd, "0123456789"), 0);
	ck_assert_int_lt(small_file_read(fd, "record", buf, sizeof(buf), &err), 0);
	ck_assert_int_eq(err.code, CC_TOO_LARGE);
	ck_assert_int_eq(memcmp(buf, "0123456", sizeof(buf)), 0);
	memset(buf, 'x', sizeof(buf));
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(small_file_read(fd, "nothing", buf, sizeof(buf), &err), 0);
	ck_assert_str_eq(buf, "");
}
END_TEST

START_TEST(a_tree_is_removed_however_deep_and_whatever_it_links_to)
{
	cc_auto_close int top = open(dir, O_RDONLY | O_DIRECTORY);
	char outside[80];
	struct cc_error err = { 0 };
	int fd = dup(top);

	snprintf(outside, sizeof(outside), "%s/keep", dir);
	close(open(outside, O_CREAT | O_WRONLY, 0600));
	for (int i = 0; i < 500; i++) {
		ck_assert_int_eq(mkdirat(fd, i == 0 ? "tree" : "d", 0700), 0);
		int next = openat(fd, i == 0 ? "tree" : "d", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = next;
		ck_assert_int_eq(symlinkat(dir, fd, "link"), 0);
		ck_assert_int_eq(mkfifoat(fd, ".cc-deep-0", 0600), 0);
	}
	close(fd);
	ck_assert_msg(tree_remove(top, "tree", &err) == 0, "%s", err.msg);
	ck_assert_int_eq(access(outside, F_OK), 0);
	ck_assert_int_eq(symlinkat(outside, top, "l"), 0);
	ck_assert_int_eq(tree_remove(top, "l", &err), 0);
	ck_assert_int_eq(tree_remove(top, "nothing", &err), 0);
	ck_assert_int_eq(access(outside, F_OK), 0);
}
END_TEST

START_TEST(a_state_directory_has_one_owner_and_a_plain_name)
{
	struct state_dir a, b;
	struct cc_error err = { 0 }, busy = { 0 }, bad = { 0 };

	ck_assert_int_eq(state_dir_open(dir, &a, &err), 0);
	ck_assert_int_eq(state_dir_open(dir, &b, &err), 0);
	ck_assert_int_eq(state_dir_lock(&a, 0, &err), 0);
	ck_assert_int_lt(state_dir_lock(&b, 30, &busy), 0);
	ck_assert_int_eq(busy.code, CC_BUSY);
	state_dir_close(&a);
	ck_assert_int_eq(state_dir_lock(&b, 0, &err), 0);
	state_dir_close(&b);
	ck_assert_int_lt(state_dir_open("/tmp/a,b", &b, &bad), 0);
	ck_assert_int_lt(state_dir_open("relative", &b, &bad), 0);
}
END_TEST

#define LINE(path, type, options) "30 25 0:20 / " path " rw,relatime shared:9 - " type " cgroup " options "\n"

static const struct {
	const char *name;
	struct cgroup_sources src;
	const char *memory, *cpu, *pids;
	bool v2_memory, v2_pids;
} layouts[] = {
	{ "v1",
	        { LINE("/sys/fs/cgroup/memory", "cgroup", "rw,memory") LINE("/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct")
	                        LINE("/sys/fs/cgroup/pids", "cgroup", "rw,pids"),
	                "4:memory:/\n3:cpu,cpuacct:/\n2:pids:/\n", "" },
	        "/sys/fs/cgroup/memory/cc/n", "/sys/fs/cgroup/cpu,cpuacct/cc/n", "/sys/fs/cgroup/pids/cc/n", false, false },
	{ "v2 under systemd",
	        { LINE("/sys/fs/cgroup", "cgroup2", "rw,nsdelegate"), "0::/init.scope\n", "cpuset cpu io memory hugetlb pids rdma misc\n" },
	        "/sys/fs/cgroup/cc/n", "/sys/fs/cgroup/cc/n", "/sys/fs/cgroup/cc/n", true, true },
	{ "hybrid with pids in the unified tree",
	        { LINE("/sys/fs/cgroup/unified", "cgroup2", "rw") LINE("/sys/fs/cgroup/memory", "cgroup", "rw,memory")
	                        LINE("/sys/fs/cgroup/cpu", "cgroup", "rw,cpu") LINE("/sys/fs/cgroup/cpuacct", "cgroup", "rw,cpuacct"),
	                "4:memory:/docker/x\n3:cpu:/\n2:cpuacct:/\n0::/init.scope\n", "pids\n" },
	        "/sys/fs/cgroup/memory/docker/x/cc/n", "/sys/fs/cgroup/cpu/cc/n", "/sys/fs/cgroup/unified/cc/n", false, true },
};

START_TEST(cgroup_layouts_are_recognised)
{
	struct cgroup_layout l;
	struct cc_error err = { 0 };

	ck_assert_msg(cgroup_layout_parse(&layouts[_i].src, "cc/n", &l, &err) == 0, "%s: %s", layouts[_i].name, err.msg);
	ck_assert_str_eq(l.dir[CGROUP_MEMORY], layouts[_i].memory);
	ck_assert_str_eq(l.dir[CGROUP_CPU], layouts[_i].cpu);
	ck_assert_str_eq(l.dir[CGROUP_PIDS], layouts[_i].pids);
	ck_assert_int_eq(l.v2[CGROUP_MEMORY], layouts[_i].v2_memory);
	ck_assert_int_eq(l.v2[CGROUP_PIDS], layouts[_i].v2_pids);
}
END_TEST

START_TEST(a_missing_controller_or_a_bad_directory_is_an_error)
{
	struct cgroup_sources src = { LINE("/sys/fs/cgroup", "cgroup2", "rw"), "0::/\n", "cpu memory\n" };
	struct cc_error missing = { 0 }, bad = { 0 };
	struct cgroup_layout l;

	ck_assert_int_lt(cgroup_layout_parse(&src, "cc", &l, &missing), 0);
	ck_assert_int_eq(missing.code, CC_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(missing.msg, "pids"));
	ck_assert_int_lt(cgroup_layout_parse(&src, "../x", &l, &bad), 0);
	ck_assert_int_lt(cgroup_layout_parse(&src, "/x", &l, &bad), 0);
	ck_assert_int_lt(cgroup_layout_parse(&src, "", &l, &bad), 0);
	ck_assert_int_eq(bad.code, CC_INVALID);
}
END_TEST

START_TEST(limits_become_files_of_the_right_version)
{
	struct priv_limits want = { .memory_bytes = (64 << 20) + 1, .cpu_millis = 1500, .pids = 10 };
	struct cgroup_limit got[CGROUP_LIMITS_MAX];
	struct cgroup_layout l = { .limits_swap = true };

	ck_assert_uint_eq(cgroup_limits(&l, &want, got), 6);
	ck_assert_str_eq(got[0].file, "memory.limit_in_bytes");
	ck_assert_str_eq(got[0].value, "67108864");
	ck_assert_str_eq(got[3].file, "cpu.cfs_quota_us");
	ck_assert_str_eq(got[3].value, "150000");
	memset(l.v2, 1, sizeof(l.v2));
	ck_assert_uint_eq(cgroup_limits(&l, &want, got), 5);
	ck_assert_str_eq(got[1].file, "memory.swap.max");
	ck_assert_str_eq(got[1].value, "0");
	ck_assert_str_eq(got[2].file, "cpu.max");
	ck_assert_str_eq(got[2].value, "150000 100000");
	ck_assert_str_eq(got[3].value, "150");
}
END_TEST

START_TEST(a_limit_that_cannot_be_set_is_named)
{
	struct priv_limits want = { .memory_bytes = 64 << 20, .cpu_millis = 1500, .pids = 10 };
	struct cgroup_layout l = { 0 };
	struct cc_error err = { 0 };
	struct cc_uuid id = { { 1 } };
	char uuid[CC_UUID_TEXT], path[512];

	memset(l.v2, 1, sizeof(l.v2));
	for (int c = 0; c < CGROUP_CONTROLLER_MAX; c++)
		snprintf(l.dir[c], sizeof(l.dir[c]), "%s", dir);
	snprintf(path, sizeof(path), "%s/lxc.payload.%s", dir, cc_uuid_format(id, uuid));
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/pids.max"); /* the last to be written: it succeeds */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_lt(cgroup_apply(&l, id, &want, &err), 0);
	ck_assert_msg(strstr(err.msg, "memory.max") != NULL, "%s", err.msg);
}
END_TEST

START_TEST(resolvers_are_those_that_an_instance_can_reach)
{
	struct resolvers r = { 0 };
	struct cc_error err = { 0 };

	resolvers_parse(
	        "# x\nnameserver 127.0.0.53\nnameserver 10.0.0.1\nnameserver fd00::1\nsearch a\nnameserver 9.9.9.9\nnameserver 1.1.1.1\nnameserver 8.8.8.8",
	        &r);
	ck_assert_uint_eq(r.count, 3);
	ck_assert_str_eq(r.address[0], "10.0.0.1");
	ck_assert_str_eq(r.address[2], "1.1.1.1");
	ck_assert_int_eq(resolvers_find("10.0.0.2, 10.0.0.3", &r, &err), 0);
	ck_assert_uint_eq(r.count, 2);
	ck_assert_int_lt(resolvers_find("10.0.0", &r, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

static struct sockaddr *address(const char *text)
{
	struct sockaddr_in *a = cc_calloc(1, sizeof(*a));

	a->sin_family = AF_INET;
	inet_pton(AF_INET, text, &a->sin_addr);
	return (struct sockaddr *)a;
}

static void free_addresses(struct ifaddrs *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(all[i].ifa_addr);
		free(all[i].ifa_netmask);
	}
}

START_TEST(the_owners_networks_are_those_that_the_node_is_on)
{
	cc_auto_buf struct cc_buf b = { 0 };
	struct ifaddrs all[] = {
		{ .ifa_name = (char[]){ "lo" }, .ifa_addr = address("127.0.0.1"), .ifa_netmask = address("255.0.0.0"), .ifa_flags = IFF_LOOPBACK },
		{ .ifa_name = (char[]){ "eth0" }, .ifa_addr = address("192.168.7.9"), .ifa_netmask = address("255.255.255.0") },
		{ .ifa_name = (char[]){ "ccbr0" }, .ifa_addr = address("172.30.64.1"), .ifa_netmask = address("255.255.240.0") },
		{ .ifa_name = (char[]){ "odd" } },
		{ .ifa_name = (char[]){ "wg0" }, .ifa_addr = address("10.9.8.7"), .ifa_netmask = address("255.255.255.255") },
	};

	for (size_t i = 0; i + 1 < CC_ARRAY_LEN(all); i++)
		all[i].ifa_next = &all[i + 1];
	owner_networks_connected(all, "ccbr0", &b);
	ck_assert_str_eq(cc_buf_str(&b), "192.168.7.0/24, 10.9.8.7/32");
	free_addresses(all, CC_ARRAY_LEN(all));
}
END_TEST

START_TEST(the_owners_networks_may_be_listed)
{
	cc_auto_buf struct cc_buf b = { 0 };
	static const char *const bad[] = { "10.0.0.0", "10.0.0.0/33", "x", "10.0.0.0/8 }; flush ruleset", "300.0.0.0/8" };

	ck_assert_int_eq(owner_networks_find("none", "ccbr0", &b, &(struct cc_error){ 0 }), 0);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(owner_networks_find("10.0.0.0/8, 192.168.1.0/24", "ccbr0", &b, &(struct cc_error){ 0 }), 0);
	ck_assert_str_eq(cc_buf_str(&b), "10.0.0.0/8, 192.168.1.0/24");
	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++) {
		struct cc_error err = { 0 };

		ck_assert_msg(owner_networks_find(bad[i], "ccbr0", &b, &err) < 0 && err.code == CC_INVALID, "%s", bad[i]);
	}
}
END_TEST

START_TEST(entries_are_counted_and_an_overflow_is_none)
{
	struct image_tally t = { .entries_max = 3, .bytes_max = 10000 };
	struct image_entry e = { .path = "./a//b/", .type = S_IFREG, .size = 60 };
	struct cc_error err = { 0 };

	ck_assert_int_eq(image_entry_check(&e, &t, &err), 0);
	ck_assert_uint_eq(t.bytes, 60 + IMAGE_ENTRY_BYTES);
	e.size = INT64_MAX;
	ck_assert_int_lt(image_entry_check(&e, &t, &err), 0);
	ck_assert_int_eq(err.code, CC_TOO_LARGE);
	e.size = -1;
	err = (struct cc_error){ 0 };
	t.entries = 0;
	ck_assert_int_lt(image_entry_check(&e, &t, &err), 0);
	e = (struct image_entry){ .path = NULL };
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(image_entry_check(&e, &t, &err), 0);
	e = (struct image_entry){ .path = "...", .type = S_IFDIR };
	t = (struct image_tally){ .entries_max = 3, .bytes_max = 10000 };
	err = (struct cc_error){ 0 };
	ck_assert_int_eq(image_entry_check(&e, &t, &err), 0);
}
END_TEST

START_TEST(empty_files_and_directories_that_nobody_named_count_too)
{
	struct image_tally t = { .entries_max = 100, .bytes_max = 5 * IMAGE_ENTRY_BYTES };
	struct image_entry e = { .path = "a/b/c", .type = S_IFREG, .implied = 2 };
	struct cc_error bytes = { 0 }, entries = { 0 };

	ck_assert_int_eq(image_entry_check(&e, &t, &bytes), 0);
	ck_assert_uint_eq(t.entries, 3);
	ck_assert_int_lt(image_entry_check(&e, &t, &bytes), 0);
	ck_assert_int_eq(bytes.code, CC_TOO_LARGE);
	t = (struct image_tally){ .entries_max = 2, .bytes_max = UINT64_MAX };
	ck_assert_int_lt(image_entry_check(&e, &t, &entries), 0);
	ck_assert_ptr_nonnull(strstr(entries.msg, "entries"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("driver_parts");
	TCase *t = tcase_create("parts");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, settings_take_both_forms_and_what_follows_the_dashes);
	tcase_add_loop_test(t, bad_settings_say_what_is_allowed, 0, CC_ARRAY_LEN(bad_flags));
	tcase_add_test(t, slots_share_nothing);
	tcase_add_test(t, a_plan_without_room_is_refused);
	tcase_add_test(t, the_lowest_free_slot_is_taken);
	tcase_add_test(t, a_record_comes_back_as_it_was_written_and_a_cut_one_is_refused);
	tcase_add_test(t, what_was_read_of_a_small_file_always_ends);
	tcase_add_test(t, a_tree_is_removed_however_deep_and_whatever_it_links_to);
	tcase_add_test(t, a_state_directory_has_one_owner_and_a_plain_name);
	tcase_add_loop_test(t, cgroup_layouts_are_recognised, 0, CC_ARRAY_LEN(layouts));
	tcase_add_test(t, a_missing_controller_or_a_bad_directory_is_an_error);
	tcase_add_test(t, limits_become_files_of_the_right_version);
	tcase_add_test(t, a_limit_that_cannot_be_set_is_named);
	tcase_add_test(t, resolvers_are_those_that_an_instance_can_reach);
	tcase_add_test(t, the_owners_networks_are_those_that_the_node_is_on);
	tcase_add_test(t, the_owners_networks_may_be_listed);
	tcase_add_test(t, entries_are_counted_and_an_overflow_is_none);
	tcase_add_test(t, empty_files_and_directories_that_nobody_named_count_too);
	suite_add_tcase(s, t);
	return test_run(s);
}
