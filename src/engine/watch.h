/* A thread of the library that polls an engine's source. It calls no function of the caller: its
 * events wait in the log. */
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

/* Starts the thread of an engine whose source has a poll time. -1: out of memory, or no thread can
 * be started. */
int md_watch_start(multidb_engine *e);
/* Interrupts a load that runs, ends the thread and waits for it. Does nothing where there is no
 * thread. */
void md_watch_stop(multidb_engine *e);

#endif
