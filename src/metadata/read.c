/* Members of the configuration document, one checked read each. Promises: every refusal names the
 * key, what was expected and what stands there, at the smallest wrong place; texts without NUL,
 * empty ones refused; what is returned as text is the snapshot's own copy. */
#include "metadata/read.h"

static const struct md_at *spot_place(const struct config_spot *s, struct md_at *room)
{
	if (!s->key)
		return s->up;
	*room = (struct md_at){ .up = s->up, .key = md_str_z(s->key) };
	return room;
}

static const char *spot_name(const struct config_spot *s)
{
	return s->key ? s->key : "value";
}

static void report_wrong_value(struct loader *l, const struct config_spot *at, const struct md_json *v,
                               const char *expected, struct md_str near)
{
	struct md_at room;
	/* texts of connections may hold passwords: they are never shown */
	bool secret = at->code == MD_INVALID_CONNECTION && md_json_type(v) == MD_JSON_STRING;
	struct md_str actual = secret ? MD_STR("a string") : md_json_show(l->cx->arena, v);
	md_report(l->cx, at->code, spot_place(at, &room),
	          MD_DETAILS(.expected = md_str_z(expected), .actual = actual, .suggestion = near),
	          "%s is not valid: expected %s, got %.*s%s", spot_name(at), expected, MD_FMT(actual),
	          md_did_you_mean(l->cx->arena, near));
}

void report_wrong(struct loader *l, const struct config_spot *at, const struct md_json *v, const char *expected)
{
	report_wrong_value(l, at, v, expected, MD_NOSTR);
}

static struct md_str *detail_of_part(struct md_details *d, enum md_config_part part)
{
	switch (part) {
	case MD_PART_COLUMN:
		return &d->column;
	case MD_PART_TABLE:
	case MD_PART_SYNC:
		return &d->table;
	case MD_PART_ROLE:
		return &d->role;
	case MD_PART_DATABASE:
		return &d->database;
	default:
		return NULL;
	}
}

void name_part_of_problems(struct loader *l, uint32_t first, enum md_config_part part, struct md_str name)
{
	static const char *const words[] = {
		[MD_PART_COLUMN] = "column", [MD_PART_RELATION] = "relation", [MD_PART_TABLE] = "table",
		[MD_PART_ROLE] = "role",
		[MD_PART_SYNC] = "sync of",  [MD_PART_CACHE] = "cache",       [MD_PART_DATABASE] = "database",
	};
	for (uint32_t i = first; name.n && i < l->cx->err->problems.n; i++) {
		struct md_details *d = &l->cx->err->problems.v[i].details;
		struct md_str *detail = detail_of_part(d, part);
		if (detail && !detail->p)
			*detail = name;
		d->where = md_str_fmt(l->cx->arena, "%.*s%s%s '%.*s'", MD_FMT(d->where), d->where.n ? " of " : "",
		                      words[part], MD_FMT(name));
	}
}

static bool report_missing(struct loader *l, const struct config_spot *at, bool must, const char *expected)
{
	if (must)
		md_report(l->cx, at->code, at->up, MD_DETAILS(.expected = md_str_z(expected)), "%s is missing: "
			"expected %s", spot_name(at),
		          expected);
	return false;
}

struct md_str find_nearest(struct loader *l, struct md_str given, const struct md_str *names, size_t n)
{
	if (given.n < 2 || n > l->guesses)
		/* any letter is near any other; and a document with thousands of mistakes is still
		 * refused in no time */
		return MD_NOSTR;
	l->guesses -= n;
	return md_str_nearest(given, names, n);
}

static struct md_str find_nearest_word(struct loader *l, struct md_str given, const char *const *words, size_t n)
{
	struct md_str *s = md_new_n(l->cx->arena, struct md_str, n);
	for (size_t i = 0; s && i < n; i++)
		s[i] = md_str_z(words[i]);
	return s ? find_nearest(l, given, s, n) : MD_NOSTR;
}

struct md_str find_nearest_id(struct loader *l, struct md_str given, enum config_names which)
{
	size_t n = which == DATABASE_IDS ? l->s->n_databases : l->s->n_tables;
	if (given.n < 2 || n > l->guesses)
		return MD_NOSTR;
	struct md_mark m = md_arena_mark(l->cx->arena);
	struct md_str *s = md_new_n(l->cx->arena, struct md_str, n);
	if (!s)
		return MD_NOSTR;
	for (size_t i = 0; i < n; i++)
		s[i] = which == DATABASE_IDS ? l->databases[i].id
		       : which == TABLE_IDS  ? l->tables[i].id
		                             : l->tables[i].api_name;
	struct md_str near = md_str_nearest(given, s, n);
	md_arena_release(l->cx->arena, m);
	l->guesses -= n;
	return near;
}

static bool is_built(const char *key)
{
	return *key != '!';
}

/* "id, engine, connection" */
static struct md_str list_built_keys(struct loader *l, const char *const *keys, size_t n)
{
	struct md_buf b = { .arena = l->cx->arena };
	for (size_t i = 0; i < n; i++)
		if (is_built(keys[i]))
			md_buf_fmt(&b, "%s%s", b.n ? ", " : "", keys[i]);
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}

static void report_unknown_key(struct loader *l, const struct md_at *at, struct md_str key, const char *what,
                        const char *const *keys, size_t n)
{
	size_t built = 0;
	while (built < n && is_built(keys[built]))
		built++;
	struct md_str near = find_nearest_word(l, key, keys, built);
	md_report(l->cx, MD_UNKNOWN_KEY, at,
	          MD_DETAILS(.expected = list_built_keys(l, keys, n), .actual = key, .suggestion = near),
	          "%s has no key '%.*s'%s", what, MD_FMT(key), md_did_you_mean(l->cx->arena, near));
}

/* Its index in `keys`; n: it is none of them. */
static size_t find_key(struct md_str key, const char *const *keys, size_t n)
{
	size_t i = 0;
	while (i < n && !md_str_eqz(key, is_built(keys[i]) ? keys[i] : keys[i] + 1))
		i++;
	return i;
}

bool read_object(struct loader *l, enum md_code code, const struct md_at *at, const struct md_json *v, const char *what,
	         const char *const *keys, size_t n, const struct md_json **out)
{
	struct md_json_iter it;
	struct md_str key;
	memset(out, 0, n * sizeof *out);
	if (md_json_type(v) != MD_JSON_OBJECT) {
		report_wrong(l, SPOT(code, at, NULL), v, md_str_fmt(l->cx->arena, "%s as an object", what).p);
		return false;
	}
	md_json_iter(&it, v);
	for (const struct md_json *member; (member = md_json_next(&it, &key));) {
		size_t i = find_key(key, keys, n);
		if (i == n)
			report_unknown_key(l, MD_AT_KEY(at, key), key, what, keys, n);
		else if (!is_built(keys[i]))
			md_report(l->cx, MD_UNSUPPORTED, MD_AT_KEY(at, key), NULL, "%.*s is not built yet",
			          MD_FMT(key));
		else if (out[i])
			md_report(l->cx, MD_UNKNOWN_KEY, MD_AT_KEY(at, key), NULL, "key '%.*s' occurs twice in one "
				"object", MD_FMT(key));
		else
			out[i] = member;
	}
	return true;
}

bool read_array(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must)
{
	if (!v)
		return report_missing(l, at, must, "an array");
	if (md_json_type(v) == MD_JSON_ARRAY)
		return true;
	report_wrong(l, at, v, "an array");
	return false;
}

bool read_text(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must, struct md_str *out)
{
	static const char expected[] = "a non-empty string";
	if (!v)
		return report_missing(l, at, must, expected);
	struct md_str s = md_json_text(v);
	if (md_json_type(v) != MD_JSON_STRING || s.n == 0) {
		report_wrong(l, at, v, expected);
		return false;
	}
	if (memchr(s.p, '\0', s.n)) {
		struct md_at room;
		md_report(l->cx, at->code, spot_place(at, &room), NULL, "%s contains a NUL character", spot_name(at));
		return false;
	}
	*out = md_str_dup(l->keep, s);
	return out->p != NULL;
}

bool read_flag(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must, bool *out)
{
	if (!v)
		return report_missing(l, at, must, "true or false");
	if (md_json_type(v) != MD_JSON_BOOL) {
		report_wrong(l, at, v, "true or false");
		return false;
	}
	*out = md_json_is_true(v);
	return true;
}

bool read_integer(struct loader *l, const struct config_spot *at, const struct md_json *v, int64_t min, int64_t max,
                  int64_t *out)
{
	uint64_t n;
	if (!v)
		return false;
	if (md_json_uint(v, &n) && n >= (uint64_t)min && n <= (uint64_t)max) {
		*out = (int64_t)n;
		return true;
	}
	struct md_str expected = md_str_fmt(l->cx->arena, "an integer from %lld to %lld", (long long)min,
	                                    (long long)max);
	if (expected.p)
		report_wrong(l, at, v, expected.p);
	return false;
}

int read_word(struct loader *l, const struct config_spot *at, const struct md_json *v, bool must,
              const char *const *words, size_t n)
{
	if (!v) {
		report_missing(l, at, must, md_list_words(l->cx->arena, words, n));
		return -1;
	}
	struct md_str s = md_json_text(v);
	if (md_json_type(v) == MD_JSON_STRING)
		for (size_t i = 0; i < n; i++)
			if (md_str_eqz(s, words[i]))
				return (int)i;
	struct md_str near = md_json_type(v) == MD_JSON_STRING ? find_nearest_word(l, s, words, n) : MD_NOSTR;
	report_wrong_value(l, at, v, md_list_words(l->cx->arena, words, n), near);
	return -1;
}

static bool split_name(struct loader *l, struct md_name *out)
{
	struct md_str whole = out->whole;
	out->n = 1;
	for (size_t i = 0; i < whole.n; i++)
		out->n += whole.p[i] == '.';
	struct md_str *parts = md_new_n(l->keep, struct md_str, out->n);
	out->parts = parts;
	for (uint32_t i = 0; parts && i < out->n; i++) {
		const char *dot = memchr(whole.p, '.', whole.n);
		parts[i] = (struct md_str){ whole.p, dot ? (size_t)(dot - whole.p) : whole.n };
		if (parts[i].n == 0)
			return false;
		whole.p += parts[i].n + (dot != NULL);
		whole.n -= parts[i].n + (dot != NULL);
	}
	return true;
}

/* The parts for people: one that holds a dot stands in quotes. */
static void write_whole_name(struct loader *l, struct md_name *name)
{
	struct md_buf b = { .arena = l->keep };
	for (uint32_t i = 0; i < name->n; i++) {
		bool has_dot = memchr(name->parts[i].p, '.', name->parts[i].n) != NULL;
		md_buf_fmt(&b, has_dot ? "%s\"%.*s\"" : "%s%.*s", i ? "." : "", MD_FMT(name->parts[i]));
	}
	name->whole = md_buf_text(&b);
}

/* ["public", "weird.name"]: parts of which one can hold a dot. */
static bool read_name_parts(struct loader *l, const struct config_spot *at, const struct md_json *v,
                            struct md_name *out)
{
	struct md_json_iter it;
	struct md_at room;
	const struct md_at *here = spot_place(at, &room);
	uint32_t n = (uint32_t)md_json_size(v);
	struct md_str *parts = md_new_n(l->keep, struct md_str, n);
	bool is_right = n > 0;
	if (n == 0)
		report_wrong(l, at, v, "at least one part");
	md_json_iter(&it, v);
	for (uint32_t i = 0; parts && (v = md_json_next(&it, NULL)); i++)
		is_right &= read_text(l, SPOT(at->code, MD_AT_IDX(here, i), NULL), v, true, &parts[i]);
	if (!parts || !is_right)
		return false;
	*out = (struct md_name){ .parts = parts, .n = n };
	write_whole_name(l, out);
	return out->whole.p != NULL;
}

/* Has the name a letter that Trino would write small? Letters beyond Latin-1 are not looked at. */
static bool has_capitals(struct md_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i], next = i + 1 < name.n ? (unsigned char)name.p[i + 1] : 0;
		if ((c >= 'A' && c <= 'Z') || (c == 0xc3 && next >= 0x80 && next <= 0x9e && next != 0x97))
			return true;
	}
	return false;
}

static bool read_name(struct loader *l, const struct config_spot *at, const struct md_json *v, struct md_name *out)
{
	if (v && md_json_type(v) == MD_JSON_ARRAY)
		return read_name_parts(l, at, v, out);
	if (!read_text(l, at, v, true, &out->whole))
		return false;
	if (split_name(l, out))
		return out->parts != NULL;
	report_wrong(l, at, v, "a name of non-empty parts joined by dots");
	*out = (struct md_name){ .parts = NULL };
	return false;
}

bool read_dotted_name(struct loader *l, const struct config_spot *at, const struct md_json *v, struct md_name *out)
{
	if (!read_name(l, at, v, out))
		return false;
	out->has_capitals = has_capitals(out->whole);
	return true;
}

/* One file is one schema, `main`; other prefixes would name attached files, whose names this
 * program chooses. */
void check_sqlite_name(struct loader *l, const struct config_spot *at, const struct md_database *d,
                       const struct md_name *n)
{
	struct md_at room;
	if (d->engine != MD_SQLITE || n->n == 1 || (n->n == 2 && md_str_eqz(n->parts[0], "main")))
		return;
	md_report(l->cx, at->code, spot_place(at, &room),
	          MD_DETAILS(.expected = MD_STR("TABLE or main.TABLE"), .actual = n->whole, .database = d->id),
	          "%s '%.*s' is not a name in sqlite database '%.*s': expected TABLE or main.TABLE", spot_name(at),
	          MD_FMT(n->whole),
	          MD_FMT(d->id));
}

static void report_unknown_name(struct loader *l, const struct config_spot *at, const char *what, struct md_str name,
                                struct md_str near)
{
	struct md_at room;
	md_report(l->cx, at->code, spot_place(at, &room), MD_DETAILS(.actual = name, .suggestion = near),
	          "there is no %s '%.*s'%s", what, MD_FMT(name), md_did_you_mean(l->cx->arena, near));
}

static bool read_reference(struct loader *l, const struct config_spot *at, const struct md_json *v,
                           const char *expected, struct md_str *out)
{
	if (!v)
		return report_missing(l, at, true, expected);
	*out = md_json_text(v);
	if (md_json_type(v) == MD_JSON_STRING)
		return true;
	report_wrong(l, at, v, expected);
	return false;
}

const struct md_table *find_table(struct loader *l, const struct config_spot *at, const struct md_json *v)
{
	struct md_str id;
	if (!read_reference(l, at, v, "a table's id", &id))
		return NULL;
	uint32_t i = md_map_get(&l->table_by_id, id);
	if (i != MD_NONE)
		return &l->tables[i];
	i = md_map_get(&l->s->table_by_name, id); /* an apiName where an id belongs */
	report_unknown_name(l, at, "table with the id", id,
	                    i != MD_NONE ? l->tables[i].id : find_nearest_id(l, id, TABLE_IDS));
	return NULL;
}

const struct md_database *find_database(struct loader *l, const struct config_spot *at, const struct md_json *v)
{
	struct md_str id;
	if (!read_reference(l, at, v, "a database's id", &id))
		return NULL;
	uint32_t i = md_map_get(&l->s->database_by_id, id);
	if (i != MD_NONE)
		return &l->databases[i];
	report_unknown_name(l, at, "database", id, find_nearest_id(l, id, DATABASE_IDS));
	return NULL;
}

const struct md_column *find_column_named(struct loader *l, enum md_code code, const struct md_at *at,
                                          struct md_str name, const struct md_table *t)
{
	uint32_t i = md_map_get(&t->column_by_name, name);
	if (i != MD_NONE)
		return &t->columns[i];
	struct md_str *names = md_new_n(l->cx->arena, struct md_str, t->n_columns);
	for (uint32_t c = 0; names && c < t->n_columns; c++)
		names[c] = t->columns[c].api_name;
	struct md_str near = names ? find_nearest(l, name, names, t->n_columns) : MD_NOSTR;
	md_report(l->cx, code, at, MD_DETAILS(.table = t->api_name, .column = name, .actual = name, .suggestion = near),
	          "table '%.*s' has no column '%.*s'%s", MD_FMT(t->api_name), MD_FMT(name),
	          md_did_you_mean(l->cx->arena, near));
	return NULL;
}

const struct md_column *find_column(struct loader *l, const struct config_spot *at, const struct md_json *v,
                                        const struct md_table *t)
{
	struct md_str name;
	struct md_at room;
	if (!read_reference(l, at, v, "a column's apiName", &name))
		return NULL;
	return find_column_named(l, at->code, spot_place(at, &room), name, t);
}

uint64_t *read_column_set(struct loader *l, const struct config_spot *at, const struct md_json *v,
                          const struct md_table *t)
{
	struct md_at room;
	struct md_json_iter it;
	uint64_t *bits = md_new_n(l->keep, uint64_t, md_words(t->n_columns));
	if (!read_array(l, at, v, true) || !bits)
		return NULL;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		const struct md_at *here = MD_AT_IDX(spot_place(at, &room), i);
		const struct md_column *c = find_column(l, SPOT(at->code, here, NULL), v, t);
		if (c && md_bit(bits, c->index))
			md_report(l->cx, at->code, here, MD_DETAILS(.column = c->api_name), "column '%.*s' is listed "
				"twice",
			          MD_FMT(c->api_name));
		else if (c)
			bits[c->index / 64] |= (uint64_t)1 << (c->index % 64);
	}
	return bits;
}

/* ---- real types ---- */

const struct md_real_type *read_real_type(struct loader *l, const struct config_spot *at, const struct md_json *v,
                                          const struct md_database *database)
{
	struct md_str spelling;
	struct md_real_type *out = v ? md_new(l->keep, struct md_real_type) : NULL;
	if (!out || !read_text(l, at, v, true, &spelling) || !database)
		return &md_real_unknown;
	int rc = md_real_type_parse(l->keep, database->engine, spelling, out);
	if (rc == 0)
		report_wrong(l, at, v, "the name of a type as the database spells it");
	return rc > 0 ? out : &md_real_unknown;
}
