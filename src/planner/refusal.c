/* Refusals: their names, which of several decides, and the planner's error. Details with names in
 * them are written only for refusals that a reader will see, never when the strategy direct
 * plans. */
#include "planner/private.h"

#include "access/pred_eval.h"

const char *const md_refusal_name[MD_REFUSALS] = {
	[MD_REFUSED_NOT] = "",
	[MD_NOT_BY_IDS] = "NOT_BY_IDS",
	[MD_MODE_NOT_EXECUTE] = "MODE_NOT_EXECUTE",
	[MD_NOT_SINGLE_TABLE] = "NOT_SINGLE_TABLE",
	[MD_HAS_FILTERS] = "HAS_FILTERS",
	[MD_HAS_AGGREGATION] = "HAS_AGGREGATION",
	[MD_HAS_ORDER_OR_LIMIT] = "HAS_ORDER_OR_LIMIT",
	[MD_NO_CACHE] = "NO_CACHE",
	[MD_COLUMN_NOT_CACHED] = "COLUMN_NOT_CACHED",
	[MD_KEY_NOT_FIXED] = "KEY_NOT_FIXED",
	[MD_FILTER_NOT_EXACT] = "FILTER_NOT_EXACT",
	[MD_R_FRESHNESS_UNMET] = "FRESHNESS_UNMET",
	[MD_NO_FALLBACK] = "NO_FALLBACK",
	[MD_DIFFERENT_DATABASES] = "DIFFERENT_DATABASES",
	[MD_NO_REPLICA] = "NO_REPLICA",
	[MD_LAYOUT_UNKNOWN] = "LAYOUT_UNKNOWN",
	[MD_LAYOUT_UNSUPPORTED] = "LAYOUT_UNSUPPORTED",
	[MD_KEY_MOVES] = "KEY_MOVES",
	[MD_COLUMN_NOT_REPLICATED] = "COLUMN_NOT_REPLICATED",
	[MD_R_UNSUPPORTED] = "UNSUPPORTED",
	[MD_COMPARISON_DIFFERS] = "COMPARISON_DIFFERS",
	[MD_R_TRINO_DISABLED] = "TRINO_DISABLED",
	[MD_R_NO_CATALOG] = "NO_CATALOG",
	[MD_AVOIDED] = "AVOIDED",
};

enum md_refusal md_first_refusal(uint32_t codes, const enum md_refusal *order)
{
	while (*order != MD_REFUSED_NOT && !(codes & MD_REFUSE(*order)))
		order++;
	return *order;
}

/* ---- explanations; -1: out of memory ---- */

static int explain_candidates(struct md_judge *j, struct md_alternative *a)
{
	struct md_candidate *c = md_alloc(j->cx->arena, a->n_candidates * sizeof *c);
	if (!c)
		return -1;

	memcpy(c, a->candidates, a->n_candidates * sizeof *c);
	for (uint32_t i = 0; i < a->n_candidates; i++) {
		struct md_buf b = { .arena = j->cx->arena };
		if (c[i].verdict == MD_REFUSED)
			md_write_candidate_detail(&b, j, &c[i]);
		c[i].detail = md_buf_text(&b);
		if (!c[i].detail.p)
			return -1;
	}
	a->candidates = c;
	return 0;
}

static int add_detail(struct md_judge *j, struct md_alternative *a)
{
	const char *detail = md_static_refusal_detail(a->code);
	if (a->code == MD_FILTER_NOT_EXACT && !md_has_inexact_filter(j))
		detail = "what the caller sees of a column depends on the row";
	if (detail) {
		a->detail = md_str_z(detail);
		return 0;
	}

	struct md_buf b = { .arena = j->cx->arena };
	md_write_refusal_detail(&b, j, a);
	a->detail = md_buf_text(&b);
	return a->detail.p ? 0 : -1;
}

/* Does the refusal concern the table? A missing catalog concerns the tables that Trino does not
 * reach, every other refusal all tables. */
static bool is_concerned(const struct md_judge *j, const struct md_alternative *a, const struct md_need *n)
{
	if (a->strategy != MD_CROSS || a->code != MD_R_NO_CATALOG)
		return true;
	return md_original_trino_faults(j, n) != 0;
}

static int add_tables(struct md_judge *j, struct md_alternative *a)
{
	if (a->strategy == MD_CACHE) {
		a->tables = &j->needs[0].table->api_name;
		a->n_tables = 1;
		return 0;
	}

	struct md_str *v = md_alloc(j->cx->arena, j->n_needs * sizeof *v);
	uint32_t n = 0;
	if (!v)
		return -1;
	for (uint32_t i = 0; i < j->n_needs; i++)
		if (is_concerned(j, a, &j->needs[i]))
			v[n++] = j->needs[i].table->api_name;
	a->tables = v;
	a->n_tables = n;
	return 0;
}

int md_explain_refusal(struct md_judge *j, struct md_alternative *a)
{
	if (a->n_candidates && explain_candidates(j, a))
		return -1;
	if (a->verdict != MD_REFUSED)
		return 0;
	a->hint = md_refusal_hint(j, a);
	return add_detail(j, a) || add_tables(j, a) ? -1 : 0;
}

/* ---- the planner's error ---- */

/* The smallest lag of the replicas that are not fresh enough for the query; empty: there is
 * none. */
static struct md_str find_available_lag(const struct md_judge *j)
{
	int least = MD_LAGS;
	for (uint32_t i = 0; i < j->n_needs; i++)
		for (uint32_t k = 0; k < j->needs[i].table->n_syncs; k++) {
			const struct md_sync *s = j->needs[i].table->syncs[k];
			if (md_lag_ms[s->lag] > j->max_lag_ms && (int)s->lag < least)
				least = (int)s->lag;
		}
	return least < MD_LAGS ? md_str_z(md_lag_name[least]) : MD_NOSTR;
}

static int set_error_freshness(struct md_judge *j)
{
	struct md_error *e = j->cx->err;
	struct md_buf b = { .arena = j->cx->arena };
	md_write_accepted_lag(&b, j);
	e->reach.required_freshness = md_buf_text(&b);
	e->reach.available_lag = find_available_lag(j);
	return b.failed ? -1 : 0;
}

/* Sets the tables and their databases, each once. */
static int set_error_tables(struct md_judge *j)
{
	struct md_str *tables = md_new_n(j->cx->arena, struct md_str, j->n_needs);
	struct md_str *databases = md_new_n(j->cx->arena, struct md_str, j->n_needs);
	struct md_error *e = j->cx->err;
	if (!tables || !databases)
		return -1;

	for (uint32_t i = 0; i < j->n_needs; i++) {
		const struct md_table *t = j->needs[i].table;
		uint32_t k = 0;
		while (k < i && j->needs[k].table->database != t->database)
			k++;
		tables[e->reach.n_tables++] = t->api_name;
		if (k == i)
			databases[e->reach.n_databases++] = t->database->id;
	}
	e->reach.tables = tables;
	e->reach.databases = databases;
	return 0;
}

int md_fail_planning(struct md_judge *j, enum md_code code, const struct md_planned *p)
{
	struct md_ctx *cx = j->cx;
	struct md_buf places = { .arena = cx->arena }, reason = places;
	md_write_table_places(&places, j);
	md_write_planning_failure(&reason, j, code, p);
	if (places.failed || reason.failed || set_error_tables(j))
		return md_out_of_memory(cx);
	if (code == MD_FRESHNESS_UNMET && set_error_freshness(j))
		return md_out_of_memory(cx);

	cx->err->from_table = j->needs[0].table->api_name;
	return md_fail(cx, code, "no strategy reaches %.*s: %.*s", (int)places.n, places.p, (int)reason.n, reason.p);
}
