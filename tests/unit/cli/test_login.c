/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program against the real server over TLS: logging in with a token, and choosing among contexts. */
#include "common/token.h"
#include "tests/unit/controller/http/world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct world *w;
static struct cc_arena *a;

static void set_up(void)
{
	w = world_new(NULL);
	a = cc_arena_new(0);
}

static void tear_down(void)
{
	cc_arena_free(a);
	world_free(w);
}

static const char *slurp(const char *name)
{
	cc_auto_buf struct cc_buf b = { 0 };
	FILE *f = fopen(cc_printf(a, "%s/%s", w->dir, name), "r");

	ck_assert_ptr_nonnull(f);
	b.len = fread(cc_buf_reserve(&b, 65536), 1, 65536, f);
	fclose(f);
	cc_buf_addc(&b, '\0');
	return cc_arena_strdup(a, b.data);
}

struct ran {
	int status;
	const char *out, *err;
};

/* A shell line with ccctl in its PATH, a HOME of its own and no other context. */
static struct ran run(const char *fmt, ...) CC_PRINTF(1, 2);
static struct ran run(const char *fmt, ...)
{
	cc_auto_buf struct cc_buf line = { 0 };
	struct ran r;
	va_list ap;

	cc_buf_printf(&line, "cd %s; unset XDG_CONFIG_HOME CCCTL_SOCKET; export HOME=%s/home PATH=%s:$PATH; exec >out 2>err </dev/null; ", w->dir,
	        w->dir, CC_CCCTL_DIR);
	va_start(ap, fmt);
	cc_buf_vprintf(&line, fmt, ap);
	va_end(ap);
	r.status = WEXITSTATUS(system(line.data));
	r.out = slurp("out");
	r.err = slurp("err");
	return r;
}

static const char *encode(const struct cc_token *token)
{
	struct cc_error err = { 0 };
	const char *text;

	if (cc_token_encode(token, a, &text, &err) < 0)
		ck_abort_msg("%s", err.msg);
	return text;
}

/* A token as the zone makes it, with the address at which it is in this test. */
static struct cc_token make_token(const char *body)
{
	struct token_made *made =
	        world_get(w, a, &token_made_desc, 201, &(struct ask){ .role = ROLE_ROOT, .method = "POST", .path = "/v1/tokens", .body = body });
	struct cc_error err = { 0 };
	struct cc_token token;

	if (cc_token_decode(made->token, a, &token, &err) < 0)
		ck_abort_msg("%s", err.msg);
	token.addresses[0] = cc_printf(a, "127.0.0.1:%d", http_port(w->server));
	return token;
}

static void says(struct ran r, int status, const char *part)
{
	ck_assert_msg(r.status == status && strstr(r.err, part) != NULL, "%d: %s%s", r.status, r.err, r.out);
}

START_TEST(a_token_is_all_that_a_login_needs)
{
	struct cc_token token = make_token("{\"member\":\"ana\",\"expires_s\":3600}");
	const char *text = encode(&token);
	struct stat st;
	struct ran r = run("printf '%%s\\n' '%s' | ccctl login -", text);

	says(r, 0, "Logged in to zone test");
	ck_assert_str_eq(r.out, "");
	ck_assert_ptr_null(strstr(r.err, text));
	ck_assert_int_eq(stat(cc_printf(a, "%s/home/.config/communitycloud/contexts/test", w->dir), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	r = run("ccctl list -o name");
	ck_assert_str_eq(r.out, "web\n");
	r = run("ccctl context list -o name");
	ck_assert_str_eq(r.out, "local\ntest\n");
	r = run("ccctl context show -o yaml");
	ck_assert_ptr_nonnull(strstr(r.out, "zone: test"));
	ck_assert_ptr_nonnull(strstr(r.out, "current: true"));
	ck_assert_ptr_null(strstr(r.out, text));
	says(run("ccctl logout"), 0, "ccctl token revoke");
	ck_assert_int_ne(stat(cc_printf(a, "%s/home/.config/communitycloud/contexts/test", w->dir), &st), 0);
	says(run("ccctl logout"), 2, "not logged in");
	says(run("ccctl list"), 6, "controller.sock");
	says(run("ccctl list"), 6, "log in first: ccctl login");
	ck_assert_ptr_null(strstr(run("ccctl --socket /nowhere list").err, "log in"));
}
END_TEST

START_TEST(contexts_are_chosen_by_option_variable_and_use)
{
	struct cc_token ana = make_token("{\"member\":\"ana\"}"), bob = make_token("{\"member\":\"bob\"}");
	struct ran r = run("ccctl login --name one %s && ccctl login --name two %s", encode(&ana), encode(&bob));

	says(r, 0, "(context two)");
	ck_assert_str_eq(run("ccctl member list -o name").out, "bob\n");
	ck_assert_str_eq(run("ccctl --context one member list -o name").out, "ana\n");
	ck_assert_str_eq(run("CCCTL_CONTEXT=one ccctl member list -o name").out, "ana\n");
	ck_assert_str_eq(run("CCCTL_CONTEXT=one ccctl --context two member list -o name").out, "bob\n");
	says(run("ccctl context use one"), 0, "zone test");
	ck_assert_str_eq(run("ccctl member list -o name").out, "ana\n");
	ck_assert_str_eq(run("CCCTL_TOKEN=%s ccctl member list -o name", encode(&bob)).out, "bob\n");
	ck_assert_str_eq(run("ccctl --controller %s --token %s member list -o name", bob.addresses[0], encode(&bob)).out, "bob\n");
	says(run("ccctl context use local && ccctl list"), 6, "controller.sock");
	says(run("ccctl --context three list"), 3, "ccctl context list");
	says(run("ccctl --context ../one list"), 2, "DNS label");
	says(run("ccctl --context one --socket x list"), 2, "exclude each other");
	says(run("ccctl context use three"), 3, "no context 'three'");
	says(run("ccctl context remove three"), 3, "no context 'three'");
	ck_assert_int_eq(run("ccctl context remove one two").status, 0);
	ck_assert_str_eq(run("ccctl context list -o name").out, "local\n");
}
END_TEST

START_TEST(a_wrong_token_leaves_no_context)
{
	struct cc_token good = make_token("{\"member\":\"ana\"}"), t = good;

	says(run("ccctl login"), 2, "ccctl login -");
	says(run("ccctl login - <err"), 2, "not a token");
	says(run("ccctl login %.60s", encode(&good)), 2, "damaged or cut off");
	t.kind = CC_TOKEN_NODE;
	says(run("ccctl login %s", encode(&t)), 2, "cc-agent join");
	t.kind = CC_TOKEN_PEER;
	says(run("ccctl login %s", encode(&t)), 2, "not for logging in");
	t = good;
	t.expires_ms = 1000;
	says(run("ccctl login %s", encode(&t)), 4, "expired at 1970");
	t = good;
	t.secret = cc_secret_new();
	says(run("ccctl login %s", encode(&t)), 4, "not known, or it was revoked");
	t = good;
	t.pin.b[0] ^= 1;
	says(run("ccctl login %s", encode(&t)), 4, "another key than the one pinned");
	t = good;
	t.addresses[0] = "127.0.0.1:1";
	says(run("ccctl login %s", encode(&t)), 6, "cannot reach the controller");
	says(run("ccctl login --name local %s", encode(&good)), 2, "this machine's own");
	says(run("ccctl login --name ../x %s", encode(&good)), 2, "DNS label");
	ck_assert_str_eq(run("ccctl context list -o name").out, "local\n");
	says(run("unset HOME; ccctl login %s", encode(&good)), 2, "neither XDG_CONFIG_HOME nor HOME");
}
END_TEST

START_TEST(a_context_that_others_can_read_is_not_used)
{
	struct cc_token good = make_token("{\"member\":\"ana\"}");

	says(run("ccctl login %s", encode(&good)), 0, "Logged in");
	says(run("chmod 644 $HOME/.config/communitycloud/contexts/test; ccctl list"), 4, "chmod 600");
	says(run("chmod 600 $HOME/.config/communitycloud/contexts/test; ccctl list"), 0, "");
	says(run("echo nonsense >$HOME/.config/communitycloud/contexts/test; ccctl list"), 2, "the context 'test': this is not a token");
	says(run("ccctl context list"), 0, "not a token");
	says(run("echo ../x >$HOME/.config/communitycloud/context; ccctl list"), 2, "ccctl context use");
}
END_TEST

START_TEST(members_are_limited_and_removed)
{
	struct cc_token root = make_token("{}"), ana = make_token("{\"member\":\"ana\"}");
	struct ran r;

	says(run("ccctl login --name root %s; ccctl login --name ana %s; ccctl context use root", encode(&root), encode(&ana)), 0, "");
	r = run("ccctl member limit ana --memory 1GiB --instances 2 -o json");
	ck_assert_msg(strstr(r.out, "\"max_memory_mib\": 1024") != NULL, "%s%s", r.out, r.err);
	r = run("ccctl --context ana status");
	ck_assert_msg(strstr(r.out, "  ana        1 of 2 instances, 128/1024 MiB memory, 1 core, ") != NULL, "%s%s", r.out, r.err);
	says(run("ccctl --context ana create big --image busybox --memory 2GiB"), 5, "ana uses 128 of at most 1024 MiB of memory");
	says(run("ccctl member limit ana"), 2, "say which limit");
	says(run("ccctl member limit nobody --cpu 1"), 3, "no member 'nobody'");
	says(run("ccctl --context ana member limit ana --cpu 1"), 4, "for admins");
	says(run("ccctl member role ana king"), 2, "king");
	says(run("ccctl member role admin member"), 5, "last admin");
	says(run("ccctl member remove --yes ana"), 5, "ana owns 1 instance");
	says(run("ccctl member remove --yes bob nobody"), 3, "bob: removed\nccctl: no member 'nobody'");
	ck_assert_str_eq(run("ccctl member list -o name").out, "admin\nana\n");
	r = run("ccctl token create --description phone --expires 30d -o name");
	says(run("ccctl login --name phone %s", r.out), 6, "controller.example");
	r = run("ccctl token list -o json | grep -c phone");
	ck_assert_str_eq(r.out, "1\n");
	r = run("ccctl audit --member ana -o csv");
	ck_assert_msg(strstr(r.out, "member_change,ana,") != NULL && strstr(r.out, "127.0.0.1") != NULL, "%s%s", r.out, r.err);
	says(run("ccctl --context ana audit"), 4, "for admins");
	says(run("ccctl audit --limit 5000"), 2, "limit: 5000 is not between 1 and 1000");
	says(run("ccctl audit --since yesterday"), 2, "--since");
	says(run("ccctl token revoke -y phone"), 3, "no token 'phone'; see ccctl token list");
	says(run("ccctl --context ana token create --member admin"), 4, "only admins");
	says(run("ccctl token create --expires 0s"), 2, "expires");
	says(run("ccctl token create --member nobody"), 3, "no member 'nobody'");
}
END_TEST

/* What somebody sees who types that when asked: on a pseudo-terminal of script(1), which writes down all that it showed. */
static const char *typed(const char *answer, const char *command, int *ret_status)
{
	*ret_status = run(
	        "rm -f typed; (until grep -q '[]:] $' typed; do sleep 0.05; done; echo '%s') 2>/dev/null | script -qefc '%s' typed", answer, command)
	                      .status;
	return slurp("typed");
}

static const struct {
	const char *command, *question, *nothing;
} destroys[] = {
	{ "ccctl image delete busybox", "Delete image busybox, in zone test? [y/N] ", "Nothing was deleted." },
	{ "ccctl image delete busybox other", "Delete 2 images (busybox, other), in zone test? [y/N] ", "Nothing was deleted." },
	{ "ccctl member remove bob", "Remove member bob with all tokens, in zone test? [y/N] ", "Nothing was removed." },
	{ "ccctl token revoke 0192aaaa-0000-7000-8000-000000000001",
	        "Revoke token 0192aaaa-0000-7000-8000-000000000001, which ends at once for whoever uses it, in zone test? [y/N] ",
	        "Nothing was revoked." },
	{ "ccctl node remove n2", "Remove node n2, which has to join anew to come back, in zone test? [y/N] ", "Nothing was removed." },
};

START_TEST(what_cannot_be_undone_is_asked_with_the_zones_name)
{
	struct cc_token root = make_token("{}");
	const char *shown;
	int status;

	says(run("ccctl login %s", encode(&root)), 0, "");
	says(run("%s", destroys[_i].command), 2, "not a terminal; give --yes to ");
	shown = typed("n", destroys[_i].command, &status);
	ck_assert_int_eq(status, 1);
	ck_assert_msg(strstr(shown, destroys[_i].question) != NULL && strstr(shown, destroys[_i].nothing) != NULL, "%s", shown);
}
END_TEST

START_TEST(a_yes_is_enough)
{
	struct cc_token root = make_token("{}");
	const char *shown;
	int status;

	says(run("ccctl login %s", encode(&root)), 0, "");
	shown = typed("y", "ccctl member remove bob", &status);
	ck_assert_msg(status == 0 && strstr(shown, "bob: removed") != NULL, "%s", shown);
	ck_assert_str_eq(run("ccctl member list -o name").out, "admin\nana\n");
}
END_TEST

START_TEST(a_token_that_is_typed_is_not_shown)
{
	struct cc_token good = make_token("{\"member\":\"ana\"}");
	const char *text = encode(&good);
	int status;
	const char *shown = typed(text, "ccctl login", &status);

	ck_assert_msg(strstr(shown, "Logged in to zone test") != NULL, "%d %s", status, shown);
	ck_assert_ptr_null(strstr(shown, text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cli login");
	TCase *tc = tcase_create("login");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_token_is_all_that_a_login_needs);
	tcase_add_test(tc, contexts_are_chosen_by_option_variable_and_use);
	tcase_add_test(tc, a_wrong_token_leaves_no_context);
	tcase_add_test(tc, a_context_that_others_can_read_is_not_used);
	tcase_add_test(tc, members_are_limited_and_removed);
	tcase_add_loop_test(tc, what_cannot_be_undone_is_asked_with_the_zones_name, 0, CC_ARRAY_LEN(destroys));
	tcase_add_test(tc, a_yes_is_enough);
	tcase_add_test(tc, a_token_that_is_typed_is_not_shown);
	suite_add_tcase(s, tc);
	world_prepare();
	return test_run(s);
}
