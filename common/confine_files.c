/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landlock: everything that this version of it knows is forbidden, then the paths and ports of the list are allowed. A right belongs to a file or folder and
 * not to a name: what replaces an allowed *file* by rename is not allowed. So folders are listed wherever others may replace the file. */
#include "common/cleanup.h"
#include "common/confine_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/landlock.h; headers of Debian 12 end at version 2. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,    /* 2 */
	FS_TRUNCATE = 1 << 14, /* 3 */
	FS_IOCTL_DEV = 1 << 15 /* 5 */
};
#define FS_ALL_1  ((1u << 13) - 1)
#define FS_READ   (FS_READ_FILE | FS_READ_DIR)
#define FS_WRITE  (FS_READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER | FS_TRUNCATE)
#define FS_LISTEN (FS_MAKE_SOCK | FS_REMOVE_FILE)
#define FS_FILE   (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV) /* what a rule for one file may say */
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 };
enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 };
enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_NET = 4, ABI_IOCTL_DEV = 5, ABI_SCOPE = 6 };
enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };

struct ruleset {
	uint64_t fs, net, scoped;
};
struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));
struct port_rule {
	uint64_t allowed, port;
};

int cc_confine_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static struct ruleset handled(const struct cc_confine *c, int abi)
{
	struct ruleset r = { .fs = FS_ALL_1 };

	if (abi >= ABI_REFER)
		r.fs |= FS_REFER;
	if (abi >= ABI_TRUNCATE)
		r.fs |= FS_TRUNCATE;
	if (abi >= ABI_NET)
		r.net = NET_BIND_TCP | (c->dial_anywhere ? 0u : NET_CONNECT_TCP);
	if (abi >= ABI_IOCTL_DEV)
		r.fs |= FS_IOCTL_DEV;
	/* Abstract sockets stay: PostgreSQL can be reached by one. */
	if (abi >= ABI_SCOPE)
		r.scoped = SCOPE_SIGNAL;
	return r;
}

/* How much of struct ruleset this version knows. */
static size_t ruleset_size(int abi)
{
	return abi >= ABI_SCOPE ? sizeof(struct ruleset) : abi >= ABI_NET ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, net);
}

static uint64_t rights(unsigned may, bool is_folder)
{
	uint64_t r = (may & CC_MAY_READ ? FS_READ : 0u) | (may & CC_MAY_WRITE ? FS_WRITE : 0u) | (may & CC_MAY_LISTEN ? FS_LISTEN : 0u) |
	             (may & CC_MAY_RUN ? FS_EXECUTE : 0u) | (may & CC_MAY_LINK ? FS_MAKE_SYM : 0u);

	return is_folder ? r : r & FS_FILE;
}

static int allow_path(int set, const struct ruleset *r, const char *path, unsigned may, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_rule rule = { .fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0; /* not there: nothing to allow */
	rule.allowed = rights(may, S_ISDIR(st.st_mode)) & r->fs;
	if (rule.allowed == 0 || syscall(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &rule, 0) == 0)
		return 0;
	/* Files of some kernel file systems cannot be named in a rule; then they are not reached. */
	return errno == EBADFD ? 0 : cc_fail_errno(err, "allowing '%s'", path);
}

static int allow_ports(int set, const uint16_t *ports, size_t n, uint64_t what, struct cc_error *err)
{
	for (size_t i = 0; what != 0 && i < n; i++) {
		struct port_rule rule = { what, ports[i] };

		if (syscall(SYS_landlock_add_rule, set, RULE_NET_PORT, &rule, 0) < 0)
			return cc_fail_errno(err, "allowing port %u", ports[i]);
	}
	return 0;
}

int cc_confine_limit_files(const struct cc_confine *c, int abi, struct cc_error *err)
{
	struct ruleset r = handled(c, abi);
	cc_auto_close int set = (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi), 0);

	if (set < 0)
		return cc_fail_errno(err, "making rules for files");
	for (size_t i = 0; i < c->n_paths; i++)
		if (allow_path(set, &r, c->paths[i].path, c->paths[i].may, err) < 0)
			return -1;
	if (allow_ports(set, c->dial, c->n_dial, r.net & NET_CONNECT_TCP, err) < 0 ||
	        allow_ports(set, c->listen, c->n_listen, r.net & NET_BIND_TCP, err) < 0)
		return -1;
	if (syscall(SYS_landlock_restrict_self, set, 0) < 0)
		return cc_fail_errno(err, "putting the rules for files in force");
	return 0;
}

int cc_confine_files(const struct cc_confine *c, struct cc_error *err)
{
	int abi = cc_confine_landlock_abi();

	return abi > 0 ? cc_confine_limit_files(c, abi, err) : 0;
}
