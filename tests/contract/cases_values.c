/* Every type with its edge values: written by the owner, read through the driver, and found again
 * by a bound parameter. */
#include "suite.h"

struct sample {
	enum md_base_type type;
	const char *pg, *lite;   /* SQL literals */
	enum md_form form;
	const char *text;        /* canonical, as it comes out */
	const char *param;       /* canonical as a parameter; NULL: the same as text, "": not compared */
};

#define LONG "12345678901234567890123456789012345678"
static const struct sample samples[] = {
	{ MD_INT, "0", "0", MD_CELL_BARE, "0", NULL },
	{ MD_INT, "2147483647", "2147483647", MD_CELL_BARE, "2147483647", NULL },
	{ MD_INT, "-2147483648", "-2147483648", MD_CELL_BARE, "-2147483648", NULL },
	{ MD_BIGINT, "9223372036854775807", "9223372036854775807", MD_CELL_BARE, "9223372036854775807", NULL },
	{ MD_BIGINT, "-9223372036854775808", "-9223372036854775808", MD_CELL_BARE, "-9223372036854775808", NULL },
	{ MD_BIGINT, "9007199254740993", "9007199254740993", MD_CELL_BARE, "9007199254740993", NULL },
	{ MD_FLOAT, "0.1", "0.1", MD_CELL_BARE, "0.1", NULL },
	{ MD_FLOAT, "1e21", "1e21", MD_CELL_BARE, "1e+21", NULL },
	{ MD_FLOAT, "1e20", "1e20", MD_CELL_BARE, "100000000000000000000", NULL },
	{ MD_FLOAT, "1e-7", "1e-7", MD_CELL_BARE, "1e-7", NULL },
	{ MD_FLOAT, "0.000001", "0.000001", MD_CELL_BARE, "0.000001", NULL },
	{ MD_FLOAT, "-0.0::float8", "-0.0", MD_CELL_BARE, "0", NULL },
	{ MD_FLOAT, "5", "5", MD_CELL_BARE, "5", NULL },
	{ MD_FLOAT, "-1.5", "-1.5", MD_CELL_BARE, "-1.5", NULL },
	{ MD_FLOAT, "1.7976931348623157e308", "1.7976931348623157e308", MD_CELL_BARE, "1.7976931348623157e+308", NULL },
	{ MD_FLOAT, "123456789012345680", "123456789012345680.0", MD_CELL_BARE, "123456789012345680", NULL },
	{ MD_DECIMAL, LONG, "'" LONG "'", MD_CELL_BARE, LONG, NULL },
	{ MD_DECIMAL, "-" LONG, "'-" LONG "'", MD_CELL_BARE, "-" LONG, NULL },
	{ MD_DECIMAL, "12.50", "'12.5'", MD_CELL_BARE, "12.5", NULL },
	{ MD_DECIMAL, "0.00", "'0'", MD_CELL_BARE, "0", NULL },
	{ MD_DECIMAL, "100.00", "'100'", MD_CELL_BARE, "100", NULL },
	{ MD_DECIMAL, "0.000000000000000001", "'0.000000000000000001'", MD_CELL_BARE, "0.000000000000000001", NULL },
	{ MD_BOOLEAN, "true", "1", MD_CELL_BARE, "true", NULL },
	{ MD_BOOLEAN, "false", "0", MD_CELL_BARE, "false", NULL },
	{ MD_UUID, "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000000'", MD_CELL_PLAIN,
	  "00000000-0000-0000-0000-000000000000", NULL },
	{ MD_UUID, "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", MD_CELL_PLAIN,
	  "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", NULL },
	{ MD_DATE, "'0001-01-01'", "'0001-01-01'", MD_CELL_PLAIN, "0001-01-01", NULL },
	{ MD_DATE, "'9999-12-31'", "'9999-12-31'", MD_CELL_PLAIN, "9999-12-31", NULL },
	{ MD_DATE, "'2024-02-29'", "'2024-02-29'", MD_CELL_PLAIN, "2024-02-29", NULL },
	{ MD_TIMESTAMP, "'2024-01-01 12:34:56.123456+00'", "'2024-01-01T12:34:56.123456Z'", MD_CELL_PLAIN,
	  "2024-01-01T12:34:56.123456Z", NULL },
	{ MD_TIMESTAMP, "'2024-01-01 00:00:00+00'", "'2024-01-01T00:00:00.000000Z'", MD_CELL_PLAIN,
	  "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000000Z" },
	{ MD_TIMESTAMP, "'2024-01-01 05:30:00.1+05:30'", "'2024-01-01T00:00:00.100000Z'", MD_CELL_PLAIN,
	  "2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100000Z" },
	{ MD_TIMESTAMP, "'0001-01-01 00:00:00+00'", "'0001-01-01T00:00:00.000000Z'", MD_CELL_PLAIN,
	  "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z" },
	{ MD_TIMESTAMP, "'9999-12-31 23:59:59.999999+00'", "'9999-12-31T23:59:59.999999Z'", MD_CELL_PLAIN,
	  "9999-12-31T23:59:59.999999Z", NULL },
	{ MD_TIME, "'00:00:00'", "'00:00:00'", MD_CELL_PLAIN, "00:00:00", NULL },
	{ MD_TIME, "'23:59:59.999999'", "'23:59:59.999999'", MD_CELL_PLAIN, "23:59:59.999999", NULL },
	{ MD_TIME, "'10:30:00.250'", "'10:30:00.25'", MD_CELL_PLAIN, "10:30:00.25", NULL },
	{ MD_ENUM, "'new'", "'new'", MD_CELL_TEXT, "new", NULL },
	{ MD_ENUM, "'it''s \"q\"'", "'it''s \"q\"'", MD_CELL_TEXT, "it's \"q\"", NULL },
	{ MD_JSON, "'{\"a\": [1, 2,\n {\"b\" : null}]}'", "'{\"a\": [1, 2,\n {\"b\" : null}]}'", MD_CELL_BARE,
	  "{\"a\":[1,2,{\"b\":null}]}", "" },
	{ MD_JSON, "' \"x \\n\\u00e9\" '", "' \"x \\n\\u00e9\" '", MD_CELL_BARE, "\"x \\n\\u00e9\"", "" },
	{ MD_JSON, "'123456789012345678901234567890.50'", "'123456789012345678901234567890.50'", MD_CELL_BARE,
	  "123456789012345678901234567890.50", "" },
	{ MD_BYTES, "'\\x00ff10'", "x'00ff10'", MD_CELL_PLAIN, "AP8Q", NULL },
	{ MD_BYTES, "''", "x''", MD_CELL_PLAIN, "", NULL },
	{ MD_STRING, "''", "''", MD_CELL_TEXT, "", NULL },
	{ MD_STRING, "'NULL'", "'NULL'", MD_CELL_TEXT, "NULL", NULL },
	{ MD_STRING, "'it''s \"quoted\" \\ back'", "'it''s \"quoted\" \\ back'", MD_CELL_TEXT,
	  "it's \"quoted\" \\ back", NULL },
	{ MD_STRING, "E'line\\nbreak\\ttab'", "'line' || char(10) || 'break' || char(9) || 'tab'", MD_CELL_TEXT,
	  "line\nbreak\ttab", NULL },
	{ MD_STRING, "'😀 ünï ﷽'", "'😀 ünï ﷽'", MD_CELL_TEXT, "😀 ünï ﷽", NULL },
	{ MD_STRING, "'{a,b}'", "'{a,b}'", MD_CELL_TEXT, "{a,b}", NULL },
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static bool is_pg(void)
{
	return Q->in_list && strcmp(Q->name, "postgres") == 0;
}

/* Some databases hold fewer years. */
static bool held(const struct sample *s)
{
	bool moment = s->type == MD_DATE || s->type == MD_TIMESTAMP;
	if (s->type == MD_DECIMAL && Q->whole_digits && strcspn(s->text, ".") > Q->whole_digits)
		return false;
	return !moment || !Q->first_date ||
	       (strncmp(s->text, Q->first_date, 10) >= 0 && strncmp(s->text, Q->last_date, 10) <= 0);
}

/* A literal of the table above in the database's own spelling. */
static const char *spelled(enum md_base_type t, const char *pg, const char *lite)
{
	static char b[1000];
	char *to = b;
	if (Q->literal)
		return Q->literal(t, pg, lite);
	if (is_pg())
		return pg;
	for (const char *p = lite; *p; p++) {
		if (*p == '\\' && Q->backslash_escapes)
			*to++ = '\\';
		*to++ = *p;
	}
	*to = '\0';
	return b;
}

/* A table with a column per type, a row per sample; the other columns NULL. */
static void make_table(void)
{
	char sql[4096];
	size_t n = (size_t)snprintf(sql, sizeof sql, "CREATE TABLE v (id %s", Q->type[MD_INT]);
	for (unsigned t = 0; t < MD_TYPES; t++)
		n += (size_t)snprintf(sql + n, sizeof sql - n, ", c_%s %s", md_type_names[t], Q->type[t]);
	snprintf(sql + n, sizeof sql - n, ")");
	Q->owner("DROP TABLE IF EXISTS v");
	Q->owner(sql);
	for (int i = 0; i < SAMPLES; i++) {
		if (!held(&samples[i]))
			continue;
		snprintf(sql, sizeof sql, "INSERT INTO v (id, c_%s) VALUES (%d, %s)", md_type_names[samples[i].type], i,
		         spelled(samples[i].type, samples[i].pg, samples[i].lite));
		Q->owner(sql);
	}
}

static int setup(void **state)
{
	struct session *s = *state = malloc(sizeof *s);
	session_open(s);
	make_table();
	return 0;
}

static int teardown(void **state)
{
	session_close(*state);
	free(*state);
	return 0;
}

static void each_value_comes_out_canonical(void **state)
{
	struct session *s = *state;
	for (int i = 0; i < SAMPLES; i++) {
		char sql[200], id[16];
		struct md_stmt_output c[2] = { col("id", MD_INT, false), col("value", samples[i].type, false) };
		if (!held(&samples[i]))
			continue;
		snprintf(id, sizeof id, "%d", i);
		struct md_value p = val(MD_INT, id);
		snprintf(sql, sizeof sql, "SELECT t0.id AS c0, t0.c_%s AS c1 FROM v AS t0 WHERE t0.id = %s",
		         md_type_names[samples[i].type], Q->param(1, p.type));
		session_new_request(s);
		one_row(s, sql, &p, 1, c, 2);
		assert_cell(&s->cells[0], MD_CELL_BARE, id);
		assert_cell(&s->cells[1], samples[i].form, samples[i].text);
	}
}

static const char *compared_column(enum md_base_type t)
{
	static char column[32];
	snprintf(column, sizeof column, "t0.c_%s", md_type_names[t]);
	return Q->compared ? Q->compared(t, column) : column;
}

static void each_value_is_found_by_its_parameter(void **state)
{
	struct session *s = *state;
	for (int i = 0; i < SAMPLES; i++) {
		const char *text = samples[i].param ? samples[i].param : samples[i].text;
		if ((samples[i].param && !*text) || !held(&samples[i]))
			continue;
		char sql[200], id[16];
		struct md_stmt_output c = col("n", MD_BIGINT, false);
		snprintf(id, sizeof id, "%d", i);
		struct md_value p[2] = { val(samples[i].type, text), val(MD_INT, id) };
		snprintf(sql, sizeof sql, "SELECT count(*) AS c0 FROM v AS t0 WHERE %s = %s AND t0.id = %s",
		         compared_column(samples[i].type), Q->param(1, p[0].type), Q->param(2, p[1].type));
		session_new_request(s);
		one_row(s, sql, p, 2, &c, 1);
		if (!md_str_eqz(s->cells[0].text, "1"))
			fail_msg("%s '%s' is not found", md_type_names[samples[i].type], text);
	}
}

/* All samples of a type as one list: as many rows as samples. */
static void lists_are_one_parameter(void **state)
{
	struct session *s = *state;
	for (unsigned t = 0; t < MD_TYPES; t++) {
		struct md_str items[SAMPLES];
		size_t n = 0;
		char sql[200], want[16];
		if (t == MD_JSON || t == MD_BYTES)
			continue;
		for (int i = 0; i < SAMPLES; i++)
			if (samples[i].type == t && held(&samples[i]))
				items[n++] = md_str_z(samples[i].param ? samples[i].param : samples[i].text);
		struct md_value p = { .type = { (uint8_t)t, true } };
		p.list.items = items;
		p.list.n = n;
		struct md_stmt_output c = col("n", MD_BIGINT, false);
		snprintf(sql, sizeof sql, "SELECT count(*) AS c0 FROM v AS t0 WHERE %s%s",
		         compared_column((enum md_base_type)t),
		         Q->in_list(1, (enum md_base_type)t));
		snprintf(want, sizeof want, "%zu", n);
		session_new_request(s);
		one_row(s, sql, &p, 1, &c, 1);
		if (!md_str_eqz(s->cells[0].text, want))
			fail_msg("%s: %.*s of %s found", md_type_names[t], MD_FMT(s->cells[0].text), want);
	}
}

static void null_is_null_in_every_type(void **state)
{
	struct session *s = *state;
	struct md_stmt_output c[MD_TYPES];
	char sql[1000];
	Q->owner("DELETE FROM v WHERE id = 1000000");
	Q->owner("INSERT INTO v (id) VALUES (1000000)");
	size_t n = (size_t)snprintf(sql, sizeof sql, "SELECT");
	for (unsigned t = 0; t < MD_TYPES; t++) {
		c[t] = col("x", (enum md_base_type)t, false);
		n += (size_t)snprintf(sql + n, sizeof sql - n, "%s t0.c_%s AS c%u", t ? "," : "", md_type_names[t], t);
	}
	snprintf(sql + n, sizeof sql - n, " FROM v AS t0 WHERE t0.id = 1000000");
	session_new_request(s);
	one_row(s, sql, NULL, 0, c, MD_TYPES);
	for (unsigned t = 0; t < MD_TYPES; t++)
		assert_int_equal(s->cells[t].form, MD_CELL_NULL);
}

/* A value of a megabyte, there and back. */
static void a_megabyte_of_text(void **state)
{
	struct session *s = *state;
	enum { N = 1 << 20 };
	size_t size = Q->largest_text ? Q->largest_text : N;
	char *big = malloc(size + 1);
	for (size_t i = 0; i < size; i++)
		big[i] = "ab\"\\\n'{},$"[i % 10];
	big[size] = 0;
	struct md_value p[2] = { val(MD_STRING, big), val(MD_STRING, big) };
	struct md_stmt_output c[2] = { col("s", MD_STRING, false), col("t", MD_STRING, false) };
	char sql[200];
	snprintf(sql, sizeof sql, "SELECT %s AS c0, %s AS c1", Q->param(1, p[0].type), Q->param(2, p[1].type));
	for (int i = 0; i < 3; i++) {
		session_new_request(s);
		one_row(s, sql, p, 2, c, 2);
		assert_cell(&s->cells[0], MD_CELL_TEXT, big);
		assert_cell(&s->cells[1], MD_CELL_TEXT, big);
	}
	free(big);
}

struct array_sample {
	enum md_base_type type;
	const char *pg, *lite, *text; /* text NULL: refused */
};

static const struct array_sample arrays[] = {
	{ MD_INT, "'{}'", "'[]'", "[]" },
	{ MD_INT, "'{1,NULL,-2}'", "' [1, null, -2] '", "[1,null,-2]" },
	{ MD_BIGINT, "'{9223372036854775807}'", "'[9223372036854775807]'", "[9223372036854775807]" },
	{ MD_DECIMAL, "'{12.50,NULL,0.10}'", "'[\"12.50\",null,0.10]'", "[12.5,null,0.1]" },
	{ MD_FLOAT, "'{0.5,1e21,NULL}'", "'[0.5,1e21,null]'", "[0.5,1e+21,null]" },
	{ MD_BOOLEAN, "'{t,f,NULL}'", "'[true,false,null]'", "[true,false,null]" },
	{ MD_UUID, "'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'", "'[\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"]'",
	  "[\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"]" },
	{ MD_DATE, "'{2024-02-29,NULL}'", "'[\"2024-02-29\",null]'", "[\"2024-02-29\",null]" },
	{ MD_TIMESTAMP, "'{\"2024-01-01 00:00:00.5+00\",NULL}'", "'[\"2024-01-01T00:00:00.500000Z\",null]'",
	  "[\"2024-01-01T00:00:00.5Z\",null]" },
	{ MD_TIME, "'{10:30:00.250,NULL}'", "'[\"10:30:00.250\",null]'", "[\"10:30:00.25\",null]" },
	{ MD_ENUM, "'{new,NULL}'", "'[\"new\",null]'", "[\"new\",null]" },
	{ MD_STRING, "ARRAY['', 'NULL', NULL, 'a,b', '{x}', 'q\"q', E'b\\\\b', E'n\\nn', '😀']",
	  "'[\"\", \"NULL\", null, \"a,b\", \"{x}\", \"q\\\"q\", \"b\\\\b\", \"n\\nn\", \"😀\"]'",
	  "[\"\",\"NULL\",null,\"a,b\",\"{x}\",\"q\\\"q\",\"b\\\\b\",\"n\\nn\",\"😀\"]" },
	{ MD_INT, "'{{1,2},{3,4}}'", "'[[1,2],[3,4]]'", NULL },
};

static void make_array_table(const struct array_sample *a)
{
	char sql[600];
	Q->owner("DROP TABLE IF EXISTS av");
	if (Q->array_table) {
		Q->array_table(a->type, a->lite);
		return;
	}
	snprintf(sql, sizeof sql, "CREATE TABLE av (a %s%s)", Q->array_suffix ? Q->type[a->type] : Q->array_type,
	         Q->array_suffix ? Q->array_suffix : "");
	Q->owner(sql);
	snprintf(sql, sizeof sql, "INSERT INTO av VALUES (%s)", is_pg() ? a->pg : a->lite);
	Q->owner(sql);
}

static void arrays_are_json_with_canonical_elements(void **state)
{
	struct session *s = *state;
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		const struct array_sample *a = &arrays[i];
		char sql[600];
		struct md_stmt_output c = col("list", a->type, true);
		make_array_table(a);
		session_new_request(s);
		snprintf(sql, sizeof sql, "SELECT t0.a AS c0 FROM av AS t0 /* %zu */", i);
		if (a->text) {
			one_row(s, sql, NULL, 0, &c, 1);
			assert_cell(&s->cells[0], MD_CELL_BARE, a->text);
		} else {
			assert_int_equal(run(s, sql, NULL, 0, &c, 1, 1), -1);
			assert_failed(s, MD_TYPE_MISMATCH);
			assert_true(md_str_eqz(s->err.details.column, "list"));
		}
	}
}

/* Many cells that need conversion in one row: the scratch grows while earlier cells already point
 * into it. */
static void a_wide_row_keeps_all_its_cells(void **state)
{
	struct session *s = *state;
	enum { N = 60 };
	struct md_stmt_output c[N];
	char sql[8000];
	Q->owner("DROP TABLE IF EXISTS w");
	snprintf(sql, sizeof sql, "CREATE TABLE w (t %s)", Q->type[MD_TIMESTAMP]);
	Q->owner(sql);
	snprintf(sql, sizeof sql, "INSERT INTO w VALUES (%s)",
	         spelled(MD_TIMESTAMP, "'2024-05-06 07:08:09.5+00'", "'2024-05-06T07:08:09.500000Z'"));
	Q->owner(sql);
	size_t n = (size_t)snprintf(sql, sizeof sql, "SELECT");
	for (int i = 0; i < N; i++) {
		c[i] = col("t", MD_TIMESTAMP, false);
		n += (size_t)snprintf(sql + n, sizeof sql - n, "%s t0.t AS c%d", i ? "," : "", i);
	}
	snprintf(sql + n, sizeof sql - n, " FROM w AS t0");
	struct session fresh; /* with an empty scratch */
	session_open(&fresh);
	one_row(&fresh, sql, NULL, 0, c, N);
	for (int i = 0; i < N; i++)
		assert_cell(&fresh.cells[i], MD_CELL_PLAIN, "2024-05-06T07:08:09.5Z");
	session_close(&fresh);
	(void)s;
}

/* The connection is closed before the error is read, which therefore keeps texts of its own.
 */
static void an_unfit_value_is_named_after_the_connection_is_closed(void **state)
{
	(void)state;
	struct session s;
	struct md_stmt_output c = col("number", MD_INT, false);
	session_open(&s);
	assert_int_equal(run(&s, "SELECT t0.c_bigint AS c0 FROM v AS t0 WHERE t0.c_bigint = 9223372036854775807", NULL,
	                     0, &c, 1, 1),
	                 -1);
	Q->driver->close(s.conn);
	assert_failed(&s, MD_TYPE_MISMATCH);
	assert_true(md_str_eqz(s.err.details.column, "number"));
	assert_true(md_str_eqz(s.err.details.database, "db-under-test"));
	md_arena_free(&s.arena);
}

int run_values(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_comes_out_canonical),
		cmocka_unit_test(each_value_is_found_by_its_parameter),
		cmocka_unit_test(lists_are_one_parameter),
		cmocka_unit_test(null_is_null_in_every_type),
		cmocka_unit_test(a_megabyte_of_text),
		cmocka_unit_test(arrays_are_json_with_canonical_elements),
		cmocka_unit_test(an_unfit_value_is_named_after_the_connection_is_closed),
		cmocka_unit_test(a_wide_row_keeps_all_its_cells),
	};
	return cmocka_run_group_tests_name("values", tests, setup, teardown);
}
