/* Every refusal code of every strategy, the order of strategies, candidates, stand-ins, federation,
 * and the planner's errors. */
#include "planned.h"

#include <stdio.h>
#include <string.h>

#define COLUMN(name, type) \
	"{\"apiName\":\"" name "\",\"physicalName\":\"" name "\",\"type\":\"" type "\",\"nullable\":true}"
#define TABLE(id, db, relations) \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"" db "\",\"physicalName\":\"x." id \
	"\",\"columns\":[" \
	COLUMN("id", "int") "," COLUMN("hubId", "int") "," COLUMN("val", "string") "," \
	COLUMN("extra", "decimal") \
	"],\"primaryKey\":[\"id\"],\"relations\":[" relations "]}"
#define TO_HUB "{\"column\":\"hubId\",\"references\":{\"table\":\"hub\",\"column\":\"id\"},\"type\":\"many-to-one\"}"
#define SYNC(table, db, lag, more) \
	"{\"sourceTable\":\"" table "\",\"targetDatabase\":\"" db "\",\"targetPhysicalName\":\"r." table \
	"\",\"method\":\"debezium\",\"estimatedLag\":\"" lag "\"" more "}"
#define ROLE(id, column, key) \
	"{\"id\":\"" id "\",\"tables\":[{\"tableId\":\"hub\",\"allowedColumns\":[\"id\",\"val\"]," \
	                "\"filters\":[{\"column\":\"" column \
	"\",\"operator\":\"=\",\"valueFrom\":\"context\",\"contextKey\":\"" key \
	"\"}]},{\"tableId\":\"far\",\"allowedColumns\":\"*\"}]}"

/* hub in pg; near beside it; far in pgFar; lone in pgLone, which has no catalog; click in ch; lake
 * in ice; lost in iceLost, which has none. */
static const char config[] =
	"{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\",\"trinoCatalog\":\"pg\"},{\"id\":\"pgFar\","
	"\"engine\":\"postgres\",\"trinoCatalog\":\"far\"},"
	"{\"id\":\"pgLone\",\"engine\":\"postgres\"},{\"id\":\"ch\",\"engine\":\"clickhouse\",\"trinoCatalog\":\"ch\"},"
	"{\"id\":\"ice\",\"engine\":\"iceberg\",\"trinoCatalog\":\"ice\"},{\"id\":\"iceLost\",\"engine\":\"iceberg\"}],"
	"\"tables\":[" TABLE("hub", "pg", "") "," TABLE("near", "pg", TO_HUB) "," TABLE("far", "pgFar", TO_HUB) ","
	TABLE("lone", "pgLone", TO_HUB) ","
	TABLE("click", "ch", TO_HUB) "," TABLE("lake", "ice", TO_HUB) "," TABLE("lost", "iceLost", TO_HUB) ","
	TABLE("stray", "pgFar", TO_HUB) "],"
	"\"externalSyncs\":[" SYNC("hub", "ch", "seconds", ",\"columns\":[\"id\",\"val\",\"hubId\"]") ","
	SYNC("hub", "ice", "minutes", "") ","
	SYNC("hub", "pgFar", "hours", "") "," SYNC("near", "ch", "minutes", "") "," SYNC("lone", "ch", "hours", "") ","
	SYNC("lone", "ice", "seconds", ",\"columns\":[\"id\",\"hubId\",\"val\"]") ","
	SYNC("hub", "iceLost", "realtime", "") "],"
	"\"caches\":[{\"id\":\"mem\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"hub\","
	"\"keyPattern\":\"hub:{id}\",\"ttl\":60,\"columns\":[\"id\",\"val\",\"hubId\"]},"
	"{\"tableId\":\"far\",\"keyPattern\":\"far:{id}:{val}\"},{\"tableId\":\"lone\",\"keyPattern\":\"lone:{id}\"},"
	"{\"tableId\":\"lost\",\"keyPattern\":\"lost:{id}\"}]},"
	"{\"id\":\"red\",\"engine\":\"redis\",\"tables\":[{\"tableId\":\"near\",\"keyPattern\":\"near:{id}\"}]}],"
	"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}," ROLE("byHub", "hubId", "hub") ","
	ROLE("byExtra", "extra", "extra") ","
	"{\"id\":\"byVal\",\"tables\":[{\"tableId\":\"far\",\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"val\","
	"\"operator\":\"=\",\"valueFrom\":\"context\","
	"\"contextKey\":\"val\"}]},{\"tableId\":\"hub\",\"allowedColumns\":\"*\",\"filters\":[{\"column\":\"val\","
	"\"operator\":\"in\",\"valueFrom\":\"context\","
	"\"contextKey\":\"vals\"}]}]}],\"trino\":{\"enabled\":true}}";

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

static int reset_arena(void **state)
{
	(void)state;
	w.changed = *w.meta;
	return 0;
}

/* from + joins to it, columns that every replica has. */
#define Q(from, more) "{\"from\":\"" from "\",\"columns\":[\"id\",\"val\"]" more "}"
#define JOIN(table) "{\"table\":\"" table "\",\"columns\":[\"id\"]}"
#define WITH(table, more) Q("hub", ",\"joins\":[" JOIN(table) "]" more)

#define CACHE(query, expected) \
	(world_ask(&w, (query), NULL, true), assert_string_equal(planned_codes(&w, MD_CACHE), (expected)))

static void test_cache_refusals(void **state)
{
	(void)state;
	CACHE(Q("hub", ",\"byIds\":[1]"), "");
	assert_string_equal(planned_strategy(&w), "cache");
	CACHE(Q("hub", ""), "NOT_BY_IDS|NOT_BY_IDS");
	CACHE(Q("hub", ",\"byIds\":[1],\"executeMode\":\"sql-only\""), "MODE_NOT_EXECUTE|MODE_NOT_EXECUTE");
	CACHE(Q("hub", ",\"byIds\":[1],\"joins\":[" JOIN("near") "]"), "NOT_SINGLE_TABLE|NOT_SINGLE_TABLE");
	CACHE(Q("hub", ",\"byIds\":[1],\"filters\":[{\"column\":\"val\",\"operator\":\"=\",\"value\":\"x\"}]"),
	      "HAS_FILTERS|HAS_FILTERS");
	CACHE(Q("hub", ",\"byIds\":[1],\"orderBy\":[{\"column\":\"id\",\"direction\":\"asc\"}]"),
	      "HAS_ORDER_OR_LIMIT|HAS_ORDER_OR_LIMIT");
	CACHE(Q("hub", ",\"byIds\":[1],\"limit\":1"), "HAS_ORDER_OR_LIMIT|HAS_ORDER_OR_LIMIT");
	CACHE(Q("click", ",\"byIds\":[1]"), "NO_CACHE|NO_CACHE");
	CACHE(Q("near", ",\"byIds\":[1]"), "NO_CACHE|NO_CACHE"); /* a redis cache without a connection */
	CACHE("{\"from\":\"hub\",\"columns\":[\"extra\"],\"byIds\":[1]}", "COLUMN_NOT_CACHED|COLUMN_NOT_CACHED");
	assert_non_null(strstr(planned_dump(&w), "cache mem does not hold extra"));
	CACHE(Q("far", ",\"byIds\":[1]"), "KEY_NOT_FIXED|KEY_NOT_FIXED");
	CACHE(Q("hub", ",\"byIds\":[1],\"freshness\":\"realtime\""), "FRESHNESS_UNMET|FRESHNESS_UNMET");
	CACHE(Q("hub", ",\"byIds\":[1],\"freshness\":{\"maxLagMs\":59999}"), "FRESHNESS_UNMET|FRESHNESS_UNMET");
	CACHE(Q("hub", ",\"byIds\":[1],\"freshness\":\"seconds\""), ""); /* 60 s are 60,000 ms */
	/* entries that never expire */
	CACHE(Q("lone", ",\"byIds\":[1],\"freshness\":\"hours\""), "FRESHNESS_UNMET|FRESHNESS_UNMET");
	CACHE(Q("lone", ",\"byIds\":[1]"), "");
	CACHE(Q("hub", ",\"byIds\":[1],\"avoid\":[\"cache\"]"), "AVOIDED|AVOIDED");
	CACHE(Q("lost", ",\"byIds\":[1]"), "NO_FALLBACK|NO_FALLBACK");
	CACHE(Q("hub", ",\"joins\":[" JOIN("near") "],\"limit\":1,\"avoid\":[\"cache\"],\"freshness\":\"realtime\""),
	      "NOT_BY_IDS|NOT_BY_IDS,NOT_SINGLE_TABLE,HAS_ORDER_OR_LIMIT,FRESHNESS_UNMET,AVOIDED");
}

static void test_count_mode_avoids_the_cache(void **state)
{
	(void)state;
	CACHE(Q("hub", ",\"byIds\":[1],\"executeMode\":\"count\""), "MODE_NOT_EXECUTE|MODE_NOT_EXECUTE");
	assert_string_equal(planned_strategy(&w), "direct");
}

static void say_type(const struct md_column *c, const struct md_real_type *real)
{
	((struct md_column *)(uintptr_t)c)->real = real;
}

/* Row filters: their columns must be cached, exact, and may fix the key. */
static void test_cache_and_row_filters(void **state)
{
	static const struct md_real_type text = { .family = MD_REAL_TEXT };
	(void)state;
	world_ask(&w, Q("hub", ",\"byIds\":[1]"), "{\"role\":\"byHub\",\"contextValues\":{\"hub\":3}}", true);
	assert_string_equal(planned_codes(&w, MD_CACHE), "");
	world_ask(&w, Q("hub", ",\"byIds\":[1]"), "{\"role\":\"byExtra\",\"contextValues\":{\"extra\":3}}", true);
	assert_string_equal(planned_codes(&w, MD_CACHE), "COLUMN_NOT_CACHED|COLUMN_NOT_CACHED,FILTER_NOT_EXACT");
	assert_null(strstr(planned_dump(&w), "extra /")); /* a column that the caller can't see is not named */
	assert_non_null(strstr(planned_dump(&w), "columns that row filters or relations need"));
	world_ask(&w, Q("far", ",\"byIds\":[1]"), "{\"role\":\"byVal\",\"contextValues\":{\"val\":\"x\"}}", true);
	assert_string_equal(planned_codes(&w, MD_CACHE), "FILTER_NOT_EXACT|FILTER_NOT_EXACT");
	say_type(world_column(&w, "far", "val"), &text);
	world_ask(&w, Q("far", ",\"byIds\":[1]"), "{\"role\":\"byVal\",\"contextValues\":{\"val\":\"x\"}}", true);
	assert_string_equal(planned_codes(&w, MD_CACHE), "");
	world_ask(&w, Q("far", ",\"byIds\":[1]"), "{\"roles\":{\"user\":[\"byVal\",\"admin\"]},"
	                                          "\"contextValues\":{\"val\":\"x\"}}", true);
	assert_string_equal(planned_codes(&w, MD_CACHE), "KEY_NOT_FIXED|KEY_NOT_FIXED"); /* not on every row */
	world_ask(&w, Q("hub", ",\"byIds\":[1]"), "{\"role\":\"byVal\",\"contextValues\":{\"vals\":[]}}", false);
	assert_int_equal(w.rc, 0);
	assert_true(md_guarded_empty(w.guarded)); /* planned all the same */
	assert_string_equal(planned_strategy(&w), "cache");
	say_type(world_column(&w, "far", "val"), &md_real_unknown);
}

static void test_cache_plan(void **state)
{
	(void)state;
	world_plan(&w, Q("hub", ",\"byIds\":[1]"), NULL);
	assert_string_equal(planned_target(&w), "mem");
	assert_int_equal(w.planned.plan->fallback, MD_DIRECT);
	assert_string_equal(planned_sources(&w), "hub=original@pg");
	assert_int_equal(w.planned.n, 1);
	world_plan(&w, Q("hub", ",\"byIds\":[1],\"prefer\":[\"replica\"]"), NULL); /* the cache keeps its place */
	assert_int_equal(w.planned.plan->fallback, MD_MATERIALIZED);
	assert_string_equal(planned_sources(&w), "hub=materialized@ch");
	world_ask(&w, Q("hub", ",\"byIds\":[1]"), NULL, true);
	assert_int_equal(w.planned.n, 4);
	assert_int_equal(planned_alternative(&w, MD_CACHE)->verdict, MD_CHOSEN);
	assert_int_equal(planned_alternative(&w, MD_DIRECT)->verdict, MD_POSSIBLE);
	assert_int_equal(planned_alternative(&w, MD_MATERIALIZED)->verdict, MD_POSSIBLE);
	assert_int_equal(planned_alternative(&w, MD_CROSS)->verdict, MD_POSSIBLE);
}

static void test_direct(void **state)
{
	(void)state;
	world_plan(&w, WITH("near", ""), NULL);
	assert_string_equal(planned_strategy(&w), "direct");
	assert_string_equal(planned_target(&w), "pg");
	assert_int_equal(w.planned.plan->dialect, MD_DIALECT_POSTGRES);
	assert_int_equal(w.planned.n, 2); /* judged up to the chosen one */
	assert_false(w.planned.plan->through_trino);
	world_plan(&w, Q("click", ""), NULL);
	assert_int_equal(w.planned.plan->dialect, MD_DIALECT_CLICKHOUSE);
}

static void test_direct_iceberg(void **state)
{
	(void)state;
	world_plan(&w, Q("lake", ""), NULL);
	assert_string_equal(planned_strategy(&w), "direct");
	assert_string_equal(planned_target(&w), "ice");
	assert_int_equal(w.planned.plan->dialect, MD_DIALECT_TRINO);
	assert_true(w.planned.plan->through_trino);
	assert_refused(&w, Q("lost", ""), MD_NO_CATALOG);
	assert_string_equal(planned_codes(&w, MD_DIRECT), "NO_CATALOG|NO_CATALOG");
	w.changed.trino.enabled = false;
	assert_refused(&w, Q("lake", ""), MD_TRINO_DISABLED);
	assert_string_equal(planned_codes(&w, MD_DIRECT), "TRINO_DISABLED|TRINO_DISABLED");
	assert_refused(&w, Q("lost", ""), MD_UNREACHABLE_TABLES); /* neither change alone would do */
	assert_string_equal(planned_codes(&w, MD_DIRECT), "TRINO_DISABLED|TRINO_DISABLED,NO_CATALOG");
}

static void test_materialized(void **state)
{
	(void)state;
	world_plan(&w, WITH("click", ""), NULL);
	assert_string_equal(planned_strategy(&w), "materialized");
	assert_string_equal(planned_target(&w), "ch");
	assert_string_equal(planned_sources(&w), "hub=materialized@ch click=original@ch");
	assert_string_equal(planned_codes(&w, MD_DIRECT), "DIFFERENT_DATABASES|DIFFERENT_DATABASES");
	assert_string_equal(planned_candidates(&w), "pg=NO_REPLICA pgFar=NO_REPLICA ch=chosen ice=NO_REPLICA "
	                                            "iceLost=NO_REPLICA");
	world_plan(&w, WITH("far", ""), NULL);
	assert_string_equal(planned_sources(&w), "hub=materialized@pgFar far=original@pgFar");
	world_plan(&w, WITH("lone", ""), NULL); /* no original at all: ice lags less than ch */
	assert_string_equal(planned_sources(&w), "hub=materialized@ice lone=materialized@ice");
	assert_true(w.planned.plan->through_trino);
	assert_string_equal(planned_candidates(&w), "pg=NO_REPLICA pgFar=NO_REPLICA pgLone=NO_REPLICA ch=possible "
	                                            "ice=chosen iceLost=NO_REPLICA");
}

static void test_materialized_originals_first(void **state)
{
	(void)state;
	world_plan(&w, Q("hub", ",\"joins\":[" JOIN("near") "," JOIN("click") "]"), NULL);
	assert_string_equal(planned_sources(&w), "hub=materialized@ch near=materialized@ch click=original@ch");
	/* ch alone holds both as replicas */
	world_plan(&w, Q("hub", ",\"joins\":[" JOIN("near") "],\"prefer\":[\"replica\"]"), NULL);
	assert_string_equal(planned_sources(&w), "hub=materialized@ch near=materialized@ch");
}

static void test_materialized_freshness(void **state)
{
	(void)state;
	world_plan(&w, WITH("click", ",\"freshness\":\"seconds\""), NULL);
	assert_string_equal(planned_strategy(&w), "materialized");
	world_plan(&w, WITH("click", ",\"freshness\":{\"maxLagMs\":60000}"), NULL);
	assert_string_equal(planned_strategy(&w), "materialized");
	world_plan(&w, WITH("click", ",\"freshness\":{\"maxLagMs\":59999}"), NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED),
	                    "FRESHNESS_UNMET|FRESHNESS_UNMET,NO_REPLICA,NO_CATALOG");
	assert_string_equal(planned_candidates(&w), "pg=NO_REPLICA pgFar=NO_REPLICA ch=FRESHNESS_UNMET ice=NO_REPLICA "
	                                            "iceLost=NO_REPLICA");
	assert_non_null(strstr(planned_dump(&w), "hub lags by seconds, the query accepts 59999 ms"));
	w.changed.trino.enabled = false;
	assert_refused(&w, WITH("click", ",\"freshness\":\"realtime\""), MD_FRESHNESS_UNMET);
	assert_non_null(strstr(planned_dump(&w), "no copy is fresh enough, the query accepts realtime"));
}

static void test_materialized_columns(void **state)
{
	(void)state;
	world_plan(&w, "{\"from\":\"hub\",\"columns\":[\"extra\"],\"joins\":[" JOIN("click") "]}", NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "COLUMN_NOT_REPLICATED|NO_REPLICA,"
		"COLUMN_NOT_REPLICATED,NO_CATALOG");
	assert_non_null(strstr(planned_dump(&w), "the replica of hub lacks extra"));
	world_plan(&w, Q("hub", ",\"joins\":[" JOIN("click") "],\"filters\":[{\"column\":\"extra\",\"operator\":\">\","
		"\"value\":1}]"), NULL);
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "COLUMN_NOT_REPLICATED|NO_REPLICA,"
		"COLUMN_NOT_REPLICATED,NO_CATALOG");
}

/* The row filter's column counts too, and is not named to those who can't see it. */
static void test_materialized_row_filter_columns(void **state)
{
	(void)state;
	w.changed.trino.enabled = false;
	world_ask(&w, Q("hub", ",\"prefer\":[\"replica\"]"), "{\"role\":\"byExtra\",\"contextValues\":{\"extra\":1}}",
	          false);
	assert_string_equal(planned_sources(&w), "hub=materialized@pgFar"); /* ch lacks the column, ice needs Trino */
	assert_string_equal(planned_candidates(&w), "pgFar=chosen ch=COLUMN_NOT_REPLICATED ice=TRINO_DISABLED "
	                                            "iceLost=TRINO_DISABLED");
	assert_non_null(
		strstr(planned_dump(&w), "the replica of hub lacks columns that row filters or relations need"));
}

static void test_avoid_trino(void **state)
{
	(void)state;
	world_plan(&w, WITH("lake", ""), NULL);
	assert_string_equal(planned_target(&w), "ice");
	assert_refused(&w, WITH("lake", ",\"avoid\":[\"trino\"]"), MD_UNREACHABLE_TABLES);
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "AVOIDED|NO_REPLICA,NO_CATALOG,AVOIDED");
	assert_string_equal(planned_codes(&w, MD_CROSS), "AVOIDED|AVOIDED");
	/* there is no other way to an iceberg table: direct stays direct */
	world_plan(&w, Q("lake", ",\"avoid\":[\"trino\"]"), NULL);
	assert_string_equal(planned_strategy(&w), "direct");
}

static void test_materialized_trino_codes(void **state)
{
	(void)state;
	w.changed.trino.enabled = false;
	assert_refused(&w, WITH("lake", ""), MD_TRINO_DISABLED);
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "TRINO_DISABLED|NO_REPLICA,TRINO_DISABLED,NO_CATALOG");
	w.changed.trino.enabled = true;
	assert_refused(&w, WITH("lost", ""), MD_NO_CATALOG);
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "NO_CATALOG|NO_REPLICA,NO_CATALOG");
	assert_non_null(strstr(planned_dump(&w), "iceLost has no trinoCatalog"));
}

static void test_avoid_replica(void **state)
{
	(void)state;
	world_plan(&w, WITH("click", ",\"avoid\":[\"replica\"]"), NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	assert_string_equal(planned_sources(&w), "hub=original@pg click=original@ch");
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "AVOIDED|NO_REPLICA,NO_CATALOG,AVOIDED");
	/* and no stand-in: lone's database has no catalog */
	assert_refused(&w, Q("lone", ",\"joins\":[" JOIN("hub") "," JOIN("stray") "],\"avoid\":[\"replica\"]"),
	               MD_NO_CATALOG);
	assert_string_equal(planned_codes(&w, MD_CROSS), "NO_CATALOG|NO_CATALOG,AVOIDED");
}

static void test_no_replicas_at_all(void **state)
{
	(void)state;
	world_ask(&w, Q("click", ""), NULL, true);
	assert_string_equal(planned_codes(&w, MD_MATERIALIZED), "NO_REPLICA|NO_REPLICA");
	assert_string_equal(planned_candidates(&w), "");
}

static void test_cross(void **state)
{
	(void)state;
	world_plan(&w, Q("click", ",\"joins\":[{\"table\":\"hub\",\"columns\":[]}," JOIN("far") "]"), NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	assert_string_equal(planned_target(&w), "trino");
	assert_int_equal(w.planned.plan->dialect, MD_DIALECT_TRINO);
	assert_true(w.planned.plan->through_trino && !w.planned.plan->embedded);
	assert_string_equal(planned_sources(&w), "click=original@ch hub=original@pg far=original@pgFar");
}

/* lone's database has no catalog; its replica in ice lags least. */
static void test_stand_in(void **state)
{
	(void)state;
	static const char three[] = Q("lone", ",\"joins\":[" JOIN("hub") "," JOIN("stray") "]");
	world_plan(&w, three, NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	assert_string_equal(planned_sources(&w), "lone=materialized@ice hub=original@pg stray=original@pgFar");
	/* ice lacks it, ch has it */
	world_plan(&w, "{\"from\":\"lone\",\"columns\":[\"extra\"],\"joins\":[" JOIN("hub") "," JOIN("stray") "]}",
	           NULL);
	assert_string_equal(planned_sources(&w), "lone=materialized@ch hub=original@pg stray=original@pgFar");
	assert_refused(&w,
	               "{\"from\":\"lone\",\"columns\":[\"extra\"],\"joins\":[" JOIN("hub") "," JOIN(
			       "stray") "],\"freshness\":\"minutes\"}",
	               MD_FRESHNESS_UNMET);
	assert_string_equal(planned_codes(&w, MD_CROSS), "NO_CATALOG|FRESHNESS_UNMET,COLUMN_NOT_REPLICATED,NO_CATALOG");
	assert_int_equal(planned_alternative(&w, MD_CROSS)->n_tables, 1);
	assert_non_null(strstr(planned_dump(&w), "pgLone has no trinoCatalog, and lone lags by hours, the query "
	                                         "accepts minutes"));
}

static void test_prefer(void **state)
{
	(void)state;
	world_plan(&w, Q("hub", ",\"prefer\":[\"replica\"]"), NULL);
	assert_string_equal(planned_strategy(&w), "materialized");
	assert_string_equal(planned_target(&w), "ch");
	world_plan(&w, Q("hub", ",\"prefer\":[\"trino\"]"), NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	/* materialized before trino, for every order of the words */
	world_plan(&w, Q("hub", ",\"prefer\":[\"trino\",\"replica\"]"), NULL);
	assert_string_equal(planned_strategy(&w), "materialized");
	/* freshness still holds */
	world_plan(&w, Q("hub", ",\"prefer\":[\"trino\",\"replica\"],\"freshness\":{\"maxLagMs\":1}"), NULL);
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	assert_int_equal(w.planned.n, 3);
	assert_int_equal(w.planned.alternatives[1].strategy, MD_MATERIALIZED);
	assert_int_equal(w.planned.alternatives[2].strategy, MD_CROSS);
	world_plan(&w, Q("hub", ",\"prefer\":[\"replica\"],\"avoid\":[\"replica\"]"), NULL);
	assert_string_equal(planned_strategy(&w), "direct");
}

static void test_policy_prefers_replicas(void **state)
{
	(void)state;
	w.changed.policy.prefer_replica = true;
	world_plan(&w, Q("hub", ""), NULL);
	assert_string_equal(planned_strategy(&w), "materialized");
	world_plan(&w, Q("hub", ",\"prefer\":[\"trino\"]"), NULL); /* a default only */
	assert_string_equal(planned_strategy(&w), "trino-cross-db");
	world_plan(&w, Q("hub", ",\"prefer\":[]"), NULL);
	assert_string_equal(planned_strategy(&w), "direct");
	world_plan(&w, Q("click", ""), NULL);
	assert_string_equal(planned_strategy(&w), "direct");
}

/* One table in several places is one table: every copy needs the columns of all its places. */
static void test_table_twice(void **state)
{
	(void)state;
	world_plan(&w, Q("click", ",\"joins\":[{\"table\":\"hub\",\"columns\":[\"id\"]},{\"table\":\"near\","
	                          "\"as\":\"n1\",\"columns\":[\"id\"]},"
	                          "{\"table\":\"near\",\"as\":\"n2\",\"columns\":[\"val\"]}]"), NULL);
	assert_string_equal(planned_sources(&w), "click=original@ch hub=materialized@ch n1=materialized@ch "
	                                         "n2=materialized@ch");
	assert_non_null(strstr(world_log(&w), "Tables needed: [click(ch), hub(pg), near(pg)]"));
}

static void test_errors(void **state)
{
	(void)state;
	assert_refused(&w, WITH("lost", ""), MD_NO_CATALOG);
	assert_non_null(strstr(planned_dump(&w), "no strategy reaches hub (pg), lost (iceLost): "));
	w.changed.trino.enabled = false;
	assert_refused(&w, Q("click", ",\"joins\":[{\"table\":\"hub\",\"columns\":[]}," JOIN("far") "]"),
	               MD_TRINO_DISABLED);
	assert_string_equal(planned_codes(&w, MD_CROSS), "TRINO_DISABLED|TRINO_DISABLED");
	assert_string_equal(planned_codes(&w, MD_CACHE), "NOT_BY_IDS|NOT_BY_IDS,NOT_SINGLE_TABLE,NO_CACHE,NO_FALLBACK");
	assert_int_equal(w.planned.n, 4); /* everything that stood in the way */
	assert_refused(&w, Q("click", ",\"joins\":[{\"table\":\"hub\",\"columns\":[]}," JOIN("lost") "]"),
	               MD_UNREACHABLE_TABLES);
	assert_int_equal(w.err.reach.n_tables, 3);
	assert_true(md_str_eqz(w.err.reach.tables[0], "click") && md_str_eqz(w.err.reach.tables[2], "lost"));
	assert_int_equal(w.err.reach.n_databases, 3);
	assert_true(md_str_eqz(w.err.reach.databases[0], "ch") && md_str_eqz(w.err.reach.databases[2], "iceLost"));
}

static void test_deterministic(void **state)
{
	(void)state;
	static const char *const queries[] = { WITH("lone", ""), WITH("click", ",\"freshness\":\"realtime\""),
		                               WITH("lost", ""), Q("hub", ",\"byIds\":[1]") };
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		static char first[65536];
		world_ask(&w, queries[i], NULL, true);
		snprintf(first, sizeof first, "%s", planned_dump(&w));
		for (int again = 0; again < 3; again++) {
			world_ask(&w, queries[i], NULL, true);
			assert_string_equal(planned_dump(&w), first);
		}
	}
}

/* Roles in another order, filters in another order: the same plan and the same predicate. */
static void test_roles_in_any_order(void **state)
{
	(void)state;
	static char first[65536];
	world_ask(&w, "{\"from\":\"hub\",\"columns\":[\"id\"]}", "{\"roles\":{\"user\":[\"byHub\",\"byVal\"]},"
		"\"contextValues\":{\"hub\":1,\"vals\":[\"x\"]}}", true);
	assert_int_equal(w.rc, 0);
	struct md_buf a = { .arena = &w.arena };
	md_pred_text(&a, md_guarded_rows(md_guarded_at(w.guarded, 0)));
	snprintf(first, sizeof first, "%.*s", (int)a.n, a.p);
	world_ask(&w, "{\"columns\":[\"id\"],\"from\":\"hub\"}", "{\"contextValues\":{\"vals\":[\"x\"],\"hub\":1},"
		"\"roles\":{\"user\":[\"byVal\",\"byHub\"]}}", true);
	struct md_buf b = { .arena = &w.arena };
	md_pred_text(&b, md_guarded_rows(md_guarded_at(w.guarded, 0)));
	assert_true(md_str_eqz(md_buf_view(&b), first));
}

static void test_log(void **state)
{
	(void)state;
	world_plan(&w, WITH("click", ",\"freshness\":\"minutes\""), NULL);
	const char *log = world_log(&w);
	static const char *const lines[] = {
		"[planning]    Tables needed: [hub(pg), click(ch)]\n",
		"[planning]    Not in same database. Checking materializations...\n",
		"[planning]    Found: hub → ch (debezium, lag: seconds)\n",
		"[planning]    Query freshness: 'minutes' → materialized replica acceptable\n",
		"[planning]    Strategy: MATERIALIZED via ch\n", "[planning]      hub → r.hub (materialized)\n",
		"[planning]      click → x.click (original)\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_non_null(strstr(log, lines[i]));
		log = strstr(log, lines[i]); /* in this order */
	}
	world_plan(&w, WITH("near", ""), NULL);
	assert_non_null(strstr(world_log(&w), "Tables needed: [hub(pg), near(pg)]\n[planning]    All tables in 'pg' → "
	                                      "strategy: DIRECT\n"));
}

/* ---- embedded ---- */

#define SQLITE(i) "{\"id\":\"s" i "\",\"engine\":\"sqlite\"},"
#define SMALL(i) \
	"{\"id\":\"t" i "\",\"apiName\":\"t" i "\",\"database\":\"s" i "\",\"physicalName\":\"t\",\"columns\":[" \
	COLUMN("id", "int") "," \
	COLUMN("hubId", "int") \
	"],\"primaryKey\":[\"id\"],\"relations\":[{\"column\":\"hubId\",\"references\":{\"table\":\"t0\"," \
	"\"column\":\"id\"},\"type\":\"many-to-one\"}]},"
#define TEN(M) M("0") M("1") M("2") M("3") M("4") M("5") M("6") M("7") M("8") M("9")

static const char embedded[] =
	"{\"databases\":[" TEN(SQLITE) SQLITE("10")
	"{\"id\":\"pg\",\"engine\":\"postgres\",\"trinoCatalog\":\"pg\"},{\"id\":\"ice\",\"engine\":\"iceberg\","
	"\"trinoCatalog\":\"ice\"}],"
	"\"tables\":[" TEN(SMALL) SMALL("10")
	TABLE("big", "pg", "{\"column\":\"hubId\",\"references\":{\"table\":\"t0\",\"column\":\"id\"},"
	                   "\"type\":\"many-to-one\"}") ","
	TABLE("lake", "ice", "")
	"],\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}],\"limits\":{\"joins\":20},\"trino\":{\"enabled\":true,"
	"\"engine\":\"embedded\"}}";

#define SJ(i) "{\"table\":\"t" i "\",\"columns\":[]}"
#define NINE SJ("1") "," SJ("2") "," SJ("3") "," SJ("4") "," SJ("5") "," SJ("6") "," SJ("7") "," SJ("8") "," SJ("9")

static void test_embedded(void **state)
{
	(void)state;
	struct world e;
	world_open(&e, embedded);
	world_plan(&e, "{\"from\":\"t0\",\"joins\":[" NINE "]}", NULL);
	assert_string_equal(planned_strategy(&e), "trino-cross-db");
	assert_string_equal(planned_target(&e), "trino");
	assert_int_equal(e.planned.plan->dialect, MD_DIALECT_SQLITE);
	assert_true(e.planned.plan->embedded && !e.planned.plan->through_trino);
	/* eleven databases */
	assert_refused(&e, "{\"from\":\"t0\",\"joins\":[" NINE "," SJ("10") "]}", MD_UNREACHABLE_TABLES);
	assert_string_equal(planned_codes(&e, MD_CROSS), "NO_CATALOG|NO_CATALOG");
	assert_non_null(strstr(planned_dump(&e), "at most 10 databases"));
	assert_refused(&e, "{\"from\":\"t0\",\"joins\":[{\"table\":\"big\",\"columns\":[]}]}", MD_NO_CATALOG);
	assert_string_equal(planned_codes(&e, MD_CROSS), "NO_CATALOG|NO_CATALOG");
	/* whatever its catalog: there is no Trino to read it */
	assert_refused(&e, "{\"from\":\"lake\"}", MD_NO_CATALOG);
	e.changed.trino.enabled = false;
	assert_refused(&e, "{\"from\":\"t0\",\"joins\":[" SJ("1") "]}", MD_TRINO_DISABLED);
	world_close(&e);
}

/* ---- ClickHouse through Trino ---- */

#define CLICKS(id, db) \
	"{\"id\":\"" id "\",\"apiName\":\"" id "\",\"database\":\"" db "\",\"physicalName\":\"x." id \
	"\",\"columns\":[" COLUMN("id", "int") "," COLUMN("hubId", "int") "," \
	COLUMN("tags", "string[]") "," COLUMN("raw", "bytes") "," COLUMN("at", "timestamp") \
	"],\"primaryKey\":[\"id\"],\"relations\":[" TO_HUB "]}"
#define COPY \
	"{\"sourceTable\":\"clicks\",\"targetDatabase\":\"ice\",\"targetPhysicalName\":\"r.clicks\"," \
	"\"method\":\"debezium\",\"estimatedLag\":\"minutes\"}"
#define CLICK_WORLD(syncs) \
	"{\"databases\":[{\"id\":\"pg\",\"engine\":\"postgres\",\"trinoCatalog\":\"pg\"},{\"id\":\"ch\"," \
	"\"engine\":\"clickhouse\",\"trinoCatalog\":\"ch\"}," \
	"{\"id\":\"ice\",\"engine\":\"iceberg\",\"trinoCatalog\":\"ice\"}],\"tables\":[" TABLE("hub", "pg", "") "," \
	CLICKS("clicks", "ch") "]," \
	"\"externalSyncs\":[" syncs "],\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}],\"trino\":{\"enabled\":true}}"
#define CLICKED(columns, more) \
	"{\"from\":\"clicks\",\"columns\":[" columns "],\"joins\":[{\"table\":\"hub\",\"columns\":[\"val\"]}]" more "}"

/* The connector returns arrays and bytes changed: no catalog has them, and another catalog would
 * not change that. */
static void test_clickhouse_arrays(void **state)
{
	(void)state;
	struct world c;
	world_open(&c, CLICK_WORLD(""));
	world_plan(&c, CLICKED("\"id\",\"at\"", ""), NULL);
	assert_string_equal(planned_strategy(&c), "trino-cross-db");
	assert_refused(&c, CLICKED("\"tags\"", ""), MD_UNREACHABLE_TABLES);
	assert_string_equal(planned_codes(&c, MD_CROSS), "NO_CATALOG|NO_CATALOG");
	assert_non_null(
		strstr(planned_dump(&c), "Trino can't read arrays and bytes of ch, a clickhouse database: tags"));
	assert_non_null(strstr(planned_alternative(&c, MD_CROSS)->hint.p, "use no arrays and bytes"));
	assert_refused(&c,
	               CLICKED("\"id\"", ",\"filters\":[{\"column\":\"raw\",\"operator\":\"=\",\"value\":\"AA==\"}]"),
	               MD_UNREACHABLE_TABLES);
	world_plan(&c, "{\"from\":\"clicks\"}", NULL); /* its own database has them */
	assert_string_equal(planned_strategy(&c), "direct");
	world_plan(&c, "{\"from\":\"clicks\",\"prefer\":[\"trino\"]}", NULL);
	assert_string_equal(planned_strategy(&c), "direct");
	world_close(&c);
	world_open(&c, CLICK_WORLD(COPY)); /* a copy that Trino can read stands in */
	world_plan(&c, CLICKED("\"tags\"", ""), NULL);
	assert_string_equal(planned_sources(&c), "clicks=materialized@ice hub=original@pg");
	assert_refused(&c, CLICKED("\"tags\"", ",\"freshness\":\"realtime\""), MD_FRESHNESS_UNMET);
	world_close(&c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(test_##name, reset_arena)
	const struct CMUnitTest tests[] = {
		T(cache_refusals), T(count_mode_avoids_the_cache), T(cache_and_row_filters), T(cache_plan), T(direct),
		T(direct_iceberg), T(materialized),
		T(materialized_originals_first), T(materialized_freshness), T(materialized_columns),
		T(materialized_row_filter_columns),
		T(avoid_trino), T(materialized_trino_codes), T(avoid_replica), T(no_replicas_at_all), T(cross),
		T(stand_in), T(prefer),
		T(policy_prefers_replicas), T(table_twice), T(errors), T(deterministic), T(roles_in_any_order), T(log),
		T(embedded), T(clickhouse_arrays),
	};
	return cmocka_run_group_tests(tests, open_world, close_world);
}
