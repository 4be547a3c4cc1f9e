/* Who asks, what for, with which settings: then ClickHouse does the work. */
#include "failure.h"
#include "reply.h"
#include "statement.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- who ---- */

static void base64(const char *s, struct growing_text *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, have = 0;
	text_add(out, "", 0);
	for (const char *d; *s && (d = strchr(digits, *s)); s++) {
		bits = bits << 6 | (unsigned)(d - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		text_add(out, &(char){ (char)(bits >> have) }, 1);
	}
}

static bool allowed(const char *user, const char *password)
{
	return !strcmp(user ? user : "default", server.user) && !strcmp(password ? password : "", server.password);
}

static bool basic_allowed(const char *encoded)
{
	struct growing_text plain = { 0 };
	base64(encoded, &plain);
	char *colon = strchr(plain.p, ':');
	if (colon)
		*colon = 0;
	bool ok = colon && allowed(plain.p, colon + 1);
	text_free(&plain);
	return ok;
}

static bool known(const struct request *q)
{
	const char *user = request_header(q, "X-ClickHouse-User"), *key = request_header(q, "X-ClickHouse-Key"),
		   *basic = request_header(q, "Authorization");
	if (user || key)
		return allowed(user, key);
	if (basic && !strncasecmp(basic, "Basic ", 6))
		return basic_allowed(basic + 6);
	return allowed(request_arg(q, "user"), request_arg(q, "password"));
}

/* ---- with which settings ---- */

static bool is_setting(const char *name)
{
	static const char *const others[] = { "query",
		                              "database",
		                              "default_format",
		                              "query_id",
		                              "user",
		                              "password",
		                              "compress",
		                              "decompress",
		                              "wait_end_of_query",
		                              "buffer_size",
		                              "enable_http_compression",
		                              "session_id",
		                              "session_timeout",
		                              "client_protocol_version",
		                              "quota_key",
		                              "role",
		                              "readonly",
		                              "log_comment" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(name, others[i]))
			return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	return *name && strncmp(name, "param_", 6) != 0;
}

/* True when it went well; otherwise `failure` has ClickHouse's text. */
static bool run_query(chdb_conn conn, const struct growing_text *sql, struct growing_text *failure)
{
	struct chdb_result *result = chdb.query(*conn, sql->p, sql->n, "Null", 4, NULL, NULL, NULL, NULL, 0);
	const char *error = chdb.error(result);
	if (error)
		text_puts(failure, error);
	chdb.free(result);
	return !error;
}

/* GET reads only, as on the server; readonly is set last, since it may forbid the others. */
static const char *readonly(const struct request *q, const char *method)
{
	const char *given = request_arg(q, "readonly");
	if (given && strcmp(given, "0"))
		return given;
	return strcmp(method, "POST") ? "2" : NULL;
}

static bool apply_settings(const struct request *q, const char *method, chdb_conn conn, struct growing_text *failure)
{
	struct growing_text sql = { 0 };
	text_puts(&sql, "SET log_comment = ");
	text_quoted(&sql, q->query_id, strlen(q->query_id));
	for (size_t i = 0; i < q->n; i++) {
		if (!is_setting(q->args[i].name))
			continue;
		text_printf(&sql, ", %s = ", q->args[i].name);
		text_quoted(&sql, q->args[i].value.p, q->args[i].value.n);
	}
	bool ok = run_query(conn, &sql, failure);
	if (ok && readonly(q, method)) {
		sql.n = 0;
		text_puts(&sql, "SET readonly = ");
		text_quoted(&sql, readonly(q, method), strlen(readonly(q, method)));
		ok = run_query(conn, &sql, failure);
	}
	text_free(&sql);
	return ok;
}

static bool use_database(const struct request *q, chdb_conn conn, struct growing_text *failure)
{
	const char *name = request_arg(q, "database");
	if (!name || !*name)
		name = request_header(q, "X-ClickHouse-Database");
	if (!name || !*name || !strcmp(name, "default"))
		return true;
	struct growing_text sql = { 0 };
	text_puts(&sql, "USE `");
	for (; *name; name++)
		text_printf(&sql, *name == '`' || *name == '\\' ? "\\%c" : "%c", *name);
	text_puts(&sql, "`");
	bool ok = run_query(conn, &sql, failure);
	text_free(&sql);
	return ok;
}

/* ---- the work ---- */

struct params {
	const char **names, **values;
	size_t *name_lens, *value_lens, n;
};

#define ALL(p) (p).names, (p).name_lens, (p).values, (p).value_lens, (p).n

static struct params params_of(const struct request *q)
{
	struct params p = { .names = calloc(q->n + 1, sizeof *p.names),
		            .values = calloc(q->n + 1, sizeof *p.values),
		            .name_lens = calloc(q->n + 1, sizeof *p.name_lens),
		            .value_lens = calloc(q->n + 1, sizeof *p.value_lens) };
	if (!p.names || !p.values || !p.name_lens || !p.value_lens)
		abort();
	for (size_t i = 0; i < q->n; i++) {
		const struct arg *a = &q->args[i];
		if (strncmp(a->name, "param_", 6) != 0)
			continue;
		p.names[p.n] = a->name + 6;
		p.name_lens[p.n] = strlen(a->name + 6);
		p.values[p.n] = a->value.p;
		p.value_lens[p.n++] = a->value.n;
	}
	return p;
}

static void params_free(struct params *p)
{
	free(p->names);
	free(p->values);
	free(p->name_lens);
	free(p->value_lens);
}

/* The data go in as a stream of their own: inside the SQL text they would end at the first blank
 * line, silently. */
static void insert(const struct statement *s, const struct growing_text *sql, const struct params *p, chdb_conn conn,
                   struct rows *rows, struct growing_text *failure)
{
	struct chdb_insert *stream = chdb.insert(*conn, sql->p, s->head, s->format, strlen(s->format), ALL(*p));
	const char *error = chdb.insert_error(stream);
	if (!error && sql->n > s->data)
		chdb.insert_append(stream, sql->p + s->data, sql->n - s->data);
	if (error)
		text_puts(failure, error);
	else
		rows_whole(rows, conn, chdb.insert_done(stream));
	chdb.insert_free(stream);
}

static void read_or_do(const struct request *q, const struct statement *s, const struct growing_text *sql,
                       const char *format, const struct params *p, chdb_conn conn, struct rows *rows)
{
	const char *whole = request_arg(q, "wait_end_of_query");
	if (s->kind == STATEMENT_READ && rows_streamable(format) && !(whole && !strcmp(whole, "1")))
		rows_stream(rows, conn, chdb.stream(*conn, sql->p, sql->n, format, strlen(format), ALL(*p)), format);
	else
		rows_whole(rows, conn, chdb.query(*conn, sql->p, sql->n, format, strlen(format), ALL(*p)));
}

static struct watch *watch_of(const struct request *q)
{
	const char *on = request_arg(q, "cancel_http_readonly_queries_on_client_close");
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(q->http, MHD_CONNECTION_INFO_CONNECTION_FD);
	return on && !strcmp(on, "1") && info ? watch_add(info->connect_fd, q->query_id) : NULL;
}

static const char *format_of(const struct request *q, const struct statement *s)
{
	const char *format = s->kind == STATEMENT_INSERT ? NULL : s->format;
	if (!format || !*format)
		format = request_arg(q, "default_format");
	if (!format || !*format)
		format = request_header(q, "X-ClickHouse-Format");
	return format && *format ? format : "TabSeparated";
}

static enum MHD_Result execute(struct request *q, const char *method, const struct statement *s,
                               const struct growing_text *sql)
{
	struct rows rows = { 0 };
	struct growing_text failure = { 0 };
	struct params p = params_of(q);
	chdb_conn conn = server.open();
	struct watch *watch = watch_of(q);
	enum MHD_Result done;
	if (!conn)
		text_puts(&failure, "Code: 210. DB::Exception: no connection to the library. (NETWORK_ERROR)");
	else if (use_database(q, conn, &failure) && apply_settings(q, method, conn, &failure)) {
		if (s->kind == STATEMENT_INSERT)
			insert(s, sql, &p, conn, &rows, &failure);
		else
			read_or_do(q, s, sql, format_of(q, s), &p, conn, &rows);
	}
	if (failure.n) {
		done = reply_failure(q, failure.p);
		watch_drop(watch);
		if (conn)
			chdb.close(conn);
	} else
		done = reply_rows(q, &rows, format_of(q, s), watch);
	params_free(&p);
	text_free(&failure);
	return done;
}

/* The statement is the query parameter and the body, one after the other. */
static void statement_text(const struct request *q, struct growing_text *sql)
{
	const char *first = request_arg(q, "query");
	text_add(sql, "", 0);
	if (first && *first) {
		text_puts(sql, first);
		text_puts(sql, "\n");
	}
	text_add(sql, q->body.p, q->body.n);
}

static enum MHD_Result answer_query(struct request *q, const char *method)
{
	struct growing_text sql = { 0 }, own = { 0 };
	enum MHD_Result done;
	statement_text(q, &sql);
	struct statement s = statement_read(sql.p, sql.n);
	if (s.processes)
		statement_own_ids(&own, sql.p, sql.n);
	if (s.kind == STATEMENT_EMPTY && !strcmp(method, "GET"))
		done = reply_text(q, MHD_HTTP_OK, "Ok.\n");
	else if (s.kind == STATEMENT_EMPTY)
		done = reply_failure(q, "Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)");
	else if (s.kind == STATEMENT_SEVERAL)
		done = reply_failure(q, "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). "
		                        "(SYNTAX_ERROR)");
	else
		done = execute(q, method, &s, own.n ? &own : &sql);
	text_free(&sql);
	text_free(&own);
	return done;
}

enum MHD_Result request_answer(struct request *q, const char *url, const char *method)
{
	if (!strcmp(url, "/ping"))
		return reply_text(q, MHD_HTTP_OK, "Ok.\n");
	if (strcmp(url, "/") != 0)
		return reply_text(q, MHD_HTTP_NOT_FOUND, "There is no handle for this path\n");
	if (!known(q))
		return reply_failure(
			q, "Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no "
			   "user with such name. "
			   "(AUTHENTICATION_FAILED)");
	if (request_header(q, "Content-Encoding"))
		return reply_failure(q, "Code: 354. DB::Exception: compressed requests are not built. "
		                        "(ZLIB_INFLATE_FAILED)");
	return answer_query(q, method);
}
