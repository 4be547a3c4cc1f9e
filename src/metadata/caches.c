/* caches[]: where rows are kept by key, and under which keys. A key pattern is text with {apiName}
 * placeholders; at least one, otherwise all rows would share one entry. Refuses tables without a
 * primary key (no key distinguishes their rows), a table twice in one cache, patterns that do not
 * keep rows and tables apart (key_patterns.c), and a connection on the in-memory engine, which has
 * none. */
#include "metadata/read.h"

static const struct md_connection_form redis_form = { .starts = "redis://", .example = "redis://host:port" };
static const char *const cache_keys[] = { "id", "engine", "connection", "tables" };
enum { CACHE_ID, CACHE_ENGINE, CACHE_CONNECTION, CACHE_TABLES, CACHE_KEYS };
static const char *const cached_keys[] = { "tableId", "keyPattern", "ttl", "columns", "fill" };
enum { CACHED_TABLE, CACHED_PATTERN, CACHED_TTL, CACHED_COLUMNS, CACHED_FILL, CACHED_KEYS };

enum { LONGEST_TTL_S = 10 * 365 * 86400 };

static const struct md_at *caches_at(void)
{
	static const struct md_at at = { .key = { "caches", 6 } };
	return &at;
}

/* Ids alone, so that databases can be compared with them; what else is wrong is seen later. */
int load_cache_ids(struct loader *l, const struct md_json *v)
{
	struct md_json_iter it;
	if (!read_array(l, SPOT(MD_INVALID_CACHE, NULL, "caches"), v, false))
		return 0;
	l->s->n_caches = (uint32_t)md_json_size(v);
	l->caches = md_new_n(l->keep, struct md_cache, l->s->n_caches);
	l->cached = md_new_n(l->cx->arena, struct md_cached_table *, l->s->n_caches);
	if (!l->caches || !l->cached || md_map_init(&l->cache_by_id, l->cx->arena, l->s->n_caches))
		return -1;
	l->s->caches = l->caches;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		const struct md_json *id = md_json_get(v, "id");
		if (!id || md_json_type(id) != MD_JSON_STRING)
			continue;
		if (md_map_put(&l->cache_by_id, md_json_text(id), i) != MD_NONE ||
		    md_str_eqz(md_json_text(id), "trino"))
			md_report(l->cx, MD_DUPLICATE_ID, MD_AT_KEY(MD_AT_IDX(caches_at(), i), MD_STR("id")),
			          MD_DETAILS(.id = md_json_text(id)), "id '%.*s' is %s", MD_FMT(md_json_text(id)),
			          md_str_eqz(md_json_text(id), "trino") ? "reserved" : "another cache's id");
	}
	return 0;
}

static void report_pattern(struct loader *l, const struct md_at *up, const struct md_cached_table *c, const char *why)
{
	md_report(l->cx, MD_INVALID_CACHE, MD_AT_KEY(up, MD_STR("keyPattern")),
	          MD_DETAILS(.expected = MD_STR("text with {apiName} placeholders"), .actual = c->key_pattern),
	          "keyPattern '%.*s' %s: expected text with placeholders, like %.*s:{id}", MD_FMT(c->key_pattern), why,
	          MD_FMT(c->table->api_name));
}

/* The text up to the next brace, cut from *rest. */
static struct md_str cut_until_brace(struct md_str *rest)
{
	struct md_str s = { rest->p, 0 };
	while (s.n < rest->n && rest->p[s.n] != '{' && rest->p[s.n] != '}')
		s.n++;
	rest->p += s.n;
	rest->n -= s.n;
	return s;
}

static const struct md_column *find_placeholder(struct loader *l, const struct md_at *up, struct md_cached_table *c,
                                           struct md_str name)
{
	const struct md_at *at = MD_AT_KEY(up, MD_STR("keyPattern"));
	const struct md_column *col = find_column_named(l, MD_INVALID_CACHE, at, name, c->table);
	if (!col || (!col->type.array && col->type.base != MD_JSON))
		return col;
	md_report(l->cx, MD_INVALID_CACHE, at, NULL, "column '%.*s' can't be part of a key: expected a scalar other "
	                                             "than json, got %s", MD_FMT(name),
	          md_type_name(col->type));
	return NULL;
}

static bool is_in_pattern(const struct md_cached_table *c, const struct md_column *column)
{
	for (uint32_t i = 0; i < c->n_key; i++)
		if (c->key[i].column == column)
			return true;
	return false;
}

/* Rows that differ in their key must not share an entry: each would push the other out. */
static void check_whole_key(struct loader *l, const struct md_at *up, struct md_cached_table *c)
{
	for (uint32_t i = 0; c->key && i < c->table->n_key; i++)
		if (!is_in_pattern(c, c->table->key[i])) {
			report_pattern(l, up, c, "lacks a column of the primary key");
			return;
		}
}

static void parse_key_parts(struct loader *l, const struct md_at *up, struct md_cached_table *c)
{
	size_t most = 1, placeholders = 0;
	bool known = true;
	struct md_str rest = c->key_pattern;
	for (size_t i = 0; i < rest.n; i++)
		most += rest.p[i] == '{';
	struct md_key_part *parts = md_new_n(l->keep, struct md_key_part, most);
	c->key = parts;
	while (parts && rest.n) {
		struct md_key_part *part = &parts[c->n_key++];
		part->literal = cut_until_brace(&rest);
		if (rest.n == 0)
			break;
		struct md_str name = { rest.p + 1, 0 };
		rest.n--;
		rest.p++;
		name.n = cut_until_brace(&rest).n;
		if (name.p[-1] != '{' || rest.n == 0 || *rest.p != '}' || name.n == 0) {
			report_pattern(l, up, c, "has a brace without its pair or its name");
			return;
		}
		rest.n--;
		rest.p++;
		part->column = find_placeholder(l, up, c, name);
		known &= part->column != NULL;
		placeholders++;
	}
	if (parts && !placeholders)
		report_pattern(l, up, c, "has no placeholder");
	else if (known)
		check_whole_key(l, up, c);
}

/* Rows that differ in their key must not have one key in the cache either. */
static void check_separators(struct loader *l, const struct md_at *up, struct md_cached_table *c)
{
	const struct md_column *column = find_unbounded_placeholder(c);
	if (column)
		md_report(l->cx, MD_INVALID_CACHE, MD_AT_KEY(up, MD_STR("keyPattern")),
		          MD_DETAILS(.expected = MD_STR("a separator that values cannot hold"),
		                     .actual = c->key_pattern),
		          "keyPattern '%.*s' does not show where the value of '%.*s' ends: expected a separator "
		          "behind it that values cannot hold, like ':'", MD_FMT(c->key_pattern),
		          MD_FMT(column->api_name));
}

/* A pattern with a problem, or of a table that can't be cached, has no parts. */
static void load_pattern(struct loader *l, const struct md_at *up, struct md_cached_table *c)
{
	uint32_t problems = md_problem_count(l->cx->err);
	parse_key_parts(l, up, c);
	if (md_problem_count(l->cx->err) == problems)
		check_separators(l, up, c);
	if (md_problem_count(l->cx->err) != problems || l->keyless[c->table->index])
		c->n_key = 0;
}

static void load_cached_columns(struct loader *l, const struct md_at *at, const struct md_json *v,
                                struct md_cached_table *c)
{
	if (!v)
		c->columns = l->all[c->table->index].columns;
	else if (md_json_type(v) == MD_JSON_ARRAY && md_json_size(v) == 0)
		report_wrong(l, SPOT(MD_INVALID_CACHE, at, "columns"), v, "at least one column");
	else
		c->columns = read_column_set(l, SPOT(MD_INVALID_CACHE, at, "columns"), v, c->table);
}

static void load_cached_table(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_map *seen,
                       struct md_cached_table *c)
{
	static const char *const fills[] = { "read-through", "cdc" };
	const struct md_json *m[CACHED_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_CACHE, at, v, "a cached table", cached_keys, m))
		return;
	read_integer(l, SPOT(MD_INVALID_CACHE, at, "ttl"), m[CACHED_TTL], 1, LONGEST_TTL_S, &c->ttl_s);
	c->fill = !m[CACHED_FILL] ||
	          read_word(l, SPOT(MD_INVALID_CACHE, at, "fill"), m[CACHED_FILL], true, fills, 2) == 0;
	bool pattern = read_text(l, SPOT(MD_INVALID_CACHE, at, "keyPattern"), m[CACHED_PATTERN], true, &c->key_pattern);
	c->table = find_table(l, SPOT(MD_INVALID_CACHE, at, "tableId"), m[CACHED_TABLE]);
	if (!c->table)
		return;
	const struct md_at *here = MD_AT_KEY(at, MD_STR("tableId"));
	if (md_map_put(seen, c->table->id, 0) != MD_NONE)
		md_report(l->cx, MD_INVALID_CACHE, here, NULL, "table '%.*s' is listed twice", MD_FMT(c->table->id));
	if (l->keyless[c->table->index])
		md_report(l->cx, MD_INVALID_CACHE, here, NULL, "table '%.*s' has no primary key: its rows can't be "
			"cached", MD_FMT(c->table->id));
	if (pattern)
		load_pattern(l, at, c);
	load_cached_columns(l, at, m[CACHED_COLUMNS], c);
	name_part_of_problems(l, problems, MD_PART_TABLE, table_label(c->table));
}

static int load_cached_tables(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_cache *c)
{
	struct md_json_iter it;
	struct md_map seen;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("tables"));
	if (!read_array(l, SPOT(MD_INVALID_CACHE, up, "tables"), v, true))
		return 0;
	uint32_t n = (uint32_t)md_json_size(v);
	struct md_cached_table *tables = md_new_n(l->keep, struct md_cached_table, n);
	if (!tables || md_map_init(&seen, l->cx->arena, n))
		return -1;
	c->tables = l->cached[c->index] = tables;
	c->n_tables = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		tables[i].cache = c;
		load_cached_table(l, MD_AT_IDX(at, i), v, &seen, &tables[i]);
	}
	return 0;
}

static int load_cache(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_cache *c)
{
	static const char *const engines[] = { "redis", "memory" };
	const struct md_json *m[CACHE_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_CACHE, at, v, "a cache", cache_keys, m))
		return 0;
	read_text(l, SPOT(MD_INVALID_CACHE, at, "id"), m[CACHE_ID], true, &c->id);
	int engine = read_word(l, SPOT(MD_INVALID_CACHE, at, "engine"), m[CACHE_ENGINE], true, engines, 2);
	c->memory = engine == 1;
	if (engine == 0)
		load_connection(l, at, m[CACHE_CONNECTION], &redis_form, &c->connection);
	else if (engine == 1 && m[CACHE_CONNECTION])
		md_report(l->cx, MD_INVALID_CONNECTION, MD_AT_KEY(at, MD_STR("connection")),
		          NULL, "a memory cache has no connection: it lives in this process");
	int out_of_memory = load_cached_tables(l, at, m[CACHE_TABLES], c);
	name_part_of_problems(l, problems, MD_PART_CACHE, c->id);
	return out_of_memory;
}

int load_caches(struct loader *l, const struct md_json *v)
{
	struct md_json_iter it;
	if (!l->caches)
		return 0; /* none, or not an array: reported with the ids */
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		l->caches[i].index = i;
		if (load_cache(l, MD_AT_IDX(caches_at(), i), v, &l->caches[i]))
			return -1;
	}
	return check_key_patterns(l);
}
