/* Context values for row filters. Accepts a value of the column's type, or a string that spells
 * one; for `in` a list of such values. Refuses a missing value (MISSING_CONTEXT), null, a value of
 * another type, a list in place of one value and the other way round, a null in a list
 * (INVALID_CONTEXT), and a list longer than limits.inList (LIMIT_EXCEEDED), all at
 * /contextValues/KEY and once a key. An empty list is no error: it matches no row. Of an enum, `!=`
 * becomes the list of all other labels, so that a row whose text is no label stays hidden. */
#include "access/private.h"

#include <inttypes.h>

/* A problem with this key. The message does not name the filter's column, which may be hidden from
 * the caller. */
static enum md_context_result report_context_problem(struct md_ctx *cx, const struct md_role *r,
                                                     const struct md_row_filter *f, enum md_code code,
                                                     const char *what, struct md_str expected, struct md_str actual)
{
	struct md_at up = { .key = MD_STR("contextValues") };
	md_report(cx, code, MD_AT_KEY(&up, f->context_key),
	          MD_DETAILS(.role = r->id, .expected = expected, .actual = actual),
	          "context value '%.*s' %s: role '%.*s' filters rows by it", MD_FMT(f->context_key), what,
	          MD_FMT(r->id));
	return MD_CONTEXT_PROBLEM;
}

static struct md_str expected_value(struct md_ctx *cx, const struct md_row_filter *f)
{
	const char *kind = f->op == MD_RLS_IN ? "a list of" : "a value of type";
	return md_str_fmt(cx->arena, "%s %s", kind, md_type_name(f->column->type));
}

static enum md_context_result refuse_value(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f,
                                           const struct md_json *v, const char *what)
{
	return report_context_problem(cx, r, f, MD_INVALID_CONTEXT, what, expected_value(cx, f),
	                              md_str_z(md_json_type_name(v)));
}

/* The text of a scalar; .p is NULL for a JSON value of another kind. */
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

/* Parses one value of the column's type. NULL, or what is wrong with it. */
static const char *parse_scalar(struct md_ctx *cx, const struct md_row_filter *f, const struct md_json *v,
                                struct md_str *out)
{
	enum md_base_type t = (enum md_base_type)f->column->type.base;
	enum md_json_type k = md_json_type(v);
	if (k == MD_JSON_NULL)
		return "is null";

	bool is_wrong_bool = k == MD_JSON_BOOL && t != MD_BOOLEAN;
	if (f->column->type.array || k == MD_JSON_OBJECT || k == MD_JSON_ARRAY || is_wrong_bool)
		return "has the wrong type";

	const struct md_labels *labels = f->column->labels;
	if (md_value_parse(cx->arena, t, scalar_text(v), k == MD_JSON_NUMBER, true, out) ||
	    (labels && md_label_place(labels, *out) == MD_NONE))
		return "is not a value of the column's type";
	return NULL;
}

static bool excludes_label(const struct md_row_filter *f)
{
	return f->column->labels && f->op == MD_RLS_NE;
}

static enum md_context_result list_other_labels(struct md_ctx *cx, const struct md_labels *l, struct md_value *v)
{
	uint32_t place = md_label_place(l, v->text);
	struct md_str *items = md_alloc(cx->arena, l->n * sizeof *items);
	if (!items)
		return MD_CONTEXT_PROBLEM;
	v->type.array = true;
	v->list.n = md_labels_without(l, &place, 1, items);
	v->list.items = items;
	return v->list.n ? MD_CONTEXT_VALUE : MD_CONTEXT_NO_ROW;
}

static enum md_context_result parse_one_value(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f,
                                              const struct md_json *v, struct md_value *out)
{
	if (md_json_type(v) == MD_JSON_ARRAY)
		return refuse_value(cx, r, f, v, "is a list, expected one value");
	const char *what = parse_scalar(cx, f, v, &out->text);
	out->type = (struct md_type){ .base = f->column->type.base };
	if (what)
		return refuse_value(cx, r, f, v, what);
	return excludes_label(f) ? list_other_labels(cx, f->column->labels, out) : MD_CONTEXT_VALUE;
}

static enum md_context_result refuse_element(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f,
                                             const struct md_json *v, size_t i)
{
	const char *what = md_json_type(v) == MD_JSON_NULL ? "null" : "an element of the wrong type";
	struct md_str text = md_str_fmt(cx->arena, "has %s at index %zu", what, i);
	return refuse_value(cx, r, f, v, text.p ? text.p : "has a wrong element");
}

static enum md_context_result refuse_long_list(struct md_ctx *cx, const struct md_role *r,
                                               const struct md_row_filter *f, size_t n)
{
	int64_t most = cx->meta->limits.in_list;
	struct md_str text = md_str_fmt(cx->arena, "has %zu elements, limits.inList is %" PRId64, n, most);
	struct md_str expected = md_str_fmt(cx->arena, "at most %" PRId64 " elements", most);
	return report_context_problem(cx, r, f, MD_LIMIT_EXCEEDED, text.p ? text.p : "is too long", expected,
	                              md_str_fmt(cx->arena, "%zu", n));
}

static enum md_context_result parse_list(struct md_ctx *cx, const struct md_role *r, const struct md_row_filter *f,
                                         const struct md_json *v, struct md_value *out)
{
	size_t n = md_json_size(v), i = 0;
	if (md_json_type(v) != MD_JSON_ARRAY)
		return refuse_value(cx, r, f, v, md_json_type(v) == MD_JSON_NULL ? "is null" : "is not a list");
	if (n > (uint64_t)cx->meta->limits.in_list)
		return refuse_long_list(cx, r, f, n);

	struct md_str *items = md_alloc(cx->arena, n * sizeof *items);
	if (!items)
		return MD_CONTEXT_PROBLEM;

	struct md_json_iter it;
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL)); i++)
		if (parse_scalar(cx, f, e, &items[i]))
			return refuse_element(cx, r, f, e, i);

	out->type = (struct md_type){ .base = f->column->type.base, .array = true };
	out->list.items = items;
	out->list.n = n;
	return n ? MD_CONTEXT_VALUE : MD_CONTEXT_NO_ROW;
}

/* The member of that name. *is_twice: it occurs more than once. */
static const struct md_json *find_member(const struct md_json *values, struct md_str key, bool *is_twice)
{
	const struct md_json *found = NULL;
	struct md_json_iter it;
	struct md_str k;
	md_json_iter(&it, values);
	for (const struct md_json *v; (v = md_json_next(&it, &k));) {
		if (!md_str_eq(k, key))
			continue;
		*is_twice = found != NULL;
		found = v;
		if (*is_twice)
			break;
	}
	return found;
}

static enum md_context_result read_context_value(struct md_ctx *cx, const struct md_role *r,
                                                 const struct md_row_filter *f, struct md_value *out)
{
	const struct md_json *values = cx->access->values;
	bool is_twice = false;
	if (values && md_json_type(values) != MD_JSON_OBJECT)
		return MD_CONTEXT_PROBLEM; /* reported when the context was opened */

	const struct md_json *v = values ? find_member(values, f->context_key, &is_twice) : NULL;
	if (!v)
		return report_context_problem(cx, r, f, MD_MISSING_CONTEXT, "is missing", expected_value(cx, f),
		                              MD_NOSTR);
	if (is_twice)
		return refuse_value(cx, r, f, v, "is given twice");
	return f->op == MD_RLS_IN ? parse_list(cx, r, f, v, out) : parse_one_value(cx, r, f, v, out);
}

const struct md_context_value *md_find_context_value(struct md_ctx *cx, struct md_context_values *known,
                                                     const struct md_role *r, const struct md_row_filter *f)
{
	enum md_base_type type = (enum md_base_type)f->column->type.base;
	bool is_array_column = f->column->type.array, is_list = f->op == MD_RLS_IN, is_reported = false;
	const struct md_labels *labels = f->column->labels;
	bool is_excluded = excludes_label(f);
	for (const struct md_context_value *v = known->first; v; v = v->next) {
		if (!md_str_eq(v->key, f->context_key))
			continue;
		if (v->type == type && v->is_array_column == is_array_column && v->is_list == is_list &&
		    v->labels == labels && v->is_excluded == is_excluded)
			return v;
		is_reported |= v->result == MD_CONTEXT_PROBLEM;
	}

	struct md_context_value *v = md_alloc(cx->arena, sizeof *v);
	if (!v)
		return NULL;
	*v = (struct md_context_value){ .number = known->n, .key = f->context_key, .type = type,
		                        .is_array_column = is_array_column, .is_list = is_list,
		                        .labels = labels, .is_excluded = is_excluded, .next = known->first };
	v->value.origin = MD_FROM_CONTEXT;
	v->value.place = known->n++ & MD_LARGEST_PLACE;
	v->result = is_reported ? MD_CONTEXT_PROBLEM : read_context_value(cx, r, f, &v->value);
	known->first = v;
	return v;
}
