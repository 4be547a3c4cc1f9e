#include "cli_test.h"

#include "base/printable.h"

static void assert_printed(const char *in, size_t n, const char *out, size_t width)
{
	struct md_buf b = { 0 };
	assert_int_equal(text_print(&b, (struct md_str){ in, n }), width);
	assert_string_equal(zero_ended(&b), out);
	md_buf_free(&b);
}
#define SHOWS(in, out, width) assert_printed(in, sizeof(in) - 1, out, width)

static void counts_terminal_columns(void **state)
{
	(void)state;
	SHOWS("", "", 0);
	SHOWS("plain ascii", "plain ascii", 11);
	SHOWS("Žižka", "Žižka", 5);
	SHOWS("東京", "東京", 4);
	SHOWS("🎁", "🎁", 2);
	SHOWS("e\xcc\x81x", "e\xcc\x81x", 2);
}

static void escapes_what_controls_the_terminal(void **state)
{
	(void)state;
	SHOWS("a\nb\tc\rd", "a\\nb\\tc\\rd", 10);
	SHOWS("\x1b[2J", "\\u001b[2J", 9);
	SHOWS("a\0b", "a\\u0000b", 8);
	SHOWS("\x7f", "\\u007f", 6);
	SHOWS("\xc2\x9b", "\\u009b", 6);
	SHOWS("\xe2\x80\xae", "\\u202e", 6);
}

static void replaces_bytes_that_are_not_utf8(void **state)
{
	(void)state;
	SHOWS("a\xff" "b", "a\xef\xbf\xbd" "b", 3);
	SHOWS("\xc3", "\xef\xbf\xbd", 1);
	SHOWS("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", 2);
	SHOWS("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3);
	SHOWS("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 4);
}

static void decodes_code_points(void **state)
{
	uint32_t c;
	(void)state;
	assert_int_equal(md_utf8_decode("\xf0\x9f\x8e\x81", 4, &c), 4);
	assert_int_equal(c, 0x1f381);
	assert_int_equal(md_utf8_decode("\xf0\x9f\x8e\x81", 3, &c), 1);
	assert_true(c == MD_NOT_UTF8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_terminal_columns),
		cmocka_unit_test(escapes_what_controls_the_terminal),
		cmocka_unit_test(replaces_bytes_that_are_not_utf8),
		cmocka_unit_test(decodes_code_points),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
