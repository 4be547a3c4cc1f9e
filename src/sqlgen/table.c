/* The table of a scan, as FROM and JOIN take it: the name where every row is current, with FINAL
 * where the engine leaves out superseded rows, or else a sub-query of the latest rows. Promises:
 * nothing in the sub-query depends on the caller. It has no filter, because a filter there would
 * bring superseded rows back; the row predicate and what the caller asks are written outside. */
#include "sqlgen/private.h"

static void write_name(struct md_sql_text *s, const struct md_scan *scan, uint32_t i)
{
	sql_named_table(s, scan->name, scan->n_name, i);
}

/* The sub-query calls its table as the statement calls the sub-query. */
static void write_columns(struct md_sql_text *s, uint32_t scan, const struct md_str *names, uint32_t n)
{
	static const struct md_around no_words;
	for (uint32_t i = 0; i < n; i++) {
		struct md_physical column = { .name = names[i], .scan = scan };
		if (i)
			sql_kw(s, ", ");
		sql_column(s, &column, &no_words);
	}
}

/* Of equal versions a delete comes first. */
static void write_newest_first(struct md_sql_text *s, const struct md_latest *latest, uint32_t scan)
{
	sql_kw(s, " ORDER BY ");
	for (uint32_t i = 0; i < latest->n_version; i++) {
		write_columns(s, scan, &latest->version[i], 1);
		sql_kw(s, " DESC NULLS LAST");
		if (i + 1 < latest->n_version)
			sql_kw(s, ", ");
	}
	if (!latest->exists)
		return;
	sql_kw(s, ", CASE WHEN ");
	sql_predicate(s, latest->exists);
	sql_kw(s, " THEN 1 ELSE 0 END");
}

static void write_first_by(struct md_sql_text *s, const struct md_scan *scan, uint32_t i)
{
	const struct md_latest *latest = scan->latest;
	sql_kw(s, "(SELECT ");
	write_columns(s, i, latest->columns, latest->n_columns);
	sql_kw(s, " FROM ");
	write_name(s, scan, i);
	write_newest_first(s, latest, i);
	sql_word(s, &s->dialect->first_by);
	write_columns(s, i, latest->key, latest->n_key);
	sql_kw(s, ") AS ");
	sql_alias(s, 't', i);
}

#define ROW_NUMBER "multidb_row_number"

static void write_row_number(struct md_sql_text *s, const struct md_scan *scan, uint32_t i)
{
	const struct md_latest *latest = scan->latest;
	sql_kw(s, "(SELECT ");
	write_columns(s, i, latest->columns, latest->n_columns);
	sql_kw(s, " FROM (SELECT ");
	write_columns(s, i, latest->columns, latest->n_columns);
	sql_kw(s, ", row_number() OVER (PARTITION BY ");
	write_columns(s, i, latest->key, latest->n_key);
	write_newest_first(s, latest, i);
	sql_kw(s, ") AS " ROW_NUMBER " FROM ");
	write_name(s, scan, i);
	sql_kw(s, ") AS ");
	sql_alias(s, 't', i);
	sql_kw(s, " WHERE ");
	sql_alias(s, 't', i);
	sql_kw(s, "." ROW_NUMBER " = 1) AS ");
	sql_alias(s, 't', i);
}

void sql_table(struct md_sql_text *s, const struct md_scan *scan, uint32_t i)
{
	switch (scan->reading) {
	case MD_READ_LATEST:
		if (s->dialect->first_by.n)
			write_first_by(s, scan, i);
		else
			write_row_number(s, scan, i);
		break;
	case MD_READ_FINAL:
		write_name(s, scan, i);
		sql_word(s, &s->dialect->final);
		break;
	default:
		write_name(s, scan, i);
	}
}
