/* Exists conditions. Where the engine takes a correlated sub-query: EXISTS (SELECT 1 …) or (SELECT
 * count(*) …) op n. Elsewhere a semi-join with the same answer: keys IN (SELECT keys …), grouped by
 * the keys where related rows are counted. A condition that also holds for parents without related
 * rows is written as NOT of the opposite condition. Promises: the condition is never unknown, under
 * NOT as well, because NULL keys are left out on both sides; the related table's row predicate is
 * in the WHERE of the sub-query. */
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

static void write_correlated(struct md_sql_text *s, const struct md_related *related)
{
	const struct md_scan *scan = related_scan(s, related);
	write_related_from(s, related);
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		if (i)
			sql_kw(s, " AND ");
		else
			sql_kw(s, " WHERE ");
		sql_same_key(s, &scan->keys[i], true);
	}
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

enum md_base_type sql_common_type(enum md_base_type a, enum md_base_type b)
{
	static const enum md_base_type wide[] = { MD_FLOAT, MD_DECIMAL, MD_TIMESTAMP };
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (a == wide[i] || b == wide[i])
			return wide[i];
	return a;
}

static const struct md_expr *key_of(const struct md_key_pair *pair, bool is_child)
{
	return is_child ? pair->child : pair->parent;
}

static void write_keys(struct md_sql_text *s, const struct md_scan *scan, bool is_child)
{
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		const struct md_key_pair *pair = &scan->keys[i];
		if (i)
			sql_kw(s, ", ");
		sql_key(s, key_of(pair, is_child), key_of(pair, !is_child));
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

/* `a IS NOT NULL AND b IS NOT NULL` of the keys that can be NULL; returns how many there are. */
static uint32_t write_keys_not_null(struct md_sql_text *s, const struct md_scan *scan, bool is_child)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		const struct md_expr *key = key_of(&scan->keys[i], is_child);
		if (!key->nullable)
			continue;
		if (n++)
			sql_kw(s, " AND ");
		sql_expr(s, key, MD_PLACE_BARE);
		sql_op(s, MD_OP_IS_NOT_NULL);
	}
	return n;
}

static bool has_nullable_child(const struct md_scan *scan)
{
	for (uint32_t i = 0; i < scan->n_keys; i++)
		if (scan->keys[i].child->nullable)
			return true;
	return false;
}

static void write_sub_query_where(struct md_sql_text *s, const struct md_scan *scan)
{
	uint32_t members = sql_filter_members(scan, NULL);
	if (members || has_nullable_child(scan))
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

static void write_semi_join(struct md_sql_text *s, const struct md_related *related)
{
	const struct md_scan *scan = related_scan(s, related);
	bool takes_zero = related->is_counted && md_count_takes_zero(related->count_op, related->count);
	bool is_inverted = related->is_counted ? takes_zero : related->is_absent;
	if (is_inverted)
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
		sql_kw(s, " HAVING count(*)");
		write_count_comparison(s, is_inverted ? opposite_operator(related->count_op) : related->count_op,
		                       related);
	}
	sql_kw(s, "))");
}

void sql_exists(struct md_sql_text *s, const struct md_related *related)
{
	if (s->semi_joins)
		write_semi_join(s, related);
	else if (related->is_counted)
		write_counted(s, related);
	else
		write_exists(s, related);
}
