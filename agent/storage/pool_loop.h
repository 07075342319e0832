/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A btrfs in a file of the state directory, for nodes whose disk has another file system. The file, STATE/pool.btrfs, is sparse: it takes as much as is written
 * to it and gives back what is deleted. It only ever grows. */
#pragma once

#include "agent/driver/node.h"

bool pool_loop_exists(const struct priv_node *node);

/* Where the settings want such a file or there is one: a mount namespace that this process and its children have for themselves. When the last of them ends,
 * mount and device are gone. In the main process, before the state directory is opened: a descriptor of before would belong to another namespace. @err IO */
int pool_loop_enter(const struct priv_settings *set, struct cc_error *err);

/* Makes the file if the settings want one (whole or not at all), enlarges it to the setting, and mounts it on STATE/btrfs, after pool_loop_enter. Done anew at each start; running instances keep the same
 * file system meanwhile. In the main process. @err INVALID the setting is smaller than the file, NO_CAPACITY the disk could not hold it, UNAVAILABLE no
 * mkfs.btrfs, no btrfs in this kernel or no loop devices, with what to do; IO */
int pool_loop_open(struct priv_node *node, struct cc_error *err);
/* Removes the file; its space is free when nothing has it mounted any more. @err IO */
int pool_loop_remove(const struct priv_node *node, struct cc_error *err);
/* Takes the mount away here, if there is one; what runs keeps it. */
void pool_loop_close(const struct priv_node *node);
