/* Accepts: the object above, and under fill "cdc" a bare object of apiNames. Refuses (the row is then a miss): anything that is not JSON,
 * another version, a value that is not of its column's type, a missing column, NULL where the column has none. */
#include "executor/entry.h"

#include "json/json.h"

enum { DEEP = 1000 };

static bool plain_array(struct md_arena *a, const struct md_json *v, enum md_base_type t, struct md_cell *out);

/* The canonical text of one scalar; false when it is not of the type. */
static bool scalar_text(struct md_arena *a, const struct md_json *v, enum md_base_type t, struct md_str *out)
{
	enum md_json_type k = md_json_type(v);
	struct md_str text = k == MD_JSON_BOOL ? (md_json_true(v) ? MD_STR("true") : MD_STR("false")) : md_json_text(v);
	if ((t == MD_BOOLEAN) != (k == MD_JSON_BOOL) || k == MD_JSON_ARRAY || k == MD_JSON_OBJECT || k == MD_JSON_NULL)
		return false;
	if (md_value_parse(a, t, text, k == MD_JSON_NUMBER, t == MD_BOOLEAN, out))
		return false;
	struct md_buf b = { .arena = a };
	return t != MD_TIMESTAMP || (md_timestamp_canon(&b, *out, out) && !b.failed);
}

static bool cell_read(struct md_arena *a, const struct md_json *v, const struct md_column *c, struct md_cell *out)
{
	if (md_json_type(v) == MD_JSON_NULL)
		return c->nullable;
	out->form = md_form_of(c->type);
	if (c->type.array)
		return plain_array(a, v, c->type.base, out);
	if (c->type.base != MD_JSON)
		return scalar_text(a, v, c->type.base, &out->text);
	if (md_json_deeper_than(v, DEEP)) /* would not be written whole */
		return false;
	struct md_buf b = { .arena = a };
	md_json_dump(&b, v);
	out->text = md_buf_view(&b);
	return !b.failed;
}

static bool plain_array(struct md_arena *a, const struct md_json *v, enum md_base_type t, struct md_cell *out)
{
	if (md_json_type(v) != MD_JSON_ARRAY)
		return false;
	struct md_buf b = { .arena = a };
	struct md_jw w = { .b = &b };
	struct md_json_iter it;
	md_jw_arr(&w);
	md_json_iter(&it, v);
	for (const struct md_json *e; (e = md_json_next(&it, NULL));) {
		struct md_cell cell = { .form = MD_CELL_NULL };
		if (md_json_type(e) != MD_JSON_NULL) {
			cell.form = md_form_of((struct md_type){ (uint8_t)t, false });
			if (!scalar_text(a, e, t, &cell.text))
				return false;
		}
		md_cell_json(&w, (struct md_type){ (uint8_t)t, false }, &cell, false);
	}
	md_jw_arr_end(&w);
	out->text = md_buf_view(&b);
	return !b.failed;
}

static const struct md_json *row_of(const struct md_cached_table *ct, const struct md_json *root, const char **reason)
{
	*reason = "not an object";
	if (md_json_type(root) != MD_JSON_OBJECT)
		return NULL;
	const struct md_json *version = md_json_get(root, "$v"), *row = md_json_get(root, "row");
	uint64_t v;
	if (!version && !ct->fill)
		return root;
	*reason = "another version";
	if (!version || !md_json_uint(version, &v) || v != 1)
		return NULL;
	*reason = "no row";
	return row && md_json_type(row) == MD_JSON_OBJECT ? row : NULL;
}

const struct md_cell *md_entry_read(struct md_arena *a, const struct md_cached_table *ct, struct md_str text, const char **reason)
{
	const struct md_table *t = ct->table;
	const struct md_json *root = NULL, *row;
	struct md_json_error error;
	struct md_cell *cells = md_new_n(a, struct md_cell, t->n_columns);
	*reason = a->oom ? "memory" : "not JSON";
	if (!cells || md_json_parse(a, text, &root, &error) || !(row = row_of(ct, root, reason)))
		return NULL;
	for (uint32_t i = 0; i < t->n_columns; i++) {
		if (!md_bit(ct->columns, i))
			continue;
		struct md_str name = t->columns[i].api_name;
		const struct md_json *v = NULL;
		struct md_json_iter it;
		struct md_str key;
		md_json_iter(&it, row);
		for (const struct md_json *m; !v && (m = md_json_next(&it, &key));)
			v = md_str_eq(key, name) ? m : NULL;
		*reason = "a column is missing or not of its type";
		if (!v || !cell_read(a, v, &t->columns[i], &cells[i]))
			return NULL;
	}
	return cells;
}

void md_entry_write(struct md_buf *b, const struct md_cached_table *ct, const struct md_cell *cells)
{
	struct md_jw w = { .b = b };
	md_jw_obj(&w);
	md_jw_kint(&w, "$v", 1);
	md_jw_keyz(&w, "row");
	md_jw_obj(&w);
	for (uint32_t i = 0; i < ct->table->n_columns; i++)
		if (md_bit(ct->columns, i)) {
			md_jw_key(&w, ct->table->columns[i].api_name);
			md_cell_json(&w, ct->table->columns[i].type, &cells[i], false);
		}
	md_jw_obj_end(&w);
	md_jw_obj_end(&w);
}

static void percent_encoded(struct md_buf *b, struct md_str s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool safe = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
		if (safe) {
			md_buf_char(b, (char)c);
		} else {
			char text[3] = { '%', hex[c >> 4], hex[c & 15] };
			md_buf_add(b, text, sizeof text);
		}
	}
}

struct md_str md_entry_key(struct md_arena *a, const struct md_cached_table *ct, struct md_str (*value)(void *, const struct md_column *), void *arg)
{
	struct md_buf b = { .arena = a };
	for (uint32_t i = 0; i < ct->n_key; i++) {
		md_buf_str(&b, ct->key[i].literal);
		if (!ct->key[i].column)
			continue;
		struct md_str v = value(arg, ct->key[i].column);
		if (!v.p)
			return MD_NOSTR;
		percent_encoded(&b, v);
	}
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}
