#include "engine/watch.h"

#include "base/sys.h"
#include "engine/loading.h"

#include <signal.h>

/* False: the thread has to end. */
static bool wait_for_turn(struct md_watch *w, int64_t next_ms)
{
	pthread_mutex_lock(&w->lock);
	while (!atomic_load(&w->must_stop) && md_monotonic_cond_wait(&w->wake, &w->lock, next_ms))
		;
	bool stop = atomic_load(&w->must_stop);
	pthread_mutex_unlock(&w->lock);
	return !stop;
}

static void *watch_source(void *engine)
{
	multidb_engine *e = engine;
	while (wait_for_turn(&e->watch, atomic_load(&e->refresh.next_ms)))
		md_refresh_poll(e, true);
	return NULL;
}

/* The thread blocks all signals: they are for the threads of the program. */
static int start_thread(multidb_engine *e)
{
	sigset_t all, before;
	sigfillset(&all);
	if (pthread_sigmask(SIG_BLOCK, &all, &before))
		return -1;
	int rc = pthread_create(&e->watch.thread, NULL, watch_source, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc ? -1 : 0;
}

int md_watch_start(multidb_engine *e)
{
	struct md_watch *w = &e->watch;
	if (pthread_mutex_init(&w->lock, NULL))
		return -1;
	if (!md_monotonic_cond_init(&w->wake)) {
		pthread_mutex_destroy(&w->lock);
		return -1;
	}
	w->is_running = start_thread(e) == 0;
	if (w->is_running)
		return 0;
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	return -1;
}

void md_watch_stop(multidb_engine *e)
{
	struct md_watch *w = &e->watch;
	if (!w->is_running)
		return;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->must_stop, true);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (e->refresh.source->interrupt)
		e->refresh.source->interrupt(e->refresh.self);
	pthread_join(w->thread, NULL);
	w->is_running = false;
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}
