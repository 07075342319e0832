/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/driver/small_file.h"
#include "agent/net/net_forwarding.h"
#include "agent/net/net_link.h"
#include "common/buf.h"
#include "common/cleanup.h"
#include "common/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINKS    "/proc/sys/net/ipv6/conf"
#define SYSCTL   LINKS "/all/forwarding"
#define MARK     "forwarding6" /* the id of the boot in which we switched it on, then the links that were made to hear routers all the same */
#define MARK_MAX 65536

static char *read_mark(const struct state_dir *dirs, char text[MARK_MAX])
{
	struct cc_error ignored = { 0 };
	char *links;

	if (small_file_read(dirs->root, MARK, text, MARK_MAX, &ignored) <= 0 || (links = strchr(text, '\n')) == NULL)
		return NULL;
	*links = '\0';
	return strcmp(text, cc_boot_id()) == 0 ? links + 1 : NULL;
}

static bool is_on(void)
{
	struct cc_error ignored = { 0 };
	uint64_t on = 1;

	return small_file_read_u64(SYSCTL, &on, &ignored) == 0 && on != 0;
}

bool net_forwarding6_is_ours(const struct state_dir *dirs, bool wanted)
{
	cc_auto_free char *text = cc_malloc(MARK_MAX);

	return (wanted && !is_on()) || read_mark(dirs, text) != NULL;
}

static bool hears(const char *link, const char *value)
{
	struct cc_error ignored = { 0 };
	char path[128], now[8];

	snprintf(path, sizeof(path), LINKS "/%.40s/accept_ra", link);
	return small_file_read(-1, path, now, sizeof(now), &ignored) > 0 && now[0] == value[0];
}

static void set_hearing(const char *link, const char *value)
{
	struct cc_error ignored = { 0 };
	char path[128];

	snprintf(path, sizeof(path), LINKS "/%.40s/accept_ra", link);
	(void)small_file_poke(path, value, &ignored);
}

/* One name per line. */
static void find_hearers(struct cc_buf *ret)
{
	cc_auto(closedir) DIR *dir = opendir(LINKS);
	const struct dirent *d;

	while (dir != NULL && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && strcmp(d->d_name, "all") != 0 && strcmp(d->d_name, "lo") != 0 && hears(d->d_name, "1"))
			cc_buf_printf(ret, "%s\n", d->d_name);
}

static void set_all(char *links, const char *from, const char *to)
{
	const char *link;

	while ((link = strsep(&links, "\n")) != NULL)
		if (link[0] != '\0' && hears(link, from))
			set_hearing(link, to);
}

int net_forwarding6_switch_on(const struct state_dir *dirs, struct cc_error *err)
{
	cc_auto_buf struct cc_buf mark = { 0 };
	cc_auto_free char *links = NULL;

	if (is_on())
		return 0;
	cc_buf_printf(&mark, "%s\n", cc_boot_id());
	find_hearers(&mark);
	if (small_file_replace(dirs->root, MARK, mark.data, mark.len, true, err) < 0)
		return -1;
	links = cc_strdup(strchr(cc_buf_str(&mark), '\n') + 1);
	/* First: who becomes a router throws away what it has heard. */
	set_all(links, "1", "2");
	return small_file_poke(SYSCTL, "1", err);
}

int net_forwarding6_release(const struct state_dir *dirs, struct cc_error *err)
{
	cc_auto_free char *text = cc_malloc(MARK_MAX);
	char *links = read_mark(dirs, text);

	if (links != NULL && !net_link_group_in_use()) {
		if (small_file_poke(SYSCTL, "0", err) < 0)
			return -1;
		set_all(links, "2", "1");
	}
	(void)unlinkat(dirs->root, MARK, 0);
	return 0;
}
