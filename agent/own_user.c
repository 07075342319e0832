/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/own_user.h"

#include "agent/statefile.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_USER "cc-agent"

int own_user_become(const char *dir, struct cc_error *err)
{
	const struct passwd *own = getpwnam(OWN_USER);
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (stat(dir, &st) < 0) {
		if (own == NULL)
			return 0;
		if (statefile_make_dir(dir, err) < 0)
			return -1;
		if (chown(dir, own->pw_uid, own->pw_gid) < 0 || stat(dir, &st) < 0)
			return cc_fail_errno(err, "giving '%s' to user %s", dir, OWN_USER);
	}
	if (st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setgid(st.st_gid) < 0 || setuid(st.st_uid) < 0)
		return cc_fail_errno(err, "becoming the owner of '%s'", dir);
	return 0;
}
