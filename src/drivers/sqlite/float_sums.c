/* Sums and averages of floats for SQLite, whose own depend in their last digits on the order in
 * which rows are added: that order may be the order of a column that is hidden from the caller.
 * Promise: a sum is the exact sum rounded once to a double, and an average is that sum divided by
 * the number of values, whatever the order. NULL is left out; over no values the answer is NULL.
 * The infinities add as IEEE 754 says; infinities of both signs give NaN, which SQLite takes for
 * NULL. Values that are no numbers count as SQLite converts them. */
#include "drivers/sqlite/private.h"

#include "base/sqlite_names.h"

#include <math.h>

enum {
	LIMB_BITS = 32,
	MANTISSA_BITS = 52,
	EXPONENTS = 2047,      /* of finite doubles: one more is infinity or NaN */
	LEAST_EXPONENT = 1074, /* every double is a whole number of 2^-1074 */
	FLOAT_LIMBS = (EXPONENTS + MANTISSA_BITS) / LIMB_BITS + 4, /* with room for the sum of 2^63 doubles */
	SETTLE_AFTER = 1 << 30 /* additions of less than 2^32 each, which a limb has room for */
};

/* The sum of limb[i] × 2^(32 i - 1074). Limbs are signed and settled now and then. */
struct float_sum {
	int64_t n;
	int64_t limb[FLOAT_LIMBS];
	uint32_t adds;
	bool has_infinity, has_negative_infinity;
};

/* Every limb but the last one from 0 to 2^32 - 1; the last one has the sign. */
static void settle_float_limbs(struct float_sum *s)
{
	for (int i = 0; i + 1 < FLOAT_LIMBS; i++) {
		int64_t rest = s->limb[i] & UINT32_MAX;
		s->limb[i + 1] += (s->limb[i] - rest) / ((int64_t)1 << LIMB_BITS);
		s->limb[i] = rest;
	}
	s->adds = 0;
}

static void add_finite(struct float_sum *s, double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	uint64_t exponent = bits >> MANTISSA_BITS & EXPONENTS, hidden = (uint64_t)1 << MANTISSA_BITS;
	uint64_t mantissa = (bits & (hidden - 1)) | (exponent ? hidden : 0), shift = exponent ? exponent - 1 : 0;
	unsigned __int128 shifted = (unsigned __int128)mantissa << shift % LIMB_BITS;
	for (uint64_t i = shift / LIMB_BITS; shifted; i++, shifted >>= LIMB_BITS) {
		int64_t part = (int64_t)(shifted & UINT32_MAX);
		s->limb[i] += v < 0 ? -part : part;
	}
	if (++s->adds == SETTLE_AFTER)
		settle_float_limbs(s);
}

static void step_float_sum(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	if (sqlite3_value_type(v[0]) == SQLITE_NULL)
		return;
	struct float_sum *s = sqlite3_aggregate_context(cx, sizeof *s);
	if (!s) {
		sqlite3_result_error_nomem(cx);
		return;
	}

	double d = sqlite3_value_double(v[0]);
	s->n++;
	if (isfinite(d))
		add_finite(s, d);
	else if (d > 0)
		s->has_infinity = true;
	else
		s->has_negative_infinity = true;
}

/* ---- results ---- */

/* Makes every limb positive; true: the sum was negative. */
static bool float_magnitude(struct float_sum *s)
{
	settle_float_limbs(s);
	if (s->limb[FLOAT_LIMBS - 1] >= 0)
		return false;
	for (int i = 0; i < FLOAT_LIMBS; i++)
		s->limb[i] = -s->limb[i];
	settle_float_limbs(s);
	return true;
}

/* Rounded once: the conversion from 96 bits rounds to the nearest double, and the last of these
 * bits stands for all below it. Where a sum is so small that it has fewer bits, both steps are
 * exact. */
static double rounded_sum(struct float_sum *s)
{
	bool is_negative = float_magnitude(s);
	int top = FLOAT_LIMBS - 1;
	while (top > 0 && !s->limb[top])
		top--;

	unsigned __int128 bits = 0;
	for (int i = top; i > top - 3; i--)
		bits = bits << LIMB_BITS | (uint64_t)(i >= 0 ? s->limb[i] : 0);
	for (int i = top - 3; i >= 0; i--)
		bits |= s->limb[i] != 0;
	double sum = ldexp((double)bits, (top - 2) * LIMB_BITS - LEAST_EXPONENT);
	return is_negative ? -sum : sum;
}

static double sum_of_all(struct float_sum *s)
{
	if (s->has_infinity && s->has_negative_infinity)
		return NAN;
	if (s->has_infinity || s->has_negative_infinity)
		return s->has_infinity ? INFINITY : -INFINITY;
	return rounded_sum(s);
}

static void finish_float_sum(sqlite3_context *cx)
{
	struct float_sum *s = sqlite3_aggregate_context(cx, 0);
	if (s && s->n)
		sqlite3_result_double(cx, sum_of_all(s));
}

static void finish_float_avg(sqlite3_context *cx)
{
	struct float_sum *s = sqlite3_aggregate_context(cx, 0);
	if (s && s->n)
		sqlite3_result_double(cx, sum_of_all(s) / (double)s->n);
}

int md_lite_float_sums(sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	int rc = sqlite3_create_function_v2(db, MD_SQLITE_FLOAT_SUM, 1, flags, NULL, NULL, step_float_sum,
	                                    finish_float_sum, NULL);
	if (rc)
		return rc;
	return sqlite3_create_function_v2(db, MD_SQLITE_FLOAT_AVG, 1, flags, NULL, NULL, step_float_sum,
	                                  finish_float_avg, NULL);
}
