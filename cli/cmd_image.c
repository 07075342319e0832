/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/bootstrap.h"
#include "cli/image_sign.h"
#include "cli/image_source.h"
#include "cli/remove.h"
#include "cli/units.h"
#include "common/arch.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/model.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/utsname.h>

static ssize_t read_source(void *arg, char *buf, size_t max, struct cc_error *err)
{
	struct image_source *src = arg;
	ssize_t n = pread(image_source_fd(src), buf, max, src->progress.done);

	if (n < 0)
		cc_fail_errno(err, "reading '%.200s'", src->path);
	if (n > 0)
		progress_add(&src->progress, n);
	return n;
}

static void seek_source(void *arg, int64_t at)
{
	struct image_source *src = arg;

	src->progress.done = at;
}

/* With --sign the signature goes along. */
static void sign(struct cli *cli, const struct image_source *src, const char *arch, const char **path)
{
	const char *statement;
	char line[CC_SIGNATURE_TEXT];

	if (src->key == NULL)
		return;
	statement = cc_image_statement(src->facts.sha256, arch, src->facts.bytes, cli->arena);
	cc_sign(src->key, statement, strlen(statement), line);
	*path = cc_printf(cli->arena, "%s&signature=%s", *path, client_escape(cli->arena, line));
}

static int send_source(struct cli *cli, struct image_source *src, const char *name, const char *arch, struct image *ret, struct cc_error *err)
{
	struct client_source source = {
		.sha256 = src->facts.sha256, .read = read_source, .seek = seek_source, .arg = src, .bytes = src->facts.bytes
	};
	struct client *client;
	int result;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	source.path = cc_printf(cli->arena, "%s?name=%s&arch=%s&sha256=%s", noun_image.path, client_escape(cli->arena, name),
	        client_escape(cli->arena, arch), src->facts.sha256);
	sign(cli, src, arch, &source.path);
	progress_begin(&src->progress, cc_printf(cli->arena, "sending %s", name), src->facts.bytes, src->show);
	result = client_upload(client, &source, &image_desc, ret, err);
	progress_end(&src->progress);
	return result;
}

static void tell_facts(struct cli *cli, const struct image_source *src)
{
	if (src->facts.left_out > 0)
		cli_say(cli, "left out %lld sockets and device nodes", (long long)src->facts.left_out);
	if (src->facts.runs[0] != '\0')
		cli_say(cli, "its instances run: %s", src->facts.runs);
	if (src->facts.user[0] != '\0')
		cli_say(cli, "they run it as their root: the user '%s' that the image names is not taken over", src->facts.user);
	if (!src->facts.has_init)
		cli_say(cli,
		        "there is no /sbin/init in it: instances of it cannot start; images for single programs lack one, and get one where there is a shell and they say what to run");
}

static void tell_imported(struct cli *cli, const struct image_source *src, const struct image *img, int64_t ms)
{
	cc_auto_buf struct cc_buf text = { 0 };

	units_add_bytes(&text, src->facts.bytes);
	cc_buf_adds(&text, " in ");
	units_add_span(&text, ms);
	cli_say(cli, "%s: imported, %s, %lld files, sha256 %.12s", img->name, text.data, (long long)src->facts.entries, img->sha256);
}

int cmd_image_send(struct cli *cli, struct image_source *src, const char *name, const char *arch, struct image *ret, struct cc_error *err)
{
	int64_t begin_ms = cc_boottime_ms();

	if (image_source_make(src, arch, err) < 0 || image_source_arch(cli, src, arch, &arch, err) < 0)
		return -1;
	tell_facts(cli, src);
	if (send_source(cli, src, name, arch, ret, err) < 0)
		return -1;
	tell_imported(cli, src, ret, cc_boottime_ms() - begin_ms);
	return 0;
}

static int import(struct cli *cli, struct image_source *src, const char *name, const char *arch, struct cc_error *err)
{
	struct image img = { 0 };

	if (cmd_image_send(cli, src, name, arch, &img, err) < 0)
		return -1;
	return args_has(&cli->args, "output") ? cli_show_row(cli, &image_desc, &img, err) : 0;
}

static int check_name(const char *name, struct cc_error *err)
{
	return cc_text_check(cc_desc_find(&image_desc, "name"), name, strlen(name), err);
}

int cmd_image_import(struct cli *cli, struct cc_error *err)
{
	image_auto_source src = IMAGE_SOURCE_NONE;
	const char *name = cli->args.words[0];
	bool split = cli->args.n_words > 2;
	struct cc_secret_key key = { 0 };
	int result;

	src.as_told = args_has(&cli->args, "entrypoint");
	if (args_has(&cli->args, "sign")) {
		if (image_sign_key(args_text(&cli->args, "sign", NULL), &key, err) < 0)
			return -1;
		src.key = &key;
	}
	if (check_name(name, err) < 0 || image_source_open(cli, cli->args.words[split ? 2 : 1], &src, err) < 0 ||
	        (split && image_source_open_meta(cli->args.words[1], &src, err) < 0) || cli_begin(cli, err) < 0)
		return -1;
	result = import(cli, &src, name, args_text(&cli->args, "arch", NULL), err);
	sodium_memzero(&key, sizeof(key));
	return result;
}

/* What mmdebstrap says, on one line that is written over; only on a terminal. */
static void show_line(void *arg, const char *line)
{
	struct cli *cli = arg;

	if (cli->err_tty && strncmp(line, "I: ", 3) == 0)
		fprintf(stderr, "\r\033[K%.100s", line + 3);
}

static int bootstrap(struct cli *cli, const struct bootstrap *b, struct image_source *src, struct cc_error *err)
{
	int result;

	src->path = cc_printf(cli->arena, "Debian %s", b->suite);
	src->show = cli->err_tty;
	src->tar = tarball_load(err);
	if (src->tar == NULL || image_source_scratch(&src->from, err) < 0 || image_source_scratch(&src->made, err) < 0)
		return -1;
	cli_say(cli, "building %s for %s; this takes a minute", src->path, b->arch);
	result = bootstrap_run(b, src->from, show_line, cli, err);
	if (cli->err_tty)
		fputs("\r\033[K", stderr);
	return result;
}

/* The archive as a file, for a machine that has no mmdebstrap or no way to a mirror. */
static int save(struct cli *cli, struct image_source *src, const char *path, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	char buf[65536];
	ssize_t n = 0;

	if (fd < 0)
		return cc_fail_errno(err, "making '%.200s'", path);
	for (int64_t at = 0; (n = pread(image_source_fd(src), buf, sizeof(buf), at)) > 0; at += n)
		if (cc_write_all(fd, buf, (size_t)n) < 0)
			break;
	if (n != 0 || fsync(fd) < 0) {
		cc_fail_errno(err, "writing '%.200s'", path);
		unlink(path);
		return -1;
	}
	cli_say(cli, "%s: written; ccctl image import NAME %s takes it", path, path);
	return 0;
}

int cmd_image_build(struct cli *cli, struct cc_error *err)
{
	image_auto_source src = IMAGE_SOURCE_NONE;
	const struct args *args = &cli->args;
	const char *to = args_text(args, "to", NULL), *name;
	struct bootstrap b = { .include = args_text(args, "include", NULL), .mirror = args_text(args, "mirror", NULL) };
	struct utsname u;

	uname(&u);
	b.arch = args_text(args, "arch", cc_arch_debian(u.machine));
	if (bootstrap_parse(args->words[0], cli->arena, &b.suite, &name, err) < 0)
		return -1;
	name = args_text(args, "name", name);
	if (check_name(name, err) < 0)
		return -1;
	if (to != NULL && faccessat(AT_FDCWD, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return cc_fail(err, CONFLICT, "'%.200s' is there already; remove it or choose another name", to);
	if (bootstrap(cli, &b, &src, err) < 0)
		return -1;
	if (to != NULL)
		return image_source_make(&src, b.arch, err) < 0 ? -1 : save(cli, &src, to, err);
	return cli_begin(cli, err) < 0 ? -1 : import(cli, &src, name, b.arch, err);
}

int cmd_image_alias_add(struct cli *cli, struct cc_error *err)
{
	struct image_alias_spec spec = { .name = cli->args.words[0], .target = cli->args.words[1] };
	struct image_alias alias = { 0 };
	struct client *client;
	struct client_call call = { "POST", noun_image_alias.path, &image_alias_spec_desc, &spec, &image_alias_desc, &alias };

	if (check_name(spec.name, err) < 0 || cli_client(cli, &client, err) < 0 || client_call(client, &call, err) < 0)
		return -1;
	cli_say(cli, "%s: stands for %s", alias.name, alias.target);
	return args_has(&cli->args, "output") ? cli_show_row(cli, &image_alias_desc, &alias, err) : 0;
}

int cmd_image_alias_remove(struct cli *cli, struct cc_error *err)
{
	return remove_run(cli, &(struct removal){ &noun_image_alias, "remove", "removed", NULL }, err);
}

int cmd_image_delete(struct cli *cli, struct cc_error *err)
{
	return remove_run(cli, &(struct removal){ &noun_image, "delete", "deleted", "" }, err);
}
