/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests are untrusted: every container has a user namespace of its own, few capabilities even inside of that, a system call policy, and no nested user
 * namespaces (they would hand all of the kernel's privileged surface back). The distribution's common configuration is not inherited: its hooks cost half a
 * second at each stop. */
#include "agent/driver/driver_lxc_config.h"

#include "agent/driver/console_log.h"
#include "agent/driver/small_file.h"
#include "agent/net/net_link.h"
#include "agent/storage/storage.h"
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What Debian with systemd needs to boot and to serve inside a user namespace. Not among them: net_admin (address and rules are the node's business),
 * mknod, sys_module, sys_rawio, sys_time, syslog, mac_*, bpf, perfmon, checkpoint_restore, audit_control. */
static const char kept_capabilities[] =
        "chown dac_override dac_read_search fowner fsetid ipc_lock ipc_owner kill lease net_bind_service net_broadcast net_raw "
        "setfcap setgid setpcap setuid sys_admin sys_boot sys_chroot sys_nice sys_ptrace sys_resource sys_tty_config "
        "audit_write";

/* Everything else is allowed. ENOSYS (38) where programs have a fallback, EPERM (1) where they should hear a refusal. */
static const char seccomp_policy[] = "2\n"
                                     "denylist\n"
                                     "reject_force_umount\n"
                                     "[all]\n"
                                     "kexec_load errno 38\n"
                                     "kexec_file_load errno 38\n"
                                     "open_by_handle_at errno 1\n"
                                     "init_module errno 1\n"
                                     "finit_module errno 1\n"
                                     "delete_module errno 1\n"
                                     "bpf errno 1\n"
                                     "perf_event_open errno 1\n"
                                     "userfaultfd errno 1\n"
                                     "io_uring_setup errno 38\n"
                                     "io_uring_enter errno 38\n"
                                     "io_uring_register errno 38\n"
                                     "add_key errno 38\n"
                                     "request_key errno 38\n"
                                     "keyctl errno 38\n"
                                     "swapon errno 1\n"
                                     "swapoff errno 1\n"
                                     "acct errno 1\n"
                                     "quotactl errno 1\n"
                                     "iopl errno 1\n"
                                     "ioperm errno 1\n"
                                     "lookup_dcookie errno 38\n"
                                     "vmsplice errno 1\n"
                                     "setns errno 1 [1,268435456,SCMP_CMP_MASKED_EQ,268435456]\n"
                                     "unshare errno 1 [0,268435456,SCMP_CMP_MASKED_EQ,268435456]\n"
                                     "clone errno 1 [0,268435456,SCMP_CMP_MASKED_EQ,268435456]\n"
                                     /* A subvolume made in a volume would escape the volume's disk limit: SNAP_CREATE, SUBVOL_CREATE, and their
                                      * second versions. The kernel looks at the lower half of the number. */
                                     "ioctl errno 1 [1,1342215169,SCMP_CMP_MASKED_EQ,4294967295]\n"
                                     "ioctl errno 1 [1,1342215182,SCMP_CMP_MASKED_EQ,4294967295]\n"
                                     "ioctl errno 1 [1,1342215191,SCMP_CMP_MASKED_EQ,4294967295]\n"
                                     "ioctl errno 1 [1,1342215192,SCMP_CMP_MASKED_EQ,4294967295]\n"
                                     /* Its flags are behind a pointer, where a filter cannot look; C libraries fall back to clone. */
                                     "clone3 errno 38\n";

static const struct {
	const char *key;
	const char *value;
} common_items[] = {
	{ "lxc.log.level", "WARN" },
	{ "lxc.autodev", "1" },
	{ "lxc.tty.max", "0" },
	{ "lxc.pty.max", "1024" },
	{ "lxc.mount.auto", "proc:mixed sys:mixed cgroup:mixed" },
	{ "lxc.cap.keep", kept_capabilities },
	{ "lxc.net.0.type", "veth" },
	{ "lxc.net.0.name", "eth0" },
	{ "lxc.net.0.flags", "up" },
};

struct builder {
	driver_config_set_fn *set;
	void *user;
	struct cc_error *err;
	int result; /* -1 once one failed; the rest is skipped */
};

static void add(struct builder *b, const char *key, const char *fmt, ...) CC_PRINTF(3, 4);

static void add(struct builder *b, const char *key, const char *fmt, ...)
{
	char value[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (b->result == 0 && value[0] != '\0')
		b->result = b->set(b->user, key, value, b->err);
}

static void add_common(struct builder *b)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(common_items); i++)
		add(b, common_items[i].key, "%s", common_items[i].value);
}

int driver_config_common(driver_config_set_fn *set, void *user, struct cc_error *err)
{
	struct builder b = { set, user, err, 0 };

	add_common(&b);
	return b.result;
}

static void add_ids(struct builder *b, const struct priv_node *node, const struct ct_record *rec)
{
	uint32_t first = slot_first_id(&node->slots, (uint32_t)rec->slot);

	add(b, "lxc.idmap", "u 0 %u %u", first, SLOT_IDS);
	add(b, "lxc.idmap", "g 0 %u %u", first, SLOT_IDS);
}

static void add_network(struct builder *b, const struct priv_node *node, const struct ct_record *rec)
{
	char text[PRIV_ADDR_TEXT], link[NET_LINK_NAME];
	uint8_t m[6];

	slot_mac(slot_address_number(&node->slots, (uint32_t)rec->slot), m);
	add(b, "lxc.net.0.link", "%s", node->set.bridge);
	add(b, "lxc.net.0.veth.pair", "%s", net_link_name(node->set.bridge, (uint32_t)rec->slot, link));
	add(b, "lxc.net.0.hwaddr", "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	add(b, "lxc.net.0.ipv4.address", "%s/%u", slot_address(&node->slots, (uint32_t)rec->slot, text), node->slots.prefix);
	add(b, "lxc.net.0.ipv4.gateway", "%s", slot_gateway(&node->slots, text));
	if (node->slots.has6) {
		add(b, "lxc.net.0.ipv6.address", "%s/64", slot_address6(&node->slots, (uint32_t)rec->slot, text));
		add(b, "lxc.net.0.ipv6.gateway", "%s", slot_gateway6(&node->slots, text));
	}
}

void driver_config_limits(struct priv_limits *ret, const struct ct_record *rec)
{
	*ret = (struct priv_limits){ .memory_bytes = rec->memory_bytes,
		.disk_bytes = rec->disk_bytes,
		.cpu_millis = (uint32_t)rec->cpu_millis,
		.pids = (uint32_t)rec->pids,
		.bandwidth_kbit = (uint32_t)rec->bandwidth_kbit };
}

static void add_limits(struct builder *b, const struct priv_node *node, const struct ct_record *rec)
{
	struct cgroup_limit limits[CGROUP_LIMITS_MAX];
	struct priv_limits want;
	char key[96];
	size_t n;

	driver_config_limits(&want, rec);
	n = cgroup_limits(&node->cgroups, &want, limits);
	add(b, "lxc.cgroup.dir", "%s", node->set.cgroup_dir);
	for (size_t i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "lxc.cgroup%s.%s", limits[i].v2 ? "2" : "", limits[i].file);
		add(b, key, "%s", limits[i].value);
	}
}

int driver_config_build(const struct priv_node *node, const struct ct_record *rec, driver_config_set_fn *set, void *user, struct cc_error *err)
{
	struct builder b = { set, user, err, 0 };
	char path[STORAGE_PATH_MAX], uuid[CC_UUID_TEXT];

	add(&b, "lxc.log.file", "%s/instances/%s/log", node->dirs.path, cc_uuid_format(rec->id, uuid));
	add(&b, "lxc.console.logfile", "%s/instances/%s/" CONSOLE_LOG_NAME, node->dirs.path, uuid);
	add(&b, "lxc.console.size", "%d", CONSOLE_LOG_BYTES);
	add(&b, "lxc.console.rotate", "1");
	add_common(&b);
	add(&b, "lxc.uts.name", "%s", rec->hostname);
	add(&b, "lxc.rootfs.path", "dir:%s", storage_root_path(node, path));
	add(&b, "lxc.rootfs.mount", "%s", storage_guest_path(node, path));
	add(&b, "lxc.seccomp.profile", "%s/seccomp", node->dirs.path);
	/* liblxc's own choice is a profile that another package brings and that is often not loaded; then nothing starts. The walls are those above, and
	 * the same on every node. liblxc built without AppArmor refuses the key. */
	if (node->apparmor)
		add(&b, "lxc.apparmor.profile", "unconfined");
	add_ids(&b, node, rec);
	add_network(&b, node, rec);
	add_limits(&b, node, rec);
	return b.result;
}

int driver_config_write_seccomp(const struct priv_node *node, struct cc_error *err)
{
	char now[sizeof(seccomp_policy) + 1];
	struct cc_error ignored = { 0 };

	/* The node is prepared again whenever its addresses change. */
	if (small_file_read(node->dirs.root, "seccomp", now, sizeof(now), &ignored) >= 0 && strcmp(now, seccomp_policy) == 0)
		return 0;
	return small_file_replace(node->dirs.root, "seccomp", seccomp_policy, sizeof(seccomp_policy) - 1, false, err);
}
