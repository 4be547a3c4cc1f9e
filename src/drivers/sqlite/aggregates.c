/* Exact aggregates for SQLite, whose own add decimals as doubles: md_sum and md_avg. Accept
 * integers, canonical or plain text of a decimal, and reals for what their shortest digits say;
 * NULL is left out; refuse anything else (the statement fails). Promise: no digit is lost up to
 * 1,000 on either side of the point; an average is rounded to ten places, half away from zero; over
 * no values the answer is NULL. */
#include "drivers/sqlite/private.h"

#include "base/number.h"
#include "base/sqlite_names.h"

enum {
	BASE_DIGITS = 9,
	BASE = 1000000000,
	FRACTION = (MD_DECIMAL_DIGITS + BASE_DIGITS - 1) / BASE_DIGITS, /* limbs behind the point */
	LIMBS = 2 * FRACTION + 4, /* as many before it, and room for the digits that a sum has more */
	SMALL_PLACES = 18,
	SMALL_WHOLE = 19,
	AVG_PLACES = 10,
};

/* Any decimal: the sum of limb[i] × BASE^(i - FRACTION). Limbs are signed and settled now and then.
 */
struct big {
	int64_t limb[LIMBS];
	uint32_t adds;
};

/* What a group has so far. Most values fit `small`, which counts 10^-18; it lies in two words
 * because SQLite's memory is aligned to eight bytes only. */
struct sum {
	int64_t n;
	uint64_t small[2];
	struct big *big; /* NULL: nothing yet */
};

static __int128 small_of(const struct sum *s)
{
	__int128 v;
	memcpy(&v, s->small, sizeof v);
	return v;
}

static void set_small(struct sum *s, __int128 v)
{
	memcpy(s->small, &v, sizeof v);
}

static const int64_t quintillion = 1000000000000000000; /* 10^SMALL_PLACES */

/* ---- big ---- */

/* Every limb between -BASE and BASE. */
static void settle_limbs(struct big *b)
{
	for (int i = 0; i + 1 < LIMBS; i++) {
		b->limb[i + 1] += b->limb[i] / BASE;
		b->limb[i] %= BASE;
	}
	b->adds = 0;
}

static void count_add(struct big *b)
{
	if (++b->adds == BASE)
		settle_limbs(b);
}

static int64_t chunk(const char *p, size_t n)
{
	int64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (p[i] - '0');
	return v;
}

static void add_whole(struct big *b, struct md_str digits, int sign)
{
	for (int i = FRACTION; digits.n; i++) {
		size_t n = digits.n < BASE_DIGITS ? digits.n : BASE_DIGITS;
		digits.n -= n;
		b->limb[i] += sign * chunk(digits.p + digits.n, n);
	}
}

static void add_fraction(struct big *b, struct md_str digits, int sign)
{
	for (int i = FRACTION - 1; digits.n; i--) {
		size_t n = digits.n < BASE_DIGITS ? digits.n : BASE_DIGITS;
		int64_t v = chunk(digits.p, n);
		for (size_t k = n; k < BASE_DIGITS; k++)
			v *= 10;
		b->limb[i] += sign * v;
		digits.p += n;
		digits.n -= n;
	}
}

static void add_small(struct big *b, __int128 v)
{
	int sign = v < 0 ? -1 : 1;
	unsigned __int128 m = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
	for (int i = FRACTION - SMALL_PLACES / BASE_DIGITS; m; i++, m /= BASE)
		b->limb[i] += sign * (int64_t)(m % BASE);
	count_add(b);
}

/* Makes every limb positive; true: the number was negative. */
static bool big_magnitude(struct big *b)
{
	settle_limbs(b);
	int top = LIMBS - 1;
	while (top > 0 && !b->limb[top])
		top--;
	bool negative = b->limb[top] < 0;
	for (int i = 0; i < LIMBS; i++) {
		b->limb[i] = negative ? -b->limb[i] : b->limb[i];
		if (b->limb[i] < 0) { /* the next one up is positive, or becomes so in its turn */
			b->limb[i] += BASE;
			b->limb[i + 1] += negative ? 1 : -1;
		}
	}
	return negative;
}

/* A positive number divided, rounded to AVG_PLACES. */
static void divide_big(struct big *b, int64_t by)
{
	enum { LAST = FRACTION - 2, TENTH = 100000000 };
	unsigned __int128 rest = 0;
	for (int i = LIMBS - 1; i >= LAST; i--) {
		rest = rest * BASE + (uint64_t)b->limb[i];
		b->limb[i] = (int64_t)(rest / (uint64_t)by);
		rest %= (uint64_t)by;
	}
	memset(b->limb, 0, LAST * sizeof b->limb[0]);
	int64_t tenth = b->limb[LAST] / TENTH, next = b->limb[LAST] / (TENTH / 10) % 10;
	b->limb[LAST] = (tenth + (next >= 5)) * TENTH;
	settle_limbs(b);
}

/* ---- values ---- */

static struct md_str without_zeros(struct md_str whole)
{
	while (whole.n > 1 && whole.p[0] == '0') {
		whole.p++;
		whole.n--;
	}
	return whole;
}

/* -?digits[.digits] */
static bool split_decimal(struct md_str s, bool *negative, struct md_str *whole, struct md_str *fraction)
{
	size_t i = *negative = s.n && s.p[0] == '-', from = i;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	*whole = without_zeros((struct md_str){ s.p + from, i - from });
	*fraction = MD_NOSTR;
	if (i == from || i == s.n)
		return i > from;
	from = ++i;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	*fraction = (struct md_str){ s.p + from, i - from };
	return s.p[from - 1] == '.' && i == s.n && i > from;
}

static struct big *big_of(struct sum *s)
{
	if (!s->big && (s->big = sqlite3_malloc((int)sizeof *s->big)))
		memset(s->big, 0, sizeof *s->big);
	return s->big;
}

static int add_to_sum(struct sum *s, __int128 v)
{
	__int128 sum;
	if (!__builtin_add_overflow(small_of(s), v, &sum)) {
		set_small(s, sum);
		return SQLITE_OK;
	}
	if (!big_of(s))
		return SQLITE_NOMEM;
	add_small(s->big, small_of(s));
	set_small(s, v);
	return SQLITE_OK;
}

static int add_text(struct sum *s, struct md_str text)
{
	struct md_str whole, fraction;
	bool negative;
	if (!split_decimal(text, &negative, &whole, &fraction))
		return SQLITE_MISMATCH;
	if (whole.n > MD_DECIMAL_DIGITS || fraction.n > MD_DECIMAL_DIGITS)
		return SQLITE_MISMATCH;
	if (whole.n <= SMALL_WHOLE && fraction.n <= SMALL_PLACES) {
		__int128 v = (__int128)chunk(whole.p, whole.n > 18 ? 18 : whole.n);
		if (whole.n > 18)
			v = v * 10 + (whole.p[18] - '0');
		int64_t places = chunk(fraction.p, fraction.n);
		for (size_t i = fraction.n; i < SMALL_PLACES; i++)
			places *= 10;
		v = v * quintillion + places;
		return add_to_sum(s, negative ? -v : v);
	}
	if (!big_of(s))
		return SQLITE_NOMEM;
	add_whole(s->big, whole, negative ? -1 : 1);
	add_fraction(s->big, fraction, negative ? -1 : 1);
	count_add(s->big);
	return SQLITE_OK;
}

/* The digits of a real, without exponent. */
static int add_real(struct sum *s, double v)
{
	struct md_arena a = { 0 };
	struct md_buf b = { .arena = &a };
	struct md_number n;
	struct md_str text = v - v == 0 ? md_float_text(&b, v) : MD_NOSTR, plain;
	int rc = SQLITE_MISMATCH;
	if (text.p && md_number_split(text, &n) && md_number_decimal(&a, &n, text, &plain))
		rc = plain.p ? add_text(s, plain) : SQLITE_NOMEM;
	if (a.oom)
		rc = SQLITE_NOMEM;
	md_arena_free(&a);
	return rc;
}

static int add_value(struct sum *s, sqlite3_value *v)
{
	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER:
		return add_to_sum(s, (__int128)sqlite3_value_int64(v) * quintillion);
	case SQLITE_TEXT: {
		const char *p = (const char *)sqlite3_value_text(v);
		return p ? add_text(s, (struct md_str){ p, (size_t)sqlite3_value_bytes(v) }) : SQLITE_NOMEM;
	}
	case SQLITE_FLOAT:
		return add_real(s, sqlite3_value_double(v));
	default:
		return SQLITE_MISMATCH;
	}
}

static void step_aggregate(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	if (sqlite3_value_type(v[0]) == SQLITE_NULL)
		return;
	struct sum *s = sqlite3_aggregate_context(cx, sizeof *s);
	int rc = s ? add_value(s, v[0]) : SQLITE_NOMEM;
	if (rc == SQLITE_NOMEM)
		sqlite3_result_error_nomem(cx);
	else if (rc)
		sqlite3_result_error(cx, "a value that is added is no decimal", -1);
	else
		s->n++;
}

/* ---- results ---- */

enum { TEXT = LIMBS * BASE_DIGITS + 2 };

static void put_limb(char *to, int64_t v)
{
	for (int i = BASE_DIGITS - 1; i >= 0; i--, v /= 10)
		to[i] = (char)('0' + v % 10);
}

static void give_result(sqlite3_context *cx, const struct big *b, bool negative)
{
	char text[TEXT], *whole = text + 1, *point = whole + (LIMBS - FRACTION) * BASE_DIGITS, *end = text + TEXT;
	for (int i = LIMBS - 1; i >= FRACTION; i--)
		put_limb(whole + (LIMBS - 1 - i) * BASE_DIGITS, b->limb[i]);
	*point = '.';
	for (int i = FRACTION - 1; i >= 0; i--)
		put_limb(point + 1 + (FRACTION - 1 - i) * BASE_DIGITS, b->limb[i]);
	while (whole + 1 < point && *whole == '0')
		whole++;
	while (end[-1] == '0')
		end--;
	end -= end[-1] == '.';
	if (negative)
		*--whole = '-';
	sqlite3_result_text(cx, whole, (int)(end - whole), SQLITE_TRANSIENT);
}

static void finish_aggregate(sqlite3_context *cx, bool average)
{
	struct sum *s = sqlite3_aggregate_context(cx, 0);
	struct big b = { .adds = 0 };
	if (!s || !s->n) {
		if (s)
			sqlite3_free(s->big);
		return; /* NULL */
	}
	if (s->big)
		b = *s->big;
	sqlite3_free(s->big);
	add_small(&b, small_of(s));
	bool negative = big_magnitude(&b);
	if (average)
		divide_big(&b, s->n);
	bool zero = true;
	for (int i = 0; i < LIMBS && zero; i++)
		zero = !b.limb[i];
	give_result(cx, &b, negative && !zero);
}

static void finish_sum(sqlite3_context *cx)
{
	finish_aggregate(cx, false);
}

static void finish_avg(sqlite3_context *cx)
{
	finish_aggregate(cx, true);
}

int md_lite_aggregates(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	int rc = sqlite3_create_function_v2(db, MD_SQLITE_SUM, 1, flags, NULL, NULL, step_aggregate, finish_sum, NULL);
	if (rc)
		return rc;
	return sqlite3_create_function_v2(db, MD_SQLITE_AVG, 1, flags, NULL, NULL, step_aggregate, finish_avg, NULL);
}
