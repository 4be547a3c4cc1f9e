/* multidb schema: the JSON Schema of the configuration, or with --query that of definitions. */
#include "cli/cli.h"

int cli_schema(struct cli *cli)
{
	const char *schema = cli->query_schema ? multidb_query_schema() : multidb_config_schema();
	size_t n = strlen(schema);
	out_bytes(schema, n);
	if (n && schema[n - 1] != '\n')
		out_text("\n");
	return CLI_OK;
}
