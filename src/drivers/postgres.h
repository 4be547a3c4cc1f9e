/* Internal to the PostgreSQL driver: postgres.c (connections), postgres_run.c (statements), postgres_types.c (values). */
#ifndef MD_DRIVERS_POSTGRES_H
#define MD_DRIVERS_POSTGRES_H

#include "drivers/cells.h"
#include "drivers/prepared.h"

#include <libpq-fe.h>
#include <stdatomic.h>

enum { MD_PG_IDLE, MD_PG_RUNNING, MD_PG_CANCELLED };

struct md_pg {
	PGconn *pg;
	struct md_str id;           /* database id, for messages; NUL-terminated copy */
	_Atomic int state;          /* cancel comes from other threads */
	bool any_bytes;             /* the server does not vouch for UTF-8 (SQL_ASCII) */
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
	PGresult *res;
	int row, n_rows;            /* of res */
	uint32_t handed;            /* rows, to look at the clock now and then */
	int64_t started_ms;
	bool single;                /* one result a row */
	bool seen;                  /* some of the reply has arrived, be it one byte */
	bool complete;              /* the whole reply has arrived, ready for the next statement */
	bool broken;                /* must not be used again */
};

/* ---- postgres.c ---- */
enum md_pg_got { MD_PG_READY, MD_PG_TIMEOUT, MD_PG_CANCEL };
/* Waits for the socket until the deadline (0: none), and marks in c->seen whether bytes wait there. */
enum md_pg_got md_pg_wait(struct md_pg *c, short events, int64_t deadline_ms);
void md_pg_send_cancel(PGconn *pg, int64_t wait_ms); /* waits at most so long; the request goes on by itself */
struct md_str md_pg_cause(struct md_arena *a, const char *text); /* the library's text without the last newline */

/* ---- postgres_run.c ---- */
enum md_started md_pg_start(void *conn, struct md_ctx *cx, const struct md_stmt *s);
int md_pg_next(void *conn, struct md_ctx *cx, struct md_cell *cells);
bool md_pg_finish(void *conn);
bool md_pg_ping(void *conn, struct md_ctx *cx);

/* ---- postgres_types.c ---- */
enum md_pg_how { MD_PG_TEXT, MD_PG_BARE, MD_PG_PLAIN, MD_PG_DECIMAL, MD_PG_FLOAT, MD_PG_BOOL, MD_PG_DATE, MD_PG_TIMESTAMP, MD_PG_BYTES,
	         MD_PG_ARRAY, MD_PG_CHECKED, MD_PG_NEVER };
/* How values of the server's type `oid` become values of the declared type: trusted fast ways where the server's type guarantees the form,
 * a check of every value otherwise, NEVER where no value could fit. */
enum md_pg_how md_pg_how(Oid oid, struct md_type declared, bool any_bytes);
int md_pg_cell(struct md_cells *k, enum md_pg_how how, struct md_type t, struct md_str in, struct md_cell *out);
/* The parameters' texts into c->params and c->values; false when memory is out. */
bool md_pg_params(struct md_pg *c, const struct md_stmt *s);

#endif
