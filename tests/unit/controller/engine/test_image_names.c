/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What names of images mean: one image per architecture, and aliases. */
#include "tests/lib/engine_fixture.h"
#include "tests/lib/test.h"

#include <check.h>

static struct engine_fixture f;

static void teardown(void)
{
	check_books(&f);
	engine_fixture_done(&f);
}

static const struct command *make_image(const char *name, const char *arch)
{
	struct cmd_image_create args = {
		.id = engine_fixture_id(&f), .name = name, .arch = arch, .bytes = 1000, .sha256 = cc_printf(f.arena, "%064lld", (long long)f.ids)
	};

	return engine_run(&f, COMMAND_IMAGE_CREATE, as_admin, memcpy(cc_new(f.arena, struct cmd_image_create), &args, sizeof(args)));
}

static const struct command *set_alias_as(struct principal who, const char *name, const char *target)
{
	struct image_alias_spec *spec = cc_new(f.arena, struct image_alias_spec);
	struct cmd_image_alias_set *args = cc_new(f.arena, struct cmd_image_alias_set);

	*spec = (struct image_alias_spec){ .name = name, .target = target };
	*args = (struct cmd_image_alias_set){ spec, engine_fixture_id(&f) };
	return engine_run(&f, COMMAND_IMAGE_ALIAS_SET, who, args);
}

static const struct command *set_alias(const char *name, const char *target)
{
	return set_alias_as(as_admin, name, target);
}

static const struct command *delete_image(const char *ref)
{
	struct cmd_image_delete *args = cc_new(f.arena, struct cmd_image_delete);

	args->ref = ref;
	return engine_run(&f, COMMAND_IMAGE_DELETE, as_admin, args);
}

static void assert_done(const struct command *cmd)
{
	ck_assert_msg(cmd->error.code == CC_OK, "%s", cmd->error.msg);
}

static void assert_refused(const struct command *cmd, enum cc_code code, const char *part)
{
	ck_assert_msg(cmd->error.code == code && strstr(cmd->error.msg, part) != NULL, "%s: %s", cc_code_info(cmd->error.code)->slug, cmd->error.msg);
}

static void make_node(const char *name, const char *arch)
{
	struct cc_uuid id = a_node(&f, name, 1024);
	struct node_report *r = cc_new(f.arena, struct node_report);
	struct cmd_node_sync *sync = cc_new(f.arena, struct cmd_node_sync);

	cc_set(r, node_report, arch, arch);
	*sync = (struct cmd_node_sync){ .report = r, .node = id };
	assert_done(engine_run(&f, COMMAND_NODE_SYNC, as_node(id), sync));
}

static void setup(void)
{
	engine_fixture_init(&f);
	make_node("ada", "amd64");
	make_node("pi", "arm64");
	assert_done(make_image("debian", "amd64"));
	assert_done(make_image("debian", "arm64"));
	assert_done(make_image("only-arm", "arm64"));
}

static const char *arch_of(const char *instance)
{
	const struct instance *inst = instance_now(&f, instance);
	const struct zone *z = engine_read_begin(f.engine);
	const struct image *img = zone_find(z, TABLE_IMAGE, inst->image);
	const struct node *n = zone_find(z, TABLE_NODE, inst->node);
	const char *arch = cc_arena_strdup(f.arena, img->arch);

	ck_assert_str_eq(img->arch, n->arch);
	engine_read_end(f.engine);
	return arch;
}

START_TEST(a_node_gets_the_image_of_its_architecture)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	int arm = 0;

	/* Each takes more than a quarter of a node, so that both nodes are needed. */
	for (size_t i = 0; i < CC_ARRAY_LEN(names); i++) {
		assert_done(create(&f, as_admin, names[i], "debian", 400));
		arm += strcmp(arch_of(names[i]), "arm64") == 0;
	}
	ck_assert_int_eq(arm, 2);
	assert_refused(create(&f, as_admin, "e", "debian", 400), CC_NO_CAPACITY, "");
}
END_TEST

START_TEST(an_architecture_may_be_asked_for)
{
	assert_done(create(&f, as_admin, "a", "debian:arm64", 0));
	ck_assert_str_eq(arch_of("a"), "arm64");
	assert_done(create(&f, as_admin, "b", "debian:amd64", 0));
	ck_assert_str_eq(arch_of("b"), "amd64");
	assert_done(create(&f, as_admin, "c", "only-arm", 0));
	ck_assert_str_eq(arch_of("c"), "arm64");
	assert_refused(create(&f, as_admin, "d", "debian:s390x", 0), CC_NOT_FOUND, "debian:s390x");
	assert_refused(create(&f, as_admin, "d", "debian:", 0), CC_NOT_FOUND, "");
}
END_TEST

START_TEST(a_name_has_one_image_per_architecture)
{
	struct image_change change = { 0 };
	struct cmd_image_change args = { .ref = "only-arm", .change = &change };

	assert_refused(make_image("debian", "arm64"), CC_CONFLICT, "another image 'debian' for arm64");
	cc_set(&change, image_change, name, "debian");
	assert_refused(engine_run(&f, COMMAND_IMAGE_CHANGE, as_admin, &args), CC_CONFLICT, "another image 'debian'");
	args.ref = "debian";
	assert_refused(engine_run(&f, COMMAND_IMAGE_CHANGE, as_admin, &args), CC_CONFLICT, "debian:amd64, debian:arm64");
	assert_refused(delete_image("debian"), CC_CONFLICT, "say which: debian:amd64, debian:arm64");
	assert_done(delete_image("debian:amd64"));
	assert_done(delete_image("debian"));
	assert_refused(delete_image("debian"), CC_NOT_FOUND, "debian");
}
END_TEST

START_TEST(aliases_lead_to_images)
{
	assert_done(set_alias("stable", "debian"));
	assert_done(set_alias("usual", "stable"));
	assert_done(create(&f, as_admin, "a", "usual", 0));
	assert_done(create(&f, as_admin, "b", "usual:arm64", 0));
	ck_assert_str_eq(arch_of("b"), "arm64");
	/* It may point elsewhere; who has an instance keeps it. */
	assert_done(set_alias("stable", "only-arm"));
	assert_done(create(&f, as_admin, "c", "usual", 0));
	ck_assert_str_eq(arch_of("c"), "arm64");
	assert_refused(delete_image("usual"), CC_NOT_FOUND, "is an alias");
}
END_TEST

START_TEST(a_circle_of_aliases_is_refused_with_all_of_it)
{
	assert_refused(set_alias("a", "a"), CC_CONFLICT, "aliases in a circle: a -> a");
	assert_done(set_alias("a", "debian"));
	assert_done(set_alias("b", "a"));
	assert_done(set_alias("c", "b"));
	assert_refused(set_alias("a", "c"), CC_CONFLICT, "aliases in a circle: a -> c -> b -> a");
	assert_refused(set_alias("a", "c:arm64"), CC_CONFLICT, "circle");
	assert_done(create(&f, as_admin, "x", "c", 0));
}
END_TEST

START_TEST(aliases_one_after_the_other_are_bounded)
{
	assert_done(set_alias("n0", "debian"));
	for (int i = 1; i < 16; i++)
		assert_done(set_alias(cc_printf(f.arena, "n%d", i), cc_printf(f.arena, "n%d", i - 1)));
	assert_refused(set_alias("n16", "n15"), CC_CONFLICT, "more than 16 aliases");
}
END_TEST

START_TEST(an_alias_whose_image_went_says_so)
{
	assert_done(set_alias("arm", "only-arm"));
	assert_done(set_alias("second", "arm"));
	assert_done(delete_image("only-arm"));
	assert_refused(create(&f, as_admin, "x", "second", 0), CC_NOT_FOUND, "the alias 'second' leads to no image: second -> arm -> only-arm");
	assert_refused(set_alias("third", "arm"), CC_NOT_FOUND, "leads to no image");
}
END_TEST

START_TEST(names_of_aliases_and_images_are_one)
{
	struct image_change change = { 0 };
	struct cmd_image_change args = { .ref = "only-arm", .change = &change };

	assert_done(set_alias("stable", "debian"));
	assert_refused(make_image("stable", "amd64"), CC_CONFLICT, "'stable' is an alias");
	assert_refused(set_alias("debian", "only-arm"), CC_CONFLICT, "there is an image 'debian' already");
	cc_set(&change, image_change, name, "stable");
	assert_refused(engine_run(&f, COMMAND_IMAGE_CHANGE, as_admin, &args), CC_CONFLICT, "'stable' is an alias");
	assert_refused(set_alias("x", "nothing"), CC_NOT_FOUND, "nothing");
}
END_TEST

START_TEST(an_alias_is_its_makers)
{
	struct cc_uuid id = a_member(&f, "eva");
	struct principal eva = as_member(id);
	struct cmd_image_alias_remove args = { .ref = "stable" };
	struct cmd_member_remove leave = { .ref = "eva" };

	assert_done(set_alias("stable", "debian"));
	assert_refused(set_alias_as(eva, "stable", "only-arm"), CC_DENIED, "another member");
	assert_refused(engine_run(&f, COMMAND_IMAGE_ALIAS_REMOVE, eva, &args), CC_DENIED, "another member");
	assert_done(engine_run(&f, COMMAND_IMAGE_ALIAS_REMOVE, as_admin, &args));
	assert_refused(engine_run(&f, COMMAND_IMAGE_ALIAS_REMOVE, as_admin, &args), CC_NOT_FOUND, "stable");
	/* Who leaves takes them along. */
	assert_done(set_alias_as(eva, "evas", "debian"));
	assert_done(engine_run(&f, COMMAND_MEMBER_REMOVE, as_admin, &leave));
	assert_refused(create(&f, as_admin, "x", "evas", 0), CC_NOT_FOUND, "evas");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("image names");
	TCase *tc = tcase_create("names");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_node_gets_the_image_of_its_architecture);
	tcase_add_test(tc, an_architecture_may_be_asked_for);
	tcase_add_test(tc, a_name_has_one_image_per_architecture);
	tcase_add_test(tc, aliases_lead_to_images);
	tcase_add_test(tc, a_circle_of_aliases_is_refused_with_all_of_it);
	tcase_add_test(tc, aliases_one_after_the_other_are_bounded);
	tcase_add_test(tc, an_alias_whose_image_went_says_so);
	tcase_add_test(tc, names_of_aliases_and_images_are_one);
	tcase_add_test(tc, an_alias_is_its_makers);
	return test_run(s);
}
