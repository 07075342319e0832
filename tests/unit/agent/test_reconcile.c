/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks both tables over every combination of their inputs. */
#include "agent/reconcile.h"
#include "tests/lib/test.h"

#define ROWS_MAX 64

typedef void visit_fn(const struct situation *s, const struct decision *d);

static void walk(visit_fn *visit)
{
	struct situation s;

	for (int want = 0; want < WANT_MAX; want++)
		for (int seen = 0; seen < SEEN_MAX; seen++)
			for (int doing = 0; doing < DOING_MAX; doing++)
				for (int image = 0; image < IMAGE_STATE_MAX; image++)
					for (int lease = 0; lease < LEASE_MAX; lease++)
						for (int policy = 0; policy < POLICY_MAX; policy++)
							for (int retry = 0; retry < RETRY_MAX; retry++) {
								struct decision d;

								s = (struct situation){ want, seen, doing, image, lease, policy, retry };
								d = reconcile_decide(&s);
								visit(&s, &d);
							}
}

static bool is_running(enum seen seen)
{
	return seen == SEEN_RUNNING || seen == SEEN_RUNNING_LIMITS || seen == SEEN_RUNNING_OLDER || seen == SEEN_RUNNING_NEWER;
}

static bool is_idle(const struct situation *s)
{
	return s->doing == DOING_NOTHING && s->seen != SEEN_UNKNOWN;
}

static int hits[ROWS_MAX];

static void count_row(const struct situation *s, const struct decision *d)
{
	(void)s;
	ck_assert_int_ge(d->row, 0);
	ck_assert_int_lt(d->row, reconcile_rows());
	hits[d->row]++;
}

START_TEST(every_combination_has_a_row_and_every_row_has_a_combination)
{
	ck_assert_int_le(reconcile_rows(), ROWS_MAX);
	walk(count_row);
	for (int i = 0; i < reconcile_rows(); i++)
		ck_assert_msg(hits[i] > 0, "row %d never decides", i);
}
END_TEST

static void starts_only_what_should_run(const struct situation *s, const struct decision *d)
{
	if (d->action == ACTION_START || d->action == ACTION_FETCH || d->action == ACTION_UNPACK)
		ck_assert_msg(s->want == WANT_RUN, "row %d starts what is not wanted", d->row);
}

static void leaves_alone_what_runs_rightly(const struct situation *s, const struct decision *d)
{
	if (s->policy == POLICY_STOP)
		return;
	if (s->want == WANT_RUN && s->seen == SEEN_RUNNING && s->lease != LEASE_OVER)
		ck_assert_msg(d->action == ACTION_NONE, "row %d touches what runs as it should", d->row);
	if (s->want == WANT_RUN && s->seen == SEEN_RUNNING && s->lease != LEASE_OVER && is_idle(s))
		ck_assert_int_eq(d->state, OBSERVED_RUNNING);
}

static void keeps_what_is_newer(const struct situation *s, const struct decision *d)
{
	if (s->policy != POLICY_STOP && s->seen == SEEN_RUNNING_NEWER && (s->want == WANT_STOP || (s->want == WANT_RUN && s->lease != LEASE_OVER)))
		ck_assert_msg(d->action == ACTION_NONE, "row %d lets an older order override a newer one", d->row);
}

static void keep_needs_nobody(const struct situation *s, const struct decision *d)
{
	if (s->policy != POLICY_STOP && s->want == WANT_RUN && is_running(s->seen) && s->lease == LEASE_KEEP)
		ck_assert_msg(d->action != ACTION_STOP && d->action != ACTION_DELETE, "row %d ends a keep instance", d->row);
}

static void deletes_only_on_order(const struct situation *s, const struct decision *d)
{
	if (d->action == ACTION_DELETE)
		ck_assert_msg(s->want == WANT_DROP, "row %d deletes without an order", d->row);
	if (s->want == WANT_NOTHING)
		ck_assert_msg(d->action == ACTION_NONE || d->action == ACTION_FORGET, "row %d touches what is not assigned", d->row);
	if (d->action == ACTION_FORGET)
		ck_assert_msg(s->seen == SEEN_NONE, "row %d forgets what exists", d->row);
}

static void nothing_runs_beyond_its_lease(const struct situation *s, const struct decision *d)
{
	if (s->want != WANT_RUN || s->lease != LEASE_OVER || !is_idle(s))
		return;
	ck_assert_msg(d->action != ACTION_START, "row %d starts without a lease", d->row);
	if (is_running(s->seen) && s->retry != RETRY_LATER)
		ck_assert_msg(d->action == ACTION_STOP, "row %d lets run beyond the lease", d->row);
}

static void the_owner_has_the_last_word(const struct situation *s, const struct decision *d)
{
	if (s->policy == POLICY_STOP && s->want == WANT_RUN && is_idle(s) && is_running(s->seen) && s->retry != RETRY_LATER)
		ck_assert_msg(d->action == ACTION_STOP, "row %d lets run what the owner wants stopped", d->row);
	if (s->policy == POLICY_STOP)
		ck_assert_msg(d->action != ACTION_START && d->action != ACTION_FETCH && d->action != ACTION_UNPACK, "row %d starts it", d->row);
	if (s->policy == POLICY_REFUSED)
		ck_assert_msg(d->action != ACTION_START && d->action != ACTION_FETCH, "row %d starts what the owner refuses", d->row);
	if (s->policy == POLICY_REFUSED && is_running(s->seen) && s->want == WANT_RUN && s->lease != LEASE_OVER)
		ck_assert_msg(d->action != ACTION_STOP, "row %d stops what runs because the policy changed", d->row);
}

static void waits_for_what_is_under_way(const struct situation *s, const struct decision *d)
{
	if (!is_idle(s))
		ck_assert_msg(d->action == ACTION_NONE, "row %d acts twice at once", d->row);
}

static void starts_only_with_an_image(const struct situation *s, const struct decision *d)
{
	if (d->action == ACTION_START && !is_running(s->seen))
		ck_assert_int_eq(s->image, IMAGE_READY);
}

static void failed_is_final(const struct situation *s, const struct decision *d)
{
	if (s->retry == RETRY_NEVER && s->want == WANT_RUN && s->lease != LEASE_OVER)
		ck_assert_msg(d->action != ACTION_START && d->action != ACTION_FETCH && d->action != ACTION_UNPACK, "row %d tries again", d->row);
	if (s->retry == RETRY_LATER)
		ck_assert_msg(d->action == ACTION_NONE || d->action == ACTION_FORGET, "row %d does not wait", d->row);
}

/* Acting until nothing is left to do ends where it should: what an action brings is applied and decided again. */
static void comes_to_rest(const struct situation *from, const struct decision *first)
{
	struct situation s = *from;

	(void)first;
	if (!is_idle(&s) || s.retry != RETRY_NOW || s.policy == POLICY_REFUSED || s.seen == SEEN_RUNNING_NEWER)
		return;
	for (int i = 0; i < 8; i++) {
		switch (reconcile_decide(&s).action) {
		case ACTION_FETCH:
			s.image = IMAGE_FETCHED;
			break;
		case ACTION_UNPACK:
			s.image = IMAGE_READY;
			break;
		case ACTION_START:
			s.seen = SEEN_RUNNING;
			break;
		case ACTION_STOP:
			s.seen = SEEN_STOPPED;
			break;
		case ACTION_DELETE:
			s.seen = SEEN_NONE;
			break;
		default:
			i = 8;
			break;
		}
	}
	if (s.want == WANT_DROP)
		ck_assert_int_eq(s.seen, SEEN_NONE);
	if (s.want == WANT_STOP)
		ck_assert(!is_running(s.seen));
	if (s.want == WANT_RUN && (s.lease == LEASE_OVER || s.policy == POLICY_STOP))
		ck_assert(!is_running(s.seen));
	if (s.want == WANT_RUN && s.lease != LEASE_OVER && s.policy == POLICY_OK &&
	        (from->image == IMAGE_ABSENT || from->image == IMAGE_FETCHED || from->image == IMAGE_READY))
		ck_assert_int_eq(s.seen, SEEN_RUNNING);
}

static visit_fn *const properties[] = {
	starts_only_what_should_run,
	leaves_alone_what_runs_rightly,
	keeps_what_is_newer,
	keep_needs_nobody,
	deletes_only_on_order,
	nothing_runs_beyond_its_lease,
	the_owner_has_the_last_word,
	waits_for_what_is_under_way,
	starts_only_with_an_image,
	failed_is_final,
	comes_to_rest,
};

START_TEST(a_property_holds_in_every_combination)
{
	walk(properties[_i]);
}
END_TEST

START_TEST(every_offer_has_a_row_and_every_row_an_offer)
{
	int seen[ROWS_MAX] = { 0 };

	for (int h = 0; h < HELD_MAX; h++)
		for (int o = 0; o < OFFER_MAX; o++)
			seen[reconcile_accept_row(h, o)]++;
	for (int i = 0; i < reconcile_accept_rows(); i++)
		ck_assert_msg(seen[i] > 0, "row %d never decides", i);
}
END_TEST

START_TEST(an_older_epoch_never_replaces_and_only_drop_drops)
{
	for (int h = 0; h < HELD_MAX; h++)
		for (int o = 0; o < OFFER_MAX; o++) {
			enum accept a = reconcile_accept(h, o).accept;

			ck_assert_int_eq(a == ACCEPT_DROP, o == OFFER_DROP);
			if (o == OFFER_OLDER || o == OFFER_NONE)
				ck_assert_int_eq(a, ACCEPT_KEEP);
			if (a == ACCEPT_FORGET)
				ck_assert_int_eq(o, OFFER_MISSING);
			if (a == ACCEPT_TAKE)
				ck_assert(o == OFFER_NEWER || o == OFFER_SAME || (o == OFFER_BACK && h == HELD_NOT));
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reconcile");
	TCase *tc = tcase_create("tables");

	tcase_add_test(tc, every_combination_has_a_row_and_every_row_has_a_combination);
	tcase_add_loop_test(tc, a_property_holds_in_every_combination, 0, CC_ARRAY_LEN(properties));
	tcase_add_test(tc, every_offer_has_a_row_and_every_row_an_offer);
	tcase_add_test(tc, an_older_epoch_never_replaces_and_only_drop_drops);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
