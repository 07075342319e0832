/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of cc-agent-priv as one struct, and the flags that fill it. Values are checked here for form only; whoever uses them checks meaning. */
#pragma once

#include "common/error.h"

#include <stdint.h>

#define PRIV_TEXT_SETTING 256

typedef char priv_setting_TEXT[PRIV_TEXT_SETTING];
typedef uint32_t priv_setting_INT;
typedef uint64_t priv_setting_SIZE; /* bytes */
typedef uint32_t priv_setting_RATE; /* kbit/s; 0: none */

struct priv_settings {
#define CFG(kind, name, dflt, min, max, help) priv_setting_##kind name;
#include "agent/priv.def"
#undef CFG
	char **agent_argv; /* what followed "--", NULL-terminated; NULL when nothing did */
	bool show_help;
	bool halt;     /* --halt: end all instances, delete the bridge and the rules, then exit */
	bool teardown; /* --teardown: the same, and the instances' disks too */
	bool purge;    /* --purge: the same, and everything else in state_dir; ends a cc-agent-priv that uses it */
};

/* All defaults. */
void priv_settings_init(struct priv_settings *ret);

/* Reads "--state-dir VALUE" and "--state-dir=VALUE". @err INVALID naming the flag and the allowed range */
int priv_settings_parse(struct priv_settings *set, int argc, char **argv, struct cc_error *err);

/* Prints every flag with its default. */
void priv_settings_print_help(void);
