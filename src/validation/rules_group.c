/* groupBy, and what a query that groups or aggregates shows and is ordered by (spec 2, Aggregation). Every entry is a column of some table of the query,
 * scalar and not json; a bucket needs a date or a timestamp. What is shown or ordered by is an entry, by its column or its `as`, or an aggregate by its
 * alias: any other column is ungrouped (INVALID_GROUP_BY). Names of the outputs differ. */
#include "validation/check.h"

int64_t md_check_part_ref(struct md_check *c, enum md_code code, const struct md_at *up, struct md_str table)
{
	int64_t ref = table.p ? md_check_ref(c, table, md_query_row_refs(c->q)) : 0;
	if (ref >= 0)
		return c->q->refs[ref].table ? ref : -1;
	md_report(c->cx, code, MD_AT_KEY(up, MD_STR("table")),
	          MD_DETAILS(.table = table, .expected = MD_STR("from, or the name of a join"), .actual = table,
	                     .suggestion = md_check_ref_near(c, table, md_query_row_refs(c->q))),
	          "table '%.*s' is not in this query", MD_FMT(table));
	return -1;
}

/* ---- entries ---- */

static void check_type(struct md_check *c, const struct md_group *g, const struct md_column *col)
{
	struct md_at at = { .up = &g->at, .key = MD_STR("column") };
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_GROUP_BY, &at,
	          MD_DETAILS(.table = g->table, .column = g->column, .expected = MD_STR("a column that is neither an array nor json"),
	                     .actual = md_str_z(type)),
	          "column '%.*s' (%s) can't be grouped by", MD_FMT(g->column), type);
}

static void check_bucket(struct md_check *c, const struct md_group *g, const struct md_column *col)
{
	struct md_at at = { .up = &g->at, .key = MD_STR("bucket") };
	const char *type = md_type_name(col->type);
	md_report(c->cx, MD_INVALID_GROUP_BY, &at,
	          MD_DETAILS(.table = g->table, .column = g->column, .expected = MD_STR("a date or a timestamp"), .actual = md_str_z(type)),
	          "column '%.*s' (%s) has no buckets: expected a date or a timestamp", MD_FMT(g->column), type);
}

static void check_column(struct md_check *c, struct md_group *g, uint32_t ref)
{
	struct md_at at = { .up = &g->at, .key = MD_STR("column") };
	struct md_place place = { &at, MD_USE_GROUP, MD_UNKNOWN_COLUMN };
	bool first;
	const struct md_column *col = md_check_column(c, ref, g->column, &place, &first);
	if (!col)
		return;
	if (col->type.array || col->type.base == MD_JSON)
		check_type(c, g, col);
	else if (g->bucket && col->type.base != MD_DATE && col->type.base != MD_TIMESTAMP)
		check_bucket(c, g, col);
	g->use = (struct md_use){ ref, col };
}

/* Entries of two tables may have one name where it is their column's: the result then says which. */
static void check_name(struct md_check *c, const struct md_group *g)
{
	for (const struct md_group *other = c->q->groups; other < g; other++) {
		bool tables = !g->as.p && !other->as.p && g->use.ref != other->use.ref;
		if (!other->use.column || tables || !md_str_eq(other->name, g->name))
			continue;
		struct md_at at = { .up = &g->at, .key = g->as.p ? MD_STR("as") : MD_STR("column") };
		md_report(c->cx, MD_INVALID_GROUP_BY, &at,
		          MD_DETAILS(.table = g->table, .column = g->column, .alias = g->as, .expected = MD_STR("a name that no other entry has"),
		                     .actual = g->name),
		          "the name '%.*s' is taken by another entry: expected an `as`", MD_FMT(g->name));
		return;
	}
}

static void check_group(struct md_check *c, struct md_group *g)
{
	int64_t ref = md_check_part_ref(c, MD_INVALID_GROUP_BY, &g->at, g->table);
	g->name = g->as.p ? g->as : g->column;
	g->use.ref = ref < 0 ? MD_NONE : (uint32_t)ref;
	if (ref >= 0 && g->column.p)
		check_column(c, g, (uint32_t)ref);
	if (g->use.column)
		check_name(c, g);
}

/* ---- finding an entry by name ---- */

/* `as` is a name of the whole query, a column one of its table. */
static const struct md_group *find(const struct md_query *q, uint32_t ref, bool any_table, struct md_str name)
{
	const struct md_group *found = NULL;
	for (uint32_t i = 0; i < q->n_groups; i++) {
		const struct md_group *g = &q->groups[i];
		bool own = g->use.ref == ref;
		if (md_str_eq(g->name, name) && (own || (g->as.p && any_table)))
			return g;
		if (!found && own && !g->bucket && md_str_eq(g->column, name))
			found = g;
	}
	return found;
}

/* An entry that could not be read might be the one that is meant. */
static bool unsure(const struct md_query *q)
{
	for (uint32_t i = 0; i < q->n_groups; i++)
		if (q->groups[i].broken)
			return true;
	return q->groups_given && !q->n_groups;
}

static void ungrouped(struct md_check *c, const struct md_ref *r, struct md_str name, const struct md_at *at)
{
	md_report(c->cx, MD_INVALID_GROUP_BY, at,
	          MD_DETAILS(.table = r->as, .column = name, .expected = MD_STR("a column of groupBy, or an `as` there"), .actual = name),
	          "column '%.*s' of '%.*s' is neither grouped by nor aggregated", MD_FMT(name), MD_FMT(r->as));
}

/* The entry of that name; NULL: reported, or not sure. */
static const struct md_group *entry(struct md_check *c, uint32_t ref, bool any_table, struct md_str name, const struct md_place *place)
{
	const struct md_group *g = find(c->q, ref, any_table, name);
	bool first;
	if (!g && c->q->refs[ref].table && md_check_column(c, ref, name, place, &first) && !unsure(c->q))
		ungrouped(c, &c->q->refs[ref], name, place->at);
	return g;
}

/* ---- what is shown ---- */

static bool shown(const struct md_query *q, const struct md_group *g)
{
	for (uint32_t i = 0; i < q->n_outs; i++)
		if (q->outs[i].group == g)
			return true;
	return false;
}

static void push(struct md_query *q, const struct md_group *g)
{
	q->outs[q->n_outs++] = (struct md_out){ .use = g->use, .group = g, .name = g->name };
}

static void show_named(struct md_check *c, uint32_t ref, struct md_named *names, uint32_t n, bool again)
{
	struct md_query *q = c->q;
	for (uint32_t i = 0; i < n; i++) {
		struct md_place place = { &names[i].at, MD_USE_SELECT, MD_UNKNOWN_COLUMN };
		const struct md_group *g = entry(c, ref, true, names[i].name, &place);
		if (!g || !g->use.column) /* reported */
			continue;
		if (!shown(q, g)) {
			push(q, g);
		} else if (!again) {
			md_report(c->cx, MD_INVALID_VALUE, &names[i].at,
			          MD_DETAILS(.table = q->refs[ref].as, .column = names[i].name, .expected = MD_STR("each column once"),
			                     .actual = names[i].name),
			          "column '%.*s' is selected twice", MD_FMT(names[i].name));
		}
	}
}

/* Left out, `columns` are all entries, those of joined tables too; a join's add none. */
static void show(struct md_check *c)
{
	struct md_query *q = c->q;
	if (q->columns_given)
		show_named(c, 0, q->columns, q->n_columns, false);
	for (uint32_t i = 0; !q->columns_given && i < q->n_groups; i++)
		if (q->groups[i].use.column)
			push(q, &q->groups[i]);
	for (uint32_t i = 0; i < q->n_joins; i++)
		show_named(c, i + 1, q->joins[i].columns, q->joins[i].n_columns, !q->columns_given);
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (q->aggs[i].fn)
			q->outs[q->n_outs++] = (struct md_out){ .use = q->aggs[i].use, .agg = &q->aggs[i], .name = q->aggs[i].alias };
}

static size_t bound(const struct md_query *q)
{
	size_t n = (size_t)q->n_groups + q->n_aggs + q->n_columns;
	for (uint32_t i = 0; i < q->n_joins; i++)
		n += q->joins[i].n_columns;
	return n;
}

/* One column name in two tables: both say whose. */
static void name_outs(struct md_check *c)
{
	struct md_query *q = c->q;
	for (uint32_t i = 0; i < q->n_outs; i++) {
		struct md_out *o = &q->outs[i];
		for (uint32_t k = 0; o->group && k < q->n_outs; k++) {
			const struct md_out *other = &q->outs[k];
			if (other->group && other->use.ref != o->use.ref && !o->group->as.p && !other->group->as.p && md_str_eq(other->group->name, o->group->name)) {
				o->name = md_check_qualified(c, o->use.ref, o->group->name);
				break;
			}
		}
	}
}

static void name_taken(struct md_check *c, const struct md_out *o)
{
	const struct md_at *up = o->agg ? &o->agg->at : &o->group->at;
	enum md_code code = o->agg ? MD_INVALID_AGGREGATION : MD_INVALID_GROUP_BY;
	md_report(c->cx, code, MD_AT_KEY(up, o->agg ? MD_STR("alias") : MD_STR("as")),
	          MD_DETAILS(.alias = o->name, .expected = MD_STR("a name that no other output has"), .actual = o->name),
	          "the name '%.*s' is taken: expected another", MD_FMT(o->name));
}

/* Aliases come last: it is the later name that is wrong. That aliases differ, and entries, was seen to before: here table.column is new. */
static void check_names(struct md_check *c)
{
	struct md_query *q = c->q;
	struct md_map seen = { 0 };
	if (md_map_init(&seen, c->cx->arena, q->n_outs))
		return;
	for (uint32_t i = 0; i < q->n_outs; i++) {
		struct md_out *o = &q->outs[i];
		uint32_t other = o->name.p ? md_map_put(&seen, o->name, i) : MD_NONE;
		if (other == MD_NONE)
			continue;
		const struct md_group *g = q->outs[other].group;
		if (o->agg ? g != NULL : o->group->as.p && !md_str_eq(g->name, o->name))
			name_taken(c, o);
	}
}

static void keys_given(struct md_check *c)
{
	struct md_at at = { .key = MD_STR("byIds") };
	md_report(c->cx, MD_INVALID_BY_IDS, &at, MD_DETAILS(.expected = MD_STR("byIds, or groupBy and aggregations")),
	          "byIds can't be asked with groupBy or aggregations");
}

void md_check_groups(struct md_check *c)
{
	struct md_query *q = c->q;
	if (q->ids_given && q->refs[0].table)
		keys_given(c);
	for (uint32_t i = 0; i < q->n_groups; i++)
		check_group(c, &q->groups[i]);
	for (uint32_t i = 0; i < q->n_aggs; i++)
		md_check_agg(c, &q->aggs[i]);
	q->outs = md_alloc(c->cx->arena, bound(q) * sizeof *q->outs);
	if (!q->outs)
		return;
	show(c);
	if (q->n_joins)
		name_outs(c);
	check_names(c);
}

/* ---- order ---- */

static const struct md_agg *find_agg(const struct md_query *q, struct md_str alias)
{
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (q->aggs[i].alias.p && md_str_eq(q->aggs[i].alias, alias))
			return &q->aggs[i];
	return NULL;
}

static void not_shown(struct md_check *c, const struct md_order *o, const struct md_at *at)
{
	md_report(c->cx, MD_INVALID_ORDER_BY, at,
	          MD_DETAILS(.table = o->table, .column = o->column, .expected = MD_STR("a selected column"), .actual = o->column),
	          "column '%.*s' is not selected: expected a selected one where rows are distinct", MD_FMT(o->column));
}

/* Are its table and its column's name known? */
static bool readable(const struct md_query *q, const struct md_group *g)
{
	return g->use.ref != MD_NONE && q->refs[g->use.ref].table && g->column.p;
}

static void check_order(struct md_check *c, struct md_order *o)
{
	struct md_at at = { .up = &o->at, .key = MD_STR("column") };
	struct md_place place = { &at, MD_USE_ORDER, MD_INVALID_ORDER_BY };
	int64_t ref = md_check_part_ref(c, MD_INVALID_ORDER_BY, &o->at, o->table);
	o->agg = o->table.p ? NULL : find_agg(c->q, o->column);
	if (o->agg || ref < 0)
		return;
	o->group = entry(c, (uint32_t)ref, !o->table.p, o->column, &place);
	if (!o->group || !readable(c->q, o->group))
		return;
	bool first, open = md_check_column(c, o->group->use.ref, o->group->column, &place, &first);
	if (open && c->q->distinct && !shown(c->q, o->group))
		not_shown(c, o, &at);
}

void md_check_group_order(struct md_check *c)
{
	for (uint32_t i = 0; i < c->q->n_order; i++)
		if (!c->q->order[i].broken)
			check_order(c, &c->q->order[i]);
}
