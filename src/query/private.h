/* Shared within the query room: a table-driven reader of JSON objects, for the files that read
 * the parts of a definition. An object kind is a table of members; a member is a name and the
 * function that reads its value into the node. */
#ifndef MD_QUERY_PRIVATE_H
#define MD_QUERY_PRIVATE_H

#include "query/foreign_words.h"
#include "query/query.h"

struct md_parse {
	struct md_ctx *cx;
	struct md_query *q;
	uint32_t nodes;     /* filter nodes so far, of the whole definition */
	uint32_t columns;   /* columns named so far, likewise */
	bool no_columns;    /* the definition's own `columns` is [] */
	bool is_in_having;  /* the filter nodes being read are those of having */
	bool nodes_over, columns_over, depth_over, exists_over; /* the limit is reported already: once is enough */
	uint32_t depth;     /* JSON depth of the filter node being read; the definition itself is at 1 */
	uint32_t exists_depth; /* exists nodes around it */
};

/* Reads `v`, the value of the member at `at`, into node. `at` is on the stack: keep it
 * (md_parse_keep) where a node points to it. */
typedef void md_read_fn(struct md_parse *p, void *node, const struct md_json *v, const struct md_at *at);

struct md_member {
	const char *name;
	size_t n;
	md_read_fn *read;
};
#define MD_MEMBER(name_, read_) { (name_), sizeof(name_) - 1, (read_) }

#define MD_KEYS_UNKNOWN (1u << 31)

/* The members of one kind of object: at most 31. */
struct md_members {
	const struct md_member *list;
	size_t n;
	enum md_word_place place; /* for hints about unknown keys */
	uint32_t listed;          /* bits of the members that the report of an unknown key lists */
};
#define MD_MEMBERS(list_, place_) \
	(&(const struct md_members){ (list_), sizeof(list_) / sizeof *(list_), (place_), ~0u })

/* Calls the reader of each member once. Reports unknown keys (with the keys that are allowed, a
 * suggestion where one is near, and a hint where the key is another language's) and repeated
 * ones. Returns a bit per member that was given, and MD_KEYS_UNKNOWN when there was a key that
 * is none of them. */
uint32_t md_parse_object(struct md_parse *p, const struct md_members *members, void *node, const struct md_json *v,
                         const struct md_at *at);
/* The names of those members whose bits are set, as a list for people: "column, operator,
 * value". */
struct md_str md_parse_member_names(struct md_parse *p, const struct md_members *members, uint32_t bits);

/* What a number may be that counts rows or milliseconds. */
#define MD_FROM_ZERO "a whole number from 0 to 9223372036854775807"
#define MD_FROM_ONE "a whole number from 1 to 9223372036854775807"

/* "invalid limit: expected a whole number from 0 to 9223372036854775807, got -1", with expected and
 * actual */
void md_parse_wrong(struct md_parse *p, enum md_code code, const struct md_at *at, const char *expected,
                    const struct md_json *v);
/* The same with details of the caller's beside those two, which are set here. */
void md_parse_wrong_with(struct md_parse *p, enum md_code code, const struct md_at *at, const char *expected,
                         const struct md_json *v, const struct md_details *more);
void md_parse_missing(struct md_parse *p, enum md_code code, const struct md_at *parent, const char *key,
                      const char *expected);
void md_parse_over(struct md_parse *p, const struct md_at *at, const char *limit, int64_t most, uint64_t actual);

const struct md_at *md_parse_keep(struct md_parse *p, const struct md_at *at); /* in the arena; NULL: out of memory */

/* Each reports `code` and returns false when v is something else. */
bool md_parse_string(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                     struct md_str *out);
bool md_parse_bool(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at, bool *out);
/* The index of a word in a list of at most 8. */
bool md_parse_word(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                   const char *const *words, unsigned n, unsigned *out);
/* Its two halves, for those who have details to add: is v one of the words, and the report that
 * it is none (with a suggestion where one is near). */
bool md_parse_find_word(const struct md_json *v, const char *const *words, unsigned n, unsigned *out);
void md_parse_wrong_word(struct md_parse *p, enum md_code code, const struct md_json *v, const struct md_at *at,
                         const char *const *words, unsigned n, const struct md_details *more);

/* The parts. */
void md_parse_filters(struct md_parse *p, struct md_filters *out, const struct md_json *v, const struct md_at *at,
                      uint32_t depth);
md_read_fn md_parse_exists_flag, md_parse_exists_via, md_parse_exists_parent, md_parse_exists_reverse,
	md_parse_exists_filters, md_parse_exists_count; /* each reads a key of an exists node into a struct md_filter */
void md_parse_exists_end(struct md_parse *p, struct md_filter *f); /* all keys are read and it is an exists node */
void md_parse_joins(struct md_parse *p, const struct md_json *v, const struct md_at *at);
bool md_parse_columns(struct md_parse *p, const struct md_json *v, const struct md_at *at, struct md_named **out,
                      uint32_t *n);
void md_parse_order(struct md_parse *p, const struct md_json *v, const struct md_at *at);
void md_parse_groups(struct md_parse *p, const struct md_json *v, const struct md_at *at);
void md_parse_aggs(struct md_parse *p, const struct md_json *v, const struct md_at *at);
void md_parse_having(struct md_parse *p, const struct md_json *v, const struct md_at *at);
md_read_fn md_parse_page;
void md_parse_ids(struct md_parse *p, const struct md_json *v, const struct md_at *at);

#endif
