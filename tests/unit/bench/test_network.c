/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made-up networks against the figures published of guifi.net's export of March 2015, and the reader against a small export that is made up too. */
#include "bench/lib/network.h"

#include "tests/lib/test.h"
#include "tests/unit/bench/network_figures.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SAMPLE "tests/golden/guifi"

/* ---- made up ---- */

static uint64_t digest(const struct network *net)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < net->n_nodes; i++) {
		const struct network_node *n = &net->nodes[i];
		const uint64_t v[] = { n->zone, n->kind, n->supernode, n->owner, n->cpu_millis, n->memory_mib, n->disk_mib, n->instances };

		for (size_t k = 0; k < CC_ARRAY_LEN(v); k++)
			h = (h ^ v[k]) * 1099511628211u;
	}
	for (size_t i = 0; i < net->n_links; i++)
		h = (h ^ ((uint64_t)net->links[i].a << 32 | net->links[i].b) ^ (uint64_t)net->links[i].rtt_us << 20) * 1099511628211u;
	return h;
}

START_TEST(a_seed_gives_the_same_network_on_every_machine)
{
	cc_auto(network_free) struct network *a = network_generate(1000, 1), *b = network_generate(1000, 2);

	/* Written down on amd64; changes when the recipe does. */
	ck_assert_uint_eq(digest(a), UINT64_C(10053521660881905727));
	ck_assert_uint_ne(digest(a), digest(b));
}
END_TEST

static const size_t sizes[] = { 1, 2, 7, 33, 100, 1000, 5000, 40000 };

START_TEST(every_size_gives_as_many_nodes_and_a_whole_network)
{
	cc_auto(network_free) struct network *net = network_generate(sizes[_i], 7);

	ck_assert_uint_eq(net->n_nodes, sizes[_i]);
	check_network(net);
}
END_TEST

#define check_near(have, low, high)                                                                                                               \
	do {                                                                                                                                      \
		double have_ = (double)(have);                                                                                                    \
		ck_assert_msg(have_ >= (low) && have_ <= (high), #have " is %g and not between %g and %g", have_, (double)(low), (double)(high)); \
	} while (0)

static void check_zones(const struct network *net, const struct network_figures *f)
{
	ck_assert_uint_eq(net->n_zones, 856);
	check_near(quantile_of(net, net->n_zones, zone_size, 50), 5, 7);
	check_near(quantile_of(net, net->n_zones, zone_size, 75), 26, 32);
	check_near(quantile_of(net, net->n_zones, zone_size, 90), 79, 97);
	check_near(quantile_of(net, net->n_zones, zone_size, 95), 130, 158);
	check_near(quantile_of(net, net->n_zones, zone_size, 99), 320, 440);
	check_near(quantile_of(net, net->n_zones, zone_size, 100), 700, 970);
	check_near(f->zones_without_supernode, 250, 320);
	check_near(mean_of(net, net->n_zones, zone_supernodes), 3.7, 4.6);
	check_near(quantile_of(net, net->n_zones, zone_supernodes, 50), 2, 3);
	check_near(quantile_of(net, net->n_zones, zone_supernodes, 95), 12, 17);
	check_near(quantile_of(net, net->n_zones, zone_supernodes, 100), 60, 110);
}

static void check_supernodes(const struct network *net, const struct network_figures *f)
{
	ck_assert_uint_eq(f->supernodes, 2353);
	check_near(f->clients, 24641 - 150, 24641 + 150);
	check_near(mean_of(net, net->n_nodes, node_clients), 9.2, 11);
	check_near(quantile_of(net, net->n_nodes, node_clients, 50), 0, 1);
	check_near(quantile_of(net, net->n_nodes, node_clients, 75), 7, 10);
	check_near(quantile_of(net, net->n_nodes, node_clients, 90), 26, 32);
	check_near(quantile_of(net, net->n_nodes, node_clients, 95), 45, 56);
	check_near(quantile_of(net, net->n_nodes, node_clients, 99), 115, 145);
	check_near(quantile_of(net, net->n_nodes, node_clients, 100), 260, 515);
	check_near(f->linked_supernodes[0], 225, 265);
	check_near(f->linked_supernodes[1], 970, 1100);
	check_near(f->linked_supernodes[2], 500, 590);
}

static void check_links(const struct network *net, const struct network_figures *f)
{
	check_near((double)f->home[NETWORK_LINK_ACCESS] / (double)f->links[NETWORK_LINK_ACCESS], 0.77, 0.86);
	check_near((double)f->home[NETWORK_LINK_BACKBONE] / (double)f->links[NETWORK_LINK_BACKBONE], 0.53, 0.64);
	check_near(quantile_of(net, net->n_links, access_metres, 50), 550, 610);
	check_near(mean_of(net, net->n_links, access_metres), 1100, 1500);
	check_near(quantile_of(net, net->n_links, access_metres, 90), 2900, 3300);
	check_near(quantile_of(net, net->n_links, backbone_metres, 50), 1800, 2200);
	check_near(mean_of(net, net->n_links, backbone_metres), 3300, 4600);
	check_near(quantile_of(net, net->n_links, backbone_metres, 75), 4500, 5500);
	check_near(quantile_of(net, net->n_links, backbone_metres, 95), 12000, 15500);
}

START_TEST(a_network_of_that_size_has_the_published_shape)
{
	cc_auto(network_free) struct network *net = network_generate(27710, (uint64_t)_i);
	struct network_figures f = network_figures(net);

	check_network(net);
	check_zones(net, &f);
	check_supernodes(net, &f);
	check_links(net, &f);
}
END_TEST

START_TEST(round_trips_are_sums_along_the_way)
{
	cc_auto(network_free) struct network *net = network_generate(2000, 5);
	cc_auto_free uint32_t *there = cc_calloc(net->n_nodes, sizeof(*there)), *back = cc_calloc(net->n_nodes, sizeof(*back));

	network_rtt(net, 0, there);
	network_rtt(net, 1500, back);
	ck_assert_uint_eq(there[0], 0);
	ck_assert_uint_eq(there[1500], back[0]);
	for (size_t l = 0; l < net->n_links; l++) {
		const struct network_link *k = &net->links[l];

		ck_assert_uint_le(there[k->a], there[k->b] + k->rtt_us);
		ck_assert_uint_le(there[k->b], there[k->a] + k->rtt_us);
	}
}
END_TEST

/* ---- read ---- */

static char dir[64];

static void run(const char *fmt, const char *a, const char *b)
{
	char command[512];

	snprintf(command, sizeof(command), fmt, a, b);
	ck_assert_int_eq(system(command), 0);
}

static void dir_new(void)
{
	snprintf(dir, sizeof(dir), "/tmp/cc-network-XXXXXX");
	ck_assert(mkdtemp(dir) != NULL);
	run("cp %s/*.tsv %s", SAMPLE, dir);
}

static void dir_remove(void)
{
	run("rm -r %s%s", dir, "");
}

static const struct network_node *node_of(const struct network *net, uint32_t id)
{
	for (size_t i = 0; i < net->n_nodes; i++)
		if (net->nodes[i].id == id)
			return &net->nodes[i];
	ck_abort_msg("there is no node %u", id);
}

static void check_sample(const struct network *net)
{
	struct network_figures f = network_figures(net);

	check_network(net);
	ck_assert_uint_eq(net->n_nodes, 7);
	ck_assert_uint_eq(net->n_zones, 3);
	ck_assert_uint_eq(net->n_regions, 2);
	ck_assert_uint_eq(net->zones[0].id, 21);
	ck_assert_uint_eq(net->zones[0].n_nodes, 3);
	ck_assert_uint_eq(net->zones[0].region, net->zones[1].region);
	ck_assert_uint_ne(net->zones[0].region, net->zones[2].region);
	/* Planned ones, one of a node that is inactive, one to itself and one to a node that is not there do not count. */
	ck_assert_uint_eq(f.links[NETWORK_LINK_ACCESS], 3);
	ck_assert_uint_eq(f.links[NETWORK_LINK_BACKBONE], 1);
	/* The harbour lies apart, in two pieces. */
	ck_assert_uint_eq(f.links[NETWORK_LINK_WIRED], 2);
	ck_assert_uint_eq(net->nodes[node_of(net, 502)->supernode].id, 501);
	ck_assert_uint_eq(net->nodes[node_of(net, 503)->supernode].id, 501);
	ck_assert_uint_eq(net->nodes[node_of(net, 602)->supernode].id, 601);
	ck_assert_int_eq(node_of(net, 602)->kind, NETWORK_MESH);
	ck_assert_int_eq(node_of(net, 702)->kind, NETWORK_OTHER);
	ck_assert_uint_eq(node_of(net, 702)->supernode, NETWORK_NONE);
	ck_assert_uint_eq(backbone_metres(net, 2), 5004);
	ck_assert_uint_eq(quantile_of(net, net->n_links, access_metres, 100), 1200);
}

START_TEST(an_export_is_read)
{
	cc_auto(network_free) struct network *net = NULL;
	struct cc_error err = { 0 };

	ck_assert_msg(network_load(dir, 1, &net, &err) == 0, "%s", err.msg);
	check_sample(net);
}
END_TEST

START_TEST(a_compressed_export_is_read)
{
	cc_auto(network_free) struct network *net = NULL;
	struct cc_error err = { 0 };

	run("gzip %s/*.tsv%s", dir, "");
	ck_assert_msg(network_load(dir, 1, &net, &err) == 0, "%s", err.msg);
	check_sample(net);
}
END_TEST

/* A line of sed that spoils the sample, and what is said then. */
static const struct {
	const char *spoil;
	enum cc_code code;
	const char *says;
} spoiled[] = {
	{ "rm sample_links.tsv", CC_NOT_FOUND, "*_links.tsv" },
	{ ": > sample_zones.tsv", CC_INVALID, "headings" },
	{ "sed -i 1d sample_nodes.tsv", CC_INVALID, "headings" },
	{ "sed -i '3s/\\t[^\\t]*$//' sample_nodes.tsv", CC_INVALID, "line 3: 5 columns instead of 6" },
	{ "sed -i '4s/21$/2x/' sample_nodes.tsv", CC_INVALID, "line 4: '2x' is no number" },
	{ "sed -i '4s/21$/77/' sample_nodes.tsv", CC_INVALID, "there is no zone 77" },
	{ "sed -i '4s/^502/501/' sample_nodes.tsv", CC_INVALID, "node 501 is there twice" },
	{ "sed -i s/Working/Planned/ sample_nodes.tsv", CC_INVALID, "no working node" },
	{ "sed -i '3s/1\\.2/-1/' sample_links.tsv", CC_INVALID, "'-1' is no length" },
	{ "sed -i '3s/1\\.2/nan/' sample_links.tsv", CC_INVALID, "'nan' is no length" },
	{ "sed -i '2s/^/99999999999/' sample_zones.tsv", CC_INVALID, "is no number" },
	{ "gzip sample_nodes.tsv && truncate -s 100 sample_nodes.tsv.gz", CC_IO, "sample_nodes.tsv.gz" },
};

START_TEST(what_is_no_export_is_refused_with_file_and_line)
{
	struct network *net = NULL;
	struct cc_error err = { 0 };

	run("cd %s && %s", dir, spoiled[_i].spoil);
	ck_assert_int_eq(network_load(dir, 1, &net, &err), -1);
	ck_assert_msg(strstr(err.msg, spoiled[_i].says) != NULL, "%s", err.msg);
	ck_assert_int_eq(err.code, spoiled[_i].code);
}
END_TEST

START_TEST(zones_whose_parents_go_round_in_a_circle_end_the_search)
{
	cc_auto(network_free) struct network *net = NULL;
	struct cc_error err = { 0 };

	run("cd %s && %s", dir, "sed -i 's/^20\\t10\\t4/20\\t21\\t5/' sample_zones.tsv");
	ck_assert_msg(network_load(dir, 1, &net, &err) == 0, "%s", err.msg);
	check_network(net);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("network");
	TCase *made = tcase_create("made up"), *read = tcase_create("read");

	tcase_add_test(made, a_seed_gives_the_same_network_on_every_machine);
	tcase_add_loop_test(made, every_size_gives_as_many_nodes_and_a_whole_network, 0, CC_ARRAY_LEN(sizes));
	tcase_add_loop_test(made, a_network_of_that_size_has_the_published_shape, 1, 5);
	tcase_add_test(made, round_trips_are_sums_along_the_way);
	suite_add_tcase(suite, made);
	tcase_add_checked_fixture(read, dir_new, dir_remove);
	tcase_add_test(read, an_export_is_read);
	tcase_add_test(read, a_compressed_export_is_read);
	tcase_add_loop_test(read, what_is_no_export_is_refused_with_file_and_line, 0, CC_ARRAY_LEN(spoiled));
	tcase_add_test(read, zones_whose_parents_go_round_in_a_circle_end_the_search);
	suite_add_tcase(suite, read);
	return test_run(suite);
}
