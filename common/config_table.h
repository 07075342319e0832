/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a program's struct and table of settings from its .def file. May be included more than once, so it has no include guard.
 *
 *   In a header:                                         In one .c file:
 *     #define CC_CONFIG_NAME controller                    #define CC_CONFIG_NAME controller
 *     #define CC_CONFIG_DEF  "controller/controller.def"   #define CC_CONFIG_DEF  "controller/controller.def"
 *     #include "common/config_table.h"                     #define CC_CONFIG_ROWS
 *                                                          #include "common/config_table.h"
 * gives
 *     struct controller_config { int64_t http_threads; ... };
 *     const struct controller_config *controller_config(const struct cc_config *);
 *     extern const struct cc_settings controller_settings; */
#include "common/config.h"

#include <stddef.h>

#undef CC_CONFIG_GLUE_
#undef CC_CONFIG_GLUE
#undef CC_CONFIG_STRUCT
#define CC_CONFIG_GLUE_(a, b) a##b
#define CC_CONFIG_GLUE(a, b)  CC_CONFIG_GLUE_(a, b)
#define CC_CONFIG_STRUCT      CC_CONFIG_GLUE(CC_CONFIG_NAME, _config)

#ifdef CC_CONFIG_ROWS

static const struct cc_setting CC_CONFIG_GLUE(CC_CONFIG_NAME, _setting_rows)[] = {
#define CFG(kind, name, fallback, min, max, flags, help) \
	{ #name, CFGK_##kind, offsetof(struct CC_CONFIG_STRUCT, name), fallback, min, max, flags, help },
#include CC_CONFIG_DEF
#undef CFG
};

const struct cc_settings CC_CONFIG_GLUE(CC_CONFIG_NAME, _settings) = {
	CC_CONFIG_GLUE(CC_CONFIG_NAME, _setting_rows),
	CC_ARRAY_LEN(CC_CONFIG_GLUE(CC_CONFIG_NAME, _setting_rows)),
	sizeof(struct CC_CONFIG_STRUCT),
};

#else

struct CC_CONFIG_STRUCT {
#define CFG(kind, name, fallback, min, max, flags, help) CFGT_##kind name;
#include CC_CONFIG_DEF
#undef CFG
};

extern const struct cc_settings CC_CONFIG_GLUE(CC_CONFIG_NAME, _settings);

static inline const struct CC_CONFIG_STRUCT *CC_CONFIG_STRUCT(const struct cc_config *config)
{
	return cc_config_values(config);
}

#endif

#undef CC_CONFIG_ROWS
#undef CC_CONFIG_NAME
#undef CC_CONFIG_DEF
