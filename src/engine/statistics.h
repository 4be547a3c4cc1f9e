/* What an engine counts: the metrics of the library that multidb_engine_statistics reads. Counters
 * belong to the engine and only grow, whatever is reloaded. Counting allocates nothing in steady
 * state and takes no lock. Planning must stay fast: it adds to two numbers in one of several sets,
 * so that threads seldom share a cache line. */
#ifndef MD_ENGINE_STATISTICS_H
#define MD_ENGINE_STATISTICS_H

#include "executor/execute.h"
#include "metadata/engines.h"

#include <multidb.h>
#include <stdatomic.h>

enum { MD_TIME_BUCKETS = 16, MD_PLAN_TIME_SETS = 8 };

/* A histogram of microseconds. The last bucket in use has no bound. */
struct md_times {
	_Atomic uint64_t counts[MD_TIME_BUCKETS];
	_Atomic uint64_t total_us;
	char padding[56]; /* fills a whole number of cache lines */
};

enum md_query_outcome { MD_ENDED_OK, MD_ENDED_ERROR, MD_ENDED_TIMEOUT, MD_ENDED_CANCELLED, MD_QUERY_OUTCOMES };
enum md_reload_outcome { MD_RELOAD_OK, MD_RELOAD_REFUSED, MD_RELOAD_FAILED, MD_RELOAD_OUTCOMES };

enum { MD_COUNT_HITS, MD_COUNT_MISSES, MD_COUNT_ERRORS, MD_NAMED_COUNTS };

/* Counters of a cache (hits, misses, errors) or of a pool (errors: time-outs), by its id. Never
 * freed before the engine. */
struct md_named_counts {
	struct md_named_counts *next;
	bool is_cache;
	_Atomic uint64_t counts[MD_NAMED_COUNTS];
	size_t n;
	char id[];
};

struct md_statistics {
	struct md_times plans[MD_PLAN_TIME_SETS];
	struct md_times queries[MD_STRATEGIES][MD_DIALECTS][MD_QUERY_OUTCOMES];
	_Atomic uint64_t rows;
	_Atomic uint64_t reloads[MD_RELOAD_OUTCOMES];
	_Atomic(struct md_named_counts *) named;
	atomic_uint next_set;
};

/* The set of plan times that a new handle adds to. */
unsigned md_statistics_set(struct md_statistics *s);
void md_statistics_free(struct md_statistics *s);

void md_count_plan(struct md_statistics *s, unsigned set, int64_t us);
void md_count_reload(struct md_statistics *s, enum md_reload_outcome outcome);

/* A query that was executed and has ended. */
struct md_ended_query {
	const struct md_plan *plan;
	enum md_strategy strategy;      /* the strategy that answered it */
	const struct md_answer *answer; /* NULL: there was no answer */
	enum md_code code;              /* MD_OK: it succeeded */
	struct md_str database;         /* the id of the database whose pool it used */
	int64_t us;
};
void md_count_query(struct md_statistics *s, const struct md_ended_query *q);

#endif
