/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration file of the controller. One that is taken and shown is taken again, with the same values. */
#include "common/config.h"
#include "controller/settings.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Loads the bytes as a file. NULL when they are refused. */
static struct cc_config *load(const void *bytes, size_t size)
{
	cc_auto_close int fd = memfd_create("config", MFD_CLOEXEC);
	struct cc_config *config = NULL;
	struct cc_error err = { 0 };
	char path[64];

	CC_PRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (cc_config_load(&controller_settings, &(struct cc_config_sources){ .path = path }, &config, &err) < 0)
		CC_PRE(config == NULL && err.code != CC_OK);
	return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cc_auto(cc_config_free) struct cc_config *config = load(data, size);
	cc_auto(cc_config_free) struct cc_config *again = NULL;
	cc_auto_buf struct cc_buf shown = { 0 };
	cc_auto_buf struct cc_buf differ = { 0 };

	if (config == NULL)
		return 0;
	cc_config_show(config, &shown);
	again = load(shown.data, shown.len);
	CC_PRE(again != NULL);
	cc_config_diff(config, again, &differ);
	/* What is secret is not shown. */
	CC_PRE(differ.len == 0 || strcmp(differ.data, "database") == 0);
	return 0;
}
