/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scripted privileged half: containers are entries of a table that outlives the agent, programs run outside of any container. */
#pragma once

#include "agent/priv_msg.h"
#include "tests/unit/agent/inst_fixture.h"

struct fake_priv;

struct fake_priv *fake_priv_new(void);
void fake_priv_free(struct fake_priv *p);
/* Serves a new socket; the other end is given to the agent. An earlier one is closed. */
int fake_priv_connect(struct fake_priv *p);
/* Dies: the agent sees the end of the file. */
void fake_priv_die(struct fake_priv *p);

/* The verb's next calls fail like that; CC_OK ends it. */
void fake_priv_fail(struct fake_priv *p, enum priv_verb verb, enum cc_code code, const char *text);
void fake_priv_add_ct(struct fake_priv *p, struct priv_ct ct);
void fake_priv_add_image(struct fake_priv *p, const char *sha256);
bool fake_priv_has_image(struct fake_priv *p, const char *sha256);
/* What is in the way of the instances' network from now on. */
void fake_priv_block(struct fake_priv *p, const char *lines);
/* An init ends by itself. */
void fake_priv_end_init(struct fake_priv *p, int n, int wait_status);

/* Something that an earlier agent had asked for is done. */
void fake_priv_say_changed(struct fake_priv *p);

/* How often the verb was called. */
unsigned fake_priv_calls(struct fake_priv *p, enum priv_verb verb);
/* False when there is no such container. */
bool fake_priv_ct(struct fake_priv *p, int n, struct priv_ct *ret);
/* Bytes of the last archive, and whether they were the controller's. */
size_t fake_priv_unpacked(struct fake_priv *p, bool *ret_right);
/* How many instances it was told to end then. */
size_t fake_priv_leased(struct fake_priv *p, int64_t *ret_until_ms);
int fake_priv_last_signal(struct fake_priv *p);
/* The last request for logs, which are empty. */
const struct priv_ct_logs *fake_priv_logs(const struct fake_priv *p);
