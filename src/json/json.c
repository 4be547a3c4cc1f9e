/* The reader: yyjson with numbers kept as text and memory from the caller's arena. Accepts RFC 8259
 * alone. Refuses a byte order mark, invalid UTF-8 and anything after the value. */
#include "json/json.h"

#include "json/write.h"

#include <stdlib.h>
#include <yyjson.h>

static yyjson_val *to_yyjson(const struct md_json *v)
{
	return (yyjson_val *)(uintptr_t)v;
}

static const struct md_json *from_yyjson(yyjson_val *v)
{
	return (const struct md_json *)v;
}

static void *allocate_in_arena(void *arena, size_t n)
{
	return md_alloc(arena, n);
}

static void *reallocate_in_arena(void *arena, void *old, size_t old_n, size_t n)
{
	if (n <= old_n)
		return old;
	void *p = md_alloc(arena, n);
	if (p && old_n)
		memcpy(p, old, old_n);
	return p;
}

/* The arena frees everything at once. */
static void free_in_arena(void *arena, void *p)
{
	(void)arena, (void)p;
}

static void set_error_position(struct md_json_error *e, struct md_str text, size_t byte)
{
	e->byte = byte < text.n ? byte : text.n;
	e->line = 1;
	e->column = 1;
	for (size_t i = 0; i < e->byte; i++) {
		e->column++;
		if (text.p[i] == '\n') {
			e->line++;
			e->column = 1;
		}
	}
}

int md_json_parse(struct md_arena *a, struct md_str text, const struct md_json **root, struct md_json_error *error)
{
	yyjson_alc alc = { allocate_in_arena, reallocate_in_arena, free_in_arena, a };
	yyjson_read_err err;
	memset(error, 0, sizeof *error);

	if (text.n == 0) {
		error->message = "the text is empty";
		error->line = error->column = 1;
		return -1;
	}

	yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n, YYJSON_READ_NUMBER_AS_RAW, &alc, &err);
	if (doc) {
		*root = from_yyjson(yyjson_doc_get_root(doc));
		return 0;
	}

	if (err.code != YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
		error->message = err.msg;
		set_error_position(error, text, err.pos);
	}
	return -1;
}

_Static_assert((int)MD_JSON_NUMBER == YYJSON_TYPE_RAW && (int)MD_JSON_NULL == YYJSON_TYPE_NULL &&
                       (int)MD_JSON_BOOL == YYJSON_TYPE_BOOL && (int)MD_JSON_STRING == YYJSON_TYPE_STR &&
                       (int)MD_JSON_ARRAY == YYJSON_TYPE_ARR && (int)MD_JSON_OBJECT == YYJSON_TYPE_OBJ,
               "types are numbered as the library's; numbers are read as raw text");

enum md_json_type md_json_type(const struct md_json *v)
{
	return (enum md_json_type)unsafe_yyjson_get_type(to_yyjson(v));
}

const char *md_json_type_name(const struct md_json *v)
{
	static const char *const names[] = {
		[MD_JSON_NULL] = "null",       [MD_JSON_BOOL] = "a boolean", [MD_JSON_NUMBER] = "a number",
		[MD_JSON_STRING] = "a string", [MD_JSON_ARRAY] = "an array", [MD_JSON_OBJECT] = "an object"
	};
	return names[md_json_type(v)];
}

enum md_json_type md_json_read_text(const struct md_json *v, struct md_str *text)
{
	enum md_json_type t = md_json_type(v);
	*text = MD_NOSTR;
	if (t == MD_JSON_STRING || t == MD_JSON_NUMBER)
		*text = (struct md_str){ unsafe_yyjson_get_str(to_yyjson(v)), unsafe_yyjson_get_len(to_yyjson(v)) };
	return t;
}

struct md_str md_json_text(const struct md_json *v)
{
	struct md_str text;
	md_json_read_text(v, &text);
	return text;
}

bool md_json_string(const struct md_json *v, struct md_str *out)
{
	if (md_json_type(v) != MD_JSON_STRING)
		return false;
	*out = (struct md_str){ unsafe_yyjson_get_str(to_yyjson(v)), unsafe_yyjson_get_len(to_yyjson(v)) };
	return true;
}

bool md_json_is_true(const struct md_json *v)
{
	return yyjson_is_true(to_yyjson(v));
}

size_t md_json_size(const struct md_json *v)
{
	return unsafe_yyjson_is_ctn(to_yyjson(v)) ? unsafe_yyjson_get_len(to_yyjson(v)) : 0;
}

/* Accepts digits and a fraction of zeros alone. An exponent is refused, although 1e3 is an integer:
 * the numbers that are read here are limits and ports, which are never written with an exponent. */
bool md_json_uint(const struct md_json *v, uint64_t *number)
{
	if (md_json_type(v) != MD_JSON_NUMBER)
		return false;

	struct md_str s = md_json_text(v);
	uint64_t n = 0;
	size_t i = 0;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		if (__builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
			return false;
	if (i == 0)
		return false;

	if (i < s.n && s.p[i] == '.')
		for (i++; i < s.n && s.p[i] == '0'; i++)
			;
	*number = n;
	return i == s.n;
}

void md_json_iter(struct md_json_iter *it, const struct md_json *v)
{
	it->left = md_json_size(v);
	it->object = md_json_type(v) == MD_JSON_OBJECT;
	it->at = it->left ? from_yyjson(unsafe_yyjson_get_first(to_yyjson(v))) : NULL;
}

const struct md_json *md_json_next(struct md_json_iter *it, struct md_str *key)
{
	if (it->left == 0)
		return NULL;
	yyjson_val *v = to_yyjson(it->at);
	if (it->object) {
		if (key)
			*key = (struct md_str){ unsafe_yyjson_get_str(v), unsafe_yyjson_get_len(v) };
		v++;
	}
	it->left--;
	it->at = it->left ? from_yyjson(unsafe_yyjson_get_next(v)) : NULL;
	return from_yyjson(v);
}

const struct md_json *md_json_get(const struct md_json *object, const char *key)
{
	struct md_json_iter it;
	struct md_str k;
	md_json_iter(&it, object);
	for (const struct md_json *v; it.object && (v = md_json_next(&it, &k));)
		if (md_str_eqz(k, key))
			return v;
	return NULL;
}

enum { MAX_NESTING = 1024 };

bool md_json_deeper_than(const struct md_json *v, size_t max)
{
	struct md_json_iter open[MAX_NESTING];
	size_t depth = 0;
	if (max >= MAX_NESTING)
		max = MAX_NESTING - 1;

	for (;;) {
		if (v && unsafe_yyjson_is_ctn(to_yyjson(v))) {
			if (depth == max)
				return true;
			md_json_iter(&open[depth++], v);
		}
		while (depth && !(v = md_json_next(&open[depth - 1], NULL)))
			depth--;
		if (depth == 0)
			return false;
	}
}

/* A NUL is shown as JSON writes it: the printf that makes a message would stop at it. */
static struct md_str show_string(struct md_arena *a, struct md_str text, const char *more)
{
	struct md_buf b = { .arena = a };
	md_buf_char(&b, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i])
			md_buf_char(&b, text.p[i]);
		else
			md_buf_lit(&b, "\\u0000");
	}
	md_buf_fmt(&b, "%s\"", more);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

struct md_str md_json_show(struct md_arena *a, const struct md_json *v)
{
	struct md_str t = md_json_text(v);
	int n = t.n > 60 ? 60 : (int)t.n;
	while (n > 0 && (size_t)n < t.n && ((unsigned char)t.p[n] & 0xC0) == 0x80)
		n--; /* the text must not end inside a UTF-8 character */
	const char *more = (size_t)n < t.n ? "…" : "";

	switch (md_json_type(v)) {
	case MD_JSON_NULL:
		return MD_STR("null");
	case MD_JSON_BOOL:
		return md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
	case MD_JSON_NUMBER:
		return md_str_fmt(a, "%.*s%s", n, t.p, more);
	case MD_JSON_STRING:
		return show_string(a, (struct md_str){ t.p, (size_t)n }, more);
	default:
		return md_str_fmt(a, "%s with %zu %s", md_json_type_name(v), md_json_size(v),
		                  md_json_type(v) == MD_JSON_ARRAY ? "elements" : "members");
	}
}

/* ---- replacing ---- */

/* A value and all that it holds are adjacent in memory; a container stores its size in bytes. */
static size_t count_values(const struct md_json *v)
{
	const yyjson_val *first = to_yyjson(v);
	return (size_t)(unsafe_yyjson_get_next(to_yyjson(v)) - first);
}

static size_t growth_of(const struct md_json_change *c)
{
	return count_values(c->to) - count_values(c->from); /* modulo SIZE_MAX + 1 */
}

/* By how many values does the container grow? `left`: the changes at its start and behind it. */
static size_t growth_within(const yyjson_val *container, const struct md_json_change *left,
                            const struct md_json_change *end)
{
	const struct md_json *behind = from_yyjson(unsafe_yyjson_get_next((yyjson_val *)(uintptr_t)container));
	size_t growth = 0;
	for (; left < end && left->from < behind; left++)
		growth += growth_of(left);
	return growth;
}

bool md_json_contains(const struct md_json *v, const struct md_json *part)
{
	return (uintptr_t)part >= (uintptr_t)v &&
	       (uintptr_t)part < (uintptr_t)unsafe_yyjson_get_next(to_yyjson(v));
}

const struct md_json *md_json_replace(struct md_arena *a, const struct md_json *v, struct md_json_change *changes,
                                      size_t n)
{
	struct md_json_change *next = changes, *end = changes + n;
	const yyjson_val *from = to_yyjson(v), *behind = from + count_values(v);
	size_t room = count_values(v);
	for (size_t i = 0; i < n; i++)
		room += growth_of(&changes[i]);
	yyjson_val *copy = md_alloc(a, room * sizeof *copy), *to = copy;
	while (copy && from < behind) {
		if (next < end && to_yyjson(next->from) == from) {
			size_t values = count_values(next->to);
			next->copy = from_yyjson(to);
			memcpy(to, to_yyjson(next->to), values * sizeof *to);
			to += values;
			from += count_values(next++->from);
			continue;
		}
		*to = *from;
		if (unsafe_yyjson_is_ctn(to))
			to->uni.ofs += growth_within(from, next, end) * sizeof *to;
		to++;
		from++;
	}
	return from_yyjson(copy);
}

static void write_scalar(struct md_jw *w, const struct md_json *v)
{
	switch (md_json_type(v)) {
	case MD_JSON_BOOL:
		md_jw_bool(w, md_json_is_true(v));
		return;
	case MD_JSON_NUMBER:
		md_jw_raw(w, md_json_text(v));
		return;
	case MD_JSON_STRING:
		md_jw_str(w, md_json_text(v));
		return;
	default:
		md_jw_null(w);
	}
}

/* Iterative, like the depth check, so that deeply nested input cannot exhaust the C stack. Values
 * below MAX_NESTING levels are written as null. */
void md_json_dump(struct md_buf *b, const struct md_json *v)
{
	struct md_json_iter open[MAX_NESTING];
	struct md_jw w = { .b = b };
	size_t depth = 0;

	for (;;) {
		if (unsafe_yyjson_is_ctn(to_yyjson(v)) && depth < MAX_NESTING) {
			md_json_iter(&open[depth], v);
			open[depth].object ? md_jw_obj(&w) : md_jw_arr(&w);
			depth++;
		} else {
			write_scalar(&w, v);
		}

		struct md_str key = MD_NOSTR;
		while (depth && !(v = md_json_next(&open[depth - 1], &key))) {
			depth--;
			open[depth].object ? md_jw_obj_end(&w) : md_jw_arr_end(&w);
		}
		if (depth == 0)
			return;
		if (open[depth - 1].object)
			md_jw_key(&w, key);
	}
}
