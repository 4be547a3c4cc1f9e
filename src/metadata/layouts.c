/* externalSyncs[].layout: what change data capture leaves in a replica, and how the current rows
 * are found in it. Accepts an object, or the name of what a known writer leaves. Refuses keys that
 * the way of reading does not use, versions and sort keys that cannot find the current rows, and
 * tables without a primary key. Columns for versions and deletes are physical names, since tables
 * need not declare them; a sort key has apiNames. */
#include "metadata/read.h"

static const char *const layout_keys[] = { "rows", "version", "deleted", "sortKey", "read", "keyMoves", "nulls" };
enum {
	LAYOUT_ROWS,
	LAYOUT_VERSION,
	LAYOUT_DELETED,
	LAYOUT_SORT_KEY,
	LAYOUT_READ,
	LAYOUT_KEY_MOVES,
	LAYOUT_NULLS,
	LAYOUT_KEYS
};

/* ---- what known writers leave ---- */

#define WORD(lit) { (lit), sizeof(lit) - 1 }
#define VALUE(base_, lit) { .type = { .base = (base_) }, .origin = MD_FROM_METADATA, .text = WORD(lit) }

static const struct md_str peerdb_version[] = { WORD("_peerdb_version") }, altinity_version[] = { WORD("_version") },
			   airbyte_version[] = { WORD("_airbyte_extracted_at") },
			   iceberg_version[] = { WORD("__source_ts_ns"), WORD("__lsn") };

enum { WRITERS = 6 };
static const char *const writers[WRITERS] = { "peerdb",  "altinity",       "altinity-sign",
	                                      "airbyte", "iceberg-append", "iceberg-upsert" };
static const struct md_layout written[WRITERS] = {
	{ .rows = MD_ROWS_REPLACING, .read = MD_READ_FINAL, .version = peerdb_version, .n_version = 1,
	  .deleted = { WORD("_peerdb_is_deleted"), MD_DELETED_IS, VALUE(MD_BIGINT, "1") },
	  .nulls_are_defaults = true },
	{ .rows = MD_ROWS_REPLACING, .read = MD_READ_FINAL, .version = altinity_version, .n_version = 1,
	  .deleted = { WORD("is_deleted"), MD_DELETED_IS, VALUE(MD_BIGINT, "1") } },
	{ .rows = MD_ROWS_REPLACING, .read = MD_READ_FINAL, .version = altinity_version, .n_version = 1,
	  .deleted = { WORD("_sign"), MD_DELETED_IS, VALUE(MD_BIGINT, "-1") } },
	{ .rows = MD_ROWS_REPLACING, .read = MD_READ_FINAL, .version = airbyte_version, .n_version = 1,
	  .deleted = { WORD("_ab_cdc_deleted_at"), MD_DELETED_NOT_NULL, { .origin = MD_FROM_METADATA } } },
	{ .rows = MD_ROWS_APPEND, .read = MD_READ_LATEST, .version = iceberg_version, .n_version = 2,
	  .deleted = { WORD("__deleted"), MD_DELETED_IS, VALUE(MD_STRING, "true") } },
	{ .rows = MD_ROWS_PLAIN, .read = MD_READ_AS_IS,
	  .deleted = { WORD("__deleted"), MD_DELETED_IS, VALUE(MD_STRING, "true") } },
};

/* ---- members ---- */

/* A name or an array of names, each once. */
static void load_version(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_layout *out)
{
	struct md_json_iter it;
	bool is_list = md_json_type(v) == MD_JSON_ARRAY;
	uint32_t n = is_list ? (uint32_t)md_json_size(v) : 1;
	struct md_str *names = md_new_n(l->keep, struct md_str, n + 1);
	if (!names)
		return;
	out->version = names;
	if (!is_list) {
		out->n_version = read_text(l, SPOT(MD_INVALID_SYNC, up, "version"), v, true, &names[0]);
		return;
	}
	if (n == 0)
		report_wrong(l, SPOT(MD_INVALID_SYNC, up, "version"), v, "at least one column");
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		const struct md_at *at = MD_AT_IDX(MD_AT_KEY(up, MD_STR("version")), i);
		if (!read_text(l, SPOT(MD_INVALID_SYNC, at, NULL), v, true, &names[out->n_version]))
			continue;
		for (uint32_t k = 0; k < out->n_version; k++)
			if (md_str_eq(names[k], names[out->n_version]))
				md_report(l->cx, MD_INVALID_SYNC, at, NULL, "'%.*s' is listed twice",
				          MD_FMT(names[k]));
		out->n_version++;
	}
}

/* A value that marks deleted rows: true, false, an integer or a text. */
static void load_mark_value(struct loader *l, const struct md_at *up, const char *key, const struct md_json *v,
                            struct md_value *out)
{
	static const char expected[] = "an integer, true, false or a non-empty string";
	struct md_str text = md_json_text(v);
	*out = (struct md_value){ .origin = MD_FROM_METADATA };
	switch (md_json_type(v)) {
	case MD_JSON_BOOL:
		out->type.base = MD_BOOLEAN;
		out->text = md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
		return;
	case MD_JSON_NUMBER:
		out->type.base = MD_BIGINT;
		if (md_value_parse(l->cx->arena, MD_BIGINT, text, true, false, &out->text))
			report_wrong(l, SPOT(MD_INVALID_SYNC, up, key), v, expected);
		else
			out->text = md_str_dup(l->keep, out->text);
		return;
	case MD_JSON_STRING:
		read_text(l, SPOT(MD_INVALID_SYNC, up, key), v, true, &out->text);
		return;
	default:
		report_wrong(l, SPOT(MD_INVALID_SYNC, up, key), v, expected);
	}
}

static void load_deleted_mark(struct loader *l, const struct md_at *up, const struct md_json *v,
                              struct md_deleted_mark *out)
{
	static const char *const keys[] = { "column", "is", "isNot", "notNull" };
	enum { COLUMN, IS, IS_NOT, NOT_NULL };
	const struct md_json *m[4];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("deleted"));
	bool is_true = false;
	if (!READ_OBJECT(l, MD_INVALID_SYNC, at, v, "deleted", keys, m))
		return;
	read_text(l, SPOT(MD_INVALID_SYNC, at, "column"), m[COLUMN], true, &out->column);
	if (!m[IS] + !m[IS_NOT] + !m[NOT_NULL] != 2) {
		report_wrong(l, SPOT(MD_INVALID_SYNC, up, "deleted"), v, "column and one of is, isNot and notNull");
		return;
	}
	if (m[IS] || m[IS_NOT]) {
		out->test = m[IS] ? MD_DELETED_IS : MD_DELETED_IS_NOT;
		load_mark_value(l, at, m[IS] ? "is" : "isNot", m[IS] ? m[IS] : m[IS_NOT], &out->value);
		return;
	}
	out->test = MD_DELETED_NOT_NULL;
	if (read_flag(l, SPOT(MD_INVALID_SYNC, at, "notNull"), m[NOT_NULL], true, &is_true) && !is_true)
		report_wrong(l, SPOT(MD_INVALID_SYNC, at, "notNull"), m[NOT_NULL], "true");
}

static bool has_column(const struct md_column *const *v, uint32_t n, const struct md_column *c)
{
	for (uint32_t i = 0; i < n; i++)
		if (v[i] == c)
			return true;
	return false;
}

static void load_sort_key(struct loader *l, const struct md_at *up, const struct md_json *v, const struct md_table *t,
                          struct md_layout *out)
{
	struct md_json_iter it;
	if (!read_array(l, SPOT(MD_INVALID_SYNC, up, "sortKey"), v, true))
		return;
	const struct md_column **columns = md_new_n(l->keep, const struct md_column *, md_json_size(v) + 1);
	if (!columns)
		return;
	out->sort_key = columns;
	out->n_sort_key = 0;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		const struct md_at *at = MD_AT_IDX(MD_AT_KEY(up, MD_STR("sortKey")), i);
		const struct md_column *c = find_column(l, SPOT(MD_INVALID_SYNC, at, NULL), v, t);
		if (c && has_column(columns, out->n_sort_key, c))
			md_report(l->cx, MD_INVALID_SYNC, at, NULL, "'%.*s' is listed twice", MD_FMT(c->api_name));
		else if (c)
			columns[out->n_sort_key++] = c;
	}
}

/* ---- what must fit ---- */

/* Names of versions that every change of one transaction shares. */
static bool can_tie(struct md_str name)
{
	static const char *const names[] = { "__source_ts_ns", "__source_ts_us", "__source_ts_ms", "__ts_ns",
		                             "__ts_us",        "__ts_ms",        "_airbyte_extracted_at" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (md_str_eqz(name, names[i]))
			return true;
	return false;
}

static void report_misfit(struct loader *l, const struct md_at *at, const char *problem, const char *expected)
{
	md_report(l->cx, MD_INVALID_SYNC, at, MD_DETAILS(.expected = md_str_z(expected)), "%s: expected %s", problem,
	          expected);
}

/* A plain replica has one row a key: reading it otherwise, or naming what only the other forms
 * have, is a contradiction. */
static void check_plain(struct loader *l, const struct md_at *at, const struct md_json *const m[LAYOUT_KEYS],
                        const struct md_layout *layout)
{
	static const char expected[] = "rows replacing or append";
	static const int others[] = { LAYOUT_VERSION, LAYOUT_SORT_KEY, LAYOUT_KEY_MOVES };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (m[others[i]])
			report_misfit(l, MD_AT_KEY(at, md_str_z(layout_keys[others[i]])),
			              "a plain replica has one row for each key", expected);
	if (layout->read != MD_READ_AS_IS)
		report_misfit(l, MD_AT_KEY(at, MD_STR("read")), "a plain replica is read as it is", expected);
}

static void check_reading(struct loader *l, const struct md_at *at, const struct md_layout *layout)
{
	if (layout->rows == MD_ROWS_APPEND && layout->read == MD_READ_FINAL)
		report_misfit(l, MD_AT_KEY(at, MD_STR("read")), "FINAL finds the current rows of replacing alone",
		              "latest or asIs");
	if (layout->read == MD_READ_LATEST && !layout->n_version)
		report_misfit(l, at, "the latest rows can't be found without a version", "version");
}

/* The sort key names every column of the primary key, and the replica has its columns. */
static void check_sort_key(struct loader *l, const struct md_at *at, const struct md_sync *s)
{
	const struct md_table *t = s->table;
	const struct md_layout *layout = &s->layout;
	const struct md_at *key = MD_AT_KEY(at, MD_STR("sortKey"));
	if (!t->n_key) {
		report_misfit(l, at, "the current rows of a table without a primary key can't be found",
		              "rows plain, or read asIs");
		return;
	}
	for (uint32_t i = 0; i < t->n_key; i++)
		if (!has_column(layout->sort_key, layout->n_sort_key, t->key[i]))
			md_report(l->cx, MD_INVALID_SYNC, key, MD_DETAILS(.column = t->key[i]->api_name),
			          "the sort key lacks '%.*s' of the primary key, so that rows with different "
			          "keys would replace each other: expected every column of the primary key",
			          MD_FMT(t->key[i]->api_name));
	for (uint32_t i = 0; i < layout->n_sort_key; i++)
		if (!s->physical_columns[layout->sort_key[i]->index].p)
			md_report(l->cx, MD_INVALID_SYNC, at, MD_DETAILS(.column = layout->sort_key[i]->api_name),
			          "the replica lacks '%.*s', by which its current rows are found: "
			          "expected it in columns",
			          MD_FMT(layout->sort_key[i]->api_name));
}

/* ---- the layout ---- */

/* The index of the word at a key; `fallback` where the key is absent, or the word wrong. */
static int read_choice(struct loader *l, const struct md_at *at, const char *key, const struct md_json *v,
                       const char *const *words, size_t n, int fallback)
{
	int word = v ? read_word(l, SPOT(MD_INVALID_SYNC, at, key), v, true, words, n) : -1;
	return word < 0 ? fallback : word;
}

static void load_choices(struct loader *l, const struct md_at *at, const struct md_json *const m[LAYOUT_KEYS],
                         struct md_layout *out)
{
	static const char *const rows[] = { "plain", "replacing", "append" };
	static const char *const read[] = { "asIs", "final", "latest" }; /* each usual for the rows of its place */
	static const char *const moves[] = { "deleted", "never" }, *const nulls[] = { "kept", "defaults" };
	static const enum md_replica_reading readings[] = { MD_READ_AS_IS, MD_READ_FINAL, MD_READ_LATEST };
	static const enum md_key_moves key_moves[] = { MD_KEY_MOVES_DELETED, MD_KEY_MOVES_NEVER, MD_KEY_MOVES_UNKNOWN };
	int which = read_choice(l, at, "rows", m[LAYOUT_ROWS], rows, 3, MD_ROWS_PLAIN);
	out->rows = (enum md_layout_rows)which;
	out->read = readings[read_choice(l, at, "read", m[LAYOUT_READ], read, 3, which)];
	out->key_moves = key_moves[read_choice(l, at, "keyMoves", m[LAYOUT_KEY_MOVES], moves, 2, 2)];
	out->nulls_are_defaults = read_choice(l, at, "nulls", m[LAYOUT_NULLS], nulls, 2, 0) == 1;
}

static void load_members(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_sync *s)
{
	const struct md_json *m[LAYOUT_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_SYNC, at, v, "a layout", layout_keys, m))
		return;
	load_choices(l, at, m, &s->layout);
	if (m[LAYOUT_VERSION])
		load_version(l, at, m[LAYOUT_VERSION], &s->layout);
	if (m[LAYOUT_DELETED])
		load_deleted_mark(l, at, m[LAYOUT_DELETED], &s->layout.deleted);
	if (m[LAYOUT_SORT_KEY])
		load_sort_key(l, at, m[LAYOUT_SORT_KEY], s->table, &s->layout);

	if (l->cx->err->problems.n != problems)
		return; /* what must fit is known only of members that are right */
	if (s->layout.rows == MD_ROWS_PLAIN)
		check_plain(l, at, m, &s->layout);
	else
		check_reading(l, at, &s->layout);
}

static bool is_sorted_by_key(const struct md_layout *layout, const struct md_table *t)
{
	for (uint32_t i = 0; i < layout->n_sort_key; i++)
		if (!has_column(t->key, t->n_key, layout->sort_key[i]))
			return false;
	return true;
}

void load_layout(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_sync *s)
{
	struct md_layout *out = &s->layout;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("layout"));
	uint32_t problems = l->cx->err->problems.n;
	*out = (struct md_layout){ .read = MD_READ_AS_IS };
	if (!v)
		return;

	int writer = -1;
	if (md_json_type(v) == MD_JSON_STRING)
		writer = read_word(l, SPOT(MD_INVALID_SYNC, up, "layout"), v, true, writers, WRITERS);
	if (writer >= 0)
		*out = written[writer];
	out->is_declared = true;
	out->sort_key = s->table->key;
	out->n_sort_key = s->table->n_key;
	if (md_json_type(v) != MD_JSON_STRING)
		load_members(l, at, v, s);
	if (out->read != MD_READ_AS_IS && l->cx->err->problems.n == problems)
		check_sort_key(l, at, s);
	out->is_sorted_by_key = is_sorted_by_key(out, s->table);
	out->version_ties = out->n_version == 1 && can_tie(out->version[0]);
}

enum md_replica_reading md_layout_reading(const struct md_layout *l, enum md_dialect_id dialect)
{
	if (l->read == MD_READ_AS_IS || (l->read == MD_READ_FINAL && dialect == MD_DIALECT_CLICKHOUSE))
		return l->read;
	return l->n_version && !l->version_ties ? MD_READ_LATEST : MD_READING_UNKNOWN;
}
