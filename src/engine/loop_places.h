/* What a loop keeps: its queries, each at one place, and the databases that they run on. Internal
 * to the loop. The loop's lock guards everything. */
#ifndef MD_ENGINE_LOOP_PLACES_H
#define MD_ENGINE_LOOP_PLACES_H

#include "engine/private.h"

/* A pool of connections that statements run on, and how the loop uses it. */
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
	pthread_cond_t changed;     /* a query waits, a waiting query was cancelled, or the loop ends */
	int fd;                     /* readable while outcomes are ready */
	bool is_ending;
	struct md_loop_line lines[MD_LOOP_PLACES];
	struct md_loop_target *targets;
	uint32_t n_threads, n_working;
	pthread_t threads[];
};

/* Finds or makes the target of a pool; NULL: out of memory. The caller adds its query to the
 * target's `queries`. */
struct md_loop_target *md_loop_target(multidb_loop *l, const struct md_pool *pool);

/* Puts a query, which its target counts already, among those that wait for a thread. */
void md_loop_enter(multidb_loop *l, multidb_query *q);
void md_loop_move(multidb_loop *l, multidb_query *q, enum md_loop_place place);
void md_loop_leave(multidb_loop *l, multidb_query *q);

#endif
