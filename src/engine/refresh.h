/* The source of an engine's configuration (source/source.h): when it is asked, and which versions
 * of its documents are known. An engine has at most one source. */
#ifndef MD_ENGINE_REFRESH_H
#define MD_ENGINE_REFRESH_H

#include "source/source.h"

#include <multidb.h>
#include <stdatomic.h>

struct md_runtime;

/* Zeroed: there is no source. The engine's lock `loading` guards all members but next_ms. */
struct md_refresh {
	const struct md_config_source *source;
	void *self;                     /* passed to the functions of the source */
	int64_t poll_ms;                /* 0: only multidb_engine_refresh asks */
	_Atomic int64_t next_ms;        /* monotonic: when the source is asked again */
	struct md_config_versions used; /* of the documents in use; empty: these are not from the source */
	struct md_config_versions seen; /* of the documents that were loaded last, used or refused */
	bool is_down;                   /* the last load failed, which was logged */
};

/* Which documents are not loaded again. */
enum md_known { MD_KNOWN_NONE, MD_KNOWN_USED, MD_KNOWN_SEEN };

enum { MD_SOURCE_FAILED = -2 };

/* Asks the source; the caller holds the lock `loading`. 0: *rt is a runtime of the documents, or
 * NULL where the source has nothing new; -1: the documents were refused; MD_SOURCE_FAILED: the
 * source did not answer. The record of cx says why. */
int md_refresh_load(struct md_ctx *cx, multidb_engine *e, enum md_known known, struct md_runtime **rt);

/* The same for an engine that is in use: new documents replace its configuration. 0 or -1. */
int md_refresh_now(struct md_ctx *cx, multidb_engine *e, enum md_known known);

/* Asks a polled source when its time has come; the caller does not hold the lock. While another
 * thread loads, it waits if `waits` is true, and otherwise leaves the work to that thread. */
void md_refresh_poll(multidb_engine *e, bool waits);

/* To be called when a configuration is in use that did not come from the source. Needs the lock. */
void md_refresh_forget(struct md_refresh *r);
void md_refresh_free(struct md_refresh *r);

#endif
