/* The failures that every driver reports, in the same words. Each fills the record of cx with the
 * database (its id, or "trino") and the cause (the text of the server or library, or MD_NOSTR),
 * both copied, and returns -1. */
#ifndef MD_DRIVERS_FAILURE_H
#define MD_DRIVERS_FAILURE_H

#include "base/ctx.h"
#include "base/err.h"

/* QUERY_TIMEOUT: the deadline, or the bound of the server. started_ms: when the statement began. */
int md_fail_timed_out(struct md_ctx *cx, struct md_str database, int64_t started_ms, struct md_str cause);
int md_fail_cancelled(struct md_ctx *cx, struct md_str database, struct md_str cause);
/* CONNECTION_FAILED, after a part of the reply was seen. */
int md_fail_lost(struct md_ctx *cx, struct md_str database, struct md_str cause);
/* QUERY_FAILED: the server answered with an error. hint: md_cause_hint of the server's own code. */
int md_fail_refused(struct md_ctx *cx, struct md_str database, struct md_str cause, struct md_str hint);
/* QUERY_FAILED: the reply has another number of columns than the statement has outputs. */
int md_fail_columns(struct md_ctx *cx, struct md_str database, size_t got, size_t expected);

#endif
