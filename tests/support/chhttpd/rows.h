/* The bytes of a result, chunk by chunk, as one document: libchdb repeats a format's header in
 * every chunk of a stream; here it comes once. */
#ifndef CHHTTPD_ROWS_H
#define CHHTTPD_ROWS_H

#include "chdb.h"
#include "text.h"

struct rows {
	chdb_conn conn;             /* closed by rows_free */
	struct chdb_result *stream; /* NULL for a result that came whole */
	struct chdb_result *chunk;  /* the one last given out */
	struct growing_text header;
	int header_lines; /* of a text format: lines of its header */
	int header_names; /* of RowBinary…: texts a column in its header */
	bool done;
	const char *error; /* ClickHouse's text, valid until rows_free */
	uint64_t rows, rows_scanned, bytes_scanned;
};

/* Whether chunks of this format make one document. Others must come whole. */
bool rows_streamable(const char *format);

/* Takes the connection in every case. What is wrong with the statement is told by rows_next. */
void rows_stream(struct rows *r, chdb_conn conn, struct chdb_result *stream, const char *format);
void rows_whole(struct rows *r, chdb_conn conn, struct chdb_result *result);

/* 1 and the next bytes, valid until the next call; 0 at the end; -1 with r->error. */
int rows_next(struct rows *r, const char **p, size_t *n);

/* Cancels what still runs. */
void rows_free(struct rows *r);

#endif
