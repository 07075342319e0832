/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/backoff.h"

int64_t backoff_delay_ms(unsigned failures)
{
	int64_t ms = BACKOFF_FIRST_MS;

	for (unsigned i = 1; i < failures && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

int64_t backoff_fail(struct backoff *b, int64_t now_ms, uint32_t chance)
{
	int64_t ms;

	b->failures++;
	ms = backoff_delay_ms(b->failures);
	if (chance != 0)
		ms = ms / 2 + (int64_t)(chance % (uint32_t)(ms / 2 + 1));
	b->next_ms = now_ms + ms;
	return ms;
}

void backoff_reset(struct backoff *b)
{
	*b = (struct backoff){ 0 };
}
