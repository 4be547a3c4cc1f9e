/* The part of the caller's context that goes with a statement to the database's own row security
 * (nativeContext). Accepts texts, numbers, booleans and lists of them; refuses objects, lists in
 * lists, nulls in lists, keys given twice and NUL characters (INVALID_CONTEXT: a database would
 * take them for something else). Promises: every configured setting is set, so that none is left
 * over from another caller; a value that is missing or null is an empty setting, which policies
 * written as docs/row-security.md says take for "no rows", and the debug log tells. */
#include "engine/native.h"

#include "access/access.h"
#include "drivers/value/cells.h"
#include "trace/trace.h"

/* The name of the setting is the database's own: a remote caller reads this message. */
static int refuse_context_value(struct md_ctx *cx, const struct md_native_setting *s, enum md_code code,
                                const char *what)
{
	struct md_at up = { .key = MD_STR("contextValues") };
	md_report(cx, code, MD_AT_KEY(&up, s->context_key), NULL,
	          "context value '%.*s' %s: a setting of the database is made of it", MD_FMT(s->context_key), what);
	return md_fail_if_problems(cx, MD_VALIDATION_FAILED);
}

/* The text of a scalar; .p NULL: it is none, or no database could hold it. */
static struct md_str scalar_text(const struct md_json *v)
{
	struct md_str text;
	switch (md_json_type(v)) {
	case MD_JSON_STRING:
		text = md_json_text(v);
		if (text.n && memchr(text.p, '\0', text.n))
			return MD_NOSTR;
		return text.n ? text : MD_STR("");
	case MD_JSON_NUMBER:
		return md_json_text(v);
	case MD_JSON_BOOL:
		return md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
	default:
		return MD_NOSTR;
	}
}

/* A list as the database writes arrays, so that policies need but a cast. */
static int spell_list(struct md_ctx *cx, const struct md_str *items, size_t n, struct md_str *out)
{
	struct md_buf b = { .arena = cx->arena };
	struct md_value list = { .type = { MD_STRING, true }, .list = { items, n } };
	md_list_pg(&b, &list);
	*out = md_buf_view(&b);
	return b.failed ? md_out_of_memory(cx) : 0;
}

static int spell_list_value(struct md_ctx *cx, const struct md_native_setting *s, const struct md_json *v,
                            struct md_str *out)
{
	size_t n = md_json_size(v), i = 0;
	if (n > (uint64_t)cx->meta->limits.in_list)
		return refuse_context_value(cx, s, MD_LIMIT_EXCEEDED, "has more elements than limits.inList");
	struct md_str *items = md_alloc(cx->arena, n * sizeof *items);
	struct md_json_iter it;
	if (!items)
		return md_out_of_memory(cx);
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL)); i++) {
		items[i] = scalar_text(e);
		if (!items[i].p)
			return refuse_context_value(cx, s, MD_INVALID_CONTEXT,
			                            "has an element that is not a text, a number or a boolean");
	}
	return spell_list(cx, items, n, out);
}

/* The member named key, NULL where there is none; -1 where it is there twice. */
static int find_context_value(const struct md_json *values, struct md_str key, const struct md_json **out)
{
	struct md_json_iter it;
	struct md_str k;
	*out = NULL;
	if (!values || md_json_type(values) != MD_JSON_OBJECT)
		return 0;
	md_json_iter(&it, values);
	for (const struct md_json *v; (v = md_json_next(&it, &k));) {
		if (!md_str_eq(k, key))
			continue;
		if (*out)
			return -1;
		*out = v;
	}
	return 0;
}

static int setting_from_value(struct md_ctx *cx, const struct md_native_setting *s, struct md_str *out)
{
	const struct md_json *v;
	if (find_context_value(cx->access->values, s->context_key, &v))
		return refuse_context_value(cx, s, MD_INVALID_CONTEXT, "is given twice");
	if (!v || md_json_type(v) == MD_JSON_NULL)
		return 0;
	if (md_json_type(v) == MD_JSON_ARRAY)
		return spell_list_value(cx, s, v, out);
	struct md_str text = scalar_text(v);
	if (!text.p)
		return refuse_context_value(cx, s, MD_INVALID_CONTEXT, "is an object, or holds a NUL character");
	*out = text;
	return 0;
}

static int setting_from_roles(struct md_ctx *cx, struct md_str scope, struct md_str *out)
{
	const struct md_access *a = cx->access;
	for (uint32_t i = 0; i < a->n_scopes; i++) {
		if (!md_str_eq(a->scopes[i].name, scope))
			continue;
		struct md_str *ids = md_new_n(cx->arena, struct md_str, a->scopes[i].n);
		for (uint32_t r = 0; ids && r < a->scopes[i].n; r++)
			ids[r] = a->scopes[i].roles[r]->id;
		return ids ? spell_list(cx, ids, a->scopes[i].n, out) : md_out_of_memory(cx);
	}
	return 0;
}

static int make_setting(struct md_ctx *cx, const struct md_native_setting *s, struct md_str *out)
{
	switch (s->source) {
	case MD_NATIVE_USER_ROLES:
		return setting_from_roles(cx, MD_STR("user"), out);
	case MD_NATIVE_SERVICE_ROLES:
		return setting_from_roles(cx, MD_STR("service"), out);
	default:
		return setting_from_value(cx, s, out);
	}
}

static void log_setting(struct md_ctx *cx, const struct md_database *d, const struct md_setting *s)
{
	struct md_value *v = s->value.n ? md_alloc(cx->arena, sizeof *v) : NULL;
	if (s->value.n == 0)
		md_ev2(cx, MD_EV_NATIVE_EMPTY, MD_S(d->id), MD_S(s->name));
	else if (v) {
		*v = (struct md_value){ .text = s->value };
		md_ev3(cx, MD_EV_NATIVE, MD_S(d->id), MD_S(s->name), MD_V(v));
	}
}

int md_native_context(struct md_ctx *cx, const struct md_database *d, struct md_settings *out)
{
	const struct md_native *n = d->connection.native;
	*out = MD_NO_SETTINGS;
	if (!n || !n->n_settings)
		return 0;
	struct md_setting *to = md_new_n(cx->arena, struct md_setting, n->n_settings);
	if (!to)
		return md_out_of_memory(cx);
	for (uint32_t i = 0; i < n->n_settings; i++) {
		const struct md_native_setting *s = &n->settings[i];
		to[i] = (struct md_setting){ s->name, MD_STR("") };
		if (make_setting(cx, s, &to[i].value))
			return -1;
		log_setting(cx, d, &to[i]);
	}
	*out = (struct md_settings){ to, n->n_settings };
	return 0;
}
