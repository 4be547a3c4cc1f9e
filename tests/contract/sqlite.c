/* SQLite's quirks and its own cases: what a file may hold, what a statement may do, federation. */
#include "suite.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static sqlite3 *own;
static char folder[] = "/tmp/multidb-contract-XXXXXX", url[160], path[128];

static void as_owner(const char *sql)
{
	char *text = NULL;
	if (sqlite3_exec(own, sql, NULL, NULL, &text))
		fail_msg("%s: %s", sql, text);
}

static const char *start_database(void)
{
	if (own)
		return url;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/main.db", folder);
	snprintf(url, sizeof url, "sqlite:%s", path);
	assert_int_equal(sqlite3_open(path, &own), SQLITE_OK);
	as_owner("CREATE TABLE big (i INTEGER)");
	as_owner("INSERT INTO big WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 3000) "
	         "SELECT i "
	      "FROM r");
	return url;
}

static void stop_database(void)
{
	char command[200];
	sqlite3_close(own);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	assert_int_equal(system(command), 0);
}

static const char *param_text(int n, struct md_type t)
{
	static char b[4][16];
	static int i;
	(void)t;
	i = (i + 1) % 4;
	snprintf(b[i], sizeof b[i], "?%d", n);
	return b[i];
}

/* Moments are compared in a form of their own. */
static const char *compared(enum md_base_type t, const char *column)
{
	static char b[64];
	if (t != MD_TIMESTAMP)
		return column;
	snprintf(b, sizeof b, "md_value_timestamp(%s)", column);
	return b;
}

static const char *in_list(int n, enum md_base_type t)
{
	static char b[96];
	snprintf(b, sizeof b, "%s IN (SELECT value FROM json_each(?%d))", t == MD_DECIMAL ? " COLLATE md_decimal" : "",
	         n);
	return b;
}

/* ---- SQLite alone ---- */

static int setup(void **state)
{
	*state = malloc(sizeof(struct session));
	session_open(*state);
	return 0;
}

static int teardown(void **state)
{
	session_close(*state);
	free(*state);
	return 0;
}

static void what_storage_classes_become(void **state)
{
	struct session *s = *state;
	static const struct {
		const char *sql;
		enum md_base_type t;
		enum md_form form;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ "7", MD_DECIMAL, MD_CELL_BARE, "7" },
		{ "7.5", MD_DECIMAL, MD_CELL_BARE, "7.5" },
		{ "1e25", MD_DECIMAL, MD_CELL_BARE, "10000000000000000000000000" },
		{ "'12.500'", MD_DECIMAL, MD_CELL_BARE, "12.5" },
		{ "'-0.0'", MD_DECIMAL, MD_CELL_BARE, "0" },
		{ "'abc'", MD_DECIMAL, MD_CELL_BARE, NULL },
		{ "''", MD_DECIMAL, MD_CELL_BARE, NULL },
		{ "'1,2'", MD_DECIMAL, MD_CELL_BARE, NULL },
		{ "'1 OR 1'", MD_DECIMAL, MD_CELL_BARE, NULL },
		{ "'7'", MD_INT, MD_CELL_BARE, NULL },
		{ "3000000000", MD_INT, MD_CELL_BARE, NULL },
		{ "3000000000", MD_BIGINT, MD_CELL_BARE, "3000000000" },
		{ "7.5", MD_BIGINT, MD_CELL_BARE, NULL },
		{ "7", MD_FLOAT, MD_CELL_BARE, "7" },
		{ "1e999", MD_FLOAT, MD_CELL_NOT_FINITE, NULL },
		{ "'1.5'", MD_FLOAT, MD_CELL_BARE, NULL },
		{ "2", MD_BOOLEAN, MD_CELL_BARE, NULL },
		{ "'true'", MD_BOOLEAN, MD_CELL_BARE, "true" },
		{ "'false'", MD_BOOLEAN, MD_CELL_BARE, "false" },
		{ "'TRUE'", MD_BOOLEAN, MD_CELL_BARE, NULL },
		{ "1.0", MD_BOOLEAN, MD_CELL_BARE, "true" },
		{ "7.0", MD_INT, MD_CELL_BARE, "7" },
		{ "9007199254740993", MD_FLOAT, MD_CELL_BARE, NULL },
		{ "9007199254740992", MD_FLOAT, MD_CELL_BARE, "9007199254740992" },
		{ "'a0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", MD_UUID, MD_CELL_PLAIN, NULL },
		{ "5", MD_JSON, MD_CELL_BARE, "5" },
		{ "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", MD_UUID, MD_CELL_PLAIN,
		  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
		{ "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\"'", MD_UUID, MD_CELL_PLAIN, NULL },
		{ "x'00'", MD_UUID, MD_CELL_PLAIN, NULL },
		{ "'2024-02-30'", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "'2024-02-29\"'", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "1700000000", MD_DATE, MD_CELL_PLAIN, NULL },
		{ "'2024-01-01 00:00:00'", MD_TIMESTAMP, MD_CELL_PLAIN, "2024-01-01T00:00:00Z" },
		{ "'yesterday'", MD_TIMESTAMP, MD_CELL_PLAIN, NULL },
		{ "'10:30:00.250'", MD_TIME, MD_CELL_PLAIN, "10:30:00.25" },
		{ "'24:00:00'", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "'10:30:00\"'", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "37800", MD_TIME, MD_CELL_PLAIN, NULL },
		{ "'{\"a\":1}'", MD_JSON, MD_CELL_BARE, "{\"a\":1}" },
		{ "'{\"a\":1}}'", MD_JSON, MD_CELL_BARE, NULL },
		{ "'1,2'", MD_JSON, MD_CELL_BARE, NULL },
		{ "''", MD_JSON, MD_CELL_BARE, NULL },
		{ "'text'", MD_BYTES, MD_CELL_PLAIN, NULL },
		{ "x'fffe'", MD_STRING, MD_CELL_TEXT, NULL },
		{ "CAST(x'fffe' AS TEXT)", MD_STRING, MD_CELL_TEXT, NULL },
		{ "5", MD_STRING, MD_CELL_TEXT, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char sql[128];
		struct md_stmt_output c = col("x", cases[i].t, false);
		session_new_request(s);
		snprintf(sql, sizeof sql, "SELECT %s AS c0", cases[i].sql);
		if (cases[i].text || cases[i].form == MD_CELL_NOT_FINITE) {
			one_row(s, sql, NULL, 0, &c, 1);
			assert_cell(&s->cells[0], cases[i].form, cases[i].text);
			continue;
		}
		if (run(s, sql, NULL, 0, &c, 1, 1) != -1)
			fail_msg("%s passed as %s", cases[i].sql, md_type_names[cases[i].t]);
		assert_failed(s, MD_TYPE_MISMATCH);
		assert_true(md_str_eqz(s->err.details.column, "x"));
	}
}

static void arrays_that_are_none(void **state)
{
	struct session *s = *state;
	static const struct {
		const char *json;
		enum md_base_type t;
	} cases[] = { { "[1,2", MD_INT },          { "[1,]", MD_INT },     { "[1] 2", MD_INT },
		      { "[\"1\"]", MD_INT },       { "[1.5]", MD_INT },    { "{\"a\":1}", MD_INT },
		      { "[1]", MD_STRING },        { "[\"a]", MD_STRING }, { "[\"\\x\"]", MD_STRING },
		      { "[true]", MD_INT },        { "[1]", MD_BOOLEAN },  { "[[]]", MD_STRING },
		      { "null", MD_INT },          { "", MD_INT },         { "[\"x\"]", MD_UUID },
		      { "[2024-01-01]", MD_DATE }, { "[NaN]", MD_FLOAT },  { "[\"2024-01-01\\u0022\"]", MD_DATE } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_stmt_output c = col("x", cases[i].t, true);
		struct md_value p = val(MD_STRING, cases[i].json);
		session_new_request(s);
		if (run(s, "SELECT ?1 AS c0", &p, 1, &c, 1, 1) != -1)
			fail_msg("%s passed", cases[i].json);
		assert_failed(s, MD_TYPE_MISMATCH);
	}
}

static void decimals_compare_exactly(void **state)
{
	struct session *s = *state;
	static const char *const sorted[] = { "-1000000000000000000000000000000.5",
		                              "-10",
		                              "-9.99",
		                              "-0.5",
		                              "0",
		                              "0.000000000000000000001",
		                              "0.5",
		                              "1",
		                              "2",
		                              "10",
		                              "99999999999999999999999999999999999999",
		                              "not a decimal" };
	enum { N = sizeof sorted / sizeof *sorted };
	struct md_stmt_output c = col("x", MD_BOOLEAN, false);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			struct md_value p[2] = { val(MD_STRING, sorted[i]), val(MD_STRING, sorted[j]) };
			session_new_request(s);
			one_row(s, "SELECT ?1 < ?2 COLLATE md_decimal AS c0", p, 2, &c, 1);
			assert_cell(&s->cells[0], MD_CELL_BARE, i < j ? "true" : "false");
		}
	static const char *const same[][2] = {
		{ "1", "1.0" }, { "0", "-0.00" }, { "01.50", "1.5" }, { "-2", "-2.000" }
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct md_value p[2] = { val(MD_STRING, same[i][0]), val(MD_STRING, same[i][1]) };
		session_new_request(s);
		one_row(s, "SELECT ?1 = ?2 COLLATE md_decimal AS c0", p, 2, &c, 1);
		assert_cell(&s->cells[0], MD_CELL_BARE, "true");
	}
}

static void only_reading_of_tables_is_allowed(void **state)
{
	struct session *s = *state;
	static const char *const denied[] = {
		"SELECT count(*) AS c0 FROM sqlite_schema", "SELECT count(*) AS c0 FROM sqlite_master",
		"SELECT count(*) AS c0 FROM pragma_table_list",
		"SELECT count(*) AS c0 FROM main.sqlite_schema AS t0", "PRAGMA table_info(big)",
		"PRAGMA query_only=OFF", "ATTACH ':memory:' AS x", "DETACH main",
		"BEGIN", "SAVEPOINT a", "SELECT load_extension('x') AS c0", "SELECT sqlite_version() AS c0",
		"SELECT randomblob(10) AS c0",
		"SELECT count(*) AS c0 FROM dbstat",
		"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i FROM r) SELECT count(*) AS c0 FROM r",
		"VACUUM", "ANALYZE", "REINDEX", "CREATE TEMP TABLE t (a)", "EXPLAIN SELECT 1",
	};
	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
		struct md_stmt_output c = col("x", MD_BIGINT, false);
		session_new_request(s);
		if (run(s, denied[i], NULL, 0, &c, 1, 1) != -1)
			fail_msg("%s ran", denied[i]);
		assert_failed(s, MD_QUERY_FAILED);
	}
}

static void views_may_use_functions(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("x", MD_STRING, false);
	as_owner("DROP VIEW IF EXISTS vw; CREATE VIEW vw AS SELECT upper('abc') || strftime('%Y', '2024-01-01') AS x");
	session_new_request(s);
	one_row(s, "SELECT t0.x AS c0 FROM vw AS t0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_TEXT, "ABC2024");
	as_owner("DROP VIEW IF EXISTS spy; CREATE VIEW spy AS SELECT group_concat(name) AS x FROM sqlite_schema");
	session_new_request(s);
	assert_int_equal(run(s, "SELECT t0.x AS c0 FROM spy AS t0", NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_FAILED);
}

static int try_url(struct session *s, const char *u)
{
	memset(s, 0, sizeof *s);
	session_new_request(s);
	return session_try(s, u);
}

static void a_path_is_only_a_path(void **state)
{
	static const char *const urls[] = { "sqlite::memory:", "sqlite:", "sqlite:file:x?mode=memory", "sqlite:/tmp",
		                            ":memory:" };
	struct session s;
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		if (try_url(&s, urls[i]) == 0)
			fail_msg("%s opened", urls[i]);
		assert_failed(&s, MD_CONNECTION_FAILED);
		md_arena_free(&s.arena);
	}
}

static void a_file_that_is_no_database(void **state)
{
	struct session s;
	char other[160], u[200];
	struct stat st;
	(void)state;
	snprintf(other, sizeof other, "%s/garbage.db", folder);
	FILE *f = fopen(other, "w");
	for (int i = 0; i < 1000; i++)
		fputs("not a database ", f);
	fclose(f);
	snprintf(u, sizeof u, "sqlite:%s", other);
	assert_int_equal(try_url(&s, u), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	assert_non_null(strstr(md_str_fmt(&s.arena, "%.*s", MD_FMT(s.err.message)).p, "garbage.db"));
	md_arena_free(&s.arena);
	snprintf(u, sizeof u, "sqlite:%s/absent.db", folder);
	assert_int_equal(try_url(&s, u), -1);
	assert_int_equal(stat(u + 7, &st), -1); /* and it was not made */
	md_arena_free(&s.arena);
}

static void a_federation_reads_across_files(void **state)
{
	struct session s = { 0 };
	char a[160], b[160], gone[160];
	(void)state;
	snprintf(a, sizeof a, "%s/a.db", folder);
	snprintf(b, sizeof b, "sqlite:%s/b?mode=memory&x.db", folder);
	snprintf(gone, sizeof gone, "sqlite:%s/gone.db", folder);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(a, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('from a')", NULL, NULL, NULL),
	                 SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(sqlite3_open(b + 7, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('from b')", NULL, NULL, NULL),
	                 SQLITE_OK);
	sqlite3_close(db);
	struct md_attach at[3] = { { MD_STR("pg-\"main"), md_str_z(a) },
		                   { MD_STR("pg.tenant"), md_str_z(b) },
		                   { MD_STR("gone"), md_str_z(gone) } };
	struct md_target t = { .id = MD_STR("trino"), .attach = at, .n_attach = 2 };
	session_new_request(&s);
	if (md_driver_sqlite.open(&s.cx, &t, &s.conn))
		fail_msg("%.*s", MD_FMT(s.err.message));
	struct md_stmt_output c[2] = { col("a", MD_STRING, false), col("b", MD_STRING, false) };
	one_row(&s, "SELECT t0.x AS c0, t1.x AS c1 FROM \"pg-\"\"main\".t AS t0, \"pg.tenant\".t AS t1", NULL, 0, c, 2);
	assert_cell(&s.cells[0], MD_CELL_TEXT, "from a");
	assert_cell(&s.cells[1], MD_CELL_TEXT, "from b");
	session_new_request(&s);
	assert_int_equal(run(&s, "INSERT INTO \"pg.tenant\".t VALUES ('x')", NULL, 0, NULL, 0, 1), -1);
	session_close(&s);
	session_new_request(&s);
	t.n_attach = 3;
	assert_int_equal(md_driver_sqlite.open(&s.cx, &t, &s.conn), -1);
	assert_failed(&s, MD_CONNECTION_FAILED);
	const char *m = md_str_fmt(&s.arena, "%.*s", MD_FMT(s.err.message)).p;
	assert_non_null(strstr(m, "'gone'"));
	assert_non_null(strstr(m, "gone.db"));
	md_arena_free(&s.arena);
}

/* A writer holds the file: wait for it, until the deadline. */
static void a_locked_file_ends_at_the_deadline(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	as_owner("BEGIN EXCLUSIVE");
	session_new_request(s);
	s->cx.deadline_ms = md_monotonic_ms() + 100;
	assert_int_equal(run(s, "SELECT count(*) AS c0 FROM big AS t0", NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_TIMEOUT);
	as_owner("ROLLBACK");
	session_new_request(s);
	one_row(s, "SELECT count(*) AS c0 FROM big AS t0", NULL, 0, &c, 1);
}

/* Writers are not held up by a reader who has read all. */
static void the_read_transaction_ends_with_the_last_row(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_BIGINT, false);
	struct md_stmt stmt = {
		.text = MD_STR("SELECT count(*) AS c0 FROM big AS t0"), .outputs = &c, .n_outputs = 1, .row_bound = 1
	};
	session_new_request(s);
	assert_int_equal(Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS), MD_STARTED);
	assert_int_equal(Q->driver->next(s->conn, &s->cx, s->cells), 1);
	assert_int_equal(Q->driver->next(s->conn, &s->cx, s->cells), 0);
	as_owner("BEGIN EXCLUSIVE; ROLLBACK");
	assert_true(Q->driver->finish(s->conn));
}

static void a_changed_schema_is_noticed(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c = col("n", MD_INT, false);
	as_owner("DROP TABLE IF EXISTS ch; CREATE TABLE ch (a INTEGER, b TEXT); INSERT INTO ch VALUES (1, 'x')");
	session_new_request(s);
	one_row(s, "SELECT t0.a AS c0 FROM ch AS t0", NULL, 0, &c, 1);
	as_owner("DROP TABLE ch; CREATE TABLE ch (b TEXT, a INTEGER); INSERT INTO ch VALUES ('x', 2)");
	session_new_request(s);
	one_row(s, "SELECT t0.a AS c0 FROM ch AS t0", NULL, 0, &c, 1);
	assert_cell(&s->cells[0], MD_CELL_BARE, "2");
	as_owner("DROP TABLE ch");
	session_new_request(s);
	assert_int_equal(run(s, "SELECT t0.a AS c0 FROM ch AS t0", NULL, 0, &c, 1, 1), -1);
	assert_failed(s, MD_QUERY_FAILED);
}

static int run_own_cases(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_storage_classes_become),
		cmocka_unit_test(arrays_that_are_none),
		cmocka_unit_test(decimals_compare_exactly),
		cmocka_unit_test(only_reading_of_tables_is_allowed),
		cmocka_unit_test(views_may_use_functions),
		cmocka_unit_test(a_path_is_only_a_path),
		cmocka_unit_test(a_file_that_is_no_database),
		cmocka_unit_test(a_federation_reads_across_files),
		cmocka_unit_test(a_locked_file_ends_at_the_deadline),
		cmocka_unit_test(the_read_transaction_ends_with_the_last_row),
		cmocka_unit_test(a_changed_schema_is_noticed),
	};
	return cmocka_run_group_tests_name("sqlite", tests, setup, teardown);
}

const struct quirks quirks_sqlite = {
	.name = "sqlite",
	.driver = &md_driver_sqlite,
	.up = start_database,
	.down = stop_database,
	.owner = as_owner,
	.schema = { "main" },
	.type = { [MD_STRING] = "TEXT",
	          [MD_INT] = "INTEGER",
	          [MD_BIGINT] = "INTEGER",
	          [MD_FLOAT] = "REAL",
	          [MD_DECIMAL] = "TEXT COLLATE BINARY",
	          [MD_BOOLEAN] = "INTEGER",
	          [MD_UUID] = "TEXT",
	          [MD_DATE] = "TEXT",
	          [MD_TIMESTAMP] = "TEXT",
	          [MD_TIME] = "TEXT",
	          [MD_ENUM] = "TEXT",
	          [MD_JSON] = "TEXT",
	          [MD_BYTES] = "BLOB" },
	.array_type = "TEXT",
	.param = param_text,
	.compared = compared,
	.in_list = in_list,
	.slow = "SELECT count(*) AS c0 FROM big AS a, big AS b, big AS c, big AS d",
	.missing_path = "sqlite:/tmp/no-such-folder/no-such.db",
	.missing_names = "/tmp/no-such-folder/no-such.db",
	.early_end_is_clean = true,
	.own_cases = run_own_cases,
};
