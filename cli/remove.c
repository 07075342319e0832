/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/remove.h"

#include "cli/await.h"
#include "cli/client.h"
#include "cli/confirm.h"

#include <ctype.h>

enum { NAMES_SHOWN = 10 };

/* "Delete image busybox", "Revoke 2 tokens (a, b)". */
static const char *question(struct cli *cli, const struct removal *r, const char *const *names, size_t n, const char *of)
{
	cc_auto_buf struct cc_buf b = { 0 };

	cc_buf_printf(&b, "%c%s ", toupper((unsigned char)r->verb[0]), r->verb + 1);
	if (n == 1)
		cc_buf_printf(&b, "%s %s", r->noun->word, names[0]);
	else
		cc_buf_printf(&b, "%zu %ss (", n, r->noun->word);
	for (size_t i = 0; n > 1 && i < n && i < NAMES_SHOWN; i++)
		cc_buf_printf(&b, "%s%s", i > 0 ? ", " : "", names[i]);
	if (n > 1)
		cc_buf_adds(&b, n > NAMES_SHOWN ? ", ...)" : ")");
	cc_buf_printf(&b, "%s%s", of, r->effect);
	return cc_arena_strdup(cli->arena, cc_buf_str(&b));
}

int remove_confirm(struct cli *cli, const struct removal *r, const char *const *names, size_t n, const char *of, bool *ret_yes, struct cc_error *err)
{
	if (confirm_ask(cli, question(cli, r, names, n, of), r->verb, ret_yes, err) < 0)
		return -1;
	if (!*ret_yes)
		cli_say(cli, "Nothing was %s.", r->done);
	return 0;
}

int remove_run(struct cli *cli, const struct removal *r, struct cc_error *err)
{
	const struct args *args = &cli->args;
	struct cc_error e = { 0 };
	struct client *client;
	int status = 0, told;
	bool yes = r->effect == NULL;

	if (!yes && remove_confirm(cli, r, args->words, args->n_words, "", &yes, err) < 0)
		return -1;
	if (!yes)
		return 1;
	if (cli_client(cli, &client, err) < 0)
		return -1;
	for (size_t i = 0; i < args->n_words; i++) {
		struct client_call call = { .method = "DELETE", .path = client_path(cli->arena, r->noun->path, args->words[i], "") };

		told = client_call(client, &call, &e) < 0 ? cli_tell(cli, &e) : 0;
		if (told == 0)
			cli_say(cli, "%s: %s", args->words[i], r->done);
		status = status != 0 ? status : told;
	}
	return status;
}

static bool never(const void *row)
{
	(void)row;
	return false;
}

static int delete_and_wait(struct cli *cli, const struct removal *r, const char *path, const char *name, enum await_end *ret, struct cc_error *err)
{
	const struct cc_desc *desc = noun_items(r->noun)->desc;
	void *row = cc_arena_alloc(cli->arena, desc->size);
	const struct client_call call = { .method = "DELETE", .path = path, .reply_desc = desc, .reply = row };
	const struct await a = {
		.path = path, .desc = desc, .row = row, .reached = never, .what = cc_printf(cli->arena, "deleting the %s '%s'", r->noun->word, name)
	};

	*ret = AWAIT_GONE;
	if (cli_call(cli, &call, err) < 0)
		return -1;
	/* What was gone at once is not shown. */
	if (cc_uuid_is_nil(*(const struct cc_uuid *)cc_field_at(cc_desc_find(desc, "id"), row)))
		return 0;
	return await_row(cli, &a, ret, err);
}

int remove_and_wait(struct cli *cli, const struct removal *r, const char *all, const char *of, struct cc_error *err)
{
	const char *const *names = cli->args.words + (of != NULL), *whose = of != NULL ? cc_printf(cli->arena, " of %s", of) : "";
	size_t n = cli->args.n_words - (of != NULL);
	int status = 0, told;
	bool yes;

	if (remove_confirm(cli, r, names, n, whose, &yes, err) < 0)
		return -1;
	if (!yes)
		return 1;
	for (size_t i = 0; i < n; i++) {
		struct cc_error e = { 0 };
		enum await_end end;

		told = delete_and_wait(cli, r, client_path(cli->arena, all, names[i], ""), names[i], &end, &e) < 0 ? cli_tell(cli, &e) : 0;
		if (told == 0 && of != NULL)
			cli_say(cli, "%s: %s %s: %s", of, r->noun->word, names[i], end == AWAIT_GONE ? r->done : "deleting");
		else if (told == 0)
			cli_say(cli, "%s: %s", names[i], end == AWAIT_GONE ? r->done : "deleting");
		status = status != 0 ? status : told;
	}
	return status;
}
