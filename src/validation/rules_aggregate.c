/* aggregations: what each function takes and gives. count takes anything, countDistinct what can
 * be compared, sum and avg numbers, min and max what has an order; only count takes "*" and
 * arrays. Refuses a sum or an average of a column whose rows a join repeats, unless allowFanOut. */
#include "validation/private.h"

static const char *const fn_names[] = { "", "count", "countDistinct", "sum", "avg", "min", "max" };

#define T(t) (1u << MD_##t)
#define NUMBERS (T(INT) | T(BIGINT) | T(FLOAT) | T(DECIMAL))
#define ORDERED (NUMBERS | T(STRING) | T(DATE) | T(TIMESTAMP) | T(TIME) | T(ENUM))
#define COMPARED (ORDERED | T(BOOLEAN) | T(UUID) | T(BYTES))

static const struct {
	uint32_t types;
	const char *expected;
	enum md_use_kind use;
} takes[] = {
	[MD_FN_NONE] = { ~0u, "", MD_USE_COUNT },
	[MD_FN_COUNT] = { ~0u, "", MD_USE_COUNT },
	[MD_FN_COUNT_DISTINCT] = { COMPARED, "a column that is neither an array nor json", MD_USE_DISTINCT },
	[MD_FN_SUM] = { NUMBERS, "int, bigint, float or decimal", MD_USE_AGGREGATE },
	[MD_FN_AVG] = { NUMBERS, "int, bigint, float or decimal", MD_USE_AGGREGATE },
	[MD_FN_MIN] = { ORDERED, "a number, string, date, timestamp, time or enum", MD_USE_AGGREGATE },
	[MD_FN_MAX] = { ORDERED, "a number, string, date, timestamp, time or enum", MD_USE_AGGREGATE },
};

/* .p NULL where the function could not be read. */
static struct md_str fn_name(const struct md_agg *a)
{
	return a->fn ? md_str_z(fn_names[a->fn]) : MD_NOSTR;
}

/* ---- fan-out ---- */

/* Does the reference hang below the join of `top`? */
static bool hangs_below(const struct md_check *c, uint32_t ref, uint32_t top)
{
	while (ref > top)
		ref = c->refs[ref].parent;
	return ref == top;
}

/* Does some row of `ref` stand in several joined rows? It does when a way from it leads from a
 * key to foreign keys. */
static bool has_repeated_rows(const struct md_check *c, uint32_t ref)
{
	for (uint32_t i = 1; i <= c->q->n_joins; i++) {
		const struct md_ref *r = &c->refs[i];
		if (r->relation && !r->relation->one_to_one && r->from_side != hangs_below(c, ref, i))
			return true;
	}
	return false;
}

static void report_fan_out(struct md_check *c, const struct md_agg *a, const struct md_at *at, uint32_t ref)
{
	struct md_str table = c->refs[ref].as;
	md_report(c->cx, MD_INVALID_AGGREGATION, at,
	          MD_DETAILS(.table = table, .column = a->column, .alias = a->alias, .fn = fn_name(a),
	                     .expected = MD_STR("a column whose rows no join repeats, or allowFanOut"),
	                     .actual = a->column),
	          "fan-out: a join repeats the rows of '%.*s', %s would take each several times: expected allowFanOut",
	          MD_FMT(table), fn_names[a->fn]);
}

/* ---- one aggregation ---- */

static void report_wrong_type(struct md_check *c, const struct md_agg *a, const struct md_at *at, struct md_type t)
{
	const char *type = md_type_name(t), *expected = takes[a->fn].expected;
	md_report(c->cx, MD_INVALID_AGGREGATION, at,
	          MD_DETAILS(.table = a->table, .column = a->column, .alias = a->alias, .fn = fn_name(a),
	                     .expected = md_str_z(expected),
	                     .actual = md_str_z(type)),
	          "%s does not take column '%.*s' (%s): expected %s", fn_names[a->fn], MD_FMT(a->column), type,
	          expected);
}

static bool takes_type(enum md_fn fn, struct md_type t)
{
	return fn <= MD_FN_COUNT || (!t.array && takes[fn].types >> t.base & 1);
}

static struct md_type result_type(enum md_fn fn, struct md_type t)
{
	if (fn <= MD_FN_COUNT_DISTINCT)
		return (struct md_type){ .base = MD_INT };
	if (fn >= MD_FN_MIN)
		return t;
	return (struct md_type){ .base = t.base == MD_FLOAT ? MD_FLOAT : MD_DECIMAL };
}

static void bind_column(struct md_check *c, const struct md_agg *a, uint32_t ref, struct md_bound_agg *out)
{
	struct md_at at = { .up = &a->at, .key = MD_STR("column") };
	struct md_column_use use = { &at, takes[a->fn].use, MD_UNKNOWN_COLUMN, 0, md_bound_row_refs(c->bound) };
	bool first;
	const struct md_column *col = md_check_column(c, ref, a->column, &use, &first);
	if (!col)
		return;
	if (!takes_type(a->fn, col->type)) {
		report_wrong_type(c, a, &at, col->type);
		return;
	}
	out->use.column = col;
	out->type = result_type(a->fn, col->type);
	if ((a->fn == MD_FN_SUM || a->fn == MD_FN_AVG) && !c->q->allow_fan_out && has_repeated_rows(c, ref))
		report_fan_out(c, a, &at, ref);
}

static void report_star(struct md_check *c, const struct md_agg *a)
{
	md_report(c->cx, MD_INVALID_AGGREGATION, MD_AT_KEY(&a->at, MD_STR("column")),
	          MD_DETAILS(.table = a->table, .column = a->column, .alias = a->alias, .fn = fn_name(a),
	                     .expected = MD_STR("a column"),
	                     .actual = MD_STR("*")),
	          "%s does not take '*': expected a column", fn_names[a->fn]);
}

static void check_alias(struct md_check *c, const struct md_agg *a)
{
	const struct md_agg *other = c->q->aggs;
	while (other < a && !(other->alias.p && md_str_eq(other->alias, a->alias)))
		other++;
	if (other == a)
		return;
	md_report(c->cx, MD_INVALID_AGGREGATION, MD_AT_KEY(&a->at, MD_STR("alias")),
	          MD_DETAILS(.table = a->table, .column = a->column, .alias = a->alias, .fn = fn_name(a),
	                     .expected = MD_STR("an alias that no other aggregation has"), .actual = a->alias),
	          "the alias '%.*s' is taken: expected another", MD_FMT(a->alias));
}

uint32_t md_find_agg(const struct md_query *q, struct md_str alias)
{
	for (uint32_t i = 0; i < q->n_aggs; i++)
		if (q->aggs[i].alias.p && md_str_eq(q->aggs[i].alias, alias))
			return i;
	return MD_NONE;
}

void md_check_agg(struct md_check *c, uint32_t i)
{
	const struct md_agg *a = &c->q->aggs[i];
	struct md_bound_agg *out = &c->aggs[i];
	int64_t ref = md_check_part_ref(c, MD_INVALID_AGGREGATION, &a->at, a->table);
	out->fn = a->fn;
	out->alias = a->alias;
	out->type = (struct md_type){ .base = MD_INT };
	if (a->alias.p)
		check_alias(c, a);
	if (ref < 0 || !a->column.p)
		return;
	out->use.ref = (uint32_t)ref;
	if (!md_str_eq(a->column, MD_STR("*")))
		bind_column(c, a, (uint32_t)ref, out);
	else if (a->fn > MD_FN_COUNT)
		report_star(c, a);
}
