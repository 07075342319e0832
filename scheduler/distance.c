/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every product fits: coordinates stay within SCHED_PLANE_MAX, so a difference within 2^31, and its square within 2^62; forces within 2^35 times weights of 2^16. */
#include "scheduler/distance.h"

#define HEIGHT_MIN   50    /* nothing answers at once; and it keeps a height from being stuck at none */
#define ONE          65536 /* 1 in fixed point */
#define C_E          4     /* tuning constants of figure 3: an update counts for a quarter */
#define C_C          4
#define ANYBODY      16
#define SURE         10   /* per mille: nobody is surer of its place than that */
#define START_SHARE  8    /* of the first distance, what is put on the plane */
#define OFF_LEAST_US 1000 /* of a residual that need not be a mistake */
#define OFF_ERRORS   3    /* likewise, times the error of both ends */

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static int64_t magnitude(int64_t v)
{
	return v < 0 ? -v : v;
}

uint32_t sched_root(uint64_t v)
{
	uint64_t root = 0, bit = (uint64_t)1 << 62;

	while (bit > v)
		bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		bool fits = v >= root + bit;

		v -= fits ? root + bit : 0;
		root = (root >> 1) + (fits ? bit : 0);
	}
	return (uint32_t)root;
}

static bool is_within(int64_t v, int64_t low, int64_t high)
{
	return v >= low && v <= high;
}

bool sched_point_make(int64_t x, int64_t y, int64_t height, int64_t error, struct sched_point *ret)
{
	bool good = is_within(x, -SCHED_PLANE_MAX, SCHED_PLANE_MAX) && is_within(y, -SCHED_PLANE_MAX, SCHED_PLANE_MAX) &&
	            is_within(height, 0, SCHED_RTT_MAX) && is_within(error, 1, SCHED_ERROR_MAX);

	*ret = good ? (struct sched_point){ (int32_t)x, (int32_t)y, (int32_t)height, (int32_t)error } : (struct sched_point){ 0 };
	return good;
}

static int64_t plane_us(const struct sched_point *a, const struct sched_point *b)
{
	int64_t dx = (int64_t)a->x - b->x, dy = (int64_t)a->y - b->y;

	return sched_root((uint64_t)(dx * dx) + (uint64_t)(dy * dy));
}

int64_t sched_distance_us(const struct sched_point *a, const struct sched_point *b)
{
	if (!sched_point_is_known(a) || !sched_point_is_known(b))
		return SCHED_RTT_UNKNOWN;
	return plane_us(a, b) + a->height + b->height;
}

void sched_samples_add(struct sched_samples *s, int64_t us)
{
	s->us[s->at] = (int32_t)clamp(us, 1, SCHED_RTT_MAX);
	s->at = (uint8_t)((s->at + 1) % SCHED_SAMPLES);
	s->n = (uint8_t)(s->n < SCHED_SAMPLES ? s->n + 1 : SCHED_SAMPLES);
}

int32_t sched_samples_value(const struct sched_samples *s)
{
	int32_t lowest = SCHED_RTT_MAX, second = SCHED_RTT_MAX;

	for (uint8_t i = 0; i < s->n; i++)
		if (s->us[i] <= lowest) {
			second = lowest;
			lowest = s->us[i];
		} else if (s->us[i] < second) {
			second = s->us[i];
		}
	return s->n == 0 ? 0 : s->n < SCHED_SAMPLES - 1 ? lowest : second;
}

/* Splitmix64. */
static uint64_t mixed(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* A step of about `us` to somewhere. */
static void step_aside(struct sched_point *p, int64_t us, uint64_t chance)
{
	int64_t dx = (int64_t)(chance & 0xffff) - 0x8000, dy = (int64_t)(chance >> 16 & 0xffff) - 0x8000;

	p->x = (int32_t)clamp(p->x + dx * us / 0x8000, -SCHED_PLANE_MAX, SCHED_PLANE_MAX);
	p->y = (int32_t)clamp(p->y + dy * us / 0x8000, -SCHED_PLANE_MAX, SCHED_PLANE_MAX);
}

static void begin_at(struct sched_point *p, const struct sched_point *from, int64_t rtt, uint64_t chance)
{
	*p = *from;
	step_aside(p, rtt / START_SHARE, chance);
	p->height = (int32_t)clamp(rtt - rtt / START_SHARE - from->height, HEIGHT_MIN, SCHED_RTT_MAX);
	p->error = 1000;
}

/* A pair that is farther off than the errors of both ends explain pulls the less the farther it is off: one wrong word moves nobody far, and many at
 * once raise the errors, which gives them their weight again. */
static int64_t believed(int64_t force, int64_t dist, int64_t error)
{
	int64_t most = OFF_LEAST_US + dist * error * OFF_ERRORS / 1000, off = magnitude(force);

	if (off <= most)
		return force;
	return (force < 0 ? -1 : 1) * (most * most / off);
}

/* Figure 3 for one end. */
static void pull(struct sched_point *p, const struct sched_point *other, int64_t rtt, uint64_t chance)
{
	int64_t dist = sched_distance_us(p, other), plane = plane_us(p, other);
	int64_t other_error = other->error > SURE ? other->error : SURE;
	int64_t w = ONE * (int64_t)p->error / (p->error + other_error);              /* (1) */
	int64_t e_s = clamp(1000 * magnitude(dist - rtt) / rtt, 0, SCHED_ERROR_MAX); /* (2) */
	int64_t force = believed(rtt - dist, dist, p->error + other_error) * w / ONE / C_C;

	p->error = (int32_t)clamp(p->error + (e_s - p->error) * w / ONE / C_E, SURE, SCHED_ERROR_MAX); /* (3) */
	if (plane == 0) {
		step_aside(p, magnitude(force) / 2, chance);
		dist = sched_distance_us(p, other);
	}
	/* (4), along the unit vector of section 5.4: heights add up. */
	p->x = (int32_t)clamp(p->x + force * ((int64_t)p->x - other->x) / dist, -SCHED_PLANE_MAX, SCHED_PLANE_MAX);
	p->y = (int32_t)clamp(p->y + force * ((int64_t)p->y - other->y) / dist, -SCHED_PLANE_MAX, SCHED_PLANE_MAX);
	p->height = (int32_t)clamp(p->height + force * ((int64_t)p->height + other->height) / dist, HEIGHT_MIN, SCHED_RTT_MAX);
}

static void pull_end(struct sched_point *p, const struct sched_point *other, int64_t rtt, uint64_t chance)
{
	if (!sched_point_is_known(other))
		return;
	if (sched_point_is_known(p))
		pull(p, other, rtt, chance);
	else
		begin_at(p, other, rtt, chance);
}

void sched_fit(struct sched_point *points, size_t held, const struct sched_pair *pairs, size_t n_pairs, uint64_t seed)
{
	for (size_t i = 0; i < n_pairs; i++) {
		const struct sched_pair *pair = &pairs[i];
		uint64_t chance = mixed(seed ^ mixed(i));

		if (pair->a >= held)
			pull_end(&points[pair->a], &points[pair->b], pair->rtt_us, chance);
		if (pair->b >= held)
			pull_end(&points[pair->b], &points[pair->a], pair->rtt_us, mixed(chance));
	}
}

static bool is_chosen(const uint32_t *chosen, size_t n, uint32_t i)
{
	while (n > 0)
		if (chosen[--n] == i)
			return true;
	return false;
}

static size_t nearest(const struct sched_point *points, const uint8_t *may, size_t n, size_t self, size_t k, uint32_t *ret)
{
	int64_t us[SCHED_PROBES_MAX];
	size_t found = 0;

	for (size_t i = 0; i < n && k > 0; i++) {
		int64_t dist = may[i] && i != self ? sched_distance_us(&points[self], &points[i]) : SCHED_RTT_UNKNOWN;
		size_t at = found;

		if (dist == SCHED_RTT_UNKNOWN || (found == k && dist >= us[k - 1]))
			continue;
		found += found < k;
		for (at = found - 1; at > 0 && us[at - 1] > dist; at--) {
			us[at] = us[at - 1];
			ret[at] = ret[at - 1];
		}
		us[at] = dist;
		ret[at] = (uint32_t)i;
	}
	return found;
}

size_t sched_choose_probes(const struct sched_point *points, const uint8_t *may, size_t n, size_t self, size_t k, uint64_t seed, uint32_t *ret)
{
	size_t found;

	k = k < SCHED_PROBES_MAX ? k : SCHED_PROBES_MAX;
	found = nearest(points, may, n, self, k / 2, ret);
	/* Anybody a few times, then from a place of chance on once around: so it ends, and misses nobody where there are few. */
	for (size_t tries = 0; n > 0 && found < k && tries < n + ANYBODY; tries++) {
		uint32_t i = (uint32_t)((mixed(seed + (tries < ANYBODY ? tries : ANYBODY)) + (tries < ANYBODY ? 0 : tries)) % n);

		if (may[i] && i != self && !is_chosen(ret, found, i))
			ret[found++] = i;
	}
	return found;
}
