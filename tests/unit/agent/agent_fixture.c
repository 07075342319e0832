/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/agent_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct controller *controller;
struct fake_priv *priv;
char state_dir[64];

static char server_dir[64];
static struct cc_key_pair *server_key, *node_key;
static struct spool_identity who;
static const char *addresses[1];
static char pin[CC_PIN_HEX];
static uint16_t port;

static const char *sets[16];
static size_t n_sets;
static struct cc_config *config, *reloaded;
static pthread_t thread;
static int signal_pipe[2], owner_fd;
static int result;
static struct cc_error error;

static void make_dir(char path[64], const char *name)
{
	snprintf(path, 64, "/tmp/cc-%s-XXXXXX", name);
	ck_assert_ptr_nonnull(mkdtemp(path));
}

void world_setup(void)
{
	struct cc_error err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	make_dir(state_dir, "agent");
	make_dir(server_dir, "server");
	ck_assert_int_eq(cc_key_pair_open(server_dir, "controller", &server_key, &err), 0);
	ck_assert_int_eq(cc_key_pair_open(state_dir, "node", &node_key, &err), 0);
	controller = controller_new(server_key, 0);
	port = controller_port(controller);
	priv = fake_priv_new();
	addresses[0] = cc_strdup(controller_address(controller));
	who = (struct spool_identity){ .node = test_id(99), .node_name = "attic", .zone = "hill", .controllers = { 1, addresses } };
	who.pin = cc_pin_format(cc_key_pair_pin(server_key), pin);
	n_sets = 0;
	world_setting("stop_grace=1s");
	world_setting("machine_cpu_millis=4000");
	world_setting("machine_memory=1GiB");
	world_setting("machine_disk=10GiB");
}

void world_teardown(void)
{
	char command[200];

	if (controller != NULL)
		controller_free(controller);
	fake_priv_free(priv);
	cc_key_pair_free(server_key);
	cc_key_pair_free(node_key);
	free((char *)(uintptr_t)addresses[0]);
	snprintf(command, sizeof(command), "rm -rf %s %s", state_dir, server_dir);
	ck_assert_int_eq(system(command), 0);
}

void world_setting(const char *set)
{
	sets[n_sets++] = set;
}

static struct cc_config *load(void)
{
	static char dir[128];
	struct cc_config_sources from = { .sets = sets, .n_sets = n_sets + 1 };
	struct cc_config *c;
	struct cc_error err = { 0 };

	snprintf(dir, sizeof(dir), "state_dir=%s", state_dir);
	sets[n_sets] = dir;
	ck_assert_msg(cc_config_load(&agent_settings, &from, &c, &err) == 0, "%s", err.msg);
	return c;
}

static const struct agent_config *reload(void *user)
{
	(void)user;
	return agent_config(reloaded);
}

static void *run(void *arg)
{
	struct agent_start start = {
		.cfg = agent_config(config),
		.who = &who,
		.identity_path = cc_key_pair_path(node_key),
		.priv_fd = (int)(intptr_t)arg,
		.signal_fd = signal_pipe[0],
		.owner_fd = owner_fd,
		.reload = reload,
	};

	result = agent_run(&start, &error);
	return NULL;
}

void agent_begin(void)
{
	config = load();
	ck_assert_int_eq(pipe(signal_pipe), 0);
	ck_assert_int_ge(owner_fd = owner_watch(state_dir), 0);
	error = (struct cc_error){ 0 };
	ck_assert_int_eq(pthread_create(&thread, NULL, run, (void *)(intptr_t)fake_priv_connect(priv)), 0);
}

static void send_signal(uint32_t number)
{
	struct signalfd_siginfo info = { .ssi_signo = number };

	ck_assert_int_eq(write(signal_pipe[1], &info, sizeof(info)), sizeof(info));
}

int agent_wait(struct cc_error *ret_err)
{
	pthread_join(thread, NULL);
	close(signal_pipe[0]);
	close(signal_pipe[1]);
	close(owner_fd);
	cc_config_free(config);
	cc_config_free(reloaded);
	reloaded = NULL;
	*ret_err = error;
	return result;
}

int agent_end(struct cc_error *ret_err)
{
	send_signal(SIGTERM);
	return agent_wait(ret_err);
}

void agent_end_well(void)
{
	struct cc_error err;

	ck_assert_msg(agent_end(&err) == 0, "%s", err.msg);
}

void agent_hup(void)
{
	reloaded = load();
	send_signal(SIGHUP);
}

void world_lose_controller(void)
{
	controller_free(controller);
	controller = NULL;
}

void world_find_controller(void)
{
	controller = controller_new(server_key, port);
}

struct assignment world_assign(int n, int64_t epoch, int64_t boot_sn, enum inst_desired desired)
{
	struct assignment a = test_assignment(n, epoch, boot_sn, desired);
	size_t len;

	(void)controller_archive(&len);
	a.image_sha256 = controller_sha256();
	a.image_bytes = (int64_t)len;
	controller_assign(controller, &a);
	return a;
}
