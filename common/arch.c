/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/arch.h"

#include "common/check.h"

#include <string.h>

static const struct {
	const char *machine, *arch;
} arches[] = {
	{ "x86_64", "amd64" },
	{ "aarch64", "arm64" },
	{ "armv7l", "armhf" },
	{ "armv8l", "armhf" },
	{ "armv6l", "armel" },
	{ "armv5tel", "armel" },
	{ "i686", "i386" },
	{ "i586", "i386" },
	{ "riscv64", "riscv64" },
	{ "ppc64le", "ppc64el" },
	{ "s390x", "s390x" },
	{ "mips64", "mips64el" },
	{ "mips", "mipsel" },
	{ "loongarch64", "loong64" },
};

const char *cc_arch_debian(const char *machine)
{
	for (size_t i = 0; i < CC_ARRAY_LEN(arches); i++)
		if (strcmp(arches[i].machine, machine) == 0)
			return arches[i].arch;
	return machine;
}
