/* How long an engine lives. Internal to the engine room. */
#ifndef MD_ENGINE_LIFETIME_H
#define MD_ENGINE_LIFETIME_H

#include "engine/private.h"

/* Count the holders of the engine's memory: the last one to drop the engine frees it. */
void md_engine_take(multidb_engine *e);
void md_engine_drop(multidb_engine *e);

/* A handle enters the engine's list of handles, and holds the engine until it leaves. */
void md_engine_add_query(multidb_query *q);
void md_engine_remove_query(multidb_query *q);

/* The current runtime with a reference for the caller; NULL: the engine was closed. */
struct md_runtime *md_engine_runtime(multidb_engine *e);

/* Makes the current runtime the handle's (q->rt); NULL where the engine was closed. */
void md_engine_attach(multidb_query *q);

/* Called for every chunk and row, and therefore only one load of an atomic pointer. */
static inline bool md_engine_is_closed(const multidb_engine *e)
{
	return !atomic_load_explicit(&e->current, memory_order_acquire);
}

extern const char md_engine_closed[]; /* the message of SHUTTING_DOWN */

#endif
