/* The texts of refusals: what keeps a strategy from answering, what would change that, and why no
 * strategy can. Accepts alternatives that a strategy refused. Promises: columns that the caller
 * cannot see are not named; texts depend on the query, the roles and the metadata alone. */
#include "planner/private.h"

#include "access/access.h"

#include <inttypes.h>

static const char *const static_details[MD_REFUSALS] = {
	[MD_NOT_BY_IDS] = "the query does not ask by keys (byIds)",
	[MD_MODE_NOT_EXECUTE] = "executeMode is not execute",
	[MD_NOT_SINGLE_TABLE] = "the query asks other tables too",
	[MD_HAS_FILTERS] = "the query has filters",
	[MD_HAS_AGGREGATION] = "the query groups, aggregates or is distinct",
	[MD_HAS_ORDER_OR_LIMIT] = "the query has orderBy, limit or offset",
	[MD_NO_CACHE] = "no cache that can be asked holds the table",
	[MD_FILTER_NOT_EXACT] = "a row filter can't be decided exactly outside a database",
	[MD_NO_FALLBACK] = "no other strategy could fetch missing rows",
	[MD_AVOIDED] = "the query avoids it",
	[MD_R_TRINO_DISABLED] = "Trino is disabled",
};

static const char *const hints[MD_REFUSALS] = {
	[MD_NO_CACHE] = "add the table to caches; a redis cache needs a connection",
	[MD_COLUMN_NOT_CACHED] = "cache these columns, or select fewer",
	[MD_KEY_NOT_FIXED] = "use only key columns in keyPattern",
	[MD_R_FRESHNESS_UNMET] = "accept more lag: freshness or maxLagMs",
	[MD_DIFFERENT_DATABASES] = "replicas or Trino can bring the tables together",
	[MD_NO_REPLICA] = "an entry in externalSyncs would bring the tables into one database",
	[MD_LAYOUT_UNKNOWN] = "declare what the replica holds: externalSyncs[].layout",
	[MD_LAYOUT_UNSUPPORTED] = "give the layout a version that differs between any two rows of a key",
	[MD_KEY_MOVES] = "set keyMoves in the layout, or read latest",
	[MD_COLUMN_NOT_REPLICATED] = "replicate these columns, or use fewer",
	[MD_R_UNSUPPORTED] = "use the column in another way, or declare a type that its databaseType can be read as",
	[MD_COMPARISON_DIFFERS] = "do not compare the column there, or compare it alike in both databases and "
	                          "give each its databaseType",
	[MD_R_TRINO_DISABLED] = "set trino.enabled to true",
	[MD_R_NO_CATALOG] = "give the database a trinoCatalog",
	[MD_AVOIDED] = "take it out of avoid",
};

const char *md_static_refusal_detail(enum md_refusal code)
{
	return static_details[code];
}

static bool concerns_types(enum md_refusal code)
{
	return code == MD_R_UNSUPPORTED || code == MD_COMPARISON_DIFFERS;
}

static bool trino_misses_a_name(const struct md_judge *j)
{
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_copy original = { j->needs[i].table->database, NULL, md_cross_dialect(j) };
		if (!md_trino_finds_name(j, &original, &j->needs[i]))
			return true;
	}
	return false;
}

/* A catalog does not help if all tables have one: then Trino cannot read their arrays or bytes. */
struct md_str md_refusal_hint(const struct md_judge *j, const struct md_alternative *a)
{
	bool is_catalog_missing = a->strategy == MD_CROSS && a->code == MD_R_NO_CATALOG;
	bool all_have_catalogs = is_catalog_missing && !j->cx->meta->trino.embedded;
	for (uint32_t i = 0; all_have_catalogs && i < j->n_needs; i++)
		all_have_catalogs = md_has_catalog(j, j->needs[i].table->database);
	if (all_have_catalogs)
		return MD_STR("use no arrays and bytes of clickhouse tables, "
		              "or replicate the tables into one database");
	if (a->strategy == MD_CACHE && concerns_types(a->code))
		return MD_STR("leave the column or the table out of the cache");
	if (a->strategy == MD_CROSS && a->code == MD_R_UNSUPPORTED && trino_misses_a_name(j))
		return MD_STR("set this property in the catalog, and trino.caseInsensitiveNames to true");
	return md_str_z(hints[a->code]);
}

/* ---- lists ---- */

static void write_separator(struct md_buf *b, struct md_str separator, bool *has_item)
{
	md_buf_str(b, *has_item ? separator : MD_NOSTR);
	*has_item = true;
}

static void write_list_item(struct md_buf *b, struct md_str item, bool *has_item)
{
	write_separator(b, MD_STR(", "), has_item);
	md_buf_str(b, item);
}

/* Writes the needed columns that a copy of the table lacks. */
static void write_missing_columns(struct md_buf *b, const struct md_need *n, bool (*lacks)(const void *, uint32_t),
                                  const void *copy)
{
	bool has_item = false, lacks_hidden = false;
	for (uint32_t i = 0; i < n->table->n_columns; i++) {
		if (!md_bit(n->columns, i) || !lacks(copy, i))
			continue;
		if (n->view && md_bit(n->view->visible, i))
			write_list_item(b, n->table->columns[i].api_name, &has_item);
		else
			lacks_hidden = true;
	}
	if (lacks_hidden)
		write_list_item(b, MD_STR("columns that row filters or relations need"), &has_item);
}

static bool replica_lacks_column(const void *sync, uint32_t i)
{
	return !((const struct md_sync *)sync)->physical_columns[i].p;
}

static bool replica_lacks_null(const void *sync, uint32_t i)
{
	const struct md_sync *s = sync;
	return s->physical_columns[i].p && !md_sync_has_column(s, &s->table->columns[i]);
}

static bool trino_lacks_column(const void *table, uint32_t i)
{
	const struct md_table *t = table;
	return !md_trino_reads_column(t->database, &t->columns[i]);
}

static bool cache_lacks_column(const void *cached, uint32_t i)
{
	return !md_bit(((const struct md_cached_table *)cached)->columns, i);
}

void md_write_accepted_lag(struct md_buf *b, const struct md_judge *j)
{
	if (j->bound->freshness.n)
		md_buf_str(b, j->bound->freshness);
	else
		md_buf_fmt(b, "%" PRId64 " ms", j->values->max_lag_ms);
}

void md_write_table_places(struct md_buf *b, const struct md_judge *j)
{
	bool has_item = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		write_list_item(b, j->needs[i].table->api_name, &has_item);
		md_buf_fmt(b, " (%.*s)", MD_FMT(j->needs[i].table->database->id));
	}
}

/* ---- types of columns ---- */

static const char *const cannot[MD_REAL_USES] = {
	[MD_USED_SHOWN] = "cannot be shown",
	[MD_USED_COMPARED] = "cannot be compared",
	[MD_USED_RANGED] = "cannot be compared by range",
	[MD_USED_ORDERED] = "cannot be sorted",
	[MD_USED_JOINED] = "cannot be joined",
	[MD_USED_GROUPED] = "cannot be grouped",
	[MD_USED_LEAST] = "has no least and greatest value",
	[MD_USED_MATCHED] = "cannot be matched",
	[MD_USED_CALCULATED] = "cannot be calculated with",
	[MD_USED_AT_ALL] = "cannot be read as ",
};

static struct md_str real_name(const struct md_real_type *real)
{
	return real->family == MD_REAL_UNKNOWN ? MD_STR("no databaseType") : real->spelling;
}

static void write_unsupported(struct md_buf *b, const struct md_need *n, const struct md_copy *o,
                              const struct md_type_fault *f)
{
	const char *type = md_type_name(f->column->type);
	md_buf_fmt(b, "%.*s.%.*s is declared %s and is %.*s in %.*s, which %s", MD_FMT(n->table->api_name),
	           MD_FMT(f->column->api_name), type, MD_FMT(real_name(md_real_type_in(f->column, o->sync))),
	           MD_FMT(o->database->id), cannot[f->use]);
	if (f->use == MD_USED_AT_ALL)
		md_buf_str(b, md_str_z(type));
	if (o->dialect == MD_DIALECT_TRINO)
		md_buf_lit(b, " through Trino");
}

static void write_difference(struct md_buf *b, const struct md_need *n, const struct md_copy *o,
                             const struct md_type_fault *f)
{
	bool is_read_by_trino = o->dialect == MD_DIALECT_TRINO && !o->sync;
	struct md_str place = is_read_by_trino ? MD_STR("Trino") : o->database->id;
	md_buf_fmt(b, "%.*s.%.*s is compared differently in %.*s", MD_FMT(n->table->api_name),
	           MD_FMT(f->column->api_name), MD_FMT(place));
	if (!is_read_by_trino)
		md_buf_fmt(b, " (%.*s)", MD_FMT(real_name(md_real_type_in(f->column, o->sync))));
	md_buf_fmt(b, " than in %.*s (%.*s)", MD_FMT(n->table->database->id), MD_FMT(real_name(f->column->real)));
}

static void write_type_fault(struct md_buf *b, const struct md_need *n, const struct md_copy *o,
                             const struct md_type_fault *f)
{
	if (!n->view || !md_bit(n->view->visible, f->column->index))
		md_buf_fmt(b, "a column of %.*s that row filters or relations need has a type in %.*s that excludes it",
		           MD_FMT(n->table->api_name), MD_FMT(o->database->id));
	else if (f->code == MD_R_UNSUPPORTED)
		write_unsupported(b, n, o, f);
	else
		write_difference(b, n, o, f);
}

/* The columns of the need for which the copy is refused with this code. */
static void write_type_faults(struct md_buf *b, const struct md_judge *j, const struct md_need *n,
                              const struct md_copy *o, enum md_refusal code, bool *has_item)
{
	struct md_type_fault f;
	uint32_t at = 0;
	while (md_next_type_fault(j, n, o, &at, &f)) {
		if (f.code != code)
			continue;
		write_separator(b, MD_STR("; "), has_item);
		write_type_fault(b, n, o, &f);
	}
}

/* ---- details ---- */

static bool lacks_needed(const struct md_need *n, const struct md_sync *s, bool (*lacks)(const void *, uint32_t))
{
	for (uint32_t i = 0; i < n->table->n_columns; i++)
		if (md_bit(n->columns, i) && lacks(s, i))
			return true;
	return false;
}

static void write_lacking_columns(struct md_buf *b, const struct md_need *n, const struct md_sync *s)
{
	bool lacks_column = lacks_needed(n, s, replica_lacks_column);
	if (lacks_column) {
		md_buf_lit(b, " lacks ");
		write_missing_columns(b, n, replica_lacks_column, s);
	}
	if (!lacks_needed(n, s, replica_lacks_null))
		return;
	md_buf_str(b, lacks_column ? MD_STR(", and has defaults instead of NULL in ")
	                           : MD_STR(" has defaults instead of NULL in "));
	write_missing_columns(b, n, replica_lacks_null, s);
}

static const char *unsupported_layout(const struct md_sync *s)
{
	if (s->layout.version_ties)
		return " has a version that rows of one transaction share, so that none of them is the latest";
	return " is read by FINAL, which only a ClickHouse database has, and its layout names no version";
}

/* What the replica lacks. */
static void write_replica_lack(struct md_buf *b, const struct md_need *n, const struct md_sync *s, uint32_t faults)
{
	md_buf_fmt(b, "the replica of %.*s", MD_FMT(n->table->api_name));
	if (faults & MD_REFUSE(MD_LAYOUT_UNKNOWN))
		md_buf_lit(b, " has no layout, which policy.strictReplicas requires");
	else if (faults & MD_REFUSE(MD_LAYOUT_UNSUPPORTED))
		md_buf_str(b, md_str_z(unsupported_layout(s)));
	else if (faults & MD_REFUSE(MD_KEY_MOVES))
		md_buf_lit(b, " is sorted by columns beside its key, and its layout does not say whether they "
		              "change");
	else
		write_lacking_columns(b, n, s);
}

/* Why a replica cannot stand for its table, or which types of an original exclude it. */
static void write_copy_detail(struct md_buf *b, const struct md_judge *j, const struct md_need *n,
                              const struct md_copy *o, uint32_t faults)
{
	const uint32_t types = MD_REFUSE(MD_R_UNSUPPORTED) | MD_REFUSE(MD_COMPARISON_DIFFERS);
	bool has_item = false;
	if (faults & MD_REFUSE(MD_R_FRESHNESS_UNMET)) {
		md_buf_fmt(b, "%.*s lags by %s, the query accepts ", MD_FMT(n->table->api_name),
		           md_lag_name[o->sync->lag]);
		md_write_accepted_lag(b, j);
	} else if (faults & ~types) {
		write_replica_lack(b, n, o->sync, faults);
	} else if (!md_trino_finds_name(j, o, n)) {
		md_buf_fmt(b, "the name of %.*s in %.*s has capital letters, and Trino finds such a table only where "
		           "its catalog has case-insensitive-name-matching=true", MD_FMT(n->table->api_name),
		           MD_FMT(o->database->id));
	} else {
		bool is_refused = faults & MD_REFUSE(MD_R_UNSUPPORTED);
		write_type_faults(b, j, n, o, is_refused ? MD_R_UNSUPPORTED : MD_COMPARISON_DIFFERS, &has_item);
	}
}

static void write_no_catalog(struct md_buf *b, const struct md_judge *j, const struct md_database *db)
{
	if (j->cx->meta->trino.embedded)
		md_buf_fmt(b, "%.*s is not an sqlite database, which is all that the embedded engine federates",
		           MD_FMT(db->id));
	else
		md_buf_fmt(b, "%.*s has no trinoCatalog", MD_FMT(db->id));
}

/* Why the table has no usable copy in a database, as far as the reason is the code; 0: it has one,
 * or there is another reason. */
static uint32_t copy_faults(const struct md_judge *j, const struct md_need *n, const struct md_copy *o,
                            enum md_refusal code)
{
	if (n->table->database == o->database)
		return md_type_faults(j, n, o) & MD_REFUSE(code);
	return (o->sync ? md_replica_faults(j, n, o->sync, o->dialect) : MD_REFUSE(MD_NO_REPLICA)) & MD_REFUSE(code);
}

/* The tables without a usable copy in the candidate's database. */
static void write_missing_copies(struct md_buf *b, const struct md_judge *j, const struct md_candidate *c)
{
	enum md_dialect_id dialect = md_engines[c->database->engine].dialect;
	bool has_item = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_need *n = &j->needs[i];
		bool is_original = n->table->database == c->database;
		const struct md_sync *sync = is_original ? NULL : md_replica_in(n->table, c->database);
		const struct md_copy copy = { c->database, sync, dialect };
		if (!copy_faults(j, n, &copy, c->code))
			continue;
		write_separator(b, MD_STR("; "), &has_item);
		if (copy.sync || is_original)
			write_copy_detail(b, j, n, &copy, MD_REFUSE(c->code));
		else
			md_buf_fmt(b, "no replica of %.*s", MD_FMT(n->table->api_name));
	}
}

void md_write_candidate_detail(struct md_buf *b, const struct md_judge *j, const struct md_candidate *c)
{
	if (c->code == MD_R_NO_CATALOG)
		write_no_catalog(b, j, c->database);
	else if (static_details[c->code])
		md_buf_str(b, md_str_z(static_details[c->code]));
	else
		write_missing_copies(b, j, c);
}

/* Does the caller see every column that the pattern names? */
static bool shows_key_pattern(const struct md_need *n, const struct md_cached_table *c)
{
	for (uint32_t i = 0; i < c->n_key; i++)
		if (c->key[i].column && (!n->view || !md_bit(n->view->visible, c->key[i].column->index)))
			return false;
	return true;
}

/* The key column that the database compares in another way than the cache. */
static void write_loose_key(struct md_buf *b, const struct md_table *t)
{
	uint32_t k = 0;
	while (!md_compares_loosely(t->key[k]))
		k++;
	md_buf_fmt(b, "a cache finds rows by equal bytes, and %.*s compares the key column %.*s (%.*s) differently",
	           MD_FMT(t->database->id), MD_FMT(t->key[k]->api_name), MD_FMT(t->key[k]->real->spelling));
}

/* That entries have a column that misses cannot be read with. */
static void write_unreadable_entry(struct md_buf *b, const struct md_judge *j, const struct md_cached_table *c)
{
	const struct md_column *column = md_find_unreadable(c, j->fallback);
	bool is_visible = j->needs[0].view && md_bit(j->needs[0].view->visible, column->index);
	md_buf_fmt(b, "entries of cache %.*s have a column that %.*s cannot show as its declared type",
	           MD_FMT(c->cache->id), MD_FMT(j->fallback->sources[0].database->id));
	if (is_visible)
		md_buf_fmt(b, ": %.*s", MD_FMT(column->api_name));
}

static void write_cache_detail(struct md_buf *b, const struct md_judge *j, enum md_refusal code)
{
	const struct md_cached_table *c = j->needs[0].table->cached;
	if (code == MD_COLUMN_NOT_CACHED) {
		md_buf_fmt(b, "cache %.*s does not hold ", MD_FMT(c->cache->id));
		write_missing_columns(b, &j->needs[0], cache_lacks_column, c);
	} else if (code == MD_KEY_NOT_FIXED) {
		bool is_shown = shows_key_pattern(&j->needs[0], c);
		md_buf_fmt(b, "keyPattern %.*s has a column that neither byIds nor a row filter fixes",
		           MD_FMT(is_shown ? c->key_pattern : MD_STR("of the table")));
	} else if (code == MD_R_FRESHNESS_UNMET) {
		if (c->ttl_s)
			md_buf_fmt(b, "entries live %" PRId64 " s, the query accepts ", c->ttl_s);
		else
			md_buf_lit(b, "entries never expire, the query accepts ");
		md_write_accepted_lag(b, j);
	} else if (code == MD_COMPARISON_DIFFERS) {
		write_loose_key(b, c->table);
	} else {
		write_unreadable_entry(b, j, c);
	}
}

/* Why Trino cannot read the original. */
static void write_unreached_original(struct md_buf *b, const struct md_judge *j, const struct md_need *n)
{
	const struct md_database *db = n->table->database;
	if (md_trino_reaches(j, n, db)) {
		const struct md_copy original = { db, NULL, md_cross_dialect(j) };
		write_copy_detail(b, j, n, &original, md_original_trino_faults(j, n));
		return;
	}
	if (!md_has_catalog(j, db)) {
		write_no_catalog(b, j, db);
		return;
	}
	if (!md_trino_reads_table(db, n->table)) {
		md_buf_fmt(b, "Trino can't read tables with columns of type time, or decimals of more than 38 digits, "
		           "of %.*s, a clickhouse database",
		           MD_FMT(db->id));
		return;
	}
	md_buf_fmt(b, "Trino can't read arrays and bytes of %.*s, a clickhouse database: ", MD_FMT(db->id));
	write_missing_columns(b, n, trino_lacks_column, n->table);
}

/* Why no replica stands for an original that Trino does not reach. */
static void write_unusable_replicas(struct md_buf *b, const struct md_judge *j, const struct md_need *n)
{
	for (uint32_t k = 0; k < n->table->n_syncs; k++) {
		const struct md_sync *s = n->table->syncs[k];
		const struct md_copy copy = { s->database, s, md_cross_dialect(j) };
		uint32_t faults = md_replica_faults(j, n, s, copy.dialect);
		if (!faults || !md_trino_reaches(j, n, s->database))
			continue;
		md_buf_lit(b, ", and ");
		write_copy_detail(b, j, n, &copy, faults);
	}
}

static void write_trino_detail(struct md_buf *b, const struct md_judge *j)
{
	bool has_item = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_need *n = &j->needs[i];
		if (!md_original_trino_faults(j, n))
			continue;
		write_separator(b, MD_STR("; "), &has_item);
		write_unreached_original(b, j, n);
		write_unusable_replicas(b, j, n);
	}
	if (!has_item)
		md_buf_lit(b, "the embedded engine reaches at most 10 databases at once");
}

/* What the databases of the originals cannot do with columns of the query. False: nothing is
 * written. */
static bool write_types_of_originals(struct md_buf *b, const struct md_judge *j)
{
	bool has_item = false;
	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_database *db = j->needs[i].table->database;
		const struct md_copy original = { db, NULL, md_engines[db->engine].dialect };
		write_type_faults(b, j, &j->needs[i], &original, MD_R_UNSUPPORTED, &has_item);
	}
	return has_item;
}

void md_write_refusal_detail(struct md_buf *b, const struct md_judge *j, const struct md_alternative *a)
{
	if (a->strategy == MD_CACHE) {
		write_cache_detail(b, j, a->code);
	} else if (a->strategy == MD_MATERIALIZED) {
		md_buf_str(b, a->n_candidates ? MD_STR("no database has a good enough copy of every table") :
		                                MD_STR("no table has a replica"));
	} else if (a->strategy == MD_CROSS) {
		write_trino_detail(b, j);
	} else if (a->code == MD_R_NO_CATALOG) {
		write_no_catalog(b, j, j->needs[0].table->database);
	} else if (concerns_types(a->code)) {
		write_types_of_originals(b, j);
	} else {
		md_buf_lit(b, "the tables are in different databases: ");
		md_write_table_places(b, j);
	}
}

/* ---- the planner's error ---- */

/* The details of the candidates that were refused with the code. */
static void write_candidates_of(struct md_buf *b, const struct md_alternative *a, enum md_refusal code)
{
	bool has_item = false;
	for (uint32_t i = 0; i < a->n_candidates; i++)
		if (a->candidates[i].code == code)
			write_list_item(b, a->candidates[i].detail, &has_item);
}

/* Why each strategy that reads several databases refused. */
static void write_refusals(struct md_buf *b, const struct md_planned *p)
{
	bool has_item = false;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct md_alternative *a = &p->alternatives[i];
		if (a->strategy == MD_CACHE || a->strategy == MD_DIRECT)
			continue;
		write_separator(b, MD_STR("; "), &has_item);
		md_buf_fmt(b, "%s: ", md_strategy_name[a->strategy]);
		if (a->strategy == MD_MATERIALIZED && concerns_types(a->code))
			write_candidates_of(b, a, a->code);
		else
			md_buf_str(b, a->detail);
	}
}

void md_write_planning_failure(struct md_buf *b, const struct md_judge *j, enum md_code code,
                               const struct md_planned *p)
{
	if (code == MD_FRESHNESS_UNMET) {
		md_buf_lit(b, "no copy is fresh enough, the query accepts ");
		md_write_accepted_lag(b, j);
		return;
	}
	if (code == MD_TRINO_DISABLED) {
		md_buf_str(b, j->n_needs > 1 ? MD_STR("no database holds them all and Trino is disabled") :
		                               MD_STR("its database is read through Trino, which is disabled"));
		return;
	}
	if (code != MD_UNSUPPORTED || !write_types_of_originals(b, j))
		write_refusals(b, p);
}
