/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/agent/halves_fixture.h"

#include "agent/priv_frame.h"
#include "common/clock.h"
#include "tests/unit/agent/controller_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUF_SIZE (PRIV_TAIL_MAX + PRIV_BODY_MAX + 64)

struct running {
	pid_t pid;
	uint32_t seq;
};

struct fake_priv {
	pthread_t thread;
	pthread_mutex_t lock;
	bool stopping;
	int fd;
	struct priv_ct cts[TEST_INSTANCES];
	size_t n_cts;
	struct priv_image images[8];
	size_t n_images;
	struct running programs[8];
	size_t n_programs;
	enum cc_code fail[PRIV_VERB_MAX];
	char fail_text[128];
	unsigned calls[PRIV_VERB_MAX];
	size_t unpacked;
	bool unpacked_right;
	int last_signal;
	struct priv_ct_logs logs;
	int64_t lease_until_ms;
	size_t n_leased;
	char blocked[128];
	_Alignas(8) char buf[BUF_SIZE];
};

static void reply(struct fake_priv *p, const struct priv_header *to, const void *body, const void *tail, size_t tail_len)
{
	const struct priv_verb_info *info = priv_verb_info(to->verb);
	struct priv_none none = { 0 };
	struct priv_frame f = { .head = { .verb = to->verb, .seq = to->seq, .body = info->reply_size, .tail = (uint32_t)tail_len },
		.body = body != NULL ? body : &none,
		.tail = tail };
	struct cc_error err = { 0 };

	while (p->fd >= 0 && priv_frame_send(p->fd, &f, &err) == 0)
		poll(NULL, 0, 1);
}

static void refuse(struct fake_priv *p, const struct priv_header *to, enum cc_code code, const char *text)
{
	struct priv_frame f = {
		.head = { .verb = to->verb, .seq = to->seq, .code = code, .tail = (uint32_t)strlen(text) }, .body = "", .tail = text
	};
	struct cc_error err = { 0 };

	(void)priv_frame_send(p->fd, &f, &err);
}

static struct priv_ct *find_ct(struct fake_priv *p, struct cc_uuid id)
{
	for (size_t i = 0; i < p->n_cts; i++)
		if (cc_uuid_equal(p->cts[i].id, id))
			return &p->cts[i];
	return NULL;
}

static void delete_image(struct fake_priv *p, const struct priv_frame *f)
{
	const struct priv_image_ref *q = (const void *)f->body;

	for (size_t k = 0; k < p->n_images; k++)
		if (strcmp(p->images[k].sha256, q->sha256) == 0)
			p->images[k] = p->images[--p->n_images];
	reply(p, &f->head, NULL, NULL, 0);
}

static void unpack(struct fake_priv *p, const struct priv_frame *f)
{
	const struct priv_image_unpack *body = f->body;
	struct priv_image *m = &p->images[p->n_images++ % 8];
	size_t len, at = 0;
	const char *right = controller_archive(&len);
	char bytes[4096];
	ssize_t n;

	p->unpacked_right = true;
	while ((n = read(f->fds[0], bytes, sizeof(bytes))) > 0) {
		p->unpacked_right = p->unpacked_right && at + (size_t)n <= len && memcmp(right + at, bytes, (size_t)n) == 0;
		at += (size_t)n;
	}
	p->unpacked = at;
	*m = (struct priv_image){ .unpacked_bytes = at };
	memcpy(m->sha256, body->sha256, sizeof(m->sha256));
	reply(p, &f->head, NULL, NULL, 0);
}

static void start_ct(struct fake_priv *p, const struct priv_frame *f)
{
	const struct priv_ct_start *body = f->body;
	struct priv_ct *ct = find_ct(p, body->id);

	if (ct == NULL)
		ct = &p->cts[p->n_cts++];
	*ct = (struct priv_ct){ .id = body->id, .state = PRIV_CT_RUNNING, .init_pid = 1, .epoch = body->epoch, .boot_sn = body->boot_sn };
	ct->started_boottime_ms = (uint64_t)cc_boottime_ms();
	ct->exit_status = -1;
	ct->limits = body->limits;
	memcpy(ct->address, "10.9.8.7", 9);
	memcpy(ct->image_sha256, body->image_sha256, sizeof(ct->image_sha256));
	reply(p, &f->head, ct, NULL, 0);
}

static void stop_ct(struct fake_priv *p, const struct priv_frame *f)
{
	struct priv_ct *ct = find_ct(p, ((const struct priv_ct_stop *)f->body)->id);

	if (ct != NULL)
		ct->state = PRIV_CT_STOPPED;
	reply(p, &f->head, NULL, NULL, 0);
}

static void delete_ct(struct fake_priv *p, const struct priv_frame *f)
{
	struct priv_ct *ct = find_ct(p, ((const struct priv_ct_ref *)f->body)->id);

	if (ct != NULL)
		*ct = p->cts[--p->n_cts];
	reply(p, &f->head, NULL, NULL, 0);
}

static void exec_program(struct fake_priv *p, const struct priv_frame *f)
{
	const struct priv_ct_exec *body = f->body;
	const char *at = f->tail;
	char *argv[16] = { 0 }, *env[1] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	struct running *r = &p->programs[p->n_programs++];

	for (uint32_t i = 0; i < body->argc && i < 15; i++, at += strlen(at) + 1)
		argv[i] = (char *)(uintptr_t)at;
	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, f->fds[i], i);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	r->seq = f->head.seq;
	if (posix_spawn(&r->pid, argv[0], &actions, &attr, argv, env) != 0) {
		p->n_programs--;
		reply(p, &f->head, &(struct priv_ct_exec_reply){ 127 }, NULL, 0);
	}
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
}

static void signal_program(struct fake_priv *p, const struct priv_frame *f)
{
	const struct priv_ct_signal *body = f->body;

	p->last_signal = body->signal;
	for (size_t i = 0; i < p->n_programs; i++)
		if (p->programs[i].seq == body->exec_seq)
			kill(p->programs[i].pid, body->signal);
	reply(p, &f->head, NULL, NULL, 0);
}

static void collect_programs(struct fake_priv *p)
{
	for (size_t i = p->n_programs; i-- > 0;) {
		struct priv_header head = { .verb = PRIV_CT_EXEC, .seq = p->programs[i].seq };
		int status;

		if (waitpid(p->programs[i].pid, &status, WNOHANG) <= 0)
			continue;
		p->programs[i] = p->programs[--p->n_programs];
		reply(p, &head, &(struct priv_ct_exec_reply){ WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status) }, NULL, 0);
	}
}

static void answer(struct fake_priv *p, const struct priv_frame *f)
{
	struct priv_list_reply list;

	if (p->fail[f->head.verb] != CC_OK) {
		refuse(p, &f->head, p->fail[f->head.verb], p->fail_text);
		return;
	}
	switch (f->head.verb) {
	case PRIV_HELLO:
		reply(p, &f->head,
		        &(struct priv_hello_reply){
		                .version = PRIV_VERSION, .features = PRIV_FEATURE_SIM, .instances_max = 100, .driver = "sim", .upload_kbit = 500 },
		        p->blocked, strlen(p->blocked) + 1);
		break;
	case PRIV_IMAGE_LIST:
		list.count = (uint32_t)p->n_images;
		reply(p, &f->head, &list, p->images, p->n_images * sizeof(struct priv_image));
		break;
	case PRIV_CT_LIST:
		list.count = (uint32_t)p->n_cts;
		reply(p, &f->head, &list, p->cts, p->n_cts * sizeof(struct priv_ct));
		break;
	case PRIV_IMAGE_DELETE:
		delete_image(p, f);
		break;
	case PRIV_IMAGE_UNPACK:
		unpack(p, f);
		break;
	case PRIV_LEASE:
		p->lease_until_ms = ((const struct priv_lease *)f->body)->until_ms;
		p->n_leased = f->head.tail / sizeof(struct cc_uuid);
		reply(p, &f->head, NULL, NULL, 0);
		break;
	case PRIV_CT_START:
		start_ct(p, f);
		break;
	case PRIV_CT_STOP:
		stop_ct(p, f);
		break;
	case PRIV_CT_DELETE:
		delete_ct(p, f);
		break;
	case PRIV_CT_EXEC:
		exec_program(p, f);
		break;
	case PRIV_CT_LOGS:
		memcpy(&p->logs, f->body, sizeof(p->logs));
		reply(p, &f->head, &(struct priv_ct_exec_reply){ 0 }, NULL, 0);
		break;
	case PRIV_CT_SIGNAL:
		signal_program(p, f);
		break;
	default:
		reply(p, &f->head, NULL, NULL, 0);
		break;
	}
}

static void *serve(void *arg)
{
	struct fake_priv *p = arg;

	for (;;) {
		struct priv_frame f;
		struct cc_error err = { 0 };
		struct pollfd wait;
		int got = 0;

		pthread_mutex_lock(&p->lock);
		if (p->stopping) {
			pthread_mutex_unlock(&p->lock);
			return NULL;
		}
		while (p->fd >= 0 && (got = priv_frame_recv(p->fd, p->buf, sizeof(p->buf), &f, &err)) > 0) {
			p->calls[f.head.verb]++;
			answer(p, &f);
			priv_frame_close_fds(&f);
		}
		if (got < 0) {
			close(p->fd);
			p->fd = -1;
		}
		collect_programs(p);
		wait = (struct pollfd){ .fd = p->fd, .events = POLLIN };
		pthread_mutex_unlock(&p->lock);
		poll(&wait, 1, 2);
	}
}

struct fake_priv *fake_priv_new(void)
{
	struct fake_priv *p = cc_calloc(1, sizeof(*p));

	p->fd = -1;
	pthread_mutex_init(&p->lock, NULL);
	CC_PRE(pthread_create(&p->thread, NULL, serve, p) == 0);
	return p;
}

void fake_priv_free(struct fake_priv *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	for (size_t i = 0; i < p->n_programs; i++) {
		kill(p->programs[i].pid, SIGKILL);
		waitpid(p->programs[i].pid, NULL, 0);
	}
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	if (p->fd >= 0)
		close(p->fd);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int fake_priv_connect(struct fake_priv *p)
{
	struct cc_error err = { 0 };
	int pair[2];

	CC_PRE(priv_frame_socketpair(pair, &err) == 0);
	pthread_mutex_lock(&p->lock);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = pair[0];
	pthread_mutex_unlock(&p->lock);
	return pair[1];
}

void fake_priv_die(struct fake_priv *p)
{
	pthread_mutex_lock(&p->lock);
	close(p->fd);
	p->fd = -1;
	pthread_mutex_unlock(&p->lock);
}

void fake_priv_fail(struct fake_priv *p, enum priv_verb verb, enum cc_code code, const char *text)
{
	pthread_mutex_lock(&p->lock);
	p->fail[verb] = code;
	snprintf(p->fail_text, sizeof(p->fail_text), "%s", text);
	pthread_mutex_unlock(&p->lock);
}

void fake_priv_add_ct(struct fake_priv *p, struct priv_ct ct)
{
	pthread_mutex_lock(&p->lock);
	p->cts[p->n_cts++] = ct;
	pthread_mutex_unlock(&p->lock);
}

void fake_priv_block(struct fake_priv *p, const char *lines)
{
	pthread_mutex_lock(&p->lock);
	snprintf(p->blocked, sizeof(p->blocked), "%s", lines);
	pthread_mutex_unlock(&p->lock);
}

void fake_priv_add_image(struct fake_priv *p, const char *sha256)
{
	pthread_mutex_lock(&p->lock);
	snprintf(p->images[p->n_images++].sha256, PRIV_SHA256_TEXT, "%s", sha256);
	pthread_mutex_unlock(&p->lock);
}

void fake_priv_end_init(struct fake_priv *p, int n, int wait_status)
{
	struct priv_frame f = { .head = { .verb = PRIV_EVENT_EXIT, .seq = PRIV_EVENT_SEQ, .body = sizeof(struct priv_ct) }, .tail = "" };
	struct cc_error err = { 0 };
	struct priv_ct *ct;

	pthread_mutex_lock(&p->lock);
	ct = find_ct(p, test_id(n));
	ct->state = PRIV_CT_STOPPED;
	ct->init_pid = 0;
	ct->exit_status = wait_status;
	f.body = ct;
	(void)priv_frame_send(p->fd, &f, &err);
	pthread_mutex_unlock(&p->lock);
}

void fake_priv_say_changed(struct fake_priv *p)
{
	struct priv_frame f = { .head = { .verb = PRIV_EVENT_CHANGED, .seq = PRIV_EVENT_SEQ }, .body = "", .tail = "" };
	struct cc_error err = { 0 };

	pthread_mutex_lock(&p->lock);
	(void)priv_frame_send(p->fd, &f, &err);
	pthread_mutex_unlock(&p->lock);
}

unsigned fake_priv_calls(struct fake_priv *p, enum priv_verb verb)
{
	unsigned n;

	pthread_mutex_lock(&p->lock);
	n = p->calls[verb];
	pthread_mutex_unlock(&p->lock);
	return n;
}

bool fake_priv_ct(struct fake_priv *p, int n, struct priv_ct *ret)
{
	struct priv_ct *ct;

	pthread_mutex_lock(&p->lock);
	ct = find_ct(p, test_id(n));
	if (ct != NULL)
		*ret = *ct;
	pthread_mutex_unlock(&p->lock);
	return ct != NULL;
}

size_t fake_priv_unpacked(struct fake_priv *p, bool *ret_right)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->unpacked;
	*ret_right = p->unpacked_right;
	pthread_mutex_unlock(&p->lock);
	return n;
}

size_t fake_priv_leased(struct fake_priv *p, int64_t *ret_until_ms)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->n_leased;
	*ret_until_ms = p->lease_until_ms;
	pthread_mutex_unlock(&p->lock);
	return n;
}

const struct priv_ct_logs *fake_priv_logs(const struct fake_priv *p)
{
	return &p->logs;
}

int fake_priv_last_signal(struct fake_priv *p)
{
	int n;

	pthread_mutex_lock(&p->lock);
	n = p->last_signal;
	pthread_mutex_unlock(&p->lock);
	return n;
}

bool fake_priv_has_image(struct fake_priv *p, const char *sha256)
{
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (size_t k = 0; k < p->n_images; k++)
		found = found || strcmp(p->images[k].sha256, sha256) == 0;
	pthread_mutex_unlock(&p->lock);
	return found;
}
