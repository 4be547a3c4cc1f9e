/* Internal to the PostgreSQL driver. The files are layers: each uses those above it in this header
 * and none below (tests/house/test_drivers.py). */
#ifndef MD_DRIVERS_POSTGRES_H
#define MD_DRIVERS_POSTGRES_H

#include "drivers/value/cells.h"
#include "drivers/pool/prepared.h"

#include <libpq-fe.h>
#include <stdatomic.h>

enum { MD_PG_IDLE, MD_PG_RUNNING, MD_PG_CANCELLED };

struct md_pg {
	PGconn *pg;
	struct md_str id;           /* database id, for messages; NUL-terminated copy */
	_Atomic int state;          /* cancel comes from other threads */
	bool any_bytes;             /* the server does not vouch for UTF-8 (SQL_ASCII) */
	/* as in md_target. Either: every statement is a transaction with its own settings */
	bool transaction, native;
	struct md_str role;         /* NUL-terminated copy */
	int64_t statement_timeout_ms;
	struct md_prepared_set prepared;
	uint32_t names;             /* prepared statements made so far */
	struct md_cells cells;
	struct md_buf params;       /* texts of the parameters, NUL-terminated */
	const char **values;
	uint32_t values_cap;
	uint8_t *how;               /* per output column: enum md_pg_how */
	uint32_t how_cap;
	/* the running statement */
	const struct md_stmt *stmt;
	struct md_settings context;
	struct md_buf settings;     /* the statement that brings the session along, of this shape; NUL-terminated */
	uint32_t settings_shape;
	struct md_buf text;         /* an unnamed statement's, NUL-terminated */
	PGresult *res;
	int row, n_rows;            /* of res */
	uint32_t handed;            /* rows, to look at the clock now and then */
	int64_t started_ms;
	bool single;                /* one result a row */
	bool pipelined;             /* several commands are on their way, up to a sync */
	bool seen;                  /* some of the reply has arrived, be it one byte */
	bool doubts_types;          /* a table may have been altered since its columns were read */
	bool complete;              /* the whole reply has arrived, ready for the next statement */
	bool broken;                /* must not be used again */
};

/* ---- types.c: values, and the texts of parameters ---- */
enum md_pg_how { MD_PG_TEXT, MD_PG_PADDED, MD_PG_BOOL_TEXT, MD_PG_BARE, MD_PG_PLAIN, MD_PG_DECIMAL, MD_PG_FLOAT,
	         MD_PG_BOOL, MD_PG_DATE, MD_PG_TIMESTAMP, MD_PG_BYTES, MD_PG_ARRAY, MD_PG_CHECKED, MD_PG_NEVER };
/* How values of the server's type `oid` become values of the declared type: without a check where
 * the server's type guarantees the form, with a check of every value otherwise, NEVER where no
 * value could fit. */
enum md_pg_how md_pg_how(Oid oid, struct md_type declared, bool any_bytes);
int md_pg_cell(struct md_cells *k, enum md_pg_how how, struct md_type t, struct md_str in, struct md_cell *out);
/* The statement's parameters into c->params and c->values; false when out of memory. */
bool md_pg_params(struct md_pg *c, const struct md_stmt *s);
/* The same for the settings in front of it: the bound in ms (0: none), the names and values of its
 * context, the role (empty: none). */
bool md_pg_context(struct md_pg *c, int64_t bound_ms);

/* ---- cancel.c ---- */
/* Waits at most so long; the request goes on by itself. */
void md_pg_send_cancel(PGconn *pg, int64_t wait_ms);

/* ---- type_errors.c ---- */
/* Would an error of this SQLSTATE be the first sign that a table was altered? */
bool md_pg_doubts_types(const char *state);
/* The number of the parameter whose value its column cannot hold; 0: the error is not of a
 * parameter, or the server does not say so. */
uint32_t md_pg_unfit_parameter(const PGresult *res);

/* ---- wire.c: sending, receiving, and what a failure means ---- */
enum md_pg_got { MD_PG_READY, MD_PG_TIMEOUT, MD_PG_CANCEL };
/* Waits for the socket until the deadline (0: none), and marks in c->seen whether bytes wait there.
 */
enum md_pg_got md_pg_wait(struct md_pg *c, short events, int64_t deadline_ms);
struct md_str md_pg_cause(struct md_arena *a, const char *text); /* the library's text without the last newline */
bool md_pg_is_cancelled(struct md_pg *c);
int md_pg_give_up(struct md_ctx *cx, struct md_pg *c, enum md_pg_got why); /* a wait ended without the server */
/* The connection is gone: STALE before a byte of the reply, otherwise the error is set. */
enum md_started md_pg_lost(struct md_ctx *cx, struct md_pg *c);
/* What became of a command that failed: res may be NULL. Sets the error, except for STALE. */
enum md_started md_pg_refused(struct md_ctx *cx, struct md_pg *c, const PGresult *res);
enum md_started md_pg_flush(struct md_ctx *cx, struct md_pg *c);
enum md_started md_pg_receive(struct md_ctx *cx, struct md_pg *c); /* the next result into c->res; NULL: none is left */
enum md_started md_pg_drain(struct md_ctx *cx, struct md_pg *c);   /* until the server is ready again */
enum md_started md_pg_command(struct md_ctx *cx, struct md_pg *c, int sent); /* one without rows */
bool md_pg_hung_up(struct md_pg *c); /* did the server hang up while the connection lay idle? */

/* ---- prepare.c ---- */
/* A name for a text that is not prepared yet; makes room with a round trip where there is none. */
enum md_started md_pg_name(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct md_prepared **out);
enum md_started md_pg_prepare(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct md_prepared **out);
/* the server may have forgotten it already */
enum md_started md_pg_forget(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p);
bool md_pg_outdated(const PGresult *res); /* the statement does not fit the tables; nothing of it ran */

/* ---- rows.c ---- */
void md_pg_expect_rows(struct md_pg *c); /* the next result is the statement's: all of it, or a row each */
enum md_started md_pg_first(struct md_ctx *cx, struct md_pg *c); /* the first of the rows is in c->res */
int md_pg_next(void *conn, struct md_ctx *cx, struct md_cell *cells);

/* ---- transaction.c ---- */
enum md_started md_pg_run_transaction(struct md_ctx *cx, struct md_pg *c);

/* ---- statement.c ---- */
enum md_started md_pg_start(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context);
bool md_pg_finish(void *conn);
bool md_pg_ping(void *conn, struct md_ctx *cx);

/* ---- catalog.c ---- */
enum md_started md_pg_read_table(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
                                 struct md_catalog_table *out);

/* ---- secure.c ---- */
enum { MD_PG_TLS_KEYS = 5 };
/* Connection parameters behind those of the url; returns how many, at most MD_PG_TLS_KEYS. -1: no
 * authorities to trust were found. */
int md_pg_tls(const struct md_tls *t, const char **keys, const char **values);
/* After connecting: is it the session that was asked for? -1: CONNECTION_FAILED with the reason. */
int md_pg_check(struct md_ctx *cx, struct md_pg *c, const struct md_target *t);

#endif
