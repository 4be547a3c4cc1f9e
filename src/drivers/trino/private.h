/* Internal to the Trino driver: connection.c (connections), run.c (statements); page.h has its pure parts. */
#ifndef MD_DRIVERS_TRINO_H
#define MD_DRIVERS_TRINO_H

#include "drivers/net/http.h"
#include "drivers/trino/page.h"

#include <stdatomic.h>

enum { MD_TRINO_IDLE, MD_TRINO_RUNNING, MD_TRINO_CANCELLING /* for the moment that md_http_cancel takes */, MD_TRINO_CANCELLED };

struct md_trino_conn {
	struct md_http *http;
	struct md_str id;             /* for messages; NUL-terminated copy */
	int64_t statement_timeout_ms;
	_Atomic int state;            /* cancel comes from other threads */
	struct md_cells cells;
	struct md_buf body;           /* of the reply at hand */
	struct md_buf query;          /* the running query's id */
	struct md_buf next;           /* path of the next page; empty: none */
	struct md_trino_type *types;  /* per output column, as the server announces them */
	uint32_t types_cap;
	/* the running statement */
	const struct md_stmt *stmt;
	struct md_arena page;         /* the page at hand */
	struct md_json_iter rows;     /* of it, not handed out */
	const struct md_json *row;
	struct md_json_iter values;   /* of the row, not converted */
	struct md_mark row_mark;      /* cells.arena where a row begins */
	int64_t started_ms;
	uint32_t handed;              /* rows, to look at the clock now and then */
	uint32_t waits;               /* in a row, for a server that is not ready */
	bool typed;                   /* types are known */
	bool complete;                /* the last page has arrived */
	bool broken;                  /* must not be used again */
};

/* ---- run.c ---- */
enum md_started md_trino_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context);
int md_trino_next(void *conn, struct md_ctx *cx, struct md_cell *cells);
bool md_trino_finish(void *conn);
bool md_trino_ping(void *conn, struct md_ctx *cx);

#endif
