/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole export of guifi.net of March 2015 comes to the figures that were published of it. */
#include "bench/lib/network.h"

#include "tests/lib/test.h"
#include "tests/unit/bench/network_figures.h"

static const char *dir;

START_TEST(the_whole_export_comes_to_the_published_figures)
{
	cc_auto(network_free) struct network *net = NULL;
	struct network_figures f;
	struct cc_error err = { 0 };

	ck_assert_msg(network_load(dir, 1, &net, &err) == 0, "%s", err.msg);
	check_network(net);
	f = network_figures(net);
	ck_assert_uint_eq(net->n_nodes, 27710);
	ck_assert_uint_eq(f.supernodes, 2353);
	ck_assert_uint_eq(f.clients, 24641);
	ck_assert_uint_eq(net->n_zones, 856);
	ck_assert_uint_eq(f.zones_without_supernode, 283);
	ck_assert_uint_eq(f.links[NETWORK_LINK_ACCESS], 23941);
	ck_assert_uint_eq(f.links[NETWORK_LINK_BACKBONE], 1965);
	ck_assert_uint_eq(quantile_of(net, net->n_zones, zone_size, 50), 6);
	ck_assert_uint_eq(quantile_of(net, net->n_zones, zone_size, 99), 380);
	ck_assert_uint_eq(quantile_of(net, net->n_zones, zone_size, 100), 970);
	ck_assert_uint_eq(quantile_of(net, net->n_zones, zone_supernodes, 100), 87);
	ck_assert_uint_eq(quantile_of(net, net->n_links, access_metres, 50), 580);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("guifi");
	TCase *tc = tcase_create("guifi");

	if (argc != 2)
		return 2;
	dir = argv[1];
	tcase_add_test(tc, the_whole_export_comes_to_the_published_figures);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
