/* Functions of text that SQLite lacks: LIKE for patterns of any length, also ignoring case by
 * Unicode's simple case folding, and the edit distance, all by code points. Promises: no text makes
 * them raise an error; bytes that are no UTF-8 are characters of their own; a long comparison ends
 * at the deadline and on a cancel. */
#include "drivers/sqlite/private.h"

#include "base/sqlite_names.h"

#include <utf8proc.h>

enum { STEPS_BETWEEN_CHECKS = 1 << 20, MEASURED = 255 };

struct text {
	const unsigned char *p, *end;
};

static struct text text_of(sqlite3_value *v)
{
	const unsigned char *p = sqlite3_value_text(v);
	return (struct text){ p, p ? p + sqlite3_value_bytes(v) : NULL };
}

/* The character at t->p, which moves behind it; t is not at its end. */
static int32_t take_character(struct text *t)
{
	utf8proc_int32_t c;
	if (*t->p < 0x80)
		return *t->p++;
	utf8proc_ssize_t n = utf8proc_iterate(t->p, t->end - t->p, &c);
	if (n < 1)
		return 0x110000 + *t->p++;
	t->p += n;
	return c;
}

/* Simple folding: one character stays one. utf8proc knows full folding; where that is longer, the
 * lower case letter is the simple one, but for U+0130, which has none. */
static int32_t fold(int32_t c)
{
	utf8proc_int32_t folded[4];
	int boundary = 0;
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if (c == 0x130 || c >= 0x110000)
		return c;
	return utf8proc_decompose_char(c, folded, 4, UTF8PROC_CASEFOLD, &boundary) == 1 ? folded[0]
	                                                                                : utf8proc_tolower(c);
}

/* ---- LIKE ---- */

struct match {
	struct text text, pattern;
	/* behind the last %: where to go on when what follows does not match. p NULL: no % yet */
	struct text text_again, pattern_again;
	bool folding;
	uint32_t steps;
	struct md_lite *conn;
	bool stopped;
};

/* Does the next character of the pattern, no %, take the next one of the text? */
static bool take_one(struct match *m)
{
	if (m->text.p == m->text.end || m->pattern.p == m->pattern.end)
		return false;
	int32_t c = take_character(&m->text), wanted = take_character(&m->pattern);
	if (wanted == '_')
		return true;
	if (wanted == '\\' && m->pattern.p < m->pattern.end)
		wanted = take_character(&m->pattern);
	return c == wanted || (m->folding && fold(c) == fold(wanted));
}

static bool go_on(struct match *m)
{
	if (!m->pattern_again.p || m->text_again.p == m->text_again.end)
		return false;
	take_character(&m->text_again);
	m->text = m->text_again;
	m->pattern = m->pattern_again;
	return true;
}

/* How many characters the pattern from here takes; -1: any number. */
static int64_t length(struct text pattern)
{
	int64_t n = 0;
	for (; pattern.p < pattern.end; n++) {
		int32_t c = take_character(&pattern);
		if (c == '%')
			return -1;
		if (c == '\\' && pattern.p < pattern.end)
			take_character(&pattern);
	}
	return n;
}

/* Behind the last % only the end of the text can match. False: it is too short. */
static bool to_the_end(struct text *t, int64_t n)
{
	struct text ahead = *t;
	for (int64_t i = 0; i < n; i++) {
		if (ahead.p == ahead.end)
			return false;
		take_character(&ahead);
	}
	for (; ahead.p < ahead.end; take_character(&ahead))
		take_character(t);
	return true;
}

/* Behind a %, where the text goes on to be tried. */
static bool take_many(struct match *m)
{
	m->pattern.p++;
	int64_t rest = length(m->pattern);
	if (rest >= 0) {
		m->pattern_again.p = NULL;
		return to_the_end(&m->text, rest);
	}
	m->pattern_again = m->pattern;
	m->text_again = m->text;
	return true;
}

/* A % takes as little as it can: of several only the last one is ever taken back. */
static bool matches_pattern(struct match *m)
{
	while (m->text.p < m->text.end || m->pattern.p < m->pattern.end) {
		if (++m->steps % STEPS_BETWEEN_CHECKS == 0 && (m->stopped = md_lite_progress(m->conn)))
			return false;
		bool percent = m->pattern.p < m->pattern.end && *m->pattern.p == '%';
		if (percent ? !take_many(m) : !take_one(m) && !go_on(m))
			return false;
	}
	return true;
}

static void match_one(sqlite3_context *cx, sqlite3_value **v, bool folding)
{
	struct match m = {
		.text = text_of(v[0]), .pattern = text_of(v[1]), .folding = folding, .conn = sqlite3_user_data(cx)
	};
	if (!m.text.p || !m.pattern.p)
		return; /* NULL */
	bool matches = matches_pattern(&m);
	if (m.stopped)
		sqlite3_result_error_code(cx, SQLITE_INTERRUPT);
	else
		sqlite3_result_int(cx, matches);
}

static void like_exactly(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	match_one(cx, v, false);
}

static void ilike_exactly(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	match_one(cx, v, true);
}

/* ---- edit distance ---- */

/* At most MEASURED characters; one more is counted and tells. */
static unsigned read_characters(struct text t, int32_t *to)
{
	unsigned n = 0;
	while (t.p < t.end && n <= MEASURED)
		to[n++] = take_character(&t);
	return n;
}

static unsigned smallest_of(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;
	return least < c ? least : c;
}

/* Row by row of the matrix of distances between beginnings. */
static unsigned edit_distance(const int32_t *a, unsigned an, const int32_t *b, unsigned bn)
{
	unsigned row[MEASURED + 1];
	for (unsigned j = 0; j <= bn; j++)
		row[j] = j;
	for (unsigned i = 1; i <= an; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= bn; j++) {
			unsigned above = row[j];
			row[j] = smallest_of(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[bn];
}

static void levenshtein_distance(sqlite3_context *cx, int n, sqlite3_value **v)
{
	(void)n;
	int32_t a[MEASURED + 1], b[MEASURED + 1];
	struct text one_text = text_of(v[0]), other = text_of(v[1]);
	if (!one_text.p || !other.p)
		return; /* NULL */
	unsigned an = read_characters(one_text, a), bn = read_characters(other, b);
	sqlite3_result_int(cx, an > MEASURED || bn > MEASURED ? MEASURED + 1 : (int)edit_distance(a, an, b, bn));
}

int md_lite_text_functions(struct md_lite *c)
{
	static const struct {
		const char *name;
		void (*call)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = { { MD_SQLITE_LIKE, like_exactly },
		          { MD_SQLITE_ILIKE, ilike_exactly },
		          { MD_SQLITE_DISTANCE, levenshtein_distance } };
	int rc = SQLITE_OK;
	for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
		rc = sqlite3_create_function_v2(c->db, functions[i].name, 2,
		                                SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, c,
		                                functions[i].call, NULL, NULL, NULL);
	return rc;
}
