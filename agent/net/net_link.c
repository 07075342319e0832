/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/net_link.h"

#include "common/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* One request under construction. */
struct link_request {
	struct nlmsghdr head;
	char data[256];
};

static void *add_bytes(struct link_request *r, const void *p, size_t len)
{
	char *at = (char *)r + NLMSG_ALIGN(r->head.nlmsg_len);

	CC_PRE(NLMSG_ALIGN(r->head.nlmsg_len) + NLMSG_ALIGN(len) <= sizeof(*r));
	memcpy(at, p, len);
	r->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(r->head.nlmsg_len) + len);
	return at;
}

static struct rtattr *add_attr(struct link_request *r, unsigned short type, const void *p, size_t len)
{
	struct rtattr attr = { .rta_len = (unsigned short)RTA_LENGTH(len), .rta_type = type };
	struct rtattr *at = add_bytes(r, &attr, sizeof(attr));

	if (len > 0)
		add_bytes(r, p, len);
	return at;
}

/* Closes what was opened as an attribute without data and has taken up others since. */
static void end_attr(struct link_request *r, struct rtattr *attr)
{
	attr->rta_len = (unsigned short)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len) - (char *)attr);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len);
}

static struct link_request new_request(uint16_t type, uint16_t flags)
{
	return (struct link_request){ .head = { .nlmsg_len = NLMSG_LENGTH(0),
		                              .nlmsg_type = type,
		                              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags),
		                              .nlmsg_seq = 1 } };
}

/* Sends and waits for the kernel's answer; returns 0 or -1 with errno. */
static int talk(const struct link_request *r)
{
	cc_auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	_Alignas(8) char buf[1024];
	const struct nlmsghdr *h = (const void *)buf;
	const struct nlmsgerr *e;
	ssize_t n;

	if (fd < 0 || sendto(fd, r, r->head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -1;
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(*e)) || h->nlmsg_type != NLMSG_ERROR) {
		errno = EPROTO;
		return -1;
	}
	e = NLMSG_DATA(h);
	errno = -e->error;
	return e->error == 0 ? 0 : -1;
}

/* FNV-1a. */
static uint32_t short_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

char *net_link_prefix(const char *bridge, char name[NET_LINK_NAME])
{
	snprintf(name, NET_LINK_NAME, "cc%06x", short_hash(bridge) & 0xffffff);
	return name;
}

char *net_link_name(const char *bridge, uint32_t slot, char name[NET_LINK_NAME])
{
	snprintf(name, NET_LINK_NAME, "cc%06x%u", short_hash(bridge) & 0xffffff, slot);
	return name;
}

char *net_link_names(const char *bridge, char name[NET_LINK_NAME])
{
	snprintf(name, NET_LINK_NAME, "cc%06xdns", short_hash(bridge) & 0xffffff);
	return name;
}

static bool is_bridge(const char *name)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/bridge", name);
	return stat(path, &st) == 0;
}

int net_link_make_bridge(const char *name, const uint8_t mac[6], struct cc_error *err)
{
	struct link_request r = new_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct rtattr *link;

	if (name[0] == '\0' || strlen(name) >= IF_NAMESIZE || strpbrk(name, "/ \"") != NULL)
		return cc_fail(err, INVALID, "bridge: '%.40s' is no name for a link (at most %d characters)", name, IF_NAMESIZE - 1);
	if (if_nametoindex(name) != 0)
		return is_bridge(name) ? 0 : cc_fail(err, CONFLICT, "bridge: '%s' is there and no bridge; choose another name", name);
	add_bytes(&r, &info, sizeof(info));
	add_attr(&r, IFLA_IFNAME, name, strlen(name) + 1);
	add_attr(&r, IFLA_ADDRESS, mac, 6);
	link = add_attr(&r, IFLA_LINKINFO, NULL, 0);
	add_attr(&r, IFLA_INFO_KIND, "bridge", sizeof("bridge") - 1);
	end_attr(&r, link);
	return talk(&r) == 0 || errno == EEXIST ? 0 : cc_fail_errno(err, "making bridge '%s'", name);
}

int net_link_make_pair(const char *name, const char *bridge, const uint8_t mac[6], pid_t pid, struct cc_error *err)
{
	struct link_request r = new_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, theirs = { .ifi_family = AF_UNSPEC };
	uint32_t master = if_nametoindex(bridge), network = (uint32_t)pid;
	struct rtattr *link, *data, *peer;

	add_bytes(&r, &info, sizeof(info));
	add_attr(&r, IFLA_IFNAME, name, strlen(name) + 1);
	add_attr(&r, IFLA_MASTER, &master, sizeof(master));
	link = add_attr(&r, IFLA_LINKINFO, NULL, 0);
	add_attr(&r, IFLA_INFO_KIND, "veth", sizeof("veth") - 1);
	data = add_attr(&r, IFLA_INFO_DATA, NULL, 0);
	peer = add_attr(&r, VETH_INFO_PEER, NULL, 0);
	add_bytes(&r, &theirs, sizeof(theirs));
	add_attr(&r, IFLA_IFNAME, "eth0", sizeof("eth0"));
	add_attr(&r, IFLA_ADDRESS, mac, 6);
	add_attr(&r, IFLA_NET_NS_PID, &network, sizeof(network));
	end_attr(&r, peer);
	end_attr(&r, data);
	end_attr(&r, link);
	return talk(&r) == 0 ? 0 : cc_fail_errno(err, "making link '%s'", name);
}

int net_link_add_default(uint32_t gateway, struct cc_error *err)
{
	struct link_request r = new_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct rtmsg info = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_type = RTN_UNICAST };
	uint32_t via = htonl(gateway);

	add_bytes(&r, &info, sizeof(info));
	add_attr(&r, RTA_GATEWAY, &via, sizeof(via));
	return talk(&r) == 0 || errno == EEXIST ? 0 : cc_fail_errno(err, "setting the default route");
}

int net_link_add_address(const char *name, uint32_t address, uint32_t prefix, struct cc_error *err)
{
	struct link_request r = new_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg info = { .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = if_nametoindex(name) };
	uint32_t local = htonl(address), broadcast = htonl(address | UINT32_MAX >> prefix);

	add_bytes(&r, &info, sizeof(info));
	add_attr(&r, IFA_LOCAL, &local, sizeof(local));
	add_attr(&r, IFA_ADDRESS, &local, sizeof(local));
	add_attr(&r, IFA_BROADCAST, &broadcast, sizeof(broadcast));
	return talk(&r) == 0 || errno == EEXIST ? 0 : cc_fail_errno(err, "giving '%s' its address", name);
}

int net_link_add_address6(const char *name, const uint8_t address[16], struct cc_error *err)
{
	struct link_request r = new_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	/* Nobody else may have it: the rules see to that, and need not be asked. */
	struct ifaddrmsg info = { .ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = if_nametoindex(name), .ifa_flags = IFA_F_NODAD };

	add_bytes(&r, &info, sizeof(info));
	add_attr(&r, IFA_LOCAL, address, 16);
	add_attr(&r, IFA_ADDRESS, address, 16);
	return talk(&r) == 0 || errno == EEXIST ? 0 : cc_fail_errno(err, "giving '%s' its IPv6 address", name);
}

int net_link_set_up(const char *name, uint32_t group, struct cc_error *err)
{
	struct link_request r = new_request(RTM_NEWLINK, 0);
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name), .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	add_bytes(&r, &info, sizeof(info));
	add_attr(&r, IFLA_GROUP, &group, sizeof(group));
	return talk(&r) == 0 ? 0 : cc_fail_errno(err, "switching '%s' on", name);
}

int net_link_remove(const char *name, struct cc_error *err)
{
	struct link_request r = new_request(RTM_DELLINK, 0);
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name) };

	if (info.ifi_index == 0)
		return 0;
	add_bytes(&r, &info, sizeof(info));
	return talk(&r) == 0 || errno == ENODEV ? 0 : cc_fail_errno(err, "removing link '%s'", name);
}

static uint32_t link_group(const struct nlmsghdr *h)
{
	const struct rtattr *attr = IFLA_RTA(NLMSG_DATA(h));
	int left = (int)IFLA_PAYLOAD(h);
	uint32_t group = 0;

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if (attr->rta_type == IFLA_GROUP)
			memcpy(&group, RTA_DATA(attr), sizeof(group));
	return group;
}

/* One datagram of the answer: 1 when our group is in it, 0 when more comes, -1 when it is over. */
static int find_group(const char *buf, ssize_t n)
{
	const struct nlmsghdr *h = (const void *)buf;

	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type != RTM_NEWLINK)
			return -1;
		if (link_group(h) == NET_LINK_GROUP)
			return 1;
	}
	return 0;
}

bool net_link_group_in_use(void)
{
	cc_auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct link_request r = new_request(RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	_Alignas(8) static char buf[32768];
	ssize_t n;

	r.head.nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	add_bytes(&r, &info, sizeof(info));
	if (fd < 0 || send(fd, &r, r.head.nlmsg_len, 0) < 0)
		return true;
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		int found = find_group(buf, n);

		if (found != 0)
			return found > 0;
	}
	return true;
}
