/* A configuration made for validation tests, and a way to ask: definition and role in, problems or the resolved tree out. */
#ifndef MD_TESTS_VALIDATION_FIXTURE_H
#define MD_TESTS_VALIDATION_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace/trace.h"
#include "validation/validate.h"

#define COL(name, type) "{\"apiName\":\"" name "\",\"physicalName\":\"" name "_p\",\"type\":\"" type "\",\"nullable\":false}"
#define NUL(name, type) "{\"apiName\":\"" name "\",\"physicalName\":\"" name "_p\",\"type\":\"" type "\",\"nullable\":true}"
#define IDX(name, type) "{\"apiName\":\"" name "\",\"physicalName\":\"" name "_p\",\"type\":\"" type "\",\"nullable\":false,\"indexed\":true}"
#define REL(column, table, name) \
	"{\"column\":\"" column "\",\"references\":{\"table\":\"" table "\",\"column\":\"id\"},\"type\":\"many-to-one\",\"name\":\"" name "\"}"
#define TABLE(id, columns, key, relations) \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"pg\",\"physicalName\":\"public." id "\",\"columns\":[" columns \
	"],\"primaryKey\":[" key "],\"relations\":[" relations "]}"

#define TABLES \
	TABLE("orders", \
	      IDX("id", "uuid") "," COL("customerId", "int") "," COL("total", "decimal") "," IDX("status", "string") "," NUL("note", "string") "," \
	      COL("createdAt", "timestamp") "," NUL("billTo", "int") "," NUL("shipTo", "int"), \
	      "\"id\"", REL("customerId", "customers", "customer") "," REL("billTo", "addresses", "billing") "," REL("shipTo", "addresses", "shipping")) \
	"," TABLE("customers", IDX("id", "int") "," COL("name", "string") "," NUL("parentId", "int") "," COL("salary", "decimal"), "\"id\"", \
	          REL("parentId", "customers", "boss")) \
	"," TABLE("addresses", IDX("id", "int") "," COL("city", "string") "," COL("regionId", "int"), "\"id\"", REL("regionId", "regions", "region")) \
	"," TABLE("regions", IDX("id", "int") "," COL("name", "string"), "\"id\"", "") \
	"," TABLE("items", IDX("orderId", "uuid") "," IDX("line", "int") "," COL("amount", "decimal"), "\"orderId\",\"line\"", REL("orderId", "orders", "order")) \
	"," TABLE("logs", COL("text", "string"), "", "") \
	"," TABLE("secrets", IDX("id", "int") "," COL("word", "string"), "\"id\"", "") \
	"," TABLE("kinds", \
	          IDX("id", "int") "," COL("aString", "string") "," COL("aInt", "int") "," COL("aBigint", "bigint") "," COL("aFloat", "float") "," \
	          COL("aDecimal", "decimal") "," COL("aBoolean", "boolean") "," COL("aUuid", "uuid") "," COL("aDate", "date") "," \
	          COL("aTimestamp", "timestamp") "," COL("aJson", "json") "," COL("aBytes", "bytes") "," COL("aList", "string[]") "," \
	          NUL("nString", "string") "," NUL("nJson", "json") "," NUL("nList", "int[]"), "\"id\"", "")

#define ROLES \
	"{\"id\":\"admin\",\"tables\":\"*\"}," \
	"{\"id\":\"clerk\",\"tables\":[{\"tableId\":\"orders\",\"allowedColumns\":[\"id\",\"total\",\"status\",\"createdAt\"]}," \
	"{\"tableId\":\"customers\",\"allowedColumns\":[\"id\",\"name\"]},{\"tableId\":\"addresses\",\"allowedColumns\":\"*\"}," \
	"{\"tableId\":\"items\",\"allowedColumns\":[\"amount\"]},{\"tableId\":\"regions\",\"allowedColumns\":[]}]}," \
	"{\"id\":\"dim\",\"tables\":[{\"tableId\":\"orders\",\"allowedColumns\":\"*\",\"maskedColumns\":[\"id\",\"total\"]}]}," \
	"{\"id\":\"west\",\"tables\":[{\"tableId\":\"customers\",\"allowedColumns\":[\"id\",\"name\",\"salary\"]," \
	"\"filters\":[{\"column\":\"name\",\"operator\":\"=\",\"valueFrom\":\"context\",\"contextKey\":\"me\"}]}]}"

#define CONFIG "{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\"}],\"tables\":[" TABLES "],\"roles\":[" ROLES "]}"

static struct md_arena arena;
static struct md_error error;
static struct md_snapshot *meta;
static struct md_ctx cx;
static struct md_query *query;

static inline void load(const char *config)
{
	memset(&error, 0, sizeof error);
	cx = (struct md_ctx){ .arena = &arena, .err = &error };
	md_snapshot_unref(meta);
	meta = md_metadata_load(&cx, md_str_z(config), &(struct md_load_options){ 0 });
	for (uint32_t i = 0; i < error.problems.n; i++)
		print_error("%.*s %.*s\n", MD_FMT(error.problems.v[i].pointer), MD_FMT(error.problems.v[i].message));
	assert_non_null(meta);
}

static int setup(void **state)
{
	(void)state;
	md_arena_reset(&arena);
	load(CONFIG);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_snapshot_unref(meta);
	meta = NULL;
	md_arena_free(&arena);
	return 0;
}

static inline const struct md_json *json(const char *text)
{
	const struct md_json *root;
	struct md_json_error e;
	if (md_json_parse(&arena, md_str_z(text), &root, &e))
		fail_msg("test's own JSON is broken at %zu: %s", e.byte, text);
	return root;
}

/* Parses and validates for the role(s): "clerk", or several separated by commas. */
static inline void ask(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &arena };
	md_buf_fmt(&b, "{\"roles\":{\"user\":[");
	for (const char *p = role; *p;) {
		size_t n = strcspn(p, ",");
		md_buf_fmt(&b, "%s\"%.*s\"", p == role ? "" : ",", (int)n, p);
		p += n + (p[n] == ',');
	}
	md_buf_lit(&b, "]},\"contextValues\":{\"me\":\"x\"}}");
	md_buf_char(&b, 0);
	memset(&error, 0, sizeof error);
	cx = (struct md_ctx){ .arena = &arena, .err = &error, .meta = meta, .trace = md_trace_new(&arena) };
	assert_int_equal(md_access_open(&cx, json(b.p)), 0);
	assert_int_equal(md_query_parse(&cx, json(definition), &query), 0);
	assert_int_equal(md_validate(&cx, query), 0);
}

/* Every problem as "CODE pointer", one a line. */
static inline const char *problems(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &arena };
	ask(role, definition);
	for (uint32_t i = 0; i < error.problems.n; i++)
		md_buf_fmt(&b, "%s%s %.*s", i ? "\n" : "", md_code_name(error.problems.v[i].code), MD_FMT(error.problems.v[i].pointer));
	md_buf_char(&b, 0);
	return b.p;
}

static inline const char *tree(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &arena };
	ask(role, definition);
	for (uint32_t i = 0; i < error.problems.n; i++)
		print_error("%.*s %.*s\n", MD_FMT(error.problems.v[i].pointer), MD_FMT(error.problems.v[i].message));
	assert_int_equal(error.problems.n, 0);
	md_query_dump(&b, query);
	md_buf_char(&b, 0);
	return b.p;
}

static inline const struct md_details *details(uint32_t i)
{
	assert_true(i < error.problems.n);
	return &error.problems.v[i].details;
}

/* One of a problem's details as C text, such as DETAIL(0, expected). */
#define DETAIL(i, member) md_str_dup(&arena, details(i)->member).p

static inline const char *message(uint32_t i)
{
	assert_true(i < error.problems.n);
	return md_str_dup(&arena, error.problems.v[i].message).p;
}

static inline const char *log_text(void)
{
	struct md_buf b = { .arena = &arena };
	md_trace_text(&b, cx.trace, true);
	md_buf_char(&b, 0);
	return b.p;
}

/* The columns that a table reference uses: "id status". */
static inline const char *used(uint32_t ref)
{
	struct md_buf b = { .arena = &arena };
	const struct md_table *t = query->refs[ref].table;
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (md_bit(query->refs[ref].used, i))
			md_buf_fmt(&b, "%s%.*s", b.n ? " " : "", MD_FMT(t->columns[i].api_name));
	md_buf_char(&b, 0);
	return b.p;
}

#define OK(role, definition) assert_string_equal(problems((role), (definition)), "")
#define WRONG(role, definition, want) assert_string_equal(problems((role), (definition)), (want))
#define IS(got, want) assert_string_equal((got), (want))
#define HAS(text, part) assert_non_null(strstr((text), (part)))
#define HAS_NOT(text, part) assert_null(strstr((text), (part)))

#endif
