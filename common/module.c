/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/module.h"

#include "common/buf.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static char own_folder[PATH_MAX];

void cc_module_locate(void)
{
	ssize_t n = readlink("/proc/self/exe", own_folder, sizeof(own_folder) - 1);
	char *slash = n > 0 ? memrchr(own_folder, '/', (size_t)n) : NULL;

	*(slash != NULL ? slash : own_folder) = '\0';
}

static void find_path(const char *file, struct cc_buf *path)
{
	if (own_folder[0] == '\0')
		cc_module_locate();
	if (own_folder[0] != '\0')
		cc_buf_printf(path, "%s/%s", own_folder, file);
	if (own_folder[0] != '\0' && access(path->data, F_OK) == 0)
		return;
	cc_buf_clear(path);
	cc_buf_printf(path, "%s/%s", CC_MODULE_DIR, file);
}

void *cc_module_find(const char *file, const char *symbol, struct cc_error *err)
{
	cc_auto_buf struct cc_buf path = { 0 };
	const char *version;
	void *module, *found;

	find_path(file, &path);
	module = dlopen(path.data, RTLD_NOW | RTLD_LOCAL);
	version = module != NULL ? dlsym(module, "cc_module_version") : NULL;
	found = version != NULL ? dlsym(module, symbol) : NULL;
	if (found == NULL)
		cc_fail(err, INTERNAL, "a part of this program cannot be loaded, the installation is not complete: %s", dlerror());
	else if (strcmp(version, CC_VERSION) != 0)
		cc_fail(err, INTERNAL, "%s is of version %.40s, this program of " CC_VERSION "; install both from one release", path.data, version);
	else
		return found;
	return NULL;
}
