/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a process locks itself in before it unpacks an image. */
#pragma once

#include "agent/image/image_extractor.h"

/* Enters new namespaces (user, mount, network, IPC), waits for the parent to map the ids, makes the target its root, and gives up what unpacking does not
 * need: capabilities, memory, large files, system calls. There is no way back. @err UNAVAILABLE, IO */
int image_sandbox_enter(const struct image_extract *x, struct cc_error *err);

/* The same where nothing is to be written: it needs no rights, so root becomes nobody. @err UNAVAILABLE, IO */
int image_sandbox_enter_to_check(const struct image_extract *x, struct cc_error *err);
