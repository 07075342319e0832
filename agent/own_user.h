/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the state directory belong to the user that cc-agent runs as, also when root types the command. */
#pragma once

#include "common/error.h"

/* Root becomes the owner of the directory, for good; it is made when it is missing. For others nothing changes. @err IO */
int own_user_become(const char *dir, struct cc_error *err);
