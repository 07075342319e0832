/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/oci.h"

#include "common/arch.h"
#include "common/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define DOCUMENT_MAX (4 << 20)
#define NESTING_MAX  4
#define READ_MAX     1000
#define DIGEST       "sha256:"

// clang-format off
#pragma push_macro("CC_MODEL_FILE")
#undef CC_MODEL_FILE
#define CC_MODEL_FILE(e) CC_STR(cli/e.def)
#define ENTITY oci_platform
#include "common/model/define.inc"
#define ENTITY oci_descriptor
#include "common/model/define.inc"
#define ENTITY oci_index
#include "common/model/define.inc"
#define ENTITY oci_manifest
#include "common/model/define.inc"
#define ENTITY oci_run
#include "common/model/define.inc"
#define ENTITY oci_config
#include "common/model/define.inc"
#pragma pop_macro("CC_MODEL_FILE")
// clang-format on

static int find_inside(const struct oci *o, const char *name, struct tarball_span *ret, struct cc_error *err)
{
	for (size_t i = 0; i < o->blobs->n; i++)
		if (strcmp(o->blobs->items[i].name, name) == 0) {
			*ret = (struct tarball_span){ ret->name, o->job->from, o->blobs->items[i].at, o->blobs->items[i].bytes };
			return 0;
		}
	return cc_fail(err, INVALID, "'%.150s' lacks '%s', which its own documents name; it was not copied whole", o->job->path, name);
}

static int find_file(const struct oci *o, const char *name, struct tarball_span *ret, struct cc_error *err)
{
	cc_auto_close int fd = openat(o->job->from, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return cc_fail(err, INVALID, "'%.150s' lacks '%s', which its own documents name; it was not copied whole", o->job->path, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cc_fail_errno(err, "opening '%.100s/%s'", o->job->path, name);
	if (!S_ISREG(st.st_mode))
		return cc_fail(err, INVALID, "'%.100s/%s' is no regular file", o->job->path, name);
	*ret = (struct tarball_span){ ret->name, cc_take_fd(fd), 0, st.st_size };
	return 0;
}

static int open_named(const struct oci *o, const char *name, struct tarball_span *ret, struct cc_error *err)
{
	*ret = (struct tarball_span){ .name = cc_arena_strdup(o->arena, name), .fd = -1 };
	return o->blobs != NULL ? find_inside(o, name, ret, err) : find_file(o, name, ret, err);
}

int oci_open_blob(const struct oci *o, const struct oci_descriptor *d, struct tarball_span *ret, struct cc_error *err)
{
	struct cc_sha256 hash;
	char hex[CC_SHA256_HEX];

	if (strncmp(d->digest, DIGEST, strlen(DIGEST)) != 0 || cc_sha256_parse(d->digest + strlen(DIGEST), &hash, err) < 0 ||
	        strcmp(cc_sha256_format(hash, hex), d->digest + strlen(DIGEST)) != 0)
		return cc_fail(err, INVALID, "'%.100s' is not a digest that can be checked; sha256 alone is known", d->digest);
	if (open_named(o, cc_printf(o->arena, "blobs/sha256/%s", hex), ret, err) < 0)
		return -1;
	if (ret->bytes != d->size) {
		cc_fail(err, INVALID, "the blob '%.80s' has %lld bytes and not %lld; it was not copied whole", d->digest, (long long)ret->bytes,
		        (long long)d->size);
		oci_close_span(o, ret);
		return -1;
	}
	return 0;
}

static int load(const struct oci *o, const struct tarball_span *span, const char **ret, struct cc_error *err)
{
	char *text;
	int64_t got = 0;

	if (span->bytes > DOCUMENT_MAX)
		return cc_fail(err, TOO_LARGE, "'%.200s' has more than %d bytes", span->name, DOCUMENT_MAX);
	text = cc_arena_alloc(o->arena, (size_t)span->bytes + 1);
	while (got < span->bytes) {
		ssize_t n = pread(span->fd, text + got, (size_t)(span->bytes - got), span->at + got);

		if (n <= 0)
			return cc_fail_errno(err, "reading '%.200s'", span->name);
		got += n;
	}
	*ret = text;
	return 0;
}

static int decode(const struct oci *o, const struct oci_descriptor *d, const struct tarball_span *span, const struct cc_desc *desc, void *ret,
        struct cc_error *err)
{
	char hex[CC_SHA256_HEX];
	const char *text;

	if (load(o, span, &text, err) < 0)
		return -1;
	if (d != NULL && strcmp(cc_sha256_format(cc_sha256(text, (size_t)span->bytes), hex), d->digest + strlen(DIGEST)) != 0)
		return cc_fail(err, INVALID, "the document '%.80s' is damaged: its SHA-256 is %.12s…", d->digest, hex);
	if (cc_json_decode(desc, text, (size_t)span->bytes, CC_JSON_LENIENT, ret, o->arena, err) < 0)
		return cc_wrap(err, "'%.100s'", span->name);
	return 0;
}

int oci_read(const struct oci *o, const struct oci_descriptor *d, const struct cc_desc *desc, void *ret, struct cc_error *err)
{
	struct tarball_span span;
	int result;

	if ((d == NULL ? open_named(o, "index.json", &span, err) : oci_open_blob(o, d, &span, err)) < 0)
		return -1;
	result = decode(o, d, &span, desc, ret, err);
	oci_close_span(o, &span);
	return result;
}

/* Debian's word for a platform; "" for what is none of Linux. */
static const char *debian_arch(const struct oci_platform *p)
{
	static const struct {
		const char *go, *debian;
	} words[] = { { "386", "i386" }, { "arm", "armhf" }, { "ppc64le", "ppc64el" }, { "mips64le", "mips64el" } };
	const char *arch = cc_has(p, oci_platform, architecture) ? p->architecture : "";

	if (cc_has(p, oci_platform, os) && strcmp(p->os, "linux") != 0)
		return "";
	if (strcmp(arch, "arm") == 0 && cc_has(p, oci_platform, variant) && strcmp(p->variant, "v7") != 0 && strcmp(p->variant, "v8") != 0)
		return "armel";
	for (size_t i = 0; i < CC_ARRAY_LEN(words); i++)
		if (strcmp(arch, words[i].go) == 0)
			return words[i].debian;
	return arch;
}

/* The images of a layout, with their architectures. */
struct offers {
	const struct oci_descriptor *chosen;
	const char *arch;
	size_t n, fitting;
	size_t read;   /* documents */
	char all[160]; /* for the message */
};

static void offer(struct offers *f, const struct oci_descriptor *d, const char *arch, const char *wanted)
{
	size_t len = strlen(f->all);
	bool fits = strcmp(arch, wanted) == 0;

	if (strstr(f->all, arch) == NULL)
		snprintf(f->all + len, sizeof(f->all) - len, "%s%s", len > 0 ? ", " : "", arch);
	f->fitting += fits;
	if (f->n++ == 0 || (fits && f->fitting == 1)) {
		f->chosen = d;
		f->arch = arch;
	}
}

static bool is_index(const struct oci_descriptor *d)
{
	return cc_has(d, oci_descriptor, mediaType) && (strstr(d->mediaType, "image.index") != NULL || strstr(d->mediaType, "manifest.list") != NULL);
}

/* What its configuration says, where the index says nothing. */
static int arch_of_manifest(const struct oci *o, const struct oci_descriptor *d, const char **ret, struct cc_error *err)
{
	struct oci_manifest *m = cc_new(o->arena, struct oci_manifest);
	struct oci_platform *p = cc_new(o->arena, struct oci_platform);

	if (oci_read(o, d, &oci_manifest_desc, m, err) < 0 || oci_read(o, &m->config.items[0], &oci_platform_desc, p, err) < 0)
		return -1;
	*ret = debian_arch(p);
	return 0;
}

static int look_through(const struct oci *o, const struct oci_descriptor *of, const char *wanted, int depth, struct offers *f, struct cc_error *err)
{
	struct oci_index *index = cc_new(o->arena, struct oci_index);

	if (depth > NESTING_MAX)
		return cc_fail(err, INVALID, "'%.150s': indexes are nested more than %d deep", o->job->path, NESTING_MAX);
	if (oci_read(o, of, &oci_index_desc, index, err) < 0)
		return -1;
	for (size_t i = 0; i < index->manifests.n; i++) {
		const struct oci_descriptor *d = &index->manifests.items[i];
		const char *arch;

		if (++f->read > READ_MAX)
			return cc_fail(err, TOO_LARGE, "'%.150s' names more than %d images", o->job->path, READ_MAX);
		if (is_index(d)) {
			if (look_through(o, d, wanted, depth + 1, f, err) < 0)
				return -1;
			continue;
		}
		if (cc_has(d, oci_descriptor, platform))
			arch = debian_arch(&d->platform.items[0]);
		else if (arch_of_manifest(o, d, &arch, err) < 0)
			return -1;
		/* Signatures and attestations are for the platform "unknown". */
		if (arch[0] != '\0' && strcmp(arch, "unknown") != 0)
			offer(f, d, arch, wanted);
	}
	return 0;
}

int oci_choose(struct oci *o, struct oci_manifest *ret, struct cc_error *err)
{
	struct offers f = { 0 };
	struct utsname u;
	const char *wanted = o->job->arch;

	uname(&u);
	if (wanted == NULL)
		wanted = cc_arch_debian(u.machine);
	if (look_through(o, NULL, wanted, 0, &f, err) < 0)
		return -1;
	if (f.n == 0)
		return cc_fail(err, INVALID, "'%.200s' holds no image for Linux", o->job->path);
	if (f.fitting > 1)
		return cc_fail(err, INVALID, "'%.120s' holds %zu images for %s; copy the one that is meant into a layout of its own", o->job->path,
		        f.fitting, wanted);
	if (f.fitting == 0 && (f.n > 1 || o->job->arch != NULL))
		return cc_fail(err, NOT_FOUND, "'%.120s' holds no image for %s, only for %s; choose with --arch", o->job->path, wanted, f.all);
	snprintf(o->arch, sizeof(o->arch), "%s", f.arch);
	return oci_read(o, f.chosen, &oci_manifest_desc, ret, err);
}
