/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv/names_files.h"

#include "agent/driver/node_identity.h"
#include "agent/driver/small_file.h"
#include "agent/net/resolvers.h"
#include "common/cleanup.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct names_args *a, const char *fmt, ...) CC_PRINTF(2, 3);

static void add(struct names_args *a, const char *fmt, ...)
{
	va_list ap;
	int len;

	CC_PRE(a->n < NAMES_ARGS_MAX);
	va_start(ap, fmt);
	len = vsnprintf(a->text + a->len, sizeof(a->text) - a->len, fmt, ap);
	va_end(ap);
	CC_PRE(len >= 0 && (size_t)len < sizeof(a->text) - a->len);
	a->argv[a->n++] = a->text + a->len;
	a->len += (size_t)len + 1;
}

/* Nothing of the machine's own configuration counts: no file of /etc, no interface but the one in its network, no name that a guest asks for. */
static void add_limits(struct names_args *a)
{
	add(a, "--conf-file=/dev/null");
	add(a, "--keep-in-foreground");
	add(a, "--user=");
	add(a, "--pid-file=");
	add(a, "--log-facility=/dev/null");
	add(a, "--interface=eth0");
	add(a, "--except-interface=lo");
	add(a, "--bind-interfaces");
	add(a, "--cache-size=1000");
	add(a, "--dns-forward-max=300");
}

static void add_names(struct names_args *a, const struct priv_node *node)
{
	const char *dir = node->dirs.path;

	add(a, "--no-hosts");
	add(a, "--addn-hosts=%s/names/hosts", dir);
	add(a, "--addn-hosts=%s/names/zone", dir);
	add(a, "--resolv-file=%s/names/resolv", dir);
	add(a, "--domain=%s", node->zone);
	add(a, "--local=/%s/", node->zone);
	add(a, "--domain-needed");
}

static void add_leases(struct names_args *a, const struct priv_node *node)
{
	struct in_addr mask = { htonl(~(UINT32_MAX >> node->slots.prefix)) }, network = { htonl(node->slots.network) };
	char text[PRIV_ADDR_TEXT], mask_text[INET_ADDRSTRLEN], network_text[INET_ADDRSTRLEN];

	add(a, "--dhcp-range=%s,static,%s,12h", inet_ntop(AF_INET, &network, network_text, sizeof(network_text)),
	        inet_ntop(AF_INET, &mask, mask_text, sizeof(mask_text)));
	add(a, "--dhcp-hostsfile=%s/names/dhcp", node->dirs.path);
	add(a, "--dhcp-option=option:router,%s", slot_gateway(&node->slots, text));
	add(a, "--dhcp-option=option:domain-search,%s", node->zone);
	add(a, "--dhcp-ignore-names");
	add(a, "--dhcp-authoritative");
	add(a, "--dhcp-lease-max=%d", SLOTS_MAX);
	add(a, "--leasefile-ro");
	add(a, "--no-ping");
	add(a, "--quiet-dhcp");
}

void names_args(const struct priv_node *node, struct names_args *ret)
{
	ret->n = ret->len = 0;
	add(ret, "%s", node->set.dnsmasq);
	add_limits(ret);
	add_names(ret, node);
	add_leases(ret, node);
	ret->argv[ret->n] = NULL;
}

int names_dir_open(const struct priv_node *node, int *ret_fd, struct cc_error *err)
{
	int fd = openat(node->dirs.root, "names", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return cc_fail_errno(err, "opening the directory of names");
	*ret_fd = fd;
	return 0;
}

static bool is_there(int dirfd, const char *name, const struct cc_buf *text)
{
	cc_auto_free char *now = cc_malloc(text->len + 2);
	struct cc_error ignored = { 0 };
	ssize_t len = small_file_read(dirfd, name, now, text->len + 2, &ignored);

	return len >= 0 && (size_t)len == text->len && (len == 0 || memcmp(now, text->data, text->len) == 0);
}

int names_file_replace(const struct priv_node *node, const char *name, const struct cc_buf *text, bool *ret_changed, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;

	if (names_dir_open(node, &dirfd, err) < 0)
		return -1;
	if (!is_there(dirfd, name, text)) {
		if (small_file_replace(dirfd, name, text->data, text->len, false, err) < 0)
			return -1;
		*ret_changed = true;
	}
	/* Always: a kill may have come between the two. The directory is closed to others. */
	return fchmodat(dirfd, name, 0644, 0) < 0 ? cc_fail_errno(err, "opening '%s' to dnsmasq", name) : 0;
}

static void add_host(struct cc_buf *text, const struct priv_node *node, const char *address, const char *name)
{
	cc_buf_printf(text, "%s %s.%s %s\n", address, name, node->zone, name);
}

static int write_hosts(const struct priv_node *node, const struct instances *all, bool *ret_changed, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	char address[PRIV_ADDR_TEXT];

	for (uint32_t i = 0; i < all->count; i++) {
		const struct ct_record *rec = &all->at[i]->rec;

		if (all->at[i]->being_deleted || !node_is_label(rec->hostname))
			continue;
		add_host(&text, node, slot_address(&node->slots, (uint32_t)rec->slot, address), rec->hostname);
		if (slot_address6(&node->slots, (uint32_t)rec->slot, address)[0] != '\0')
			add_host(&text, node, address, rec->hostname);
	}
	return names_file_replace(node, "hosts", &text, ret_changed, err);
}

/* One lease per slot, whoever has it: the lease is its address in any case. */
static int write_leases(const struct priv_node *node, bool *ret_changed, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	char address[PRIV_ADDR_TEXT];
	uint8_t m[6];

	for (uint32_t i = 0; i < node->slots.count; i++) {
		slot_mac(slot_address_number(&node->slots, i), m);
		cc_buf_printf(
		        &text, "%02x:%02x:%02x:%02x:%02x:%02x,%s\n", m[0], m[1], m[2], m[3], m[4], m[5], slot_address(&node->slots, i, address));
	}
	return names_file_replace(node, "dhcp", &text, ret_changed, err);
}

static int write_resolvers(const struct priv_node *node, bool *ret_changed, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct resolvers r;

	if (resolvers_find(node->set.dns, &r, err) < 0)
		return -1;
	for (uint32_t i = 0; i < r.count; i++)
		cc_buf_printf(&text, "nameserver %s\n", r.address[i]);
	return names_file_replace(node, "resolv", &text, ret_changed, err);
}

/* The group reads; nobody but us writes. */
static int open_dir_to_group(const struct priv_node *node, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;

	if (names_dir_open(node, &dirfd, err) < 0)
		return -1;
	return fchown(dirfd, 0, slot_image_first_id(&node->slots) + SLOT_NOBODY) < 0 ? cc_fail_errno(err, "opening the names to dnsmasq") : 0;
}

int names_files_write(const struct priv_node *node, const struct instances *all, bool *ret_changed, struct cc_error *err)
{
	cc_auto_close int dirfd = -1;

	if (open_dir_to_group(node, err) < 0 || names_dir_open(node, &dirfd, err) < 0)
		return -1;
	if (faccessat(dirfd, "zone", F_OK, 0) < 0 && names_file_replace(node, "zone", &(struct cc_buf){ 0 }, ret_changed, err) < 0)
		return -1;
	if (write_hosts(node, all, ret_changed, err) < 0 || write_leases(node, ret_changed, err) < 0)
		return -1;
	return write_resolvers(node, ret_changed, err);
}

static bool is_address(const char text[PRIV_ADDR_TEXT])
{
	uint8_t in[16];

	return memchr(text, '\0', PRIV_ADDR_TEXT) != NULL && (inet_pton(AF_INET, text, in) == 1 || inet_pton(AF_INET6, text, in) == 1);
}

int names_zone_write(const struct priv_node *node, int fd, uint32_t count, bool *ret_changed, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct priv_name name;

	for (uint32_t i = 0; i < count; i++) {
		if (pread(fd, &name, sizeof(name), (off_t)(i * sizeof(name))) != sizeof(name))
			return cc_fail(err, INVALID, "the file has fewer than %u names", count);
		if (!node_is_label(name.name))
			return cc_fail(err, INVALID, "name %u is not a DNS label", i);
		if (!is_address(name.address))
			return cc_fail(err, INVALID, "the address of '%s' is none", name.name);
		add_host(&text, node, name.address, name.name);
	}
	return names_file_replace(node, "zone", &text, ret_changed, err);
}
