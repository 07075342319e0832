/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom the owner of a node lets run instances there. The controller asks it to choose a node, the node asks it last. Pure. */
#pragma once

#include "common/desc.h"

/* Whether the member may: those of `deny` may not; where `allow` names anybody, nobody else may. */
bool cc_is_welcome(const struct cc_texts *allow, const struct cc_texts *deny, const char *member);
