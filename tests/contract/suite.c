#include "suite.h"

void session_new_request(struct session *s)
{
	md_arena_reset(&s->arena);
	memset(&s->err, 0, sizeof s->err);
	s->cx = (struct md_ctx){ .arena = &s->arena, .err = &s->err };
}

int session_try_target(struct session *s, struct md_target t)
{
	t.id = MD_STR("db-under-test");
	t.transaction = Q->transaction;
	s->conn = NULL;
	return Q->driver->open(&s->cx, &t, &s->conn);
}

int session_try(struct session *s, const char *url)
{
	return session_try_target(s, (struct md_target){ .url = md_str_z(url) });
}

static const char *url;

void session_open(struct session *s)
{
	memset(s, 0, sizeof *s);
	session_new_request(s);
	if (!url)
		url = Q->up();
	if (session_try(s, url))
		fail_msg("open: %.*s: %.*s", MD_FMT(s->err.message), MD_FMT(s->err.cause));
}

void session_close(struct session *s)
{
	Q->driver->close(s->conn);
	md_arena_free(&s->arena);
}

void session_renew(struct session *s)
{
	session_close(s);
	session_open(s);
}

struct md_stmt_output col(const char *name, enum md_base_type t, bool array)
{
	return (struct md_stmt_output){ .label = md_str_z(name), .type = { (uint8_t)t, array }, .nullable = true };
}

struct md_value val(enum md_base_type t, const char *text)
{
	return (struct md_value){ .type = { (uint8_t)t, false }, .text = md_str_z(text) };
}

static int64_t rows(struct session *s)
{
	int64_t n = 0;
	int rc;
	while ((rc = Q->driver->next(s->conn, &s->cx, s->cells)) > 0) {
		n++;
		/* like every user of the contract: copy before the next call */
		for (uint32_t i = 0; i < s->stmt->n_outputs; i++)
			s->cells[i].text = md_str_dup(&s->arena, s->cells[i].text);
	}
	return rc < 0 ? -1 : n;
}

int64_t run(struct session *s, const char *sql, const struct md_value *params, uint32_t n_params,
            const struct md_stmt_output *cols, uint32_t n_cols, int64_t bound)
{
	static struct md_stmt stmt;
	stmt = (struct md_stmt){ .text = md_str_z(sql),
		                 .params = params,
		                 .n_params = n_params,
		                 .outputs = cols,
		                 .n_outputs = n_cols,
		                 .row_bound = bound };
	s->stmt = &stmt;
	assert_true(n_cols <= 64);
	int64_t n = Q->driver->start(s->conn, &s->cx, &stmt, MD_NO_SETTINGS) == MD_STARTED ? rows(s) : -1;
	bool clean = Q->driver->finish(s->conn);
	if (n >= 0)
		assert_true(clean);
	return n;
}

void one_row(struct session *s, const char *sql, const struct md_value *params, uint32_t n_params,
             const struct md_stmt_output *cols, uint32_t n_cols)
{
	int64_t n = run(s, sql, params, n_params, cols, n_cols, 1);
	if (n != 1)
		fail_msg("%s: %lld rows, %s: %.*s: %.*s", sql, (long long)n, md_code_name(s->err.code),
		         MD_FMT(s->err.message), MD_FMT(s->err.cause));
}

static const char *const form_names[] = { "NULL", "BARE", "PLAIN", "TEXT", "NOT_FINITE" };

void assert_cell(const struct md_cell *c, enum md_form form, const char *text)
{
	struct md_str want = md_str_z(text);
	if (c->form != form)
		fail_msg("form %s, expected %s (%.60s)", form_names[c->form], form_names[form], text ? text : "");
	if (text && !md_str_eq(c->text, want))
		fail_msg("got '%.*s', expected '%.200s'", (int)(c->text.n < 200 ? c->text.n : 200), c->text.p, text);
}

void assert_failed(const struct session *s, enum md_code code)
{
	if (s->err.code != code)
		fail_msg("got %s (%.*s: %.*s), expected %s", md_code_name(s->err.code), MD_FMT(s->err.message),
		         MD_FMT(s->err.cause), md_code_name(code));
	assert_true(s->err.message.n > 0);
}
