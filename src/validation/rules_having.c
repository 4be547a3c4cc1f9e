/* having: filter nodes over the aliases of aggregations. Comparison, in, between, the null
 * operators and groups; a count is compared as bigint, a sum and an average of other numbers
 * than floats as decimal. Everything wrong here is INVALID_HAVING, limits apart. Recursion is
 * bounded by limits.jsonDepth. */
#include "validation/private.h"

static struct md_str find_near_alias(struct md_check *c, struct md_str name)
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
static bool lacks_some_alias(const struct md_query *q)
{
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (!q->aggs[i].alias.p)
			return true;
	return q->aggs_given && !q->n_aggs;
}

static bool takes_aggregates(const struct md_operator *op)
{
	if (op->id == MD_OP_IS_NULL || op->id == MD_OP_IS_NOT_NULL)
		return true;
	return op->shape == MD_SHAPE_VALUE || op->shape == MD_SHAPE_LIST || op->shape == MD_SHAPE_RANGE;
}

/* Those for counts, which are never NULL. */
#define COUNT_OPERATORS "=, !=, >, <, >=, <=, in, notIn, between, notBetween"

/* counts: the aggregate is a count. NULL: reported. */
static const struct md_operator *check_operator(struct md_check *c, const struct md_filter *f, bool counts)
{
	struct md_at at = { .up = &f->at, .key = MD_STR("operator") };
	const struct md_operator *op = md_operator_find(f->op_text);
	if (!op || !takes_aggregates(op)) {
		const char *expected = counts ? COUNT_OPERATORS : COUNT_OPERATORS ", isNull, isNotNull";
		md_report(c->cx, MD_INVALID_HAVING, &at,
		          MD_DETAILS(.alias = f->column, .operator = f->op_text, .expected = md_str_z(expected),
		                     .actual = f->op_text),
		          "operator '%.*s' can't stand in having: expected one of %s", MD_FMT(f->op_text), expected);
		return NULL;
	}
	if (counts && op->shape == MD_SHAPE_NONE) {
		md_report(c->cx, MD_INVALID_HAVING, &at,
		          MD_DETAILS(.alias = f->column, .operator = f->op_text,
		                     .expected = MD_STR("an aggregate that can be NULL"), .actual = f->op_text),
		          "'%.*s' counts: it is never NULL", MD_FMT(f->column));
		return NULL;
	}
	return op;
}

static struct md_type compared_type(const struct md_bound_agg *a)
{
	return md_agg_counts(a) ? (struct md_type){ .base = MD_BIGINT } : a->type;
}

static const struct md_labels *compared_labels(const struct md_bound_agg *a)
{
	return compared_type(a).base == MD_ENUM ? a->use.column->labels : NULL;
}

static uint32_t check_operand(struct md_check *c, const struct md_filter *f, const struct md_operator *op,
                              const struct md_bound_agg *a)
{
	struct md_operand operand = {
		.filter = f, .value = f->value, .op = op, .type = compared_type(a), .labels = compared_labels(a),
		.table = c->refs[a->use.ref].as
	};
	size_t before = c->cx->err->problems.n;
	uint32_t slot = md_check_operand(c, &operand);
	for (size_t i = before; i < c->cx->err->problems.n; i++) {
		struct md_problem *p = &c->cx->err->problems.v[i];
		p->code = p->code == MD_LIMIT_EXCEEDED ? p->code : MD_INVALID_HAVING;
	}
	return slot;
}

static void report_table(struct md_check *c, const struct md_filter *f)
{
	md_report(c->cx, MD_INVALID_HAVING, MD_AT_KEY(&f->at, MD_STR("table")),
	          MD_DETAILS(.alias = f->column, .operator = f->op_text,
	                     .expected = MD_STR("the alias of an aggregation alone"), .actual = f->table),
	          "table '%.*s' can't stand in having", MD_FMT(f->table));
}

static void report_unknown_alias(struct md_check *c, const struct md_filter *f)
{
	md_report(c->cx, MD_INVALID_HAVING, MD_AT_KEY(&f->at, MD_STR("column")),
	          MD_DETAILS(.alias = f->column, .operator = f->op_text,
	                     .expected = MD_STR("the alias of an aggregation"), .actual = f->column,
	                     .suggestion = find_near_alias(c, f->column),
	                     .hint = md_hint_for_alias(c, f->column)),
	          "'%.*s' is no alias of an aggregation", MD_FMT(f->column));
}

static void report_other_kind(struct md_check *c, const struct md_filter *f)
{
	md_report(c->cx, MD_INVALID_HAVING, &f->at,
	          MD_DETAILS(.alias = f->column, .operator = f->op_text,
	                     .expected = MD_STR("an alias, an operator and a value"),
	                     .actual = MD_STR("another kind of node")), "having compares aliases with values");
}

/* Its function and what it is a function of could be read. */
static bool is_whole(const struct md_agg *written, const struct md_bound_agg *a)
{
	return a->fn && (a->use.column || md_str_eq(written->column, MD_STR("*")));
}

static void bind_test(struct md_check *c, const struct md_filter *f, struct md_bound_having *out)
{
	uint32_t i = md_find_agg(c->q, f->column);
	if (f->table.p) {
		report_table(c, f);
		return;
	}
	if (i == MD_NONE && !lacks_some_alias(c->q))
		report_unknown_alias(c, f);
	const struct md_operator *op = check_operator(c, f, i != MD_NONE && md_agg_counts(&c->aggs[i]));
	if (i == MD_NONE || !op || !is_whole(&c->q->aggs[i], &c->aggs[i]))
		return;
	out->agg = i;
	out->op = op;
	out->slot = check_operand(c, f, op, &c->aggs[i]);
}

static struct md_bound_having_list bind_list(struct md_check *c, struct md_filters written)
{
	struct md_bound_having *v = md_new_n(c->cx->arena, struct md_bound_having, written.n);
	for (uint32_t i = 0; v && i < written.n; i++) {
		const struct md_filter *f = &written.v[i];
		v[i].is_group = f->kind == MD_FILTER_GROUP;
		v[i].any = f->any;
		v[i].negated = f->negated;
		if (v[i].is_group)
			v[i].parts = bind_list(c, f->parts);
		else if (!f->broken && f->kind == MD_FILTER_VALUE)
			bind_test(c, f, &v[i]);
		else if (!f->broken)
			report_other_kind(c, f);
	}
	return (struct md_bound_having_list){ v, v ? written.n : 0 };
}

void md_check_having(struct md_check *c)
{
	c->bound->having = bind_list(c, c->q->having);
}
