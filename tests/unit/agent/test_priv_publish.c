/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports of the node that lead to instances, and who of the instances may reach whom: real containers in a network of their own, with a neighbour on the LAN. */
#include "common/cleanup.h"
#include "tests/unit/agent/netns_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GATEWAY "10.201.0.1"
#define RULES   "cc_" PRIV_FIXTURE_BRIDGE

static pid_t neighbour;

static void setup(void)
{
	priv_lxc_setup();
	priv_fixture_stop(SIGTERM);
	neighbour = netns_begin();
	priv_fixture_start(NULL);
}

static void teardown(void)
{
	if (priv_fixture.pid == 0)
		priv_fixture_start(NULL);
	priv_fixture_delete_all();
	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	netns_end(neighbour);
}

static struct priv_ct_start request(unsigned n, uint8_t member, const char *ports)
{
	struct priv_ct_start q = priv_fixture_request(n, priv_lxc_image);

	q.member = (struct cc_uuid){ { member } };
	ports_read(ports, &q.ports);
	return q;
}

/* Starts it, or changes it while it runs. */
static struct priv_ct run(unsigned n, uint8_t member, const char *ports)
{
	struct priv_ct_start q = request(n, member, ports);
	struct cc_error err = { 0 };
	struct priv_ct ct;

	if (priv_fixture_call(PRIV_CT_START, &q, &ct, &err) < 0)
		ck_abort_msg("starting c%u: %s", n, err.msg);
	return ct;
}

/* The words of the refusal. */
static const char *refusal(unsigned n, const char *ports)
{
	struct priv_ct_start q = request(n, 1, ports);
	static struct cc_error err;
	struct priv_ct ct;

	err = (struct cc_error){ 0 };
	ck_assert_msg(priv_fixture_call(PRIV_CT_START, &q, &ct, &err) < 0, "%s was accepted", ports);
	return err.msg;
}

static bool reaches(pid_t from, const char *address, uint16_t port, int listener, const char *as)
{
	char peer[64];
	bool yes = netns_reaches(from, SOCK_STREAM, address, port, listener, peer);

	if (yes && as != NULL)
		ck_assert_str_eq(peer, as);
	return yes;
}

/* What a command on the node prints. */
static char *output(const char *command)
{
	static char text[65536];
	FILE *f = popen(command, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	pclose(f);
	text[n] = '\0';
	return text;
}

/* Until the command prints nothing with that word; changes that nobody waits for are made a moment later. */
static bool goes_away(const char *command, const char *word)
{
	for (int i = 0; i < 200 && strstr(output(command), word) != NULL; i++)
		usleep(50000);
	return strstr(output(command), word) == NULL;
}

/* Docker, for one, has the host hand bridged packets to the firewall too. */
static bool set_bridge_netfilter(int on)
{
	FILE *f = fopen("/proc/sys/net/bridge/bridge-nf-call-iptables", "we");

	if (f != NULL) {
		fprintf(f, "%d", on);
		fclose(f);
	}
	return f != NULL;
}

START_TEST(a_published_port_leads_to_the_instance_from_everywhere)
{
	bool through_firewall = set_bridge_netfilter(_i) && _i == 1;
	struct priv_ct web = run(1, 1, "8080:80/tcp 5300:53/udp"), stranger = run(2, 2, "");
	cc_auto_close int tcp = netns_listen(web.init_pid, SOCK_STREAM, NULL, 80), udp = netns_listen(web.init_pid, SOCK_DGRAM, NULL, 53);
	char peer[64];

	/* Who comes from outside is seen as who they are; who comes from the same bridge comes by the node. */
	ck_assert(reaches(neighbour, NETNS_NODE, 8080, tcp, NETNS_NEIGHBOUR));
	ck_assert(reaches(0, NETNS_NODE, 8080, tcp, NETNS_NODE));
	ck_assert(reaches(stranger.init_pid, NETNS_NODE, 8080, tcp, GATEWAY));
	/* There, nothing comes back out of the link that it came from. */
	ck_assert(through_firewall || reaches(web.init_pid, NETNS_NODE, 8080, tcp, GATEWAY));
	ck_assert(netns_reaches(neighbour, SOCK_DGRAM, NETNS_NODE, 5300, udp, peer));
	ck_assert_str_eq(peer, NETNS_NEIGHBOUR);
	/* The node's loopback and its address on the bridge stay its own. */
	ck_assert(!reaches(0, "127.0.0.1", 8080, tcp, NULL));
	ck_assert(!reaches(stranger.init_pid, GATEWAY, 8080, tcp, NULL));
	/* And nothing else leads there. */
	ck_assert(!reaches(neighbour, NETNS_NODE, 80, tcp, NULL));
	ck_assert(!reaches(neighbour, web.address, 80, tcp, NULL));
	ck_assert(!netns_reaches(neighbour, SOCK_DGRAM, NETNS_NODE, 8080, udp, peer));
}
END_TEST

START_TEST(ports_follow_the_instance)
{
	struct priv_ct ct = run(1, 1, "8080:80/tcp");
	cc_auto_close int first = netns_listen(ct.init_pid, SOCK_STREAM, NULL, 80), second = netns_listen(ct.init_pid, SOCK_STREAM, NULL, 81),
	                  third = -1;
	struct cc_error err = { 0 };

	/* Changed while it runs. */
	ck_assert_int_eq(run(1, 1, "8080:81/tcp 8081:80/tcp").init_pid, ct.init_pid);
	ck_assert(reaches(neighbour, NETNS_NODE, 8080, second, NULL));
	ck_assert(reaches(neighbour, NETNS_NODE, 8081, first, NULL));
	ck_assert_int_eq(run(1, 1, "8081:80/tcp").init_pid, ct.init_pid);
	ck_assert(!reaches(neighbour, NETNS_NODE, 8080, second, NULL));
	/* Killed and started again, the half with rights finds them again. */
	priv_fixture_stop(SIGKILL);
	ck_assert(reaches(neighbour, NETNS_NODE, 8081, first, NULL));
	netns_run(0, "nft flush map inet " RULES " published");
	priv_fixture_start(NULL);
	ck_assert(reaches(neighbour, NETNS_NODE, 8081, first, NULL));
	/* Stopped, nobody answers; started again, it does. */
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	ck_assert(goes_away("nft list map inet " RULES " published", "8081"));
	ck_assert_int_eq(netns_connect(neighbour, NETNS_NODE, 8081), -1);
	ct = run(1, 1, "8081:80/tcp");
	third = netns_listen(ct.init_pid, SOCK_STREAM, NULL, 80);
	ck_assert(reaches(neighbour, NETNS_NODE, 8081, third, NULL));
	/* Its init ends by itself. */
	priv_fixture.event_count = 0;
	kill(ct.init_pid, SIGKILL);
	ck_assert(priv_fixture_wait_event(1, 10000));
	ck_assert(goes_away("nft list map inet " RULES " published", "8081"));
}
END_TEST

static bool comes_through(int from, int to)
{
	struct pollfd p = { to, POLLIN, 0 };
	char byte;

	ck_assert_int_eq(send(from, "x", 1, MSG_NOSIGNAL), 1);
	return poll(&p, 1, 700) == 1 && recv(to, &byte, 1, 0) == 1;
}

START_TEST(who_is_connected_is_cut_off_with_the_port)
{
	struct priv_ct ct = run(1, 1, "8080:80/tcp 8081:81/tcp");
	cc_auto_close int listener = netns_listen(ct.init_pid, SOCK_STREAM, NULL, 80);
	cc_auto_close int caller = netns_connect(neighbour, NETNS_NODE, 8080), called = accept(listener, NULL, NULL);

	ck_assert_int_ge(caller, 0);
	ck_assert(comes_through(caller, called));
	run(1, 1, "8080:80/tcp");
	ck_assert(comes_through(caller, called));
	run(1, 1, "8080:82/tcp");
	ck_assert(!comes_through(caller, called));
}
END_TEST

/* As Docker leaves it. */
static void add_docker(void)
{
	netns_run(0,
	        "nft 'table ip filter { chain DOCKER-USER { counter return; }; chain FORWARD { type filter hook forward priority filter; policy drop; counter jump "
	        "DOCKER-USER; }; }'");
}

START_TEST(it_works_beside_docker_and_leaves_docker_as_it_was)
{
	static const char list[] = "nft -s list table ip filter";
	char before[4096];
	struct priv_ct ct;
	cc_auto_close int listener = -1, outside = netns_listen(neighbour, SOCK_STREAM, NULL, 7);
	struct cc_error err = { 0 };

	add_docker();
	snprintf(before, sizeof(before), "%s", output(list));
	priv_fixture_stop(SIGTERM);
	priv_fixture_start((const char *const[]){ "--owner-networks", "none", NULL });
	ct = run(1, 1, "8080:80/tcp");
	listener = netns_listen(ct.init_pid, SOCK_STREAM, NULL, 80);
	ck_assert(reaches(neighbour, NETNS_NODE, 8080, listener, NETNS_NEIGHBOUR));
	ck_assert(reaches(ct.init_pid, NETNS_NEIGHBOUR, 7, outside, NETNS_NODE));
	/* Once, however often the rules are made. */
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_ptr_nonnull(strstr(output("nft -s list table ip filter | grep -c " RULES), "2"));
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert(goes_away("nft list tables", RULES));
	ck_assert_str_eq(output(list), before);
}
END_TEST

/* As the owner is told by cc-agent status. */
static const char *blocked(void)
{
	struct priv_hello hello = { .version = PRIV_VERSION };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };
	static char *text;

	free(text);
	text = NULL;
	ck_assert_msg(priv_client_call(priv_fixture.client, &(struct priv_request){ .verb = PRIV_HELLO, .body = &hello }, 15000, &reply,
	                      (void **)&text, &err) == 0,
	        "%s", err.msg);
	return text;
}

START_TEST(rules_of_others_that_are_in_the_way_are_told)
{
	struct cc_error err = { 0 };

	netns_run(0, "nft 'table ip mine { chain fw { type filter hook forward priority filter; policy drop; }; }'");
	ck_assert_str_eq(blocked(), "");
	run(1, 1, "");
	ck_assert_msg(
	        strstr(blocked(), "table ip mine, chain fw (policy drop) drops what is forwarded for instances; this helps: nft insert rule") != NULL,
	        "%s", blocked());
	/* What helps is done, and seen when all is made anew. */
	netns_run(0, "nft insert rule ip mine fw iifname " PRIV_FIXTURE_BRIDGE " accept && nft insert rule ip mine fw oifname " PRIV_FIXTURE_BRIDGE
	             " accept");
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_str_eq(blocked(), "");
	netns_run(0, "nft flush chain ip mine fw");
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_str_ne(blocked(), "");
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	for (int i = 0; i < 200 && blocked()[0] != '\0'; i++)
		usleep(50000);
	ck_assert_str_eq(blocked(), "");
}
END_TEST

START_TEST(what_a_program_of_the_node_answers_on_is_not_published)
{
	cc_auto_close int own = netns_listen(0, SOCK_STREAM, NULL, 8080), lan = netns_listen(0, SOCK_DGRAM, NETNS_NODE, 5300);
	cc_auto_close int loopback = netns_listen(0, SOCK_STREAM, "127.0.0.1", 8081);
	struct priv_ct ct;

	ck_assert_str_eq(refusal(1, "8080:80/tcp"),
	        "port 8080/tcp cannot be published: a program of the node itself answers there (on 0.0.0.0); choose another port");
	ck_assert_str_eq(refusal(1, "5300:53/udp"),
	        "port 5300/udp cannot be published: a program of the node itself answers there (on " NETNS_NODE "); choose another port");
	ck_assert_int_ge(lan, 0);
	ck_assert(reaches(neighbour, NETNS_NODE, 8080, own, NULL));
	/* The other protocol is another port; and the loopback is nobody else's. */
	ct = run(1, 1, "8080:80/udp 8081:80/tcp");
	ck_assert_ptr_nonnull(strstr(refusal(1, "8080:80/udp 8081:80/tcp 8080:80/tcp"), "a program of the node itself"));
	ck_assert(reaches(0, "127.0.0.1", 8081, loopback, NULL));
	/* What runs runs on, and with the ports that it had. */
	ck_assert_int_eq(run(1, 1, "8080:80/udp 8081:80/tcp").init_pid, ct.init_pid);
	ck_assert(reaches(neighbour, NETNS_NODE, 8080, own, NULL));
}
END_TEST

/* On a supernode the controller is among them. */
START_TEST(no_guest_reaches_what_the_node_serves)
{
	cc_auto_close int tcp = netns_listen(0, SOCK_STREAM, NULL, 8443), udp = netns_listen(0, SOCK_DGRAM, NULL, 5300);
	struct priv_ct ct = run(1, 1, "");
	char peer[64];

	ck_assert(reaches(neighbour, NETNS_NODE, 8443, tcp, NETNS_NEIGHBOUR));
	ck_assert(netns_reaches(neighbour, SOCK_DGRAM, NETNS_NODE, 5300, udp, peer));
	ck_assert(!reaches(ct.init_pid, NETNS_NODE, 8443, tcp, NULL));
	ck_assert(!reaches(ct.init_pid, GATEWAY, 8443, tcp, NULL));
	ck_assert(!netns_reaches(ct.init_pid, SOCK_DGRAM, NETNS_NODE, 5300, udp, peer));
	ck_assert(!netns_reaches(ct.init_pid, SOCK_DGRAM, GATEWAY, 5300, udp, peer));
	/* Nor with a port of its own, which opens only that. */
	ck_assert_int_eq(run(1, 1, "8080:80/tcp").init_pid, ct.init_pid);
	ck_assert(!reaches(ct.init_pid, NETNS_NODE, 8443, tcp, NULL));
	ck_assert(!reaches(ct.init_pid, GATEWAY, 8443, tcp, NULL));
}
END_TEST

START_TEST(a_port_leads_to_one_instance)
{
	struct cc_error err = { 0 };

	run(1, 1, "8080:80/tcp");
	ck_assert_str_eq(refusal(2, "8080:81/tcp"), "port 8080/tcp leads to another instance still");
	run(2, 1, "8080:81/udp 8081:80/tcp");
	ck_assert_str_eq(refusal(2, "8081:80/tcp 8080:80/tcp"), "port 8080/tcp leads to another instance still");
	ck_assert_int_eq(priv_fixture_stop_ct(1, 0, &err), 0);
	run(2, 1, "8081:80/tcp 8080:80/tcp");
	ck_assert_str_eq(refusal(1, "8080:80/tcp"), "port 8080/tcp leads to another instance still");
}
END_TEST

START_TEST(the_owner_says_which_ports_may_be_had)
{
	static const char *const some[] = { "--publish-ports", "2000-2010", NULL }, *const none[] = { "--publish-ports=none", NULL };

	ck_assert_ptr_nonnull(strstr(refusal(1, "1023:80/tcp"), "refused by the node's owner: port 1023/tcp"));
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(some);
	ck_assert_ptr_nonnull(strstr(refusal(1, "2005:80/tcp 2011:80/tcp"), "(2000-2010)"));
	ck_assert_ptr_nonnull(strstr(refusal(1, "1999:80/tcp"), "port 1999/tcp"));
	run(1, 1, "2000:80/tcp 2010:80/udp");
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(none);
	ck_assert_ptr_nonnull(strstr(refusal(2, "2001:80/tcp"), "refused by the node's owner"));
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct priv_ct_start q = request(1, 1, "8080:80/tcp 8081:81/tcp");
	struct cc_error err = { 0 };
	struct priv_ct ct;

	for (int i = 0; i < 5; i++) {
		struct priv_ct_start bad = q;

		if (i == 0)
			bad.ports.at[1] = bad.ports.at[0];
		else if (i == 1)
			bad.ports.at[1].node_port = 0;
		else if (i == 2)
			bad.ports.at[1].port = 0;
		else if (i == 3)
			bad.ports.at[1].kind = PORT_KIND_MAX;
		else
			bad.ports.count = PORTS_MAX + 1;
		err = (struct cc_error){ 0 };
		ck_assert_msg(priv_fixture_call(PRIV_CT_START, &bad, &ct, &err) < 0, "case %d", i);
		ck_assert_int_eq(err.code, CC_INVALID);
	}
}
END_TEST

START_TEST(members_reach_their_own_instances_and_no_others)
{
	bool set CC_UNUSED = set_bridge_netfilter(_i);
	struct priv_ct a = run(1, 1, ""), b = run(2, 1, ""), c = run(3, 2, "");
	cc_auto_close int in_b = netns_listen(b.init_pid, SOCK_STREAM, NULL, 80), in_c = netns_listen(c.init_pid, SOCK_STREAM, NULL, 80), in_new = -1;
	struct cc_error err = { 0 };
	bool reached = false;

	/* They become fellows a moment after the start. */
	for (int i = 0; i < 20 && !reached; i++)
		reached = reaches(a.init_pid, b.address, 80, in_b, a.address);
	ck_assert(reached);
	ck_assert(!reaches(a.init_pid, c.address, 80, in_c, NULL));
	ck_assert(!reaches(c.init_pid, b.address, 80, in_b, NULL));
	/* Nor by sending it to the node first. */
	netns_run(a.init_pid, "ip route add %s/32 via " GATEWAY, c.address);
	netns_run(c.init_pid, "ip route add %s/32 via " GATEWAY, a.address);
	ck_assert(!reaches(a.init_pid, c.address, 80, in_c, NULL));
	/* Nor by calling its address the node's. */
	netns_run(a.init_pid, "ip neigh replace %s lladdr 02:cc:0a:c9:00:01 dev eth0", c.address);
	ck_assert(!reaches(a.init_pid, c.address, 80, in_c, NULL));
	/* Who comes into the slot of another member's instance is none of theirs. */
	ck_assert_int_eq(priv_fixture_delete_ct(2, &err), 0);
	b = run(4, 2, "");
	in_new = netns_listen(b.init_pid, SOCK_STREAM, NULL, 80);
	ck_assert(!reaches(a.init_pid, b.address, 80, in_new, NULL));
}
END_TEST

START_TEST(nothing_is_left_when_the_last_instance_goes)
{
	struct cc_error err = { 0 };

	ck_assert_ptr_null(strstr(output("nft list tables; ip link"), PRIV_FIXTURE_BRIDGE));
	run(1, 1, "8080:80/tcp");
	run(2, 1, "");
	ck_assert_ptr_nonnull(strstr(output("nft list tables"), RULES));
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	ck_assert_ptr_nonnull(strstr(output("ip link"), PRIV_FIXTURE_BRIDGE));
	ck_assert_int_eq(priv_fixture_delete_ct(2, &err), 0);
	ck_assert(goes_away("nft list tables", RULES));
	ck_assert(goes_away("ip link", PRIV_FIXTURE_BRIDGE));
	ck_assert_str_eq(output("cat /proc/sys/net/ipv4/ip_forward"), "0\n");
	/* Who comes while the last one's network goes gets a new one. */
	for (int i = 0; i < 10; i++) {
		run(1, 1, "");
		ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
		usleep((useconds_t)i * 5000);
	}
	/* Killed between the two, it is done at the next start. */
	run(1, 1, "8080:80/tcp");
	ck_assert_int_eq(priv_fixture_delete_ct(1, &err), 0);
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_ptr_null(strstr(output("nft list tables; ip link"), PRIV_FIXTURE_BRIDGE));
	ck_assert_str_eq(output("cat /proc/sys/net/ipv4/ip_forward"), "0\n");
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, a_published_port_leads_to_the_instance_from_everywhere, 0, 2);
	tcase_add_test(t, ports_follow_the_instance);
	tcase_add_test(t, who_is_connected_is_cut_off_with_the_port);
	tcase_add_test(t, it_works_beside_docker_and_leaves_docker_as_it_was);
	tcase_add_test(t, rules_of_others_that_are_in_the_way_are_told);
	tcase_add_test(t, what_a_program_of_the_node_answers_on_is_not_published);
	tcase_add_test(t, no_guest_reaches_what_the_node_serves);
	tcase_add_test(t, a_port_leads_to_one_instance);
	tcase_add_test(t, the_owner_says_which_ports_may_be_had);
	tcase_add_test(t, nonsense_is_refused);
	tcase_add_loop_test(t, members_reach_their_own_instances_and_no_others, 0, 2);
	tcase_add_test(t, nothing_is_left_when_the_last_instance_goes);
}

int main(void)
{
	return priv_lxc_main_with("priv_publish", setup, teardown, add);
}
