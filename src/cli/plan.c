/* multidb plan QUERY, multidb explain QUERY: no database is touched. */
#include "cli/cli.h"

static int print_result(struct cli *cli, const char *result, bool explain)
{
	struct md_buf b = { .arena = &cli->arena };
	struct md_json_error unread;
	const struct md_json *root;
	if (!result)
		return cli_no_memory();
	if (cli->json) {
		out_text(result);
		out_text("\n");
		return CLI_OK;
	}
	if (md_json_parse(&cli->arena, md_str_z(result), &root, &unread))
		return cli_no_memory();
	if (explain)
		show_explain(&b, root);
	else
		show_plan(&b, root, "");
	if (b.failed)
		return cli_no_memory();
	out_bytes(b.p, b.n);
	return CLI_OK;
}

int cli_plan(struct cli *cli)
{
	if (cli_open(cli, &cli_offline) || cli_prepare(cli, MULTIDB_PLAN))
		return CLI_FAILED;
	return print_result(cli, multidb_result_json(cli->query), false);
}

int cli_explain(struct cli *cli)
{
	if (cli_open(cli, &cli_offline) || cli_prepare(cli, MULTIDB_EXPLAIN))
		return CLI_FAILED;
	return print_result(cli, multidb_result_json(cli->query), true);
}
