/* What tests of a query handle begin with: the sample and an engine for all tests of the program,
 * and a new handle for each test. */
#ifndef TESTS_ONE_QUERY_H
#define TESTS_ONE_QUERY_H

#include "sample.h"

extern struct md_arena arena; /* empty at the begin of each test */
extern multidb_engine *engine;
extern multidb_query *query;

/* For cmocka_run_group_tests. */
int open_sample_engine(void **state);
int close_sample_engine(void **state);

/* For each test. */
int make_query(void **state);
int free_query(void **state);

#endif
