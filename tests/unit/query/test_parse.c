/* query/query.h: the tree of a definition, and every problem of shape with code, pointer and words.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "query/query.h"

#include <stdlib.h>

static struct md_arena arena;
static struct md_error error;
static struct md_snapshot meta;
static struct md_ctx cx;

static int setup(void **state)
{
	(void)state;
	md_arena_reset(&arena);
	memset(&error, 0, sizeof error);
	meta = (struct md_snapshot){ .limits = { .json_depth = 32,
		                                 .filter_nodes = 256,
		                                 .joins = 8,
		                                 .in_list = 10000,
		                                 .ids = 10000,
		                                 .columns = 256,
		                                 .wildcards = 8,
		                                 .exists_depth = 4 } };
	cx = (struct md_ctx){ .arena = &arena, .err = &error, .meta = &meta };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static const struct md_query *parse_text(const char *text)
{
	const struct md_json *json;
	struct md_json_error e;
	const struct md_query *q = NULL;
	memset(&error, 0, sizeof error);
	assert_int_equal(md_json_parse(&arena, md_str_z(text), &json, &e), 0);
	assert_int_equal(md_query_parse(&cx, json, &q), 0);
	assert_non_null(q);
	return q;
}

static const char *tree_of(const char *text)
{
	struct md_buf b = { .arena = &arena };
	md_query_dump(&b, parse_text(text), NULL, NULL);
	md_buf_char(&b, 0);
	assert_int_equal(error.problems.n, 0);
	return b.p;
}

/* every problem as "CODE pointer\n" */
static const char *problems_of(const char *text)
{
	struct md_buf b = { .arena = &arena };
	parse_text(text);
	for (uint32_t i = 0; i < error.problems.n; i++)
		md_buf_fmt(&b, "%s%s %.*s", i ? "\n" : "", md_code_name(error.problems.v[i].code),
		           MD_FMT(error.problems.v[i].pointer));
	md_buf_char(&b, 0);
	return b.p;
}

static const struct md_details *details(uint32_t i)
{
	assert_true(i < error.problems.n);
	return &error.problems.v[i].details;
}

/* One of a problem's details as C text, such as DETAIL(0, expected). */
#define DETAIL(i, member) md_str_dup(&arena, details(i)->member).p

static const char *message(uint32_t i)
{
	assert_true(i < error.problems.n);
	return md_str_dup(&arena, error.problems.v[i].message).p;
}

#define TREE(text, want) assert_string_equal(tree_of(text), (want))
#define WRONG(text, want) assert_string_equal(problems_of(text), (want))
#define HAS(text, part) assert_non_null(strstr((text), (part)))

static void parses_every_part_of_a_definition(void **state)
{
	(void)state;
	TREE("{\"from\":\"orders\"}", "from orders\n");
	TREE("{\"limit\":10,\"offset\":5,\"columns\":[\"id\",\"total\"],\"from\":\"orders\"}", "from orders\ncolumns "
		"id total\nlimit 10\noffset 5\n");
	TREE("{\"from\":\"o\",\"filters\":[{\"column\":\"a\",\"operator\":\"=\",\"value\":1},"
	     "{\"logic\":\"or\",\"not\":true,\"conditions\":[{\"table\":\"t\",\"column\":\"b\","
	     "\"operator\":\"isNull\"},"
	     "{\"logic\":\"and\",\"conditions\":[{\"column\":\"c\",\"operator\":\"in\",\"value\":[1,2]}]}]}]}",
	     "from o\nfilter a = 1\nfilter not or(t.b isNull; and(c in [1,2]))\n");
	TREE("{\"from\":\"o\",\"joins\":[{\"table\":\"c\"},{\"table\":\"c\",\"as\":\"d\",\"via\":\"v\","
	     "\"parent\":\"o\",\"reverse\":true,"
	     "\"type\":\"inner\",\"columns\":[],\"filters\":[{\"column\":\"x\",\"operator\":\">\",\"value\":0}],"
	     "\"on\":[{\"column\":\"y\",\"operator\":\"<\",\"value\":0}]}]}",
	     "from o\njoin left c\njoin inner c as d parent o via v reverse\n columns\n filter x > 0\n on y < 0\n");
	TREE("{\"from\":\"o\",\"orderBy\":[{\"column\":\"a\",\"direction\":\"asc\"},{\"column\":\"b\",\"table\":\"t\","
	     "\"direction\":\"desc\","
	     "\"nulls\":\"first\"},{\"column\":\"c\",\"direction\":\"desc\",\"nulls\":\"last\"}]}",
	     "from o\norder a asc\norder t.b desc nulls first\norder c desc nulls last\n");
	TREE("{\"from\":\"o\",\"byIds\":[1,\"x\",{\"a\":1}],\"freshness\":\"seconds\",\"executeMode\":\"sql-only\","
	     "\"prefer\":[\"replica\",\"trino\"],"
	     "\"avoid\":[\"cache\"],\"debug\":true,\"numbers\":\"string\",\"timeoutMs\":500}",
	     "from o\nids 1 \"x\" {\"a\":1}\nfreshness seconds 60000\nprefer replica trino\navoid cache\nmode "
	     "sql-only\ndebug\nnumbers string\ntimeout 500\n");
	TREE("{\"from\":\"o\",\"freshness\":{\"maxLagMs\":0},\"executeMode\":\"count\"}", "from o\nfreshness 0\nmode "
		"count\n");
	TREE("{\"from\":\"o\",\"limit\":0,\"filters\":[],\"joins\":[],\"orderBy\":[],\"prefer\":[],"
	     "\"executeMode\":\"execute\",\"numbers\":\"literal\"}",
	     "from o\nlimit 0\n");
	TREE("{\"from\":\"o\",\"limit\":9223372036854775807}", "from o\nlimit 9223372036854775807\n");
}

static void refuses_wrong_top_level_values(void **state)
{
	(void)state;
	WRONG("{}", "INVALID_VALUE ");
	HAS(message(0), "from is missing");
	WRONG("{\"from\":1}", "INVALID_VALUE /from");
	assert_string_equal(DETAIL(0, expected), "a string");
	assert_string_equal(DETAIL(0, actual), "1");
	WRONG("{\"from\":\"o\",\"columns\":\"id\"}", "INVALID_VALUE /columns");
	WRONG("{\"from\":\"o\",\"columns\":[\"id\",3,null]}", "INVALID_VALUE /columns/1\nINVALID_VALUE /columns/2");
	WRONG("{\"from\":\"o\",\"columns\":[]}", "INVALID_AGGREGATION /columns");
	WRONG("{\"from\":\"o\",\"columns\":[],\"aggregations\":[]}", "INVALID_AGGREGATION /aggregations");
	WRONG("{\"from\":\"o\",\"freshness\":\"second\"}", "INVALID_VALUE /freshness");
	assert_string_equal(DETAIL(0, suggestion), "seconds");
	assert_string_equal(DETAIL(0, expected), "realtime, seconds, minutes or hours");
	WRONG("{\"from\":\"o\",\"freshness\":5}", "INVALID_VALUE /freshness");
	WRONG("{\"from\":\"o\",\"freshness\":{}}", "INVALID_VALUE /freshness");
	WRONG("{\"from\":\"o\",\"freshness\":{\"maxLagMs\":-1}}", "INVALID_VALUE /freshness/maxLagMs");
	WRONG("{\"from\":\"o\",\"freshness\":{\"maxLag\":1}}", "UNKNOWN_KEY /freshness/maxLag");
	assert_string_equal(DETAIL(0, suggestion), "maxLagMs");
	WRONG("{\"from\":\"o\",\"executeMode\":\"run\"}", "INVALID_VALUE /executeMode");
	WRONG("{\"from\":\"o\",\"prefer\":\"cache\",\"avoid\":[\"cache\",\"redis\",1]}", "INVALID_VALUE "
		"/prefer\nINVALID_VALUE /avoid/1\nINVALID_VALUE /avoid/2");
	WRONG("{\"from\":\"o\",\"debug\":1,\"numbers\":\"float\",\"timeoutMs\":0}", "INVALID_VALUE "
		"/debug\nINVALID_VALUE /numbers\nINVALID_VALUE /timeoutMs");
}

static void refuses_what_is_no_object(void **state)
{
	(void)state;
	static const char *const texts[] = { "[]", "null", "1", "\"x\"" };
	for (size_t i = 0; i < 4; i++) {
		const struct md_json *json;
		struct md_json_error e;
		const struct md_query *q;
		setup(NULL);
		assert_int_equal(md_json_parse(&arena, md_str_z(texts[i]), &json, &e), 0);
		assert_int_equal(md_query_parse(&cx, json, &q), -1);
		assert_int_equal(error.code, MD_INVALID_BODY);
	}
}

static void suggests_a_key_for_an_unknown_one(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"colums\":[]}", "UNKNOWN_KEY /colums");
	assert_string_equal(DETAIL(0, suggestion), "columns");
	HAS(message(0), "did you mean 'columns'");
	assert_string_equal(DETAIL(0, expected), "from, columns, filters, limit, orderBy, joins, byIds, offset, "
	                                         "executeMode, aggregations, page, "
	                                         "freshness, prefer, avoid, debug, numbers, timeoutMs, distinct, "
	                                         "groupBy, having, allowFanOut");
	assert_string_equal(DETAIL(0, actual), "colums");
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":\"c\",\"operator\":\"=\",\"value\":1,\"via\":\"x\"}]}",
	      "UNKNOWN_KEY /filters/0/via");
	assert_string_equal(DETAIL(0, expected), "column, operator, value, table");
	WRONG("{\"form\":\"o\"}", "UNKNOWN_KEY /form"); /* from is not also called missing */
	WRONG("{\"from\":\"o\",\"zebra\":1,\"\":2,\"a/b~c\":3}", "UNKNOWN_KEY /zebra\nUNKNOWN_KEY /\nUNKNOWN_KEY "
		"/a~1b~0c");
	WRONG("{\"from\":\"o\",\"from\":\"p\"}", "UNKNOWN_KEY /from");
	HAS(message(0), "given twice");
	assert_true(md_str_eqz(parse_text("{\"from\":\"o\",\"from\":\"p\"}")->from, "o"));
	WRONG("{\"from\":\"o\",\"joins\":[{\"table\":\"c\",\"typ\":\"left\"}]}", "UNKNOWN_KEY /joins/0/typ");
	WRONG("{\"from\":\"o\",\"orderBy\":[{\"column\":\"c\",\"dir\":\"asc\"}]}", "UNKNOWN_KEY /orderBy/0/dir");
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":\"c\",\"op\":\"=\",\"value\":1}]}",
	      "UNKNOWN_KEY /filters/0/op");
	assert_int_equal(error.problems.v[0].filter_index, 0);
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":\"c\",\"operator\":\"=\",\"value\":1,\"value\":2}]}",
	      "UNKNOWN_KEY /filters/0/value");
	WRONG("{\"from\":\"o\",\"filters\":[{\"logic\":\"and\",\"column\":\"x\",\"conditions\":[{\"column\":\"c\","
	      "\"operator\":\"=\",\"value\":1}]}]}",
	      "UNKNOWN_KEY /filters/0/column");
}

static void lists_only_the_keys_that_having_takes(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\"}],"
	      "\"having\":[{\"colum\":\"n\",\"operator\":\">\",\"value\":1}]}",
	      "INVALID_HAVING /having/0/colum");
	assert_string_equal(DETAIL(0, expected), "column, operator, value, logic, conditions, not");
	WRONG("{\"from\":\"o\",\"filters\":[{\"colum\":\"n\",\"operator\":\">\",\"value\":1}]}",
	      "UNKNOWN_KEY /filters/0/colum");
	assert_string_equal(DETAIL(0, expected), "column, operator, value, table, logic, conditions, not, refColumn, "
	                                         "refTable, exists, via, reverse, parent, filters, count");
}

static void parses_groups_and_refuses_wrong_ones(void **state)
{
	(void)state;
	TREE("{\"from\":\"o\",\"groupBy\":[{\"column\":\"day\",\"bucket\":\"week\",\"as\":\"the week\"},"
	     "{\"table\":\"c\",\"column\":\"name\"}],"
	       "\"aggregations\":[{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"n\"},{\"fn\":\"sum\","
	       "\"column\":\"total\",\"table\":\"c\",\"alias\":\"\u00e9; --\"}],"
	       "\"having\":[{\"column\":\"n\",\"operator\":\">\",\"value\":1}],\"distinct\":true,\"allowFanOut\":true}",
	       "from o\ndistinct\ngroup week of day as the week\ngroup c.name\naggregation count of * as "
	       "n\naggregation sum of c.total as \u00e9; --\n"
	       "having n > 1\nfan-out allowed\n");
	TREE("{\"from\":\"o\",\"having\":[],\"distinct\":false}", "from o\n");
	WRONG("{\"from\":\"o\",\"groupBy\":[]}", "INVALID_GROUP_BY /groupBy");
	WRONG("{\"from\":\"o\",\"groupBy\":{}}", "INVALID_GROUP_BY /groupBy");
	WRONG("{\"from\":\"o\",\"groupBy\":[\"a\",{},{\"column\":1,\"table\":2,\"bucket\":\"months\",\"as\":\"\"}]}",
	      "INVALID_GROUP_BY /groupBy/0\nINVALID_GROUP_BY /groupBy/1\nINVALID_GROUP_BY "
	      "/groupBy/2/column\nINVALID_GROUP_BY /groupBy/2/table\n"
	      "INVALID_GROUP_BY /groupBy/2/bucket\nINVALID_GROUP_BY /groupBy/2/as");
	assert_string_equal(DETAIL(4, suggestion), "month");
	WRONG("{\"from\":\"o\",\"groupBy\":[{\"colum\":\"a\"}]}", "UNKNOWN_KEY /groupBy/0/colum");
	WRONG("{\"from\":\"o\",\"distinct\":0,\"allowFanOut\":\"yes\"}", "INVALID_VALUE /distinct\nINVALID_VALUE "
		"/allowFanOut");
}

#define LONG16 "0123456789abcdef"
#define LONG128 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16

static void refuses_wrong_aggregations(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"aggregations\":7}", "INVALID_AGGREGATION /aggregations");
	WRONG("{\"from\":\"o\",\"aggregations\":[1,{},{\"fn\":\"total\",\"column\":null,\"table\":0,\"alias\":[]}]}",
	      "INVALID_AGGREGATION /aggregations/0\nINVALID_AGGREGATION /aggregations/1\nINVALID_AGGREGATION "
	      "/aggregations/1\nINVALID_AGGREGATION /aggregations/1\n"
	      "INVALID_AGGREGATION /aggregations/2/fn\nINVALID_AGGREGATION /aggregations/2/column\nINVALID_AGGREGATION "
	      "/aggregations/2/table\n"
	      "INVALID_AGGREGATION /aggregations/2/alias");
	assert_string_equal(DETAIL(4, fn), "total");
	WRONG("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"sum\",\"column\":\"a\",\"aliass\":\"b\"}]}",
	      "UNKNOWN_KEY /aggregations/0/aliass");
	TREE("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"max\",\"column\":\"a\",\"alias\":\"" LONG128 "\"}]}",
	     "from o\naggregation max of a as " LONG128 "\n");
	WRONG("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"max\",\"column\":\"a\",\"alias\":\"" LONG128 "0\"}]}",
	      "INVALID_AGGREGATION /aggregations/0/alias");
	WRONG("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"max\",\"column\":\"a\",\"alias\":\"a\\u0000\"}]}",
	      "INVALID_AGGREGATION /aggregations/0/alias");
	WRONG("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"max\",\"column\":\"a\",\"alias\":\"a\\u007f\"}]}",
	      "INVALID_AGGREGATION /aggregations/0/alias");
	WRONG("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"max\",\"column\":\"a\",\"alias\":\"a\\u0085\"}]}",
	      "INVALID_AGGREGATION /aggregations/0/alias");
	TREE("{\"from\":\"o\",\"aggregations\":[{\"fn\":\"max\",\"column\":\"a\",\"alias\":\"\\u00a0\"}]}",
	     "from o\naggregation max of a as \u00a0\n");
	meta.limits.columns = 1;
	WRONG("{\"from\":\"o\",\"aggregations\":[1,2],\"groupBy\":[1,2]}", "LIMIT_EXCEEDED "
		"/aggregations\nLIMIT_EXCEEDED /groupBy");
}

/* Everything wrong inside is INVALID_HAVING, and points nowhere into filters. */
static void refuses_wrong_having_conditions(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"having\":1}", "INVALID_HAVING /having");
	WRONG("{\"from\":\"o\",\"having\":[1,{},{\"logic\":\"xor\",\"conditions\":[]},{\"colum\":\"n\"}]}",
	      "INVALID_HAVING /having/0\nINVALID_HAVING /having/1\nINVALID_HAVING /having/2/logic\nINVALID_HAVING "
	      "/having/2/conditions\nINVALID_HAVING /having/3/colum");
	for (uint32_t i = 0; i < error.problems.n; i++)
		assert_int_equal(error.problems.v[i].filter_index, -1);
	meta.limits.filter_nodes = 2;
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":\"a\",\"operator\":\"isNull\"}],\"having\":[{\"column\":\"n\","
	      "\"operator\":\"isNull\"},"
	      "{\"column\":\"n\",\"operator\":\"isNull\"}]}", "LIMIT_EXCEEDED /having/1");
}

static void refuses_wrong_pages_and_options(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"page\":{\"first\":0,\"after\":1,\"last\":2}}", "INVALID_PAGE "
		"/page/first\nINVALID_PAGE /page/after\nUNKNOWN_KEY /page/last");
	WRONG("{\"from\":\"o\",\"page\":{\"first\":1.5}}", "INVALID_PAGE /page/first");
	WRONG("{\"from\":\"o\",\"page\":{\"first\":\"1\",\"after\":\"\"}}", "INVALID_PAGE /page/first\nINVALID_PAGE "
		"/page/after");
	WRONG("{\"from\":\"o\",\"page\":{\"after\":\"x\"}}", "INVALID_PAGE /page");
	WRONG("{\"from\":\"o\",\"page\":null}", "INVALID_PAGE /page");
}

static void refuses_wrong_limits_and_ids(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"limit\":-1}", "INVALID_LIMIT /limit");
	WRONG("{\"from\":\"o\",\"limit\":1.5}", "INVALID_LIMIT /limit");
	WRONG("{\"from\":\"o\",\"limit\":\"5\"}", "INVALID_LIMIT /limit");
	WRONG("{\"from\":\"o\",\"limit\":9223372036854775808}", "INVALID_LIMIT /limit");
	WRONG("{\"from\":\"o\",\"limit\":null,\"offset\":true}", "INVALID_LIMIT /limit\nINVALID_LIMIT /offset");
	WRONG("{\"from\":\"o\",\"offset\":0}", "INVALID_LIMIT /offset");
	assert_int_equal(parse_text("{\"from\":\"o\",\"limit\":1.0}")->limit, 1);
	WRONG("{\"from\":\"o\",\"byIds\":[]}", "INVALID_BY_IDS /byIds");
	WRONG("{\"from\":\"o\",\"byIds\":5}", "INVALID_BY_IDS /byIds");
}

static void refuses_wrong_orders(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"orderBy\":{}}", "INVALID_ORDER_BY /orderBy");
	WRONG("{\"from\":\"o\",\"orderBy\":[\"a\",{}]}", "INVALID_ORDER_BY /orderBy/0\nINVALID_ORDER_BY /orderBy/1");
	/* asc may be left out */
	assert_false(parse_text("{\"from\":\"o\",\"orderBy\":[{\"column\":\"a\"}]}")->order[0].desc);
	WRONG("{\"from\":\"o\",\"orderBy\":[{\"column\":1,\"table\":2,\"direction\":\"up\",\"nulls\":\"top\"}]}",
	      "INVALID_ORDER_BY /orderBy/0/column\nINVALID_ORDER_BY /orderBy/0/table\nINVALID_ORDER_BY "
	      "/orderBy/0/direction\nINVALID_ORDER_BY /orderBy/0/nulls");
	assert_string_equal(DETAIL(2, direction), "up");
}

static void refuses_wrong_joins(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"joins\":\"c\"}", "INVALID_JOIN /joins");
	WRONG("{\"from\":\"o\",\"joins\":[\"c\",{}]}", "INVALID_JOIN /joins/0\nINVALID_JOIN /joins/1");
	WRONG("{\"from\":\"o\",\"joins\":[{\"table\":1,\"as\":2,\"via\":3,\"parent\":4,\"reverse\":5,\"type\":\"full\","
	      "\"columns\":6,\"filters\":7,\"on\":8}]}",
	      "INVALID_JOIN /joins/0/table\nINVALID_JOIN /joins/0/as\nINVALID_JOIN /joins/0/via\nINVALID_JOIN "
	      "/joins/0/parent\nINVALID_JOIN /joins/0/reverse\n"
	      "INVALID_JOIN /joins/0/type\nINVALID_VALUE /joins/0/columns\nINVALID_FILTER "
	      "/joins/0/filters\nINVALID_FILTER /joins/0/on");
	WRONG("{\"from\":\"o\",\"joins\":[{\"table\":\"c\",\"as\":\"Big\"},{\"table\":\"c\",\"as\":\"a.b\"},"
	      "{\"table\":\"c\",\"as\":\"\"}]}",
	      "INVALID_JOIN /joins/0/as\nINVALID_JOIN /joins/1/as\nINVALID_JOIN /joins/2/as");
	assert_string_equal(DETAIL(1, alias), "a.b");
}

static void refuses_wrong_filters(void **state)
{
	(void)state;
	WRONG("{\"from\":\"o\",\"filters\":{}}", "INVALID_FILTER /filters");
	WRONG("{\"from\":\"o\",\"filters\":[1,{}]}", "INVALID_FILTER /filters/0\nINVALID_FILTER /filters/1");
	assert_int_equal(error.problems.v[1].filter_index, 1);
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":\"a\"},{\"operator\":\"=\",\"value\":1},{\"value\":1}]}",
	      "INVALID_FILTER /filters/0\nINVALID_FILTER /filters/1\nINVALID_FILTER /filters/2\nINVALID_FILTER "
	      "/filters/2");
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":1,\"operator\":2,\"table\":3}]}",
	      "INVALID_FILTER /filters/0/column\nINVALID_FILTER /filters/0/operator\nINVALID_FILTER /filters/0/table");
	WRONG("{\"from\":\"o\",\"filters\":[{\"logic\":\"xor\",\"conditions\":[]},{\"logic\":\"and\"},"
	      "{\"conditions\":3},"
	      "{\"logic\":\"and\",\"not\":0,\"conditions\":[{}]}]}",
	      "INVALID_FILTER /filters/0/logic\nINVALID_FILTER /filters/0/conditions\nINVALID_FILTER "
	      "/filters/1\nINVALID_FILTER /filters/2/conditions\n"
	      "INVALID_FILTER /filters/2\nINVALID_FILTER /filters/3/not\nINVALID_FILTER /filters/3/conditions/0");
	assert_string_equal(DETAIL(0, logic), "xor");
	assert_int_equal(error.problems.v[6].filter_index, 3);
	WRONG("{\"from\":\"o\",\"joins\":[{\"table\":\"c\",\"filters\":[{}]}]}", "INVALID_FILTER /joins/0/filters/0");
	assert_int_equal(error.problems.v[0].filter_index, -1);
}

static void repeat(struct md_buf *b, const char *part, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		md_buf_fmt(b, "%s%s", i ? "," : "", part);
}

/* {"from":"o", KEY:[part × n]} */
static const char *many(const char *head, const char *part, unsigned n, const char *tail)
{
	struct md_buf b = { .arena = &arena };
	md_buf_fmt(&b, "%s", head);
	repeat(&b, part, n);
	md_buf_fmt(&b, "%s", tail);
	md_buf_char(&b, 0);
	return b.p;
}

static void takes_as_many_parts_as_the_limits_allow(void **state)
{
	(void)state;
	static const struct {
		const char *head, *part;
		unsigned most;
		const char *limit, *pointer;
	} lists[] = {
		{ "{\"from\":\"o\",\"columns\":[", "\"a\"", 256, "columns", "/columns" },
		{ "{\"from\":\"o\",\"joins\":[", "{\"table\":\"c\"}", 8, "joins", "/joins" },
		{ "{\"from\":\"o\",\"byIds\":[", "1", 10000, "ids", "/byIds" },
		{ "{\"from\":\"o\",\"orderBy\":[", "{\"column\":\"a\",\"direction\":\"asc\"}", 256, "columns",
		  "/orderBy" },
		{ "{\"from\":\"o\",\"filters\":[", "{\"column\":\"a\",\"operator\":\"isNull\"}", 256, "filterNodes",
		  "/filters/256" },
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		parse_text(many(lists[i].head, lists[i].part, lists[i].most, "]}"));
		assert_int_equal(error.problems.n, 0);
		parse_text(many(lists[i].head, lists[i].part, lists[i].most + 1, "]}"));
		assert_int_equal(error.problems.n, 1);
		assert_int_equal(error.problems.v[0].code, MD_LIMIT_EXCEEDED);
		assert_true(md_str_eqz(error.problems.v[0].pointer, lists[i].pointer));
		HAS(message(0), lists[i].limit);
		HAS(message(0), md_str_fmt(&arena, "at most %u, got %u", lists[i].most, lists[i].most + 1).p);
		assert_string_equal(DETAIL(0, actual), md_str_fmt(&arena, "%u", lists[i].most + 1).p);
	}
}

/* Nodes of all filters count together, a group and its parts too. */
static void counts_the_nodes_of_all_filters_together(void **state)
{
	(void)state;
	const char *head = "{\"from\":\"o\",\"filters\":[{\"column\":\"a\",\"operator\":\"isNull\"}],"
	                   "\"joins\":[{\"table\":\"c\",\"filters\":[{\"logic\":\"or\",\"conditions\":[";
	parse_text(many(head, "{\"column\":\"a\",\"operator\":\"isNull\"}", 254, "]}]}]}"));
	assert_int_equal(error.problems.n, 0);
	WRONG(many(head, "{\"column\":\"a\",\"operator\":\"isNull\"}", 255, "]}]}]}"), "LIMIT_EXCEEDED "
		"/joins/0/filters/0/conditions/254");
	parse_text(many("{\"from\":\"o\",\"columns\":[\"a\"],\"joins\":[{\"table\":\"c\",\"columns\":[", "\"a\"", 256,
	           "]}]}"));
	assert_int_equal(error.problems.n, 1);
	assert_true(md_str_eqz(error.problems.v[0].pointer, "/joins/0/columns"));
}

static const char *nested(unsigned groups)
{
	struct md_buf b = { .arena = &arena };
	md_buf_fmt(&b, "{\"from\":\"o\",\"filters\":[");
	for (unsigned i = 0; i < groups; i++)
		md_buf_fmt(&b, "{\"logic\":\"and\",\"conditions\":[");
	md_buf_fmt(&b, "{\"column\":\"a\",\"operator\":\"in\",\"value\":[1]}");
	for (unsigned i = 0; i < groups; i++)
		md_buf_fmt(&b, "]}");
	md_buf_fmt(&b, "]}");
	md_buf_char(&b, 0);
	return b.p;
}

/* A group adds two to the depth; the leaf stands at 3 and its list at 4. */
static void refuses_nesting_beyond_the_limit(void **state)
{
	(void)state;
	parse_text(nested(14)); /* leaf at 31, list at 32 */
	assert_int_equal(error.problems.n, 0);
	parse_text(nested(15)); /* leaf at 33 */
	assert_int_equal(error.problems.n, 1);
	assert_int_equal(error.problems.v[0].code, MD_LIMIT_EXCEEDED);
	HAS(message(0), "limit jsonDepth exceeded: at most 32, got 33");
	parse_text(nested(5000));
	assert_int_equal(error.problems.n, 1);
	assert_int_equal(error.problems.v[0].code, MD_LIMIT_EXCEEDED);
	meta.limits.json_depth = 3;
	WRONG("{\"from\":\"o\",\"filters\":[{\"column\":\"a\",\"operator\":\"in\",\"value\":[1]}]}",
	      "LIMIT_EXCEEDED /filters/0/value");
}

static void reports_all_problems_at_once(void **state)
{
	(void)state;
	WRONG("{\"form\":\"o\",\"columns\":[1],\"limit\":-1,\"byIds\":[],\"distinct\":1,\"filters\":[{}],"
	      "\"joins\":[{}],\"orderBy\":[{}]}",
	      "UNKNOWN_KEY /form\nINVALID_VALUE /columns/0\nINVALID_LIMIT /limit\nINVALID_BY_IDS /byIds\nINVALID_VALUE "
	      "/distinct\nINVALID_FILTER /filters/0\n"
	      "INVALID_JOIN /joins/0\nINVALID_ORDER_BY /orderBy/0");
}

static void finds_every_operator_by_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MD_OPS; i++) {
		assert_int_equal(md_operators[i].id, i);
		assert_ptr_equal(md_operator_find(md_str_z(md_operators[i].name)), &md_operators[i]);
	}
	assert_int_equal(md_operator_find(MD_STR("is_null"))->id, MD_OP_IS_NULL);
	assert_int_equal(md_operator_find(MD_STR("is_not_null"))->id, MD_OP_IS_NOT_NULL);
	assert_null(md_operator_find(MD_STR("IN")));
	assert_null(md_operator_find(MD_STR("==")));
	assert_null(md_operator_find(MD_STR("")));
	assert_null(md_operator_find(MD_NOSTR));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(parses_every_part_of_a_definition, setup),
		cmocka_unit_test_setup(refuses_wrong_top_level_values, setup),
		cmocka_unit_test_setup(refuses_what_is_no_object, setup),
		cmocka_unit_test_setup(suggests_a_key_for_an_unknown_one, setup),
		cmocka_unit_test_setup(lists_only_the_keys_that_having_takes, setup),
		cmocka_unit_test_setup(parses_groups_and_refuses_wrong_ones, setup),
		cmocka_unit_test_setup(refuses_wrong_aggregations, setup),
		cmocka_unit_test_setup(refuses_wrong_having_conditions, setup),
		cmocka_unit_test_setup(refuses_wrong_pages_and_options, setup),
		cmocka_unit_test_setup(refuses_wrong_limits_and_ids, setup),
		cmocka_unit_test_setup(refuses_wrong_orders, setup),
		cmocka_unit_test_setup(refuses_wrong_joins, setup),
		cmocka_unit_test_setup(refuses_wrong_filters, setup),
		cmocka_unit_test_setup(takes_as_many_parts_as_the_limits_allow, setup),
		cmocka_unit_test_setup(counts_the_nodes_of_all_filters_together, setup),
		cmocka_unit_test_setup(refuses_nesting_beyond_the_limit, setup),
		cmocka_unit_test_setup(reports_all_problems_at_once, setup),
		cmocka_unit_test_setup(finds_every_operator_by_name, setup),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
