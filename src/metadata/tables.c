/* tables[]: names, columns, primary key; relations are only noted here and read when all tables are
 * known (relations.c). Refuses API names that break the pattern or are words of the query language,
 * and anything that occurs twice. A column with a wrong name or type is still known to what refers
 * to it, so that one mistake is one problem. */
#include "metadata/read.h"

#include <strings.h>

static const char *const table_keys[] = { "id",      "apiName",    "database", "physicalName",
	                                  "columns", "primaryKey", "relations" };
enum {
	TABLE_ID,
	TABLE_API_NAME,
	TABLE_DATABASE,
	TABLE_PHYSICAL_NAME,
	TABLE_COLUMNS,
	TABLE_PRIMARY_KEY,
	TABLE_RELATIONS,
	TABLE_KEYS
};
static const char *const column_keys[] = { "apiName", "physicalName", "type", "nullable", "indexed", "maskingFn",
	                                   "databaseType", "values" };
enum {
	COLUMN_API_NAME,
	COLUMN_PHYSICAL_NAME,
	COLUMN_TYPE,
	COLUMN_NULLABLE,
	COLUMN_INDEXED,
	COLUMN_MASKING,
	COLUMN_DATABASE_TYPE,
	COLUMN_VALUES,
	COLUMN_KEYS
};

enum { LONGEST_API_NAME = 64 };

const char *const md_mask_name[MD_MASKS] = {
	[MD_MASK_FULL] = "full", [MD_MASK_EMAIL] = "email",   [MD_MASK_PHONE] = "phone", [MD_MASK_NAME] = "name",
	[MD_MASK_UUID] = "uuid", [MD_MASK_NUMBER] = "number", [MD_MASK_DATE] = "date"
};

static const char *const reserved_words[] = { "select", "from",  "where", "having",   "limit",  "offset",
	                                      "order",  "group", "join",  "distinct", "exists", "null",
	                                      "true",   "false", "and",   "or",       "not",    "in",
	                                      "like",   "as",    "on",    "by",       "asc",    "desc",
	                                      "count",  "sum",   "avg",   "min",      "max" };

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* What was expected instead; NULL: nothing is wrong. */
static const char *api_name_fault(struct md_str s)
{
	if (s.n > LONGEST_API_NAME)
		return "at most 64 characters";
	bool fits = is_lower(s.p[0]);
	for (size_t i = 1; i < s.n && fits; i++)
		fits = is_lower(s.p[i]) || (s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '0' && s.p[i] <= '9');
	if (!fits)
		return "^[a-z][a-zA-Z0-9]*$";
	for (size_t i = 0; i < sizeof reserved_words / sizeof *reserved_words; i++)
		if (s.n == strlen(reserved_words[i]) && strncasecmp(s.p, reserved_words[i], s.n) == 0)
			return "a name that is not reserved";
	return NULL;
}

/* The name goes into the map even when it is faulty, with the value `index`. */
static void load_api_name(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_map *names,
                          uint32_t index, struct md_str *out)
{
	const struct md_at *here = MD_AT_KEY(at, MD_STR("apiName"));
	if (!read_text(l, SPOT(MD_INVALID_API_NAME, at, "apiName"), v, true, out))
		return;
	const char *fault = api_name_fault(*out);
	if (fault)
		md_report(l->cx, MD_INVALID_API_NAME, here, MD_DETAILS(.expected = md_str_z(fault), .actual = *out),
		          "apiName '%.*s' is not valid: expected %s", MD_FMT(*out), fault);
	if (md_map_put(names, *out, index) != MD_NONE)
		md_report(l->cx, MD_DUPLICATE_API_NAME, here, MD_DETAILS(.actual = *out),
		          "apiName '%.*s' is used twice", MD_FMT(*out));
}

static void load_column_type(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_type *out)
{
	static const char expected[] = "string, int, bigint, float, decimal, boolean, uuid, date, timestamp, time, "
	                               "enum, json, bytes, or T[] of the first eleven";
	const struct md_at *here = MD_AT_KEY(at, MD_STR("type"));
	struct md_str name;
	if (!read_text(l, SPOT(MD_INVALID_TYPE, at, "type"), v, true, &name) || md_type_parse(name, out))
		return;
	*out = (struct md_type){ .base = MD_TYPES }; /* known to be wrong: nothing is compared with it */
	struct md_str names[MD_TYPES], near;
	for (unsigned t = 0; t < MD_TYPES; t++)
		names[t] = md_str_z(md_type_names[t]);
	near = find_nearest(l, name, names, MD_TYPES);
	md_report(l->cx, MD_INVALID_TYPE, here,
	          MD_DETAILS(.expected = md_str_z(expected), .actual = name, .suggestion = near),
	          "type '%.*s' is not known: expected %s%s", MD_FMT(name), expected,
	          md_did_you_mean(l->cx->arena, near));
}

/* A mask makes a value of the column's type, except full, which makes NULL of what is no string. */
static bool mask_fits(enum md_mask mask, struct md_type t)
{
#define T(type) (1u << MD_##type)
	static const uint32_t types[MD_MASKS] = { [MD_MASK_EMAIL] = T(STRING),
		                                  [MD_MASK_PHONE] = T(STRING),
		                                  [MD_MASK_NAME] = T(STRING),
		                                  [MD_MASK_UUID] = T(STRING) | T(UUID),
		                                  [MD_MASK_NUMBER] = T(INT) | T(BIGINT) | T(FLOAT) | T(DECIMAL),
		                                  [MD_MASK_DATE] = T(DATE) | T(TIMESTAMP) };
#undef T
	return mask == MD_MASK_FULL || (!t.array && types[mask] >> t.base & 1);
}

static void load_column_mask(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_column *c)
{
	int mask = v ? read_word(l, SPOT(MD_INVALID_REFERENCE, at, "maskingFn"), v, true, md_mask_name, MD_MASKS) : -1;
	if (mask < 0)
		return;
	c->mask = (enum md_mask)mask;
	if (c->type.base == MD_TYPES || mask_fits(c->mask, c->type))
		return;
	md_report(l->cx, MD_INVALID_TYPE, MD_AT_KEY(at, MD_STR("maskingFn")),
	          MD_DETAILS(.expected = MD_STR("full or a mask for the column's type"),
	                     .actual = md_str_z(md_mask_name[mask])),
	          "mask '%s' does not fit type %s: expected full or a mask for it", md_mask_name[mask],
	          md_type_name(c->type));
}

static void load_column(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_table *t,
                        struct md_column *c)
{
	const struct md_json *m[COLUMN_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	c->type.base = MD_TYPES;
	c->real = &md_real_unknown;
	if (!READ_OBJECT(l, MD_INVALID_REFERENCE, at, v, "a column", column_keys, m))
		return;
	load_api_name(l, at, m[COLUMN_API_NAME], &t->column_by_name, c->index, &c->api_name);
	read_text(l, SPOT(MD_INVALID_REFERENCE, at, "physicalName"), m[COLUMN_PHYSICAL_NAME], true, &c->physical_name);
	load_column_type(l, at, m[COLUMN_TYPE], &c->type);
	c->labels = load_enum_values(l, at, m[COLUMN_VALUES], c->type);
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "nullable"), m[COLUMN_NULLABLE], true, &c->nullable);
	read_flag(l, SPOT(MD_INVALID_TYPE, at, "indexed"), m[COLUMN_INDEXED], false, &c->indexed);
	load_column_mask(l, at, m[COLUMN_MASKING], c);
	c->real = read_real_type(l, SPOT(MD_INVALID_TYPE, at, "databaseType"), m[COLUMN_DATABASE_TYPE], t->database);
	name_part_of_problems(l, problems, MD_PART_COLUMN, c->api_name.n ? c->api_name : c->physical_name);
}

static int load_columns(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_table *t)
{
	struct md_json_iter it;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("columns"));
	uint32_t n = v ? (uint32_t)md_json_size(v) : 0;
	if (!read_array(l, SPOT(MD_INVALID_REFERENCE, up, "columns"), v, true))
		return 0;
	if (n == 0)
		report_wrong(l, SPOT(MD_INVALID_REFERENCE, up, "columns"), v, "at least one column");
	struct md_column *columns = md_new_n(l->keep, struct md_column, n);
	if (!columns || md_map_init(&t->column_by_name, l->keep, n))
		return -1;
	t->columns = columns;
	t->n_columns = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		columns[i].index = i;
		load_column(l, MD_AT_IDX(at, i), v, t, &columns[i]);
	}
	return 0;
}

static bool may_be_key(const struct md_column *c)
{
	return !c->type.array && c->type.base != MD_JSON;
}

static int load_primary_key(struct loader *l, const struct md_at *up, const struct md_json *v, struct md_table *t)
{
	struct md_json_iter it;
	const struct md_at *at = MD_AT_KEY(up, MD_STR("primaryKey"));
	if (!read_array(l, SPOT(MD_INVALID_REFERENCE, up, "primaryKey"), v, true))
		return 0;
	const struct md_column **key = md_new_n(l->keep, const struct md_column *, md_json_size(v));
	uint64_t *seen = md_new_n(l->cx->arena, uint64_t, md_words(t->n_columns));
	if (!key || !seen)
		return -1;
	t->key = key;
	l->keyless[t->index] = md_json_size(v) == 0;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		const struct md_at *here = MD_AT_IDX(at, i);
		const struct md_column *c = find_column(l, SPOT(MD_INVALID_REFERENCE, here, NULL), v, t);
		if (!c)
			continue;
		if (md_bit(seen, c->index))
			md_report(l->cx, MD_INVALID_REFERENCE, here, NULL, "key column '%.*s' is listed twice",
			          MD_FMT(c->api_name));
		else if (!may_be_key(c))
			md_report(l->cx, MD_INVALID_REFERENCE, here, NULL, "column '%.*s' can't be a key: expected a "
				"scalar other than json, got %s",
			          MD_FMT(c->api_name), md_type_name(c->type));
		seen[c->index / 64] |= (uint64_t)1 << (c->index % 64);
		key[t->n_key++] = c;
	}
	return 0;
}

struct md_str table_label(const struct md_table *t)
{
	return t->api_name.n ? t->api_name : t->id;
}

static void load_table_identity(struct loader *l, const struct md_at *at, const struct md_json **m, struct md_table *t)
{
	if (read_text(l, SPOT(MD_INVALID_REFERENCE, at, "id"), m[TABLE_ID], true, &t->id) &&
	    md_map_put(&l->table_by_id, t->id, t->index) != MD_NONE)
		md_report(l->cx, MD_DUPLICATE_ID, MD_AT_KEY(at, MD_STR("id")), MD_DETAILS(.id = t->id),
		          "id '%.*s' is another table's id", MD_FMT(t->id));
	load_api_name(l, at, m[TABLE_API_NAME], &l->s->table_by_name, t->index, &t->api_name);
	t->database = find_database(l, SPOT(MD_INVALID_REFERENCE, at, "database"), m[TABLE_DATABASE]);
	const struct config_spot *name = SPOT(MD_INVALID_REFERENCE, at, "physicalName");
	if (read_dotted_name(l, name, m[TABLE_PHYSICAL_NAME], &t->name) && t->database)
		check_sqlite_name(l, name, t->database, &t->name);
}

static int load_table(struct loader *l, const struct md_at *at, const struct md_json *v, struct md_table *t)
{
	const struct md_json *m[TABLE_KEYS];
	uint32_t problems = l->cx->err->problems.n;
	if (!READ_OBJECT(l, MD_INVALID_REFERENCE, at, v, "a table", table_keys, m))
		return 0;
	load_table_identity(l, at, m, t);
	if (load_columns(l, at, m[TABLE_COLUMNS], t) || load_primary_key(l, at, m[TABLE_PRIMARY_KEY], t))
		return -1;
	if (m[TABLE_RELATIONS] && read_array(l, SPOT(MD_INVALID_RELATION, at, "relations"), m[TABLE_RELATIONS], true))
		l->relations[t->index] = m[TABLE_RELATIONS];
	name_part_of_problems(l, problems, MD_PART_TABLE, table_label(t));
	return 0;
}

/* The grant of everything that tables "*" and allowedColumns "*" share. */
static int grant_everything(struct loader *l, const struct md_table *t)
{
	uint64_t *bits = md_new_n(l->keep, uint64_t, md_words(t->n_columns));
	for (uint32_t i = 0; bits && i < t->n_columns; i++)
		bits[i / 64] |= (uint64_t)1 << (i % 64);
	l->all[t->index] = (struct md_grant){ .table = t, .columns = bits, .all_columns = true };
	return bits ? 0 : -1;
}

int load_tables(struct loader *l, const struct md_json *v)
{
	struct md_json_iter it;
	if (!read_array(l, SPOT(MD_INVALID_REFERENCE, NULL, "tables"), v, true))
		return 0;
	uint32_t n = (uint32_t)md_json_size(v);
	l->tables = md_new_n(l->keep, struct md_table, n);
	l->all = md_new_n(l->keep, struct md_grant, n);
	l->relations = md_new_n(l->cx->arena, const struct md_json *, n);
	l->keyless = md_new_n(l->cx->arena, bool, n);
	if (!l->tables || !l->all || !l->relations || !l->keyless || md_map_init(&l->s->table_by_name, l->keep, n) ||
	    md_map_init(&l->table_by_id, l->cx->arena, n))
		return -1;
	l->s->tables = l->tables;
	l->s->n_tables = n;
	md_json_iter(&it, v);
	for (uint32_t i = 0; (v = md_json_next(&it, NULL)); i++) {
		l->tables[i].index = i;
		if (load_table(l, MD_AT_IDX(MD_AT_KEY(NULL, MD_STR("tables")), i), v, &l->tables[i]) ||
		    grant_everything(l, &l->tables[i]))
			return -1;
	}
	return 0;
}
