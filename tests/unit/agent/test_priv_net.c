/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network of real containers: who may say what on the bridge, what the node forwards, and what becomes of that when its addresses change. */
#include "agent/driver/slot.h"
#include "agent/net/net_link.h"
#include "common/cleanup.h"
#include "tests/unit/agent/netns_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GATEWAY 0x0ac90001u /* 10.201.0.1 */

/* What a guest with CAP_NET_RAW may open: all frames of its link. The socket stays in the guest's network, the test does not. */
static int open_link(pid_t init)
{
	char path[64];
	cc_auto_close int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), theirs = -1;
	struct sockaddr_ll link = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", init);
	theirs = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(setns(theirs, CLONE_NEWNET), 0);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	link.sll_ifindex = (int)if_nametoindex("eth0");
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&link, sizeof(link)), 0);
	ck_assert_int_eq(setns(own, CLONE_NEWNET), 0);
	return fd;
}

struct frame {
	struct ether_header eth;
	union {
		struct ether_arp arp;
		struct iphdr ip;
		char bytes[64];
	} u;
} __attribute__((packed));

static struct frame new_frame(uint32_t from, uint32_t to, uint16_t type)
{
	struct frame f = { .eth.ether_type = htons(type) };

	slot_mac(from, f.eth.ether_shost);
	slot_mac(to, f.eth.ether_dhost);
	return f;
}

/* A host that hands bridged packets to its firewall drops those whose sum is wrong. */
static uint16_t ip_sum(const struct iphdr *ip)
{
	uint16_t word;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*ip); i += 2) {
		memcpy(&word, (const char *)ip + i, 2);
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static struct frame ip_frame(uint32_t mac, uint32_t from, uint32_t to)
{
	struct frame f = new_frame(mac, to, ETHERTYPE_IP);
	struct iphdr ip = {
		.version = 4, .ihl = 5, .tot_len = htons(sizeof(f.u)), .ttl = 64, .protocol = 253, .saddr = htonl(from), .daddr = htonl(to)
	};

	ip.check = ip_sum(&ip);
	f.u.ip = ip;
	return f;
}

/* "address `claimed` is at `mac`", said by `sender`. */
static struct frame arp_frame(uint32_t sender, uint32_t mac, uint32_t claimed, uint32_t to)
{
	struct frame f = new_frame(sender, to, ETHERTYPE_ARP);
	uint32_t from = htonl(claimed), target = htonl(to);

	f.u.arp.ea_hdr = (struct arphdr){ htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), 6, 4, htons(ARPOP_REPLY) };
	slot_mac(mac, f.u.arp.arp_sha);
	slot_mac(to, f.u.arp.arp_tha);
	memcpy(f.u.arp.arp_spa, &from, 4);
	memcpy(f.u.arp.arp_tpa, &target, 4);
	return f;
}

/* Whether the very frame comes out of the other socket. */
static bool passes(int from, int to, const struct frame *f)
{
	struct pollfd p = { to, POLLIN, 0 };
	char got[2048];

	ck_assert_int_eq(send(from, f, sizeof(*f), 0), sizeof(*f));
	while (poll(&p, 1, 300) > 0) {
		ssize_t n = recv(to, got, sizeof(got), 0);

		if (n == sizeof(*f) && memcmp(got, f, sizeof(*f)) == 0)
			return true;
	}
	return false;
}

START_TEST(a_guest_speaks_under_its_own_addresses_only)
{
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image), b = priv_fixture_run(2, priv_lxc_image);
	uint32_t one = GATEWAY + 1 + a.slot, two = GATEWAY + 1 + b.slot;
	cc_auto_close int from = open_link(a.init_pid), to = open_link(b.init_pid);
	const struct {
		const char *what;
		struct frame f;
		bool passes;
	} cases[] = {
		{ "its own", ip_frame(one, one, two), true },
		{ "its own, asked for its address", arp_frame(one, one, one, two), true },
		{ "another's address", ip_frame(one, one + 5, two), false },
		{ "the gateway's address", ip_frame(one, GATEWAY, two), false },
		{ "another's link address", ip_frame(one + 5, one, two), false },
		{ "both of another", ip_frame(one + 5, one + 5, two), false },
		{ "says to be the gateway", arp_frame(one, one, GATEWAY, two), false },
		{ "says that the gateway is at another", arp_frame(one, one + 5, GATEWAY, two), false },
		{ "says it under the gateway's link address", arp_frame(GATEWAY, GATEWAY, GATEWAY, two), false },
		{ "IPv6", new_frame(one, two, ETHERTYPE_IPV6), false },
		{ "a tagged frame", new_frame(one, two, ETHERTYPE_VLAN), false },
	};

	/* Both know each other now: the bridge need not flood. */
	ck_assert_int_ge(priv_lxc_ping(a.address), 0);
	ck_assert_int_ge(priv_lxc_ping(b.address), 0);
	/* Instances of one member become fellows a moment after their start. */
	for (int i = 0; i < 20 && !passes(from, to, &cases[0].f); i++)
		;
	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_msg(passes(from, to, &cases[i].f) == cases[i].passes, "%s", cases[i].what);
	/* And none of it cost them their connections. */
	ck_assert_int_eq(priv_fixture_sh(1, "ping -c 1 -W 2 10.201.0.3 >/dev/null && ping -c 1 -W 2 10.201.0.1 >/dev/null", NULL, 0), 0);
}
END_TEST

/* The output of a command on the node. */
static char *output(const char *command)
{
	static char text[65536];
	FILE *f = popen(command, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	pclose(f);
	text[n] = '\0';
	return text;
}

static bool has_nft(void)
{
	return system("nft --version >/dev/null 2>&1") == 0;
}

static void add_network(const char *link, uint32_t address)
{
	struct cc_error err = { 0 };
	uint8_t mac[6];

	slot_mac(address, mac);
	ck_assert_int_eq(net_link_make_bridge(link, mac, &err), 0);
	ck_assert_int_eq(net_link_add_address(link, address, 24, &err), 0);
	ck_assert_int_eq(net_link_set_up(link, 0, &err), 0);
}

START_TEST(a_network_that_the_owner_joins_later_is_closed_too)
{
	static const char list[] = "nft list set inet cc_" PRIV_FIXTURE_BRIDGE " owner_networks";
	struct cc_error err = { 0 };

	if (!has_nft())
		TEST_SKIP_CASE("nft is not installed");
	priv_fixture_run(1, priv_lxc_image);
	(void)net_link_remove("cctp1", &err);
	for (int i = 0; i < 100 && strstr(output(list), "10.222.7.0/24") != NULL; i++)
		usleep(100000);
	ck_assert_ptr_null(strstr(output(list), "10.222.7.0/24"));
	add_network("cctp1", 0x0ade0705);
	for (int i = 0; i < 100 && strstr(output(list), "10.222.7.0/24") == NULL; i++)
		usleep(100000);
	ck_assert_ptr_nonnull(strstr(output(list), "10.222.7.0/24"));
	ck_assert_int_eq(net_link_remove("cctp1", &err), 0);
	for (int i = 0; i < 100 && strstr(output(list), "10.222.7.0/24") != NULL; i++)
		usleep(100000);
	ck_assert_ptr_null(strstr(output(list), "10.222.7.0/24"));
}
END_TEST

static void set_forwarding(const char *value)
{
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(write(fd, value, 1), 1);
	close(fd);
}

static char forwarding(void)
{
	char text[8];

	return priv_lxc_read("/proc/sys/net/ipv4/ip_forward", text, sizeof(text))[0];
}

static bool forwards_for_others(void)
{
	return strstr(output("nft list chain inet cc_" PRIV_FIXTURE_BRIDGE " forward"), "oifgroup") == NULL;
}

START_TEST(a_node_that_did_not_forward_forwards_for_its_instances_only)
{
	pid_t neighbour;

	if (!has_nft())
		TEST_SKIP_CASE("nft is not installed");
	priv_fixture_stop(SIGTERM);
	/* A network of its own: the machine's is left alone. */
	neighbour = netns_begin();
	set_forwarding("0");
	for (int i = 0; i < 2; i++) {
		priv_fixture_start(NULL);
		if (i == 0)
			priv_fixture_run(1, priv_lxc_image);
		ck_assert_int_eq(forwarding(), '1');
		ck_assert(!forwards_for_others());
		priv_fixture_stop(i == 0 ? SIGTERM : SIGKILL);
	}
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	ck_assert_int_eq(forwarding(), '0');
	set_forwarding("1");
	priv_fixture_start(NULL);
	priv_fixture_run(1, priv_lxc_image);
	ck_assert(forwards_for_others());
	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	ck_assert_int_eq(forwarding(), '1');
	netns_end(neighbour);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, a_guest_speaks_under_its_own_addresses_only);
	tcase_add_test(t, a_network_that_the_owner_joins_later_is_closed_too);
	tcase_add_test(t, a_node_that_did_not_forward_forwards_for_its_instances_only);
}

int main(void)
{
	return priv_lxc_main("priv_net", add);
}
