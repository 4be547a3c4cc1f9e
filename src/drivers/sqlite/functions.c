/* What the SQLite dialect needs and SQLite lacks: exact decimals that are text. A collation
 * compares them, so that = < > ORDER BY and indexes declared with it agree; a function gives the
 * digits of a float, to compare it with them. Functions of text: text.c; canonical
 * values: values.c. */
#include "drivers/sqlite/private.h"

#include "base/number.h"
#include "base/sqlite_names.h"

/* -?digits[.digits]: what md_decimal_cmp may see. */
static bool is_decimal(struct md_str s)
{
	size_t i = s.n && s.p[0] == '-', from = i;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == from)
		return false;
	if (i == s.n)
		return true;
	from = ++i;
	if (s.p[i - 1] != '.')
		return false;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i == s.n && i > from;
}

/* Without sign, leading zeros and trailing zeros of the fraction, as md_decimal_cmp wants it. */
static struct md_str decimal_magnitude(struct md_str s, bool *negative)
{
	*negative = s.p[0] == '-';
	s.p += *negative;
	s.n -= *negative;
	while (s.n > 1 && s.p[0] == '0' && s.p[1] != '.') {
		s.p++;
		s.n--;
	}
	s = md_decimal_canon(s);
	*negative &= !md_str_eq(s, MD_STR("0"));
	return s;
}

static int compare_decimals(struct md_str a, struct md_str b)
{
	bool minus_a, minus_b;
	a = decimal_magnitude(a, &minus_a);
	b = decimal_magnitude(b, &minus_b);
	if (minus_a != minus_b)
		return minus_a ? -1 : 1;
	return minus_a ? md_decimal_cmp(b, a) : md_decimal_cmp(a, b);
}

static int compare_texts(void *unused, int an, const void *ap, int bn, const void *bp)
{
	(void)unused;
	struct md_str a = { ap, (size_t)an }, b = { bp, (size_t)bn };
	bool da = is_decimal(a), db = is_decimal(b);
	if (da && db)
		return compare_decimals(a, b);
	if (da != db)
		return da ? -1 : 1; /* what is no decimal comes last, so that the order is total */
	return md_str_cmp(a, b);
}

/* A float as the decimal that it is shown as; infinities as more than any other. */
static bool digits_of(double v, struct md_arena *arena, struct md_buf *scratch, struct md_str *out)
{
	struct md_number split;
	if (v - v != 0) {
		*out = md_str_fmt(arena, "%s1%0309d", v < 0 ? "-" : "", 0);
		return out->p;
	}
	struct md_str text = md_float_text(scratch, v);
	return text.p && md_number_split(text, &split) && md_number_decimal(arena, &split, text, out) && out->p;
}

static void plain_number(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	struct md_arena arena = { 0 };
	struct md_buf scratch = { 0 };
	struct md_str text;
	if (sqlite3_value_type(v[0]) != SQLITE_FLOAT)
		sqlite3_result_value(cx, v[0]);
	else if (digits_of(sqlite3_value_double(v[0]), &arena, &scratch, &text))
		sqlite3_result_text64(cx, text.p, text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		sqlite3_result_error_nomem(cx);
	md_buf_free(&scratch);
	md_arena_free(&arena);
}

int md_lite_functions(struct md_lite *c)
{
	int rc = sqlite3_create_collation_v2(c->db, MD_SQLITE_DECIMAL, SQLITE_UTF8, NULL, compare_texts, NULL);
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(c->db, MD_SQLITE_PLAIN, 1, flags, NULL, plain_number, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = md_lite_text_functions(c);
	return rc ? rc : md_lite_value_functions(c);
}
