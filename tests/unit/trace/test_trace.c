/* trace/trace.h: the lines of the log, and values that are not shown. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/json.h"
#include "trace/trace.h"

#include <stdio.h>

static struct md_arena arena;
static struct md_ctx cx = { .arena = &arena };

static int setup(void **state)
{
	(void)state;
	cx.trace = md_trace_new(&arena);
	return !cx.trace;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static const struct md_log_view without_values = { .statement = true, .row_rules = true };

static const char *log_text(bool show_values)
{
	struct md_buf b = { .arena = &arena };
	md_trace_text(&b, cx.trace, show_values ? &md_log_whole : &without_values);
	md_buf_char(&b, '\0');
	return b.p;
}

static const char *log_json(bool show_values, bool with_time)
{
	struct md_buf b = { .arena = &arena };
	struct md_jw w = { .b = &b };
	md_trace_json(&w, cx.trace, show_values ? &md_log_whole : &without_values, with_time);
	md_buf_char(&b, '\0');
	return b.p;
}

/* A caller's name or value cannot look like a line of the log, or control the terminal. */
static void escapes_what_is_no_text(void **state)
{
	(void)state;
	static const struct md_value value = { .type = { MD_STRING, false }, .text = { "a\n[rls]\x1b[2J\0\xff", 13 } };
	md_ev2(&cx, MD_EV_COLUMN_DENIED, MD_Z("x\xe2\x80\xa8y"), MD_Z("z"));
	md_ev4(&cx, MD_EV_ROW_VALUE, MD_Z("r\r\n"), MD_Z("c"), MD_Z("="), MD_V(&value));
	const char *text = log_text(true);
	int lines = 0;
	for (const char *p = text; *p; p++) {
		lines += *p == '\n';
		assert_true(*p == '\n' || (unsigned char)*p >= ' ');
	}
	assert_int_equal(lines, 2);
	assert_non_null(strstr(text, "r\\r\\n"));
	assert_non_null(strstr(text, "x\\u2028y"));
	assert_non_null(strstr(text, "a\\n[rls]\\u001b[2J\\u0000\xef\xbf\xbd"));
}

/* The lines of a query that two tables and a role with a row filter take part in. */
static void writes_the_lines_of_a_query(void **state)
{
	(void)state;
	static const struct md_str columns[] = { { "id", 2 }, { "total", 5 } },
				   tables[] = { { "orders(pg-main)", 15 }, { "events(ch-analytics)", 20 } };
	static const struct md_value tenant = { .type = { MD_UUID, false }, .text = { "abc-123", 7 } };
	md_ev2(&cx, MD_EV_TABLE_FOUND, MD_Z("orders"), MD_Z("pg-main"));
	md_ev2(&cx, MD_EV_COLUMN_INDEXED, MD_Z("id"), MD_Z("uuid"));
	md_ev2(&cx, MD_EV_COLUMN_VALID, MD_Z("total"), MD_Z("decimal"));
	md_ev2(&cx, MD_EV_COLUMN_DENIED, MD_Z("internalNote"), MD_Z("role 'tenant-user'"));
	md_ev4(&cx, MD_EV_ROW_EQ, MD_Z("tenant-user"), MD_Z("orders"), MD_Z("tenantId"), MD_Z("tenantId"));
	md_ev4(&cx, MD_EV_ROW_VALUE, MD_Z("orders"), MD_Z("tenantId"), MD_Z("="), MD_V(&tenant));
	md_ev2(&cx, MD_EV_TRIMMED, MD_L(columns, 2), MD_Z("orders"));
	md_ev1(&cx, MD_EV_TABLES_NEEDED, MD_L(tables, 2));
	md_ev0(&cx, MD_EV_NOT_ONE);
	md_ev4(&cx, MD_EV_NAME, MD_Z("orders"), MD_Z("total"), MD_Z("public.orders"), MD_Z("total_amount"));
	md_ev1(&cx, MD_EV_DIALECT, MD_Z("postgres"));
	md_ev3(&cx, MD_EV_EXECUTED, MD_Z("pg-main"), MD_I(42), MD_I(8));
	assert_string_equal(log_text(true),
		"[validation]  Resolving table 'orders' → found in metadata (database: pg-main)\n"
		"[validation]  Column 'id' → valid (type: uuid, indexed: true)\n"
		"[validation]  Column 'total' → valid (type: decimal)\n"
		"[validation]  Column 'internalNote' → DENIED for role 'tenant-user' (not in allowedColumns)\n"
		"[rls]         Role 'tenant-user' requires filter: orders.tenantId = context.tenantId\n"
		"[rls]         Injecting WHERE orders.tenantId = ? (resolved: 'abc-123')\n"
		"[rls]         Trimming columns to allowed set: [id, total]\n"
		"[planning]    Tables needed: [orders(pg-main), events(ch-analytics)]\n"
		"[planning]    Not in same database. Checking materializations...\n"
		"[name-res]    orders.total → public.orders.total_amount\n"
		"[sql-gen]     Dialect: postgres\n"
		"[execution]   pg-main → 42 rows, 8ms\n");
}

static void hides_values_where_asked(void **state)
{
	(void)state;
	static const struct md_str regions[] = { { "us-east", 7 }, { "us-west", 7 } };
	static const struct md_value one = { .type = { MD_STRING, false }, .text = { "secret", 6 } },
	                             many = { .type = { MD_STRING, true }, .list = { regions, 2 } };
	md_ev4(&cx, MD_EV_ROW_VALUE, MD_Z("orders"), MD_Z("regionId"), MD_Z("="), MD_V(&one));
	md_ev4(&cx, MD_EV_ROW_VALUE, MD_Z("orders"), MD_Z("regionId"), MD_Z("in"), MD_V(&many));
	assert_string_equal(log_text(false),
	                    "[rls]         Injecting WHERE orders.regionId = ? (resolved: <string, length 6>)\n"
	                    "[rls]         Injecting WHERE orders.regionId in ? (resolved: <string[], elements 2>)\n");
	assert_null(strstr(log_json(false, false), "secret"));
	assert_null(strstr(log_json(false, false), "us-east"));
	assert_non_null(strstr(log_json(false, false), "\"value\":{\"type\":\"string[]\",\"length\":2}"));
	assert_non_null(strstr(log_text(true), "(resolved: [us-east, us-west])"));
	assert_non_null(strstr(log_json(true, false), "\"value\":[\"us-east\",\"us-west\"]"));
	assert_non_null(strstr(log_json(true, false), "\"value\":\"secret\""));
}

static void writes_entries_as_data(void **state)
{
	(void)state;
	static const struct md_str columns[] = { { "a\"b", 3 } };
	md_trace_time(cx.trace, 1000);
	md_ev3(&cx, MD_EV_EXECUTED, MD_Z("pg"), MD_I(3), MD_I(-1));
	md_trace_time(cx.trace, 2000);
	md_ev2(&cx, MD_EV_TRIMMED, MD_L(columns, 1), MD_Z("t"));
	assert_string_equal(log_json(true, true),
	                    "[{\"timestamp\":1000,\"phase\":\"execution\",\"message\":\"pg → 3 rows, "
	                    "-1ms\",\"details\":{\"database\":\"pg\",\"rows\":3,\"ms\":-1}},"
	                    "{\"timestamp\":2000,\"phase\":\"rls\",\"message\":\"Trimming columns to allowed set: "
	                    "[a\\\"b]\",\"details\":{\"columns\":[\"a\\\"b\"],\"table\":\"t\"}}]");
	assert_null(strstr(log_json(true, false), "timestamp"));
}

static void keeps_thousands_of_events_in_order(void **state)
{
	(void)state;
	struct md_buf want = { .arena = &arena };
	for (int i = 0; i < 3000; i++) {
		md_trace_time(cx.trace, i); /* more readings than are kept: the last one stands for the rest */
		md_ev1(&cx, MD_EV_EXECUTING, MD_Z(md_str_fmt(&arena, "db%d", i).p));
		md_buf_fmt(&want, "[execution]   Executing on db%d\n", i);
	}
	md_buf_char(&want, '\0');
	assert_string_equal(log_text(true), want.p);
	const struct md_json *v;
	struct md_json_error e;
	assert_int_equal(md_json_parse(&arena, md_str_z(log_json(true, true)), &v, &e), 0);
	assert_int_equal(md_json_size(v), 3000);
}

static void records_nothing_without_a_trace(void **state)
{
	(void)state;
	cx.trace = NULL;
	md_ev1(&cx, MD_EV_DIALECT, MD_Z("postgres"));
	assert_string_equal(log_text(true), "");
	assert_string_equal(log_json(true, true), "[]");
}

/* A pattern has a place for each named field, and never more places than there are facts. */
static void gives_each_pattern_its_fields(void **state)
{
	(void)state;
	static const struct { const char *pattern, *field[4]; } all[] = {
#define MD_EVENT(name, phase, pattern, f1, f2, f3, f4) { pattern, { f1, f2, f3, f4 } },
#include "trace/events.def"
#undef MD_EVENT
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		int holes = 0, names = 0;
		for (const char *p = all[i].pattern; (p = strstr(p, "{}")); p += 2)
			holes++;
		for (int f = 0; f < 4; f++)
			names += all[i].field[f][0] != '\0';
		if (holes > names)
			fail_msg("%s: %d holes, %d fields", all[i].pattern, holes, names);
	}
	for (int p = 0; p < MD_PHASES; p++)
		assert_true(strlen(md_phase_tag((enum md_phase)p)) <= 11 &&
		            strlen(md_phase_name((enum md_phase)p)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(escapes_what_is_no_text, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_the_lines_of_a_query, setup, teardown),
		cmocka_unit_test_setup_teardown(hides_values_where_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_entries_as_data, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_thousands_of_events_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(records_nothing_without_a_trace, setup, teardown),
		cmocka_unit_test(gives_each_pattern_its_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
