/* The context of one request, passed to every stage: there are no globals and no thread-locals. */
#ifndef MD_BASE_CTX_H
#define MD_BASE_CTX_H

#include "base/err.h"

#include <stdatomic.h>

struct md_snapshot; /* metadata/metadata.h */
struct md_access;   /* access/access.h: the roles in effect */
struct md_trace;    /* trace/trace.h */

struct md_ctx {
	struct md_arena *arena;          /* everything the request makes lives here */
	struct md_error *err;            /* filled by the stage that fails */
	struct md_trace *trace;          /* NULL: record nothing */
	const struct md_snapshot *meta;  /* immutable; the request holds a reference */
	const struct md_access *access;  /* set by md_access_open, before validation */
	int64_t deadline_ms;             /* monotonic clock (base/sys.h); 0 while none is set */
	const atomic_bool *cancelled;    /* set by another thread; NULL while nothing runs */
};

static inline bool md_is_cancelled(const struct md_ctx *cx)
{
	return cx->cancelled && atomic_load(cx->cancelled);
}

#endif
