/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The handlers that the command table names. */
#pragma once

#include "cli/cli.h"

cmd_fn cmd_create, cmd_list, cmd_show, cmd_explain, cmd_start, cmd_stop, cmd_restart, cmd_delete, cmd_exec;
cmd_fn cmd_image_import, cmd_image_list, cmd_image_delete;
cmd_fn cmd_node_invite, cmd_node_list, cmd_node_show;
cmd_fn cmd_member_add, cmd_member_list;
cmd_fn cmd_events, cmd_status, cmd_version, cmd_completion, cmd_help;
