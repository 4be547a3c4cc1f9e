/* The planning lines of the debug log: what was needed, what was found, what was refused and
 * why. */
#include "planner/private.h"

#include "trace/trace.h"

static const char *const strategy_title[MD_STRATEGIES] = { "CACHE", "DIRECT", "MATERIALIZED", "TRINO CROSS-DB" };

/* "orders(pg-main)" in the arena. False: out of memory. */
static bool make_table_label(struct md_arena *a, const struct md_table *t, struct md_str *out)
{
	struct md_str db = t->database->id;
	char *p = md_alloc(a, t->api_name.n + db.n + 2);
	if (!p)
		return false;
	memcpy(p, t->api_name.p, t->api_name.n);
	p[t->api_name.n] = '(';
	memcpy(p + t->api_name.n + 1, db.p, db.n);
	p[t->api_name.n + 1 + db.n] = ')';
	*out = (struct md_str){ p, t->api_name.n + db.n + 2 };
	return true;
}

void md_log_needs(struct md_judge *j)
{
	struct md_str *v = j->cx->trace ? md_alloc(j->cx->arena, j->n_needs * sizeof *v) : NULL;
	if (!v)
		return;
	for (uint32_t i = 0; i < j->n_needs; i++)
		if (!make_table_label(j->cx->arena, j->needs[i].table, &v[i]))
			return;
	md_ev1(j->cx, MD_EV_TABLES_NEEDED, MD_L(v, j->n_needs));
}

static void log_reading(struct md_judge *j, const struct md_plan *p, const struct md_sync *s)
{
	enum md_replica_reading reading = md_layout_reading(&s->layout, p->dialect);
	if (!s->layout.is_declared && s->database->engine == MD_CLICKHOUSE)
		md_ev1(j->cx, MD_EV_LAYOUT_NOT_DECLARED, MD_S(s->table->api_name));
	else if (reading == MD_READ_FINAL || reading == MD_READ_LATEST)
		md_ev2(j->cx, MD_EV_READING, MD_S(s->table->api_name),
		       MD_Z(reading == MD_READ_FINAL ? "FINAL" : "the latest version of each key"));
}

static void log_replicas(struct md_judge *j, const struct md_plan *p)
{
	bool has_replica = false;
	for (uint32_t i = 0; i < md_guarded_count(j->guarded); i++) {
		const struct md_sync *s = p->sources[i].sync;
		if (!s)
			continue;
		has_replica = true;
		md_ev4(j->cx, MD_EV_REPLICA_FOUND, MD_S(s->table->api_name), MD_S(s->database->id), MD_S(s->method),
		       MD_Z(md_lag_name[s->lag]));
		log_reading(j, p, s);
	}
	if (!has_replica || !j->bound->has_freshness)
		return;

	bool is_word = j->bound->freshness.n > 0;
	md_ev1(j->cx, MD_EV_FRESHNESS_OK, is_word ? MD_S(j->bound->freshness) : MD_I(j->values->max_lag_ms));
}

static void log_sources(struct md_judge *j, const struct md_plan *p)
{
	for (uint32_t i = 0; i < md_guarded_count(j->guarded); i++) {
		const struct md_ref *r = md_guarded_ref(md_guarded_at(j->guarded, i));
		const struct md_sync *s = p->sources[i].sync;
		md_ev3(j->cx, MD_EV_SOURCE, MD_S(r->table->api_name), MD_S(md_name_in(r->table, s)->whole),
		       MD_Z(s ? "materialized" : "original"));
	}
}

/* What the debug log says of an exists condition, and why; nothing where the engine chooses. */
static const char *const related_texts[MD_RELATED_FORMS][2] = {
	[MD_RELATED_PROBED_BY_FEW] = { "looked up for each row", "few rows ask, and its key is indexed" },
	[MD_RELATED_PROBED] = { "looked up for each row", "a list would compare its key differently" },
	[MD_RELATED_PROBED_UNINDEXED] = { "looked up for each row without an index",
	                                  "a list would compare its key differently" },
	[MD_RELATED_LISTED_FOR_MANY] = { "its keys are listed once", "many rows may ask" },
	[MD_RELATED_LISTED_UNINDEXED] = { "its keys are listed once", "its key is not indexed" },
};

static void log_related(struct md_judge *j, const struct md_plan *p)
{
	for (uint32_t i = md_bound_row_refs(j->bound); i < j->bound->n_refs; i++) {
		const char *const *texts = related_texts[p->sources[i].related];
		if (texts[0])
			md_ev3(j->cx, MD_EV_RELATED, MD_S(j->bound->refs[i].as), MD_Z(texts[0]), MD_Z(texts[1]));
	}
}

static void log_chosen(struct md_judge *j, const struct md_alternative *a)
{
	const struct md_plan *p = a->plan;
	if (a->strategy == MD_DIRECT) {
		md_ev1(j->cx, MD_EV_ALL_IN_ONE, MD_S(p->target->id));
		log_related(j, p);
		return;
	}
	if (a->strategy == MD_CACHE) {
		md_ev2(j->cx, MD_EV_STRATEGY, MD_Z(strategy_title[MD_CACHE]), MD_S(p->cached->cache->id));
		md_ev3(j->cx, MD_EV_SOURCE, MD_S(p->cached->table->api_name), MD_S(p->cached->key_pattern),
		       MD_Z("cache"));
		return;
	}
	log_replicas(j, p);

	struct md_str target = p->target ? p->target->id : MD_STR("trino");
	md_ev2(j->cx, MD_EV_STRATEGY, MD_Z(strategy_title[a->strategy]), MD_S(target));
	log_sources(j, p);
	log_related(j, p);
}

static void log_refused(struct md_judge *j, const struct md_alternative *a)
{
	if (a->strategy == MD_CACHE && !j->bound->has_ids)
		return; /* a query without byIds does not expect the cache */
	if (a->code == MD_DIFFERENT_DATABASES) {
		md_ev0(j->cx, MD_EV_NOT_ONE);
		return;
	}
	md_ev3(j->cx, MD_EV_REFUSED, MD_Z(strategy_title[a->strategy]), MD_Z(md_refusal_name[a->code]),
	       MD_S(a->detail));
	for (uint32_t i = 0; i < a->n_candidates; i++)
		md_ev3(j->cx, MD_EV_CANDIDATE, MD_S(a->candidates[i].database->id),
		       MD_Z(md_refusal_name[a->candidates[i].code]), MD_S(a->candidates[i].detail));
}

/* Ends at the chosen strategy: those behind it were judged for the explanation alone. */
void md_log_planned(struct md_judge *j, const struct md_planned *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->alternatives[i].verdict == MD_REFUSED)
			log_refused(j, &p->alternatives[i]);
		if (p->alternatives[i].verdict != MD_CHOSEN)
			continue;
		log_chosen(j, &p->alternatives[i]);
		return;
	}
}
