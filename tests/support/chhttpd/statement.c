/* Reads a statement's outline; promises in statement.h. */
#include "statement.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum token_kind { END, WORD, QUOTED, SIGN };

struct token {
	enum token_kind kind;
	size_t at;
	size_t n;
	int depth; /* brackets around it */
};

struct reader {
	const char *p;
	size_t n;
	size_t at;
	int depth;
};

static bool starts_with_word(const struct reader *r, const char *s)
{
	size_t n = strlen(s);
	return r->n - r->at >= n && !memcmp(r->p + r->at, s, n);
}

static void skip_line(struct reader *r)
{
	while (r->at < r->n && r->p[r->at] != '\n')
		r->at++;
}

static void skip_block(struct reader *r)
{
	const char *end = memmem(r->p + r->at + 2, r->n - r->at - 2, "*/", 2);
	r->at = end ? (size_t)(end - r->p) + 2 : r->n;
}

static void skip_space(struct reader *r)
{
	for (;;) {
		while (r->at < r->n && isspace((unsigned char)r->p[r->at]))
			r->at++;
		if (starts_with_word(r, "--") || starts_with_word(r, "#!") || starts_with_word(r, "# "))
			skip_line(r);
		else if (starts_with_word(r, "/*"))
			skip_block(r);
		else
			return;
	}
}

static void skip_quoted(struct reader *r)
{
	char quote = r->p[r->at++];
	while (r->at < r->n && r->p[r->at] != quote)
		r->at += r->p[r->at] == '\\' && r->at + 1 < r->n ? 2 : 1;
	if (r->at < r->n)
		r->at++; /* a doubled quote reads as two strings side by side, which is as good here */
}

static bool word_char(unsigned char c)
{
	return isalnum(c) || c == '_' || c >= 128;
}

static struct token next_word(struct reader *r)
{
	skip_space(r);
	struct token t = { .at = r->at, .depth = r->depth };
	if (r->at >= r->n)
		return t;
	unsigned char c = (unsigned char)r->p[r->at];
	if (c && strchr("'\"`", c)) {
		t.kind = QUOTED;
		skip_quoted(r);
	} else if (word_char(c)) {
		t.kind = WORD;
		while (r->at < r->n && word_char((unsigned char)r->p[r->at]))
			r->at++;
	} else {
		t.kind = SIGN;
		r->at++;
		r->depth += c == '(' || c == '[' || c == '{';
		r->depth -= c == ')' || c == ']' || c == '}';
	}
	t.n = r->at - t.at;
	return t;
}

static bool is(const struct reader *r, struct token t, const char *word)
{
	return t.kind == WORD && t.n == strlen(word) && !strncasecmp(r->p + t.at, word, t.n);
}

static bool is_sign(const struct reader *r, struct token t, char c)
{
	return t.kind == SIGN && r->p[t.at] == c;
}

static void copy_word(char *out, size_t room, const struct reader *r, struct token t)
{
	snprintf(out, room, "%.*s", (int)t.n, r->p + t.at);
}

/* After FORMAT's word: blanks and one line end belong to the statement, the rest is data. */
static size_t data_start(const struct reader *r)
{
	size_t at = r->at;
	while (at < r->n && (r->p[at] == ' ' || r->p[at] == '\t' || r->p[at] == '\r'))
		at++;
	return at < r->n && r->p[at] == '\n' ? at + 1 : at;
}

/* INSERT … VALUES, INSERT … FORMAT F; INSERT … SELECT is an ordinary statement. */
static void read_insert(struct reader *r, struct statement *s)
{
	for (struct token t = next_word(r); t.kind; t = next_word(r)) {
		if (t.depth)
			continue;
		if (is(r, t, "SELECT") || is(r, t, "WITH"))
			return;
		bool values = is(r, t, "VALUES");
		if (!values && !is(r, t, "FORMAT"))
			continue;
		s->kind = STATEMENT_INSERT;
		s->head = t.at;
		snprintf(s->format, sizeof s->format, "Values");
		if (!values)
			copy_word(s->format, sizeof s->format, r, next_word(r));
		s->data = values ? r->at : data_start(r);
		return;
	}
}

static void read_rest(struct reader *r, struct statement *s)
{
	struct token before = { 0 };
	for (struct token t = next_word(r); t.kind; before = t, t = next_word(r)) {
		if (is_sign(r, t, ';') && !t.depth) {
			if (next_word(r).kind)
				s->kind = STATEMENT_SEVERAL;
			return;
		}
		if (is(r, before, "FORMAT") && t.kind == WORD && !t.depth)
			copy_word(s->format, sizeof s->format, r, t);
		s->processes |= is(r, t, "processes");
	}
}

struct statement statement_read(const char *sql, size_t n)
{
	struct reader r = { .p = sql, .n = n };
	struct statement s = { .kind = STATEMENT_OTHER };
	struct token t = next_word(&r);
	while (is_sign(&r, t, '('))
		t = next_word(&r);
	if (!t.kind)
		s.kind = STATEMENT_EMPTY;
	else if (is(&r, t, "SELECT") || is(&r, t, "WITH"))
		s.kind = STATEMENT_READ;
	s.processes = is(&r, t, "KILL");
	r.depth = 0;
	if (is(&r, t, "INSERT"))
		read_insert(&r, &s);
	else
		read_rest(&r, &s);
	return s;
}

void statement_own_ids(struct growing_text *out, const char *sql, size_t n)
{
	struct reader r = { .p = sql, .n = n };
	size_t done = 0;
	bool kill = is(&r, next_word(&r), "KILL");
	r.at = 0;
	for (struct token t = next_word(&r); t.kind; t = next_word(&r)) {
		if (!is(&r, t, "query_id"))
			continue;
		text_add(out, sql + done, t.at - done);
		text_puts(out, kill ? "Settings['log_comment']" : "(Settings['log_comment'] AS query_id)");
		done = r.at;
	}
	text_add(out, sql + done, n - done);
}
