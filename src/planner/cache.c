/* Strategy cache: rows by their keys from a cache in front of another plan. Accepts byIds on one
 * table in mode execute, if a cache holds every needed column, its keys can be made from ids and
 * row filters, the database finds rows by equal bytes of the key, the row filters can be decided in
 * the process, and no cell depends on its row. Refuses with all codes that apply. planner.c decides
 * whether another plan can fetch the misses (NO_FALLBACK). */
#include "planner/private.h"

#include "access/pred_eval.h"

/* The table's cache, if it is in this process or has a connection; otherwise NULL. */
static const struct md_cached_table *usable_cache(const struct md_table *t)
{
	const struct md_cached_table *c = t->cached;
	return c && (c->cache->memory || c->cache->connection.present) ? c : NULL;
}

/* Can the key be made, from ids and from columns that row filters fix? */
static bool can_make_key(const struct md_cached_table *c, const struct md_pred *rows)
{
	for (uint32_t i = 0; i < c->n_key; i++) {
		uint32_t k = 0;
		while (k < c->table->n_key && c->table->key[k] != c->key[i].column)
			k++;
		if (c->key[i].column && k == c->table->n_key && !md_pred_fixes(rows, c->key[i].column))
			return false;
	}
	return true;
}

static bool cache_has_columns(const struct md_cached_table *c, const uint64_t *needed)
{
	for (uint32_t w = 0; w < md_words(c->table->n_columns); w++)
		if (needed[w] & ~c->columns[w])
			return false;
	for (uint32_t k = 0; k < c->table->n_key; k++)
		if (!md_bit(c->columns, c->table->key[k]->index))
			return false;
	return true;
}

/* Does the database find rows by equal texts of the key, as the cache does? */
static bool finds_rows_by_text(const struct md_table *t)
{
	for (uint32_t k = 0; k < t->n_key; k++)
		if (md_compares_loosely(t->key[k]))
			return false;
	return true;
}

/* Does each column show its cells in the same way on all rows that the caller sees? Otherwise the
 * database has to decide. */
static bool cells_depend_on_no_row(const struct md_guarded_table *t)
{
	for (uint32_t i = 0; i < md_guarded_rules(t); i++) {
		const struct md_cell_rule *r = md_guarded_rule_at(t, i);
		if (r->shown->kind != MD_PRED_TRUE ||
		    (r->clear->kind != MD_PRED_TRUE && r->clear->kind != MD_PRED_FALSE))
			return false;
	}
	return true;
}

bool md_has_inexact_filter(const struct md_judge *j)
{
	const struct md_pred *rows = md_guarded_rows(md_guarded_at(j->guarded, 0));
	const struct md_sync *sync = j->fallback ? j->fallback->sources[0].sync : NULL;
	return !md_pred_exact(rows, NULL) || (sync && !md_pred_exact(rows, sync));
}

static bool is_fresh_enough(const struct md_cached_table *c, int64_t max_lag_ms)
{
	return max_lag_ms == INT64_MAX || (c->ttl_s && c->ttl_s <= max_lag_ms / 1000);
}

static uint32_t query_faults(const struct md_bound *b)
{
	return (b->has_ids ? 0 : MD_REFUSE(MD_NOT_BY_IDS)) |
	       (b->mode == MD_EXECUTE ? 0 : MD_REFUSE(MD_MODE_NOT_EXECUTE)) |
	       (b->n_refs == 1 ? 0 : MD_REFUSE(MD_NOT_SINGLE_TABLE)) |
	       (b->filters.n == 0 ? 0 : MD_REFUSE(MD_HAS_FILTERS)) |
	       (md_bound_groups(b) || b->distinct ? MD_REFUSE(MD_HAS_AGGREGATION) : 0) |
	       (b->n_order == 0 && !b->has_limit && !b->has_offset && !b->has_page ? 0
	                                                                           : MD_REFUSE(MD_HAS_ORDER_OR_LIMIT)) |
	       (b->avoid & MD_WANT_CACHE ? MD_REFUSE(MD_AVOIDED) : 0);
}

void md_judge_cache(struct md_judge *j, struct md_alternative *out)
{
	const struct md_guarded_table *guarded = md_guarded_at(j->guarded, 0);
	const struct md_pred *rows = md_guarded_rows(guarded);
	const struct md_cached_table *c = usable_cache(j->needs[0].table);
	uint32_t codes = query_faults(j->bound);
	if (!c)
		codes |= MD_REFUSE(MD_NO_CACHE);
	else
		codes |= (cache_has_columns(c, j->needs[0].columns) ? 0 : MD_REFUSE(MD_COLUMN_NOT_CACHED)) |
		         (can_make_key(c, rows) ? 0 : MD_REFUSE(MD_KEY_NOT_FIXED)) |
		         (!md_has_inexact_filter(j) && cells_depend_on_no_row(guarded)
		                  ? 0
		                  : MD_REFUSE(MD_FILTER_NOT_EXACT)) |
		         (finds_rows_by_text(c->table) ? 0 : MD_REFUSE(MD_COMPARISON_DIFFERS)) |
		         (is_fresh_enough(c, j->max_lag_ms) ? 0 : MD_REFUSE(MD_R_FRESHNESS_UNMET));
	*out = (struct md_alternative){ .strategy = MD_CACHE, .codes = codes,
		                        .code = codes ? (enum md_refusal)__builtin_ctz(codes) : MD_REFUSED_NOT };
}

uint32_t md_fallback_faults(const struct md_judge *j)
{
	const struct md_cached_table *c = j->needs[0].table->cached;
	return (md_find_unreadable(c, j->fallback) ? MD_REFUSE(MD_R_UNSUPPORTED) : 0) |
	       (md_has_inexact_filter(j) ? MD_REFUSE(MD_FILTER_NOT_EXACT) : 0);
}

const struct md_plan *md_plan_cached(struct md_judge *j, const struct md_plan *fallback)
{
	struct md_plan *p = md_alloc(j->cx->arena, sizeof *p);
	if (!p)
		return NULL;
	*p = *fallback;
	p->fallback = fallback->strategy;
	p->strategy = MD_CACHE;
	p->cached = j->needs[0].table->cached;
	return p;
}
