/* Errors for people: the message, then every problem with its place, what was expected, what was
 * given, what was probably meant, and a hint. Reads the problem object that --json prints, so that
 * both say the same. */
#include "cli/cli.h"

#include "json/write.h"

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
static void append_difference(struct md_buf *b, const char *indent, const struct md_json *details)
{
	struct md_str expected = json_text(details, "expected"), actual = json_text(details, "actual");
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

static void append_message_and_code(struct md_buf *b, const struct md_json *from)
{
	text_print(b, json_text(from, "message"));
	md_buf_fmt(b, " [%.*s]\n", MD_FMT(json_text(from, "code")));
}

static void append_in_brackets(struct md_buf *b, struct md_str text)
{
	if (!text.n)
		return;
	md_buf_lit(b, " (");
	text_print(b, text);
	md_buf_char(b, ')');
}

static void append_problem(struct md_buf *b, const char *indent, const struct md_json *p)
{
	const struct md_json *details = json_get(p, "details");
	struct md_str pointer = json_text(p, "pointer"), meant = json_text(details, "suggestion"),
		      message = json_text(p, "message");
	md_buf_fmt(b, "%s  ", indent);
	text_print(b, pointer);
	append_in_brackets(b, json_text(details, "where"));
	md_buf_str(b, pointer.n ? MD_STR(": ") : MD_NOSTR);
	append_message_and_code(b, p);
	append_difference(b, indent, details);
	if (meant.n && !memmem(message.p, message.n, meant.p, meant.n))
		md_buf_fmt(b, "%s    did you mean '%.*s'\n", indent, MD_FMT(meant));
	append_labelled(b, indent, "    hint: ", json_text(details, "hint"));
}

/* Why each strategy could not answer: a planning error's own explanation. */
static void append_alternative(struct md_buf *b, const char *indent, const struct md_json *a)
{
	struct md_str detail = json_text(a, "detail");
	md_buf_fmt(b, "%s  %.*s: %.*s%s", indent, MD_FMT(json_text(a, "strategy")), MD_FMT(json_text(a, "code")),
	           detail.n ? ", " : "");
	append_line_end(b, detail);
	append_labelled(b, indent, "    hint: ", json_text(a, "hint"));
}

static void append_each(struct md_buf *b, const char *indent, const struct md_json *list,
                        void (*append_one)(struct md_buf *, const char *, const struct md_json *))
{
	struct md_json_iter it;
	const struct md_json *v;
	if (!list)
		return;
	md_json_iter(&it, list);
	while ((v = md_json_next(&it, NULL)))
		append_one(b, indent, v);
}

void cli_error_text(struct md_buf *b, const struct md_json *error, const char *indent)
{
	append_message_and_code(b, error);
	append_each(b, indent, json_get(error, "errors"), append_problem);
	append_each(b, indent, json_get(error, "alternatives"), append_alternative);
	append_labelled(b, indent, "  cause: ", json_text(error, "cause"));
	append_labelled(b, indent, "  hint: ", json_text(json_get(error, "details"), "hint"));
}

static int report_text(struct cli *cli, const char *error_json)
{
	struct md_buf b = { .arena = &cli->arena };
	struct md_json_error unread;
	const struct md_json *error;
	if (!md_json_parse(&cli->arena, md_str_z(error_json), &error, &unread))
		cli_error_text(&b, error, "");
	else if (unread.message)
		append_line_end(&b, md_str_z(error_json)); /* no reason may be lost because its object cannot be read */
	if (!b.n || b.failed)
		return cli_no_memory();
	fprintf(stderr, "multidb: %.*s", MD_FMT(md_buf_view(&b)));
	return CLI_FAILED;
}

int cli_report(struct cli *cli, const char *error_json)
{
	watch_quiet();
	if (!error_json)
		return cli_no_memory();
	if (!cli->json)
		return report_text(cli, error_json);
	out_text(error_json);
	out_text("\n");
	return CLI_FAILED;
}

int cli_report_query(struct cli *cli)
{
	const multidb_error *error = multidb_query_error(cli->query);
	return cli_report(cli, error ? multidb_error_json(error) : NULL);
}

void cli_problem(struct md_buf *b, enum md_code code, struct md_str message)
{
	struct md_jw w = { .b = b };
	char type[64];
	snprintf(type, sizeof type, "urn:multidb:error:%s", md_code_name(code));
	md_jw_obj(&w);
	md_jw_kstr(&w, "type", md_str_z(type));
	md_jw_kstr(&w, "title", md_str_z(md_code_title(code)));
	md_jw_kint(&w, "status", md_code_status(code));
	md_jw_kstr(&w, "detail", message);
	md_jw_kstr(&w, "code", md_str_z(md_code_name(code)));
	md_jw_kstr(&w, "message", message);
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
	text_print(&clean, md_str_z(message)); /* a file's name can be any bytes */
	cli_problem(&b, code, md_buf_view(&clean));
	b.failed |= clean.failed;
	md_buf_char(&b, '\0');
	return cli_report(cli, b.failed ? NULL : b.p);
}
