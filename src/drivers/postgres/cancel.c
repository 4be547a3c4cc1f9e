/* Cancelling a PostgreSQL statement. libpq's request opens a connection of its own and knows no
 * timeout, so it runs in a thread of its own. Promises: the caller waits at most as long as it
 * says; the request may still be on its way then, and no memory of the connection is used. */
#include "drivers/postgres/private.h"

#include "base/sys.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct cancel_request {
	PGcancel *pg;
	pthread_mutex_t lock;
	pthread_cond_t done_cond;
	bool done;
	int holders;
};

static void cancel_leave(struct cancel_request *j)
{
	pthread_mutex_lock(&j->lock);
	bool last = --j->holders == 0;
	pthread_mutex_unlock(&j->lock);
	if (!last)
		return;
	PQfreeCancel(j->pg);
	pthread_cond_destroy(&j->done_cond);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static void *cancel_run(void *arg)
{
	struct cancel_request *j = arg;
	char ignored[256];
	PQcancel(j->pg, ignored, sizeof ignored);
	pthread_mutex_lock(&j->lock);
	j->done = true;
	pthread_cond_signal(&j->done_cond);
	pthread_mutex_unlock(&j->lock);
	cancel_leave(j);
	return NULL;
}

static bool cancel_spawn(struct cancel_request *j)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	if (pthread_attr_init(&attr))
		return false;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* the host's signals are not for this thread */
	bool ok = pthread_create(&thread, &attr, cancel_run, j) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return ok;
}

static void cancel_wait(struct cancel_request *j, int64_t ms)
{
	int64_t until_ms = md_monotonic_ms() + ms;
	pthread_mutex_lock(&j->lock);
	while (!j->done && md_monotonic_cond_wait(&j->done_cond, &j->lock, until_ms))
		;
	pthread_mutex_unlock(&j->lock);
}

static struct cancel_request *cancel_new(PGconn *pg)
{
	struct cancel_request *j = calloc(1, sizeof *j);
	if (!j || !md_monotonic_cond_init(&j->done_cond)) {
		free(j);
		return NULL;
	}
	pthread_mutex_init(&j->lock, NULL);
	j->holders = 2;
	j->pg = PQgetCancel(pg);
	return j;
}

void md_pg_send_cancel(PGconn *pg, int64_t wait_ms)
{
	struct cancel_request *j = cancel_new(pg);
	if (!j)
		return;
	if (j->pg && cancel_spawn(j))
		cancel_wait(j, wait_ms);
	else
		cancel_leave(j);
	cancel_leave(j);
}
