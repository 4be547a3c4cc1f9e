/* The definition itself: the members of the top level. Accepts one JSON object; reports
 * every problem of shape and goes on. Adding a member is a line in `members` with its reader. */
#include "query/private.h"

static void read_from(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_string(p, MD_INVALID_VALUE, v, at, &p->q->from);
}

static void read_columns(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	p->q->columns_given = md_parse_columns(p, v, at, &p->q->columns, &p->q->n_columns);
	p->no_columns = p->q->columns_given && md_json_size(v) == 0;
}

static void read_filters(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_filters(p, &p->q->filters, v, at, 2);
}

static void read_joins(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_joins(p, v, at);
}

static void read_order(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_order(p, v, at);
}

static void read_ids(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_ids(p, v, at);
}

static void read_groups(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_groups(p, v, at);
}

static void read_aggs(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_aggs(p, v, at);
}

static void read_having(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_having(p, v, at);
}

static void read_distinct(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_bool(p, MD_INVALID_VALUE, v, at, &p->q->distinct);
}

static void read_fan_out(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_bool(p, MD_INVALID_VALUE, v, at, &p->q->allow_fan_out);
}

static bool read_whole_number(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                              int64_t least, int64_t *out)
{
	uint64_t n;
	if (!md_json_uint(v, &n) || n > INT64_MAX || n < (uint64_t)least) {
		md_parse_wrong(p, code, at, least ? MD_FROM_ONE : MD_FROM_ZERO, v);
		return false;
	}
	*out = (int64_t)n;
	return true;
}

static void read_limit(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	read_whole_number(p, MD_INVALID_LIMIT, v, at, 0, &p->q->limit);
}

static void read_offset(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	read_whole_number(p, MD_INVALID_LIMIT, v, at, 0, &p->q->offset);
}

static void read_max_lag(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	p->q->freshness_given |= read_whole_number(p, MD_INVALID_VALUE, v, at, 0, &p->q->max_lag_ms);
}

static void read_freshness(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const struct md_member lag[] = { MD_MEMBER("maxLagMs", read_max_lag) };
	unsigned word = 0;
	(void)node;
	if (md_json_type(v) == MD_JSON_OBJECT) {
		if (md_parse_object(p, MD_MEMBERS(lag, MD_WORD_IN_LAG), NULL, v, at) == 0)
			md_parse_missing(p, MD_INVALID_VALUE, at, "maxLagMs", MD_FROM_ZERO);
		return;
	}
	if (!md_parse_word(p, MD_INVALID_VALUE, v, at, md_lag_name, MD_LAGS, &word))
		return;
	p->q->freshness_given = true;
	p->q->freshness = md_json_text(v);
	p->q->max_lag_ms = md_lag_ms[word];
}

static void read_mode(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char
		*const words[] = { [MD_EXECUTE] = "execute", [MD_SQL_ONLY] = "sql-only", [MD_COUNT] = "count" };
	unsigned word = MD_EXECUTE;
	(void)node;
	md_parse_word(p, MD_INVALID_VALUE, v, at, words, 3, &word);
	p->q->mode = (enum md_mode)word;
}

/* The words' bits are MD_WANT_…, in this order. */
static void read_wants(struct md_parse *p, const struct md_json *v, const struct md_at *at, unsigned *out)
{
	static const char *const words[] = { "cache", "replica", "trino" };
	struct md_json_iter it;
	struct md_at here = { .up = at };
	unsigned word;
	if (md_json_type(v) != MD_JSON_ARRAY) {
		md_parse_wrong(p, MD_INVALID_VALUE, at, "an array of cache, replica, trino", v);
		return;
	}
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL)); here.index++)
		if (md_parse_word(p, MD_INVALID_VALUE, e, &here, words, 3, &word))
			*out |= 1u << word;
}

static void read_prefer(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	p->q->prefer_given = true;
	read_wants(p, v, at, &p->q->prefer);
}

static void read_avoid(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	read_wants(p, v, at, &p->q->avoid);
}

static void read_debug(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	md_parse_bool(p, MD_INVALID_VALUE, v, at, &p->q->debug);
	p->q->without_log = !p->q->debug;
}

static void read_numbers(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	static const char *const words[] = { "literal", "string" };
	unsigned word = 0;
	(void)node;
	md_parse_word(p, MD_INVALID_VALUE, v, at, words, 2, &word);
	p->q->numbers_given = true;
	p->q->number_strings = word == 1;
}

static void read_timeout(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at)
{
	(void)node;
	read_whole_number(p, MD_INVALID_VALUE, v, at, 1, &p->q->timeout_ms);
}

enum { FROM, COLUMNS, FILTERS, LIMIT, ORDER_BY, JOINS, BY_IDS, OFFSET, MODE, AGGREGATIONS, PAGE };
#define BIT(x) (1u << (x))

static const struct md_member members[] = {
	[FROM] = MD_MEMBER("from", read_from),
	[COLUMNS] = MD_MEMBER("columns", read_columns),
	[FILTERS] = MD_MEMBER("filters", read_filters),
	[LIMIT] = MD_MEMBER("limit", read_limit),
	[ORDER_BY] = MD_MEMBER("orderBy", read_order),
	[JOINS] = MD_MEMBER("joins", read_joins),
	[BY_IDS] = MD_MEMBER("byIds", read_ids),
	[OFFSET] = MD_MEMBER("offset", read_offset),
	[MODE] = MD_MEMBER("executeMode", read_mode),
	[AGGREGATIONS] = MD_MEMBER("aggregations", read_aggs),
	[PAGE] = MD_MEMBER("page", md_parse_page),
	MD_MEMBER("freshness", read_freshness),
	MD_MEMBER("prefer", read_prefer),
	MD_MEMBER("avoid", read_avoid),
	MD_MEMBER("debug", read_debug),
	MD_MEMBER("numbers", read_numbers),
	MD_MEMBER("timeoutMs", read_timeout),
	MD_MEMBER("distinct", read_distinct),
	MD_MEMBER("groupBy", read_groups),
	MD_MEMBER("having", read_having),
	MD_MEMBER("allowFanOut", read_fan_out),
};

/* No columns at all make sense with aggregations only. */
static void report_nothing_selected(struct md_parse *p)
{
	struct md_at at = { .key = MD_STR("columns") };
	md_report(p->cx, MD_INVALID_AGGREGATION, &at,
	          MD_DETAILS(.expected = MD_STR("at least one column"), .actual = MD_STR("none")),
	          "no columns and no aggregations: nothing is selected");
}

static void report_lone_offset(struct md_parse *p)
{
	struct md_at at = { .key = MD_STR("offset") };
	md_report(p->cx, MD_INVALID_LIMIT, &at,
	          MD_DETAILS(.expected = MD_STR("a limit beside the offset"), .actual = MD_STR("offset alone")),
	          "offset without limit: expected both or limit alone");
}

static void report_beside_page(struct md_parse *p, const char *what, const char *expected)
{
	struct md_at at = { .key = MD_STR("page") };
	md_report(p->cx, MD_INVALID_PAGE, &at, MD_DETAILS(.expected = md_str_z(expected), .actual = md_str_z(what)),
	          "page can't be asked with %s", what);
}

static void check_page(struct md_parse *p, uint32_t seen)
{
	if (seen & BIT(LIMIT))
		report_beside_page(p, "limit", "page.first alone: it is the limit");
	if (seen & BIT(OFFSET))
		report_beside_page(p, "offset", "page.after alone: it says where to go on");
	if (seen & BIT(BY_IDS))
		report_beside_page(p, "byIds", "page or byIds");
}

static void check_top(struct md_parse *p, uint32_t seen)
{
	if (!(seen & (BIT(FROM) | MD_KEYS_UNKNOWN)))
		md_parse_missing(p, MD_INVALID_VALUE, NULL, "from", "the apiName of a table");
	if (seen & BIT(OFFSET) && !(seen & BIT(LIMIT)))
		report_lone_offset(p);
	if (seen & BIT(PAGE))
		check_page(p, seen);
	if (p->no_columns && !(seen & BIT(AGGREGATIONS)))
		report_nothing_selected(p);
}

int md_query_parse(struct md_ctx *cx, const struct md_json *json, const struct md_query **out)
{
	struct md_query *q = md_new(cx->arena, struct md_query);
	struct md_parse p = { .cx = cx, .q = q };
	if (!q)
		return md_out_of_memory(cx);
	if (md_json_type(json) != MD_JSON_OBJECT)
		return md_fail(cx, MD_INVALID_BODY, "invalid definition: expected an object, got %s",
		               md_json_type_name(json));
	q->limit = q->offset = q->page_first = -1;
	*out = q;
	check_top(&p, md_parse_object(&p, MD_MEMBERS(members, MD_WORD_IN_DEFINITION), NULL, json, NULL));
	return md_check_memory(cx);
}
