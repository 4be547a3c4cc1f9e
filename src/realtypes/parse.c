/* Spellings to real types. A spelling is a name of one or more words, with numbers, a zone or
 * labels in parentheses behind one of the words, and marks of an array: numeric(12,2), timestamp(3)
 * with time zone, text[], Array(Nullable(Enum8('a' = 1))). */
#include "realtypes/private.h"

#include <ctype.h>
#include <stdlib.h>

enum { LONGEST_NAME = 64, MOST_NUMBERS = 2, LARGEST_NUMBER = 32000 };

const struct md_real_type md_real_unknown = { .precision = -1, .scale = -1 };

/* What was read of a spelling. */
struct reading {
	struct md_arena *arena;
	bool keeps_case;              /* ClickHouse: names are written in one way alone */
	char name[LONGEST_NAME + 1];  /* words with one space between them */
	size_t n_name;
	int16_t numbers[MOST_NUMBERS];
	uint32_t n_numbers;
	struct md_str arguments;      /* what stands in the parentheses */
	bool is_faulty;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static struct md_str trim_spaces(struct md_str s)
{
	while (s.n && is_space(*s.p))
		s.p++, s.n--;
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The text inside "Wrapper(…)"; .p NULL: it is not wrapped so. */
static struct md_str unwrap_type(struct md_str s, const char *wrapper)
{
	size_t n = strlen(wrapper);
	if (s.n < n + 2 || memcmp(s.p, wrapper, n) != 0 || s.p[n] != '(' || s.p[s.n - 1] != ')')
		return MD_NOSTR;
	return trim_spaces((struct md_str){ s.p + n + 1, s.n - n - 2 });
}

/* ---- the name and its parentheses ---- */

/* The end of a quoted text that begins at i; n: it has no end. A quote is doubled or escaped. */
static size_t end_of_quoted(struct md_str s, size_t i)
{
	char quote = s.p[i];
	for (i++; i < s.n; i++) {
		if (s.p[i] == '\\' && quote == '\'')
			i++;
		else if (s.p[i] == quote)
			return i + 1;
	}
	return s.n;
}

static size_t end_of_parentheses(struct md_str s, size_t i)
{
	unsigned depth = 0;
	while (i < s.n) {
		if (s.p[i] == '\'') {
			i = end_of_quoted(s, i);
			continue;
		}
		depth += s.p[i] == '(';
		if (s.p[i] == ')' && --depth == 0)
			return i + 1;
		i++;
	}
	return 0;
}

static void add_to_name(struct reading *r, char c)
{
	bool repeats_space = c == ' ' && (r->n_name == 0 || r->name[r->n_name - 1] == ' ');
	if (repeats_space)
		return;
	if (r->n_name == LONGEST_NAME) {
		r->is_faulty = true;
		return;
	}
	r->name[r->n_name++] = r->keeps_case ? c : (char)tolower((unsigned char)c);
}

static void read_parts(struct reading *r, struct md_str s)
{
	for (size_t i = 0; i < s.n && !r->is_faulty;) {
		if (s.p[i] != '(') {
			r->is_faulty |= s.p[i] == ')' || (unsigned char)s.p[i] < ' ';
			add_to_name(r, is_space(s.p[i]) ? ' ' : s.p[i]);
			i++;
			continue;
		}
		size_t end = end_of_parentheses(s, i);
		r->is_faulty |= !end || r->arguments.p != NULL;
		if (end)
			r->arguments = trim_spaces((struct md_str){ s.p + i + 1, end - i - 2 });
		i = end ? end : s.n;
	}
	while (r->n_name && r->name[r->n_name - 1] == ' ')
		r->n_name--;
	r->name[r->n_name] = 0;
	r->is_faulty |= r->n_name == 0;
}

/* ---- what stands in the parentheses ---- */

static void read_numbers(struct reading *r)
{
	const char *p = r->arguments.p, *end = p + r->arguments.n;
	while (p < end && r->n_numbers < MOST_NUMBERS) {
		while (p < end && is_space(*p))
			p++;
		bool is_negative = p < end && *p == '-';
		const char *digits = p += is_negative;
		long n = 0;
		while (p < end && *p >= '0' && *p <= '9' && n <= LARGEST_NUMBER)
			n = n * 10 + (*p++ - '0');
		if (p == digits || n > LARGEST_NUMBER)
			break;
		r->numbers[r->n_numbers++] = (int16_t)(is_negative ? -n : n);
		while (p < end && is_space(*p))
			p++;
		if (p < end && *p++ != ',')
			break;
	}
}

static uint32_t count_quoted(struct md_str s)
{
	uint32_t n = 0;
	for (size_t i = 0; i < s.n;)
		if (s.p[i] == '\'') {
			i = end_of_quoted(s, i);
			n++;
		} else {
			i++;
		}
	return n;
}

/* The text between quotes, with what is escaped in its place; NULL: out of memory. */
static const char *copy_quoted(struct md_arena *a, struct md_str quoted, size_t *n)
{
	char *to = md_alloc(a, quoted.n + 1);
	*n = 0;
	for (size_t i = 1; to && i + 1 < quoted.n; i++) {
		if (quoted.p[i] == '\\' && i + 2 < quoted.n)
			i++;
		to[(*n)++] = quoted.p[i];
	}
	return to;
}

/* 'todo' = 1, 'done' = 2: in the order in which they are written. */
static int read_labels(struct reading *r, struct md_real_type *out)
{
	struct md_str s = r->arguments;
	struct md_str *labels = md_alloc(r->arena, (count_quoted(s) + 1) * sizeof *labels);
	if (!labels)
		return -1;
	out->labels = labels;
	for (size_t i = 0; i < s.n;) {
		if (s.p[i] != '\'') {
			i++;
			continue;
		}
		size_t end = end_of_quoted(s, i);
		struct md_str *label = &labels[out->n_labels++];
		label->p = copy_quoted(r->arena, (struct md_str){ s.p + i, end - i }, &label->n);
		if (!label->p)
			return -1;
		i = end;
	}
	return 0;
}

static int read_zone(struct reading *r, struct md_real_type *out)
{
	const char *quote = memchr(r->arguments.p, '\'', r->arguments.n);
	if (!quote)
		return 0;
	size_t at = (size_t)(quote - r->arguments.p);
	out->zone.p = copy_quoted(r->arena, (struct md_str){ quote, r->arguments.n - at }, &out->zone.n);
	return out->zone.p ? 0 : -1;
}

static int read_arguments(struct reading *r, struct md_real_type *out)
{
	if (!r->arguments.p)
		return 0;
	if (out->family == MD_REAL_ENUM)
		return read_labels(r, out);
	read_numbers(r);
	if (r->n_numbers > 0)
		out->precision = r->numbers[0];
	if (r->n_numbers > 0 && out->family == MD_REAL_NUMERIC)
		out->scale = r->n_numbers > 1 ? r->numbers[1] : 0;
	return out->family == MD_REAL_DATETIME || out->family == MD_REAL_DATETIME64 ? read_zone(r, out) : 0;
}

/* ---- names ---- */

static const struct md_spelling *spellings_of(enum md_engine engine)
{
	static const struct md_spelling *const all[MD_ENGINES] = {
		[MD_POSTGRES] = md_spellings_postgres,
		[MD_CLICKHOUSE] = md_spellings_clickhouse,
		[MD_ICEBERG] = md_spellings_iceberg,
		[MD_SQLITE] = md_spellings_sqlite,
	};
	return all[engine];
}

/* SQLite's rules, in their order, for declared types that the table does not list. */
static uint8_t family_of_affinity(const char *name)
{
	static const struct {
		const char *part;
		uint8_t family;
	} rules[] = { { "int", MD_REAL_INT64 }, { "char", MD_REAL_TEXT },    { "clob", MD_REAL_TEXT },
		      { "text", MD_REAL_TEXT }, { "blob", MD_REAL_BYTES },   { "real", MD_REAL_FLOAT64 },
		      { "floa", MD_REAL_FLOAT64 }, { "doub", MD_REAL_FLOAT64 } };
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (strstr(name, rules[i].part))
			return rules[i].family;
	return MD_REAL_NUMERIC;
}

/* A declared type of texts with a collation behind it: VARCHAR(9) COLLATE NOCASE. */
static uint8_t family_with_collation(const char *name, uint8_t family)
{
	const char *collation = family == MD_REAL_TEXT ? strstr(name, " collate ") : NULL;
	if (!collation || strcmp(collation, " collate binary") == 0)
		return family;
	if (strcmp(collation, " collate nocase") == 0)
		return MD_REAL_TEXT_NOCASE;
	return strcmp(collation, " collate rtrim") == 0 ? MD_REAL_TEXT_RTRIM : MD_REAL_OTHER;
}

static void find_family(const struct reading *r, enum md_engine engine, struct md_real_type *out)
{
	const struct md_spelling *s = spellings_of(engine);
	while (s->name && strcmp(s->name, r->name) != 0)
		s++;
	out->family = s->family;
	out->precision = s->precision;
	out->scale = s->scale;
	if (!s->name && engine == MD_SQLITE)
		out->family = family_with_collation(r->name, family_of_affinity(r->name));
}

static int read_scalar(struct reading *r, enum md_engine engine, struct md_str s, struct md_real_type *out)
{
	read_parts(r, s);
	if (r->is_faulty)
		return 0;
	find_family(r, engine, out);
	return read_arguments(r, out) ? -1 : 1;
}

/* ---- arrays and wrappers ---- */

/* text[], integer[3] */
static struct md_str take_brackets(struct md_str s, bool *is_array)
{
	while (s.n && s.p[s.n - 1] == ']') {
		size_t open = s.n - 1;
		while (open && s.p[open] != '[')
			open--;
		*is_array = true;
		s = trim_spaces((struct md_str){ s.p, open });
	}
	return s;
}

/* SimpleAggregateFunction(any, UInt8): its values are those of the type behind the function. */
static struct md_str unwrap_aggregate(struct md_str s)
{
	struct md_str in = unwrap_type(s, "SimpleAggregateFunction");
	const char *comma = in.p ? memchr(in.p, ',', in.n) : NULL;
	if (!comma)
		return MD_NOSTR;
	return trim_spaces((struct md_str){ comma + 1, in.n - (size_t)(comma + 1 - in.p) });
}

static struct md_str take_wrappers(struct md_str s, enum md_engine engine, struct md_real_type *out)
{
	struct md_str in;
	if (engine == MD_ICEBERG && (in = unwrap_type(s, "array")).p) {
		out->is_array = true;
		return in;
	}
	if (engine != MD_CLICKHOUSE)
		return take_brackets(s, &out->is_array);
	for (;;) {
		if ((in = unwrap_type(s, "Array")).p)
			out->is_array = true;
		else if ((in = unwrap_type(s, "Nullable")).p)
			out->is_nullable |= !out->is_array;
		else if (!(in = unwrap_type(s, "LowCardinality")).p && !(in = unwrap_aggregate(s)).p)
			return s;
		s = in;
	}
}

int md_real_type_parse(struct md_arena *a, enum md_engine engine, struct md_str spelling, struct md_real_type *out)
{
	struct reading r = { .arena = a, .keeps_case = engine == MD_CLICKHOUSE };
	*out = md_real_unknown;
	out->is_loose = engine == MD_SQLITE;
	spelling = trim_spaces(spelling);
	out->spelling = md_str_dup(a, spelling);
	if (!out->spelling.p && spelling.n)
		return -1;
	return read_scalar(&r, engine, take_wrappers(spelling, engine, out), out);
}

/* ---- comparison ---- */

static bool is_same_text(struct md_str a, struct md_str b)
{
	size_t i = 0, k = 0;
	for (;;) {
		while (i < a.n && is_space(a.p[i]))
			i++;
		while (k < b.n && is_space(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (tolower((unsigned char)a.p[i++]) != tolower((unsigned char)b.p[k++]))
			return false;
	}
}

static bool has_same_labels(const struct md_real_type *a, const struct md_real_type *b)
{
	bool is_same = a->n_labels == b->n_labels;
	for (uint32_t i = 0; is_same && i < a->n_labels; i++)
		is_same = md_str_eq(a->labels[i], b->labels[i]);
	return is_same;
}

bool md_real_type_is_same(const struct md_real_type *a, const struct md_real_type *b)
{
	if (a->family != b->family || a->is_array != b->is_array)
		return false;
	if (a->family == MD_REAL_OTHER)
		return is_same_text(a->spelling, b->spelling);
	return a->precision == b->precision && a->scale == b->scale && md_str_eq(a->zone, b->zone) &&
	       has_same_labels(a, b);
}
