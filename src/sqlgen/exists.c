/* Exists conditions. Where the engine takes a correlated sub-query in the place: EXISTS (SELECT 1 …) or (SELECT count(*) …) op n. Elsewhere a semi-join with the
 * same answer: keys IN (SELECT keys …), grouped by the keys where related rows are counted; those who have none are then who is not among the opposite.
 * Promises: never unknown, under NOT as well: NULL keys are left out on both sides; the related table's predicate stands in its own WHERE. */
#include "sqlgen/condition.h"

static void related_rows(struct md_sql_text *s, const struct md_sub *sub)
{
	sql_kw(s, " FROM ");
	sql_table(s, &s->tables[sub->table], sub->table);
}

static void count_of(struct md_sql_text *s, enum md_op op, int64_t n)
{
	struct md_buf b = { .arena = s->arena };
	md_buf_int(&b, n);
	s->text.failed |= b.failed;
	sql_op(s, op);
	sql_param(s, &(struct md_value){ .type = { .base = MD_BIGINT }, .text = md_buf_view(&b) });
}

/* ---- correlated ---- */

static void correlated(struct md_sql_text *s, const struct md_sub *sub)
{
	related_rows(s, sub);
	for (uint32_t i = 0; i < sub->n_keys; i++) {
		if (i)
			sql_kw(s, " AND ");
		else
			sql_kw(s, " WHERE ");
		sql_same_key(s, &sub->child[i], &sub->parent[i]);
	}
	if (!sub->where)
		return;
	sql_kw(s, " AND ");
	sql_condition(s, sub->where);
}

static void counted(struct md_sql_text *s, const struct md_sub *sub)
{
	sql_kw(s, "(SELECT count(*)");
	correlated(s, sub);
	sql_kw(s, ")");
	count_of(s, sub->count_op, sub->count);
}

static void exists(struct md_sql_text *s, const struct md_sub *sub)
{
	if (sub->absent)
		sql_kw(s, "NOT ");
	sql_kw(s, "EXISTS (SELECT 1");
	correlated(s, sub);
	sql_kw(s, ")");
}

/* ---- semi-joins ---- */

/* What both sides of a key are compared as: engines convert to the type of the set, and lose digits. */
static enum md_base_type common(enum md_base_type a, enum md_base_type b)
{
	static const enum md_base_type wide[] = { MD_FLOAT, MD_DECIMAL, MD_TIMESTAMP };
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (a == wide[i] || b == wide[i])
			return wide[i];
	return a;
}

static void keys(struct md_sql_text *s, const struct md_sub *sub, const struct md_pcolumn *of)
{
	for (uint32_t i = 0; i < sub->n_keys; i++) {
		struct md_pcolumn key = of[i];
		key.type.base = (uint8_t)common((enum md_base_type)sub->child[i].type.base, (enum md_base_type)sub->parent[i].type.base);
		if (i)
			sql_kw(s, ", ");
		sql_column(s, &key, MD_PLACE_KEY);
	}
}

static void tuple(struct md_sql_text *s, const struct md_sub *sub, const struct md_pcolumn *of)
{
	if (sub->n_keys > 1)
		sql_kw(s, "(");
	keys(s, sub, of);
	if (sub->n_keys > 1)
		sql_kw(s, ")");
}

/* `a IS NOT NULL AND b IS NOT NULL` of those that can be NULL; gives back how many. */
static uint32_t not_null(struct md_sql_text *s, const struct md_sub *sub, const struct md_pcolumn *of)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < sub->n_keys; i++) {
		if (!of[i].nullable)
			continue;
		if (n++)
			sql_kw(s, " AND ");
		sql_column(s, &of[i], MD_PLACE_BARE);
		sql_op(s, MD_OP_IS_NOT_NULL);
	}
	return n;
}

static void set_where(struct md_sql_text *s, const struct md_sub *sub)
{
	bool nullable = false;
	for (uint32_t i = 0; i < sub->n_keys; i++)
		nullable |= sub->child[i].nullable;
	if (nullable || sub->where)
		sql_kw(s, " WHERE ");
	if (not_null(s, sub, sub->child) && sub->where)
		sql_kw(s, " AND ");
	if (sub->where)
		sql_condition(s, sub->where);
}

static enum md_op opposite(enum md_op op)
{
	static const enum md_op to[] = { [MD_OP_EQ] = MD_OP_NE, [MD_OP_NE] = MD_OP_EQ, [MD_OP_GT] = MD_OP_LE, [MD_OP_LE] = MD_OP_GT, [MD_OP_LT] = MD_OP_GE,
		                         [MD_OP_GE] = MD_OP_LT };
	return to[op];
}

static void semi_join(struct md_sql_text *s, const struct md_sub *sub)
{
	bool turned = sub->counted ? md_count_takes_zero(sub->count_op, sub->count) : sub->absent;
	if (turned)
		sql_kw(s, "NOT ");
	sql_kw(s, "(");
	if (not_null(s, sub, sub->parent))
		sql_kw(s, " AND ");
	tuple(s, sub, sub->parent);
	sql_kw(s, " IN (SELECT ");
	keys(s, sub, sub->child);
	related_rows(s, sub);
	set_where(s, sub);
	if (sub->counted) {
		sql_kw(s, " GROUP BY ");
		keys(s, sub, sub->child);
		sql_kw(s, " HAVING count(*)");
		count_of(s, turned ? opposite(sub->count_op) : sub->count_op, sub->count);
	}
	sql_kw(s, "))");
}

void sql_exists(struct md_sql_text *s, const struct md_sub *sub)
{
	if (s->semi_joins)
		semi_join(s, sub);
	else if (sub->counted)
		counted(s, sub);
	else
		exists(s, sub);
}
