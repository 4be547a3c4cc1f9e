/* Reading JSON (RFC 8259), strictly: UTF-8 checked, no comments, no trailing commas, no NaN, duplicate keys are the reader's
 * affair (md_json_dup finds them). Numbers keep their text: nothing passes through a double.
 * The only room that includes the JSON library; values point into the arena that parsed them. */
#ifndef MD_JSON_JSON_H
#define MD_JSON_JSON_H

#include "base/arena.h"

struct md_json; /* one value */

/* Numbered as the library numbers them, scalars before arrays and objects: a type is read without a table. */
enum md_json_type { MD_JSON_NUMBER = 1, MD_JSON_NULL, MD_JSON_BOOL, MD_JSON_STRING = 5, MD_JSON_ARRAY, MD_JSON_OBJECT };

struct md_json_error {
	const char *message;  /* lower case */
	size_t byte, line, column; /* of the first wrong byte; line and column count from 1, column in bytes */
};

/* 0 and *root, or -1: error.message NULL means memory is out. The input is copied: the caller may free it. */
int md_json_parse(struct md_arena *a, struct md_str text, const struct md_json **root, struct md_json_error *error);

enum md_json_type md_json_type(const struct md_json *v);
const char *md_json_type_name(const struct md_json *v); /* "a string", "null", … for messages */
struct md_str md_json_text(const struct md_json *v);    /* a string's contents or a number's text; empty otherwise */
bool md_json_true(const struct md_json *v);             /* a boolean's value */
size_t md_json_size(const struct md_json *v);           /* elements or members; 0 for scalars */
bool md_json_uint(const struct md_json *v, uint64_t *out); /* a non-negative integral number (1.0 too) that fits */

struct md_json_iter {
	const struct md_json *at;
	size_t left;
	bool object;
};
/* Over an array's elements or an object's members in order of the text; nothing for scalars. */
void md_json_iter(struct md_json_iter *it, const struct md_json *v);
const struct md_json *md_json_next(struct md_json_iter *it, struct md_str *key); /* NULL at the end; key may be NULL */

const struct md_json *md_json_get(const struct md_json *object, const char *key); /* linear; NULL when absent */

/* Nesting of arrays and objects deeper than max? Iterative; O(values). Scalars have depth 0. */
bool md_json_deeper_than(const struct md_json *v, size_t max);

/* A short text of the value for error messages ("a string", "42", "[…]"), at most 80 bytes, in the arena. */
struct md_str md_json_show(struct md_arena *a, const struct md_json *v);

/* The value as compact JSON text. */
#include "base/buf.h"
void md_json_dump(struct md_buf *b, const struct md_json *v);

#endif
