/* What the dialects share. Promises: an identifier's bytes can't end its quotes. */
#include "dialects/dialect.h"

const struct md_dialect *md_dialect_of(enum md_dialect_id id)
{
#define MD_TABLE_ITSELF(id, dialect) [MD_DIALECT_##id] = &md_dialect_##dialect,
#define MD_TABLE_TRINO(id, dialect)
	static const struct md_dialect *const all[MD_DIALECTS] = {
#define MD_ENGINE(id, word, dialect, driver, through, ...) MD_TABLE_##through(id, dialect)
#include "metadata/engines.def"
#undef MD_ENGINE
		[MD_DIALECT_TRINO] = &md_dialect_trino,
	};
	return all[id];
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
	[MD_OP_NOT_LIKE] = MD_WORD(" NOT LIKE "),
	[MD_OP_ILIKE] = MD_WORD(" ILIKE "),
	[MD_OP_NOT_ILIKE] = MD_WORD(" NOT ILIKE "),
	[MD_OP_IS_NULL] = MD_WORD(" IS NULL"),
	[MD_OP_IS_NOT_NULL] = MD_WORD(" IS NOT NULL"),
};

/* ---- identifiers ---- */

static char *write_doubled(char *to, const struct md_dialect *d, struct md_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (c == d->quote || c == d->escape)
			*to++ = c;
		*to++ = c;
	}
	return to;
}

/* Eight bytes at once: is one of them c? */
static bool has_byte(uint64_t word, char c)
{
	const uint64_t ones = 0x0101010101010101u;
	word ^= ones * (unsigned char)c;
	return (word - ones) & ~word & ones << 7;
}

static inline bool is_plain_word(uint64_t word, const struct md_dialect *d)
{
	return !has_byte(word, d->quote) && (d->escape == d->quote || !has_byte(word, d->escape));
}

/* Copies eight bytes; false when one of them must be doubled. */
static bool copy_word(char *to, const char *from, const struct md_dialect *d)
{
	uint64_t word = md_load8(from);
	memcpy(to, &word, sizeof word);
	return is_plain_word(word, d);
}

/* Four to seven bytes as two words of four that may overlap. */
static bool copy_halves(char *to, const char *from, size_t n, const struct md_dialect *d)
{
	uint32_t first = md_load4(from), last = md_load4(from + n - 4);
	memcpy(to, &first, sizeof first);
	memcpy(to + n - 4, &last, sizeof last);
	return is_plain_word((uint64_t)first << 32 | last, d);
}

/* Hardly any name holds what must be doubled: copies the others by words, the last of which
 * overlaps the one before. False when it is one of the few. */
static bool copy_plain(char *to, const struct md_dialect *d, struct md_str name)
{
	size_t i = 0;
	if (name.n >= 4 && name.n < 8)
		return copy_halves(to, name.p, name.n, d);
	if (name.n < 4) {
		while (i < name.n && name.p[i] != d->quote && name.p[i] != d->escape)
			to[i] = name.p[i], i++;
		return i == name.n;
	}
	for (; i + 8 < name.n; i += 8)
		if (!copy_word(to + i, name.p + i, d))
			return false;
	return copy_word(to + name.n - 8, name.p + name.n - 8, d);
}

char *md_quote_ident(char *to, const struct md_dialect *d, struct md_str name)
{
	*to++ = d->quote;
	to = copy_plain(to, d, name) ? to + name.n : write_doubled(to, d, name);
	*to++ = d->quote;
	return to;
}

/* ---- patterns ---- */

static bool contains_text(struct md_str text, struct md_str part)
{
	return part.n && text.n >= part.n && memmem(text.p, text.n, part.p, part.n);
}

bool md_like_takes(const struct md_dialect *d, struct md_str pattern)
{
	return pattern.n <= d->like_bytes && !contains_text(pattern, d->like_mistakes);
}

/* ---- decimals ---- */

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
