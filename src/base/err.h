/* The one error record. A function with an md_ctx that returns -1 (or NULL, where its header says so) has filled the record. A function that
 * is given an arena alone can only fail for want of memory; its caller says so in the record (md_out_of_memory).
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

/* What a person can do about an error: hints.def. */
enum md_hint {
	MD_HINT_NONE,
#define MD_HINT(id, text) MD_HINT_##id,
#include "base/hints.def"
#undef MD_HINT
	MD_HINTS
};
struct md_str md_hint_text(enum md_hint h);  /* .p NULL: none */
enum md_hint md_code_hint(enum md_code c);    /* of a code whose causes all have the same remedy */

/* Named details of a problem or an error: each is a member here and, where it applies (.p is not NULL), a member of the JSON object that
 * reports it. X(member, JSON name). */
#define MD_EACH_DETAIL(X)                                                                               \
	X(table, "table") X(column, "column") X(role, "role") X(alias, "alias") X(operator, "operator") \
	X(ref_column, "refColumn") X(ref_table, "refTable") X(fn, "fn") X(direction, "direction")       \
	X(logic, "logic") X(expected, "expected") X(actual, "actual") X(suggestion, "suggestion")       \
	X(database, "database") X(dialect, "dialect") X(id, "id") X(hint, "hint") \
	X(where, "where")

#define MD_DETAIL_MEMBER(member, name) struct md_str member;
struct md_details {
	MD_EACH_DETAIL(MD_DETAIL_MEMBER)
};
#undef MD_DETAIL_MEMBER
#define MD_DETAILS(...) (&(const struct md_details){ __VA_ARGS__ })

/* For those who write or copy all of them, in the order of the list. */
enum { MD_DETAIL_COUNT = sizeof(struct md_details) / sizeof(struct md_str) };
extern const char *const md_detail_name[MD_DETAIL_COUNT]; /* the JSON names */
struct md_str md_detail(const struct md_details *d, unsigned i);
struct md_details md_details_dup(struct md_arena *a, const struct md_details *d);

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
	struct md_details details;
	int filter_index;      /* index of the top-level filter that the pointer leads into, -1 elsewhere */
};

struct md_error {
	enum md_code code;     /* MD_OK: none. VALIDATION_FAILED and CONFIG_INVALID carry problems */
	struct md_str message;
	struct md_str from_table;
	struct md_str cause;   /* a database's or system's own text: shown on the command line and in logs, never to a remote caller */
	struct md_details details;
	int64_t timeout_ms;    /* for QUERY_TIMEOUT, else 0 */
	struct {               /* planner errors: what could not be brought together; empty elsewhere */
		const struct md_str *tables, *databases; /* apiNames, ids */
		uint32_t n_tables, n_databases;
		struct md_str required_freshness, available_lag; /* where freshness stood in the way */
	} reach;
	MD_VEC(struct md_problem) problems;
};

struct md_ctx;

/* Adds a problem (validation or config: gathered, not fatal by itself). The only maker of problems: what applies beside the message is
 * named in `details` (MD_DETAILS(.table = …, .expected = …), or NULL), whose texts are kept, not copied. `at` and `details` may be on
 * the caller's stack. The message is printf-formatted. */
void md_report(struct md_ctx *cx, enum md_code code, const struct md_at *at, const struct md_details *details, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Sets the record to one plain error (the first one stays) and returns -1. */
int md_fail(struct md_ctx *cx, enum md_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with what applies beside the message (or NULL) and the text of the database or system (or MD_NOSTR). These texts are copied:
 * they may belong to a connection that is closed before anybody reads the record. */
int md_fail_with(struct md_ctx *cx, enum md_code code, const struct md_details *details, struct md_str cause, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* An allocation failed: replaces whatever error the record holds, which is incomplete. Takes no memory. Returns -1. */
int md_out_of_memory(struct md_ctx *cx);

/* The end of a stage that goes on after a failed allocation: 0, or md_out_of_memory when one failed since the arena's reset. */
int md_check_memory(struct md_ctx *cx);

/* The end of a stage whose inner functions fail for want of memory alone, or with an error in the record: -1, with the record filled. */
int md_stage_failed(struct md_ctx *cx);

/* The end of a gathering stage: 0 when there is neither a problem nor an error; otherwise -1, where there is only problems with `code` and
 * its "…: N errors" message. */
int md_fail_if_problems(struct md_ctx *cx, enum md_code code);

#endif
