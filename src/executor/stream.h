/* One statement on one connection of a pool, from borrowing the connection to returning it. */
#ifndef MD_EXECUTOR_STREAM_H
#define MD_EXECUTOR_STREAM_H

#include "executor/execute.h"

struct md_stream {
	struct md_ctx *cx;
	const struct md_exec *x;
	const struct md_stmt *stmt;
	struct md_running *run;
	void *conn;            /* NULL: not running */
	struct md_cell *cells; /* of the current row, stmt->n_outputs */
	int64_t rows, started_ms;
};

/* Borrows a connection and starts the statement; replaces a stale connection once by a new one. -1:
 * the error is set and nothing runs. */
int md_stream_open(struct md_stream *s, struct md_ctx *cx, const struct md_exec *x, struct md_running *run,
                   const struct md_stmt *stmt);
int md_stream_next(struct md_stream *s); /* 1: a row; 0: complete; -1: failed. The stream is closed unless 1 */
void md_stream_close(struct md_stream *s);

#endif
