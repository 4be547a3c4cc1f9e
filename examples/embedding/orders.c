/* Orders with a least total, in C: a definition with a parameter, rows as cells, and all problems
 * of an error.
 *
 *     cc orders.c -o orders $(pkg-config --cflags --libs multidb)
 *     ./orders multidb.json 100 */
#include <multidb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char definition[] =
	"{\"from\": \"orders\", \"columns\": [\"id\", \"total\"],"
	" \"filters\": [{\"column\": \"total\", \"operator\": \">=\", \"value\": {\"$param\": \"least\"}}],"
	" \"orderBy\": [{\"column\": \"total\", \"direction\": \"desc\"}]}";
static const char context[] = "{\"role\": \"admin\"}";

/* The error, and each of its problems on a line of its own. */
static void print_error(const multidb_error *e)
{
	fprintf(stderr, "%s: %s\n", multidb_error_code_name(e), multidb_error_message(e));
	for (size_t i = 0; i < multidb_error_problem_count(e); i++)
		fprintf(stderr, "  %s: %s\n", multidb_error_problem_pointer(e, i), multidb_error_problem_message(e, i));
	if (*multidb_error_hint(e))
		fprintf(stderr, "  hint: %s\n", multidb_error_hint(e));
}

static void print_row(const multidb_query *q, const multidb_cell *cells)
{
	for (size_t i = 0; i < multidb_result_column_count(q); i++) {
		const char *text = cells[i].text ? cells[i].text : "NULL";
		int length = cells[i].text ? (int)cells[i].n : 4;
		printf("%s%s=%.*s", i ? " " : "", multidb_result_column_name(q, i), length, text);
	}
	puts("");
}

/* 0, or -1: multidb_query_error says why. */
static int print_orders(multidb_query *q, long least)
{
	const multidb_cell *cells;
	char parameters[64];
	int rc;
	snprintf(parameters, sizeof parameters, "{\"least\": %ld}", least);
	if (multidb_query_define(q, MULTIDB_RUN, definition, strlen(definition)) ||
	    multidb_query_bind(q, parameters, strlen(parameters), context, strlen(context)) ||
	    multidb_query_start(q, MULTIDB_NDJSON))
		return -1;
	while ((rc = multidb_query_next_row(q, &cells)) > 0)
		print_row(q, cells);
	return rc;
}

int main(int argc, char **argv)
{
	multidb_engine *engine;
	multidb_error *error;
	if (argc != 3)
		return 2;
	if (multidb_engine_open_file(argv[1], NULL, &engine, &error)) {
		print_error(error);
		multidb_error_free(error);
		return 1;
	}
	multidb_query *q = multidb_query_new(engine);
	int rc = print_orders(q, strtol(argv[2], NULL, 10));
	if (rc)
		print_error(multidb_query_error(q));
	multidb_query_free(q);
	multidb_engine_close(engine);
	return rc ? 1 : 0;
}
