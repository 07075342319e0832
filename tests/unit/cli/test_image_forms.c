/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ccctl image import makes of the forms that images come in, and ccctl image build of what mmdebstrap makes. */
#include "common/hash.h"
#include "tests/lib/test.h"
#include "tests/unit/cli/fake.h"
#include "tests/unit/cli/fixtures.h"

#include <string.h>

#define MAKE_ROOT                                                                                                               \
	"mkdir -p root/sbin root/etc && echo hi > root/etc/motd && echo init > root/sbin/init && chmod 4755 root/sbin/init && " \
	"ln root/sbin/init root/sbin/telinit && ln -s ../etc/motd root/sbin/motd && mkfifo root/fifo && "                       \
	"touch 'root/etc/F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny'\n"

/* blob FILE [MORE]: puts it into the layout `oci` and prints its descriptor. image ARCH LAYER...: the descriptor of an image of these files.
 * layout DESCRIPTOR...: the layout's index. */
#define OCI                                                                                                                                                 \
	"blob() { h=$(sha256sum <$1 | cut -c 1-64); mkdir -p oci/blobs/sha256; cp $1 oci/blobs/sha256/$h\n"                                                 \
	"  printf '{\"mediaType\":\"x\",\"digest\":\"sha256:%s\",\"size\":%d%s}' $h $(stat -c %s $1) \"$2\"; }\n"                                           \
	"image() { printf '{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{%s}}' $1 \"${run-\\\"Env\\\":[\\\"A=b\\\"]}\" >config; c=$(blob config)\n" \
	"  arch=$1; shift; l=; for f; do l=\"$l${l:+,}$(blob $f)\"; done\n"                                                                                 \
	"  printf '{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]}' \"$c\" \"$l\" >manifest\n"                                                          \
	"  blob manifest \"${platform-,\\\"platform\\\":{\\\"architecture\\\":\\\"$arch\\\",\\\"os\\\":\\\"linux\\\"\\}}\"; }\n"                            \
	"layout() { l=; for d; do l=\"$l${l:+,}$d\"; done; printf '{\"schemaVersion\":2,\"manifests\":[%s]}' \"$l\" >oci/index.json\n"                      \
	"  echo '{\"imageLayoutVersion\":\"1.0.0\"}' >oci/oci-layout; }\n"                                                                                  \
	"layer() { tar cf $1.tar --sort=name -C $1 .; }\n"

/* Whether what was sent unpacks to the same as the directory `root`. */
#define SAME_AS_ROOT                                                                                               \
	"mkdir tree && tar xpf sent -C tree && diff -r --no-dereference -x fifo root tree && [ -p tree/fifo ] && " \
	"[ -u tree/sbin/init ] && [ tree/sbin/init -ef tree/sbin/telinit ] && [ $(tar tf sent | sort | uniq -d | wc -l) = 0 ]"

static const struct fake_row rows[] = {
	{ "POST", "/v1/images", 201, IMAGE_BUSYBOX },
	{ NULL },
};

static void start(void)
{
	fake_start(rows);
}

/* The only upload, in the file `sent`; its hash is what the request says. */
static const struct fake_seen *save_sent(void)
{
	const struct fake_seen *s = fake_seen("POST", "/v1/images", 0);
	char path[128], hex[CC_SHA256_HEX];
	FILE *f;

	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_nonnull(strstr(s->url, cc_sha256_format(cc_sha256(s->body.data, s->body.len), hex)));
	snprintf(path, sizeof(path), "%s/sent", fake_dir());
	f = fopen(path, "w");
	ck_assert_uint_eq(fwrite(s->body.data, 1, s->body.len, f), s->body.len);
	fclose(f);
	return s;
}

static const struct {
	const char *make; /* of `root`: the thing called `a` */
	const char *arch; /* what is told of it */
} same[] = {
	{ "tar cjf a -C root .", "amd64" },
	{ "tar czf a --absolute-names --transform 's,^root,./.,' root", "amd64" },
	{ "mknod root/sbin/null c 1 3; tar cf a -C root . && rm root/sbin/null", "amd64" },
	{ "printf 'creation_date: 1\\narchitecture: \"aarch64\"\\n' >metadata.yaml; mkdir templates; touch templates/x; mv root rootfs;"
	  "tar cJf a metadata.yaml rootfs templates && mv rootfs root",
	        "arm64" },
	{ "mkdir u; echo 'architecture: armv7l' >u/metadata.yaml; mv root u/rootfs; mv u a; cp -a a/rootfs root", "armhf" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; mv oci a", "amd64" },
	{ "layer root; gzip root.tar; layout \"$(image amd64 root.tar.gz)\"; tar cf a -C oci .", "amd64" },
	{ "layer root; zstd -q root.tar; platform=; layout \"$(image arm root.tar.zst)\"; tar cf a -C oci blobs index.json oci-layout", "armhf" },
	{ "mkdir other; echo x >other/x; layer other; layer root; layout \"$(image s390x other.tar)\" \"$(image amd64 root.tar)\" \"$(image unknown other.tar)\";"
	  "mv oci a",
	        "amd64" },
	{ "layer root; i=$(image amd64 root.tar); printf '{\"manifests\":[%s]}' \"$i\" >inner; "
	  "layout \"$(blob inner | sed 's,\"x\",\"application/vnd.oci.image.index.v1+json\",')\"; mv oci a",
	        "amd64" },
};

START_TEST(every_form_comes_to_the_same_files)
{
	struct ran r = fake_run("%s%s%s\nccctl image import busybox a", MAKE_ROOT, OCI, same[_i].make);
	char part[64];

	ck_assert_msg(r.status == 0, "%s: %s", same[_i].make, r.err);
	snprintf(part, sizeof(part), "arch=%s&", same[_i].arch);
	ck_assert_msg(strstr(save_sent()->url, part) != NULL, "%s: %s", same[_i].make, fake_seen("POST", "/v1/images", 0)->url);
	r = fake_run(SAME_AS_ROOT);
	ck_assert_msg(r.status == 0, "%s: %s%s", same[_i].make, r.out, r.err);
}
END_TEST

/* Layers one, two and three, and a shell's view of what they come to. */
static const struct {
	const char *make;
	const char *holds;
} layered[] = {
	{ "echo 1 >one/a; echo 2 >two/a; echo 3 >three/b", "[ $(cat a) = 2 ] && [ $(cat b) = 3 ]" },
	{ "mkdir one/d; echo 1 >one/d/a; touch one/d/b; mkdir two/d; touch two/d/.wh.b three/x",
	        "[ -e d/a ] && [ ! -e d/b ] && [ -z \"$(find . -name '.wh*')\" ]" },
	{ "mkdir -p one/d/e two/d; touch one/d/a one/d/e/b two/d/new two/d/.wh..wh..opq three/x", "[ ! -e d/a ] && [ ! -e d/e ] && [ -e d/new ]" },
	{ "mkdir -p one/d; touch one/d/a two/.wh.d; mkdir two/d; touch two/d/b three/x", "[ ! -e d/a ] && [ -e d/b ]" },
	{ "mkdir one/d; touch one/d/a; echo file >two/d; touch three/x", "[ -f d ]" },
	{ "echo f >one/d; mkdir two/d; touch two/d/a three/x", "[ -e d/a ]" },
	/* The name that carried the content goes, the other one stays. */
	{ "echo kept >one/a; ln one/a one/b; touch two/.wh.a three/x", "[ $(cat b) = kept ] && [ ! -e a ]" },
	{ "echo old >one/a; ln one/a one/b; echo new >two/a; touch three/x", "[ $(cat a) = new ] && [ $(cat b) = old ]" },
	{ "mkdir -p one/usr/lib; ln -s usr/lib one/lib; mkdir two/lib; rmdir two/lib; mkdir -p two/usr; touch two/usr/y three/x",
	        "[ -L lib ] && [ -e usr/y ]" },
	/* A later layer writes through a link of an earlier one: inside of the image. */
	{ "ln -s /usr/lib one/lib; mkdir -p one/usr/lib two/lib; touch two/lib/so three/x", "[ -e usr/lib/so ]" },
	{ "ln -s ../../../../outside one/lib; mkdir two/lib; touch two/lib/so three/x", "[ -e outside/so ]" },
	{ "touch one/.wh.none one/a two/.wh..wh..opq two/b three/x", "[ ! -e a ] && [ -e b ]" },
	{ "touch one/a two/b three/.wh.a three/.wh.b three/x", "[ ! -e a ] && [ ! -e b ] && [ -e x ]" },
};

START_TEST(layers_cover_each_other)
{
	/* What is a link below must not be a directory entry above, or it would replace it. */
	const char *tars =
	        "tar cf one.tar -C one .; (cd two && find . -mindepth 1 -not -type d | tar cf ../two.tar --no-recursion -T -); layer three\n";
	struct ran r;

	if (strstr(layered[_i].make, "mkdir -p one/d/e") != NULL || strstr(layered[_i].make, "echo f >one/d") != NULL)
		tars = "layer one; layer two; layer three\n";
	r = fake_run("%smkdir one two three; %s\n%slayout \"$(image amd64 one.tar two.tar three.tar)\" && ccctl image import busybox oci", OCI,
	        layered[_i].make, tars);
	ck_assert_msg(r.status == 0, "%s: %s", layered[_i].make, r.err);
	save_sent();
	r = fake_run("mkdir tree && tar xpf sent -C tree && cd tree && %s", layered[_i].holds);
	ck_assert_msg(r.status == 0, "%s: %s%s%s", layered[_i].make, r.out, r.err, fake_run("find tree").out);
}
END_TEST

static const struct {
	const char *make; /* of `a` */
	const char *part;
} bad[] = {
	{ "tar cf a --absolute-names --transform 's,root/etc,/etc,' root", "with an absolute name, '/etc" },
	{ "tar cf a --absolute-names --transform 's,root/etc,../etc,' root", "that leads outside, '../etc" },
	{ "tar cf a --absolute-names --transform 's,root/etc,etc/../../x,' root", "that leads outside" },
	{ "ln -s b root/a; ln -s a root/b; tar cf a -C root a b etc/motd --transform 's,etc/motd,a/x,'", "links in a circle" },
	{ "tar cf a -C root sbin/telinit etc/motd --transform 's,etc/motd,sbin/telinit/x,'", "inside of 'telinit', which is no directory" },
	{ "tar cf a -C root sbin/telinit sbin/init --transform 's,^sbin/telinit,x,H' --transform 's,^sbin/telinit,gone,h'", "hard link to nothing" },
	{ "tar cf a --owner=70000 -C root etc", "belongs to 70000:" },
	{ "d=r; for i in $(seq 101); do d=$d/d; done; mkdir -p $d; tar cf a r", "directories deep" },
	{ "truncate -s 17G big; tar cSf a big", "larger than 16 GiB" },
	{ "printf hsqs >a; head -c 1000 /dev/zero >>a", "sqfs2tar" },
	{ "touch metadata.yaml; tar cf a metadata.yaml", "only the metadata of a split image" },
	{ "head -c 70000 /dev/zero >metadata.yaml; mv root rootfs; tar cf a metadata.yaml rootfs", "metadata.yaml has more than" },
	{ "echo '[]' >manifest.json; tar cf a manifest.json", "docker's own older format" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; tar czf a -C oci .", "decompress it first" },
	{ "layer root; layout \"$(image s390x root.tar)\" \"$(image riscv64 root.tar)\"; mv oci a", "no image for amd64, only for s390x, riscv64" },
	{ "layer root; layout \"$(image amd64 root.tar)\" \"$(image amd64 root.tar)\"; mv oci a", "holds 2 images for amd64" },
	{ "layer root; layout \"$(image amd64 root.tar | sed s,linux,windows,)\"; mv oci a", "no image for Linux" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; for f in oci/blobs/sha256/*; do echo >>$f; done; mv oci a", "was not copied whole" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; for f in oci/blobs/sha256/*; do sed -i s,layers,LAYERS, $f; done; mv oci a",
	        "is damaged" },
	{ "echo CONTENT >root/etc/motd; layer root; layout \"$(image amd64 root.tar)\"; for f in oci/blobs/sha256/*; do sed -i s,CONTENT,TNETNOC, $f; done; mv oci a",
	        "the layer 'sha256:" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; rm oci/blobs/sha256/*; mv oci a", "which its own documents name" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; cd oci/blobs/sha256; for f in *; do mv $f ../x; ln -s /etc/passwd $f; done; cd ../../..; mv oci a",
	        "opening 'a/blobs" },
	{ "layer root; layout \"$(image amd64 root.tar | sed 's,sha256:,sha512:,')\"; mv oci a", "sha256 alone" },
	{ "layer root; layout \"$(image amd64 root.tar | sed 's,sha256:..,sha256:..,')\"; mv oci a", "not a digest" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; echo '{\"manifests\":' >oci/index.json; mv oci a", "'index.json'" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; echo '{}' >oci/index.json; mv oci a", "manifests: is missing" },
	{ "layer root; layout \"$(image amd64 root.tar)\"; truncate -s 5M oci/index.json; mv oci a", "more than 4194304 bytes" },
	{ "mkdir -p l; touch l/.wh.x; layer l; echo hi >motd; layout \"$(image amd64 l.tar motd)\"; mv oci a", "is not a tar archive" },
	{ "layout \"$(image amd64)\"; mv oci a", "has 0 layers" },
	{ "cd root; touch .wh.etc; tar cf ../l.tar .wh.etc; cd ..; layout \"$(image amd64 l.tar)\"; mv oci a", "holds no files" },
};

START_TEST(hostile_and_broken_ones_are_refused_before_anything_is_sent)
{
	struct ran r = fake_run("%s%s%s\nccctl image import busybox a", MAKE_ROOT, OCI, bad[_i].make);

	ck_assert_msg(strstr(r.err, bad[_i].part) != NULL, "%s: %s", bad[_i].make, r.err);
	ck_assert_msg(r.status != 0 && r.status < 10, "%d: %s", r.status, r.err);
	ck_assert_uint_eq(fake_count("POST", "/v1/images"), 0);
}
END_TEST

START_TEST(the_architecture_that_is_asked_for_must_be_there)
{
	struct ran r = fake_run(
	        "%s%slayer root; layout \"$(image amd64 root.tar)\" \"$(image arm64 root.tar)\"; ccctl image import busybox oci --arch arm64",
	        MAKE_ROOT, OCI);

	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_ptr_nonnull(strstr(save_sent()->url, "arch=arm64&"));
	r = fake_run("ccctl image import busybox oci --arch s390x");
	ck_assert_int_eq(r.status, 3);
	r = fake_run(
	        "echo architecture: x86_64 >metadata.yaml; mv root rootfs; tar cf u metadata.yaml rootfs; ccctl image import busybox u --arch arm64");
	ck_assert_msg(strstr(r.err, "says of itself that it is for amd64") != NULL, "%s", r.err);
}
END_TEST

/* Of `meta` and `fs`, the two halves of an image. */
static const char *const split_good[] = {
	"tar cJf fs -C root .",
	"tar cf fs -C root .; xz -9 meta; mv meta.xz meta",
	"cp -a root fs",
	"mkdir templates; touch templates/hosts.tpl; tar cf meta metadata.yaml templates; tar czf fs -C root .",
};

START_TEST(a_split_image_is_its_root_file_system_with_the_architecture_of_its_metadata)
{
	struct ran r = fake_run("%secho 'architecture: aarch64' >metadata.yaml; tar cf meta metadata.yaml; %s\nccctl image import busybox meta fs",
	        MAKE_ROOT, split_good[_i]);

	ck_assert_msg(r.status == 0, "%s: %s", split_good[_i], r.err);
	ck_assert_ptr_nonnull(strstr(save_sent()->url, "arch=arm64&"));
	r = fake_run(SAME_AS_ROOT);
	ck_assert_msg(r.status == 0, "%s: %s%s", split_good[_i], r.out, r.err);
}
END_TEST

static const struct {
	const char *make, *part;
} split_bad[] = {
	/* The other way round. */
	{ "mv meta x; mv fs meta; mv x fs", "the metadata comes first" },
	{ "tar cf fs metadata.yaml", "is a whole image and no root file system" },
	{ "mv root rootfs; tar cf meta metadata.yaml rootfs; mv rootfs root", "is a whole image with a root file system of its own" },
	{ "rm meta; mkdir meta", "is no file" },
	{ "rm meta", "there is no file 'meta'" },
	{ "rm fs", "there is no file or directory 'fs'" },
	{ "echo x >meta", "is not a tar archive" },
	{ "truncate -s 600 meta", "truncated" },
	{ "head -c 70000 /dev/zero >metadata.yaml; tar cf meta metadata.yaml", "metadata.yaml has more than" },
	{ "printf hsqs >fs; head -c 1000 /dev/zero >>fs", "sqfs2tar" },
};

START_TEST(halves_that_do_not_fit_are_refused_before_anything_is_sent)
{
	struct ran r = fake_run(
	        "%secho 'architecture: aarch64' >metadata.yaml; tar cf meta metadata.yaml; tar cf fs -C root .; %s\nccctl image import busybox meta fs",
	        MAKE_ROOT, split_bad[_i].make);

	ck_assert_msg(strstr(r.err, split_bad[_i].part) != NULL, "%s: %s", split_bad[_i].make, r.err);
	ck_assert_msg(r.status != 0 && r.status < 10, "%d: %s", r.status, r.err);
	ck_assert_uint_eq(fake_count("POST", "/v1/images"), 0);
}
END_TEST

/* A root file system with a shell and without an init. */
#define MAKE_SINGLE                                                                                                                          \
	"mkdir -p root/bin root/usr/sbin && ln -s usr/sbin root/sbin && cp /bin/busybox root/bin/busybox && ln -s busybox root/bin/sh\n" OCI \
	"layer root\n"

/* What an image says, what the init that is made of it prints, and its status. */
static const struct {
	const char *run, *prints;
	int status;
} inits[] = {
	{ "\"Entrypoint\":[\"sh\",\"-c\",\"echo $A:$PWD:$1:$2; exit 7\",\"x\"],\"Cmd\":[\"it'\\''s\",\"$HOME `id` \\\"q\\\"\"],\"Env\":[\"A=b'\\''c\"],"
	  "\"WorkingDir\":\"/tmp\",\"User\":\"www-data\"",
	        "b'c:/tmp:it's:$HOME `id` \"q\"\n", 7 },
	{ "\"Entrypoint\":null,\"Cmd\":[\"/bin/echo\",\"hello\"],\"Env\":null,\"WorkingDir\":\"\"", "hello\n", 0 },
	{ "\"Cmd\":[\"sh\",\"-c\",\"echo $PATH\"]", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n", 0 },
	{ "\"Cmd\":[\"sh\",\"-c\",\"printf %s \\\"$PATH$A\\\"\"],\"Env\":[\"PATH=/bin:/usr/bin\",\"A;touch x=1\",\"9=1\",\"=\",\"A\",\"A=\\n;b\"]",
	        "/bin:/usr/bin\n;b", 0 },
	{ "\"Cmd\":[\"true\"],\"WorkingDir\":\"/is not there\"", "", 1 },
	/* Whatever the program does, its end is the instance's. */
	{ "\"Cmd\":[\"sh\",\"-c\",\"kill -9 $$\"]", "", 137 },
};

START_TEST(an_image_for_a_single_program_gets_an_init_that_runs_it)
{
	struct ran r = fake_run("run='%s'\n%slayout \"$(image amd64 root.tar)\"; ccctl image import busybox oci", inits[_i].run, MAKE_SINGLE);

	ck_assert_msg(r.status == 0, "%s: %s", inits[_i].run, r.err);
	ck_assert_msg(strstr(r.err, "its instances run: ") != NULL && strstr(r.err, "no /sbin/init") == NULL, "%s", r.err);
	ck_assert_msg((strstr(r.err, "the user 'www-data'") != NULL) == (_i == 0), "%s", r.err);
	save_sent();
	r = fake_run("mkdir tree && tar xpf sent -C tree && [ -L tree/sbin ] && [ -x tree/usr/sbin/init ] && exec sh tree/usr/sbin/init");
	ck_assert_msg(r.status == inits[_i].status, "%s: %d %s", inits[_i].run, r.status, r.err);
	ck_assert_str_eq(r.out, inits[_i].prints);
}
END_TEST

START_TEST(a_stop_reaches_the_program_of_such_an_init)
{
	struct ran r = fake_run(
	        "run='\"Cmd\":[\"sh\",\"-c\",\"trap \\\"echo bye; exit 3\\\" TERM; echo up >up; while :; do sleep 0.1; done\"],\"WorkingDir\":\"%s\"'\n%slayout \"$(image amd64 root.tar)\"; ccctl image import busybox oci",
	        fake_dir(), MAKE_SINGLE);

	ck_assert_msg(r.status == 0, "%s", r.err);
	save_sent();
	r = fake_run("mkdir tree && tar xpf sent -C tree && (timeout 60 sh tree/usr/sbin/init & p=$!; until [ -e up ]; do sleep 0.05; done; "
	             "kill -PWR $(cat /proc/$p/task/$p/children) && wait $p; echo $?)");
	ck_assert_str_eq(r.out, "bye\n3\n");
}
END_TEST

static const struct {
	const char *run, *more, *told;
	int status;
} plain[] = {
	/* Nothing to run, no shell, an init of its own. */
	{ "", "", "there is no /sbin/init in it", 0 },
	{ "\"Cmd\":[\"/prog\"]", "rm root/bin/sh; layer root", "there is no /sbin/init in it", 0 },
	{ "\"Cmd\":[\"/prog\"]", "echo own >root/sbin/init; layer root", "imported", 0 },
	{ "\"Cmd\":7", "", "what the image runs", 2 },
};

START_TEST(where_nothing_can_be_made_it_is_told_and_an_own_init_stays)
{
	struct ran r = fake_run(
	        "run='%s'\n%s%s\nlayout \"$(image amd64 root.tar)\"; ccctl image import busybox oci", plain[_i].run, MAKE_SINGLE, plain[_i].more);

	ck_assert_msg(r.status == plain[_i].status, "%d: %s", r.status, r.err);
	ck_assert_msg(strstr(r.err, plain[_i].told) != NULL, "%s", r.err);
	ck_assert_ptr_null(strstr(r.err, "its instances run"));
}
END_TEST

START_TEST(with_entrypoint_an_init_of_its_own_gives_way)
{
	struct ran r = fake_run(
	        "run='\"Cmd\":[\"/bin/echo\",\"mine\"]'\n%secho own >root/sbin/init; layer root\nlayout \"$(image amd64 root.tar)\"; ccctl image import busybox oci --entrypoint",
	        MAKE_SINGLE);

	ck_assert_msg(r.status == 0, "%s", r.err);
	save_sent();
	r = fake_run("mkdir tree && tar xpf sent -C tree && [ $(tar tf sent | grep -c sbin/init) = 1 ] && sh tree/sbin/init");
	ck_assert_str_eq(r.out, "mine\n");
}
END_TEST

START_TEST(what_cannot_start_is_told)
{
	struct ran r = fake_run("%srm root/sbin/init; layer root; layout \"$(image amd64 root.tar)\"; ccctl image import busybox oci", MAKE_ROOT OCI);

	ck_assert_int_eq(r.status, 0);
	ck_assert_ptr_nonnull(strstr(r.err, "there is no /sbin/init in it"));
}
END_TEST

/* An mmdebstrap of our own; `does` is what it does after it has told its arguments. */
#define MMDEBSTRAP(does)                                                                                 \
	"mkdir bin; printf '#!/bin/sh\\necho I: working >&2; for a; do echo \"$a\" >>args; done\\n" does \
	"' >bin/mmdebstrap; chmod 755 bin/mmdebstrap; PATH=$PWD/bin:$PATH\n"

START_TEST(a_build_is_imported)
{
	struct ran r =
	        fake_run("%s%sccctl image build debian:12 --include a,b --mirror http://localhost/debian", MAKE_ROOT, MMDEBSTRAP("tar c -C root ."));

	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_ptr_nonnull(strstr(save_sent()->url, "?name=debian-12&arch="));
	ck_assert_int_eq(
	        fake_run("grep -x -e '--include=.*,a,b' args && grep -x bookworm args && grep -x 'deb http://localhost/debian bookworm main' args")
	                .status,
	        0);
	r = fake_run(SAME_AS_ROOT);
	ck_assert_msg(r.status == 0, "%s", r.err);
}
END_TEST

START_TEST(a_build_may_go_to_a_file)
{
	struct ran r = fake_run("%s%sccctl image build trixie --mirror file:///nowhere --to sent", MAKE_ROOT, MMDEBSTRAP("tar c -C root ."));

	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_uint_eq(fake_count("POST", "/v1/images"), 0);
	r = fake_run(SAME_AS_ROOT);
	ck_assert_msg(r.status == 0, "%s", r.err);
	r = fake_run("PATH=$PWD/bin:$PATH; ccctl image build trixie --mirror file:///nowhere --to sent");
	ck_assert_msg(strstr(r.err, "is there already") != NULL, "%s", r.err);
}
END_TEST

static const struct {
	const char *line;
	const char *part;
	int status;
} build_bad[] = {
	{ "PATH=$(dirname $(command -v ccctl)) ccctl image build debian:12 --mirror http://localhost", "apt-get install mmdebstrap", 6 },
	{ "PATH=$(dirname $(command -v ccctl)) ccctl image build debian:12", "give one with --mirror", 6 },
	{ MMDEBSTRAP("echo E: no such suite >&2; exit 1") "ccctl image build debian:13 --mirror http://localhost",
	        "mmdebstrap failed: E: no such suite", 6 },
	{ MMDEBSTRAP("kill -9 $$") "ccctl image build debian:13 --mirror http://localhost", "it does not say why", 6 },
	{ MMDEBSTRAP("echo nonsense") "ccctl image build debian:13 --mirror http://localhost", "is not a tar archive", 2 },
	{ MMDEBSTRAP("true") "ccctl image build debian:13 --mirror http://localhost", "is empty", 2 },
	{ "ccctl image build fedora:40", "say debian:12 or debian:bookworm", 2 },
	{ "ccctl image build debian:", "say debian:12", 2 },
	{ "ccctl image build 'debian:../x'", "say debian:12", 2 },
	{ "ccctl image build debian:12 --name No_Name", "not a DNS label", 2 },
	{ "TMPDIR=/nowhere ccctl image build debian:12 --mirror http://localhost", "TMPDIR", 1 },
};

START_TEST(a_build_that_fails_says_why)
{
	struct ran r = fake_run("%s", build_bad[_i].line);

	ck_assert_msg(strstr(r.err, build_bad[_i].part) != NULL, "%s: %s", build_bad[_i].line, r.err);
	ck_assert_msg(r.status == build_bad[_i].status, "%d: %s", r.status, r.err);
	ck_assert_uint_eq(fake_count("POST", "/v1/images"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli image forms");
	TCase *tc = tcase_create("forms");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, start, fake_stop);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, every_form_comes_to_the_same_files, 0, CC_ARRAY_LEN(same));
	tcase_add_loop_test(tc, layers_cover_each_other, 0, CC_ARRAY_LEN(layered));
	tcase_add_loop_test(tc, hostile_and_broken_ones_are_refused_before_anything_is_sent, 0, CC_ARRAY_LEN(bad));
	tcase_add_test(tc, the_architecture_that_is_asked_for_must_be_there);
	tcase_add_loop_test(tc, an_image_for_a_single_program_gets_an_init_that_runs_it, 0, CC_ARRAY_LEN(inits));
	tcase_add_test(tc, a_stop_reaches_the_program_of_such_an_init);
	tcase_add_loop_test(tc, where_nothing_can_be_made_it_is_told_and_an_own_init_stays, 0, CC_ARRAY_LEN(plain));
	tcase_add_test(tc, with_entrypoint_an_init_of_its_own_gives_way);
	tcase_add_loop_test(tc, a_split_image_is_its_root_file_system_with_the_architecture_of_its_metadata, 0, CC_ARRAY_LEN(split_good));
	tcase_add_loop_test(tc, halves_that_do_not_fit_are_refused_before_anything_is_sent, 0, CC_ARRAY_LEN(split_bad));
	tcase_add_test(tc, what_cannot_start_is_told);
	tcase_add_test(tc, a_build_is_imported);
	tcase_add_test(tc, a_build_may_go_to_a_file);
	tcase_add_loop_test(tc, a_build_that_fails_says_why, 0, CC_ARRAY_LEN(build_bad));
	return test_run(s);
}
