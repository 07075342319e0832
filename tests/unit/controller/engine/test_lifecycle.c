/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/engine/lifecycle.h"
#include "tests/lib/test.h"

START_TEST(each_state_and_event_has_one_edge_at_most)
{
	const struct inst_edge *edges;
	size_t n;

	edges = lifecycle_edges(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			ck_assert_msg(edges[i].from != edges[j].from || edges[i].event != edges[j].event, "two edges from %s on %s",
			        inst_state_enum.values[edges[i].from], lifecycle_event_name(edges[i].event));
}
END_TEST

static void reach(bool seen[INST_MAX], enum inst_state from)
{
	const struct inst_edge *edges;
	size_t n;

	if (seen[from])
		return;
	seen[from] = true;
	edges = lifecycle_edges(&n);
	for (size_t i = 0; i < n; i++)
		if (edges[i].from == from)
			reach(seen, edges[i].to);
}

START_TEST(every_state_is_reached_and_reaches_its_end)
{
	for (int s = 0; s < INST_MAX; s++) {
		bool from_start[INST_MAX] = { false }, from_here[INST_MAX] = { false };

		reach(from_start, INST_REQUESTED);
		reach(from_here, (enum inst_state)s);
		ck_assert_msg(from_start[s], "%s is never reached", inst_state_enum.values[s]);
		ck_assert_msg(from_here[INST_DELETING], "%s cannot be deleted", inst_state_enum.values[s]);
	}
}
END_TEST

START_TEST(anything_can_be_deleted_at_any_time)
{
	for (int s = 0; s < INST_MAX; s++)
		ck_assert_msg(lifecycle_find((enum inst_state)s, INST_EVENT_DELETE) != NULL, "%s", inst_state_enum.values[s]);
}
END_TEST

START_TEST(only_a_delete_leads_to_deleting_and_nothing_leads_out)
{
	const struct inst_edge *edges;
	size_t n;

	edges = lifecycle_edges(&n);
	for (size_t i = 0; i < n; i++) {
		if (edges[i].to == INST_DELETING && edges[i].from != INST_DELETING)
			ck_assert_int_eq(edges[i].event, INST_EVENT_DELETE);
		if (edges[i].from == INST_DELETING)
			ck_assert_int_eq(edges[i].to, INST_DELETING);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lifecycle");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, each_state_and_event_has_one_edge_at_most);
	tcase_add_test(tc, every_state_is_reached_and_reaches_its_end);
	tcase_add_test(tc, anything_can_be_deleted_at_any_time);
	tcase_add_test(tc, only_a_delete_leads_to_deleting_and_nothing_leads_out);
	suite_add_tcase(s, tc);
	return test_run(s);
}
