/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handlers: one file per noun. Each turns a request into a command, or rows of the published zone into a reply, and does nothing else. */
#pragma once

#include "controller/api/call.h"

call_handler api_version, api_status;
call_handler api_node_join, api_node_list, api_node_get, api_node_sync;
call_handler api_node_drain, api_node_undrain, api_node_cap, api_node_remove, api_node_leave;
call_handler api_instance_plan, api_placement_list;
call_handler api_invite_list, api_invite_get, api_invite_create, api_invite_delete;
call_handler api_member_list, api_member_create, api_member_get, api_member_change, api_member_remove;
call_handler api_guest_list, api_guest_stop, api_node_distances;
call_handler api_audit_list;
call_handler api_token_list, api_token_create, api_token_revoke;
call_handler api_image_list, api_image_get, api_image_create, api_image_change, api_image_delete, api_blob_get, api_upload_get;
call_handler api_image_alias_list, api_image_alias_get, api_image_alias_set, api_image_alias_remove;
call_handler api_instance_list, api_instance_get, api_instance_create, api_instance_change;
call_handler api_instance_start, api_instance_stop, api_instance_restart, api_instance_delete, api_instance_move;
call_handler api_instance_placement, api_instance_exec, api_instance_logs, api_instance_console, api_instance_push, api_instance_pull,
        api_instance_export;
call_handler api_snapshot_list, api_snapshot_create, api_snapshot_get, api_snapshot_delete, api_snapshot_restore;
call_handler api_volume_list, api_volume_create, api_volume_get, api_volume_change, api_volume_delete;
