/* What cmocka needs in front of it, and two helpers. */
#ifndef MD_TEST_CLI_H
#define MD_TEST_CLI_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "json/json.h"

static inline const struct md_json *parse_text(struct md_arena *a, const char *text)
{
	struct md_json_error e;
	const struct md_json *root;
	assert_int_equal(md_json_parse(a, md_str_z(text), &root, &e), 0);
	return root;
}

static inline const char *zero_ended(struct md_buf *b)
{
	md_buf_char(b, '\0');
	assert_false(b->failed);
	return b->p;
}
#endif
