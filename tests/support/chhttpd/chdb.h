/* The part of libchdb that the endpoint uses. The library (566 MB, ClickHouse itself) is opened at
 * run time: its package brings no header, and nothing of the build depends on it. A connection runs
 * one query at a time; several connections run side by side. */
#ifndef CHHTTPD_CHDB_H
#define CHHTTPD_CHDB_H

#include <stddef.h>
#include <stdint.h>

struct chdb_result;
struct chdb_insert;
struct chdb_handle;
typedef struct chdb_handle *const *chdb_conn;

/* Parameters as the library takes them: four arrays of equal length. */
#define CHDB_PARAMS \
	const char *const *names, const size_t *name_lens, const char *const *values, const size_t *value_lens, size_t n

#define CHDB_CALLS(X) \
	X(chdb_conn, connect, "chdb_connect", (int argc, char **argv)) \
	X(void, close, "chdb_close_conn", (chdb_conn conn)) \
	X(int, shutdown, "chdb_shutdown", (void)) \
	X(void, signals, "chdb_set_signal_handlers_enabled", (int on)) \
	X(struct chdb_result *, query, "chdb_query_with_params_n", \
	  (struct chdb_handle *, const char *sql, size_t, const char *format, size_t, CHDB_PARAMS)) \
	X(struct chdb_result *, stream, "chdb_stream_query_with_params_n", \
	  (struct chdb_handle *, const char *sql, size_t, const char *format, size_t, CHDB_PARAMS)) \
	X(struct chdb_result *, fetch, "chdb_stream_fetch_result", (struct chdb_handle *, struct chdb_result *stream)) \
	X(void, cancel, "chdb_stream_cancel_query", (struct chdb_handle *, struct chdb_result *stream)) \
	X(void, free, "chdb_destroy_query_result", (struct chdb_result *)) \
	X(const char *, data, "chdb_result_buffer", (struct chdb_result *)) \
	X(size_t, length, "chdb_result_length", (struct chdb_result *)) \
	X(uint64_t, rows, "chdb_result_rows_read", (struct chdb_result *)) \
	X(uint64_t, rows_scanned, "chdb_result_storage_rows_read", (struct chdb_result *)) \
	X(uint64_t, bytes_scanned, "chdb_result_storage_bytes_read", (struct chdb_result *)) \
	X(uint64_t, rows_written, "chdb_result_rows_written", (struct chdb_result *)) \
	X(const char *, error, "chdb_result_error", (struct chdb_result *)) \
	X(struct chdb_insert *, insert, "chdb_stream_insert_with_params_n", \
	  (struct chdb_handle *, const char *sql, size_t, const char *format, size_t, CHDB_PARAMS)) \
	X(int, insert_append, "chdb_stream_append", (struct chdb_insert *, const void *data, size_t)) \
	X(struct chdb_result *, insert_done, "chdb_stream_done", (struct chdb_insert *)) \
	X(const char *, insert_error, "chdb_stream_insert_error", (struct chdb_insert *)) \
	X(void, insert_free, "chdb_destroy_insert_stream", (struct chdb_insert *))

struct chdb_calls {
#define X(type, name, symbol, args) type(*name) args;
	CHDB_CALLS(X)
#undef X
};

extern struct chdb_calls chdb;

/* Opens the library. 0, or -1 with the reason on stderr. */
int chdb_load(const char *path);

#endif
