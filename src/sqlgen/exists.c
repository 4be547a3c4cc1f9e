/* Exists conditions. As a correlated sub-query: EXISTS (SELECT 1 …) or (SELECT count(*) …) op n. As
 * a list of related keys with the same answer, grouped by the keys where related rows are counted:
 * keys IN (SELECT keys …), or EXISTS over a table of the keys. The plan chooses where the dialect
 * takes both. A list whose condition also holds for parents without related rows is that of the
 * opposite condition, behind NOT. Promises: the condition is never unknown, under NOT as well,
 * because NULL keys are left out on both sides; the related table's row predicate is in the WHERE
 * of the sub-query that reads it. */
#include "sqlgen/private.h"

static const struct md_scan *related_scan(const struct md_sql_text *s, const struct md_related *related)
{
	return &s->scans[related->scan];
}

static void write_related_from(struct md_sql_text *s, const struct md_related *related)
{
	sql_kw(s, " FROM ");
	sql_table(s, related_scan(s, related), related->scan);
}

static void write_count_comparison(struct md_sql_text *s, enum md_op op, const struct md_related *related)
{
	struct md_buf b = { .arena = s->arena };
	md_buf_int(&b, related->count);
	s->text.failed |= b.failed;
	sql_op(s, op);
	sql_param(s, &(struct md_value){ .type = { .base = MD_BIGINT }, .origin = MD_FROM_COUNT,
	                                 .place = related->slot & MD_LARGEST_PLACE,
	                                 .text = md_buf_view(&b) },
	          MD_FORM_NONE, NULL);
}

/* ---- correlated ---- */

static void write_same_keys(struct md_sql_text *s, const struct md_scan *scan)
{
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		if (i)
			sql_kw(s, " AND ");
		else
			sql_kw(s, " WHERE ");
		sql_same_key(s, &scan->keys[i], true);
	}
}

static void write_correlated(struct md_sql_text *s, const struct md_related *related)
{
	const struct md_scan *scan = related_scan(s, related);
	write_related_from(s, related);
	write_same_keys(s, scan);
	if (!sql_filter_members(scan, NULL))
		return;
	sql_kw(s, " AND ");
	sql_filter(s, scan, NULL, false);
}

static void write_counted(struct md_sql_text *s, const struct md_related *related)
{
	sql_kw(s, "(SELECT count(*)");
	write_correlated(s, related);
	sql_kw(s, ")");
	write_count_comparison(s, related->count_op, related);
}

static void write_exists(struct md_sql_text *s, const struct md_related *related)
{
	if (related->is_absent)
		sql_kw(s, "NOT ");
	sql_kw(s, "EXISTS (SELECT 1");
	write_correlated(s, related);
	sql_kw(s, ")");
}

/* ---- semi-joins ---- */

static const struct md_expr *key_of(const struct md_key_pair *pair, bool is_child)
{
	return is_child ? pair->child : pair->parent;
}

/* Dialects that write lists of keys alone compare them as the type that both sides have in common.
 * Elsewhere keys are listed only if both are compared in the same form. */
static void write_key(struct md_sql_text *s, const struct md_key_pair *pair, bool is_child)
{
	const struct md_expr *key = key_of(pair, is_child);
	if (s->semi_joins)
		sql_key(s, key, key_of(pair, !is_child));
	else
		sql_expr(s, key, MD_PLACE_EQUAL);
}

static void write_keys(struct md_sql_text *s, const struct md_scan *scan, bool is_child)
{
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		if (i)
			sql_kw(s, ", ");
		write_key(s, &scan->keys[i], is_child);
	}
}

static void write_parent_keys(struct md_sql_text *s, const struct md_scan *scan)
{
	if (scan->n_keys > 1)
		sql_kw(s, "(");
	write_keys(s, scan, false);
	if (scan->n_keys > 1)
		sql_kw(s, ")");
}

/* Where a function makes a key's value, it is NULL for a text that is no such value. */
static bool is_converted(const struct md_sql_text *s, const struct md_expr *key)
{
	return !s->semi_joins && sql_around(s, key, MD_PLACE_EQUAL)->before.n;
}

static bool key_can_be_null(const struct md_sql_text *s, const struct md_expr *key)
{
	return key->nullable || is_converted(s, key);
}

/* `a IS NOT NULL AND b IS NOT NULL` of the keys that can be NULL; returns how many there are. */
static uint32_t write_keys_not_null(struct md_sql_text *s, const struct md_scan *scan, bool is_child)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		const struct md_expr *key = key_of(&scan->keys[i], is_child);
		if (!key_can_be_null(s, key))
			continue;
		if (n++)
			sql_kw(s, " AND ");
		sql_expr(s, key, is_converted(s, key) ? MD_PLACE_EQUAL : MD_PLACE_BARE);
		sql_op(s, MD_OP_IS_NOT_NULL);
	}
	return n;
}

static bool has_nullable_child(const struct md_sql_text *s, const struct md_scan *scan)
{
	for (uint32_t i = 0; i < scan->n_keys; i++)
		if (key_can_be_null(s, scan->keys[i].child))
			return true;
	return false;
}

static void write_sub_query_where(struct md_sql_text *s, const struct md_scan *scan)
{
	uint32_t members = sql_filter_members(scan, NULL);
	if (members || has_nullable_child(s, scan))
		sql_kw(s, " WHERE ");
	if (write_keys_not_null(s, scan, true) && members)
		sql_kw(s, " AND ");
	if (members)
		sql_filter(s, scan, NULL, false);
}

static enum md_op opposite_operator(enum md_op op)
{
	static const enum md_op to[] = { [MD_OP_EQ] = MD_OP_NE, [MD_OP_NE] = MD_OP_EQ, [MD_OP_GT] = MD_OP_LE,
		                         [MD_OP_LE] = MD_OP_GT, [MD_OP_LT] = MD_OP_GE, [MD_OP_GE] = MD_OP_LT };
	return to[op];
}

static bool is_inverted(const struct md_related *related)
{
	return related->is_counted ? md_count_takes_zero(related->count_op, related->count) : related->is_absent;
}

/* The groups whose keys are listed: those that satisfy the condition, or its opposite. */
static void write_having(struct md_sql_text *s, const struct md_related *related)
{
	enum md_op op = is_inverted(related) ? opposite_operator(related->count_op) : related->count_op;
	sql_kw(s, " HAVING count(*)");
	write_count_comparison(s, op, related);
}

static void write_semi_join(struct md_sql_text *s, const struct md_related *related)
{
	const struct md_scan *scan = related_scan(s, related);
	if (is_inverted(related))
		sql_kw(s, "NOT ");
	sql_kw(s, "(");
	if (write_keys_not_null(s, scan, false))
		sql_kw(s, " AND ");
	write_parent_keys(s, scan);
	sql_kw(s, " IN (SELECT ");
	write_keys(s, scan, true);
	write_related_from(s, related);
	write_sub_query_where(s, scan);
	if (related->is_counted) {
		sql_kw(s, " GROUP BY ");
		write_keys(s, scan, true);
		write_having(s, related);
	}
	sql_kw(s, "))");
}

/* ---- keys in FROM ---- */

static void write_child_columns(struct md_sql_text *s, const struct md_scan *scan)
{
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		if (i)
			sql_kw(s, ", ");
		sql_expr(s, scan->keys[i].child, MD_PLACE_BARE);
	}
}

static void write_key_table(struct md_sql_text *s, const struct md_related *related)
{
	const struct md_scan *scan = related_scan(s, related);
	sql_kw(s, "(SELECT ");
	if (!related->is_counted)
		sql_kw(s, "DISTINCT ");
	write_child_columns(s, scan);
	write_related_from(s, related);
	if (sql_filter_members(scan, NULL)) {
		sql_kw(s, " WHERE ");
		sql_filter(s, scan, NULL, false);
	}
	if (related->is_counted) {
		sql_kw(s, " GROUP BY ");
		write_child_columns(s, scan);
		write_having(s, related);
	}
	sql_kw(s, ") AS ");
	sql_alias(s, 't', related->scan);
}

/* The keys have the names of their columns, behind the alias of their table. */
static void write_exists_in_keys(struct md_sql_text *s, const struct md_related *related)
{
	if (is_inverted(related))
		sql_kw(s, "NOT ");
	sql_kw(s, "EXISTS (SELECT 1 FROM ");
	write_key_table(s, related);
	write_same_keys(s, related_scan(s, related));
	sql_kw(s, ")");
}

void sql_exists(struct md_sql_text *s, const struct md_related *related)
{
	bool lists_keys = s->semi_joins || related->lists_keys;
	if (lists_keys && s->dialect->lists_keys_in_from)
		write_exists_in_keys(s, related);
	else if (lists_keys)
		write_semi_join(s, related);
	else if (related->is_counted)
		write_counted(s, related);
	else
		write_exists(s, related);
}
