/* The contract of a database driver: pure, blocking I/O. One thread at a time uses a connection,
 * except for cancel. A driver receives a finished statement and returns typed cells; it does not
 * depend on queries, roles or plans. Pooling and the choice of deadlines are left to the caller.
 * The calls on a connection: open → (start → next… → finish)* → close. */
#ifndef MD_DRIVERS_DRIVER_H
#define MD_DRIVERS_DRIVER_H

#include "base/ctx.h"
#include "base/tls.h"
#include "sqlgen/stmt.h"

enum md_form {
	MD_CELL_NULL,
	MD_CELL_BARE,   /* JSON as it is: numbers, true, false, json documents, arrays */
	MD_CELL_PLAIN,  /* text that needs no JSON escapes: uuid, date, timestamp, time, base64 */
	MD_CELL_TEXT,   /* any UTF-8 text */
	MD_CELL_NOT_FINITE, /* NaN or an infinity: answered as null, with a note */
	/* The stored value is not of the column's type. Only in outputs that the answer can do
	 * without (md_stmt_output.spare); in other outputs it is an error. */
	MD_CELL_UNFIT
};

struct md_cell {
	struct md_str text;  /* canonical (base/value.h); valid until the next call on the connection */
	enum md_form form;
};

/* How canonical text of a type appears in JSON. */
static inline enum md_form md_form_of(struct md_type t)
{
	static const uint8_t forms[MD_TYPES] = {
		[MD_STRING] = MD_CELL_TEXT,
		[MD_INT] = MD_CELL_BARE,
		[MD_BIGINT] = MD_CELL_BARE,
		[MD_FLOAT] = MD_CELL_BARE,
		[MD_DECIMAL] = MD_CELL_BARE,
		[MD_BOOLEAN] = MD_CELL_BARE,
		[MD_UUID] = MD_CELL_PLAIN,
		[MD_DATE] = MD_CELL_PLAIN,
		[MD_TIMESTAMP] = MD_CELL_PLAIN,
		[MD_TIME] = MD_CELL_PLAIN,
		[MD_ENUM] = MD_CELL_TEXT,
		[MD_JSON] = MD_CELL_BARE,
		[MD_BYTES] = MD_CELL_PLAIN,
	};
	return t.array ? MD_CELL_BARE : (enum md_form)forms[t.base];
}

/* Where to connect. `attach` is for SQLite's federation: files to be reached as schemas named by
 * database id. */
struct md_target {
	struct md_str id;            /* database id, for messages */
	struct md_str url;           /* secret: never in a message */
	const struct md_attach {
		struct md_str id, url;
	} *attach;
	uint32_t n_attach;
	const struct md_setting *session; /* settings of every session, as configured */
	uint32_t n_session;
	int64_t statement_timeout_ms; /* server-side bound for every statement of the session; 0: none */
	const struct md_tls *tls;     /* NULL: as the url says */
	/* Two statements may run in different sessions of the server (PgBouncer), so a statement
	 * must not leave any state in its session. */
	bool transaction;
	/* The database's own row security is in effect too: open refuses a role that bypasses it,
	 * and every statement runs with the context that start receives. */
	bool native;
	/* With native: the database role that statements run as; empty: the role that logs in. */
	struct md_str role;
	/* Settings that statements write, as they write them: open refuses a user that may not set
	 * them. Empty: none. */
	struct md_str written_settings;
};

enum md_started {
	MD_STARTED = 0,
	MD_START_FAILED = -1,
	MD_START_STALE = -2 /* the connection was dead before a byte of reply: retry on a fresh one */
};

/* A column as the catalog of its database describes it, every text in the engine's own spelling. */
struct md_catalog_column {
	struct md_str name;
	struct md_str type;       /* with its modifiers: "numeric(12,2)", "app.task_status[]" */
	struct md_str base;       /* the type below its domains; otherwise as `type` */
	struct md_str collation;  /* empty: none, or the database's own */
	const struct md_str *labels; /* of an enum, in its order */
	uint32_t n_labels;
	bool nullable, generated;
	bool has_equality;        /* two values of the type can be compared with = */
	bool is_deterministic;    /* texts that differ in a byte are not equal */
};

struct md_catalog_table {
	const struct md_catalog_column *columns;
	uint32_t n_columns;       /* 0: there is no such table */
	bool is_view;
	bool ignores_case;        /* of column names */
	uint32_t name_bytes;      /* of a longer column name, the engine reads so many; 0: all */
	struct md_str engine, engine_full, sorting_key; /* of ClickHouse; empty elsewhere */
	/* why the database's own row security does not guard the rows; empty: it does, or is not in
	 * use */
	struct md_str unguarded;
};

struct md_driver {
	const char *name;
	/* 0 and *conn, or -1: CONNECTION_FAILED (message says what and where, never the password;
	 * the client library's text in err.cause). Session: read only, UTC, UTF-8. Gives up at
	 * cx->deadline_ms. */
	int (*open)(struct md_ctx *cx, const struct md_target *t, void **conn);
	/* Sends the statement with its parameters. context: the settings that the database's own
	 * row security reads, set for this statement alone (target.native). Both arguments must
	 * stay valid until finish. Once a cancel would reach the statement, md_is_cancelled(cx) is
	 * asked for one that came before: it is CANCELLED then. Errors: QUERY_FAILED,
	 * QUERY_TIMEOUT, CONNECTION_FAILED, CANCELLED. */
	enum md_started (*start)(void *conn, struct md_ctx *cx, const struct md_stmt *s, struct md_settings context);
	/* 1: cells[0 … n_outputs-1] hold the next row; 0: there are no more rows; -1: error. An
	 * incomplete reply is an error. */
	int (*next)(void *conn, struct md_ctx *cx, struct md_cell *cells);
	/* Ends the statement, complete or not. True: the connection is clean and can be used again.
	 */
	bool (*finish)(void *conn);
	/* Asks the database to stop the running statement. Can be called from any thread, and does
	 * not block: what takes time happens in a thread of the driver, or in the next call on the
	 * connection. */
	void (*cancel)(void *conn);
	/* What the catalog says of a table, in cx->arena; name: its identifier parts. One
	 * statement, which is cancelled and ends at the deadline as others do. The errors are those
	 * of start and next. NULL: the engine has no catalog that could be read. */
	enum md_started (*read_table)(void *conn, struct md_ctx *cx, const struct md_str *name, uint32_t n_name,
	                              struct md_catalog_table *out);
	/* Has the last statement shown that a table was altered, or failed as it would after that?
	 * NULL: it cannot be known. */
	bool (*doubts_types)(void *conn);
	/* Does the connection still work? */
	bool (*ping)(void *conn, struct md_ctx *cx);
	void (*close)(void *conn); /* does nothing with NULL */
};

#define MD_ENGINE(id, word, dialect, driver, ...) extern const struct md_driver md_driver_##driver;
#include "metadata/engines.def"
#undef MD_ENGINE

#endif
