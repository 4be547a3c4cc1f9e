/* executor/entry.h: cached rows as text. A row that is not exactly what the metadata says is no
 * row. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "executor/entry.h"

static struct md_arena arena;
static const struct md_sync *sync; /* of the entry that was read last */

enum {
	COL_ID,
	COL_NAME,
	COL_TOTAL,
	COL_RATIO,
	COL_ACTIVE,
	COL_KEY,
	COL_DAY,
	COL_AT,
	COL_DOC,
	COL_BLOB,
	COL_TAGS,
	COL_SUMS,
	COL_HIDDEN,
	N_COLUMNS
};

#define COL(i, name, type_, null) \
	[i] = { .api_name = { name, sizeof name - 1 }, .type = { type_, false }, .nullable = null, .index = i }
static struct md_column columns[N_COLUMNS] = {
	COL(COL_ID, "id", MD_INT, false), COL(COL_NAME, "name", MD_STRING, true),
	COL(COL_TOTAL, "total", MD_DECIMAL, true),
	COL(COL_RATIO, "ratio", MD_FLOAT, true),
	COL(COL_ACTIVE, "active", MD_BOOLEAN, true), COL(COL_KEY, "key", MD_UUID, true),
	COL(COL_DAY, "day", MD_DATE, true),
	COL(COL_AT, "at", MD_TIMESTAMP, true),
	COL(COL_DOC, "doc", MD_JSON, true), COL(COL_BLOB, "blob", MD_BYTES, true),
	COL(COL_TAGS, "tags", MD_STRING, true),
	COL(COL_SUMS, "sums", MD_BIGINT, true),
	COL(COL_HIDDEN, "hidden", MD_STRING, false),
};
static const uint64_t held[] = { ((uint64_t)1 << COL_HIDDEN) - 1 }; /* all but hidden */
static const struct md_sync replica = { .method = { "debezium", 8 } }, *const replicas[] = { &replica };
static const struct md_table table = { .id = { "things", 6 }, .columns = columns, .n_columns = N_COLUMNS,
	                               .syncs = replicas, .n_syncs = 1 };

#define HEAD_WITH(hash) "{\"$v\":1,\"table\":\"things\",\"hash\":\"" hash "\",\"row\":{"
#define HEAD HEAD_WITH("00000000000000aa")
#define REPLICA_HEAD HEAD_WITH("00000000000000bb")
#define LABEL(hash) { { hash, 16 }, { HEAD_WITH(hash), sizeof HEAD_WITH(hash) - 1 } }
static const struct md_entry_label labels[] = { LABEL("00000000000000aa"), LABEL("00000000000000bb") };
static struct md_cached_table cached = { .table = &table, .columns = held, .fill = true, .labels = labels };

static int setup(void **state)
{
	(void)state;
	columns[COL_TAGS].type.array = columns[COL_SUMS].type.array = true;
	cached.fill = true;
	cached.columns = held;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

/* A whole row with one value replaced. */
static struct md_str entry_with(const char *name, const char *value)
{
	static const char *const defaults[][2] = {
		{ "id", "7" }, { "name", "\"x\"" }, { "total", "1.5" }, { "ratio", "0.1" }, { "active", "true" },
		{ "key", "\"a0000000-0000-4000-8000-000000000001\"" },
		{ "day", "\"2024-02-29\"" }, { "at", "\"2024-01-01T00:00:00.1Z\"" }, { "doc", "{\"a\":[1,null]}" },
		{ "blob", "\"AAE=\"" },
		{ "tags", "[\"a\",\"b \\\"c\\\"\",null]" }, { "sums", "[1,9007199254740993]" },
	};
	struct md_buf b = { .arena = &arena };
	md_buf_lit(&b, HEAD);
	const char *comma = "";
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
		const char *v = name && strcmp(name, defaults[i][0]) == 0 ? value : defaults[i][1];
		if (!v)
			continue;
		md_buf_fmt(&b, "%s\"%s\":%s", comma, defaults[i][0], v);
		comma = ",";
	}
	md_buf_lit(&b, "}}");
	return md_buf_view(&b);
}

static const struct md_cell *read(struct md_str text)
{
	const char *reason;
	struct md_cell *cells = md_new_n(&arena, struct md_cell, N_COLUMNS);
	return cells && md_entry_read(&arena, &cached, text, &sync, cells, &reason) ? cells : NULL;
}

static const char *why(struct md_str text)
{
	const char *reason = NULL;
	struct md_cell cells[N_COLUMNS];
	assert_false(md_entry_read(&arena, &cached, text, &sync, cells, &reason));
	assert_non_null(reason);
	return reason;
}

#define CELL(cells, i, want) assert_true(md_str_eqz((cells)[i].text, (want)))

static void a_whole_row(void **state)
{
	(void)state;
	const struct md_cell *c = read(entry_with(NULL, NULL));
	assert_non_null(c);
	CELL(c, COL_ID, "7");
	CELL(c, COL_NAME, "x");
	CELL(c, COL_TOTAL, "1.5");
	CELL(c, COL_RATIO, "0.1");
	CELL(c, COL_ACTIVE, "true");
	CELL(c, COL_KEY, "a0000000-0000-4000-8000-000000000001");
	CELL(c, COL_DAY, "2024-02-29");
	CELL(c, COL_AT, "2024-01-01T00:00:00.1Z");
	CELL(c, COL_DOC, "{\"a\":[1,null]}");
	CELL(c, COL_BLOB, "AAE=");
	CELL(c, COL_TAGS, "[\"a\",\"b \\\"c\\\"\",null]");
	CELL(c, COL_SUMS, "[1,9007199254740993]");
	assert_int_equal(c[COL_HIDDEN].form, MD_CELL_NULL); /* not held */
	assert_int_equal(c[COL_NAME].form, MD_CELL_TEXT);
	assert_int_equal(c[COL_KEY].form, MD_CELL_PLAIN);
	assert_int_equal(c[COL_TAGS].form, MD_CELL_BARE);
}

static void written_rows_come_back(void **state)
{
	(void)state;
	struct md_str text = entry_with(NULL, NULL);
	struct md_buf b = { .arena = &arena };
	md_entry_write(&b, &cached, NULL, read(text));
	assert_true(md_str_eq(md_buf_view(&b), text));
	text = entry_with("name", "null");
	b.n = 0;
	md_entry_write(&b, &cached, NULL, read(text));
	assert_true(md_str_eq(md_buf_view(&b), text));
	assert_null(memmem(b.p, b.n, "hidden", 6)); /* only what the cache declares */

	b.n = 0;
	md_entry_write(&b, &cached, &replica, read(text));
	assert_memory_equal(b.p, REPLICA_HEAD, sizeof REPLICA_HEAD - 1);
	CELL(read(md_buf_view(&b)), COL_ID, "7");
}

static void values_become_canonical(void **state)
{
	(void)state;
	CELL(read(entry_with("total", "1.50")), COL_TOTAL, "1.5");
	CELL(read(entry_with("total", "\"100\"")), COL_TOTAL, "100");
	CELL(read(entry_with("id", "7.0")), COL_ID, "7");
	CELL(read(entry_with("key", "\"A0000000-0000-4000-8000-00000000000B\"")), COL_KEY,
	     "a0000000-0000-4000-8000-00000000000b");
	CELL(read(entry_with("at", "\"2024-01-01T02:00:00+02:00\"")), COL_AT, "2024-01-01T00:00:00Z");
	CELL(read(entry_with("doc", " { \"a\" : 1.0 } ")), COL_DOC, "{\"a\":1.0}");
	assert_int_equal(read(entry_with("doc", "null"))[COL_DOC].form, MD_CELL_NULL);
}

static void poisoned_values_are_no_row(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{ "id", "\"7\"" }, { "id", "7.5" }, { "id", "2147483648" }, { "id", "null" } /* not nullable */,
		{ "id", "[7]" }, { "id", "true" }, { "id", NULL } /* missing */,
		{ "name", "1" }, { "name", "{}" }, { "name", NULL }, { "name", "\"a\\u0000b\"" },
		{ "total", "\"x\"" }, { "total", "true" }, { "ratio", "\"0.1\"" }, { "ratio", "1e999" },
		{ "active", "1" }, { "active", "\"true\"" }, { "key", "\"a\"" },
		{ "key", "5" }, { "day", "\"2024-02-30\"" }, { "day", "20240101" }, { "at", "\"yesterday\"" },
		{ "blob", "\"?\"" }, { "tags", "\"a\"" }, { "tags", "{}" },
		{ "tags", "[1]" }, { "tags", "[[\"a\"]]" }, { "sums", "[\"x\"]" }, { "sums", "[9223372036854775808]" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_string_equal(why(entry_with(bad[i][0], bad[i][1])), "a column is missing or not of its type");
}

static void other_documents_are_no_row(void **state)
{
	(void)state;
	assert_string_equal(why(MD_STR("")), "not JSON");
	assert_string_equal(why(MD_STR("{\"$v\":1,\"row\":")), "not JSON");
	assert_string_equal(why(MD_STR("\xff")), "not JSON");
	assert_string_equal(why(MD_STR("[]")), "not an object");
	assert_string_equal(why(MD_STR("null")), "not an object");
	assert_string_equal(why(MD_STR("{\"$v\":2,\"row\":{}}")), "another version");
	assert_string_equal(why(MD_STR("{\"$v\":\"1\",\"row\":{}}")), "another version");
	assert_string_equal(why(MD_STR("{\"row\":{}}")), "another version");
	assert_string_equal(why(MD_STR("{\"$v\":1}")), "no row");
	assert_string_equal(why(MD_STR("{\"$v\":1,\"row\":[]}")), "no row");
}

/* The labels of an entry are those of the table as it is configured now. */
static void rows_of_other_tables_and_definitions_are_no_row(void **state)
{
	(void)state;
	static const char row[] = "\"row\":{\"id\":7}}";
	static const uint64_t id_alone[] = { (uint64_t)1 << COL_ID };
	static const struct {
		const char *labels, *reason; /* reason NULL: the row is accepted */
	} entries[] = {
		{ "", NULL }, /* as another program writes it */
		{ "\"table\":\"things\",\"hash\":\"00000000000000aa\",", NULL },
		{ "\"hash\":\"00000000000000bb\",\"table\":\"things\",", NULL },
		{ "\"table\":\"others\",\"hash\":\"00000000000000aa\",", "it is of another table" },
		{ "\"table\":1,\"hash\":\"00000000000000aa\",", "it is of another table" },
		{ "\"hash\":\"00000000000000aa\",", "it is of another table" },
		{ "\"table\":\"things\",\"hash\":\"00000000000000cc\",", "it was made from another table definition" },
		{ "\"table\":\"things\",\"hash\":null,", "it was made from another table definition" },
		{ "\"table\":\"things\",", "it was made from another table definition" },
	};
	cached.columns = id_alone;
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		struct md_str text = md_str_fmt(&arena, "{\"$v\":1,%s%s", entries[i].labels, row);
		if (entries[i].reason)
			assert_string_equal(why(text), entries[i].reason);
		else
			CELL(read(text), COL_ID, "7");
	}
}

/* json of a depth that can't be written whole is refused rather than cut. */
static void deep_json_is_no_row(void **state)
{
	(void)state;
	char deep[4001];
	memset(deep, '[', 2000);
	memset(deep + 2000, ']', 2000);
	deep[4000] = '\0';
	why(entry_with("doc", deep));
}

static void bare_objects_count_under_cdc(void **state)
{
	(void)state;
	struct md_str whole = entry_with(NULL, NULL), bare = { whole.p + sizeof HEAD - 2, whole.n - sizeof HEAD + 1 };
	assert_string_equal(why(bare), "another version");
	cached.fill = false;
	CELL(read(bare), COL_ID, "7");
	CELL(read(whole), COL_ID, "7");
	assert_string_equal(why(MD_STR("{\"id\":7}")), "a column is missing or not of its type");
}

static struct md_str value_of(void *row, const struct md_column *c)
{
	return ((const struct md_str *)row)[c->index];
}

static void keys_are_encoded(void **state)
{
	(void)state;
	const struct md_key_part parts[] = { { MD_STR("users:"), &columns[COL_ID] },
		                             { MD_STR(":"), &columns[COL_NAME] },
		                             { MD_STR("/end"), NULL } };
	struct md_str values[N_COLUMNS] = { [COL_ID] = { "7", 1 }, [COL_NAME] = { "a:b{}%\xc3\xa4 _.-Z\0", 14 } };
	cached.key = parts;
	cached.n_key = 3;
	struct md_str key = md_entry_key(&arena, &cached, value_of, values);
	assert_true(md_str_eqz(key, "users:7:a%3Ab%7B%7D%25%C3%A4%20_.-Z%00/end"));
	values[COL_NAME] = MD_NOSTR; /* not known: no key at all */
	assert_null(md_entry_key(&arena, &cached, value_of, values).p);
	values[COL_NAME] = MD_STR("");
	assert_true(md_str_eqz(md_entry_key(&arena, &cached, value_of, values), "users:7:/end"));
}

/* Our own spelling is read without a tree, the same behind a space with one. Both find the same, or
 * refuse. */
static void alike(const char *text)
{
	const struct md_cell *a = read(md_str_z(text)), *b = read(md_str_fmt(&arena, " %s", text));
	if (!a != !b)
		fail_msg("%s: %s", text, a ? "refused with a tree" : "refused without a tree");
	for (int i = 0; a && i < N_COLUMNS; i++)
		if (a[i].form != b[i].form || !md_str_eq(a[i].text, b[i].text))
			fail_msg("%s: %.*s, with a tree %.*s", text, MD_FMT(a[i].text), MD_FMT(b[i].text));
}

static void both_readers_agree(void **state)
{
	(void)state;
	static const char *const values[] = {
		"null", "nul", "true", "false", "tru", "0", "-0", "7", "-7", "007", "7.0", "7.50", "-0.50", ".5", "7.",
		"-", "--7", "1-2", "1.2.3", "1e3", "1E+3", "1e999", "123456789",
		"1234567890", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
		"9223372036854775808", "99999999999999999999999999999999999999",
		"999999999999999999999999999999999999999", "\"\"", "\"7\"", "\"x\"", "\"12345678\"",
		"\"seven and a half\"", "\"a\\\"b\"", "\"1234567\\n\"", "\"a\\u0000b\"",
		"\"\xc3\xa4 and more\"", "\"12345678\xff\"", "\"\xed\xa0\x80\"", "\"a\nb\"", "\"1234567\t9\"",
		"\"\x7f\"", "\"open", "\"", "\"a\"b", "[]", "[7]", "{}", "",
		"\"a0000000-0000-4000-8000-000000000001\"", "\"A0000000-0000-4000-8000-000000000001\"",
		"\"2024-02-29\"", "\"2023-02-29\"", "\"2024-01-01T00:00:00.100000Z\"",
		"\"2024-01-01T02:00:00+02:00\"", "\"AAE=\"", "\"AAE\"", "7,\"x\":1", "7 ", " 7", "7}", "true1",
	};
	for (int c = 0; c < N_COLUMNS; c++)
		for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
			uint64_t one[] = { (uint64_t)1 << c };
			cached.columns = one;
			alike(md_str_fmt(&arena, HEAD "\"%.*s\":%s}}", MD_FMT(columns[c].api_name),
			                 values[i])
			              .p);
		}
	static const char *const rows[] = {
		HEAD "\"id\":7,\"name\":\"x\"}}", HEAD "\"id\":7,\"name\":\"x\"}}}",
		HEAD "\"id\":7,\"name\":\"x\"}", HEAD "\"id\":7,\"name\":\"x\"",
		HEAD "\"name\":\"x\",\"id\":7}}", HEAD "\"id\":7}}",
		HEAD "\"id\":7,}}", HEAD "\"id\":7\"name\":\"x\"}}",
		HEAD "\"id\":7,\"name\":\"x\",\"name\":\"y\"}}",
		HEAD "\"id\":7,\"id\":8,\"name\":\"x\"}}",
		HEAD "\"id\":7,\"name\":\"x\",\"more\":1}}",
		HEAD "\"id\":7,\"name\":\"x\"},\"row\":{}}",
		HEAD "\"i\\u0064\":7,\"name\":\"x\"}}", HEAD, HEAD "}}",
		HEAD "\"id\":7,\"name\":\"x\"}} ", HEAD "\"id\":7,\"name\":\"",
		HEAD "\"id\":7,\"names\":\"x\"}}", "{\"$v\":2,\"row\":{\"id\":7,\"name\":\"x\"}}",
	};
	uint64_t two[] = { (uint64_t)1 << COL_ID | (uint64_t)1 << COL_NAME };
	cached.columns = two;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		alike(rows[i]);
	assert_non_null(read(md_str_z(rows[0])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_row, setup, teardown),
		cmocka_unit_test_setup_teardown(written_rows_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(values_become_canonical, setup, teardown),
		cmocka_unit_test_setup_teardown(poisoned_values_are_no_row, setup, teardown),
		cmocka_unit_test_setup_teardown(other_documents_are_no_row, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_of_other_tables_and_definitions_are_no_row, setup, teardown),
		cmocka_unit_test_setup_teardown(deep_json_is_no_row, setup, teardown),
		cmocka_unit_test_setup_teardown(bare_objects_count_under_cdc, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_encoded, setup, teardown),
		cmocka_unit_test_setup_teardown(both_readers_agree, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
