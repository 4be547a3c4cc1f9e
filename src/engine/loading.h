/* From a configuration document to the runtime in use, for opening and every kind of reload. */
#ifndef MD_ENGINE_LOADING_H
#define MD_ENGINE_LOADING_H

#include "engine/private.h"

/* One configuration before it is read. */
struct md_document {
	const char *path;    /* of a file; NULL: the text is given */
	struct md_str text;
	struct md_str roles; /* the array of roles, where it is a document of its own; .p NULL: it is in the text */
};

/* An error that is returned to the caller, without a code yet. NULL: out of memory. */
multidb_error *md_error_new(void);
struct md_ctx md_error_ctx(multidb_error *own);
/* Ends a call: where the call failed (rc is not 0) the caller receives the error in *error,
 * otherwise the error is freed. own NULL: the caller receives NULL, which reads as out of memory.
 * error may be NULL. Returns rc. */
int md_error_end(multidb_error *own, int rc, multidb_error **error);

/* Reports MISUSE with the text, which is static, for a call that multidb.h does not allow. Returns
 * -1. */
int md_error_misuse(const char *text, multidb_error **error);

/* NULL: the record of cx says why. */
struct md_runtime *md_load_runtime(struct md_ctx *cx, const multidb_engine *e, const struct md_document *d);

/* Waits until no other thread loads. -1: this thread is loading already, because a function of the
 * caller's source has called `function` (MISUSE). */
int md_begin_loading(struct md_ctx *cx, multidb_engine *e, const char *function);
void md_end_loading(multidb_engine *e);

/* The end of a reload: makes rt the current runtime of the engine, which takes it over. rt NULL:
 * the document was refused as the record of cx says, and the current runtime stays. Logs both
 * outcomes. Returns 0 or -1. */
int md_end_reload(struct md_ctx *cx, multidb_engine *e, struct md_runtime *rt);

#endif
