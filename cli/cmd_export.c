/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An export is a unified tarball as LXD and Incus have them (metadata.yaml, rootfs/), so it can be imported as an image there and here, with one file more:
 * instance.json is the body of the request that would make the instance anew. */
#include "cli/handlers.h"

#include "cli/copy_load.h"
#include "cli/copy_stream.h"
#include "cli/image_source.h"
#include "cli/units.h"
#include "common/clock.h"
#include "common/io.h"
#include "common/json.h"
#include "common/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INSTANCE_FILE "instance.json"
#define INSTANCE_MAX  65536

static void spec_of(const struct instance *inst, struct instance_spec *ret)
{
	*ret = (struct instance_spec){ .name = inst->name, .image = inst->image_name };
	cc_set(ret, instance_spec, cpu_millis, inst->cpu_millis);
	cc_set(ret, instance_spec, memory_mib, inst->memory_mib);
	cc_set(ret, instance_spec, disk_mib, inst->disk_mib);
	cc_set(ret, instance_spec, pids, inst->pids);
	if (cc_has(inst, instance, bandwidth_kbit))
		cc_set(ret, instance_spec, bandwidth_kbit, inst->bandwidth_kbit);
	cc_set(ret, instance_spec, on_disconnect, inst->on_disconnect);
	if (cc_has(inst, instance, labels))
		cc_set(ret, instance_spec, labels, inst->labels);
	/* Labels of nodes mean the same elsewhere, or nothing; a node to be near to is another one there. */
	if (cc_has(inst, instance, constraint))
		cc_set(ret, instance_spec, constraint, inst->constraint);
	if (cc_has(inst, instance, affinity))
		cc_set(ret, instance_spec, affinity, inst->affinity);
	if (cc_has(inst, instance, spread))
		cc_set(ret, instance_spec, spread, inst->spread);
}

/* Names are DNS labels, so nothing has to be quoted. */
static void add_metadata(struct cc_buf *out, const struct instance *inst, const char *arch)
{
	cc_buf_printf(out,
	        "architecture: %s\ncreation_date: %lld\nproperties:\n  description: export of the instance %s, made from the image %s\n  name: %s\n",
	        arch, (long long)(cc_now_ms() / 1000), inst->name, inst->image_name, inst->name);
}

static int write_head(const struct cc_tree_tool *tool, struct cc_tree_squeeze *s, const struct instance *inst, const char *arch, struct cc_error *err)
{
	cc_auto_buf struct cc_buf metadata = { 0 }, json = { 0 };
	struct instance_spec spec;

	spec_of(inst, &spec);
	add_metadata(&metadata, inst, arch);
	cc_json_encode(&instance_spec_desc, &spec, &json);
	cc_buf_addc(&json, '\n');
	if (tool->squeeze_file(s, "metadata.yaml", metadata.data, err) < 0)
		return -1;
	return tool->squeeze_file(s, INSTANCE_FILE, json.data, err);
}

struct export
{
	const struct cc_tree_tool *tool;
	struct cc_tree_squeeze *squeeze;
};

static int write_piece(void *arg, const void *p, size_t len, struct cc_error *err)
{
	const struct export *x = arg;

	return x->tool->squeeze_write(x->squeeze, p, len, err);
}

static int write_export(struct cli *cli, const struct instance *inst, const char *arch, int fd, struct cc_error *err)
{
	char id[CC_UUID_TEXT];
	struct export x = { .tool = copy_load(err) };
	struct copy c = { .tool = x.tool,
		.call = { .path = client_path(cli->arena, noun_instance.path, cc_uuid_format(inst->id, id), "/export") },
		.write = write_piece,
		.write_arg = &x };
	int status;

	if (x.tool == NULL || x.tool->squeeze_open(fd, &x.squeeze, err) < 0)
		return -1;
	status = write_head(x.tool, x.squeeze, inst, arch, err);
	if (status == 0)
		status = copy_out(cli, &c, err);
	if (status == 0)
		return x.tool->squeeze_close(x.squeeze, err);
	x.tool->squeeze_free(x.squeeze);
	return status == 1 ? cc_fail(err, IO, "some files could not be read; try again, or stop the instance first") : status;
}

/* Under a name of its own until it is whole. */
static int save_export(struct cli *cli, const struct instance *inst, const char *arch, const char *path, struct cc_error *err)
{
	const char *part = cc_printf(cli->arena, "%s.part", path);
	cc_auto_close int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int status;

	if (fd < 0)
		return cc_fail_errno(err, "making '%.200s'", part);
	status = write_export(cli, inst, arch, fd, err);
	if (status == 0 && (fsync(fd) < 0 || rename(part, path) < 0))
		status = cc_fail_errno(err, "writing '%.200s'", path);
	if (status != 0)
		(void)unlink(part);
	return status;
}

static int arch_of(struct client *client, struct cc_arena *a, const struct instance *inst, const char **ret, struct cc_error *err)
{
	struct image img = { 0 };
	char id[CC_UUID_TEXT];

	if (client_get(client, client_path(a, noun_image.path, cc_uuid_format(inst->image, id), ""), &image_desc, &img, err) < 0)
		return -1;
	*ret = img.arch;
	return 0;
}

int cmd_export(struct cli *cli, struct cc_error *err)
{
	const char *name = cli->args.words[0], *path = cli->args.words[1], *arch;
	bool standard = strcmp(path, "-") == 0;
	struct instance inst = { 0 };
	struct client *client;
	int status;

	if (standard && cli->out_tty)
		return cc_fail(err, INVALID, "'-' means an archive on stdout, which is a terminal");
	if (!standard && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return cc_fail(err, CONFLICT, "'%.200s' is there already; remove it or choose another name", path);
	if (cli_client(cli, &client, err) < 0 ||
	        client_get(client, client_path(cli->arena, noun_instance.path, name, ""), &instance_desc, &inst, err) < 0 ||
	        arch_of(client, cli->arena, &inst, &arch, err) < 0)
		return -1;
	status = standard ? write_export(cli, &inst, arch, STDOUT_FILENO, err) : save_export(cli, &inst, arch, path, err);
	if (status == 0 && !standard)
		cli_say(cli, "%s: exported; 'ccctl import %s' makes an instance of it, 'ccctl image import' an image", name, path);
	return status;
}

static int read_spec(struct cli *cli, const struct image_source *src, struct instance_spec *ret, struct cc_error *err)
{
	const struct cc_tree_tool *tool = copy_load(err);
	cc_auto_free char *text = NULL;

	if (tool == NULL)
		return -1;
	tool->prepare();
	if (tool->peek(src->from, INSTANCE_FILE, INSTANCE_MAX, &text, err) < 0)
		return cc_wrap(err, "'%.200s' is no export of an instance ('ccctl image import' takes other archives)", src->path);
	if (lseek(src->from, 0, SEEK_SET) < 0)
		return cc_fail_errno(err, "reading '%.200s'", src->path);
	if (cc_json_decode(&instance_spec_desc, text, strlen(text), CC_JSON_LENIENT, ret, cli->arena, err) < 0)
		return cc_wrap(err, "'%.200s': " INSTANCE_FILE, src->path);
	return 0;
}

/* Before an image is sent for it. */
static int check_free(struct cli *cli, const char *name, struct cc_error *err)
{
	struct instance inst = { 0 };
	struct cc_error none = { 0 };
	struct client *client;

	if (cc_text_check(cc_desc_find(&instance_spec_desc, "name"), name, strlen(name), err) < 0 || cli_client(cli, &client, err) < 0)
		return -1;
	if (client_get(client, client_path(cli->arena, noun_instance.path, name, ""), &instance_desc, &inst, &none) == 0)
		return cc_fail(err, CONFLICT, "there is an instance '%s' already; give another name: ccctl import FILE NAME", name);
	if (none.code == CC_NOT_FOUND)
		return 0;
	*err = none;
	return -1;
}

int cmd_import(struct cli *cli, struct cc_error *err)
{
	image_auto_source src = IMAGE_SOURCE_NONE;
	const struct args *args = &cli->args;
	struct instance_spec spec = { 0 };
	struct image img = { 0 };
	int status;

	if (image_source_open(cli, args->words[0], &src, err) < 0 || cli_begin(cli, err) < 0 || read_spec(cli, &src, &spec, err) < 0)
		return -1;
	if (args->n_words > 1)
		spec.name = args->words[1];
	spec.image = args_text(args, "image", spec.name);
	if (check_free(cli, spec.name, err) < 0 || cmd_image_send(cli, &src, spec.image, NULL, &img, err) < 0)
		return -1;
	status = cmd_create_of(cli, &spec, err);
	return status < 0 ? cc_wrap(err, "the image '%s' is there now", spec.image) : status;
}
