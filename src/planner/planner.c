/* Which database answers: cache → direct → materialized → trino → refuse (concept, query planner strategy). `prefer` moves strategies to the front; the cache
 * keeps its place. Every strategy's refusal is kept. When none plans, the code comes from judging again with one thing changed: without
 * freshness, with Trino enabled, with catalogs. Promises: no I/O, no clock, the same answer every time, and work that grows with the query alone: only the query's own
 * tables, their databases and their replicas are looked at. */
#include "planner/strategy.h"

const char *const md_strategy_name[MD_STRATEGIES] = { "cache", "direct", "materialized", "trino-cross-db" };

typedef int judge_fn(struct md_judge *j, struct md_alternative *out);

enum { OTHERS = 3 }; /* strategies besides the cache */

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
	for (uint32_t i = 0; i < n; i++)
		m->sources[i] = (struct md_source){ md_guarded_ref(md_guarded_at(j->guarded, i))->table->database, NULL };
	*sources = m->sources;
	return &m->plan;
}

void md_plan_on(struct md_plan *p, const struct md_database *target)
{
	p->target = target;
	p->dialect = md_engines[target->engine].dialect;
	p->through_trino = md_engines[target->engine].through_trino;
}

const struct md_sync *md_replica_in(const struct md_table *t, const struct md_database *db)
{
	for (uint32_t i = 0; i < t->n_syncs; i++)
		if (t->syncs[i]->database == db)
			return t->syncs[i];
	return NULL;
}

static bool has_columns(const struct md_sync *s, const uint64_t *needed)
{
	for (uint32_t w = 0; w < md_words(s->table->n_columns); w++)
		for (uint64_t left = needed[w]; left;)
			if (!s->physical_columns[md_take_bit(&left, w)].p)
				return false;
	return true;
}

uint32_t md_replica_faults(const struct md_judge *j, const struct md_need *n, const struct md_sync *s)
{
	return (md_lag_ms[s->lag] <= j->max_lag_ms ? 0 : MD_REFUSE(MD_R_FRESHNESS_UNMET)) |
	       (has_columns(s, n->columns) ? 0 : MD_REFUSE(MD_COLUMN_NOT_REPLICATED));
}

uint32_t md_need_of(const struct md_judge *j, const struct md_table *t)
{
	uint32_t i = 0;
	while (i < j->n_needs && j->needs[i].table != t)
		i++;
	return i;
}

/* A table that occurs again needs the columns of all its places. */
static int widen(struct md_ctx *cx, struct md_need *n, const uint64_t *more)
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
		uint32_t at = md_need_of(j, r->table);
		if (at == j->n_needs)
			j->needs[j->n_needs++] = (struct md_need){ r->table, md_guarded_needed(g), r->view };
		else if (widen(j->cx, &j->needs[at], md_guarded_needed(g)))
			return -1;
	}
	return j->needs ? 0 : -1;
}

/* The strategies besides the cache, in the order to be tried. */
static void order_of(const struct md_judge *j, judge_fn *order[OTHERS])
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

static bool would_plan(struct md_judge *j)
{
	judge_fn *const all[OTHERS] = { md_judge_direct, md_judge_materialized, md_judge_trino };
	struct md_alternative a;
	for (int i = 0; i < OTHERS; i++)
		if (all[i](j, &a) == 0 && a.verdict == MD_POSSIBLE)
			return true;
	return false;
}

/* What one change would have made a plan possible? */
static enum md_code why_not(const struct md_judge *j)
{
	struct md_judge what_if = *j;
	what_if.max_lag_ms = INT64_MAX;
	if (would_plan(&what_if))
		return MD_FRESHNESS_UNMET;
	what_if = *j;
	what_if.trino = true;
	if (would_plan(&what_if))
		return MD_TRINO_DISABLED;
	what_if = *j;
	what_if.all_catalogs = true;
	return would_plan(&what_if) ? MD_NO_CATALOG : MD_UNREACHABLE_TABLES;
}

/* Judges the others in order until one plans (or all), into alternatives[1…]. */
static int judge_others(struct md_judge *j, bool judge_all, struct md_planned *out)
{
	judge_fn *order[OTHERS];
	order_of(j, order);
	for (int i = 0; i < OTHERS && (judge_all || !out->plan); i++) {
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

/* The cache stands before the plan that others made, if it can serve; it can't serve without one. */
static int put_cache_first(struct md_judge *j, bool judge_all, struct md_planned *out)
{
	struct md_alternative *cache = &out->alternatives[0];
	if (!out->plan)
		cache->codes |= MD_REFUSE(MD_NO_FALLBACK);
	if (cache->codes) {
		cache->code = (enum md_refusal)__builtin_ctz(cache->codes);
		return 0;
	}
	for (uint32_t i = 1; i < out->n; i++)
		if (out->alternatives[i].verdict == MD_CHOSEN)
			out->alternatives[i].verdict = MD_POSSIBLE;
	if (!judge_all)
		out->n = 1; /* nobody else was judged but to serve its misses */
	cache->verdict = MD_CHOSEN;
	cache->plan = out->plan = md_plan_cached(j, out->plan);
	return out->plan ? 0 : -1;
}

static int explain_refusals(struct md_judge *j, struct md_planned *out)
{
	for (uint32_t i = 0; i < out->n; i++)
		if ((out->alternatives[i].verdict == MD_REFUSED || out->alternatives[i].n_candidates) && md_refusal_explain(j, &out->alternatives[i]))
			return -1;
	return 0;
}

int md_plan(struct md_ctx *cx, const struct md_guarded *g, const struct md_values *values, bool judge_all, struct md_planned *out)
{
	struct md_judge j = { .cx = cx, .guarded = g, .bound = md_guarded_bound(g), .values = values,
		              .trino = cx->meta->trino.enabled, .max_lag_ms = values->max_lag_ms };
	out->plan = NULL;
	out->n = 0;
	if (find_needs(&j))
		return md_out_of_memory(cx);
	md_log_needs(&j);
	md_judge_cache(&j, &out->alternatives[out->n++]);
	if (judge_others(&j, judge_all, out) || put_cache_first(&j, judge_all, out) || explain_refusals(&j, out))
		return md_out_of_memory(cx);
	md_log_planned(&j, out);
	return out->plan ? 0 : md_refusal_fail(&j, why_not(&j), out);
}
