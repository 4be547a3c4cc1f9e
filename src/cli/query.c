/* multidb query QUERY: rows as a table, or as the library encodes them. With --json or --format an error before the first byte is the
 * whole output; one after it leaves the output incomplete, which the exit status says. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum { DATA, SQL, COUNT } kind(struct cli *cli)
{
	struct md_json_error unread;
	const struct md_json *root;
	if (md_json_parse(&cli->arena, cli->definition, &root, &unread))
		return DATA;
	struct md_str mode = json_text(root, "executeMode");
	return md_str_eqz(mode, "sql-only") ? SQL : md_str_eqz(mode, "count") ? COUNT : DATA;
}

/* Ours is the output that failed: whatever runs is stopped. */
static int give_up(struct cli *cli)
{
	multidb_cancel(cli->query);
	return CLI_FAILED;
}

/* The query broke off after `begun` bytes of its answer: an error object behind them would spoil both. */
static int broke_off(struct cli *cli, bool begun)
{
	if (begun && out_flush())
		cli->json = false;
	return cli_report_query(cli);
}

/* Rows alone say nothing of the rows behind them. */
static void tell_of_next(struct cli *cli)
{
	const char *cursor = multidb_next_cursor(cli->query);
	if (cursor)
		fprintf(stderr, "there are more rows; the next page is behind \"after\": \"%s\"\n", cursor);
}

static int stream(struct cli *cli, multidb_format format)
{
	const char *bytes;
	size_t n;
	bool begun = false, line_ended = false;
	int got;
	if (multidb_start(cli->query, format))
		return cli_report_query(cli);
	while ((got = multidb_next(cli->query, &bytes, &n)) > 0) {
		if (n && isatty(1))
			watch_quiet();
		begun |= n > 0;
		line_ended = n ? bytes[n - 1] == '\n' : line_ended;
		if (!out_bytes(bytes, n))
			return give_up(cli);
		watch_rows(multidb_rows(cli->query));
	}
	if (got < 0)
		return broke_off(cli, begun);
	if (begun && !line_ended)
		out_text("\n");
	if (format != MULTIDB_RESULT)
		tell_of_next(cli);
	return CLI_OK;
}

static struct table *begin_table(struct cli *cli)
{
	size_t n = multidb_column_count(cli->query);
	const char **names = md_calloc(&cli->arena, n, sizeof *names), **types = md_calloc(&cli->arena, n, sizeof *types);
	if (!names || !types)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		names[i] = multidb_column_name(cli->query, i);
		types[i] = multidb_column_type(cli->query, i);
	}
	return table_begin(n, names, types, "");
}

static int table(struct cli *cli)
{
	const multidb_cell *cells;
	bool terminal = isatty(1);
	int got;
	if (multidb_start(cli->query, MULTIDB_NDJSON))
		return cli_report_query(cli);
	struct table *t = begin_table(cli);
	if (!t)
		return cli_no_memory();
	while ((got = multidb_next_row(cli->query, &cells)) > 0) {
		if (terminal && multidb_rows(cli->query) == 1000)
			watch_quiet(); /* from here on the table is being written */
		if (!table_row(t, cells)) {
			table_drop(t);
			return out_failed() ? give_up(cli) : cli_no_memory();
		}
		watch_rows(multidb_rows(cli->query));
	}
	if (got == 0 && !table_end(t))
		return CLI_FAILED;
	if (got == 0) {
		tell_of_next(cli);
		return CLI_OK;
	}
	table_drop(t);
	return cli_report_query(cli);
}

static int only_sql(struct cli *cli)
{
	struct md_buf b = { .arena = &cli->arena };
	struct md_json_error unread;
	const struct md_json *root;
	const char *result = multidb_result_json(cli->query);
	if (cli->format != CLI_TABLE)
		return cli_fail(cli, MD_INVALID_VALUE, "executeMode 'sql-only' gives no rows to format; leave out --format, or use --json");
	if (!result || md_json_parse(&cli->arena, md_str_z(result), &root, &unread))
		return cli_no_memory();
	show_plan(&b, root, "");
	return b.failed ? cli_no_memory() : out_bytes(b.p, b.n) ? CLI_OK : CLI_FAILED;
}

static int number(struct cli *cli)
{
	const multidb_cell *cells;
	char text[32];
	int got;
	if (multidb_start(cli->query, MULTIDB_NDJSON))
		return cli_report_query(cli);
	while ((got = multidb_next_row(cli->query, &cells)) > 0)
		continue;
	if (got < 0)
		return cli_report_query(cli);
	snprintf(text, sizeof text, "%lld\n", (long long)multidb_rows(cli->query));
	return out_text(text) ? CLI_OK : CLI_FAILED;
}

int cli_query(struct cli *cli)
{
	static const multidb_format formats[] = { MULTIDB_NDJSON, MULTIDB_JSON, MULTIDB_NDJSON, MULTIDB_CSV };
	if (cli_open(cli, false) || cli_prepare(cli, MULTIDB_RUN))
		return CLI_FAILED;
	watch_query(cli->query);
	if (cli->json)
		return stream(cli, MULTIDB_RESULT);
	switch (kind(cli)) {
	case SQL: return only_sql(cli);
	case COUNT: return cli->format == CLI_TABLE ? number(cli) : stream(cli, formats[cli->format]);
	default: return cli->format == CLI_TABLE ? table(cli) : stream(cli, formats[cli->format]);
	}
}

int cli_count(struct cli *cli)
{
	if (cli_open(cli, false) || cli_prepare(cli, MULTIDB_COUNT))
		return CLI_FAILED;
	watch_query(cli->query);
	return cli->json ? stream(cli, MULTIDB_RESULT) : number(cli);
}
