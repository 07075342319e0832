/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/fault.h"

#ifdef CC_TEST_BUILD

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void cc_fault_point(const char *name)
{
	const char *dir = getenv("CC_TEST_FAULT_DIR");
	char path[512];

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (unlink(path) == 0)
		raise(SIGKILL);
}

#endif
