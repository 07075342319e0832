/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees packed and landed, in a folder of the test's own: what comes back is what was there, and hostile streams change nothing outside. */
#include "common/tree.h"
#include "tests/lib/test.h"

#include "common/buf.h"
#include "common/cleanup.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/cc-tree-XXXXXX";
static struct cc_buf said;

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	umask(022);
	cc_tree_tool.prepare();
}

static void teardown(void)
{
	char line[128];

	cc_buf_free(&said);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(line, sizeof(line), "chmod -R u+rwx %s && rm -rf %s", folder, folder);
	ck_assert_int_eq(system(line), 0);
	memcpy(strrchr(folder, '-') + 1, "XXXXXX", 6);
}

static void sh(const char *line)
{
	ck_assert_msg(system(line) == 0, "%s", line);
}

static void say(void *arg, const char *text)
{
	(void)arg;
	cc_buf_adds(&said, text);
	cc_buf_addc(&said, '\n');
}

static int pack(const struct cc_tree_source *sources, size_t n, unsigned flags, struct cc_buf *ret, struct cc_tree_tally *tally, struct cc_error *err)
{
	struct cc_tree_pack_options opt = { .sources = sources, .n = n, .flags = flags, .say = say };
	struct cc_tree_pack *p;
	const void *bytes;
	ssize_t got;

	if (cc_tree_tool.pack_open(&opt, &p, err) < 0)
		return -1;
	while ((got = cc_tree_tool.pack_read(p, &bytes, err)) > 0)
		cc_buf_add(ret, bytes, (size_t)got);
	*tally = *cc_tree_tool.pack_tally(p);
	cc_tree_tool.pack_free(p);
	return (int)got;
}

static struct cc_buf packed(const char *path, const char *name)
{
	struct cc_buf out = { 0 };
	struct cc_tree_tally tally;
	struct cc_error err = { 0 };

	ck_assert_msg(pack(&(struct cc_tree_source){ path, name }, 1, 0, &out, &tally, &err) == 0, "%s", err.msg);
	return out;
}

/* Gives the stream in pieces of 1,000 bytes. */
struct feed {
	const struct cc_buf *stream;
	size_t at, end;
};

static ssize_t give(void *arg, const void **ret, struct cc_error *err)
{
	struct feed *f = arg;
	size_t n = f->end - f->at < 1000 ? f->end - f->at : 1000;

	(void)err;
	*ret = f->stream->data + f->at;
	f->at += n;
	return (ssize_t)n;
}

static int land_part(const struct cc_buf *stream, size_t len, const char *path, enum cc_tree_place place, unsigned flags, struct cc_error *err)
{
	struct feed f = { stream, 0, len };
	struct cc_tree_land_options opt = { .path = path, .place = place, .flags = flags, .read = give, .read_arg = &f, .say = say };
	struct cc_tree_tally tally;

	return cc_tree_tool.land(&opt, &tally, err);
}

static int land(const struct cc_buf *stream, const char *path, enum cc_tree_place place, struct cc_error *err)
{
	return land_part(stream, stream->len, path, place, 0, err);
}

/* Kind, permissions, time, size, links and name of all that is below, and all content. */
#define LIST(d)    "(cd " d " && find . -printf '%P|%y|%m|%T@|%l|%n\\n' | LC_ALL=C sort)"
#define SAME(a, b) LIST(a) " >one; " LIST(b) " >two; test -s one && cmp one two && diff -r --no-dereference " a " " b

START_TEST(a_tree_comes_back_as_it_was)
{
	cc_auto_buf struct cc_buf stream = { 0 };
	struct cc_error err = { 0 };

	sh("mkdir -p src/deep/er src/empty && head -c 200000 /dev/urandom >src/deep/big && : >src/none && printf x >'src/two\nlines' && printf y >'src/\xc3\xa4\xe2\x82\xac' && "
	   "printf z >\"$(printf 'src/latin\\344')\" && chmod 751 src/deep && chmod 604 src/none && chmod 500 src/empty && ln -s ../none src/deep/link && "
	   "ln -s /nowhere src/dangling && ln src/deep/big src/deep/er/same && touch -d '2001-02-03 04:05:06.789012345' src/none src/empty src/deep && "
	   "touch -h -d '1999-09-09 09:09:09' src/dangling && touch -d 2020-01-01 src");
	stream = packed("src", "src");
	ck_assert_msg(land(&stream, "copy", CC_TREE_AS, &err) == 0, "%s", err.msg);
	sh(SAME("src", "copy"));
	sh("test copy/deep/big -ef copy/deep/er/same && ! ls -A copy/deep | grep -q ccctl");
	/* GNU tar reads the same. */
	ck_assert_int_eq(mkdir("gnu", 0755), 0);
	FILE *tar = popen("tar -xp -C gnu -f - 2>/dev/null", "w");
	ck_assert_uint_eq(fwrite(stream.data, 1, stream.len, tar), stream.len);
	ck_assert_int_eq(pclose(tar), 0);
	sh("diff -r --no-dereference src gnu/src");
}
END_TEST

START_TEST(holes_stay_holes)
{
	cc_auto_buf struct cc_buf stream = { 0 };
	struct cc_error err = { 0 };
	struct stat st;

	sh("truncate -s 300M holes && printf middle | dd of=holes bs=1M seek=100 conv=notrunc 2>/dev/null && cp --sparse=always holes ends && printf e >>ends && truncate -s 1M void");
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "holes", "ends", "void" };
		char line[64];

		cc_buf_free(&stream);
		stream = packed(names[i], names[i]);
		ck_assert_uint_lt(stream.len, 1 << 20);
		ck_assert_msg(land(&stream, "copy", CC_TREE_AS, &err) == 0, "%s", err.msg);
		snprintf(line, sizeof(line), "cmp %s copy", names[i]);
		sh(line);
		ck_assert_int_eq(stat("copy", &st), 0);
		ck_assert_int_lt(st.st_blocks, 4096);
	}
}
END_TEST

START_TEST(the_target_is_understood_as_by_cp)
{
	cc_auto_buf struct cc_buf file = { 0 }, tree = { 0 }, content = { 0 };
	struct cc_error err = { 0 };

	sh("mkdir src there && echo 1 >src/a && echo 2 >one && ln -s there way && echo old >old && ln -s old alias && ln -s nothing dangling");
	file = packed("one", "one");
	tree = packed("src", "src");
	content = packed("src", "");
	ck_assert_int_eq(land(&file, "there", CC_TREE_AS, &err), 0);
	ck_assert_int_eq(land(&file, "new", CC_TREE_AS, &err), 0);
	ck_assert_int_eq(land(&file, "alias", CC_TREE_AS, &err), 0);
	ck_assert_int_eq(land(&tree, "way/", CC_TREE_AS, &err), 0);
	ck_assert_int_eq(land(&tree, "renamed/", CC_TREE_AS, &err), 0);
	ck_assert_int_eq(land(&content, "made", CC_TREE_CONTENT, &err), 0);
	ck_assert_int_eq(land(&content, "there", CC_TREE_CONTENT, &err), 0);
	sh("cmp one there/one && cmp one new && cmp one old && test -L alias && cmp src/a there/src/a && cmp src/a renamed/a && cmp src/a made/a && cmp src/a there/a");
	ck_assert_int_eq(land(&file, "no/where", CC_TREE_AS, &err), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_int_eq(land(&file, "nowhere", CC_TREE_INTO, &err), -1);
	ck_assert_int_eq(err.code, CC_NOT_FOUND);
	ck_assert_int_eq(land(&file, "one/", CC_TREE_AS, &err), -1);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	ck_assert_int_eq(land(&file, "dangling", CC_TREE_AS, &err), -1);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	ck_assert_int_eq(land(&tree, "one", CC_TREE_AS, &err), -1);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	ck_assert_int_eq(land(&content, "one", CC_TREE_CONTENT, &err), -1);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	sh("mkdir there/one2 && mv one one2");
	cc_buf_free(&file);
	file = packed("one2", "one2");
	ck_assert_int_eq(land(&file, "there", CC_TREE_AS, &err), -1);
	ck_assert_int_eq(err.code, CC_CONFLICT);
	sh("rmdir there/one2");
}
END_TEST

/* At every place: inside headers, inside data, between entries, before the end mark. */
START_TEST(a_cut_stream_is_an_error_and_leaves_no_half_file)
{
	cc_auto_buf struct cc_buf stream = { 0 };
	struct cc_error err = { 0 };
	size_t end;

	sh("mkdir src out && head -c 1536 /dev/zero >src/zeros && head -c 700 /dev/urandom >src/noise && : >src/last");
	stream = packed("src", "src");
	for (end = stream.len; end > 0 && stream.data[end - 1] == '\0'; end--)
		continue;
	for (size_t len = 0; len + 1024 <= stream.len; len += len % 512 == 0 ? 1 : 511 - len % 512 + (len % 512 == 511)) {
		ck_assert_msg(land_part(&stream, len, "out", CC_TREE_INTO, 0, &err) < 0, "cut at %zu of %zu", len, stream.len);
		sh("for f in out/src/*; do test ! -e $f || cmp -s $f src/${f##*/} || exit 1; done; ! ls -A out/src 2>/dev/null | grep -q ccctl");
	}
	ck_assert_int_eq(land(&stream, "out", CC_TREE_INTO, &err), 0);
}
END_TEST

struct line {
	mode_t type;
	const char *name;
	const char *to; /* of a link; of a file, its content */
	bool hard;
	mode_t perm;
};

static struct cc_buf crafted(const struct line *lines, size_t n)
{
	struct cc_buf out = { 0 };
	struct archive *a = archive_write_new();
	static char bytes[65536];
	size_t used;

	archive_write_set_format_pax_restricted(a);
	archive_write_set_bytes_in_last_block(a, 1);
	ck_assert_int_eq(archive_write_open_memory(a, bytes, sizeof(bytes), &used), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();
		size_t len = lines[i].type == AE_IFREG && !lines[i].hard && lines[i].to != NULL ? strlen(lines[i].to) : 0;

		archive_entry_set_pathname(e, lines[i].name);
		archive_entry_set_filetype(e, lines[i].type);
		archive_entry_set_perm(e, lines[i].perm != 0 ? lines[i].perm : 0755);
		archive_entry_set_size(e, (la_int64_t)len);
		if (lines[i].type == AE_IFLNK)
			archive_entry_set_symlink(e, lines[i].to);
		else if (lines[i].hard)
			archive_entry_set_hardlink(e, lines[i].to);
		ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
		ck_assert_int_eq(archive_write_data(a, lines[i].to, len), (la_ssize_t)len);
		archive_entry_free(e);
	}
	ck_assert_int_eq(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	cc_buf_add(&out, bytes, used);
	return out;
}

static const struct {
	struct line lines[3];
	const char *say;
} hostile[] = {
	{ { { AE_IFREG, "../victim", "bad" } }, "leads outside" },
	{ { { AE_IFREG, "a/../../victim", "bad" } }, "leads outside" },
	{ { { AE_IFREG, "/tmp/victim", "bad" } }, "absolute" },
	{ { { AE_IFLNK, "a", ".." }, { AE_IFREG, "a/victim", "bad" } }, "no directory" },
	{ { { AE_IFLNK, "a", ".." }, { AE_IFDIR, "a", NULL }, { AE_IFREG, "a/victim", "bad" } }, "no directory" },
	{ { { AE_IFREG, "theirs/victim", "bad" } }, "no directory" },
	{ { { AE_IFREG, "a", "../victim", .hard = true } }, "leads outside" },
	{ { { AE_IFREG, "a", "/etc/passwd", .hard = true } }, "absolute" },
	{ { { AE_IFREG, "a", "theirs/victim", .hard = true } }, "did not come" },
	{ { { AE_IFREG, "a", "sub", .hard = true } }, "did not come" },
	{ { { AE_IFREG, "sub", "bad" } }, "is a directory there" },
};

START_TEST(a_hostile_stream_reaches_nothing_outside)
{
	cc_auto_buf struct cc_buf stream = crafted(hostile[_i].lines, hostile[_i].lines[1].name == NULL   ? 1
	                                                              : hostile[_i].lines[2].name == NULL ? 2
	                                                                                                  : 3);
	struct cc_error err = { 0 };

	sh("mkdir out elsewhere out/sub && echo good >victim && echo good >elsewhere/victim && ln -s ../elsewhere out/theirs");
	ck_assert_int_eq(land(&stream, "out", CC_TREE_INTO, &err), -1);
	ck_assert_msg(strstr(err.msg, hostile[_i].say) != NULL, "%s", err.msg);
	sh("test \"$(cat victim elsewhere/victim)\" = \"good\ngood\" && test ! -e /tmp/victim && test $(stat -c %h victim) = 1");
}
END_TEST

START_TEST(a_link_is_replaced_and_not_written_through)
{
	struct line lines[] = { { AE_IFLNK, "a", "../victim" }, { AE_IFREG, "a", "new" } };
	cc_auto_buf struct cc_buf stream = crafted(lines, 2);
	struct cc_error err = { 0 };

	sh("mkdir out && echo good >victim");
	ck_assert_msg(land(&stream, "out", CC_TREE_INTO, &err) == 0, "%s", err.msg);
	sh("test \"$(cat victim)\" = good && test \"$(cat out/a)\" = new && test ! -L out/a");
}
END_TEST

START_TEST(what_was_not_asked_for_is_refused)
{
	struct line lines[] = { { AE_IFREG, ".bashrc", "bad" } };
	cc_auto_buf struct cc_buf stream = crafted(lines, 1);
	struct feed f = { &stream, 0, stream.len };
	const char *const names[] = { "wanted" };
	struct cc_tree_land_options opt = { .path = ".", .place = CC_TREE_INTO, .names = names, .n_names = 1, .read = give, .read_arg = &f };
	struct cc_tree_tally tally;
	struct cc_error err = { 0 };

	ck_assert_int_eq(cc_tree_tool.land(&opt, &tally, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "not asked for"));
	ck_assert_int_ne(access(".bashrc", F_OK), 0);
}
END_TEST

START_TEST(special_files_are_left_out_with_a_word_and_set_id_bits_without)
{
	struct line lines[] = { { AE_IFIFO, "pipe", NULL }, { AE_IFCHR, "null", NULL }, { AE_IFBLK, "disk", NULL },
		{ AE_IFREG, "tool", "x", .perm = 06755 } };
	cc_auto_buf struct cc_buf stream = crafted(lines, 4);
	struct cc_error err = { 0 };

	ck_assert_int_eq(mkdir("out", 0755), 0);
	ck_assert_int_eq(land(&stream, "out", CC_TREE_INTO, &err), 0);
	sh("test \"$(ls out)\" = tool && test $(stat -c %a out/tool) = 755");
	ck_assert_str_eq(cc_buf_str(&said), "left out 'pipe': it is a FIFO\nleft out 'null': it is a device\nleft out 'disk': it is a device\n");
	ck_assert_int_eq(land_part(&stream, stream.len, "out", CC_TREE_INTO, geteuid() == 0 ? CC_TREE_OWNERS : 0, &err), 0);
	if (geteuid() == 0)
		sh("test $(stat -c %a out/tool) = 6755");
}
END_TEST

START_TEST(packing_leaves_out_what_is_special_and_refuses_to_begin_with_it)
{
	static const struct {
		const char *path;
		enum cc_code code;
	} bad[] = { { "pipe", CC_INVALID }, { "/dev/null", CC_INVALID }, { "missing", CC_NOT_FOUND }, { "file/below", CC_CONFLICT } };
	cc_auto_buf struct cc_buf stream = { 0 };
	struct cc_tree_tally tally;

	sh("mkdir src && mkfifo pipe src/pipe && echo 1 >file && cp file src");
	for (size_t i = 0; i < CC_ARRAY_LEN(bad); i++) {
		struct cc_error err = { 0 };

		ck_assert_int_eq(pack(&(struct cc_tree_source){ bad[i].path, "x" }, 1, 0, &stream, &tally, &err), -1);
		ck_assert_msg(err.code == bad[i].code, "%s: %s", bad[i].path, err.msg);
	}
	struct cc_error err = { 0 };
	ck_assert_int_eq(pack(&(struct cc_tree_source){ "src", "src" }, 1, 0, &stream, &tally, &err), 0);
	ck_assert_str_eq(cc_buf_str(&said), "left out 'src/pipe': it is a FIFO\n");
	ck_assert_int_eq(tally.left_out, 1);
	ck_assert_int_eq(tally.entries, 2);
}
END_TEST

START_TEST(a_link_that_is_named_is_copied_or_followed)
{
	cc_auto_buf struct cc_buf plain = { 0 }, followed = { 0 };
	struct cc_tree_tally tally;
	struct cc_error err = { 0 };
	struct cc_tree_source source = { "way", "way" };

	sh("mkdir dir && echo 1 >dir/a && ln -s dir way");
	ck_assert_int_eq(pack(&source, 1, 0, &plain, &tally, &err), 0);
	ck_assert_int_eq(pack(&source, 1, CC_TREE_FOLLOW, &followed, &tally, &err), 0);
	ck_assert_int_eq(land(&plain, "one", CC_TREE_AS, &err), 0);
	ck_assert_int_eq(land(&followed, "two", CC_TREE_AS, &err), 0);
	sh("test $(readlink one) = dir && cmp dir/a two/a && test ! -L two");
}
END_TEST

START_TEST(what_is_no_tar_stream_is_said_to_be_none)
{
	cc_auto_buf struct cc_buf stream = { 0 };
	struct cc_error err = { 0 };

	for (int i = 0; i < 100; i++)
		cc_buf_adds(&stream, "hello world, this is text");
	ck_assert_int_eq(land(&stream, ".", CC_TREE_INTO, &err), -1);
	ck_assert_int_eq(err.code, CC_INVALID);
	ck_assert_ptr_nonnull(strstr(err.msg, "no tar stream"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_tree_comes_back_as_it_was);
	tcase_add_test(tc, holes_stay_holes);
	tcase_add_test(tc, the_target_is_understood_as_by_cp);
	tcase_add_test(tc, a_cut_stream_is_an_error_and_leaves_no_half_file);
	tcase_add_loop_test(tc, a_hostile_stream_reaches_nothing_outside, 0, CC_ARRAY_LEN(hostile));
	tcase_add_test(tc, a_link_is_replaced_and_not_written_through);
	tcase_add_test(tc, what_was_not_asked_for_is_refused);
	tcase_add_test(tc, special_files_are_left_out_with_a_word_and_set_id_bits_without);
	tcase_add_test(tc, packing_leaves_out_what_is_special_and_refuses_to_begin_with_it);
	tcase_add_test(tc, a_link_that_is_named_is_copied_or_followed);
	tcase_add_test(tc, what_is_no_tar_stream_is_said_to_be_none);
	suite_add_tcase(s, tc);
	return test_run(s);
}
