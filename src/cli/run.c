/* multidb run: one {definition, context} a line in, one line out, so that scripts and tests keep one process. A line that can't be answered
 * is answered with its error object. Answers up to 1 MiB are whole before their first byte is written; of a longer one the beginning may
 * already be out when it fails: the line is then cut off and the program ends with failure. */
#include "cli/cli.h"

#include "json/write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define WHOLE ((size_t)1 << 20)

struct answer {
	struct md_buf b; /* heap; kept from line to line */
	bool begun;      /* part of the line is out */
};

struct asked {
	struct md_buf definition, context; /* JSON text; context empty: absent */
};

static void refuse(struct cli *cli, struct answer *a, enum md_code code, const char *message)
{
	(void)cli;
	a->b.n = 0;
	cli_problem(&a->b, code, md_str_z(message));
}

static void not_json(struct cli *cli, struct answer *a, const struct md_json_error *e)
{
	struct md_str text = md_str_fmt(&cli->arena, "not JSON at byte %zu: %s", e->byte + 1, e->message);
	if (!e->message || !text.p)
		refuse(cli, a, MD_OUT_OF_MEMORY, "memory is out");
	else
		refuse(cli, a, MD_INVALID_JSON, text.p);
}

/* False: refused. */
static bool take(struct cli *cli, struct answer *a, const struct md_json *root, struct asked *q)
{
	struct md_json_iter it;
	struct md_str key;
	const struct md_json *v;
	if (md_json_type(root) != MD_JSON_OBJECT) {
		refuse(cli, a, MD_INVALID_BODY, "expected an object {\"definition\": …, \"context\": …}");
		return false;
	}
	md_json_iter(&it, root);
	while ((v = md_json_next(&it, &key))) {
		struct md_buf *to = md_str_eqz(key, "definition") ? &q->definition : md_str_eqz(key, "context") ? &q->context : NULL;
		if (!to || to->n) {
			struct md_buf message = { .arena = &cli->arena };
			md_buf_lit(&message, "expected definition and context, once each; got ");
			md_json_quote(&message, key);
			md_buf_char(&message, '\0');
			refuse(cli, a, MD_INVALID_BODY, message.failed ? "an unexpected key" : message.p);
			return false;
		}
		md_json_dump(to, v);
	}
	if (q->definition.failed || q->context.failed)
		refuse(cli, a, MD_OUT_OF_MEMORY, "memory is out");
	else if (!q->definition.n)
		refuse(cli, a, MD_INVALID_BODY, "definition is missing");
	return !a->b.n;
}

static bool read_line(struct cli *cli, struct answer *a, struct md_str line, struct asked *q)
{
	struct md_json_error error;
	const struct md_json *root;
	if (!line.n)
		refuse(cli, a, MD_INVALID_BODY, "the line is empty");
	else if (md_json_parse(&cli->arena, line, &root, &error))
		not_json(cli, a, &error);
	else
		return take(cli, a, root, q);
	return false;
}

static bool append(struct answer *a, const char *bytes, size_t n)
{
	md_buf_add(&a->b, bytes, n);
	if (a->b.n < WHOLE || a->b.failed)
		return !a->b.failed;
	a->begun = true;
	bool ok = out_bytes(a->b.p, a->b.n);
	a->b.n = 0;
	return ok;
}

/* The handle's error in place of what has been gathered. */
static void failed(struct cli *cli, struct answer *a)
{
	const multidb_error *e = multidb_query_error(cli->query);
	const char *json = e ? multidb_error_json(e) : NULL;
	a->b.n = 0;
	if (json)
		md_buf_str(&a->b, md_str_z(json));
	else
		refuse(cli, a, MD_OUT_OF_MEMORY, "memory is out");
}

static void answer(struct cli *cli, struct answer *a, const struct asked *q)
{
	const char *bytes;
	size_t n;
	int got = multidb_prepare(cli->query, MULTIDB_RUN, q->definition.p, q->definition.n, q->context.n ? q->context.p : NULL, q->context.n);
	watch_query(cli->query);
	if (!got)
		got = multidb_start(cli->query, MULTIDB_RESULT) ? -1 : 1;
	while (got > 0 && (got = multidb_next(cli->query, &bytes, &n)) > 0)
		if (!append(a, bytes, n))
			break;
	watch_query(NULL);
	if (got < 0 || a->b.failed)
		failed(cli, a);
	if (cli->debug && multidb_debug_text(cli->query))
		fputs(multidb_debug_text(cli->query), stderr);
}

/* One line in, one line out. False: it was not answered as promised. */
static bool turn(struct cli *cli, struct answer *a, struct md_str line)
{
	struct asked q = { .definition = { .arena = &cli->arena }, .context = { .arena = &cli->arena } };
	a->b.n = 0;
	a->b.failed = a->begun = false;
	if (read_line(cli, a, line, &q))
		answer(cli, a, &q);
	md_arena_reset(&cli->arena);
	if (a->begun && (a->b.failed || multidb_query_error(cli->query))) {
		fputs("multidb: an answer broke off\n", stderr);
		out_text("\n");
		return false;
	}
	return !a->b.failed && out_bytes(a->b.p, a->b.n) && out_text("\n") && out_flush();
}

int cli_run(struct cli *cli)
{
	struct answer a = { 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	bool ok = !cli_open(cli, false);
	if (!ok)
		return CLI_FAILED;
	while (ok && !watch_interrupted() && (n = getline(&line, &size, stdin)) >= 0) {
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			n--;
		ok = turn(cli, &a, (struct md_str){ line, (size_t)n });
	}
	if (ok && ferror(stdin)) {
		fprintf(stderr, "multidb: can't read standard input: %s\n", strerror(errno));
		ok = false;
	}
	free(line);
	md_buf_free(&a.b);
	cli->debug = false; /* each line's log is out already */
	return ok ? CLI_OK : CLI_FAILED;
}
