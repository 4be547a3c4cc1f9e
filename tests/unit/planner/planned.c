#include "planned.h"

void assert_refused(struct world *w, const char *definition, enum md_code code)
{
	world_ask(w, definition, NULL, false);
	assert_int_equal(w->rc, -1);
	assert_string_equal(md_code_name(w->err.code), md_code_name(code));
	assert_null(w->planned.plan);
	assert_true(w->err.message.n > 0);
	assert_true(md_str_eq(w->err.from_table, w->query->from));
	assert_true(w->err.reach.n_tables > 0 && w->err.reach.n_databases > 0);
	assert_true((w->err.code == MD_FRESHNESS_UNMET) == (w->err.reach.required_freshness.n > 0));
}

static struct md_buf text_in(struct world *w)
{
	return (struct md_buf){ .arena = &w->arena };
}

static const char *finish_text(struct md_buf *b)
{
	md_buf_char(b, '\0');
	assert_false(b->failed);
	return b->p;
}

const char *planned_strategy(struct world *w)
{
	return md_strategy_name[w->planned.plan->strategy];
}

const char *planned_target(struct world *w)
{
	const struct md_plan *p = w->planned.plan;
	struct md_buf b = text_in(w);
	md_buf_str(&b, p->strategy == MD_CACHE ? p->cached->cache->id : p->target ? p->target->id : MD_STR("trino"));
	return finish_text(&b);
}

const char *planned_sources(struct world *w)
{
	struct md_buf b = text_in(w);
	for (uint32_t i = 0; i < md_guarded_count(w->guarded); i++) {
		const struct md_source *s = &w->planned.plan->sources[i];
		const struct md_ref *r = md_guarded_ref(md_guarded_at(w->guarded, i));
		md_buf_fmt(&b, "%s%.*s=%s@%.*s", i ? " " : "", MD_FMT(r->as), s->sync ? "materialized" : "original",
		           MD_FMT(s->database->id));
	}
	return finish_text(&b);
}

const struct md_alternative *planned_alternative(struct world *w, enum md_strategy s)
{
	for (uint32_t i = 0; i < w->planned.n; i++)
		if (w->planned.alternatives[i].strategy == s)
			return &w->planned.alternatives[i];
	return NULL;
}

static void append_codes(struct md_buf *b, const struct md_alternative *a)
{
	const char *comma = "|";
	md_buf_fmt(b, "%s", md_refusal_name[a->code]);
	for (int c = 0; c < MD_REFUSALS; c++)
		if (a->codes >> c & 1) {
			md_buf_fmt(b, "%s%s", comma, md_refusal_name[c]);
			comma = ",";
		}
}

const char *planned_codes(struct world *w, enum md_strategy s)
{
	struct md_buf b = text_in(w);
	const struct md_alternative *a = planned_alternative(w, s);
	assert_non_null(a);
	assert_int_equal(a->verdict == MD_REFUSED, a->codes != 0);
	assert_int_equal(a->verdict == MD_REFUSED, a->plan == NULL);
	if (a->verdict == MD_REFUSED) {
		assert_true(a->codes >> a->code & 1);
		assert_true(a->detail.n > 0);
		assert_true(a->n_tables > 0 || a->code == MD_R_NO_CATALOG);
		append_codes(&b, a);
	}
	return finish_text(&b);
}

const char *planned_candidates(struct world *w)
{
	struct md_buf b = text_in(w);
	const struct md_alternative *a = planned_alternative(w, MD_MATERIALIZED);
	assert_non_null(a);
	for (uint32_t i = 0; i < a->n_candidates; i++) {
		const struct md_candidate *c = &a->candidates[i];
		const char *verdict = c->verdict == MD_CHOSEN     ? "chosen"
		                      : c->verdict == MD_POSSIBLE ? "possible"
		                                                  : md_refusal_name[c->code];
		assert_int_equal(c->verdict == MD_REFUSED, c->detail.n > 0);
		md_buf_fmt(&b, "%s%.*s=%s", i ? " " : "", MD_FMT(c->database->id), verdict);
	}
	return finish_text(&b);
}

const char *planned_dump(struct world *w)
{
	struct md_buf b = text_in(w);
	md_buf_fmt(&b, "%d %s %.*s\n", w->rc, md_code_name(w->err.code), MD_FMT(w->err.message));
	for (uint32_t i = 0; i < w->planned.n; i++) {
		const struct md_alternative *a = &w->planned.alternatives[i];
		md_buf_fmt(&b, "%s %d ", md_strategy_name[a->strategy], (int)a->verdict);
		append_codes(&b, a);
		md_buf_fmt(&b, " %.*s / %.*s\n", MD_FMT(a->detail), MD_FMT(a->hint));
		for (uint32_t k = 0; k < a->n_tables; k++)
			md_buf_fmt(&b, "  table %.*s\n", MD_FMT(a->tables[k]));
		for (uint32_t k = 0; k < a->n_candidates; k++)
			md_buf_fmt(&b, "  %.*s %d %s %.*s\n", MD_FMT(a->candidates[k].database->id),
			           (int)a->candidates[k].verdict, md_refusal_name[a->candidates[k].code],
			           MD_FMT(a->candidates[k].detail));
	}
	if (w->planned.plan)
		md_buf_fmt(&b, "%s %s %s\n", planned_strategy(w), planned_target(w), planned_sources(w));
	md_trace_text(&b, w->cx.trace, &md_log_whole);
	return finish_text(&b);
}
