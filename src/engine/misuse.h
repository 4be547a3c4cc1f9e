/* Calls that multidb.h does not allow (MULTIDB_MISUSE). Internal to the engine. */
#ifndef MD_ENGINE_MISUSE_H
#define MD_ENGINE_MISUSE_H

#include "engine/private.h"

/* Records a misused call, in an error of its own: the call changes nothing else, and what the
 * handle does goes on. Returns -1. The handle may be NULL. */
int md_misuse(multidb_query *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The error of a call without a handle. */
const multidb_error *md_null_handle_error(void);

/* Records that `call` was made while a loop has the handle. Returns -1. */
int md_misuse_in_loop(multidb_query *q, const char *call);
/* 0: no loop has the handle; -1: the error is recorded. */
static inline int md_check_idle(multidb_query *q, const char *call)
{
	return q->loop ? md_misuse_in_loop(q, call) : 0;
}

/* Check that a call that runs a query comes in the right order: 0, or -1 with the error recorded.
 * The handle is not NULL. has_places: the pointers for what the call returns are not NULL. */
int md_check_start(multidb_query *q, const char *call, multidb_format format);
int md_check_read(multidb_query *q, enum md_reading reading, bool has_places);

/* The enumerator of multidb.h, as text. */
const char *md_mode_name(enum md_ask ask);

#endif
