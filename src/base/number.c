/* Decimals of any length and doubles, as text. Promises: no decimal passes through a double; no
 * result depends on the process's locale (the host of the library may have set one); doubles are
 * printed as ECMAScript's Number::toString does. */
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct md_str digits_at(const char **p, const char *end)
{
	const char *from = *p;
	while (*p < end && **p >= '0' && **p <= '9')
		++*p;
	return (struct md_str){ from, (size_t)(*p - from) };
}

const char *md_number_short(const char *p, const char *end, bool *fraction)
{
	struct md_str whole = digits_at(&p, end);
	if (whole.n - 1 > 8 || (*whole.p == '0' && whole.n > 1)) /* also where it is empty */
		return NULL;
	*fraction = p < end && *p == '.';
	if (!*fraction)
		return p;
	p++;
	struct md_str behind = digits_at(&p, end);
	return behind.n - 1 > 8 || p[-1] == '0' ? NULL : p;
}

static bool read_exponent(const char **p, const char *end, int32_t *out)
{
	bool negative = *p < end && **p == '-';
	if (*p < end && (**p == '-' || **p == '+'))
		++*p;
	struct md_str d = digits_at(p, end);
	int32_t v = 0;
	for (size_t i = 0; i < d.n && v < 2000000; i++)
		v = v * 10 + (d.p[i] - '0');
	v = v > 2000000 ? 2000000 : v;
	*out = negative ? -v : v;
	return d.n > 0;
}

bool md_number_split(struct md_str text, struct md_number *out)
{
	*out = (struct md_number){ .plain = true };
	if (text.n == 0)
		return false;

	const char *p = text.p, *end = text.p + text.n;
	if (p < end && *p == '-') {
		out->negative = true;
		p++;
	}
	out->whole = digits_at(&p, end);
	if (out->whole.n == 0 || (out->whole.n > 1 && out->whole.p[0] == '0'))
		return false;
	if (p < end && *p == '.') {
		p++;
		out->fraction = digits_at(&p, end);
		if (out->fraction.n == 0)
			return false;
		out->plain = p[-1] != '0';
	} else if (out->negative && out->whole.p[0] == '0') {
		out->plain = false; /* -0 */
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		out->plain = false;
		if (!read_exponent(&p, end, &out->exponent))
			return false;
	}
	return p == end;
}

static char digit_at(const struct md_number *n, size_t i)
{
	return i < n->whole.n ? n->whole.p[i] : n->fraction.p[i - n->whole.n];
}

/* The digits first … last - 1 (no zeros at either end) with the point before index `point` of them,
 * which may lie outside. */
static struct md_str write_decimal(char *to, const struct md_number *n, size_t first, size_t last, int64_t point)
{
	char *p = to;
	int64_t count = (int64_t)(last - first);
	if (n->negative)
		*p++ = '-';
	if (point <= 0) {
		*p++ = '0';
		*p++ = '.';
		for (int64_t i = point; i < 0; i++)
			*p++ = '0';
	}
	for (int64_t i = 0; i < count || i < point; i++) {
		if (i && i == point)
			*p++ = '.';
		*p++ = i < count ? digit_at(n, first + (size_t)i) : '0';
	}
	return (struct md_str){ to, (size_t)(p - to) };
}

bool md_number_decimal(struct md_arena *a, const struct md_number *n, struct md_str text, struct md_str *out)
{
	size_t first = 0, all = n->whole.n + n->fraction.n, last = all;
	if (n->plain && all <= MD_DECIMAL_DIGITS) {
		*out = text;
		return true;
	}
	while (first < all && digit_at(n, first) == '0')
		first++;
	while (last > first && digit_at(n, last - 1) == '0')
		last--;
	if (first == last) {
		*out = MD_STR("0");
		return true;
	}
	int64_t point = (int64_t)n->whole.n - (int64_t)first + n->exponent, count = (int64_t)(last - first);
	if (count > MD_DECIMAL_DIGITS || point > MD_DECIMAL_DIGITS || point < count - MD_DECIMAL_DIGITS)
		return false;
	char *to = md_alloc(a, MD_DECIMAL_DIGITS + 8);
	*out = to ? write_decimal(to, n, first, last, point) : MD_NOSTR;
	return true;
}

bool md_number_double(struct md_arena *a, const struct md_number *n, double *out)
{
	char small[64], *text = small;
	size_t all = n->whole.n + n->fraction.n;
	if (all + 24 > sizeof small && !(text = md_alloc(a, all + 24)))
		return false;
	/* no decimal point: strtod's is the locale's */
	size_t at = 0;
	if (n->negative)
		text[at++] = '-';
	memcpy(text + at, n->whole.p, n->whole.n);
	at += n->whole.n;
	if (n->fraction.n)
		memcpy(text + at, n->fraction.p, n->fraction.n);
	at += n->fraction.n;
	snprintf(text + at, 24, "e%lld", (long long)n->exponent - (long long)n->fraction.n);
	*out = strtod(text, NULL);
	return isfinite(*out);
}

struct md_str md_decimal_canon(struct md_str in)
{
	size_t n = in.n;
	if (n && in.p[0] == '+') {
		in.p++;
		in.n = --n;
	}
	if (n && memchr(in.p, '.', n)) {
		while (in.p[n - 1] == '0')
			n--;
		if (in.p[n - 1] == '.')
			n--;
	}
	if (n == 0 || (n == 2 && in.p[0] == '-' && in.p[1] == '0'))
		return MD_STR("0");
	return (struct md_str){ in.p, n };
}

/* How two unsigned canonical decimals compare. */
static int magnitude_cmp(struct md_str a, struct md_str b)
{
	const char *dot_a = memchr(a.p, '.', a.n), *dot_b = memchr(b.p, '.', b.n);
	size_t whole_a = dot_a ? (size_t)(dot_a - a.p) : a.n, whole_b = dot_b ? (size_t)(dot_b - b.p) : b.n;
	if (whole_a != whole_b)
		return whole_a < whole_b ? -1 : 1;
	/* equally long in front of the point: bytewise, since '.' stands at the same place and the
	 * fraction has no trailing zeros */
	return md_str_cmp(a, b);
}

int md_decimal_cmp(struct md_str a, struct md_str b)
{
	bool minus_a = a.n && a.p[0] == '-', minus_b = b.n && b.p[0] == '-';
	if (minus_a != minus_b)
		return minus_a ? -1 : 1;
	struct md_str left = { a.p + minus_a, a.n - minus_a }, right = { b.p + minus_b, b.n - minus_b };
	return minus_a ? magnitude_cmp(right, left) : magnitude_cmp(left, right);
}

struct digits {
	char v[20];
	int n;     /* without trailing zeros */
	int point; /* value = 0.v × 10^point */
};

/* Reads "d.ddde±x", whatever the decimal point of the locale is. */
static void collect_digits(const char *text, struct digits *d)
{
	d->n = 0;
	for (; *text != 'e'; text++)
		if (*text >= '0' && *text <= '9')
			d->v[d->n++] = *text;
	d->point = atoi(text + 1) + 1;
	while (d->n > 1 && d->v[d->n - 1] == '0')
		d->n--;
}

/* Raises the last digit by one; false when that would make the number longer. */
static bool step_up(char *text)
{
	char *e = strchr(text, 'e');
	if (e == text || e[-1] == '9')
		return false;
	e[-1]++;
	return true;
}

/* The fewest digits that read back as v (> 0). Every text of 15 digits survives the conversion to a
 * normal double and back, so shorter texts need not be tried for normal doubles. A power of two is
 * nearer to its lower neighbour than to its upper one: the nearest text of some length may fail
 * there although the next larger text fits. */
static void find_shortest_digits(double v, struct digits *d)
{
	char text[48];
	int exponent;
	bool power = frexp(v, &exponent) == 0.5;
	for (int digits = isnormal(v) ? 15 : 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*e", digits - 1, v);
		if (strtod(text, NULL) == v || (power && digits < 17 && step_up(text) && strtod(text, NULL) == v))
			break;
	}
	collect_digits(text, d);
}

static void append_js_number(struct md_buf *b, const struct digits *d)
{
	if (d->point > 21 || d->point < -5) {
		md_buf_char(b, d->v[0]);
		if (d->n > 1) {
			md_buf_char(b, '.');
			md_buf_add(b, d->v + 1, (size_t)d->n - 1);
		}
		md_buf_add(b, d->point > 0 ? "e+" : "e", d->point > 0 ? 2 : 1);
		md_buf_int(b, d->point - 1);
		return;
	}
	if (d->point <= 0)
		md_buf_lit(b, "0.");
	for (int i = d->point; i < 0; i++)
		md_buf_char(b, '0');
	for (int i = 0; i < d->n || i < d->point; i++) {
		if (i && i == d->point)
			md_buf_char(b, '.');
		md_buf_char(b, i < d->n ? d->v[i] : '0');
	}
}

struct md_str md_float_text(struct md_buf *scratch, double v)
{
	size_t from = scratch->n;
	struct digits d;
	if (v >= -9007199254740992.0 && v <= 9007199254740992.0 && (double)(int64_t)v == v) {
		md_buf_int(scratch, (int64_t)v);
	} else {
		if (v < 0)
			md_buf_char(scratch, '-');
		find_shortest_digits(fabs(v), &d);
		append_js_number(scratch, &d);
	}
	return scratch->failed ? MD_NOSTR : (struct md_str){ scratch->p + from, scratch->n - from };
}
