/* nativeContext: what of the caller's context reaches the database's own row security, as {role?,
 * settings?: {NAME: SOURCE}}. SOURCE is the key of a context value, or {"roles": "user" or
 * "service"} for the caller's role ids. Names are custom settings, dotted: the server's own (read
 * only, time zone, role, row_security) are not for a configuration to change. Refuses a
 * nativeContext that carries nothing. */
#include "metadata/read.h"

static const char *const native_keys[] = { "role", "settings" };
enum { NATIVE_ROLE, NATIVE_SETTINGS, NATIVE_KEYS };
static const char *const native_source_keys[] = { "roles" };

enum { MOST_SETTINGS = 32, LONGEST_SETTING = 63 /* as PostgreSQL's identifiers */ };

/* Two or more identifiers joined by dots. */
static bool is_setting(struct md_str s)
{
	bool start = true, dotted = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (c == '.' && !start)
			dotted = start = true;
		else if (letter || (!start && c >= '0' && c <= '9'))
			start = false;
		else
			return false;
	}
	return dotted && !start && s.n <= LONGEST_SETTING;
}

/* PostgreSQL compares names of settings without regard to the case of ASCII letters. */
static bool is_same_setting(struct md_str a, struct md_str b)
{
	size_t i = 0;
	while (a.n == b.n && i < a.n && (a.p[i] | 0x20) == (b.p[i] | 0x20))
		i++;
	return a.n == b.n && i == a.n;
}

static bool setting_repeats(const struct md_native *n, struct md_str name)
{
	for (uint32_t i = 0; i < n->n_settings; i++)
		if (is_same_setting(n->settings[i].name, name))
			return true;
	return false;
}

static void load_setting_source(struct loader *l, const struct md_at *at, const struct md_json *v,
                                struct md_native_setting *to)
{
	static const char *const scopes[] = { "user", "service" };
	const struct md_json *m[1];
	if (md_json_type(v) == MD_JSON_STRING) {
		read_text(l, SPOT(MD_INVALID_CONNECTION, at, NULL), v, true, &to->context_key);
		return;
	}
	if (md_json_type(v) != MD_JSON_OBJECT) {
		report_wrong(l, SPOT(MD_INVALID_CONNECTION, at, NULL), v, "the key of a context value, or {\"roles\": "
			"\"user\" or \"service\"}");
		return;
	}
	if (READ_OBJECT(l, MD_INVALID_CONNECTION, at, v, "a setting's source", native_source_keys, m))
		to->source = read_word(l, SPOT(MD_INVALID_CONNECTION, at, "roles"), m[0], true, scopes, 2) == 1
		                     ? MD_NATIVE_SERVICE_ROLES
		                     : MD_NATIVE_USER_ROLES;
}

static void load_setting(struct loader *l, const struct md_at *at, struct md_str name, const struct md_json *v,
                         struct md_native *n, struct md_native_setting *to)
{
	const struct md_at *here = MD_AT_KEY(at, name);
	*to = (struct md_native_setting){ .name = md_str_dup(l->keep, name) };
	if (!is_setting(name))
		md_report(l->cx, MD_INVALID_CONNECTION, here, NULL, "'%.*s' can't be a setting: expected identifiers "
			"joined by dots, as in app.tenant_id", MD_FMT(name));
	else if (setting_repeats(n, name))
		md_report(l->cx, MD_UNKNOWN_KEY, here, NULL, "setting '%.*s' occurs twice", MD_FMT(name));
	else
		load_setting_source(l, here, v, to);
	n->n_settings++;
}

static void load_settings(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_native *n)
{
	const struct md_at *at = MD_AT_KEY(up, MD_STR("settings"));
	struct md_json_iter it;
	struct md_str name;
	if (md_json_type(v) != MD_JSON_OBJECT || md_json_size(v) > MOST_SETTINGS) {
		report_wrong(l, SPOT(MD_INVALID_CONNECTION, up, "settings"), v, "an object of at most 32 settings and "
			"their sources");
		return;
	}
	struct md_native_setting *s = md_new_n(l->keep, struct md_native_setting, md_json_size(v));
	n->settings = s;
	md_json_iter(&it, v);
	for (const struct md_json *member; s && (member = md_json_next(&it, &name));)
		load_setting(l, at, name, member, n, &s[n->n_settings]);
}

const struct md_native *load_native(struct loader *l, const struct md_at *up, const struct md_json *v)
{
	const struct md_json *m[NATIVE_KEYS];
	const struct md_at *at = MD_AT_KEY(up, MD_STR("nativeContext"));
	struct md_native *n = md_alloc(l->keep, sizeof *n);
	if (!n || !READ_OBJECT(l, MD_INVALID_CONNECTION, at, v, "nativeContext", native_keys, m))
		return NULL;
	*n = (struct md_native){ .settings = NULL };
	if (read_text(l, SPOT(MD_INVALID_CONNECTION, at, "role"), m[NATIVE_ROLE], false, &n->role) &&
	    md_str_eqz(n->role, "none"))
		report_wrong(l, SPOT(MD_INVALID_CONNECTION, at, "role"), m[NATIVE_ROLE],
		             "a role of the database ('none' means "
		             "that of the login)");
	if (m[NATIVE_SETTINGS])
		load_settings(l, at, m[NATIVE_SETTINGS], n);
	if (!m[NATIVE_ROLE] && (!m[NATIVE_SETTINGS] || md_json_size(m[NATIVE_SETTINGS]) == 0))
		md_report(l->cx, MD_INVALID_CONNECTION, at, NULL, "nativeContext carries nothing: expected a role, "
			"settings, or both");
	return n;
}
