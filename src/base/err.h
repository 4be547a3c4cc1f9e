/* The one error record. A stage that fails returns -1 and has filled the record in its md_ctx.
 * Codes, HTTP status, class and title come from errors.def alone. */
#ifndef MD_BASE_ERR_H
#define MD_BASE_ERR_H

#include "base/vec.h"

enum md_code {
	MD_OK,
#define MD_ERROR(code, status, class, title) MD_##code,
#include "base/errors.def"
#undef MD_ERROR
	MD_CODES
};

enum md_class { MD_CLASS_VALIDATION, MD_CLASS_CONFIG, MD_CLASS_REQUEST, MD_CLASS_AUTH, MD_CLASS_PLANNER,
	        MD_CLASS_EXECUTION, MD_CLASS_DEADLINE, MD_CLASS_CONNECTION, MD_CLASS_INTERNAL };

const char *md_code_name(enum md_code c);  /* "UNKNOWN_TABLE" */
int md_code_status(enum md_code c);        /* HTTP status */
enum md_class md_code_class(enum md_code c);
const char *md_code_title(enum md_code c); /* short text for people */

/* Named details of a problem or an error (http.md). */
enum md_field {
	MD_F_TABLE, MD_F_COLUMN, MD_F_ROLE, MD_F_ALIAS, MD_F_OPERATOR, MD_F_REF_COLUMN, MD_F_REF_TABLE, MD_F_FN,
	MD_F_DIRECTION, MD_F_LOGIC, MD_F_EXPECTED, MD_F_ACTUAL, MD_F_SUGGESTION,
	MD_F_DATABASE, MD_F_DIALECT, MD_F_ID, MD_FIELDS
};
extern const char *const md_field_name[MD_FIELDS]; /* "table", "column", … */

/* A place in the JSON input, as a chain towards the root; rendered to a JSON Pointer (RFC 6901) only when reported.
 * Embedded in every parsed node; the root is NULL. key.p set: a member, else array element `index`. */
struct md_at {
	const struct md_at *up;
	struct md_str key;
	uint32_t index;
};
#define MD_AT_KEY(up_, key_) (&(struct md_at){ .up = (up_), .key = (key_) })
#define MD_AT_IDX(up_, i_) (&(struct md_at){ .up = (up_), .index = (uint32_t)(i_) })
struct md_str md_at_pointer(struct md_arena *a, const struct md_at *at);

struct md_problem {
	enum md_code code;
	struct md_str pointer; /* JSON Pointer; "" is the whole document */
	struct md_str message; /* lower case, the problem first, no full stop */
	struct md_str field[MD_FIELDS];
	int filter_index;      /* index of the top-level filter, -1 where that does not apply */
};

struct md_error {
	enum md_code code;     /* MD_OK: none. VALIDATION_FAILED and CONFIG_INVALID carry problems */
	struct md_str message;
	struct md_str from_table;
	struct md_str cause;   /* a database's or system's own text: shown on the command line and in logs, never to a remote caller */
	struct md_str field[MD_FIELDS];
	int64_t timeout_ms;    /* for QUERY_TIMEOUT, else 0 */
	struct {               /* planner errors: what could not be brought together; empty elsewhere */
		const struct md_str *tables, *databases; /* apiNames, ids */
		uint32_t n_tables, n_databases;
		struct md_str required_freshness, available_lag; /* where freshness stood in the way */
	} reach;
	MD_VEC(struct md_problem) problems;
	struct md_problem spare; /* what md_report hands out when memory is out */
};

struct md_ctx;

/* Adds a problem (validation or config: gathered, not fatal by itself) and returns it so that the caller can fill in fields.
 * Never NULL. `at` may be on the caller's stack: it is rendered here. The message is printf-formatted. */
struct md_problem *md_report(struct md_ctx *cx, enum md_code code, const struct md_at *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets the record to one plain error (the first one stays) and returns -1. */
int md_fail(struct md_ctx *cx, enum md_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Ends a gathering stage: 0 when there is no problem; otherwise sets `code` with its "…: N errors" message, returns -1. */
int md_fail_if_problems(struct md_ctx *cx, enum md_code code);

#endif
