/* The SQLite driver's connections. Accepts `sqlite:PATH` or a bare path of a database that exists;
 * with `attach`, a federation of such files, each a schema named by its database id, and no file of
 * its own. Promises: files are opened read only and never made; a path is only ever a path (no URI
 * parameters, no :memory:); double-quoted text is never a string, LIKE respects case; the schema is
 * not trusted, the authorizer allows reading alone (authorizer.c); the deadline and a cancel stop a
 * running statement. */
#include "drivers/sqlite/private.h"

#include "base/sqlite_names.h"
#include "base/sys.h"

#include <stdlib.h>

enum { PROGRESS_STEPS = 2000, MAX_VALUE = 256 * 1024 * 1024, MAX_SQL = 4 * 1024 * 1024 };

static void close_conn(void *conn)
{
	struct md_lite *c = conn;
	if (!c)
		return;
	md_lite_forget_all(c);
	sqlite3_close_v2(c->db);
	md_cells_free(&c->cells);
	md_cells_free(&c->values);
	md_buf_free(&c->params);
	free((void *)(uintptr_t)c->id.p);
	free(c);
}

static void cancel_conn(void *conn)
{
	struct md_lite *c = conn;
	int running = MD_LITE_RUNNING;
	atomic_compare_exchange_strong(&c->state, &running, MD_LITE_CANCELLED); /* the handlers see it */
}

/* The path of a url, NUL-terminated, in the arena. "./" in front of relative ones: "" and
 * ":memory:" are names of files like any other. */
static const char *path_of(struct md_arena *a, struct md_str url)
{
	if (url.n >= 7 && memcmp(url.p, "sqlite:", 7) == 0)
		url = (struct md_str){ url.p + 7, url.n - 7 };
	return md_str_fmt(a, "%s%.*s", url.n && url.p[0] == '/' ? "" : "./", MD_FMT(url)).p;
}

static int fail_to_open(struct md_ctx *cx, const struct md_lite *c, struct md_str database, const char *path)
{
	const char *cause = sqlite3_errmsg(c->db);
	return md_fail_with(cx, MD_CONNECTION_FAILED, MD_DETAILS(.database = database), md_str_z(cause),
	                    "can't open database '%.*s': %s (%s)", MD_FMT(database), path, cause);
}

static int configure_session(struct md_lite *c)
{
	sqlite3 *db = c->db;
	static const struct {
		int what, on;
	} switches[] = { { SQLITE_DBCONFIG_DQS_DML, 0 },
		         { SQLITE_DBCONFIG_DQS_DDL, 0 },
		         { SQLITE_DBCONFIG_DEFENSIVE, 1 },
		         { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		         { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		         { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 } };
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		if (sqlite3_db_config(db, switches[i].what, switches[i].on, NULL))
			return -1;
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, MAX_SQL);
	sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	/* json_each is used once here: its constructor asks the authorizer for more than any
	 * statement may have */
	const char *sql = "PRAGMA case_sensitive_like=ON; PRAGMA query_only=ON; SELECT value FROM json_each('[]')";
	bool has_failed = sqlite3_exec(db, sql, NULL, NULL, NULL) || md_lite_functions(c) || md_lite_aggregates(db) ||
	                  md_lite_float_sums(db);
	return has_failed ? -1 : 0;
}

/* Reads the schema: a file that is no database shows itself here rather than at the first query. */
static int probe_schema(struct md_ctx *cx, struct md_lite *c, struct md_str database, const char *schema,
                        const char *path)
{
	char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\".sqlite_schema", schema);
	int rc = sql ? sqlite3_exec(c->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	return rc ? fail_to_open(cx, c, database, path) : 0;
}

/* ATTACH opens with the connection's own flags: read only, existing files. */
static int attach_one(struct md_ctx *cx, struct md_lite *c, const struct md_attach *a)
{
	const char *path = path_of(cx->arena, a->url);
	struct md_str name = md_str_dup(cx->arena, md_sqlite_schema(a->id));
	if (!path || !name.p)
		return md_out_of_memory(cx);
	char *sql = sqlite3_mprintf("ATTACH ?1 AS \"%w\"", name.p);
	sqlite3_stmt *stmt = NULL;
	int rc = sql ? sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_free(sql);
	if (sqlite3_finalize(stmt) || rc != SQLITE_DONE)
		return fail_to_open(cx, c, a->id, path);
	return probe_schema(cx, c, a->id, name.p, path);
}

static int open_files(struct md_ctx *cx, const struct md_target *t, struct md_lite *c)
{
	const char *path = t->url.n ? path_of(cx->arena, t->url) : ":memory:";
	if (!path)
		return md_out_of_memory(cx);
	int rc = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                         NULL);
	if (rc || !c->db || configure_session(c))
		return fail_to_open(cx, c, t->id, path);
	sqlite3_busy_handler(c->db, md_lite_busy, c);
	sqlite3_progress_handler(c->db, PROGRESS_STEPS, md_lite_progress, c);
	if (t->url.n && probe_schema(cx, c, t->id, "main", path))
		return -1;
	for (uint32_t i = 0; i < t->n_attach; i++)
		if (attach_one(cx, c, &t->attach[i]))
			return -1;
	sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_set_authorizer(c->db, md_lite_authorize, c);
	return 0;
}

static int open_conn(struct md_ctx *cx, const struct md_target *t, void **conn)
{
	*conn = NULL;
	struct md_lite *c = calloc(1, sizeof *c);
	char *id = c ? malloc(t->id.n + 1) : NULL;
	if (!id) {
		free(c);
		return md_out_of_memory(cx);
	}
	memcpy(id, t->id.p, t->id.n);
	c->id = (struct md_str){ id, t->id.n };
	c->statement_ms = t->statement_timeout_ms;
	c->deadline_ms = cx->deadline_ms;
	if (open_files(cx, t, c)) {
		close_conn(c);
		return -1;
	}
	*conn = c;
	return 0;
}

const struct md_driver md_driver_sqlite = {
	.name = "sqlite",
	.open = open_conn,
	.start = md_lite_start,
	.next = md_lite_next,
	.finish = md_lite_finish,
	.cancel = cancel_conn,
	.read_table = md_lite_read_table,
	.ping = md_lite_ping,
	.close = close_conn,
};
