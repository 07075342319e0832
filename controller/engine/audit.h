/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The audit log: an entry beside the effects of a command, in the same transaction. */
#pragma once

#include "controller/engine/command.h"
#include "controller/engine/zone.h"

/* Refusals that are worth an entry: somebody tried what they may not. */
bool audit_tells(const struct cc_error *err);
/* Adds the entry of a command that was carried out (error CC_OK) or refused; `resource` is nil for none. */
void audit_add(const struct zone *z, const struct command *cmd, struct cc_uuid resource, const struct cc_error *error, struct effects *fx);
/* Entries of before that time go. */
void audit_forget(int64_t before_ms, struct effects *fx);
