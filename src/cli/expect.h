/* The scenarios of the demo, which are a JSON document: what one must come to, and reading it. */
#ifndef MD_CLI_EXPECT_H
#define MD_CLI_EXPECT_H

#include "json/json.h"

#include <multidb.h>

/* Appends the differences between an answer, or the error in its place, and its expectation;
 * nothing where there are none. error NULL: the query was answered. */
void expect_differences(struct md_buf *b, const struct md_json *expect, const multidb_query *q,
                        const multidb_error *error);

static inline struct md_str json_text(const struct md_json *object, const char *key)
{
	const struct md_json *v = object ? md_json_get(object, key) : NULL;
	return v ? md_json_text(v) : MD_NOSTR;
}

static inline const struct md_json *json_get(const struct md_json *object, const char *key)
{
	return object ? md_json_get(object, key) : NULL;
}

#endif
