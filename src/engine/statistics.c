/* See statistics.h. The handle that is read is a copy: it does not change while the engine goes on
 * counting. */
#include "engine/lifetime.h"

#include "base/vec.h"
#include "engine/statistics.h"

#include <stdlib.h>

/* ---- counting ---- */

struct time_bound {
	int64_t us;
	const char *le; /* in seconds, as Prometheus writes it */
};

static const struct time_bound plan_bounds[] = {
	{ 5, "5e-06" }, { 10, "1e-05" }, { 25, "2.5e-05" }, { 50, "5e-05" }, { 100, "0.0001" }, { 250, "0.00025" },
	{ 500, "0.0005" }, { 1000, "0.001" }, { 5000, "0.005" }, { 25000, "0.025" }, { INT64_MAX, "+Inf" },
};

static const struct time_bound query_bounds[] = {
	{ 500, "0.0005" }, { 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" }, { 10000, "0.01" },
	{ 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" }, { 500000, "0.5" },
	{ 1000000, "1" }, { 2500000, "2.5" }, { 5000000, "5" }, { 10000000, "10" }, { INT64_MAX, "+Inf" },
};

static void add_count(_Atomic uint64_t *to, uint64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static uint64_t read_count(const _Atomic uint64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

static void count_time(struct md_times *to, const struct time_bound *bounds, int64_t us)
{
	uint32_t i = 0;
	int64_t time = us > 0 ? us : 0; /* the wall clock may be set back */
	while (time > bounds[i].us)
		i++;
	add_count(&to->counts[i], 1);
	add_count(&to->total_us, (uint64_t)time);
}

unsigned md_statistics_set(struct md_statistics *s)
{
	return atomic_fetch_add_explicit(&s->next_set, 1, memory_order_relaxed) % MD_PLAN_TIME_SETS;
}

void md_count_plan(struct md_statistics *s, unsigned set, int64_t us)
{
	count_time(&s->plans[set], plan_bounds, us);
}

void md_count_reload(struct md_statistics *s, enum md_reload_outcome outcome)
{
	add_count(&s->reloads[outcome], 1);
}

static struct md_named_counts *find_named(struct md_named_counts *first, bool is_cache, struct md_str id)
{
	for (struct md_named_counts *c = first; c; c = c->next)
		if (c->is_cache == is_cache && md_str_eq((struct md_str){ c->id, c->n }, id))
			return c;
	return NULL;
}

static struct md_named_counts *new_named(bool is_cache, struct md_str id)
{
	struct md_named_counts *c = calloc(1, sizeof *c + id.n + 1);
	if (!c)
		return NULL;
	c->is_cache = is_cache;
	c->n = id.n;
	memcpy(c->id, id.p, id.n);
	return c;
}

/* The counters of this id, made at first use. NULL: out of memory; nothing is counted then. */
static struct md_named_counts *take_named(struct md_statistics *s, bool is_cache, struct md_str id)
{
	struct md_named_counts *first = atomic_load(&s->named), *c = find_named(first, is_cache, id);
	struct md_named_counts *made = c ? NULL : new_named(is_cache, id);
	while (made) {
		made->next = first;
		if (atomic_compare_exchange_strong(&s->named, &first, made))
			return made;
		c = find_named(first, is_cache, id); /* another thread may have added it */
		if (c) {
			free(made);
			made = NULL;
		}
	}
	return c;
}

void md_statistics_free(struct md_statistics *s)
{
	for (struct md_named_counts *c = atomic_load(&s->named), *next; c; c = next) {
		next = c->next;
		free(c);
	}
}

static void count_cache(struct md_statistics *s, const struct md_plan *p, const struct md_answer *a)
{
	struct md_named_counts *c = take_named(s, true, p->cached->cache->id);
	if (!c)
		return;
	if (a->cache_hits)
		add_count(&c->counts[MD_COUNT_HITS], a->cache_hits);
	if (a->cache_misses)
		add_count(&c->counts[a->cache_failed ? MD_COUNT_ERRORS : MD_COUNT_MISSES], a->cache_misses);
}

static void count_pool_timeout(struct md_statistics *s, struct md_str database)
{
	struct md_named_counts *c = take_named(s, false, database);
	if (c)
		add_count(&c->counts[MD_COUNT_ERRORS], 1);
}

static enum md_query_outcome outcome_of(enum md_code code)
{
	switch (code) {
	case MD_OK: return MD_ENDED_OK;
	case MD_QUERY_TIMEOUT: return MD_ENDED_TIMEOUT;
	case MD_CANCELLED: return MD_ENDED_CANCELLED;
	default: return MD_ENDED_ERROR;
	}
}

void md_count_query(struct md_statistics *s, const struct md_ended_query *q)
{
	count_time(&s->queries[q->strategy][q->plan->dialect][outcome_of(q->code)], query_bounds, q->us);
	if (q->answer && q->answer->rows)
		add_count(&s->rows, (uint64_t)q->answer->rows);
	if (q->answer && q->plan->strategy == MD_CACHE)
		count_cache(s, q->plan, q->answer);
	if (q->code == MD_POOL_EXHAUSTED)
		count_pool_timeout(s, q->database);
}

/* ---- reading ---- */

enum { MOST_LABELS = 4 };

struct metric {
	const char *name, *help;
	enum multidb_metric_kind kind;
};

static const struct metric query_duration = { "multidb_query_duration_seconds",
	                                      "Time from the start of a query to its end.", MULTIDB_HISTOGRAM };
static const struct metric plan_duration = { "multidb_plan_duration_seconds",
	                                     "Time to check, plan and write a query.", MULTIDB_HISTOGRAM };
static const struct metric pool_size = { "multidb_pool_size", "Open connections.", MULTIDB_GAUGE };
static const struct metric pool_in_use = { "multidb_pool_in_use", "Connections that queries use.", MULTIDB_GAUGE };
static const struct metric pool_waiting = { "multidb_pool_waiting", "Queries that wait for a connection.",
	                                    MULTIDB_GAUGE };
static const struct metric pool_timeouts = { "multidb_pool_timeouts_total",
	                                     "Queries that waited too long for a connection.", MULTIDB_COUNTER };
static const struct metric cache_requests = { "multidb_cache_requests_total",
	                                      "Rows that were looked up in a cache.", MULTIDB_COUNTER };
static const struct metric rows_total = { "multidb_rows_total", "Rows that queries returned.", MULTIDB_COUNTER };
static const struct metric reloads_total = { "multidb_reloads_total", "Attempts to replace the configuration.",
	                                     MULTIDB_COUNTER };
static const struct metric build_info = { "multidb_build_info", "The version of the library; the value is 1.",
	                                  MULTIDB_GAUGE };

struct metric_label {
	const char *name, *value;
};

struct metric_sample {
	const struct metric *metric;
	const char *name; /* of the metric; in a histogram with _bucket, _sum or _count at the end */
	struct metric_label labels[MOST_LABELS];
	size_t n_labels;
	double value;
};

struct multidb_statistics {
	struct md_arena arena;
	MD_VEC(struct metric_sample) samples;
};

/* Labels end with a NULL name. Out of memory: the sample is left out, and arena.oom is checked at
 * the end. */
static void add_sample(multidb_statistics *out, const struct metric *m, const char *name,
                       const struct metric_label *labels, double value)
{
	struct metric_sample *s = md_push(&out->arena, &out->samples);
	if (!s)
		return;
	*s = (struct metric_sample){ .metric = m, .name = name, .value = value };
	for (; labels && labels->name; labels++)
		s->labels[s->n_labels++] = *labels;
}

static const char *name_with_end(multidb_statistics *out, const struct metric *m, const char *end)
{
	return md_str_fmt(&out->arena, "%s%s", m->name, end).p;
}

/* Prometheus' form: each bucket counts all values up to its bound; then the sum and the count.
 * `labels` has room for one more label. */
static void add_histogram(multidb_statistics *out, const struct metric *m, struct metric_label *labels,
                          const struct time_bound *bounds, const uint64_t *counts, uint64_t total_us)
{
	const char *bucket = name_with_end(out, m, "_bucket");
	size_t n = 0;
	uint64_t sum = 0;
	while (labels[n].name)
		n++;
	for (uint32_t i = 0; i == 0 || bounds[i - 1].us != INT64_MAX; i++) {
		sum += counts[i];
		labels[n] = (struct metric_label){ "le", bounds[i].le };
		add_sample(out, m, bucket, labels, (double)sum);
	}
	labels[n] = (struct metric_label){ NULL, NULL };
	add_sample(out, m, name_with_end(out, m, "_sum"), labels, (double)total_us / 1e6);
	add_sample(out, m, name_with_end(out, m, "_count"), labels, (double)sum);
}

static uint64_t gather_times(const struct md_times *t, uint64_t counts[MD_TIME_BUCKETS])
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < MD_TIME_BUCKETS; i++) {
		uint64_t more = read_count(&t->counts[i]);
		counts[i] += more;
		n += more;
	}
	return n;
}

static void add_query_times(multidb_statistics *out, const struct md_statistics *s)
{
	static const char *const outcomes[] = { "ok", "error", "timeout", "cancelled" };
	for (int strategy = 0; strategy < MD_STRATEGIES; strategy++)
		for (int dialect = 0; dialect < MD_DIALECTS; dialect++)
			for (int outcome = 0; outcome < MD_QUERY_OUTCOMES; outcome++) {
				const struct md_times *t = &s->queries[strategy][dialect][outcome];
				uint64_t counts[MD_TIME_BUCKETS] = { 0 };
				struct metric_label labels[MOST_LABELS + 1] = {
					{ "strategy", md_strategy_name[strategy] },
					{ "dialect", md_dialect_name[dialect] },
					{ "outcome", outcomes[outcome] },
				};
				if (gather_times(t, counts))
					add_histogram(out, &query_duration, labels, query_bounds, counts,
					              read_count(&t->total_us));
			}
}

static void add_plan_times(multidb_statistics *out, const struct md_statistics *s)
{
	uint64_t counts[MD_TIME_BUCKETS] = { 0 }, total_us = 0;
	struct metric_label labels[2] = { { NULL, NULL } };
	for (int i = 0; i < MD_PLAN_TIME_SETS; i++) {
		gather_times(&s->plans[i], counts);
		total_us += read_count(&s->plans[i].total_us);
	}
	add_histogram(out, &plan_duration, labels, plan_bounds, counts, total_us);
}

struct pool_numbers {
	multidb_statistics *out;
	const struct metric *metric;
};

static void add_pool(void *arg, struct md_str id, const struct md_pool_counts *c)
{
	const struct pool_numbers *p = arg;
	struct metric_label labels[2] = { { "database", md_str_dup(&p->out->arena, id).p } };
	uint32_t n = p->metric == &pool_waiting ? c->waiting : c->borrowed;
	add_sample(p->out, p->metric, p->metric->name, labels, p->metric == &pool_size ? c->open : n);
}

static void add_pools(multidb_statistics *out, struct md_runtime *rt)
{
	const struct metric *const metrics[] = { &pool_size, &pool_in_use, &pool_waiting };
	for (int i = 0; rt && i < 3; i++)
		md_runtime_each_pool(rt, add_pool, &(struct pool_numbers){ out, metrics[i] });
}

static void add_pool_timeouts(multidb_statistics *out, const struct md_named_counts *c)
{
	for (; c; c = c->next) {
		const char *id = md_str_dup(&out->arena, (struct md_str){ c->id, c->n }).p;
		struct metric_label labels[2] = { { "database", id } };
		if (!c->is_cache)
			add_sample(out, &pool_timeouts, pool_timeouts.name, labels,
			           (double)read_count(&c->counts[MD_COUNT_ERRORS]));
	}
}

static void add_caches(multidb_statistics *out, const struct md_named_counts *c)
{
	static const char *const results[MD_NAMED_COUNTS] = { "hit", "miss", "error" };
	for (; c; c = c->next) {
		const char *id = md_str_dup(&out->arena, (struct md_str){ c->id, c->n }).p;
		for (int i = 0; c->is_cache && i < MD_NAMED_COUNTS; i++) {
			struct metric_label labels[3] = { { "cache", id }, { "result", results[i] } };
			add_sample(out, &cache_requests, cache_requests.name, labels,
			           (double)read_count(&c->counts[i]));
		}
	}
}

static void add_reloads(multidb_statistics *out, const struct md_statistics *s)
{
	static const char *const results[MD_RELOAD_OUTCOMES] = { "ok", "refused", "failed" };
	for (int i = 0; i < MD_RELOAD_OUTCOMES; i++) {
		struct metric_label labels[2] = { { "result", results[i] } };
		add_sample(out, &reloads_total, reloads_total.name, labels, (double)read_count(&s->reloads[i]));
	}
}

multidb_statistics *multidb_engine_statistics(multidb_engine *e)
{
	multidb_statistics *out = e ? calloc(1, sizeof *out) : NULL;
	if (!out)
		return NULL;
	md_engine_take(e);
	const struct md_statistics *s = &e->statistics;
	struct md_runtime *rt = md_engine_runtime(e);
	const struct metric_label version[2] = { { "version", MULTIDB_VERSION } };
	md_log_deliver(e->log);
	add_query_times(out, s);
	add_plan_times(out, s);
	add_pools(out, rt);
	md_runtime_unref(rt);
	add_pool_timeouts(out, atomic_load(&s->named));
	add_caches(out, atomic_load(&s->named));
	add_sample(out, &rows_total, rows_total.name, NULL, (double)read_count(&s->rows));
	add_reloads(out, s);
	add_sample(out, &build_info, build_info.name, version, 1);
	md_engine_drop(e);
	if (!out->arena.oom)
		return out;
	multidb_statistics_free(out);
	return NULL;
}

static const struct metric_sample *sample_at(const multidb_statistics *s, size_t i)
{
	return s && i < s->samples.n ? &s->samples.v[i] : NULL;
}

static const struct metric_label *label_at(const multidb_statistics *s, size_t i, size_t k)
{
	const struct metric_sample *at = sample_at(s, i);
	return at && k < at->n_labels ? &at->labels[k] : NULL;
}

size_t multidb_statistics_count(const multidb_statistics *s)
{
	return s ? s->samples.n : 0;
}

const char *multidb_statistics_metric(const multidb_statistics *s, size_t i)
{
	const struct metric_sample *at = sample_at(s, i);
	return at ? at->metric->name : NULL;
}

const char *multidb_statistics_help(const multidb_statistics *s, size_t i)
{
	const struct metric_sample *at = sample_at(s, i);
	return at ? at->metric->help : NULL;
}

multidb_metric_kind multidb_statistics_kind(const multidb_statistics *s, size_t i)
{
	const struct metric_sample *at = sample_at(s, i);
	return at ? at->metric->kind : MULTIDB_COUNTER;
}

const char *multidb_statistics_name(const multidb_statistics *s, size_t i)
{
	const struct metric_sample *at = sample_at(s, i);
	return at ? at->name : NULL;
}

size_t multidb_statistics_label_count(const multidb_statistics *s, size_t i)
{
	const struct metric_sample *at = sample_at(s, i);
	return at ? at->n_labels : 0;
}

const char *multidb_statistics_label_name(const multidb_statistics *s, size_t i, size_t k)
{
	const struct metric_label *at = label_at(s, i, k);
	return at ? at->name : NULL;
}

const char *multidb_statistics_label_value(const multidb_statistics *s, size_t i, size_t k)
{
	const struct metric_label *at = label_at(s, i, k);
	return at ? at->value : NULL;
}

double multidb_statistics_value(const multidb_statistics *s, size_t i)
{
	const struct metric_sample *at = sample_at(s, i);
	return at ? at->value : 0;
}

void multidb_statistics_free(multidb_statistics *s)
{
	if (!s)
		return;
	md_arena_free(&s->arena);
	free(s);
}
