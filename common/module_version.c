/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In every module, and nowhere else. */
#include "common/module.h"

const char cc_module_version[] = CC_VERSION;
