/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/storage/guest_files.h"

#include "agent/driver/node_identity.h"
#include "agent/net/resolvers.h"
#include "common/buf.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define OPEN_ROUNDS 1000

static int open_inside(int root, const char *name, int flags, mode_t mode)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC), .mode = mode, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	/* EAGAIN: on the way up through a ".." something was renamed, somewhere on the machine. */
	for (int i = 0; i < OPEN_ROUNDS && (i == 0 || (fd < 0 && errno == EAGAIN)); i++)
		fd = (int)syscall(SYS_openat2, root, name, &how, sizeof(how));
	return fd;
}

static bool is_there(int root, const char *name)
{
	cc_auto_close int fd = open_inside(root, name, O_PATH, 0);

	return fd >= 0;
}

static int write_inside(int root, const char *name, const struct cc_buf *text, uint32_t owner, struct cc_error *err)
{
	/* NONBLOCK: a guest may have put a FIFO there. */
	cc_auto_close int fd = open_inside(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0644);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == EISDIR || errno == ENXIO
		               ? 0
		               : cc_fail_errno(err, "writing /%s of the instance", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (fchown(fd, owner, owner) < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
		return cc_fail_errno(err, "writing /%s of the instance", name);
	return 0;
}

static int make_etc(int root, uint32_t owner, struct cc_error *err)
{
	if (mkdirat(root, "etc", 0755) < 0)
		return errno == EEXIST ? 0 : cc_fail_errno(err, "making /etc of the instance");
	return fchownat(root, "etc", owner, owner, AT_SYMLINK_NOFOLLOW) < 0 ? cc_fail_errno(err, "giving /etc to the instance") : 0;
}

/* An image brings its builder's files, so what counts is whether this instance got its own before. */
static bool has_own(const struct priv_node *node, const struct ct_record *rec, const char *name)
{
	cc_auto_close int dirfd = -1;
	cc_auto_close int upper = -1;
	struct cc_error ignored = { 0 };

	if (state_dir_open_instance(&node->dirs, rec->id, false, &dirfd, &ignored) < 0)
		return false;
	upper = openat(dirfd, "upper", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return upper >= 0 && is_there(upper, name);
}

/* Ours begins with this line, and is written anew at each start. */
#define RESOLV_MARK "# CommunityCloud writes this at each start; take this line away to keep a file of your own.\n"

static bool is_ours(int root, const char *name)
{
	cc_auto_close int fd = open_inside(root, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	char text[sizeof(RESOLV_MARK) - 1];

	return fd >= 0 && read(fd, text, sizeof(text)) == (ssize_t)sizeof(text) && memcmp(text, RESOLV_MARK, sizeof(text)) == 0;
}

/* One server and no second: whom a program asks next would not know the zone's names, and say so. */
static int write_names(const struct priv_node *node, const struct ct_record *rec, int root, uint32_t owner, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	char address[PRIV_ADDR_TEXT];

	if (has_own(node, rec, "etc/resolv.conf") && !is_ours(root, "etc/resolv.conf"))
		return 0;
	cc_buf_printf(&text, RESOLV_MARK "search %s\nnameserver %s\n", node->zone, slot_names_address(&node->slots, address));
	return write_inside(root, "etc/resolv.conf", &text, owner, err);
}

static int write_resolvers(const struct priv_node *node, const struct ct_record *rec, int root, uint32_t owner, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	struct resolvers r;

	if (node_has_names(node))
		return write_names(node, rec, root, owner, err);
	if (is_there(root, "etc/resolv.conf") && !is_ours(root, "etc/resolv.conf"))
		return 0;
	if (resolvers_find(node->set.dns, &r, err) < 0)
		return -1;
	cc_buf_adds(&text, RESOLV_MARK);
	for (uint32_t i = 0; i < r.count; i++)
		cc_buf_printf(&text, "nameserver %s\n", r.address[i]);
	return r.count == 0 ? 0 : write_inside(root, "etc/resolv.conf", &text, owner, err);
}

int guest_files_write(const struct priv_node *node, const struct ct_record *rec, const char *path, struct cc_error *err)
{
	cc_auto_close int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cc_auto_buf struct cc_buf name = { 0 };
	cc_auto_buf struct cc_buf hosts = { 0 };
	uint32_t owner = slot_first_id(&node->slots, (uint32_t)rec->slot);
	char address[PRIV_ADDR_TEXT];

	if (root < 0)
		return cc_fail_errno(err, "opening '%s'", path);
	cc_buf_printf(&name, "%s\n", rec->hostname);
	cc_buf_printf(&hosts, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n%s %s\n", slot_address(&node->slots, (uint32_t)rec->slot, address),
	        rec->hostname);
	if (make_etc(root, owner, err) < 0)
		return -1;
	if (!has_own(node, rec, "etc/hostname") && write_inside(root, "etc/hostname", &name, owner, err) < 0)
		return -1;
	if (!is_there(root, "etc/hosts") && write_inside(root, "etc/hosts", &hosts, owner, err) < 0)
		return -1;
	return write_resolvers(node, rec, root, owner, err);
}
