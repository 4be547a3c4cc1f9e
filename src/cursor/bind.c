/* The binding of a cursor: one text of all that it belongs to, as a digest. Promises:
 * definitions that mean the same to a reader of JSON give the same text (order of keys, white
 * space and escapes do not matter), and the ends of its parts are unambiguous. Roles count as a
 * set; all context values count, whether or not a row filter reads them. */
#include "cursor/cursor.h"

#include <stdlib.h>

enum { DEEPEST = 64 };

struct member {
	struct md_str key;
	const struct md_json *value;
};

/* Does the key decide neither which rows come nor in what order? */
static bool is_free_to_change(struct md_str key)
{
	static const char *const keys[] = { "page",        "freshness", "executeMode", "prefer",   "avoid",
		                            "allowFanOut", "debug",     "numbers",     "timeoutMs" };
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
		if (md_str_eqz(key, keys[i]))
			return true;
	return false;
}

static int by_key(const void *a, const void *b)
{
	return md_str_cmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void append_text(struct md_buf *b, struct md_str s)
{
	md_buf_int(b, (int64_t)s.n);
	md_buf_char(b, ':');
	md_buf_str(b, s);
}

static void append_value(struct md_buf *b, const struct md_json *v);

static void append_object(struct md_buf *b, const struct md_json *v, bool definition)
{
	struct member *m = md_alloc(b->arena, md_json_size(v) * sizeof *m);
	struct md_json_iter it;
	size_t n = 0;
	if (!m) {
		b->failed = true;
		return;
	}
	md_json_iter(&it, v);
	for (struct member one; (one.value = md_json_next(&it, &one.key));)
		if (!definition || !is_free_to_change(one.key))
			m[n++] = one;
	qsort(m, n, sizeof *m, by_key);
	md_buf_char(b, '{');
	for (size_t i = 0; i < n; i++) {
		append_text(b, m[i].key);
		append_value(b, m[i].value);
	}
	md_buf_char(b, '}');
}

static void append_array(struct md_buf *b, const struct md_json *v)
{
	struct md_json_iter it;
	md_buf_char(b, '[');
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL));)
		append_value(b, e);
	md_buf_char(b, ']');
}

/* Recurses as deep as the value nests, which append_document bounds. */
static void append_value(struct md_buf *b, const struct md_json *v)
{
	switch (md_json_type(v)) {
	case MD_JSON_OBJECT:
		append_object(b, v, false);
		break;
	case MD_JSON_ARRAY:
		append_array(b, v);
		break;
	case MD_JSON_STRING:
		md_buf_char(b, '"');
		append_text(b, md_json_text(v));
		break;
	case MD_JSON_NUMBER:
		md_buf_char(b, '#');
		append_text(b, md_json_text(v));
		break;
	case MD_JSON_BOOL:
		md_buf_char(b, md_json_is_true(v) ? 't' : 'f');
		break;
	default:
		md_buf_char(b, 'n');
	}
}

/* A value that nests too deep to be walked counts as it is written. */
static void append_document(struct md_buf *b, const struct md_json *v, bool definition)
{
	if (md_json_deeper_than(v, DEEPEST))
		md_json_dump(b, v);
	else if (definition)
		append_object(b, v, true);
	else
		append_value(b, v);
}

/* ---- the caller ---- */

static int by_text(const void *a, const void *b)
{
	return md_str_cmp(*(const struct md_str *)a, *(const struct md_str *)b);
}

static void append_scope(struct md_buf *b, const struct md_scope *s)
{
	struct md_str *ids = md_alloc(b->arena, s->n * sizeof *ids);
	if (!ids) {
		b->failed = true;
		return;
	}
	for (uint32_t i = 0; i < s->n; i++)
		ids[i] = s->roles[i]->id;
	qsort(ids, s->n, sizeof *ids, by_text);
	append_text(b, s->name);
	md_buf_char(b, '(');
	for (uint32_t i = 0; i < s->n; i++)
		append_text(b, ids[i]);
	md_buf_char(b, ')');
}

static void append_caller(struct md_buf *b, const struct md_access *a)
{
	for (uint32_t i = 0; i < a->n_scopes; i++)
		append_scope(b, &a->scopes[i]);
	md_buf_char(b, '|');
	if (a->values)
		append_document(b, a->values, false);
}

/* ---- the metadata that the order is made of: after a reload a cursor may no longer match ---- */

static void append_column(struct md_buf *b, const struct md_column *c)
{
	append_text(b, c->api_name);
	md_buf_fmt(b, "%s,", md_type_name(c->type));
	for (uint32_t i = 0; c->labels && i < c->labels->n; i++)
		append_text(b, c->labels->v[i]);
}

static void append_tables(struct md_buf *b, const struct md_bound *bound)
{
	for (uint32_t i = 0; i < md_bound_row_refs(bound); i++) {
		const struct md_table *t = bound->refs[i].table;
		append_text(b, t->id);
		for (uint32_t k = 0; k < t->n_key; k++)
			append_column(b, t->key[k]);
	}
	for (uint32_t i = 0; i < bound->n_order; i++)
		if (bound->order[i].use.column)
			append_column(b, bound->order[i].use.column);
	for (uint32_t i = 0; (bound->distinct || bound->n_groups) && i < bound->n_outputs; i++)
		if (bound->outputs[i].use.column)
			append_column(b, bound->outputs[i].use.column);
}

int md_cursor_bind(struct md_ctx *cx, const struct md_json *definition, const struct md_bound *bound,
                   unsigned char binding[MD_SEAL_BINDING])
{
	struct md_buf b = { .arena = cx->arena };
	md_buf_lit(&b, "multidb page 1 ");
	append_document(&b, definition, true);
	md_buf_char(&b, '|');
	append_caller(&b, cx->access);
	md_buf_char(&b, '|');
	append_tables(&b, bound);
	return b.failed ? md_out_of_memory(cx) : md_seal_digest(cx, md_buf_view(&b), binding);
}
