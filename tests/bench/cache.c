/* 100 rows by their ids out of a Redis cache, through the library and by hiredis alone: client CPU
 * per query.
 *
 *     bench_cache REDIS FILE [CALLS] REDIS: redis://user:password@127.0.0.1:port/db, as
 *     tests/lib/private_redis.py makes it; makes FILE with the rows
 *
 * hiredis sends one MGET with the same keys and looks at every string of the reply. The library is
 * given JSON text, looks the same rows up, checks each entry's schema and key, applies the row
 * filter of the role and hands out every cell as text. */
#include "drivers/sqlite/make.h"

#include <hiredis/hiredis.h>
#include <multidb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CACHE_ROWS = 1000, CACHE_IDS = 100, CACHE_RUNS = 7, CACHE_COLUMNS = 4 };
static int calls = 5000;

static const char tenant[] = "{\"role\":\"tenant\",\"contextValues\":{\"tenantId\":7}}";
static unsigned long sink; /* keeps the compiler from dropping the reads of cells */

static void fatal(const char *what)
{
	fprintf(stderr, "bench_cache: %s\n", what);
	exit(2);
}

static double now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* What is asked, made before anything is measured. */
static char definitions[CACHE_ROWS][600], keys[CACHE_ROWS + 1][16];

/* The i-th id of a call; the same for both sides. */
static int id_of(int call, int i)
{
	return (call * 37 + i * 7) % CACHE_ROWS + 1;
}

static void make_questions(void)
{
	for (int call = 0; call < CACHE_ROWS; call++) {
		int n = sprintf(definitions[call], "{\"from\":\"items\",\"columns\":[\"id\",\"name\",\"total\","
		                                   "\"tenantId\"],\"byIds\":[");
		for (int i = 0; i < CACHE_IDS; i++)
			n += sprintf(definitions[call] + n, "%d%s", id_of(call, i), i + 1 < CACHE_IDS ? "," : "]}");
		sprintf(keys[call + 1], "items:%d", call + 1);
	}
}

static double us_per_call(void (*one)(void *, int), void *arg)
{
	double begun = now_us();
	for (int i = 0; i < calls; i++)
		one(arg, i);
	return (now_us() - begun) / calls;
}

/* ---- the library ---- */

static multidb_query *open_library(const char *redis, const char *file, multidb_engine **e)
{
	char config[4096];
	multidb_error *error;
	snprintf(config, sizeof config, "{\"databases\":[{\"id\":\"db\",\"engine\":\"sqlite\","
	                                "\"connection\":{\"url\":\"sqlite:%s\"}}],\"externalSyncs\":[],"
	         "\"caches\":[{\"id\":\"redis\",\"engine\":\"redis\",\"connection\":{\"url\":\"%s\"},"
	         "\"tables\":[{\"tableId\":\"items\",\"keyPattern\":\"items:{id}\"}]}],"
	         "\"tables\":[{\"id\":\"items\",\"apiName\":\"items\",\"database\":\"db\",\"physicalName\":\"items\","
	         "\"primaryKey\":[\"id\"],\"relations\":[],\"columns\":["
	         "{\"apiName\":\"id\",\"physicalName\":\"id\",\"type\":\"int\",\"nullable\":false},"
	         "{\"apiName\":\"name\",\"physicalName\":\"name\",\"type\":\"string\",\"nullable\":false},"
	         "{\"apiName\":\"total\",\"physicalName\":\"total\",\"type\":\"decimal\",\"nullable\":false},"
	         "{\"apiName\":\"tenantId\",\"physicalName\":\"tenant_id\",\"type\":\"int\",\"nullable\":false}]}],"
	         "\"roles\":[{\"id\":\"tenant\",\"tables\":[{\"tableId\":\"items\",\"allowedColumns\":\"*\","
	         "\"filters\":[{\"column\":\"tenantId\",\"operator\":\"=\",\"valueFrom\":\"context\","
	         "\"contextKey\":\"tenantId\"}]}]}]}", file, redis);
	if (multidb_engine_open_text(config, strlen(config), NULL, e, &error))
		fatal(multidb_error_json(error));
	return multidb_query_new(*e);
}

__attribute__((noinline)) static void through_library(void *arg, int call)
{
	multidb_query *q = arg;
	const multidb_cell *cells;
	int rc;
	const char *definition = definitions[call % CACHE_ROWS];
	if (multidb_query_prepare(q, MULTIDB_RUN, definition, strlen(definition), tenant, sizeof tenant - 1) ||
	    multidb_query_start(q, MULTIDB_JSON))
		fatal(multidb_error_json(multidb_query_error(q)));
	while ((rc = multidb_query_next_row(q, &cells)) > 0)
		for (int i = 0; i < CACHE_COLUMNS; i++)
			sink += cells[i].n + (unsigned char)cells[i].text[0];
	if (rc < 0 || multidb_result_rows(q) != CACHE_IDS)
		fatal("not as many rows as ids");
}

/* ---- hiredis ---- */

static redisReply *checked(redisContext *c, redisReply *r)
{
	if (!r || r->type == REDIS_REPLY_ERROR)
		fatal(r ? r->str : c->errstr);
	return r;
}

static redisContext *connect_raw(const char *url)
{
	char user[64], password[64], host[64];
	int port, db;
	if (sscanf(url, "redis://%63[^:]:%63[^@]@%63[^:]:%d/%d", user, password, host, &port, &db) != 5)
		fatal("the url is not redis://user:password@host:port/db");
	redisContext *c = redisConnect(host, port);
	if (!c || c->err)
		fatal(c ? c->errstr : "out of memory");
	freeReplyObject(checked(c, redisCommand(c, "AUTH %s %s", user, password)));
	freeReplyObject(checked(c, redisCommand(c, "SELECT %d", db)));
	return c;
}

__attribute__((noinline)) static void through_hiredis(void *arg, int call)
{
	const char *argv[CACHE_IDS + 1] = { "MGET" };
	size_t n[CACHE_IDS + 1] = { 4 };
	for (int i = 0; i < CACHE_IDS; i++) {
		argv[i + 1] = keys[id_of(call, i)];
		n[i + 1] = strlen(argv[i + 1]);
	}
	redisReply *r = checked(arg, redisCommandArgv(arg, CACHE_IDS + 1, argv, n));
	if (r->type != REDIS_REPLY_ARRAY || r->elements != CACHE_IDS)
		fatal("not as many values as keys");
	for (size_t i = 0; i < CACHE_IDS; i++) {
		if (r->element[i]->type != REDIS_REPLY_STRING)
			fatal("a row is not in the cache");
		sink += r->element[i]->len + (unsigned char)r->element[i]->str[0];
	}
	freeReplyObject(r);
}

int main(int argc, char **argv)
{
	static char sql[CACHE_ROWS * 100], error[256];
	multidb_engine *e;
	if (argc < 3)
		fatal("bench_cache REDIS FILE [CALLS]");
	if (argc > 3)
		calls = atoi(argv[3]);
	size_t n = (size_t)sprintf(sql, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, total TEXT "
	                                "NOT NULL, tenant_id INTEGER NOT NULL);");
	for (int i = 1; i <= CACHE_ROWS; i++)
		n += (size_t)sprintf(sql + n, "INSERT INTO items VALUES(%d,'name of item %d','%d.25',7);", i, i, i);
	if (md_sqlite_make(argv[2], sql, error, sizeof error))
		fatal(error);
	make_questions();
	multidb_query *q = open_library(argv[1], argv[2], &e);
	redisContext *c = connect_raw(argv[1]);
	for (int i = 0; i < 100; i++) /* fills the cache */
		through_library(q, i);
	double library = 0, own = 0;
	/* in turns, so that both meet the same weather; the best of each */
	for (int run = 0; run < CACHE_RUNS; run++) {
		double l = us_per_call(through_library, q), o = us_per_call(through_hiredis, c);
		library = run == 0 || l < library ? l : library;
		own = run == 0 || o < own ? o : own;
	}
	printf("redis    100 rows by id: multidb %6.2f us CPU, hiredis %6.2f us CPU, ratio %.2f\n", library, own,
	       library / own);
	redisFree(c);
	multidb_query_free(q);
	multidb_engine_close(e);
	return sink == 0;
}
