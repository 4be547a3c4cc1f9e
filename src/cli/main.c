/* multidb COMMAND [OPTION…] [QUERY]: the list of commands. */
#include "cli/cli.h"

#define QUERY_IS "QUERY is a file, - for standard input, or the JSON itself."

const struct cli_command cli_commands[] = {
	{ "validate", "checks the configuration, or a query against it", cli_validate, CLI_TAKES_CONTEXT, CLI_MAY_QUERY,
	  "Checks the configuration and reports every problem in it; with QUERY checks the query against it. Connects "
	  "to nothing. " QUERY_IS "\vExamples:\n"
	  "  multidb validate --config multidb.json\n"
	  "  multidb validate -r tenant-user --context tenantId=42 '{\"from\": \"orders\"}'" },
	{ "plan", "shows which database would answer and with what SQL", cli_plan, CLI_TAKES_CONTEXT, CLI_NEEDS_QUERY,
	  "Plans QUERY and shows strategy, target, SQL and parameters. Connects to nothing; the same input gives the "
	  "same bytes. " QUERY_IS "\vExamples:\n"
	  "  multidb plan --role admin '{\"from\": \"orders\"}'\n"
	  "  multidb plan --role admin --json question.json" },
	{ "explain", "the plan, and why no other strategy", cli_explain, CLI_TAKES_CONTEXT, CLI_NEEDS_QUERY,
	  "Judges every strategy for QUERY: chosen, possible (with its SQL) or refused (with the reason), and shows "
	  "the row filters in effect. " QUERY_IS "\vExamples:\n"
	  "  multidb explain --role admin '{\"from\": \"orders\"}'" },
	{ "query", "plans and runs, prints the rows", cli_query, CLI_TAKES_CONTEXT | CLI_TAKES_FORMAT, CLI_NEEDS_QUERY,
	  "Runs QUERY and prints its rows. Exit status 1 marks an incomplete output. " QUERY_IS "\vExamples:\n"
	  "  multidb query --role admin '{\"from\": \"orders\", \"limit\": 3}'\n"
	  "  multidb query -r regional-manager --context 'regionIds=[\"eu\"]' question.json\n"
	  "  multidb query -r admin --param limit=3 '{\"from\": \"orders\", \"limit\": {\"$param\": \"limit\"}}'\n"
	  "  multidb query -r admin --format csv - <question.json" },
	{ "count", "how many rows match", cli_count, CLI_TAKES_CONTEXT, CLI_NEEDS_QUERY,
	  "Prints the number of rows that QUERY's table, joins and filters match. " QUERY_IS "\vExamples:\n"
	  "  multidb count --role admin '{\"from\": \"orders\"}'" },
	{ "run", "answers one {definition, context} a line", cli_run, 0, CLI_NO_ARGUMENT,
	  "Reads one JSON object {\"definition\": …, \"context\": …} a line from standard input and answers each with "
	  "one line: the result or the error object. Exit status 0 when every line was answered."
	  "\vExamples:\n"
	  "  multidb run <questions.ndjson" },
	{ "schema", "prints the JSON Schema of the configuration or of queries", cli_schema, CLI_TAKES_SCHEMA,
	  CLI_NO_ARGUMENT,
	  "Prints the JSON Schema (2020-12) that describes the configuration document. With --query it is that of "
	  "query definitions. Editors complete and check by it. The latter also has, under $defs: "
	  "preparedDefinition, a definition with parameters {\"$param\": \"name\"}; context; and question, a "
	  "definition with its context as `run` reads it."
	  "\vExamples:\n"
	  "  multidb schema >multidb.schema.json\n"
	  "  multidb schema --query >query.schema.json" },
	{ "demo", "asks the twenty scenarios of the sample configuration", cli_demo, CLI_TAKES_DIR, CLI_NO_ARGUMENT,
	  "Makes the sample configuration as SQLite files with rows in them and asks its twenty scenarios: for each "
	  "the strategy, the target, the SQL and the rows or the error. A multidb.json that is already in DIR is used "
	  "as it is. Exit status 0 when all came out as expected."
	  "\vExamples:\n"
	  "  multidb demo\n"
	  "  multidb demo --dir sample\n"
	  "  multidb query -c sample/multidb.json -r admin '{\"from\": \"orders\"}'" },
	{ "help", "explains a command", cli_help, 0, CLI_MAY_COMMAND,
	  "Prints what COMMAND does and takes; without COMMAND the list of all." },
	{ "version", "prints the program's version", cli_version, 0, CLI_NO_ARGUMENT, "Prints the program's version." },
	{ "serve", "the HTTP server", NULL, 0, CLI_NO_ARGUMENT, NULL },
	{ "introspect", "writes metadata from a live database", NULL, 0, CLI_NO_ARGUMENT, NULL },
	{ "doctor", "connects to everything and checks metadata against it", NULL, 0, CLI_NO_ARGUMENT, NULL },
	{ "types", "TypeScript types of the tables a role sees", NULL, 0, CLI_NO_ARGUMENT, NULL },
	{ NULL, NULL, NULL, 0, CLI_NO_ARGUMENT, NULL },
};

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	out_begin();
	const struct cli_command *command = cli_parse_options(&cli, argc, argv);
	return cli_close(&cli, command->run(&cli));
}
