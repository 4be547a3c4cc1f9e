/* Internal to the SQLite driver. The files are layers: each uses those above it in this header and
 * none below (tests/house/test_drivers.py). */
#ifndef MD_DRIVERS_SQLITE_H
#define MD_DRIVERS_SQLITE_H

#include "drivers/value/cells.h"
#include "drivers/pool/prepared.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum { MD_LITE_IDLE, MD_LITE_RUNNING, MD_LITE_CANCELLED };

struct md_lite {
	sqlite3 *db;
	struct md_str id;        /* database id, for messages; a copy */
	_Atomic int state;       /* cancel comes from other threads */
	int64_t deadline_ms;     /* of the running call, for the handlers; 0: none */
	int64_t statement_ms;    /* bound of each statement; 0: none */
	int64_t started_ms;
	struct md_prepared_set prepared;
	struct md_cells cells;
	struct md_cells values;  /* scratch of the functions of values.c */
	struct md_buf params;    /* bound blobs and lists */
	const struct md_stmt *stmt;
	sqlite3_stmt *running;
	bool broken;             /* must not be used again */
	bool done;               /* the last row has been handed out */
};

/* A stored value, of a column or of a function's argument. */
struct md_lite_stored {
	int storage;          /* SQLITE_INTEGER … */
	int64_t integer;
	double real;
	struct md_str bytes;  /* of TEXT and BLOB; .p NULL: out of memory */
};

/* ---- stored.c ---- */
/* -1: no value of the type, or out of memory (md_cells_failed). */
int md_lite_convert(struct md_cells *k, struct md_type t, const struct md_lite_stored *v, struct md_cell *out);
int md_lite_cell(void *conn, uint32_t i, struct md_cell *out);
const char *md_lite_storage(sqlite3_stmt *stmt, uint32_t i); /* "text", "integer", … for messages */

/* ---- values.c ---- */
/* Digits of a second in the texts that are compared: as many as base/date.h accepts. */
enum { MD_LITE_SECOND_DIGITS = 12 };
/* A timestamp with all these digits, into MD_TIMESTAMP_ROOM bytes; returns its length, 0: it is no
 * timestamp. */
size_t md_lite_moment(char *to, struct md_str text);
int md_lite_value_functions(struct md_lite *c); /* SQLite's code */

/* ---- types.c ---- */
/* SQLite's code; every parameter is bound. Views of the statement's parameters: they must live
 * until finish. */
int md_lite_bind(struct md_lite *c, sqlite3_stmt *stmt, const struct md_stmt *s);

/* ---- run.c ---- */
/* Begins a call that may take long: from here on, the handlers look at its deadline and at a
 * cancel. FAILED: one of both has come already. */
enum md_started md_lite_begin(struct md_lite *c, struct md_ctx *cx);
int md_lite_fail(struct md_ctx *cx, struct md_lite *c, int rc); /* the error of SQLite's code rc; -1 */
enum md_started md_lite_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context);
int md_lite_next(void *conn, struct md_ctx *cx, struct md_cell *cells);
bool md_lite_finish(void *conn);
bool md_lite_ping(void *conn, struct md_ctx *cx);
int md_lite_busy(void *conn, int tries);   /* sqlite3_busy_handler */
int md_lite_progress(void *conn);          /* sqlite3_progress_handler */
void md_lite_forget_all(struct md_lite *c); /* finalizes the prepared statements */

/* ---- catalog.c ---- */
enum md_started md_lite_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                   struct md_catalog_table *out);

/* ---- text.c ---- */
int md_lite_text_functions(struct md_lite *c); /* SQLite's code */

/* ---- functions.c ---- */
int md_lite_functions(struct md_lite *c);  /* SQLite's code; those of text.c and values.c too */

/* ---- aggregates.c ---- */
int md_lite_aggregates(sqlite3 *db);       /* SQLite's code */
int md_lite_float_sums(sqlite3 *db);       /* SQLite's code */

/* ---- authorizer.c ---- */
int md_lite_authorize(void *conn, int action, const char *a, const char *b, const char *database, const char *within);

#endif
