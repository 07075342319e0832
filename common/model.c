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

// clang-format off
#define ENTITY member
#include "common/model/define.inc"
#define ENTITY member_list
#include "common/model/define.inc"
#define ENTITY member_token
#include "common/model/define.inc"
#define ENTITY node
#include "common/model/define.inc"
#define ENTITY node_list
#include "common/model/define.inc"
#define ENTITY invite
#include "common/model/define.inc"
#define ENTITY invite_list
#include "common/model/define.inc"
#define ENTITY image
#include "common/model/define.inc"
#define ENTITY image_list
#include "common/model/define.inc"
#define ENTITY instance
#include "common/model/define.inc"
#define ENTITY instance_list
#include "common/model/define.inc"
#define ENTITY idempotency
#include "common/model/define.inc"
#define ENTITY instance_spec
#include "common/model/define.inc"
#define ENTITY node_instance
#include "common/model/define.inc"
#define ENTITY node_report
#include "common/model/define.inc"
#define ENTITY assignment
#include "common/model/define.inc"
#define ENTITY stream_order
#include "common/model/define.inc"
#define ENTITY node_orders
#include "common/model/define.inc"
#define ENTITY invite_spec
#include "common/model/define.inc"
#define ENTITY invite_made
#include "common/model/define.inc"
#define ENTITY join_request
#include "common/model/define.inc"
#define ENTITY joined
#include "common/model/define.inc"
#define ENTITY exec_spec
#include "common/model/define.inc"
#define ENTITY stream
#include "common/model/define.inc"
#define ENTITY problem
#include "common/model/define.inc"
#define ENTITY zone_status
#include "common/model/define.inc"
#define ENTITY version
#include "common/model/define.inc"
#define ENTITY placement_fell
#include "common/model/define.inc"
#define ENTITY placement_term
#include "common/model/define.inc"
#define ENTITY placement
#include "common/model/define.inc"
#define ENTITY member_spec
#include "common/model/define.inc"
#define ENTITY member_made
#include "common/model/define.inc"
// clang-format on

const struct cc_desc *const cc_model_descs[] = {
	&member_desc,
	&member_list_desc,
	&member_token_desc,
	&node_desc,
	&node_list_desc,
	&invite_desc,
	&invite_list_desc,
	&image_desc,
	&image_list_desc,
	&instance_desc,
	&instance_list_desc,
	&idempotency_desc,
	&instance_spec_desc,
	&node_instance_desc,
	&node_report_desc,
	&assignment_desc,
	&stream_order_desc,
	&node_orders_desc,
	&invite_spec_desc,
	&invite_made_desc,
	&join_request_desc,
	&joined_desc,
	&exec_spec_desc,
	&stream_desc,
	&problem_desc,
	&zone_status_desc,
	&version_desc,
	&placement_fell_desc,
	&placement_term_desc,
	&placement_desc,
	&member_spec_desc,
	&member_made_desc,
	NULL,
};
