/* A physical tree as one SELECT, clause by clause. Accepts trees of md_resolve alone; refuses
 * (INTERNAL) a scan without a row predicate or without a way to find its current rows, and
 * operators that have no text. Promises: the row predicate of `from` stands in WHERE, that of a
 * joined table in ON, that of an exists node in its sub-query, whatever the caller asks; the text
 * depends on the tree's shape, never on its values. */
#include "sqlgen/sqlgen.h"

#include "sqlgen/private.h"
#include "trace/trace.h"

static const struct md_expr *output_expr(const struct md_tree *t, uint32_t i)
{
	return t->exprs[t->outputs[i]].expr;
}

/* DISTINCT would tell the texts of equal values apart: such rows are grouped by their outputs. */
static bool groups_distinct_rows(const struct md_sql_text *s, const struct md_tree *t)
{
	for (uint32_t i = 0; t->is_distinct && !t->n_group && i < t->n_outputs; i++)
		if (sql_shows_least(s, output_expr(t, i)))
			return true;
	return false;
}

static void write_select_list(struct md_sql_text *s, const struct md_tree *t)
{
	enum md_place place = t->is_distinct || t->n_group ? MD_PLACE_GROUP : MD_PLACE_OUTPUT;
	sql_kw(s, "SELECT ");
	if (t->is_distinct && !groups_distinct_rows(s, t))
		sql_kw(s, "DISTINCT ");
	for (uint32_t i = 0; i < t->n_outputs; i++) {
		if (i)
			sql_kw(s, ", ");
		if (t->is_distinct && t->n_group)
			sql_distinct_group_output(s, output_expr(t, i), i);
		else
			sql_output(s, output_expr(t, i), i, place);
	}
}

/* Keys, the joined table's row predicate and the caller's `on`. */
static void write_on(struct md_sql_text *s, const struct md_scan *scan)
{
	sql_kw(s, " ON ");
	s->semi_joins |= s->dialect->semi_joins_in_on;
	for (uint32_t i = 0; i < scan->n_keys; i++) {
		if (i)
			sql_kw(s, " AND ");
		sql_same_key(s, &scan->keys[i], false);
	}
	sql_filter(s, scan, NULL, true);
	s->semi_joins = s->dialect->semi_joins;
}

static void write_from(struct md_sql_text *s, const struct md_tree *t)
{
	sql_kw(s, " FROM ");
	sql_table(s, &t->scans[0], 0);
	for (uint32_t i = 1; i < t->n_from; i++) {
		if (t->scans[i].form == MD_SCAN_LEFT_JOIN)
			sql_kw(s, " LEFT JOIN ");
		else
			sql_kw(s, " INNER JOIN ");
		sql_table(s, &t->scans[i], i);
		write_on(s, &t->scans[i]);
	}
}

static void write_where(struct md_sql_text *s, const struct md_tree *t)
{
	bool has_filter = sql_filter_members(&t->scans[0], t->ids), has_page = t->after && !t->after_groups;
	if (!has_filter && !has_page)
		return;
	sql_kw(s, " WHERE ");
	if (has_filter)
		sql_filter(s, &t->scans[0], t->ids, false);
	if (has_filter && has_page)
		sql_kw(s, " AND ");
	if (has_page)
		sql_page(s, t);
}

/* An expression that holds parameters stands as the number of its output: each rendering of it
 * would allocate new ones. An output that is an aggregate over the expression may have others. */
static void write_group_by(struct md_sql_text *s, const struct md_tree *t)
{
	bool is_distinct = groups_distinct_rows(s, t);
	const uint32_t *group = is_distinct ? t->outputs : t->group;
	uint32_t n = is_distinct ? t->n_outputs : t->n_group;
	for (uint32_t i = 0; i < n; i++) {
		const struct md_interned *it = &t->exprs[group[i]];
		bool is_output = it->output != MD_NONE && !sql_shows_least(s, it->expr);
		if (i)
			sql_kw(s, ", ");
		else
			sql_kw(s, " GROUP BY ");
		if (is_output && md_expr_holds_parameters(it->expr))
			sql_int(s, (int64_t)it->output + 1);
		else
			sql_expr(s, it->expr, MD_PLACE_GROUP);
	}
}

static void write_having(struct md_sql_text *s, const struct md_tree *t)
{
	bool has_page = t->after && t->after_groups;
	if (!t->n_having && !has_page)
		return;
	sql_kw(s, " HAVING ");
	sql_conditions(s, t->having, t->n_having);
	if (t->n_having && has_page)
		sql_kw(s, " AND ");
	if (has_page)
		sql_page(s, t);
}

/* The rows that filters leave are all wanted: reading them by an index that serves the filters and
 * sorting them then costs less than reading the whole table in the order of its key. */
static bool wants_all_filtered_rows(const struct md_tree *t)
{
	bool has_filter = false;
	for (uint32_t i = 0; i < t->n_from; i++)
		has_filter |= t->scans[i].n_asked > 0;
	return has_filter && t->limit < 0;
}

/* The stored values of a column may have an order of their own, which an index serves. */
static void write_tie_break(struct md_sql_text *s, const struct md_tree *t, const struct md_expr *e)
{
	if (s->dialect->sorted.n && wants_all_filtered_rows(t))
		sql_word(s, &s->dialect->sorted);
	sql_expr(s, e, sql_around(s, e, MD_PLACE_TIE)->after.n ? MD_PLACE_TIE : MD_PLACE_ORDER);
}

/* Grouped and distinct rows are ordered by the name of an output, or else by what stands in GROUP
 * BY. */
static void write_sort_key(struct md_sql_text *s, const struct md_tree *t, const struct md_sort_key *key)
{
	const struct md_interned *it = &t->exprs[key->expr];
	bool is_grouped = t->n_group || t->is_distinct;
	if (is_grouped && it->output != MD_NONE)
		sql_output_name(s, it->expr, it->output);
	else if (t->n_group)
		sql_sorted(s, it->expr);
	else if (key->is_tie_break)
		write_tie_break(s, t, it->expr);
	else
		sql_expr(s, it->expr, MD_PLACE_ORDER);
}

/* NULLS FIRST and LAST only where there can be NULLs: the plain form is what an index of any engine
 * can serve. */
static void write_order_by(struct md_sql_text *s, const struct md_tree *t)
{
	for (uint32_t i = 0; i < t->n_order; i++) {
		const struct md_sort_key *key = &t->order[i];
		const struct md_interned *it = &t->exprs[key->expr];
		if (i)
			sql_kw(s, ", ");
		else
			sql_kw(s, " ORDER BY ");
		write_sort_key(s, t, key);
		if (key->desc)
			sql_kw(s, " DESC");
		if (it->expr->nullable && key->nulls_first)
			sql_kw(s, " NULLS FIRST");
		else if (it->expr->nullable)
			sql_kw(s, " NULLS LAST");
	}
}

static void write_limit(struct md_sql_text *s, int64_t n)
{
	if (n < 0)
		return;
	sql_kw(s, " LIMIT ");
	sql_int(s, n);
}

static void write_offset(struct md_sql_text *s, int64_t n)
{
	if (n < 0)
		return;
	sql_kw(s, " OFFSET ");
	sql_int(s, n);
}

static void write_limit_and_offset(struct md_sql_text *s, const struct md_tree *t)
{
	if (!s->dialect->offset_first)
		write_limit(s, t->limit);
	write_offset(s, t->offset);
	if (s->dialect->offset_first)
		write_limit(s, t->limit);
}

static void write_setting(struct md_sql_text *s, const struct md_str *setting, bool *has_begun)
{
	if (!setting->n)
		return;
	if (*has_begun)
		sql_kw(s, ", ");
	else
		sql_kw(s, " SETTINGS ");
	*has_begun = true;
	sql_word(s, setting);
}

/* The settings that the dialect needs where a statement has a left join, words for arrays, or a
 * replica. */
static void write_settings(struct md_sql_text *s, const struct md_tree *t)
{
	bool has_left_join = false, has_replica = false, has_begun = false;
	if (!s->dialect->left_join_setting.n && !s->dialect->replica_settings.n && !s->lost_arrays)
		return;
	for (uint32_t i = 0; i < t->n_scans; i++) {
		has_left_join |= t->scans[i].form == MD_SCAN_LEFT_JOIN;
		has_replica |= t->scans[i].is_replica;
	}
	if (has_left_join)
		write_setting(s, &s->dialect->left_join_setting, &has_begun);
	if (s->lost_arrays)
		write_setting(s, &s->dialect->lost_array_setting, &has_begun);
	if (has_replica)
		write_setting(s, &s->dialect->replica_settings, &has_begun);
}

static int check_scans(struct md_ctx *cx, const struct md_tree *t)
{
	for (uint32_t i = 0; i < t->n_scans; i++) {
		if (!t->scans[i].rows)
			return md_fail(cx, MD_INTERNAL,
			               "table %u of the statement did not come through the row-level security phase",
			               (unsigned)i);
		if (t->scans[i].reading == MD_READING_UNKNOWN)
			return md_fail(cx, MD_INTERNAL,
			               "table %u of the statement does not say how its current rows are found",
			               (unsigned)i);
	}
	return 0;
}

int md_write_sql(struct md_ctx *cx, const struct md_tree *t, struct md_stmt *out)
{
	struct md_sql_text s;
	if (check_scans(cx, t))
		return -1;

	sql_begin(&s, cx->arena, md_dialect_of(t->dialect), t->scans,
	          192 + 32 * (size_t)t->n_outputs + 160 * (size_t)t->n_scans);
	write_select_list(&s, t);
	write_from(&s, t);
	write_where(&s, t);
	write_group_by(&s, t);
	write_having(&s, t);
	write_order_by(&s, t);
	write_limit_and_offset(&s, t);
	write_settings(&s, t);
	if (sql_done(&s, cx))
		return -1;

	*out = (struct md_stmt){ .dialect = s.dialect->name, .text = md_buf_view(&s.text), .params = s.params,
		                 .n_params = s.n_params, .held_by = s.held_by,
		                 .depends_on_values = t->depends_on_values, .literal = s.dialect->literal,
		                 .outputs = t->described, .n_outputs = t->n_outputs, .tables = t->tables,
		                 .n_tables = t->n_scans, .row_bound = t->row_bound };
	md_ev1(cx, MD_EV_DIALECT, MD_S(s.dialect->name));
	md_ev1(cx, MD_EV_SQL_TEXT, MD_S(out->text));
	return 0;
}
