/* The sample configuration with its rows, in a folder of its own, for tests that use the public
 * interface, and a function that reads JSON by pointer. Link it with the admin room. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "json/json.h"
#include "json/write.h"

#include <multidb.h>

/* Makes a new folder with multidb.json and data/ and returns its path, a static text; NULL on
 * failure. There is one such folder at a time. */
const char *sample_make(void);
void sample_remove(void);

/* Opens an engine with the sample. A failure prints the error and returns NULL. */
multidb_engine *sample_open(void);

/* The same with one top-level member replaced or added. */
multidb_engine *sample_open_with(const char *member, const char *value);

/* The text of the configuration with one top-level member replaced or added; member NULL:
 * unchanged. The caller frees it. */
char *sample_config(const char *member, const char *value);

/* The complete answer to a definition as text; on failure "!" and the error object. The caller
 * frees it. */
char *sample_ask(multidb_query *q, multidb_mode mode, multidb_format format, const char *definition,
                 const char *context);

/* The part of a JSON text that an RFC 6901 pointer (without ~ escapes) names, as compact JSON in
 * the arena; "(none)" when nothing is there, "(not JSON)" when the text is not JSON. */
const char *json_at(struct md_arena *a, const char *json, const char *pointer);

#endif
