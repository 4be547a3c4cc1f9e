/* Values of the SQLite driver. SQLite's columns hold what was put into them, so every value is
 * checked against the declared type: int bigint INTEGER; float REAL or INTEGER; boolean INTEGER 0
 * or 1; bytes BLOB; everything else canonical TEXT, and a decimal also as number. */
#include "drivers/sqlite/private.h"

#include "base/base64.h"
#include "base/number.h"

/* Canonical digits within int64: validation ensures it. False for anything else. */
static bool to_int64(struct md_str s, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	int64_t v = 0;
	if (s.n == negative)
		return false;
	for (size_t i = negative; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return false;
	if (!negative && v == INT64_MIN)
		return false;
	*out = negative ? v : -v;
	return true;
}

static int bind_text(sqlite3_stmt *stmt, int n, struct md_str s)
{
	return sqlite3_bind_text64(stmt, n, s.p ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_float(struct md_lite *c, sqlite3_stmt *stmt, int n, struct md_str s)
{
	struct md_number split;
	double v;
	if (!md_number_split(s, &split) || !md_number_double(&c->cells.arena, &split, &v))
		return c->cells.arena.oom ? SQLITE_NOMEM : SQLITE_MISMATCH;
	return sqlite3_bind_double(stmt, n, v);
}

static int bind_blob(struct md_lite *c, sqlite3_stmt *stmt, int n, struct md_str base64)
{
	struct md_str raw;
	if (!md_base64_decode(&c->params, base64, &raw))
		return c->params.failed ? SQLITE_NOMEM : SQLITE_MISMATCH;
	return sqlite3_bind_blob64(stmt, n, raw.n ? raw.p : "", raw.n, SQLITE_STATIC);
}

static int bind_list(struct md_lite *c, sqlite3_stmt *stmt, int n, const struct md_value *v)
{
	size_t from = c->params.n;
	md_list_json(&c->params, v);
	return c->params.failed ? SQLITE_NOMEM
	                        : bind_text(stmt, n, (struct md_str){ c->params.p + from, c->params.n - from });
}

static int bind_one(struct md_lite *c, sqlite3_stmt *stmt, int n, const struct md_value *v)
{
	int64_t i;
	if (v->type.array)
		return bind_list(c, stmt, n, v);
	switch (v->type.base) {
	case MD_INT:
	case MD_BIGINT:
		return to_int64(v->text, &i) ? sqlite3_bind_int64(stmt, n, i) : bind_text(stmt, n, v->text);
	case MD_FLOAT: return bind_float(c, stmt, n, v->text);
	case MD_BOOLEAN: return sqlite3_bind_int(stmt, n, md_str_eq(v->text, MD_STR("true")));
	case MD_BYTES: return bind_blob(c, stmt, n, v->text);
	default: return bind_text(stmt, n, v->text);
	}
}

/* Most bytes that the parameters take in c->params: room at once, so that what is bound does not
 * move. */
static size_t params_room(const struct md_stmt *s)
{
	size_t n = 1;
	for (uint32_t i = 0; i < s->n_params; i++) {
		const struct md_value *v = &s->params[i];
		if (!v->type.array && v->type.base == MD_BYTES)
			n += v->text.n + 1;
		for (size_t j = 0; v->type.array && j < v->list.n; j++)
			n += 6 * v->list.items[j].n + 3;
		n += 2;
	}
	return n;
}

int md_lite_bind(struct md_lite *c, sqlite3_stmt *stmt, const struct md_stmt *s)
{
	c->params.n = 0;
	c->params.failed = false;
	if (sqlite3_bind_parameter_count(stmt) != (int)s->n_params)
		return SQLITE_RANGE;
	if (!md_buf_room(&c->params, params_room(s)))
		return SQLITE_NOMEM;
	int rc = SQLITE_OK;
	for (uint32_t i = 0; i < s->n_params && rc == SQLITE_OK; i++)
		rc = bind_one(c, stmt, (int)i + 1, &s->params[i]);
	return rc;
}

/* ---- results ---- */

const char *md_lite_storage(sqlite3_stmt *stmt, uint32_t i)
{
	static const char *const names[] = { [SQLITE_INTEGER] = "an integer",
		                             [SQLITE_FLOAT] = "a real number",
		                             [SQLITE_TEXT] = "text",
		                             [SQLITE_BLOB] = "a blob",
		                             [SQLITE_NULL] = "nothing" };
	return names[sqlite3_column_type(stmt, (int)i)];
}

static int bare_cell(struct md_cells *k, size_t from, struct md_cell *out)
{
	if (k->buf.failed)
		return -1;
	*out = (struct md_cell){ { k->buf.p + from, k->buf.n - from }, MD_CELL_BARE };
	return 0;
}

static int from_integer(struct md_cells *k, enum md_base_type t, int64_t v, struct md_cell *out)
{
	size_t from = k->buf.n;
	switch (t) {
	case MD_BOOLEAN:
		*out = (struct md_cell){ v ? MD_STR("true") : MD_STR("false"), MD_CELL_BARE };
		return v == 0 || v == 1 ? 0 : -1;
	case MD_INT:
		if (v < INT32_MIN || v > INT32_MAX)
			return -1;
		/* fall through */
	case MD_BIGINT:
	case MD_DECIMAL:
		md_buf_int(&k->buf, v);
		return bare_cell(k, from, out);
	case MD_FLOAT:
		md_float_text(&k->buf, (double)v);
		return bare_cell(k, from, out);
	default:
		return -1;
	}
}

/* SQLite keeps no NaN; infinities it does. A decimal kept as REAL is what its shortest digits say.
 */
static int from_real(struct md_cells *k, enum md_base_type t, double v, struct md_cell *out)
{
	size_t from = k->buf.n;
	*out = (struct md_cell){ MD_NOSTR, MD_CELL_NOT_FINITE };
	if (t != MD_FLOAT && t != MD_DECIMAL)
		return -1;
	if (v - v != 0)
		return 0;
	struct md_str text = md_float_text(&k->buf, v);
	return t == MD_FLOAT || !text.p ? bare_cell(k, from, out) : md_cell_scalar(k, MD_DECIMAL, text, out);
}

static int from_text(struct md_cells *k, struct md_type t, struct md_str s, struct md_cell *out)
{
	if (t.array)
		return md_cell_json_array(k, t.base, s, out);
	bool numeric = t.base == MD_INT || t.base == MD_BIGINT || t.base == MD_FLOAT || t.base == MD_BOOLEAN;
	if (numeric || t.base == MD_BYTES)
		return -1;
	return md_cell_scalar(k, t.base, s, out);
}

int md_lite_cell(void *conn, uint32_t i, struct md_cell *out)
{
	struct md_lite *c = conn;
	sqlite3_stmt *stmt = c->running;
	struct md_type t = c->stmt->outputs[i].type;
	int column = (int)i;
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_NULL:
		*out = (struct md_cell){ MD_NOSTR, MD_CELL_NULL };
		return 0;
	case SQLITE_INTEGER:
		return t.array ? -1 : from_integer(&c->cells, t.base, sqlite3_column_int64(stmt, column), out);
	case SQLITE_FLOAT:
		return t.array ? -1 : from_real(&c->cells, t.base, sqlite3_column_double(stmt, column), out);
	case SQLITE_TEXT: {
		const char *p = (const char *)sqlite3_column_text(stmt, column);
		return p ? from_text(&c->cells, t, (struct md_str){ p, (size_t)sqlite3_column_bytes(stmt, column) },
		                     out)
		         : -1;
	}
	default: {
		const char *p = sqlite3_column_blob(stmt, column);
		struct md_str raw = { p ? p : "", (size_t)sqlite3_column_bytes(stmt, column) };
		return !t.array && t.base == MD_BYTES ? md_cell_scalar(&c->cells, MD_BYTES, raw, out) : -1;
	}
	}
}
