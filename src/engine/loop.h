/* Queries beside an event loop (multidb_loop). Internal to the engine. Locks are taken in this
 * order: the engine's, the loop's, the one of a running statement. */
#ifndef MD_ENGINE_LOOP_H
#define MD_ENGINE_LOOP_H

#include "engine/private.h"

/* The calls on a handle that a loop has, made by the handle's own thread. */
int md_loop_take_chunk(multidb_query *q, const char **bytes, size_t *n);
int md_loop_take_row(multidb_query *q, const multidb_cell **cells);
void md_loop_abandon(multidb_query *q); /* frees it, at once or when its thread is done */

/* From any thread, under the engine's lock, also where no loop has the handle. */
void md_loop_cancel(multidb_query *q);

#endif
