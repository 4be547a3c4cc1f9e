/* Text as pointer and length. Never NUL-terminated by contract; NUL bytes inside are harmless. A
 * str owns nothing: the owner of the bytes (arena, snapshot, caller) decides how long they live. */
#ifndef MD_BASE_STR_H
#define MD_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct md_str {
	const char *p; /* may be NULL when n is 0 */
	size_t n;      /* bytes */
};

#define MD_STR(lit) ((struct md_str){ (lit), sizeof(lit) - 1 })
#define MD_NOSTR ((struct md_str){ NULL, 0 })
/* printf's "%.*s" arguments for a str */
#define MD_FMT(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct md_str md_str_z(const char *z)
{
	return (struct md_str){ z, z ? strlen(z) : 0 };
}

/* Bytes of memory as a word in the machine's byte order, at any alignment. */
static inline uint64_t md_load8(const char *p)
{
	uint64_t w;
	memcpy(&w, p, sizeof w);
	return w;
}

static inline uint32_t md_load4(const char *p)
{
	uint32_t w;
	memcpy(&w, p, sizeof w);
	return w;
}

/* Are n ≥ 1 bytes the same? Most names are short: comparing two words that may overlap is faster
 * than a call of memcmp. */
static inline bool md_same_bytes(const char *a, const char *b, size_t n)
{
	if (n > 16)
		return memcmp(a, b, n) == 0;
	if (n >= 8)
		return md_load8(a) == md_load8(b) && md_load8(a + n - 8) == md_load8(b + n - 8);
	if (n >= 4)
		return md_load4(a) == md_load4(b) && md_load4(a + n - 4) == md_load4(b + n - 4);
	return a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1];
}

static inline bool md_str_eq(struct md_str a, struct md_str b)
{
	return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && md_same_bytes(a.p, b.p, a.n)));
}

static inline bool md_str_eqz(struct md_str a, const char *z)
{
	return md_str_eq(a, md_str_z(z));
}

/* Bytewise order, which for UTF-8 is order by code point. */
int md_str_cmp(struct md_str a, struct md_str b);

/* The nearest of `names` to `given` for a "did you mean", or an empty str when none is near enough
 * (edit distance over 1 for short names, over a third of the length for long ones). Ignores ASCII
 * case. */
struct md_str md_str_nearest(struct md_str given, const struct md_str *names, size_t n);

#endif
