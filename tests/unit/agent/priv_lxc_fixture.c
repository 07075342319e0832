/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/priv_lxc_fixture.h"

#include "agent/driver/slot.h"
#include "common/clock.h"
#include "tests/unit/agent/archive_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char priv_lxc_image[PRIV_SHA256_TEXT];

void priv_lxc_setup(void)
{
	priv_fixture_start(NULL);
	priv_fixture_delete_all(); /* what a failed test left */
	priv_fixture_image(archive_fixture_busybox("gzip"), priv_lxc_image);
}

void priv_lxc_teardown(void)
{
	if (priv_fixture.pid == 0)
		priv_fixture_start(NULL);
	priv_fixture_delete_all();
	priv_fixture_stop(SIGTERM);
}

int priv_lxc_main(const char *name, void (*add)(TCase *t))
{
	return priv_lxc_main_with(name, priv_lxc_setup, priv_lxc_teardown, add);
}

int priv_lxc_main_with(const char *name, void (*setup)(void), void (*teardown)(void), void (*add)(TCase *t))
{
	Suite *s = suite_create(name);
	TCase *t = tcase_create(name);
	int failed;

	priv_fixture_init("lxc");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	add(t);
	suite_add_tcase(s, t);
	failed = test_run(s);
	return priv_fixture_done() < 0 ? 1 : failed;
}

char *priv_lxc_read(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, cap - 1) : 0;

	buf[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return buf;
}

char *priv_lxc_status(pid_t pid, const char *field, char *buf, size_t cap)
{
	char path[64], text[8192], *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	line = strstr(priv_lxc_read(path, text, sizeof(text)), field);
	buf[0] = '\0';
	if (line != NULL)
		snprintf(buf, cap, "%.*s", (int)strcspn(line + strlen(field) + 2, "\n"), line + strlen(field) + 2);
	return buf;
}

bool priv_lxc_alive(pid_t pid)
{
	char state[32];

	return kill(pid, 0) == 0 && priv_lxc_status(pid, "State", state, sizeof(state))[0] != 'Z';
}

static int found(const char *what, const char *name)
{
	fprintf(stderr, "left over: %s %s\n", what, name);
	return 1;
}

/* The link of what gives instances their names stays with the node. */
static bool is_nodes_own(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && strcmp(name + len - 3, "dns") == 0;
}

/* Entries of the directory whose names hold `word`. */
static int count_named(const char *what, const char *path, const char *word)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	int n = 0;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && strstr(d->d_name, word) != NULL && !is_nodes_own(d->d_name))
			n += found(what, d->d_name);
	if (dir != NULL)
		closedir(dir);
	return n;
}

static const char *cgroup_wanted;
static int cgroups_found;

static int look_at_cgroup(const char *path, const struct stat *st CC_UNUSED, int kind, struct FTW *at CC_UNUSED)
{
	if (kind == FTW_D && strstr(path, "/" PRIV_FIXTURE_CGROUP "/") != NULL && strstr(strrchr(path, '/'), cgroup_wanted) != NULL)
		cgroups_found += found("cgroup", path);
	return 0;
}

/* The whole tree is walked: liblxc goes below the cgroup of process 1, which need not be the root, and is another in each hierarchy. */
static int count_cgroups(const char *uuid)
{
	cgroup_wanted = uuid;
	cgroups_found = 0;
	ck_assert_int_eq(nftw("/sys/fs/cgroup", look_at_cgroup, 16, FTW_PHYS), 0);
	return cgroups_found;
}

/* One that has ended and that its new parent has not asked about yet is no leftover: that is process 1, and not ours. */
static bool has_ended(const char *pid)
{
	char path[300], text[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	priv_lxc_read(path, text, sizeof(text));
	state = strrchr(text, ')');
	return state == NULL || state[1] == '\0' || state[2] == 'Z' || state[2] == 'X';
}

/* Processes that run with ids of the slots. */
static int count_processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	struct stat st;
	char path[300];
	int n = 0;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%s", d->d_name);
		if (atoi(d->d_name) > 0 && stat(path, &st) == 0 && st.st_uid >= PRIV_FIXTURE_ID && st.st_uid < PRIV_FIXTURE_ID + 30 * SLOT_IDS &&
		        st.st_uid != PRIV_FIXTURE_ID + SLOT_NOBODY && !has_ended(d->d_name))
			n += found("process", d->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

int priv_lxc_leftovers(unsigned n)
{
	static char mounts[1 << 20];
	char uuid[CC_UUID_TEXT], path[128];
	int count = 0;

	cc_uuid_format(priv_fixture_id(n), uuid);
	count += count_cgroups(uuid) + count_processes();
	if (strstr(priv_lxc_read("/proc/self/mountinfo", mounts, sizeof(mounts)), priv_fixture_dir()) != NULL)
		count += found("mount", priv_fixture_dir());
	snprintf(path, sizeof(path), "%s/instances", priv_fixture_dir());
	count += count_named("directory", path, uuid);
	count += count_named("link", "/sys/class/net/" PRIV_FIXTURE_BRIDGE "/brif", "");
	snprintf(path, sizeof(path), "/run/lxc/lock/%s/lxc/.%s", priv_fixture_dir(), uuid);
	return count + (access(path, F_OK) == 0 ? found("lock", path) : 0);
}

static uint16_t checksum(const void *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len / 2; i++)
		sum += ((const uint16_t *)p)[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

int priv_lxc_ping(const char *address)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.id = (uint16_t)getpid() };
	struct pollfd p = { fd, POLLIN, 0 };
	int64_t start = cc_boottime_ms();
	unsigned char reply[512];
	int result = -1;

	inet_pton(AF_INET, address, &to.sin_addr);
	echo.checksum = checksum(&echo, sizeof(echo));
	ck_assert_int_eq(sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(echo));
	while (result < 0 && poll(&p, 1, 1000) > 0) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, reply, sizeof(reply), 0, (struct sockaddr *)&from, &len);

		if (n >= 28 && from.sin_addr.s_addr == to.sin_addr.s_addr && reply[(reply[0] & 15) * 4] == ICMP_ECHOREPLY)
			result = (int)(cc_boottime_ms() - start);
	}
	close(fd);
	return result;
}
