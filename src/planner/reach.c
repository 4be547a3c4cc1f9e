/* What replicas and Trino can read. A replica can be read where its layout tells current rows from
 * others in the dialect of the statement, and where it keeps the needed columns. Trino reads a
 * database through a catalog; the embedded engine needs no catalogs and reads SQLite databases
 * alone. Trino returns wrong values for arrays and bytes of ClickHouse tables, so a table whose
 * arrays or bytes a query needs counts as unreachable there. Of a ClickHouse table with a column
 * of type time, or with decimals of more than 38 digits, Trino can't read any column. Trino asks a
 * source for names in lower case, unless the source's catalog compares names without regard to
 * case. */
#include "planner/private.h"

const struct md_sync *md_replica_in(const struct md_table *t, const struct md_database *db)
{
	for (uint32_t i = 0; i < t->n_syncs; i++)
		if (t->syncs[i]->database == db)
			return t->syncs[i];
	return NULL;
}

static bool replica_has_columns(const struct md_sync *s, const uint64_t *needed)
{
	for (uint32_t w = 0; w < md_words(s->table->n_columns); w++)
		for (uint64_t left = needed[w]; left;)
			if (!md_sync_has_column(s, &s->table->columns[md_take_bit(&left, w)]))
				return false;
	return true;
}

/* Can superseded or deleted rows of the replica be told from current ones? */
static uint32_t layout_faults(const struct md_judge *j, const struct md_sync *s, enum md_dialect_id dialect)
{
	const struct md_layout *layout = &s->layout;
	if (!layout->is_declared)
		return s->database->engine == MD_CLICKHOUSE && j->cx->meta->policy.strict_replicas
		               ? MD_REFUSE(MD_LAYOUT_UNKNOWN) : 0;

	enum md_replica_reading reading = md_layout_reading(layout, dialect);
	bool moves_unseen = !layout->is_sorted_by_key && layout->key_moves == MD_KEY_MOVES_UNKNOWN;
	if (reading == MD_READ_FINAL && moves_unseen)
		return MD_REFUSE(MD_KEY_MOVES);
	return reading == MD_READING_UNKNOWN ? MD_REFUSE(MD_LAYOUT_UNSUPPORTED) : 0;
}

bool md_trino_finds_name(const struct md_judge *j, const struct md_copy *o, const struct md_need *n)
{
	const struct md_name *name = md_name_in(n->table, o->sync);
	bool is_of_source = o->dialect == MD_DIALECT_TRINO && o->database->engine != MD_ICEBERG;
	bool finds_all = j->cx->meta->trino.case_insensitive_names || j->ignores_names;
	return finds_all || !is_of_source || !name->has_capitals;
}

static uint32_t copy_faults(const struct md_judge *j, const struct md_need *n, const struct md_copy *o)
{
	return (md_trino_finds_name(j, o, n) ? 0 : MD_REFUSE(MD_R_UNSUPPORTED)) | md_type_faults(j, n, o);
}

uint32_t md_replica_faults(const struct md_judge *j, const struct md_need *n, const struct md_sync *s,
                           enum md_dialect_id dialect)
{
	struct md_copy copy = { s->database, s, dialect };
	return (md_lag_ms[s->lag] <= j->max_lag_ms ? 0 : MD_REFUSE(MD_R_FRESHNESS_UNMET)) |
	       layout_faults(j, s, dialect) |
	       (replica_has_columns(s, n->columns) ? 0 : MD_REFUSE(MD_COLUMN_NOT_REPLICATED)) |
	       copy_faults(j, n, &copy);
}

enum md_dialect_id md_cross_dialect(const struct md_judge *j)
{
	return j->cx->meta->trino.embedded ? MD_DIALECT_SQLITE : MD_DIALECT_TRINO;
}

bool md_has_catalog(const struct md_judge *j, const struct md_database *db)
{
	if (j->assume_catalogs)
		return true;
	return j->cx->meta->trino.embedded ? db->engine == MD_SQLITE : db->trino_catalog.n > 0;
}

uint32_t md_trino_faults(const struct md_judge *j, const struct md_database *db)
{
	return (j->trino_enabled ? 0 : MD_REFUSE(MD_R_TRINO_DISABLED)) |
	       (md_has_catalog(j, db) ? 0 : MD_REFUSE(MD_R_NO_CATALOG));
}

bool md_trino_reads_column(const struct md_database *db, const struct md_column *c)
{
	return db->engine != MD_CLICKHOUSE || (!c->type.array && c->type.base != MD_BYTES);
}

bool md_trino_reads_table(const struct md_database *db, const struct md_table *t)
{
	return db->engine != MD_CLICKHOUSE || !t->has_types_unknown_to_trino;
}

bool md_trino_reaches(const struct md_judge *j, const struct md_need *n, const struct md_database *db)
{
	if (!md_has_catalog(j, db) || !md_trino_reads_table(db, n->table))
		return false;
	for (uint32_t i = 0; db->engine == MD_CLICKHOUSE && i < n->table->n_columns; i++)
		if (md_bit(n->columns, i) && !md_trino_reads_column(db, &n->table->columns[i]))
			return false;
	return true;
}

uint32_t md_original_trino_faults(const struct md_judge *j, const struct md_need *n)
{
	const struct md_database *db = n->table->database;
	if (!md_trino_reaches(j, n, db))
		return MD_REFUSE(MD_R_NO_CATALOG);
	return copy_faults(j, n, &(struct md_copy){ db, NULL, md_cross_dialect(j) });
}
