/* A configuration made for validation tests, and a way to ask: definition and role in, problems or
 * the resolved tree out. */
#ifndef MD_TESTS_VALIDATION_FIXTURE_H
#define MD_TESTS_VALIDATION_FIXTURE_H

#include "world.h"

#define COL(name, type) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "_p\",\"type\":\"" type "\",\"nullable\":false}"
#define NUL(name, type) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "_p\",\"type\":\"" type "\",\"nullable\":true}"
#define IDX(name, type) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "_p\",\"type\":\"" type \
	"\",\"nullable\":false,\"indexed\":true}"
#define REL(column, table, name) \
	"{\"column\":\"" column "\",\"references\":{\"table\":\"" table \
	"\",\"column\":\"id\"},\"type\":\"many-to-one\",\"name\":\"" name "\"}"
#define TABLE(id, columns, key, relations) \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"pg\",\"physicalName\":\"public." id \
	"\",\"columns\":[" columns \
	"],\"primaryKey\":[" key "],\"relations\":[" relations "]}"

#define TABLES \
	TABLE("orders", \
	      IDX("id", "uuid") "," COL("customerId", "int") "," COL("total", "decimal") "," IDX("status", "string") \
	      "," NUL("note", "string") "," \
	      COL("createdAt", "timestamp") "," NUL("billTo", "int") "," NUL("shipTo", "int"), \
	      "\"id\"", REL("customerId", "customers", "customer") "," REL("billTo", "addresses", "billing") "," \
	      REL("shipTo", "addresses", "shipping")) \
	"," TABLE("customers", \
	          IDX("id", "int") "," COL("name", "string") "," NUL("parentId", "int") "," COL("salary", \
	          	"decimal"), "\"id\"", \
	          REL("parentId", "customers", "boss")) \
	"," TABLE("addresses", IDX("id", "int") "," COL("city", "string") "," COL("regionId", "int"), "\"id\"", \
	          REL("regionId", "regions", "region")) \
	"," TABLE("regions", IDX("id", "int") "," COL("name", "string"), "\"id\"", "") \
	"," TABLE("items", IDX("orderId", "uuid") "," IDX("line", "int") "," COL("amount", "decimal"), \
	          "\"orderId\",\"line\"", REL("orderId", "orders", "order")) \
	"," TABLE("logs", COL("text", "string"), "", "") \
	"," TABLE("secrets", IDX("id", "int") "," COL("word", "string"), "\"id\"", "") \
	"," TABLE("kinds", \
	          IDX("id", "int") "," COL("aString", "string") "," COL("aInt", "int") "," COL("aBigint", "bigint") \
	          "," COL("aFloat", "float") "," \
	          COL("aDecimal", "decimal") "," COL("aBoolean", "boolean") "," COL("aUuid", "uuid") "," \
	          COL("aDate", "date") "," \
	          COL("aTimestamp", "timestamp") "," COL("aJson", "json") "," COL("aBytes", "bytes") "," \
	          COL("aList", "string[]") "," \
	          NUL("nString", "string") "," NUL("nJson", "json") "," NUL("nList", "int[]"), "\"id\"", "")

#define ROLES \
	"{\"id\":\"admin\",\"tables\":\"*\"}," \
	"{\"id\":\"clerk\",\"tables\":[{\"tableId\":\"orders\",\"allowedColumns\":[\"id\",\"total\",\"status\"," \
	"\"createdAt\"]}," \
	"{\"tableId\":\"customers\",\"allowedColumns\":[\"id\",\"name\"]},{\"tableId\":\"addresses\"," \
	"\"allowedColumns\":\"*\"}," \
	"{\"tableId\":\"items\",\"allowedColumns\":[\"amount\"]},{\"tableId\":\"regions\",\"allowedColumns\":[]}]}," \
	"{\"id\":\"dim\",\"tables\":[{\"tableId\":\"orders\",\"allowedColumns\":\"*\",\"maskedColumns\":[\"id\"," \
	"\"total\"]}]}," \
	"{\"id\":\"west\",\"tables\":[{\"tableId\":\"customers\",\"allowedColumns\":[\"id\",\"name\",\"salary\"]," \
	"\"filters\":[{\"column\":\"name\",\"operator\":\"=\",\"valueFrom\":\"context\",\"contextKey\":\"me\"}]}]}"

#define CONFIG "{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\"}],\"tables\":[" TABLES "],\"roles\":[" ROLES "]}"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_open(&w, CONFIG);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/* Parses and validates for the role(s): "clerk", or several separated by commas. */
static inline void validate_text(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &w.arena };
	md_buf_fmt(&b, "{\"roles\":{\"user\":[");
	for (const char *p = role; *p;) {
		size_t n = strcspn(p, ",");
		md_buf_fmt(&b, "%s\"%.*s\"", p == role ? "" : ",", (int)n, p);
		p += n + (p[n] == ',');
	}
	md_buf_lit(&b, "]},\"contextValues\":{\"me\":\"x\"}}");
	md_buf_char(&b, 0);
	world_begin(&w);
	world_validate(&w, definition, b.p);
}

/* Every problem as "CODE pointer", one a line. */
static inline const char *problems_of(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &w.arena };
	validate_text(role, definition);
	for (uint32_t i = 0; i < w.err.problems.n; i++)
		md_buf_fmt(&b, "%s%s %.*s", i ? "\n" : "", md_code_name(w.err.problems.v[i].code),
		           MD_FMT(w.err.problems.v[i].pointer));
	md_buf_char(&b, 0);
	return b.p;
}

static inline const char *bound_tree(const char *role, const char *definition)
{
	struct md_buf b = { .arena = &w.arena };
	validate_text(role, definition);
	print_problems(&w.err);
	assert_int_equal(w.err.problems.n, 0);
	md_bound_dump(&b, w.query, w.bound);
	md_buf_char(&b, 0);
	return b.p;
}

static inline const struct md_details *details(uint32_t i)
{
	assert_true(i < w.err.problems.n);
	return &w.err.problems.v[i].details;
}

/* One of a problem's details as C text, such as DETAIL(0, expected). */
#define DETAIL(i, member) md_str_dup(&w.arena, details(i)->member).p

static inline const char *message(uint32_t i)
{
	assert_true(i < w.err.problems.n);
	return md_str_dup(&w.arena, w.err.problems.v[i].message).p;
}

/* The columns that a table reference uses: "id status". */
static inline const char *used(uint32_t ref)
{
	struct md_buf b = { .arena = &w.arena };
	const struct md_table *t = w.bound->refs[ref].table;
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (md_bit(w.bound->refs[ref].used, i))
			md_buf_fmt(&b, "%s%.*s", b.n ? " " : "", MD_FMT(t->columns[i].api_name));
	md_buf_char(&b, 0);
	return b.p;
}

#define OK(role, definition) assert_string_equal(problems_of((role), (definition)), "")
#define WRONG(role, definition, want) assert_string_equal(problems_of((role), (definition)), (want))
#define HAS(text, part) assert_non_null(strstr((text), (part)))
#define HAS_NOT(text, part) assert_null(strstr((text), (part)))

#endif
