/* json/write.h: commas and escapes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "json/json.h"
#include "json/write.h"

static struct md_arena arena;

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	return 0;
}

static void places_commas(void **state)
{
	(void)state;
	struct md_buf b = { .arena = &arena };
	struct md_jw w = { .b = &b };
	md_jw_obj(&w);
	md_jw_kstr(&w, "s", MD_STR("x"));
	md_jw_kint(&w, "i", -5);
	md_jw_kbool(&w, "b", true);
	md_jw_keyz(&w, "a");
	md_jw_arr(&w);
	md_jw_null(&w);
	md_jw_obj(&w);
	md_jw_obj_end(&w);
	md_jw_arr(&w);
	md_jw_arr_end(&w);
	md_jw_raw(&w, MD_STR("1.50"));
	md_jw_arr_end(&w);
	md_jw_keyz(&w, "last");
	md_jw_bool(&w, false);
	md_jw_obj_end(&w);
	assert_true(md_str_eqz(md_buf_view(&b),
	                       "{\"s\":\"x\",\"i\":-5,\"b\":true,\"a\":[null,{},[],1.50],\"last\":false}"));
}

/* The reader returns every ASCII character as it was written. */
static void escaped_text_reads_back(void **state)
{
	(void)state;
	char all[128];
	for (int i = 0; i < 128; i++)
		all[i] = (char)i;
	struct md_str s = { all, sizeof all };
	struct md_buf b = { .arena = &arena };
	md_json_quote(&b, s);
	const struct md_json *v;
	struct md_json_error e;
	assert_int_equal(md_json_parse(&arena, md_buf_view(&b), &v, &e), 0);
	assert_true(md_str_eq(md_json_text(v), s));
	assert_false(md_json_is_plain(s));
	for (size_t i = 0; i < b.n; i++)
		assert_true((unsigned char)b.p[i] >= 32 && b.p[i] != 127);
}

static void escapes_quotes_and_control_characters(void **state)
{
	(void)state;
	struct md_buf b = { .arena = &arena };
	md_json_quote(&b, MD_STR("a\"b\\c\n\t\r\b\f\x01\x1f/\xe2\x82\xac"));
	assert_true(md_str_eqz(md_buf_view(&b), "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f/\xe2\x82\xac\""));
	b.n = 0;
	md_json_quote(&b, MD_NOSTR);
	assert_true(md_str_eqz(md_buf_view(&b), "\"\""));
	assert_true(md_json_is_plain(MD_STR("plain \xe2\x82\xac")));
	assert_true(md_json_is_plain(MD_NOSTR));
	assert_false(md_json_is_plain(MD_STR("\"")));
	assert_false(md_json_is_plain(MD_STR("a\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(places_commas, teardown),
		cmocka_unit_test_teardown(escaped_text_reads_back, teardown),
		cmocka_unit_test_teardown(escapes_quotes_and_control_characters, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
