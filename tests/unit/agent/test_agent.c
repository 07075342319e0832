/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent as a whole: what it tells, what it does, and what it does when one of its neighbours is gone. */
#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/unit/agent/agent_fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

START_TEST(the_first_report_is_full_and_says_what_the_machine_has)
{
	agent_begin();
	ck_assert(controller_wait_listening(controller));
	ck_assert_uint_eq(controller_reports(controller, true), 1);
	ck_assert_int_eq(controller_offer_memory(controller), 768);
	agent_end_well();
}
END_TEST

START_TEST(an_assignment_is_fetched_unpacked_started_and_told)
{
	struct test_told t;
	struct priv_ct ct;
	bool right;

	agent_begin();
	ck_assert(controller_wait_listening(controller));
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	t = controller_told(controller, 1);
	ck_assert_str_eq(t.address, "10.9.8.7");
	ck_assert_int_eq(t.epoch, 1);
	ck_assert_uint_eq(fake_priv_unpacked(priv, &right), 300000);
	ck_assert(right);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 1);
	agent_end_well();
}
END_TEST

START_TEST(on_a_ready_image_the_way_from_order_to_report_is_short)
{
	int64_t begun;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	ck_assert(controller_wait_listening(controller));
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	usleep(50000);
	begun = cc_boottime_ms();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_int_lt(controller_told(controller, 1).at_ms - begun, 500);
	ck_assert_uint_eq(controller_told(controller, 1).count, 1);
	agent_end_well();
}
END_TEST

START_TEST(several_instances_wait_for_one_fetch)
{
	for (int n = 1; n <= 5; n++)
		world_assign(n, 1, 0, DESIRED_RUN);
	agent_begin();
	for (int n = 1; n <= 5; n++)
		world_wait_state(n, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(controller_fetches(controller), 1);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_IMAGE_UNPACK), 1);
	agent_end_well();
}
END_TEST

START_TEST(stop_start_restart_and_delete_are_followed)
{
	struct priv_ct ct;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_assign(1, 1, 0, DESIRED_STOP);
	world_wait_state(1, OBSERVED_STOPPED, 0);
	world_assign(1, 1, 1, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 1);
	world_assign(1, 1, 2, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 2);
	world_assign(1, 1, 2, DESIRED_DELETE);
	world_wait_state(1, OBSERVED_GONE, 2);
	ck_assert(!fake_priv_ct(priv, 1, &ct));
	agent_end_well();
}
END_TEST

START_TEST(what_the_controller_does_not_know_is_deleted_only_when_it_says_drop)
{
	struct priv_ct ct;

	fake_priv_add_ct(priv, test_ct(1, PRIV_CT_RUNNING, 1, 0));
	controller_answer_raw(controller, 503, "{}");
	agent_begin();
	ck_assert(controller_wait_full(controller, 0));
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_STOP), 0);
	controller_answer_raw(controller, 0, NULL);
	world_wait_state(1, OBSERVED_GONE, -1);
	ck_assert(!fake_priv_ct(priv, 1, &ct));
	agent_end_well();
}
END_TEST

START_TEST(a_full_report_is_given_when_asked_for)
{
	unsigned before;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	before = controller_reports(controller, true);
	controller_want_full(controller);
	ck_assert(controller_wait_full(controller, before));
	world_eventually(controller_told(controller, 1).count >= 2);
	agent_end_well();
}
END_TEST

static const char *const nonsense[] = {
	"{\"revision\":99,\"full\":true,\"want_full\":false,\"assignments\":[{"
	"\"id\":\"01010000-0000-0000-0000-000000000000\",\"name\":\"web\","
	"\"epoch\":9,"
	"\"boot_sn\":0,\"desired\":\"dancing\",\"image_sha256\":\"" TEST_SHA
	"\",\"image_bytes\":1,\"cpu_millis\":100,\"memory_mib\":64,\"disk_mib\":1,"
	"\"pids\":10,\"on_disconnect\":\"keep\"}],\"drop\":[],\"streams\":[],"
	"\"wait_ms\":1000,\"lease_ms\":1000}",
	"{\"revision\":99,\"full\":true,\"want_full\":false,\"assignments\":[],"
	"\"drop\":[\"01010000-0000-0000-0000-000000000000\","
	"\"01010000-0000-0000-0000-000000000000\"],\"streams\":[],\"wait_ms\":1000,"
	"\"lease_ms\":1000}",
	"{\"revision\":99,\"full\":true}",
	"not json",
	"",
};

START_TEST(orders_that_make_no_sense_change_nothing)
{
	struct priv_ct ct;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(controller_wait_listening(controller));
	controller_answer_raw(controller, 200, nonsense[_i]);
	usleep(200000);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_int_eq(ct.state, PRIV_CT_RUNNING);
	controller_answer_raw(controller, 0, NULL);
	world_assign(1, 1, 1, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 1);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 2);
	agent_end_well();
}
END_TEST

START_TEST(a_controller_that_goes_back_in_time_is_asked_for_all)
{
	agent_begin();
	controller_set_revision(controller, 50);
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	controller_set_revision(controller, 20);
	world_assign(1, 1, 1, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 1);
	agent_end_well();
}
END_TEST

START_TEST(a_lost_controller_stops_nothing_and_hears_everything_when_it_is_back)
{
	struct priv_ct ct;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_lose_controller();
	usleep(300000);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_int_eq(ct.state, PRIV_CT_RUNNING);
	world_find_controller();
	world_assign(1, 1, 0, DESIRED_RUN);
	ck_assert(controller_wait_full(controller, 0));
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 1);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_STOP), 0);
	agent_end_well();
}
END_TEST

START_TEST(what_moved_elsewhere_while_cut_off_is_ended_on_reconnection)
{
	struct priv_ct ct;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_lose_controller();
	usleep(100000);
	world_find_controller();
	controller_set_revision(controller, 100);
	world_eventually(!fake_priv_ct(priv, 1, &ct));
	agent_end_well();
}
END_TEST

START_TEST(a_restarted_agent_touches_nothing_that_runs)
{
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
	agent_begin();
	ck_assert(controller_wait_full(controller, 1));
	world_eventually(controller_told(controller, 1).count >= 2);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 1);
	agent_end_well();
}
END_TEST

START_TEST(what_an_earlier_agent_started_is_stopped_as_soon_as_it_runs)
{
	agent_begin();
	world_assign(1, 1, 0, DESIRED_STOP);
	world_wait_state(1, OBSERVED_STOPPED, 0);
	fake_priv_add_ct(priv, test_ct(1, PRIV_CT_RUNNING, 1, 0));
	fake_priv_say_changed(priv);
	world_eventually(fake_priv_calls(priv, PRIV_CT_STOP) == 1);
	agent_end_well();
}
END_TEST

/* Brings instances onto the disk, then takes everything away that a reboot takes. */
static void reboot_without_controller(void)
{
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
	fake_priv_free(priv);
	priv = fake_priv_new();
	fake_priv_add_image(priv, controller_sha256());
	world_lose_controller();
}

START_TEST(what_the_controller_has_heard_of_is_on_the_disk)
{
	struct inst_table spooled = { 0 };
	struct cc_error err = { 0 };
	int64_t revision;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	for (int n = 1; n <= 8; n++) {
		world_assign(n, 1, 0, DESIRED_RUN);
		world_wait_state(n, OBSERVED_RUNNING, 0);
		ck_assert_msg(spool_load_assignments(state_dir, &spooled, &revision, &err) == 0, "%s", err.msg);
		ck_assert_uint_eq(spooled.n, n);
		inst_table_done(&spooled);
	}
	agent_end_well();
}
END_TEST

START_TEST(a_disk_that_cannot_be_written_does_not_silence_the_node)
{
	char path[128];

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	ck_assert(controller_wait_listening(controller));
	snprintf(path, sizeof(path), "%s/assignments.json.new", state_dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(after_a_reboot_without_controller_keep_instances_start_again)
{
	struct priv_ct ct;
	int64_t begun;

	reboot_without_controller();
	fake_priv_add_ct(priv, test_ct(1, PRIV_CT_STOPPED, 1, 0));
	begun = cc_boottime_ms();
	agent_begin();
	world_eventually(fake_priv_ct(priv, 1, &ct) && ct.state == PRIV_CT_RUNNING);
	ck_assert_int_lt(cc_boottime_ms() - begun, 3000);
	agent_end_well();
}
END_TEST

static void assign_leased(int n)
{
	struct assignment a = test_assignment(n, 1, 0, DESIRED_RUN);

	a.on_disconnect = ON_DISCONNECT_STOP;
	a.image_sha256 = controller_sha256();
	a.image_bytes = 300000;
	controller_assign(controller, &a);
}

START_TEST(a_leased_instance_runs_on_over_a_restart_of_the_agent_but_not_without_a_lease)
{
	struct priv_ct ct;
	char lease[128];

	agent_begin();
	assign_leased(1);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
	world_lose_controller();
	agent_begin();
	usleep(300000);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_int_eq(ct.state, PRIV_CT_RUNNING);
	agent_end_well();
	snprintf(lease, sizeof(lease), "%s/lease.json", state_dir);
	ck_assert_int_eq(unlink(lease), 0); /* as good as another boot */
	agent_begin();
	world_eventually(fake_priv_ct(priv, 1, &ct) && ct.state == PRIV_CT_STOPPED);
	agent_end_well();
	agent_begin();
	usleep(200000);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 1);
	agent_end_well();
}
END_TEST

START_TEST(a_leased_instance_ends_with_its_lease)
{
	struct priv_ct ct;
	int64_t begun;

	controller_set_lease(controller, 800);
	agent_begin();
	assign_leased(1);
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	begun = cc_boottime_ms();
	controller_answer_raw(controller, 503, "{}");
	world_eventually(fake_priv_ct(priv, 1, &ct) && ct.state == PRIV_CT_STOPPED);
	ck_assert_int_lt(cc_boottime_ms() - begun, 2000);
	ck_assert(fake_priv_ct(priv, 2, &ct));
	ck_assert_int_eq(ct.state, PRIV_CT_RUNNING);
	controller_set_lease(controller, 30000);
	controller_answer_raw(controller, 0, NULL);
	world_eventually(fake_priv_ct(priv, 1, &ct) && ct.state == PRIV_CT_RUNNING);
	agent_end_well();
}
END_TEST

/* When the process's timer of the boot time that ends first does so, in ms from now; -1: there is none. Waits of poll do not count sleep, this one does. */
static int64_t boot_timer_left_ms(void)
{
	cc_auto(closedir) DIR *fds = opendir("/proc/self/fdinfo");
	struct dirent *d;

	while ((d = readdir(fds)) != NULL) {
		char path[300], text[512] = "";
		cc_auto(fclose) FILE *f = NULL;
		const char *value;
		long long s, ns;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", d->d_name);
		if ((f = fopen(path, "re")) == NULL || fread(text, 1, sizeof(text) - 1, f) == 0 || strstr(text, "clockid: 7") == NULL)
			continue;
		value = strstr(text, "it_value: (");
		if (value != NULL && sscanf(value, "it_value: (%lld, %lld)", &s, &ns) == 2 && s + ns > 0)
			return s * 1000 + ns / 1000000;
	}
	return -1;
}

START_TEST(a_lease_ends_in_a_suspended_machine_too)
{
	agent_begin();
	assign_leased(1);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	controller_answer_raw(controller, 503, "{}");
	world_eventually(boot_timer_left_ms() > 0);
	ck_assert_int_le(boot_timer_left_ms(), 30000);
	agent_end_well();
}
END_TEST

START_TEST(the_other_half_knows_what_needs_a_lease_and_until_when)
{
	int64_t first, until;

	controller_set_lease(controller, 3000);
	agent_begin();
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(fake_priv_leased(priv, &first), 0);
	fake_priv_fail(priv, PRIV_CT_START, CC_UNAVAILABLE, "not yet");
	assign_leased(1);
	world_eventually(fake_priv_calls(priv, PRIV_CT_START) >= 2);
	ck_assert_uint_eq(fake_priv_leased(priv, &first), 1); /* before it runs */
	fake_priv_fail(priv, PRIV_CT_START, CC_OK, "");
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_int_gt(first, cc_boottime_ms());
	world_eventually(fake_priv_leased(priv, &until) == 1 && until > first + 1000);
	world_assign(1, 2, 0, DESIRED_RUN);
	world_eventually(fake_priv_leased(priv, &until) == 0);
	agent_end_well();
}
END_TEST

START_TEST(an_idle_node_keeps_its_lease)
{
	struct priv_ct ct;
	unsigned before;

	controller_set_lease(controller, 3000);
	agent_begin();
	assign_leased(1);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(controller_wait_listening(controller));
	before = controller_syncs(controller);
	usleep(6500000);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_int_eq(ct.state, PRIV_CT_RUNNING);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_STOP), 0);
	ck_assert_uint_le(controller_syncs(controller) - before, 4);
	agent_end_well();
}
END_TEST

START_TEST(a_lease_that_the_disk_did_not_take_is_written_again)
{
	char path[128];

	agent_begin();
	ck_assert(controller_wait_listening(controller));
	snprintf(path, sizeof(path), "%s/lease.json.new", state_dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	assign_leased(1);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(controller_wait_listening(controller));
	ck_assert_int_eq(spool_load_lease(state_dir), 0);
	ck_assert_int_eq(rmdir(path), 0);
	world_eventually(spool_load_lease(state_dir) > 0);
	agent_end_well();
}
END_TEST

START_TEST(a_controller_that_gives_no_lease_is_not_asked_for_one_all_the_time)
{
	unsigned before;

	controller_set_lease(controller, 0);
	agent_begin();
	assign_leased(1);
	world_wait_state(1, OBSERVED_STOPPED, 0);
	ck_assert(controller_wait_listening(controller));
	before = controller_syncs(controller);
	usleep(2500000);
	ck_assert_uint_le(controller_syncs(controller) - before, 1);
	agent_end_well();
}
END_TEST

START_TEST(after_a_failed_sync_everything_is_told)
{
	unsigned before;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(controller_wait_listening(controller));
	before = controller_reports(controller, true);
	controller_answer_raw(controller, _i == 0 ? 503 : 200, "{}");
	world_eventually(controller_reports(controller, true) > before);
	controller_answer_raw(controller, 0, NULL);
	before = controller_reports(controller, true);
	ck_assert(controller_wait_full(controller, before));
	ck_assert(controller_wait_listening(controller));
	agent_end_well();
}
END_TEST

static const struct {
	enum test_blob blob;
	enum observed state;
	const char *reason;
} bad_blobs[] = {
	{ BLOB_WRONG, OBSERVED_FAILED, "damaged" },
	{ BLOB_LONG, OBSERVED_FAILED, "larger than" },
	{ BLOB_SHORT, OBSERVED_FETCHING, "next try in" },
	{ BLOB_MISSING, OBSERVED_FETCHING, "status 404; next try in" },
};

START_TEST(a_bad_archive_is_told_and_a_good_one_mends_it)
{
	bool for_good = bad_blobs[_i].state == OBSERVED_FAILED;

	controller_set_blob(controller, bad_blobs[_i].blob);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(strstr(controller_told(controller, 1).reason, bad_blobs[_i].reason) != NULL);
	ck_assert_int_eq(controller_told(controller, 1).state, bad_blobs[_i].state);
	controller_set_blob(controller, BLOB_RIGHT);
	if (for_good) {
		usleep(1500000);
		ck_assert_uint_eq(controller_fetches(controller), 1);
		world_assign(1, 1, 1, DESIRED_RUN);
	}
	world_wait_state(1, OBSERVED_RUNNING, for_good);
	agent_end_well();
}
END_TEST

/* Archives that this process has open. */
static int open_archives(void)
{
	cc_auto(closedir) DIR *fds = opendir("/proc/self/fd");
	char images[128], target[256];
	struct dirent *d;
	int n = 0;

	snprintf(images, sizeof(images), "%s/images/", state_dir);
	while ((d = readdir(fds)) != NULL) {
		ssize_t len = readlinkat(dirfd(fds), d->d_name, target, sizeof(target));

		n += len > 0 && (size_t)len > strlen(images) && memcmp(target, images, strlen(images)) == 0;
	}
	return n;
}

static int64_t processor_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

START_TEST(a_fetch_that_nobody_waits_for_any_more_is_given_up)
{
	controller_set_blob(controller, BLOB_STALLED);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_FETCHING, 0);
	world_eventually(open_archives() == 1);
	world_assign(1, 1, 0, DESIRED_DELETE);
	world_wait_state(1, OBSERVED_GONE, 0);
	world_eventually(open_archives() == 0);
	/* What is still under way of the first fetch must not get into the next. */
	world_assign(2, 1, 0, DESIRED_RUN);
	world_eventually(controller_fetches(controller) == 2);
	controller_set_blob(controller, BLOB_RIGHT);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(an_agent_may_end_in_the_middle_of_a_fetch)
{
	controller_set_blob(controller, BLOB_STALLED);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(open_archives() == 1);
	agent_end_well();
	ck_assert_int_eq(open_archives(), 0);
}
END_TEST

/* What lies in the images directory of the archive; -1: nothing. */
static int64_t part_bytes(void)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/images/%s.part", state_dir, controller_sha256());
	return stat(path, &st) == 0 ? st.st_size : -1;
}

static size_t half_archive(void)
{
	size_t len;

	(void)controller_archive(&len);
	return len / 2;
}

START_TEST(a_broken_fetch_goes_on_where_it_broke_off)
{
	controller_set_blob(controller, BLOB_SHORT);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(strstr(controller_told(controller, 1).reason, "next try in") != NULL);
	controller_set_blob(controller, BLOB_RIGHT);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(controller_fetched_from(controller), half_archive());
	ck_assert_int_eq(part_bytes(), -1);
	agent_end_well();
}
END_TEST

START_TEST(an_agent_that_begins_anew_goes_on_with_a_fetch)
{
	controller_set_blob(controller, BLOB_STALLED);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(part_bytes() == (int64_t)half_archive());
	agent_end_well();
	ck_assert_int_eq(part_bytes(), half_archive());
	controller_set_blob(controller, BLOB_RIGHT);
	agent_begin();
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(controller_fetched_from(controller), half_archive());
	agent_end_well();
}
END_TEST

START_TEST(a_controller_that_cannot_go_on_is_asked_for_all_of_it)
{
	controller_set_blob(controller, BLOB_SHORT);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(part_bytes() == (int64_t)half_archive());
	controller_set_blob(controller, BLOB_OLD);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(controller_fetched_from(controller), 0);
	agent_end_well();
}
END_TEST

START_TEST(an_archive_that_was_put_together_wrong_is_fetched_anew)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/images", state_dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/images/%s.part", state_dir, controller_sha256());
	f = fopen(path, "w");
	fputs("something else", f);
	fclose(f);
	fake_priv_fail(priv, PRIV_IMAGE_UNPACK, CC_INVALID, "the archive's sha256 is another one");
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(strstr(controller_told(controller, 1).reason, "another one; next try in") != NULL);
	ck_assert_uint_eq(controller_fetched_from(controller), strlen("something else"));
	fake_priv_fail(priv, PRIV_IMAGE_UNPACK, CC_OK, "");
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(controller_fetched_from(controller), 0);
	agent_end_well();
}
END_TEST

START_TEST(a_failed_fetch_that_nobody_waits_for_any_more_costs_nothing)
{
	int64_t used;

	controller_set_blob(controller, BLOB_MISSING);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(strstr(controller_told(controller, 1).reason, "next try in") != NULL);
	world_assign(1, 1, 0, DESIRED_DELETE);
	world_wait_state(1, OBSERVED_GONE, 0);
	usleep(1200000); /* the time of the next try has come */
	used = processor_ms();
	usleep(500000);
	ck_assert_int_lt(processor_ms() - used, 200);
	agent_end_well();
}
END_TEST

#define OTHER_IMAGE(n) n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n n

START_TEST(on_a_full_disk_unused_images_go_and_used_ones_stay)
{
	world_setting("image_free_min=1000000GiB");
	fake_priv_add_image(priv, OTHER_IMAGE("a"));
	fake_priv_add_image(priv, OTHER_IMAGE("b"));
	fake_priv_add_image(priv, controller_sha256());
	world_assign(1, 1, 0, DESIRED_RUN);
	agent_begin();
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_eventually(!fake_priv_has_image(priv, OTHER_IMAGE("a")) && !fake_priv_has_image(priv, OTHER_IMAGE("b")));
	ck_assert(fake_priv_has_image(priv, controller_sha256()));
	ck_assert_uint_eq(controller_fetches(controller), 0);
	agent_end_well();
}
END_TEST

START_TEST(unused_images_are_kept_while_there_is_room)
{
	unsigned lists;

	fake_priv_add_image(priv, OTHER_IMAGE("a"));
	agent_begin();
	world_eventually((lists = fake_priv_calls(priv, PRIV_CT_LIST)) > 0);
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(fake_priv_has_image(priv, OTHER_IMAGE("a")));
	agent_end_well();
}
END_TEST

START_TEST(images_go_at_once_where_they_are_not_to_be_kept)
{
	world_setting("image_keep=0ms");
	fake_priv_add_image(priv, OTHER_IMAGE("a"));
	fake_priv_add_image(priv, controller_sha256());
	world_assign(1, 1, 0, DESIRED_RUN);
	agent_begin();
	world_eventually(!fake_priv_has_image(priv, OTHER_IMAGE("a")));
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(an_unused_image_makes_room_for_one_that_is_needed)
{
	fake_priv_add_image(priv, OTHER_IMAGE("a"));
	fake_priv_fail(priv, PRIV_IMAGE_UNPACK, CC_NO_CAPACITY, "the disk is full");
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(!fake_priv_has_image(priv, OTHER_IMAGE("a")));
	fake_priv_fail(priv, PRIV_IMAGE_UNPACK, CC_OK, "");
	world_wait_state(1, OBSERVED_RUNNING, 0);
	/* All of the archive was there. */
	ck_assert_uint_eq(controller_fetches(controller), 1);
	agent_end_well();
}
END_TEST

START_TEST(what_is_no_archive_fails_until_asked_again)
{
	fake_priv_fail(priv, PRIV_IMAGE_UNPACK, CC_INVALID, "this is no archive");
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_FAILED, 0);
	ck_assert_str_eq(controller_told(controller, 1).reason, "image: this is no archive");
	fake_priv_fail(priv, PRIV_IMAGE_UNPACK, CC_OK, "");
	world_assign(1, 1, 1, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 1);
	agent_end_well();
}
END_TEST

START_TEST(an_archive_beyond_the_owners_limit_is_not_even_fetched)
{
	struct assignment a = test_assignment(1, 1, 0, DESIRED_RUN);

	a.image_bytes = 5LL << 30;
	agent_begin();
	controller_assign(controller, &a);
	world_wait_state(1, OBSERVED_FAILED, 0);
	ck_assert_ptr_nonnull(strstr(controller_told(controller, 1).reason, "larger than the 4096 MiB"));
	ck_assert_uint_eq(controller_fetches(controller), 0);
	agent_end_well();
}
END_TEST

START_TEST(a_start_that_fails_is_tried_again_and_says_when)
{
	fake_priv_add_image(priv, controller_sha256());
	fake_priv_fail(priv, PRIV_CT_START, CC_UNAVAILABLE, "no bridge");
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(strcmp(controller_told(controller, 1).reason, "start: no bridge; next try in 1 s") == 0);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_STARTING);
	fake_priv_fail(priv, PRIV_CT_START, CC_OK, "");
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(an_image_that_was_lost_is_fetched_again)
{
	fake_priv_add_image(priv, controller_sha256());
	fake_priv_fail(priv, PRIV_CT_START, CC_NOT_FOUND, "no such image");
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(fake_priv_calls(priv, PRIV_IMAGE_UNPACK) >= 1);
	fake_priv_fail(priv, PRIV_CT_START, CC_OK, "");
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(an_init_that_ends_by_itself_is_started_again_after_a_while)
{
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	fake_priv_end_init(priv, 1, 3 << 8);
	world_eventually(strcmp(controller_told(controller, 1).reason, "init exited with status 3; next try in 1 s") == 0);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_STARTING);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 2);
	agent_end_well();
}
END_TEST

START_TEST(the_owner_has_the_last_word_and_may_change_it)
{
	world_setting("offer_instances=1");
	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(2, OBSERVED_FAILED, 0);
	ck_assert_str_eq(controller_told(controller, 2).reason, "refused by the node's owner: 1 instances are the most allowed");
	world_setting("offer_instances=2");
	world_setting("offer_memory=50%");
	agent_hup();
	world_wait_state(2, OBSERVED_RUNNING, 0);
	world_eventually(controller_offer_memory(controller) == 512);
	agent_end_well();
}
END_TEST

static void assign_of(int n, const char *member, bool own)
{
	struct assignment a = test_assignment(n, 1, 0, DESIRED_RUN);

	a.image_sha256 = controller_sha256();
	a.member_name = member;
	if (member == NULL)
		cc_unset(&a, assignment, member_name);
	if (own)
		cc_set(&a, assignment, own, true);
	controller_assign(controller, &a);
}

START_TEST(whom_the_owner_does_not_let_in_starts_nothing_whatever_the_controller_says)
{
	struct priv_ct ct;

	world_setting("deny_members=bob");
	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	assign_of(1, "bob", false);
	world_wait_state(1, OBSERVED_FAILED, 0);
	ck_assert_str_eq(controller_told(controller, 1).reason, "refused by the node's owner: instances of bob may not start here");
	assign_of(2, "bob", true);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	assign_of(3, "eva", false);
	world_wait_state(3, OBSERVED_RUNNING, 0);
	assign_of(4, NULL, false);
	world_wait_state(4, OBSERVED_FAILED, 0);
	world_setting("deny_members=");
	world_setting("allow_members=bob");
	agent_hup();
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(fake_priv_ct(priv, 3, &ct) && ct.state == PRIV_CT_RUNNING); /* what runs runs on */
	agent_end_well();
}
END_TEST

START_TEST(the_owner_has_the_last_word_on_what_runs_already)
{
	struct priv_ct ct;
	struct assignment more;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	more = world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	more.epoch = 2;
	more.memory_mib = 4096;
	controller_assign(controller, &more);
	world_eventually(strstr(controller_told(controller, 1).reason, "refused by the node's owner: memory 4096 MiB") != NULL);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_RUNNING);
	ck_assert_int_eq(controller_told(controller, 1).epoch, 1);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_int_eq(ct.epoch, 1);
	more.memory_mib = 128;
	more.epoch = 3;
	controller_assign(controller, &more);
	world_eventually(fake_priv_ct(priv, 1, &ct) && ct.epoch == 3);
	agent_end_well();
}
END_TEST

START_TEST(limits_change_without_a_restart)
{
	struct priv_ct ct, before;
	struct assignment other;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	other = world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	ck_assert(fake_priv_ct(priv, 1, &before));
	other.memory_mib = 200;
	other.pids = 77;
	controller_assign(controller, &other);
	world_eventually(fake_priv_ct(priv, 1, &ct) && ct.limits.memory_bytes == 200 << 20 && ct.limits.pids == 77);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_STOP), 0);
	ck_assert_uint_eq(ct.boot_sn, before.boot_sn);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_RUNNING);
	agent_end_well();
}
END_TEST

START_TEST(limits_that_are_refused_are_told_and_the_old_ones_stay)
{
	struct priv_ct ct;
	struct assignment other;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	other = world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	fake_priv_fail(priv, PRIV_CT_START, CC_CONFLICT, "40 MiB are in use");
	other.memory_mib = 8;
	controller_assign(controller, &other);
	world_eventually(strstr(controller_told(controller, 1).reason, "new limits: 40 MiB are in use") != NULL);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_RUNNING);
	ck_assert(fake_priv_ct(priv, 1, &ct));
	ck_assert_uint_eq(ct.limits.memory_bytes, 64 << 20);
	/* Asked for what it has, nothing is wrong any more. */
	other.memory_mib = 64;
	controller_assign(controller, &other);
	world_eventually(controller_told(controller, 1).reason[0] == '\0');
	agent_end_well();
}
END_TEST

static void pause_node(int64_t for_ms, bool stop)
{
	struct owner_pause p = { .since = cc_now_ms(), .stop = stop };
	struct cc_error err = { 0 };

	if (for_ms > 0)
		cc_set(&p, owner_pause, until, p.since + for_ms);
	ck_assert_msg(owner_save_pause(state_dir, &p, &err) == 0, "%s", err.msg);
}

static void resume_node(void)
{
	struct cc_error err = { 0 };

	ck_assert_msg(owner_resume(state_dir, &err) == 0, "%s", err.msg);
}

START_TEST(a_paused_node_starts_nothing_new_and_keeps_what_runs)
{
	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	pause_node(0, false);
	world_eventually(strcmp(controller_closed(controller), "the owner paused the node until further notice") == 0);
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(2, OBSERVED_FAILED, 0);
	ck_assert_str_eq(controller_told(controller, 2).reason, "refused by the node's owner: the owner paused the node until further notice");
	/* What is here may come back. */
	fake_priv_end_init(priv, 1, 0);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	resume_node();
	world_wait_state(2, OBSERVED_RUNNING, 0);
	world_eventually(controller_closed(controller)[0] == '\0');
	agent_end_well();
}
END_TEST

START_TEST(what_is_in_the_way_of_the_network_is_told_when_it_changes)
{
	unsigned reports;

	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	world_eventually(strcmp(controller_network(controller), "500 0") == 0);
	fake_priv_block(priv, "a \xff rule\nanother\n");
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_eventually(strcmp(controller_network(controller), "500 0/a \xef\xbf\xbd rule/another") == 0);
	/* The same again is no news. */
	ck_assert(controller_wait_listening(controller));
	reports = controller_reports(controller, false);
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	ck_assert(controller_wait_listening(controller));
	ck_assert_uint_le(controller_reports(controller, false), reports + 4);
	fake_priv_block(priv, "");
	world_assign(3, 1, 0, DESIRED_RUN);
	world_wait_state(3, OBSERVED_RUNNING, 0);
	world_eventually(strcmp(controller_network(controller), "500 0") == 0);
	agent_end_well();
}
END_TEST

START_TEST(a_pause_that_stops_ends_what_runs_and_brings_it_back)
{
	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	pause_node(0, true);
	world_wait_state(1, OBSERVED_FAILED, 0);
	ck_assert_ptr_nonnull(strstr(controller_told(controller, 1).reason, "the owner paused the node"));
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_STOP), 1);
	resume_node();
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(a_pause_ends_by_itself_and_is_known_after_a_restart_of_the_agent)
{
	fake_priv_add_image(priv, controller_sha256());
	pause_node(1500, false);
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_FAILED, 0);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(a_reserve_shrinks_the_offer_and_stops_nothing)
{
	fake_priv_add_image(priv, controller_sha256());
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	world_setting("reserve_memory=900MiB");
	agent_hup();
	world_eventually(controller_offer_memory(controller) == 64);
	world_assign(2, 1, 0, DESIRED_RUN);
	world_wait_state(2, OBSERVED_RUNNING, 0);
	world_assign(3, 1, 0, DESIRED_RUN);
	world_wait_state(3, OBSERVED_FAILED, 0);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_RUNNING);
	agent_end_well();
}
END_TEST

START_TEST(what_nobody_assigned_takes_room_as_long_as_it_exists)
{
	struct priv_ct orphan = test_ct(3, PRIV_CT_RUNNING, 1, 0);

	orphan.limits = (struct priv_limits){ .memory_bytes = UINT64_C(1500) << 20, .disk_bytes = 1 << 20, .cpu_millis = 100 };
	fake_priv_add_image(priv, controller_sha256());
	fake_priv_add_ct(priv, orphan);
	fake_priv_fail(priv, PRIV_CT_DELETE, CC_UNAVAILABLE, "busy");
	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_eventually(strstr(controller_told(controller, 1).reason, "64 MiB beside 1500 MiB in use") != NULL);
	ck_assert_int_eq(controller_told(controller, 1).state, OBSERVED_FAILED);
	fake_priv_fail(priv, PRIV_CT_DELETE, CC_OK, "");
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
}
END_TEST

START_TEST(without_the_other_half_the_agent_ends_at_once)
{
	struct cc_error err;
	int64_t begun;

	agent_begin();
	ck_assert(controller_wait_listening(controller));
	begun = cc_boottime_ms();
	fake_priv_die(priv);
	ck_assert_int_eq(agent_wait(&err), -1);
	ck_assert_int_eq(err.code, CC_UNAVAILABLE);
	ck_assert_int_lt(cc_boottime_ms() - begun, 1000);
}
END_TEST

START_TEST(a_torn_spool_stops_nothing_and_all_is_asked_for)
{
	char path[128];

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	agent_end_well();
	snprintf(path, sizeof(path), "%s/assignments.json", state_dir);
	ck_assert_int_eq(truncate(path, 60), 0);
	agent_begin();
	ck_assert(controller_wait_full(controller, 1));
	world_eventually(controller_told(controller, 1).count >= 2);
	world_assign(1, 1, 1, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 1);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_START), 2);
	ck_assert_uint_eq(fake_priv_calls(priv, PRIV_CT_STOP), 0);
	agent_end_well();
}
END_TEST

START_TEST(an_idle_agent_says_nothing)
{
	unsigned before;

	agent_begin();
	world_assign(1, 1, 0, DESIRED_RUN);
	world_wait_state(1, OBSERVED_RUNNING, 0);
	usleep(300000);
	ck_assert(controller_wait_listening(controller));
	before = controller_syncs(controller);
	usleep(700000);
	ck_assert_uint_eq(controller_syncs(controller), before);
	agent_end_well();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agent");
	TCase *tc = tcase_create("agent");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_set_timeout(tc, 40);
	tcase_add_test(tc, the_first_report_is_full_and_says_what_the_machine_has);
	tcase_add_test(tc, an_assignment_is_fetched_unpacked_started_and_told);
	tcase_add_test(tc, on_a_ready_image_the_way_from_order_to_report_is_short);
	tcase_add_test(tc, several_instances_wait_for_one_fetch);
	tcase_add_test(tc, stop_start_restart_and_delete_are_followed);
	tcase_add_test(tc, what_the_controller_does_not_know_is_deleted_only_when_it_says_drop);
	tcase_add_test(tc, a_full_report_is_given_when_asked_for);
	tcase_add_loop_test(tc, orders_that_make_no_sense_change_nothing, 0, CC_ARRAY_LEN(nonsense));
	tcase_add_test(tc, a_controller_that_goes_back_in_time_is_asked_for_all);
	tcase_add_test(tc, a_lost_controller_stops_nothing_and_hears_everything_when_it_is_back);
	tcase_add_test(tc, what_moved_elsewhere_while_cut_off_is_ended_on_reconnection);
	tcase_add_test(tc, a_restarted_agent_touches_nothing_that_runs);
	tcase_add_test(tc, what_an_earlier_agent_started_is_stopped_as_soon_as_it_runs);
	tcase_add_test(tc, what_the_controller_has_heard_of_is_on_the_disk);
	tcase_add_test(tc, a_disk_that_cannot_be_written_does_not_silence_the_node);
	tcase_add_test(tc, after_a_reboot_without_controller_keep_instances_start_again);
	tcase_add_test(tc, a_leased_instance_runs_on_over_a_restart_of_the_agent_but_not_without_a_lease);
	tcase_add_test(tc, a_leased_instance_ends_with_its_lease);
	tcase_add_test(tc, a_lease_ends_in_a_suspended_machine_too);
	tcase_add_test(tc, the_other_half_knows_what_needs_a_lease_and_until_when);
	tcase_add_test(tc, an_idle_node_keeps_its_lease);
	tcase_add_test(tc, a_lease_that_the_disk_did_not_take_is_written_again);
	tcase_add_test(tc, a_controller_that_gives_no_lease_is_not_asked_for_one_all_the_time);
	tcase_add_loop_test(tc, after_a_failed_sync_everything_is_told, 0, 2);
	tcase_add_test(tc, a_broken_fetch_goes_on_where_it_broke_off);
	tcase_add_test(tc, an_agent_that_begins_anew_goes_on_with_a_fetch);
	tcase_add_test(tc, a_controller_that_cannot_go_on_is_asked_for_all_of_it);
	tcase_add_test(tc, an_archive_that_was_put_together_wrong_is_fetched_anew);
	tcase_add_test(tc, on_a_full_disk_unused_images_go_and_used_ones_stay);
	tcase_add_test(tc, unused_images_are_kept_while_there_is_room);
	tcase_add_test(tc, images_go_at_once_where_they_are_not_to_be_kept);
	tcase_add_test(tc, an_unused_image_makes_room_for_one_that_is_needed);
	tcase_add_loop_test(tc, a_bad_archive_is_told_and_a_good_one_mends_it, 0, CC_ARRAY_LEN(bad_blobs));
	tcase_add_test(tc, a_fetch_that_nobody_waits_for_any_more_is_given_up);
	tcase_add_test(tc, an_agent_may_end_in_the_middle_of_a_fetch);
	tcase_add_test(tc, a_failed_fetch_that_nobody_waits_for_any_more_costs_nothing);
	tcase_add_test(tc, what_is_no_archive_fails_until_asked_again);
	tcase_add_test(tc, an_archive_beyond_the_owners_limit_is_not_even_fetched);
	tcase_add_test(tc, a_start_that_fails_is_tried_again_and_says_when);
	tcase_add_test(tc, an_image_that_was_lost_is_fetched_again);
	tcase_add_test(tc, an_init_that_ends_by_itself_is_started_again_after_a_while);
	tcase_add_test(tc, the_owner_has_the_last_word_and_may_change_it);
	tcase_add_test(tc, whom_the_owner_does_not_let_in_starts_nothing_whatever_the_controller_says);
	tcase_add_test(tc, the_owner_has_the_last_word_on_what_runs_already);
	tcase_add_test(tc, limits_change_without_a_restart);
	tcase_add_test(tc, limits_that_are_refused_are_told_and_the_old_ones_stay);
	tcase_add_test(tc, a_paused_node_starts_nothing_new_and_keeps_what_runs);
	tcase_add_test(tc, what_is_in_the_way_of_the_network_is_told_when_it_changes);
	tcase_add_test(tc, a_pause_that_stops_ends_what_runs_and_brings_it_back);
	tcase_add_test(tc, a_pause_ends_by_itself_and_is_known_after_a_restart_of_the_agent);
	tcase_add_test(tc, a_reserve_shrinks_the_offer_and_stops_nothing);
	tcase_add_test(tc, what_nobody_assigned_takes_room_as_long_as_it_exists);
	tcase_add_test(tc, without_the_other_half_the_agent_ends_at_once);
	tcase_add_test(tc, a_torn_spool_stops_nothing_and_all_is_asked_for);
	tcase_add_test(tc, an_idle_agent_says_nothing);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
