/* A thread of the library that asks an engine's source again and again. It calls no function of the
 * caller: what it has to say waits in the log. */
#ifndef MD_ENGINE_WATCH_H
#define MD_ENGINE_WATCH_H

#include <multidb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Zeroed: there is no thread. */
struct md_watch {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_running;
	atomic_bool must_stop;
};

/* Starts the thread of an engine that has a source with a time to poll. -1: out of memory or of
 * threads. */
int md_watch_start(multidb_engine *e);
/* Ends it and waits for it: a load that runs is interrupted. Nothing to do where there is none. */
void md_watch_stop(multidb_engine *e);

#endif
