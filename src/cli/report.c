/* Errors for people: the message, then every problem with its place, what was expected, what was
 * given, what was probably meant, and a hint. */
#include "cli/cli.h"

#include "json/problem.h"

#include <stdarg.h>
#include <stdio.h>

int cli_no_memory(void)
{
	fputs("multidb: out of memory\n", stderr);
	return CLI_FAILED;
}

/* A text of unknown content (a name from the query, a database's text) at the end of a line. */
static void append_line_end(struct md_buf *b, struct md_str text)
{
	text_print(b, text);
	md_buf_char(b, '\n');
}

/* Databases explain themselves in several lines; each goes behind the indent. */
static void append_labelled(struct md_buf *b, const char *indent, const char *label, struct md_str text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		md_buf_fmt(b, "%s%s", indent, label);
		append_line_end(b, (struct md_str){ text.p, n });
		text.p += n + (end != NULL);
		text.n -= n + (end != NULL);
		label = "    ";
	}
}

/* expected … and actual … on one line, whatever of them there is. */
static void append_difference(struct md_buf *b, const char *indent, struct md_str expected, struct md_str actual)
{
	if (!expected.n && !actual.n)
		return;
	md_buf_fmt(b, "%s    %s", indent, expected.n ? "expected " : "actual ");
	text_print(b, expected.n ? expected : actual);
	if (expected.n && actual.n) {
		md_buf_lit(b, ", actual ");
		text_print(b, actual);
	}
	md_buf_char(b, '\n');
}

static void append_message_and_code(struct md_buf *b, struct md_str message, const char *code)
{
	text_print(b, message);
	md_buf_fmt(b, " [%s]\n", code);
}

static void append_in_brackets(struct md_buf *b, struct md_str text)
{
	if (!text.n)
		return;
	md_buf_lit(b, " (");
	text_print(b, text);
	md_buf_char(b, ')');
}

static struct md_str problem_detail(const multidb_error *e, size_t i, const char *name)
{
	return md_str_z(multidb_error_problem_detail(e, i, name));
}

static void append_problem(struct md_buf *b, const char *indent, const multidb_error *e, size_t i)
{
	struct md_str pointer = md_str_z(multidb_error_problem_pointer(e, i)),
		      message = md_str_z(multidb_error_problem_message(e, i)),
		      meant = problem_detail(e, i, "suggestion");
	md_buf_fmt(b, "%s  ", indent);
	text_print(b, pointer);
	append_in_brackets(b, problem_detail(e, i, "where"));
	md_buf_str(b, pointer.n ? MD_STR(": ") : MD_NOSTR);
	append_message_and_code(b, message, multidb_error_problem_code_name(e, i));
	append_difference(b, indent, problem_detail(e, i, "expected"), problem_detail(e, i, "actual"));
	if (meant.n && !memmem(message.p, message.n, meant.p, meant.n))
		md_buf_fmt(b, "%s    did you mean '%.*s'\n", indent, MD_FMT(meant));
	append_labelled(b, indent, "    hint: ", problem_detail(e, i, "hint"));
}

/* Why each strategy could not answer: a planning error's own explanation. */
static void append_refusal(struct md_buf *b, const char *indent, const multidb_query *q, size_t i)
{
	struct md_str detail = md_str_z(multidb_result_alternative_detail(q, i));
	md_buf_fmt(b, "%s  %s: %s%s", indent, multidb_result_alternative_strategy(q, i),
	           multidb_result_alternative_code(q, i), detail.n ? ", " : "");
	append_line_end(b, detail);
	append_labelled(b, indent, "    hint: ", md_str_z(multidb_result_alternative_hint(q, i)));
}

/* A query that was planned and failed later has strategies, too, which explain nothing. */
static size_t count_refusals(const multidb_query *q)
{
	return q && multidb_result_kind(q) == MULTIDB_KIND_NONE ? multidb_result_alternative_count(q) : 0;
}

void cli_error_text(struct md_buf *b, const multidb_error *e, const multidb_query *q, const char *indent)
{
	append_message_and_code(b, md_str_z(multidb_error_message(e)), multidb_error_code_name(e));
	for (size_t i = 0; i < multidb_error_problem_count(e); i++)
		append_problem(b, indent, e, i);
	for (size_t i = 0; i < count_refusals(q); i++)
		append_refusal(b, indent, q, i);
	append_labelled(b, indent, "  cause: ", md_str_z(multidb_error_cause(e)));
	if (!multidb_error_problem_count(e))
		append_labelled(b, indent, "  hint: ", md_str_z(multidb_error_hint(e)));
}

static int print_on_standard_error(struct md_buf *b)
{
	if (!b->n || b->failed)
		return cli_no_memory();
	fprintf(stderr, "multidb: %.*s", MD_FMT(md_buf_view(b)));
	return CLI_FAILED;
}

static int report_object(const char *error_json)
{
	out_text(error_json);
	out_text("\n");
	return CLI_FAILED;
}

int cli_report(struct cli *cli, const multidb_error *error)
{
	struct md_buf b = { .arena = &cli->arena };
	watch_quiet();
	if (!error)
		return cli_no_memory();
	if (cli->json)
		return report_object(multidb_error_json(error));
	cli_error_text(&b, error, cli->query, "");
	return print_on_standard_error(&b);
}

int cli_report_query(struct cli *cli)
{
	return cli_report(cli, multidb_query_error(cli->query));
}

void cli_problem(struct md_buf *b, enum md_code code, struct md_str message)
{
	struct md_jw w = { .b = b };
	md_jw_obj(&w);
	md_jw_problem(&w, code, message);
	md_jw_keyz(&w, "details");
	md_jw_obj(&w);
	md_jw_kstr(&w, "code", md_str_z(md_code_name(code)));
	md_jw_obj_end(&w);
	md_jw_obj_end(&w);
}

int cli_fail(struct cli *cli, enum md_code code, const char *fmt, ...)
{
	struct md_buf b = { .arena = &cli->arena }, clean = { .arena = &cli->arena };
	char message[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	watch_quiet();
	text_print(&clean, md_str_z(message)); /* a file's name can be any bytes */
	if (!cli->json) {
		append_message_and_code(&b, md_buf_view(&clean), md_code_name(code));
		b.failed |= clean.failed;
		return print_on_standard_error(&b);
	}
	cli_problem(&b, code, md_buf_view(&clean));
	return clean.failed || !md_buf_text(&b).p ? cli_no_memory() : report_object(b.p);
}
