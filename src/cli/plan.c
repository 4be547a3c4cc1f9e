/* multidb plan QUERY, multidb explain QUERY: no database is touched. */
#include "cli/cli.h"

static int print_json(struct cli *cli)
{
	const char *result = multidb_result_json(cli->query);
	if (!result)
		return cli_no_memory();
	out_text(result);
	out_text("\n");
	return CLI_OK;
}

static int print_text(struct cli *cli)
{
	struct md_buf b = { .arena = &cli->arena };
	if (multidb_result_kind(cli->query) == MULTIDB_KIND_EXPLAIN)
		show_explain(&b, cli->query);
	else
		show_plan(&b, cli->query, "");
	if (b.failed)
		return cli_no_memory();
	out_bytes(b.p, b.n);
	return CLI_OK;
}

static int print_plan(struct cli *cli, multidb_mode mode)
{
	if (cli_open(cli, &cli_offline) || cli_prepare(cli, mode))
		return CLI_FAILED;
	return cli->json ? print_json(cli) : print_text(cli);
}

int cli_plan(struct cli *cli)
{
	return print_plan(cli, MULTIDB_PLAN);
}

int cli_explain(struct cli *cli)
{
	return print_plan(cli, MULTIDB_EXPLAIN);
}
