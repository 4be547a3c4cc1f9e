/* What a query does with each column: every place of a definition, of row filters and of cell
 * rules. What its type excludes then is shown by tests/golden/refusals. */
#include "planned.h"

#include "planner/private.h"

#define COLUMN(name, type, more) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "\",\"type\":\"" type "\",\"nullable\":true" more "}"
#define AS(type) ",\"databaseType\":\"" type "\""
#define FILTER(column) \
	"[{\"column\":\"" column "\",\"operator\":\"=\",\"valueFrom\":\"context\",\"contextKey\":\"" column "\"}]"

static const char config[] =
	"{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\"}],"
	"\"tables\":[{\"id\":\"shops\",\"apiName\":\"shops\",\"database\":\"pg\",\"physicalName\":\"shops\","
	"\"primaryKey\":["
	"\"id\"],\"columns\":[" COLUMN("id", "int", "") "," COLUMN("city", "string", AS("text")) "]},"
	"{\"id\":\"sales\",\"apiName\":\"sales\",\"database\":\"pg\",\"physicalName\":\"sales\","
	"\"primaryKey\":[\"id\"],"
	"\"columns\":[" COLUMN("id", "int", "") "," COLUMN("shopId", "int", "") "," COLUMN("label", "string", "") ","
	COLUMN("owner", "string", "") "," COLUMN("region", "string", "") "," COLUMN("total", "decimal", "") ","
	COLUMN("at", "timestamp", "") "," COLUMN("tags", "string[]", "") "],"
	"\"relations\":[{\"column\":\"shopId\",\"references\":{\"table\":\"shops\",\"column\":\"id\"},"
	"\"type\":\"many-to-one\"}]},"
	"{\"id\":\"plain\",\"apiName\":\"plain\",\"database\":\"pg\",\"physicalName\":\"plain\","
	"\"primaryKey\":[\"id\"],"
	"\"columns\":[" COLUMN("id", "int", "") "]}],"
	"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},"
	"{\"id\":\"owner\",\"tables\":[{\"tableId\":\"sales\",\"allowedColumns\":[\"id\",\"label\"],\"filters\":"
	FILTER("owner") "}]},"
	"{\"id\":\"total\",\"tables\":[{\"tableId\":\"sales\",\"allowedColumns\":[\"id\",\"total\"]}]},"
	"{\"id\":\"masked\",\"tables\":[{\"tableId\":\"sales\",\"allowedColumns\":[\"id\",\"label\"],"
	"\"maskedColumns\":[\"label\"]}]},"
	"{\"id\":\"owned\",\"tables\":[{\"tableId\":\"sales\",\"allowedColumns\":[\"id\",\"label\"],"
	"\"filters\":[{\"column\":\"owner\",\"operator\":\"is_not_null\"}]}]}]}";

static struct world w;

static int open_world(void **state)
{
	(void)state;
	world_open(&w, config);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static const char *const use_names[MD_REAL_USES] = {
	[MD_USED_SHOWN] = "shown",     [MD_USED_COMPARED] = "compared", [MD_USED_RANGED] = "ranged",
	[MD_USED_ORDERED] = "ordered", [MD_USED_JOINED] = "joined",     [MD_USED_GROUPED] = "grouped",
	[MD_USED_LEAST] = "least",     [MD_USED_MATCHED] = "matched",   [MD_USED_CALCULATED] = "calculated",
	[MD_USED_AT_ALL] = "",
};

static struct md_judge judge_of(struct world *world)
{
	struct md_judge j = { .cx = &world->cx, .guarded = world->guarded, .bound = world->bound,
		              .values = world->values, .max_lag_ms = INT64_MAX, .trino_enabled = true };
	j.needs = md_new_n(&world->arena, struct md_need, world->bound->n_refs);
	for (uint32_t i = 0; i < world->bound->n_refs; i++) {
		const struct md_guarded_table *g = md_guarded_at(world->guarded, i);
		const struct md_ref *r = md_guarded_ref(g);
		j.has_real_types |= r->table->has_real_types;
		if (md_find_need(&j, r->table) == j.n_needs)
			j.needs[j.n_needs++] = (struct md_need){ r->table, md_guarded_needed(g), r->view };
	}
	return j;
}

static void write_uses(struct md_buf *b, const struct md_table *t, const uint16_t *uses)
{
	for (uint32_t i = 0; i < t->n_columns; i++) {
		if (!uses[i])
			continue;
		assert_true(uses[i] >> MD_USED_AT_ALL & 1);
		md_buf_fmt(b, "%s%.*s", b->n ? " " : "", MD_FMT(t->columns[i].api_name));
		for (int u = 0; u < MD_USED_AT_ALL; u++)
			if (uses[i] >> u & 1)
				md_buf_fmt(b, "-%s", use_names[u]);
	}
}

/* "id-shown city-compared-ordered": the columns of all tables that the query needs. */
static const char *uses_of(const char *definition, const char *context)
{
	world_plan(&w, definition, context);
	struct md_judge j = judge_of(&w);
	struct md_buf b = { .arena = &w.arena };
	assert_int_equal(md_find_uses(&j), 0);
	for (uint32_t i = 0; j.uses && i < j.n_needs; i++)
		write_uses(&b, j.needs[i].table, j.uses[i]);
	md_buf_char(&b, '\0');
	return b.p;
}

#define Q(table, column, more) "{\"from\":\"" table "\",\"columns\":[\"" column "\"]" more "}"
#define SHOP(more) Q("shops", "id", more)
#define WHERE(column, op, value) \
	",\"filters\":[{\"column\":\"" column "\",\"operator\":\"" op "\",\"value\":" value "}]"
#define JOIN_SALES(more) ",\"joins\":[{\"table\":\"sales\",\"columns\":[]" more "}]"

static void test_tables_without_types_cost_nothing(void **state)
{
	(void)state;
	world_plan(&w, Q("plain", "id", ""), NULL);
	struct md_judge j = judge_of(&w);
	assert_int_equal(md_find_uses(&j), 0);
	assert_null(j.uses);
}

static void test_filters(void **state)
{
	(void)state;
	IS(uses_of(SHOP(WHERE("city", "=", "\"a\"")), NULL), "id-shown city-compared");
	IS(uses_of(SHOP(WHERE("city", "!=", "\"a\"")), NULL), "id-shown city-compared");
	IS(uses_of(SHOP(WHERE("city", "in", "[\"a\"]")), NULL), "id-shown city-compared");
	IS(uses_of(SHOP(WHERE("city", "notIn", "[\"a\"]")), NULL), "id-shown city-compared");
	IS(uses_of(SHOP(WHERE("city", ">", "\"a\"")), NULL), "id-shown city-ranged");
	IS(uses_of(SHOP(WHERE("city", "<", "\"a\"")), NULL), "id-shown city-ranged");
	IS(uses_of(SHOP(WHERE("city", ">=", "\"a\"")), NULL), "id-shown city-ranged");
	IS(uses_of(SHOP(WHERE("city", "<=", "\"a\"")), NULL), "id-shown city-ranged");
	IS(uses_of(SHOP(WHERE("city", "between", "{\"from\":\"a\",\"to\":\"b\"}")), NULL), "id-shown city-ranged");
	IS(uses_of(SHOP(WHERE("city", "notBetween", "{\"from\":\"a\",\"to\":\"b\"}")), NULL), "id-shown city-ranged");
	IS(uses_of(SHOP(WHERE("city", "contains", "\"a\"")), NULL), "id-shown city-matched");
	IS(uses_of(SHOP(WHERE("city", "like", "\"a\"")), NULL), "id-shown city-matched");
	IS(uses_of(SHOP(",\"filters\":[{\"column\":\"city\",\"operator\":\"isNull\"}]"), NULL), "id-shown city");
	IS(uses_of(SHOP(",\"filters\":[{\"logic\":\"or\",\"not\":true,\"conditions\":[{\"column\":\"city\","
	                "\"operator\":\"=\","
	                "\"value\":\"a\"},{\"column\":\"id\",\"operator\":\">\",\"value\":1}]}]"), NULL),
	   "id-shown-ranged city-compared");
	IS(uses_of(Q("sales", "id", ",\"joins\":[{\"table\":\"shops\",\"columns\":[]}],"
	                            "\"filters\":[{\"column\":\"label\","
	             "\"operator\":\"=\",\"refColumn\":\"city\",\"refTable\":\"shops\"}]"), NULL),
	   "id-shown shopId-joined label-ranged id-joined city-ranged");
}

static void test_joins_and_exists(void **state)
{
	(void)state;
	IS(uses_of(SHOP(JOIN_SALES(",\"filters\":[{\"column\":\"label\",\"operator\":\"=\",\"value\":\"a\"}]")), NULL),
	   "id-shown-joined shopId-joined label-compared");
	IS(uses_of(SHOP(JOIN_SALES(",\"on\":[{\"column\":\"label\",\"operator\":\">\",\"value\":\"a\"}]")), NULL),
	   "id-shown-joined shopId-joined label-ranged");
	IS(uses_of(SHOP(",\"filters\":[{\"table\":\"sales\",\"filters\":[{\"column\":\"label\","
	                "\"operator\":\"contains\",\"value\":\"a\"}]}]"), NULL),
	   "id-shown-joined shopId-joined label-matched");
}

static void test_groups_and_aggregates(void **state)
{
	(void)state;
#define GROUPED(by, more) \
	"{\"from\":\"sales\",\"groupBy\":[" by "]" more ",\"joins\":[{\"table\":\"shops\",\"columns\":[]}]}"
#define AGG(fn, column) ",\"aggregations\":[{\"fn\":\"" fn "\",\"column\":\"" column "\",\"alias\":\"n\"}]"
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("sum", "total")), NULL),
	   "shopId-joined label-shown-grouped total-calculated id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("avg", "total")), NULL),
	   "shopId-joined label-shown-grouped total-calculated id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("min", "owner")), NULL),
	   "shopId-joined label-shown-grouped owner-least id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("max", "owner")), NULL),
	   "shopId-joined label-shown-grouped owner-least id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("countDistinct", "owner")), NULL),
	   "shopId-joined label-shown-grouped owner-grouped id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("count", "owner")), NULL),
	   "shopId-joined label-shown-grouped owner id-joined");
	IS(uses_of(GROUPED("{\"column\":\"at\",\"bucket\":\"month\"}", AGG("count", "owner")), NULL),
	   "shopId-joined owner at-calculated id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"}", AGG("count", "owner") ",\"orderBy\":[{\"column\":\"label\"}]"),
	           NULL),
	   "shopId-joined label-shown-ordered-grouped owner id-joined");
	IS(uses_of(GROUPED("{\"column\":\"label\"},{\"column\":\"region\"}", AGG("count", "owner") ",\"limit\":5,"
		"\"offset\":1"), NULL),
	   "shopId-joined label-shown-ordered-grouped owner region-shown-ordered-grouped id-joined");
	IS(uses_of(Q("shops", "city", ",\"distinct\":true"), NULL), "city-shown-grouped");
	IS(uses_of(Q("shops", "city", ",\"distinct\":true,\"limit\":1,\"offset\":1"), NULL),
	   "city-shown-ordered-grouped");
}

static void test_order_pages_and_ids(void **state)
{
	(void)state;
	IS(uses_of(SHOP(",\"orderBy\":[{\"column\":\"city\"}]"), NULL), "id-shown city-ordered");
	IS(uses_of(Q("shops", "city", ",\"limit\":5,\"offset\":1"), NULL), "id-ordered city-shown");
	IS(uses_of(SHOP(",\"orderBy\":[{\"column\":\"city\"}],\"page\":{\"first\":2}"), NULL),
	   "id-shown-ordered city-shown-ordered");
	IS(uses_of(Q("shops", "city", ",\"byIds\":[1]"), NULL), "id-shown-compared city-shown");
	IS(uses_of(Q("shops", "city", ",\"byIds\":[1],\"distinct\":true"), NULL), "id-compared city-shown-grouped");
	IS(uses_of("{\"from\":\"shops\",\"executeMode\":\"count\",\"byIds\":[1]}", NULL), "id-compared");
}

static void test_row_filters_and_cell_rules(void **state)
{
	(void)state;
#define CONTEXT(roles) "{\"roles\":{\"user\":[" roles "]},\"contextValues\":{\"owner\":\"a\"}}"
	struct md_table *sales = (struct md_table *)(uintptr_t)world_table(&w, "sales");
	sales->has_real_types = true;
	IS(uses_of(Q("sales", "label", ""), CONTEXT("\"owner\"")), "label-shown owner-compared");
	/* every row is visible, and the label is shown where the owner is the caller */
	IS(uses_of(Q("sales", "label", ""), CONTEXT("\"owner\",\"total\"")), "label-shown owner-compared");
	IS(uses_of(Q("sales", "total", ""), CONTEXT("\"owner\",\"total\"")), "total-shown");
	/* the label is shown everywhere, and clear where the owner is the caller */
	IS(uses_of(Q("sales", "label", ""), CONTEXT("\"owner\",\"masked\"")), "label-shown owner-compared");
	IS(uses_of(Q("sales", "label", ""), CONTEXT("\"masked\"")), "label-shown");
	IS(uses_of(Q("sales", "label", ""), CONTEXT("\"owned\"")), "label-shown owner");
	sales->has_real_types = false;
}

static const struct md_real_type *real_of(enum md_engine engine, const char *spelling)
{
	struct md_real_type *out = md_new(&w.arena, struct md_real_type);
	assert_int_equal(md_real_type_parse(&w.arena, engine, md_str_z(spelling), out), 1);
	return out;
}

static void test_equality_of_texts(void **state)
{
	(void)state;
	const struct md_real_type *none = &md_real_unknown, *text = real_of(MD_POSTGRES, "character varying(9)");
	const struct md_real_type *string = real_of(MD_CLICKHOUSE, "LowCardinality(String)");
	const struct md_real_type *citext = real_of(MD_POSTGRES, "citext"), *padded = real_of(MD_POSTGRES, "char(7)");
	const struct md_real_type *nocase = real_of(MD_SQLITE, "text collate nocase");
	const struct md_real_type *rtrim = real_of(MD_SQLITE, "text collate rtrim"),
				  *inet = real_of(MD_POSTGRES, "inet");
	const struct md_real_type *domain = real_of(MD_POSTGRES, "app.mail"), *other = real_of(MD_POSTGRES, "app.tag");
	const struct md_real_type *uuid = real_of(MD_POSTGRES, "uuid");
#define ALIKE(dialect, a, b, expected) assert_int_equal(md_sql_compares_alike(MD_DIALECT_##dialect, a, b), expected)
	ALIKE(CLICKHOUSE, text, string, true);
	ALIKE(CLICKHOUSE, none, string, true);
	ALIKE(CLICKHOUSE, text, none, true);
	ALIKE(CLICKHOUSE, citext, string, false);
	ALIKE(CLICKHOUSE, citext, none, false);
	ALIKE(CLICKHOUSE, padded, string, false);
	ALIKE(POSTGRES, citext, citext, true);
	ALIKE(POSTGRES, none, citext, false);
	ALIKE(SQLITE, padded, rtrim, true);
	ALIKE(SQLITE, citext, nocase, false);
	ALIKE(POSTGRES, domain, domain, true);
	ALIKE(POSTGRES, domain, other, false);
	ALIKE(POSTGRES, domain, text, false);
	ALIKE(POSTGRES, inet, inet, true);
	ALIKE(POSTGRES, inet, uuid, false);
	ALIKE(TRINO, text, text, true);
	ALIKE(TRINO, padded, padded, true);
	ALIKE(TRINO, citext, citext, false);
	ALIKE(TRINO, domain, domain, false);
}

static void test_what_a_type_refuses(void **state)
{
	(void)state;
	const struct md_type string = { .base = MD_STRING }, array = { .base = MD_STRING, .array = true };
	const uint32_t at_all = MD_USE_BIT(MD_USED_AT_ALL);
#define REFUSES(dialect, engine, type, spelling, expected) \
	assert_int_equal(md_sql_refused_uses(MD_DIALECT_##dialect, MD_##engine, type, real_of(MD_##engine, spelling), \
	                                     false), expected)
	REFUSES(POSTGRES, POSTGRES, string, "text", 0);
	REFUSES(POSTGRES, POSTGRES, string, "text[]", at_all);
	REFUSES(POSTGRES, POSTGRES, array, "text", at_all);
	REFUSES(POSTGRES, POSTGRES, array, "text[]", 0);
	REFUSES(CLICKHOUSE, CLICKHOUSE, array, "Array(String)", 0);
	REFUSES(CLICKHOUSE, CLICKHOUSE, string, "Array(String)", at_all);
	REFUSES(SQLITE, SQLITE, array, "text", 0); /* an array is a text there */
	REFUSES(POSTGRES, POSTGRES, (struct md_type){ .base = MD_DATE }, "boolean", at_all);
	assert_int_equal(md_sql_refused_uses(MD_DIALECT_POSTGRES, MD_POSTGRES, array, &md_real_unknown, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_without_types_cost_nothing), cmocka_unit_test(test_filters),
		cmocka_unit_test(test_joins_and_exists), cmocka_unit_test(test_groups_and_aggregates),
		cmocka_unit_test(test_order_pages_and_ids), cmocka_unit_test(test_row_filters_and_cell_rules),
		cmocka_unit_test(test_equality_of_texts), cmocka_unit_test(test_what_a_type_refuses),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
