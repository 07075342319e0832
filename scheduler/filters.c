/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each filter is one loop over a column, without branches, so that the compiler vectorises it. A new rule is one function and one row. */
#include "scheduler/parts.h"

#include <string.h>

typedef void filter_fn(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok);

static void is_asked_for(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	size_t i = req->only_node - b->at;
	uint8_t kept;

	if (req->only_node == SCHED_ANY)
		return;
	kept = i < b->n ? ok[i] : 0;
	memset(ok, 0, b->n);
	if (i < b->n)
		ok[i] = kept;
}

static void is_ready(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	const uint8_t *ready = b->nodes->ready + b->at;

	(void)req;
	for (size_t i = 0; i < b->n; i++)
		ok[i] &= ready[i] != 0;
}

static void is_open(uint8_t bit, const struct sched_block *b, uint8_t *restrict ok)
{
	const uint8_t *closed = b->nodes->closed + b->at;

	for (size_t i = 0; i < b->n; i++)
		ok[i] &= (closed[i] & bit) == 0;
}

static void is_not_paused(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	(void)req;
	is_open(SCHED_CLOSED_BY_OWNER, b, ok);
}

static void is_not_drained(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	(void)req;
	is_open(SCHED_CLOSED_BY_ADMIN, b, ok);
}

static void lets_in(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	const uint8_t *unwelcome = req->unwelcome;

	if (unwelcome == NULL)
		return;
	unwelcome += b->at;
	for (size_t i = 0; i < b->n; i++)
		ok[i] &= unwelcome[i] == 0;
}

static void has_arch(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	const uint8_t *arch = b->nodes->arch + b->at;
	uint32_t want = req->arches;
	uint8_t only = want != 0 ? (uint8_t)__builtin_ctz(want) : 0;

	if (want == 0)
		memset(ok, 0, b->n);
	/* One architecture, the usual case, is a comparison that the compiler does for many nodes at once. */
	if ((want & (want - 1)) == 0)
		for (size_t i = 0; i < b->n; i++)
			ok[i] &= arch[i] == only;
	else
		for (size_t i = 0; i < b->n; i++)
			ok[i] &= (uint8_t)(want >> (arch[i] & 31) & 1);
}

static void has_features(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	const uint32_t *features = b->nodes->features + b->at;
	uint32_t want = req->features;

	for (size_t i = 0; i < b->n; i++)
		ok[i] &= (features[i] & want) == want;
}

static void is_not_barred(const struct sched_req *req, uint8_t bit, const struct sched_block *b, uint8_t *restrict ok)
{
	const uint8_t *barred;

	if (req->barred == NULL)
		return;
	barred = req->barred + b->at;
	for (size_t i = 0; i < b->n; i++)
		ok[i] &= (barred[i] & bit) == 0;
}

static void has_port_open(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	is_not_barred(req, SCHED_BARRED_PORT_CLOSED, b, ok);
}

static void has_port_free(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	is_not_barred(req, SCHED_BARRED_PORT_TAKEN, b, ok);
}

/* The sign of the difference, because processors without SSE4 compare no 64-bit lanes; amounts are small enough not to wrap. */
static void has_amount(const int64_t *column, int64_t need, const struct sched_block *b, uint8_t *restrict ok)
{
	const int64_t *have = column + b->at;

	if (need == 0)
		return;
	for (size_t i = 0; i < b->n; i++)
		ok[i] &= (uint8_t)(~((uint64_t)have[i] - (uint64_t)need) >> 63);
}

static void has_instances(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	(void)req;
	has_amount(b->nodes->free_instances, 1, b, ok);
}

static void has_cpu(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	has_amount(b->nodes->free_cpu, req->cpu_millis, b, ok);
}

static void has_memory(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	has_amount(b->nodes->free_mib, req->memory_mib, b, ok);
}

static void has_disk(const struct sched_req *req, const struct sched_block *b, uint8_t *restrict ok)
{
	has_amount(b->nodes->free_disk_mib, req->disk_mib, b, ok);
}

// clang-format off
static const struct {
	const char *text;
	filter_fn *apply;
} filters[SCHED_FELL_MAX] = {
	[SCHED_FELL_NOT_ASKED_FOR] = { "not the node asked for",    is_asked_for },
	[SCHED_FELL_SILENT]        = { "silent",                    is_ready },
	[SCHED_FELL_PAUSED]        = { "paused by its owner",       is_not_paused },
	[SCHED_FELL_DRAINED]       = { "drained by an admin",       is_not_drained },
	[SCHED_FELL_UNWELCOME]     = { "its owner does not let this member in", lets_in },
	[SCHED_FELL_ARCH]          = { "another architecture",      has_arch },
	[SCHED_FELL_FEATURES]      = { "cannot run this kind",      has_features },
	[SCHED_FELL_PORT_CLOSED]   = { "lets no such port be published", has_port_open },
	[SCHED_FELL_PORT_TAKEN]    = { "the port is taken",         has_port_free },
	[SCHED_FELL_INSTANCES]     = { "no room for one more",      has_instances },
	[SCHED_FELL_CPU]           = { "not enough cpu",            has_cpu },
	[SCHED_FELL_MEMORY]        = { "not enough memory",         has_memory },
	[SCHED_FELL_DISK]          = { "not enough disk",           has_disk },
};
// clang-format on

const char *sched_filter_text(enum sched_filter f)
{
	return filters[f].text;
}

uint32_t sched_count(const uint8_t *ok, size_t n)
{
	enum { STRIDE = 128 };
	uint32_t sum = 0;

	for (size_t at = 0; at < n; at += STRIDE) {
		size_t end = n - at < STRIDE ? n : at + STRIDE;
		uint8_t part = 0; /* a byte is enough for a stride, and bytes are summed sixteen at a time */

		for (size_t i = at; i < end; i++)
			part = (uint8_t)(part + ok[i]);
		sum += part;
	}
	return sum;
}

uint32_t sched_filter_block(const struct sched_block *b, const struct sched_req *req, enum sched_filter skip, uint8_t *ok, uint32_t *fell)
{
	uint32_t left = (uint32_t)b->n;

	memset(ok, 1, b->n);
	for (size_t f = 0; f < SCHED_FELL_MAX && left > 0; f++) {
		uint32_t before = left;

		if (f == skip)
			continue;
		filters[f].apply(req, b, ok);
		left = sched_count(ok, b->n);
		fell[f] += before - left;
	}
	return left;
}
