/* Calls that multidb.h excludes. Internal to the engine. */
#ifndef MD_ENGINE_MISUSE_H
#define MD_ENGINE_MISUSE_H

#include "engine/private.h"

/* Records a call that changes nothing, in an error of its own: what the handle does goes on.
 * Returns -1. The handle may be NULL. */
int md_misuse(multidb_query *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The error of a call without a handle. */
const multidb_error *md_null_handle_error(void);

/* No loop has the handle: 0, or -1 with the error recorded. */
int md_misuse_in_loop(multidb_query *q, const char *call);
static inline int md_check_idle(multidb_query *q, const char *call)
{
	return q->loop ? md_misuse_in_loop(q, call) : 0;
}

/* The calls that run a query, in the order that they need: 0, or -1 with the error recorded. The
 * handle is not NULL. */
int md_check_start(multidb_query *q, const char *call, multidb_format format);
int md_check_read(multidb_query *q, enum md_reading reading, bool has_places);

/* How a mode is written in a program. */
const char *md_mode_name(enum md_ask ask);

#endif
