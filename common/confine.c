/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/confine.h"

#include "common/confine_parts.h"
#include "common/log.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DNS_PORT 53

static struct {
	bool entered, calls;
	int landlock;
} fences;

/* What libraries read. */
static const char *const system_folders[] = { "/usr", "/lib", "/lib32", "/lib64", "/libx32", CC_MODULE_DIR,
	/* Where /etc/resolv.conf leads to, and comes anew. */
	"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman" };
static const char *const system_devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
/* For root, to whom all of /etc would mean the passwords. */
static const char *const system_settings[] = { "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf",
	"/etc/services", "/etc/protocols", "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/gnutls",
	"/etc/pkcs11", "/etc/crypto-policies", "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/ca-certificates", "/etc/krb5.conf",
	"/etc/krb5.conf.d" };

void cc_confine_path(struct cc_confine *c, const char *path, unsigned may)
{
	if (path == NULL || path[0] == '\0')
		return;
	CC_PRE(c->n_paths < CC_CONFINE_PATHS);
	c->paths[c->n_paths].path = path;
	c->paths[c->n_paths++].may = may;
}

const char *cc_confine_folder_of(struct cc_arena *a, const char *file)
{
	const char *folder = file != NULL && file[0] != '\0' ? dirname(cc_arena_strdup(a, file)) : NULL;

	return folder != NULL && strcmp(folder, "/") == 0 ? file : folder;
}

static void add_port(uint16_t *ports, size_t *n, uint16_t port)
{
	for (size_t i = 0; i < *n; i++)
		if (ports[i] == port)
			return;
	CC_PRE(*n < CC_CONFINE_PORTS);
	if (port != 0)
		ports[(*n)++] = port;
}

void cc_confine_dial(struct cc_confine *c, uint16_t port)
{
	add_port(c->dial, &c->n_dial, port);
}

void cc_confine_listen(struct cc_confine *c, uint16_t port)
{
	add_port(c->listen, &c->n_listen, port);
}

/* Modules of the build tree lie beside the program. */
static const char *own_folder(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = '\0';
	return n > 0 ? dirname(path) : NULL;
}

void cc_confine_system(struct cc_confine *c)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(system_folders); i++)
		cc_confine_path(c, system_folders[i], CC_MAY_READ);
	for (size_t i = 0; i < CC_ARRAY_LEN(system_devices); i++)
		cc_confine_path(c, system_devices[i], CC_MAY_READ | CC_MAY_WRITE);
	cc_confine_path(c, own_folder(), CC_MAY_READ);
	/* Others rename new files into /etc. Who is not root reads there what everybody may. */
	if (geteuid() != 0)
		cc_confine_path(c, "/etc", CC_MAY_READ);
	for (size_t i = 0; geteuid() == 0 && i < CC_ARRAY_LEN(system_settings); i++)
		cc_confine_path(c, system_settings[i], CC_MAY_READ);
	cc_confine_dial(c, DNS_PORT);
}

static int limit_capabilities(uint64_t keep, struct cc_error *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	bool less = false;

	if (syscall(SYS_capget, &head, data) < 0)
		return cc_fail_errno(err, "reading capabilities");
	for (int i = 0; i < 2; i++) {
		uint32_t half = (uint32_t)(keep >> (32 * i));

		less = less || (data[i].permitted & ~half) != 0 || (data[i].effective & ~half) != 0 || data[i].inheritable != 0;
		data[i].permitted &= half;
		data[i].effective &= half;
		data[i].inheritable = 0;
	}
	/* A service manager that left us none may have forbidden the call too. */
	if (!less)
		return 0;
	if (syscall(SYS_capset, &head, data) < 0)
		return cc_fail_errno(err, "dropping capabilities");
	return 0;
}

int cc_confine_keep_capabilities(uint64_t keep, struct cc_error *err)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		/* Without CAP_SETPCAP there is nothing to bound: nobody below us is given more than we have. */
		if ((cap >= 64 || (keep >> cap & 1) == 0) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EPERM)
			return cc_fail_errno(err, "bounding capabilities");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return limit_capabilities(keep, err);
}

#ifdef CC_TEST_BUILD
/* Tests shift the clock and set faults by files. */
static int allow_test_files(struct cc_confine *c)
{
	static char clock_folder[PATH_MAX];
	const char *clock = getenv("CC_TEST_CLOCK_OFFSET_FILE"), *off = getenv("CC_TEST_CONFINE");

	if (clock != NULL) {
		snprintf(clock_folder, sizeof(clock_folder), "%s", clock);
		cc_confine_path(c, dirname(clock_folder), CC_MAY_READ);
	}
	cc_confine_path(c, getenv("CC_TEST_FAULT_DIR"), CC_MAY_WRITE);
	return off != NULL && strcmp(off, "off") == 0;
}
#else
static int allow_test_files(struct cc_confine *c)
{
	(void)c;
	return 0;
}
#endif

static void allow_sanitizer_files(struct cc_confine *c)
{
	if (CC_CONFINE_SANITIZED)
		cc_confine_path(c, "/proc", CC_MAY_READ);
}

int cc_confine_enter(const struct cc_confine *c, struct cc_error *err)
{
	struct cc_confine all = *c;
	int abi = cc_confine_landlock_abi();

	if (allow_test_files(&all))
		return 0;
	allow_sanitizer_files(&all);
	if (limit_capabilities(c->capabilities, err) < 0)
		return -1;
	/* Never again more rights, and leave to put up the other fences. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return cc_fail_errno(err, "giving up new rights");
	if (abi > 0 && cc_confine_limit_files(&all, abi, err) < 0)
		return -1;
	fences.landlock = abi;
	fences.calls = cc_confine_has_calls();
	if (fences.calls && cc_confine_limit_calls(&all, err) < 0)
		return -1;
	fences.entered = true;
	return 0;
}

static bool has_calls(void)
{
	return fences.entered ? fences.calls : cc_confine_has_calls();
}

static int landlock_abi(void)
{
	return fences.entered ? fences.landlock : cc_confine_landlock_abi();
}

const char *cc_confine_text(void)
{
	static _Thread_local char text[96];
	const char *calls = has_calls() ? "seccomp" : CC_CONFINE_SANITIZED ? "no seccomp in this build" : "no seccomp in this kernel";
	int abi = landlock_abi();

	if (abi > 0)
		snprintf(text, sizeof(text), "%s, landlock %d", calls, abi);
	else
		snprintf(text, sizeof(text), "%s, no landlock in this kernel", calls);
	return text;
}

bool cc_confine_lacking(void)
{
	return !has_calls() || landlock_abi() == 0;
}

void cc_confine_log(void)
{
	if (cc_confine_lacking())
		cc_log(WARNING, CONFINE_FAILED, kv_text("fences", cc_confine_text()));
	else
		cc_log(INFO, CONFINED, kv_text("fences", cc_confine_text()));
}
