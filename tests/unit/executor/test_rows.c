/* executor/execute.h with the scripted driver: connections, order, caches, cancelling. Statements
 * are made here as sqlgen/stmt.h promises them: the caller's columns, then hidden key columns; for
 * cache misses all columns that the cache holds. */
#include "world.h"

#include "access/access.h"
#include "base/sys.h"
#include "drivers/fake/fake.h"
#include "executor/entry.h"
#include "executor/execute.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

static const char config[] =
	"{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\"}],\"tables\":["
	"{\"id\":\"users\",\"apiName\":\"users\",\"database\":\"db\",\"physicalName\":\"users\","
	"\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
	"{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},{\"apiName\":\"tenantId\","
	"\"physicalName\":\"t\",\"type\":\"string\",\"databaseType\":\"text\",\"nullable\":false},"
	"{\"apiName\":\"name\",\"physicalName\":\"n\",\"type\":\"string\",\"nullable\":true}]},"
	"{\"id\":\"slots\",\"apiName\":\"slots\",\"database\":\"db\",\"physicalName\":\"slots\","
	"\"primaryKey\":[\"room\",\"at\"],\"relations\":[],\"columns\":["
	"{\"apiName\":\"room\",\"physicalName\":\"r\",\"type\":\"string\",\"nullable\":false},{\"apiName\":\"at\","
	"\"physicalName\":\"a\",\"type\":\"timestamp\",\"nullable\":false},"
	"{\"apiName\":\"load\",\"physicalName\":\"l\",\"type\":\"float\",\"nullable\":true}]}],"
	"\"caches\":[{\"id\":\"memory\",\"engine\":\"memory\",\"tables\":[{\"tableId\":\"users\","
	"\"keyPattern\":\"users:{id}\",\"ttl\":60}]}],\"externalSyncs\":[],"
	"\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"},{\"id\":\"tenant\",\"tables\":[{\"tableId\":\"users\","
	"\"allowedColumns\":[\"id\",\"name\"],"
	"\"filters\":[{\"column\":\"tenantId\",\"operator\":\"=\",\"valueFrom\":\"context\","
	"\"contextKey\":\"tenantId\"}]}]}]}";

static struct md_arena arena, settings_arena;
static struct md_error err;
static struct md_ctx cx = { .arena = &arena, .err = &err };
static struct md_snapshot *meta;
static struct md_fake fake;
static struct md_pool *pool;
static struct md_store *store;
static struct md_running run;
static const struct md_bound *bound;
static struct md_planned planned;
static struct md_stmt stmt;
static struct md_shape shape;
static struct md_exec exec;
static struct md_rows *rows;
static uint32_t asked[16], n_asked; /* ids of the last miss statement */

/* ---- the world of one test ---- */

static struct md_shape_output output_of(uint32_t column, bool hidden)
{
	const struct md_column *c = &bound->refs[0].table->columns[column];
	return (struct md_shape_output){ .hidden = hidden, .column = c };
}

static int miss_statement(struct md_ctx *c, const struct md_plan *p, const struct md_values *values,
                          const struct md_ids *only, struct md_stmt *out, struct md_miss_shape *out_shape)
{
	(void)p, (void)values;
	const struct md_column **columns = md_new_n(c->arena, const struct md_column *, 3);
	n_asked = only->n;
	memcpy(asked, only->v, only->n * sizeof *asked);
	for (uint32_t i = 0; i < 3; i++)
		columns[i] = &bound->refs[0].table->columns[i];
	*out = (struct md_stmt){
		.dialect = MD_STR("sqlite"), .text = MD_STR("MISS"), .n_outputs = 3, .row_bound = only->n
	};
	*out_shape = (struct md_miss_shape){ .columns = columns, .n = 3 };
	return 0;
}

static void write_statement(void)
{
	const struct md_table *t = bound->refs[0].table;
	struct md_shape_output *columns = md_new_n(&arena, struct md_shape_output, bound->n_outputs + t->n_key + 1);
	uint32_t n = 0;
	for (; n < bound->n_outputs; n++)
		columns[n] = output_of(bound->outputs[n].use.column->index, false);
	for (uint32_t k = 0; bound->has_ids && k < t->n_key; k++) {
		bool have = false;
		for (uint32_t i = 0; i < bound->n_outputs; i++)
			have |= columns[i].column == t->key[k];
		if (!have)
			columns[n++] = output_of(t->key[k]->index, true);
	}
	shape = (struct md_shape){ .outputs = columns, .n_outputs = n, .count = bound->mode == MD_COUNT };
	stmt = (struct md_stmt){
		.dialect = MD_STR("sqlite"), .text = MD_STR("SELECT"), .n_outputs = shape.count ? 1 : n, .row_bound = -1
	};
}

static void prepare_rows(const char *definition, const char *context)
{
	struct stages s;
	md_arena_reset(&arena);
	memset(&err, 0, sizeof err);
	cx.trace = md_trace_new(&arena);
	cx.deadline_ms = md_monotonic_ms() + 20000;
	if (stages_plan(&cx, definition, context, false, &s))
		fail_msg("%.*s: %.*s", MD_FMT(err.message),
		         MD_FMT(err.problems.n ? err.problems.v[0].message : MD_NOSTR));
	bound = s.bound;
	planned = s.planned;
	write_statement();
	exec = (struct md_exec){ .plan = planned.plan,
		                 .bound = bound,
		                 .values = s.values,
		                 .stmt = &stmt,
		                 .shape = &shape,
		                 .pool = pool,
		                 .database = MD_STR("db"),
		                 .store = store,
		                 .make_miss_stmt = miss_statement };
	md_running_reset(&run);
}

#define ADMIN "{\"role\":\"admin\"}"
#define TENANT(t) "{\"role\":\"tenant\",\"contextValues\":{\"tenantId\":\"" t "\"}}"

static int setup(void **state)
{
	(void)state;
	struct md_load_options opt = { 0 };
	memset(&err, 0, sizeof err);
	memset(&fake, 0, sizeof fake);
	meta = md_metadata_load(&cx, MD_STR(config), &opt);
	if (!meta)
		fail_msg("%.*s: %.*s", MD_FMT(err.message),
		         MD_FMT(err.problems.n ? err.problems.v[0].message : MD_NOSTR));
	cx.meta = meta;
	struct md_target t = { .id = MD_STR("db"), .url = md_fake_url(&fake) };
	struct md_pool_options o = { .max = 2, .acquire_timeout_ms = 50 };
	pool = md_pool_new(&md_driver_fake, &t, &o);
	store = md_store_memory(1 << 20);
	return md_running_init(&run) || !pool || !store;
}

static int teardown(void **state)
{
	(void)state;
	md_pool_free(pool);
	md_store_free(store);
	md_running_destroy(&run);
	md_arena_free(&arena);
	md_arena_free(&settings_arena);
	md_snapshot_unref(meta);
	assert_int_equal(fake.opens - (fake.fail_open ? 1 : 0), fake.closes); /* no connection is lost */
	return 0;
}

/* ---- scripts and answers ---- */

#define C(text_) { { (text_), sizeof(text_) - 1 }, MD_CELL_TEXT }
#define I(text_) { { (text_), sizeof(text_) - 1 }, MD_CELL_BARE }
#define NONE { { NULL, 0 }, MD_CELL_NULL }

static void reply(const struct md_cell *cells, uint32_t n_rows)
{
	fake.cells = cells;
	fake.n_rows = n_rows;
}

/* All rows as "a|b;c|d;", ended by "!CODE" where it ended early. */
static const char *read_rows(void)
{
	struct md_buf b = { .arena = &arena };
	const struct md_cell *cells;
	int rc = md_rows_open(&cx, &exec, &run, &rows);
	while (rc >= 0 && (rc = md_rows_next(rows, &cells)) > 0) {
		for (uint32_t i = 0; i < bound->n_outputs; i++) {
			md_buf_str(&b, i ? MD_STR("|") : MD_NOSTR);
			md_buf_str(&b, cells[i].form == MD_CELL_NULL ? MD_STR("-") : cells[i].text);
		}
		md_buf_char(&b, ';');
	}
	if (rc < 0)
		md_buf_fmt(&b, "!%s", md_code_name(err.code));
	md_rows_close(rows);
	md_buf_char(&b, '\0');
	assert_int_equal(md_pool_count(pool).borrowed, 0); /* returned in every case */
	return b.p;
}

static bool logged(const char *text)
{
	struct md_buf b = { .arena = &arena };
	md_trace_text(&b, cx.trace, &md_log_whole);
	return memmem(b.p, b.n, text, strlen(text)) != NULL;
}

static const struct md_cell three_users[] = { C("1"), C("ann"), C("2"), C("bob"), C("3"), NONE };

/* ---- streams ---- */

static void rows_stream(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	assert_string_equal(read_rows(), "1|ann;2|bob;3|-;");
	assert_int_equal(md_rows_answer(rows)->rows, 3);
	assert_true(md_rows_answer(rows)->from_database && !md_rows_answer(rows)->from_cache);
	assert_string_equal(fake.last_sql, "SELECT");
	assert_true(logged("Executing on db"));
	assert_true(logged("db → 3 rows"));
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	read_rows();
	assert_int_equal(fake.opens, 1); /* the connection was used again */
}

static void no_rows(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\"}", ADMIN);
	reply(NULL, 0);
	assert_string_equal(read_rows(), "");
}

static void without_a_pool(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\"}", ADMIN);
	exec.pool = NULL;
	assert_string_equal(read_rows(), "!EXECUTOR_MISSING");
	assert_non_null(memmem(err.message.p, err.message.n, "'db'", 4));
}

static void a_stale_connection_is_replaced_once(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	fake.stale_starts = 1;
	assert_string_equal(read_rows(), "1|ann;2|bob;3|-;");
	assert_int_equal(fake.starts, 2);
	assert_int_equal(fake.opens, 2);
	assert_int_equal(fake.closes, 1);
	assert_true(logged("one retry on a fresh one"));
}

static void twice_stale_is_an_error(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	fake.stale_starts = 9;
	assert_string_equal(read_rows(), "!CONNECTION_FAILED");
	assert_int_equal(fake.starts, 2); /* exactly once */
}

static void other_failures_are_not_retried(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	fake.fail_start = 1;
	assert_string_equal(read_rows(), "!QUERY_FAILED");
	assert_int_equal(fake.starts, 1);
	assert_int_equal(fake.closes, 0); /* finish said that it is clean */
	fake.unclean = true;
	fake.fail_start = 2;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	assert_string_equal(read_rows(), "!QUERY_FAILED");
	assert_int_equal(fake.closes, 1);
	fake.fail_open = fake.opens + 1;
	fake.code = MD_CONNECTION_FAILED;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	assert_string_equal(read_rows(), "!CONNECTION_FAILED");
}

/* Cut short after any row: an error, never an end. */
static void a_broken_stream_is_an_error(void **state)
{
	(void)state;
	static const char *const want[] = { "!QUERY_FAILED", "1|ann;!QUERY_FAILED", "1|ann;2|bob;!QUERY_FAILED",
		                            "1|ann;2|bob;3|-;!QUERY_FAILED" };
	for (uint32_t n = 1; n <= 4; n++) {
		prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
		reply(three_users, 3);
		fake.nexts = 0;
		fake.fail_next = n;
		assert_string_equal(read_rows(), want[n - 1]);
	}
}

static void leaving_early_gives_the_connection_back(void **state)
{
	(void)state;
	const struct md_cell *cells;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	assert_int_equal(md_rows_open(&cx, &exec, &run, &rows), 0);
	assert_int_equal(md_rows_next(rows, &cells), 1);
	assert_int_equal(md_pool_count(pool).borrowed, 1);
	md_rows_close(rows);
	assert_int_equal(md_pool_count(pool).borrowed, 0);
	assert_int_equal(fake.finishes, 1);
	md_rows_close(NULL);
}

static void not_finite_is_noted_once(void **state)
{
	(void)state;
	static const struct md_cell cells[] = { { { "NaN", 3 }, MD_CELL_NOT_FINITE },
		                                { { "Infinity", 8 }, MD_CELL_NOT_FINITE } };
	prepare_rows("{\"from\":\"slots\",\"columns\":[\"load\"]}", ADMIN);
	reply(cells, 2);
	assert_string_equal(read_rows(), "NaN;Infinity;");
	assert_true(logged("Note: column 'load' held NaN"));
}

/* ---- count ---- */

static void counts(void **state)
{
	(void)state;
	static const struct md_cell cells[] = { C("9007199254740993") };
	prepare_rows("{\"from\":\"users\",\"executeMode\":\"count\"}", ADMIN);
	reply(cells, 1);
	assert_string_equal(read_rows(), "");
	assert_true(md_rows_answer(rows)->count == 9007199254740993);
}

static void a_count_needs_its_row(void **state)
{
	(void)state;
	static const struct md_cell cells[] = { C("5") };
	prepare_rows("{\"from\":\"users\",\"executeMode\":\"count\"}", ADMIN);
	reply(NULL, 0);
	assert_string_equal(read_rows(), "!QUERY_FAILED");
	for (uint32_t n = 1; n <= 2; n++) { /* before and behind the row */
		prepare_rows("{\"from\":\"users\",\"executeMode\":\"count\"}", ADMIN);
		reply(cells, 1);
		fake.nexts = 0;
		fake.fail_next = n;
		assert_string_equal(read_rows(), "!QUERY_FAILED");
	}
}

static void what_must_be_empty_asks_nobody(void **state)
{
	(void)state;
	static const char in_config[] =
		"{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\"}],\"caches\":[],\"externalSyncs\":[],"
		"\"tables\":[{\"id\":\"users\",\"apiName\":\"users\",\"database\":\"db\","
		"\"physicalName\":\"users\",\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":[{\"apiName\":\"id\","
		"\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false}]}],"
		"\"roles\":[{\"id\":\"r\",\"tables\":[{\"tableId\":\"users\",\"allowedColumns\":\"*\","
		"\"filters\":[{\"column\":\"id\",\"operator\":\"in\",\"valueFrom\":\"context\","
		"\"contextKey\":\"ids\"}]}]}]}";
	struct md_load_options opt = { 0 };
	struct md_ctx load = { .arena = &settings_arena, .err = &err };
	struct md_snapshot *before = meta;
	cx.meta = meta = md_metadata_load(&load, MD_STR(in_config), &opt);
	assert_non_null(meta);
	static const char *const definitions[] = {
		"{\"from\":\"users\"}",
		"{\"from\":\"users\",\"executeMode\":\"count\"}",
		"{\"from\":\"users\",\"byIds\":[1]}",
	};
	for (int i = 0; i < 3; i++) {
		prepare_rows(definitions[i], "{\"role\":\"r\",\"contextValues\":{\"ids\":[]}}");
		exec.pool = NULL; /* would be an error if asked */
		assert_string_equal(read_rows(), "");
		assert_int_equal(md_rows_answer(rows)->count, 0);
		assert_false(md_rows_answer(rows)->from_database);
	}
	md_snapshot_unref(meta);
	cx.meta = meta = before;
	assert_int_equal(fake.opens, 0);
}

/* ---- byIds ---- */

static void ids_come_in_order_of_mention(void **state)
{
	(void)state;
	static const struct md_cell cells[] = { C("1"), C("a"), C("2"), C("b"), C("3"), C("c") };
	exec.store = NULL;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"],\"byIds\":[3,1,3,2],\"avoid\":[\"cache\"]}",
	             ADMIN);
	reply(cells, 3);
	assert_string_equal(read_rows(), "3|c;1|a;2|b;");
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"],\"byIds\":[9,2,1],\"avoid\":[\"cache\"]}",
	             ADMIN);
	reply(cells, 2);
	assert_string_equal(read_rows(), "2|b;1|a;"); /* 9 is not there */
}

/* The key is read although it was not asked for, and not shown. */
static void hidden_keys_order_too(void **state)
{
	(void)state;
	static const struct md_cell cells[] = { C("a"), C("1"), C("b"), C("2") };
	prepare_rows("{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[2,1],\"avoid\":[\"cache\"]}", ADMIN);
	reply(cells, 2);
	assert_string_equal(read_rows(), "b;a;");
}

/* Composite keys; a timestamp has six digits in the parameter and only those that count in the row.
 * Lengths keep "a1"+… and "a"+"1…" apart. */
static void composite_keys(void **state)
{
	(void)state;
	static const struct md_cell cells[] = { C("a"), C("2024-01-01T00:00:00.1Z"), C("1"),
		                                C("b"), C("2024-01-01T00:00:00Z"),   C("2") };
	prepare_rows("{\"from\":\"slots\",\"byIds\":[{\"room\":\"b\",\"at\":\"2024-01-01\"},"
	        "{\"at\":\"2024-01-01T01:00:00.100+01:00\",\"room\":\"a\"}]}", ADMIN);
	reply(cells, 2);
	assert_string_equal(read_rows(), "b|2024-01-01T00:00:00Z|2;a|2024-01-01T00:00:00.1Z|1;");
}

/* A database that compares keys more loosely than we do: its rows are not lost. */
static void rows_of_no_id_come_last(void **state)
{
	(void)state;
	static const struct md_cell cells[] = {
		C("7"), C("x"), C("1"), C("a"), C("1"), C("again"), NONE, C("null key")
	};
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"],\"byIds\":[2,1],\"avoid\":[\"cache\"]}", ADMIN);
	reply(cells, 4);
	assert_string_equal(read_rows(), "1|a;7|x;1|again;-|null key;");
}

static void ids_broken_off_give_no_rows(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 4; n++) {
		prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"],\"byIds\":[3,2,1],"
		             "\"avoid\":[\"cache\"]}",
		        ADMIN);
		reply(three_users, 3);
		fake.nexts = 0;
		fake.fail_next = n;
		assert_string_equal(read_rows(), "!QUERY_FAILED");
	}
}

static void ids_with_order_or_limit_stream(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"],\"byIds\":[3,2,1],\"limit\":9}", ADMIN);
	reply(three_users, 3);
	assert_string_equal(read_rows(), "1|ann;2|bob;3|-;"); /* as the database sent them */
}

static void a_missing_key_column_is_a_bug(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[1],\"avoid\":[\"cache\"]}", ADMIN);
	shape.n_outputs = 1;
	assert_string_equal(read_rows(), "!INTERNAL");
	assert_int_equal(fake.opens, 0);
}

/* ---- cache ---- */

static const struct md_cell whole_users[] = {
	I("1"), C("a"), C("ann"), I("2"), C("b"), C("bob"), I("3"), C("a"), NONE
};
#define ASK_123 "{\"from\":\"users\",\"columns\":[\"name\",\"id\"],\"byIds\":[3,1,2]}"

static void put_text(const char *key, const char *value)
{
	struct md_pair pair = { md_str_z(key), md_str_z(value) };
	struct md_store_call c = { .arena = &settings_arena, .now_ms = md_monotonic_ms() };
	md_store_put(store, &c, &pair, 1, 60000);
}

static struct md_str stored(const char *key)
{
	struct md_str k = md_str_z(key), v;
	struct md_store_call c = { .arena = &settings_arena, .now_ms = md_monotonic_ms() };
	md_store_get(store, &c, &k, 1, &v);
	return v;
}

static void misses_fill_the_cache(void **state)
{
	(void)state;
	prepare_rows(ASK_123, ADMIN);
	assert_int_equal(planned.plan->strategy, MD_CACHE);
	reply(whole_users, 3);
	assert_string_equal(read_rows(), "-|3;ann|1;bob|2;");
	assert_int_equal(n_asked, 3);
	assert_true(md_rows_answer(rows)->from_database && !md_rows_answer(rows)->from_cache);
	/* whole rows, whatever was asked for, in the order of the metadata */
	struct md_str entry = stored("users:2");
	struct md_str row = MD_STR("\"row\":{\"id\":2,\"tenantId\":\"b\",\"name\":\"bob\"}}");
	assert_true(entry.n > row.n && memcmp(entry.p + entry.n - row.n, row.p, row.n) == 0);
	assert_memory_equal(entry.p, "{\"$v\":1,\"table\":\"users\",\"hash\":\"", 32);
	assert_true(logged("memory: 3 keys asked, 0 hits"));
	assert_true(logged("3 misses → asking db"));
	assert_true(logged("memory: 3 rows written back"));
}

#define USER(id, tenant, name) "{\"$v\":1,\"row\":{\"id\":" id ",\"tenantId\":\"" tenant "\",\"name\":" name "}}"

static void hits_ask_no_database(void **state)
{
	(void)state;
	put_text("users:1", USER("1", "a", "\"ann\""));
	put_text("users:2", USER("2", "b", "\"bob\""));
	put_text("users:3", USER("3", "a", "null"));
	prepare_rows(ASK_123, ADMIN);
	exec.pool = NULL;
	assert_string_equal(read_rows(), "-|3;ann|1;bob|2;");
	assert_true(!md_rows_answer(rows)->from_database && md_rows_answer(rows)->from_cache);
	assert_int_equal(md_rows_answer(rows)->rows, 3);
}

static void hits_and_misses_merge(void **state)
{
	(void)state;
	put_text("users:1", USER("1", "a", "\"ann\""));
	prepare_rows(ASK_123, ADMIN);
	reply(whole_users + 3, 2);
	assert_string_equal(read_rows(), "-|3;ann|1;bob|2;");
	assert_int_equal(n_asked, 2);
	assert_int_equal(asked[0], 0); /* 3 and 2: indexes into the query's ids */
	assert_int_equal(asked[1], 2);
	assert_true(md_rows_answer(rows)->from_database && md_rows_answer(rows)->from_cache);
}

/* A poisoned entry is a miss: the database's answer stands, and replaces it. */
static void poisoned_entries_are_misses(void **state)
{
	(void)state;
	static const char *const poison[] = { "",
		                              "garbage",
		                              "null",
		                              "{\"$v\":1,\"row\":{\"id\":1}}",
		                              USER("\"1\"", "a", "\"evil\""),
		                              USER("1", "a", "5"),
		                              "{\"$v\":1,\"table\":\"orders\",\"hash\":\"0\",\"row\":{\"id\":1,"
		                              "\"tenantId\":\"a\",\"name\":\"evil\"}}",
		                              "{\"$v\":1,\"table\":\"users\",\"hash\":\"0\",\"row\":{\"id\":1,"
		                              "\"tenantId\":\"a\",\"name\":\"evil: of before\"}}",
		                              "{\"id\":1,\"tenantId\":\"a\",\"name\":\"evil\"}",
		                              USER("2", "a", "\"evil: another key\"") };
	for (size_t i = 0; i < sizeof poison / sizeof *poison; i++) {
		put_text("users:1", poison[i]);
		prepare_rows("{\"from\":\"users\",\"columns\":[\"name\"],\"byIds\":[1]}", ADMIN);
		reply(whole_users, 1);
		assert_string_equal(read_rows(), "ann;");
		assert_true(logged("memory: entry ignored"));
		assert_non_null(memmem(stored("users:1").p, stored("users:1").n, "ann", 3));
	}
}

/* Another tenant's row is a miss like any other: the database, with the filter, has the last word.
 */
static void hidden_rows_are_misses(void **state)
{
	(void)state;
	put_text("users:1", USER("1", "a", "\"ann\""));
	put_text("users:2", USER("2", "b", "\"bob\""));
	prepare_rows("{\"from\":\"users\",\"byIds\":[1,2]}", TENANT("a"));
	assert_int_equal(planned.plan->strategy, MD_CACHE);
	reply(NULL, 0);
	assert_string_equal(read_rows(), "1|ann;"); /* only the allowed columns */
	assert_int_equal(n_asked, 1);
	assert_int_equal(asked[0], 1);
	assert_true(logged("2 keys asked, 1 hits"));
	assert_false(logged("bob"));
	assert_non_null(memmem(stored("users:2").p, stored("users:2").n, "bob", 3)); /* and left as it was */
}

static void no_store_means_all_misses(void **state)
{
	(void)state;
	put_text("users:1", USER("1", "a", "\"ann\""));
	prepare_rows(ASK_123, ADMIN);
	exec.store = NULL;
	reply(whole_users, 3);
	assert_string_equal(read_rows(), "-|3;ann|1;bob|2;");
	assert_int_equal(n_asked, 3);
}

static void a_failed_miss_is_an_error(void **state)
{
	(void)state;
	put_text("users:1", USER("1", "a", "\"ann\""));
	for (uint32_t n = 1; n <= 3; n++) {
		prepare_rows(ASK_123, ADMIN);
		reply(whole_users + 3, 2);
		fake.nexts = 0;
		fake.fail_next = n;
		assert_string_equal(read_rows(), "!QUERY_FAILED"); /* not the hits alone */
		put_text("users:2", "");
		put_text("users:3", "");
	}
}

static void absent_rows_are_not_cached(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"byIds\":[9]}", ADMIN);
	reply(NULL, 0);
	assert_string_equal(read_rows(), "");
	assert_null(stored("users:9").p);
	assert_false(logged("written back"));
}

/* ---- cancel ---- */

static void cancelled_before_it_started(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	md_running_cancel(&run);
	assert_string_equal(read_rows(), "!CANCELLED");
	assert_int_equal(fake.starts, 0);
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN); /* the next query is not concerned */
	assert_string_equal(read_rows(), "1|ann;2|bob;3|-;");
}

static void cancel_run(void *arg)
{
	md_running_cancel(arg);
}

/* Between the moment when the connection is known and the driver's start: the driver itself does
 * not know of the cancel. */
static void cancelled_as_it_starts(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	cx.cancelled = &run.cancelled; /* as the engine sets it */
	fake.before_start = cancel_run;
	fake.before_start_arg = &run;
	assert_string_equal(read_rows(), "!CANCELLED");
	assert_int_equal(fake.cancels, 1);
	fake.before_start = NULL;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN); /* the next query is not concerned */
	assert_string_equal(read_rows(), "1|ann;2|bob;3|-;");
}

/* Cancels when the statement hangs, however slow the machine is; ten seconds at most. */
static void *cancel_when_stalled(void *arg)
{
	struct timespec nap = { .tv_nsec = 2000000 };
	for (int i = 0; i < 5000 && fake.nexts < fake.stall_next; i++)
		nanosleep(&nap, NULL);
	md_running_cancel(arg);
	return NULL;
}

static void cancelled_while_running(void **state)
{
	(void)state;
	pthread_t other;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	fake.stall_next = 2;
	assert_int_equal(pthread_create(&other, NULL, cancel_when_stalled, &run), 0);
	const char *a = read_rows();
	pthread_join(other, NULL);
	assert_string_equal(a, "1|ann;!CANCELLED");
	assert_int_equal(fake.cancels, 1);
	assert_int_equal(fake.closes, 1); /* a late cancel must not hit the next statement */
	md_running_cancel(&run);          /* nothing runs: no database is asked */
	assert_int_equal(fake.cancels, 1);
}

static void the_deadline_ends_it(void **state)
{
	(void)state;
	prepare_rows("{\"from\":\"users\",\"columns\":[\"id\",\"name\"]}", ADMIN);
	reply(three_users, 3);
	fake.stall_next = 1;
	cx.deadline_ms = md_monotonic_ms() + 5;
	assert_string_equal(read_rows(), "!QUERY_TIMEOUT");
}

static void a_full_pool_is_an_error(void **state)
{
	(void)state;
	void *a, *b;
	prepare_rows("{\"from\":\"users\"}", ADMIN);
	assert_int_equal(md_pool_take(&cx, pool, false, &a), 0);
	assert_int_equal(md_pool_take(&cx, pool, false, &b), 0);
	assert_int_equal(md_rows_open(&cx, &exec, &run, &rows), -1);
	assert_int_equal(err.code, MD_POOL_EXHAUSTED);
	md_pool_give(pool, a, true);
	md_pool_give(pool, b, true);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rows_stream), T(no_rows), T(without_a_pool), T(a_stale_connection_is_replaced_once),
		T(twice_stale_is_an_error), T(other_failures_are_not_retried),
		T(a_broken_stream_is_an_error), T(leaving_early_gives_the_connection_back), T(not_finite_is_noted_once),
		T(counts), T(a_count_needs_its_row),
		T(what_must_be_empty_asks_nobody), T(ids_come_in_order_of_mention), T(hidden_keys_order_too),
		T(composite_keys), T(rows_of_no_id_come_last),
		T(ids_broken_off_give_no_rows), T(ids_with_order_or_limit_stream), T(a_missing_key_column_is_a_bug),
		T(misses_fill_the_cache), T(hits_ask_no_database),
		T(hits_and_misses_merge), T(poisoned_entries_are_misses), T(hidden_rows_are_misses),
		T(no_store_means_all_misses), T(a_failed_miss_is_an_error),
		T(absent_rows_are_not_cached), T(cancelled_before_it_started), T(cancelled_as_it_starts),
		T(cancelled_while_running),
		T(the_deadline_ends_it), T(a_full_pool_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
