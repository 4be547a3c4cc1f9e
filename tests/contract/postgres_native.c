/* Who a PostgreSQL statement runs as, and what the database's own row security knows of the caller
 * (md_target.native, the context of a start). The statements here have no row filter: the native
 * policies alone must hold. Forced policies, two roles of the database, the login `reader` who sees
 * nothing by itself. Through PgBouncer all connections share one server session. */
#include "postgres.h"

#include "drivers/postgres/private.h"

#include <unistd.h>

static struct md_stmt_output doc[2];

static void make_tables(void)
{
	Q->owner("DROP TABLE IF EXISTS doc, unforced CASCADE");
	for (const char *const *r = (const char *const[]){ "app_reader", "app_other", "app_bypass", NULL }; *r; r++) {
		char sql[300];
		snprintf(sql, sizeof sql, "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN "
		                          "CREATE ROLE %s; END IF; END $$", *r, *r);
		Q->owner(sql);
		snprintf(sql, sizeof sql, "GRANT %s TO reader; GRANT USAGE ON SCHEMA public TO %s", *r, *r);
		Q->owner(sql);
	}
	Q->owner("ALTER ROLE app_bypass BYPASSRLS");
	Q->owner("CREATE TABLE doc (id int, tenant text)");
	Q->owner("INSERT INTO doc SELECT i, substr('abc', 1 + i % 3, 1) FROM generate_series(0, 5999) i");
	Q->owner("ALTER TABLE doc ENABLE ROW LEVEL SECURITY; ALTER TABLE doc FORCE ROW LEVEL SECURITY; GRANT SELECT ON "
	         "doc TO app_reader, app_other, app_bypass");
	Q->owner("CREATE POLICY own ON doc TO app_reader USING (tenant = NULLIF(current_setting('app.tenant', true), "
	         "''))");
	Q->owner("CREATE POLICY many ON doc TO app_other USING (tenant = ANY (NULLIF(current_setting('app.tenants', "
	         "true), '')::text[]))");
}

static int setup(void **state)
{
	(void)state;
	Q->up();
	make_tables();
	doc[0] = col("id", MD_INT, false);
	doc[1] = col("tenant", MD_STRING, false);
	return 0;
}

static struct md_target guarded(const char *role)
{
	return (struct md_target){ .url = md_str_z(Q->up()), .native = true, .role = md_str_z(role) };
}

static void open_as(struct session *s, const char *role)
{
	memset(s, 0, sizeof *s);
	session_new_request(s);
	if (session_try_target(s, guarded(role)))
		fail_msg("open as %s: %.*s: %.*s", role, MD_FMT(s->err.message), MD_FMT(s->err.cause));
}

/* Rows of `sql` with one setting; every row's second column must be among the letters of `tenants`.
 * -1: it failed. */
static int64_t ask_as(struct session *s, const char *sql, const char *setting, const char *value, int64_t bound,
                   const char *tenants)
{
	struct md_setting setting_of_caller = { md_str_z(setting), md_str_z(value) };
	struct md_stmt stmt = { .text = md_str_z(sql), .outputs = doc, .n_outputs = 2, .row_bound = bound };
	struct md_cell cells[2];
	int64_t n = 0;
	int rc = -1;
	session_new_request(s);
	if (Q->driver->start(s->conn, &s->cx, &stmt, (struct md_settings){ &setting_of_caller, 1 }) == MD_STARTED)
		while ((rc = Q->driver->next(s->conn, &s->cx, cells)) > 0) {
			n++;
			if (cells[1].text.n != 1 || !strchr(tenants, cells[1].text.p[0]))
				fail_msg("a row of '%.*s' for %s = '%s'", MD_FMT(cells[1].text), setting, value);
		}
	bool clean = Q->driver->finish(s->conn);
	assert_true(clean || rc < 0);
	return rc < 0 ? -1 : n;
}

#define ALL "SELECT t0.id AS c0, t0.tenant AS c1 FROM public.doc AS t0"

static void only_the_callers_rows(void **state)
{
	(void)state;
	struct session s;
	open_as(&s, "app_reader");
	for (int i = 0; i < 30; i++) {
		const char *tenant = (const char *const[]){ "a", "b", "c" }[i % 3];
		assert_int_equal(ask_as(&s, ALL, "app.tenant", tenant, i % 2 ? -1 : 1000, tenant), 2000);
	}
	session_close(&s);
}

static void nobody_sees_nothing(void **state)
{
	(void)state;
	struct session s;
	open_as(&s, "app_reader");
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "a", -1, "a"), 2000);
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "", -1, ""), 0);
	assert_int_equal(ask_as(&s, ALL, "app.elsewhere", "a", -1, ""), 0);
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "a') OR true --", -1, ""), 0);
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "é\"\\{}", -1, ""), 0);
	session_close(&s);
}

static void keeps_lists_apart(void **state)
{
	(void)state;
	struct session s;
	open_as(&s, "app_other");
	assert_int_equal(ask_as(&s, ALL, "app.tenants", "{\"a\",\"c\"}", -1, "ac"), 4000);
	assert_int_equal(ask_as(&s, ALL, "app.tenants", "{}", -1, ""), 0);
	session_close(&s);
}

/* What the server session behind the connection holds when no statement runs. */
static void nothing_is_left(struct session *s)
{
	struct md_pg *c = s->conn;
	PGconn *other = BOUNCER ? pg_raw(Q->up()) : NULL;
	PGresult *r = PQexec(other ? other : c->pg, "SELECT current_user, COALESCE(current_setting('app.tenant', true),"
	                                            " '')");
	assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
	assert_string_equal(PQgetvalue(r, 0, 0), "reader");
	assert_string_equal(PQgetvalue(r, 0, 1), "");
	PQclear(r);
	PQfinish(other);
}

static void the_role_does_not_outlive_its_statement(void **state)
{
	(void)state;
	struct session s;
	open_as(&s, "app_reader");
	nothing_is_left(&s);
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "a", -1, "a"), 2000);
	nothing_is_left(&s);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask_as(&s, "SELECT t0.id / (t0.id - 3) AS c0, t0.tenant AS c1 FROM public.doc AS t0",
		                     "app.tenant", "a", i ? -1 : 5, "a"),
		                 -1);
		assert_failed(&s, MD_QUERY_FAILED);
		nothing_is_left(&s);
	}
	assert_int_equal(ask_as(&s, "SELECT nonsense", "app.tenant", "a", 5, ""), -1);
	assert_failed(&s, MD_QUERY_FAILED);
	nothing_is_left(&s);
	/* and the connection is none the worse */
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "b", 1000, "b"), 2000);
	session_close(&s);
}

/* Stopped by the server, and by us. */
static void nor_one_that_was_stopped(void **state)
{
	(void)state;
	struct session s = { 0 };
	struct md_target t = guarded("app_reader");
	t.statement_timeout_ms = 150;
	session_new_request(&s);
	assert_int_equal(session_try_target(&s, t), 0);
	assert_int_equal(ask_as(&s, "SELECT 1 AS c0, 'a' AS c1 FROM pg_sleep(20)", "app.tenant", "a", 5, "a"), -1);
	assert_failed(&s, MD_QUERY_TIMEOUT);
	nothing_is_left(&s);
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "a", -1, "a"), 2000);
	session_close(&s);
	open_as(&s, "app_reader");
	s.cx.deadline_ms = md_monotonic_ms() + 150;
	struct md_stmt stmt = { .text = MD_STR("SELECT 1 AS c0, 'a' AS c1 FROM pg_sleep(20)"),
		                .outputs = doc,
		                .n_outputs = 2,
		                .row_bound = 1 };
	assert_int_equal(Q->driver->start(s.conn, &s.cx, &stmt, MD_NO_SETTINGS), MD_START_FAILED);
	assert_failed(&s, MD_QUERY_TIMEOUT);
	Q->driver->finish(s.conn);
	session_close(&s);
	open_as(&s, "app_reader");
	nothing_is_left(&s);
	session_close(&s);
}

/* b1-12: through PgBouncer both connections are one server session. */
static void two_roles_take_turns(void **state)
{
	(void)state;
	struct session one, two;
	open_as(&one, "app_reader");
	open_as(&two, "app_other");
	for (int i = 0; i < 20; i++) {
		assert_int_equal(
			ask_as(&one, ALL, "app.tenant", i % 2 ? "a" : "b", i % 4 ? 1000 : -1, i % 2 ? "a" : "b"), 2000);
		assert_int_equal(ask_as(&two, ALL, "app.tenants", "{c}", i % 3 ? 1000 : -1, "c"), 2000);
		/* the other's setting means nothing to this role */
		assert_int_equal(ask_as(&two, ALL, "app.tenant", "a", 1000, ""), 0);
	}
	session_close(&one);
	session_close(&two);
}

static void many_texts(void **state)
{
	(void)state;
	struct session s;
	open_as(&s, "app_reader");
	for (int i = 0; i < 600; i++) {
		char sql[160];
		snprintf(sql, sizeof sql, ALL " WHERE t0.id < %d AND t0.id %% 3 = 0", i % 300 + 1);
		assert_int_equal(ask_as(&s, sql, "app.tenant", "a", 1000, "a"), i % 300 / 3 + 1);
	}
	struct md_pg *c = s.conn;
	PGresult *r = PQexec(c->pg, "SELECT count(*) FROM pg_prepared_statements");
	assert_string_equal(PQgetvalue(r, 0, 0), BOUNCER ? "0" : "256");
	PQclear(r);
	session_close(&s);
}

static void prepared_anew_where_it_must_be(void **state)
{
	(void)state;
	struct session s;
	open_as(&s, "app_reader");
	assert_int_equal(ask_as(&s, "SELECT * FROM public.doc AS t0", "app.tenant", "a", 1000, "a"), 2000);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			Q->owner("ALTER TABLE doc ALTER id TYPE bigint");
		else
			PQclear(PQexec(((struct md_pg *)s.conn)->pg, "DEALLOCATE ALL"));
		if (i ==
		    1) /* "cached plan must not change result type": the rows no longer fit the declared int,
		    or they do */
			doc[0].type.base = MD_BIGINT;
		assert_int_equal(ask_as(&s, "SELECT * FROM public.doc AS t0", "app.tenant", "a", i ? -1 : 1000, "a"),
		                 2000);
	}
	Q->owner("ALTER TABLE doc ALTER id TYPE int");
	doc[0].type.base = MD_INT;
	session_close(&s);
}

static void large_values(void **state)
{
	(void)state;
	struct session s;
	char *large = malloc(1 << 20);
	memset(large, 'x', (1 << 20) - 1);
	large[(1 << 20) - 1] = '\0';
	open_as(&s, "app_reader");
	assert_int_equal(ask_as(&s, ALL, "app.tenant", large, -1, ""), 0);
	assert_int_equal(ask_as(&s, ALL, "app.tenant", "a", -1, "a"), 2000);
	session_close(&s);
	free(large);
}

/* ---- whom row security would not bind (P5) ---- */

static void is_refused(struct md_target t, const char *why)
{
	struct session s = { 0 };
	session_new_request(&s);
	int rc = session_try_target(&s, t);
	if (rc == 0)
		fail_msg("accepted: %s", why);
	assert_failed(&s, MD_CONNECTION_FAILED);
	const char *all = md_str_fmt(&s.arena, "%.*s | %.*s", MD_FMT(s.err.message), MD_FMT(s.err.cause)).p;
	if (!strstr(all, why))
		fail_msg("'%s' is not in: %s", why, all);
	md_arena_free(&s.arena);
}

static void roles_that_are_not_bound_are_refused(void **state)
{
	(void)state;
	struct session s = { 0 };
	struct md_target t = guarded("");
	is_refused(guarded("app_bypass"), "role 'app_bypass' has BYPASSRLS");
	t.url = md_str_z(pg_url("postgres", pg_owner_password(), "postgres"));
	is_refused(t, "role 'postgres' is a superuser");
	t.role = MD_STR("app_reader"); /* what it could fall back to counts too */
	is_refused(t, "role 'postgres' is a superuser");
	is_refused(guarded("no_such_role"), "no_such_role");
	Q->owner("CREATE ROLE stranger");
	is_refused(guarded("stranger"), "permission denied to set role");
	Q->owner("DROP ROLE stranger");
	t.native = false; /* row security was not configured */
	t.role = MD_NOSTR;
	session_new_request(&s);
	assert_int_equal(session_try_target(&s, t), 0);
	session_close(&s);
}

static void owners_of_unforced_tables_are_refused(void **state)
{
	(void)state;
	struct session s;
	Q->owner("CREATE TABLE unforced (id int); ALTER TABLE unforced OWNER TO app_reader");
	open_as(&s, "app_reader"); /* without row security there is nothing to get around */
	session_close(&s);
	Q->owner("ALTER TABLE unforced ENABLE ROW LEVEL SECURITY");
	is_refused(guarded("app_reader"), "owns unforced, whose row security is not forced");
	open_as(&s, "app_other");
	session_close(&s);
	Q->owner("ALTER TABLE unforced FORCE ROW LEVEL SECURITY");
	open_as(&s, "app_reader");
	session_close(&s);
	Q->owner("DROP TABLE unforced");
}

/* ---- PgBouncer ---- */

/* Another client of the server session may leave it in any state. */
static void what_others_leave_in_the_session_does_not_matter(void **state)
{
	(void)state;
	struct session s = { 0 };
	struct md_stmt_output c[6] = { col("at", MD_TIMESTAMP, false), col("b", MD_BYTES, false),
		                       col("f", MD_FLOAT, false),      col("who", MD_STRING, false),
		                       col("ro", MD_STRING, false),    col("d", MD_DATE, false) };
	PGconn *other = pg_raw(Q->up());
	PGresult *r = PQexec(other, "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET bytea_output = "
	                            "'escape'; SET extra_float_digits = -3;"
	                            "SET default_transaction_read_only = off; SET role = app_other; SET row_security = "
	                            "off; SET IntervalStyle = postgres");
	assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
	PQclear(r);
	session_new_request(&s);
	assert_int_equal(session_try(&s, Q->up()), 0);
	for (int i = 0; i < 2; i++) {
		session_new_request(&s);
		one_row(&s, "SELECT '2024-05-06 07:08:09+00'::timestamptz, '\\x00ff'::bytea, 0.1::float8 + 0.2, "
		            "current_user::text, current_setting('transaction_read_only'), "
		            "'2024-05-06'::date", NULL, 0, c, 6);
		assert_cell(&s.cells[0], MD_CELL_PLAIN, "2024-05-06T07:08:09Z");
		assert_cell(&s.cells[1], MD_CELL_PLAIN, "AP8=");
		assert_cell(&s.cells[2], MD_CELL_BARE, "0.30000000000000004");
		assert_cell(&s.cells[3], MD_CELL_TEXT, "reader");
		assert_cell(&s.cells[4], MD_CELL_TEXT, "on");
		assert_cell(&s.cells[5], MD_CELL_PLAIN, "2024-05-06");
	}
	r = PQexec(other, "SHOW TimeZone"); /* and we leave nothing */
	assert_string_equal(PQgetvalue(r, 0, 0), "Asia/Tokyo");
	PQclear(r);
	PQclear(PQexec(other, "DISCARD ALL"));
	PQfinish(other);
	session_close(&s);
}

static void pool_mode_session_is_told_what_to_do(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct session s = { 0 };
		struct md_target t = { .id = MD_STR("db-under-test"), .url = md_str_z(Q->up()) };
		session_new_request(&s);
		if (i)
			/* it would swallow what the session relies on */
			pg_bouncer("SET ignore_startup_parameters = 'options'");
		assert_int_equal(Q->driver->open(&s.cx, &t, &s.conn), -1);
		assert_failed(&s, MD_CONNECTION_FAILED);
		assert_non_null(strstr(md_str_dup(&s.arena, s.err.message).p, "connection.pool.mode is 'transaction'"));
		md_arena_free(&s.arena);
	}
	pg_bouncer("SET ignore_startup_parameters = ''");
}

int run_native(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_callers_rows),
		cmocka_unit_test(nobody_sees_nothing),
		cmocka_unit_test(keeps_lists_apart),
		cmocka_unit_test(the_role_does_not_outlive_its_statement),
		cmocka_unit_test(nor_one_that_was_stopped),
		cmocka_unit_test(two_roles_take_turns),
		cmocka_unit_test(many_texts),
		cmocka_unit_test(prepared_anew_where_it_must_be),
		cmocka_unit_test(large_values),
		cmocka_unit_test(roles_that_are_not_bound_are_refused),
		cmocka_unit_test(owners_of_unforced_tables_are_refused),
	};
	const struct CMUnitTest of_pgbouncer[] = {
		cmocka_unit_test(what_others_leave_in_the_session_does_not_matter),
		cmocka_unit_test(pool_mode_session_is_told_what_to_do),
	};
	int failed = cmocka_run_group_tests_name("native row security", tests, setup, NULL);
	if (BOUNCER)
		failed += cmocka_run_group_tests_name("pgbouncer", of_pgbouncer, NULL, NULL);
	return failed;
}
