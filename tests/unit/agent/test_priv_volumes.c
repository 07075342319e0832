/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots and volumes of real containers: what is kept, what comes back, what outlives them; hostile targets; and cc-agent-priv killed in the middle. */
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

static int take(unsigned n, unsigned snapshot, uint64_t *ret_bytes, struct cc_error *err)
{
	struct priv_snapshot body = { priv_fixture_id(n), priv_fixture_id(snapshot) };
	struct priv_snapshot_reply reply = { 0 };
	int result = priv_fixture_call(PRIV_SNAPSHOT_TAKE, &body, &reply, err);

	if (ret_bytes != NULL)
		*ret_bytes = reply.bytes;
	return result;
}

static void must_take(unsigned n, unsigned snapshot)
{
	struct cc_error err = { 0 };

	ck_assert_msg(take(n, snapshot, NULL, &err) == 0, "%s", err.msg);
}

static int restore(unsigned n, unsigned snapshot, uint64_t sn, struct priv_ct *ret, struct cc_error *err)
{
	struct priv_restore body = { priv_fixture_id(n), priv_fixture_id(snapshot), sn };
	struct priv_ct ct;

	return priv_fixture_call(PRIV_CT_RESTORE, &body, ret != NULL ? ret : &ct, err);
}

static int count_snapshots(unsigned n)
{
	struct priv_ct_ref body = { priv_fixture_id(n) };
	struct priv_list_reply list = { 0 };
	struct cc_error err = { 0 };

	ck_assert_msg(priv_fixture_call(PRIV_CT_SNAPSHOTS, &body, &list, &err) == 0, "%s", err.msg);
	return (int)list.count;
}

static void stop(unsigned n)
{
	struct cc_error err = { 0 };

	ck_assert_msg(priv_fixture_stop_ct(n, 0, &err) == 0, "%s", err.msg);
}

static void sh(unsigned n, const char *command, const char *want)
{
	char out[4096];

	ck_assert_msg(priv_fixture_sh(n, command, out, sizeof(out)) == 0, "'%s' failed: %s", command, out);
	if (want != NULL)
		ck_assert_str_eq(out, want);
}

START_TEST(a_snapshot_brings_back_what_was_there)
{
	struct cc_error err = { 0 };
	struct priv_ct ct;
	uint64_t bytes = 0;

	priv_fixture_run(1, priv_lxc_image);
	sh(1, "echo one >/root/file; mkdir -p /srv/d; ln -s ../../root/file /srv/d/link; chmod 4755 /root/file; rm /bin/ls", NULL);
	ck_assert_msg(take(1, 50, &bytes, &err) == 0, "%s", err.msg);
	ck_assert_uint_gt(bytes, 0);
	sh(1, "echo two >/root/file; rm -r /srv/d; echo new >/root/new", NULL);
	ck_assert_int_lt(restore(1, 50, 1, NULL, &err), 0);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	stop(1);
	ck_assert_msg(restore(1, 50, 1, &ct, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(ct.restore_sn, 1);
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "cat /srv/d/link; stat -c %a:%u /root/file; test -e /root/new || echo none; test -e /bin/ls || echo gone", "one\n4755:0\nnone\ngone\n");
}
END_TEST

START_TEST(a_restore_is_carried_out_once_under_its_number)
{
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	sh(1, "echo one >/f", NULL);
	must_take(1, 50);
	stop(1);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(restore(1, 50, 3, NULL, &err) == 0, "%s", err.msg);
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "echo two >/f", NULL);
	/* Also while it runs: there is nothing to be done. */
	ck_assert_msg(restore(1, 50, 3, NULL, &err) == 0, "%s", err.msg);
	stop(1);
	ck_assert_msg(restore(1, 50, 2, NULL, &err) == 0, "%s", err.msg);
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "cat /f", "two\n");
}
END_TEST

START_TEST(snapshots_are_listed_deleted_and_go_with_their_instance)
{
	struct priv_snapshot body = { priv_fixture_id(1), priv_fixture_id(51) };
	struct cc_error err = { 0 };
	struct priv_none none;
	char path[512];

	priv_fixture_run(1, priv_lxc_image);
	must_take(1, 50);
	must_take(1, 51);
	must_take(1, 51);
	ck_assert_int_eq(count_snapshots(1), 2);
	for (int i = 0; i < 2; i++)
		ck_assert_msg(priv_fixture_call(PRIV_SNAPSHOT_DELETE, &body, &none, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(count_snapshots(1), 1);
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(NULL);
	ck_assert_int_eq(count_snapshots(1), 1);
	ck_assert_int_lt(restore(1, 51, 1, NULL, &err), 0);
	err = (struct cc_error){ 0 };
	ck_assert_msg(priv_fixture_delete_ct(1, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(count_snapshots(1), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
	snprintf(path, sizeof(path), "%s/snapshots", priv_fixture_dir());
	ck_assert(rmdir(path) == 0 || access(path, F_OK) < 0);
}
END_TEST

START_TEST(what_is_not_there_is_refused_by_name)
{
	struct cc_error err = { 0 };

	ck_assert_int_lt(take(7, 50, NULL, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	priv_fixture_run(1, priv_lxc_image);
	stop(1);
	ck_assert_int_lt(restore(1, 50, 1, NULL, &err), 0);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_int_lt(restore(1, 50, 0, NULL, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

/* A program that writes all the time is not harmed, and what it wrote is in order: the later of two files is never ahead of the earlier. */
START_TEST(a_running_instance_is_held_still_and_goes_on)
{
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	sh(1, "mkdir /w; (while :; do echo x >>/w/a; echo x >>/w/b; done) >/dev/null 2>&1 </dev/null & until test -s /w/b; do :; done", NULL);
	must_take(1, 50);
	/* It goes on. */
	sh(1, "n=$(wc -l </w/b); i=0; while test $n -eq $(wc -l </w/b); do i=$((i+1)); test $i -lt 10000 || exit 1; done", NULL);
	stop(1);
	ck_assert_msg(restore(1, 50, 1, NULL, &err) == 0, "%s", err.msg);
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "a=$(wc -l </w/a); b=$(wc -l </w/b); if test $a -eq $b -o $a -eq $((b+1)); then echo ordered; else echo $a $b; fi", "ordered\n");
}
END_TEST

/* ---- volumes ---- */

static void make_volume(unsigned id, uint64_t mib)
{
	struct priv_volume body = { priv_fixture_id(id), mib * MIB };
	struct cc_error err = { 0 };
	struct priv_none none;

	ck_assert_msg(priv_fixture_call(PRIV_VOLUME_MAKE, &body, &none, &err) == 0, "%s", err.msg);
}

static void delete_volume(unsigned id)
{
	struct priv_ct_ref body = { priv_fixture_id(id) };
	struct cc_error err = { 0 };
	struct priv_none none;

	ck_assert_msg(priv_fixture_call(PRIV_VOLUME_DELETE, &body, &none, &err) == 0, "%s", err.msg);
}

static int start_with(unsigned n, const struct priv_mount *mounts, size_t count, struct cc_error *err)
{
	struct priv_ct_start body = priv_fixture_request(n, priv_lxc_image);
	struct priv_request r = { .verb = PRIV_CT_START, .body = &body, .tail = mounts, .tail_len = count * sizeof(*mounts) };
	struct priv_ct ct;

	return priv_client_call(priv_fixture.client, &r, 60000, &ct, NULL, err);
}

static struct priv_mount mount_at(unsigned id, const char *path, bool read_only)
{
	struct priv_mount m = { .volume = priv_fixture_id(id), .read_only = read_only };

	snprintf(m.path, sizeof(m.path), "%s", path);
	return m;
}

static void must_start_with(unsigned n, struct priv_mount m)
{
	struct cc_error err = { 0 };

	ck_assert_msg(start_with(n, &m, 1, &err) == 0, "%s", err.msg);
}

START_TEST(a_volume_outlives_its_instance_and_serves_another_with_other_ids)
{
	struct cc_error err = { 0 };

	make_volume(60, 10);
	make_volume(60, 20);
	priv_fixture_run(2, priv_lxc_image); /* takes the first ids, so that those of 1 and 3 differ */
	must_start_with(1, mount_at(60, "/srv/data", false));
	sh(1, "echo mine >/srv/data/file; mkdir /srv/data/d; stat -c %u:%g /srv/data /srv/data/file; stat -c %u /srv", "0:0\n0:0\n0\n");
	sh(1, "echo x >/srv/data/user; chown 1000:1000 /srv/data/user", NULL);
	ck_assert_int_eq(priv_fixture_delete_ct(2, &err), 0);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
	priv_fixture_run(4, priv_lxc_image);
	must_start_with(3, mount_at(60, "/data", false));
	sh(3, "cat /data/file; stat -c %u:%g /data/file /data/user; echo more >>/data/file && cat /data/file", "mine\n0:0\n1000:1000\nmine\nmore\n");
	ck_assert_int_eq(priv_fixture_delete_ct(3, &err), 0);
	delete_volume(60);
	delete_volume(60);
}
END_TEST

START_TEST(a_read_only_volume_cannot_be_written_or_made_so)
{
	struct cc_error err = { 0 };

	make_volume(61, 10);
	must_start_with(1, mount_at(61, "/data", false));
	sh(1, "echo kept >/data/f", NULL);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	must_start_with(1, mount_at(61, "/data", true));
	sh(1, "echo no >/data/f; mount -o remount,rw /data; echo no >/data/f; umount /data; cat /data/f", "kept\n");
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	delete_volume(61);
}
END_TEST

/* What a guest leaves at the target leads where it would lead the guest. */
START_TEST(a_symlink_at_the_target_does_not_lead_outside)
{
	char outside[] = "/tmp/cc-volume-outside-XXXXXX", command[256], path[128];
	struct cc_error err = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(outside));
	chmod(outside, 0777);
	make_volume(62, 10);
	priv_fixture_run(1, priv_lxc_image);
	snprintf(command, sizeof(command), "mkdir -p %s; ln -s %s /out; ln -s ../../../../../../..%s /up; ln -s /proc/1/root%s /proc-link", outside,
	        outside, outside, outside);
	sh(1, command, NULL);
	stop(1);
	for (int i = 0; i < 2; i++) {
		must_start_with(1, mount_at(62, i == 0 ? "/out" : "/up", false));
		sh(1, i == 0 ? "echo here >/out/f; cat /out/f" : "cat /up/f", "here\n");
		snprintf(path, sizeof(path), "%s/f", outside);
		ck_assert_int_lt(access(path, F_OK), 0);
		stop(1);
	}
	/* Through a magic link, to a file, to nothing, and through a file: refused, and said. */
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "ln -s nowhere /dangling; echo x >/file; rm -f /out; mkdir -p /a; ln -s /a/loop /a/loop", NULL);
	stop(1);
	for (size_t i = 0; i < 4; i++) {
		static const char *const targets[] = { "/dangling", "/file", "/file/below", "/a/loop/x" };
		struct priv_mount m = mount_at(62, targets[i], false);

		err = (struct cc_error){ 0 };
		ck_assert_msg(start_with(1, &m, 1, &err) < 0, "%s", targets[i]);
		ck_assert_msg(err.code == CC_INVALID && strstr(err.msg, "no directory") != NULL, "%s: %s", targets[i], err.msg);
	}
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	delete_volume(62);
	rmdir(outside);
}
END_TEST

START_TEST(nonsense_about_volumes_is_refused)
{
	static const char *const paths[] = { "", "/", "data", "/a/../b", "/a//b", "/a/", "/./a" };
	struct priv_mount m;
	struct cc_error err = { 0 };
	struct priv_volume body = { priv_fixture_id(63), 1 };
	struct priv_none none;

	for (size_t i = 0; i < CC_ARRAY_LEN(paths); i++) {
		m = mount_at(63, paths[i], false);
		ck_assert_int_lt(start_with(1, &m, 1, &err), 0);
		ck_assert_msg(err.code == CC_INVALID, "'%s': %s", paths[i], err.msg);
	}
	m = mount_at(63, "/x", false);
	memset(m.path, 'x', sizeof(m.path));
	ck_assert_int_lt(start_with(1, &m, 1, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
	m = mount_at(63, "/data", false);
	ck_assert_int_lt(start_with(1, &m, 1, &err), 0);
	ck_assert_msg(err.code == CC_UNAVAILABLE, "%s", err.msg);
	ck_assert_int_lt(priv_fixture_call(PRIV_VOLUME_MAKE, &body, &none, &err), 0);
	ck_assert_int_eq(err.code, CC_INVALID);
}
END_TEST

/* ---- kill -9 ---- */

static struct priv_reply_seen {
	bool seen;
} reply_seen;

static void on_reply(void *user, const struct priv_reply *reply)
{
	(void)user, (void)reply;
	reply_seen.seen = true;
}

static bool exists(const char *fmt, const char *id)
{
	char path[512];

	snprintf(path, sizeof(path), fmt, priv_fixture_dir(), id);
	return access(path, F_OK) == 0;
}

/* Sends a request and kills cc-agent-priv when the copy that it makes has begun; true when it was in the middle. */
static bool kill_in_the_middle(enum priv_verb verb, const void *body, const char *half, const char *id)
{
	struct cc_error err = { 0 };
	bool begun = false;

	reply_seen.seen = false;
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = verb, .body = body }, on_reply, NULL, NULL, &err), 0);
	for (int i = 0; i < 100000 && !begun && !reply_seen.seen; i++) {
		(void)priv_client_step(priv_fixture.client, &err);
		begun = exists(half, id);
		usleep(100);
	}
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	return begun && !reply_seen.seen;
}

/* So much that a copy takes a while. It is on the disk in the end: memory full of what is not leaves no room for a program under the instance's limit. */
static void run_and_fill(unsigned n)
{
	struct priv_ct_start q = priv_fixture_request(n, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct ct;

	/* Where the node's disk is in memory, what it holds counts. */
	q.limits.memory_bytes = 256 << 20;
	ck_assert_msg(priv_fixture_call(PRIV_CT_START, &q, &ct, &err) == 0, "%s", err.msg);
	sh(n, "dd if=/dev/zero of=/large bs=1M count=96 conv=fsync 2>/dev/null; mkdir /many; i=0; while test $i -lt 100; do echo $i >/many/$i; i=$((i+1)); done",
	        NULL);
}

START_TEST(killed_while_a_snapshot_is_taken)
{
	struct priv_snapshot body = { priv_fixture_id(1), priv_fixture_id(50) };
	char id[CC_UUID_TEXT], names[2 * CC_UUID_TEXT + 2];
	struct priv_ct ct;

	run_and_fill(1);
	cc_uuid_format(body.instance, id);
	snprintf(names, sizeof(names), "%s/", id);
	strcat(names, cc_uuid_format(body.id, id));
	ck_assert(kill_in_the_middle(PRIV_SNAPSHOT_TAKE, &body, "%s/snapshots/%s.new", names));
	/* Nothing is half there, and the instance is not held still. */
	ck_assert(!exists("%s/snapshots/%s.new", names));
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_RUNNING);
	sh(1, "echo on", "on\n");
	ck_assert_int_eq(count_snapshots(1), 0);
	must_take(1, 50);
	ck_assert_int_eq(count_snapshots(1), 1);
}
END_TEST

START_TEST(killed_while_a_snapshot_is_restored)
{
	struct priv_restore body = { priv_fixture_id(1), priv_fixture_id(50), 1 };
	struct cc_error err = { 0 };
	char id[CC_UUID_TEXT];
	struct priv_ct ct;

	run_and_fill(1);
	must_take(1, 50);
	sh(1, "rm -r /many; echo later >/later", NULL);
	stop(1);
	cc_uuid_format(body.instance, id);
	ck_assert(kill_in_the_middle(PRIV_CT_RESTORE, &body, "%s/instances/%s.new", id));
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.restore_sn, 0);
	/* A start completes what was begun. */
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "ls /many | wc -l; test -e /later || echo none", "100\nnone\n");
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.restore_sn, 1);
	sh(1, "echo later >/later", NULL);
	ck_assert_msg(restore(1, 50, 1, NULL, &err) == 0, "%s", err.msg);
	sh(1, "cat /later", "later\n");
}
END_TEST

START_TEST(a_snapshot_gives_way_to_a_stop)
{
	struct priv_snapshot body = { priv_fixture_id(1), priv_fixture_id(50) };
	struct cc_error err = { 0 };
	uint32_t seq;

	run_and_fill(1);
	reply_seen.seen = false;
	ck_assert_int_eq(priv_client_send(priv_fixture.client, &(struct priv_request){ .verb = PRIV_SNAPSHOT_TAKE, .body = &body }, on_reply, NULL,
	                         &seq, &err),
	        0);
	stop(1);
	ck_assert(reply_seen.seen);
	/* Either it was quicker, or it is not there at all. */
	ck_assert_int_le(count_snapshots(1), 1);
	priv_fixture_run(1, priv_lxc_image);
	sh(1, "ls /many | wc -l", "100\n");
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_snapshot_brings_back_what_was_there);
	tcase_add_test(t, a_restore_is_carried_out_once_under_its_number);
	tcase_add_test(t, snapshots_are_listed_deleted_and_go_with_their_instance);
	tcase_add_test(t, what_is_not_there_is_refused_by_name);
	tcase_add_test(t, a_running_instance_is_held_still_and_goes_on);
	tcase_add_test(t, a_volume_outlives_its_instance_and_serves_another_with_other_ids);
	tcase_add_test(t, a_read_only_volume_cannot_be_written_or_made_so);
	tcase_add_test(t, a_symlink_at_the_target_does_not_lead_outside);
	tcase_add_test(t, nonsense_about_volumes_is_refused);
	tcase_add_test(t, killed_while_a_snapshot_is_taken);
	tcase_add_test(t, killed_while_a_snapshot_is_restored);
	tcase_add_test(t, a_snapshot_gives_way_to_a_stop);
}

int main(void)
{
	return priv_lxc_main("priv_volumes", add);
}
