/* drivers/sqlite/text.c and functions.c on a connection of their own: patterns, folding, distances,
 * digits; NULL, bytes that are no UTF-8, a cancel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/sqlite/private.h"

#include <stdio.h>
#include <stdlib.h>

static struct md_lite conn;
static char answer[2048];

static int open_it(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &conn.db), 0);
	conn.state = MD_LITE_RUNNING;
	return md_lite_functions(&conn);
}

static int close_it(void **state)
{
	(void)state;
	return sqlite3_close(conn.db);
}

static void bind(sqlite3_stmt *stmt, int n, const char *text, size_t length)
{
	if (text)
		sqlite3_bind_text(stmt, n, text, (int)length, SQLITE_STATIC);
}

/* The result of a call with two texts. */
static const char *called(const char *function, const char *a, size_t an, const char *b, size_t bn)
{
	sqlite3_stmt *stmt;
	char sql[80];
	snprintf(sql, sizeof sql, "SELECT %s(?1, ?2)", function);
	assert_int_equal(sqlite3_prepare_v2(conn.db, sql, -1, &stmt, NULL), SQLITE_OK);
	bind(stmt, 1, a, an);
	bind(stmt, 2, b, bn);
	int rc = sqlite3_step(stmt);
	snprintf(answer, sizeof answer, "%s",
	         rc != SQLITE_ROW                              ? sqlite3_errmsg(conn.db)
	         : sqlite3_column_type(stmt, 0) == SQLITE_NULL ? "NULL"
	                                                       : (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return answer;
}

static const char *call(const char *function, const char *a, const char *b)
{
	return called(function, a, a ? strlen(a) : 0, b, b ? strlen(b) : 0);
}

#define IS(function, a, b, want) assert_string_equal(call((function), (a), (b)), (want))

static void matches_patterns(void **state)
{
	(void)state;
	static const struct {
		const char *text, *pattern, *exact, *folded;
	} t[] = {
		{ "", "", "1", "1" }, { "", "%", "1", "1" }, { "", "_", "0", "0" }, { "a", "", "0", "0" },
		{ "a", "_", "1", "1" }, { "ab", "_", "0", "0" }, { "ab", "__", "1", "1" },
		{ "abc", "a%", "1", "1" }, { "abc", "A%", "0", "1" }, { "abc", "%c", "1", "1" },
		{ "abc", "%b", "0", "0" }, { "abc", "%B%", "0", "1" }, { "abc", "a%c", "1", "1" },
		{ "abcabc", "%abc", "1", "1" }, { "abcab", "%abc", "0", "0" }, { "aXbXc", "a%X_", "1", "1" },
		{ "mississippi", "%iss%ip%", "1", "1" }, { "mississippi", "%iss%iss%iss%", "0", "0" },
		{ "a%b", "a\\%b", "1", "1" }, { "axb", "a\\%b", "0", "0" }, { "a_b", "a\\_b", "1", "1" },
		{ "axb", "a\\_b", "0", "0" }, { "a\\b", "a\\\\b", "1", "1" }, { "a\\", "%\\\\", "1", "1" },
		{ "a\nb", "a%b", "1", "1" }, { "a\nb", "a_b", "1", "1" }, { "東京", "_京", "1", "1" },
		{ "🎁", "_", "1", "1" }, { "x🎁y", "_🎁_", "1", "1" }, { "x🎁", "%🎁", "1", "1" },
		{ "aaaaab", "%aab", "1", "1" }, { "ab", "a%b%", "1", "1" }, { "ab", "%%%a%%b%%", "1", "1" },
		{ "b", "a%", "0", "0" }, { "short", "%much longer", "0", "0" },
		{ "Ä", "ä", "0", "1" }, { "ẞ", "ß", "0", "1" }, { "ß", "ss", "0", "0" }, { "ΟΔΟΣ", "οδος", "0", "1" },
		{ "ΟΔΟΣ", "%δος", "0", "1" }, { "İ", "i", "0", "0" }, { "ı", "I", "0", "0" },
		{ "\u212a", "k", "0", "1" }, { "ſ", "S", "0", "1" }, { "µ", "Μ", "0", "1" }, { "ǅ", "ǆ", "0", "1" },
		{ "Ა", "ა", "0", "1" }, { "ꭰ", "Ꭰ", "0", "1" }, { "𐐀", "𐐨", "0", "1" }, { "ϑ", "ϴ", "0", "1" },
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		IS("md_like", t[i].text, t[i].pattern, t[i].exact);
		IS("md_ilike", t[i].text, t[i].pattern, t[i].folded);
	}
	IS("md_like", NULL, "%", "NULL");
	IS("md_ilike", "a", NULL, "NULL");
}

/* Bytes that are no UTF-8 are characters, and equal only themselves. */
static void broken_utf8(void **state)
{
	(void)state;
	IS("md_ilike", "\xff", "_", "1");
	IS("md_ilike", "\xff\xfe", "_", "0");
	IS("md_ilike", "\xff\xfe", "\xff\xfe", "1");
	IS("md_ilike", "\xff", "\xfe", "0");
	IS("md_ilike", "a\xc3", "A_", "1");
	IS("md_levenshtein", "\xff\xfe", "\xff", "1");
}

static void distances(void **state)
{
	(void)state;
	static char many[256 * 2 + 1];
	for (int i = 0; i < 256; i++)
		memcpy(many + 2 * i, "é", 2);
	IS("md_levenshtein", "kitten", "sitting", "3");
	IS("md_levenshtein", "", "abc", "3");
	IS("md_levenshtein", "abc", "", "3");
	IS("md_levenshtein", "abc", "abc", "0");
	IS("md_levenshtein", "saturday", "sunday", "3");
	IS("md_levenshtein", "東京", "東", "1");
	IS("md_levenshtein", NULL, "a", "NULL");
	IS("md_levenshtein", "a", NULL, "NULL");
	assert_string_equal(called("md_levenshtein", many, 510, "é", 2), "254");
	assert_string_equal(called("md_levenshtein", many, 512, "é", 2), "256"); /* not measured: far enough */
	assert_string_equal(called("md_levenshtein", "é", 2, many, 512), "256");
}

/* A comparison that takes long looks whether it may go on. */
static void cancelled(void **state)
{
	(void)state;
	size_t n = 200000;
	char *text = malloc(n + 1), *pattern = malloc(n + 4);
	memset(text, 'y', n);
	memset(pattern + 1, 'y', n / 2);
	pattern[0] = '%';
	memcpy(pattern + 1 + n / 2, "z%", 2);
	conn.state = MD_LITE_CANCELLED;
	assert_string_equal(called("md_ilike", text, n, pattern, n / 2 + 3), "interrupted");
	conn.state = MD_LITE_RUNNING;
	/* behind the last % there is one place to look at */
	assert_string_equal(called("md_ilike", text, n, pattern, n / 2 + 1), "1");
	free(text);
	free(pattern);
}

static const char *plain(const char *number)
{
	char sql[80];
	sqlite3_stmt *stmt;
	snprintf(sql, sizeof sql, "SELECT md_plain(%s)", number);
	assert_int_equal(sqlite3_prepare_v2(conn.db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	const char *text = (const char *)sqlite3_column_text(stmt, 0);
	snprintf(answer, sizeof answer, "%s", text ? text : "NULL");
	sqlite3_finalize(stmt);
	return answer;
}

static void digits(void **state)
{
	(void)state;
	assert_string_equal(plain("0.1"), "0.1");
	assert_string_equal(plain("1.0"), "1");
	assert_string_equal(plain("-0.0"), "0");
	assert_string_equal(plain("9007199254740993.0"), "9007199254740992");
	assert_string_equal(plain("4611686018427387904.0"), "4611686018427388000");
	assert_string_equal(plain("1e21"), "1000000000000000000000");
	assert_string_equal(plain("-1.5e-7"), "-0.00000015");
	assert_string_equal(plain("NULL"), "NULL");
	assert_string_equal(plain("7"), "7");
	assert_string_equal(plain("'1.5'"), "1.5");
	assert_int_equal(strlen(plain("5e-324")), 326);
	assert_int_equal(strlen(plain("1.7976931348623157e308")), 309);
	assert_int_equal(strlen(plain("9e999")), 310);
	assert_int_equal(plain("-9e999")[0], '-');
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_patterns), cmocka_unit_test(broken_utf8), cmocka_unit_test(distances),
		cmocka_unit_test(cancelled), cmocka_unit_test(digits),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
