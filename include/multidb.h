/* multidb answers declarative queries: a definition, a role and a context become one request to the
 * right database.
 *
 * An engine holds one configuration and its connections, and is shared by threads. A query handle
 * belongs to one thread (except for multidb_query_cancel) and is made for reuse: in steady state,
 * preparing takes nothing from the heap.
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
 *         if (q && !multidb_query_prepare(q, MULTIDB_RUN, text, strlen(text), context,
 *                                         strlen(context)) &&
 *             !multidb_query_start(q, MULTIDB_NDJSON))
 *             while ((rc = multidb_query_next(q, &bytes, &n)) > 0)
 *                 fwrite(bytes, 1, n, stdout);
 *         if (rc < 0)
 *             puts(multidb_error_json(q ? multidb_query_error(q) : NULL));
 *         multidb_query_free(q);
 *         multidb_engine_close(e);
 *         return rc < 0;
 *     }
 *
 * Text is passed in as pointer and length, in UTF-8. Returned text is NUL-terminated and valid as
 * long as its documentation says. Functions that return int return 0 for success and -1 for failure
 * unless they say otherwise. Every failure leaves an error that can be read; out of memory is one
 * of them (MULTIDB_OUT_OF_MEMORY), and a NULL error reads as that one. A call in the wrong order, a
 * mode or format out of range, or NULL where this header does not allow it is an error as well
 * (MULTIDB_MISUSE), and its message names the calls. A handle that was freed is outside every
 * promise. */
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
typedef struct multidb_error multidb_error;

/* Of the library that the program runs with, e.g. "1.0.0" and 1. Static text. */
MULTIDB_API const char *multidb_version(void);
MULTIDB_API int multidb_abi_version(void);

/* The JSON Schema (2020-12) of the configuration document. Static text. */
MULTIDB_API const char *multidb_config_schema(void);

/* The JSON Schema (2020-12) of definitions; its #/$defs/preparedDefinition is that of definitions
 * with parameters, and its #/$defs/context that of contexts. Static text. */
MULTIDB_API const char *multidb_query_schema(void);

/* ---- engine ---- */

/* Begin with MULTIDB_OPTIONS_INIT; every other member zero means the default. */
typedef struct multidb_options {
	/* sizeof(multidb_options) of this header: a later library reads the members that the
	 * program knows. Anything else that the library cannot read is MULTIDB_MISUSE. */
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

/* Replaces the configuration as a whole: a query is planned and run by one configuration, the old
 * one or the new one. Running queries keep the configuration that they started with. On failure the
 * old configuration remains in use, and *error says why, as for opening. Relative paths in the
 * document begin where options.base_dir says, and without it where the file is. Thread safe.
 * In-memory caches start empty. */
MULTIDB_API int multidb_engine_reload_file(multidb_engine *engine, const char *path, multidb_error **error);
MULTIDB_API int multidb_engine_reload_text(multidb_engine *engine, const char *json, size_t n, multidb_error **error);

/* Ends the engine at once: running statements are cancelled, and the next call on each of its
 * query handles fails with SHUTTING_DOWN. Memory and connections are freed with the last handle,
 * before or after this call. Other threads may be inside calls on query handles, reload or health
 * meanwhile; none may begin a call on the engine itself afterwards. NULL is allowed. */
MULTIDB_API void multidb_engine_close(multidb_engine *engine);

/* Pings every database that has a connection:
 * {"healthy":…,"executors":{id:{"healthy":…,"latencyMs":…,"error"?:code}}}.
 * Free the text with multidb_text_free; NULL when out of memory. Thread safe. */
MULTIDB_API char *multidb_engine_health(multidb_engine *engine, int timeout_ms);
MULTIDB_API void multidb_text_free(char *text);

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

/* Definition and context (NULL, 0: no context) as JSON text; neither is kept. A handle can be
 * prepared again at any time: its previous query is discarded, and a running statement is
 * cancelled. -1: see multidb_query_error; nothing is prepared then, and the calls that need a
 * prepared query fail with the same error. */
MULTIDB_API int multidb_query_prepare(multidb_query *q, multidb_mode mode, const char *definition, size_t definition_n,
	                              const char *context, size_t context_n);

/* Runs a query that was prepared with MULTIDB_RUN or MULTIDB_COUNT, once. Blocks until the database
 * answers or the deadline passes. The format is that of multidb_query_next. */
MULTIDB_API int multidb_query_start(multidb_query *q, multidb_format format);

/* The next chunk of the encoded answer (some 64 KiB). 1: *bytes and *n are valid until the next
 * call; 0: the answer is complete, and stays so; -1: the answer ended early, and the bytes so far
 * are not the whole answer (see multidb_query_error). */
MULTIDB_API int multidb_query_next(multidb_query *q, const char **bytes, size_t *n);

/* The next row as cells, instead of multidb_query_next. 1: a row, *cells has
 * multidb_result_column_count entries; 0: the answer is complete; -1: the answer ended early. This
 * struct will never change. */
typedef struct multidb_cell {
	const char *text; /* canonical text, not NUL-terminated; NULL: SQL NULL */
	size_t n;
} multidb_cell;
MULTIDB_API int multidb_query_next_row(multidb_query *q, const multidb_cell **cells);

/* Stops the running statement in its database; multidb_query_next then returns -1 with CANCELLED.
 * Behind the end of an answer it does nothing. From any thread, at any time between
 * multidb_query_new and multidb_query_free: it must have returned before the handle is freed.
 * While another thread prepares the handle, the cancel applies to the old query or to the new one.
 * NULL is allowed. */
MULTIDB_API void multidb_query_cancel(multidb_query *q);

/* Frees the handle; a running statement is cancelled. NULL is allowed. */
MULTIDB_API void multidb_query_free(multidb_query *q);

/* The error of the query, which stays until the handle is prepared again; where there is none, that
 * of the last call that was MISUSE since then: such a call changes nothing else, and a running
 * query goes on. NULL: neither. Lives until the handle is prepared again or freed. */
MULTIDB_API const multidb_error *multidb_query_error(const multidb_query *q);

/* ---- result: what a query handle knows after it was prepared ---- */

/* "" where nothing was planned. Texts live until the handle is prepared again or freed. strategy:
 * direct, cache, materialized, trino-cross-db. target: the id of a database or cache, or "trino".
 */
MULTIDB_API const char *multidb_result_sql(const multidb_query *q);
MULTIDB_API const char *multidb_result_strategy(const multidb_query *q);
MULTIDB_API const char *multidb_result_target(const multidb_query *q);

MULTIDB_API size_t multidb_result_column_count(const multidb_query *q);
MULTIDB_API const char *multidb_result_column_name(const multidb_query *q, size_t i); /* NULL beyond the last */
MULTIDB_API const char *multidb_result_column_type(const multidb_query *q, size_t i); /* "uuid", "string[]", … */

/* The number of rows returned so far; in count mode, after the end, the count. */
MULTIDB_API int64_t multidb_result_rows(const multidb_query *q);

/* Where the next page begins, for page.after of the same query. NULL until
 * multidb_result_has_next_page is 1, and where options.lasting_cursors allows no cursor. */
MULTIDB_API const char *multidb_result_next_cursor(const multidb_query *q);

/* 1 when all rows of a page were returned and more rows follow it, whether or not there is a
 * cursor; otherwise 0. */
MULTIDB_API int multidb_result_has_next_page(const multidb_query *q);

/* The result object without data, as `multidb plan` and `multidb explain` print it; for
 * MULTIDB_VALIDATE {"valid":true}. NULL after a failure or when out of memory. Lives until the
 * handle is prepared again or freed. */
MULTIDB_API const char *multidb_result_json(multidb_query *q);

/* The debug log so far, as lines ("[planning] …\n"). Lives until the next call on the handle. NULL
 * when out of memory. */
MULTIDB_API const char *multidb_result_debug_text(multidb_query *q);

/* ---- error ---- */

MULTIDB_API enum multidb_code multidb_error_code(const multidb_error *e);
MULTIDB_API const char *multidb_error_code_name(const multidb_error *e); /* "VALIDATION_FAILED", … */
MULTIDB_API const char *multidb_error_message(const multidb_error *e);
MULTIDB_API int multidb_error_status(const multidb_error *e);            /* the HTTP status that fits */
/* The problem object (members of RFC 9457, and code, message, errors[], alternatives[] …). For
 * trusted callers: it includes the text of the database as `cause`. */
MULTIDB_API const char *multidb_error_json(const multidb_error *e);
MULTIDB_API void multidb_error_free(multidb_error *e); /* errors of open and reload only; NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
