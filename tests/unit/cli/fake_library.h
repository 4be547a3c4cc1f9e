/* The functions of multidb.h that show.c, report.c and expect.c call, on a result or an error
 * that a test states as the JSON that the library would write of it. */
#ifndef MD_TEST_FAKE_LIBRARY_H
#define MD_TEST_FAKE_LIBRARY_H

#include "json/json.h"

#include <multidb.h>

multidb_query *fake_query(const struct md_json *result);
const multidb_error *fake_error(const struct md_json *problem);

#endif
