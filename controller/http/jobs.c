/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controller/http/jobs.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *);
	void *arg;
	struct job *next;
};

struct jobs {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t added;
	struct job *first, **last;
	bool quit;
};

static void *run(void *arg)
{
	struct jobs *j = arg;
	struct job *job;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		while (j->first == NULL && !j->quit)
			pthread_cond_wait(&j->added, &j->lock);
		job = j->first;
		if (job == NULL)
			break;
		j->first = job->next;
		if (j->first == NULL)
			j->last = &j->first;
		pthread_mutex_unlock(&j->lock);
		job->fn(job->arg);
		free(job);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

int jobs_new(struct jobs **ret, struct cc_error *err)
{
	struct jobs *j = cc_calloc(1, sizeof(*j));

	j->last = &j->first;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->added, NULL);
	if (pthread_create(&j->thread, NULL, run, j) != 0) {
		free(j);
		return cc_fail(err, IO, "starting a thread for files");
	}
	*ret = j;
	return 0;
}

void jobs_add(struct jobs *j, void (*fn)(void *), void *arg)
{
	struct job *job = cc_calloc(1, sizeof(*job));

	*job = (struct job){ .fn = fn, .arg = arg };
	pthread_mutex_lock(&j->lock);
	*j->last = job;
	j->last = &job->next;
	pthread_cond_signal(&j->added);
	pthread_mutex_unlock(&j->lock);
}

void jobs_free(struct jobs *j)
{
	if (j == NULL)
		return;
	pthread_mutex_lock(&j->lock);
	j->quit = true;
	pthread_cond_signal(&j->added);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	pthread_cond_destroy(&j->added);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
