/* multidb run: one {definition, context} a line in, one line out, so that scripts and tests keep
 * one process. A line that cannot be answered is answered with its error object. Answers up to 1
 * MiB are whole before their first byte is written. The beginning of a longer answer may already be
 * written when the query fails: the line that was begun ends there, and the error object follows on
 * a line of its own. The next line is then answered as usual, and the exit status is CLI_FAILED. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_BACK ((size_t)1 << 20)

struct answer {
	struct md_buf b; /* heap; kept from line to line */
	bool begun;      /* part of the line is written */
	bool broken;     /* and the query failed behind it */
};

/* False: memory or standard output failed. */
static bool append_answer(struct answer *a, const char *bytes, size_t n)
{
	md_buf_add(&a->b, bytes, n);
	if (a->b.n < HELD_BACK || a->b.failed)
		return !a->b.failed;
	a->begun = true;
	bool ok = out_bytes(a->b.p, a->b.n);
	a->b.n = 0;
	return ok;
}

/* What was gathered and not written goes: the error object stands in its place. */
static void answer_error(struct cli *cli, struct answer *a)
{
	a->broken = a->begun;
	a->b.n = 0;
	a->b.failed = false;
	md_buf_str(&a->b, md_str_z(multidb_error_json(multidb_query_error(cli->query))));
}

static void answer_query(struct cli *cli, struct answer *a, const char *line, size_t line_n)
{
	const char *bytes;
	size_t n;
	int got = multidb_query_prepare_request(cli->query, MULTIDB_RUN, line, line_n);
	watch_query(cli->query);
	if (!got)
		got = multidb_query_start(cli->query, MULTIDB_RESULT) ? -1 : 1;
	while (got > 0 && (got = multidb_query_next(cli->query, &bytes, &n)) > 0)
		if (!append_answer(a, bytes, n))
			break;
	watch_query(NULL);

	if (got < 0 || a->b.failed)
		answer_error(cli, a);
	if (cli->debug && multidb_result_debug_text(cli->query))
		fputs(multidb_result_debug_text(cli->query), stderr);
}

/* The line that was begun ends where it is: what follows it is a whole line again. */
static void end_broken_line(struct cli *cli)
{
	struct md_buf reason = { .arena = &cli->arena };
	text_print(&reason, md_str_z(multidb_error_message(multidb_query_error(cli->query))));
	fprintf(stderr, "multidb: an answer is cut off, its error object is on the next line: %.*s\n",
		MD_FMT(md_buf_view(&reason)));
	out_text("\n");
}

/* One line in, one line out. False: nothing more can be written. */
static bool answer_line(struct cli *cli, struct answer *a, const char *line, size_t n)
{
	a->b.n = 0;
	a->b.failed = a->begun = a->broken = false;
	answer_query(cli, a, line, n);
	if (a->broken)
		end_broken_line(cli);
	md_arena_reset(&cli->arena);
	if (a->b.failed) {
		cli_no_memory();
		return false;
	}
	return out_bytes(a->b.p, a->b.n) && out_text("\n") && out_flush();
}

static size_t without_line_end(const char *line, size_t n)
{
	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	return n;
}

/* False: a line was not answered as promised. */
static bool answer_lines(struct cli *cli, struct answer *a)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = 0;
	bool ok = true, whole = true;
	while (ok && !watch_interrupted() && (n = getline(&line, &size, stdin)) >= 0) {
		ok = answer_line(cli, a, line, without_line_end(line, (size_t)n));
		whole &= !a->broken;
	}
	if (n < 0 && !feof(stdin)) {
		fprintf(stderr, "multidb: can't read standard input: %s\n", strerror(errno));
		ok = false;
	}
	free(line);
	return ok && whole;
}

/* Reloads of a configuration in a table, and its outages. */
static void print_event(void *user, multidb_log_level level, const char *text)
{
	static const char *const levels[] = { "", "warning: ", "error: " };
	(void)user;
	fprintf(stderr, "multidb: %s%s\n", levels[level], text);
}

int cli_run(struct cli *cli)
{
	const multidb_options options = { .size = sizeof options, .log = print_event };
	struct answer a = { 0 };
	cli->watches_config = true;
	if (cli_open(cli, &options))
		return CLI_FAILED;
	bool ok = answer_lines(cli, &a);
	md_buf_free(&a.b);
	cli->debug = false; /* each line's log is printed already */
	return ok ? CLI_OK : CLI_FAILED;
}
