/* The members that every error object begins with, in the library and on the command line. */
#ifndef MD_JSON_PROBLEM_H
#define MD_JSON_PROBLEM_H

#include "base/err.h"
#include "json/write.h"

/* Those of RFC 9457 (type, title, status, detail), then code and message, into an object that is
 * open. */
void md_jw_problem(struct md_jw *w, enum md_code code, struct md_str message);

#endif
