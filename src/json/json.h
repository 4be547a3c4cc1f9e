/* Reading JSON (RFC 8259), strictly: the text must be UTF-8, without comments, trailing commas or
 * NaN. Duplicate keys are accepted here: the reader of an object decides about them. A number keeps
 * its text, so that no digit is lost in a double. This is the only room that includes the JSON
 * library. A value lives as long as the arena that it was parsed into. */
#ifndef MD_JSON_JSON_H
#define MD_JSON_JSON_H

#include "base/arena.h"
#include "base/buf.h"

struct md_json; /* one value */

/* The numbers are those of the library, so that reading a type needs no table. */
enum md_json_type { MD_JSON_NUMBER = 1, MD_JSON_NULL, MD_JSON_BOOL, MD_JSON_STRING = 5, MD_JSON_ARRAY, MD_JSON_OBJECT };

struct md_json_error {
	const char *message;  /* lower case */
	size_t byte, line, column; /* of the first wrong byte; line and column count from 1, columns are bytes */
};

/* 0 and *root, or -1 and *error; an error without a message means out of memory. The text is
 * copied: the caller may free it. */
int md_json_parse(struct md_arena *a, struct md_str text, const struct md_json **root, struct md_json_error *error);

enum md_json_type md_json_type(const struct md_json *v);
const char *md_json_type_name(const struct md_json *v); /* "a string", "null", … for messages */
enum md_json_type md_json_read_text(const struct md_json *v, struct md_str *text); /* md_json_type, and md_json_text */
struct md_str md_json_text(const struct md_json *v);    /* a string's contents or a number's text; empty otherwise */
/* A string's contents. False: it is none, and *out stays as it is. */
bool md_json_string(const struct md_json *v, struct md_str *out);
bool md_json_is_true(const struct md_json *v);             /* a boolean's value */
size_t md_json_size(const struct md_json *v);           /* elements or members; 0 for scalars */
bool md_json_uint(const struct md_json *v, uint64_t *out); /* a non-negative integral number (1.0 too) that fits */

struct md_json_iter {
	const struct md_json *at;
	size_t left;
	bool object;
};
/* Iterates over an array's elements or an object's members in the order of the text. A scalar has
 * none. */
void md_json_iter(struct md_json_iter *it, const struct md_json *v);
const struct md_json *md_json_next(struct md_json_iter *it, struct md_str *key); /* NULL at the end; key may be NULL */

/* the first of that name; NULL when absent; linear */
const struct md_json *md_json_get(const struct md_json *object, const char *key);

/* Are arrays and objects nested deeper than max? A scalar has depth 0. Iterative, O(values). */
bool md_json_deeper_than(const struct md_json *v, size_t max);

/* The value in an error message: a scalar's text, cut after 60 bytes, or "an array with 2
 * elements". Lives in the arena. */
struct md_str md_json_show(struct md_arena *a, const struct md_json *v);

struct md_json_change {
	const struct md_json *from, *to;
	const struct md_json *copy; /* set: the copy of `to` */
};
/* A copy of the value with `to` in place of each `from`. The changes are in the order of the text,
 * and none lies within another. Texts are shared with the originals. NULL: out of memory. */
const struct md_json *md_json_replace(struct md_arena *a, const struct md_json *v, struct md_json_change *changes,
                                      size_t n);

/* Is `part` the value itself, or a value inside it? Both are of one text or copy. */
bool md_json_contains(const struct md_json *v, const struct md_json *part);

/* Appends the value as compact JSON. */
void md_json_dump(struct md_buf *b, const struct md_json *v);

#endif
