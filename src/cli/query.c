/* multidb query QUERY, multidb count QUERY: rows as a table, or as the library encodes them. With
 * --json or --format an error before the first byte is the whole output. An error after it leaves
 * the output incomplete: its reason goes to standard error, and the exit status tells. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The output failed, not the query: the query is stopped. */
static int stop_query(struct cli *cli)
{
	multidb_query_cancel(cli->query);
	return CLI_FAILED;
}

/* What is written so far of an answer in one of the library's formats. */
struct written {
	bool begun, line_ended;
};

static bool write_chunk(struct written *w, const char *bytes, size_t n)
{
	if (n && isatty(1))
		watch_quiet();
	if (n) {
		w->begun = true;
		w->line_ended = bytes[n - 1] == '\n';
	}
	return out_bytes(bytes, n);
}

static void end_last_line(const struct written *w)
{
	if (w->begun && !w->line_ended)
		out_text("\n");
}

/* An error object behind the beginning of an answer would spoil both: the reason then goes to
 * standard error. */
static int report_broken_answer(struct cli *cli, const struct written *w)
{
	end_last_line(w);
	if (w->begun && out_flush())
		cli->json = false;
	return cli_report_query(cli);
}

/* Rows alone do not say that there are more behind them. */
static void tell_next_page(struct cli *cli)
{
	const char *cursor = multidb_result_next_cursor(cli->query);
	if (!multidb_result_has_next_page(cli->query))
		return;
	out_flush(); /* on a terminal the note stands behind the rows */
	if (cursor)
		fprintf(stderr, "there are more rows; the next page is behind \"after\": \"%s\"\n", cursor);
	else
		fputs("there are more rows; a cursor to them needs server.cursorKeys in the configuration\n", stderr);
}

static int print_encoded(struct cli *cli, multidb_format format)
{
	struct written w = { 0 };
	const char *bytes;
	size_t n;
	int got;
	if (multidb_query_start(cli->query, format))
		return cli_report_query(cli);
	while ((got = multidb_query_next(cli->query, &bytes, &n)) > 0) {
		if (!write_chunk(&w, bytes, n))
			return stop_query(cli);
		watch_rows(multidb_result_rows(cli->query));
	}
	if (got < 0)
		return report_broken_answer(cli, &w);
	end_last_line(&w);
	if (format != MULTIDB_RESULT)
		tell_next_page(cli);
	return CLI_OK;
}

static struct table *begin_table(struct cli *cli)
{
	size_t n = multidb_result_column_count(cli->query);
	const char **names = md_calloc(&cli->arena, n, sizeof *names);
	const char **types = md_calloc(&cli->arena, n, sizeof *types);
	if (!names || !types)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		names[i] = multidb_result_column_name(cli->query, i);
		types[i] = multidb_result_column_type(cli->query, i);
	}
	return table_begin(n, names, types, "");
}

/* 0: all rows are in the table; -1: the query failed; 1: output or memory did. */
static int fill_table(struct cli *cli, struct table *t)
{
	const multidb_cell *cells;
	bool terminal = isatty(1);
	int got;
	while ((got = multidb_query_next_row(cli->query, &cells)) > 0) {
		if (terminal && multidb_result_rows(cli->query) == TABLE_ROWS_AHEAD)
			watch_quiet(); /* from here on the table is being written */
		if (!table_row(t, cells))
			return 1;
		watch_rows(multidb_result_rows(cli->query));
	}
	return got;
}

static int print_table(struct cli *cli)
{
	if (multidb_query_start(cli->query, MULTIDB_NDJSON))
		return cli_report_query(cli);
	struct table *t = begin_table(cli);
	if (!t)
		return cli_no_memory();
	int filled = fill_table(cli, t);
	if (filled == 0) {
		if (!table_end(t))
			return CLI_FAILED;
		tell_next_page(cli);
		return CLI_OK;
	}
	table_drop(t);
	if (filled < 0)
		return cli_report_query(cli);
	return out_failed() ? stop_query(cli) : cli_no_memory();
}

static int print_statement(struct cli *cli)
{
	struct md_buf b = { .arena = &cli->arena };
	if (cli->format != CLI_TABLE)
		return cli_fail(cli, MD_INVALID_VALUE,
				"executeMode 'sql-only' gives no rows to format; leave out --format, or use --json");
	show_plan(&b, cli->query, "");
	if (b.failed)
		return cli_no_memory();
	return out_bytes(b.p, b.n) ? CLI_OK : CLI_FAILED;
}

static int print_count(struct cli *cli)
{
	const multidb_cell *cells;
	char text[32];
	int got;
	if (multidb_query_start(cli->query, MULTIDB_NDJSON))
		return cli_report_query(cli);
	while ((got = multidb_query_next_row(cli->query, &cells)) > 0)
		continue;
	if (got < 0)
		return cli_report_query(cli);
	snprintf(text, sizeof text, "%lld\n", (long long)multidb_result_count(cli->query));
	return out_text(text) ? CLI_OK : CLI_FAILED;
}

/* The process ends with the answer: a cursor is of use only where the next process can open it. */
static const multidb_options one_query = { .size = sizeof(multidb_options), .lasting_cursors = 1 };

int cli_query(struct cli *cli)
{
	static const multidb_format formats[] = { MULTIDB_NDJSON, MULTIDB_JSON, MULTIDB_NDJSON, MULTIDB_CSV };
	if (cli_open(cli, &one_query) || cli_prepare(cli, MULTIDB_RUN))
		return CLI_FAILED;
	watch_query(cli->query);
	if (cli->json)
		return print_encoded(cli, MULTIDB_RESULT);
	switch (multidb_result_kind(cli->query)) {
	case MULTIDB_KIND_SQL: return print_statement(cli);
	case MULTIDB_KIND_COUNT:
		return cli->format == CLI_TABLE ? print_count(cli) : print_encoded(cli, formats[cli->format]);
	default: return cli->format == CLI_TABLE ? print_table(cli) : print_encoded(cli, formats[cli->format]);
	}
}

int cli_count(struct cli *cli)
{
	if (cli_open(cli, &one_query) || cli_prepare(cli, MULTIDB_COUNT))
		return CLI_FAILED;
	watch_query(cli->query);
	return cli->json ? print_encoded(cli, MULTIDB_RESULT) : print_count(cli);
}
