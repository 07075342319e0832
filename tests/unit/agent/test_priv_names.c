/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and leases for real containers by a real dnsmasq: who finds whom, what survives whose death, and what a guest cannot bring about. */
#include "agent/driver/process.h"
#include "agent/driver/slot.h"
#include "agent/net/net_link.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/net_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <dirent.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG_MS 20000

static bool resolves(unsigned in, const char *name, const char *address)
{
	char command[256], out[4096];

	snprintf(command, sizeof(command), "busybox nslookup -type=a %s 2>&1", name);
	(void)priv_fixture_sh(in, command, out, sizeof(out));
	return address != NULL ? strstr(out, address) != NULL : strstr(out, "NXDOMAIN") != NULL;
}

/* `address` NULL: that there is no such name. */
static void await_name(unsigned in, const char *name, const char *address)
{
	int64_t end = cc_boottime_ms() + LONG_MS;

	while (!resolves(in, name, address)) {
		ck_assert_msg(cc_boottime_ms() < end, "'%s' does not become %s", name, address != NULL ? address : "unknown");
		poll(NULL, 0, 50);
	}
}

/* Of the processes with the user of names: how many, and which. */
static int count_daemons(pid_t *ret)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	struct stat st;
	char path[300];
	int n = 0;

	while ((d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s", d->d_name);
		if (atoi(d->d_name) > 0 && stat(path, &st) == 0 && st.st_uid == PRIV_FIXTURE_ID + SLOT_NOBODY && priv_lxc_alive(atoi(d->d_name))) {
			n++;
			*ret = atoi(d->d_name);
		}
	}
	closedir(dir);
	return n;
}

static pid_t daemon_now(void)
{
	int64_t end = cc_boottime_ms() + LONG_MS;
	pid_t pid = 0;

	while (count_daemons(&pid) != 1) {
		ck_assert_msg(cc_boottime_ms() < end, "there is not one dnsmasq");
		poll(NULL, 0, 20);
	}
	return pid;
}

START_TEST(neighbours_find_each_other_by_name)
{
	char out[4096];
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image), b = priv_fixture_run(2, priv_lxc_image);
	struct cc_error err = { 0 };

	await_name(1, "c2", b.address);
	await_name(1, "c2.village", b.address);
	await_name(1, "c1", a.address);
	await_name(2, "c1.village", a.address);
	await_name(1, "c3.village", NULL);
	await_name(1, "c3", NULL);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /etc/resolv.conf", out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(out, "\nsearch village\nnameserver 10.201.255.254\n"));
	ck_assert_int_eq(priv_fixture_delete_ct(2, &err), 0);
	await_name(1, "c2.village", NULL);
	await_name(1, "c2", NULL);
}
END_TEST

START_TEST(names_and_addresses_outlive_whoever_ends)
{
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image), b = priv_fixture_run(2, priv_lxc_image), again;
	pid_t first = daemon_now(), second = 0;
	struct cc_error err = { 0 };

	await_name(1, "c2", b.address);
	/* Whoever lives on goes on, and is found again. */
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_int_eq(daemon_now(), first);
	await_name(1, "c2", b.address);
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	await_name(1, "c2", b.address);
	second = daemon_now();
	ck_assert_int_ne(second, first);
	/* Both at once. */
	priv_fixture_stop(SIGKILL);
	ck_assert_int_eq(kill(second, SIGKILL), 0);
	priv_fixture_start(NULL);
	await_name(1, "c2", b.address);
	/* The instance too. */
	ck_assert_int_eq(priv_fixture_stop_ct(2, 0, &err), 0);
	await_name(1, "c2", b.address);
	again = priv_fixture_run(2, priv_lxc_image);
	ck_assert_str_eq(again.address, b.address);
	await_name(2, "c1", a.address);
	(void)daemon_now();
}
END_TEST

START_TEST(a_lease_is_the_slots_address_and_registers_no_name)
{
	static const char lease[] = "printf '#!/bin/sh\\necho $1 ip=$ip router=$router dns=$dns domain=$domain\\n' >/tmp/said; chmod +x /tmp/said; "
	                            "busybox udhcpc -i eth0 -n -q -f -t 10 -T 1 -x hostname:evil -F evil.village -s /tmp/said 2>/dev/null";
	char out[4096], want[128];
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image);

	await_name(1, "c1", a.address);
	ck_assert_int_eq(priv_fixture_sh(1, lease, out, sizeof(out)), 0);
	snprintf(want, sizeof(want), "bound ip=%s router=10.201.0.1 dns=10.201.255.254 domain=village", a.address);
	ck_assert_msg(strstr(out, want) != NULL, "%s", out);
	ck_assert(resolves(1, "evil.village", NULL));
	ck_assert(resolves(1, "evil", NULL));
}
END_TEST

START_TEST(a_file_of_the_members_own_stays)
{
	static const char own[] = "echo nameserver 192.0.2.53 >/etc/resolv.conf";
	char out[4096];
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, own, NULL, 0), 0);
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /etc/resolv.conf", out, sizeof(out)), 0);
	ck_assert_str_eq(out, "nameserver 192.0.2.53\n");
}
END_TEST

START_TEST(dnsmasq_is_where_a_guest_is)
{
	char path[64], text[8192], ours[64], theirs[64];
	pid_t pid;

	priv_fixture_run(1, priv_lxc_image);
	await_name(1, "c1.village", "10.201.0.2");
	pid = daemon_now();
	ck_assert_str_eq(priv_lxc_status(pid, "CapBnd", text, sizeof(text)), "0000000000003400");
	ck_assert_str_eq(priv_lxc_status(pid, "CapPrm", text, sizeof(text)), "0000000000003400");
	ck_assert_str_eq(priv_lxc_status(pid, "NoNewPrivs", text, sizeof(text)), "1");
	for (const char *const *ns = (const char *const[]){ "net", "user", "ipc", NULL }; *ns != NULL; ns++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, *ns);
		theirs[readlink(path, theirs, sizeof(theirs) - 1)] = '\0';
		snprintf(path, sizeof(path), "/proc/self/ns/%s", *ns);
		ours[readlink(path, ours, sizeof(ours) - 1)] = '\0';
		ck_assert_str_ne(ours, theirs);
	}
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	ck_assert_ptr_nonnull(strstr(priv_lxc_read(path, text, sizeof(text)), PRIV_FIXTURE_CGROUP "/communitycloud.names"));
}
END_TEST

START_TEST(a_zone_is_a_label)
{
	static const char *const bad[] = { "a b", "a\nnameserver", "-a", "a-", "A", "a.b", "--conf-file=/x", "/", "\303\266" };
	struct priv_hello hello = { .version = PRIV_VERSION };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };

	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++) {
		snprintf(hello.zone, sizeof(hello.zone), "%s", bad[i]);
		err = (struct cc_error){ 0 };
		ck_assert_int_lt(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
		ck_assert_int_eq(err.code, CC_INVALID);
	}
	memset(hello.zone, 'a', sizeof(hello.zone));
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
}
END_TEST

START_TEST(another_zone_brings_other_names)
{
	struct priv_hello hello = { .version = PRIV_VERSION, .zone = "town" };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image);

	await_name(1, "c1.village", a.address);
	ck_assert_int_eq(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_str_eq(reply.names, "");
	await_name(1, "c1.town", a.address);
	(void)daemon_now();
}
END_TEST

static int say_names(const struct priv_name *names, size_t n, uint32_t count, struct cc_error *err)
{
	cc_auto_close int fd = memfd_create("names", 0);
	struct priv_names body = { count };
	struct priv_request r = { .verb = PRIV_NAMES, .body = &body, .fds = &fd };

	ck_assert_int_eq(write(fd, names, n * sizeof(*names)), (ssize_t)(n * sizeof(*names)));
	return priv_client_call(priv_fixture.client, &r, LONG_MS, NULL, NULL, err);
}

START_TEST(instances_of_other_nodes_are_found_at_their_nodes)
{
	struct priv_name names[] = { { "far", "192.0.2.7" }, { "six", "2001:db8::7" } };
	struct cc_error err = { 0 };
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image);
	char out[4096];

	ck_assert_int_eq(say_names(names, 2, 2, &err), 0);
	await_name(1, "far", "192.0.2.7");
	await_name(1, "far.village", "192.0.2.7");
	ck_assert_int_eq(priv_fixture_sh(1, "busybox nslookup -type=aaaa six.village", out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(out, "2001:db8::7"));
	/* They stay for whoever starts next. */
	priv_fixture_stop(SIGKILL);
	ck_assert_int_eq(kill(daemon_now(), SIGKILL), 0);
	priv_fixture_start(NULL);
	await_name(1, "far", "192.0.2.7");
	await_name(1, "c1", a.address);
	/* All that was said before is replaced. */
	ck_assert_int_eq(say_names(names + 1, 1, 1, &err), 0);
	await_name(1, "far", NULL);
	ck_assert_int_eq(say_names(names, 0, 0, &err), 0);
	await_name(1, "six", NULL);
}
END_TEST

START_TEST(what_is_no_name_gets_nowhere)
{
	static const struct priv_name bad[] = { { "", "192.0.2.7" }, { "a b", "192.0.2.7" }, { "a\n1.2.3.4 b", "192.0.2.7" }, { "-a", "192.0.2.7" },
		{ "a.b", "192.0.2.7" }, { "A", "192.0.2.7" }, { "*", "192.0.2.7" }, { "a", "" }, { "a", "192.0.2" }, { "a", "192.0.2.7 evil" },
		{ "a", "192.0.2.7\n1.2.3.4 evil" }, { "a", "host" } };
	struct priv_name good = { "far", "192.0.2.7" }, both[2] = { good }, endless;
	struct cc_error err = { 0 };

	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(say_names(&good, 1, 1, &err), 0);
	await_name(1, "far", "192.0.2.7");
	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++) {
		both[1] = bad[i];
		err = (struct cc_error){ 0 };
		ck_assert_msg(say_names(both, 2, 2, &err) < 0 && err.code == CC_INVALID, "'%s' '%s'", bad[i].name, bad[i].address);
	}
	memset(&endless, 'a', sizeof(endless));
	ck_assert_int_lt(say_names(&endless, 1, 1, &err), 0);
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(say_names(&good, 1, 2, &err), 0);
	err = (struct cc_error){ 0 };
	ck_assert_int_lt(say_names(&good, 1, PRIV_NAMES_MAX + 1, &err), 0);
	ck_assert_int_eq(err.code, CC_TOO_LARGE);
	/* What was there is there. */
	ck_assert(resolves(1, "far", "192.0.2.7"));
}
END_TEST

START_TEST(without_dnsmasq_the_node_says_what_to_install)
{
	static const char *const flags[] = { "--dnsmasq", "/nonexistent/dnsmasq", "--dns", "192.0.2.53", NULL };
	struct priv_hello hello = { .version = PRIV_VERSION, .zone = "village" };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };
	char out[4096];
	pid_t pid = 0;

	priv_fixture_stop(SIGTERM);
	priv_fixture_start(flags);
	ck_assert_int_eq(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_uint_eq(reply.features & PRIV_FEATURE_NAMES, 0);
	ck_assert_ptr_nonnull(strstr(reply.names, "dnsmasq-base"));
	priv_fixture_run(1, priv_lxc_image);
	ck_assert_int_eq(priv_fixture_sh(1, "cat /etc/resolv.conf", out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(out, "nameserver 192.0.2.53\n"));
	for (int64_t end = cc_boottime_ms() + LONG_MS; count_daemons(&pid) > 0; poll(NULL, 0, 20))
		ck_assert_msg(cc_boottime_ms() < end, "the dnsmasq of before runs on");
}
END_TEST

/* A resolver of somebody else's, in this process' network. */
static pid_t run_resolver(const char *address, const char *answer)
{
	char listen[64], record[64];
	pid_t pid = fork();

	snprintf(listen, sizeof(listen), "--listen-address=%s", address);
	snprintf(record, sizeof(record), "--address=/upstream.test/%s", answer);
	if (pid == 0) {
		process_end_with(getppid());
		execl("/usr/sbin/dnsmasq", "dnsmasq", "-C", "/dev/null", "-k", "--user=root", "--pid-file=", "--no-hosts", "--no-resolv",
		        "--log-facility=/dev/null", listen, record, address[0] == '1' ? "--bind-interfaces" : NULL, NULL);
		_exit(127);
	}
	return pid;
}

START_TEST(other_resolvers_of_the_node_are_in_nobodys_way)
{
	static const char *const flags[] = { "--dns", "10.222.7.53", NULL };
	static const char *const resolver[] = { "/usr/sbin/dnsmasq", "-C", "/dev/null", "-k", "--user=root", "--pid-file=", "--no-hosts",
		"--no-resolv", "--log-facility=/dev/null", "--address=/upstream.test/198.51.100.7", NULL };
	struct priv_ct a;
	pid_t other, owners;

	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	net_fixture_leave();
	net_fixture_add_network("cctp1", 0x0ade0705, NULL);
	owners = net_fixture_run_machine("cctp1", 0x0ade0735, NULL, resolver);
	other = run_resolver("127.0.0.1", "198.51.100.1");
	priv_fixture_start(flags);
	a = priv_fixture_run(1, priv_lxc_image);
	await_name(1, "c1", a.address);
	/* What is not of the zone is asked of the owner's resolver, and that is all of the owner's network that is reached. */
	await_name(1, "upstream.test", "198.51.100.7");
	await_name(1, "nobody.village", NULL);
	ck_assert_int_ne(priv_fixture_sh(1, "ping -c 1 -W 2 10.222.7.53 >/dev/null", NULL, 0), 0);
	/* Neither the node's resolvers nor ours on any other address. */
	ck_assert_int_ne(priv_fixture_sh(1, "busybox nslookup -type=a c1.village 10.201.0.1 >/dev/null 2>&1", NULL, 0), 0);
	/* One that takes the port on all addresses. */
	net_fixture_end(other);
	other = run_resolver("0.0.0.0", "198.51.100.2");
	ck_assert_int_eq(kill(daemon_now(), SIGKILL), 0);
	await_name(1, "c1", a.address);
	await_name(1, "upstream.test", "198.51.100.7");
	priv_fixture_delete_all();
	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	net_fixture_end(other);
	net_fixture_end(owners);
	priv_fixture_start(NULL);
	priv_fixture_image(archive_fixture_busybox("gzip"), priv_lxc_image);
}
END_TEST

START_TEST(nothing_is_left_when_the_node_retires)
{
	char link[NET_LINK_NAME];
	pid_t pid = 0;

	priv_fixture_run(1, priv_lxc_image);
	await_name(1, "c1", "10.201.0.2");
	(void)daemon_now();
	ck_assert_uint_ne(if_nametoindex(net_link_names(PRIV_FIXTURE_BRIDGE, link)), 0);
	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(count_daemons(&pid), 1);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	ck_assert_int_eq(count_daemons(&pid), 0);
	ck_assert_uint_eq(if_nametoindex(net_link_names(PRIV_FIXTURE_BRIDGE, link)), 0);
	ck_assert_int_eq(priv_lxc_leftovers(1), 0);
}
END_TEST

static void add(TCase *t)
{
	priv_fixture.zone = "village";
	tcase_add_test(t, neighbours_find_each_other_by_name);
	tcase_add_test(t, names_and_addresses_outlive_whoever_ends);
	tcase_add_test(t, a_lease_is_the_slots_address_and_registers_no_name);
	tcase_add_test(t, a_file_of_the_members_own_stays);
	tcase_add_test(t, dnsmasq_is_where_a_guest_is);
	tcase_add_test(t, a_zone_is_a_label);
	tcase_add_test(t, another_zone_brings_other_names);
	tcase_add_test(t, instances_of_other_nodes_are_found_at_their_nodes);
	tcase_add_test(t, what_is_no_name_gets_nowhere);
	tcase_add_test(t, without_dnsmasq_the_node_says_what_to_install);
	tcase_add_test(t, other_resolvers_of_the_node_are_in_nobodys_way);
	tcase_add_test(t, nothing_is_left_when_the_node_retires);
}

int main(void)
{
	return priv_lxc_main("priv_names", add);
}
