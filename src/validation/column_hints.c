/* Hints for a column name that its table does not have. A hint names the right table, where another
 * table of the query has the column or the name contains its table before a dot; or it names the
 * part of the definition that takes the name of an output. Called only for a name that is already
 * known to be wrong. Promises: a hint names only what the caller wrote or may see. */
#include "query/foreign_words.h"
#include "validation/private.h"

static bool is_selected(const struct md_column_use *use)
{
	return use->kind == MD_USE_SELECT || (use->kind == MD_USE_DISTINCT && !use->refs);
}

static bool has_visible_column(const struct md_ref *r, struct md_str name)
{
	const struct md_column *col = r->table ? md_column_find(r->table, name) : NULL;
	return col && md_bit(r->view->visible, col->index);
}

/* The part of the name after "table."; .p NULL: the name does not begin with "table.". */
static struct md_str cut_table(struct md_str name, struct md_str table)
{
	if (name.n <= table.n + 1 || name.p[table.n] != '.' || memcmp(name.p, table.p, table.n) != 0)
		return MD_NOSTR;
	return (struct md_str){ name.p + table.n + 1, name.n - table.n - 1 };
}

/* ---- texts ---- */

static struct md_str hint_to_select(struct md_check *c, uint32_t ref, struct md_str column)
{
	if (!ref)
		return md_str_fmt(c->cx->arena, "write \"%.*s\" in \"columns\" of the definition", MD_FMT(column));
	return md_str_fmt(c->cx->arena, "write \"%.*s\" in \"columns\" of the join '%.*s'", MD_FMT(column),
	                  MD_FMT(c->refs[ref].as));
}

static struct md_str hint_to_name(struct md_check *c, const struct md_column_use *use, uint32_t ref,
                                  struct md_str column)
{
	bool second = md_str_eqz(use->at->key, "refColumn");
	return md_str_fmt(c->cx->arena, "write \"%s\": \"%.*s\", \"%s\": \"%.*s\"", second ? "refColumn" : "column",
	                  MD_FMT(column), second ? "refTable" : "table", MD_FMT(c->refs[ref].as));
}

static struct md_str hint_to_table(struct md_check *c, const struct md_column_use *use, uint32_t ref,
                                   struct md_str column)
{
	return is_selected(use) ? hint_to_select(c, ref, column) : hint_to_name(c, use, ref, column);
}

/* ---- names of tables and columns ---- */

/* For a name such as "members.name". */
static struct md_str hint_for_dotted(struct md_check *c, struct md_str name, const struct md_column_use *use)
{
	uint32_t n = is_selected(use) ? md_bound_row_refs(c->bound) : use->refs;
	for (uint32_t i = use->first; i < n; i++) {
		const struct md_ref *r = &c->refs[i];
		struct md_str column = r->table ? cut_table(name, r->as) : MD_NOSTR;
		if (r->table && !column.p)
			column = cut_table(name, r->table->api_name);
		if (column.p)
			return hint_to_table(c, use, i, column);
	}
	return MD_NOSTR;
}

/* For a column of another table. */
static struct md_str hint_for_other(struct md_check *c, uint32_t ref, struct md_str name,
                                    const struct md_column_use *use)
{
	uint32_t n = is_selected(use) ? md_bound_row_refs(c->bound) : use->refs;
	for (uint32_t i = use->first; i < n; i++)
		if (i != ref && has_visible_column(&c->refs[i], name))
			return hint_to_table(c, use, i, name);
	return MD_NOSTR;
}

/* ---- names of outputs ---- */

/* An entry of another table is not meant where the reference itself has a column of this name. */
static bool may_mean_entry(const struct md_check *c, uint32_t i, uint32_t ref, struct md_str name)
{
	const struct md_use *entry = &c->groups[i].use;
	return entry->column && md_str_eq(c->q->groups[i].column, name) &&
	       (entry->ref == ref || !has_visible_column(&c->refs[ref], name));
}

/* For a query with groupBy, whose columns and orderBy name entries of groupBy. */
static struct md_str hint_for_entry(struct md_check *c, uint32_t ref, struct md_str name,
                                    const struct md_column_use *use)
{
	for (uint32_t i = 0; i < c->q->n_groups; i++) {
		struct md_str as = c->q->groups[i].as;
		if (!may_mean_entry(c, i, ref, name))
			continue;
		if (as.p)
			return md_str_fmt(c->cx->arena, "write \"%.*s\"%s: it is the \"as\" in groupBy", MD_FMT(as),
			                  is_selected(use) ? "" : " without \"table\"");
		if (c->groups[i].use.ref != ref)
			return hint_to_table(c, use, c->groups[i].use.ref, name);
	}
	return MD_NOSTR;
}

/* The entry with that `as`; MD_NONE: none. */
static uint32_t find_as(const struct md_check *c, struct md_str name)
{
	for (uint32_t i = 0; i < c->q->n_groups; i++)
		if (c->groups[i].use.column && c->q->groups[i].as.p && md_str_eq(c->q->groups[i].as, name))
			return i;
	return MD_NONE;
}

/* For an alias of an aggregation, or an `as` of groupBy, in a part that does not take it. */
static struct md_str hint_for_output(struct md_check *c, struct md_str name, const struct md_column_use *use)
{
	uint32_t entry = find_as(c, name);
	bool is_alias = md_find_agg(c->q, name) != MD_NONE;
	if (use->kind == MD_USE_ORDER && (entry != MD_NONE || is_alias))
		return MD_STR("leave \"table\" out: outputs are named without one");
	if (is_selected(use) && is_alias)
		return MD_STR("leave it out: every aggregation is in the result");
	if (use->kind != MD_USE_FILTER || use->first) /* the filters of an exists node are of its table alone */
		return MD_NOSTR;
	if (is_alias)
		return MD_STR("write the condition in \"having\", which compares aliases of aggregations");
	if (entry == MD_NONE)
		return MD_NOSTR;
	return hint_to_name(c, use, c->groups[entry].use.ref, c->q->groups[entry].column);
}

struct md_str md_hint_for_column(struct md_check *c, uint32_t ref, struct md_str name, const struct md_column_use *use)
{
	bool of_groups = md_query_groups(c->q) && (is_selected(use) || use->kind == MD_USE_ORDER);
	if (use->kind == MD_USE_IDS)
		return MD_NOSTR;
	struct md_str hint = hint_for_dotted(c, name, use);
	if (!hint.p)
		hint = hint_for_output(c, name, use);
	if (!hint.p)
		hint = of_groups ? hint_for_entry(c, ref, name, use) : hint_for_other(c, ref, name, use);
	if (!hint.p && is_selected(use))
		hint = md_foreign_word_hint(MD_WORD_IN_COLUMNS, name);
	return hint;
}

struct md_str md_hint_for_alias(struct md_check *c, struct md_str name)
{
	uint32_t entry = find_as(c, name), ref = 0, n = md_bound_row_refs(c->bound);
	struct md_str column = entry == MD_NONE ? name : c->q->groups[entry].column;
	for (uint32_t i = 0; i < c->q->n_aggs; i++)
		if (c->q->aggs[i].alias.p && md_str_eq(c->q->aggs[i].column, name))
			return md_str_fmt(c->cx->arena, "write \"%.*s\", the alias of the aggregation",
			                  MD_FMT(c->q->aggs[i].alias));

	if (entry != MD_NONE)
		ref = c->groups[entry].use.ref;
	while (ref < n && !has_visible_column(&c->refs[ref], column))
		ref++;
	if (ref == n)
		return MD_NOSTR;
	return md_str_fmt(c->cx->arena,
	                  "write the condition in \"filters\", with \"column\": \"%.*s\", \"table\": \"%.*s\"",
	                  MD_FMT(column), MD_FMT(c->refs[ref].as));
}
