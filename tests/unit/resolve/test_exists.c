/* Exists conditions in resolve: keys by side and source, row predicates and filters inside the
 * sub-query, what becomes of counts; from JSON text to SQL text. */
#include "config.h"

#define PG "\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\"}]"
#define OWNER "{\"role\":\"owner\",\"contextValues\":{\"who\":\"me\",\"numbers\":[1,2],\"not\":7}}"
#define OWNER_OF_NONE "{\"role\":\"owner\",\"contextValues\":{\"who\":\"me\",\"numbers\":[],\"not\":7}}"

static struct world w;

static int open_pg(void **state)
{
	(void)state;
	world_open(&w, resolve_config("things", PG));
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static const char *where(const char *from, const char *filters, const char *context)
{
	struct md_str q = md_str_fmt(&w.arena, "{\"from\":\"%s\",\"executeMode\":\"count\",\"filters\":[%s]}", from,
	                             filters);
	char text[2000];
	assert_true(q.n < sizeof text);
	memcpy(text, q.p, q.n + 1);
	return strstr(world_sql(&w, text, context), " WHERE ") + 7;
}

static void correlates_a_self_relation_in_both_directions(void **state)
{
	(void)state;
	IS(where("things", "{\"table\":\"things\",\"reverse\":false},{\"table\":\"things\",\"reverse\":true}", NULL),
	   "EXISTS (SELECT 1 FROM \"things\" AS t1 WHERE t1.\"id\" = t0.\"up_id\") AND EXISTS (SELECT 1 FROM "
	   "\"things\" AS t2 WHERE t2.\"up_id\" = t0.\"id\")");
	assert_int_equal(w.tree.n_scans, 3);
	assert_int_equal(w.tree.n_from, 1);
	assert_int_equal(w.tree.scans[1].form, MD_SCAN_EXISTS);
	assert_int_equal(w.tree.scans[1].n_asked, 0);
	IS(where("things", "{\"table\":\"pairs\"}", NULL), "EXISTS (SELECT 1 FROM \"pairs\" AS t1 WHERE t1.\"c\" = "
		"t0.\"pair_c\" AND t1.\"d\" = t0.\"pair_d\")");
	IS(where("pairs", "{\"table\":\"things\",\"exists\":false}", NULL), "NOT EXISTS (SELECT 1 FROM \"things\" AS "
		"t1 WHERE t1.\"pair_c\" = t0.\"c\" AND t1.\"pair_d\" = t0.\"d\")");
}

static void puts_the_row_predicate_beside_the_filters_of_a_node(void **state)
{
	(void)state;
	/* the row predicate stands beside the node's filters, a not or an or of the user's around
	 * the node changes nothing in it */
	IS(where("pairs", "{\"logic\":\"or\",\"not\":true,\"conditions\":[{\"table\":\"things\","
	                  "\"filters\":[{\"logic\":\"or\",\"conditions\":[{\"column\":\"c\",\"operator\":\"isNull\"},"
	         "{\"column\":\"one\",\"operator\":\"=\",\"value\":\"x\"}]}]},{\"column\":\"c\",\"operator\":\"=\","
	         "\"value\":\"y\"}]}", OWNER),
	   "t0.\"hidden\" <> $1::bigint AND NOT (EXISTS (SELECT 1 FROM (SELECT DISTINCT t1.\"pair_c\", t1.\"pair_d\" "
	   "FROM \"things\" AS t1 WHERE t1.\"c0\" = $2 AND t1.\"num\" = ANY($3::bigint[]) AND (t1.\"pair_c\" IS "
	   "NULL OR t1.\"same\" = $4)) AS t1 WHERE t1.\"pair_c\" = t0.\"c\" AND t1.\"pair_d\" = t0.\"d\") "
	   "OR t0.\"c\" = $5) | 7, me, [1,2], x, y");
	IS(where("pairs", "{\"table\":\"things\",\"count\":{\"operator\":\">\",\"value\":2}},{\"column\":\"c\","
	                  "\"operator\":\"=\",\"value\":\"y\"}", OWNER_OF_NONE),
	   "t0.\"hidden\" <> $1::bigint AND EXISTS (SELECT 1 FROM (SELECT t1.\"pair_c\", t1.\"pair_d\" FROM \"things\" "
	   "AS t1 WHERE false GROUP BY t1.\"pair_c\", t1.\"pair_d\" HAVING count(*) > $2) AS t1 WHERE t1.\"pair_c\" = "
	   "t0.\"c\" AND t1.\"pair_d\" = t0.\"d\") AND t0.\"c\" = $3 | 7, 2, y");
	assert_true(md_guarded_empty(w.guarded));
	where("pairs", "{\"table\":\"things\",\"count\":{\"operator\":\"<\",\"value\":2}}", OWNER_OF_NONE);
	assert_false(md_guarded_empty(w.guarded));
	assert_true(md_bit(md_guarded_needed(md_guarded_at(w.guarded, 1)),
	                   md_column_find(w.bound->refs[1].table, MD_STR("c"))->index));
}

static void turns_simple_counts_into_exists(void **state)
{
	(void)state;
	static const struct {
		const char *count, *want;
	} t[] = { { "\"operator\":\">\",\"value\":0", "EXISTS" },
		  { "\"operator\":\">=\",\"value\":1", "EXISTS" },
		  { "\"operator\":\"!=\",\"value\":0", "EXISTS" },
		  { "\"operator\":\"=\",\"value\":0", "NOT EXISTS" },
		  { "\"operator\":\"<\",\"value\":1", "NOT EXISTS" },
		  { "\"operator\":\"<=\",\"value\":0", "NOT EXISTS" },
		  { "\"operator\":\">\",\"value\":1", "EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\">=\",\"value\":0", "NOT EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\">=\",\"value\":2", "EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\"!=\",\"value\":1", "NOT EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\"=\",\"value\":1", "EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\"<\",\"value\":0", "EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\"<\",\"value\":2", "NOT EXISTS (SELECT 1 FROM (SELECT t1." },
		  { "\"operator\":\"<=\",\"value\":1", "NOT EXISTS (SELECT 1 FROM (SELECT t1." } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (int absent = 0; absent < 2; absent++) { /* `exists` is not looked at */
			char filter[200] = "{\"table\":\"things\",\"reverse\":false,\"exists\":";
			strcat(strcat(strcat(strcat(filter, absent ? "false" : "true"), ",\"count\":{"), t[i].count),
			       "}}");
			assert_memory_equal(where("things", filter, NULL), t[i].want, strlen(t[i].want));
		}
}

static void puts_nodes_into_on_and_where(void **state)
{
	(void)state;
	const char *sql = world_sql(&w, "{\"from\":\"things\",\"columns\":[\"c\"],\"joins\":[{\"table\":\"pairs\","
	                                "\"columns\":[],\"on\":[{\"table\":\"keyless\"}],"
	                                "\"filters\":[{\"table\":\"keyless\",\"exists\":false}]}],"
	                                "\"filters\":[{\"table\":\"keyless\"}],\"limit\":1,\"offset\":0}", NULL);
	IS(strstr(sql, " FROM "), " FROM \"things\" AS t0 LEFT JOIN \"pairs\" AS t1 ON t0.\"pair_c\" = t1.\"c\" AND "
	                          "t0.\"pair_d\" = t1.\"d\" AND EXISTS (SELECT 1 FROM (SELECT DISTINCT "
	                          "t4.\"word\" FROM \"keyless\" AS t4) AS t4 WHERE t4.\"word\" = t1.\"note\") "
	                          "WHERE EXISTS (SELECT 1 FROM \"keyless\" AS t2 WHERE "
	                          "t2.\"word\" = t1.\"note\") AND NOT EXISTS (SELECT 1 FROM \"keyless\" AS t3 WHERE "
	                          "t3.\"word\" = t1.\"note\") ORDER BY t0.\"id\", t1.\"c\"::text COLLATE \"C\" NULLS "
	                          "LAST, t1.\"d\" NULLS LAST LIMIT 1 OFFSET 0");
	assert_int_equal(w.tree.scans[1].form, MD_SCAN_LEFT_JOIN);
	assert_int_equal(w.tree.n_from, 2);
	assert_int_equal(w.tree.n_scans, 5);
	/* the keys of a row that a left join did not find are NULL */
	assert_true(w.tree.scans[w.tree.scans[0].asked[0]->related->scan].keys[0].parent->nullable);
}

static void bounds_rows_by_the_key_of_from_only(void **state)
{
	(void)state;
	world_sql(&w, "{\"from\":\"things\",\"columns\":[\"c\"],\"filters\":[{\"table\":\"things\",\"reverse\":false},"
	              "{\"column\":\"id\",\"operator\":\"=\",\"value\":\"10000000-0000-4000-8000-000000000001\"}]}",
	              NULL);
	assert_int_equal(w.stmt.row_bound, 1);
	world_sql(&w, "{\"from\":\"things\",\"columns\":[\"c\"],\"filters\":[{\"table\":\"things\",\"reverse\":false,"
	              "\"filters\":[{\"column\":\"id\",\"operator\":\"=\","
	              "\"value\":\"10000000-0000-4000-8000-000000000001\"}]}]}", NULL);
	assert_int_equal(w.stmt.row_bound, -1); /* another's id */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(correlates_a_self_relation_in_both_directions),
		cmocka_unit_test(puts_the_row_predicate_beside_the_filters_of_a_node),
		cmocka_unit_test(turns_simple_counts_into_exists), cmocka_unit_test(puts_nodes_into_on_and_where),
		cmocka_unit_test(bounds_rows_by_the_key_of_from_only),
	};
	return cmocka_run_group_tests(tests, open_pg, close_world);
}
