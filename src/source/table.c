/* See table.h. Accepts columns of any type that the database shows as text. Promises: a load asks
 * for the versions alone and reads documents only when one has changed; both documents come from
 * one statement, so that they belong together; names are quoted by the dialect's one function, and
 * values are bound; a failure says which table could not be read and never shows the url. */
#include "source/table.h"

#include "base/sys.h"
#include "dialects/dialect.h"
#include "drivers/pool/pool.h"

#include <pthread.h>
#include <stdlib.h>

enum { DOCUMENTS = 2, OUTPUTS = 3, NAME_PARTS = 2 };

struct table_source {
	struct md_arena arena;        /* names and statements */
	struct md_str table;
	struct md_value names[DOCUMENTS]; /* of the rows: metadata, roles */
	struct md_stmt versions, documents;
	struct md_stmt_output outputs[OUTPUTS];
	int64_t timeout_ms;
	struct md_pool *pool;
	const struct md_driver *driver;
	struct md_arena loaded;       /* texts of the last load */
	pthread_mutex_t lock;         /* guards the members below */
	void *running;                /* the connection whose statement runs; NULL: none */
	bool is_interrupted;
};

/* The rows of one load; the version of a missing row has .p NULL. */
struct table_rows {
	struct md_str version[DOCUMENTS], document[DOCUMENTS];
};

/* ---- making ---- */

static const struct {
	const char *start;
	enum md_engine engine;
	const struct md_driver *driver;
} url_starts[] = { { "postgresql://", MD_POSTGRES, &md_driver_postgres },
	           { "postgres://", MD_POSTGRES, &md_driver_postgres },
	           { "sqlite:", MD_SQLITE, &md_driver_sqlite } };
enum { URL_STARTS = sizeof url_starts / sizeof *url_starts };

static size_t find_url_start(struct md_str url)
{
	size_t i = 0;
	while (i < URL_STARTS && (url.n < strlen(url_starts[i].start) ||
	                          memcmp(url.p, url_starts[i].start, strlen(url_starts[i].start)) != 0))
		i++;
	return i;
}

static void append_ident(struct md_buf *b, const struct md_dialect *d, struct md_str name)
{
	if (md_buf_room(b, 2 * name.n + 2))
		b->n = (size_t)(md_quote_ident(b->p + b->n, d, name) - b->p);
}

static void append_as_text(struct md_buf *b, const struct md_dialect *d, struct md_str column)
{
	md_buf_lit(b, "CAST(");
	append_ident(b, d, column);
	md_buf_lit(b, " AS text)");
}

/* False: the name does not have one or two parts. */
static bool append_table(struct md_buf *b, const struct md_dialect *d, struct md_str table)
{
	uint32_t parts = 0;
	for (struct md_str rest = table; parts == 0 || rest.p; parts++) {
		const char *dot = rest.n ? memchr(rest.p, '.', rest.n) : NULL;
		size_t n = dot ? (size_t)(dot - rest.p) : rest.n;
		if (!n || parts == NAME_PARTS)
			return false;
		if (parts)
			md_buf_char(b, '.');
		append_ident(b, d, (struct md_str){ rest.p, n });
		rest = dot ? (struct md_str){ dot + 1, rest.n - n - 1 } : MD_NOSTR;
	}
	return true;
}

/* SELECT name, version [, document] FROM table WHERE name IN ($1, $2). False: the name of the table
 * does not have one or two parts. */
static bool write_select(struct table_source *s, const struct md_dialect *d, const struct md_table_options *o,
                         struct md_stmt *out, uint32_t n_outputs)
{
	const struct md_str columns[OUTPUTS] = { o->name, o->version, o->document };
	struct md_buf b = { .arena = &s->arena };
	for (uint32_t i = 0; i < n_outputs; i++) {
		md_buf_str(&b, i ? MD_STR(", ") : MD_STR("SELECT "));
		append_as_text(&b, d, columns[i]);
	}
	md_buf_lit(&b, " FROM ");
	bool named = append_table(&b, d, o->table);
	md_buf_lit(&b, " WHERE ");
	append_as_text(&b, d, o->name);
	md_buf_lit(&b, " IN (");
	d->param(&b, 1, &s->names[0]);
	md_buf_lit(&b, ", ");
	d->param(&b, 2, &s->names[1]);
	md_buf_lit(&b, ")");
	*out = (struct md_stmt){ .dialect = d->name, .text = md_buf_view(&b), .params = s->names, .n_params = DOCUMENTS,
		                 .outputs = s->outputs, .n_outputs = n_outputs, .row_bound = -1 };
	return named;
}

/* 0, or -1: out of memory, or a name that cannot be a table's. */
static int write_statements(struct md_ctx *cx, struct table_source *s, const struct md_table_options *o,
                            const struct md_dialect *d)
{
	static const struct md_str labels[OUTPUTS] = { { "name", 4 }, { "version", 7 }, { "document", 8 } };
	const struct md_str names[DOCUMENTS] = { o->metadata, o->roles };
	for (int i = 0; i < DOCUMENTS; i++)
		s->names[i] = (struct md_value){ .text = md_str_dup(&s->arena, names[i]) };
	for (int i = 0; i < OUTPUTS; i++)
		s->outputs[i] = (struct md_stmt_output){ .label = labels[i], .nullable = true };
	bool named = write_select(s, d, o, &s->versions, OUTPUTS - 1) && write_select(s, d, o, &s->documents, OUTPUTS);
	if (s->arena.oom)
		return md_out_of_memory(cx);
	if (named)
		return 0;
	return md_fail(cx, MD_MISUSE, "the name of the table cannot be used: expected TABLE or SCHEMA.TABLE, got "
	               "'%.*s'", MD_FMT(o->table));
}

static int make_pool(struct md_ctx *cx, struct table_source *s, const struct md_table_options *o)
{
	const struct md_target t = { .id = MD_STR("configuration"), .url = o->url, .tls = o->tls,
		                     .statement_timeout_ms = o->timeout_ms };
	const struct md_pool_options options = { .max = 1, .acquire_timeout_ms = o->timeout_ms };
	s->pool = md_pool_new(s->driver, &t, &options);
	return s->pool ? 0 : md_out_of_memory(cx);
}

static void free_source(void *source)
{
	struct table_source *s = source;
	md_pool_free(s->pool);
	pthread_mutex_destroy(&s->lock);
	md_arena_free(&s->arena);
	md_arena_free(&s->loaded);
	free(s);
}

static struct table_source *allocate_source(struct md_ctx *cx)
{
	struct table_source *s = calloc(1, sizeof *s);
	if (s && pthread_mutex_init(&s->lock, NULL) == 0)
		return s;
	free(s);
	md_out_of_memory(cx);
	return NULL;
}

void *md_table_source_new(struct md_ctx *cx, const struct md_table_options *o)
{
	size_t start = find_url_start(o->url);
	if (start == URL_STARTS || (o->tls && url_starts[start].engine == MD_SQLITE)) {
		md_fail(cx, MD_MISUSE, "the url of the table cannot be used: expected postgresql://… or sqlite:PATH, "
		        "with tls for PostgreSQL alone");
		return NULL;
	}
	struct table_source *s = allocate_source(cx);
	if (!s)
		return NULL;
	s->driver = url_starts[start].driver;
	s->timeout_ms = o->timeout_ms;
	s->table = md_str_dup(&s->arena, o->table);
	if (write_statements(cx, s, o, md_dialect_of(md_engines[url_starts[start].engine].dialect)) == 0 &&
	    make_pool(cx, s, o) == 0)
		return s;
	free_source(s);
	return NULL;
}

/* ---- loading ---- */

/* False: the load was interrupted. */
static bool set_running(struct table_source *s, void *conn)
{
	pthread_mutex_lock(&s->lock);
	s->running = conn;
	bool may_run = !s->is_interrupted;
	pthread_mutex_unlock(&s->lock);
	return may_run;
}

/* Called once, when the engine is closed: no load follows. */
static void interrupt_load(void *source)
{
	struct table_source *s = source;
	pthread_mutex_lock(&s->lock);
	s->is_interrupted = true;
	if (s->running)
		s->driver->cancel(s->running);
	pthread_mutex_unlock(&s->lock);
}

/* The index of the document with this name; DOCUMENTS: there is none. */
static int find_document(const struct table_source *s, struct md_str name)
{
	int i = 0;
	while (i < DOCUMENTS && !md_str_eq(s->names[i].text, name))
		i++;
	return i;
}

static int take_row(struct md_ctx *cx, struct table_source *s, const struct md_cell *cells, uint32_t n,
                    struct table_rows *rows)
{
	int i = find_document(s, cells[0].text);
	enum md_code code = i ? MD_ROLE_LOAD_FAILED : MD_METADATA_LOAD_FAILED;
	if (i == DOCUMENTS)
		return 0;
	if (rows->version[i].p)
		return md_fail(cx, code, "there are several rows '%.*s': expected one", MD_FMT(cells[0].text));
	if (cells[1].form == MD_CELL_NULL || !cells[1].text.n || cells[n - 1].form == MD_CELL_NULL)
		return md_fail(cx, code, "the row '%.*s' is not complete: expected a version and a document",
		               MD_FMT(cells[0].text));
	rows->version[i] = md_str_dup(&s->loaded, cells[1].text);
	if (n == OUTPUTS)
		rows->document[i] = md_str_dup(&s->loaded, cells[2].text);
	return s->loaded.oom ? md_out_of_memory(cx) : 0;
}

static int read_rows(struct md_ctx *cx, struct table_source *s, void *conn, const struct md_stmt *stmt,
                     struct table_rows *rows)
{
	struct md_cell cells[OUTPUTS];
	int rc;
	while ((rc = s->driver->next(conn, cx, cells)) > 0)
		if (take_row(cx, s, cells, stmt->n_outputs, rows))
			return -1;
	return rc;
}

/* MD_START_STALE: the connection had been closed; nothing was read. */
static enum md_started run_statement(struct md_ctx *cx, struct table_source *s, const struct md_stmt *stmt,
                                     bool fresh, struct table_rows *rows)
{
	void *conn;
	*rows = (struct table_rows){ .version = { MD_NOSTR } };
	if (md_pool_take(cx, s->pool, fresh, &conn))
		return MD_START_FAILED;
	enum md_started rc = MD_START_FAILED;
	bool clean = true;
	if (set_running(s, conn)) {
		rc = s->driver->start(conn, cx, stmt, MD_NO_SETTINGS);
		if (rc == MD_STARTED && read_rows(cx, s, conn, stmt, rows))
			rc = MD_START_FAILED;
		clean = s->driver->finish(conn) && rc != MD_START_STALE;
	}
	set_running(s, NULL);
	md_pool_give(s->pool, conn, clean);
	return rc;
}

static int read_statement(struct md_ctx *cx, struct table_source *s, const struct md_stmt *stmt,
                          struct table_rows *rows)
{
	enum md_started rc = run_statement(cx, s, stmt, false, rows);
	if (rc == MD_START_STALE)
		rc = run_statement(cx, s, stmt, true, rows);
	if (rc == MD_STARTED && !rows->version[0].p)
		return md_fail(cx, MD_METADATA_LOAD_FAILED, "there is no row '%.*s'", MD_FMT(s->names[0].text));
	return rc == MD_STARTED ? 0 : -1;
}

static bool is_known(const struct table_rows *rows, const struct md_config_versions *known)
{
	return md_str_eq(rows->version[0], known->metadata) && md_str_eq(rows->version[1], known->roles);
}

static int read_table(struct md_ctx *cx, struct table_source *s, const struct md_config_versions *known,
                      struct table_rows *rows)
{
	if (known->metadata.n && read_statement(cx, s, &s->versions, rows))
		return -1;
	if (known->metadata.n && is_known(rows, known))
		return 0;
	return read_statement(cx, s, &s->documents, rows) ? -1 : 1;
}

/* Reports a failure as one of loading: whatever the cause was, the configuration is not loaded. */
static int report_failure(struct md_ctx *cx, const struct table_source *s, const struct md_error *inner)
{
	enum md_code code = inner->code == MD_ROLE_LOAD_FAILED ? MD_ROLE_LOAD_FAILED : MD_METADATA_LOAD_FAILED;
	if (inner->code == MD_OUT_OF_MEMORY || s->loaded.oom)
		return md_out_of_memory(cx);
	return md_fail_with(cx, code, NULL, inner->cause, "can't load the configuration from table '%.*s': %.*s",
	                    MD_FMT(s->table),
	                    MD_FMT(inner->message.n ? inner->message : MD_STR("the connection was closed")));
}

static int load_documents(struct md_ctx *cx, void *source, const struct md_config_versions *known,
                          struct md_config_documents *out)
{
	struct table_source *s = source;
	struct md_error err = { .code = MD_OK };
	struct md_ctx inner = { .arena = cx->arena, .err = &err, .deadline_ms = md_monotonic_ms() + s->timeout_ms };
	struct table_rows rows;
	md_arena_reset(&s->loaded);
	int rc = read_table(&inner, s, known, &rows);
	if (rc < 0)
		return report_failure(cx, s, &err);
	*out = (struct md_config_documents){ rows.document[0], rows.document[1],
		                             { rows.version[0], rows.version[1] } };
	return rc;
}

static void release_documents(void *source, struct md_config_documents *loaded)
{
	(void)loaded;
	md_arena_free(&((struct table_source *)source)->loaded);
}

const struct md_config_source md_table_source = {
	.load = load_documents,
	.release = release_documents,
	.interrupt = interrupt_load,
	.free = free_source,
};
