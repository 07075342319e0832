/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent/net/firewall.h"

#include <nftables/libnftables.h>

static int run(const char *rules, struct cc_error *err)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int failed;

	if (ctx == NULL)
		return cc_fail(err, INTERNAL, "libnftables cannot start");
	nft_ctx_buffer_error(ctx);
	nft_ctx_buffer_output(ctx);
	failed = nft_run_cmd_from_buffer(ctx, rules);
	if (failed != 0)
		cc_fail(err, IO, "setting the firewall's rules: %.200s", nft_ctx_get_error_buffer(ctx));
	nft_ctx_free(ctx);
	return failed != 0 ? -1 : 0;
}

static char *list(const char *command)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	const char *text = "";
	char *copy;

	if (ctx == NULL)
		return cc_strdup("");
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_TERSE);
	nft_ctx_buffer_error(ctx);
	nft_ctx_buffer_output(ctx);
	if (nft_run_cmd_from_buffer(ctx, command) == 0)
		text = nft_ctx_get_output_buffer(ctx);
	copy = cc_strdup(text);
	nft_ctx_free(ctx);
	return copy;
}

const struct firewall firewall_nft = { .list = list, .run = run };
