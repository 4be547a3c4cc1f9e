#include "world.h"

#include "validation/validate.h"

#include <stdio.h>

void print_problems(const struct md_error *err)
{
	if (err->message.n)
		print_error("%.*s\n", MD_FMT(err->message));
	for (uint32_t i = 0; i < err->problems.n; i++)
		print_error("%.*s: %.*s\n", MD_FMT(err->problems.v[i].pointer), MD_FMT(err->problems.v[i].message));
}

/* ---- a configuration and its requests ---- */

void world_open(struct world *w, const char *config)
{
	memset(w, 0, sizeof *w);
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err };
	w->meta = config[0] == '{' ? md_metadata_load(&w->cx, md_str_z(config), NULL)
	                           : md_metadata_load_file(&w->cx, config, NULL);
	if (!w->meta)
		print_problems(&w->err);
	assert_non_null(w->meta);
	w->changed = *w->meta;
	world_reset(w);
}

void world_close(struct world *w)
{
	md_snapshot_unref(w->meta);
	md_arena_free(&w->arena);
	w->meta = NULL;
}

void world_begin(struct world *w)
{
	w->err = (struct md_error){ 0 };
	w->cx = (struct md_ctx){ .arena = &w->arena, .err = &w->err, .meta = &w->changed };
	w->cx.trace = md_trace_new(&w->arena);
	w->guarded = NULL;
	w->planned.plan = NULL;
	memset(&w->hand, 0, sizeof w->hand);
	w->hand.bound = (struct md_bound){ .refs = w->hand.refs };
	w->hand.values = (struct md_values){
		.counts = w->hand.counts, .limit = -1, .offset = -1, .page_first = -1, .max_lag_ms = INT64_MAX
	};
}

void world_reset(struct world *w)
{
	md_arena_reset(&w->arena);
	world_begin(w);
}

const struct md_json *world_json(struct world *w, const char *text)
{
	const struct md_json *v = NULL;
	struct md_json_error e;
	if (md_json_parse(&w->arena, md_str_z(text), &v, &e))
		fail_msg("the test's own JSON is broken at %zu: %s", e.byte, text);
	return v;
}

/* ---- the stages ---- */

int stages_validate(struct md_ctx *cx, const char *definition, const char *context, struct stages *s)
{
	const struct md_json *who = NULL;
	struct md_json_error e;
	if (md_json_parse(cx->arena, md_str_z(definition), &s->definition, &e) ||
	    (context && md_json_parse(cx->arena, md_str_z(context), &who, &e)))
		return md_out_of_memory(cx); /* the test's own JSON is sound */
	if (md_query_parse(cx, s->definition, &s->query) || md_access_open(cx, who))
		return -1;
	return md_validate(cx, s->query, false, &s->bound, &s->values);
}

int stages_plan(struct md_ctx *cx, const char *definition, const char *context, bool judge_all, struct stages *s)
{
	if (stages_validate(cx, definition, context, s) || md_guard(cx, s->bound, s->values, &s->guarded) ||
	    md_fail_if_problems(cx, MD_VALIDATION_FAILED))
		return -1;
	return md_plan(cx, s->guarded, s->values, judge_all, &s->planned);
}

static void keep_stages(struct world *w, const struct stages *s)
{
	w->definition = s->definition;
	w->query = s->query;
	w->bound = s->bound;
	w->values = s->values;
	w->guarded = s->guarded;
	w->planned = s->planned;
}

void world_validate(struct world *w, const char *definition, const char *context)
{
	struct stages s = { 0 };
	int rc = stages_validate(&w->cx, definition, context ? context : WORLD_ADMIN, &s);
	keep_stages(w, &s);
	if (rc)
		print_problems(&w->err);
	assert_int_equal(rc, 0);
}

void world_ask(struct world *w, const char *definition, const char *context, bool judge_all)
{
	struct stages s = { 0 };
	world_reset(w);
	w->rc = stages_plan(&w->cx, definition, context ? context : WORLD_ADMIN, judge_all, &s);
	keep_stages(w, &s);
	assert_non_null(s.query); /* the test's own JSON is sound */
}

void world_plan(struct world *w, const char *definition, const char *context)
{
	world_ask(w, definition, context, false);
	if (w->rc)
		print_problems(&w->err);
	assert_int_equal(w->rc, 0);
	assert_non_null(w->planned.plan);
}

const char *world_write(struct world *w, const struct md_ids *only)
{
	if (only)
		assert_int_equal(md_resolve_misses(&w->cx, w->planned.plan, w->values, only, &w->tree, &w->misses), 0);
	else
		assert_int_equal(md_resolve(&w->cx, w->planned.plan, w->values, NULL, &w->tree, &w->shape), 0);
	assert_int_equal(md_write_sql(&w->cx, &w->tree, &w->stmt), 0);
	for (uint32_t i = 0; i < w->tree.n_scans; i++)
		assert_non_null(w->tree.scans[i].rows);
	return statement_text(&w->arena, &w->stmt);
}

const char *world_sql(struct world *w, const char *definition, const char *context)
{
	world_plan(w, definition, context);
	return world_write(w, NULL);
}

/* ---- the access room alone ---- */

int world_context(struct world *w, const char *json)
{
	return md_access_open(&w->cx, json ? world_json(w, json) : NULL);
}

static struct md_ref *append_ref(struct world *w, const char *table, uint32_t parent)
{
	uint32_t i = w->hand.bound.n_refs++;
	const struct md_table *t = world_table(w, table);
	w->hand.refs[i] = (struct md_ref){ .table = t,
		                           .as = t->api_name,
		                           .parent = parent,
		                           .used = &w->hand.used[i],
		                           .view = md_access_view(&w->cx, t) };
	return &w->hand.refs[i];
}

void world_ref(struct world *w, const char *table, const char *type, uint32_t parent)
{
	uint32_t i = w->hand.bound.n_refs;
	struct md_ref *ref = append_ref(w, table, parent);
	w->hand.bound.n_joins = i;
	ref->kind = type ? MD_REF_JOIN : MD_REF_FROM;
	ref->left = type && !strcmp(type, "left");
}

uint32_t world_exists(struct world *w, const char *table, struct md_bound_filter *node, uint32_t parent)
{
	node->ref = w->hand.bound.n_refs;
	append_ref(w, table, parent)->kind = MD_REF_EXISTS;
	w->hand.bound.n_exists++;
	return node->ref;
}

int world_guard(struct world *w)
{
	return md_guard(&w->cx, &w->hand.bound, &w->hand.values, &w->guarded);
}

/* ---- what came out ---- */

static const char *finish_text(struct md_buf *b)
{
	md_buf_char(b, '\0');
	assert_false(b->failed);
	return b->p;
}

const char *world_rows(struct world *w, uint32_t ref)
{
	struct md_buf b = { .arena = &w->arena };
	md_pred_text(&b, md_guarded_rows(md_guarded_at(w->guarded, ref)));
	return finish_text(&b);
}

const char *world_log(struct world *w)
{
	struct md_buf b = { .arena = &w->arena };
	md_trace_text(&b, w->cx.trace, &md_log_whole);
	return finish_text(&b);
}

static void append_value(struct md_buf *b, const struct md_value *v)
{
	if (!v->type.array) {
		md_buf_str(b, v->text);
		return;
	}
	md_buf_char(b, '[');
	for (size_t i = 0; i < v->list.n; i++) {
		md_buf_str(b, i ? MD_STR(",") : MD_NOSTR);
		md_buf_str(b, v->list.items[i]);
	}
	md_buf_char(b, ']');
}

const char *statement_text(struct md_arena *a, const struct md_stmt *s)
{
	struct md_buf b = { .arena = a };
	md_buf_str(&b, s->text);
	for (uint32_t i = 0; i < s->n_params; i++) {
		md_buf_str(&b, i ? MD_STR(", ") : MD_STR(" | "));
		append_value(&b, &s->params[i]);
	}
	return finish_text(&b);
}

void world_problems(struct world *w, ...)
{
	va_list ap;
	uint32_t n = 0;
	va_start(ap, w);
	for (const char *want; (want = va_arg(ap, const char *)); n++) {
		assert_true(n < w->err.problems.n);
		const struct md_problem *p = &w->err.problems.v[n];
		char got[256];
		snprintf(got, sizeof got, "%s %.*s", md_code_name(p->code), MD_FMT(p->pointer));
		assert_string_equal(got, want);
		assert_true(p->message.n > 0);
	}
	va_end(ap);
	assert_int_equal(w->err.problems.n, n);
}

const struct md_table *world_table(struct world *w, const char *api_name)
{
	const struct md_table *t = md_table_find(w->meta, md_str_z(api_name));
	assert_non_null(t);
	return t;
}

const struct md_column *world_column(struct world *w, const char *table, const char *column)
{
	const struct md_column *c = md_column_find(world_table(w, table), md_str_z(column));
	assert_non_null(c);
	return c;
}
