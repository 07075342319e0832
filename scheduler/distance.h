/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distance between nodes, as round-trip time: each has a point, fitted to a few measured pairs, from which the distance of every pair follows.
 *
 * The fit is Vivaldi (Dabek, Cox, Kaashoek, Morris, SIGCOMM 2004): steps 1 to 4 of figure 3 with the height vectors of section 5.4, in two dimensions. A height
 * is what every packet of the node takes anyway, its own radio link; the plane is what lies between. Against what real links do it has the remedies of Ledlie,
 * Gardner and Seltzer (NSDI 2007): a filter over the last samples of a pair, and one point that is held fast so that the map neither drifts nor turns.
 *
 * Pure like the rest of the scheduler, and integers only: no compiler and no processor gives another result. Times are microseconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHED_RTT_MAX     10000000 /* a longer round trip counts as this */
#define SCHED_PLANE_MAX   (1 << 30)
#define SCHED_RTT_UNKNOWN (-1)
#define SCHED_ERROR_MAX   1500 /* per mille: worse than knowing nothing */

/* All zero: nothing is known. */
struct sched_point {
	int32_t x, y;   /* on the plane, us, within SCHED_PLANE_MAX either way */
	int32_t height; /* us, 0 to SCHED_RTT_MAX */
	int32_t error;  /* how far estimates with it are off, per mille of the distance, 1 to SCHED_ERROR_MAX; 0: the point is unknown */
};

/* What a pair measured; indexes of points. */
struct sched_pair {
	uint32_t a, b;
	int32_t rtt_us; /* 1 to SCHED_RTT_MAX */
};

static inline bool sched_point_is_known(const struct sched_point *p)
{
	return p->error > 0;
}

/* What was kept elsewhere; false, and the point is unknown, when it is none. */
bool sched_point_make(int64_t x, int64_t y, int64_t height, int64_t error, struct sched_point *ret);

/* floor(sqrt(v)), exact. */
uint32_t sched_root(uint64_t v);
/* Estimate: distance on the plane plus both heights. SCHED_RTT_UNKNOWN when either point is unknown. */
int64_t sched_distance_us(const struct sched_point *a, const struct sched_point *b);

/* What to take for the round trip of one pair out of its last samples. A radio link only ever adds: repeats, queues, a busy channel. So it is the lowest but
 * one of what is kept: the lowest alone may be a mistake. */
#define SCHED_SAMPLES 4
struct sched_samples {
	int32_t us[SCHED_SAMPLES];
	uint8_t n, at;
};
void sched_samples_add(struct sched_samples *s, int64_t us);
/* 0 when there is none. */
int32_t sched_samples_value(const struct sched_samples *s);

/* One round of the fit: each pair, in order, pulls both its ends. Points below `held` stay where they are, and have to be known. A point that is unknown gets
 * its place from the first pair with a known end. `seed` decides what is left to chance: in which direction points start that are at one place. */
void sched_fit(struct sched_point *points, size_t held, const struct sched_pair *pairs, size_t n_pairs, uint64_t seed);

/* Whom point `self` should measure, to place itself best with few: half of them the nearest as far as is known, the others anybody, for a map of neighbours
 * alone folds. `may` is 1 for those that can be measured at all; up to k of them, each once, never `self`, into `ret`; returns how many. */
#define SCHED_PROBES_MAX 16
size_t sched_choose_probes(const struct sched_point *points, const uint8_t *may, size_t n, size_t self, size_t k, uint64_t seed, uint32_t *ret);
