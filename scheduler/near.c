/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is near to a place. Distances are compared as squares: floor(sqrt(q)) <= r means q < (r + 1)^2. A block has a box around its nodes' points, which often
 * tells of all of them. What was measured is put right afterwards. */
#include "scheduler/parts.h"

#include <string.h>

/* The largest distance that is compared: its square is within 64 bits. */
#define REACH_MAX ((int64_t)UINT32_MAX - 1)

bool sched_is_near(const struct sched_req *req)
{
	return sched_point_is_known(&req->near) || req->n_measured > 0;
}

static uint64_t square(int64_t v)
{
	return (uint64_t)v * (uint64_t)v;
}

/* Whether a point that lies dx, dy away on the plane is within the radius. */
static bool is_within(int64_t dx, int64_t dy, int64_t radius)
{
	return radius >= 0 && square(dx) + square(dy) < square(radius + 1);
}

/* What of `us` is left for the plane and the other's height. */
static int64_t radius_of(const struct sched_job *job, int64_t us)
{
	return (us < REACH_MAX ? us : REACH_MAX) - job->req->near.height;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* How far the point is from the nearest border of what lies between lo and hi; 0 inside. */
static int64_t outside(int64_t at, int32_t lo, int32_t hi)
{
	return at < lo ? lo - at : at > hi ? at - hi : 0;
}

void sched_near_init(struct sched_job *job)
{
	for (size_t k = 0; k < job->req->n_measured; k++)
		job->measured |= (uint64_t)1 << (job->req->measured[k].node / SCHED_BLOCK % 64);
}

/* At times true although there is none. */
static bool has_measured(const struct sched_job *job, size_t block)
{
	return job->measured >> (block % 64) & 1;
}

bool sched_may_reach(const struct sched_job *job, size_t block, int64_t us)
{
	const struct sched_summary *s = &job->nodes->summary[block];
	const struct sched_point *p = &job->req->near;

	if (has_measured(job, block))
		return true;
	return sched_point_is_known(p) && s->height_hi >= 0 &&
	       is_within(outside(p->x, s->x_lo, s->x_hi), outside(p->y, s->y_lo, s->y_hi), radius_of(job, us) - larger(s->height_lo, 0));
}

bool sched_does_reach(const struct sched_job *job, size_t block, int64_t us)
{
	const struct sched_summary *s = &job->nodes->summary[block];
	const struct sched_point *p = &job->req->near;
	int64_t dx = larger((int64_t)p->x - s->x_lo, (int64_t)s->x_hi - p->x), dy = larger((int64_t)p->y - s->y_lo, (int64_t)s->y_hi - p->y);

	return sched_point_is_known(p) && s->height_lo >= 0 && !has_measured(job, block) && is_within(dx, dy, radius_of(job, us) - s->height_hi);
}

struct sched_mask sched_reach(const struct sched_job *job, size_t block, int64_t us)
{
	size_t base = block * SCHED_BLOCK;
	const int32_t *x = job->nodes->x + base, *y = job->nodes->y + base, *height = job->nodes->height + base;
	int64_t radius = radius_of(job, us), near_x = job->req->near.x, near_y = job->req->near.y;
	bool known = sched_point_is_known(&job->req->near);
	struct sched_mask m = mask_none();

	for (size_t i = 0; i < SCHED_BLOCK && known; i++) {
		uint64_t in = (uint64_t)((height[i] >= 0) & is_within(x[i] - near_x, y[i] - near_y, radius - height[i]));

		m.w[i / 64] |= in << (i % 64);
	}
	for (size_t k = 0; k < job->req->n_measured && has_measured(job, block); k++) {
		const struct sched_measured *measured = &job->req->measured[k];

		if (measured->node / SCHED_BLOCK != block)
			continue;
		if (measured->us <= us)
			sched_set_add(m.w, measured->node % SCHED_BLOCK);
		else
			sched_set_drop(m.w, measured->node % SCHED_BLOCK);
	}
	return m;
}

int64_t sched_away_us(const struct sched_job *job, size_t i)
{
	const struct sched_nodes *nodes = job->nodes;
	struct sched_point p = { nodes->x[i], nodes->y[i], nodes->height[i], nodes->height[i] >= 0 };

	for (size_t k = 0; k < job->req->n_measured; k++)
		if (job->req->measured[k].node == i)
			return job->req->measured[k].us;
	return sched_distance_us(&job->req->near, &p);
}

static int64_t band_us(size_t band)
{
	return (int64_t)1000 << band;
}

size_t sched_band(const struct sched_job *job, size_t i)
{
	int64_t away = sched_away_us(job, i);
	size_t band = 0;

	while (band < SCHED_BANDS && (away < 0 || away > band_us(band)))
		band++;
	return band;
}

int64_t sched_band_us(int64_t distance_us)
{
	for (size_t band = 0; band < SCHED_BANDS && distance_us >= 0; band++)
		if (distance_us <= band_us(band))
			return band_us(band);
	return -1;
}

/* The first band in which the block may have a node. */
static int64_t first_band(const struct sched_job *job, size_t block)
{
	int64_t band = 0;

	while (band < SCHED_BANDS && !sched_may_reach(job, block, band_us((size_t)band)))
		band++;
	return band;
}

/* Those of the feasible nodes that are within the band; whether there are any. */
static bool keep_band(const struct sched_job *job, const uint64_t *ok, uint64_t *in, const int64_t *first, size_t band)
{
	bool any = false;

	for (size_t block = 0; block < job->nodes->blocks; block++) {
		struct sched_mask m = mask_none();

		if (first[block] <= (int64_t)band)
			m = mask_and(mask_of(ok + block * SCHED_MASK_WORDS), sched_reach(job, block, band_us(band)));
		memcpy(in + block * SCHED_MASK_WORDS, m.w, sizeof(m.w));
		any |= mask_any(m);
	}
	return any;
}

void sched_nearest(const struct sched_job *job, const uint64_t *ok, uint64_t *in, int64_t *first)
{
	for (size_t block = 0; block < job->nodes->blocks; block++)
		first[block] = mask_any(mask_of(ok + block * SCHED_MASK_WORDS)) ? first_band(job, block) : SCHED_BANDS;
	for (size_t band = 0; band < SCHED_BANDS; band++)
		if (keep_band(job, ok, in, first, band))
			return;
	memcpy(in, ok, sched_words(job->nodes) * sizeof(*in));
}
