/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A regular file as a block device. The kernel lets go of the device by itself when nobody has it open or mounted any more, so a kill leaves none behind. */
#pragma once

#include "common/error.h"

#define LOOP_PATH_MAX 32

/* The device of the file, which it has already (of an instance that outlived us) or gets now: two would destroy what is in the file. `ret_fd` holds it until
 * it is mounted; `ret_path` is its name. The device is as large as the file. @err UNAVAILABLE no loop devices here, with what to do; IO */
int loop_attach(int file, char ret_path[LOOP_PATH_MAX], int *ret_fd, struct cc_error *err);
