/* Internal to the ClickHouse driver. The files are layers: each uses those above it in this header
 * and none below (tests/house/test_drivers.py). */
#ifndef MD_DRIVERS_CLICKHOUSE_H
#define MD_DRIVERS_CLICKHOUSE_H

#include "drivers/value/cells.h"
#include "drivers/net/http.h"

#include <stdatomic.h>

enum { MD_CH_IDLE, MD_CH_RUNNING, MD_CH_CANCELLED };

/* A JSON value in a row: a string without its quotes, or the text of anything else. */
struct md_ch_token {
	const char *p;
	uint32_t n;
	uint8_t flags;
};
enum {
	MD_CH_STRING = 1,
	MD_CH_ESCAPED = 2,
	MD_CH_HIGH = 4 /* bytes beyond ASCII */,
	MD_CH_CONTROL = 8,
	MD_CH_NESTED = 16
};

/* How a column's values are to be read; of an array: its elements. */
struct md_ch_how {
	uint8_t how; /* enum md_ch_kind */
	bool array;
};
enum md_ch_kind {
	MD_CH_TEXT,
	MD_CH_INTEGER,
	MD_CH_FLOAT,
	MD_CH_DECIMAL,
	MD_CH_WORD /* true false */,
	MD_CH_UUID,
	MD_CH_DATE,
	MD_CH_MOMENT,
	MD_CH_BYTES,
	MD_CH_JSON /* the value as it stands */,
	MD_CH_CHECKED,
	MD_CH_NEVER
};

struct md_ch {
	struct md_http *http;
	struct md_str id;           /* database id, for messages; a copy */
	struct md_str url;          /* a secret; a copy, for cancelling by a connection of its own */
	struct md_tls *tls;         /* the same; NULL: none */
	int64_t statement_timeout_ms;
	_Atomic int state;          /* cancel comes from other threads */
	char query_id[48];          /* of the running statement; cancel reads it while RUNNING */
	char boundary[40];          /* of forms */
	struct md_buf target;       /* path and settings; the first `fixed` bytes are the same for every statement */
	size_t fixed;
	struct md_buf form;         /* the statement and its parameters */
	struct md_cells cells;
	struct md_ch_token *tokens; /* of the row at hand */
	struct md_ch_how *how;
	uint32_t columns_cap;       /* of both */
	/* the running statement */
	const struct md_stmt *stmt;
	size_t taken;               /* bytes of the row handed out last: consumed by the next call */
	int64_t started_ms;
	uint32_t handed;            /* rows, to look at the clock now and then */
	bool doubts_types;          /* a table may have been altered since its columns were read */
	bool ended;                 /* the whole reply was read */
	bool broken;                /* must not be used again */
};

/* ---- types.c ---- */
struct md_ch_how md_ch_how(struct md_str server_type, struct md_type declared);
/* Takes a row "[1, "a", null]" apart into exactly n tokens; false when it is anything else. */
bool md_ch_split(struct md_str row, struct md_ch_token *tokens, uint32_t n);
int md_ch_cell(struct md_cells *k, struct md_ch_how how, struct md_type t, const struct md_ch_token *in,
               struct md_cell *out);
/* The string's bytes without escapes: a view, or in the arena. False: bad escapes or out of memory.
 */
bool md_ch_unescape(struct md_arena *a, const struct md_ch_token *in, struct md_str *out);

/* ---- params.c ---- */
/* The statement and its parameters as multipart/form-data into b. False when out of memory
 * (b->failed) or a value has no place in ClickHouse's type: then *bad is its number, from 1. */
bool md_ch_form(struct md_buf *b, const char *boundary, const struct md_stmt *s, uint32_t *bad);

/* ---- kill.c ---- */
/* Tells the server to stop the statement; takes at most half a second. */
void md_ch_kill(const struct md_ch *c);

/* ---- run.c ---- */
enum md_started md_ch_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context);
int md_ch_next(void *conn, struct md_ctx *cx, struct md_cell *cells);
bool md_ch_finish(void *conn);
bool md_ch_ping(void *conn, struct md_ctx *cx);
/* Does a statement that selects 1 as c0 answer so? */
bool md_ch_selects_one(struct md_ch *c, struct md_ctx *cx, struct md_str text);

/* ---- catalog.c ---- */
enum md_started md_ch_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                 struct md_catalog_table *out);

#endif
