/* Accepts `multidb [OPTION…] COMMAND [OPTION…] [QUERY]`; refuses everything else with exit status 2 and a pointer to --help.
 * Options common to all commands may stand before the command too. */
#include "cli/cli.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 256, KEY_DEBUG, KEY_SERVICE_ROLE, KEY_CONTEXT, KEY_CONTEXT_JSON, KEY_FORMAT, KEY_DIR };

static void add_text(struct argp_state *state, struct cli *cli, void *vec, const char *arg)
{
	__typeof__(cli->roles) *texts = vec;
	struct md_str *slot = md_push(&cli->arena, texts);
	if (!slot)
		argp_failure(state, CLI_FAILED, ENOMEM, "options");
	else
		*slot = md_str_z(arg);
}

/* key=value; the value is a string, or JSON where it starts with '['. */
static void add_value(struct argp_state *state, struct cli *cli, const char *arg)
{
	const char *equals = strchr(arg, '=');
	struct cli_value v;
	struct md_json_error error;
	const struct md_json *parsed;
	if (!equals || equals == arg) {
		argp_error(state, "--context needs key=value, got '%s'", arg);
		return;
	}
	v.key = (struct md_str){ arg, (size_t)(equals - arg) };
	v.text = md_str_z(equals + 1);
	v.json = equals[1] == '[';
	for (uint32_t i = 0; i < cli->values.n; i++)
		if (md_str_eq(cli->values.v[i].key, v.key))
			argp_error(state, "--context %.*s is given twice", MD_FMT(v.key));
	if (v.json && md_json_parse(&cli->arena, v.text, &parsed, &error))
		argp_error(state, "--context %.*s: not JSON at byte %zu: %s", MD_FMT(v.key), error.byte + 1, error.message ? error.message : "memory is out");
	struct cli_value *slot = md_push(&cli->arena, &cli->values);
	if (!slot)
		argp_failure(state, CLI_FAILED, ENOMEM, "options");
	else
		*slot = v;
}

static void set_format(struct argp_state *state, struct cli *cli, const char *arg)
{
	static const char *const names[] = { "table", "json", "ndjson", "csv" };
	cli->format_given = true;
	for (size_t i = 0; i < 4; i++)
		if (!strcmp(arg, names[i])) {
			cli->format = (enum cli_format)i;
			return;
		}
	argp_error(state, "--format is table, json, ndjson or csv, got '%s'", arg);
}

static void argument(struct argp_state *state, struct cli *cli, char *arg)
{
	if (cli->command->query == CLI_NO_QUERY)
		argp_error(state, "no argument expected, got '%s'", arg);
	if (cli->argument)
		argp_error(state, "one QUERY expected, got a second: '%s'", arg);
	cli->argument = arg;
}

/* What can only be said when all options are known. */
static void agree(struct argp_state *state, struct cli *cli)
{
	if (cli->command->query == CLI_NEEDS_QUERY && !cli->argument)
		argp_error(state, "no QUERY given: name a file, - for standard input, or write the JSON");
	if (cli->json && cli->format_given)
		argp_error(state, "--json prints the whole result object; leave out --format");
	if (cli->context_json && (cli->roles.n || cli->service_roles.n || cli->values.n))
		argp_error(state, "--context-json is the whole context; leave out --role, --service-role and --context");
}

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		for (size_t i = 0; state->root_argp->children && state->root_argp->children[i].argp; i++)
			if (state->child_inputs)
				state->child_inputs[i] = cli;
		return 0;
	case 'c': cli->config = arg; return 0;
	case KEY_JSON: cli->json = true; return 0;
	case KEY_DEBUG: cli->debug = true; return 0;
	case 'r': add_text(state, cli, &cli->roles, arg); return 0;
	case KEY_SERVICE_ROLE: add_text(state, cli, &cli->service_roles, arg); return 0;
	case KEY_CONTEXT: add_value(state, cli, arg); return 0;
	case KEY_CONTEXT_JSON: cli->context_json = arg; return 0;
	case KEY_FORMAT: set_format(state, cli, arg); return 0;
	case KEY_DIR: cli->dir = arg; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* The command's own level: the options are its children's. */
static error_t command_level(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_ARG)
		argument(state, state->input, arg);
	else if (key == ARGP_KEY_END)
		agree(state, state->input);
	else
		return option(key == ARGP_KEY_INIT ? key : 0, arg, state);
	return 0;
}

static const struct argp_option common_options[] = {
	{ "config", 'c', "FILE", 0, "the configuration (default: $MULTIDB_CONFIG, then ./multidb.json)", 0 },
	{ "json", KEY_JSON, NULL, 0, "print exactly one JSON object: the result or the error", 0 },
	{ "debug", KEY_DEBUG, NULL, 0, "print the debug log to standard error", 0 },
	{ 0 } };
static const struct argp_option context_options[] = {
	{ "role", 'r', "ROLE", 0, "ask as this role (repeat: the union of their rights)", 0 },
	{ "service-role", KEY_SERVICE_ROLE, "ROLE", 0, "the service that asks (repeat); only what both it and the user may see", 0 },
	{ "context", KEY_CONTEXT, "KEY=VALUE", 0, "a context value (repeat): a string, or JSON where it starts with [", 0 },
	{ "context-json", KEY_CONTEXT_JSON, "OBJECT", 0, "the whole context: {\"role\": …, \"contextValues\": {…}}", 0 },
	{ 0 } };
static const struct argp_option format_options[] = {
	{ "format", KEY_FORMAT, "FORMAT", 0, "table (default), json (one array), ndjson (one row a line) or csv", 0 }, { 0 } };
static const struct argp_option dir_options[] = {
	{ "dir", KEY_DIR, "DIR", 0, "make the files here and keep them (default: a scratch folder, removed at the end)", 0 }, { 0 } };

static const struct argp common_argp = { common_options, option, NULL, NULL, NULL, NULL, NULL };
static const struct argp context_argp = { context_options, option, NULL, NULL, NULL, NULL, NULL };
static const struct argp format_argp = { format_options, option, NULL, NULL, NULL, NULL, NULL };
static const struct argp dir_argp = { dir_options, option, NULL, NULL, NULL, NULL, NULL };

static void not_built(const struct cli_command *c)
{
	fprintf(stderr, "multidb %s: not built yet\n", c->name);
	exit(CLI_USAGE);
}

/* argv[0] is the command's name. */
static void parse_command(struct cli *cli, int argc, char **argv)
{
	const struct cli_command *c = cli->command;
	struct argp_child children[5] = { 0 };
	size_t n = 0;
	children[n++].argp = &common_argp;
	if (c->takes & CLI_TAKES_CONTEXT)
		children[n++].argp = &context_argp;
	if (c->takes & CLI_TAKES_FORMAT)
		children[n++].argp = &format_argp;
	if (c->takes & CLI_TAKES_DIR)
		children[n++].argp = &dir_argp;
	static const char *const arguments[] = { "", "[QUERY]", "QUERY" };
	struct argp argp = { NULL, command_level, arguments[c->query], c->help, children, NULL, NULL };
	struct md_str name = md_str_fmt(&cli->arena, "multidb %s", c->name);
	if (name.p)
		argv[0] = (char *)(uintptr_t)name.p;
	argp_parse(&argp, argc, argv, 0, NULL, cli);
}

static const struct cli_command *find(struct argp_state *state, const char *name)
{
	struct md_str names[32];
	size_t n = 0;
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c;
		names[n++] = md_str_z(c->name);
	}
	struct md_str near = md_str_nearest(md_str_z(name), names, n);
	if (near.n)
		argp_error(state, "no command '%s'; did you mean '%.*s'?", name, MD_FMT(near));
	argp_error(state, "no command '%s'", name);
	return NULL;
}

static error_t first_level(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;
	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "no command given");
	if (key != ARGP_KEY_ARG)
		return option(key, arg, state);
	cli->command = find(state, arg);
	if (!cli->command->run)
		not_built(cli->command);
	parse_command(cli, state->argc - state->next + 1, state->argv + state->next - 1);
	state->next = state->argc;
	return 0;
}

/* The list of commands, in front of argp's list of options. */
static char *with_commands(int key, const char *text, void *input)
{
	(void)input;
	if (key != ARGP_KEY_HELP_PRE_DOC)
		return (char *)(uintptr_t)text;
	struct md_buf b = { 0 };
	md_buf_fmt(&b, "%s\n\nCommands:\n", text);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		md_buf_fmt(&b, "  %-12s %s%s\n", c->name, c->summary, c->run ? "" : " (not built yet)");
	md_buf_lit(&b, "\nOptions of all commands:");
	md_buf_char(&b, '\0');
	return b.failed ? (char *)(uintptr_t)text : b.p;
}

const struct cli_command *cli_parse_options(struct cli *cli, int argc, char **argv)
{
	static const char doc[] = "Declarative queries to the right database: a definition, a role and a context become rows."
		"\vExamples:\n"
		"  multidb demo\n"
		"  multidb query -c multidb.json -r admin '{\"from\": \"orders\", \"limit\": 3}'\n"
		"  multidb explain --role admin question.json\n"
		"  multidb COMMAND --help\n\n"
		"Exit status: 0 ok, 1 the query or the configuration is wrong or failed, 2 usage.";
	struct argp argp = { common_options, first_level, "COMMAND [QUERY]", doc, NULL, with_commands, NULL };
	argp_program_version = "multidb " MULTIDB_VERSION;
	argp_err_exit_status = CLI_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, cli);
	return cli->command;
}
