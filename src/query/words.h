/* The words of a definition that mean the same from the parser to the results: modes, kinds of
 * filter, date buckets, aggregate functions, preferences. */
#ifndef MD_QUERY_WORDS_H
#define MD_QUERY_WORDS_H

#include "query/operators.h"

enum md_mode { MD_EXECUTE, MD_SQL_ONLY, MD_COUNT };

enum md_filter_kind { MD_FILTER_VALUE, MD_FILTER_COLUMNS, MD_FILTER_GROUP, MD_FILTER_EXISTS };

enum md_bucket { MD_BUCKET_NONE, MD_YEAR, MD_QUARTER, MD_MONTH, MD_WEEK, MD_DAY, MD_HOUR, MD_MINUTE };

enum md_fn { MD_FN_NONE, MD_FN_COUNT, MD_FN_COUNT_DISTINCT, MD_FN_SUM, MD_FN_AVG, MD_FN_MIN, MD_FN_MAX };

enum { MD_WANT_CACHE = 1, MD_WANT_REPLICA = 2, MD_WANT_TRINO = 4 }; /* prefer, avoid */

#endif
