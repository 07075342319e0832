/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs of life in a long wait. JSON may begin with blanks: while there is nothing to say yet, the reply to a handler that set beat_ms begins with one every so
 * often. A frozen controller acknowledges packets and sends no blanks, so who listens notices; a node without power takes none, so the controller notices. */
#pragma once

#include "controller/http/edge.h"

/* Before each wait: from the first one on, the caller counts as alive as long as its machine acknowledges. */
void beat_begin(struct request *r);
/* When the wait must be interrupted at the latest; boot time. */
int64_t beat_next_ms(const struct call *c);
/* Whether the wait was interrupted for a blank alone. */
bool beat_is_due(const struct request *r);
/* Begins the reply, and goes on until it is complete. What ends otherwise than with an answer is broken off: its status is sent already. */
enum MHD_Result beat_send(struct request *r);
/* The request is over. */
void beat_end(struct request *r);
