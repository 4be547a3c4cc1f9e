/* The concept's test configuration with its sample rows, in a folder of its own, for tests through
 * the public interface; and JSON looked at by pointer. Linked with the admin room. */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "json/json.h"
#include "json/write.h"

#include <multidb.h>

/* A new folder with multidb.json and data/; NULL when it can't be made. Static text, one at a time.
 */
const char *sample_make(void);
void sample_remove(void);

/* The sample's engine; a failure prints the error and gives NULL. */
multidb_engine *sample_open(void);

/* The configuration's text with one of its top-level members replaced (or added); member NULL: as
 * it is. To be freed. */
char *sample_config(const char *member, const char *value);

/* Whole answer of a definition as text, to be freed; on failure "!" and the problem object. */
char *sample_ask(multidb_query *q, multidb_mode mode, multidb_format format, const char *definition,
                 const char *context);

/* A part of a JSON text by RFC 6901 pointer (no ~ escapes), as compact JSON; "(none)" where there
 * is nothing, "(not JSON)". In the arena. */
const char *json_at(struct md_arena *a, const char *json, const char *pointer);

#endif
