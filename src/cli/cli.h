/* The command line program: what its commands share. It includes multidb.h, base/ and json/ and
 * nothing of the engine behind them, and reads neither definitions nor results: JSON is read
 * where a text is the program's own (expect.h, options.c). One process runs one command;
 * everything lives until the process ends, in cli.arena or on the heap. */
#ifndef MD_CLI_CLI_H
#define MD_CLI_CLI_H

#include "base/buf.h"
#include "base/err.h"

#include <multidb.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* the query or the configuration is wrong or failed */
	CLI_USAGE = 2,
	CLI_SIGNALLED = 128, /* plus the signal's number: interrupted, as shells report it (130 after SIGINT) */
};

enum cli_format { CLI_TABLE, CLI_JSON, CLI_NDJSON, CLI_CSV };

struct cli_value {
	struct md_str key, text;
	bool json; /* text is JSON, otherwise a string */
};

struct cli {
	const struct cli_command *command;
	const char *config;       /* --config; NULL: the default */
	const char *config_table; /* --config-table; NULL: the default */
	bool watches_config;      /* set before cli_open: a configuration in a table is loaded again when it changes */
	bool config_is_default;   /* set by cli_open: neither an option nor the environment named the file */
	bool json, debug;
	MD_VEC(struct md_str) roles, service_roles;
	MD_VEC(struct cli_value) values; /* --context */
	const char *context_json; /* the whole context, instead of the three above */
	MD_VEC(struct cli_value) parameters; /* --param */
	const char *parameters_json; /* --params: all parameters */
	enum cli_format format;
	bool format_given;
	const char *dir;          /* --dir of demo */
	bool query_schema;        /* --query of schema */
	const char *argument;     /* QUERY, or what help explains; NULL: not given */
	struct md_arena arena;
	multidb_engine *engine;
	multidb_query *query;
	struct md_str definition; /* text of QUERY, after cli_prepare */
};

/* Which groups of options a command takes beside the common ones. */
enum { CLI_TAKES_CONTEXT = 1, CLI_TAKES_FORMAT = 2, CLI_TAKES_DIR = 4, CLI_TAKES_SCHEMA = 8 };

struct cli_command {
	const char *name, *summary;
	int (*run)(struct cli *cli); /* returns an enum cli_exit; NULL: not built yet, and listed nowhere */
	unsigned takes;
	enum { CLI_NO_ARGUMENT, CLI_MAY_QUERY, CLI_NEEDS_QUERY, CLI_MAY_COMMAND } argument;
	const char *help; /* what it does, and examples */
};

extern const struct cli_command cli_commands[]; /* ends with a NULL name */

int cli_validate(struct cli *cli);
int cli_plan(struct cli *cli);
int cli_explain(struct cli *cli);
int cli_query(struct cli *cli);
int cli_count(struct cli *cli);
int cli_run(struct cli *cli);
int cli_schema(struct cli *cli);
int cli_demo(struct cli *cli);
int cli_help(struct cli *cli);
int cli_version(struct cli *cli);

/* ---- options.c ---- */

/* Fills *cli from the command line and returns the command. Ends the process itself for --help,
 * --version and usage errors. cli_help and cli_version are defined in this file too. */
const struct cli_command *cli_parse_options(struct cli *cli, int argc, char **argv);

/* ---- context.c ---- */

/* The options as the library's context text; empty where none was given (a caller without a role).
 * -1: out of memory. */
int cli_context(struct cli *cli, struct md_str *out);
/* The options as the library's parameters text; empty where none was given. -1: out of memory. */
int cli_parameters(struct cli *cli, struct md_str *out);

/* ---- request.c ---- */

/* Nothing will be executed, so no secret is read. */
extern const multidb_options cli_offline;
/* Is the configuration in a table? */
bool cli_config_is_url(struct cli *cli);
/* Opens the engine and makes the query handle. -1: reported. */
int cli_open(struct cli *cli, const multidb_options *options);
/* Reads QUERY and the context and prepares the handle. -1: reported. */
int cli_prepare(struct cli *cli, multidb_mode mode);
/* Frees handle, engine, arena; after --debug prints the log. Returns the exit status: `status`,
 * CLI_FAILED where the output could not be written, or that of a signal. */
int cli_close(struct cli *cli, int status);

/* ---- report.c ---- */

/* Prints the error: with --json the object on standard output, otherwise text for people on
 * standard error. Returns CLI_FAILED. */
int cli_report(struct cli *cli, const multidb_error *error);
int cli_report_query(struct cli *cli); /* the handle's error */
/* The text alone; each line but the first behind `indent`. q: the query that failed, which has the
 * refusals of an error of planning; NULL: none. */
void cli_error_text(struct md_buf *b, const multidb_error *e, const multidb_query *q, const char *indent);
/* A problem object of the program's own (an unreadable file). */
void cli_problem(struct md_buf *b, enum md_code code, struct md_str message);
int cli_fail(struct cli *cli, enum md_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Reports that the process is out of memory, without allocating. */
int cli_no_memory(void);

/* ---- out.c: standard output, with every failure noticed ---- */

void out_begin(void);                      /* before anything opens a file */
bool out_bytes(const char *p, size_t n);   /* false: no further output can arrive (disk full, reader gone) */
bool out_text(const char *z);
bool out_flush(void);
bool out_failed(void);
/* Flushes and closes. False: it failed, and the reason is printed unless the reader has closed its
 * end. */
bool out_end(void);

/* ---- watch.c: interrupts and progress while a query runs ---- */

void watch_begin(void);                    /* before the engine makes threads */
void watch_query(multidb_query *q);        /* SIGINT and SIGTERM now cancel it; NULL: they end the process */
void watch_rows(int64_t rows);             /* how far it is, for the progress line */
void watch_quiet(void);                    /* no progress line from now on: rows are on the terminal */
bool watch_interrupted(void);
int watch_status(int status);              /* the exit status: `status`, or that of the signal that interrupted us */

/* ---- table.c: rows as an aligned table ---- */

struct table;
#define TABLE_ROWS_AHEAD 1000
/* types may be NULL; numbers go to the right. Widths come from the first TABLE_ROWS_AHEAD rows (or
 * 1 MiB), the others stream. NULL: out of memory. */
struct table *table_begin(size_t n, const char *const *names, const char *const *types, const char *indent);
bool table_row(struct table *t, const multidb_cell *cells); /* false: output or memory failed */
bool table_end(struct table *t);                            /* writes what waits and "(N rows)"; frees */
void table_drop(struct table *t);                           /* frees; NULL is fine */

/* ---- text.c: UTF-8 on a terminal ---- */

/* Appends s in a form that fits one line of a terminal: control characters as \\n, \\u001b, bytes
 * that are not UTF-8 as U+FFFD. Returns the number of terminal columns it takes. */
size_t text_print(struct md_buf *b, struct md_str s);

/* ---- show.c: plans for people ---- */

/* Strategy, tables, SQL, parameters. */
void show_request(struct md_buf *b, multidb_query *q, const char *indent);
void show_plan(struct md_buf *b, multidb_query *q, const char *indent);
void show_explain(struct md_buf *b, multidb_query *q);

#endif
