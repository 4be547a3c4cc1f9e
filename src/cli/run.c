/* multidb run: one {definition, context} a line in, one line out, so that scripts and tests keep
 * one process. A line that cannot be answered is answered with its error object. Answers up to 1
 * MiB are whole before their first byte is written. The beginning of a longer answer may already be
 * written when the query fails: the line that was begun ends there, and the error object follows on
 * a line of its own. The next line is then answered as usual, and the exit status is CLI_FAILED. */
#include "cli/cli.h"

#include "json/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_BACK ((size_t)1 << 20)

struct answer {
	struct md_buf b; /* heap; kept from line to line */
	bool begun;      /* part of the line is written */
	bool broken;     /* and the query failed behind it */
};

struct asked {
	struct md_buf definition, context; /* JSON text; context empty: absent */
};

/* An error object in place of what has been gathered. */
static void answer_problem(struct answer *a, enum md_code code, const char *message)
{
	a->b.n = 0;
	a->b.failed = false;
	cli_problem(&a->b, code, md_str_z(message));
}

static void answer_out_of_memory(struct answer *a)
{
	answer_problem(a, MD_OUT_OF_MEMORY, "out of memory");
}

static void answer_not_json(struct cli *cli, struct answer *a, const struct md_json_error *e)
{
	struct md_str text = MD_NOSTR;
	if (e->message)
		text = md_str_fmt(&cli->arena, "not JSON at byte %zu: %s", e->byte + 1, e->message);
	if (text.p)
		answer_problem(a, MD_INVALID_JSON, text.p);
	else
		answer_out_of_memory(a);
}

static void answer_unexpected_key(struct cli *cli, struct answer *a, struct md_str key)
{
	struct md_buf message = { .arena = &cli->arena };
	md_buf_lit(&message, "expected definition and context, once each; got ");
	md_json_quote(&message, key);
	md_buf_char(&message, '\0');
	answer_problem(a, MD_INVALID_BODY, message.failed ? "an unexpected key" : message.p);
}

static struct md_buf *member_named(struct asked *q, struct md_str key)
{
	if (md_str_eqz(key, "definition"))
		return &q->definition;
	return md_str_eqz(key, "context") ? &q->context : NULL;
}

/* False: the line is answered with what is wrong with it. */
static bool take_members(struct cli *cli, struct answer *a, const struct md_json *root, struct asked *q)
{
	struct md_json_iter it;
	struct md_str key;
	const struct md_json *v;
	md_json_iter(&it, root);
	while ((v = md_json_next(&it, &key))) {
		struct md_buf *member = member_named(q, key);
		if (!member || member->n) {
			answer_unexpected_key(cli, a, key);
			return false;
		}
		md_json_dump(member, v);
	}
	if (q->definition.failed || q->context.failed)
		answer_out_of_memory(a);
	else if (!q->definition.n)
		answer_problem(a, MD_INVALID_BODY, "definition is missing");
	return !a->b.n;
}

static bool read_line(struct cli *cli, struct answer *a, struct md_str line, struct asked *q)
{
	struct md_json_error error;
	const struct md_json *root;
	if (!line.n)
		answer_problem(a, MD_INVALID_BODY, "the line is empty");
	else if (md_json_parse(&cli->arena, line, &root, &error))
		answer_not_json(cli, a, &error);
	else if (md_json_type(root) != MD_JSON_OBJECT)
		answer_problem(a, MD_INVALID_BODY, "expected an object {\"definition\": …, \"context\": …}");
	else
		return take_members(cli, a, root, q);
	return false;
}

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
	const multidb_error *e = multidb_query_error(cli->query);
	const char *json = e ? multidb_error_json(e) : NULL;
	a->broken = a->begun;
	a->b.n = 0;
	a->b.failed = false;
	if (json)
		md_buf_str(&a->b, md_str_z(json));
	else
		answer_out_of_memory(a);
}

static void answer_query(struct cli *cli, struct answer *a, const struct asked *q)
{
	const char *bytes;
	size_t n;
	const char *context = q->context.n ? q->context.p : NULL;
	int got = multidb_query_prepare(cli->query, MULTIDB_RUN, q->definition.p, q->definition.n, context,
	                                q->context.n);
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
	const multidb_error *e = multidb_query_error(cli->query);
	struct md_buf reason = { .arena = &cli->arena };
	text_print(&reason, md_str_z(e ? multidb_error_message(e) : "out of memory"));
	fprintf(stderr, "multidb: an answer is cut off, its error object is on the next line: %.*s\n",
		MD_FMT(md_buf_view(&reason)));
	out_text("\n");
}

/* One line in, one line out. False: nothing more can be written. */
static bool answer_line(struct cli *cli, struct answer *a, struct md_str line)
{
	struct asked q = { .definition = { .arena = &cli->arena }, .context = { .arena = &cli->arena } };
	a->b.n = 0;
	a->b.failed = a->begun = a->broken = false;
	if (read_line(cli, a, line, &q))
		answer_query(cli, a, &q);
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
		ok = answer_line(cli, a, (struct md_str){ line, without_line_end(line, (size_t)n) });
		whole &= !a->broken;
	}
	if (n < 0 && !feof(stdin)) {
		fprintf(stderr, "multidb: can't read standard input: %s\n", strerror(errno));
		ok = false;
	}
	free(line);
	return ok && whole;
}

int cli_run(struct cli *cli)
{
	struct answer a = { 0 };
	if (cli_open(cli, NULL))
		return CLI_FAILED;
	bool ok = answer_lines(cli, &a);
	md_buf_free(&a.b);
	cli->debug = false; /* each line's log is printed already */
	return ok ? CLI_OK : CLI_FAILED;
}
