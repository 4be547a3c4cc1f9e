/* The one error record. A function with an md_ctx that returns -1 (or NULL, where its header says
 * so) has filled the record. A function that gets an arena alone fails only when out of memory; its
 * caller records the failure (md_out_of_memory). Code, HTTP status, class and title of an error
 * come from errors.def alone. */
#ifndef MD_BASE_ERR_H
#define MD_BASE_ERR_H

#include "base/vec.h"

enum md_code {
	MD_OK,
#define MD_ERROR(number, code, status, class, title) MD_##code = (number),
#include "base/errors.def"
#undef MD_ERROR
};

/* The codes are numbered from 1 without a gap: their count is also the highest number. */
enum {
	MD_COUNTED_OK,
#define MD_ERROR(number, code, status, class, title) MD_COUNTED_##code,
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

/* What a user can do about an error: hints.def. */
enum md_hint {
	MD_HINT_NONE,
#define MD_HINT(id, text) MD_HINT_##id,
#include "base/hints.def"
#undef MD_HINT
	MD_HINTS
};
struct md_str md_hint_text(enum md_hint h);  /* .p NULL: none */
enum md_hint md_code_hint(enum md_code c);    /* of a code whose causes all have the same remedy */

/* Named details of a problem or an error. Each is a member here and, where it applies (.p is not
 * NULL), a member of the JSON object that reports it. X(member, JSON name). */
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

/* All details by number, in the order of the list. */
enum { MD_DETAIL_COUNT = sizeof(struct md_details) / sizeof(struct md_str) };
extern const char *const md_detail_name[MD_DETAIL_COUNT]; /* the JSON names */
struct md_str md_detail(const struct md_details *d, unsigned i);
struct md_details md_details_dup(struct md_arena *a, const struct md_details *d);

/* A place in the JSON input, as a chain towards the root. It becomes a JSON Pointer (RFC 6901) only
 * when it is reported. Part of every parsed node; the root is NULL. key.p set: a member, otherwise
 * the array element `index`. */
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
	/* The text of a database or of the system: shown on the command line and in logs, never to
	 * a remote caller. */
	struct md_str cause;
	struct md_details details;
	int64_t timeout_ms;    /* for QUERY_TIMEOUT, else 0 */
	/* QUERY_FAILED: the statement's parameter whose value the database refused before it read a
	 * row: its number, 0: none, or not known. What the value is made of (base/value.h). */
	struct {
		uint32_t parameter, place;
		uint8_t origin;
	} unfit;
	struct {               /* planner errors: what no strategy reaches; empty elsewhere */
		const struct md_str *tables, *databases; /* apiNames, ids */
		uint32_t n_tables, n_databases;
		struct md_str required_freshness, available_lag; /* set when no copy is fresh enough */
	} reach;
	MD_VEC(struct md_problem) problems; /* the first MD_MOST_PROBLEMS */
	uint32_t more_problems;             /* so many were found beside these */
};

/* A document of any size is answered with a list of this size, and a count of the others. */
enum { MD_MOST_PROBLEMS = 100 };

static inline uint32_t md_problem_count(const struct md_error *e)
{
	return e->problems.n + e->more_problems;
}

/* What a user can do about the error: of the record, or of its code; .p NULL: nothing is known. */
struct md_str md_error_hint(const struct md_error *e);
/* Does it report problems, and not one failure? */
bool md_error_has_problems(const struct md_error *e);

struct md_ctx;

/* Adds a problem of a query or a configuration; the stage goes on. No other function makes
 * problems. `details` names what applies beside the message (MD_DETAILS(.table = …, .expected = …),
 * or NULL). The texts in it are copied: every text of a problem is NUL-terminated. `at` and
 * `details` may be on the caller's stack. The message is printf-formatted. */
void md_report(struct md_ctx *cx, enum md_code code, const struct md_at *at, const struct md_details *details,
               const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The end of a message about a wrong name: ", did you mean 'x'". "" where no name is near. */
const char *md_did_you_mean(struct md_arena *a, struct md_str near);

/* The words that a value may be, for a message: "first, second or third". */
const char *md_list_words(struct md_arena *a, const char *const *words, size_t n);

/* Fills the record with one error and returns -1. An earlier error stays. */
int md_fail(struct md_ctx *cx, enum md_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As md_fail, with what applies beside the message (or NULL) and the text of the database or system
 * (or MD_NOSTR). These texts are copied: they may belong to a connection that is closed before the
 * record is read. */
int md_fail_with(struct md_ctx *cx, enum md_code code, const struct md_details *details, struct md_str cause,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* An allocation failed. Replaces the error in the record, which is incomplete then. Allocates
 * nothing. Returns -1. */
int md_out_of_memory(struct md_ctx *cx);

/* The end of a stage that goes on after a failed allocation: 0, or md_out_of_memory when an
 * allocation has failed since the arena's reset. */
int md_check_memory(struct md_ctx *cx);

/* Where the list of problems is full: counts one more, for code that would take long to describe
 * it. False: the list has room, and nothing was counted. */
bool md_count_unlisted_problem(struct md_error *e);

/* The end of a failed stage whose inner functions fail when out of memory, or with an error in the
 * record: fills the record in both cases. Returns -1. */
int md_stage_failed(struct md_ctx *cx);

/* The end of a stage that gathers problems: 0 when there is neither a problem nor an error,
 * otherwise -1. When there are problems alone, the record gets `code` and the message "…: N
 * errors". */
int md_fail_if_problems(struct md_ctx *cx, enum md_code code);

#endif
