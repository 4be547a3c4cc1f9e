/* Internal to the Trino driver. The files are layers: each uses those above it in this header and
 * none below (tests/house/test_drivers.py). */
#ifndef MD_DRIVERS_TRINO_PRIVATE_H
#define MD_DRIVERS_TRINO_PRIVATE_H

#include "drivers/net/http.h"
#include "drivers/value/cells.h"
#include "json/json.h"

#include <stdatomic.h>

/* ---- protocol.c: pure ---- */
struct md_trino_url {
	struct md_str user;  /* decoded */
	struct md_str bare;  /* the url without user and password; p NULL: out of memory */
	bool password;       /* there is one */
};
/* NULL, or what is wrong with the url (never quoting it). Results are in the arena. Hosts and ports
 * are looked at by md_http_new. */
const char *md_trino_url_read(struct md_arena *a, struct md_str url, struct md_trino_url *out);
/* The path of a link that the server gave, a view, or an empty text: it leads to another origin (as
 * md_http_origin writes it), or to nothing that a statement has. */
struct md_str md_trino_path(struct md_str origin, struct md_str link);

struct md_trino_page {
	struct md_str id, next;        /* the query's id; nextUri, empty on the last page */
	const struct md_json *columns, *data; /* NULL: not on this page */
	bool finished;                 /* stats.state */
	bool failed;                   /* then: */
	struct md_str error_name, error_message;
};
/* A reply's body. NULL, or what is wrong with it. Everything points into the arena, whose oom is
 * the truth about memory. */
const char *md_trino_page_read(struct md_arena *a, struct md_str body, struct md_trino_page *out);

/* ---- types.c ---- */
enum md_trino_kind {
	MD_TRINO_NULL,
	MD_TRINO_BOOLEAN,
	MD_TRINO_INTEGER,
	MD_TRINO_FLOAT,
	MD_TRINO_DECIMAL,
	MD_TRINO_TEXT,
	MD_TRINO_BYTES,
	MD_TRINO_DATE,
	MD_TRINO_TIMESTAMP,
	MD_TRINO_TIME,
	MD_TRINO_UUID,
	MD_TRINO_JSON,
	MD_TRINO_OTHER
};
struct md_trino_type {
	uint8_t kind;  /* of the elements when array */
	bool array;
};
struct md_trino_type md_trino_type_of(struct md_str name); /* "timestamp(6) with time zone", "array(varchar(3))" */
bool md_trino_type_fits(struct md_trino_type from, struct md_type declared);
/* 0, or -1: the value does not fit (or out of memory). */
int md_trino_cell(struct md_cells *k, struct md_trino_type from, struct md_type declared, const struct md_json *v,
                  struct md_cell *out);

/* ---- connections ---- */
enum {
	MD_TRINO_IDLE,
	MD_TRINO_RUNNING,
	MD_TRINO_CANCELLING /* for the moment that md_http_cancel takes */,
	MD_TRINO_CANCELLED
};

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

/* ---- unfit.c ---- */
/* The number of the parameter whose value the message quotes as one that the column does not hold;
 * 0: the error is another one. */
uint32_t md_trino_unfit_parameter(const struct md_stmt *s, struct md_str error_name, struct md_str message);

/* ---- run.c ---- */
enum md_started md_trino_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context);
int md_trino_next(void *conn, struct md_ctx *cx, struct md_cell *cells);
bool md_trino_finish(void *conn);
bool md_trino_ping(void *conn, struct md_ctx *cx);

/* ---- catalog.c ---- */
enum md_started md_trino_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                    struct md_catalog_table *out);

#endif
