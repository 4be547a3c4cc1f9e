/* What can be read from a real type, and which databaseType it agrees with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "realtypes/realtypes.h"

static struct md_arena arena;

static struct md_real_type parsed(enum md_engine engine, const char *spelling)
{
	struct md_real_type t;
	assert_int_equal(md_real_type_parse(&arena, engine, md_str_z(spelling), &t), 1);
	return t;
}

static struct md_type declared_type(const char *name)
{
	struct md_type t;
	assert_true(md_type_parse(md_str_z(name), &t));
	return t;
}

static void declared_types_are_read_from_some_real_types(void **state)
{
	static const struct {
		enum md_engine engine;
		const char *declared, *real;
		bool is_readable;
	} cases[] = {
		{ MD_POSTGRES, "int", "smallint", true },
		{ MD_POSTGRES, "int", "numeric(12,2)", true },
		{ MD_POSTGRES, "int", "text", false },
		{ MD_POSTGRES, "int", "boolean", false },
		{ MD_POSTGRES, "decimal", "money", false },
		{ MD_POSTGRES, "int", "real", false },
		{ MD_POSTGRES, "bigint", "double precision", false },
		{ MD_POSTGRES, "boolean", "integer", false },
		{ MD_POSTGRES, "uuid", "text", true },
		{ MD_POSTGRES, "date", "timestamp without time zone", false },
		{ MD_POSTGRES, "timestamp", "text", false },
		{ MD_POSTGRES, "timestamp", "timestamp(3) without time zone", true },
		{ MD_POSTGRES, "time", "time with time zone", false },
		{ MD_POSTGRES, "string", "inet", true },
		{ MD_POSTGRES, "string", "xml", true },
		{ MD_POSTGRES, "string", "bytea", false },
		{ MD_POSTGRES, "bytes", "text", false },
		{ MD_POSTGRES, "json", "jsonb", true },
		{ MD_POSTGRES, "int", "app.kind", true },
		{ MD_POSTGRES, "string[]", "text[]", true },
		{ MD_POSTGRES, "string[]", "text", false },
		{ MD_POSTGRES, "string", "text[]", true },
		{ MD_POSTGRES, "int", "integer[]", false },
		{ MD_POSTGRES, "int[]", "uuid[]", false },
		{ MD_CLICKHOUSE, "bigint", "UInt64", true },
		{ MD_CLICKHOUSE, "bigint", "Nullable(String)", false },
		{ MD_CLICKHOUSE, "boolean", "UInt8", true },
		{ MD_CLICKHOUSE, "timestamp", "DateTime", true },
		{ MD_CLICKHOUSE, "timestamp", "Date", false },
		{ MD_CLICKHOUSE, "bytes", "FixedString(8)", true },
		{ MD_CLICKHOUSE, "int", "Float64", false },
		{ MD_CLICKHOUSE, "decimal", "Float32", false },
		{ MD_CLICKHOUSE, "decimal", "UInt256", true },
		{ MD_CLICKHOUSE, "uuid", "FixedString(36)", true },
		{ MD_CLICKHOUSE, "uuid", "FixedString(16)", false },
		{ MD_CLICKHOUSE, "json", "FixedString(8)", false },
		{ MD_CLICKHOUSE, "json", "Map(String, String)", true },
		{ MD_CLICKHOUSE, "string", "Tuple(a Int32, b String)", true },
		{ MD_CLICKHOUSE, "int", "Map(String, Int32)", false },
		{ MD_CLICKHOUSE, "float", "BFloat16", false },
		{ MD_CLICKHOUSE, "bigint", "AggregateFunction(sum, UInt64)", false },
		{ MD_CLICKHOUSE, "string", "AggregateFunction(uniq, String)", false },
		{ MD_CLICKHOUSE, "bigint", "SimpleAggregateFunction(max, Nullable(UInt64))", true },
		{ MD_CLICKHOUSE, "int[]", "Array(Int32)", true },
		{ MD_ICEBERG, "timestamp", "varchar", true }, /* ClickHouse's arrive so */
		{ MD_ICEBERG, "date", "timestamp(6)", false },
		{ MD_SQLITE, "timestamp", "BLOB", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_real_type real = parsed(cases[i].engine, cases[i].real);
		if (md_real_type_is_readable(cases[i].engine, &real, declared_type(cases[i].declared)) !=
		    cases[i].is_readable)
			fail_msg("%s from %s", cases[i].declared, cases[i].real);
	}
	assert_true(md_real_type_is_readable(MD_POSTGRES, &md_real_unknown, declared_type("int")));
}

static void some_real_types_must_be_named(void **state)
{
	static const struct {
		enum md_engine engine;
		const char *declared, *real;
		enum md_name_need need;
	} cases[] = {
		{ MD_CLICKHOUSE, "bigint", "Decimal(20, 0)", MD_NAMED_TO_BE_COMPARED },
		{ MD_CLICKHOUSE, "int", "Int64", MD_NAMED_FOR_NOTHING },
		{ MD_POSTGRES, "decimal", "money", MD_NAMED_TO_BE_READ },
		{ MD_POSTGRES, "timestamp", "date", MD_NAMED_TO_BE_READ },
		{ MD_POSTGRES, "decimal", "real", MD_NAMED_TO_BE_COMPARED },
		{ MD_POSTGRES, "decimal", "numeric(12,2)", MD_NAMED_FOR_NOTHING },
		{ MD_POSTGRES, "bigint", "oid", MD_NAMED_TO_BE_COMPARED },
		{ MD_POSTGRES, "uuid", "text", MD_NAMED_TO_BE_COMPARED },
		{ MD_POSTGRES, "uuid[]", "text[]", MD_NAMED_FOR_NOTHING },
		{ MD_POSTGRES, "string", "inet", MD_NAMED_TO_BE_ORDERED },
		{ MD_POSTGRES, "string", "citext", MD_NAMED_FOR_NOTHING },
		{ MD_SQLITE, "string", "INTEGER", MD_NAMED_TO_BE_READ },
		{ MD_SQLITE, "string", "STRING", MD_NAMED_TO_BE_READ },
		{ MD_SQLITE, "string", "VARCHAR(9)", MD_NAMED_FOR_NOTHING },
		{ MD_SQLITE, "timestamp", "INTEGER", MD_NAMED_TO_BE_READ },
		{ MD_SQLITE, "timestamp", "DATETIME", MD_NAMED_FOR_NOTHING },
		{ MD_SQLITE, "uuid", "BLOB", MD_NAMED_TO_BE_READ },
		{ MD_SQLITE, "int", "TEXT", MD_NAMED_TO_BE_READ },
		{ MD_SQLITE, "decimal", "TEXT", MD_NAMED_FOR_NOTHING },
		{ MD_CLICKHOUSE, "decimal", "Float32", MD_NAMED_FOR_NOTHING },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_real_type real = parsed(cases[i].engine, cases[i].real);
		if (md_real_type_name_need(cases[i].engine, &real, declared_type(cases[i].declared)) != cases[i].need)
			fail_msg("%s over %s", cases[i].declared, cases[i].real);
	}
}

static void trino_shows_other_types_than_its_sources(void **state)
{
	static const struct {
		enum md_engine source;
		const char *given, *shown;
		bool arrives;
	} cases[] = {
		{ MD_POSTGRES, "smallint", "smallint", true },
		{ MD_POSTGRES, "smallint", "integer", false },
		{ MD_POSTGRES, "numeric(12,2)", "decimal(12,2)", true },
		{ MD_POSTGRES, "numeric(12,2)", "decimal(12,4)", false },
		{ MD_POSTGRES, "numeric", "decimal(38,18)", true },
		{ MD_POSTGRES, "character(5)", "char(5)", true },
		{ MD_POSTGRES, "text", "char(5)", false },
		{ MD_POSTGRES, "app.state", "varchar", true },
		{ MD_POSTGRES, "jsonb", "json", true },
		{ MD_POSTGRES, "text[]", "array(varchar)", true },
		{ MD_CLICKHOUSE, "UInt8", "smallint", true },
		{ MD_CLICKHOUSE, "Int8", "smallint", false },
		{ MD_CLICKHOUSE, "UInt64", "decimal(20,0)", true },
		{ MD_CLICKHOUSE, "Nullable(FixedString(8))", "varchar", true },
		{ MD_CLICKHOUSE, "Enum8('a' = 1)", "integer", false },
		{ MD_CLICKHOUSE, "DateTime64(3)", "varchar", true },
		{ MD_ICEBERG, "timestamp(6) with time zone", "timestamp(6) with time zone", true },
		{ MD_ICEBERG, "bigint", "integer", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_real_type given = parsed(cases[i].source, cases[i].given);
		struct md_real_type shown = parsed(MD_ICEBERG, cases[i].shown);
		if (md_real_type_arrives_as(cases[i].source, &given, &shown) != cases[i].arrives)
			fail_msg("%s shown as %s", cases[i].given, cases[i].shown);
	}
}

static void a_collation_stands_behind_any_text_type(void **state)
{
	static const struct {
		const char *spelling;
		enum md_family family;
	} cases[] = {
		{ "text collate nocase", MD_REAL_TEXT_NOCASE }, { "VARCHAR(9) COLLATE NOCASE", MD_REAL_TEXT_NOCASE },
		{ "char(3) collate rtrim", MD_REAL_TEXT_RTRIM }, { "varchar(9) collate binary", MD_REAL_TEXT },
		{ "integer collate nocase", MD_REAL_INT64 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (parsed(MD_SQLITE, cases[i].spelling).family != cases[i].family)
			fail_msg("%s", cases[i].spelling);
}

static void a_database_type_may_say_less(void **state)
{
	static const struct {
		enum md_engine engine;
		const char *given, *found;
		bool agrees;
	} cases[] = {
		{ MD_POSTGRES, "numeric", "numeric(12,2)", true },
		{ MD_POSTGRES, "numeric(12,2)", "numeric", false },
		{ MD_POSTGRES, "numeric(12,2)", "numeric(12,3)", false },
		{ MD_POSTGRES, "varchar", "character varying(20)", true },
		{ MD_POSTGRES, "varchar(10)", "character varying(20)", false },
		{ MD_POSTGRES, "app.status", "status", true },
		{ MD_POSTGRES, "status", "app.status", true },
		{ MD_POSTGRES, "app.status", "other.status", false },
		{ MD_POSTGRES, "app.status", "text", false },
		{ MD_POSTGRES, "text[]", "text", false },
		{ MD_CLICKHOUSE, "String", "Nullable(String)", true },
		{ MD_CLICKHOUSE, "Enum8('a' = 1)", "Enum8('a' = 1, 'b' = 2)", false },
		{ MD_CLICKHOUSE, "DateTime('UTC')", "DateTime", false },
		{ MD_CLICKHOUSE, "UInt32", "UInt64", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct md_real_type given = parsed(cases[i].engine, cases[i].given);
		struct md_real_type found = parsed(cases[i].engine, cases[i].found);
		if (md_real_type_agrees(&given, &found) != cases[i].agrees)
			fail_msg("%s and %s", cases[i].given, cases[i].found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declared_types_are_read_from_some_real_types),
		cmocka_unit_test(some_real_types_must_be_named),
		cmocka_unit_test(trino_shows_other_types_than_its_sources),
		cmocka_unit_test(a_collation_stands_behind_any_text_type),
		cmocka_unit_test(a_database_type_may_say_less),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	md_arena_free(&arena);
	return failed;
}
