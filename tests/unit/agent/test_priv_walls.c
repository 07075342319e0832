/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What keeps real containers in: ids, capabilities, system calls, limits, network, and files that a guest prepared. */
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include "agent/driver/slot.h"
#include "common/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

START_TEST(each_container_has_its_own_ids)
{
	char path[64], text[128], want[64];

	for (unsigned n = 1; n <= 2; n++) {
		struct priv_ct ct = priv_fixture_run(n, priv_lxc_image);
		unsigned from, to, count;

		snprintf(want, sizeof(want), "0 %u 65536", PRIV_FIXTURE_ID + SLOT_IDS * (ct.slot + 1));
		for (int gid = 0; gid < 2; gid++) {
			snprintf(path, sizeof(path), "/proc/%d/%cid_map", ct.init_pid, gid ? 'g' : 'u');
			ck_assert_int_eq(sscanf(priv_lxc_read(path, text, sizeof(text)), "%u %u %u", &from, &to, &count), 3);
			snprintf(text, sizeof(text), "%u %u %u", from, to, count);
			ck_assert_str_eq(text, want);
		}
	}
}
END_TEST

START_TEST(capabilities_are_few_and_the_system_call_filter_is_on)
{
	static const int gone[] = { CAP_NET_ADMIN, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_TIME, CAP_MKNOD, CAP_SYSLOG, CAP_MAC_ADMIN, CAP_BPF };
	struct priv_ct ct = priv_fixture_run(1, priv_lxc_image);
	char text[64], bounding[64];
	unsigned long long caps = strtoull(priv_lxc_status(ct.init_pid, "CapBnd", bounding, sizeof(bounding)), NULL, 16);

	ck_assert_uint_ne(caps, 0);
	for (size_t i = 0; i < CC_ARRAY_LEN(gone); i++)
		ck_assert_msg((caps >> gone[i] & 1) == 0, "capability %d", gone[i]);
	ck_assert(caps >> CAP_SETUID & 1);
	ck_assert_str_eq(priv_lxc_status(ct.init_pid, "Seccomp", text, sizeof(text)), "2");
	ck_assert_int_eq(priv_fixture_sh(1, "grep CapBnd /proc/self/status", text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, bounding));
}
END_TEST

/* `control` is as much of the same as a guest may do: it shows that the refusal is a wall and not a missing program or file. Nothing here harms the machine
 * that runs the tests if a wall has fallen. */
static const struct {
	const char *refused;
	const char *control;
} walls[] = {
	{ "unshare -U true", "unshare -u true" },
	{ "mknod /tmp/n c 1 3", "mknod /tmp/p p && [ -p /tmp/p ]" },
	{ "echo $(cat /proc/sys/kernel/panic) >/proc/sys/kernel/panic", "cat /proc/sys/kernel/panic && echo 500 >/proc/self/oom_score_adj" },
	/* Kernels without this file prove nothing here. */
	{ "echo h >/proc/sysrq-trigger", "echo 500 >/proc/self/oom_score_adj" },
	{ "mkdir -p /mnt && mount -t devtmpfs none /mnt", "grep devtmpfs /proc/filesystems && mkdir -p /mnt && mount -t tmpfs none /mnt" },
	{ "ip link set eth0 down", "ip link show eth0" },
};

START_TEST(nesting_devices_and_kernel_settings_are_refused)
{
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_msg(priv_fixture_sh(1, walls[_i].refused, NULL, 0) != 0, "%s", walls[_i].refused);
	ck_assert_msg(priv_fixture_sh(1, walls[_i].control, NULL, 0) == 0, "the control fails: %s", walls[_i].control);
}
END_TEST

/* As if a guest had found a way to make one. */
static void put_device(const char *name, mode_t type, dev_t device)
{
	char path[256], uuid[CC_UUID_TEXT];

	snprintf(path, sizeof(path), "%s/instances/%s/upper/%s", priv_fixture_dir(), cc_uuid_format(priv_fixture_id(1), uuid), name);
	ck_assert_int_eq(mknod(path, type | 0666, device), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(chown(path, PRIV_FIXTURE_ID + SLOT_IDS, PRIV_FIXTURE_ID + SLOT_IDS), 0);
}

START_TEST(a_device_node_in_a_guests_files_opens_nothing)
{
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	put_device("null", S_IFCHR, makedev(1, 3));
	put_device("file", S_IFREG, 0);
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "[ -c /null ] && cat /file", NULL, 0), 0);
	ck_assert_int_ne(priv_fixture_sh(1, "cat /null", NULL, 0), 0);
	ck_assert_int_ne(priv_fixture_sh(1, "echo x >/null", NULL, 0), 0);
}
END_TEST

/* Where the process is in the hierarchy of a controller, as the kernel says it: liblxc goes below the cgroup of process 1, which need not be the root. */
static bool cgroup_of(int pid, const char *controller, char *ret, size_t size)
{
	char name[64], list[64], line[512], path[512];
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "re");
	ck_assert_ptr_nonnull(f);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "%*d:%63[^:]:%511[^\n]", list, path) == 2 && strcmp(list, controller) == 0;
	fclose(f);
	snprintf(ret, size, "%s", found ? path : "");
	return found;
}

static unsigned long long cgroup_value(const char *v1, const char *v2, int pid)
{
	char controller[32], cgroup[512], path[640], text[64], uuid[CC_UUID_TEXT];

	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(v1, "/"), v1);
	if (cgroup_of(pid, controller, cgroup, sizeof(cgroup)))
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s%s/%s", controller, cgroup, strchr(v1, '/') + 1);
	else
		snprintf(
		        path, sizeof(path), "/sys/fs/cgroup/" PRIV_FIXTURE_CGROUP "/lxc.payload.%s/%s", cc_uuid_format(priv_fixture_id(1), uuid), v2);
	ck_assert_msg(priv_lxc_read(path, text, sizeof(text))[0] != '\0', "%s", path);
	return strtoull(text, NULL, 10);
}

/* Puts a program of the tests into the guest's root. */
static void put_program(const char *from, const char *name)
{
	char path[300], uuid[CC_UUID_TEXT];
	cc_auto_close int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;

	snprintf(path, sizeof(path), "%s/instances/%s/upper/%s", priv_fixture_dir(), cc_uuid_format(priv_fixture_id(1), uuid), name);
	out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ck_assert(in >= 0 && out >= 0);
	ck_assert_int_gt(sendfile(out, in, NULL, 1 << 26), 0);
}

START_TEST(a_guest_makes_no_subvolumes_around_its_limit)
{
	static const unsigned long refused[] = { BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SNAP_CREATE_V2,
		BTRFS_IOC_SUBVOL_CREATE_V2 };
	struct cc_error err = { 0 };
	char command[64];

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	put_program(CC_GUEST_IOCTL, "ioctl");
	priv_fixture_run(1, priv_lxc_image);
	for (size_t i = 0; i < CC_ARRAY_LEN(refused); i++) {
		snprintf(command, sizeof(command), "/ioctl %lu", refused[i]);
		ck_assert_int_eq(priv_fixture_sh(1, command, NULL, 0), EPERM);
	}
	/* A question of another kind gets as far as the file system, which does not know it. */
	snprintf(command, sizeof(command), "/ioctl %lu", (unsigned long)BTRFS_IOC_QUOTA_RESCAN_STATUS);
	ck_assert_int_eq(priv_fixture_sh(1, command, NULL, 0), ENOTTY);
}
END_TEST

START_TEST(limits_are_set_and_change_while_it_runs)
{
	struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct before, after;

	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &before, &err), 0);
	ck_assert_uint_eq(cgroup_value("memory/memory.limit_in_bytes", "memory.max", before.init_pid), 64 << 20);
	ck_assert_uint_eq(cgroup_value("pids/pids.max", "pids.max", before.init_pid), 64);
	ck_assert_uint_eq(cgroup_value("cpu/cpu.cfs_quota_us", "cpu.max", before.init_pid), 50000);
	for (uint64_t mib = 32; mib <= 128; mib *= 4) {
		q.limits = (struct priv_limits){ .memory_bytes = mib << 20, .disk_bytes = 1, .cpu_millis = 250, .pids = 99 };
		ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &after, &err), 0);
		ck_assert_int_eq(after.init_pid, before.init_pid);
		ck_assert_uint_eq(cgroup_value("memory/memory.limit_in_bytes", "memory.max", before.init_pid), mib << 20);
		ck_assert_uint_eq(cgroup_value("pids/pids.max", "pids.max", before.init_pid), 99);
		ck_assert_uint_eq(cgroup_value("cpu/cpu.cfs_quota_us", "cpu.max", before.init_pid), 25000);
	}
}
END_TEST

START_TEST(there_is_no_swap_and_processor_goes_by_the_limit)
{
	struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct ct;
	struct priv_hello hello = { PRIV_VERSION };
	struct priv_hello_reply reply;
	bool v2;

	ck_assert_int_eq(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
	v2 = access("/sys/fs/cgroup/memory", F_OK) < 0;
	ck_assert_uint_eq(cgroup_value("cpu/cpu.shares", "cpu.weight", ct.init_pid), v2 ? 50 : 512);
	if (reply.features & PRIV_FEATURE_SWAP_LIMIT)
		ck_assert_uint_eq(cgroup_value("memory/memory.memsw.limit_in_bytes", "memory.swap.max", ct.init_pid), v2 ? 0 : 64 << 20);
	q.limits.cpu_millis = 2000;
	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &ct, &err), 0);
	ck_assert_uint_eq(cgroup_value("cpu/cpu.shares", "cpu.weight", ct.init_pid), v2 ? 200 : 2048);
}
END_TEST

START_TEST(memory_in_use_is_not_taken_away)
{
	struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
	struct cc_error err = { 0 };
	struct priv_ct before, after;

	ck_assert_int_eq(priv_fixture_call(PRIV_CT_START, &q, &before, &err), 0);
	/* tail keeps what it read until its input ends. */
	ck_assert_int_eq(
	        priv_fixture_sh(1,
	                "mkfifo /f; (tail -c 40000000 </f >/dev/null &) ; (exec 3>/f; dd if=/dev/zero bs=1M count=40 >&3 2>/dev/null; touch /full; sleep "
	                "60) & until [ -e /full ]; do sleep 0.05; done",
	                NULL, 0),
	        0);
	q.limits.memory_bytes = 16 << 20;
	ck_assert_int_lt(priv_fixture_call(PRIV_CT_START, &q, &after, &err), 0);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	ck_assert_msg(strstr(err.msg, "MiB of memory are in use, and 16 MiB were asked for") != NULL, "%s", err.msg);
	ck_assert_uint_eq(cgroup_value("memory/memory.limit_in_bytes", "memory.max", before.init_pid), 64 << 20);
	ck_assert(priv_lxc_alive(before.init_pid));
}
END_TEST

START_TEST(limits_hold)
{
	struct priv_ct ct;
	char out[64];

	priv_fixture_run(1, priv_lxc_image);
	/* 64 processes: the shell cannot start 200. */
	ck_assert_int_ne(
	        priv_fixture_sh(1, "for i in 1 2 3 4 5 6 7 8; do for j in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; done; wait", out, sizeof(out)), 0);
	usleep(1500000);
	/* 64 MiB: dd with a larger buffer is killed, the container is not. */
	ck_assert_int_eq(priv_fixture_sh(1, "dd if=/dev/zero of=/dev/null bs=100M count=1", NULL, 0), 137);
	ck_assert(priv_fixture_find(1, &ct));
	ck_assert_uint_eq(ct.state, PRIV_CT_RUNNING);
	ck_assert_uint_gt(ct.cpu_usec, 0);
}
END_TEST

START_TEST(nonsensical_limits_are_refused)
{
	static const struct priv_limits bad[] = {
		{ 0, 0, 500, 64 },
		{ 64 << 20, 0, 0, 64 },
		{ 64 << 20, 0, 500, 0 },
		{ UINT64_MAX, 0, 500, 64 },
		{ 64 << 20, 0, UINT32_MAX, 64 },
	};

	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++) {
		struct priv_ct_start q = priv_fixture_request(1, priv_lxc_image);
		struct cc_error err = { 0 };
		struct priv_ct ct;

		q.limits = bad[i];
		ck_assert_msg(priv_fixture_call(PRIV_CT_START, &q, &ct, &err) < 0 && err.code == CC_INVALID, "case %zu", i);
	}
}
END_TEST

static bool connects(const char *address, in_port_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = port };
	cc_auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &to.sin_addr);
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

START_TEST(the_network_is_there_and_the_node_is_not)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(any);
	char command[128], address[64];
	struct priv_ct ct;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&any, sizeof(any)) | listen(listener, 5), 0);
	getsockname(listener, (struct sockaddr *)&any, &len);
	ct = priv_fixture_run(1, priv_lxc_image);
	priv_fixture_run(2, priv_lxc_image);
	ck_assert_int_ge(priv_lxc_ping(ct.address), 0);
	ck_assert_int_eq(priv_fixture_sh(1, "ping -c 1 -W 2 10.201.0.1 >/dev/null", NULL, 0), 0);
	/* The rules that let neighbours through follow the start, soon after it. */
	ck_assert_int_eq(priv_fixture_sh(1, "for i in 1 2 3 4 5 6 7 8; do ping -c 1 -W 2 10.201.0.3 >/dev/null && exit 0; done; exit 1", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_sh(1, "ip route | grep -c default", address, sizeof(address)), 0);
	snprintf(command, sizeof(command), "nc -w 1 10.201.0.1 %d </dev/null", ntohs(any.sin_port));
	ck_assert_int_ne(priv_fixture_sh(1, command, NULL, 0), 0);
	/* The same port answers where it may: to the node itself; and what nc cannot reach is not nc's fault. */
	ck_assert(connects("10.201.0.1", any.sin_port));
	close(listener);
	ck_assert_int_eq(priv_fixture_sh(2, "nc -l -p 5555 </dev/null >/dev/null 2>&1 & sleep 0.2", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_sh(1, "nc -w 1 10.201.0.3 5555 </dev/null", NULL, 0), 0);
}
END_TEST

START_TEST(a_guests_symbolic_links_do_not_lead_out)
{
	struct cc_error err = { 0 };
	char target[128], command[512];
	struct stat st;

	snprintf(target, sizeof(target), "%s/victim", priv_fixture_dir());
	close(open(target, O_CREAT | O_WRONLY, 0644));
	priv_fixture_run(1, priv_lxc_image);
	snprintf(command, sizeof(command),
	        "rm -f /etc/resolv.conf /etc/hosts /etc/hostname; ln -s %s /etc/hosts; ln -s ../../../../../..%s /etc/hostname; rm -rf /dev2", target,
	        target);
	ck_assert_int_eq(priv_fixture_sh(1, command, NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_int_eq(priv_fixture_sh(1, "rm -rf /etc; ln -s /proc/1/root /etc", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	priv_fixture_run(1, priv_lxc_image);
}
END_TEST

START_TEST(nothing_of_an_image_belongs_to_the_nodes_users)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/images/%s/rootfs/bin/setuid", priv_fixture_dir(), priv_lxc_image);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_uid, PRIV_FIXTURE_ID + 1000);
	ck_assert_uint_eq(st.st_mode & 07777, 04755);
	snprintf(path, sizeof(path), "%s/images", priv_fixture_dir());
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(without_idmapped_mounts_each_container_has_a_shifted_copy)
{
	static const char *const copy[] = { "--lower", "copy", NULL };
	struct priv_hello hello = { .version = PRIV_VERSION };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };
	char out[128];

	priv_fixture_stop(SIGTERM);
	priv_fixture_start(copy);
	ck_assert_int_eq(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_uint_eq(reply.features & PRIV_FEATURE_IDMAPPED_LOWER, 0);
	for (int i = 0; i < 2; i++) {
		priv_fixture_run(1, priv_lxc_image);
		ck_assert_int_eq(priv_fixture_sh(1, "stat -c '%u %g %a' /bin/busybox /bin/setuid /bin/sh; echo x >/root/f", out, sizeof(out)), 0);
		ck_assert_str_eq(out, "0 0 755\n1000 1000 4755\n0 0 777\n");
		ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	}
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
}
END_TEST

START_TEST(a_very_deep_tree_is_deleted)
{
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(
	        priv_fixture_sh(1, "cd /root; i=0; while [ $i -lt 600 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done; touch f", NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, each_container_has_its_own_ids);
	tcase_add_test(t, capabilities_are_few_and_the_system_call_filter_is_on);
	tcase_add_loop_test(t, nesting_devices_and_kernel_settings_are_refused, 0, CC_ARRAY_LEN(walls));
	tcase_add_test(t, a_device_node_in_a_guests_files_opens_nothing);
	tcase_add_test(t, a_guest_makes_no_subvolumes_around_its_limit);
	tcase_add_test(t, limits_are_set_and_change_while_it_runs);
	tcase_add_test(t, there_is_no_swap_and_processor_goes_by_the_limit);
	tcase_add_test(t, memory_in_use_is_not_taken_away);
	tcase_add_test(t, limits_hold);
	tcase_add_test(t, nonsensical_limits_are_refused);
	tcase_add_test(t, the_network_is_there_and_the_node_is_not);
	tcase_add_test(t, a_guests_symbolic_links_do_not_lead_out);
	tcase_add_test(t, nothing_of_an_image_belongs_to_the_nodes_users);
	tcase_add_test(t, without_idmapped_mounts_each_container_has_a_shifted_copy);
	tcase_add_test(t, a_very_deep_tree_is_deleted);
}

int main(void)
{
	return priv_lxc_main("priv_walls", add);
}
