/* Values against the values that a real type holds. A value that the column cannot hold must
 * neither be sent (an engine would raise an error, or change the value without one) nor change the
 * answer: planning decides its comparisons by what this file says. */
#include "realtypes/private.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

struct bounds {
	const char *least, *largest;
};

static const struct bounds whole_bounds[MD_FAMILIES] = {
	[MD_REAL_INT8] = { "-128", "127" },
	[MD_REAL_INT16] = { "-32768", "32767" },
	[MD_REAL_INT32] = { "-2147483648", "2147483647" },
	[MD_REAL_INT64] = { "-9223372036854775808", "9223372036854775807" },
	[MD_REAL_INT128] = { "-170141183460469231731687303715884105728", "170141183460469231731687303715884105727" },
	[MD_REAL_INT256] = { "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
	                     "57896044618658097711785492504343953926634992332820282019728792003956564819967" },
	[MD_REAL_UINT8] = { "0", "255" },
	[MD_REAL_UINT16] = { "0", "65535" },
	[MD_REAL_UINT32] = { "0", "4294967295" },
	[MD_REAL_UINT64] = { "0", "18446744073709551615" },
	[MD_REAL_UINT128] = { "0", "340282366920938463463374607431768211455" },
	[MD_REAL_UINT256] = { "0", "115792089237316195423570985008687907853269984665640564039457584007913129639935" },
};

/* Canonical texts of days and moments compare byte by byte. ClickHouse's limits:
 * clickhouse.com/docs/sql-reference/data-types. */
static const struct bounds moment_bounds[MD_FAMILIES] = {
	[MD_REAL_DATE16] = { "1970-01-01", "2149-06-06" },
	[MD_REAL_DATETIME] = { "1970-01-01T00:00:00.000000Z", "2106-02-07T06:28:15.000000Z" },
	[MD_REAL_DATETIME64] = { "1900-01-01T00:00:00.000000Z", "2299-12-31T23:59:59.999999Z" },
};

/* ---- numbers ---- */

static bool is_number(enum md_base_type t)
{
	return t == MD_INT || t == MD_BIGINT || t == MD_DECIMAL;
}

static struct md_str copy_part(struct md_arena *a, struct md_str value, size_t n)
{
	return md_str_dup(a, (struct md_str){ value.p, n });
}

/* A negative decimal that was cut, one unit of its last digit further from zero: -0.99 -> -1. */
static struct md_str add_unit_below(struct md_arena *a, struct md_str cut)
{
	char *to = md_alloc(a, cut.n + 1);
	if (!to)
		return MD_NOSTR;
	memcpy(to + 1, cut.p, cut.n); /* the sign's place takes a carry */
	to[0] = '-';
	to[1] = '0';
	size_t i = cut.n;
	while (to[i] == '9' || to[i] == '.') {
		if (to[i] == '9')
			to[i] = '0';
		i--;
	}
	to[i]++;
	struct md_str out = { to, cut.n + 1 };
	if (to[1] == '0') {
		to[1] = '-';
		out = (struct md_str){ to + 1, cut.n };
	}
	return md_decimal_canon(out);
}

/* value with at most `scale` digits behind the point, rounded down. */
static enum md_fit cut_fraction(struct md_arena *a, struct md_str value, size_t scale, struct md_str *floor)
{
	const char *point = memchr(value.p, '.', value.n);
	size_t whole = point ? (size_t)(point - value.p) : value.n;
	if (!point || value.n - whole - 1 <= scale)
		return MD_FIT_EXACT;
	struct md_str cut = { value.p, scale ? whole + 1 + scale : whole };
	if (value.p[0] == '-') {
		*floor = add_unit_below(a, cut);
		return MD_FIT_BETWEEN;
	}
	*floor = copy_part(a, cut, cut.n);
	if (floor->p)
		*floor = md_decimal_canon(*floor);
	return MD_FIT_BETWEEN;
}

static enum md_fit fit_whole(struct md_arena *a, const struct bounds *b, struct md_str value, struct md_str *floor)
{
	if (md_decimal_cmp(value, md_str_z(b->least)) < 0)
		return MD_FIT_BELOW;
	if (md_decimal_cmp(value, md_str_z(b->largest)) > 0)
		return MD_FIT_ABOVE;
	return cut_fraction(a, value, 0, floor);
}

/* Has the number more digits before the point than numeric(precision, scale) holds? */
static bool has_too_many_whole_digits(const struct md_real_type *real, struct md_str value)
{
	size_t sign = value.p[0] == '-', n = sign;
	while (n < value.n && value.p[n] != '.')
		n++;
	bool is_zero = n - sign == 1 && value.p[sign] == '0';
	return !is_zero && (int64_t)(n - sign) > real->precision - real->scale;
}

static enum md_fit fit_numeric(struct md_arena *a, const struct md_real_type *real, struct md_str value,
                               struct md_str *floor)
{
	if (real->precision < 0 || real->scale < 0)
		return MD_FIT_EXACT;
	if (has_too_many_whole_digits(real, value))
		return value.p[0] == '-' ? MD_FIT_BELOW : MD_FIT_ABOVE;
	return cut_fraction(a, value, (size_t)real->scale, floor);
}

/* ---- float4 ---- */

/* The number that the shortest text of a float4 shows. The calls agree on the decimal point. */
static double shown_number(float f)
{
	char text[sizeof "-1.23456789e-45"];
	int digits = 1;
	do
		snprintf(text, sizeof text, "%.*e", digits - 1, (double)f);
	while (strtof(text, NULL) != f && digits++ < FLT_DECIMAL_DIG);
	return strtod(text, NULL);
}

/* The next smaller float4: their bits are in the order of their numbers. */
static float float4_below(float f)
{
	uint32_t bits;
	if (f == 0)
		return -FLT_TRUE_MIN;
	memcpy(&bits, &f, sizeof bits);
	bits += f < 0 ? 1 : -1U;
	memcpy(&f, &bits, sizeof bits);
	return f;
}

static enum md_fit fit_float4(struct md_arena *a, struct md_str value, struct md_str *floor)
{
	struct md_number n;
	double v;
	if (!md_number_split(value, &n) || !md_number_double(a, &n, &v))
		return MD_FIT_EXACT;
	float nearest = (float)v;
	if (isinf(nearest))
		return v < 0 ? MD_FIT_BELOW : MD_FIT_ABOVE;
	if (shown_number(nearest) == v)
		return MD_FIT_EXACT;
	if (shown_number(nearest) > v)
		nearest = float4_below(nearest);
	if (isinf(nearest))
		return MD_FIT_BELOW;
	struct md_buf b = { .arena = a };
	*floor = md_float_text(&b, shown_number(nearest));
	return MD_FIT_BETWEEN;
}

/* ---- days and moments ---- */

enum { WHOLE_SECONDS = sizeof "2024-01-01T00:00:00." - 1, SECOND_DIGITS = 6 };

/* The moment with `digits` digits behind the second, rounded down: zeros in place of the others. */
static enum md_fit cut_moment(struct md_arena *a, struct md_str value, int digits, struct md_str *floor)
{
	bool is_cut = false;
	size_t from = WHOLE_SECONDS + (size_t)digits;
	for (size_t i = from; i < WHOLE_SECONDS + SECOND_DIGITS && i < value.n; i++)
		is_cut |= value.p[i] != '0';
	if (!is_cut)
		return MD_FIT_EXACT;

	char *to = md_alloc(a, value.n);
	*floor = (struct md_str){ to, value.n };
	if (to) {
		memcpy(to, value.p, value.n);
		memset(to + from, '0', SECOND_DIGITS - (size_t)digits);
	}
	return MD_FIT_BETWEEN;
}

static enum md_fit fit_moment(struct md_arena *a, const struct md_real_type *real, enum md_base_type declared,
                              struct md_str value, struct md_str *floor)
{
	const struct bounds *b = &moment_bounds[real->family];
	if (b->least && md_str_cmp(value, md_str_z(b->least)) < 0)
		return MD_FIT_BELOW;
	if (b->largest && md_str_cmp(value, md_str_z(b->largest)) > 0)
		return MD_FIT_ABOVE;
	bool is_cut = declared == MD_TIMESTAMP && real->precision >= 0 && real->precision < SECOND_DIGITS;
	return is_cut ? cut_moment(a, value, real->precision, floor) : MD_FIT_EXACT;
}

static bool is_moment_family(const struct md_real_type *real)
{
	return moment_bounds[real->family].least || real->family == MD_REAL_TIMESTAMP ||
	       real->family == MD_REAL_TIMESTAMPTZ;
}

/* ---- times ---- */

enum { TIME_SECONDS = sizeof "12:30:00" - 1 };

/* The time with as many digits behind the second as the type has, rounded down. Its text has no
 * zeros at the end of a fraction. */
static enum md_fit fit_time(struct md_arena *a, const struct md_real_type *real, struct md_str value,
                            struct md_str *floor)
{
	size_t n = TIME_SECONDS + (real->precision > 0 ? 1 + (size_t)real->precision : 0);
	if (real->precision < 0 || value.n <= n)
		return MD_FIT_EXACT;
	while (n > TIME_SECONDS && (value.p[n - 1] == '0' || value.p[n - 1] == '.'))
		n--;
	*floor = copy_part(a, value, n);
	return MD_FIT_BETWEEN;
}

static bool is_time_family(const struct md_real_type *real)
{
	return real->family == MD_REAL_TIME || real->family == MD_REAL_TIME64;
}

/* ---- labels ---- */

static enum md_fit fit_label(const struct md_real_type *real, struct md_str value)
{
	for (uint32_t i = 0; i < real->n_labels; i++)
		if (md_str_eq(real->labels[i], value))
			return MD_FIT_EXACT;
	return MD_FIT_NEVER;
}

/* ---- all of them ---- */

bool md_real_is_bounded(const struct md_real_type *real, enum md_base_type declared)
{
	if (real->is_loose)
		return false;
	if (declared == MD_FLOAT)
		return real->family == MD_REAL_FLOAT32;
	if (is_number(declared))
		return whole_bounds[real->family].least || real->family == MD_REAL_NUMERIC;
	if (declared == MD_DATE || declared == MD_TIMESTAMP)
		return is_moment_family(real);
	if (declared == MD_TIME)
		return is_time_family(real);
	return declared == MD_STRING && real->n_labels > 0;
}

enum md_fit md_real_fit(struct md_arena *a, const struct md_real_type *real, enum md_base_type declared,
                        struct md_str value, struct md_str *floor)
{
	if (!md_real_is_bounded(real, declared))
		return MD_FIT_EXACT;
	if (declared == MD_STRING)
		return fit_label(real, value);
	if (declared == MD_FLOAT)
		return fit_float4(a, value, floor);
	if (declared == MD_TIME)
		return fit_time(a, real, value, floor);
	if (!is_number(declared))
		return fit_moment(a, real, declared, value, floor);
	if (real->family == MD_REAL_NUMERIC)
		return fit_numeric(a, real, value, floor);
	return fit_whole(a, &whole_bounds[real->family], value, floor);
}

bool md_real_holds(struct md_arena *a, const struct md_real_type *real, const struct md_value *v)
{
	struct md_str floor = MD_NOSTR;
	enum md_base_type t = (enum md_base_type)v->type.base;
	if (!v->type.array)
		return md_real_fit(a, real, t, v->text, &floor) == MD_FIT_EXACT;
	bool holds = true;
	for (size_t i = 0; holds && i < v->list.n; i++)
		holds = md_real_fit(a, real, t, v->list.items[i], &floor) == MD_FIT_EXACT;
	return holds;
}
