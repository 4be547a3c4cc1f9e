/* Every mask on every kind of value: what it shows, characters of several bytes, what is too short
 * to hide anything; NULL and rows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "executor/mask.h"

static struct md_arena arena;
static struct md_buf buf = { .arena = &arena };

static int teardown(void **state)
{
	(void)state;
	md_arena_free(&arena);
	buf = (struct md_buf){ .arena = &arena };
	return 0;
}

static struct md_column column(enum md_mask mask, enum md_base_type t, bool array)
{
	return (struct md_column){ .api_name = MD_STR("c"),
		                   .type = { .base = (uint8_t)t, .array = array },
		                   .mask = mask };
}

static void shows_n(enum md_mask mask, enum md_base_type t, struct md_str value, const char *expected)
{
	struct md_column c = column(mask, t, false);
	struct md_cell cell = { .text = value, .form = md_form_of(c.type) };
	size_t before = buf.n;
	assert_true(md_buf_room(&buf, md_mask_room(&cell)));
	const char *place = buf.p;
	struct md_cell out = md_mask_cell(&buf, &c, &cell);
	assert_ptr_equal(buf.p, place); /* the room was enough */
	assert_true(buf.n - before <= md_mask_room(&cell));
	if (!expected) {
		assert_int_equal(out.form, MD_CELL_NULL);
		return;
	}
	assert_int_equal(out.form, md_form_of(c.type));
	assert_int_equal(out.text.n, strlen(expected));
	assert_memory_equal(out.text.p, expected, out.text.n);
}

static void shows(enum md_mask mask, enum md_base_type t, const char *value, const char *expected)
{
	shows_n(mask, t, md_str_z(value), expected);
}

static void test_email(void **state)
{
	(void)state;
	shows(MD_MASK_EMAIL, MD_STRING, "john@example.com", "j***@***.com");
	shows(MD_MASK_EMAIL, MD_STRING, "john.doe@mail.example.co.uk", "j***@***.uk");
	shows(MD_MASK_EMAIL, MD_STRING, "j@localhost", "j***@***");
	shows(MD_MASK_EMAIL, MD_STRING, "@example.com", "***");
	shows(MD_MASK_EMAIL, MD_STRING, "no address", "***");
	shows(MD_MASK_EMAIL, MD_STRING, "john.doe", "***");
	shows(MD_MASK_EMAIL, MD_STRING, "", "***");
	shows(MD_MASK_EMAIL, MD_STRING, "@", "***");
	shows(MD_MASK_EMAIL, MD_STRING, "a@", "a***@***");
	shows(MD_MASK_EMAIL, MD_STRING, "a.b@c", "a***@***"); /* the dot before the @ is none of the domain's */
	shows(MD_MASK_EMAIL, MD_STRING, "\"a@b.x\"@c.d", "\"***@***.d"); /* the domain is behind the last @ */
	shows(MD_MASK_EMAIL, MD_STRING, "é@ü.भारत", "é***@***.भारत");
	shows(MD_MASK_EMAIL, MD_STRING, "😀x@y.z", "😀***@***.z");
}

static void test_phone(void **state)
{
	(void)state;
	shows(MD_MASK_PHONE, MD_STRING, "+1 (555) 123-4567", "+1***567");
	shows(MD_MASK_PHONE, MD_STRING, "0171 2345678", "0***678");
	shows(MD_MASK_PHONE, MD_STRING, "1234", "1***234");
	shows(MD_MASK_PHONE, MD_STRING, "123", "***");
	shows(MD_MASK_PHONE, MD_STRING, "+123", "***");
	shows(MD_MASK_PHONE, MD_STRING, "1+2 3 4 5", "1***345"); /* a + that leads nothing */
	shows(MD_MASK_PHONE, MD_STRING, " +49 30 1", "4***301");
	shows(MD_MASK_PHONE, MD_STRING, "", "***");
	shows(MD_MASK_PHONE, MD_STRING, "call me", "***");
	shows(MD_MASK_PHONE, MD_STRING, "+", "***");
	shows(MD_MASK_PHONE, MD_STRING, "١٢٣٤٥", "***"); /* digits are those of ASCII */
}

static void test_name(void **state)
{
	(void)state;
	shows(MD_MASK_NAME, MD_STRING, "Johnson", "J*****n");
	shows(MD_MASK_NAME, MD_STRING, "Ann", "A*n");
	shows(MD_MASK_NAME, MD_STRING, "Al", "***");
	shows(MD_MASK_NAME, MD_STRING, "A", "***");
	shows(MD_MASK_NAME, MD_STRING, "", "***");
	shows(MD_MASK_NAME, MD_STRING, "Zoë", "Z*ë");
	shows(MD_MASK_NAME, MD_STRING, "Éé", "***"); /* two characters of two bytes */
	shows(MD_MASK_NAME, MD_STRING, "a😀b😀", "a**😀");
	shows(MD_MASK_NAME, MD_STRING, "Anna Maria", "A********a");
	/* not UTF-8: one character at most */
	shows_n(MD_MASK_NAME, MD_STRING, (struct md_str){ "\x80\x80\x80", 3 }, "***");
	shows_n(MD_MASK_NAME, MD_STRING, (struct md_str){ "a\xffz", 3 }, "a*z");
}

static void test_uuid(void **state)
{
	(void)state;
	shows(MD_MASK_UUID, MD_UUID, "6f1c3c1e-5b0e-4d2a-9a55-0123456789ab", "6f1c****");
	shows(MD_MASK_UUID, MD_STRING, "éàüöx", "éàüö****");
	shows(MD_MASK_UUID, MD_STRING, "abcde", "abcd****");
	shows(MD_MASK_UUID, MD_STRING, "abcd", "****"); /* nothing would be hidden */
	shows(MD_MASK_UUID, MD_STRING, "", "****");
}

static void test_number(void **state)
{
	(void)state;
	shows(MD_MASK_NUMBER, MD_INT, "-17", "0");
	shows(MD_MASK_NUMBER, MD_BIGINT, "9223372036854775807", "0");
	shows(MD_MASK_NUMBER, MD_DECIMAL, "12345678901234567890.5", "0");
	shows(MD_MASK_NUMBER, MD_FLOAT, "1e+300", "0");
}

static void test_date(void **state)
{
	(void)state;
	shows(MD_MASK_DATE, MD_DATE, "2024-07-19", "2024-01-01");
	shows(MD_MASK_DATE, MD_DATE, "0001-01-01", "0001-01-01");
	shows(MD_MASK_DATE, MD_DATE, "12024-07-19", "12024-01-01");
	shows(MD_MASK_DATE, MD_DATE, "-0044-03-15", "-0044-01-01");
	shows(MD_MASK_DATE, MD_TIMESTAMP, "2024-07-19T23:59:59.999999Z", "2024-01-01T00:00:00Z");
	shows(MD_MASK_DATE, MD_TIMESTAMP, "1969-12-31T00:00:00Z", "1969-01-01T00:00:00Z");
}

static void test_full(void **state)
{
	(void)state;
	shows(MD_MASK_FULL, MD_STRING, "anything", "***");
	shows(MD_MASK_FULL, MD_STRING, "", "***");
	for (enum md_base_type t = MD_INT; t < MD_TYPES; t++)
		shows(MD_MASK_FULL, t, "1", NULL);
	struct md_column texts = column(MD_MASK_FULL, MD_STRING, true);
	struct md_cell cell = { .text = MD_STR("[\"a\"]"), .form = MD_CELL_BARE };
	assert_int_equal(md_mask_cell(&buf, &texts, &cell).form, MD_CELL_NULL);
}

/* What is hidden has no influence on what is shown. */
static void test_non_interference(void **state)
{
	(void)state;
	static const struct {
		enum md_mask mask;
		enum md_base_type type;
		const char *a, *b;
	} pairs[] = { { MD_MASK_EMAIL, MD_STRING, "john@a.example.com", "jane.of.a.long.name@b.com" },
		      { MD_MASK_PHONE, MD_STRING, "+1 2 3 456", "+1 99999 (456)" },
		      { MD_MASK_NAME, MD_STRING, "Karl", "Kööl" },
		      { MD_MASK_UUID, MD_UUID, "6f1c3c1e-5b0e-4d2a-9a55-0123456789ab",
		        "6f1c0000-0000-0000-0000-000000000000" },
		      { MD_MASK_NUMBER, MD_DECIMAL, "1", "-99999999999999999999.25" },
		      { MD_MASK_DATE, MD_TIMESTAMP, "2024-02-03T04:05:06Z", "2024-11-12T13:14:15.161718Z" },
		      { MD_MASK_FULL, MD_STRING, "", "a long text that must stay hidden" },
		      { MD_MASK_FULL, MD_JSON, "{}", "[1,2,3]" } };
	for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct md_column c = column(pairs[i].mask, pairs[i].type, false);
		struct md_cell a = { md_str_z(pairs[i].a), md_form_of(c.type) },
			       b = { md_str_z(pairs[i].b), md_form_of(c.type) };
		assert_true(md_buf_room(&buf, md_mask_room(&a) + md_mask_room(&b)));
		struct md_cell ma = md_mask_cell(&buf, &c, &a), mb = md_mask_cell(&buf, &c, &b);
		assert_true(md_str_eq(ma.text, mb.text) && ma.form == mb.form);
	}
}

/* ---- rows ---- */

static struct md_column columns[4];
static struct md_shape_output outs[6];

static struct md_shape shape(void)
{
	columns[0] = column(MD_MASK_NAME, MD_STRING, false);
	columns[1] = column(MD_MASK_NUMBER, MD_FLOAT, false);
	columns[2] = column(MD_MASK_FULL, MD_STRING, false);
	columns[3] = column(MD_MASK_FULL, MD_STRING, false);
	for (int i = 0; i < 4; i++)
		outs[i] = (struct md_shape_output){ .column = &columns[i] };
	outs[0].masking = MD_MASKED;
	outs[1].masking = MD_MASKED;
	outs[2].masking = MD_MASKED_BY_ROW;
	outs[2].clear_at = 4;
	outs[4] = (struct md_shape_output){ .hidden = true };
	return (struct md_shape){ .outputs = outs, .n_outputs = 5 };
}

static struct md_cell text_cell(const char *s)
{
	return (struct md_cell){ md_str_z(s), MD_CELL_TEXT };
}

#define IS(cell, s) assert_true(md_str_eqz((cell).text, (s)))

static void test_rows(void **state)
{
	(void)state;
	struct md_shape s = shape();
	struct md_masks m;
	assert_int_equal(md_masks_init(&m, &arena, &s, 4), 0);
	struct md_cell raw[5] = { text_cell("Johnson"),
		                  { MD_STR("1.5"), MD_CELL_BARE },
		                  text_cell("secret"),
		                  text_cell("open"),
		                  { MD_STR("1"), MD_CELL_BARE } };
	const struct md_cell *row = md_masks_apply(&m, raw);
	IS(row[0], "J*****n");
	IS(row[1], "0");
	IS(row[2], "secret"); /* clear on this row */
	IS(row[3], "open");
	IS(raw[0], "Johnson"); /* what came stays as it was */
	raw[4].text = MD_STR("0");
	raw[0] = (struct md_cell){ .form = MD_CELL_NULL };
	raw[1] = (struct md_cell){ .form = MD_CELL_NOT_FINITE };
	row = md_masks_apply(&m, raw);
	assert_int_equal(row[0].form, MD_CELL_NULL);
	IS(row[1], "0"); /* as any other number */
	assert_int_equal(row[1].form, MD_CELL_BARE);
	IS(row[2], "***");
	raw[4] = (struct md_cell){ .form = MD_CELL_NULL }; /* a test that says nothing does not say clear */
	IS(md_masks_apply(&m, raw)[2], "***");
}

/* Memory grows with the longest row, not with their number. */
static void test_streaming(void **state)
{
	(void)state;
	struct md_shape s = shape();
	struct md_masks m;
	assert_int_equal(md_masks_init(&m, &arena, &s, 4), 0);
	struct md_cell raw[5] = { text_cell("Johnson"),
		                  { MD_STR("1.5"), MD_CELL_BARE },
		                  text_cell("secret"),
		                  text_cell("open"),
		                  { MD_STR("0"), MD_CELL_BARE } };
	md_masks_apply(&m, raw);
	struct md_mark before = md_arena_mark(&arena);
	for (int i = 0; i < 100000; i++)
		md_masks_apply(&m, raw);
	struct md_mark after = md_arena_mark(&arena);
	assert_ptr_equal(before.at, after.at);
	assert_ptr_equal(before.chunk, after.chunk);
}

static void test_nothing_masked(void **state)
{
	(void)state;
	struct md_shape s = shape();
	struct md_masks m;
	outs[0].masking = outs[1].masking = outs[2].masking = MD_UNMASKED;
	assert_int_equal(md_masks_init(&m, &arena, &s, 4), 0);
	struct md_cell raw[5] = { text_cell("Johnson") };
	assert_ptr_equal(md_masks_apply(&m, raw), raw); /* not even copied */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_email), cmocka_unit_test(test_phone), cmocka_unit_test(test_name),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_number), cmocka_unit_test(test_date), cmocka_unit_test(test_full),
		cmocka_unit_test(test_non_interference),
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_streaming), cmocka_unit_test(test_nothing_masked),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
