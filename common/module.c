/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/module.h"

#include "common/buf.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static void find_path(const char *file, struct cc_buf *path)
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program));
	const char *slash = n > 0 ? memrchr(program, '/', (size_t)n) : NULL;

	if (slash != NULL)
		cc_buf_printf(path, "%.*s/%s", (int)(slash - program), program, file);
	if (slash != NULL && access(path->data, F_OK) == 0)
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
