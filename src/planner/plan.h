/* Which database answers, and why no other. A strategy returns a plan or a refusal with code,
 * detail and hint; all refusals are kept, because they explain the plan to the user. Pure and
 * deterministic: no I/O, no clock. */
#ifndef MD_PLANNER_PLAN_H
#define MD_PLANNER_PLAN_H

#include "access/guarded.h"
#include "metadata/engines.h"

enum md_strategy { MD_CACHE, MD_DIRECT, MD_MATERIALIZED, MD_CROSS, MD_STRATEGIES };
extern const char *const md_strategy_name[MD_STRATEGIES]; /* cache direct materialized trino-cross-db */

/* If several codes apply to the cache or to direct, the first in this order is `code`. */
enum md_refusal {
	MD_REFUSED_NOT,
	MD_NOT_BY_IDS,
	MD_MODE_NOT_EXECUTE,
	MD_NOT_SINGLE_TABLE,
	MD_HAS_FILTERS,
	MD_HAS_AGGREGATION,
	MD_HAS_ORDER_OR_LIMIT,
	MD_NO_CACHE,
	MD_COLUMN_NOT_CACHED,
	MD_KEY_NOT_FIXED,
	MD_FILTER_NOT_EXACT,
	MD_R_FRESHNESS_UNMET,
	MD_NO_FALLBACK,
	MD_DIFFERENT_DATABASES,
	MD_NO_REPLICA,
	MD_LAYOUT_UNKNOWN,
	MD_LAYOUT_UNSUPPORTED,
	MD_KEY_MOVES,
	MD_COLUMN_NOT_REPLICATED,
	MD_R_UNSUPPORTED,
	MD_COMPARISON_DIFFERS,
	MD_R_TRINO_DISABLED,
	MD_R_NO_CATALOG,
	MD_AVOIDED,
	MD_REFUSALS
};
extern const char *const md_refusal_name[MD_REFUSALS]; /* "NOT_BY_IDS", … */

/* How an exists condition finds its related rows, and why. */
enum md_related_form {
	MD_RELATED_BY_DIALECT,       /* the dialect writes one form alone */
	MD_RELATED_JOINED,           /* a correlated EXISTS, which the engine joins or hashes itself */
	MD_RELATED_PROBED_BY_FEW,    /* correlated: few rows ask, and an index serves the key */
	MD_RELATED_PROBED,           /* correlated: a list would compare the keys differently */
	MD_RELATED_PROBED_UNINDEXED, /* the same, where the metadata names no index of the key */
	MD_RELATED_LISTED_FOR_MANY,  /* the keys of all related rows are listed once: many rows may ask */
	MD_RELATED_LISTED_UNINDEXED, /* the same for few rows: the metadata names no index of the key */
	MD_RELATED_FORMS
};

static inline bool md_lists_keys(enum md_related_form f)
{
	return f == MD_RELATED_LISTED_FOR_MANY || f == MD_RELATED_LISTED_UNINDEXED;
}

/* Where one table reference is read. */
struct md_source {
	const struct md_database *database;
	const struct md_sync *sync;  /* NULL: the original */
	enum md_related_form related; /* of an exists node */
};

struct md_plan {
	enum md_strategy strategy;
	enum md_dialect_id dialect;
	const struct md_database *target; /* NULL: across databases (targetDatabase "trino") */
	bool through_trino;               /* executed by Trino: names carry catalogs */
	bool embedded;                    /* across databases, by ATTACH in the process: names carry database ids */
	const struct md_guarded *guarded;
	const struct md_source *sources; /* one per guarded table */

	/* Strategy cache: which cache is asked first, and the strategy that fetches misses, which
	 * target, sources and the others belong to. */
	const struct md_cached_table *cached;
	enum md_strategy fallback;
};

enum md_verdict { MD_REFUSED, MD_CHOSEN, MD_POSSIBLE };

struct md_candidate {
	const struct md_database *database;
	enum md_verdict verdict;
	enum md_refusal code;
	struct md_str detail;
};

struct md_alternative {
	enum md_strategy strategy;
	enum md_verdict verdict;
	/* Refused: the code that decides. Cache and direct: the first that applies. Materialized:
	 * that of the candidate with the fewest tables missing. Trino: the first in the order
	 * disabled, catalog, freshness, columns, types, avoided. */
	enum md_refusal code;
	uint32_t codes;               /* bit per enum md_refusal: all that apply */
	struct md_str detail, hint;   /* why it was refused, what to change; may be empty */
	const struct md_str *tables;  /* apiNames concerned */
	uint32_t n_tables;
	const struct md_candidate *candidates; /* materialized: per database */
	uint32_t n_candidates;
	const struct md_plan *plan;   /* chosen, possible */
};

struct md_planned {
	const struct md_plan *plan; /* the chosen one */
	struct md_alternative *alternatives; /* in the order judged */
	uint32_t n;
};

/* judge_all: judges every strategy, to explain them; otherwise up to the chosen one. 0, or -1: a
 * planner code is in cx->err with fromTable and details, and out->alternatives has every refusal;
 * or out of memory. */
int md_plan(struct md_ctx *cx, const struct md_guarded *g, const struct md_values *values, bool judge_all,
            struct md_planned *out);

/* The result of an earlier md_plan, without judging again, for a guarded query that is alike
 * (md_guarded_is_alike) and accepts the same lag: nothing else decides a plan. The alternatives,
 * and their plans, are those of the earlier result. -1: out of memory. */
int md_plan_again(struct md_ctx *cx, const struct md_planned *earlier, const struct md_guarded *g,
                  struct md_planned *out);

#endif
