/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/handlers.h"

#include "cli/progress.h"
#include "cli/tarball.h"
#include "cli/units.h"
#include "common/arch.h"
#include "common/clock.h"
#include "common/model.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Where an image comes from: a file that is open, or a directory that is being packed. */
struct origin {
	const char *path;
	const struct tarball_tool *tar;
	int fd;
	struct tarball_pack *pack;
	struct tarball_facts facts;
	int64_t left_out;
	struct progress progress;
};

static void origin_close(struct origin *o)
{
	if (o->fd >= 0)
		close(o->fd);
	if (o->pack != NULL)
		o->tar->pack_free(o->pack);
}

static ssize_t read_origin(void *arg, char *buf, size_t max, struct cc_error *err)
{
	struct origin *o = arg;
	ssize_t n = o->pack != NULL ? o->tar->pack_read(o->pack, buf, max, err) : read(o->fd, buf, max);

	if (n < 0 && o->pack == NULL)
		cc_fail_errno(err, "reading '%.200s'", o->path);
	if (n > 0)
		progress_add(&o->progress, n);
	return n;
}

static int open_file(struct origin *o, struct cc_error *err)
{
	o->fd = open(o->path, O_RDONLY | O_CLOEXEC);
	if (o->fd < 0)
		return cc_fail_errno(err, "opening '%.200s'", o->path);
	if (o->tar->check(o->fd, o->path, &o->facts, err) < 0)
		return -1;
	if (lseek(o->fd, 0, SEEK_SET) != 0)
		return cc_fail_errno(err, "reading '%.200s' again", o->path);
	return 0;
}

static int open_origin(struct cli *cli, struct origin *o, struct cc_error *err)
{
	struct stat st;

	if (stat(o->path, &st) < 0)
		return errno == ENOENT ? cc_fail(err, INVALID, "there is no file or directory '%.200s'", o->path)
		                       : cc_fail_errno(err, "opening '%.200s'", o->path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return cc_fail(err, INVALID, "'%.200s' is neither a file nor a directory", o->path);
	o->tar = tarball_load(err);
	if (o->tar == NULL)
		return -1;
	if (S_ISREG(st.st_mode))
		return open_file(o, err);
	if (cli->err_tty)
		cli_say(cli, "packing %s", o->path);
	if (o->tar->measure(o->path, &o->facts, &o->left_out, err) < 0)
		return -1;
	return o->tar->pack_open(o->path, &o->pack, err);
}

/* Debian's word for this machine. */
static const char *machine_arch(struct cc_arena *a)
{
	struct utsname u;

	uname(&u);
	return cc_arena_strdup(a, cc_arch_debian(u.machine));
}

static int send_origin(struct cli *cli, struct origin *o, const char *name, struct image *ret, struct cc_error *err)
{
	struct client_source source = { .read = read_origin, .arg = o, .bytes = o->facts.bytes };
	const char *arch = args_text(&cli->args, "arch", NULL);
	struct client *client;
	int result;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	source.path = cc_printf(cli->arena, "%s?name=%s&arch=%s&sha256=%s", noun_image.path, client_escape(cli->arena, name),
	        client_escape(cli->arena, arch != NULL ? arch : machine_arch(cli->arena)), o->facts.sha256);
	progress_begin(&o->progress, cc_printf(cli->arena, "sending %s", name), o->facts.bytes, cli->err_tty);
	result = client_upload(client, &source, &image_desc, ret, err);
	progress_end(&o->progress);
	return result;
}

static void tell_imported(struct cli *cli, const struct origin *o, const struct image *img, int64_t ms)
{
	cc_auto_buf struct cc_buf text = { 0 };

	units_add_bytes(&text, o->facts.bytes);
	cc_buf_adds(&text, " in ");
	units_add_span(&text, ms);
	if (o->left_out > 0)
		cli_say(cli, "left out %lld sockets and device nodes", (long long)o->left_out);
	cli_say(cli, "%s: imported, %s, %lld files, sha256 %.12s", img->name, text.data, (long long)o->facts.entries, img->sha256);
}

int cmd_image_import(struct cli *cli, struct cc_error *err)
{
	__attribute__((cleanup(origin_close))) struct origin o = { .path = cli->args.words[1], .fd = -1 };
	const char *name = cli->args.words[0];
	int64_t begin_ms = cc_boottime_ms();
	struct image img = { 0 };

	if (cc_text_check(cc_desc_find(&image_desc, "name"), name, strlen(name), err) < 0 || open_origin(cli, &o, err) < 0 ||
	        send_origin(cli, &o, name, &img, err) < 0)
		return -1;
	tell_imported(cli, &o, &img, cc_boottime_ms() - begin_ms);
	return args_has(&cli->args, "output") ? cli_show_row(cli, &image_desc, &img, err) : 0;
}

int cmd_image_delete(struct cli *cli, struct cc_error *err)
{
	struct cc_error e = { 0 };
	struct client *client;
	int status = 0;

	if (cli_client(cli, &client, err) < 0)
		return -1;
	for (size_t i = 0; i < cli->args.n_words; i++) {
		const char *name = cli->args.words[i];
		struct client_call call = { .method = "DELETE", .path = client_path(cli->arena, noun_image.path, name, "") };

		if (client_call(client, &call, &e) == 0) {
			cli_say(cli, "%s: deleted", name);
			continue;
		}
		status = status != 0 ? cli_tell(cli, &e), status : cli_tell(cli, &e);
	}
	return status;
}
