/* limits, policy, trino: settings of the whole. Limits are integers within ranges that keep memory
 * and stack bounded. */
#include "metadata/read.h"

#include <stddef.h>

#define LIMIT(key, member, default_, max) { key, offsetof(struct md_limits, member), default_, 1, max }
#define LIMIT_OR_ZERO(key, member, default_, max) { key, offsetof(struct md_limits, member), default_, 0, max }
static const struct {
	const char *key;
	size_t offset;
	int64_t fallback, min, max;
} limits[] = {
	LIMIT("bodyBytes", body_bytes, 1 << 20, 1 << 30),
	LIMIT("jsonDepth", json_depth, 32, 60), /* pointers are rendered to this depth (base/err.c) */
	LIMIT("filterNodes", filter_nodes, 256, 100000),
	LIMIT("joins", joins, 8, 64),
	LIMIT("existsDepth", exists_depth, 6, 16),
	LIMIT("inList", in_list, 10000, 1000000),
	LIMIT("ids", ids, 10000, 1000000),
	LIMIT("columns", columns, 256, 4096),
	LIMIT("wildcards", wildcards, 8, 1000),
	LIMIT("batch", batch, 50, 1000),
	LIMIT("rows", rows, 100000, 1000000000),
	LIMIT("streamRows", stream_rows, 0, 1000000000000),
	LIMIT("deadlineMs", deadline_ms, 30000, 86400000),
	LIMIT_OR_ZERO("typeCheckMs", type_check_ms, 60000, 86400000),
};
#undef LIMIT_OR_ZERO
#undef LIMIT
enum { LIMIT_COUNT = sizeof limits / sizeof *limits };

void load_limits(struct loader *l, const struct md_json *v)
{
	const char *keys[LIMIT_COUNT];
	const struct md_json *m[LIMIT_COUNT];
	const struct md_at *at = MD_AT_KEY(NULL, MD_STR("limits"));
	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		keys[i] = limits[i].key;
		m[i] = NULL;
	}
	if (v)
		READ_OBJECT(l, MD_INVALID_TYPE, at, v, "limits", keys, m);
	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		int64_t *to = (int64_t *)(void *)((char *)&l->s->limits + limits[i].offset);
		*to = limits[i].fallback;
		read_integer(l, SPOT(MD_INVALID_TYPE, at, keys[i]), m[i], limits[i].min, limits[i].max, to);
	}
}

static const char *const policy_keys[] = { "anonymous", "errors", "maskedColumns", "relations", "preferReplica",
	                                   "strictReplicas", "numbers", "debug", "sqlOnly", "logValues" };
enum {
	POLICY_ANONYMOUS,
	POLICY_ERRORS,
	POLICY_MASKED,
	POLICY_RELATIONS,
	POLICY_PREFER_REPLICA,
	POLICY_STRICT_REPLICAS,
	POLICY_NUMBERS,
	POLICY_DEBUG,
	POLICY_SQL_ONLY,
	POLICY_LOG_VALUES,
	POLICY_KEYS = sizeof policy_keys / sizeof *policy_keys
};

static bool is_second_word(struct loader *l, const struct md_at *at, const char *key, const struct md_json *v,
                        const char *const words[2])
{
	return v && read_word(l, SPOT(MD_INVALID_TYPE, at, key), v, true, words, 2) == 1;
}

/* What masked columns may be used for: words, each once. */
static void load_masked_uses(struct loader *l, const struct md_at *up, const struct md_json *v)
{
	static const char *const words[] = { "filter", "sort", "group", "aggregate" };
	const struct md_at *at = MD_AT_KEY(up, MD_STR("maskedColumns"));
	struct md_json_iter it;
	if (!v || !read_array(l, SPOT(MD_INVALID_TYPE, up, "maskedColumns"), v, true))
		return;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		int use = read_word(l, SPOT(MD_INVALID_TYPE, MD_AT_IDX(at, i), NULL), v, true, words, 4);
		if (use < 0)
			continue;
		if (l->s->policy.masked_uses >> use & 1)
			md_report(l->cx, MD_INVALID_TYPE, MD_AT_IDX(at, i), NULL, "'%s' is listed twice", words[use]);
		l->s->policy.masked_uses |= 1u << use;
	}
}

void load_policy(struct loader *l, const struct md_json *v)
{
	static const char *const anonymous[] = { "deny", "all" }, *const errors[] = { "descriptive", "uniform" },
				 *const relations[] = { "any", "visible-keys" },
				 *const numbers[] = { "literal", "string" };
	const struct md_json *m[POLICY_KEYS];
	const struct md_at *at = MD_AT_KEY(NULL, MD_STR("policy"));
	struct md_policy *p = &l->s->policy;
	if (!v || !READ_OBJECT(l, MD_INVALID_TYPE, at, v, "policy", policy_keys, m))
		return;
	p->anonymous_all = is_second_word(l, at, "anonymous", m[POLICY_ANONYMOUS], anonymous);
	p->uniform_errors = is_second_word(l, at, "errors", m[POLICY_ERRORS], errors);
	p->visible_keys = is_second_word(l, at, "relations", m[POLICY_RELATIONS], relations);
	load_masked_uses(l, at, m[POLICY_MASKED]);
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "preferReplica"), m[POLICY_PREFER_REPLICA], false, &p->prefer_replica);
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "strictReplicas"), m[POLICY_STRICT_REPLICAS], false,
	          &p->strict_replicas);
	p->number_strings = is_second_word(l, at, "numbers", m[POLICY_NUMBERS], numbers);
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "logValues"), m[POLICY_LOG_VALUES], false, &p->log_values);
}

/* ---- rights of roles ---- */

static void load_role_of_right(struct loader *l, const struct md_at *at, const struct md_json *v, uint64_t *roles)
{
	struct md_str id;
	if (!read_text(l, SPOT(MD_INVALID_TYPE, at, NULL), v, true, &id))
		return;
	const struct md_role *role = md_role_find(l->s, id);
	if (!role)
		md_report(l->cx, MD_INVALID_ROLE, at, MD_DETAILS(.role = id, .expected = MD_STR("the id of a role"),
		          .actual = id), "there is no role '%.*s'", MD_FMT(id));
	else if (md_bit(roles, role->index))
		md_report(l->cx, MD_INVALID_TYPE, at, MD_DETAILS(.role = id), "'%.*s' is listed twice", MD_FMT(id));
	else
		roles[role->index / 64] |= (uint64_t)1 << (role->index % 64);
}

/* -1: out of memory. */
static int load_right(struct loader *l, const struct md_at *up, const char *key, const struct md_json *v,
                      struct md_right *out)
{
	const struct md_at *at = MD_AT_KEY(up, md_str_z(key));
	struct md_json_iter it;
	if (!v)
		return 0;
	if (md_json_type(v) != MD_JSON_ARRAY) {
		struct md_str word = MD_NOSTR;
		bool is_text = md_json_string(v, &word);
		out->all = is_text && md_str_eqz(word, "all");
		if (!out->all && !(is_text && md_str_eqz(word, "none")))
			report_wrong(l, SPOT(MD_INVALID_TYPE, up, key), v, "all, none or an array of role ids");
		return 0;
	}

	uint64_t *roles = md_new_n(l->keep, uint64_t, md_words(l->s->n_roles) + 1);
	if (!roles)
		return -1;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++)
		load_role_of_right(l, MD_AT_IDX(at, i), v, roles);
	out->roles = roles;
	return 0;
}

int load_policy_rights(struct loader *l, const struct md_json *v)
{
	const struct md_at *at = MD_AT_KEY(NULL, MD_STR("policy"));
	struct md_policy *p = &l->s->policy;
	if (!v || md_json_type(v) != MD_JSON_OBJECT)
		return 0;
	return load_right(l, at, "debug", md_json_get(v, "debug"), &p->debug) ||
	       load_right(l, at, "sqlOnly", md_json_get(v, "sqlOnly"), &p->sql_only) ? -1 : 0;
}

/* "name" or "catalog.name". The value goes into a header: percent-encoded there, so any text will
 * do. */
static bool is_property(struct md_str s)
{
	bool ok = s.n && s.n <= 128 && s.p[0] != '.' && s.p[0] != '-';
	for (size_t i = 0; ok && i < s.n; i++) {
		char c = s.p[i];
		ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
		     c == '.' || c == '-';
	}
	return ok;
}

static bool property_repeats(const struct md_setting *s, uint32_t n, struct md_str name)
{
	while (n--)
		if (md_str_eq(s[n].name, name))
			return true;
	return false;
}

/* Texts, numbers and booleans alike travel as text. */
static bool load_property_value(struct loader *l, const struct md_at *at, const char *key, const struct md_json *v,
                           struct md_str *out)
{
	enum md_json_type t = md_json_type(v);
	if (t == MD_JSON_STRING)
		return read_text(l, SPOT(MD_INVALID_TYPE, at, key), v, true, out);
	if (t == MD_JSON_BOOL)
		*out = md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
	else if (t == MD_JSON_NUMBER)
		*out = md_str_dup(l->keep, md_json_text(v));
	else
		report_wrong(l, SPOT(MD_INVALID_TYPE, at, key), v, "a string, a number, true or false");
	return out->p != NULL;
}

static void load_property(struct loader *l, const struct md_at *at, struct md_str name, const struct md_json *v,
                          struct md_setting *to)
{
	const struct md_at *here = MD_AT_KEY(at, name);
	struct md_trino *t = &l->s->trino;
	to->value = MD_NOSTR;
	to->name = md_str_dup(l->keep, name);
	if (!is_property(name))
		md_report(l->cx, MD_INVALID_TYPE, here, NULL, "'%.*s' can't be a session property: expected a name of "
			"letters, digits, '_', '.' and '-'", MD_FMT(name));
	else if (property_repeats(t->session, t->n_session, name))
		md_report(l->cx, MD_UNKNOWN_KEY, here, NULL, "key '%.*s' occurs twice in one object", MD_FMT(name));
	else if (md_str_eqz(name, "query_max_run_time"))
		md_report(l->cx, MD_INVALID_TYPE, here, NULL, "query_max_run_time comes from each query's deadline: "
			"expected connection.statementTimeoutMs instead");
	else if (to->name.p && load_property_value(l, at, to->name.p, v, &to->value))
		t->n_session++;
}

static void load_session(struct loader *l, const struct md_at *up, const struct md_json *v)
{
	const struct md_at *at = MD_AT_KEY(up, MD_STR("sessionProperties"));
	struct md_json_iter it;
	struct md_str name;
	if (!v)
		return;
	if (md_json_type(v) != MD_JSON_OBJECT) {
		report_wrong(l, SPOT(MD_INVALID_TYPE, up, "sessionProperties"), v, "an object of names and values");
		return;
	}
	struct md_setting *s = md_new_n(l->keep, struct md_setting, md_json_size(v));
	l->s->trino.session = s;
	md_json_iter(&it, v);
	for (const struct md_json *member; s && (member = md_json_next(&it, &name));)
		load_property(l, at, name, member, &s[l->s->trino.n_session]);
}

static const struct md_connection_form trino_form = { .starts = "http://|https://",
	                                              .example = "http://user@host:port or https://user@host:port",
	                                              .can = MD_CONNECTION_TLS };
static const char *const trino_keys[] = { "enabled", "engine", "caseInsensitiveNames", "connection",
	                                  "sessionProperties" };
enum { TRINO_ENABLED, TRINO_ENGINE, TRINO_NAMES, TRINO_CONNECTION, TRINO_SESSION, TRINO_KEYS };

void load_trino(struct loader *l, const struct md_json *v)
{
	static const char *const engines[] = { "trino", "embedded" };
	const struct md_json *m[TRINO_KEYS];
	const struct md_at *at = MD_AT_KEY(NULL, MD_STR("trino"));
	struct md_trino *t = &l->s->trino;
	if (!v || !READ_OBJECT(l, MD_INVALID_TYPE, at, v, "trino", trino_keys, m))
		return;
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "enabled"), m[TRINO_ENABLED], true, &t->enabled);
	int engine = m[TRINO_ENGINE]
	                     ? read_word(l, SPOT(MD_INVALID_TYPE, at, "engine"), m[TRINO_ENGINE], true, engines, 2)
	                     : 0;
	t->embedded = engine == 1;
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "caseInsensitiveNames"), m[TRINO_NAMES], false,
	          &t->case_insensitive_names);
	if (engine == 0)
		load_connection(l, at, m[TRINO_CONNECTION], &trino_form, &t->connection);
	else if (engine == 1 && m[TRINO_CONNECTION])
		md_report(l->cx, MD_INVALID_CONNECTION, MD_AT_KEY(at, MD_STR("connection")),
		          NULL, "the embedded engine has no connection: it joins the sqlite files in this process");
	if (engine == 1 && m[TRINO_SESSION])
		md_report(l->cx, MD_INVALID_TYPE, MD_AT_KEY(at, MD_STR("sessionProperties")), NULL, "the embedded "
			"engine has no session properties");
	else
		load_session(l, at, m[TRINO_SESSION]);
}
