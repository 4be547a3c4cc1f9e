/* Dates, timestamps and times of day. Accepts: YYYY-MM-DD; the same followed by 'T' or a space,
 * HH:MM[:SS[.fraction]] and nothing, 'Z' or an offset (+HH, +HHMM, +HH:MM); HH:MM:SS[.fraction].
 * Refuses: days that do not exist, years outside 0001 to 9999 (also after moving to UTC), hour 24,
 * leap seconds (no engine keeps them), fractions above 12 digits. Promises: no allocation, no
 * locale, no time zone database. */
#include "base/date.h"

struct cursor {
	const char *p, *end;
};

/* Exactly `digits` digits as a number; -1 when there are fewer. */
static int read_digits(struct cursor *c, int digits)
{
	if (c->end - c->p < digits)
		return -1;
	int v = 0;
	for (; digits; digits--, c->p++) {
		if (*c->p < '0' || *c->p > '9')
			return -1;
		v = v * 10 + (*c->p - '0');
	}
	return v;
}

static bool skip_char(struct cursor *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static bool is_leap_year(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int month_days(int y, int m)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[m - 1] + (m == 2 && is_leap_year(y));
}

static bool read_date(struct cursor *c, struct md_moment *m)
{
	if ((m->year = read_digits(c, 4)) < 1 || !skip_char(c, '-'))
		return false;
	if ((m->month = read_digits(c, 2)) < 1 || m->month > 12 || !skip_char(c, '-'))
		return false;
	return (m->day = read_digits(c, 2)) >= 1 && m->day <= month_days(m->year, m->month);
}

bool md_date_read(struct md_str text, struct md_moment *out)
{
	*out = (struct md_moment){ 0 };
	if (text.n != 10)
		return false;

	struct cursor c = { text.p, text.p + text.n };
	return read_date(&c, out);
}

static bool read_fraction(struct cursor *c, struct md_moment *m)
{
	const char *from = c->p;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	size_t n = (size_t)(c->p - from);
	if (n == 0)
		return false;
	while (n && from[n - 1] == '0')
		n--;
	m->fraction = (struct md_str){ from, n };
	return n <= 12;
}

static bool read_clock(struct cursor *c, struct md_moment *m)
{
	if ((m->hour = read_digits(c, 2)) < 0 || m->hour > 23 || !skip_char(c, ':'))
		return false;
	if ((m->minute = read_digits(c, 2)) < 0 || m->minute > 59)
		return false;
	if (!skip_char(c, ':'))
		return true;
	if ((m->second = read_digits(c, 2)) < 0 || m->second > 59)
		return false;
	return !skip_char(c, '.') || read_fraction(c, m);
}

bool md_time_read(struct md_str text, struct md_moment *out)
{
	*out = (struct md_moment){ 0 };
	if (text.n < MD_TIME_SECONDS)
		return false;

	struct cursor c = { text.p, text.p + text.n };
	return read_clock(&c, out) && c.p == c.end;
}

/* 1 or -1; 0 when there is no sign. */
static int read_sign(struct cursor *c)
{
	if (skip_char(c, '+'))
		return 1;
	return skip_char(c, '-') ? -1 : 0;
}

/* Minutes east of UTC; false when the rest of the text is not a zone. An empty rest means UTC. */
static bool read_zone(struct cursor *c, int *east)
{
	*east = 0;
	if (c->p == c->end)
		return true;
	if (skip_char(c, 'Z') || skip_char(c, 'z'))
		return c->p == c->end;
	int sign = read_sign(c), minutes = 0;
	int hours = sign ? read_digits(c, 2) : -1;
	if (hours < 0 || hours > 23)
		return false;
	if (c->p != c->end) {
		skip_char(c, ':');
		minutes = read_digits(c, 2);
	}
	*east = sign * (hours * 60 + minutes);
	return minutes >= 0 && minutes <= 59 && c->p == c->end;
}

static void next_day(struct md_moment *m)
{
	if (++m->day <= month_days(m->year, m->month))
		return;
	m->day = 1;
	if (++m->month > 12) {
		m->month = 1;
		m->year++;
	}
}

static void previous_day(struct md_moment *m)
{
	if (--m->day >= 1)
		return;
	if (--m->month < 1) {
		m->month = 12;
		m->year--;
	}
	m->day = month_days(m->year, m->month);
}

/* An offset is below a day, so at most one day changes. */
static bool to_utc(struct md_moment *m, int east)
{
	int at = m->hour * 60 + m->minute - east;
	if (at < 0)
		previous_day(m);
	else if (at >= 1440)
		next_day(m);
	at = (at + 1440) % 1440;
	m->hour = at / 60;
	m->minute = at % 60;
	return m->year >= 1 && m->year <= 9999;
}

bool md_timestamp_read(struct md_str text, struct md_moment *out)
{
	int east;
	*out = (struct md_moment){ 0 };
	if (text.n < 10)
		return false;

	struct cursor c = { text.p, text.p + text.n };
	if (!read_date(&c, out))
		return false;
	if (c.p == c.end)
		return true;
	if (!skip_char(&c, 'T') && !skip_char(&c, ' ') && !skip_char(&c, 't'))
		return false;
	return read_clock(&c, out) && read_zone(&c, &east) && to_utc(out, east);
}

static char *append_digits(char *to, int v, int digits)
{
	for (int i = digits; i--; v /= 10)
		to[i] = (char)('0' + v % 10);
	return to + digits;
}

size_t md_timestamp_write(char *to, const struct md_moment *m, bool six)
{
	char *p = append_digits(to, m->year, 4);
	*p++ = '-';
	p = append_digits(p, m->month, 2);
	*p++ = '-';
	p = append_digits(p, m->day, 2);
	*p++ = 'T';
	p = append_digits(p, m->hour, 2);
	*p++ = ':';
	p = append_digits(p, m->minute, 2);
	*p++ = ':';
	p = append_digits(p, m->second, 2);
	size_t digits = m->fraction.n;
	if (six || digits)
		*p++ = '.';
	for (size_t i = 0; i < digits || (six && i < 6); i++)
		*p++ = i < digits ? m->fraction.p[i] : '0';
	*p++ = 'Z';
	return (size_t)(p - to);
}

bool md_timestamp_canon(struct md_buf *scratch, struct md_str in, struct md_str *out)
{
	struct md_moment m;
	if (!md_timestamp_read(in, &m) || !md_buf_room(scratch, MD_TIMESTAMP_ROOM))
		return false;
	*out = (struct md_str){ scratch->p + scratch->n, md_timestamp_write(scratch->p + scratch->n, &m, false) };
	scratch->n += out->n;
	return true;
}
