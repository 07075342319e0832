/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handlers that the command table names. */
#pragma once

#include "cli/cli.h"

cmd_fn cmd_set, cmd_image_show, cmd_invite_list, cmd_invite_show, cmd_invite_revoke;
struct instance_spec;
/* create --dry-run: where it would be, and why. */
int cmd_explain_plan(struct cli *cli, const struct instance_spec *spec, struct cc_error *err);
/* create --explain: what was in the way, when there was no room; why it is where it is. The first fails always. */
int cmd_explain_refused(struct cli *cli);
int cmd_explain_made(struct cli *cli, const char *name, struct cc_error *err);
cmd_fn cmd_export, cmd_import;
/* Creates the instance, waits for it and shows it, as cmd_create does. */
int cmd_create_of(struct cli *cli, const struct instance_spec *spec, struct cc_error *err);
cmd_fn cmd_create, cmd_list, cmd_show, cmd_explain, cmd_start, cmd_stop, cmd_restart, cmd_move, cmd_delete, cmd_exec, cmd_copy, cmd_logs, cmd_console;
cmd_fn cmd_image_alias_add, cmd_image_alias_list, cmd_image_alias_remove;
cmd_fn cmd_publish, cmd_unpublish;
cmd_fn cmd_image_build, cmd_image_import, cmd_image_list, cmd_image_sign, cmd_image_delete;
cmd_fn cmd_node_invite, cmd_node_list, cmd_node_show;
cmd_fn cmd_member_add, cmd_member_list, cmd_member_show, cmd_member_role, cmd_member_limit, cmd_member_remove;
cmd_fn cmd_token_create, cmd_token_list, cmd_token_revoke;
cmd_fn cmd_node_drain, cmd_node_undrain, cmd_node_cap, cmd_node_remove;
cmd_fn cmd_node_guests, cmd_node_distance, cmd_node_evict;
cmd_fn cmd_snapshot_create, cmd_snapshot_list, cmd_snapshot_restore, cmd_snapshot_delete;
cmd_fn cmd_volume_create, cmd_volume_list, cmd_volume_show, cmd_volume_grow, cmd_volume_delete;
cmd_fn cmd_audit;
cmd_fn cmd_login, cmd_logout, cmd_context_list, cmd_context_show, cmd_context_use, cmd_context_remove;
cmd_fn cmd_events, cmd_status, cmd_version, cmd_completion, cmd_help;
