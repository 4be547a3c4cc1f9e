/* Several questions at the same time in an event loop: poll() waits, multidb_loop_next returns each
 * outcome, and no call to multidb blocks. Prints how many bytes each table's rows take.
 *
 *     cc loop.c -o loop $(pkg-config --cflags --libs multidb)
 *     ./loop multidb.json orders users events */
#include <multidb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { TABLES = 16, THREADS = 4 };

/* The program's data for one question; the query handle has a pointer to it. */
struct question {
	const char *table;
	size_t bytes;
};

/* 0, or -1: the question was refused. */
static int ask(multidb_loop *loop, multidb_query *q, struct question *question)
{
	char text[128];
	snprintf(text, sizeof text, "{\"from\": \"%.60s\"}", question->table);
	multidb_query_set_user(q, question);
	if (multidb_query_prepare(q, MULTIDB_RUN, text, strlen(text), "{\"role\": \"admin\"}", 17) ||
	    multidb_loop_start(loop, q, MULTIDB_NDJSON)) {
		printf("%s: %s\n", question->table, multidb_error_message(multidb_query_error(q)));
		return -1;
	}
	return 0;
}

/* 1: the question has ended; 0: more chunks follow. A chunk is valid until the next
 * multidb_query_next; the next chunk is made meanwhile. */
static int handle_outcome(multidb_query *q, multidb_outcome outcome)
{
	struct question *question = multidb_query_user(q);
	const char *bytes;
	size_t n;
	if (outcome == MULTIDB_READY && multidb_query_next(q, &bytes, &n) > 0) {
		question->bytes += n;
		return 0;
	}
	if (outcome == MULTIDB_FAILED)
		printf("%s: %s\n", question->table, multidb_error_message(multidb_query_error(q)));
	multidb_query_free(q);
	return 1;
}

/* The event loop of the program: its other descriptors would be in the same poll(). */
static void wait_for_answers(multidb_loop *loop, int running)
{
	struct pollfd fd = { .fd = multidb_loop_fd(loop), .events = POLLIN };
	multidb_outcome outcome;
	multidb_query *q;
	while (running > 0 && poll(&fd, 1, -1) > 0)
		while (multidb_loop_next(loop, &q, &outcome) > 0)
			running -= handle_outcome(q, outcome);
}

int main(int argc, char **argv)
{
	static struct question questions[TABLES];
	multidb_engine *engine;
	multidb_loop *loop;
	int n = argc - 2 < TABLES ? argc - 2 : TABLES, running = 0;
	if (n < 1 || multidb_engine_open_file(argv[1], NULL, &engine, NULL))
		return 1;
	if (multidb_loop_new(engine, THREADS, &loop, NULL)) {
		multidb_engine_close(engine);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		multidb_query *q = multidb_query_new(engine);
		questions[i].table = argv[i + 2];
		if (ask(loop, q, &questions[i]) == 0)
			running++;
		else
			multidb_query_free(q);
	}
	wait_for_answers(loop, running);
	for (int i = 0; i < n; i++)
		printf("%s: %zu bytes\n", questions[i].table, questions[i].bytes);
	multidb_loop_free(loop);
	multidb_engine_close(engine);
	return 0;
}
