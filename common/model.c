/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/model.h"

// clang-format off
#define ENUM(type, prefix)     static const char *const type##_slugs[] = {
#define V(name, slug, meaning) slug,
#define ENUM_END(type, prefix) }; const struct cc_enum type##_enum = { #type, type##_slugs, prefix##_MAX };
// clang-format on
#include "common/model/enums.def"

#define CC_MODEL_TEMPLATE "common/model/define.inc"
#include "common/model/all.inc"

const struct cc_desc *const cc_model_descs[] = {
#define CC_MODEL_TEMPLATE "common/model/list.inc"
#include "common/model/all.inc"
	NULL,
};
