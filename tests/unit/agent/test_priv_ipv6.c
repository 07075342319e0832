/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IPv6 of real containers beside their IPv4: they reach each other and the world, not the owner's networks, and are who they are. */
#include "agent/driver/slot.h"
#include "agent/net/net_link.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "tests/unit/agent/archive_fixture.h"
#include "tests/unit/agent/net_fixture.h"
#include "tests/unit/agent/priv_lxc_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG_MS 20000
#define GATEWAY 0x0ac90001u /* 10.201.0.1 */

static bool is_switched_off(void)
{
	char text[8];

	return priv_lxc_read("/proc/sys/net/ipv6/conf/all/disable_ipv6", text, sizeof(text))[0] != '0' ||
	       priv_lxc_read("/proc/sys/net/ipv6/conf/default/disable_ipv6", text, sizeof(text))[0] != '0';
}

/* Until it answers: a guest's kernel first makes sure that nobody else has its address. */
static void await_ping(unsigned from, const char *to)
{
	int64_t end = cc_boottime_ms() + LONG_MS;
	char command[256];

	snprintf(command, sizeof(command), "ping -6 -c 1 -W 1 %s >/dev/null 2>&1", to);
	while (priv_fixture_sh(from, command, NULL, 0) != 0)
		ck_assert_msg(cc_boottime_ms() < end, "%s does not answer c%u", to, from);
}

START_TEST(instances_have_both_addresses_and_keep_them)
{
	struct priv_ct a = priv_fixture_run(1, priv_lxc_image), b = priv_fixture_run(2, priv_lxc_image), again;
	struct cc_error err = { 0 };
	char out[4096];

	ck_assert_int_eq(strncmp(a.address6, "fd", 2), 0);
	ck_assert_str_eq(strchr(a.address6, ':') + strlen(strchr(a.address6, ':')) - 3, "::2");
	ck_assert_str_ne(a.address6, b.address6);
	await_ping(1, b.address6);
	await_ping(2, a.address6);
	ck_assert_int_eq(priv_fixture_sh(1, "ping -c 1 -W 2 10.201.0.1 >/dev/null && ip -6 route | grep default", out, sizeof(out)), 0);
	priv_fixture_stop(SIGKILL);
	priv_fixture_start(NULL);
	ck_assert_int_eq(priv_fixture_stop_ct(2, 0, &err), 0);
	again = priv_fixture_run(2, priv_lxc_image);
	ck_assert_str_eq(again.address6, b.address6);
	await_ping(1, b.address6);
}
END_TEST

/* What a guest with CAP_NET_RAW may open: all frames of its link. */
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
	struct ip6_hdr ip;
	union {
		struct {
			struct nd_neighbor_advert head;
			struct nd_opt_hdr opt;
			uint8_t mac[6];
		} na;
		struct icmp6_hdr icmp;
		struct udphdr udp;
		uint8_t bytes[32];
	} u;
} __attribute__((packed));

struct guest {
	uint32_t v4;
	struct in6_addr global, local;
};

static struct guest guest_of(const struct priv_ct *ct)
{
	struct guest g = { .v4 = GATEWAY + 1 + ct->slot };
	struct slot_plan plan = { .count = 20, .network = GATEWAY - 1, .prefix = 16 };

	inet_pton(AF_INET6, ct->address6, &g.global);
	slot_link_number6(&plan, ct->slot, g.local.s6_addr);
	return g;
}

static struct frame new_frame(uint32_t mac, uint32_t to_mac, struct in6_addr from, struct in6_addr to, uint8_t next)
{
	struct frame f = { .eth.ether_type = htons(ETHERTYPE_IPV6) };

	slot_mac(mac, f.eth.ether_shost);
	slot_mac(to_mac, f.eth.ether_dhost);
	f.ip = (struct ip6_hdr){ .ip6_src = from, .ip6_dst = to };
	f.ip.ip6_vfc = 6 << 4;
	f.ip.ip6_hlim = 255;
	f.ip.ip6_nxt = next;
	f.ip.ip6_plen = htons(sizeof(f.u));
	return f;
}

/* With the right sum: a host that hands bridged packets to its firewall looks at it. */
static void close_frame(struct frame *f)
{
	struct {
		struct in6_addr from, to;
		uint32_t len, next;
		uint8_t bytes[32];
	} sum = { .from = f->ip.ip6_src, .to = f->ip.ip6_dst, .len = htonl(sizeof(f->u)), .next = htonl(f->ip.ip6_nxt) };
	uint32_t total = 0;
	uint16_t word;

	memcpy(sum.bytes, f->u.bytes, sizeof(sum.bytes));
	for (size_t i = 0; i < sizeof(sum); i += 2) {
		memcpy(&word, (const char *)&sum + i, 2);
		total += word;
	}
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	word = (uint16_t)~total;
	memcpy(f->u.bytes + (f->ip.ip6_nxt == IPPROTO_UDP ? offsetof(struct udphdr, uh_sum) : offsetof(struct icmp6_hdr, icmp6_cksum)), &word, 2);
}

static struct frame nd_frame(uint8_t type, const struct guest *who, struct in6_addr from, struct in6_addr target, const struct guest *to)
{
	struct frame f = new_frame(who->v4, to->v4, from, to->global, IPPROTO_ICMPV6);

	f.u.na.head.nd_na_hdr.icmp6_type = type;
	f.u.na.head.nd_na_target = target;
	f.u.na.opt = (struct nd_opt_hdr){ ND_OPT_TARGET_LINKADDR, 1 };
	slot_mac(who->v4, f.u.na.mac);
	close_frame(&f);
	return f;
}

static struct frame udp_frame(const struct guest *who, struct in6_addr from, const struct guest *to, uint16_t port)
{
	struct frame f = new_frame(who->v4, to->v4, from, to->global, IPPROTO_UDP);

	f.u.udp = (struct udphdr){ .uh_sport = htons(port), .uh_dport = htons(546), .uh_ulen = htons(sizeof(f.u)) };
	close_frame(&f);
	return f;
}

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

START_TEST(a_guest_is_who_it_is_and_no_router)
{
	struct priv_ct ct = priv_fixture_run(1, priv_lxc_image), other = priv_fixture_run(2, priv_lxc_image);
	cc_auto_close int from = open_link(ct.init_pid), to = open_link(other.init_pid);
	struct guest me = guest_of(&ct), it = guest_of(&other), fake = me;
	struct in6_addr gateway = me.global, none = IN6ADDR_ANY_INIT;

	gateway.s6_addr[14] = 0;
	gateway.s6_addr[15] = 1;
	fake.v4 = it.v4 + 1;
	const struct {
		const char *what;
		struct frame f;
		bool passes;
	} cases[] = {
		{ "its own address", udp_frame(&me, me.global, &it, 5000), true },
		{ "its link's address", udp_frame(&me, me.local, &it, 5000), true },
		{ "another's address", udp_frame(&me, it.global, &it, 5000), false },
		{ "another's link address", udp_frame(&me, it.local, &it, 5000), false },
		{ "the gateway's address", udp_frame(&me, gateway, &it, 5000), false },
		{ "another's MAC", udp_frame(&fake, me.global, &it, 5000), false },
		{ "no address", udp_frame(&me, none, &it, 5000), false },
		{ "gives leases", udp_frame(&me, me.local, &it, 547), false },
		{ "says where it is", nd_frame(ND_NEIGHBOR_ADVERT, &me, me.global, me.global, &it), true },
		{ "says where its link's address is", nd_frame(ND_NEIGHBOR_ADVERT, &me, me.local, me.local, &it), true },
		{ "says to be the gateway", nd_frame(ND_NEIGHBOR_ADVERT, &me, me.global, gateway, &it), false },
		{ "says to be the gateway as the gateway", nd_frame(ND_NEIGHBOR_ADVERT, &me, gateway, gateway, &it), false },
		{ "says to be another", nd_frame(ND_NEIGHBOR_ADVERT, &me, me.local, it.local, &it), false },
		{ "asks where another is", nd_frame(ND_NEIGHBOR_SOLICIT, &me, me.global, it.global, &it), true },
		{ "asks whether its address is free", nd_frame(ND_NEIGHBOR_SOLICIT, &me, none, me.global, &it), true },
		{ "keeps another from an address by asking", nd_frame(ND_NEIGHBOR_SOLICIT, &me, none, it.global, &it), false },
		{ "is a router", nd_frame(ND_ROUTER_ADVERT, &me, me.local, me.local, &it), false },
		{ "sends elsewhere", nd_frame(ND_REDIRECT, &me, me.local, gateway, &it), false },
	};

	await_ping(1, other.address6);
	for (size_t i = 0; i < CC_ARRAY_LEN(cases); i++)
		ck_assert_msg(passes(from, to, &cases[i].f) == cases[i].passes, "%s", cases[i].what);
	await_ping(1, other.address6);
}
END_TEST

/* 2001:db8:7::N */
static const uint8_t node6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 7, [15] = 5 }, machine6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 7, [15] = 0x35 };
static const char *const idle[] = { "/bin/sleep", "1000", NULL };

static char forwarding(void)
{
	char text[8];

	return priv_lxc_read("/proc/sys/net/ipv6/conf/all/forwarding", text, sizeof(text))[0];
}

static char hearing(const char *link)
{
	char path[128], text[8];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", link);
	return priv_lxc_read(path, text, sizeof(text))[0];
}

START_TEST(the_owners_network_is_closed_and_the_world_is_not)
{
	static const char *const open_flags[] = { "--owner-networks", "none", NULL };
	pid_t machine;

	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	net_fixture_leave();
	net_fixture_add_network("cctp1", 0x0ade0705, node6);
	machine = net_fixture_run_machine("cctp1", 0x0ade0735, machine6, idle);
	ck_assert_int_eq(forwarding(), '0');
	ck_assert_int_eq(hearing("cctp1"), '1');
	/* Unless its owner opens it: then it is reached under the node's own address, for the machine there knows no other. */
	priv_fixture_start(open_flags);
	priv_fixture_run(1, priv_lxc_image);
	await_ping(1, "2001:db8:7::35");
	priv_fixture_stop(SIGTERM);
	priv_fixture_start(NULL);
	ck_assert_int_ne(priv_fixture_sh(1, "ping -6 -c 1 -W 2 2001:db8:7::35 >/dev/null 2>&1", NULL, 0), 0);
	/* Nor the node's addresses, but for the gateway. */
	ck_assert_int_ne(priv_fixture_sh(1, "busybox nc -w 1 2001:db8:7::5 22 </dev/null", NULL, 0), 0);
	/* A node that forwards goes on hearing of its routers. */
	ck_assert_int_eq(forwarding(), '1');
	ck_assert_int_eq(hearing("cctp1"), '2');
	priv_fixture_delete_all();
	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	ck_assert_int_eq(forwarding(), '0');
	ck_assert_int_eq(hearing("cctp1"), '1');
	net_fixture_end(machine);
	priv_fixture_start(NULL);
	priv_fixture_image(archive_fixture_busybox("gzip"), priv_lxc_image);
}
END_TEST

START_TEST(a_node_without_ipv6_says_so_and_works)
{
	struct priv_hello hello = { .version = PRIV_VERSION, .node = priv_fixture_id(0x4000), .zone = "village" };
	struct priv_hello_reply reply;
	struct cc_error err = { 0 };
	struct priv_ct ct;
	int fd;

	priv_fixture_stop(SIGTERM);
	ck_assert_int_eq(priv_fixture_teardown(), 0);
	net_fixture_leave();
	fd = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, "1", 1), 1);
	close(fd);
	priv_fixture_start(NULL);
	priv_fixture_image(archive_fixture_busybox("gzip"), priv_lxc_image);
	ck_assert_int_eq(priv_fixture_call(PRIV_HELLO, &hello, &reply, &err), 0);
	ck_assert_uint_eq(reply.features & PRIV_FEATURE_IPV6, 0);
	ck_assert_ptr_nonnull(strstr(reply.no_ipv6, "disable_ipv6"));
	ct = priv_fixture_run(1, priv_lxc_image);
	ck_assert_str_eq(ct.address6, "");
	ck_assert_int_ge(priv_lxc_ping(ct.address), 0);
}
END_TEST

static void add(TCase *t)
{
	priv_fixture.zone = "village";
	tcase_add_test(t, instances_have_both_addresses_and_keep_them);
	tcase_add_test(t, a_guest_is_who_it_is_and_no_router);
	tcase_add_test(t, the_owners_network_is_closed_and_the_world_is_not);
	tcase_add_test(t, a_node_without_ipv6_says_so_and_works);
}

int main(void)
{
	if (is_switched_off()) {
		printf("SKIP: this machine's IPv6 is switched off\n");
		return 77;
	}
	return priv_lxc_main("priv_ipv6", add);
}
