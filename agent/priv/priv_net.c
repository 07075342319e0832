/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The node's network is there while there are instances. What it has to be follows from what is in memory, so one job at a time compares and does the
 * difference, however many changes there were meanwhile; changes are counted, and who needs one done waits until a job has ended that began after it.
 *
 * The owner's networks are those that the node is on, so what instances may not reach changes when the node's addresses do: Wi-Fi comes, a VPN comes up. The
 * kernel tells of each change; they come in groups, so the rules are made anew a moment after the first of them. */
#include "agent/priv/names_process.h"
#include "agent/priv/priv_state.h"
#include "common/clock.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREPARE_MS 60000
#define SETTLE_MS  1000
#define GATHER_MS  20 /* changes that nobody waits for are done together */
#define RETRY_MS   30000

static int work_prepare(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	return node->driver->prepare(node, args, err);
}

static int work_reach(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)channel, (void)ret;
	return node->driver->reach(node, args, err);
}

static int work_withdraw(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)args, (void)channel, (void)ret;
	return names_process_stop(node, err) < 0 ? -1 : node->driver->withdraw(node, err);
}

static int work_check(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)args, (void)channel, (void)ret;
	return driver_check(node, err);
}

static void take_guests(const struct instances *all, struct net_guests *ret)
{
	ret->count = 0;
	for (uint32_t i = 0; i < all->count; i++)
		if (all->at[i]->on_net)
			ret->at[ret->count++] = (struct net_guest){ .slot = (uint32_t)all->at[i]->rec.slot,
				.member = all->at[i]->rec.member,
				.ports = all->at[i]->rec.ports,
				.bandwidth_kbit = all->at[i]->rec.bandwidth_kbit };
}

/* What is to be done now, for the guests as they are now. */
static struct job_spec next_job(const struct priv_server *s)
{
	const struct net_state *net = &s->net;

	if (!net->doing_up)
		return (struct job_spec){ .work = work_withdraw, .timeout_ms = PREPARE_MS };
	return (struct job_spec){ .work = net->doing_all ? work_prepare : work_reach, .args = net->doing, .timeout_ms = PREPARE_MS };
}

static void begin(struct priv_server *s)
{
	struct net_state *net = &s->net;

	free(net->doing);
	net->doing = cc_calloc(1, sizeof(*net->doing));
	take_guests(&s->instances, net->doing);
	net->doing_change = net->change;
	net->doing_up = s->instances.count > 0;
	net->doing_all = !net->up || net->stale;
	net->due_ms = 0;
}

/* After a job: `failed` leaves what there was, in part perhaps. */
static void note(struct priv_server *s, bool failed)
{
	struct net_state *net = &s->net;

	net->stale = failed;
	net->up = !failed ? net->doing_up : net->up;
	if (failed)
		return;
	free(net->done);
	net->done = net->doing;
	net->doing = NULL;
}

static int run_job(struct priv_server *s, const struct job_spec *spec, struct cc_error *err)
{
	struct job_result result;

	return job_run(s->node, spec, &s->ended, &result, err);
}

int priv_net_open(struct priv_server *s, struct cc_error *err)
{
	struct job_spec spec;

	if (run_job(s, &(struct job_spec){ .work = work_check, .timeout_ms = PREPARE_MS }, err) < 0)
		return cc_wrap(err, "preparing the node");
	if (!driver_has_network(s->node))
		return 0;
	begin(s);
	spec = next_job(s);
	if (run_job(s, &spec, err) < 0)
		return cc_wrap(err, "preparing the node");
	note(s, false);
	return 0;
}

void priv_net_close(struct priv_server *s)
{
	if (s->net.addresses.fd >= 0)
		close(s->net.addresses.fd);
	free(s->net.doing);
	free(s->net.done);
}

static void on_addresses(struct priv_server *s, struct watch *w)
{
	_Alignas(8) char buf[8192];
	ssize_t n;

	/* What changed does not matter; nor does what the kernel had no room to tell (ENOBUFS). */
	do
		n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT);
	while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
	if (s->net.prepare_at_ms == 0)
		s->net.prepare_at_ms = cc_boottime_ms() + SETTLE_MS;
}

int priv_net_watch(struct priv_server *s, struct cc_error *err)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	int fd;

	if (!s->node->driver->has_rights)
		return 0;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	s->net.addresses.ready = on_addresses;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&us, sizeof(us)) == 0 && priv_server_watch(s, &s->net.addresses, fd, err) == 0)
		return 0;
	if (fd >= 0)
		close(fd);
	return cc_fail_errno(err, "watching the node's addresses");
}

/* No instance has this id. */
static void ask(struct priv_server *s)
{
	priv_server_ask_self(s, VERB_NET, (struct cc_uuid){ 0 });
}

/* FNV-1a over what the rules and the bridge are made from; 0 when it cannot be read. */
static uint64_t hash_networks(void)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return 0;
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		int family = a->ifa_addr != NULL ? a->ifa_addr->sa_family : AF_UNSPEC;
		size_t len = family == AF_INET ? sizeof(struct sockaddr_in) : family == AF_INET6 ? sizeof(struct sockaddr_in6) : 0;

		/* Each instance's link has one. */
		if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr))
			continue;
		for (const char *p = a->ifa_name; len > 0 && *p != '\0'; p++)
			h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
		for (size_t i = 0; i < len; i++)
			h = (h ^ ((const uint8_t *)a->ifa_addr)[i] ^ (a->ifa_netmask != NULL ? ((const uint8_t *)a->ifa_netmask)[i] << 1 : 0)) *
			    UINT64_C(0x100000001b3);
	}
	freeifaddrs(all);
	return h;
}

void priv_net_changed(struct priv_server *s)
{
	s->net.networks = 0;
	s->net.prepare_at_ms = cc_boottime_ms();
}

/* Each router advertisement makes the kernel tell of addresses that are as they were. */
static bool is_on_other_networks(struct priv_server *s)
{
	uint64_t now = hash_networks();

	if (now != 0 && now == s->net.networks)
		return false;
	s->net.networks = now;
	return true;
}

static bool is_due(int64_t *at_ms, int64_t now_ms)
{
	if (*at_ms == 0 || *at_ms > now_ms)
		return false;
	*at_ms = 0;
	return true;
}

int priv_net_tend(struct priv_server *s, int64_t now_ms)
{
	struct net_state *net = &s->net;
	int64_t next;

	if (is_due(&net->prepare_at_ms, now_ms) && is_on_other_networks(s)) {
		net->stale = true;
		ask(s);
	}
	if (is_due(&net->due_ms, now_ms))
		ask(s);
	next = net->prepare_at_ms == 0 || (net->due_ms != 0 && net->due_ms < net->prepare_at_ms) ? net->due_ms : net->prepare_at_ms;
	return next == 0 ? -1 : (int)(next - now_ms);
}

void priv_net_change(struct priv_server *s)
{
	if (!driver_has_network(s->node))
		return;
	s->net.change++;
	if (s->net.due_ms == 0)
		s->net.due_ms = cc_boottime_ms() + GATHER_MS;
}

void priv_net_set(struct priv_server *s, struct instance *inst, bool on)
{
	if (inst->on_net == on)
		return;
	inst->on_net = on;
	priv_net_change(s);
}

bool priv_net_is_ready(const struct priv_server *s, const struct instance *inst)
{
	const struct net_guest *then = s->net.done != NULL ? net_guests_find(s->net.done, (uint32_t)inst->rec.slot) : NULL;

	if (!driver_has_network(s->node))
		return true;
	if (!s->net.up || s->net.stale)
		return false;
	if (then == NULL)
		return inst->rec.ports.count == 0 && inst->rec.bandwidth_kbit == 0;
	return then->bandwidth_kbit == inst->rec.bandwidth_kbit && cc_uuid_equal(then->member, inst->rec.member) &&
	       ports_same(&then->ports, &inst->rec.ports);
}

int priv_net_wait(struct priv_server *s, struct request *r)
{
	r->waits_for = ++s->net.change;
	s->net.due_ms = 0;
	ask(s);
	return priv_server_wait(s, r);
}

/* Ending one request may end others and begin new ones, so the search starts over after each. */
static void wake(struct priv_server *s, uint64_t change, const struct cc_error *failed)
{
	struct job_result none = { .status = DRIVER_STATUS_NONE };
	struct request *r = s->requests;

	while (r != NULL) {
		struct cc_error err = { 0 };

		if (r->waits_for == 0 || r->waits_for > change) {
			r = r->next;
			continue;
		}
		r->waits_for = 0;
		if (failed != NULL)
			err = *failed;
		priv_server_resume(s, r, failed == NULL ? &none : NULL, &err);
		r = s->requests;
	}
}

int priv_net_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	struct job_spec spec;

	begin(s);
	if (!s->net.doing_up && !s->net.up && !s->net.stale)
		return 0;
	spec = next_job(s);
	if (!s->net.doing_up) {
		/* From now on nobody may start without asking for it. */
		s->net.up = false;
		priv_names_forget(s);
	}
	return priv_server_start_job(s, r, &spec, err);
}

int priv_net_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	uint64_t change = s->net.doing_change;

	note(s, result == NULL);
	if (s->net.up && s->net.doing_all)
		priv_names_changed(s);
	if (result == NULL) {
		fprintf(stderr, "<3>cc-agent-priv: setting the rules of the network: %s; it is tried again\n", err->msg);
		s->net.networks = 0;
		s->net.prepare_at_ms = cc_boottime_ms() + RETRY_MS;
	}
	/* What is asked for meanwhile is a request of its own, and not this one, which has looked already. */
	r->running = true;
	wake(s, change, result == NULL ? err : NULL);
	r->running = false;
	return result == NULL ? -1 : 0;
}
