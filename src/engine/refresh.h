/* The source of an engine's configuration (source/source.h): when it is asked, and what is known of
 * it. An engine has at most one. */
#ifndef MD_ENGINE_REFRESH_H
#define MD_ENGINE_REFRESH_H

#include "source/source.h"

#include <multidb.h>
#include <stdatomic.h>

struct md_runtime;

/* Zeroed: there is no source. All but next_ms is under the engine's lock `loading`. */
struct md_refresh {
	const struct md_config_source *source;
	void *self;                     /* of the source */
	int64_t poll_ms;                /* 0: it is asked by multidb_engine_refresh alone */
	_Atomic int64_t next_ms;        /* monotonic: when it is asked again */
	struct md_config_versions used; /* of the documents in use; empty where these did not come from it */
	struct md_config_versions seen; /* of the documents that it gave last, used or refused */
	bool is_down;                   /* it failed the last time, which was logged */
};

/* Which documents are not loaded again. */
enum md_known { MD_KNOWN_NONE, MD_KNOWN_USED, MD_KNOWN_SEEN };

enum { MD_SOURCE_FAILED = -2 };

/* Under the lock `loading`, as all that follows: asks the source. 0: *rt is a runtime of what it
 * gave, or NULL where it gave nothing new; -1: what it gave was refused, MD_SOURCE_FAILED: it gave
 * nothing; the record of cx says why. */
int md_refresh_load(struct md_ctx *cx, multidb_engine *e, enum md_known known, struct md_runtime **rt);

/* The same for an engine that is in use: a reload where the source gave something. 0 or -1. */
int md_refresh_now(struct md_ctx *cx, multidb_engine *e, enum md_known known);

/* Without the lock: asks a polled source where it is time to. waits: for another thread that loads;
 * otherwise that one's load is enough. */
void md_refresh_poll(multidb_engine *e, bool waits);

/* Another configuration is in use, which did not come from the source. */
void md_refresh_forget(struct md_refresh *r);
void md_refresh_free(struct md_refresh *r);

#endif
