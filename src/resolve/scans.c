/* The scans of a statement: physical names, join keys and row predicates. Promises: every table
 * reference becomes a scan with the row predicate of its guard, and a replica's predicate leaves
 * out the rows that its layout marks as deleted: both are one member, so that no writer can place
 * one without the other. What the caller asks of a scan is added by conditions.c, in a member of
 * its own. */
#include "resolve/private.h"

#include "base/sqlite_names.h"

/* ---- names ---- */

static const struct md_name *name_of(const struct md_resolving *r, uint32_t ref)
{
	const struct md_source *s = &r->plan->sources[ref];
	return md_name_in(r->bound->refs[ref].table, s->sync);
}

static void qualify_name(const struct md_resolving *r, uint32_t ref, struct md_str parts[3], uint32_t *count)
{
	const struct md_name *n = name_of(r, ref);
	const struct md_database *db = r->plan->sources[ref].database;
	uint32_t i = 0;
	if (r->plan->embedded) {
		parts[i++] = md_sqlite_schema(db->id);
	} else if (r->plan->through_trino) {
		parts[i++] = db->trino_catalog;
		parts[i++] = n->n > 1 ? n->parts[n->n - 2] : md_engines[db->engine].default_schema;
	} else {
		parts[i++] = md_engines[db->engine].default_schema;
	}
	parts[i++] = n->parts[n->n - 1];
	*count = i;
}

/* A name that is written as it stands in the metadata is not copied. */
static int name_scan(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_name *n = name_of(r, ref);
	scan->name = n->parts;
	scan->n_name = n->n;
	if (!r->plan->embedded && !r->plan->through_trino && (!r->facts->names_schema || n->n > 1))
		return 0;

	struct md_str *parts = md_alloc(r->arena, 3 * sizeof *parts);
	if (!parts)
		return -1;
	qualify_name(r, ref, parts, &scan->n_name);
	scan->name = parts;
	return 0;
}

/* ---- keys ---- */

static int pair_keys(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_ref *it = &r->bound->refs[ref];
	const struct md_relation *rel = it->relation;
	const struct md_column *const *child = it->from_side ? rel->from_columns : rel->to_columns;
	const struct md_column *const *parent = it->from_side ? rel->to_columns : rel->from_columns;
	struct md_key_pair *keys = md_alloc(r->arena, rel->n * sizeof *keys);
	if (!keys)
		return -1;

	for (uint32_t i = 0; i < rel->n; i++) {
		keys[i].is_child_referenced = !it->from_side;
		keys[i].parent = md_raw_relation_key(r, it->parent, parent[i]);
		keys[i].child = md_raw_relation_key(r, ref, child[i]);
		if (!keys[i].parent || !keys[i].child)
			return -1;
	}
	scan->keys = keys;
	scan->n_keys = rel->n;
	return 0;
}

/* ---- the rows that exist ---- */

static const struct md_predicate *compare_mark(struct md_resolving *r, const struct md_expr *column, enum md_op op,
                                               const struct md_value *operand)
{
	struct md_predicate *p = md_alloc(r->arena, sizeof *p);
	if (p)
		*p = (struct md_predicate){ .kind = MD_PREDICATE_COMPARE, .op = op, .column = column,
			                    .operand = operand };
	return p;
}

static const struct md_predicate *join_predicates(struct md_resolving *r, enum md_predicate_kind kind,
                                                  const struct md_predicate *a, const struct md_predicate *b)
{
	bool is_flat = a->kind == kind && kind == MD_PREDICATE_AND;
	uint32_t n = is_flat ? a->n : 1;
	struct md_predicate *p = md_alloc(r->arena, sizeof *p);
	const struct md_predicate **parts = md_alloc(r->arena, (n + 1) * sizeof *parts);
	if (!p || !parts)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		parts[i] = is_flat ? a->parts[i] : a;
	parts[n] = b;
	*p = (struct md_predicate){ .kind = kind, .parts = parts, .n = n + 1 };
	return p;
}

/* Holds for rows that are not marked as deleted. A mark that is NULL is not the value. */
static const struct md_predicate *rows_that_exist(struct md_resolving *r, uint32_t ref,
                                                  const struct md_deleted_mark *mark)
{
	const struct md_expr *column = md_raw_deleted_mark(r, ref, mark);
	if (!column)
		return NULL;
	if (mark->test == MD_DELETED_IS_NOT)
		return compare_mark(r, column, MD_OP_EQ, &mark->value);
	const struct md_predicate *no_mark = compare_mark(r, column, MD_OP_IS_NULL, NULL);
	if (mark->test == MD_DELETED_NOT_NULL)
		return no_mark;

	const struct md_predicate *other = compare_mark(r, column, MD_OP_NE, &mark->value);
	return no_mark && other ? join_predicates(r, MD_PREDICATE_OR, other, no_mark) : NULL;
}

/* The rows that the caller sees, of a replica those that also exist. The caller's rows stand first:
 * engines may evaluate the parts in their order. */
static int add_row_predicate(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_sync *s = r->plan->sources[ref].sync;
	scan->rows = md_predicate_of(r, ref, md_guarded_rows(md_guarded_at(r->plan->guarded, ref)));
	if (!scan->rows || !s || !s->layout.deleted.column.n)
		return scan->rows ? 0 : -1;

	const struct md_predicate *exists = rows_that_exist(r, ref, &s->layout.deleted);
	if (!exists)
		return -1;
	if (scan->latest)
		r->latest[ref]->exists = exists;
	if (scan->rows->kind == MD_PREDICATE_TRUE)
		scan->rows = exists;
	else if (scan->rows->kind != MD_PREDICATE_FALSE)
		scan->rows = join_predicates(r, MD_PREDICATE_AND, scan->rows, exists);
	return scan->rows ? 0 : -1;
}

/* ---- the latest rows ---- */

/* Superseded rows have the primary key of the current one. But where a change of a sort key column
 * writes a delete, the history of a row is complete within each sort key. */
static int add_latest_key(struct md_resolving *r, const struct md_sync *s, struct md_latest *out)
{
	const struct md_layout *layout = &s->layout;
	bool by_sort_key = layout->key_moves == MD_KEY_MOVES_DELETED;
	const struct md_column *const *key = by_sort_key ? layout->sort_key : s->table->key;
	out->n_key = by_sort_key ? layout->n_sort_key : s->table->n_key;
	struct md_str *names = md_alloc(r->arena, out->n_key * sizeof *names);
	for (uint32_t i = 0; names && i < out->n_key; i++)
		names[i] = s->physical_columns[key[i]->index];
	out->key = names;
	return names ? 0 : -1;
}

static int find_latest(struct md_resolving *r, uint32_t ref, const struct md_sync *s, struct md_scan *scan)
{
	struct md_latest *latest = md_alloc(r->arena, sizeof *latest);
	if (!r->latest)
		r->latest = md_new_n(r->arena, struct md_latest *, r->bound->n_refs);
	if (!latest || !r->latest)
		return -1;
	*latest = (struct md_latest){ .version = s->layout.version, .n_version = s->layout.n_version };
	r->latest[ref] = latest;
	scan->latest = latest;
	return add_latest_key(r, s, latest);
}

static int choose_reading(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	const struct md_sync *s = r->plan->sources[ref].sync;
	scan->is_replica = s != NULL;
	scan->reading = s ? md_layout_reading(&s->layout, r->plan->dialect) : MD_READ_AS_IS;
	return scan->reading == MD_READ_LATEST ? find_latest(r, ref, s, scan) : 0;
}

static bool has_name(const struct md_str *v, uint32_t n, struct md_str name)
{
	for (uint32_t i = 0; i < n; i++)
		if (md_str_eq(v[i], name))
			return true;
	return false;
}

/* Each name once: two columns of the table can have one physical name, and the mark of deletes can
 * be a column of the table. */
static int list_latest_columns(struct md_resolving *r, uint32_t ref)
{
	const struct md_sync *s = r->plan->sources[ref].sync;
	struct md_latest *out = r->latest[ref];
	struct md_str *names = md_alloc(r->arena, (s->table->n_columns + 1) * sizeof *names);
	if (!names)
		return -1;
	for (uint32_t i = 0; i < s->table->n_columns; i++)
		if (md_bit(r->tables[ref].columns, i) && !has_name(names, out->n_columns, s->physical_columns[i]))
			names[out->n_columns++] = s->physical_columns[i];
	if (out->exists && !has_name(names, out->n_columns, s->layout.deleted.column))
		names[out->n_columns++] = s->layout.deleted.column;
	if (!out->n_columns)
		names[out->n_columns++] = out->key[0]; /* a count of rows reads no column */
	out->columns = names;
	return 0;
}

int md_finish_scans(struct md_resolving *r)
{
	for (uint32_t i = 0; r->latest && i < r->bound->n_refs; i++)
		if (r->latest[i] && list_latest_columns(r, i))
			return -1;
	return 0;
}

/* ---- scans ---- */

static enum md_scan_form form_of(const struct md_ref *ref)
{
	if (ref->kind == MD_REF_EXISTS)
		return MD_SCAN_EXISTS;
	if (ref->kind == MD_REF_FROM)
		return MD_SCAN_FROM;
	return ref->left ? MD_SCAN_LEFT_JOIN : MD_SCAN_INNER_JOIN;
}

static int make_scan(struct md_resolving *r, uint32_t ref, struct md_scan *scan)
{
	*scan = (struct md_scan){ .form = form_of(&r->bound->refs[ref]) };
	if (choose_reading(r, ref, scan) || name_scan(r, ref, scan))
		return -1;
	if (scan->form != MD_SCAN_FROM && pair_keys(r, ref, scan))
		return -1;
	r->tables[ref].name = scan->name;
	r->tables[ref].n_name = scan->n_name;
	return add_row_predicate(r, ref, scan);
}

/* The tables as the statement reports them, without a column yet. */
static int make_tables(struct md_resolving *r)
{
	uint32_t n = r->bound->n_refs, words = 0;
	for (uint32_t i = 0; i < n; i++)
		words += md_words(r->bound->refs[i].table->n_columns);
	r->tables = md_alloc(r->arena, n * sizeof *r->tables);
	uint64_t *columns = md_new_n(r->arena, uint64_t, words);
	if (!r->tables || !columns)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		r->tables[i].columns = columns;
		columns += md_words(r->bound->refs[i].table->n_columns);
	}
	return 0;
}

int md_make_scans(struct md_resolving *r, struct md_tree *out)
{
	uint32_t n = r->bound->n_refs;
	r->scans = md_alloc(r->arena, n * sizeof *r->scans);
	if (!r->scans || make_tables(r))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (make_scan(r, i, &r->scans[i]))
			return -1;
	out->scans = r->scans;
	out->n_scans = n;
	out->tables = r->tables;
	out->n_from = md_bound_row_refs(r->bound);
	return 0;
}
