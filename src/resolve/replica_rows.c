/* The current rows of a replica, by its layout: how superseded rows are left out, and which rows
 * are marked as deleted. Accepts layouts that the planner found readable in the dialect. Promises:
 * deleted rows are left out by the row predicate of the scan itself, so that no writer can place
 * one without the other; the sub-query of the latest rows selects what the statement reads. */
#include "resolve/private.h"

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

int md_leave_deleted_rows_out(struct md_resolving *r, uint32_t ref, const struct md_sync *s, struct md_scan *scan)
{
	if (!s->layout.deleted.column.n)
		return 0;
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

int md_read_replica(struct md_resolving *r, uint32_t ref, const struct md_sync *s, struct md_scan *scan)
{
	scan->is_replica = true;
	scan->reading = md_layout_reading(&s->layout, r->plan->dialect);
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
static int list_columns_of(struct md_resolving *r, uint32_t ref)
{
	const struct md_sync *s = r->plan->sources[ref].sync;
	struct md_latest *out = r->latest[ref];
	struct md_str *names = md_alloc(r->arena, (s->table->n_columns + 1) * sizeof *names);
	if (!names)
		return -1;
	for (uint32_t i = 0; i < s->table->n_columns; i++)
		if (md_bit(r->columns[ref].read, i) && !has_name(names, out->n_columns, s->physical_columns[i]))
			names[out->n_columns++] = s->physical_columns[i];
	if (out->exists && !has_name(names, out->n_columns, s->layout.deleted.column))
		names[out->n_columns++] = s->layout.deleted.column;
	if (!out->n_columns)
		names[out->n_columns++] = out->key[0]; /* a count of rows reads no column */
	out->columns = names;
	return 0;
}

int md_list_latest_columns(struct md_resolving *r)
{
	for (uint32_t i = 0; i < r->bound->n_refs; i++)
		if (r->latest[i] && list_columns_of(r, i))
			return -1;
	return 0;
}
