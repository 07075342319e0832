/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/model.h"

static const char *const member_role_slugs[] = {
#define V_member_role(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_member_role
};
const struct cc_enum member_role_enum = { "member_role", member_role_slugs, ROLE_MAX };

static const char *const node_state_slugs[] = {
#define V_node_state(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_node_state
};
const struct cc_enum node_state_enum = { "node_state", node_state_slugs, NODE_MAX };

static const char *const inst_state_slugs[] = {
#define V_inst_state(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_inst_state
};
const struct cc_enum inst_state_enum = { "inst_state", inst_state_slugs, INST_MAX };

static const char *const inst_desired_slugs[] = {
#define V_inst_desired(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_inst_desired
};
const struct cc_enum inst_desired_enum = { "inst_desired", inst_desired_slugs, DESIRED_MAX };

static const char *const on_disconnect_slugs[] = {
#define V_on_disconnect(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_on_disconnect
};
const struct cc_enum on_disconnect_enum = { "on_disconnect", on_disconnect_slugs, ON_DISCONNECT_MAX };

static const char *const observed_slugs[] = {
#define V_observed(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_observed
};
const struct cc_enum observed_enum = { "observed", observed_slugs, OBSERVED_MAX };

static const char *const stream_kind_slugs[] = {
#define V_stream_kind(NAME, slug, meaning) slug,
#include "common/model/enums.def"
#undef V_stream_kind
};
const struct cc_enum stream_kind_enum = { "stream_kind", stream_kind_slugs, STREAM_MAX };

#define CC_MODEL_TEMPLATE "common/model/define.inc"
#include "common/model/all.inc"

const struct cc_desc *const cc_model_descs[] = {
#define CC_MODEL_TEMPLATE "common/model/list.inc"
#include "common/model/all.inc"
	NULL,
};
