/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/probes.h"

#include "common/boot_timer.h"
#include "common/cleanup.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SPACING_MS   250 /* between the packets of a round: each waits that long for its answer, and longer while none came */
#define LATEST_MS    10000
#define START_MS     500 /* between others, when several are new */
#define NEWS_STEP_US 300
#define NEWS_SHARE   8
#define V4_AT        12 /* of an IPv4 address within an IPv6 one */
#define CREDIT_MAX   64 /* datagrams at once */
#define CREDIT_MS    50 /* for one more */

static int64_t boottime_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Both families where there are two. */
static int open_socket(uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), off = 0;

	if (fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0 && bind(fd, (struct sockaddr *)&six, sizeof(six)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&four, sizeof(four)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int probes_open(struct probes *p, struct cc_uuid self, int64_t port, struct cc_error *err)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);

	*p = (struct probes){ .fd = -1, .self = self, .credit = CREDIT_MAX };
	if (port == 0)
		return 0;
	p->fd = open_socket((uint16_t)port);
	if (p->fd < 0)
		p->fd = open_socket(0);
	if (p->fd < 0 || getsockname(p->fd, (struct sockaddr *)&own, &len) < 0) {
		probes_close(p);
		return cc_fail_errno(err, "opening a UDP port to measure the way to other nodes");
	}
	p->four = own.ss_family == AF_INET;
	p->port = ntohs(own.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&own)->sin6_port : ((struct sockaddr_in *)&own)->sin_port);
	return 0;
}

void probes_close(struct probes *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->n = 0;
}

static bool read_address(const struct probes *p, const struct probe_target *t, struct probe_peer *ret)
{
	struct in_addr v4;

	ret->port = (uint16_t)t->port;
	memset(ret->ip, 0, sizeof(ret->ip));
	if (inet_pton(AF_INET, t->address, &v4) != 1)
		return !p->four && inet_pton(AF_INET6, t->address, ret->ip) == 1;
	ret->ip[10] = ret->ip[11] = 0xff;
	memcpy(&ret->ip[V4_AT], &v4, sizeof(v4));
	return true;
}

static bool read_key(const char *hex, uint8_t ret[CC_PROBE_KEY])
{
	size_t len;

	return sodium_hex2bin(ret, CC_PROBE_KEY, hex, strlen(hex), NULL, &len, NULL) == 0 && len == CC_PROBE_KEY;
}

static const struct probe_peer *find(const struct probe_peer *peers, size_t n, struct cc_uuid node)
{
	for (size_t i = 0; i < n; i++)
		if (cc_uuid_equal(peers[i].node, node))
			return &peers[i];
	return NULL;
}

static bool is_whole(const struct probe_target *t)
{
	return cc_has(t, probe_target, node) && cc_has(t, probe_target, address) && cc_has(t, probe_target, port) && cc_has(t, probe_target, key);
}

void probes_take(struct probes *p, const struct node_orders *o, int64_t now_ms)
{
	struct probe_peer before[PROBES_MAX];
	size_t n_before = p->n, fresh = 0;

	if (p->fd < 0 || !cc_has(o, node_orders, probes_version))
		return;
	if (cc_has(o, node_orders, probe_key))
		p->have_key = read_key(o->probe_key, p->key);
	snprintf(p->version, sizeof(p->version), "%s", o->probes_version);
	memcpy(before, p->peers, sizeof(before));
	p->n = 0;
	for (size_t i = 0; i < o->probes.n && p->n < PROBES_MAX; i++) {
		const struct probe_target *t = &o->probes.items[i];
		const struct probe_peer *known = find(before, n_before, t->node);
		struct probe_peer peer = { .node = t->node };

		if (known != NULL)
			peer = *known;
		else
			peer.next_ms = now_ms + START_MS * (int64_t)fresh++;
		if (is_whole(t) && !cc_uuid_equal(t->node, p->self) && find(p->peers, p->n, t->node) == NULL && read_key(t->key, peer.key) &&
		        read_address(p, t, &peer))
			p->peers[p->n++] = peer;
	}
}

/* What cannot be sent is lost, as on the way. */
static void send_to(const struct probes *p, const struct cc_probe *probe, const uint8_t *key, const struct sockaddr *to, socklen_t len)
{
	uint8_t bytes[CC_PROBE_BYTES];

	cc_probe_seal(probe, key, bytes);
	(void)sendto(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT, to, len);
}

static void send_to_peer(const struct probes *p, const struct cc_probe *probe, const struct probe_peer *peer)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(peer->port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(peer->port) };

	memcpy(&six.sin6_addr, peer->ip, sizeof(peer->ip));
	memcpy(&four.sin_addr, &peer->ip[V4_AT], sizeof(four.sin_addr));
	if (p->four)
		send_to(p, probe, peer->key, (struct sockaddr *)&four, sizeof(four));
	else
		send_to(p, probe, peer->key, (struct sockaddr *)&six, sizeof(six));
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* A radio link only ever adds, so what counts is the low end; the lowest itself may be an accident. */
static void end_round(struct probe_peer *peer, int64_t now_ms)
{
	if (peer->got > 0) {
		qsort(peer->us, (size_t)peer->got, sizeof(peer->us[0]), by_size);
		peer->rtt_us = peer->us[peer->got > 2 ? 1 : 0];
		peer->at_ms = now_ms;
	}
	peer->sent = peer->got = 0;
	peer->nonce = 0;
	/* Not in step with others. */
	peer->next_ms = now_ms + PROBES_EVERY_MS + randombytes_uniform(PROBES_EVERY_MS / 8);
}

static void ask(struct probes *p, struct probe_peer *peer, int64_t now_ms)
{
	struct cc_probe probe = { .kind = CC_PROBE_ASK, .from = p->self, .to = peer->node };

	if (peer->sent == PROBES_PACKETS) {
		end_round(peer, now_ms);
		return;
	}
	randombytes_buf(&probe.nonce, sizeof(probe.nonce));
	probe.nonce |= 1;
	peer->nonce = probe.nonce;
	peer->sent++;
	/* The farther the others were the longer this one may take; the last one gets all the time there is. */
	peer->next_ms = now_ms + (peer->got > 0 ? SPACING_MS + 2 * peer->us[0] / 1000 : peer->sent == PROBES_PACKETS ? LATEST_MS : 4 * SPACING_MS);
	peer->asked_us = boottime_us();
	send_to_peer(p, &probe, peer);
}

static void answered(struct probes *p, const uint8_t bytes[CC_PROBE_BYTES], const struct cc_probe *probe, int64_t now_ms)
{
	struct probe_peer *peer = (struct probe_peer *)find(p->peers, p->n, probe->from);

	if (peer == NULL || peer->nonce == 0 || peer->nonce != probe->nonce || !cc_probe_is_sealed(bytes, peer->key))
		return;
	peer->us[peer->got++] = boottime_us() - peer->asked_us;
	peer->nonce = 0;
	if (peer->sent == PROBES_PACKETS)
		end_round(peer, now_ms);
}

static void answer(
        const struct probes *p, const uint8_t bytes[CC_PROBE_BYTES], const struct cc_probe *probe, const struct sockaddr *from, socklen_t len)
{
	struct cc_probe reply = { .kind = CC_PROBE_ANSWER, .from = p->self, .to = probe->from, .nonce = probe->nonce };
	uint8_t key[CC_PROBE_KEY];

	if (!p->have_key)
		return;
	cc_probe_key(p->key, probe->from, key);
	if (cc_probe_is_sealed(bytes, key))
		send_to(p, &reply, key, from, len);
}

static void earn(struct probes *p, int64_t now_ms)
{
	int64_t more = (now_ms - p->credit_ms) / CREDIT_MS;

	if (p->credit_ms == 0 || p->credit + more > CREDIT_MAX) {
		p->credit = CREDIT_MAX;
		p->credit_ms = now_ms;
		return;
	}
	p->credit += more;
	p->credit_ms += more * CREDIT_MS;
}

static void take_in(struct probes *p, int64_t now_ms)
{
	uint8_t bytes[CC_PROBE_BYTES + 1]; /* so that what is longer is seen to be */
	struct sockaddr_storage from = { 0 };
	struct cc_probe probe;

	for (; p->credit > 0; p->credit--) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		if (!cc_probe_read(bytes, (size_t)n, &probe) || !cc_uuid_equal(probe.to, p->self))
			continue;
		if (probe.kind == CC_PROBE_ASK)
			answer(p, bytes, &probe, (struct sockaddr *)&from, len);
		else
			answered(p, bytes, &probe, now_ms);
	}
}

bool probes_listen(const struct probes *p)
{
	return p->fd >= 0 && p->credit > 0;
}

void probes_step(struct probes *p, int64_t now_ms)
{
	if (p->fd < 0)
		return;
	earn(p, now_ms);
	take_in(p, now_ms);
	for (size_t i = 0; i < p->n; i++)
		if (now_ms >= p->peers[i].next_ms)
			ask(p, &p->peers[i], now_ms);
}

int64_t probes_next_ms(const struct probes *p)
{
	int64_t next = p->fd >= 0 && p->credit <= 0 ? p->credit_ms + CREDIT_MS : CC_NEVER_MS;

	for (size_t i = 0; p->fd >= 0 && i < p->n; i++)
		next = cc_earlier_ms(next, p->peers[i].next_ms);
	return next;
}

static bool is_news(const struct probe_peer *peer)
{
	int64_t step = peer->told_us / NEWS_SHARE > NEWS_STEP_US ? peer->told_us / NEWS_SHARE : NEWS_STEP_US;
	int64_t off = peer->rtt_us - peer->told_us;

	return peer->rtt_us > 0 && (peer->told_us == 0 || off > step || -off > step);
}

bool probes_have_news(const struct probes *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_news(&p->peers[i]))
			return true;
	return false;
}

static void fill_told(struct node_rtt *to, const struct probe_peer *peer, int64_t now_ms)
{
	*to = (struct node_rtt){ 0 };
	cc_set(to, node_rtt, node, peer->node);
	cc_set(to, node_rtt, rtt_us, peer->rtt_us);
	cc_set(to, node_rtt, age_s, (now_ms - peer->at_ms) / 1000);
}

size_t probes_report(struct probes *p, bool full, int64_t now_ms, struct node_rtt *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct probe_peer *peer = &p->peers[i];

		peer->telling = peer->rtt_us > 0 && (full || is_news(peer));
		if (peer->telling)
			fill_told(&ret[n++], peer, now_ms);
	}
	return n;
}

void probes_confirmed(struct probes *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->peers[i].telling) {
			p->peers[i].told_us = p->peers[i].rtt_us;
			p->peers[i].telling = false;
		}
}
