/* Refusals in words: name, detail, hint of every code, and the planner's error (P4). Most texts are static; those with names in them are made for
 * refusals that a reader will see, never on the way to a direct plan. Columns that the caller can't see are not named. */
#include "planner/strategy.h"

#include "access/access.h"
#include "access/pred_eval.h"

#include <inttypes.h>

const char *const md_refusal_name[MD_REFUSALS] = {
	[MD_REFUSED_NOT] = "", [MD_NOT_BY_IDS] = "NOT_BY_IDS", [MD_MODE_NOT_EXECUTE] = "MODE_NOT_EXECUTE",
	[MD_NOT_SINGLE_TABLE] = "NOT_SINGLE_TABLE", [MD_HAS_FILTERS] = "HAS_FILTERS", [MD_HAS_AGGREGATION] = "HAS_AGGREGATION",
	[MD_HAS_ORDER_OR_LIMIT] = "HAS_ORDER_OR_LIMIT", [MD_NO_CACHE] = "NO_CACHE", [MD_COLUMN_NOT_CACHED] = "COLUMN_NOT_CACHED",
	[MD_KEY_NOT_FIXED] = "KEY_NOT_FIXED", [MD_FILTER_NOT_EXACT] = "FILTER_NOT_EXACT", [MD_R_FRESHNESS_UNMET] = "FRESHNESS_UNMET",
	[MD_NO_FALLBACK] = "NO_FALLBACK", [MD_DIFFERENT_DATABASES] = "DIFFERENT_DATABASES", [MD_NO_REPLICA] = "NO_REPLICA",
	[MD_COLUMN_NOT_REPLICATED] = "COLUMN_NOT_REPLICATED", [MD_R_TRINO_DISABLED] = "TRINO_DISABLED", [MD_R_NO_CATALOG] = "NO_CATALOG",
	[MD_AVOIDED] = "AVOIDED",
};

static const char *const static_detail[MD_REFUSALS] = {
	[MD_NOT_BY_IDS] = "the query does not ask by keys (byIds)", [MD_MODE_NOT_EXECUTE] = "executeMode is not execute",
	[MD_NOT_SINGLE_TABLE] = "the query asks other tables too", [MD_HAS_FILTERS] = "the query has filters",
	[MD_HAS_AGGREGATION] = "the query groups, aggregates or is distinct", [MD_HAS_ORDER_OR_LIMIT] = "the query has orderBy, limit or offset",
	[MD_NO_CACHE] = "no cache that can be asked holds the table",
	[MD_FILTER_NOT_EXACT] = "a row filter can't be decided exactly outside a database",
	[MD_NO_FALLBACK] = "no other strategy could fetch missing rows", [MD_AVOIDED] = "the query avoids it",
	[MD_R_TRINO_DISABLED] = "Trino is disabled",
};

static const char *const hints[MD_REFUSALS] = {
	[MD_NO_CACHE] = "add the table to caches; a redis cache needs a connection",
	[MD_COLUMN_NOT_CACHED] = "cache these columns, or select fewer", [MD_KEY_NOT_FIXED] = "use only key columns in keyPattern",
	[MD_R_FRESHNESS_UNMET] = "accept more lag: freshness or maxLagMs", [MD_DIFFERENT_DATABASES] = "replicas or Trino can bring the tables together",
	[MD_NO_REPLICA] = "an entry in externalSyncs would bring the tables into one database",
	[MD_COLUMN_NOT_REPLICATED] = "replicate these columns, or use fewer", [MD_R_TRINO_DISABLED] = "set trino.enabled to true",
	[MD_R_NO_CATALOG] = "give the database a trinoCatalog", [MD_AVOIDED] = "take it out of avoid",
};

enum md_refusal md_refusal_first(uint32_t codes, const enum md_refusal *order)
{
	while (*order != MD_REFUSED_NOT && !(codes & MD_REFUSE(*order)))
		order++;
	return *order;
}

static void name(struct md_buf *b, struct md_str s, bool *comma)
{
	md_buf_str(b, *comma ? MD_STR(", ") : MD_NOSTR);
	md_buf_str(b, s);
	*comma = true;
}

/* Names of columns in `needed` that `lacks` says are missing. */
static void lacking(struct md_buf *b, const struct md_need *n, bool (*lacks)(const void *, uint32_t), const void *copy)
{
	bool comma = false, hidden = false;
	for (uint32_t i = 0; i < n->table->n_columns; i++) {
		if (!md_bit(n->columns, i) || !lacks(copy, i))
			continue;
		if (n->view && md_bit(n->view->visible, i))
			name(b, n->table->columns[i].api_name, &comma);
		else
			hidden = true;
	}
	if (hidden)
		name(b, MD_STR("columns that row filters or relations need"), &comma);
}

static bool replica_lacks(const void *sync, uint32_t i)
{
	return !((const struct md_sync *)sync)->physical_columns[i].p;
}

static bool trino_hides(const void *table, uint32_t i)
{
	const struct md_table *t = table;
	return !md_trino_shows(t->database, &t->columns[i]);
}

static bool cache_lacks(const void *cached, uint32_t i)
{
	return !md_bit(((const struct md_cached_table *)cached)->columns, i);
}

static void accepted(struct md_buf *b, const struct md_judge *j)
{
	if (j->bound->freshness.n)
		md_buf_str(b, j->bound->freshness);
	else
		md_buf_fmt(b, "%" PRId64 " ms", j->values->max_lag_ms);
}

/* Why one replica does not do. */
static void replica_detail(struct md_buf *b, struct md_judge *j, const struct md_need *n, const struct md_sync *s, uint32_t faults)
{
	if (faults & MD_REFUSE(MD_R_FRESHNESS_UNMET)) {
		md_buf_fmt(b, "%.*s lags by %s, the query accepts ", MD_FMT(n->table->api_name), md_lag_name[s->lag]);
		accepted(b, j);
	} else {
		md_buf_fmt(b, "the replica of %.*s lacks ", MD_FMT(n->table->api_name));
		lacking(b, n, replica_lacks, s);
	}
}

static void no_catalog(struct md_buf *b, const struct md_judge *j, const struct md_database *db)
{
	if (j->cx->meta->trino.embedded)
		md_buf_fmt(b, "%.*s is not an sqlite database, which is all that the embedded engine federates", MD_FMT(db->id));
	else
		md_buf_fmt(b, "%.*s has no trinoCatalog", MD_FMT(db->id));
}

/* Tables that have no copy in the database, then replicas that don't do. */
static void tables_detail(struct md_buf *b, struct md_judge *j, const struct md_candidate *c)
{
	bool comma = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_need *n = &j->needs[i];
		const struct md_sync *s = md_replica_in(n->table, c->database);
		if (n->table->database == c->database)
			continue;
		uint32_t faults = s ? md_replica_faults(j, n, s) : MD_REFUSE(MD_NO_REPLICA);
		if (!(faults & MD_REFUSE(c->code)))
			continue;
		md_buf_str(b, comma ? MD_STR("; ") : MD_NOSTR);
		comma = true;
		if (s)
			replica_detail(b, j, n, s, MD_REFUSE(c->code));
		else
			md_buf_fmt(b, "no replica of %.*s", MD_FMT(n->table->api_name));
	}
}

static void candidate_detail(struct md_buf *b, struct md_judge *j, const struct md_candidate *c)
{
	if (c->code == MD_R_NO_CATALOG)
		no_catalog(b, j, c->database);
	else if (static_detail[c->code])
		md_buf_str(b, md_str_z(static_detail[c->code]));
	else
		tables_detail(b, j, c);
}

static int explain_candidates(struct md_judge *j, struct md_alternative *a)
{
	struct md_candidate *c = md_alloc(j->cx->arena, a->n_candidates * sizeof *c);
	if (!c)
		return -1;
	memcpy(c, a->candidates, a->n_candidates * sizeof *c);
	for (uint32_t i = 0; i < a->n_candidates; i++) {
		struct md_buf b = { .arena = j->cx->arena };
		if (c[i].verdict == MD_REFUSED)
			candidate_detail(&b, j, &c[i]);
		if (b.failed)
			return -1;
		c[i].detail = md_buf_view(&b);
	}
	a->candidates = c;
	return 0;
}

static void cache_detail(struct md_buf *b, struct md_judge *j, enum md_refusal code)
{
	const struct md_cached_table *c = j->needs[0].table->cached;
	if (code == MD_COLUMN_NOT_CACHED) {
		md_buf_fmt(b, "cache %.*s does not hold ", MD_FMT(c->cache->id));
		lacking(b, &j->needs[0], cache_lacks, c);
	} else if (code == MD_KEY_NOT_FIXED) {
		md_buf_fmt(b, "keyPattern %.*s has a column that neither byIds nor a row filter fixes", MD_FMT(c->key_pattern));
	} else if (code == MD_R_FRESHNESS_UNMET) {
		if (c->ttl_s)
			md_buf_fmt(b, "entries live %" PRId64 " s, the query accepts ", c->ttl_s);
		else
			md_buf_lit(b, "entries never expire, the query accepts ");
		accepted(b, j);
	}
}

static void where_tables_are(struct md_buf *b, const struct md_judge *j)
{
	bool comma = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		name(b, j->needs[i].table->api_name, &comma);
		md_buf_fmt(b, " (%.*s)", MD_FMT(j->needs[i].table->database->id));
	}
}

/* Why Trino does not reach the original. */
static void out_of_reach(struct md_buf *b, const struct md_judge *j, const struct md_need *n)
{
	if (!md_has_catalog(j, n->table->database)) {
		no_catalog(b, j, n->table->database);
		return;
	}
	md_buf_fmt(b, "Trino can't read arrays and bytes of %.*s, a clickhouse database: ", MD_FMT(n->table->database->id));
	lacking(b, n, trino_hides, n->table);
}

/* Tables that Trino does not reach and why no replica stands in. */
static void trino_detail(struct md_buf *b, struct md_judge *j)
{
	bool comma = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		if (md_trino_reaches(j, &j->needs[i], t->database))
			continue;
		md_buf_str(b, comma ? MD_STR("; ") : MD_NOSTR);
		comma = true;
		out_of_reach(b, j, &j->needs[i]);
		for (uint32_t k = 0; k < t->n_syncs; k++) {
			uint32_t faults = md_replica_faults(j, &j->needs[i], t->syncs[k]);
			if (!faults || !md_trino_reaches(j, &j->needs[i], t->syncs[k]->database))
				continue;
			md_buf_lit(b, ", and ");
			replica_detail(b, j, &j->needs[i], t->syncs[k], faults);
		}
	}
	if (!comma)
		md_buf_lit(b, "the embedded engine reaches at most 10 databases at once");
}

static void detail(struct md_buf *b, struct md_judge *j, const struct md_alternative *a)
{
	if (a->strategy == MD_CACHE) {
		cache_detail(b, j, a->code);
	} else if (a->strategy == MD_MATERIALIZED) {
		md_buf_str(b, a->n_candidates ? MD_STR("no database has a good enough copy of every table") : MD_STR("no table has a replica"));
	} else if (a->strategy == MD_CROSS) {
		trino_detail(b, j);
	} else if (a->code == MD_R_NO_CATALOG) {
		no_catalog(b, j, j->needs[0].table->database);
	} else {
		md_buf_lit(b, "the tables are in different databases: ");
		where_tables_are(b, j);
	}
}

/* The tables that a refusal is about: for Trino those out of its reach, else all. */
static int concerned(struct md_judge *j, struct md_alternative *a)
{
	if (a->strategy == MD_CACHE) {
		a->tables = &j->needs[0].table->api_name;
		a->n_tables = 1;
		return 0;
	}
	struct md_str *v = md_alloc(j->cx->arena, j->n_needs * sizeof *v);
	uint32_t n = 0;
	if (!v)
		return -1;
	for (uint32_t i = 0; i < j->n_needs; i++)
		if (a->strategy != MD_CROSS || a->code != MD_R_NO_CATALOG || !md_trino_reaches(j, &j->needs[i], j->needs[i].table->database))
			v[n++] = j->needs[i].table->api_name;
	a->tables = v;
	a->n_tables = n;
	return 0;
}

/* A catalog mends nothing where all tables have one. */
static struct md_str hint_of(const struct md_judge *j, const struct md_alternative *a)
{
	bool catalogs = a->strategy == MD_CROSS && a->code == MD_R_NO_CATALOG && !j->cx->meta->trino.embedded;
	for (uint32_t i = 0; i < j->n_needs; i++)
		catalogs &= md_has_catalog(j, j->needs[i].table->database);
	return catalogs ? MD_STR("use no arrays and bytes of clickhouse tables, or replicate the tables into one database") : md_str_z(hints[a->code]);
}

int md_refusal_explain(struct md_judge *j, struct md_alternative *a)
{
	if (a->n_candidates && explain_candidates(j, a))
		return -1;
	if (a->verdict != MD_REFUSED)
		return 0;
	a->hint = hint_of(j, a);
	if (a->code == MD_FILTER_NOT_EXACT && md_pred_exact(md_guarded_rows(md_guarded_at(j->guarded, 0)))) {
		a->detail = MD_STR("what the caller sees of a column depends on the row");
	} else if (static_detail[a->code]) {
		a->detail = md_str_z(static_detail[a->code]);
	} else {
		struct md_buf b = { .arena = j->cx->arena };
		detail(&b, j, a);
		if (b.failed)
			return -1;
		a->detail = md_buf_view(&b);
	}
	return concerned(j, a);
}

/* ---- P4 ---- */

static void why(struct md_buf *b, struct md_judge *j, enum md_code code, const struct md_planned *p)
{
	bool comma = false;
	if (code == MD_FRESHNESS_UNMET) {
		md_buf_lit(b, "no copy is fresh enough, the query accepts ");
		accepted(b, j);
		return;
	}
	if (code == MD_TRINO_DISABLED) {
		md_buf_str(b, j->n_needs > 1 ? MD_STR("no database holds them all and Trino is disabled") : MD_STR("its database is read through Trino, which is disabled"));
		return;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		const struct md_alternative *a = &p->alternatives[i];
		if (a->strategy == MD_CACHE || a->strategy == MD_DIRECT)
			continue;
		md_buf_str(b, comma ? MD_STR("; ") : MD_NOSTR);
		comma = true;
		md_buf_fmt(b, "%s: %.*s", md_strategy_name[a->strategy], MD_FMT(a->detail));
	}
}

/* The least lag of the replicas that the query needs and finds too stale; empty: there is none. */
static struct md_str available_lag(const struct md_judge *j)
{
	int least = MD_LAGS;
	for (uint32_t i = 0; i < j->n_needs; i++)
		for (uint32_t k = 0; k < j->needs[i].table->n_syncs; k++) {
			const struct md_sync *s = j->needs[i].table->syncs[k];
			if (md_lag_ms[s->lag] > j->max_lag_ms && (int)s->lag < least)
				least = (int)s->lag;
		}
	return least < MD_LAGS ? md_str_z(md_lag_name[least]) : MD_NOSTR;
}

/* The tables and their databases, each once. */
static int note_reach(struct md_judge *j, enum md_code code)
{
	struct md_str *tables = md_new_n(j->cx->arena, struct md_str, j->n_needs), *dbs = md_new_n(j->cx->arena, struct md_str, j->n_needs);
	struct md_error *e = j->cx->err;
	if (!tables || !dbs)
		return -1;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		uint32_t k = 0;
		while (k < i && j->needs[k].table->database != t->database)
			k++;
		tables[e->reach.n_tables++] = t->api_name;
		if (k == i)
			dbs[e->reach.n_databases++] = t->database->id;
	}
	e->reach.tables = tables;
	e->reach.databases = dbs;
	if (code != MD_FRESHNESS_UNMET)
		return 0;
	struct md_buf b = { .arena = j->cx->arena };
	accepted(&b, j);
	e->reach.required_freshness = md_buf_view(&b);
	e->reach.available_lag = available_lag(j);
	return b.failed ? -1 : 0;
}

int md_refusal_fail(struct md_judge *j, enum md_code code, const struct md_planned *p)
{
	struct md_ctx *cx = j->cx;
	struct md_buf where = { .arena = cx->arena }, reason = where;
	where_tables_are(&where, j);
	why(&reason, j, code, p);
	if (where.failed || reason.failed || note_reach(j, code))
		return md_out_of_memory(cx);
	cx->err->from_table = j->needs[0].table->api_name;
	return md_fail(cx, code, "no strategy reaches %.*s: %.*s", (int)where.n, where.p, (int)reason.n, reason.p);
}
