/* executor/type_checks.h with the scripted driver: when a table's columns are read, what threads do
 * meanwhile, what is refused and with which words, and what becomes of connections when a table
 * changes. */
#include "world.h"

#include "base/sys.h"
#include "drivers/fake/fake.h"
#include "executor/column_fit.h"
#include "executor/execute.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

static const char config[] =
	"{\"databases\":[{\"id\":\"db\",\"engine\":\"postgres\"},{\"id\":\"other\",\"engine"
	"\":\"clickhouse\"}],\"tables\":["
	"{\"id\":\"users\",\"apiName\":\"users\",\"database\":\"db\",\"physicalName\":\"app.users\","
	"\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	"{\"apiName\":\"name\",\"physicalName\":\"n\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"note\",\"physicalName\":\"x\",\"type\":\"string\",\"nullable\":true},"
	"{\"apiName\":\"status\",\"physicalName\":\"s\",\"type\":\"string\",\"nullable\":true,"
	"\"databaseType\":\"app.status\"},"
	"{\"apiName\":\"price\",\"physicalName\":\"p\",\"type\":\"decimal\",\"nullable\":true,"
	"\"databaseType\":\"numeric(12,2)\"},"
	"{\"apiName\":\"word\",\"physicalName\":\"w\",\"type\":\"string\",\"nullable\":true,"
	"\"databaseType\":\"text\"}]}],"
	"\"caches\":[],\"externalSyncs\":[{\"sourceTable\":\"users\",\"targetDatabase\":\"other\","
	"\"targetPhysicalName\":\"default.users\",\"method\":\"debezium\",\"estimatedLag\":\"seconds\","
	"\"layout\":{\"rows\":\"replacing\",\"version\":%s,\"sortKey\":%s,\"keyMoves\":\"never\"}}],"
	"\"limits\":{\"typeCheckMs\":%d},\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}]}";

#define ADMIN "{\"role\":\"admin\"}"
#define DISTINCT_NOTES "{\"from\":\"users\",\"columns\":[\"note\"],\"distinct\":true}"
#define ID_AND_NAME "{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}"

#define COLUMN(name_, type_) \
	{ .name = MD_STR(name_), .type = MD_STR(type_), .base = MD_STR(type_), .has_equality = true, \
	  .is_deterministic = true }

enum { USER_ID, USER_NAME, USER_NOTE, USER_STATUS, USER_PRICE, USER_WORD, USER_COLUMNS };
static struct md_catalog_column columns[USER_COLUMNS];
static struct md_catalog_table table;

static const struct md_catalog_column good_columns[USER_COLUMNS] = { COLUMN("id", "integer"),
	                                                        COLUMN("n", "text"),
	                                                        COLUMN("x", "character varying(20)"),
	                                                        COLUMN("s", "app.status"),
	                                                        COLUMN("p", "numeric(12,2)"),
	                                                        COLUMN("w", "text") };

static struct md_arena arena;
static struct md_error err;
static struct md_ctx cx = { .arena = &arena, .err = &err };
static struct md_snapshot *meta;
static struct md_fake fake;
static struct md_pool *pool;
static struct md_type_checks *checks;
static struct md_running run;

static const char *version = "\"_v\"", *sort_key = "[\"id\"]"; /* of the replica */

static void load_world(int type_check_ms)
{
	struct md_load_options opt = { 0 };
	char text[2048];
	snprintf(text, sizeof text, config, version, sort_key, type_check_ms);
	memset(&err, 0, sizeof err);
	meta = md_metadata_load(&cx, md_str_z(text), &opt);
	if (!meta)
		fail_msg("%.*s: %.*s", MD_FMT(err.message),
		         MD_FMT(err.problems.n ? err.problems.v[0].message : MD_NOSTR));
	cx.meta = meta;
	struct md_target t = { .id = MD_STR("db"), .url = md_fake_url(&fake) };
	struct md_pool_options o = { .max = 8, .acquire_timeout_ms = 500 };
	pool = md_pool_new(&md_driver_fake, &t, &o);
	checks = md_type_checks_new(meta, pool);
	assert_non_null(pool);
	assert_non_null(checks);
}

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	memcpy(columns, good_columns, sizeof columns);
	table = (struct md_catalog_table){ .columns = columns, .n_columns = USER_COLUMNS };
	fake.table = &table;
	load_world(60000);
	return md_running_init(&run);
}

static void unload(void)
{
	md_type_checks_free(checks);
	md_pool_free(pool);
	md_snapshot_unref(meta);
}

static int teardown(void **state)
{
	(void)state;
	unload();
	md_running_destroy(&run);
	md_arena_free(&arena);
	return 0;
}

/* ---- asking ---- */

/* A request of its own, so that threads can ask_users at the same time. */
struct asked {
	struct md_arena arena;
	struct md_error err;
	struct md_ctx cx;
	struct md_planned planned;
	struct md_exec exec;
	struct md_stmt stmt;
	struct md_stmt_table named;
	uint64_t columns;
	struct md_str parts[2];
	struct md_running *run;
};

static void prepare_asked(struct asked *a, const char *definition, uint64_t used)
{
	struct stages s;
	*a = (struct asked){ .columns = used, .parts = { MD_STR("app"), MD_STR("users") }, .run = &run };
	a->cx = (struct md_ctx){ .arena = &a->arena, .err = &a->err, .meta = meta };
	a->cx.deadline_ms = md_monotonic_ms() + 20000;
	if (stages_plan(&a->cx, definition, ADMIN, false, &s))
		fail_msg("%.*s", MD_FMT(a->err.message));
	a->planned = s.planned;
	a->named = (struct md_stmt_table){ a->parts, 2, &a->columns };
	a->stmt = (struct md_stmt){ .text = MD_STR("SELECT"), .tables = &a->named, .n_tables = 1, .row_bound = -1 };
	a->exec = (struct md_exec){ .plan = a->planned.plan, .bound = s.bound, .values = s.values, .stmt = &a->stmt,
		                    .pool = pool, .checks = checks, .database = MD_STR("db") };
}

/* Runs the statement as an answer does: MD_OK, or the code. */
static enum md_code run_asked(struct asked *a)
{
	static const struct md_shape_output outputs[2];
	struct md_shape shape = { .outputs = outputs, .n_outputs = a->exec.bound->n_outputs };
	struct md_rows *rows;
	const struct md_cell *cells;
	a->exec.shape = &shape;
	if (md_rows_open(&a->cx, &a->exec, a->run, &rows) == 0)
		while (md_rows_next(rows, &cells) > 0)
			;
	md_rows_close(rows);
	return a->err.code;
}

static enum md_code ask_users(const char *definition, uint64_t used)
{
	struct asked a;
	prepare_asked(&a, definition, used);
	enum md_code code = run_asked(&a);
	md_arena_reset(&arena);
	memset(&err, 0, sizeof err);
	err.code = code;
	err.message = md_str_dup(&arena, a.err.message);
	md_arena_free(&a.arena);
	return code;
}

#define BITS(...) bits((const int[]){ __VA_ARGS__, -1 })
static uint64_t bits(const int *list)
{
	uint64_t out = 0;
	for (; *list >= 0; list++)
		out |= (uint64_t)1 << *list;
	return out;
}

static void assert_refused(const char *definition, uint64_t used, const char *message)
{
	assert_int_equal(ask_users(definition, used), MD_TYPE_MISMATCH);
	assert_string_equal(err.message.p, message);
}

static void assert_each_refused(const char *const *asked, size_t n, uint64_t used, const char *message)
{
	for (size_t i = 0; i < n; i++)
		assert_refused(asked[i], used, message);
}

static void assert_each_answered(const char *const *asked, size_t n, uint64_t used)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ask_users(asked[i], used), MD_OK);
}

/* ---- when it is read ---- */

static void reads_a_table_once(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID, USER_NAME)), MD_OK);
	assert_int_equal(fake.readings, 1);
	assert_int_equal(fake.starts, 20);
}

static void reads_before_every_statement_with_0(void **state)
{
	(void)state;
	unload();
	load_world(0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	assert_int_equal(fake.readings, 3);
}

static void reads_again_when_the_time_is_over(void **state)
{
	(void)state;
	struct timespec nap = { .tv_nsec = 30 * 1000000 };
	unload();
	load_world(20);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	nanosleep(&nap, NULL);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	assert_int_equal(fake.readings, 2);
}

static void reads_nothing_without_tables(void **state)
{
	struct asked a;
	(void)state;
	prepare_asked(&a, ID_AND_NAME, 0);
	a.stmt.n_tables = 0;
	assert_int_equal(run_asked(&a), MD_OK);
	assert_int_equal(fake.readings, 0);
	md_arena_free(&a.arena);
}

static void *ask_in_thread(void *arg)
{
	struct asked *a = arg;
	struct md_running own;
	if (md_running_init(&own))
		return NULL;
	a->run = &own;
	run_asked(a);
	md_running_destroy(&own);
	return NULL;
}

static void threads_share_a_reading(void **state)
{
	enum { THREADS = 8 };
	static struct asked a[THREADS];
	pthread_t threads[THREADS];
	(void)state;
	fake.slow_reading_ms = 30;
	for (int i = 0; i < THREADS; i++)
		prepare_asked(&a[i], ID_AND_NAME, BITS(USER_ID, USER_NAME));
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, &a[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(a[i].err.code, MD_OK);
		md_arena_free(&a[i].arena);
	}
	assert_int_equal(fake.readings, 1);
	assert_int_equal(fake.starts, THREADS);
}

/* ---- a reading that fails ---- */

static void a_failed_reading_fails_the_query_and_is_tried_again(void **state)
{
	(void)state;
	fake.fail_reading = 1;
	fake.code = MD_QUERY_TIMEOUT;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_QUERY_TIMEOUT);
	assert_int_equal(fake.starts, 0);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	assert_int_equal(fake.readings, 2);
}

static void a_dead_connection_is_replaced(void **state)
{
	(void)state;
	fake.stale_reading = 1;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	assert_int_equal(fake.opens, 2);
	assert_int_equal(fake.readings, 2);
}

static void a_failed_reader_leaves_the_reading_to_the_next(void **state)
{
	static struct asked a[2];
	pthread_t threads[2];
	(void)state;
	fake.slow_reading_ms = 30;
	fake.fail_reading = 1;
	for (int i = 0; i < 2; i++)
		prepare_asked(&a[i], ID_AND_NAME, BITS(USER_ID));
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_in_thread, &a[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal((a[0].err.code == MD_OK) + (a[1].err.code == MD_OK), 1);
	assert_int_equal(fake.readings, 2);
	for (int i = 0; i < 2; i++)
		md_arena_free(&a[i].arena);
}

static void a_waiting_query_ends_at_its_deadline(void **state)
{
	static struct asked slow, waiting;
	pthread_t thread;
	(void)state;
	fake.slow_reading_ms = 400;
	prepare_asked(&slow, ID_AND_NAME, BITS(USER_ID));
	prepare_asked(&waiting, ID_AND_NAME, BITS(USER_ID));
	assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, &slow), 0);
	while (fake.readings == 0)
		;
	waiting.cx.deadline_ms = md_monotonic_ms() + 20;
	assert_int_equal(run_asked(&waiting), MD_QUERY_TIMEOUT);
	pthread_join(thread, NULL);
	assert_int_equal(slow.err.code, MD_OK);
	md_arena_free(&slow.arena);
	md_arena_free(&waiting.arena);
}

static void a_waiting_query_can_be_cancelled(void **state)
{
	static struct asked slow, waiting;
	static atomic_bool cancelled;
	pthread_t thread;
	(void)state;
	fake.slow_reading_ms = 400;
	prepare_asked(&slow, ID_AND_NAME, BITS(USER_ID));
	prepare_asked(&waiting, ID_AND_NAME, BITS(USER_ID));
	assert_int_equal(pthread_create(&thread, NULL, ask_in_thread, &slow), 0);
	while (fake.readings == 0)
		;
	atomic_store(&cancelled, true);
	waiting.cx.cancelled = &cancelled;
	assert_int_equal(run_asked(&waiting), MD_CANCELLED);
	pthread_join(thread, NULL);
	md_arena_free(&slow.arena);
	md_arena_free(&waiting.arena);
}

/* ---- what is refused ---- */

static void a_missing_column_is_refused_where_it_is_used(void **state)
{
	(void)state;
	columns[USER_NOTE].name = MD_STR("renamed");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID, USER_NAME)), MD_OK);
	assert_refused(ID_AND_NAME, BITS(USER_ID, USER_NOTE),
	               "column 'note' of table 'users' ('x' of app.users) is missing in the database: expected its "
	               "physicalName");
	assert_int_equal(fake.starts, 1);
}

static void a_missing_table_is_left_to_the_database(void **state)
{
	(void)state;
	fake.table = NULL;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	fake.table = &table; /* it is made: the next statement sees it */
	columns[USER_NAME].name = MD_STR("renamed");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_NAME)), MD_TYPE_MISMATCH);
}

static void a_type_that_cannot_be_read_is_refused(void **state)
{
	(void)state;
	columns[USER_ID].type = columns[USER_ID].base = MD_STR("text");
	assert_refused(ID_AND_NAME, BITS(USER_ID),
	               "column 'id' of table 'users' ('id' of app.users) is declared int and is of type text: expected "
	               "a \"type\" that can be read from it, such as \"string\"");
}

static void a_domain_is_read_as_the_type_below_it(void **state)
{
	(void)state;
	columns[USER_ID].type = MD_STR("app.positive");
	columns[USER_ID].base = MD_STR("bigint");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	unload();
	load_world(60000);
	columns[USER_PRICE].type = MD_STR("app.money");
	columns[USER_PRICE].base = MD_STR("numeric(12,2)");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_PRICE)), MD_OK);
}

static void another_database_type_is_refused(void **state)
{
	(void)state;
	columns[USER_STATUS].type = columns[USER_STATUS].base = MD_STR("text");
	assert_refused(ID_AND_NAME, BITS(USER_STATUS),
	               "column 'status' of table 'users' ('s' of app.users) has the databaseType 'app.status' and is "
	               "of type text: expected \"databaseType\": \"text\"");
}

static void another_scale_is_another_type(void **state)
{
	(void)state;
	columns[USER_PRICE].type = columns[USER_PRICE].base = MD_STR("numeric(12,3)");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_PRICE)), MD_TYPE_MISMATCH);
}

static void a_schema_may_be_left_out(void **state)
{
	(void)state;
	columns[USER_STATUS].type = columns[USER_STATUS].base = MD_STR("status"); /* it is on the search path */
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_STATUS)), MD_OK);
}

static void text_of_a_loose_collation_is_no_text(void **state)
{
	(void)state;
	columns[USER_WORD].is_deterministic = columns[USER_NAME].is_deterministic = false;
	columns[USER_WORD].collation = columns[USER_NAME].collation = MD_STR("german");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_NAME)), MD_OK); /* nothing was said of it */
	assert_refused(ID_AND_NAME, BITS(USER_WORD),
	               "column 'word' of table 'users' ('w' of app.users) has the databaseType 'text' and the "
	               "collation german, which takes texts of different bytes for equal: expected no databaseType");
}

/* ---- a type that cannot be compared ---- */

static void without_equality_only_comparing_is_refused(void **state)
{
	static const char *const compare[] = {
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"note\""
		",\"operator\":\"=\",\"value\":\"a\"}]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"logic\":\"or\",\""
		"conditions\":[{\"column\":\"note\","
		"\"operator\":\"in\",\"value\":[\"a\"]}]}]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"name\""
		",\"operator\":\"=\",\"refColumn\":\"note\"}]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"note\",\"direction\":\"asc\"}]}",
		"{\"from\":\"users\",\"groupBy\":[{\"column\":\"note\"}],\"aggregations\":["
		"{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"c\"}]}",
		DISTINCT_NOTES,
		"{\"from\":\"users\",\"aggregations\":[{\"fn\":\"countDistinct\",\"column\""
		":\"note\",\"alias\":\"c\"}]}",
	};
	static const char *const read[] = {
		"{\"from\":\"users\",\"columns\":[\"note\"]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"note\",\"operator\":\"isNull\"}]}",
		"{\"from\":\"users\",\"aggregations\":[{\"fn\":\"count\",\"column\":\"note\",\"alias\":\"c\"}]}",
	};
	(void)state;
	columns[USER_NOTE].has_equality = false;
	columns[USER_NOTE].type = columns[USER_NOTE].base = MD_STR("xml");
	assert_each_refused(compare, sizeof compare / sizeof *compare, BITS(USER_ID, USER_NOTE),
	                    "column 'note' of table 'users' ('x' of app.users) can't be compared: it is declared "
	                    "string and is of type xml, which cannot be compared as it is: expected "
	                    "\"databaseType\": \"xml\"");
	assert_each_answered(read, sizeof read / sizeof *read, BITS(USER_ID, USER_NOTE));
}

/* inet::text has a mask that no result shows. */
static void without_its_text_only_ordering_is_refused(void **state)
{
	static const char *const order[] = {
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"note\""
		",\"operator\":\">\",\"value\":\"a\"}]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"note\""
		",\"operator\":\"like\",\"value\":\"a%\"}]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"orderBy\":[{\"column\":\"note\",\"direction\":\"asc\"}]}",
		"{\"from\":\"users\",\"groupBy\":[{\"column\":\"note\"}],\"aggregations\":["
		"{\"fn\":\"count\",\"column\":\"*\",\"alias\":\"c\"}]}",
		"{\"from\":\"users\",\"aggregations\":[{\"fn\":\"min\",\"column\":\"note\",\"alias\":\"c\"}]}",
		DISTINCT_NOTES,
	};
	static const char *const equal[] = {
		"{\"from\":\"users\",\"columns\":[\"id\",\"note\"]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"note\""
		",\"operator\":\"!=\",\"value\":\"10.0.0.1\"}]}",
		"{\"from\":\"users\",\"columns\":[\"id\"],\"filters\":[{\"column\":\"note\""
		",\"operator\":\"in\",\"value\":[\"10.0.0.1\"]}]}",
	};
	(void)state;
	columns[USER_NOTE].type = columns[USER_NOTE].base = MD_STR("inet");
	assert_each_refused(order, sizeof order / sizeof *order, BITS(USER_ID, USER_NOTE),
	                    "column 'note' of table 'users' ('x' of app.users) can't be ordered, grouped or "
	                    "matched: it is of type inet, whose texts are others there: expected "
	                    "\"databaseType\": \"inet\"");
	assert_each_answered(equal, sizeof equal / sizeof *equal, BITS(USER_ID, USER_NOTE));
}

static void some_types_are_read_by_their_names_alone(void **state)
{
	(void)state;
	columns[USER_PRICE].type = columns[USER_PRICE].base = MD_STR("money");
	assert_refused(ID_AND_NAME, BITS(USER_PRICE),
	               "column 'price' of table 'users' ('p' of app.users) has the databaseType 'numeric(12,2)' and is "
	               "of type money: expected \"databaseType\": \"money\"");
}

static enum md_misfit misfit_through_trino(uint32_t column, struct md_str type)
{
	const struct md_catalog_column *found[USER_COLUMNS];
	const bool is_unlisted[USER_COLUMNS] = { false };
	const struct md_source source = { .database = &meta->databases[0] };
	const struct md_real_columns real = { .table = &meta->tables[0], .source = &source, .engine = MD_ICEBERG,
		                              .is_through_trino = true, .exists = true, .found = found,
		                              .is_unlisted = is_unlisted };
	uint64_t misfits = 0;
	columns[column].type = columns[column].base = type;
	for (uint32_t i = 0; i < USER_COLUMNS; i++)
		found[i] = &columns[i];
	const struct md_column_verdict *v = md_judge_columns(&arena, &real, &misfits);
	assert_non_null(v);
	return v[column].misfit;
}

/* With a databaseType the type is the one that the source's is to Trino; without it a type that
 * Trino compares with the literals of the declared type. */
static void types_of_trino_are_compared_with_those_of_the_source(void **state)
{
	(void)state;
	assert_int_equal(misfit_through_trino(USER_PRICE, MD_STR("decimal(12,2)")), MD_MISFIT_NONE);
	assert_int_equal(misfit_through_trino(USER_PRICE, MD_STR("decimal(12,4)")), MD_MISFIT_ANYWHERE);
	assert_int_equal(misfit_through_trino(USER_PRICE, MD_STR("varchar")), MD_MISFIT_ANYWHERE);
	assert_int_equal(misfit_through_trino(USER_NOTE, MD_STR("varchar(20)")), MD_MISFIT_NONE);
	assert_int_equal(misfit_through_trino(USER_NOTE, MD_STR("char(20)")), MD_MISFIT_ANYWHERE);
	assert_int_equal(misfit_through_trino(USER_NOTE, MD_STR("uuid")), MD_MISFIT_COMPARED);
}

static void a_domain_over_an_enum_needs_a_database_type(void **state)
{
	static const struct md_str labels[] = { MD_STR("a"), MD_STR("b") };
	(void)state;
	columns[USER_NOTE].type = MD_STR("app.kind");
	columns[USER_NOTE].base = MD_STR("app.kinds");
	columns[USER_NOTE].labels = labels;
	columns[USER_NOTE].n_labels = 2;
	assert_int_equal(ask_users("{\"from\":\"users\",\"columns\":[\"note\"]}", BITS(USER_NOTE)), MD_OK);
	assert_int_equal(ask_users(DISTINCT_NOTES, BITS(USER_NOTE)), MD_TYPE_MISMATCH);
	columns[USER_NOTE].type = columns[USER_NOTE].base; /* the enum itself */
	unload();
	load_world(60000);
	assert_int_equal(ask_users(DISTINCT_NOTES, BITS(USER_NOTE)), MD_OK);
}

/* ---- a replica that is read with FINAL ---- */

#define REPLICA "{\"from\":\"users\",\"columns\":[\"id\"],\"prefer\":[\"replica\"]}"

struct engine_case {
	const char *engine, *full, *sorting_key, *refused;
};

static void check_engines(const struct engine_case *cases, size_t n)
{
	unload();
	load_world(0);
	columns[USER_ID].type = columns[USER_ID].base = MD_STR("Int32");
	for (size_t i = 0; i < n; i++) {
		table.engine = md_str_z(cases[i].engine);
		table.engine_full = md_str_z(cases[i].full);
		table.sorting_key = md_str_z(cases[i].sorting_key);
		enum md_code code = ask_users(REPLICA, BITS(USER_ID));
		if (!cases[i].refused)
			assert_int_equal(code, MD_OK);
		else if (code != MD_TYPE_MISMATCH || !strstr(err.message.p, cases[i].refused))
			fail_msg("%s: %s, %s", cases[i].full, md_code_name(code), err.message.p);
		assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_NAME)), MD_OK); /* the original is no replica */
	}
}

static void the_engine_has_to_keep_versions(void **state)
{
	static const struct engine_case cases[] = {
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY id", "id", NULL },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY (`id`)", "(`id`)", NULL },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY negate(id)", "negate(id)", "sorting key" },
		{ "ReplicatedReplacingMergeTree", "ReplicatedReplacingMergeTree('/t', '{replica}', `_v`) ORDER BY id",
		  "`id`", NULL },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY (id)", "(id)", NULL },
		{ "Distributed", "Distributed(all, default, users)", "", NULL },
		{ "MergeTree", "MergeTree ORDER BY id", "id", "keeps no versions" },
		{ "View", "", "", "keeps no versions" },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY (n, id)", "n, id", "sorting key" },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY cityHash64(id)", "cityHash64(id)",
		  "sorting key" },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY tuple()", "", "sorting key" },
		{ "ReplacingMergeTree", "ReplacingMergeTree ORDER BY id", "id", "version" },
		{ "ReplacingMergeTree", "ReplacingMergeTree PARTITION BY f(_v) ORDER BY id", "id", "version" },
	};
	(void)state;
	check_engines(cases, sizeof cases / sizeof *cases);
}

static void the_engine_sorts_by_every_column_of_the_sort_key(void **state)
{
	static const struct engine_case cases[] = {
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY id", "id", "sorting key" },
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) ORDER BY (n, id)", "n, id", NULL },
	};
	(void)state;
	sort_key = "[\"id\",\"name\"]";
	check_engines(cases, sizeof cases / sizeof *cases);
	sort_key = "[\"id\"]";
}

/* Which of two equal versions came last, an engine knows of one partition alone. */
static void versions_that_tie_stay_in_one_partition(void **state)
{
#define TIES "ReplacingMergeTree(_airbyte_extracted_at) "
	static const struct engine_case ties[] = {
		{ "ReplacingMergeTree", TIES "ORDER BY id SETTINGS index_granularity = 8192", "id", NULL },
		{ "ReplacingMergeTree", TIES "PARTITION BY id ORDER BY id", "id", NULL },
		{ "ReplacingMergeTree", TIES "PARTITION BY id PRIMARY KEY id ORDER BY id", "id", NULL },
		{ "ReplacingMergeTree", TIES "PARTITION BY n ORDER BY id", "id", "partitions" },
		{ "ReplacingMergeTree", TIES "PARTITION BY (id, n) ORDER BY id", "id", "partitions" },
	};
	static const struct engine_case parts[] = {
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) PARTITION BY n ORDER BY id", "id", "partitions" },
	};
	static const struct engine_case differs[] = {
		{ "ReplacingMergeTree", "ReplacingMergeTree(_v) PARTITION BY n ORDER BY id", "id", NULL },
	};
	(void)state;
	check_engines(differs, 1);
	version = "\"_airbyte_extracted_at\"";
	check_engines(ties, sizeof ties / sizeof *ties);
	version = "[\"_v\",\"_w\"]";
	check_engines(parts, 1);
	version = "\"_v\"";
}

/* ---- a table that changes ---- */

static void connections_are_replaced_when_a_table_has_changed(void **state)
{
	(void)state;
	unload();
	load_world(0);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID, USER_NAME)), MD_OK);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID, USER_NAME)), MD_OK);
	assert_int_equal(fake.opens, 1);
	columns[USER_NAME].type = columns[USER_NAME].base = MD_STR("citext");
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID, USER_NAME)), MD_OK);
	assert_int_equal(fake.opens, 2);
	assert_int_equal(fake.closes, 1);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID, USER_NAME)), MD_OK);
	assert_int_equal(fake.opens, 2);
}

static void a_column_that_the_configuration_leaves_out_changes_nothing(void **state)
{
	static struct md_catalog_column more[USER_COLUMNS + 1];
	(void)state;
	unload();
	load_world(0);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	memcpy(more, columns, sizeof columns);
	more[USER_COLUMNS] = (struct md_catalog_column)COLUMN("added", "text");
	table = (struct md_catalog_table){ .columns = more, .n_columns = USER_COLUMNS + 1 };
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	assert_int_equal(fake.opens, 1);
}

static void a_doubtful_statement_has_its_tables_read_again(void **state)
{
	(void)state;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	fake.doubts_types = true;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	fake.doubts_types = false;
	assert_int_equal(fake.readings, 1);
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	assert_int_equal(fake.readings, 2);
}

static void a_failure_is_explained_by_a_column_that_has_changed(void **state)
{
	(void)state;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	columns[USER_ID].type = columns[USER_ID].base = MD_STR("text");
	fake.fail_start = 2;
	fake.doubts_types = true;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_TYPE_MISMATCH);
	assert_int_equal(fake.readings, 2);
}

static void a_failure_without_a_change_stays_as_it_was(void **state)
{
	(void)state;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_OK);
	fake.fail_start = 2;
	fake.doubts_types = true;
	assert_int_equal(ask_users(ID_AND_NAME, BITS(USER_ID)), MD_QUERY_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(reads_a_table_once),
		CASE(reads_before_every_statement_with_0),
		CASE(reads_again_when_the_time_is_over),
		CASE(reads_nothing_without_tables),
		CASE(threads_share_a_reading),
		CASE(a_failed_reading_fails_the_query_and_is_tried_again),
		CASE(a_dead_connection_is_replaced),
		CASE(a_failed_reader_leaves_the_reading_to_the_next),
		CASE(a_waiting_query_ends_at_its_deadline),
		CASE(a_waiting_query_can_be_cancelled),
		CASE(a_missing_column_is_refused_where_it_is_used),
		CASE(a_missing_table_is_left_to_the_database),
		CASE(a_type_that_cannot_be_read_is_refused),
		CASE(a_domain_is_read_as_the_type_below_it),
		CASE(another_database_type_is_refused),
		CASE(another_scale_is_another_type),
		CASE(a_schema_may_be_left_out),
		CASE(text_of_a_loose_collation_is_no_text),
		CASE(without_equality_only_comparing_is_refused),
		CASE(without_its_text_only_ordering_is_refused),
		CASE(some_types_are_read_by_their_names_alone),
		CASE(types_of_trino_are_compared_with_those_of_the_source),
		CASE(a_domain_over_an_enum_needs_a_database_type),
		CASE(the_engine_has_to_keep_versions),
		CASE(the_engine_sorts_by_every_column_of_the_sort_key),
		CASE(versions_that_tie_stay_in_one_partition),
		CASE(connections_are_replaced_when_a_table_has_changed),
		CASE(a_column_that_the_configuration_leaves_out_changes_nothing),
		CASE(a_doubtful_statement_has_its_tables_read_again),
		CASE(a_failure_is_explained_by_a_column_that_has_changed),
		CASE(a_failure_without_a_change_stays_as_it_was),
#undef CASE
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
