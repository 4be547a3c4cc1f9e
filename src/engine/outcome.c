#include "engine/outcome.h"

#include "access/access.h"
#include "base/map.h"

const char *const md_verdict_name[] = { [MD_REFUSED] = "refused", [MD_CHOSEN] = "chosen", [MD_POSSIBLE] = "possible" };

/* A cache plan of which nothing came from the cache was answered by its fallback. */
static bool is_answered_by_cache(const struct md_request *r, const struct md_answer *a)
{
	return r->planned.plan->strategy == MD_CACHE && (!a || a->from_cache || !a->from_database);
}

enum md_strategy md_outcome_strategy_id(const struct md_request *r, const struct md_answer *a)
{
	const struct md_plan *p = r->planned.plan;
	return p->strategy == MD_CACHE && !is_answered_by_cache(r, a) ? p->fallback : p->strategy;
}

const char *md_outcome_strategy(const struct md_request *r, const struct md_answer *a)
{
	return md_strategy_name[md_outcome_strategy_id(r, a)];
}

struct md_str md_outcome_target(const struct md_request *r, const struct md_answer *a)
{
	const struct md_plan *p = r->planned.plan;
	if (is_answered_by_cache(r, a))
		return p->cached->cache->id;
	return p->target ? p->target->id : MD_STR("trino");
}

/* ---- tables ---- */

static bool is_table_repeated(const struct md_bound *b, uint32_t ref)
{
	for (uint32_t i = 0; i < ref; i++)
		if (b->refs[i].table == b->refs[ref].table)
			return true;
	return false;
}

static void set_cached_table(const struct md_request *r, struct md_table_used *out)
{
	const struct md_cached_table *c = r->planned.plan->cached;
	*out = (struct md_table_used){ .id = r->bound->refs[0].table->id, .database = c->cache->id,
		                       .physical_name = c->key_pattern, .source = "cache" };
}

static void set_table_read(const struct md_request *r, uint32_t ref, struct md_table_used *out)
{
	const struct md_source *s = &r->planned.plan->sources[ref];
	const struct md_table *t = r->bound->refs[ref].table;
	*out = (struct md_table_used){ .id = t->id, .database = s->database->id,
		                       .physical_name = md_name_in(t, s->sync)->whole,
		                       .source = s->sync ? "materialized" : "original" };
}

bool md_outcome_table(const struct md_request *r, const struct md_answer *a, size_t i, struct md_table_used *out)
{
	bool is_cache_read = is_answered_by_cache(r, a);
	bool is_database_read = r->planned.plan->strategy != MD_CACHE || (a && a->from_database);
	if (is_cache_read && i-- == 0) {
		set_cached_table(r, out);
		return true;
	}

	for (uint32_t ref = 0; is_database_read && ref < r->bound->n_refs; ref++)
		if (!is_table_repeated(r->bound, ref) && i-- == 0) {
			set_table_read(r, ref, out);
			return true;
		}
	return false;
}

/* ---- the rest ---- */

const char *md_outcome_freshness(const struct md_request *r)
{
	const struct md_plan *p = r->planned.plan;
	int worst = -1;
	for (uint32_t i = 0; i < r->bound->n_refs; i++)
		if (p->sources[i].sync && (int)p->sources[i].sync->lag > worst)
			worst = (int)p->sources[i].sync->lag;
	return worst >= 0 ? md_lag_name[worst] : NULL;
}

uint64_t md_outcome_plan_hash(const struct md_request *r)
{
	uint64_t h = md_hash_stable(r->stmt.text, 1 + (uint64_t)r->planned.plan->strategy);
	return md_hash_stable(md_outcome_target(r, NULL), h);
}

bool md_output_nullable(const struct md_bound *b, const struct md_bound_output *o)
{
	const struct md_ref *ref = &b->refs[o->use.ref];
	const struct md_column *c = o->use.column;
	if (o->agg && (md_agg_counts(o->agg) || !b->n_groups))
		return !md_agg_counts(o->agg);
	if (c->nullable || ref->left)
		return true;
	/* a mask changes what is shown of a value, not what is aggregated */
	return o->agg ? md_bit(ref->view->by_row, c->index) : md_view_nullable(ref->view, c);
}

bool md_output_masked(const struct md_bound *b, const struct md_bound_output *o)
{
	return !o->agg && md_bit(b->refs[o->use.ref].view->masked, o->use.column->index);
}
