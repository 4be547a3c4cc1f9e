/* From the caller's context to the roles in effect. Accepts {role, contextValues} and {roles:
 * {user, service}, contextValues}. Refuses both forms at once, other scopes, other keys, repeated
 * keys, roles that do not exist, and a caller without any role unless policy.anonymous is "all".
 * Promises: when it returns 0, every scope in cx->access has at least one role. */
#include "access/private.h"
#include "trace/trace.h"

static const struct md_str scope_names[2] = { { "user", 4 }, { "service", 7 } };

/* The context's members. */
struct context_parts {
	const struct md_json *role;    /* the short form of one role in the first scope */
	const struct md_json *roles;
	const struct md_json *list[2]; /* a scope's list of roles */
	const struct md_json *values;
	bool has_unknown_key;          /* which is reported */
};

static void report_unknown_key(struct md_ctx *cx, struct md_str key)
{
	static const struct md_str known[] = { { "role", 4 }, { "roles", 5 }, { "contextValues", 13 } };
	struct md_str near = md_str_nearest(key, known, 3);
	md_report(cx, MD_UNKNOWN_KEY, MD_AT_KEY(NULL, key),
	          MD_DETAILS(.expected = MD_STR("role, roles, contextValues"), .actual = key, .suggestion = near),
	          "unknown key '%.*s' in the context%s", MD_FMT(key), md_did_you_mean(cx->arena, near));
}

/* -1: the key occurs twice, which is reported. */
static int keep_member(struct md_ctx *cx, const struct md_json **slot, const struct md_json *v, const struct md_at *up,
                       struct md_str key)
{
	if (*slot) {
		md_report(cx, MD_INVALID_CONTEXT, MD_AT_KEY(up, key), NULL, "key '%.*s' is given twice", MD_FMT(key));
		return -1;
	}
	*slot = v;
	return 0;
}

static int read_context(struct md_ctx *cx, const struct md_json *context, struct context_parts *out)
{
	struct md_json_iter it;
	struct md_str key;
	int rc = 0;
	md_json_iter(&it, context);
	for (const struct md_json *v; (v = md_json_next(&it, &key));) {
		if (md_str_eq(key, MD_STR("role"))) {
			rc |= keep_member(cx, &out->role, v, NULL, key);
		} else if (md_str_eq(key, MD_STR("contextValues"))) {
			rc |= keep_member(cx, &out->values, v, NULL, key);
		} else if (md_str_eq(key, MD_STR("roles"))) {
			rc |= keep_member(cx, &out->roles, v, NULL, key);
		} else {
			report_unknown_key(cx, key);
			out->has_unknown_key = true;
		}
	}
	return rc;
}

static int report_wrong_type(struct md_ctx *cx, const struct md_at *at, const char *what, const char *expected,
                             const struct md_json *v)
{
	const char *actual = md_json_type_name(v);
	md_report(cx, MD_INVALID_CONTEXT, at, MD_DETAILS(.expected = md_str_z(expected), .actual = md_str_z(actual)),
	          "%s is not %s: got %s", what, expected, actual);
	return -1;
}

static int report_unknown_scope(struct md_ctx *cx, const struct md_at *at)
{
	struct md_str near = md_str_nearest(at->key, scope_names, 2);
	md_report(cx, MD_INVALID_CONTEXT, at, MD_DETAILS(.expected = MD_STR("user or service"), .suggestion = near),
	          "unknown scope '%.*s': expected user or service", MD_FMT(at->key));
	return -1;
}

/* 0 or 1; -1: there is no scope of that name. */
static int find_scope(struct md_str name)
{
	for (int i = 0; i < 2; i++)
		if (md_str_eq(name, scope_names[i]))
			return i;
	return -1;
}

static int read_scopes(struct md_ctx *cx, struct context_parts *p)
{
	struct md_at up = { .key = MD_STR("roles") };
	struct md_json_iter it;
	struct md_str key;
	int rc = 0;
	if (md_json_type(p->roles) != MD_JSON_OBJECT)
		return report_wrong_type(cx, &up, "'roles'", "an object of scopes", p->roles);

	md_json_iter(&it, p->roles);
	for (const struct md_json *v; (v = md_json_next(&it, &key));) {
		const struct md_at *at = MD_AT_KEY(&up, key);
		int scope = find_scope(key);
		if (scope < 0)
			rc |= report_unknown_scope(cx, at);
		else if (md_json_type(v) != MD_JSON_ARRAY)
			rc |= report_wrong_type(cx, at, "the scope", "an array of role ids", v);
		else
			rc |= keep_member(cx, &p->list[scope], v, &up, key);
	}
	return rc;
}

/* Adds the role that v names to the scope. */
static int add_role(struct md_ctx *cx, struct md_scope *s, const struct md_role **list, const struct md_json *v,
                    const struct md_at *at)
{
	if (md_json_type(v) != MD_JSON_STRING)
		return report_wrong_type(cx, at, "the role", "a string", v);

	struct md_str id = md_json_text(v);
	const struct md_role *r = md_role_find(cx->meta, id);
	if (!r) {
		md_report(cx, MD_UNKNOWN_ROLE, at, MD_DETAILS(.role = id), "unknown role '%.*s'", MD_FMT(id));
		return -1;
	}

	for (uint32_t i = 0; i < s->n; i++)
		if (list[i] == r)
			return 0;
	list[s->n++] = r;
	return 0;
}

static int fill_scope(struct md_ctx *cx, struct md_scope *s, const struct md_json *ids, const struct md_at *at)
{
	size_t n = md_json_size(ids);
	if (n == 0) {
		md_report(cx, MD_ACCESS_DENIED, at, NULL, "the list of roles is empty, which allows nothing");
		return -1;
	}

	const struct md_role **list = md_alloc(cx->arena, n * sizeof *list);
	if (!list)
		return md_out_of_memory(cx);

	struct md_json_iter it;
	uint32_t i = 0;
	int rc = 0;
	md_json_iter(&it, ids);
	s->roles = list;
	for (const struct md_json *v; (v = md_json_next(&it, NULL)); i++)
		rc |= add_role(cx, s, list, v, MD_AT_IDX(at, i));
	return rc;
}

static int fill_scopes(struct md_ctx *cx, const struct context_parts *p, struct md_access *a)
{
	struct md_at roles = { .key = MD_STR("roles") };
	int rc = 0;
	if (p->role) {
		const struct md_role **list = md_alloc(cx->arena, sizeof *list);
		a->scopes[0] = (struct md_scope){ .name = scope_names[0], .roles = list };
		a->n_scopes = 1;
		if (!list)
			return md_out_of_memory(cx);
		return add_role(cx, &a->scopes[0], list, p->role, MD_AT_KEY(NULL, MD_STR("role")));
	}

	for (int i = 0; i < 2; i++) {
		if (!p->list[i])
			continue;
		struct md_scope *s = &a->scopes[a->n_scopes++];
		s->name = scope_names[i];
		rc |= fill_scope(cx, s, p->list[i], MD_AT_KEY(&roles, scope_names[i]));
	}
	return rc;
}

/* Copies s to *at and moves *at behind it. */
static void append_to_label(char **at, struct md_str s)
{
	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
}

/* "role 'x'" or "roles [a, b]" */
static int make_label(struct md_ctx *cx, struct md_access *a)
{
	size_t n = 16; /* of the words around the ids */
	if (a->n_scopes == 1 && a->scopes[0].n == 1) {
		a->label = a->scopes[0].roles[0]->label;
		return 0;
	}
	for (uint32_t s = 0; s < a->n_scopes; s++)
		for (uint32_t i = 0; i < a->scopes[s].n; i++)
			n += a->scopes[s].roles[i]->id.n + 2;
	char *p = md_alloc(cx->arena, n), *at = p;
	if (!p)
		return md_out_of_memory(cx);

	append_to_label(&at, MD_STR("roles ["));
	for (uint32_t s = 0; s < a->n_scopes; s++)
		for (uint32_t i = 0; i < a->scopes[s].n; i++) {
			append_to_label(&at, s || i ? MD_STR(", ") : MD_NOSTR);
			append_to_label(&at, a->scopes[s].roles[i]->id);
		}
	append_to_label(&at, MD_STR("]"));
	a->label = (struct md_str){ p, (size_t)(at - p) };
	return 0;
}

/* NULL: out of memory. */
static const struct md_str *list_role_ids(struct md_ctx *cx, const struct md_scope *scope)
{
	if (scope->n == 1)
		return &scope->roles[0]->id;
	struct md_str *ids = md_alloc(cx->arena, scope->n * sizeof *ids);
	for (uint32_t i = 0; ids && i < scope->n; i++)
		ids[i] = scope->roles[i]->id;
	return ids;
}

static int record_roles(struct md_ctx *cx, const struct md_access *a)
{
	for (uint32_t s = 0; cx->trace && s < a->n_scopes; s++) {
		const struct md_scope *scope = &a->scopes[s];
		const struct md_str *ids = list_role_ids(cx, scope);
		if (!ids)
			return md_out_of_memory(cx);
		md_ev2(cx, MD_EV_ROLES, MD_S(scope->name), MD_L(ids, scope->n));
	}
	return 0;
}

static int open_anonymous(struct md_ctx *cx, struct md_access *a)
{
	bool all = cx->meta->policy.anonymous_all;
	md_ev1(cx, MD_EV_ANONYMOUS, MD_S(all ? MD_STR("all") : MD_STR("deny")));
	a->label = MD_STR("anonymous");
	if (all)
		return 0;

	md_report(cx, MD_ACCESS_DENIED, NULL, NULL, "no role is given and policy.anonymous is deny");
	return -1;
}

static int check_forms(struct md_ctx *cx, struct context_parts *p)
{
	if (p->values && md_json_type(p->values) != MD_JSON_OBJECT)
		/* Goes on: the roles may still be known. */
		report_wrong_type(cx, MD_AT_KEY(NULL, MD_STR("contextValues")), "'contextValues'", "an object",
		                  p->values);

	if (p->role && p->roles) {
		md_report(cx, MD_INVALID_CONTEXT, MD_AT_KEY(NULL, MD_STR("roles")), NULL,
		          "both 'role' and 'roles' are given: expected one of them");
		return -1;
	}
	return p->roles ? read_scopes(cx, p) : 0;
}

int md_access_open(struct md_ctx *cx, const struct md_json *context)
{
	struct opened {
		struct md_access access;
		struct md_views views;
	} *o = md_new(cx->arena, struct opened);
	struct context_parts p = { 0 };
	if (!o)
		return md_out_of_memory(cx);

	struct md_access *a = &o->access;
	a->views = &o->views;
	if (context && md_json_type(context) != MD_JSON_OBJECT)
		return report_wrong_type(cx, NULL, "the context", "an object", context);
	if (context && read_context(cx, context, &p))
		return -1;
	if (check_forms(cx, &p))
		return -1;

	a->values = p.values;
	if (fill_scopes(cx, &p, a))
		return -1;
	if (a->n_scopes == 0 && p.has_unknown_key)
		return -1; /* most likely it is the role, misspelt: the role is not reported as missing too */
	if (a->n_scopes == 0 ? open_anonymous(cx, a) : make_label(cx, a) || record_roles(cx, a))
		return -1;
	cx->access = a;
	return 0;
}

/* ---- for later requests ---- */

static int keep_scope(struct md_arena *a, const struct md_scope *s, struct md_scope *out)
{
	const struct md_role **roles = md_alloc(a, s->n * sizeof *roles);
	if (!roles)
		return -1;
	memcpy(roles, s->roles, s->n * sizeof *roles);
	*out = (struct md_scope){ .name = s->name, .roles = roles, .n = s->n };
	return 0;
}

const struct md_access *md_access_keep(struct md_arena *a, const struct md_access *of)
{
	struct kept_access {
		struct md_access access;
		struct md_views views;
	} *k = md_new(a, struct kept_access);
	if (!k)
		return NULL;
	k->views = *of->views;
	k->access.views = &k->views;
	k->access.n_scopes = of->n_scopes;
	for (uint32_t s = 0; s < of->n_scopes; s++)
		if (keep_scope(a, &of->scopes[s], &k->access.scopes[s]))
			return NULL;
	return &k->access;
}

/* Names of scopes are those of scope_names, so that their addresses can be compared. */
static bool is_same_scope(const struct md_scope *a, const struct md_scope *b)
{
	if (a->n != b->n || a->name.p != b->name.p)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->roles[i] != b->roles[i])
			return false;
	return true;
}

bool md_access_has_same_scopes(const struct md_access *a, const struct md_access *b)
{
	for (uint32_t i = 0; i < a->n_scopes; i++)
		if (!is_same_scope(&a->scopes[i], &b->scopes[i]))
			return false;
	return true;
}
