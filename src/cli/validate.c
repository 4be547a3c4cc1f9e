/* multidb validate [QUERY]: checks the configuration, or a query against it. Connects to nothing
 * and reads no secret. */
#include "cli/cli.h"

int cli_validate(struct cli *cli)
{
	if (cli_open(cli, &cli_offline) || (cli->argument && cli_prepare(cli, MULTIDB_VALIDATE)))
		return CLI_FAILED;
	const char *text = cli->argument ? "the query is valid\n" : "the configuration is valid\n";
	out_text(cli->json ? "{\"valid\":true}\n" : text);
	return CLI_OK;
}
