/* What the dialects share. Promises: an identifier's bytes can't end its quotes. */
#include "dialects/dialect.h"

const struct md_dialect *md_dialect_of(enum md_sql sql)
{
	static const struct md_dialect *const all[MD_SQLS] = { [MD_SQL_POSTGRES] = &md_dialect_postgres, [MD_SQL_CLICKHOUSE] = &md_dialect_clickhouse,
		                                               [MD_SQL_TRINO] = &md_dialect_trino, [MD_SQL_SQLITE] = &md_dialect_sqlite };
	return all[sql];
}

const struct md_str md_op_words[MD_OPS] = {
	[MD_OP_EQ] = MD_WORD(" = "),
	[MD_OP_NE] = MD_WORD(" <> "),
	[MD_OP_GT] = MD_WORD(" > "),
	[MD_OP_LT] = MD_WORD(" < "),
	[MD_OP_GE] = MD_WORD(" >= "),
	[MD_OP_LE] = MD_WORD(" <= "),
	[MD_OP_IN] = MD_WORD(" IN "),
	[MD_OP_NOT_IN] = MD_WORD(" NOT IN "),
	[MD_OP_BETWEEN] = MD_WORD(" BETWEEN "),
	[MD_OP_NOT_BETWEEN] = MD_WORD(" NOT BETWEEN "),
	[MD_OP_LIKE] = MD_WORD(" LIKE "),
	[MD_OP_IS_NULL] = MD_WORD(" IS NULL"),
	[MD_OP_IS_NOT_NULL] = MD_WORD(" IS NOT NULL"),
};

/* Does the name hold what must be doubled? Hardly any does. */
static bool plain_name(const struct md_dialect *d, struct md_str name)
{
	return name.n == 0 || (!memchr(name.p, d->quote, name.n) && !(d->backslash && memchr(name.p, '\\', name.n)));
}

void md_quote_ident(struct md_buf *b, const struct md_dialect *d, struct md_str name)
{
	if (!md_buf_room(b, 2 * name.n + 2))
		return;
	md_buf_char(b, d->quote);
	if (plain_name(d, name)) {
		md_buf_str(b, name);
		md_buf_char(b, d->quote);
		return;
	}
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == d->quote || (name.p[i] == '\\' && d->backslash))
			md_buf_char(b, name.p[i]);
		md_buf_char(b, name.p[i]);
	}
	md_buf_char(b, d->quote);
}

static void count_digits(struct md_digits *most, struct md_str s)
{
	const char *point = s.n ? memchr(s.p, '.', s.n) : NULL;
	size_t sign = s.n && s.p[0] == '-';
	size_t fraction = point ? s.n - 1 - (size_t)(point - s.p) : 0;
	size_t whole = s.n - sign - (point ? fraction + 1 : 0);
	if (whole == 1 && s.p[sign] == '0')
		whole = 0;
	most->whole = whole > most->whole ? whole : most->whole;
	most->fraction = fraction > most->fraction ? fraction : most->fraction;
}

struct md_digits md_decimal_digits(const struct md_value *v)
{
	struct md_digits most = { 0, 0 };
	if (!v->type.array)
		count_digits(&most, v->text);
	for (size_t i = 0; v->type.array && i < v->list.n; i++)
		count_digits(&most, v->list.items[i]);
	return most;
}
