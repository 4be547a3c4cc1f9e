/* multidb validate [QUERY]: the configuration, or a query against it. Nothing is connected to and no secret is read. */
#include "cli/cli.h"

int cli_validate(struct cli *cli)
{
	if (cli_open(cli, &cli_offline) || (cli->argument && cli_prepare(cli, MULTIDB_VALIDATE)))
		return CLI_FAILED;
	out_text(cli->json ? "{\"valid\":true}\n" : cli->argument ? "the query is valid\n" : "the configuration is valid\n");
	return CLI_OK;
}
