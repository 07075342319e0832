/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/priv_msg.h"

static const struct priv_verb_info verb_infos[] = {
#define PRIV(verb, request, reply, fds, tail, meaning) [PRIV_##verb] = { #verb, sizeof(struct request), sizeof(struct reply), fds, tail },
#include "agent/priv_msg.def"
#undef PRIV
};

const struct priv_verb_info *priv_verb_info(uint32_t verb)
{
	return verb < CC_ARRAY_LEN(verb_infos) ? &verb_infos[verb] : NULL;
}
