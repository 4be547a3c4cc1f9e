#include "one_query.h"

struct md_arena arena;
multidb_engine *engine;
multidb_query *query;

int open_sample_engine(void **state)
{
	(void)state;
	return !sample_make() || !(engine = sample_open());
}

int close_sample_engine(void **state)
{
	(void)state;
	multidb_engine_close(engine);
	sample_remove();
	return 0;
}

int make_query(void **state)
{
	(void)state;
	return !(query = multidb_query_new(engine));
}

int free_query(void **state)
{
	(void)state;
	multidb_query_free(query);
	md_arena_free(&arena);
	return 0;
}
