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

enum member_role {
#define V_member_role(NAME, slug, meaning) ROLE_##NAME,
#include "common/model/enums.def"
#undef V_member_role
	ROLE_MAX
};
extern const struct cc_enum member_role_enum;

enum node_state {
#define V_node_state(NAME, slug, meaning) NODE_##NAME,
#include "common/model/enums.def"
#undef V_node_state
	NODE_MAX
};
extern const struct cc_enum node_state_enum;

enum inst_state {
#define V_inst_state(NAME, slug, meaning) INST_##NAME,
#include "common/model/enums.def"
#undef V_inst_state
	INST_MAX
};
extern const struct cc_enum inst_state_enum;

enum inst_desired {
#define V_inst_desired(NAME, slug, meaning) DESIRED_##NAME,
#include "common/model/enums.def"
#undef V_inst_desired
	DESIRED_MAX
};
extern const struct cc_enum inst_desired_enum;

enum on_disconnect {
#define V_on_disconnect(NAME, slug, meaning) ON_DISCONNECT_##NAME,
#include "common/model/enums.def"
#undef V_on_disconnect
	ON_DISCONNECT_MAX
};
extern const struct cc_enum on_disconnect_enum;

enum observed {
#define V_observed(NAME, slug, meaning) OBSERVED_##NAME,
#include "common/model/enums.def"
#undef V_observed
	OBSERVED_MAX
};
extern const struct cc_enum observed_enum;

enum stream_kind {
#define V_stream_kind(NAME, slug, meaning) STREAM_##NAME,
#include "common/model/enums.def"
#undef V_stream_kind
	STREAM_MAX
};
extern const struct cc_enum stream_kind_enum;

#define CC_MODEL_TEMPLATE "common/model/declare.inc"
#include "common/model/all.inc"

/* Every entity's description, for whoever walks them all (OpenAPI, tests); ends with NULL. */
extern const struct cc_desc *const cc_model_descs[];
