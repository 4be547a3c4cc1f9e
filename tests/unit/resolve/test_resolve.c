/* resolve/: names by source, row predicates, joins, filters, byIds, outputs, order. PostgreSQL's
 * text stands for the tree, where no dialect matters. */
#include "config.h"

#include "access/access.h"

#include <stdio.h>

#define PG "\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\"}]"
#define OWNER "{\"role\":\"owner\",\"contextValues\":{\"who\":\"me\",\"numbers\":[1,2],\"not\":7}}"
#define THINGS "FROM \"things\" AS t0"

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

static const char *from(const char *query, const char *context)
{
	return strstr(world_sql(&w, query, context), " FROM ") + 1;
}

/* ---- names ---- */

static void quotes_physical_columns(void **state)
{
	(void)state;
	IS(world_sql(&w, "{\"from\":\"things\",\"columns\":[\"text\",\"one\",\"two\",\"hostile\",\"proto\","
	                 "\"longName\"]}", NULL),
	   "SELECT t0.\"c0\" AS c0, t0.\"same\" AS c1, t0.\"same\" AS c2, t0.\"\"\"; `\\ --\" AS c3, t0.\"__proto__\" "
	   "AS c4, "
	   "t0.\"n234567890123456789012345678901234567890123456789012345678901234567890\" AS c5 " THINGS);
	IS(outputs_text(&w), "text:string? one:string two:string hostile:string proto:string longName:int");
	assert_int_equal(w.stmt.row_bound, -1);
}

#define CH "\"databases\":[{\"id\":\"a\",\"engine\":\"clickhouse\"}]"
#define LITE "\"databases\":[{\"id\":\"a\",\"engine\":\"sqlite\"}]"
#define ICE \
	"\"databases\":[{\"id\":\"a\",\"engine\":\"iceberg\",\"trinoCatalog\":\"ca.t\"}],\"trino\":{\"enabled\":true}"

/* The declaration decides how a column is summed, compared and read, and where its NULLs stand. */
static void reads_one_physical_column_as_each_api_column_declares_it(void **state)
{
	(void)state;
	struct world v;
	world_open(&v, "{" PG ",\"tables\":[{\"id\":\"t\",\"apiName\":\"t\",\"database\":\"a\",\"physicalName\":\"t\","
	               "\"columns\":[{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	               "{\"apiName\":\"rough\",\"physicalName\":\"x\",\"type\":\"float\",\"nullable\":false},"
	               "{\"apiName\":\"whole\",\"physicalName\":\"x\",\"type\":\"int\",\"nullable\":false},"
	               "{\"apiName\":\"maybe\",\"physicalName\":\"x\",\"type\":\"int\",\"nullable\":true}],"
	               "\"primaryKey\":[\"id\"],\"relations\":[]}],\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}]}");
	IS(world_sql(&v, "{\"from\":\"t\",\"aggregations\":[{\"fn\":\"sum\",\"column\":\"rough\",\"alias\":\"r\"},"
	                 "{\"fn\":\"sum\",\"column\":\"whole\",\"alias\":\"w\"}],"
	                 "\"having\":[{\"column\":\"w\",\"operator\":\">\",\"value\":1}]}", NULL),
	   "SELECT sum(t0.\"x\"::double precision) AS c0, sum(t0.\"x\")::numeric AS c1 FROM \"t\" AS t0 HAVING "
	   "sum(t0.\"x\")::numeric > $1 | 1");
	IS(world_sql(&v, "{\"from\":\"t\",\"columns\":[\"rough\",\"whole\"],\"distinct\":true,"
	                 "\"orderBy\":[{\"column\":\"whole\",\"direction\":\"desc\"}]}", NULL),
	   "SELECT DISTINCT t0.\"x\" AS c0, t0.\"x\" AS c1 FROM \"t\" AS t0 ORDER BY c1 DESC");
	IS(world_sql(&v, "{\"from\":\"t\",\"columns\":[\"whole\"],\"orderBy\":[{\"column\":\"maybe\"}]}", NULL),
	   "SELECT t0.\"x\" AS c0 FROM \"t\" AS t0 ORDER BY t0.\"x\" NULLS LAST");
	world_close(&v);
}

static void quotes_every_part_of_a_table_name(void **state)
{
	(void)state;
	static const struct {
		const char *databases, *name, *want;
	} t[] = { { PG, "sc\\\"h.things", "\"sc\"\"h\".\"things\" AS" },
		  { PG, "x.y.things", "\"x\".\"y\".\"things\" AS" },
		  { CH, "sc`h.thi\\\\ngs", "`sc``h`.`thi\\\\ngs` AS" },
		  { LITE, "main.things", "\"main\".\"things\" AS" },
		  { LITE, "thi\\\"ngs", "\"main\".\"thi\"\"ngs\" AS" },
		  { ICE, "sc\\\"h.things", "\"ca.t\".\"sc\"\"h\".\"things\" AS" },
		  /* the catalog takes the first part's place */
		  { ICE, "x.y.things", "\"ca.t\".\"y\".\"things\" AS" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct world v;
		world_open(&v, resolve_config(t[i].name, t[i].databases));
		const char *sql = strstr(world_sql(&v, "{\"from\":\"things\",\"columns\":[\"id\"]}", NULL), " FROM ") +
		                  6;
		assert_memory_equal(sql, t[i].want, strlen(t[i].want));
		world_close(&v);
	}
}

/* One part: main on SQLite, the search path on PostgreSQL, what the engine means by it through
 * Trino. */
static void completes_a_table_name_of_one_part(void **state)
{
	(void)state;
	static const struct {
		const char *databases, *things;
	} t[] = {
		{ PG, "\"things\"" },
		{ "\"databases\":[{\"id\":\"a\",\"engine\":\"sqlite\"}]", "\"main\".\"things\"" },
		{ "\"databases\":[{\"id\":\"a\",\"engine\":\"iceberg\",\"trinoCatalog\":\"c\"}],"
		  "\"trino\":{\"enabled\":true}", "\"c\".\"default\".\"things\"" },
		{ "\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\",\"trinoCatalog\":\"c\"}],"
		  "\"trino\":{\"enabled\":true}", "\"c\".\"public\".\"things\"" },
		{ "\"databases\":[{\"id\":\"a\",\"engine\":\"clickhouse\",\"trinoCatalog\":\"c\"}],"
		  "\"trino\":{\"enabled\":true}", "\"c\".\"default\".\"things\"" },
		{ "\"databases\":[{\"id\":\"a\",\"engine\":\"sqlite\"}],\"trino\":{\"enabled\":true,"
		  "\"engine\":\"embedded\"}", "\"a\".\"things\"" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct world v;
		world_open(&v, resolve_config("things", t[i].databases));
		const char *sql = world_sql(&v,
		                            i < 3 ? "{\"from\":\"things\",\"columns\":[\"id\"]}"
		                                  : "{\"from\":\"things\",\"columns\":[\"id\"],\"prefer\":[\"trino\"]}",
		                            NULL);
		assert_memory_equal(strstr(sql, " FROM ") + 6, t[i].things, strlen(t[i].things));
		world_close(&v);
	}
}

/* A join's keys lead from the parent to the joined table. */
static void joins_from_parent_to_joined_table(void **state)
{
	(void)state;
	world_sql(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"columns\":[]},"
	              "{\"table\":\"keyless\",\"columns\":[\"word\"]}]}", NULL);
	assert_int_equal(w.tree.scans[0].n_keys, 0);
	for (uint32_t i = 1; i < w.tree.n_scans; i++) {
		const struct md_scan *scan = &w.tree.scans[i];
		assert_true(scan->n_keys > 0);
		for (uint32_t k = 0; k < scan->n_keys; k++) {
			assert_int_equal(md_raw_column(scan->keys[k].parent->raw)->scan, i - 1);
			assert_int_equal(md_raw_column(scan->keys[k].child->raw)->scan, i);
		}
	}
}

/* Behind every statement that reads a replica in ClickHouse. */
#define REPLICA_SETTINGS \
	" SETTINGS do_not_merge_across_partitions_select_final = 0, use_skip_indexes_if_final_exact_mode = 1, " \
	"optimize_move_to_prewhere_if_final = 0, defer_partition_pruning_after_final = 1"

static void reads_the_names_of_a_replica(void **state)
{
	(void)state;
	struct world v;
	world_open(&v, resolve_config("things", "\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\"},{\"id\":\"b\","
	                                        "\"engine\":\"clickhouse\"}],"
	                                      "\"externalSyncs\":[{\"sourceTable\":\"t-1\",\"targetDatabase\":\"b\","
	                                      "\"targetPhysicalName\":\"r.copy\",\"method\":\"debezium\","
	                                      "\"estimatedLag\":\"seconds\",\"columns\":{\"id\":\"pk\","
	                                      "\"text\":\"tx`t\",\"number\":\"num\"}}]"));
	IS(world_sql(&v, "{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"text\","
	                 "\"direction\":\"asc\"}],\"prefer\":[\"replica\"]}", OWNER),
	   "SELECT t0.`pk` AS c0 FROM `r`.`copy` AS t0 WHERE toString(t0.`tx``t`) = {p1:String} AND t0.`num` IN "
	   "{p2:Array(Int64)} ORDER BY toString(t0.`tx``t`) NULLS LAST" REPLICA_SETTINGS " | me, [1,2]");
	struct md_buf log = { .arena = &v.arena };
	md_trace_text(&log, v.cx.trace, &md_log_whole);
	md_buf_char(&log, '\0');
	assert_non_null(strstr(log.p, "[name-res]    things.text → r.copy.tx`t\n"));
	assert_non_null(strstr(log.p, "[sql-gen]     Dialect: clickhouse\n"));
	assert_non_null(strstr(log.p, "[sql-gen]     SELECT t0.`pk` AS c0"));
	world_close(&v);
}

#define REPLICA_OF_PAIRS(layout) \
	"\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\"},{\"id\":\"b\",\"engine\":\"clickhouse\"}]," \
	"\"caches\":[{\"id\":\"m\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"t-2\"," \
	"\"keyPattern\":\"p:{d}:{c}\"}]}]," \
	"\"externalSyncs\":[{\"sourceTable\":\"t-2\",\"targetDatabase\":\"b\",\"targetPhysicalName\":\"copy\"," \
	"\"method\":\"debezium\",\"estimatedLag\":\"realtime\",\"layout\":" layout "}]"

static const char *misses_of_pairs(struct world *v)
{
	static const uint32_t first[] = { 0 };
	world_plan(v, "{\"from\":\"pairs\",\"columns\":[\"c\"],\"byIds\":[{\"c\":\"x\",\"d\":\"2024-01-01\"}],"
	              "\"prefer\":[\"replica\"]}", WORLD_ADMIN);
	return world_write(v, &(struct md_ids){ first, 1 });
}

static void reads_cache_misses_by_the_layout_of_the_replica(void **state)
{
	(void)state;
	struct world v;
	world_open(&v, resolve_config("things", REPLICA_OF_PAIRS("{\"rows\":\"replacing\",\"nulls\":\"defaults\","
	                                                         "\"deleted\":{\"column\":\"gone\",\"is\":true}}")));
	IS(misses_of_pairs(&v),
	   "SELECT toString(t0.`c`) AS c0, t0.`d` AS c1, t0.`hidden` AS c2 FROM `copy` AS t0 FINAL WHERE (t0.`gone` <> "
	   "{p1:Bool} OR t0.`gone` IS NULL) AND (toString(t0.`c`) = {p2:String} AND t0.`d` = {p3:Date32})"
	   REPLICA_SETTINGS " | true, x, 2024-01-01");
	world_close(&v);
	world_open(&v, resolve_config("things", REPLICA_OF_PAIRS("{\"rows\":\"append\",\"version\":\"v\"}")));
	IS(misses_of_pairs(&v),
	   "SELECT toString(t0.`c`) AS c0, t0.`d` AS c1, toString(t0.`note`) AS c2, t0.`hidden` AS c3 FROM (SELECT "
	   "t0.`c`, t0.`d`, t0.`note`, t0.`hidden` FROM `copy` AS t0 ORDER BY t0.`v` DESC NULLS LAST LIMIT 1 BY "
	   "t0.`c`, t0.`d`) AS t0 WHERE toString(t0.`c`) = {p1:String} AND t0.`d` = {p2:Date32}" REPLICA_SETTINGS
	   " | x, 2024-01-01");
	world_close(&v);
}

/* Trino shows a moment of ClickHouse as text: it is cast wherever it stands, and nothing else is.
 */
static void casts_clickhouse_moments_through_trino(void **state)
{
	(void)state;
	struct world v;
	world_open(&v, "{\"databases\":[{\"id\":\"a\",\"engine\":\"clickhouse\",\"trinoCatalog\":\"c\"}],"
	               "\"trino\":{\"enabled\":true},\"tables\":[{\"id\":\"t\",\"apiName\":\"t\","
	               "\"database\":\"a\",\"physicalName\":\"d.t\",\"columns\":[{\"apiName\":\"at\","
	               "\"physicalName\":\"at\",\"type\":\"timestamp\",\"nullable\":true},"
	               "{\"apiName\":\"n\",\"physicalName\":\"n\",\"type\":\"string\",\"nullable\":false}],"
	               "\"primaryKey\":[\"n\"],\"relations\":[]}],\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}]}");
	const char *query = "{\"from\":\"t\",\"filters\":[{\"column\":\"at\",\"operator\":\">\","
	                    "\"value\":\"2024-01-01T00:00:00Z\"},{\"column\":\"at\",\"operator\":\"isNotNull\"},"
	                    "{\"column\":\"n\",\"operator\":\"=\",\"value\":\"x\"}],\"orderBy\":[{\"column\":\"at\","
	                    "\"direction\":\"asc\"}],\"prefer\":[\"trino\"]}";
#define AT "CAST(t0.\"at\" AS timestamp(6) with time zone)"
#define WITHOUT_PADDING "rtrim(t0.\"n\", chr(0))"
	const char *want = "SELECT " AT " AS c0, " WITHOUT_PADDING " AS c1 FROM \"c\".\"d\".\"t\" AS t0 WHERE " AT
			   " > ? AND " AT " IS NOT NULL AND " WITHOUT_PADDING " = ? ORDER BY " AT " NULLS LAST | ";
	const char *sql = world_sql(&v, query, NULL);
	assert_memory_equal(sql, want, strlen(want));
	assert_null(strstr(world_sql(&v, "{\"from\":\"t\"}", NULL), "CAST"));
	world_close(&v);
}

static void logs_each_name_once(void **state)
{
	(void)state;
	struct md_buf log = { .arena = &w.arena };
	world_sql(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"text\",\"operator\":\"=\","
	              "\"value\":\"a\"},"
	              "{\"column\":\"text\",\"operator\":\"!=\",\"value\":\"b\"}]}", OWNER);
	md_trace_text(&log, w.cx.trace, &md_log_whole);
	md_buf_char(&log, '\0');
	const char *first = strstr(log.p, "things.text → things.c0");
	assert_non_null(first);
	assert_null(strstr(first + 1, "things.text → things.c0"));
	assert_non_null(strstr(log.p, "things.number → things.num")); /* read by the row filter alone */
	assert_null(strstr(log.p, "things.price →"));
}

/* ---- rows ---- */

static void puts_the_row_predicate_first(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"]}", OWNER), THINGS " WHERE t0.\"c0\" = $1 AND t0.\"num\" = "
		"ANY($2::bigint[]) | me, [1,2]");
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[{\"logic\":\"or\",\"not\":true,"
	        "\"conditions\":[{\"column\":\"number\",\"operator\":\">\",\"value\":1},"
	        "{\"column\":\"text\",\"operator\":\"=\",\"value\":\"x\"}]}]}", OWNER),
	   THINGS " WHERE t0.\"c0\" = $1 AND t0.\"num\" = ANY($2::bigint[]) AND NOT (t0.\"num\" > $3::bigint OR "
	          "t0.\"c0\" = "
	          "$4) | me, [1,2], 1, x");
}

static void unites_the_row_predicates_of_roles(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"number\",\"operator\":\"=\","
	        "\"value\":1}]}",
	        "{\"roles\":{\"user\":[\"owner\",\"other\"]},\"contextValues\":{\"who\":\"me\",\"numbers\":[1,2],"
	        "\"not\":7}}"),
	   THINGS " WHERE ((t0.\"c0\" = $1 AND t0.\"num\" = ANY($2::bigint[])) OR t0.\"up_id\" IS NULL) AND "
	          "t0.\"num\" = $3::bigint | me, [1,2], 1");
}

static void writes_a_constant_where_no_row_is_visible(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"things\",\"as\":\"up\","
	        "\"reverse\":false,\"columns\":[]}]}",
	        "{\"role\":\"owner\",\"contextValues\":{\"who\":\"me\",\"numbers\":[]}}"),
	   THINGS " LEFT JOIN \"things\" AS t1 ON t0.\"up_id\" = t1.\"id\" AND false WHERE false");
}

/* ---- filters ---- */

static const char *filter(const char *f)
{
	char query[1000];
	snprintf(query, sizeof query, "{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[%s]}", f);
	return strstr(world_sql(&w, query, NULL), " WHERE ") + 7;
}

#define A "{\"column\":\"number\",\"operator\":\"=\",\"value\":1}"
#define B "{\"column\":\"text\",\"operator\":\"isNull\"}"

static void keeps_groups_in_parentheses(void **state)
{
	(void)state;
	IS(filter(A "," B), "t0.\"num\" = $1::bigint AND t0.\"c0\" IS NULL | 1");
	IS(filter("{\"logic\":\"or\",\"conditions\":[" A "," B "]}"), "(t0.\"num\" = $1::bigint OR t0.\"c0\" IS NULL) "
		"| 1");
	IS(filter("{\"logic\":\"or\",\"conditions\":[" A "]}"), "t0.\"num\" = $1::bigint | 1");
	IS(filter("{\"logic\":\"and\",\"not\":true,\"conditions\":[" A "]}"), "NOT (t0.\"num\" = $1::bigint) | 1");
	IS(filter("{\"logic\":\"and\",\"not\":true,\"conditions\":["
	          "{\"logic\":\"or\",\"not\":true,\"conditions\":[" A "," B "]},"
	          "{\"logic\":\"and\",\"conditions\":[" B "," A "]}]}"),
	   "NOT (NOT (t0.\"num\" = $1::bigint OR t0.\"c0\" IS NULL) AND (t0.\"c0\" IS NULL AND t0.\"num\" = "
	   "$2::bigint)) | 1, 1");
}

/* A backslash escapes % _ and itself, and means nothing before another character, on every engine.
 */
static void binds_patterns_in_canonical_form(void **state)
{
	(void)state;
	static const struct {
		const char *json, *bound;
	} t[] = { { "a%", "a%" },           { "\\\\%\\\\_\\\\\\\\", "\\%\\_\\\\" },
		  { "\\\\a\\\\b", "ab" },   { "", "" },
		  { "\\\\\\\\%", "\\\\%" }, { "\\\\é", "é" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char f[200];
		snprintf(f, sizeof f, "{\"column\":\"text\",\"operator\":\"like\",\"value\":\"%s\"}", t[i].json);
		const char *got = filter(f);
		static const char pattern[] = "t0.\"c0\"::text COLLATE \"default\" LIKE $1 | ";
		assert_memory_equal(got, pattern, sizeof pattern - 1);
		IS(got + sizeof pattern - 1, t[i].bound);
	}
}

static void compares_strings_by_code_point(void **state)
{
	(void)state;
	struct world v;
	IS(filter("{\"column\":\"text\",\"operator\":\">\",\"value\":\"a\"}"),
	   "t0.\"c0\"::text COLLATE \"C\" > $1 | a");
	world_open(&v, resolve_config("things", "\"databases\":[{\"id\":\"a\",\"engine\":\"postgres\","
	                                        "\"collation\":\"C\"}]"));
	IS(strstr(world_sql(&v, "{\"from\":\"things\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"text\","
	                        "\"operator\":\">\",\"value\":\"a\"}],"
	                        "\"orderBy\":[{\"column\":\"one\",\"direction\":\"asc\"}]}", NULL), "WHERE"),
	   "WHERE t0.\"c0\"::text > $1 ORDER BY t0.\"same\"::text | a");
	world_close(&v);
}

/* ---- joins ---- */

static void joins_a_table_to_itself(void **state)
{
	(void)state;
	IS(world_sql(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"things\",\"as\":\"up\","
	                 "\"reverse\":false,\"columns\":[\"id\"]},"
	                 "{\"table\":\"things\",\"as\":\"down\",\"parent\":\"things\",\"reverse\":true,"
	                 "\"type\":\"inner\",\"columns\":[\"text\"]}]}", OWNER),
	   "SELECT t0.\"id\" AS c0, t1.\"id\" AS c1, t2.\"c0\" AS c2 " THINGS
	   " LEFT JOIN \"things\" AS t1 ON t0.\"up_id\" = t1.\"id\" AND t1.\"c0\" = $1 AND t1.\"num\" = "
	   "ANY($2::bigint[])"
	   " INNER JOIN \"things\" AS t2 ON t0.\"id\" = t2.\"up_id\" AND t2.\"c0\" = $3 AND t2.\"num\" = "
	   "ANY($4::bigint[])"
	   " WHERE t0.\"c0\" = $5 AND t0.\"num\" = ANY($6::bigint[]) | me, [1,2], me, [1,2], me, [1,2]");
	IS(outputs_text(&w), "things.id:uuid up.id:uuid? text:string?");
	assert_int_equal(w.tree.scans[1].form, MD_SCAN_LEFT_JOIN);
}

/* Composite keys, a row filter column that the role can't see, a chain through an inner join;
 * filters in WHERE, `on` in ON. */
static void joins_by_composite_keys_and_in_chains(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"type\":\"inner\","
	        "\"columns\":[],"
	        "\"on\":[{\"column\":\"c\",\"operator\":\"!=\",\"value\":\"x\"}],\"filters\":[{\"column\":\"d\","
	        "\"operator\":\">\",\"value\":\"2024-01-01\"},"
	        "{\"column\":\"number\",\"table\":\"things\",\"operator\":\"<\",\"value\":9}]}]}", OWNER),
	   THINGS " INNER JOIN \"pairs\" AS t1 ON t0.\"pair_c\" = t1.\"c\" AND t0.\"pair_d\" = t1.\"d\" AND "
	          "t1.\"hidden\" <> $1::bigint AND t1.\"c\" <> $2"
	          " WHERE t0.\"c0\" = $3 AND t0.\"num\" = ANY($4::bigint[]) AND t1.\"d\" > $5 AND t0.\"num\" < "
	          "$6::bigint | 7,"
	          " x, me, [1,2], 2024-01-01, 9");
	assert_int_equal(w.tree.scans[1].form, MD_SCAN_INNER_JOIN);
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"columns\":[]},"
	        "{\"table\":\"keyless\",\"columns\":[\"word\"]}]}", NULL),
	   THINGS " LEFT JOIN \"pairs\" AS t1 ON t0.\"pair_c\" = t1.\"c\" AND t0.\"pair_d\" = t1.\"d\" LEFT JOIN "
	          "\"keyless\" AS t2 ON t1.\"note\" = t2.\"word\"");
	IS(from("{\"from\":\"pairs\",\"columns\":[\"c\"],\"joins\":[{\"table\":\"things\",\"columns\":[\"id\"]}]}",
	        NULL),
	   "FROM \"pairs\" AS t0 LEFT JOIN \"things\" AS t1 ON t0.\"c\" = t1.\"pair_c\" AND t0.\"d\" = t1.\"pair_d\"");
}

static void puts_the_row_predicate_of_a_join_into_on(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"columns\":[\"c\"]}]}",
	        "{\"roles\":{\"user\":[\"admin\"],\"service\":[\"owner\",\"other\"]},\"contextValues\":{\"who\":\"me\","
	        "\"numbers\":[1],\"not\":7}}"),
	   THINGS " LEFT JOIN \"pairs\" AS t1 ON t0.\"pair_c\" = t1.\"c\" AND t0.\"pair_d\" = t1.\"d\" AND "
	          "(t1.\"hidden\" <> $1::bigint OR t1.\"note\" IS NOT NULL)"
	          " WHERE ((t0.\"c0\" = $2 AND t0.\"num\" = ANY($3::bigint[])) OR t0.\"up_id\" IS NULL) | 7, me, [1]");
}

/* ---- byIds ---- */

#define U1 "11111111-1111-4111-8111-111111111111"
#define U2 "22222222-2222-4222-8222-222222222222"

static void finds_ids_as_one_list(void **state)
{
	(void)state;
	IS(world_sql(&w, "{\"from\":\"things\",\"byIds\":[\"" U2 "\"],\"columns\":[\"number\"]}", OWNER),
	   "SELECT t0.\"num\" AS c0, t0.\"id\" AS c1 " THINGS
	   " WHERE t0.\"c0\" = $1 AND t0.\"num\" = ANY($2::bigint[]) AND t0.\"id\" = ANY($3) | me, [1,2], ["
	   U2 "]");
	IS(outputs_text(&w), "number:int id:uuid!");
	assert_int_equal(w.stmt.row_bound, 1);
	IS(world_sql(&w, "{\"from\":\"things\",\"byIds\":[\"" U2 "\",\"" U1 "\"],\"columns\":[\"id\"],"
	                 "\"filters\":[" A "]}", NULL),
	   "SELECT t0.\"id\" AS c0 " THINGS " WHERE t0.\"id\" = ANY($1) AND t0.\"num\" = $2::bigint | [" U2 "," U1
	   "], 1");
	IS(outputs_text(&w), "id:uuid");
	assert_int_equal(w.stmt.row_bound, 2);
}

/* Keys are read along only where the process will order rows by them. */
static void reads_keys_only_where_rows_are_put_in_order(void **state)
{
	(void)state;
	static const struct {
		const char *more, *outs;
		int64_t bound;
	} t[] = { { "", "number:int id:uuid!", 2 },
		  { ",\"limit\":1", "number:int", 1 },
		  { ",\"limit\":9", "number:int", 2 },
		  { ",\"orderBy\":[{\"column\":\"text\",\"direction\":\"asc\"}]", "number:int", 2 },
		  { ",\"executeMode\":\"sql-only\"", "number:int", 2 },
		  { ",\"executeMode\":\"count\"", "count:bigint", 1 },
		  { ",\"joins\":[{\"table\":\"pairs\",\"columns\":[]}]", "number:int", -1 } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char query[400];
		snprintf(query, sizeof query, "{\"from\":\"things\",\"byIds\":[\"" U2 "\",\"" U1 "\"],"
			"\"columns\":[\"number\"]%s}", t[i].more);
		world_sql(&w, query, NULL);
		IS(outputs_text(&w), t[i].outs);
		assert_int_equal(w.stmt.row_bound, t[i].bound);
	}
}

/* Filters that give every key column one value are a select by key: drivers may count on one row.
 */
static void bounds_rows_by_filters_on_the_key(void **state)
{
	(void)state;
#define C_IS "{\"column\":\"c\",\"operator\":\"=\",\"value\":\"a\"}"
#define D_IS "{\"column\":\"d\",\"operator\":\"=\",\"value\":\"2024-01-01\"}"
	static const struct {
		const char *filters;
		int64_t bound;
	} t[] = { { C_IS "," D_IS, 1 },
		  { D_IS "," C_IS, 1 },
		  { C_IS, -1 },
		  { C_IS "," C_IS, -1 },
		  { C_IS ",{\"logic\":\"or\",\"conditions\":[" D_IS "," D_IS "]}", -1 },
		  { C_IS ",{\"logic\":\"and\",\"not\":true,\"conditions\":[" D_IS "]}", -1 },
		  { C_IS ",{\"column\":\"d\",\"operator\":\">=\",\"value\":\"2024-01-01\"}", -1 } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char query[400];
		snprintf(query, sizeof query, "{\"from\":\"pairs\",\"columns\":[\"c\"],\"filters\":[%s]}",
		         t[i].filters);
		world_sql(&w, query, NULL);
		assert_int_equal(w.stmt.row_bound, t[i].bound);
	}
	world_sql(&w, "{\"from\":\"things\",\"columns\":[\"number\"],\"filters\":[{\"column\":\"id\","
	              "\"operator\":\"=\",\"value\":\"" U1 "\"}],\"joins\":[{\"table\":\"pairs\",\"columns\":[]}]}",
	              NULL);
	assert_int_equal(w.stmt.row_bound, -1);
}

static void finds_composite_ids_as_groups(void **state)
{
	(void)state;
	IS(world_sql(&w, "{\"from\":\"pairs\",\"columns\":[\"d\"],\"byIds\":[{\"c\":\"a\",\"d\":\"2024-01-01\"},"
	                 "{\"d\":\"2024-01-02\",\"c\":\"b\"}]}", OWNER),
	   "SELECT t0.\"d\" AS c0, t0.\"c\" AS c1 FROM \"pairs\" AS t0 WHERE t0.\"hidden\" <> $1::bigint AND "
	   "((t0.\"c\" = $2 AND t0.\"d\" = $3) OR (t0.\"c\" = $4 "
	   "AND t0.\"d\" = $5)) | 7, a, 2024-01-01, b, 2024-01-02");
	IS(outputs_text(&w), "d:date c:string!");
	IS(from("{\"from\":\"pairs\",\"columns\":[\"c\",\"d\"],\"byIds\":[{\"c\":\"a\",\"d\":\"2024-01-01\"}]}", NULL),
	   "FROM \"pairs\" AS t0 WHERE t0.\"c\" = $1 AND t0.\"d\" = $2 | a, 2024-01-01");
}

/* Bytes have no lists: one comparison an id. */
static void compares_ids_of_bytes_one_by_one(void **state)
{
	(void)state;
	IS(from("{\"from\":\"blobs\",\"columns\":[\"n\"],\"byIds\":[\"AA==\",\"AAE=\"]}", NULL),
	   "FROM \"blobs\" AS t0 WHERE (t0.\"id\" = decode($1, 'base64') OR t0.\"id\" = decode($2, 'base64')) | AA==, "
	   "AAE=");
	IS(from("{\"from\":\"blobs\",\"columns\":[\"n\"],\"byIds\":[\"AA==\"]}", NULL), "FROM \"blobs\" AS t0 WHERE "
		"t0.\"id\" = decode($1, 'base64') | AA==");
}

static uint32_t depth_of(const struct md_condition *c)
{
	uint32_t most = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t d = depth_of(c->parts[i]);
		most = d > most ? d : most;
		assert_true(c->kind != MD_CONDITION_OR || c->n <= 100);
	}
	return most + 1;
}

static uint32_t leaves(const struct md_condition *c)
{
	uint32_t n = c->kind == MD_CONDITION_OPERATION;
	for (uint32_t i = 0; i < c->n; i++)
		n += leaves(c->parts[i]);
	return n;
}

/* SQLite refuses a chain of more than 1,000: many ids become groups of groups, and none is lost. */
static void splits_many_ids_into_groups_of_groups(void **state)
{
	(void)state;
	enum { N = 10000 };
	char *query = test_malloc(N * 40 + 100), *at = query;
	at += sprintf(at, "{\"from\":\"pairs\",\"columns\":[\"c\"],\"byIds\":[");
	for (int i = 0; i < N; i++)
		at += sprintf(at, "%s{\"c\":\"k%d\",\"d\":\"2024-01-01\"}", i ? "," : "", i);
	sprintf(at, "]}");
	world_sql(&w, query, NULL);
	assert_int_equal(w.stmt.n_params, 2 * N);
	assert_int_equal(leaves(w.tree.ids), 2 * N);
	assert_int_equal(depth_of(w.tree.ids), 4);
	for (uint32_t i = 0; i < N; i++) {
		char key[16];
		sprintf(key, "k%u", i);
		assert_true(md_str_eqz(w.stmt.params[2 * i].text, key));
	}
	test_free(query);
}

/* The configuration with the real type of things.text: where it is not known, no row filter on the
 * column is decided outside the database, and the cache is refused. */
static const char *with_type_of_text(const char *config)
{
	static const char column[] = "\"physicalName\":\"c0\",\"type\":\"string\",";
	static char text[16384];
	const char *at = strstr(config, column);
	assert_non_null(at);
	size_t n = (size_t)(at - config) + sizeof column - 1;
	int written = snprintf(text, sizeof text, "%.*s\"databaseType\":\"text\",%s", (int)n, config, config + n);
	assert_true(written > 0 && (size_t)written < sizeof text);
	return text;
}

/* A cache-miss statement: the ids asked for, and what the cache holds, whatever the caller selects.
 */
static void selects_the_columns_of_the_cache_for_misses(void **state)
{
	(void)state;
	struct world v;
	const uint32_t two[] = { 2, 0 };
	world_open(&v, with_type_of_text(resolve_config("things", PG ",\"caches\":[{\"id\":\"m\",\"engine\":"
	               "\"memory\",\"tables\":[{\"tableId\":\"t-1\",\"keyPattern\":\"things:{id}\","
	               "\"columns\":[\"price\",\"id\",\"number\",\"text\"]}]}]")));
	world_plan(&v, "{\"from\":\"things\",\"columns\":[\"number\"],\"byIds\":[\"" U1 "\",\"" U2 "\","
		"\"33333333-3333-4333-8333-333333333333\"]}", OWNER);
	assert_int_equal(v.planned.plan->strategy, MD_CACHE);
	IS(world_write(&v, NULL), "SELECT t0.\"num\" AS c0, t0.\"id\" AS c1 " THINGS " WHERE t0.\"c0\" = $1 AND "
		"t0.\"num\" = ANY($2::bigint[]) AND t0.\"id\" = ANY($3)"
	                          " | me, [1,2], [" U1 "," U2 ",33333333-3333-4333-8333-333333333333]");
	IS(world_write(&v, &(struct md_ids){ two, 2 }),
	   "SELECT t0.\"id\" AS c0, t0.\"c0\" AS c1, t0.\"num\" AS c2, t0.\"price\" AS c3 " THINGS
	   " WHERE t0.\"c0\" = $1 AND t0.\"num\" = ANY($2::bigint[]) AND t0.\"id\" = ANY($3) | me, [1,2], "
	   "[33333333-3333-4333-8333-333333333333," U1 "]");
	IS(outputs_text(&v), "id:uuid! text:string?! number:int! price:decimal?!");
	assert_int_equal(v.stmt.row_bound, 2);
	world_close(&v);
}

/* ---- order ---- */

static void orders_by_cells_with_nulls_in_place(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"text\",\"direction\":\"asc\"},"
	        "{\"column\":\"price\",\"direction\":\"desc\"},"
	        "{\"column\":\"upId\",\"direction\":\"desc\",\"nulls\":\"last\"},{\"column\":\"d\","
	        "\"direction\":\"asc\",\"nulls\":\"first\"},"
	        "{\"column\":\"number\",\"direction\":\"desc\",\"nulls\":\"first\"}],\"limit\":3}", NULL),
	   THINGS " ORDER BY t0.\"c0\"::text COLLATE \"C\" NULLS LAST, t0.\"price\" DESC NULLS FIRST, t0.\"up_id\" "
	          "DESC "
	          "NULLS LAST, t0.\"pair_d\" NULLS FIRST, t0.\"num\" DESC LIMIT 3");
	assert_int_equal(w.stmt.row_bound, 3);
}

static void makes_the_order_total_for_an_offset(void **state)
{
	(void)state;
	IS(from("{\"from\":\"things\",\"columns\":[\"number\"],\"limit\":3,\"offset\":0}", NULL),
	   THINGS " ORDER BY t0.\"id\" LIMIT 3 OFFSET 0");
	IS(from("{\"from\":\"things\",\"columns\":[\"number\"],\"limit\":3}", NULL), THINGS " LIMIT 3");
	IS(from("{\"from\":\"keyless\",\"limit\":3,\"offset\":6}", NULL), "FROM \"keyless\" AS t0 LIMIT 3 OFFSET 6");
	IS(strstr(from("{\"from\":\"things\",\"columns\":[\"id\"],\"joins\":[{\"table\":\"pairs\",\"columns\":[]}],"
	               "\"orderBy\":[{\"column\":\"d\",\"table\":\"pairs\",\"direction\":\"desc\"},"
	               "{\"column\":\"id\",\"direction\":\"desc\"}],\"limit\":1,\"offset\":2}", NULL), "ORDER"),
	   "ORDER BY t1.\"d\" DESC NULLS FIRST, t0.\"id\" DESC, t1.\"c\"::text COLLATE \"C\" NULLS LAST LIMIT 1 OFFSET "
	   "2");
}

static void counts_rows_without_order_and_limit(void **state)
{
	(void)state;
	IS(world_sql(&w, "{\"from\":\"things\",\"executeMode\":\"count\",\"orderBy\":[{\"column\":\"text\","
	                 "\"direction\":\"asc\"}],\"limit\":3,\"offset\":1,\"joins\":[{\"table\":\"pairs\"}],"
	                 "\"filters\":[" A "]}", OWNER),
	   "SELECT count(*) AS c0 " THINGS
	   " LEFT JOIN \"pairs\" AS t1 ON t0.\"pair_c\" = t1.\"c\" AND t0.\"pair_d\" = t1.\"d\" AND t1.\"hidden\" <> "
	   "$1::bigint"
	   " WHERE t0.\"c0\" = $2 AND t0.\"num\" = ANY($3::bigint[]) AND t0.\"num\" = $4::bigint | 7, me, [1,2], 1");
	IS(outputs_text(&w), "count:bigint");
	assert_true(w.shape.count);
	assert_int_equal(w.shape.n_outputs, 1);
	assert_int_equal(w.stmt.row_bound, 1);
}

/* The same question of another tenant has the same text. */
static void writes_the_same_text_for_other_values(void **state)
{
	(void)state;
	char text[400];
	const char *sql = world_sql(&w, "{\"from\":\"things\",\"columns\":[\"id\"],\"byIds\":[\"" U1 "\"]}", OWNER);
	size_t n = (size_t)(strstr(sql, " | ") - sql);
	memcpy(text, sql, n);
	sql = world_sql(&w, "{\"byIds\":[\"" U2 "\",\"" U1 "\"],\"columns\":[\"id\"],\"from\":\"things\"}",
	                "{\"role\":\"owner\",\"contextValues\":{\"who\":\"'; --\",\"numbers\":[5,6,7,8],\"not\":-1}}");
	assert_memory_equal(sql, text, n);
	assert_memory_equal(sql + n, " | '; --", 8);
}

/* Should a column whose cells follow a rule ever come without one, nothing is read. */
static void fails_where_a_cell_has_no_rule(void **state)
{
	(void)state;
	const uint64_t all = ~(uint64_t)0;
	world_plan(&w, "{\"from\":\"things\",\"columns\":[\"id\"]}", NULL);
	struct md_view view = *w.bound->refs[0].view;
	view.by_rule = &all;
	((struct md_ref *)(uintptr_t)w.bound->refs)[0].view = &view;
	assert_int_equal(md_resolve(&w.cx, w.planned.plan, w.values, NULL, &w.tree, &w.shape), -1);
	IS(md_code_name(w.err.code), "INTERNAL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_physical_columns),
		cmocka_unit_test(reads_one_physical_column_as_each_api_column_declares_it),
		cmocka_unit_test(quotes_every_part_of_a_table_name),
		cmocka_unit_test(completes_a_table_name_of_one_part), cmocka_unit_test(reads_the_names_of_a_replica),
		cmocka_unit_test(reads_cache_misses_by_the_layout_of_the_replica),
		cmocka_unit_test(joins_from_parent_to_joined_table),
		cmocka_unit_test(casts_clickhouse_moments_through_trino), cmocka_unit_test(logs_each_name_once),
		cmocka_unit_test(puts_the_row_predicate_first), cmocka_unit_test(unites_the_row_predicates_of_roles),
		cmocka_unit_test(writes_a_constant_where_no_row_is_visible),
		cmocka_unit_test(keeps_groups_in_parentheses), cmocka_unit_test(binds_patterns_in_canonical_form),
		cmocka_unit_test(compares_strings_by_code_point), cmocka_unit_test(joins_a_table_to_itself),
		cmocka_unit_test(joins_by_composite_keys_and_in_chains),
		cmocka_unit_test(puts_the_row_predicate_of_a_join_into_on), cmocka_unit_test(finds_ids_as_one_list),
		cmocka_unit_test(reads_keys_only_where_rows_are_put_in_order),
		cmocka_unit_test(bounds_rows_by_filters_on_the_key), cmocka_unit_test(finds_composite_ids_as_groups),
		cmocka_unit_test(compares_ids_of_bytes_one_by_one),
		cmocka_unit_test(splits_many_ids_into_groups_of_groups),
		cmocka_unit_test(selects_the_columns_of_the_cache_for_misses),
		cmocka_unit_test(orders_by_cells_with_nulls_in_place),
		cmocka_unit_test(makes_the_order_total_for_an_offset),
		cmocka_unit_test(counts_rows_without_order_and_limit),
		cmocka_unit_test(writes_the_same_text_for_other_values),
		cmocka_unit_test(fails_where_a_cell_has_no_rule),
	};
	return cmocka_run_group_tests(tests, open_pg, close_world);
}
