/* What SQLite stores, as canonical values. SQLite's columns hold what was put into them, so every
 * value is checked against the declared type: int bigint INTEGER, or REAL without a fraction; float
 * REAL, or an INTEGER that a double holds exactly; boolean 0 or 1, or text 'true' or 'false'; uuid
 * text in letters of one case; bytes BLOB; everything else TEXT, a decimal and a document also as
 * number. The cells of results and the functions of the dialect (values.c) both
 * take values from here, so that what is shown is what was compared. */
#include "drivers/sqlite/private.h"

#include "base/number.h"

static int bare_cell(struct md_cells *k, size_t from, struct md_cell *out)
{
	if (k->buf.failed)
		return -1;
	*out = (struct md_cell){ { k->buf.p + from, k->buf.n - from }, MD_CELL_BARE };
	return 0;
}

static int boolean_cell(bool is_true, struct md_cell *out)
{
	*out = (struct md_cell){ is_true ? MD_STR("true") : MD_STR("false"), MD_CELL_BARE };
	return 0;
}

static int convert_integer(struct md_cells *k, enum md_base_type t, int64_t v, struct md_cell *out)
{
	size_t from = k->buf.n;
	switch (t) {
	case MD_BOOLEAN:
		return v == 0 || v == 1 ? boolean_cell(v, out) : -1;
	case MD_INT:
		if (v < INT32_MIN || v > INT32_MAX)
			return -1;
		/* fall through */
	case MD_BIGINT:
	case MD_DECIMAL:
	case MD_JSON: /* a column of NUMERIC affinity makes numbers of texts */
		md_buf_int(&k->buf, v);
		return bare_cell(k, from, out);
	case MD_FLOAT:
		if ((__int128)(double)v != v)
			return -1;
		md_float_text(&k->buf, (double)v);
		return bare_cell(k, from, out);
	default:
		return -1;
	}
}

/* A whole number of 64 bits? */
static bool is_whole(double v)
{
	return v >= -0x1p63 && v < 0x1p63 && (double)(int64_t)v == v;
}

/* SQLite keeps no NaN; infinities it does. A decimal kept as REAL is what its shortest digits say.
 */
static int convert_real(struct md_cells *k, enum md_base_type t, double v, struct md_cell *out)
{
	size_t from = k->buf.n;
	if (t == MD_INT || t == MD_BIGINT || t == MD_BOOLEAN)
		return is_whole(v) ? convert_integer(k, t, (int64_t)v, out) : -1;
	*out = (struct md_cell){ MD_NOSTR, MD_CELL_NOT_FINITE };
	if (t != MD_FLOAT && t != MD_DECIMAL && t != MD_JSON)
		return -1;
	if (v - v != 0)
		return 0;
	struct md_str text = md_float_text(&k->buf, v);
	return t != MD_DECIMAL || !text.p ? bare_cell(k, from, out) : md_cell_scalar(k, MD_DECIMAL, text, out);
}

static int convert_boolean_text(struct md_str s, struct md_cell *out)
{
	bool is_true = md_str_eq(s, MD_STR("true")) || md_str_eq(s, MD_STR("1"));
	bool is_false = md_str_eq(s, MD_STR("false")) || md_str_eq(s, MD_STR("0"));
	return is_true || is_false ? boolean_cell(is_true, out) : -1;
}

/* An index finds a uuid among its spellings only if there are few of them. */
static bool has_letters_of_both_cases(struct md_str s)
{
	bool has_upper = false, has_lower = false;
	for (size_t i = 0; i < s.n; i++) {
		has_upper |= s.p[i] >= 'A' && s.p[i] <= 'F';
		has_lower |= s.p[i] >= 'a' && s.p[i] <= 'f';
	}
	return has_upper && has_lower;
}

static int convert_text(struct md_cells *k, struct md_type t, struct md_str s, struct md_cell *out)
{
	if (t.array)
		return md_cell_json_array(k, t.base, s, out);
	if (t.base == MD_BOOLEAN)
		return convert_boolean_text(s, out);
	if (t.base == MD_UUID && has_letters_of_both_cases(s))
		return -1;
	bool is_stored_otherwise = t.base == MD_INT || t.base == MD_BIGINT || t.base == MD_FLOAT || t.base == MD_BYTES;
	return is_stored_otherwise ? -1 : md_cell_scalar(k, t.base, s, out);
}

static int convert_blob(struct md_cells *k, enum md_base_type t, struct md_str raw, struct md_cell *out)
{
	return t == MD_BYTES ? md_cell_scalar(k, MD_BYTES, raw, out) : -1;
}

int md_lite_convert(struct md_cells *k, struct md_type t, const struct md_lite_stored *v, struct md_cell *out)
{
	switch (v->storage) {
	case SQLITE_NULL:
		*out = (struct md_cell){ MD_NOSTR, MD_CELL_NULL };
		return 0;
	case SQLITE_INTEGER:
		return t.array ? -1 : convert_integer(k, t.base, v->integer, out);
	case SQLITE_FLOAT:
		return t.array ? -1 : convert_real(k, t.base, v->real, out);
	case SQLITE_TEXT:
		return v->bytes.p ? convert_text(k, t, v->bytes, out) : -1;
	default:
		return t.array ? -1 : convert_blob(k, t.base, v->bytes, out);
	}
}

/* ---- cells ---- */

const char *md_lite_storage(sqlite3_stmt *stmt, uint32_t i)
{
	static const char *const names[] = { [SQLITE_INTEGER] = "an integer",
		                             [SQLITE_FLOAT] = "a real number",
		                             [SQLITE_TEXT] = "text",
		                             [SQLITE_BLOB] = "a blob",
		                             [SQLITE_NULL] = "nothing" };
	return names[sqlite3_column_type(stmt, (int)i)];
}

int md_lite_cell(void *conn, uint32_t i, struct md_cell *out)
{
	struct md_lite *c = conn;
	sqlite3_stmt *stmt = c->running;
	int column = (int)i;
	struct md_lite_stored v = { .storage = sqlite3_column_type(stmt, column) };
	if (v.storage == SQLITE_INTEGER) {
		v.integer = sqlite3_column_int64(stmt, column);
	} else if (v.storage == SQLITE_FLOAT) {
		v.real = sqlite3_column_double(stmt, column);
	} else if (v.storage != SQLITE_NULL) {
		const void *p = v.storage == SQLITE_TEXT ? sqlite3_column_text(stmt, column)
		                                         : sqlite3_column_blob(stmt, column);
		bool is_empty_blob = !p && v.storage == SQLITE_BLOB;
		v.bytes = (struct md_str){ is_empty_blob ? "" : p, (size_t)sqlite3_column_bytes(stmt, column) };
	}
	return md_lite_convert(&c->cells, c->stmt->outputs[i].type, &v, out);
}
