/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entities and wire messages: for each common/model/NAME.def a `struct NAME`, numbers NAME_f_FIELD for its optional fields and a description NAME_desc.
 * To read whether an optional field is present: cc_has(p, NAME, field). To set one: cc_set(p, NAME, field, value). */
#pragma once

#include "common/desc.h"

#define CC_MODEL_PASTE_(a, b) a##b
#define CC_MODEL_PASTE(a, b)  CC_MODEL_PASTE_(a, b)
// clang-format off
#define CC_MODEL_FILE(e)      CC_STR(common/model/e.def)
// clang-format on

#define cc_has(p, entity, field)        (((p)->has & CC_BIT(entity##_f_##field)) != 0)
#define cc_set(p, entity, field, value) ((p)->field = (value), (p)->has |= CC_BIT(entity##_f_##field))
#define cc_unset(p, entity, field)      ((p)->has &= ~CC_BIT(entity##_f_##field))

// clang-format off
#define ENUM(type, prefix)     enum type {
#define V(name, slug, meaning) name,
#define ENUM_END(type, prefix) prefix##_MAX }; extern const struct cc_enum type##_enum;
// clang-format on
#include "common/model/enums.def"

#define CC_MODEL_TEMPLATE "common/model/declare.inc"
#include "common/model/all.inc"

/* Every entity's description, for whoever walks them all (OpenAPI, tests); ends with NULL. */
extern const struct cc_desc *const cc_model_descs[];
