/* See engine_fit.h. ClickHouse refuses FINAL on an engine that keeps no versions, and ignores it
 * without an error on a view; rows that are superseded would be shown. The sorting key has to be
 * the columns of the layout's sortKey, because rows with the same sorting key are versions of one
 * row, and the engine has to know the version. Of equal versions FINAL takes the row that was
 * inserted last, which it knows of one partition alone. A table that passes statements on to others
 * is taken at its word. */
#include "executor/engine_fit.h"

static bool ends_with(struct md_str s, const char *end)
{
	size_t n = strlen(end);
	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

static bool passes_on(struct md_str engine)
{
	return md_str_eqz(engine, "Distributed") || md_str_eqz(engine, "Merge");
}

/* A key of one column can stand in parentheses: "(id)". A function's name stays before its own. */
static struct md_str trim_part(struct md_str s)
{
	while (s.n && memchr(" `(", *s.p, 3))
		s.p++, s.n--;
	while (s.n && memchr(" `)", s.p[s.n - 1], 3))
		s.n--;
	return s;
}

/* The next part of "a, `b`, c"; expressions are never the name of a column. */
static struct md_str take_part(struct md_str *rest)
{
	const char *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
	size_t n = comma ? (size_t)(comma - rest->p) : rest->n;
	struct md_str part = { rest->p, n };
	rest->p += n + (comma != NULL);
	rest->n -= n + (comma != NULL);
	return trim_part(part);
}

static bool is_in_sort_key(const struct md_sync *s, struct md_str name)
{
	for (uint32_t i = 0; i < s->layout.n_sort_key; i++)
		if (md_str_eq(s->physical_columns[s->layout.sort_key[i]->index], name))
			return true;
	return false;
}

/* The same columns, in any order. */
static bool has_sort_key(const struct md_sync *s, struct md_str sorting_key)
{
	uint32_t n = 0;
	for (struct md_str rest = sorting_key; rest.n; n++)
		if (!is_in_sort_key(s, take_part(&rest)))
			return false;
	return n == s->layout.n_sort_key;
}

/* Is it an argument of the engine, which stands behind the name: "ReplacingMergeTree(version) ORDER
 * BY id …"? */
static bool knows_version(const struct md_sync *s, const struct md_catalog_table *t)
{
	struct md_str full = t->engine_full;
	if (full.n <= t->engine.n || full.p[t->engine.n] != '(')
		return false;
	const char *open = full.p + t->engine.n + 1;
	const char *close = memchr(open, ')', (size_t)(full.p + full.n - open));
	struct md_str rest = { open, close ? (size_t)(close - open) : 0 };
	while (rest.n)
		if (md_str_eq(take_part(&rest), s->layout.version[0]))
			return true;
	return false;
}

/* What stands behind PARTITION BY; nothing where all rows are in one partition. */
static struct md_str partition_key(struct md_str full)
{
	static const char before[] = " PARTITION BY ", *const after[] = { " PRIMARY KEY ", " ORDER BY " };
	const char *at = memmem(full.p, full.n, before, sizeof before - 1);
	if (!at)
		return MD_STR("");
	at += sizeof before - 1;
	struct md_str key = { at, (size_t)(full.p + full.n - at) };
	for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
		const char *end = memmem(key.p, key.n, after[i], strlen(after[i]));
		key.n = end ? (size_t)(end - key.p) : key.n;
	}
	return key;
}

/* Can rows with equal versions and the same sorting key be in different partitions? */
static bool splits_equal_versions(const struct md_sync *s, struct md_str engine_full)
{
	if (!s->layout.version_ties && s->layout.n_version < 2)
		return false;
	for (struct md_str rest = partition_key(engine_full); rest.n;)
		if (!is_in_sort_key(s, take_part(&rest)))
			return true;
	return false;
}

/* NULL: nothing. */
static const char *misfit_of(const struct md_sync *s, const struct md_catalog_table *t)
{
	if (!ends_with(t->engine, "ReplacingMergeTree"))
		return "which keeps no versions: expected a ReplacingMergeTree, or another \"read\" in its layout";
	if (!has_sort_key(s, t->sorting_key))
		return "whose sorting key is not the layout's sortKey: expected the same columns, or \"read\": "
		       "\"latest\"";
	if (s->layout.n_version && !knows_version(s, t))
		return "which does not know the layout's version: expected it as argument, or \"read\": \"latest\"";
	if (splits_equal_versions(s, t->engine_full))
		return "which can have equal versions of a row in several partitions: expected no PARTITION BY, or "
		       "columns of the sortKey there, or \"read\": \"latest\"";
	return NULL;
}

struct md_str md_engine_misfit(struct md_arena *a, const struct md_source *source, enum md_dialect_id dialect,
                               const struct md_catalog_table *catalog)
{
	const struct md_sync *s = source->sync;
	bool is_final = s && dialect == MD_DIALECT_CLICKHOUSE &&
	                md_layout_reading(&s->layout, dialect) == MD_READ_FINAL;
	if (!is_final || catalog->n_columns == 0 || passes_on(catalog->engine))
		return MD_STR("");
	const char *misfit = misfit_of(s, catalog);
	struct md_str full = { catalog->engine_full.p, catalog->engine_full.n < 200 ? catalog->engine_full.n : 200 };
	struct md_str engine = full.n ? full : catalog->engine;
	if (!misfit)
		return MD_STR("");
	return md_str_fmt(a, "the replica %.*s of table '%.*s' is read with FINAL and is a %.*s, %s",
	                  MD_FMT(s->name.whole), MD_FMT(s->table->api_name), MD_FMT(engine), misfit);
}
