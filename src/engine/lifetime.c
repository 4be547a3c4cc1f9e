/* An engine's memory is freed with the last of its holders: the opener, its query handles, its
 * loops, and calls that run. Closing ends its work at once. Promises: a request that runs during
 * the close ends with its answer or with SHUTTING_DOWN; preparing a query pays one comparison for
 * this. */
#include "engine/lifetime.h"

#include "engine/loop.h"

#include <stdlib.h>

const char md_engine_closed[] = "multidb_engine_close has closed the engine";

void md_engine_take(multidb_engine *e)
{
	pthread_mutex_lock(&e->lock);
	e->refs++;
	pthread_mutex_unlock(&e->lock);
}

void md_engine_drop(multidb_engine *e)
{
	pthread_mutex_lock(&e->lock);
	bool is_last = --e->refs == 0;
	pthread_mutex_unlock(&e->lock);
	if (!is_last)
		return;
	md_refresh_free(&e->refresh);
	md_log_free(e->log);
	md_statistics_free(&e->statistics);
	pthread_mutex_destroy(&e->lock);
	pthread_mutex_destroy(&e->loading);
	free(e->base_dir);
	free(e);
}

void md_engine_add_query(multidb_query *q)
{
	multidb_engine *e = q->engine;
	pthread_mutex_lock(&e->lock);
	e->refs++;
	q->next = e->queries;
	if (q->next)
		q->next->previous = q;
	e->queries = q;
	pthread_mutex_unlock(&e->lock);
}

void md_engine_remove_query(multidb_query *q)
{
	multidb_engine *e = q->engine;
	pthread_mutex_lock(&e->lock);
	if (q->next)
		q->next->previous = q->previous;
	if (q->previous)
		q->previous->next = q->next;
	else
		e->queries = q->next;
	pthread_mutex_unlock(&e->lock);
	md_engine_drop(e);
}

/* A statement that starts afterwards finds that the engine is closed, or that it is cancelled. */
void multidb_engine_close(multidb_engine *e)
{
	if (!e)
		return;
	md_watch_stop(e);
	md_log_deliver(e->log);
	pthread_mutex_lock(&e->lock);
	struct md_runtime *rt = atomic_exchange(&e->current, NULL);
	for (multidb_query *q = e->queries; q; q = q->next)
		md_loop_cancel(q);
	pthread_mutex_unlock(&e->lock);
	md_runtime_unref(rt);
	md_engine_drop(e);
}

/* The lock is held from reading the pointer until the reference is taken: a reload in between could
 * free the runtime. */
struct md_runtime *md_engine_runtime(multidb_engine *e)
{
	pthread_mutex_lock(&e->lock);
	struct md_runtime *rt = atomic_load(&e->current);
	if (rt)
		md_runtime_ref(rt);
	pthread_mutex_unlock(&e->lock);
	return rt;
}

/* A closed engine's source is not asked any more. */
static void attend_to_engine(multidb_engine *e)
{
	if (atomic_load(&e->attention) & MD_ATTEND_POLL && atomic_load(&e->current))
		md_refresh_poll(e, false);
	md_log_deliver(e->log);
}

/* The lock is taken only when there was a reload since the handle's last use: a runtime that the
 * handle holds can't have been replaced at the same address. */
void md_engine_attach(multidb_query *q)
{
	if (atomic_load_explicit(&q->engine->attention, memory_order_relaxed))
		attend_to_engine(q->engine);
	if (q->rt == atomic_load_explicit(&q->engine->current, memory_order_acquire))
		return;
	struct md_runtime *before = q->rt;
	q->rt = md_engine_runtime(q->engine); /* before the old one is released, so that the addresses differ */
	md_runtime_unref(before);
}
