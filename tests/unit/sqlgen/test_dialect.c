/* dialects/: quoting, decimal scales and digits, Trino's literals. */
#include "tree.h"

#include "dialects/dialect.h"

static const char *text_of(struct md_buf *b)
{
	md_buf_char(b, '\0');
	assert_false(b->failed);
	return b->p;
}

static const char *quoted_name(enum md_dialect_id sql, struct md_str name)
{
	struct md_buf b = { .arena = &arena };
	assert_true(md_buf_room(&b, 2 * name.n + 3));
	b.n = (size_t)(md_quote_ident(b.p, md_dialect_of(sql), name) - b.p);
	assert_true(b.n <= 2 * name.n + 2);
	return text_of(&b);
}

static void quotes_identifiers(void **state)
{
	(void)state;
	static const struct {
		const char *name, *ansi, *clickhouse;
	} t[] = { { "id", "\"id\"", "`id`" },
		  { "", "\"\"", "``" },
		  { "a\"b", "\"a\"\"b\"", "`a\"b`" },
		  { "a`b", "\"a`b\"", "`a``b`" },
		  { "a\\", "\"a\\\"", "`a\\\\`" },
		  { "ab_9\"c", "\"ab_9\"\"c\"", "`ab_9\"c`" },
		  { "\\\"`", "\"\\\"\"`\"", "`\\\\\"```" },
		  { "a.b", "\"a.b\"", "`a.b`" },
		  { "\"; DROP TABLE t; --", "\"\"\"; DROP TABLE t; --\"", "`\"; DROP TABLE t; --`" },
		  { "größe", "\"größe\"", "`größe`" },
		  { "__proto__", "\"__proto__\"", "`__proto__`" },
		  { "select", "\"select\"", "`select`" } };
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		IS(quoted_name(MD_DIALECT_POSTGRES, md_str_z(t[i].name)), t[i].ansi);
		IS(quoted_name(MD_DIALECT_TRINO, md_str_z(t[i].name)), t[i].ansi);
		IS(quoted_name(MD_DIALECT_SQLITE, md_str_z(t[i].name)), t[i].ansi);
		IS(quoted_name(MD_DIALECT_CLICKHOUSE, md_str_z(t[i].name)), t[i].clickhouse);
	}
}

/* PostgreSQL itself cuts names at 63 bytes, alike when a table is made and when it is read: we cut
 * nothing. */
static void keeps_long_identifiers_whole(void **state)
{
	(void)state;
	char name[71];
	memset(name, 'n', 70);
	name[70] = '\0';
	const char *q = quoted_name(MD_DIALECT_POSTGRES, md_str_z(name));
	assert_int_equal(strlen(q), 72);
	assert_memory_equal(q + 1, name, 70);
}

/* A quote at every place of names of every length: words, their overlap and the short ends. */
static void doubles_quotes_at_every_place(void **state)
{
	(void)state;
	static const struct {
		enum md_dialect_id sql;
		char hostile, quote;
	} t[] = { { MD_DIALECT_POSTGRES, '"', '"' },
		  { MD_DIALECT_CLICKHOUSE, '`', '`' },
		  { MD_DIALECT_CLICKHOUSE, '\\', '`' },
		  { MD_DIALECT_TRINO, '"', '"' },
		  { MD_DIALECT_SQLITE, '"', '"' } };
	for (size_t d = 0; d < sizeof t / sizeof *t; d++)
		for (size_t n = 1; n < 30; n++)
			for (size_t at = 0; at < n; at++) {
				char name[32], want[40];
				memset(name, 'x', n);
				name[at] = t[d].hostile;
				memset(want, 'x', n + 3);
				want[0] = want[n + 2] = t[d].quote;
				want[at + 1] = want[at + 2] = t[d].hostile;
				want[n + 3] = '\0';
				IS(quoted_name(t[d].sql, (struct md_str){ name, n }), want);
			}
	for (int d = 0; d < MD_DIALECTS; d++)
		IS(md_dialect_name[d], md_dialect_of((enum md_dialect_id)d)->name.p);
}

static const char *scale(const char *text)
{
	struct md_buf b = { .arena = &arena };
	struct md_value v = scalar(MD_DECIMAL, text);
	md_dialect_of(MD_DIALECT_CLICKHOUSE)->param(&b, 1, &v);
	return text_of(&b);
}

#define N10 "1234567890"
#define N60 N10 N10 N10 N10 N10 N10

static void picks_a_decimal_scale_by_the_digits(void **state)
{
	(void)state;
	IS(scale("0"), "{p1:Decimal(76, 10)}");
	IS(scale("-12.1234567890"), "{p1:Decimal(76, 10)}");
	IS(scale("0.12345678901"), "{p1:Decimal(76, 20)}");
	IS(scale("0." N10 N10 "1"), "{p1:Decimal(76, 40)}");
	IS(scale(N60 "123456"), "{p1:Decimal(76, 10)}");
	IS(scale(N60 "1234567.5"), "{p1:Decimal(76, 1)}");
	IS(scale("0." N60), "{p1:Decimal(76, 60)}");
	IS(scale(N60 "1234567890123456"), "{p1:Decimal(76, 0)}");
}

static const char *digits_of(enum md_dialect_id sql, const char *text)
{
	return where(sql, op(MD_OP_EQ, column(0, "x", MD_DECIMAL), scalar(MD_DECIMAL, text), scalar(MD_DECIMAL, "")));
}

static void refuses_decimals_beyond_the_engine(void **state)
{
	(void)state;
	IS(digits_of(MD_DIALECT_TRINO, "-" N10 N10 N10 "1234567.8"), "t0.\"x\" = ? | -" N10 N10 N10 "1234567.8");
	IS(digits_of(MD_DIALECT_TRINO, N10 N10 N10 "12345678.9"), "UNSUPPORTED: a decimal of 39 digits can't be "
		"compared "
		"there: at most 38");
	IS(digits_of(MD_DIALECT_TRINO, "0." N10 N10 N10 "12345678"), "t0.\"x\" = ? | 0." N10 N10 N10 "12345678");
	IS(digits_of(MD_DIALECT_CLICKHOUSE, N60 N10 "123456.7"), "UNSUPPORTED: a decimal of 77 digits can't be "
		"compared "
		"there: at most 76");
	assert_non_null(strstr(digits_of(MD_DIALECT_POSTGRES, N60 N60), "= $1"));
	assert_non_null(strstr(digits_of(MD_DIALECT_SQLITE, N60 N60), "= ?1"));
}

static const char *literal(struct md_value v)
{
	struct md_buf b = { .arena = &arena };
	md_trino_literal(&b, &v);
	return text_of(&b);
}

static void writes_literals(void **state)
{
	(void)state;
	IS(literal(scalar(MD_STRING, "")), "''");
	IS(literal(scalar(MD_STRING, "O'Neil")), "'O''Neil'");
	IS(literal(scalar(MD_STRING, "größe 🎁")), "'größe 🎁'");
	IS(literal(scalar(MD_INT, "5")), "INTEGER '5'");
	IS(literal(scalar(MD_INT, "-2147483648")), "INTEGER '-2147483648'");
	IS(literal(scalar(MD_BIGINT, "-9223372036854775808")), "BIGINT '-9223372036854775808'");
	IS(literal(scalar(MD_FLOAT, "-1e+21")), "DOUBLE '-1e+21'");
	IS(literal(scalar(MD_DECIMAL, "-12.5")), "DECIMAL '-12.5'");
	IS(literal(scalar(MD_BOOLEAN, "true")), "true");
	IS(literal(scalar(MD_BOOLEAN, "false")), "false");
	IS(literal(scalar(MD_UUID, "11111111-1111-4111-8111-111111111111")), "UUID "
		"'11111111-1111-4111-8111-111111111111'");
	IS(literal(scalar(MD_DATE, "2024-02-29")), "DATE '2024-02-29'");
	IS(literal(scalar(MD_TIMESTAMP, "2024-02-29T01:02:03.500000Z")), "TIMESTAMP '2024-02-29 01:02:03.500000 UTC'");
	IS(literal(scalar(MD_BYTES, "AAEC/w==")), "X'000102FF'");
	IS(literal(scalar(MD_BYTES, "")), "X''");
}

static const char *real_literal(const char *text)
{
	static const struct md_real_type real = { .family = MD_REAL_FLOAT32 };
	const struct md_type declared = { .base = MD_FLOAT };
	const struct md_dialect *d = &md_dialect_trino;
	struct md_column_forms forms = md_column_forms_of(&d->facts, MD_POSTGRES, false);
	struct md_value v = scalar(MD_FLOAT, text);
	v.form = md_form_of_column(&forms, declared, &real);
	return literal(v);
}

/* A number that a real would take for infinite, or for zero, stays a double. */
static void writes_reals_as_literals(void **state)
{
	(void)state;
	IS(real_literal("0.1"), "REAL '0.1'");
	IS(real_literal("-1e-45"), "REAL '-1e-45'");
	IS(real_literal("1e-46"), "DOUBLE '1e-46'");
	IS(real_literal("-3.4028234e+38"), "REAL '-3.4028234e+38'");
	IS(real_literal("3.5e+38"), "DOUBLE '3.5e+38'");
	IS(real_literal("1e+300"), "DOUBLE '1e+300'");
}

static void writes_lists_as_literals(void **state)
{
	(void)state;
	static const char *const numbers[] = { "1", "-5000000000" }, *const texts[] = { "a'", ",b]" },
				 *const days[] = { "2024-02-29" };
	IS(literal(list(MD_BIGINT, numbers, 2)), "ARRAY[BIGINT '1', BIGINT '-5000000000']");
	IS(literal(list(MD_STRING, texts, 2)), "ARRAY['a''', ',b]']");
	IS(literal(list(MD_DATE, days, 1)), "ARRAY[DATE '2024-02-29']");
}

/* Whatever text a value of any type holds, it stays one literal: every quote inside is doubled, and
 * nothing else ends it. */
static void keeps_hostile_values_inside_one_literal(void **state)
{
	(void)state;
	static const char *const bad[] = { "'",
		                           "''",
		                           "x' OR '1'='1",
		                           "\\'",
		                           "'--",
		                           "1); DROP TABLE t; --",
		                           "-1",
		                           "-- ",
		                           "/*",
		                           "2024-02-29'T'00Z",
		                           "\n'",
		                           "\xf0'",
		                           "true'" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (int t = 0; t < MD_TYPES; t++) {
			const char *p = literal(scalar((enum md_base_type)t, bad[i]));
			if (t == MD_BOOLEAN) {
				IS(p, "false");
				continue;
			}
			while (*p && *p != '\'') {
				assert_true((*p >= 'A' && *p <= 'Z') || *p == ' ');
				p++;
			}
			assert_int_equal(*p++, '\'');
			for (; *p != '\'' || p[1] == '\''; p++) {
				assert_int_not_equal(*p, '\0');
				p += *p == '\'';
			}
			IS(p, "'");
		}
	IS(literal(scalar(MD_BYTES, "not base64")), "X''");
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_identifiers), cmocka_unit_test(keeps_long_identifiers_whole),
		cmocka_unit_test(doubles_quotes_at_every_place),
		cmocka_unit_test(picks_a_decimal_scale_by_the_digits),
		cmocka_unit_test(refuses_decimals_beyond_the_engine), cmocka_unit_test(writes_literals),
		cmocka_unit_test(writes_reals_as_literals),
		cmocka_unit_test(writes_lists_as_literals), cmocka_unit_test(keeps_hostile_values_inside_one_literal),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
