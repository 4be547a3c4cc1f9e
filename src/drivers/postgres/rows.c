/* The rows of a PostgreSQL reply: from one result or, where many may come, from one result for each
 * row. Promises: a reply is complete only when the server is ready for the next statement, because
 * an error can still follow the last row; each column is read as its server type allows. */
#include "drivers/postgres/private.h"

#include "base/sys.h"
#include "drivers/failure.h"

#include <stdlib.h>

enum { MANY_ROWS = 1000, CHECK_CLOCK_EVERY = 64 };

static bool how_room(struct md_pg *c, uint32_t n)
{
	if (n <= c->how_cap)
		return true;
	uint8_t *bigger = realloc(c->how, n);
	if (!bigger)
		return false;
	c->how = bigger;
	c->how_cap = n;
	return true;
}

/* How each column's values are to be read, judged by the types that the server announces. */
static enum md_started read_column_types(struct md_ctx *cx, struct md_pg *c)
{
	const struct md_stmt *s = c->stmt;
	if ((uint32_t)PQnfields(c->res) != s->n_outputs) {
		md_fail_columns(cx, c->id, (size_t)PQnfields(c->res), s->n_outputs);
		return MD_START_FAILED;
	}
	if (!how_room(c, s->n_outputs))
		return (enum md_started)md_out_of_memory(cx);
	for (uint32_t i = 0; i < s->n_outputs; i++)
		c->how[i] = (uint8_t)md_pg_how(PQftype(c->res, (int)i), s->outputs[i].type, c->any_bytes);
	return MD_STARTED;
}

/* The first of the reply is in c->res. */
enum md_started md_pg_first(struct md_ctx *cx, struct md_pg *c)
{
	ExecStatusType status = PQresultStatus(c->res);
	if (status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE) {
		enum md_started rc = md_pg_refused(cx, c, c->res);
		if (!c->broken && md_pg_drain(cx, c) != MD_STARTED)
			c->broken = true;
		return rc;
	}
	c->seen = true;
	if (read_column_types(cx, c) != MD_STARTED)
		return MD_START_FAILED; /* not complete: finish closes the connection */
	c->row = 0;
	c->n_rows = PQntuples(c->res);
	if (status == PGRES_SINGLE_TUPLE)
		return MD_STARTED;
	PGresult *rows = c->res;
	c->res = NULL;
	enum md_started rc = md_pg_drain(cx, c);
	PQclear(c->res);
	c->res = rows;
	return rc;
}

void md_pg_expect_rows(struct md_pg *c)
{
	c->single = c->stmt->row_bound < 0 || c->stmt->row_bound > MANY_ROWS;
	if (c->single)
		PQsetSingleRowMode(c->pg);
}

/* ---- handing out ---- */

static int read_cell(void *conn, uint32_t i, struct md_cell *out)
{
	struct md_pg *c = conn;
	int column = (int)i;
	if (PQgetisnull(c->res, c->row, column)) {
		*out = (struct md_cell){ MD_NOSTR, MD_CELL_NULL };
		return 0;
	}
	struct md_str text = { PQgetvalue(c->res, c->row, column), (size_t)PQgetlength(c->res, c->row, column) };
	return md_pg_cell(&c->cells, c->how[i], c->stmt->outputs[i].type, text, out);
}

static int hand_out(struct md_ctx *cx, struct md_pg *c, struct md_cell *cells)
{
	uint32_t bad;
	if (md_cells_row(&c->cells, read_cell, c, c->stmt, cells, &bad))
		return md_cell_unfit(cx, &c->cells, c->id, &c->stmt->outputs[bad], NULL);
	c->row++;
	return 1;
}

/* Rows may keep coming without a wait: the deadline must be looked for here. */
static bool is_too_late(const struct md_ctx *cx, struct md_pg *c)
{
	return ++c->handed % CHECK_CLOCK_EVERY == 0 && cx->deadline_ms && md_monotonic_ms() >= cx->deadline_ms;
}

static int next_single(struct md_ctx *cx, struct md_pg *c, struct md_cell *cells)
{
	if (is_too_late(cx, c))
		return md_pg_give_up(cx, c, MD_PG_TIMEOUT);
	if (md_pg_receive(cx, c) != MD_STARTED)
		return -1;
	c->row = 0;
	switch (c->res ? PQresultStatus(c->res) : PGRES_FATAL_ERROR) {
	case PGRES_SINGLE_TUPLE:
		c->n_rows = 1;
		return hand_out(cx, c, cells);
	case PGRES_TUPLES_OK:
		c->n_rows = 0;
		return md_pg_drain(cx, c) == MD_STARTED ? 0 : -1;
	default:
		md_pg_refused(cx, c, c->res);
		if (!c->broken && md_pg_drain(cx, c) != MD_STARTED)
			c->broken = true;
		return -1;
	}
}

int md_pg_next(void *conn, struct md_ctx *cx, struct md_cell *cells)
{
	struct md_pg *c = conn;
	if (md_pg_is_cancelled(c))
		return md_pg_give_up(cx, c, MD_PG_CANCEL);
	if (c->row < c->n_rows)
		return hand_out(cx, c, cells);
	return c->complete ? 0 : next_single(cx, c, cells);
}
