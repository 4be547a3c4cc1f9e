/* A definition as text, one part a line. For tests and debugging only. */
#include "query/query.h"

static void dump_leaf(struct md_buf *b, const struct md_filter *f)
{
	if (f->table.p)
		md_buf_fmt(b, "%.*s.", MD_FMT(f->table));
	md_buf_fmt(b, "%.*s %.*s", MD_FMT(f->column), MD_FMT(f->op_text));
	if (f->value) {
		md_buf_char(b, ' ');
		md_json_dump(b, f->value);
	}
	if (f->kind == MD_FILTER_COLUMNS)
		md_buf_fmt(b, " %.*s%s%.*s", MD_FMT(f->ref_table), f->ref_table.p ? "." : "", MD_FMT(f->ref_column));
}

static void dump_exists(struct md_buf *b, const struct md_filter *f)
{
	const struct md_exists *e = f->exists;
	md_buf_fmt(b, "%s %.*s", e->counted ? "count" : e->absent ? "no" : "exists", MD_FMT(f->table));
	if (e->parent.p)
		md_buf_fmt(b, " parent %.*s", MD_FMT(e->parent));
	if (e->via.p)
		md_buf_fmt(b, " via %.*s", MD_FMT(e->via));
	if (e->reverse)
		md_buf_lit(b, " reverse");
	if (e->counted)
		md_buf_fmt(b, " %s %lld", md_operators[e->count_op].name, (long long)e->count);
}

/* Depth is bounded by limits.jsonDepth: the parser made no deeper tree. */
static void dump_filter(struct md_buf *b, const struct md_filter *f)
{
	if (f->broken)
		md_buf_lit(b, "broken ");
	if (f->kind == MD_FILTER_EXISTS && f->exists) {
		dump_exists(b, f);
		if (!f->parts.n)
			return;
		md_buf_char(b, '(');
	} else if (f->kind != MD_FILTER_GROUP) {
		dump_leaf(b, f);
		return;
	} else {
		md_buf_fmt(b, "%s%s(", f->negated ? "not " : "", f->any ? "or" : "and");
	}
	for (uint32_t i = 0; i < f->parts.n; i++) {
		md_buf_add(b, "; ", i ? 2 : 0);
		dump_filter(b, &f->parts.v[i]);
	}
	md_buf_char(b, ')');
}

static void dump_filters(struct md_buf *b, const char *label, const struct md_filters *fs)
{
	for (uint32_t i = 0; i < fs->n; i++) {
		md_buf_fmt(b, "%s ", label);
		dump_filter(b, &fs->v[i]);
		md_buf_char(b, '\n');
	}
}

static void dump_columns(struct md_buf *b, const char *label, bool given, const struct md_named *v, uint32_t n)
{
	if (!given)
		return;
	md_buf_fmt(b, "%s", label);
	for (uint32_t i = 0; i < n; i++)
		md_buf_fmt(b, " %.*s", MD_FMT(v[i].name));
	md_buf_char(b, '\n');
}

static void dump_join(struct md_buf *b, const struct md_query *q, uint32_t i, md_append_join *append_join,
                      const void *arg)
{
	const struct md_join *j = &q->joins[i];
	md_buf_fmt(b, "%sjoin %s %.*s", j->broken ? "broken " : "", j->inner ? "inner" : "left", MD_FMT(j->table));
	if (j->as.p)
		md_buf_fmt(b, " as %.*s", MD_FMT(j->as));
	if (j->parent.p)
		md_buf_fmt(b, " parent %.*s", MD_FMT(j->parent));
	if (j->via.p)
		md_buf_fmt(b, " via %.*s", MD_FMT(j->via));
	if (j->reverse)
		md_buf_lit(b, " reverse");
	if (append_join)
		append_join(b, arg, i);
	md_buf_char(b, '\n');
	dump_columns(b, " columns", j->columns_given, j->columns, j->n_columns);
	dump_filters(b, " filter", &j->filters);
	dump_filters(b, " on", &j->on);
}

static void dump_order(struct md_buf *b, const struct md_order *o)
{
	static const char *const nulls[] = { "", " nulls first", " nulls last" };
	md_buf_fmt(b, "%sorder ", o->broken ? "broken " : "");
	if (o->table.p)
		md_buf_fmt(b, "%.*s.", MD_FMT(o->table));
	md_buf_fmt(b, "%.*s %s%s\n", MD_FMT(o->column), o->desc ? "desc" : "asc", nulls[o->nulls]);
}

static void dump_groups(struct md_buf *b, const struct md_query *q)
{
	static const char *const buckets[] = { "",         "year of ", "quarter of ", "month of ",
		                               "week of ", "day of ",  "hour of ",    "minute of " };
	for (uint32_t i = 0; i < q->n_groups; i++) {
		const struct md_group *g = &q->groups[i];
		md_buf_fmt(b, "%sgroup %s%.*s%s%.*s", g->broken ? "broken " : "", buckets[g->bucket], MD_FMT(g->table),
		           g->table.p ? "." : "", MD_FMT(g->column));
		md_buf_fmt(b, "%s%.*s\n", g->as.p ? " as " : "", MD_FMT(g->as));
	}
}

static void dump_aggs(struct md_buf *b, const struct md_query *q)
{
	static const char *const fns[] = { "?", "count", "countDistinct", "sum", "avg", "min", "max" };
	for (uint32_t i = 0; i < q->n_aggs; i++) {
		const struct md_agg *a = &q->aggs[i];
		md_buf_fmt(b, "%saggregation %s of %.*s%s%.*s as %.*s\n", a->broken ? "broken " : "", fns[a->fn],
		           MD_FMT(a->table), a->table.p ? "." : "", MD_FMT(a->column), MD_FMT(a->alias));
	}
}

static void dump_ids(struct md_buf *b, const struct md_query *q)
{
	if (!q->ids_given)
		return;
	md_buf_lit(b, "ids");
	for (uint32_t i = 0; i < q->n_ids; i++) {
		md_buf_char(b, ' ');
		md_json_dump(b, q->ids[i].value);
	}
	md_buf_char(b, '\n');
}

static void dump_wants(struct md_buf *b, const char *label, unsigned wants)
{
	if (wants)
		md_buf_fmt(b, "%s%s%s%s\n", label, wants & MD_WANT_CACHE ? " cache" : "",
		           wants & MD_WANT_REPLICA ? " replica" : "", wants & MD_WANT_TRINO ? " trino" : "");
}

static void dump_options(struct md_buf *b, const struct md_query *q)
{
	static const char *const modes[] = { "execute", "sql-only", "count" };
	if (q->limit >= 0)
		md_buf_fmt(b, "limit %lld\n", (long long)q->limit);
	if (q->offset >= 0)
		md_buf_fmt(b, "offset %lld\n", (long long)q->offset);
	if (q->page_given)
		md_buf_fmt(b, "page of %lld%s\n", (long long)q->page_first, q->page_after.p ? ", after a cursor" : "");
	if (q->freshness_given)
		md_buf_fmt(b, "freshness %.*s%s%lld\n", MD_FMT(q->freshness), q->freshness.n ? " " : "",
		           (long long)q->max_lag_ms);
	dump_wants(b, "prefer", q->prefer);
	dump_wants(b, "avoid", q->avoid);
	if (q->mode != MD_EXECUTE)
		md_buf_fmt(b, "mode %s\n", modes[q->mode]);
	if (q->debug)
		md_buf_lit(b, "debug\n");
	if (q->number_strings)
		md_buf_lit(b, "numbers string\n");
	if (q->timeout_ms)
		md_buf_fmt(b, "timeout %lld\n", (long long)q->timeout_ms);
}

void md_query_dump(struct md_buf *b, const struct md_query *q, md_append_join *append_join, const void *arg)
{
	md_buf_fmt(b, "from %.*s\n", MD_FMT(q->from));
	dump_columns(b, "columns", q->columns_given, q->columns, q->n_columns);
	dump_filters(b, "filter", &q->filters);
	for (uint32_t i = 0; i < q->n_joins; i++)
		dump_join(b, q, i, append_join, arg);
	if (q->distinct)
		md_buf_lit(b, "distinct\n");
	dump_groups(b, q);
	dump_aggs(b, q);
	dump_filters(b, "having", &q->having);
	if (q->allow_fan_out)
		md_buf_lit(b, "fan-out allowed\n");
	for (uint32_t i = 0; i < q->n_order; i++)
		dump_order(b, &q->order[i]);
	dump_ids(b, q);
	dump_options(b, q);
}
