/* One statement on one connection of a pool, from taking the connection to giving it back. Internal to the executor. */
#ifndef MD_EXECUTOR_STREAM_H
#define MD_EXECUTOR_STREAM_H

#include "executor/execute.h"

struct md_stream {
	struct md_ctx *cx;
	const struct md_exec *x;
	const struct md_stmt *stmt;
	struct md_running *run;
	void *conn;            /* NULL: not running */
	struct md_cell *cells; /* stmt->n_outputs */
	int64_t rows, started_ms;
};

/* Takes a connection and starts the statement; a stale connection is replaced once by a fresh one. */
int md_stream_open(struct md_stream *s, struct md_ctx *cx, const struct md_exec *x, struct md_running *run, const struct md_stmt *stmt);
int md_stream_next(struct md_stream *s); /* 1, 0 (then closed), -1 (then closed) */
void md_stream_close(struct md_stream *s);

#endif
