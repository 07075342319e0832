/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who vouches for an image. */
#include "cli/handlers.h"

#include "cli/image_sign.h"
#include "common/model.h"

#include <sodium.h>
#include <string.h>

/* What is signed with, and where it goes. */
struct signing {
	struct cli *cli;
	struct cc_secret_key *key; /* NULL: `line` is the signature */
	char line[CC_SIGNATURE_TEXT];
	struct cc_signature parsed;
};

static int take_signature(struct signing *s, const char *path, struct cc_error *err)
{
	cc_auto_buf struct cc_buf text = { 0 };
	const char *at;

	if (image_sign_read(path, &text, err) < 0)
		return -1;
	at = cc_buf_str(&text);
	if (cc_signature_parse(at, &s->parsed, err) < 0)
		return cc_wrap(err, "'%.200s'", path);
	while (strncmp(at, "untrusted comment:", 18) == 0)
		at = strchr(at, '\n') + 1;
	snprintf(s->line, sizeof(s->line), "%.100s", at);
	return 0;
}

/* The signatures that the image has, but for an earlier one by the same key, and this one. */
static int fill(void *arg, const void *row, void *body, struct cc_error *err)
{
	struct signing *s = arg;
	const struct image *img = row;
	struct cc_arena *a = s->cli->arena;
	const char *statement = cc_image_statement(img->sha256, img->arch, img->bytes, a);
	struct cc_texts all = { .items = cc_new_array(a, img->signatures.n + 1, const char *) };

	if (s->key != NULL)
		cc_sign(s->key, statement, strlen(statement), s->line);
	if (cc_signature_parse(s->line, &s->parsed, err) < 0)
		return -1;
	for (size_t i = 0; cc_has(img, image, signatures) && i < img->signatures.n; i++) {
		struct cc_signature other;
		struct cc_error ignored = { 0 };

		if (cc_signature_parse(img->signatures.items[i], &other, &ignored) == 0 && memcmp(other.id, s->parsed.id, sizeof(other.id)) != 0)
			all.items[all.n++] = img->signatures.items[i];
	}
	all.items[all.n++] = s->line;
	cc_set((struct image_change *)body, image_change, signatures, all);
	return 0;
}

static int print_statement(struct cli *cli, const char *path, struct cc_error *err)
{
	cc_auto_buf struct cc_buf out = { 0 };
	struct image img = { 0 };
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_get(client, path, &image_desc, &img, err) < 0)
		return -1;
	cc_buf_adds(&out, cc_image_statement(img.sha256, img.arch, img.bytes, cli->arena));
	return cli_write(cli, &out, err);
}

static int send(struct signing *s, const char *path, struct cc_error *err)
{
	struct cli *cli = s->cli;
	struct image_change change = { 0 };
	struct image img = { 0 };
	const struct client_call call = {
		.path = path, .body_desc = &image_change_desc, .body = &change, .reply_desc = &image_desc, .reply = &img, .fill = fill, .arg = s
	};
	char id[CC_KEY_ID_TEXT];
	struct client *client;

	if (cli_client(cli, &client, err) < 0 || client_patch(client, &call, err) < 0)
		return -1;
	cli_say(cli, "%s: signed by the key %s", img.name, cc_key_id_format(s->parsed.id, id));
	return args_has(&cli->args, "output") ? cli_show_row(cli, &image_desc, &img, err) : 0;
}

int cmd_image_sign(struct cli *cli, struct cc_error *err)
{
	const struct args *args = &cli->args;
	const char *path = client_path(cli->arena, noun_image.path, args->words[0], "");
	struct signing s = { .cli = cli };
	struct cc_secret_key key = { 0 };
	int result;

	if (args_has(args, "key") + args_has(args, "signature") + args_has(args, "statement") != 1)
		return cc_fail(err, INVALID, "say with what: --key FILE, or --signature FILE, or --statement to see what is signed");
	if (args_has(args, "statement"))
		return cli_begin(cli, err) < 0 ? -1 : print_statement(cli, path, err);
	if (args_has(args, "signature") && take_signature(&s, args_text(args, "signature", NULL), err) < 0)
		return -1;
	if (args_has(args, "key") && image_sign_key(args_text(args, "key", NULL), &key, err) < 0)
		return -1;
	s.key = args_has(args, "key") ? &key : NULL;
	result = cli_begin(cli, err) < 0 ? -1 : send(&s, path, err);
	sodium_memzero(&key, sizeof(key));
	return result;
}
