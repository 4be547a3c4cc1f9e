/* Answers on the wire. */
#ifndef CHHTTPD_REPLY_H
#define CHHTTPD_REPLY_H

#include "request.h"
#include "rows.h"
#include "watch.h"

enum MHD_Result reply_text(struct request *q, unsigned status, const char *text);
/* An error of ClickHouse's form: `Code: N. DB::Exception: …`. */
enum MHD_Result reply_failure(struct request *q, const char *text);

/* The rows, as they come. An error among the first 64 KiB makes the status; a later one ends the
 * body. Takes rows and watch (may be NULL). */
enum MHD_Result reply_rows(struct request *q, struct rows *rows, const char *format, struct watch *watch);

#endif
