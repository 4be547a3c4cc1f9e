/* multidb.h, a table as the source, on SQLite and, with MULTIDB_TEST_PG, on PostgreSQL: what is
 * read when, what its failures become, outages, and closing in the middle of a load. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sample.h"
#include "two_documents.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *dir;
static char file[128], url[256];
static bool on_postgres;
static sqlite3 *lite;
static PGconn *pg;

/* ---- the database ---- */

static void run_sql(const char *sql)
{
	if (!on_postgres) {
		if (sqlite3_exec(lite, sql, NULL, NULL, NULL))
			fail_msg("%s: %s", sql, sqlite3_errmsg(lite));
		return;
	}
	PGresult *r = PQexec(pg, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	PQclear(r);
}

static void put_row(const char *table, const char *name, int version, const char *document)
{
	char *sql;
	assert_true(asprintf(&sql, "INSERT INTO %s VALUES ('%s', %d, '%s')", table, name, version, document) > 0);
	run_sql(sql);
	free(sql);
}

static void change_row(const char *name, int version, const char *document)
{
	char *sql;
	assert_true(asprintf(&sql, "UPDATE multidb_config SET version = %d, document = '%s' WHERE name = '%s'", version,
	                     document, name) > 0);
	run_sql(sql);
	free(sql);
}

/* As docs/sources.md makes them, but without keys. */
static void create_table(const char *table)
{
	char sql[256];
	snprintf(sql, sizeof sql, "CREATE TABLE %s (name text, version bigint, document %s)", table,
	         on_postgres ? "json" : "text");
	run_sql(sql);
}

static int open_lite(void **state)
{
	(void)state;
	snprintf(file, sizeof file, "%s/config.db", dir);
	snprintf(url, sizeof url, "sqlite:%s", file);
	on_postgres = false;
	if (sqlite3_open(file, &lite))
		return -1;
	sqlite3_busy_timeout(lite, 5000); /* the thread that watches may be reading */
	create_table("multidb_config");
	return 0;
}

static int close_lite(void **state)
{
	(void)state;
	sqlite3_close(lite);
	return unlink(file);
}

static int open_postgres(void **state)
{
	(void)state;
	const char *given = getenv("MULTIDB_TEST_PG");
	on_postgres = true;
	if (!given)
		return 0;
	snprintf(url, sizeof url, "%s", given);
	pg = PQconnectdb(url);
	run_sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS sources CASCADE; CREATE SCHEMA sources; "
		"SET search_path = sources");
	create_table("multidb_config");
	return 0;
}

static int close_postgres(void **state)
{
	(void)state;
	if (pg)
		run_sql("DROP SCHEMA sources CASCADE");
	PQfinish(pg);
	pg = NULL;
	return 0;
}

/* ---- the engine ---- */

static char logged[8192];
static pthread_t own_thread;

static void gather_log(void *user, multidb_log_level level, const char *text)
{
	static const char marks[] = "IWE";
	size_t n = strlen(logged);
	(void)user;
	assert_true(pthread_equal(own_thread, pthread_self()));
	snprintf(logged + n, sizeof logged - n, "%c %s\n", marks[level], text);
}

static multidb_table table_of(int64_t poll_ms)
{
	return (multidb_table){ .size = sizeof(multidb_table), .url = url, .poll_ms = poll_ms,
		                .table = on_postgres ? "sources.multidb_config" : NULL };
}

static int open_table(const multidb_table *t, multidb_engine **e, multidb_error **error)
{
	multidb_options o = { .size = sizeof o, .base_dir = dir, .log = gather_log };
	logged[0] = '\0';
	own_thread = pthread_self();
	return multidb_engine_open_table(t, &o, e, error);
}

static multidb_engine *opened(int64_t poll_ms)
{
	multidb_table t = table_of(poll_ms);
	multidb_engine *e;
	multidb_error *error;
	if (open_table(&t, &e, &error))
		fail_msg("%s", multidb_error_json(error));
	return e;
}

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* The answer is by the document A or B. */
static bool uses(multidb_engine *e, char letter)
{
	multidb_query *q = multidb_query_new(e);
	char *a = ask_first(q);
	bool found = strcmp(a, letter == 'A' ? FIRST_A : FIRST_B) == 0;
	if (!found && strcmp(a, letter == 'A' ? FIRST_B : FIRST_A) != 0)
		fail_msg("%s", a);
	free(a);
	multidb_query_free(q);
	return found;
}

static void wait_for_use(multidb_engine *e, char letter)
{
	for (int i = 0; i < 1000 && !uses(e, letter); i++)
		sleep_ms(5);
	assert_true(uses(e, letter));
}

/* Asking is what delivers events. */
static void wait_for_log(multidb_engine *e, const char *part)
{
	for (int i = 0; i < 1000 && !strstr(logged, part); i++) {
		uses(e, 'A');
		sleep_ms(5);
	}
	if (!strstr(logged, part))
		fail_msg("not logged: %s, but: %s", part, logged);
}

static void assert_refused(const multidb_table *t, enum multidb_code code, const char *part)
{
	multidb_engine *e;
	multidb_error *error;
	assert_int_equal(open_table(t, &e, &error), -1);
	assert_null(e);
	if (multidb_error_code(error) != code || !strstr(multidb_error_message(error), part))
		fail_msg("expected %d %s, got %s", (int)code, part, multidb_error_json(error));
	assert_null(strstr(multidb_error_json(error), "private-secret"));
	multidb_error_free(error);
}

/* ---- tests, each on both databases ---- */

#define NEEDS_DATABASE()                                                \
	do {                                                            \
		(void)state;                                            \
		if (on_postgres && !pg)                                 \
			skip(); /* MULTIDB_TEST_PG is not set */        \
	} while (0)

static void watches_the_version(void **state)
{
	NEEDS_DATABASE();
	put_row("multidb_config", "metadata", 1, A);
	put_row("multidb_config", "another", 1, "{}"); /* of no concern */
	multidb_engine *e = opened(5);
	assert_true(uses(e, 'A'));
	run_sql("UPDATE multidb_config SET document = '{}' WHERE name = 'metadata'"); /* without a new version */
	sleep_ms(30);
	assert_true(uses(e, 'A'));
	change_row("metadata", 2, B);
	wait_for_use(e, 'B');
	assert_string_equal(logged, "I the configuration was reloaded\n");

	logged[0] = '\0';
	change_row("metadata", 3, MIXED);
	wait_for_log(e, "E the configuration was refused, the one in use stays: Config invalid: 1 error: /roles/0");
	sleep_ms(30);
	assert_true(uses(e, 'B'));
	assert_ptr_equal(strchr(logged, '\n') + 1, logged + strlen(logged)); /* once */
	change_row("metadata", 4, A);
	wait_for_use(e, 'A');
	multidb_engine_close(e);
}

static void refreshes_a_table_that_is_not_watched(void **state)
{
	NEEDS_DATABASE();
	put_row("multidb_config", "metadata", 1, A);
	multidb_engine *e = opened(-1);
	change_row("metadata", 2, B);
	sleep_ms(20);
	assert_true(uses(e, 'A'));
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_true(uses(e, 'B'));
	assert_string_equal(logged, "I the configuration was reloaded\n");
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_string_equal(logged, "I the configuration was reloaded\n");
	multidb_engine_close(e);
}

static void takes_roles_from_a_row(void **state)
{
	NEEDS_DATABASE();
	put_row("multidb_config", "metadata", 1, "{" TABLES_OF("A", "product_name") "}");
	put_row("multidb_config", "roles", 1, ROLES_OF("A"));
	multidb_engine *e = opened(INT64_MAX); /* watched, and seldom */
	assert_true(uses(e, 'A'));
	run_sql("BEGIN");
	change_row("metadata", 2, "{" TABLES_OF("B", "sku") "}");
	change_row("roles", 2, ROLES_OF("B"));
	run_sql("COMMIT");
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_true(uses(e, 'B'));
	/* the roles go back into the document */
	run_sql("DELETE FROM multidb_config WHERE name = 'roles'");
	change_row("metadata", 3, A);
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_true(uses(e, 'A'));
	multidb_engine_close(e);
}

static void quotes_every_name(void **state)
{
	NEEDS_DATABASE();
	multidb_table t = table_of(-1);
	t.table = on_postgres ? "sources.o\"d d" : "main.o\"d d";
	t.name_column = "na\"me";
	t.version_column = "order";
	t.document_column = "from; --";
	t.metadata_name = "it's";
	t.roles_name = "x' OR '1'='1";
	run_sql("CREATE TABLE \"o\"\"d d\" (\"na\"\"me\" varchar(20), \"order\" date, "
	        "\"from; --\" varchar(2000))");
	char *sql;
	assert_true(asprintf(&sql, "INSERT INTO \"o\"\"d d\" VALUES ('it''s', '2024-01-01', '%s')", A) > 0);
	run_sql(sql);
	free(sql);
	multidb_engine *e;
	multidb_error *error;
	if (open_table(&t, &e, &error))
		fail_msg("%s", multidb_error_json(error));
	assert_true(uses(e, 'A'));
	multidb_engine_close(e);
}

#define PREFIX "can't load the configuration from table '"

static void refuses_rows_that_are_not_whole(void **state)
{
	NEEDS_DATABASE();
	multidb_table t = table_of(-1);
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, "multidb_config': there is no row 'metadata'");
	put_row("multidb_config", "roles", 1, "[]");
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, PREFIX);
	run_sql("INSERT INTO multidb_config VALUES ('metadata', NULL, '{}')");
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, "the row 'metadata' is not complete: expected a version and");
	run_sql("UPDATE multidb_config SET version = 1, document = NULL");
	assert_refused(&t, MULTIDB_ROLE_LOAD_FAILED, "the row 'roles' is not complete");
	run_sql("DELETE FROM multidb_config");
	put_row("multidb_config", "metadata", 1, A);
	put_row("multidb_config", "metadata", 2, B);
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, "there are several rows 'metadata': expected one");
	run_sql("DELETE FROM multidb_config");
	put_row("multidb_config", "metadata", 1, "{}");
	assert_refused(&t, MULTIDB_CONFIG_INVALID, "Config invalid: ");
	t.table = on_postgres ? "sources.nowhere" : "nowhere";
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, "nowhere': ");
}

static void refuses_a_table_that_cannot_be_asked(void **state)
{
	NEEDS_DATABASE();
	multidb_table t = table_of(0);
	static const char *const names[] = { "a.b.c", ".a", "a.", "." };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		t.table = names[i];
		assert_refused(&t, MULTIDB_MISUSE, "expected TABLE or SCHEMA.TABLE, got '");
	}
	t = (multidb_table){ .size = sizeof t };
	assert_refused(&t, MULTIDB_MISUSE, "expected url");
	t = (multidb_table){ .url = url };
	assert_refused(&t, MULTIDB_MISUSE, "multidb_table cannot be read");
	t = (multidb_table){ .size = sizeof t, .url = "mysql://root:private-secret@localhost/x" };
	assert_refused(&t, MULTIDB_MISUSE, "expected postgresql://… or sqlite:PATH");
	t = (multidb_table){ .size = sizeof t, .url = url, .timeout_ms = -1 };
	assert_refused(&t, MULTIDB_MISUSE, "timeout_ms from 0 to 86400000");
	t.timeout_ms = 86400001;
	assert_refused(&t, MULTIDB_MISUSE, "timeout_ms from 0 to 86400000");
	t = (multidb_table){ .size = sizeof t, .url = "sqlite:x", .tls_verify = "full" };
	assert_refused(&t, MULTIDB_MISUSE, "with tls for PostgreSQL alone");
	t = (multidb_table){ .size = sizeof t, .url = url, .tls_verify = "sometimes" };
	assert_refused(&t, MULTIDB_MISUSE, "expected tls_verify full, ca or none");
	t = (multidb_table){ .size = sizeof t, .url = url, .tls_verify = "ca" };
	assert_refused(&t, MULTIDB_MISUSE, "expected tls_ca");
	t = (multidb_table){ .size = sizeof t, .url = url, .tls_verify = "none", .tls_ca = "x" };
	assert_refused(&t, MULTIDB_MISUSE, "tls_ca has no use");
	t = (multidb_table){ .size = sizeof t, .url = url, .tls_cert = "x" };
	assert_refused(&t, MULTIDB_MISUSE, "tls_cert and tls_key");
	t = (multidb_table){ .size = sizeof t, .url = "postgresql://u:private-secret@127.0.0.1:1/x" };
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, "can't connect to database 'configuration'");
	t = (multidb_table){ .size = sizeof t, .url = "sqlite:nowhere/x.db" };
	assert_refused(&t, MULTIDB_METADATA_LOAD_FAILED, "can't open database 'configuration'");
}

static void keeps_the_configuration_during_an_outage(void **state)
{
	NEEDS_DATABASE();
	put_row("multidb_config", "metadata", 1, A);
	multidb_engine *e = opened(5);
	run_sql("ALTER TABLE multidb_config RENAME TO gone");
	wait_for_log(e, "W the source of the configuration does not answer: " PREFIX);
	sleep_ms(30);
	assert_true(uses(e, 'A'));
	assert_ptr_equal(strchr(logged, '\n') + 1, logged + strlen(logged)); /* once */
	logged[0] = '\0';
	run_sql("ALTER TABLE gone RENAME TO multidb_config");
	change_row("metadata", 2, B);
	wait_for_use(e, 'B');
	assert_string_equal(logged, "I the source of the configuration answers again\n"
	                            "I the configuration was reloaded\n");
	multidb_engine_close(e);
}

/* The server has closed the connection: the next look opens another one, and nothing is logged. */
static void opens_a_new_connection(void **state)
{
	NEEDS_DATABASE();
	if (!on_postgres)
		return;
	put_row("multidb_config", "metadata", 1, A);
	multidb_engine *e = opened(-1);
	run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'multidb' "
	        "AND query LIKE '%multidb_config%'"); /* of this test alone */
	sleep_ms(50);
	change_row("metadata", 2, B);
	assert_int_equal(multidb_engine_refresh(e, NULL), 0);
	assert_true(uses(e, 'B'));
	assert_string_equal(logged, "I the configuration was reloaded\n");
	multidb_engine_close(e);
}

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The table is locked: the thread waits for it, and closing does not. */
static void closes_in_the_middle_of_a_load(void **state)
{
	NEEDS_DATABASE();
	put_row("multidb_config", "metadata", 1, A);
	multidb_engine *e = opened(5);
	run_sql(on_postgres ? "BEGIN; LOCK TABLE multidb_config" : "BEGIN EXCLUSIVE");
	sleep_ms(100);
	int64_t begun = now_ms();
	multidb_engine_close(e);
	assert_true(now_ms() - begun < 3000);
	assert_string_equal(logged, "");
	run_sql("ROLLBACK");
}

static multidb_engine *closing;

static void *close_engine(void *e)
{
	multidb_engine_close(e);
	return NULL;
}

static void close_on_another_thread(void *user, multidb_log_level level, const char *text)
{
	pthread_t thread;
	(void)user;
	(void)level;
	assert_non_null(strstr(text, "reloaded"));
	assert_int_equal(pthread_create(&thread, NULL, close_engine, closing), 0);
	pthread_join(thread, NULL);
	closing = NULL;
}

static void look_at_health(void)
{
	char *text = multidb_engine_health(closing, 100);
	assert_non_null(strstr(text, closing ? "executors" : "\"healthy\":false"));
	multidb_text_free(text);
}

static void look_at_statistics(void)
{
	multidb_statistics *s = multidb_engine_statistics(closing);
	assert_true(multidb_statistics_count(s) > 0);
	multidb_statistics_free(s);
}

/* The engine lives until the call that has begun is over. */
static void closes_while_a_thread_looks_at_it(void **state)
{
	NEEDS_DATABASE();
	void (*const looks[])(void) = { look_at_health, look_at_statistics };
	const multidb_options o = { .size = sizeof o, .base_dir = dir, .log = close_on_another_thread };
	const multidb_table t = table_of(5);
	put_row("multidb_config", "metadata", 1, A);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(multidb_engine_open_table(&t, &o, &closing, NULL), 0);
		change_row("metadata", 2 + i, i ? A : B);
		for (int tries = 0; closing && tries < 1000; tries++) {
			sleep_ms(5);
			looks[i]();
		}
		assert_null(closing);
	}
}

static int group_setup(void **state)
{
	(void)state;
	return !(dir = sample_make());
}

static int group_teardown(void **state)
{
	(void)state;
	sample_remove();
	return 0;
}

#define LITE(f) { #f, f, open_lite, close_lite, NULL }
#define POSTGRES(f) { #f " (postgres)", f, open_postgres, close_postgres, NULL }
#define BOTH(f) LITE(f), POSTGRES(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(watches_the_version), BOTH(refreshes_a_table_that_is_not_watched), BOTH(takes_roles_from_a_row),
		BOTH(quotes_every_name), BOTH(refuses_rows_that_are_not_whole),
		BOTH(refuses_a_table_that_cannot_be_asked), BOTH(keeps_the_configuration_during_an_outage),
		POSTGRES(opens_a_new_connection), BOTH(closes_in_the_middle_of_a_load),
		BOTH(closes_while_a_thread_looks_at_it),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
