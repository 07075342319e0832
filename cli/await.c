/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/await.h"

#include "common/clock.h"

#include <inttypes.h>
#include <poll.h>

#define DEFAULT_TIMEOUT_MS 300000
#define READ_MS            25000
#define GRACE_MS           10000
#define AGAIN_MS           500

static int64_t revision_of(const struct await *a)
{
	return *(const int64_t *)cc_field_at(cc_desc_find(a->desc, "revision"), a->row);
}

/* A controller that restarts meanwhile is waited for. */
static bool is_passing(const struct cc_error *e)
{
	return e->code == CC_UNAVAILABLE || e->code == CC_TIMEOUT || e->code == CC_BUSY;
}

static int read_newer(struct cli *cli, const struct await *a, int64_t wait_ms, bool *ret_gone, struct cc_error *err)
{
	struct client_call call = { .method = "GET", .reply_desc = a->desc, .reply = a->row, .timeout_ms = wait_ms + GRACE_MS };
	struct cc_error e = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	call.path = cc_printf(cli->arena, "%s?index=%" PRId64 "&wait=%" PRId64 "ms", a->path, revision_of(a), wait_ms);
	if (client_call(client, &call, &e) == 0)
		return 0;
	if (e.code == CC_NOT_FOUND) {
		*ret_gone = true;
		return 0;
	}
	if (!is_passing(&e)) {
		*err = e;
		return -1;
	}
	poll(NULL, 0, AGAIN_MS);
	return 0;
}

int await_row(struct cli *cli, const struct await *a, enum await_end *ret, struct cc_error *err)
{
	int64_t until = cc_boottime_ms() + args_number(&cli->args, "timeout", DEFAULT_TIMEOUT_MS);
	bool gone = false;

	if (args_has(&cli->args, "no-wait")) {
		*ret = AWAIT_NOT_WAITED;
		return 0;
	}
	while (!gone && !a->reached(a->row)) {
		int64_t left = until - cc_boottime_ms();

		if (left <= 0)
			return cc_fail(err, TIMEOUT, "%s is not done within the time; the request stands. Wait longer with --timeout", a->what);
		if (read_newer(cli, a, left < READ_MS ? left : READ_MS, &gone, err) < 0)
			return -1;
	}
	*ret = gone ? AWAIT_GONE : AWAIT_REACHED;
	return 0;
}
