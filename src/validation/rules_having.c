/* having: filter nodes over the aliases of aggregations. Comparison, in, between, the null operators and groups; a count is compared as bigint, a sum and an
 * average of other numbers than floats as decimal. Everything wrong here is INVALID_HAVING, limits apart. Recursion is bounded by limits.jsonDepth. */
#include "validation/check.h"

static const struct md_agg *find(const struct md_query *q, struct md_str alias)
{
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (q->aggs[i].alias.p && md_str_eq(q->aggs[i].alias, alias))
			return &q->aggs[i];
	return NULL;
}

static struct md_str near_alias(struct md_check *c, struct md_str name)
{
	const struct md_query *q = c->q;
	struct md_str *names = md_alloc(c->cx->arena, q->n_aggs * sizeof *names);
	size_t n = 0;
	for (uint32_t i = 0; names && i < q->n_aggs; i++)
		if (q->aggs[i].alias.p)
			names[n++] = q->aggs[i].alias;
	return md_str_nearest(name, names, n);
}

/* A broken aggregation may be the one that is meant. */
static bool unsure(const struct md_query *q)
{
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (!q->aggs[i].alias.p)
			return true;
	return q->aggs_given && !q->n_aggs;
}

static bool takes(const struct md_operator *op)
{
	return op->shape == MD_SHAPE_VALUE || op->shape == MD_SHAPE_LIST || op->shape == MD_SHAPE_RANGE || op->id == MD_OP_IS_NULL || op->id == MD_OP_IS_NOT_NULL;
}

#define HAVING_OPERATORS "=, !=, >, <, >=, <=, in, notIn, between, notBetween, isNull or isNotNull"

static const struct md_operator *check_operator(struct md_check *c, const struct md_filter *f, const struct md_agg *a)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	const struct md_operator *op = md_operator_find(f->op_text);
	bool counts = a && md_agg_counts(a);
	if (!op || !takes(op)) {
		md_report(c->cx, MD_INVALID_HAVING, &at,
		          MD_DETAILS(.alias = f->column, .operator = f->op_text, .expected = MD_STR(HAVING_OPERATORS), .actual = f->op_text),
		          "operator '%.*s' can't stand in having", MD_FMT(f->op_text));
		return NULL;
	}
	if (counts && op->shape == MD_SHAPE_NONE) {
		md_report(c->cx, MD_INVALID_HAVING, &at,
		          MD_DETAILS(.alias = f->column, .operator = f->op_text, .expected = MD_STR("an aggregate that can be NULL"),
		                     .actual = f->op_text),
		          "'%.*s' counts: it is never NULL", MD_FMT(f->column));
		return NULL;
	}
	return op;
}

/* The operand is checked as that of a column of the aggregate's type. */
static void check_operand(struct md_check *c, struct md_filter *f, const struct md_agg *a)
{
	struct md_column *as_column = md_new(c->cx->arena, struct md_column);
	size_t before = c->cx->err->problems.n;
	if (!as_column)
		return;
	as_column->api_name = a->alias;
	as_column->type = a->type.base == MD_INT && a->fn <= MD_FN_COUNT_DISTINCT ? (struct md_type){ .base = MD_BIGINT } : a->type;
	f->use = (struct md_use){ a->use.ref, as_column };
	md_check_operand(c, f);
	f->use = (struct md_use){ 0, NULL };
	for (size_t i = before; i < c->cx->err->problems.n; i++) {
		struct md_problem *p = &c->cx->err->problems.v[i];
		p->code = p->code == MD_LIMIT_EXCEEDED ? p->code : MD_INVALID_HAVING;
	}
}

static void table_given(struct md_check *c, const struct md_filter *f)
{
	md_report(c->cx, MD_INVALID_HAVING, MD_AT_KEY(&f->at, MD_STR("table")),
	          MD_DETAILS(.alias = f->column, .operator = f->op_text, .expected = MD_STR("the alias of an aggregation alone"),
	                     .actual = f->table),
	          "table '%.*s' can't stand in having", MD_FMT(f->table));
}

static void unknown_alias(struct md_check *c, const struct md_filter *f)
{
	md_report(c->cx, MD_INVALID_HAVING, MD_AT_KEY(&f->at, MD_STR("column")),
	          MD_DETAILS(.alias = f->column, .operator = f->op_text, .expected = MD_STR("the alias of an aggregation"),
	                     .actual = f->column, .suggestion = near_alias(c, f->column)),
	          "'%.*s' is no alias of an aggregation", MD_FMT(f->column));
}

static void other_kind(struct md_check *c, const struct md_filter *f)
{
	md_report(c->cx, MD_INVALID_HAVING, &f->at,
	          MD_DETAILS(.alias = f->column, .operator = f->op_text, .expected = MD_STR("an alias, an operator and a value"),
	                     .actual = MD_STR("another kind of node")),
	          "having compares aliases with values");
}

static void check_leaf(struct md_check *c, struct md_filter *f)
{
	const struct md_agg *a = find(c->q, f->column);
	if (f->table.p) {
		table_given(c, f);
		return;
	}
	if (!a && !unsure(c->q))
		unknown_alias(c, f);
	f->op = check_operator(c, f, a);
	bool known = a && a->fn && (a->use.column || md_str_eq(a->column, MD_STR("*")));
	if (!known || !f->op)
		return;
	f->agg = a;
	check_operand(c, f, a);
}

static void check_list(struct md_check *c, struct md_filter *const *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct md_filter *f = v[i];
		if (f->kind == MD_FILTER_GROUP)
			check_list(c, f->parts, f->n_parts);
		else if (!f->broken && f->kind == MD_FILTER_VALUE)
			check_leaf(c, f);
		else if (!f->broken)
			other_kind(c, f);
	}
}

void md_check_having(struct md_check *c)
{
	check_list(c, c->q->having.v, c->q->having.n);
}
