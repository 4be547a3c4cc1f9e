/* Queries beside an event loop (multidb_loop). Internal to the engine. Locks are taken in this
 * order: the lock of the engine, of the loop, of a running statement. */
#ifndef MD_ENGINE_LOOP_H
#define MD_ENGINE_LOOP_H

#include "engine/private.h"

/* The calls on a handle that is in a loop, made on the thread that uses the handle. */
int md_loop_take_chunk(multidb_query *q, const char **bytes, size_t *n);
int md_loop_take_row(multidb_query *q, const multidb_cell **cells);
void md_loop_abandon(multidb_query *q); /* frees it, at once or when its thread is done */

/* Called from any thread that holds the engine's lock; the handle need not be in a loop. */
void md_loop_cancel(multidb_query *q);

#endif
