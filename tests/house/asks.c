/* A user's program: asks the configuration in its argument for all items, a row a line. */
#include <multidb.h>
#include <stdio.h>
#include <string.h>

static int print_answer(multidb_query *q)
{
	static const char definition[] = "{\"from\": \"items\", \"columns\": [\"id\"]}";
	static const char context[] = "{\"role\": \"admin\"}";
	const char *bytes;
	size_t n;
	int got = 1;
	if (multidb_query_prepare(q, MULTIDB_RUN, definition, strlen(definition), context, strlen(context)) ||
	    multidb_query_start(q, MULTIDB_NDJSON))
		got = -1;
	while (got > 0 && (got = multidb_query_next(q, &bytes, &n)) > 0)
		fwrite(bytes, 1, n, stdout);
	if (got < 0)
		puts(multidb_error_json(multidb_query_error(q)));
	return got;
}

int main(int argc, char **argv)
{
	multidb_engine *engine;
	if (argc < 2 || multidb_engine_open_file(argv[1], NULL, &engine, NULL))
		return 1;
	multidb_query *q = multidb_query_new(engine);
	int failed = !q || print_answer(q);
	multidb_query_free(q);
	multidb_engine_close(engine);
	return failed;
}
