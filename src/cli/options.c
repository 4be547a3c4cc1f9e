/* Accepts `multidb [OPTION…] COMMAND [OPTION…] [QUERY]`; refuses everything else with exit status 2
 * and a pointer to --help. Options common to all commands may stand before the command too. */
#include "cli/cli.h"

#include "json/json.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 256, KEY_DEBUG, KEY_SERVICE_ROLE, KEY_CONTEXT, KEY_CONTEXT_JSON, KEY_PARAM, KEY_PARAMS,
       KEY_FORMAT, KEY_DIR, KEY_QUERY, KEY_CONFIG_TABLE, KEY_USAGE };

static void add_text(struct argp_state *state, struct cli *cli, void *vec, const char *arg)
{
	__typeof__(cli->roles) *texts = vec;
	struct md_str *slot = md_push(&cli->arena, texts);
	if (!slot)
		argp_failure(state, CLI_FAILED, ENOMEM, "options");
	else
		*slot = md_str_z(arg);
}

/* KEY=VALUE into the list, each key once; the value is a string so far. NULL: reported. */
static struct cli_value *add_value(struct argp_state *state, struct cli *cli, void *vec, const char *option,
                                   const char *arg)
{
	__typeof__(cli->values) *values = vec;
	const char *equals = strchr(arg, '=');
	if (!equals || equals == arg) {
		argp_error(state, "%s needs key=value, got '%s'", option, arg);
		return NULL;
	}
	struct md_str key = { arg, (size_t)(equals - arg) };
	for (uint32_t i = 0; i < values->n; i++)
		if (md_str_eq(values->v[i].key, key))
			argp_error(state, "%s %.*s is given twice", option, MD_FMT(key));
	struct cli_value *slot = md_push(&cli->arena, values);
	if (!slot)
		argp_failure(state, CLI_FAILED, ENOMEM, "options");
	else
		*slot = (struct cli_value){ .key = key, .text = md_str_z(equals + 1) };
	return slot;
}

/* A context value is a string, or JSON where it starts with '['. */
static void add_context_value(struct argp_state *state, struct cli *cli, const char *arg)
{
	struct md_json_error error;
	const struct md_json *parsed;
	struct cli_value *v = add_value(state, cli, &cli->values, "--context", arg);
	if (!v || v->text.p[0] != '[')
		return;
	v->json = true;
	if (md_json_parse(&cli->arena, v->text, &parsed, &error)) {
		const char *reason = error.message ? error.message : "out of memory";
		argp_error(state, "--context %.*s: not JSON at byte %zu: %s", MD_FMT(v->key), error.byte + 1, reason);
	}
}

/* A parameter is JSON where it can be read as such, otherwise a string. */
static void add_parameter(struct argp_state *state, struct cli *cli, const char *arg)
{
	struct md_json_error error;
	const struct md_json *parsed;
	struct cli_value *v = add_value(state, cli, &cli->parameters, "--param", arg);
	if (v)
		v->json = md_json_parse(&cli->arena, v->text, &parsed, &error) == 0;
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

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

static void set_argument(struct argp_state *state, struct cli *cli, char *arg)
{
	if (cli->command->argument == CLI_NO_ARGUMENT)
		argp_error(state, "no argument expected, got '%s'", arg);
	if (cli->argument) {
		const char *what = cli->command->argument == CLI_MAY_COMMAND ? "COMMAND" : "QUERY";
		argp_error(state, "one %s expected, got a second: '%s'", what, arg);
	}
	cli->argument = arg;
}

/* What can only be said when all options are known. */
static void check_together(struct argp_state *state, struct cli *cli)
{
	static const char ways[] = "name a file, - for standard input, or write the JSON";
	if (cli->command->argument == CLI_NEEDS_QUERY && !cli->argument)
		argp_error(state, "no QUERY given: %s", ways);
	if (cli->command->argument != CLI_MAY_COMMAND && cli->argument && is_blank(cli->argument))
		argp_error(state, "QUERY is empty: %s", ways);
	if (cli->json && cli->format_given)
		argp_error(state, "--json prints the whole result object; leave out --format");
	if (cli->context_json && (cli->roles.n || cli->service_roles.n || cli->values.n))
		argp_error(state,
		           "--context-json is the whole context; leave out --role, --service-role and --context");
	if (cli->config_table && !cli_config_is_url(cli))
		argp_error(state, "--config-table needs --config with the url of a database, got a file");
	if (cli->parameters_json && cli->parameters.n)
		argp_error(state, "--params has all parameters; leave out --param");
}

/* ---- the lists of options ---- */

static const struct argp_option common_options[] = {
	{ "config", 'c', "FILE", 0,
	  "the configuration (default: $MULTIDB_CONFIG, then ./multidb.json): a file, or the url of a database "
	  "(postgresql://…, sqlite:PATH) with it in a table", 0 },
	{ "config-table", KEY_CONFIG_TABLE, "TABLE", 0, "the table of a configuration in a database (multidb_config)",
	  0 },
	{ "json", KEY_JSON, NULL, 0, "print exactly one JSON object: the result or the error", 0 },
	{ "debug", KEY_DEBUG, NULL, 0, "print the debug log to standard error", 0 },
	{ "help", 'h', NULL, 0, "print this help", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "print a short usage message", -1 },
	{ "version", 'V', NULL, 0, "print the program's version", -1 },
	{ NULL, '?', NULL, OPTION_HIDDEN, NULL, -1 },
	{ 0 } };
static const struct argp_option context_options[] = {
	{ "role", 'r', "ROLE", 0, "ask as this role (repeat: the union of their rights)", 0 },
	{ "service-role", KEY_SERVICE_ROLE, "ROLE", 0,
	  "the service that asks (repeat); only what both it and the user may see", 0 },
	{ "context", KEY_CONTEXT, "KEY=VALUE", 0, "a context value (repeat): a string, or JSON where it starts with [",
	  0 },
	{ "context-json", KEY_CONTEXT_JSON, "OBJECT", 0, "the whole context: {\"role\": …, \"contextValues\": {…}}",
	  0 },
	{ "param", KEY_PARAM, "NAME=VALUE", 0,
	  "the value of a parameter of QUERY (repeat): JSON, or else a string", 0 },
	{ "params", KEY_PARAMS, "OBJECT", 0, "all parameters of QUERY: {\"name\": value, …}", 0 },
	{ 0 }
};
static const struct argp_option format_options[] = {
	{ "format", KEY_FORMAT, "FORMAT", 0, "table (default), json (one array), ndjson (one row a line) or csv", 0 },
	{ 0 }
};
static const struct argp_option dir_options[] = {
	{ "dir", KEY_DIR, "DIR", 0, "make the files here and keep them (default: a scratch folder, removed at the end)",
	  0 },
	{ 0 }
};
static const struct argp_option schema_options[] = {
	{ "query", KEY_QUERY, NULL, 0, "the schema of query definitions and contexts", 0 },
	{ 0 }
};

enum { LISTS = 5 };

/* All lists, each with the bit of cli_command.takes that a command needs for it; 0: every command
 * has the list. */
static const struct {
	const struct argp_option *options;
	unsigned bit;
} lists[LISTS] = {
	{ common_options, 0 },
	{ context_options, CLI_TAKES_CONTEXT },
	{ format_options, CLI_TAKES_FORMAT },
	{ dir_options, CLI_TAKES_DIR },
	{ schema_options, CLI_TAKES_SCHEMA },
};

static bool has_list(const struct cli_command *c, size_t list)
{
	return !lists[list].bit || (c && c->takes & lists[list].bit);
}

/* The first option whose name starts with `name`, because getopt accepts every beginning that fits
 * one option alone. c NULL: of the options in front of a command. */
static const struct argp_option *find_long_option(const struct cli_command *c, struct md_str name)
{
	for (size_t l = 0; l < LISTS; l++)
		for (const struct argp_option *o = lists[l].options; has_list(c, l) && (o->name || o->key); o++)
			if (o->name && !strncmp(o->name, name.p, name.n))
				return o;
	return NULL;
}

static const struct argp_option *find_short_option(const struct cli_command *c, char key)
{
	for (size_t l = 0; l < LISTS; l++)
		for (const struct argp_option *o = lists[l].options; has_list(c, l) && (o->name || o->key); o++)
			if (o->key == key)
				return o;
	return NULL;
}

static struct md_str nearest_long_option(const struct cli_command *c, struct md_str given)
{
	struct md_str names[32];
	size_t n = 0;
	for (size_t l = 0; l < LISTS; l++)
		for (const struct argp_option *o = lists[l].options; has_list(c, l) && (o->name || o->key); o++)
			if (o->name)
				names[n++] = md_str_z(o->name);
	return md_str_nearest(given, names, n);
}

static const struct cli_command every_option = { .takes = ~0u };

static void refuse_option(struct argp_state *state, const struct cli_command *c, struct md_str name)
{
	struct md_str near = nearest_long_option(c, name);
	if (near.n)
		argp_error(state, "no option '--%.*s', did you mean '--%.*s'", MD_FMT(name), MD_FMT(near));
	else if (!c && find_long_option(&every_option, name))
		argp_error(state, "option '--%.*s' belongs behind the command that takes it", MD_FMT(name));
	else
		argp_error(state, "no option '--%.*s'", MD_FMT(name));
}

/* True: its value is the next word. */
static bool check_long_option(struct argp_state *state, const struct cli_command *c, const char *word)
{
	struct md_str name = { word + 2, strcspn(word + 2, "=") };
	const struct argp_option *o = find_long_option(c, name);
	if (!o)
		refuse_option(state, c, name);
	return o && o->arg && !name.p[name.n];
}

/* True: the value of the last one is the next word. */
static bool ends_without_value(const struct cli_command *c, const char *letters)
{
	for (; *letters; letters++) {
		const struct argp_option *o = find_short_option(c, *letters);
		if (o && o->arg)
			return !letters[1];
	}
	return false;
}

/* getopt refuses unknown options too, without a suggestion. */
static void check_option_names(struct argp_state *state)
{
	const struct cli *cli = state->input;
	state->name = state->argv[0]; /* argp sets it later */
	for (int i = 1; i < state->argc; i++) {
		const char *word = state->argv[i];
		if (!strcmp(word, "--"))
			return;
		if (!strncmp(word, "--", 2))
			i += check_long_option(state, cli->command, word);
		else if (word[0] == '-' && word[1])
			i += ends_without_value(cli->command, word + 1);
		else if (!cli->command)
			return; /* the command: what follows is its own */
	}
}

/* ---- argp's parsers ---- */

static void print_version(void)
{
	puts("multidb " MULTIDB_VERSION);
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;
	switch (key) {
	case 'c': cli->config = arg; return 0;
	case KEY_CONFIG_TABLE: cli->config_table = arg; return 0;
	case KEY_JSON: cli->json = true; return 0;
	case KEY_DEBUG: cli->debug = true; return 0;
	case 'r': add_text(state, cli, &cli->roles, arg); return 0;
	case KEY_SERVICE_ROLE: add_text(state, cli, &cli->service_roles, arg); return 0;
	case KEY_CONTEXT: add_context_value(state, cli, arg); return 0;
	case KEY_CONTEXT_JSON: cli->context_json = arg; return 0;
	case KEY_PARAM: add_parameter(state, cli, arg); return 0;
	case KEY_PARAMS: cli->parameters_json = arg; return 0;
	case KEY_FORMAT: set_format(state, cli, arg); return 0;
	case KEY_DIR: cli->dir = arg; return 0;
	case KEY_QUERY: cli->query_schema = true; return 0;
	case 'h':
	case '?': argp_state_help(state, stdout, ARGP_HELP_STD_HELP); return 0;
	case KEY_USAGE: argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK); return 0;
	case 'V': print_version(); exit(CLI_OK);
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* The command's own level: the options are its children's. */
static error_t read_command_level(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		check_option_names(state);
		for (size_t i = 0; state->root_argp->children[i].argp; i++)
			state->child_inputs[i] = state->input;
		return 0;
	case ARGP_KEY_ARG: set_argument(state, state->input, arg); return 0;
	case ARGP_KEY_END: check_together(state, state->input); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

struct command_parser {
	struct argp argp, lists[LISTS];
	struct argp_child children[LISTS + 1];
	char name[64]; /* "multidb query" */
};

static void build_command_parser(struct command_parser *p, const struct cli_command *c)
{
	static const char *const arguments[] = { "", "[QUERY]", "QUERY", "[COMMAND]" };
	size_t n = 0;
	memset(p, 0, sizeof *p);
	for (size_t l = 0; l < LISTS; l++) {
		if (!has_list(c, l))
			continue;
		p->lists[l] = (struct argp){ .options = lists[l].options, .parser = read_option };
		p->children[n++].argp = &p->lists[l];
	}
	p->argp = (struct argp){ .parser = read_command_level,
		                 .args_doc = arguments[c->argument],
		                 .doc = c->help,
		                 .children = p->children };
	snprintf(p->name, sizeof p->name, "multidb %s", c->name);
}

static void refuse_not_built(const struct cli_command *c)
{
	fprintf(stderr, "multidb %s: not built yet\n", c->name);
	exit(CLI_USAGE);
}

/* argv[0] is the command's name. */
static void parse_command(struct cli *cli, int argc, char **argv)
{
	struct command_parser p;
	build_command_parser(&p, cli->command);
	argv[0] = p.name;
	argp_parse(&p.argp, argc, argv, ARGP_NO_HELP, NULL, cli);
}

static const struct cli_command *find_command(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static struct md_str nearest_command(const char *name)
{
	struct md_str names[32];
	size_t n = 0;
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (c->run)
			names[n++] = md_str_z(c->name);
	return md_str_nearest(md_str_z(name), names, n);
}

/* The command to run or to explain; ends the process where there is none. */
static const struct cli_command *need_command(struct argp_state *state, const char *name)
{
	const struct cli_command *c = find_command(name);
	if (c && !c->run)
		refuse_not_built(c);
	if (c)
		return c;
	struct md_str near = nearest_command(name);
	if (near.n)
		argp_error(state, "no command '%s', did you mean '%.*s'", name, MD_FMT(near));
	argp_error(state, "no command '%s'", name);
	return NULL;
}

static error_t read_first_level(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;
	if (key == ARGP_KEY_INIT)
		check_option_names(state);
	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "no command given");
	if (key != ARGP_KEY_ARG)
		return key == ARGP_KEY_INIT ? 0 : read_option(key, arg, state);
	cli->command = need_command(state, arg);
	parse_command(cli, state->argc - state->next + 1, state->argv + state->next - 1);
	if (cli->command->argument == CLI_MAY_COMMAND && cli->argument)
		need_command(state, cli->argument);
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
		if (c->run)
			md_buf_fmt(&b, "  %-12s %s\n", c->name, c->summary);
	md_buf_lit(&b, "\nOptions of all commands:");
	md_buf_char(&b, '\0');
	return b.failed ? (char *)(uintptr_t)text : b.p;
}

static const struct argp first_level = {
	.options = common_options,
	.parser = read_first_level,
	.args_doc = "COMMAND [QUERY]",
	.help_filter = with_commands,
	.doc = "Declarative queries to the right database: a definition, a role and a context become rows."
	       "\vExamples:\n"
	       "  multidb demo\n"
	       "  multidb query -c multidb.json -r admin '{\"from\": \"orders\", \"limit\": 3}'\n"
	       "  multidb explain --role admin question.json\n"
	       "  multidb help query\n\n"
	       "Exit status: 0 ok, 1 the query or the configuration is wrong or failed, 2 usage, "
	       "130 interrupted (Ctrl-C)."
};

const struct cli_command *cli_parse_options(struct cli *cli, int argc, char **argv)
{
	static char program[] = "multidb";
	argp_err_exit_status = CLI_USAGE;
	if (argc)
		argv[0] = program; /* messages name it without its folder */
	argp_parse(&first_level, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, cli);
	return cli->command;
}

int cli_help(struct cli *cli)
{
	struct command_parser p;
	char program[] = "multidb";
	if (!cli->argument) {
		argp_help(&first_level, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK, program);
		return CLI_OK;
	}
	build_command_parser(&p, find_command(cli->argument));
	argp_help(&p.argp, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK, p.name);
	return CLI_OK;
}

int cli_version(struct cli *cli)
{
	(void)cli;
	print_version();
	return CLI_OK;
}
