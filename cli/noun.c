/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/noun.h"

#include "common/model.h"

const struct noun noun_instance = { "instance", "/v1/instances", &instance_list_desc, "list", "create NAME --image IMAGE" };
const struct noun noun_image_alias = { "alias", "/v1/image-aliases", &image_alias_list_desc, "image alias list", "image alias add NAME IMAGE" };
const struct noun noun_image = { "image", "/v1/images", &image_list_desc, "image list", "image import NAME FILE" };
const struct noun noun_node = { "node", "/v1/nodes", &node_list_desc, "node list", "node invite NAME" };
const struct noun noun_invite = { "invitation", "/v1/invites", &invite_list_desc, "invite list", "node invite NAME" };
const struct noun noun_member = { "member", "/v1/members", &member_list_desc, "member list", "member add NAME" };
const struct noun noun_token = { "token", "/v1/tokens", &member_token_list_desc, "token list", "token create" };
const struct noun noun_volume = { "volume", "/v1/volumes", &volume_list_desc, "volume list", "volume create NAME --size SIZE" };
const struct noun noun_snapshot = { "snapshot", NULL, &snapshot_list_desc, "snapshot list", "snapshot create NAME" };
const struct noun noun_context = { "context", NULL, NULL, "context list", "login" };
const struct noun *const noun_all[] = { &noun_instance, &noun_image, &noun_image_alias, &noun_node, &noun_invite, &noun_member, &noun_token,
	&noun_volume, &noun_context, NULL };

const struct cc_field *noun_items(const struct noun *n)
{
	return cc_desc_find(n->list, "items");
}
