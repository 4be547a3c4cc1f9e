#include "base/str.h"

int md_str_cmp(struct md_str a, struct md_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

enum { LONGEST = 64 }; /* API names are no longer; anything longer has no near name */

static unsigned char lower_ascii(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* Optimal string alignment distance: insert, delete, replace, swap of neighbours. */
static size_t edit_distance(struct md_str a, struct md_str b)
{
	size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];
	for (size_t j = 0; j <= b.n; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = lower_ascii(a.p[i - 1]) == lower_ascii(b.p[j - 1]);
			size_t d = last[j - 1] + !same;
			d = last[j] + 1 < d ? last[j] + 1 : d;
			d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
			if (i > 1 && j > 1 && lower_ascii(a.p[i - 1]) == lower_ascii(b.p[j - 2]) &&
			    lower_ascii(a.p[i - 2]) == lower_ascii(b.p[j - 1]) && before[j - 2] + 1 < d)
				d = before[j - 2] + 1;
			now[j] = d;
		}
		size_t *t = before;
		before = last;
		last = now;
		now = t;
	}
	return last[b.n];
}

struct md_str md_str_nearest(struct md_str given, const struct md_str *names, size_t n)
{
	struct md_str best = MD_NOSTR;
	if (given.n == 0 || given.n > LONGEST)
		return best;
	size_t limit = given.n / 3 > 1 ? given.n / 3 : 1, least = limit + 1;
	for (size_t i = 0; i < n; i++) {
		if (names[i].n > LONGEST || names[i].n > given.n + limit || given.n > names[i].n + limit)
			continue;
		size_t d = edit_distance(given, names[i]);
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}
