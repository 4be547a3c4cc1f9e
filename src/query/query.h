/* The query definition as it is written. query/parse.c makes it and checks shapes and unknown
 * keys; it is const afterwards. Validation alone reads it: it turns the definition into a
 * md_bound and md_values (validation/bound.h), which all later stages read. Everything lives in
 * the request's arena; names point into the parsed JSON. */
#ifndef MD_QUERY_QUERY_H
#define MD_QUERY_QUERY_H

#include "base/ctx.h"
#include "json/json.h"
#include "metadata/metadata.h"
#include "query/words.h"

/* A string whose .p is NULL was not given. A node that is `broken` is reported already:
 * validation skips it. */

struct md_named {
	struct md_str name;
	struct md_at at;
};

struct md_filters {
	const struct md_filter *v;
	uint32_t n;
};

struct md_filter {
	struct md_at at;
	enum md_filter_kind kind;
	bool broken;
	bool any, negated;           /* group: logic "or"; `not` */
	struct md_str column, table;
	struct md_str op_text;
	const struct md_json *value; /* NULL: absent */
	struct md_str ref_column, ref_table;
	struct md_filters parts;     /* group: its members; exists: its filters, ANDed */
	struct md_exists *exists;    /* exists nodes alone; `table` is theirs */
};

/* Related rows exist, do not exist, or number so many. */
struct md_exists {
	struct md_str via, parent;
	bool reverse, reverse_given; /* a self relation needs it said */
	bool absent;                 /* `exists` is false; ignored where counted */
	bool counted;
	enum md_op count_op;         /* = != > < >= <= */
	int64_t count;
	const struct md_json *count_value; /* where the count was read */
};

struct md_join {
	struct md_at at;
	bool broken;
	struct md_str table, as, via, parent;
	bool reverse, reverse_given; /* a self relation needs it said */
	bool inner;
	bool columns_given;
	struct md_named *columns;
	uint32_t n_columns;
	struct md_filters filters, on;
};

struct md_order {
	struct md_at at;
	struct md_str column, table;
	bool desc, broken;
	enum { MD_NULLS_DEFAULT, MD_NULLS_FIRST, MD_NULLS_LAST } nulls; /* default: NULL above every value */
};

static inline bool md_order_nulls_first(const struct md_order *o)
{
	return o->nulls == MD_NULLS_DEFAULT ? o->desc : o->nulls == MD_NULLS_FIRST;
}

struct md_group {
	struct md_at at;
	bool broken;
	struct md_str column, table, as;
	enum md_bucket bucket;
};

struct md_agg {
	struct md_at at;
	bool broken;
	enum md_fn fn;
	struct md_str column, table, alias; /* column "*": rows */
};

struct md_id {
	struct md_at at;
	const struct md_json *value;
};

struct md_query {
	struct md_str from;
	bool columns_given;
	struct md_named *columns;
	uint32_t n_columns;
	struct md_filters filters;
	struct md_join *joins;
	uint32_t n_joins;
	struct md_order *order;
	uint32_t n_order;
	bool distinct, allow_fan_out;
	struct md_group *groups;
	uint32_t n_groups;
	struct md_agg *aggs;
	uint32_t n_aggs;
	bool groups_given, aggs_given;
	struct md_filters having;
	uint32_t n_exists;            /* exists nodes, nested ones too */
	uint32_t n_operands;          /* at most so many operands stand in all filters together; a range has two */
	int64_t limit, offset;        /* -1: not given */
	int64_t page_first;           /* -1: no page */
	bool page_given;
	struct md_str page_after;     /* the cursor; not given: the first page */
	bool ids_given;
	struct md_id *ids;
	uint32_t n_ids;
	bool freshness_given;
	struct md_str freshness;      /* the word; empty where maxLagMs was given */
	int64_t max_lag_ms;           /* when freshness_given */
	enum md_mode mode;
	bool prefer_given;            /* the policy's preference then does not count, whatever stands there */
	unsigned prefer, avoid;       /* MD_WANT_… */
	bool debug;
	bool numbers_given, number_strings; /* not given: the policy says it */
	bool without_log;             /* "debug": false: a result leaves the debug log out */
	int64_t timeout_ms;           /* 0: not given */
};

/* Are rows put together (groupBy, aggregations)? */
static inline bool md_query_groups(const struct md_query *q)
{
	return q->groups_given || q->aggs_given;
}

/* The JSON value to a tree. Reports every shape problem (UNKNOWN_KEY with did-you-mean,
 * INVALID_…, UNSUPPORTED, LIMIT_EXCEEDED) in cx->err and goes on; 0 with *out set even then
 * (md_fail_if_problems decides later), -1 only out of memory, or where the value is not an object
 * (INVALID_BODY). cx->meta gives the limits. Pure. */
int md_query_parse(struct md_ctx *cx, const struct md_json *json, const struct md_query **out);

/* A readable print of the definition, for tests and debugging. `append_join`, where it is not
 * NULL, appends to the line of each join. */
typedef void md_append_join(struct md_buf *b, const void *arg, uint32_t join);
void md_query_dump(struct md_buf *b, const struct md_query *q, md_append_join *append_join, const void *arg);

extern const char md_query_schema[]; /* the JSON Schema of definitions and contexts (query.schema.json) */

#endif
