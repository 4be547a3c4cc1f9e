/* The prepared statements of a PostgreSQL connection: a name for each text, within the bound of
 * pool/prepared.h. Promises: the server keeps no more statements than the connection knows. */
#include "drivers/postgres/private.h"

#include <stdio.h>

static enum md_started deallocate(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p)
{
	char sql[32];
	snprintf(sql, sizeof sql, "DEALLOCATE %s", p->name);
	md_prepared_drop(&c->prepared, p);
	return md_pg_command(cx, c, PQsendQuery(c->pg, sql));
}

enum md_started md_pg_name(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct md_prepared **out)
{
	struct md_prepared *victim = md_prepared_victim(&c->prepared);
	enum md_started rc = victim ? deallocate(cx, c, victim) : MD_STARTED;
	if (rc != MD_STARTED)
		return rc;
	struct md_prepared *p = *out = md_prepared_add(&c->prepared, text);
	if (!p)
		return (enum md_started)md_out_of_memory(cx);
	snprintf(p->name, sizeof p->name, "m%u", ++c->names);
	return MD_STARTED;
}

enum md_started md_pg_prepare(struct md_ctx *cx, struct md_pg *c, struct md_str text, struct md_prepared **out)
{
	enum md_started rc = md_pg_name(cx, c, text, out);
	if (rc != MD_STARTED)
		return rc;
	rc = md_pg_command(cx, c, PQsendPrepare(c->pg, (*out)->name, (*out)->text.p, 0, NULL));
	if (rc != MD_STARTED)
		md_prepared_drop(&c->prepared, *out);
	return rc;
}

enum md_started md_pg_forget(struct md_ctx *cx, struct md_pg *c, struct md_prepared *p)
{
	struct md_error before = *cx->err;
	enum md_started rc = deallocate(cx, c, p);
	if (rc == MD_STARTED || c->broken)
		return rc;
	*cx->err = before; /* another client of the session had deallocated it */
	return MD_STARTED;
}

/* 0A000: "cached plan must not change result type"; 26000: it was deallocated; 42883, 42804: it was
 * planned again and its operators or types no longer exist. 22003 and 22P02 are raised by rows too:
 * they count where the value of a parameter did not fit the type that it was prepared with. */
bool md_pg_outdated(const PGresult *res)
{
	static const char *const states[] = { "0A000", "26000", "42883", "42804" };
	const char *state = PQresultStatus(res) == PGRES_FATAL_ERROR ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	for (size_t i = 0; state && i < sizeof states / sizeof *states; i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return state && md_pg_unfit_parameter(res);
}
