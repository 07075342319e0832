/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The owner's networks are those that the node is on, so what instances may not reach changes when the node's addresses do: Wi-Fi comes, a VPN comes up.
 * The kernel tells of each change; they come in groups, so the rules are made anew a moment after the first of them. */
#include "agent/priv_state.h"
#include "common/clock.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREPARE_MS 60000
#define SETTLE_MS  1000
#define RETRY_MS   30000

static int work_prepare(const struct priv_node *node, const void *args, int channel, struct job_result *ret, struct cc_error *err)
{
	(void)args, (void)channel, (void)ret;
	return driver_prepare(node, err);
}

static const struct job_spec prepare = { .work = work_prepare, .timeout_ms = PREPARE_MS };

int priv_net_prepare(struct priv_server *s, struct cc_error *err)
{
	struct job_result result;

	return job_run(s->node, &prepare, &s->ended, &result, err) < 0 ? cc_wrap(err, "preparing the node") : 0;
}

static void on_addresses(struct priv_server *s, struct watch *w)
{
	_Alignas(8) char buf[8192];
	ssize_t n;

	/* What changed does not matter; nor does what the kernel had no room to tell (ENOBUFS). */
	do
		n = recv(w->fd, buf, sizeof(buf), MSG_DONTWAIT);
	while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
	if (s->prepare_at_ms == 0)
		s->prepare_at_ms = cc_boottime_ms() + SETTLE_MS;
}

int priv_net_watch(struct priv_server *s, struct cc_error *err)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR };
	int fd;

	if (!s->node->driver->has_rights)
		return 0;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	s->addresses.ready = on_addresses;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&us, sizeof(us)) == 0 && priv_server_watch(s, &s->addresses, fd, err) == 0)
		return 0;
	if (fd >= 0)
		close(fd);
	return cc_fail_errno(err, "watching the node's addresses");
}

int priv_net_tend(struct priv_server *s, int64_t now_ms)
{
	if (s->prepare_at_ms == 0)
		return -1;
	if (s->prepare_at_ms > now_ms)
		return (int)(s->prepare_at_ms - now_ms);
	s->prepare_at_ms = 0;
	/* No instance has this id. */
	priv_server_ask_self(s, VERB_PREPARE, (struct cc_uuid){ 0 });
	return 0;
}

int priv_net_begin(struct priv_server *s, struct request *r, struct cc_error *err)
{
	return priv_server_start_job(s, r, &prepare, err);
}

int priv_net_resume(struct priv_server *s, struct request *r, const struct job_result *result, struct cc_error *err)
{
	(void)r;
	if (result != NULL) {
		priv_names_changed(s);
		return 0;
	}
	fprintf(stderr, "<3>cc-agent-priv: setting the rules for the node's new addresses: %s; it is tried again\n", err->msg);
	s->prepare_at_ms = cc_boottime_ms() + RETRY_MS;
	return -1;
}
