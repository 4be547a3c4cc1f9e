/* From the command line to a prepared query: which configuration, which text, whose context. */
#include "cli/cli.h"

#include "base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFINITION_MAX ((size_t)256 << 20) /* far above every sensible limits.bodyBytes, which the library checks */

const multidb_options cli_offline = { .size = sizeof(multidb_options), .offline = 1 };

static const char *config_path(struct cli *cli)
{
	const char *env = getenv("MULTIDB_CONFIG");
	if (cli->config)
		return cli->config;
	if (env && *env)
		return env;
	cli->config_is_default = true;
	return "multidb.json";
}

static bool is_url(const char *config)
{
	static const char *const starts[] = { "postgresql://", "postgres://", "sqlite:" };
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (!strncmp(config, starts[i], strlen(starts[i])))
			return true;
	return false;
}

bool cli_config_is_url(struct cli *cli)
{
	return is_url(config_path(cli));
}

/* The url of a database names a table in it in place of a file. */
static int open_engine(struct cli *cli, const multidb_options *options, multidb_error **error)
{
	const char *config = config_path(cli);
	if (!is_url(config))
		return multidb_engine_open_file(config, options, &cli->engine, error);
	const multidb_table table = { .size = sizeof table, .url = config, .table = cli->config_table,
		                      .poll_ms = cli->watches_config ? 0 : -1 };
	return multidb_engine_open_table(&table, options, &cli->engine, error);
}

int cli_open(struct cli *cli, const multidb_options *options)
{
	multidb_error *error = NULL;
	watch_begin();
	if (open_engine(cli, options, &error)) {
		cli_report(cli, error);
		if (cli->config_is_default && access("multidb.json", F_OK) && !cli->json)
			fputs("  name the configuration with --config FILE or in $MULTIDB_CONFIG; "
			      "`multidb demo --dir DIR` makes one to try\n", stderr);
		multidb_error_free(error);
		return -1;
	}
	cli->query = multidb_query_new(cli->engine);
	if (!cli->query)
		cli_no_memory();
	return cli->query ? 0 : -1;
}

static int read_stdin(struct cli *cli, struct md_str *out)
{
	struct md_buf b = { .arena = &cli->arena };
	while (md_buf_room(&b, 1 << 16)) {
		ssize_t n = read(0, b.p + b.n, 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			cli_fail(cli, MD_INVALID_BODY, "can't read standard input: %s", strerror(errno));
			return -1;
		}
		if (n == 0) {
			*out = md_buf_view(&b);
			return 0;
		}
		b.n += (size_t)n;
		if (b.n > DEFINITION_MAX) {
			cli_fail(cli, MD_LIMIT_EXCEEDED, "standard input has over %zu bytes", DEFINITION_MAX);
			return -1;
		}
	}
	cli_no_memory();
	return -1;
}

/* The JSON itself starts with a bracket; no sensible file name does. */
static bool is_json(const char *argument)
{
	const char *p = argument + strspn(argument, " \t\r\n");
	return *p == '{' || *p == '[';
}

static int read_definition(struct cli *cli, struct md_str *out)
{
	if (!strcmp(cli->argument, "-"))
		return read_stdin(cli, out);
	*out = md_str_z(cli->argument);
	if (is_json(cli->argument) || !md_read_file(&cli->arena, cli->argument, DEFINITION_MAX, out))
		return 0;
	if (errno == ENOMEM)
		cli_no_memory();
	else
		cli_fail(cli, MD_INVALID_BODY, "can't read the query from '%s': %s", cli->argument, strerror(errno));
	return -1;
}

/* A definition that is given parameters is bound to them. */
static int prepare_or_bind(struct cli *cli, multidb_mode mode, struct md_str parameters, struct md_str context)
{
	const char *definition = cli->definition.p ? cli->definition.p : "";
	if (!parameters.p)
		return multidb_query_prepare(cli->query, mode, definition, cli->definition.n, context.p, context.n);
	if (multidb_query_define(cli->query, mode, definition, cli->definition.n))
		return -1;
	return multidb_query_bind(cli->query, parameters.p, parameters.n, context.p, context.n);
}

int cli_prepare(struct cli *cli, multidb_mode mode)
{
	struct md_str context, parameters;
	if (read_definition(cli, &cli->definition))
		return -1;
	if (cli_context(cli, &context) || cli_parameters(cli, &parameters)) {
		cli_no_memory();
		return -1;
	}
	if (!prepare_or_bind(cli, mode, parameters, context))
		return 0;
	cli_report_query(cli);
	return -1;
}

static void print_log(struct cli *cli)
{
	const char *text = cli->query ? multidb_result_debug_text(cli->query) : NULL;
	if (cli->debug && text)
		fputs(text, stderr);
}

int cli_close(struct cli *cli, int status)
{
	watch_query(NULL);
	print_log(cli);
	multidb_query_free(cli->query);
	multidb_engine_close(cli->engine);
	md_arena_free(&cli->arena);
	return watch_status(out_end() ? status : CLI_FAILED);
}
