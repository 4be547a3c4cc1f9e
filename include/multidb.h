/* multidb answers declarative queries: a definition, a role and a context become one request to the
 * right database. docs/embedding.md is the guide to this header; docs/query.md describes
 * definitions.
 *
 * An engine holds one configuration and its connections. A query handle is made for reuse: in
 * steady state, preparing takes nothing from the heap. This is a whole program:
 *
 *     #include <multidb.h>
 *     #include <stdio.h>
 *     #include <string.h>
 *
 *     int main(void)
 *     {
 *         const char *text = "{\"from\":\"orders\"}", *context = "{\"role\":\"admin\"}", *bytes;
 *         size_t n;
 *         int rc = -1;
 *         multidb_engine *e;
 *         multidb_error *err;
 *         if (multidb_engine_open_file("multidb.json", NULL, &e, &err)) {
 *             puts(multidb_error_json(err));
 *             multidb_error_free(err);
 *             return 1;
 *         }
 *         multidb_query *q = multidb_query_new(e);
 *         if (!multidb_query_prepare(q, MULTIDB_RUN, text, strlen(text), context,
 *                                    strlen(context)) &&
 *             !multidb_query_start(q, MULTIDB_NDJSON))
 *             while ((rc = multidb_query_next(q, &bytes, &n)) > 0)
 *                 fwrite(bytes, 1, n, stdout);
 *         if (rc < 0)
 *             puts(multidb_error_json(multidb_query_error(q)));
 *         multidb_query_free(q);
 *         multidb_engine_close(e);
 *         return rc < 0;
 *     }
 *
 * JSON is passed in as pointer and length; names and paths are NUL-terminated. All texts are UTF-8,
 * and the library keeps no pointer to a text that is passed in. Returned texts are NUL-terminated,
 * except for the chunks of multidb_query_next and the cells of multidb_query_next_row. A returned
 * text is valid as long as the comment of its function says. Functions that return int return 0 for
 * success and -1 for failure unless their comment says otherwise.
 *
 * Errors. Every failure leaves an error that can be read. Out of memory is an error, too
 * (MULTIDB_OUT_OF_MEMORY), and the functions multidb_error_… read NULL as this error. A call in the
 * wrong order, a mode or format out of range, or NULL where this header does not allow it is an
 * error as well (MULTIDB_MISUSE), and its message names the calls. A call on a NULL query handle
 * fails, and multidb_query_error(NULL) says that there is no handle. A program may therefore make
 * several calls and check for an error once, at the end. The use of a freed handle is undefined.
 *
 * Threads. An engine is shared by threads: they may call its functions at the same time, except for
 * multidb_engine_close, which is the last call. A query handle, an error and statistics are used by
 * one thread at a time; they may move from thread to thread. multidb_query_cancel alone may be
 * called while another thread is inside a call on the handle. A loop is shared by threads, too,
 * except for multidb_loop_free, which is its last call. The handles of an engine share its
 * configuration, connections, in-memory caches, cursor keys and statistics. What one handle does
 * never appears in the error, the result or the answer of another.
 *
 * fork. A child process uses no handle of its parent: it calls _exit or exec, or opens an engine of
 * its own where the parent had no other threads. A program with several processes opens an engine
 * in each of them. exec closes connections, files and the descriptor of a loop; libcurl leaves open
 * an unused pair of connected sockets for each HTTP connection.
 *
 * Signals. The library sets no handler, changes no disposition, and raises no signal; in particular
 * a connection that its server has closed raises no SIGPIPE. Its own threads (of a loop, of a
 * watched table, and for a moment those that cancel a statement or look up a name) block all
 * signals. A signal handler of the program may interrupt any call, and the call then continues; no
 * call may be made from a signal handler.
 *
 * libcurl and OpenSSL. The first connection over HTTP calls curl_global_init(CURL_GLOBAL_DEFAULT),
 * once; curl_global_cleanup is never called. A program that uses libcurl too calls curl_global_init
 * before it starts threads, as libcurl asks. The library initializes neither OpenSSL nor SQLite
 * beyond what these do by themselves, and depends on no locale. */
#ifndef MULTIDB_H
#define MULTIDB_H

#include <multidb_codes.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MULTIDB_API __attribute__((visibility("default")))
#else
#define MULTIDB_API
#endif

/* The version of this header; the build takes the library's version from here. */
#define MULTIDB_VERSION_MAJOR 1
#define MULTIDB_VERSION_MINOR 0
#define MULTIDB_VERSION_PATCH 0
#define MULTIDB_VERSION "1.0.0"
#define MULTIDB_VERSION_NUMBER (MULTIDB_VERSION_MAJOR * 1000000 + MULTIDB_VERSION_MINOR * 1000 + MULTIDB_VERSION_PATCH)
/* The number in the library's soname. A program runs with every library of the same number that is
 * not older than its header. */
#define MULTIDB_ABI_VERSION 1

typedef struct multidb_engine multidb_engine;
typedef struct multidb_query multidb_query;
typedef struct multidb_loop multidb_loop;
typedef struct multidb_error multidb_error;

/* The versions of the library that the program runs with, e.g. "1.0.0" and 1. Static text. */
MULTIDB_API const char *multidb_version(void);
MULTIDB_API int multidb_abi_version(void);

/* The JSON Schema (2020-12) of the configuration document. Static text. */
MULTIDB_API const char *multidb_config_schema(void);

/* The JSON Schema (2020-12) of definitions; its #/$defs/preparedDefinition is that of definitions
 * with parameters, and its #/$defs/context that of contexts. Static text. */
MULTIDB_API const char *multidb_query_schema(void);

/* ---- engine ---- */

/* The levels of events that options.log receives. */
typedef enum multidb_log_level {
	MULTIDB_LOG_INFO = 0,    /* the configuration was reloaded; a source answers again */
	MULTIDB_LOG_WARNING = 1, /* a source does not answer (once); events were dropped */
	MULTIDB_LOG_ERROR = 2    /* a configuration was refused; a column is of another type than it says */
} multidb_log_level;

/* Begin with MULTIDB_OPTIONS_INIT; zero in any other member means the default. */
typedef struct multidb_options {
	/* sizeof(multidb_options) of the program's header: a later library reads only the members
	 * of that header. A size of 0, and a member other than zero that this library does not
	 * know, are MULTIDB_MISUSE. */
	size_t size;
	/* 1: planning only. Connection secrets (env, file) are not read, and nothing can be
	 * executed. */
	int offline;
	/* 1: a page has a cursor only where another process can open it too (server.cursorKeys are
	 * configured). */
	int lasting_cursors;
	/* Upper bound of each in-memory cache; 0: 64 MiB. */
	size_t cache_bytes;
	/* The folder of relative paths in the configuration; NULL: that of the file, or the working
	 * directory. */
	const char *base_dir;
	/* Receives events: reloads, outages of the source, and columns of a database that are not
	 * of the type that the configuration says (TYPE_MISMATCH shows a remote caller the code
	 * alone). NULL: nothing is logged. text is one line without a line end, holds no secret and
	 * no value of a row, and is valid during the call. The function is called on a thread that
	 * is inside a call of this library on the engine, never on a thread of the library. Events
	 * wait for the next multidb_query_prepare, _prepare_request, _define or _bind on a handle
	 * of the engine, or the next multidb_engine_refresh, _reload_*, _health, _statistics or
	 * _close. At most 64 events wait; further ones are dropped, and an event states their
	 * number. One thread at a time calls the function, which may call the library. */
	void (*log)(void *user, multidb_log_level level, const char *text);
	void *log_user; /* passed to log; must live until the engine and all its queries are freed */
} multidb_options;

#define MULTIDB_OPTIONS_INIT { .size = sizeof(multidb_options) }

/* Loads and checks a configuration, which is one JSON document. Opens no connection: the first
 * query that needs a connection opens it. On failure *engine is NULL and *error is set
 * (METADATA_LOAD_FAILED, CONFIG_INVALID with every problem, MISUSE, OUT_OF_MEMORY): free it with
 * multidb_error_free. error may be NULL. options may be NULL and is copied. */
MULTIDB_API int multidb_engine_open_file(const char *path, const multidb_options *options, multidb_engine **engine,
	                                 multidb_error **error);
MULTIDB_API int multidb_engine_open_text(const char *json, size_t n, const multidb_options *options,
	                                 multidb_engine **engine, multidb_error **error);

/* ---- engine: loading from the caller's source ---- */

/* What a function of a source returns. The library zeroes it before each call. */
typedef struct multidb_document {
	size_t size;         /* sizeof(multidb_document) of the library's header, set by the library */
	const char *text;    /* JSON, n bytes; valid until the release */
	size_t n;
	/* Names this state of the document; valid until the release, and copied. NULL or "": the
	 * library uses a hash of the text. */
	const char *version;
	const char *message; /* after -1: the message of the error; copied */
	void *held;          /* for the release function; the library does not read it */
} multidb_document;

/* Where an engine gets its configuration: functions of the caller. Begin with MULTIDB_SOURCE_INIT.
 * They are called on a thread that is inside a call of this library on the engine, by one thread at
 * a time, while no lock is held that another call needs: the other threads go on with the
 * configuration in use. They may use the library, except for reloading or refreshing the same
 * engine (MISUSE). */
typedef struct multidb_source {
	size_t size;
	/* passed to the functions; must live until the engine and all its queries are freed */
	void *user;
	/* Returns the configuration document. version: of the document that the library knows; "":
	 * the library needs the document in any case. 1: *document is filled; 0: the document still
	 * has this version; -1: it cannot be loaded (METADATA_LOAD_FAILED with the message). */
	int (*load)(void *user, const char *version, multidb_document *document);
	/* The same for the roles, where they are stored separately: the document is then the array
	 * that `roles` of a configuration has, and the configuration has no roles. -1:
	 * ROLE_LOAD_FAILED. NULL: the configuration has the roles. */
	int (*load_roles)(void *user, const char *version, multidb_document *document);
	/* Called once for each call of load and load_roles, whatever that call returned, when the
	 * library has read the document. NULL: there is nothing to release. */
	void (*release)(void *user, multidb_document *document);
	/* The source is asked again after this time, inside the first multidb_query_prepare,
	 * _prepare_request, _define or _bind that follows. 0: only multidb_engine_refresh asks. */
	int64_t poll_ms;
} multidb_source;

#define MULTIDB_SOURCE_INIT { .size = sizeof(multidb_source) }

/* As multidb_engine_open_file, with the documents of the source. The struct is copied, and the
 * source is asked at once. Errors: those of multidb_engine_open_file, and METADATA_LOAD_FAILED and
 * ROLE_LOAD_FAILED with the source's message. */
MULTIDB_API int multidb_engine_open_source(const multidb_source *source, const multidb_options *options,
	                                   multidb_engine **engine, multidb_error **error);

/* A table in PostgreSQL or SQLite as the source. A row has the name of a document, its version and
 * its text, in columns of any type that the database shows as text. The row 'metadata' is the
 * configuration; an optional row 'roles' is its array of roles (docs/sources.md has the statements
 * that make the table). A thread of the library reads the versions and loads what has changed;
 * reloads, refusals and outages go to options.log. Begin with MULTIDB_TABLE_INIT; NULL is
 * the default. Texts are copied. */
typedef struct multidb_table {
	size_t size;
	const char *url;             /* postgresql://…, which no message shows, or sqlite:PATH */
	const char *table;           /* TABLE or SCHEMA.TABLE; multidb_config */
	const char *name_column;     /* name */
	const char *version_column;  /* version */
	const char *document_column; /* document */
	const char *metadata_name;   /* of the row: metadata */
	const char *roles_name;      /* of the row: roles */
	/* TLS of PostgreSQL: full, ca or none, and paths. All NULL: as the url says. */
	const char *tls_verify, *tls_ca, *tls_cert, *tls_key;
	int64_t poll_ms;             /* between two reads of the versions; 0: 5,000; -1: it is not watched */
	int64_t timeout_ms;          /* of one load, connecting included, at most a day; 0: 5,000 */
} multidb_table;

#define MULTIDB_TABLE_INIT { .size = sizeof(multidb_table) }

/* As multidb_engine_open_source. Relative paths begin in options.base_dir, and without it in the
 * working directory. multidb_engine_close waits for the thread that watches the table; where the
 * thread is connecting at that moment, for the rest of timeout_ms. */
MULTIDB_API int multidb_engine_open_table(const multidb_table *table, const multidb_options *options,
	                                  multidb_engine **engine, multidb_error **error);

/* Asks the source now: for programs that are notified of a change. 0: the engine uses the document
 * of the source; -1: the configuration in use stays, and *error says why. A document that was
 * refused when it was polled is read again, and its error is returned here. MISUSE for an engine
 * without a source. Waits while another thread loads a document. Thread safe. */
MULTIDB_API int multidb_engine_refresh(multidb_engine *engine, multidb_error **error);

/* ---- engine: reloading, closing, health ---- */

/* Replaces the configuration as a whole: a query is planned and run with one configuration, the old
 * one or the new one. Running queries keep the configuration that they started with. On failure the
 * old configuration remains in use, and *error says why, as for opening. Relative paths in the
 * document begin where options.base_dir says, and without it where the file is. Loads of an engine
 * happen one after another. In an engine with a source, the document stays in use until the source
 * has another one, or until multidb_engine_refresh is called. In-memory caches start empty. Thread
 * safe. */
MULTIDB_API int multidb_engine_reload_file(multidb_engine *engine, const char *path, multidb_error **error);
MULTIDB_API int multidb_engine_reload_text(multidb_engine *engine, const char *json, size_t n, multidb_error **error);

/* Ends the engine at once: running statements are cancelled, and the next call on each of its
 * query handles fails with SHUTTING_DOWN. Memory and connections are freed with the last handle,
 * before or after this call. Waits for the thread that watches a table, as
 * multidb_engine_open_table says. Other threads may be inside calls on query handles, reloading,
 * refreshing, health or statistics meanwhile; none may begin a call on the engine itself
 * afterwards. NULL is allowed. */
MULTIDB_API void multidb_engine_close(multidb_engine *engine);

/* Pings every database that has a connection:
 * {"executors":{id:{"healthy":…,"latencyMs":…,"error"?:code}},"healthy":…}.
 * timeout_ms is for each database. Free the text with multidb_text_free; NULL when out of memory.
 * Thread safe. For NULL, and for a closed engine: no executors, and "healthy" is false. */
MULTIDB_API char *multidb_engine_health(multidb_engine *engine, int timeout_ms);
MULTIDB_API void multidb_text_free(char *text); /* NULL is allowed */

/* ---- engine: statistics ---- */

typedef struct multidb_statistics multidb_statistics;

typedef enum multidb_metric_kind {
	MULTIDB_COUNTER = 0,  /* only grows, as long as the engine lives, whatever is reloaded */
	MULTIDB_GAUGE = 1,    /* the value at the moment, for the configuration in use */
	MULTIDB_HISTOGRAM = 2 /* samples that only grow: NAME_bucket (values of at most `le`), NAME_sum, NAME_count */
} multidb_metric_kind;

/* What the engine has counted, as samples in the form of Prometheus; the samples of a metric follow
 * one another. A copy, which does not change: free it with multidb_statistics_free. NULL when out
 * of memory. Thread safe. Metrics of queries, pool time-outs and caches have samples only for what
 * has already happened.
 *
 *     multidb_query_duration_seconds   strategy, dialect, outcome (ok, error, timeout, cancelled):
 *                                      executed queries, from multidb_query_start to their end
 *     multidb_plan_duration_seconds    successful plans: checking, planning, writing the statement
 *     multidb_pool_size, multidb_pool_in_use, multidb_pool_waiting   database
 *     multidb_pool_timeouts_total      database
 *     multidb_cache_requests_total     cache, result (hit, miss, error): looked-up rows
 *     multidb_rows_total               returned rows, counted when their query ends
 *     multidb_reloads_total            result (ok, refused, failed: the source did not answer)
 *     multidb_build_info               version */
MULTIDB_API multidb_statistics *multidb_engine_statistics(multidb_engine *engine);
MULTIDB_API void multidb_statistics_free(multidb_statistics *statistics); /* NULL is allowed */

/* What sample i has. Texts live as long as the statistics; NULL beyond the last sample or label. */
MULTIDB_API size_t multidb_statistics_count(const multidb_statistics *statistics);
MULTIDB_API const char *multidb_statistics_name(const multidb_statistics *statistics, size_t i);
MULTIDB_API double multidb_statistics_value(const multidb_statistics *statistics, size_t i);
MULTIDB_API size_t multidb_statistics_label_count(const multidb_statistics *statistics, size_t i);
MULTIDB_API const char *multidb_statistics_label_name(const multidb_statistics *statistics, size_t i, size_t k);
MULTIDB_API const char *multidb_statistics_label_value(const multidb_statistics *statistics, size_t i, size_t k);
/* The metric of sample i. Its name lacks _bucket, _sum and _count of a histogram's samples. */
MULTIDB_API const char *multidb_statistics_metric(const multidb_statistics *statistics, size_t i);
MULTIDB_API const char *multidb_statistics_help(const multidb_statistics *statistics, size_t i);
MULTIDB_API multidb_metric_kind multidb_statistics_kind(const multidb_statistics *statistics, size_t i);

/* ---- query: preparing and running ---- */

typedef enum multidb_mode {
	MULTIDB_RUN = 0,      /* plan as the definition says; start may follow */
	MULTIDB_VALIDATE = 1, /* check the definition and the context alone */
	MULTIDB_PLAN = 2,     /* plan; the result has kind "sql" and no timing. No database is asked */
	MULTIDB_EXPLAIN = 3,  /* judge every strategy, and write the SQL of each that could plan */
	MULTIDB_COUNT = 4     /* as if the definition said executeMode "count" */
} multidb_mode;

typedef enum multidb_format {
	MULTIDB_RESULT = 0, /* one object with data, SQL, debug log and metadata; the data are streamed */
	MULTIDB_JSON = 1,   /* one array of rows */
	MULTIDB_NDJSON = 2, /* one row on each line */
	MULTIDB_CSV = 3     /* RFC 4180 with a header line */
} multidb_format;

/* NULL when out of memory, or without an engine. */
MULTIDB_API multidb_query *multidb_query_new(multidb_engine *engine);

/* The reader of what the handle returns. A local caller, such as the program itself or a command
 * line, is trusted with everything. For a remote caller the configuration decides, by its roles:
 * policy.debug grants the debug log, row filters and candidates; policy.sqlOnly grants SQL,
 * parameters and physical names; both together grant the error text of a database, which may quote
 * SQL. Values appear in a remote caller's debug log only with policy.logValues.
 *
 * What is not shown is absent from every JSON text, and reads as "", 0 or none in every function
 * below. A definition that asks for something that is not shown ("executeMode": "sql-only",
 * "debug": true) is FORBIDDEN. The result object of a remote caller has data, kind, count and meta;
 * sql and params where kind is "sql"; debugLog where the definition says "debug": true. For a
 * remote caller, an answer in MULTIDB_RESULT or MULTIDB_JSON ends after limits.rows rows (see
 * multidb_result_truncated). Under policy.errors "uniform", no line of the log and no row filter
 * names a column that the roles do not grant. */
typedef enum multidb_audience {
	MULTIDB_LOCAL = 0,
	MULTIDB_REMOTE = 1
} multidb_audience;

/* Applies from the next prepare on; a new handle is local. MISUSE: the number is no audience. */
MULTIDB_API int multidb_query_set_audience(multidb_query *q, multidb_audience audience);

/* Definition and context (NULL, 0: no context) as JSON text; neither is kept. A handle can be
 * prepared again at any time: its previous query is discarded, and a running statement is
 * cancelled. -1: see multidb_query_error; nothing is prepared then, and the calls that need a
 * prepared query fail with the same error. Errors: INVALID_JSON, INVALID_BODY, VALIDATION_FAILED
 * with every problem, those of the planner (docs/planning.md), FORBIDDEN, SHUTTING_DOWN,
 * OUT_OF_MEMORY, MISUSE. */
MULTIDB_API int multidb_query_prepare(multidb_query *q, multidb_mode mode, const char *definition, size_t definition_n,
	                              const char *context, size_t context_n);

/* As multidb_query_prepare, with definition and context in one JSON object,
 * {"definition": …, "context"?: …}, the form of a line of `multidb run` and of a request to a
 * server. Pointers of problems lead into the definition or the context, as above. INVALID_BODY
 * where the JSON is no such object. limits.bodyBytes applies to the whole text. */
MULTIDB_API int multidb_query_prepare_request(multidb_query *q, multidb_mode mode, const char *request, size_t n);

/* Keeps a definition with parameters, for multidb_query_bind; the text is not kept. A parameter is
 * {"$param": "name"} in place of a value: the operand of a filter, a list or an element of it, from
 * and to, text and maxDistance, count.value, byIds, one of its keys or a member of a key, limit,
 * offset, page.first, page.after, timeoutMs, maxLagMs. Anywhere else it is refused (INVALID_VALUE
 * at its place). Everything else is checked when the definition is bound. A handle keeps one
 * definition, until it is given another or freed; multidb_query_prepare does not change it. -1: see
 * multidb_query_error; the handle then has no definition. */
MULTIDB_API int multidb_query_define(multidb_query *q, multidb_mode mode, const char *definition, size_t definition_n);

/* Prepares the kept definition with a value for each of its parameters, {"name": value, …} (NULL,
 * 0: it has none), and a context as for multidb_query_prepare. May be called again and again. The
 * result equals that of multidb_query_prepare for the definition with the values in place of the
 * parameters: rows, SQL and its parameters, meta, cursors, refusals. Two differences: a pointer
 * that leads to the place of a parameter becomes /parameters/NAME, and MISSING_PARAMETER and
 * INVALID_PARAMETER say which names are missing or unknown. Binding is faster than preparing: the
 * handle keeps what depends only on the definition, the configuration and the roles, for the eight
 * sets of roles used last. Values, contexts and row filters are read each time. -1: see
 * multidb_query_error. */
MULTIDB_API int multidb_query_bind(multidb_query *q, const char *parameters, size_t parameters_n, const char *context,
	                           size_t context_n);

/* Runs a query that was prepared with MULTIDB_RUN or MULTIDB_COUNT, once. Blocks until the database
 * answers or the deadline passes. format: of the chunks of multidb_query_next. A query of kind
 * MULTIDB_KIND_COUNT answers {"count":N} as MULTIDB_JSON and MULTIDB_NDJSON. One of kind
 * MULTIDB_KIND_SQL asks no database and answers the result object in every format. Errors of this
 * call, of multidb_query_next and of multidb_query_next_row: EXECUTOR_MISSING, CONNECTION_FAILED,
 * POOL_EXHAUSTED, QUERY_FAILED, QUERY_TIMEOUT, CANCELLED, SHUTTING_DOWN, OUT_OF_MEMORY, MISUSE. */
MULTIDB_API int multidb_query_start(multidb_query *q, multidb_format format);

/* The next chunk of the encoded answer (some 64 KiB). 1: *bytes and *n are valid until the next
 * call; 0: the answer is complete, as every later call says, too; -1: the answer ended early, and
 * the bytes so far are not the whole answer (see multidb_query_error). A chunk of NDJSON or CSV
 * ends with a whole row. */
MULTIDB_API int multidb_query_next(multidb_query *q, const char **bytes, size_t *n);

/* A cell has the text form of its column's type, which is the same for every database.
 * docs/values.md describes the forms.
 *
 *     string      as it is stored, in UTF-8
 *     int, bigint digits, after "-" where the number is negative: -42
 *     decimal     all digits, no exponent, no superfluous zeros: 12.5, -0.001
 *     float       the shortest number that reads back as the same: 0.1, 1e+300
 *     boolean     true, false
 *     uuid        lower case with hyphens
 *     date        2024-01-31
 *     timestamp   2024-01-31T12:00:00Z or, with a fraction, 2024-01-31T12:00:00.25Z; always UTC
 *     time        12:00:00 or, with a fraction, 12:00:00.25
 *     enum        one of the values that the configuration lists
 *     json        the document
 *     bytes       base64
 *     TYPE[]      a JSON array: ["a","b",null], [1.5]
 *
 * This struct will never change. */
typedef struct multidb_cell {
	const char *text; /* not NUL-terminated; NULL: SQL NULL, or NaN or an infinity, which has no text */
	size_t n;
} multidb_cell;

/* The next row as cells, instead of multidb_query_next. 1: a row, *cells has
 * multidb_result_column_count entries, valid until the next call; 0: the answer is complete; -1:
 * the answer ended early. */
MULTIDB_API int multidb_query_next_row(multidb_query *q, const multidb_cell **cells);

/* Stops the running statement in its database; multidb_query_next then returns -1 with CANCELLED.
 * Returns at once. After the end of an answer it does nothing. It may be called from any thread,
 * but not from a signal handler, at any time between multidb_query_new and multidb_query_free, and
 * must have returned before the handle is freed. While another thread prepares the handle, the
 * cancel applies to the old query or to the new one. NULL is allowed. */
MULTIDB_API void multidb_query_cancel(multidb_query *q);

/* Frees the handle; a running statement is cancelled. NULL is allowed. */
MULTIDB_API void multidb_query_free(multidb_query *q);

/* The error of the query. Where the query has none: the error of the last call that was MISUSE
 * since the handle was prepared; such a call changes nothing else, and a running query goes on.
 * NULL: there is neither. The error lives until the handle is prepared again or freed, an error of
 * a misused call also ends with the next misused call. */
MULTIDB_API const multidb_error *multidb_query_error(const multidb_query *q);

/* A pointer of the program, which the library only stores. NULL until it is set. */
MULTIDB_API void multidb_query_set_user(multidb_query *q, void *user);
MULTIDB_API void *multidb_query_user(const multidb_query *q);

/* ---- loop: queries beside an event loop ---- */

/* A loop runs prepared queries on threads of its own. Its descriptor becomes readable when
 * multidb_loop_next has something to return; none of these calls blocks, except
 * multidb_loop_free. No function of the program is called on a thread of the library.
 *
 *     multidb_loop_start(loop, q, MULTIDB_NDJSON);         // instead of multidb_query_start
 *     // when multidb_loop_fd(loop) is readable:
 *     while (multidb_loop_next(loop, &q, &outcome) > 0)
 *         if (outcome == MULTIDB_READY)
 *             multidb_query_next(q, &bytes, &n);           // 1, and the next chunk is being made
 *         else                                             // COMPLETE or FAILED: q left the loop
 *             multidb_query_free(q);
 *
 * At most one chunk is ahead of the reader: while a chunk waits for multidb_query_next, the query
 * has no thread, and the loop goes on with others. A query that waits for its reader keeps its
 * connection. Where the loop's own queries use all connections of a database, the next query for it
 * waits for its turn, without a time limit. With several threads, the last idle thread is kept for
 * a database that no thread works for: a slow database does not block the others. */
typedef enum multidb_outcome {
	MULTIDB_READY = 0,    /* a chunk, or rows, for multidb_query_next, or multidb_query_next_row */
	MULTIDB_COMPLETE = 1, /* everything was read; the query has left the loop */
	MULTIDB_FAILED = 2    /* multidb_query_error says why; the query has left the loop */
} multidb_outcome;

/* 1 to 1024 threads. A query runs on a thread and a connection: more threads than the databases
 * have connections together are of no use. The engine's memory lives at least as long as the loop.
 * On failure *loop is NULL and *error is set (MISUSE; OUT_OF_MEMORY, also where the system has no
 * thread or descriptor). error may be NULL. */
MULTIDB_API int multidb_loop_new(multidb_engine *engine, unsigned threads, multidb_loop **loop, multidb_error **error);

/* For poll, epoll and the like: readable while there are outcomes. The program only waits for it:
 * multidb_loop_next reads it, and multidb_loop_free closes it. -1 for NULL. */
MULTIDB_API int multidb_loop_fd(const multidb_loop *loop);

/* In place of multidb_query_start; returns at once. -1: see multidb_query_error (MISUSE,
 * OUT_OF_MEMORY); the query is not in the loop then. Until it has left the loop, the handle takes
 * these calls: multidb_query_next (or multidb_query_next_row) after MULTIDB_READY,
 * multidb_query_cancel, _free, _error, _user and _set_user, and the functions that read what was
 * known when it was prepared: multidb_result_sql, _dialect, _column_… and _parameter_…. Other calls
 * that prepare or run are MISUSE; the other functions multidb_result_… must not be called. */
MULTIDB_API int multidb_loop_start(multidb_loop *loop, multidb_query *q, multidb_format format);
/* The same for rows of cells: after MULTIDB_READY, multidb_query_next_row returns some rows, and
 * then 0 until multidb_loop_next returns the query again. */
MULTIDB_API int multidb_loop_start_rows(multidb_loop *loop, multidb_query *q);

/* Returns the oldest outcome that was not returned yet. 1: *q and *outcome are set; 0: there is
 * none at the moment, and *q is NULL; -1: an argument is NULL. A query has one outcome at a time:
 * after MULTIDB_READY the next one follows when the chunk was read. A cancelled query fails after
 * the chunk that was ready. */
MULTIDB_API int multidb_loop_next(multidb_loop *loop, multidb_query **q, multidb_outcome *outcome);

/* Ends the threads. Cancels the statements that run and waits for them, at most until their
 * deadlines. Queries that had not ended fail with CANCELLED; the caller frees the handles as usual.
 * NULL is allowed. */
MULTIDB_API void multidb_loop_free(multidb_loop *loop);

/* ---- result: what a query handle knows after it was prepared ---- */

/* The functions multidb_result_… take nothing from the heap, change nothing, and cannot fail. Those
 * that take a handle that is not const are an exception: they make their text when it is asked for,
 * and return NULL when out of memory. All are called on the thread that uses the handle.
 *
 * A text is NUL-terminated UTF-8. It lives until the handle is prepared again or freed. "" stands
 * for what does not apply or is not known, and for everything before the first prepare and after a
 * failed one. An index beyond the last one gives NULL. A text in which the definition wrote \u0000
 * seems to end there; multidb_result_json has the whole.
 *
 * Functions that take an index count from 0. A NULL handle reads as one that was never prepared;
 * multidb_result_debug_text is NULL then. */

typedef enum multidb_kind {
	MULTIDB_KIND_NONE = 0,   /* nothing was prepared, or preparing failed */
	MULTIDB_KIND_DATA = 1,   /* rows: multidb_query_start may follow */
	MULTIDB_KIND_SQL = 2,    /* a statement that is not run: executeMode "sql-only", MULTIDB_PLAN */
	MULTIDB_KIND_COUNT = 3,  /* a number: multidb_query_start may follow */
	MULTIDB_KIND_VALID = 4,  /* the definition is valid: MULTIDB_VALIDATE */
	MULTIDB_KIND_EXPLAIN = 5 /* strategies and row filters: MULTIDB_EXPLAIN */
} multidb_kind;
MULTIDB_API multidb_kind multidb_result_kind(const multidb_query *q);

/* The definition's executeMode; with MULTIDB_COUNT always MULTIDB_MODE_COUNT. */
typedef enum multidb_execute_mode {
	MULTIDB_MODE_EXECUTE = 0,
	MULTIDB_MODE_SQL_ONLY = 1,
	MULTIDB_MODE_COUNT = 2
} multidb_execute_mode;
MULTIDB_API multidb_execute_mode multidb_result_execute_mode(const multidb_query *q);

/* The plan. strategy: cache, direct, materialized, trino-cross-db. target: the id of a
 * database or cache, or "trino". dialect: postgres, clickhouse, trino, sqlite. Strategy and target
 * are those of the database where a cache was planned and had none of the rows. */
MULTIDB_API const char *multidb_result_sql(const multidb_query *q);
MULTIDB_API const char *multidb_result_strategy(const multidb_query *q);
MULTIDB_API const char *multidb_result_target(const multidb_query *q);
MULTIDB_API const char *multidb_result_dialect(const multidb_query *q);
/* The worst lag of the replicas that are read: realtime, seconds, minutes, hours; "" where only
 * original tables are read. */
MULTIDB_API const char *multidb_result_freshness(const multidb_query *q);
/* A number that is equal for equal SQL text with the same strategy and target, in every process;
 * meta.planHash shows it as 16 hexadecimal digits. 0 where nothing was planned. */
MULTIDB_API uint64_t multidb_result_plan_hash(const multidb_query *q);
/* 1: the answer is empty whatever the data, so that no database is asked; otherwise 0. */
MULTIDB_API int multidb_result_empty(const multidb_query *q);

/* The columns of the rows, in their order; none in count mode. name: the key of a row's object.
 * type: string, int, bigint, float, decimal, boolean, uuid, date, timestamp, time, enum, json,
 * bytes, or one of these with [] behind it. table: the name that the definition gives the table
 * (`as`), or its apiName. nullable: 0 or 1. masked: 1 where the caller sees a mask in place of some
 * value. */
MULTIDB_API size_t multidb_result_column_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_column_name(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_column_type(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_column_table(const multidb_query *q, size_t i);
MULTIDB_API int multidb_result_column_nullable(const multidb_query *q, size_t i);
MULTIDB_API int multidb_result_column_masked(const multidb_query *q, size_t i);

/* The statement's parameters in the order of their numbers. type as for columns; a list that is one
 * parameter has a type with []. length: the number of values, 1 where the type has no []. value:
 * the k-th value as canonical text, which may hold any byte; beyond the last one .text is NULL. */
MULTIDB_API size_t multidb_result_parameter_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_parameter_type(const multidb_query *q, size_t i);
MULTIDB_API size_t multidb_result_parameter_length(const multidb_query *q, size_t i);
MULTIDB_API multidb_cell multidb_result_parameter_value(const multidb_query *q, size_t i, size_t k);
/* All parameters as a JSON array, as in multidb_result_json. NULL when out of memory. */
MULTIDB_API const char *multidb_result_parameters_json(multidb_query *q);

/* The tables that are read, each once, in the order of first use. id: tables[].id of the
 * configuration. source: original, materialized (a replica), cache. database: the id of the
 * database or cache. physical_name: as the configuration writes it; of a cache its key pattern. */
MULTIDB_API size_t multidb_result_table_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_table_id(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_table_source(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_table_database(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_table_physical_name(const multidb_query *q, size_t i);

/* The strategies in the order in which they were judged: up to the chosen one; with
 * MULTIDB_EXPLAIN, all. They can be read after an error of planning, too. verdict: chosen, refused,
 * possible. code: why the strategy was refused (NOT_BY_IDS, NO_REPLICA, …). detail, hint: the
 * reason in words, and what to change. sql: with MULTIDB_EXPLAIN, the statement of each strategy
 * that could plan. */
MULTIDB_API size_t multidb_result_alternative_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_alternative_strategy(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_alternative_verdict(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_alternative_code(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_alternative_detail(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_alternative_hint(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_alternative_sql(const multidb_query *q, size_t i);

/* The databases that the i-th strategy judged; only materialized judges several. */
MULTIDB_API size_t multidb_result_candidate_count(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_candidate_database(const multidb_query *q, size_t i, size_t k);
MULTIDB_API const char *multidb_result_candidate_verdict(const multidb_query *q, size_t i, size_t k);
MULTIDB_API const char *multidb_result_candidate_code(const multidb_query *q, size_t i, size_t k);
MULTIDB_API const char *multidb_result_candidate_detail(const multidb_query *q, size_t i, size_t k);

/* With MULTIDB_EXPLAIN, for each table reference: the rows that the caller sees. table: the
 * apiName; as: the definition's name for it. predicate: "tenantId = context.tenantId"; "true": all
 * rows. The roles are those in effect. */
MULTIDB_API size_t multidb_result_row_filter_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_row_filter_table(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_row_filter_as(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_row_filter_predicate(const multidb_query *q, size_t i);
MULTIDB_API size_t multidb_result_row_filter_role_count(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_row_filter_role(const multidb_query *q, size_t i, size_t k);

/* With MULTIDB_EXPLAIN: the columns whose cells the caller does not always see unchanged. table,
 * as: as above. column: the apiName. shown, clear: predicates. Where `shown` does not hold, the
 * cell is NULL. Where both hold, the cell has the value itself; where only `shown` holds, the mask.
 * mask: full, email, …; "" where cells are never masked. */
MULTIDB_API size_t multidb_result_cell_rule_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_cell_rule_table(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_cell_rule_as(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_cell_rule_column(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_cell_rule_shown(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_cell_rule_clear(const multidb_query *q, size_t i);
MULTIDB_API const char *multidb_result_cell_rule_mask(const multidb_query *q, size_t i);

/* The number of rows returned so far; in count mode, after the end, the count. */
MULTIDB_API int64_t multidb_result_rows(const multidb_query *q);

/* In count mode, after the end: how many rows match; otherwise 0. */
MULTIDB_API int64_t multidb_result_count(const multidb_query *q);

/* The definition's page.first; 0: the definition asks for no page. */
MULTIDB_API int64_t multidb_result_page_first(const multidb_query *q);

/* Where the next page begins, for page.after of the same query. NULL until
 * multidb_result_has_next_page is 1, and where options.lasting_cursors allows no cursor. The text
 * may be kept: it is also accepted when the handle was freed, and after a reload that leaves the
 * query's order and the caller's roles as they are. Without server.cursorKeys only the same engine
 * accepts it; with them, every process that has the keys does. The result object has the cursor as
 * meta.page.endCursor, behind the last page, too, where rows may be added later. */
MULTIDB_API const char *multidb_result_next_cursor(const multidb_query *q);

/* 1 when all rows of a page were returned and more rows follow the page, whether or not there is a
 * cursor; otherwise 0. */
MULTIDB_API int multidb_result_has_next_page(const multidb_query *q);

/* 1: limits.rows ended the answer to a remote caller, and there are more rows; otherwise 0. */
MULTIDB_API int multidb_result_truncated(const multidb_query *q);

/* Durations in microseconds. planning: checking and planning; generation: writing the statement;
 * execution: from multidb_query_start to the end of the answer, 0 before the end. */
MULTIDB_API int64_t multidb_result_planning_us(const multidb_query *q);
MULTIDB_API int64_t multidb_result_generation_us(const multidb_query *q);
MULTIDB_API int64_t multidb_result_execution_us(const multidb_query *q);

/* The result object without data, as `multidb plan` and `multidb explain` print it; for
 * MULTIDB_VALIDATE {"valid":true}. Made at the first call. NULL after a failure or when out of
 * memory. */
MULTIDB_API const char *multidb_result_json(multidb_query *q);

/* The debug log so far, as lines ("[planning] …\n"). Lives until the next call of this function,
 * which writes it into the same memory again. NULL when out of memory. */
MULTIDB_API const char *multidb_result_debug_text(multidb_query *q);

/* ---- error ---- */

/* The functions multidb_error_… take nothing from the heap, except that multidb_error_json makes
 * its text at the first call. Texts are NUL-terminated UTF-8 and live as long as the error. ""
 * stands for what does not apply; an index beyond the last one gives NULL. A NULL error reads as
 * OUT_OF_MEMORY. */

MULTIDB_API enum multidb_code multidb_error_code(const multidb_error *e);
MULTIDB_API const char *multidb_error_code_name(const multidb_error *e); /* "VALIDATION_FAILED", … */
MULTIDB_API const char *multidb_error_message(const multidb_error *e);
MULTIDB_API int multidb_error_status(const multidb_error *e); /* the HTTP status that fits */
MULTIDB_API const char *multidb_error_hint(const multidb_error *e); /* what may help */
/* The text of the database or of the system, which may quote SQL; "" for a remote caller that lacks
 * policy.debug or policy.sqlOnly. */
MULTIDB_API const char *multidb_error_cause(const multidb_error *e);
MULTIDB_API const char *multidb_error_from_table(const multidb_error *e); /* the definition's `from` */
MULTIDB_API int64_t multidb_error_timeout_ms(const multidb_error *e);     /* of QUERY_TIMEOUT; otherwise 0 */

/* Details are texts with names: database, dialect, expected, suggestion, … (docs/errors.md). By
 * name: NULL where the error has no such detail. By index: all that it has. */
MULTIDB_API const char *multidb_error_detail(const multidb_error *e, const char *name);
MULTIDB_API size_t multidb_error_detail_count(const multidb_error *e);
MULTIDB_API const char *multidb_error_detail_name(const multidb_error *e, size_t i);
MULTIDB_API const char *multidb_error_detail_value(const multidb_error *e, size_t i);

/* What an error of planning lists: the apiNames of the tables that no strategy can read together,
 * and the ids of their databases. */
MULTIDB_API size_t multidb_error_table_count(const multidb_error *e);
MULTIDB_API const char *multidb_error_table(const multidb_error *e, size_t i);
MULTIDB_API size_t multidb_error_database_count(const multidb_error *e);
MULTIDB_API const char *multidb_error_database(const multidb_error *e, size_t i);

/* The problems of VALIDATION_FAILED and CONFIG_INVALID, in the order found: at most 100, and the
 * message has the number of all. Other errors have none. code: 0 (MULTIDB_OK) beyond the last.
 * pointer: a JSON Pointer into the definition, the context or the configuration; "" is the whole.
 * filter_index: the index in `filters` of the filter that the pointer leads into; -1: it leads into
 * no filter. */
MULTIDB_API size_t multidb_error_problem_count(const multidb_error *e);
MULTIDB_API enum multidb_code multidb_error_problem_code(const multidb_error *e, size_t i);
MULTIDB_API const char *multidb_error_problem_code_name(const multidb_error *e, size_t i);
MULTIDB_API const char *multidb_error_problem_message(const multidb_error *e, size_t i);
MULTIDB_API const char *multidb_error_problem_pointer(const multidb_error *e, size_t i);
MULTIDB_API int multidb_error_problem_filter_index(const multidb_error *e, size_t i);
MULTIDB_API const char *multidb_error_problem_detail(const multidb_error *e, size_t i, const char *name);
MULTIDB_API size_t multidb_error_problem_detail_count(const multidb_error *e, size_t i);
MULTIDB_API const char *multidb_error_problem_detail_name(const multidb_error *e, size_t i, size_t k);
MULTIDB_API const char *multidb_error_problem_detail_value(const multidb_error *e, size_t i, size_t k);

/* The problem object (members of RFC 9457, and code, message, errors[], alternatives[] …). It
 * includes the text of the database as `cause`, except for a remote caller that lacks one of both:
 * the message is then the title of the code where it could quote a database. */
MULTIDB_API const char *multidb_error_json(const multidb_error *e);
/* For errors that a call has returned in *error; an error of a query handle belongs to the handle.
 * NULL is allowed. */
MULTIDB_API void multidb_error_free(multidb_error *e);

/* Facts of a code, without an error: "UNKNOWN_TABLE", 400, "no such table". A number that is no
 * code gives "", 500, "". Static texts. */
MULTIDB_API const char *multidb_code_name(enum multidb_code code);
MULTIDB_API int multidb_code_status(enum multidb_code code);
MULTIDB_API const char *multidb_code_title(enum multidb_code code);

#ifdef __cplusplus
}
#endif

#endif
