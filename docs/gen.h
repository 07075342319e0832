/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pages of docs/gen, one function each: everything in them comes from the tables that the programs are made of. */
#pragma once

#include "common/buf.h"

/* gen_common.c: what all programs share */
void gen_errors(struct cc_buf *out);
void gen_events(struct cc_buf *out);
void gen_kinds(struct cc_buf *out);
void gen_entities(struct cc_buf *out);

/* gen_controller.c */
void gen_settings_controller(struct cc_buf *out);
void gen_lifecycle(struct cc_buf *out);
void gen_routes(struct cc_buf *out);
void gen_openapi(struct cc_buf *out);

/* gen_agent.c */
void gen_settings_agent(struct cc_buf *out);
void gen_settings_agent_priv(struct cc_buf *out);

/* "# title", where the page comes from, and what it is about. */
void gen_head(struct cc_buf *out, const char *title, const char *source, const char *about);
