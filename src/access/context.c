/* Context values for row filters. Accepts a value of the column's type, or a string that spells one; for `in` a list of such. Refuses
 * a missing value (MISSING_CONTEXT), null, another type, a list where one value is wanted and the other way round, a null in a list (INVALID_CONTEXT), and a
 * list above limits.inList (LIMIT_EXCEEDED), all at /contextValues/KEY and once a key. An empty list is not an error: it matches nothing. */
#include "access/private.h"

#include <inttypes.h>

/* A problem of this key, with what is safe to say: the filter's column may be hidden from the caller, so it isn't named. */
static enum md_found complain(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, enum md_code code, const char *what,
                              struct md_str expected, struct md_str actual)
{
	struct md_at up = { .key = MD_STR("contextValues") };
	md_report(cx, code, MD_AT_KEY(&up, f->context_key), MD_DETAILS(.role = r->id, .expected = expected, .actual = actual),
	          "context value '%.*s' %s: role '%.*s' filters rows by it", MD_FMT(f->context_key), what, MD_FMT(r->id));
	return MD_FOUND_PROBLEM;
}

static struct md_str expected_value(struct md_ctx *cx, const struct md_row_filter *f)
{
	const char *kind = f->op == MD_RLS_IN ? "a list of" : "a value of type";
	return md_str_fmt(cx->arena, "%s %s", kind, md_type_name(f->column->type));
}

static enum md_found wrong(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, const struct md_json *v, const char *what)
{
	return complain(cx, r, f, MD_INVALID_CONTEXT, what, expected_value(cx, f), md_str_z(md_json_type_name(v)));
}

/* The text of a scalar, or NULL text for what can't be a value. */
static struct md_str scalar_text(const struct md_json *v)
{
	switch (md_json_type(v)) {
	case MD_JSON_STRING:
	case MD_JSON_NUMBER:
		return md_json_text(v);
	case MD_JSON_BOOL:
		return md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
	default:
		return MD_NOSTR;
	}
}

/* One value of the column's type. NULL: fine, otherwise what is wrong with it. */
static const char *scalar(struct md_ctx *cx, const struct md_row_filter *f, const struct md_json *v, struct md_str *out)
{
	enum md_base_type t = (enum md_base_type)f->column->type.base;
	enum md_json_type k = md_json_type(v);
	if (k == MD_JSON_NULL)
		return "is null";
	if (f->column->type.array || k == MD_JSON_OBJECT || k == MD_JSON_ARRAY || (k == MD_JSON_BOOL && t != MD_BOOLEAN))
		return "has the wrong type";
	struct md_str text = scalar_text(v);
	return md_value_parse(cx->arena, t, text, k == MD_JSON_NUMBER, true, out) ? "is not a value of the column's type" : NULL;
}

static enum md_found one(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, const struct md_json *v, struct md_value *out)
{
	if (md_json_type(v) == MD_JSON_ARRAY)
		return wrong(cx, r, f, v, "is a list, expected one value");
	const char *what = scalar(cx, f, v, &out->text);
	out->type = (struct md_type){ .base = f->column->type.base };
	return what ? wrong(cx, r, f, v, what) : MD_FOUND_VALUE;
}

static enum md_found wrong_element(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, const struct md_json *v, size_t i)
{
	const char *what = md_json_type(v) == MD_JSON_NULL ? "null" : "an element of the wrong type";
	struct md_str text = md_str_fmt(cx->arena, "has %s at index %zu", what, i);
	return wrong(cx, r, f, v, text.p ? text.p : "has a wrong element");
}

static enum md_found too_long(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, size_t n)
{
	struct md_str text = md_str_fmt(cx->arena, "has %zu elements, limits.inList is %" PRId64, n, cx->meta->limits.in_list);
	struct md_str expected = md_str_fmt(cx->arena, "at most %" PRId64 " elements", cx->meta->limits.in_list);
	return complain(cx, r, f, MD_LIMIT_EXCEEDED, text.p ? text.p : "is too long", expected, md_str_fmt(cx->arena, "%zu", n));
}

static enum md_found list(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, const struct md_json *v, struct md_value *out)
{
	size_t n = md_json_size(v), i = 0;
	if (md_json_type(v) != MD_JSON_ARRAY)
		return wrong(cx, r, f, v, md_json_type(v) == MD_JSON_NULL ? "is null" : "is not a list");
	if (n > (uint64_t)cx->meta->limits.in_list)
		return too_long(cx, r, f, n);
	struct md_str *items = md_alloc(cx->arena, n * sizeof *items);
	if (!items)
		return MD_FOUND_PROBLEM;
	struct md_json_iter it;
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL)); i++)
		if (scalar(cx, f, e, &items[i]))
			return wrong_element(cx, r, f, e, i);
	out->type = (struct md_type){ .base = f->column->type.base, .array = true };
	out->list.items = items;
	out->list.n = n;
	return n ? MD_FOUND_VALUE : MD_FOUND_NOTHING;
}

/* The member named key; *twice when it is there more than once. */
static const struct md_json *look_up(const struct md_json *values, struct md_str key, bool *twice)
{
	const struct md_json *found = NULL;
	struct md_json_iter it;
	struct md_str k;
	md_json_iter(&it, values);
	for (const struct md_json *v; (v = md_json_next(&it, &k));) {
		if (!md_str_eq(k, key))
			continue;
		*twice = found != NULL;
		found = v;
		if (*twice)
			break;
	}
	return found;
}

static enum md_found find(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f, struct md_value *out)
{
	const struct md_json *values = cx->access->values;
	bool twice = false;
	if (values && md_json_type(values) != MD_JSON_OBJECT)
		return MD_FOUND_PROBLEM; /* reported when the context was opened */
	const struct md_json *v = values ? look_up(values, f->context_key, &twice) : NULL;
	if (!v)
		return complain(cx, r, f, MD_MISSING_CONTEXT, "is missing", expected_value(cx, f), MD_NOSTR);
	if (twice)
		return wrong(cx, r, f, v, "is given twice");
	return f->op == MD_RLS_IN ? list(cx, r, f, v, out) : one(cx, r, f, v, out);
}

const struct md_wanted *md_context_value(struct md_ctx *cx, struct md_wants *known, const struct md_role *r, const struct md_row_filter *f)
{
	bool as_list = f->op == MD_RLS_IN, reported = false;
	for (const struct md_wanted *w = known->first; w; w = w->next) {
		if (!md_str_eq(w->key, f->context_key))
			continue;
		if (w->type == f->column->type.base && w->array_column == f->column->type.array && w->list == as_list)
			return w;
		reported |= w->found == MD_FOUND_PROBLEM;
	}
	struct md_wanted *w = md_alloc(cx->arena, sizeof *w);
	if (!w)
		return NULL;
	*w = (struct md_wanted){ .key = f->context_key, .type = (enum md_base_type)f->column->type.base,
		                 .array_column = f->column->type.array, .list = as_list, .next = known->first };
	w->found = reported ? MD_FOUND_PROBLEM : find(cx, r, f, &w->value);
	known->first = w;
	return w;
}
