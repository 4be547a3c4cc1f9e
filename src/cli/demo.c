/* multidb demo: makes the sample configuration and asks its twenty scenarios. Each scenario gets an
 * engine of its own, so that caches start empty. Each answer is compared with its expectation; a
 * difference makes the exit status CLI_FAILED. */
#include "cli/cli.h"

#include "admin/demo.h"
#include "base/sys.h"
#include "cli/expect.h"
#include "json/write.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define INDENT "    "

struct demo {
	struct cli *cli;
	const char *dir;
	struct md_str config; /* text of dir/multidb.json */
	struct md_jw *report; /* with --json: the scenarios go here */
	int passed, failed;
};

/* One scenario being asked; everything it makes is in the arena. */
struct scenario {
	struct md_arena *arena;
	const struct md_json *spec;
	multidb_engine *engine;
	multidb_query *query;
	multidb_error *open_error;    /* NULL: the engine is open, or out of memory */
	bool failed;                  /* an error stands in place of the answer */
	struct md_buf answer;         /* with --json: result or problem object */
	MD_VEC(multidb_cell *) rows;  /* otherwise: the rows of the answer */
};

/* The configuration with the scenario's members in place of its own. */
static void write_config(struct md_buf *b, const struct md_json *config, const struct md_json *changes)
{
	struct md_jw w = { .b = b };
	struct md_json_iter it;
	struct md_str key;
	const struct md_json *v;
	md_jw_obj(&w);
	md_json_iter(&it, config);
	while ((v = md_json_next(&it, &key))) {
		const struct md_json *changed;
		struct md_json_iter c;
		struct md_str name;
		struct md_buf text = { .arena = b->arena };
		md_json_iter(&c, changes);
		while ((changed = md_json_next(&c, &name)))
			if (md_str_eq(name, key))
				v = changed;
		md_json_dump(&text, v);
		md_jw_key(&w, key);
		md_jw_raw(&w, md_buf_view(&text));
		b->failed |= text.failed;
	}
	md_jw_obj_end(&w);
}

/* NULL reads as out of memory. */
static const multidb_error *scenario_error(const struct scenario *s)
{
	return s->query ? multidb_query_error(s->query) : s->open_error;
}

static int open_engine(struct scenario *s, const struct demo *d)
{
	const multidb_options options = { .size = sizeof(multidb_options), .base_dir = d->dir };
	const struct md_json *config, *changes = json_get(s->spec, "config");
	struct md_str text = d->config;
	struct md_buf changed = { .arena = s->arena };
	struct md_json_error unread;
	if (changes && !md_json_parse(s->arena, d->config, &config, &unread)) {
		write_config(&changed, config, changes);
		text = md_buf_view(&changed);
	}
	if (!multidb_engine_open_text(text.p, text.n, &options, &s->engine, &s->open_error))
		s->query = multidb_query_new(s->engine);
	return s->query ? 0 : -1;
}

/* The next row keeps its memory to itself. */
static void keep_row(struct scenario *s, const multidb_cell *cells)
{
	size_t n = multidb_result_column_count(s->query);
	multidb_cell *row = md_new_n(s->arena, multidb_cell, n + 1), **place = md_push(s->arena, &s->rows);
	if (!row || !place)
		return;
	for (size_t i = 0; i < n; i++)
		if (cells[i].text)
			row[i] = (multidb_cell){ md_str_dup(s->arena, (struct md_str){ cells[i].text, cells[i].n }).p,
				                 cells[i].n };
	*place = row;
}

static int read_rows(struct scenario *s)
{
	const multidb_cell *cells;
	int got;
	s->rows.n = 0;
	while ((got = multidb_query_next_row(s->query, &cells)) > 0)
		keep_row(s, cells);
	return s->arena->oom ? -1 : got;
}

static int read_object(struct scenario *s)
{
	const char *bytes;
	size_t n;
	int got;
	s->answer.n = 0;
	while ((got = multidb_query_next(s->query, &bytes, &n)) > 0)
		md_buf_add(&s->answer, bytes, n);
	return got;
}

static void ask_question(struct scenario *s, const struct demo *d, const struct md_json *asked)
{
	struct md_buf definition = { .arena = s->arena }, context = { .arena = s->arena };
	md_json_dump(&definition, json_get(asked, "definition"));
	md_json_dump(&context, json_get(asked, "context"));
	s->failed = multidb_query_prepare(s->query, MULTIDB_RUN, definition.p, definition.n, context.p, context.n) ||
	            multidb_query_start(s->query, MULTIDB_RESULT) || (d->report ? read_object(s) : read_rows(s));
}

static void ask_questions(struct scenario *s, const struct demo *d)
{
	const struct md_json *warm = json_get(s->spec, "warm"), *v;
	struct md_json_iter it;
	s->failed = open_engine(s, d);
	if (s->failed)
		return;
	watch_query(s->query);
	if (warm) {
		md_json_iter(&it, warm);
		while ((v = md_json_next(&it, NULL)))
			ask_question(s, d, v);
	}
	ask_question(s, d, s->spec);
	watch_query(NULL);
}

/* ---- printing ---- */

static struct md_str value_text(struct md_arena *a, const struct md_json *v)
{
	struct md_buf b = { .arena = a };
	if (md_json_type(v) == MD_JSON_STRING)
		return md_json_text(v);
	md_json_dump(&b, v);
	return md_buf_view(&b);
}

static struct table *begin_table(const struct scenario *s)
{
	size_t n = multidb_result_column_count(s->query);
	const char **names = md_new_n(s->arena, const char *, n + 1), **types = md_new_n(s->arena, const char *, n + 1);
	for (size_t i = 0; names && types && i < n; i++) {
		names[i] = multidb_result_column_name(s->query, i);
		types[i] = multidb_result_column_type(s->query, i);
	}
	return names && types ? table_begin(n, names, types, INDENT) : NULL;
}

static void print_rows(const struct scenario *s)
{
	if (!s->rows.n) {
		out_text(INDENT "(0 rows)\n");
		return;
	}
	struct table *t = begin_table(s);
	for (uint32_t i = 0; t && i < s->rows.n; i++)
		if (!table_row(t, s->rows.v[i]))
			break;
	if (t)
		table_end(t);
}

static void print_member(struct scenario *s, struct md_buf *b, const char *label, const struct md_json *v)
{
	struct md_str text = value_text(s->arena, v);
	if (!text.n || md_str_eq(text, MD_STR("[]")))
		return;
	md_buf_fmt(b, INDENT "%-10s", label);
	text_print(b, text);
	md_buf_char(b, '\n');
}

static void print_question(struct scenario *s, struct md_buf *b)
{
	md_buf_fmt(b, "%2.*s  %.*s\n", MD_FMT(json_text(s->spec, "number")), MD_FMT(json_text(s->spec, "title")));
	print_member(s, b, "query", json_get(s->spec, "definition"));
	print_member(s, b, "context", json_get(s->spec, "context"));
	if (json_get(s->spec, "warm"))
		print_member(s, b, "before", json_get(s->spec, "warm"));
	if (json_get(s->spec, "config"))
		print_member(s, b, "config", json_get(s->spec, "config"));
}

static void print_answer(struct scenario *s, struct md_buf *b)
{
	if (!s->failed) {
		show_request(b, s->query, INDENT);
		return;
	}
	md_buf_fmt(b, INDENT "%-10s", "error");
	cli_error_text(b, scenario_error(s), s->query, INDENT);
}

static void print_scenario(struct scenario *s, struct md_str wrong)
{
	struct md_buf b = { .arena = s->arena };
	print_question(s, &b);
	print_answer(s, &b);
	out_bytes(b.p, b.n);
	if (!s->failed)
		print_rows(s);
	b.n = 0;
	if (wrong.n)
		md_buf_fmt(&b, INDENT "WRONG: %.*s\n\n", MD_FMT(wrong));
	else
		md_buf_lit(&b, INDENT "ok\n\n");
	out_bytes(b.p, b.n);
	out_flush();
}

static void report_scenario(struct md_jw *w, struct scenario *s, struct md_str wrong)
{
	struct md_buf spec = { .arena = s->arena };
	md_json_dump(&spec, s->spec);
	md_jw_obj(w);
	md_jw_kbool(w, "ok", !wrong.n);
	if (wrong.n)
		md_jw_kstr(w, "wrong", wrong);
	md_jw_keyz(w, "scenario");
	md_jw_raw(w, md_buf_view(&spec));
	md_jw_keyz(w, "answer");
	md_jw_raw(w, s->failed ? md_str_z(multidb_error_json(scenario_error(s))) : md_buf_view(&s->answer));
	md_jw_obj_end(w);
	w->b->failed |= spec.failed || s->answer.failed;
}

/* ---- the whole ---- */

static void run_scenario(struct demo *d, const struct md_json *spec)
{
	struct md_arena arena = { 0 };
	struct scenario s = { .arena = &arena, .spec = spec, .answer = { .arena = &arena } };
	struct md_buf wrong = { .arena = &arena };
	ask_questions(&s, d);
	if (s.failed && !scenario_error(&s))
		md_buf_lit(&wrong, "out of memory");
	else
		expect_differences(&wrong, json_get(s.spec, "expect"), s.query, s.failed ? scenario_error(&s) : NULL);
	if (d->report)
		report_scenario(d->report, &s, md_buf_view(&wrong));
	else
		print_scenario(&s, md_buf_view(&wrong));
	if (d->cli->debug && s.query && multidb_result_debug_text(s.query))
		fputs(multidb_result_debug_text(s.query), stderr);
	*(wrong.n || wrong.failed ? &d->failed : &d->passed) += 1;
	multidb_query_free(s.query);
	multidb_engine_close(s.engine);
	multidb_error_free(s.open_error);
	md_arena_free(&arena);
}

static void run_scenarios(struct demo *d, const struct md_json *scenarios)
{
	struct md_json_iter it;
	md_json_iter(&it, scenarios);
	while (!out_failed() && !watch_interrupted()) {
		const struct md_json *spec = md_json_next(&it, NULL);
		if (!spec)
			return;
		run_scenario(d, spec);
	}
}

static int print_summary(struct demo *d, struct md_buf *b)
{
	if (d->report) {
		md_jw_arr_end(d->report);
		md_jw_kint(d->report, "passed", d->passed);
		md_jw_kint(d->report, "failed", d->failed);
		md_jw_obj_end(d->report);
		md_buf_char(b, '\n');
	} else {
		md_buf_fmt(b, "%d of %d scenarios came out as expected\n", d->passed, d->passed + d->failed);
	}
	out_bytes(b->p, b->n);
	if (b->failed)
		return cli_no_memory();
	return d->failed || !d->passed ? CLI_FAILED : CLI_OK;
}

static int run_demo(struct demo *d)
{
	struct md_arena *a = &d->cli->arena;
	struct md_buf b = { .arena = a };
	struct md_jw w = { .b = &b };
	struct md_json_error unread;
	const struct md_json *root;
	struct md_str path = md_str_fmt(a, "%s/multidb.json", d->dir);
	if (!path.p || md_json_parse(a, md_str_z(md_sample_scenarios), &root, &unread))
		return cli_no_memory();
	if (md_read_file(a, path.p, (size_t)64 << 20, &d->config))
		return cli_fail(d->cli, MD_METADATA_LOAD_FAILED, "can't read '%s': %s", path.p, strerror(errno));
	if (d->cli->json) {
		d->report = &w;
		md_jw_obj(&w);
		md_jw_keyz(&w, "scenarios");
		md_jw_arr(&w);
	}
	run_scenarios(d, root);
	return print_summary(d, &b);
}

int cli_demo(struct cli *cli)
{
	struct demo d = { .cli = cli, .dir = cli->dir };
	char scratch[PATH_MAX], error[PATH_MAX + 256];
	const char *tmp = getenv("TMPDIR");
	snprintf(scratch, sizeof scratch, "%s/multidb-demo-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!d.dir && !(d.dir = mkdtemp(scratch)))
		return cli_fail(cli, MD_METADATA_LOAD_FAILED, "can't make a folder like '%s': %s", scratch,
		                strerror(errno));
	watch_begin();
	bool made = !md_demo_make(d.dir, error, sizeof error);
	int status = made ? run_demo(&d) : cli_fail(cli, MD_METADATA_LOAD_FAILED, "%s", error);
	if (!cli->dir)
		md_demo_remove(d.dir);
	return status;
}
