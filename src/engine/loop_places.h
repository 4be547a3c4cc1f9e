/* What a loop knows: its queries, each at one place, and the databases that they run on. Internal
 * to the loop. Everything is under the loop's lock. */
#ifndef MD_ENGINE_LOOP_PLACES_H
#define MD_ENGINE_LOOP_PLACES_H

#include "engine/private.h"

/* What statements run on: a pool of connections, and how the loop uses it. */
struct md_loop_target {
	struct md_loop_target *next;
	const struct md_pool *pool; /* NULL: no database is asked */
	uint32_t queries;           /* all that are in the loop */
	uint32_t working;           /* of them, those with a thread */
	uint32_t connected;         /* of them, those with a connection */
};

struct md_loop_line {
	multidb_query *first, *last;
};

struct multidb_loop {
	multidb_engine *engine;
	pthread_mutex_t lock;
	pthread_cond_t changed;     /* a query waits for a thread, or was cancelled while it waits; the end */
	int fd;                     /* readable while outcomes are ready */
	bool is_ending;
	struct md_loop_line lines[MD_LOOP_PLACES];
	struct md_loop_target *targets;
	uint32_t n_threads, n_working;
	pthread_t threads[];
};

/* The target of a pool, made where there is none yet; NULL: out of memory. The caller counts its
 * query in. */
struct md_loop_target *md_loop_target(multidb_loop *l, const struct md_pool *pool);

/* A query whose target is counted waits for a thread from now on. */
void md_loop_enter(multidb_loop *l, multidb_query *q);
void md_loop_move(multidb_loop *l, multidb_query *q, enum md_loop_place place);
void md_loop_leave(multidb_loop *l, multidb_query *q);

#endif
