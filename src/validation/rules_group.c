/* groupBy, and what a query that groups or aggregates shows and is ordered by. Every entry is a
 * column of some table of the query, scalar and not json; a bucket needs a date or a timestamp.
 * What is shown or ordered by is an entry, by its column or its `as`, or an aggregate by its
 * alias: any other column is ungrouped (INVALID_GROUP_BY). Names of the outputs differ. */
#include "validation/private.h"

int64_t md_check_part_ref(struct md_check *c, enum md_code code, const struct md_at *up, struct md_str table)
{
	int64_t ref = table.p ? md_check_ref(c, table) : 0;
	if (ref >= 0)
		return c->refs[ref].table ? ref : -1;
	md_report(c->cx, code, MD_AT_KEY(up, MD_STR("table")),
	          MD_DETAILS(.table = table, .expected = MD_STR("from, or the name of a join"), .actual = table,
	                     .suggestion = md_check_ref_near(c, table)),
	          "table '%.*s' is not in this query", MD_FMT(table));
	return -1;
}

/* ---- entries ---- */

static void report_ungroupable(struct md_check *c, const struct md_group *g, const struct md_column *col)
{
	struct md_at at = { .up = &g->at, .key = MD_STR("column") };
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_GROUP_BY, &at,
	          MD_DETAILS(.table = g->table, .column = g->column,
	                     .expected = MD_STR("a column that is neither an array nor json"),
	                     .actual = md_str_z(type)),
	          "column '%.*s' (%s) can't be grouped by", MD_FMT(g->column), type);
}

static void report_no_buckets(struct md_check *c, const struct md_group *g, const struct md_column *col)
{
	struct md_at at = { .up = &g->at, .key = MD_STR("bucket") };
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_GROUP_BY, &at,
	          MD_DETAILS(.table = g->table, .column = g->column, .expected = MD_STR("a date or a timestamp"),
	                     .actual = md_str_z(type)),
	          "column '%.*s' (%s) has no buckets: expected a date or a timestamp", MD_FMT(g->column), type);
}

static void bind_column(struct md_check *c, const struct md_group *g, uint32_t ref, struct md_bound_group *out)
{
	struct md_at at = { .up = &g->at, .key = MD_STR("column") };
	struct md_column_use use = { &at, MD_USE_GROUP, MD_UNKNOWN_COLUMN, 0, md_bound_row_refs(c->bound) };
	bool first;
	const struct md_column *col = md_check_column(c, ref, g->column, &use, &first);
	if (!col)
		return;
	if (col->type.array || col->type.base == MD_JSON)
		report_ungroupable(c, g, col);
	else if (g->bucket && col->type.base != MD_DATE && col->type.base != MD_TIMESTAMP)
		report_no_buckets(c, g, col);
	out->use.column = col;
}

/* Two entries of one name. Those of two tables may have one where it is their column's: the
 * result then says which table. */
static bool has_same_name(const struct md_check *c, uint32_t i, uint32_t k)
{
	const struct md_bound_group *a = &c->groups[i], *b = &c->groups[k];
	bool of_two_tables = !c->q->groups[i].as.p && !c->q->groups[k].as.p && a->use.ref != b->use.ref;
	return a->use.column && b->use.column && !of_two_tables && md_str_eq(a->name, b->name);
}

static void check_name(struct md_check *c, uint32_t i)
{
	const struct md_group *g = &c->q->groups[i];
	struct md_at at = { .up = &g->at, .key = g->as.p ? MD_STR("as") : MD_STR("column") };
	struct md_str name = c->groups[i].name;
	uint32_t other = 0;
	while (other < i && !has_same_name(c, other, i))
		other++;
	if (other == i)
		return;
	md_report(c->cx, MD_INVALID_GROUP_BY, &at,
	          MD_DETAILS(.table = g->table, .column = g->column, .alias = g->as,
	                     .expected = MD_STR("a name that no other entry has"),
	                     .actual = name),
	          "the name '%.*s' is taken by another entry: expected an `as`", MD_FMT(name));
}

/* use.ref is MD_NONE where the table is not known. */
static void bind_group(struct md_check *c, uint32_t i)
{
	const struct md_group *g = &c->q->groups[i];
	struct md_bound_group *out = &c->groups[i];
	int64_t ref = md_check_part_ref(c, MD_INVALID_GROUP_BY, &g->at, g->table);
	out->name = g->as.p ? g->as : g->column;
	out->bucket = g->bucket;
	out->use.ref = ref < 0 ? MD_NONE : (uint32_t)ref;
	if (ref >= 0 && g->column.p)
		bind_column(c, g, (uint32_t)ref, out);
	check_name(c, i);
}

/* ---- finding an entry by name ---- */

/* `as` is a name of the whole query, a column one of its table. MD_NONE: none. */
static uint32_t find_group(const struct md_check *c, uint32_t ref, bool any_table, struct md_str name)
{
	uint32_t found = MD_NONE;
	for (uint32_t i = 0; i < c->q->n_groups; i++) {
		const struct md_group *g = &c->q->groups[i];
		bool own = c->groups[i].use.ref == ref;
		if (md_str_eq(c->groups[i].name, name) && (own || (g->as.p && any_table)))
			return i;
		if (found == MD_NONE && own && !g->bucket && md_str_eq(g->column, name))
			found = i;
	}
	return found;
}

/* An entry that could not be read might be the one that is meant. */
static bool has_broken_group(const struct md_query *q)
{
	for (uint32_t i = 0; i < q->n_groups; i++)
		if (q->groups[i].broken)
			return true;
	return q->groups_given && !q->n_groups;
}

static void report_ungrouped(struct md_check *c, uint32_t ref, struct md_str name, const struct md_column_use *use)
{
	struct md_str table = c->refs[ref].as;
	md_report(c->cx, MD_INVALID_GROUP_BY, use->at,
	          MD_DETAILS(.table = table, .column = name,
	                     .expected = MD_STR("a column of groupBy, or an `as` there"), .actual = name,
	                     .hint = md_hint_for_column(c, ref, name, use)),
	          "column '%.*s' of '%.*s' is neither grouped by nor aggregated", MD_FMT(name), MD_FMT(table));
}

/* The entry of that name; MD_NONE: reported, or not sure. */
static uint32_t check_group_name(struct md_check *c, uint32_t ref, bool any_table, struct md_str name,
                                 const struct md_column_use *use)
{
	uint32_t i = find_group(c, ref, any_table, name);
	bool first;
	if (i == MD_NONE && c->refs[ref].table && md_check_column(c, ref, name, use, &first) && !has_broken_group(c->q))
		report_ungrouped(c, ref, name, use);
	return i;
}

/* ---- what is shown ---- */

static bool is_shown(const struct md_check *c, const struct md_bound_group *g)
{
	for (uint32_t i = 0; i < c->bound->n_outputs; i++)
		if (c->outputs[i].group == g)
			return true;
	return false;
}

static void show_group(struct md_check *c, const struct md_bound_group *g)
{
	c->outputs[c->bound->n_outputs++] = (struct md_bound_output){ .use = g->use, .group = g, .name = g->name };
}

static void show_agg(struct md_check *c, const struct md_bound_agg *a)
{
	c->outputs[c->bound->n_outputs++] = (struct md_bound_output){ .use = a->use, .agg = a, .name = a->alias };
}

/* An entry with an `as` has two names: the message says that both are of one entry. */
static void report_repeated(struct md_check *c, uint32_t ref, const struct md_named *named, const struct md_group *g)
{
	const struct md_details details = { .table = c->refs[ref].as, .column = named->name, .alias = g->as,
		                            .expected = MD_STR("each entry of groupBy once"), .actual = named->name };
	if (g->as.p)
		md_report(c->cx, MD_INVALID_VALUE, &named->at, &details,
		          "'%.*s' is selected twice: '%.*s' and '%.*s' are one entry of groupBy",
		          MD_FMT(named->name), MD_FMT(g->column), MD_FMT(g->as));
	else
		md_report(c->cx, MD_INVALID_VALUE, &named->at, &details, "column '%.*s' is selected twice",
		          MD_FMT(named->name));
}

/* again: an entry may be named that is shown already. */
static void show_named(struct md_check *c, uint32_t ref, const struct md_named *named, bool again)
{
	struct md_column_use use = { &named->at, MD_USE_SELECT, MD_UNKNOWN_COLUMN, 0, 0 };
	uint32_t i = check_group_name(c, ref, true, named->name, &use);
	if (i == MD_NONE || !c->groups[i].use.column) /* reported */
		return;
	if (!is_shown(c, &c->groups[i]))
		show_group(c, &c->groups[i]);
	else if (!again)
		report_repeated(c, ref, named, &c->q->groups[i]);
}

/* Left out, `columns` are all entries, those of joined tables too; a join's add none. */
static void show_groups(struct md_check *c)
{
	const struct md_query *q = c->q;
	for (uint32_t i = 0; i < q->n_columns; i++)
		show_named(c, 0, &q->columns[i], false);
	for (uint32_t i = 0; !q->columns_given && i < q->n_groups; i++)
		if (c->groups[i].use.column)
			show_group(c, &c->groups[i]);
	for (uint32_t k = 0; k < q->n_joins; k++)
		for (uint32_t i = 0; i < q->joins[k].n_columns; i++)
			show_named(c, k + 1, &q->joins[k].columns[i], !q->columns_given);
}

static size_t count_outputs(const struct md_query *q)
{
	size_t most = (size_t)q->n_groups + q->n_aggs + q->n_columns;
	for (uint32_t i = 0; i < q->n_joins; i++)
		most += q->joins[i].n_columns;
	return most;
}

/* The entry as it is written. */
static const struct md_group *written_group(const struct md_check *c, const struct md_bound_output *o)
{
	return &c->q->groups[o->group - c->groups];
}

static bool shares_column_name(const struct md_check *c, const struct md_bound_output *a,
                               const struct md_bound_output *b)
{
	if (!a->group || !b->group || a->use.ref == b->use.ref)
		return false;
	return !written_group(c, a)->as.p && !written_group(c, b)->as.p && md_str_eq(a->group->name, b->group->name);
}

/* One column name in two tables: both say whose. */
static void name_outputs(struct md_check *c)
{
	uint32_t n = c->bound->n_outputs;
	for (uint32_t i = 0; i < n; i++) {
		struct md_bound_output *o = &c->outputs[i];
		uint32_t k = 0;
		while (k < n && !shares_column_name(c, o, &c->outputs[k]))
			k++;
		if (k < n)
			o->name = md_check_qualified(c, o->use.ref, o->group->name);
	}
}

static void report_name_taken(struct md_check *c, const struct md_bound_output *o)
{
	const struct md_at *up = o->agg ? &c->q->aggs[o->agg - c->aggs].at : &written_group(c, o)->at;
	enum md_code code = o->agg ? MD_INVALID_AGGREGATION : MD_INVALID_GROUP_BY;
	md_report(c->cx, code, MD_AT_KEY(up, o->agg ? MD_STR("alias") : MD_STR("as")),
	          MD_DETAILS(.alias = o->name, .expected = MD_STR("a name that no other output has"),
	                     .actual = o->name),
	          "the name '%.*s' is taken: expected another", MD_FMT(o->name));
}

/* Does the name of `o`, which `other` has too, come as a surprise? That aliases differ, and
 * entries, is checked before: here table.column is new. */
static bool takes_name(const struct md_check *c, const struct md_bound_output *o, const struct md_bound_output *other)
{
	if (o->agg)
		return other->group;
	return written_group(c, o)->as.p && !md_str_eq(other->group->name, o->name);
}

/* Aliases come last: it is the later name that is wrong. */
static void check_output_names(struct md_check *c)
{
	struct md_map seen = { 0 };
	if (md_map_init(&seen, c->cx->arena, c->bound->n_outputs))
		return;
	for (uint32_t i = 0; i < c->bound->n_outputs; i++) {
		struct md_bound_output *o = &c->outputs[i];
		uint32_t other = o->name.p ? md_map_put(&seen, o->name, i) : MD_NONE;
		if (other != MD_NONE && takes_name(c, o, &c->outputs[other]))
			report_name_taken(c, o);
	}
}

static void report_keys(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("byIds") };
	md_report(c->cx, MD_INVALID_BY_IDS, &at, MD_DETAILS(.expected = MD_STR("byIds, or groupBy and aggregations")),
	          "byIds can't be asked with groupBy or aggregations");
}

void md_check_groups(struct md_check *c)
{
	const struct md_query *q = c->q;
	if (q->ids_given && c->refs[0].table)
		report_keys(c);
	for (uint32_t i = 0; i < q->n_groups; i++)
		bind_group(c, i);
	for (uint32_t i = 0; i < q->n_aggs; i++)
		md_check_agg(c, i);
	c->bound->outputs = c->outputs = md_alloc(c->cx->arena, count_outputs(q) * sizeof *c->outputs);
	if (!c->outputs)
		return;
	show_groups(c);
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (q->aggs[i].fn)
			show_agg(c, &c->aggs[i]);
	if (q->n_joins)
		name_outputs(c);
	check_output_names(c);
}

/* ---- order ---- */

static void report_not_shown(struct md_check *c, const struct md_order *o, const struct md_at *at)
{
	md_report(c->cx, MD_INVALID_ORDER_BY, at,
	          MD_DETAILS(.table = o->table, .column = o->column, .expected = MD_STR("a selected column"),
	                     .actual = o->column),
	          "column '%.*s' is not selected: expected a selected one where rows are distinct", MD_FMT(o->column));
}

/* Are its table and its column's name known? */
static bool is_readable(const struct md_check *c, uint32_t i)
{
	uint32_t ref = c->groups[i].use.ref;
	return ref != MD_NONE && c->refs[ref].table && c->q->groups[i].column.p;
}

static void bind_order(struct md_check *c, const struct md_order *o, struct md_bound_order *out)
{
	struct md_at at = { .up = &o->at, .key = MD_STR("column") };
	struct md_column_use use = { &at, MD_USE_ORDER, MD_INVALID_ORDER_BY, 0, md_bound_row_refs(c->bound) };
	int64_t ref = md_check_part_ref(c, MD_INVALID_ORDER_BY, &o->at, o->table);
	uint32_t agg = o->table.p ? MD_NONE : md_find_agg(c->q, o->column);
	out->desc = o->desc;
	out->nulls_first = md_order_nulls_first(o);
	if (agg != MD_NONE)
		out->agg = &c->aggs[agg];
	if (agg != MD_NONE || ref < 0)
		return;
	uint32_t i = check_group_name(c, (uint32_t)ref, !o->table.p, o->column, &use);
	if (i == MD_NONE)
		return;
	out->group = &c->groups[i];
	bool first;
	if (!is_readable(c, i) || !md_check_column(c, out->group->use.ref, c->q->groups[i].column, &use, &first))
		return;
	if (c->q->distinct && !is_shown(c, out->group))
		report_not_shown(c, o, &at);
}

void md_check_group_order(struct md_check *c)
{
	for (uint32_t i = 0; i < c->q->n_order; i++)
		if (!c->q->order[i].broken)
			bind_order(c, &c->q->order[i], &c->order[i]);
}
