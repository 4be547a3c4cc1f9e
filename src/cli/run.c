/* multidb run: one {definition, context} a line in, one line out, so that scripts and tests keep
 * one process. A line that cannot be answered is answered with its error object. Answers up to 1
 * MiB are whole before their first byte is written. The beginning of a longer answer may already be
 * written when the query fails: the line that was begun ends there, and the error object follows on
 * a line of its own. The next line is then answered as usual, and the exit status is CLI_FAILED. Of
 * a line beyond limits.bodyBytes no more is kept than twice what is allowed, or 1 MiB. */
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

/* ---- reading a line ---- */

/* A longer line is begun: is it within the limit? Asked again whenever the length has doubled. */
enum { FIRST_LENGTH_CHECK = (1 << 20) + 1 };

struct request_line {
	char *v;
	size_t n, size;
	bool is_too_long; /* the rest was passed over, and the query's error says so */
};

/* limits.bodyBytes may change with the configuration, and the library alone knows it: it compares
 * the length before anything else. */
static bool is_beyond_limit(struct cli *cli, const struct request_line *l)
{
	if (!multidb_query_prepare_request(cli->query, MULTIDB_RUN, l->v, l->n))
		return false;
	const multidb_error *e = multidb_query_error(cli->query);
	return multidb_error_problem_code(e, 0) == MULTIDB_LIMIT_EXCEEDED;
}

static bool append_to_line(struct request_line *l, char c)
{
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 4096;
		char *grown = realloc(l->v, size);
		if (!grown)
			return false;
		l->v = grown;
		l->size = size;
	}
	l->v[l->n++] = c;
	return true;
}

/* 1: a line, without its end; 0: there are no more, or reading failed; -1: out of memory. Of a line
 * that is too long no more is kept than twice what is allowed. */
static int read_line(struct cli *cli, struct request_line *l)
{
	int c;
	size_t next_check = FIRST_LENGTH_CHECK;
	l->n = 0;
	l->is_too_long = false;
	while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
		if (l->is_too_long)
			continue;
		if (!append_to_line(l, (char)c))
			return -1;
		if (l->n == next_check) {
			l->is_too_long = is_beyond_limit(cli, l);
			next_check *= 2;
		}
	}
	while (l->n && l->v[l->n - 1] == '\r')
		l->n--;
	return c == '\n' || (feof(stdin) && l->n) ? 1 : 0;
}

/* ---- all lines ---- */

/* One line in, one line out. False: nothing more can be written. */
static bool answer_line(struct cli *cli, struct answer *a, const struct request_line *line)
{
	a->b.n = 0;
	a->b.failed = a->begun = a->broken = false;
	if (line->is_too_long)
		answer_error(cli, a);
	else
		answer_query(cli, a, line->n ? line->v : "", line->n);
	if (a->broken)
		end_broken_line(cli);
	md_arena_reset(&cli->arena);
	if (a->b.failed) {
		cli_no_memory();
		return false;
	}
	return out_bytes(a->b.p, a->b.n) && out_text("\n") && out_flush();
}

/* False: a line was not answered as promised. */
static bool answer_lines(struct cli *cli, struct answer *a)
{
	struct request_line line = { 0 };
	int got = 1;
	bool ok = true, whole = true;
	while (ok && !watch_interrupted() && (got = read_line(cli, &line)) > 0) {
		ok = answer_line(cli, a, &line);
		whole &= !a->broken;
	}
	if (got < 0) {
		cli_no_memory();
		ok = false;
	} else if (!got && !feof(stdin)) {
		fprintf(stderr, "multidb: can't read standard input: %s\n", strerror(errno));
		ok = false;
	}
	free(line.v);
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
