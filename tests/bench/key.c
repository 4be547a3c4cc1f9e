/* Select by key through the library and through the database's own client, prepared once: client
 * CPU per query.
 *
 *     bench_key sqlite FILE [CALLS] makes FILE with its rows
 *     bench_key postgres URL [CALLS] makes a table bench_items there
 *
 * Both sides bind the key, read every row to its end and every cell as text. */
#include "drivers/sqlite/make.h"

#include <libpq-fe.h>
#include <multidb.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY_ROWS = 10000, KEY_RUNS = 5, KEY_COLUMNS = 4 };
static int calls = 50000;

static const char admin[] = "{\"role\":\"admin\"}";
static unsigned long sink; /* so that the compiler keeps every read */

static void die(const char *what)
{
	fprintf(stderr, "bench_key: %s\n", what);
	exit(2);
}

static double now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Keys in an order that no cache of pages likes too much; the same for both sides. */
static int key_of(int i)
{
	return (int)((unsigned)i * 2654435761u % KEY_ROWS) + 1;
}

static double us_per_call(void (*one)(void *, int), void *arg)
{
	double begun = now_us();
	for (int i = 0; i < calls; i++)
		one(arg, key_of(i));
	return (now_us() - begun) / calls;
}

/* ---- the library ---- */

static multidb_query *open_library(const char *engine, const char *url, multidb_engine **e)
{
	char config[2048];
	multidb_error *error;
	snprintf(config, sizeof config, "{\"databases\":[{\"id\":\"db\",\"engine\":\"%s\","
	                                "\"connection\":{\"url\":\"%s\"}}],\"caches\":[],\"externalSyncs\":[],"
	         "\"tables\":[{\"id\":\"items\",\"apiName\":\"items\",\"database\":\"db\","
	         "\"physicalName\":\"bench_items\",\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
	         "{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	         "{\"apiName\":\"name\",\"physicalName\":\"name\",\"type\":\"string\",\"nullable\":false},"
	         "{\"apiName\":\"total\",\"physicalName\":\"total\",\"type\":\"decimal\",\"nullable\":false},"
	         "{\"apiName\":\"at\",\"physicalName\":\"created_at\",\"type\":\"timestamp\",\"nullable\":false}]}],"
	         "\"roles\":[{\"id\":\"admin\",\"tables\":\"*\"}]}", engine, url);
	if (multidb_engine_open_text(config, strlen(config), NULL, e, &error))
		die(multidb_error_json(error));
	return multidb_query_new(*e);
}

__attribute__((noinline)) static void through_library(void *arg, int key)
{
	multidb_query *q = arg;
	const multidb_cell *cells;
	char definition[128];
	int rc, n = snprintf(definition, sizeof definition, "{\"from\":\"items\",\"columns\":[\"id\",\"name\","
		"\"total\",\"at\"],\"filters\":[{\"column\":\"id\",\"operator\":\"=\",\"value\":%d}]}", key);
	if (multidb_query_prepare(q, MULTIDB_RUN, definition, (size_t)n, admin, sizeof admin - 1) ||
	    multidb_query_start(q, MULTIDB_JSON))
		die(multidb_error_json(multidb_query_error(q)));
	while ((rc = multidb_query_next_row(q, &cells)) > 0)
		for (int i = 0; i < KEY_COLUMNS; i++)
			sink += cells[i].n + (unsigned char)cells[i].text[0];
	if (rc < 0 || multidb_result_rows(q) != 1)
		die("not one row");
}

/* ---- the clients ---- */

__attribute__((noinline)) static void through_sqlite(void *arg, int key)
{
	sqlite3_stmt *s = arg;
	int rows = 0;
	sqlite3_bind_int(s, 1, key);
	for (; sqlite3_step(s) == SQLITE_ROW; rows++)
		for (int i = 0; i < KEY_COLUMNS; i++)
			sink += (unsigned long)sqlite3_column_bytes(s, i) + sqlite3_column_text(s, i)[0];
	sqlite3_reset(s);
	if (rows != 1)
		die("not one row");
}

__attribute__((noinline)) static void through_libpq(void *arg, int key)
{
	char text[16];
	const char *values[] = { text };
	snprintf(text, sizeof text, "%d", key);
	PGresult *r = PQexecPrepared(arg, "by_key", 1, values, NULL, NULL, 0);
	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1)
		die(PQresultErrorMessage(r));
	for (int i = 0; i < KEY_COLUMNS; i++)
		sink += (unsigned long)PQgetlength(r, 0, i) + (unsigned char)PQgetvalue(r, 0, i)[0];
	PQclear(r);
}

static void compare(const char *engine, const char *url, void (*raw)(void *, int), void *arg, const char *client)
{
	multidb_engine *e;
	multidb_query *q = open_library(engine, url, &e);
	for (int i = 0; i < 100; i++) {
		through_library(q, key_of(i));
		raw(arg, key_of(i));
	}
	double library = 0, own = 0;
	for (int run = 0; run < KEY_RUNS; run++) { /* in turns, so that both meet the same weather; the best of each */
		double l = us_per_call(through_library, q), o = us_per_call(raw, arg);
		library = run == 0 || l < library ? l : library;
		own = run == 0 || o < own ? o : own;
	}
	printf("%-8s select by key: multidb %6.2f us CPU, %s %6.2f us CPU, ratio %.2f\n", engine, library, client, own,
	       library / own);
	multidb_query_free(q);
	multidb_engine_close(e);
}

static void on_sqlite(const char *file)
{
	static char sql[KEY_ROWS * 120];
	char error[256], url[512];
	size_t n = (size_t)sprintf(sql, "CREATE TABLE bench_items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, total "
	                                "TEXT NOT NULL, created_at TEXT NOT NULL);");
	for (int i = 1; i <= KEY_ROWS; i++)
		n += (size_t)sprintf(sql + n, "INSERT INTO bench_items VALUES(%d,'name of item %d','%d.25',"
		                              "'2024-01-01T00:00:00.000000Z');", i, i, i);
	if (md_sqlite_make(file, sql, error, sizeof error))
		die(error);
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v3(db, "SELECT id, name, total, created_at FROM bench_items WHERE id = ?1", -1,
	                       SQLITE_PREPARE_PERSISTENT, &s, NULL))
		die(sqlite3_errmsg(db));
	snprintf(url, sizeof url, "sqlite:%s", file);
	compare("sqlite", url, through_sqlite, s, "sqlite3");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void on_postgres(const char *url)
{
	PGconn *c = PQconnectdb(url);
	PGresult *r = PQexec(c, "SET client_min_messages = error; DROP TABLE IF EXISTS bench_items; CREATE TABLE "
	                        "bench_items (id int PRIMARY KEY, name text NOT NULL, total numeric NOT NULL, "
	                        "created_at timestamptz NOT NULL);"
	                        "INSERT INTO bench_items SELECT i, 'name of item ' || i, i + 0.25, "
	                        "'2024-01-01T00:00:00Z' FROM generate_series(1, 10000) i; ANALYZE bench_items; SET "
	                        "TIME ZONE 'UTC'");
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(PQerrorMessage(c));
	PQclear(r);
	r = PQprepare(c, "by_key", "SELECT id, name, total, created_at FROM bench_items WHERE id = $1", 1, NULL);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		die(PQerrorMessage(c));
	PQclear(r);
	compare("postgres", url, through_libpq, c, "libpq");
	PQfinish(c);
}

int main(int argc, char **argv)
{
	if (argc > 3)
		calls = atoi(argv[3]);
	if (argc > 2 && strcmp(argv[1], "sqlite") == 0)
		on_sqlite(argv[2]);
	else if (argc > 2 && strcmp(argv[1], "postgres") == 0)
		on_postgres(argv[2]);
	else
		die("bench_key sqlite FILE [CALLS] | bench_key postgres URL [CALLS]");
	return sink == 0;
}
