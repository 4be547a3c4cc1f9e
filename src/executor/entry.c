/* An entry in exactly the form that md_entry_write gives it is read without building a JSON tree;
 * every other form with one, to the same result. Accepts the object above, also without table and
 * hash, as other programs write it, and with fill "cdc" a bare object of API names. Refuses
 * everything else (the row is then a miss): text that is not JSON, another version, a row of
 * another table or made from another definition of it, a value that is not of its column's type, a
 * missing column, NULL in a column without NULLs. */
#include "executor/entry.h"

#include "base/date.h"
#include "executor/cell_json.h"
#include "json/json.h"

enum { MAX_JSON_DEPTH = 1000 }; /* of a JSON value that is written as a whole */

static bool read_array(struct md_arena *a, const struct md_json *v, const struct md_column *c, struct md_cell *out);

/* The canonical text of a value of the column, or of an element of its array; false: it is not of
 * the type. */
static bool canonical_text(struct md_arena *a, const struct md_column *c, struct md_str text, bool is_number,
                           struct md_str *out)
{
	enum md_base_type t = (enum md_base_type)c->type.base;
	if (md_value_parse(a, t, text, is_number, t == MD_BOOLEAN, out))
		return false;
	if (c->labels && md_label_place(c->labels, *out) == MD_NONE)
		return false;
	struct md_buf b = { .arena = a };
	return t != MD_TIMESTAMP || (md_timestamp_canon(&b, *out, out) && !b.failed);
}

/* The canonical text of one JSON scalar; false: it is not of the type. */
static bool read_scalar(struct md_arena *a, const struct md_json *v, const struct md_column *c, struct md_str *out)
{
	enum md_base_type t = (enum md_base_type)c->type.base;
	enum md_json_type k = md_json_type(v);
	struct md_str text = md_json_text(v);
	if (k == MD_JSON_BOOL)
		text = md_json_is_true(v) ? MD_STR("true") : MD_STR("false");
	if ((t == MD_BOOLEAN) != (k == MD_JSON_BOOL) || k == MD_JSON_ARRAY || k == MD_JSON_OBJECT || k == MD_JSON_NULL)
		return false;
	return canonical_text(a, c, text, k == MD_JSON_NUMBER, out);
}

static bool read_cell(struct md_arena *a, const struct md_json *v, const struct md_column *c, struct md_cell *out)
{
	if (md_json_type(v) == MD_JSON_NULL)
		return c->nullable;
	out->form = md_form_of(c->type);
	if (c->type.array)
		return read_array(a, v, c, out);
	if (c->type.base != MD_JSON)
		return read_scalar(a, v, c, &out->text);
	if (md_json_deeper_than(v, MAX_JSON_DEPTH)) /* would be written in part only */
		return false;
	struct md_buf b = { .arena = a };
	md_json_dump(&b, v);
	out->text = md_buf_view(&b);
	return !b.failed;
}

static bool read_array(struct md_arena *a, const struct md_json *v, const struct md_column *c, struct md_cell *out)
{
	struct md_type element = { .base = c->type.base };
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
			cell.form = md_form_of(element);
			if (!read_scalar(a, e, c, &cell.text))
				return false;
		}
		md_cell_json(&w, element, &cell, false);
	}
	md_jw_arr_end(&w);
	out->text = md_buf_view(&b);
	return !b.failed;
}

/* ---- entries as md_entry_write makes them ---- */

#define EACH(byte) ((uint64_t)(byte) * 0x0101010101010101u)

/* Is none of eight bytes a quote, a backslash, a control character or outside ASCII? It may say no
 * for other bytes. */
static bool are_all_plain(uint64_t w)
{
	uint64_t quote = w ^ EACH('"'), backslash = w ^ EACH('\\');
	return ((w | (w - EACH(0x20)) | (quote - EACH(1)) | (backslash - EACH(1))) & EACH(0x80)) == 0;
}

/* Returns the end of the string whose first character is at p; NULL: it has an escape or a
 * character other than printable ASCII, or no end. */
static const char *scan_string(const char *p, const char *end, struct md_str *out)
{
	const char *from = p;
	while (end - p >= 8 && are_all_plain(md_load8(p)))
		p += 8;
	while (p < end && *p != '"' && *p != '\\' && *p >= 0x20 && *p < 0x7f)
		p++;
	*out = (struct md_str){ from, (size_t)(p - from) };
	return p < end && *p == '"' ? p + 1 : NULL;
}

static const char *scan_number(const char *p, const char *end, struct md_str *out)
{
	const char *from = p;
	while (p < end && ((*p >= '0' && *p <= '9') || *p == '.' || *p == '-'))
		p++;
	*out = (struct md_str){ from, (size_t)(p - from) };
	return p > from ? p : NULL;
}

static const char *scan_word(const char *p, const char *end, const char *w, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, w, n) == 0 ? p + n : NULL;
}

/* Reads the value at p, which is not the end. Returns its end; NULL: it is not in the expected
 * form. */
static const char *scan_value(struct md_arena *a, const char *p, const char *end, const struct md_column *c,
                              struct md_cell *out)
{
	enum md_base_type t = (enum md_base_type)c->type.base;
	if (*p == 'n') {
		*out = (struct md_cell){ .form = MD_CELL_NULL };
		return c->nullable ? scan_word(p, end, "null", 4) : NULL;
	}
	out->form = md_form_of(c->type);
	if (c->type.array || t == MD_JSON)
		return NULL;
	if (t == MD_BOOLEAN) {
		const char *behind = *p == 't' ? scan_word(p, end, "true", 4) : scan_word(p, end, "false", 5);
		out->text = (struct md_str){ p, behind ? (size_t)(behind - p) : 0 };
		return behind;
	}
	const char *behind = md_value_short(t, p, end);
	if (behind) {
		out->text = (struct md_str){ p, (size_t)(behind - p) };
		return behind;
	}
	bool quoted = *p == '"';
	p = quoted ? scan_string(p + 1, end, &out->text) : scan_number(p, end, &out->text);
	if (!p || (quoted && t == MD_STRING))
		return p;
	return canonical_text(a, c, out->text, !quoted, &out->text) ? p : NULL;
}

/* The source of rows with the label of this index. */
static const struct md_sync *labelled_source(const struct md_cached_table *ct, uint32_t label)
{
	return label ? ct->table->syncs[label - 1] : NULL;
}

/* Returns where the first column begins, behind one of the labels; NULL: there is another text. */
static const char *scan_head(const struct md_cached_table *ct, struct md_str text, const struct md_sync **sync)
{
	for (uint32_t i = 0; text.n && i <= ct->table->n_syncs; i++) {
		const char *p = scan_word(text.p, text.p + text.n, ct->labels[i].head.p, ct->labels[i].head.n);
		*sync = labelled_source(ct, i);
		if (p)
			return p;
	}
	return NULL;
}

/* Reads an entry in the form of md_entry_write. False: it has to be read with a JSON tree, and may
 * still be valid. */
static bool scan_entry(struct md_arena *a, const struct md_cached_table *ct, struct md_str text,
                       const struct md_sync **sync, struct md_cell *cells)
{
	const char *end = text.p + text.n, *p = scan_head(ct, text, sync);
	bool is_first = true;
	for (uint32_t i = 0; p && i < ct->table->n_columns; i++) {
		const struct md_column *c = &ct->table->columns[i];
		size_t n = c->api_name.n;
		if (!md_bit(ct->columns, i))
			continue;
		if (!is_first && (p == end || *p++ != ','))
			return false;
		if ((size_t)(end - p) < n + 4 || p[0] != '"' || memcmp(p + 1, c->api_name.p, n) != 0)
			return false;
		if (p[n + 1] != '"' || p[n + 2] != ':')
			return false;
		p = scan_value(a, p + n + 3, end, c, &cells[i]);
		is_first = false;
	}
	return p && end - p == 2 && p[0] == '}' && p[1] == '}';
}

/* ---- any entry ---- */

static bool is_text(const struct md_json *v, struct md_str text)
{
	return v && md_json_type(v) == MD_JSON_STRING && md_str_eq(md_json_text(v), text);
}

/* Is the entry a row of the table, made from what the configuration still says? Another program
 * that fills the cache may leave the label out. NULL, or what is wrong. */
static const char *check_label(const struct md_cached_table *ct, const struct md_json *root,
                               const struct md_sync **sync)
{
	const struct md_json *table = md_json_get(root, "table"), *hash = md_json_get(root, "hash");
	if (!table && !hash)
		return NULL;
	if (!is_text(table, ct->table->id))
		return "it is of another table";
	for (uint32_t i = 0; i <= ct->table->n_syncs; i++)
		if (is_text(hash, ct->labels[i].hash)) {
			*sync = labelled_source(ct, i);
			return NULL;
		}
	return "it was made from another table definition";
}

/* The object of the row; NULL: there is none, *reason says why. */
static const struct md_json *find_row(const struct md_cached_table *ct, const struct md_json *root,
                                      const struct md_sync **sync, const char **reason)
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
	if ((*reason = check_label(ct, root, sync)))
		return NULL;
	*reason = "no row";
	return row && md_json_type(row) == MD_JSON_OBJECT ? row : NULL;
}

static const struct md_json *find_member(const struct md_json *row, struct md_str name)
{
	struct md_json_iter it;
	struct md_str key;
	md_json_iter(&it, row);
	for (const struct md_json *m; (m = md_json_next(&it, &key));)
		if (md_str_eq(key, name))
			return m;
	return NULL;
}

bool md_entry_read(struct md_arena *a, const struct md_cached_table *ct, struct md_str text,
                   const struct md_sync **sync, struct md_cell *cells, const char **reason)
{
	const struct md_table *t = ct->table;
	const struct md_json *root = NULL, *row;
	struct md_json_error error;
	if (scan_entry(a, ct, text, sync, cells))
		return true;
	*sync = NULL;
	*reason = "not JSON";
	if (md_json_parse(a, text, &root, &error) || !(row = find_row(ct, root, sync, reason)))
		return false;
	*reason = "a column is missing or not of its type";
	for (uint32_t i = 0; i < t->n_columns; i++) {
		if (!md_bit(ct->columns, i))
			continue;
		const struct md_json *v = find_member(row, t->columns[i].api_name);
		cells[i] = (struct md_cell){ .form = MD_CELL_NULL };
		if (!v || !read_cell(a, v, &t->columns[i], &cells[i]))
			return false;
	}
	return true;
}

void md_entry_write(struct md_buf *b, const struct md_cached_table *ct, const struct md_sync *sync,
                    const struct md_cell *cells)
{
	struct md_jw w = { .b = b };
	uint32_t i = 0;
	while (sync && ct->table->syncs[i++] != sync)
		;
	md_buf_str(b, ct->labels[i].head);
	for (i = 0; i < ct->table->n_columns; i++)
		if (md_bit(ct->columns, i)) {
			md_jw_key(&w, ct->table->columns[i].api_name);
			md_cell_json(&w, ct->table->columns[i].type, &cells[i], false);
		}
	md_buf_lit(b, "}}");
}

static bool is_unreserved(unsigned char c)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return is_letter || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static void write_percent_encoded(struct md_buf *b, struct md_str s)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t from = 0; /* the first byte that is not written yet */
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!is_unreserved(c)) {
			char text[3] = { '%', hex[c >> 4], hex[c & 15] };
			md_buf_add(b, s.p + from, i - from);
			md_buf_add(b, text, sizeof text);
			from = i + 1;
		}
	}
	md_buf_add(b, s.p + from, s.n - from);
}

struct md_str md_entry_key(struct md_arena *a, const struct md_cached_table *ct,
                           struct md_str (*value)(void *, const struct md_column *), void *arg)
{
	struct md_buf b = { .arena = a };
	for (uint32_t i = 0; i < ct->n_key; i++) {
		md_buf_str(&b, ct->key[i].literal);
		if (!ct->key[i].column)
			continue;
		struct md_str v = value(arg, ct->key[i].column);
		if (!v.p)
			return MD_NOSTR;
		write_percent_encoded(&b, v);
	}
	return b.failed ? MD_NOSTR : md_buf_view(&b);
}
