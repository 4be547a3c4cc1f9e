/* From a configuration document to the runtime in use, for opening and every kind of reload. */
#ifndef MD_ENGINE_LOADING_H
#define MD_ENGINE_LOADING_H

#include "engine/private.h"

/* One configuration as it comes. */
struct md_document {
	const char *path;    /* of a file; NULL: the text is given */
	struct md_str text;
	struct md_str roles; /* the array of roles, where it comes apart from the text; .p NULL: it does not */
};

/* An error that is returned to the caller, without a code yet. NULL: out of memory. */
multidb_error *md_error_new(void);
struct md_ctx md_error_ctx(multidb_error *own);
/* Ends a call: hands the error over where the call failed (rc is -1) and frees it elsewhere. own
 * NULL reads as out of memory, error may be NULL. Returns rc. */
int md_error_end(multidb_error *own, int rc, multidb_error **error);

/* The whole of a call that the header excludes. The text is static. Returns -1. */
int md_error_misuse(const char *text, multidb_error **error);

/* NULL: the record of cx says why. */
struct md_runtime *md_load_runtime(struct md_ctx *cx, const multidb_engine *e, const struct md_document *d);

/* One load at a time. -1: this thread loads already, which the caller's source does when it calls
 * the function of that name (MISUSE). */
int md_begin_loading(struct md_ctx *cx, multidb_engine *e, const char *function);
void md_end_loading(multidb_engine *e);

/* The end of a reload: makes the runtime the current one of the engine, which takes it over, or
 * leaves the old one in use (NULL: the record of cx says why). Logs either. Returns 0 or -1. */
int md_end_reload(struct md_ctx *cx, multidb_engine *e, struct md_runtime *rt);

#endif
