/* Parameters of the SQLite driver. Promises: a timestamp is bound with twelve digits of a second,
 * as the functions of values.c return it, so that texts compare as moments; a list of uuids has
 * each in small and in capital letters, as columns may have it. */
#include "drivers/sqlite/private.h"

#include "base/base64.h"
#include "base/date.h"
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

/* Text of parameters that are made here, in c->params. */
static int bind_made(struct md_lite *c, sqlite3_stmt *stmt, int n, size_t from)
{
	return c->params.failed ? SQLITE_NOMEM
	                        : bind_text(stmt, n, (struct md_str){ c->params.p + from, c->params.n - from });
}

static bool append_moment(struct md_buf *b, struct md_str text)
{
	if (!md_buf_room(b, MD_TIMESTAMP_ROOM))
		return true; /* b has failed */
	size_t n = md_lite_moment(b->p + b->n, text);
	b->n += n;
	return n > 0;
}

static int bind_moment(struct md_lite *c, sqlite3_stmt *stmt, int n, struct md_str text)
{
	size_t from = c->params.n;
	return append_moment(&c->params, text) ? bind_made(c, stmt, n, from) : SQLITE_MISMATCH;
}

static int bind_moments(struct md_lite *c, sqlite3_stmt *stmt, int n, const struct md_value *v)
{
	size_t from = c->params.n;
	md_buf_char(&c->params, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			md_buf_char(&c->params, ',');
		md_buf_char(&c->params, '"');
		if (!append_moment(&c->params, v->list.items[i]))
			return SQLITE_MISMATCH;
		md_buf_char(&c->params, '"');
	}
	md_buf_char(&c->params, ']');
	return bind_made(c, stmt, n, from);
}

static void append_uuid(struct md_buf *b, struct md_str text, bool in_capitals)
{
	md_buf_char(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		bool is_small = text.p[i] >= 'a' && text.p[i] <= 'f';
		md_buf_char(b, is_small && in_capitals ? (char)(text.p[i] - 'a' + 'A') : text.p[i]);
	}
	md_buf_char(b, '"');
}

static int bind_uuids(struct md_lite *c, sqlite3_stmt *stmt, int n, const struct md_value *v)
{
	size_t from = c->params.n;
	md_buf_char(&c->params, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		if (i)
			md_buf_char(&c->params, ',');
		append_uuid(&c->params, v->list.items[i], false);
		md_buf_char(&c->params, ',');
		append_uuid(&c->params, v->list.items[i], true);
	}
	md_buf_char(&c->params, ']');
	return bind_made(c, stmt, n, from);
}

static int bind_list(struct md_lite *c, sqlite3_stmt *stmt, int n, const struct md_value *v)
{
	size_t from = c->params.n;
	if (v->type.base == MD_TIMESTAMP)
		return bind_moments(c, stmt, n, v);
	if (v->type.base == MD_UUID)
		return bind_uuids(c, stmt, n, v);
	md_list_json(&c->params, v);
	return bind_made(c, stmt, n, from);
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
	case MD_TIMESTAMP: return bind_moment(c, stmt, n, v->text);
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
		if (v->type.base == MD_TIMESTAMP)
			n += MD_TIMESTAMP_ROOM * (v->type.array ? v->list.n + 1 : 1);
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
