/* multidb schema: the JSON Schema of the configuration. */
#include "cli/cli.h"

int cli_schema(struct cli *cli)
{
	const char *schema = multidb_config_schema();
	size_t n = strlen(schema);
	(void)cli;
	out_bytes(schema, n);
	if (n && schema[n - 1] != '\n')
		out_text("\n");
	return CLI_OK;
}
