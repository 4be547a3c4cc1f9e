/* Which database answers: cache → direct → materialized → trino → refuse. `prefer` moves strategies
 * to the front; the cache keeps its place. Every strategy's refusal is kept. When no strategy
 * plans, the error code is found by judging again with one thing changed: without regard to the
 * types of columns in the databases, without freshness, with Trino enabled, with catalogs.
 *
 * Promises: no I/O, no clock, the same answer every time, and work that grows with the query alone:
 * only the query's own tables, their databases and their replicas are examined. */
#include "planner/private.h"

#include "trace/trace.h"

const char *const md_strategy_name[MD_STRATEGIES] = { "cache", "direct", "materialized", "trino-cross-db" };

typedef int judge_fn(struct md_judge *j, struct md_alternative *out);

enum { DATABASE_STRATEGIES = 3 }; /* all but the cache */

struct md_plan *md_plan_new(struct md_judge *j, enum md_strategy s, struct md_source **sources)
{
	uint32_t n = md_guarded_count(j->guarded);
	struct {
		struct md_plan plan;
		struct md_source sources[];
	} *m = md_alloc(j->cx->arena, sizeof *m + n * sizeof m->sources[0]);
	if (!m)
		return NULL;
	m->plan = (struct md_plan){ .strategy = s, .guarded = j->guarded, .sources = m->sources };
	for (uint32_t i = 0; i < n; i++) {
		const struct md_ref *r = md_guarded_ref(md_guarded_at(j->guarded, i));
		m->sources[i] = (struct md_source){ .database = r->table->database };
	}
	*sources = m->sources;
	return &m->plan;
}

void md_plan_set_target(struct md_plan *p, const struct md_database *target)
{
	p->target = target;
	p->dialect = md_engines[target->engine].dialect;
	p->through_trino = md_engines[target->engine].through_trino;
}

uint32_t md_find_need(const struct md_judge *j, const struct md_table *t)
{
	uint32_t i = 0;
	while (i < j->n_needs && j->needs[i].table != t)
		i++;
	return i;
}

/* A table that occurs again needs the columns of all its references. */
static int add_needed_columns(struct md_ctx *cx, struct md_need *n, const uint64_t *more)
{
	uint32_t words = md_words(n->table->n_columns);
	uint64_t *all = md_alloc(cx->arena, words * sizeof *all);
	if (!all)
		return -1;
	for (uint32_t w = 0; w < words; w++)
		all[w] = n->columns[w] | more[w];
	n->columns = all;
	return 0;
}

static int find_needs(struct md_judge *j)
{
	uint32_t n = md_guarded_count(j->guarded);
	j->needs = md_alloc(j->cx->arena, n * sizeof *j->needs);
	for (uint32_t i = 0; j->needs && i < n; i++) {
		const struct md_guarded_table *g = md_guarded_at(j->guarded, i);
		const struct md_ref *r = md_guarded_ref(g);
		uint32_t at = md_find_need(j, r->table);
		j->has_real_types |= r->table->has_real_types;
		if (at == j->n_needs)
			j->needs[j->n_needs++] = (struct md_need){ r->table, md_guarded_needed(g), r->view };
		else if (add_needed_columns(j->cx, &j->needs[at], md_guarded_needed(g)))
			return -1;
	}
	return j->needs ? 0 : -1;
}

/* The strategies besides the cache, in the order in which they are judged. */
static void order_strategies(const struct md_judge *j, judge_fn *order[DATABASE_STRATEGIES])
{
	unsigned prefer = j->bound->prefer;
	int n = 0;
	if (!j->bound->prefer_given && j->cx->meta->policy.prefer_replica)
		prefer = MD_WANT_REPLICA;
	if (prefer & MD_WANT_REPLICA)
		order[n++] = md_judge_materialized;
	if (prefer & MD_WANT_TRINO)
		order[n++] = md_judge_trino;
	order[n++] = md_judge_direct;
	if (!(prefer & MD_WANT_REPLICA))
		order[n++] = md_judge_materialized;
	if (!(prefer & MD_WANT_TRINO))
		order[n++] = md_judge_trino;
}

static bool any_strategy_plans(struct md_judge *j)
{
	judge_fn *const all[DATABASE_STRATEGIES] = { md_judge_direct, md_judge_materialized, md_judge_trino };
	struct md_alternative a;
	for (int i = 0; i < DATABASE_STRATEGIES; i++)
		if (all[i](j, &a) == 0 && a.verdict == MD_POSSIBLE)
			return true;
	return false;
}

/* Which one change would make a plan possible? */
static enum md_code find_failure_code(const struct md_judge *j)
{
	struct md_judge what_if = *j;
	what_if.ignores_names = true;
	what_if.uses = NULL;
	if (any_strategy_plans(&what_if))
		return MD_UNSUPPORTED;

	what_if = *j;
	what_if.max_lag_ms = INT64_MAX;
	if (any_strategy_plans(&what_if))
		return MD_FRESHNESS_UNMET;

	what_if = *j;
	what_if.trino_enabled = true;
	if (any_strategy_plans(&what_if))
		return MD_TRINO_DISABLED;

	what_if = *j;
	what_if.assume_catalogs = true;
	return any_strategy_plans(&what_if) ? MD_NO_CATALOG : MD_UNREACHABLE_TABLES;
}

/* Judges the strategies besides the cache in order, until one plans or all of them, into
 * alternatives[1…]. */
static int judge_database_strategies(struct md_judge *j, bool judge_all, struct md_planned *out)
{
	judge_fn *order[DATABASE_STRATEGIES];
	order_strategies(j, order);
	for (int i = 0; i < DATABASE_STRATEGIES && (judge_all || !out->plan); i++) {
		struct md_alternative *a = &out->alternatives[out->n++];
		if (order[i](j, a))
			return -1;
		if (a->verdict != MD_POSSIBLE || out->plan)
			continue;
		a->verdict = MD_CHOSEN;
		out->plan = a->plan;
	}
	return 0;
}

/* Puts the cache in front of the chosen plan if it can answer. It cannot without a plan that
 * fetches its misses. */
static int put_cache_first(struct md_judge *j, bool judge_all, struct md_planned *out)
{
	struct md_alternative *cache = &out->alternatives[0];
	j->fallback = out->plan;
	if (!out->plan)
		cache->codes |= MD_REFUSE(MD_NO_FALLBACK);
	else if (!cache->codes)
		cache->codes = md_fallback_faults(j);
	if (cache->codes) {
		cache->code = (enum md_refusal)__builtin_ctz(cache->codes);
		return 0;
	}

	for (uint32_t i = 1; i < out->n; i++)
		if (out->alternatives[i].verdict == MD_CHOSEN)
			out->alternatives[i].verdict = MD_POSSIBLE;
	if (!judge_all)
		out->n = 1; /* the others were judged only to fetch the cache's misses */

	cache->verdict = MD_CHOSEN;
	cache->plan = out->plan = md_plan_cached(j, out->plan);
	return out->plan ? 0 : -1;
}

static int explain_refusals(struct md_judge *j, struct md_planned *out)
{
	for (uint32_t i = 0; i < out->n; i++) {
		struct md_alternative *a = &out->alternatives[i];
		if ((a->verdict == MD_REFUSED || a->n_candidates) && md_explain_refusal(j, a))
			return -1;
	}
	return 0;
}

int md_plan(struct md_ctx *cx, const struct md_guarded *g, const struct md_values *values, bool judge_all,
            struct md_planned *out)
{
	struct md_judge j = { .cx = cx, .guarded = g, .bound = md_guarded_bound(g), .values = values,
		              .trino_enabled = cx->meta->trino.enabled, .max_lag_ms = values->max_lag_ms };
	*out = (struct md_planned){ .alternatives = md_alloc(cx->arena, MD_STRATEGIES * sizeof *out->alternatives) };
	if (!out->alternatives || find_needs(&j) || md_find_uses(&j))
		return md_out_of_memory(cx);

	md_log_needs(&j);
	md_judge_cache(&j, &out->alternatives[out->n++]);
	if (judge_database_strategies(&j, judge_all, out) || put_cache_first(&j, judge_all, out) ||
	    explain_refusals(&j, out))
		return md_out_of_memory(cx);
	md_log_planned(&j, out);
	if (out->plan)
		return 0;

	enum md_code code = find_failure_code(&j);
	md_ev1(cx, MD_EV_UNREACHABLE, MD_Z(md_code_name(code)));
	return md_fail_planning(&j, code, out);
}

int md_plan_again(struct md_ctx *cx, const struct md_planned *earlier, const struct md_guarded *g,
                  struct md_planned *out)
{
	struct md_plan *p = md_alloc(cx->arena, sizeof *p);
	if (!p)
		return md_out_of_memory(cx);
	*p = *earlier->plan;
	p->guarded = g;
	*out = (struct md_planned){ p, earlier->alternatives, earlier->n };
	return 0;
}
