/* Cursors: where a page ended, as a text for the caller to bring back (spec 2, Order). Sealed over the sort values of the page's last row, and bound to everything of the
 * definition that decides which rows come and in what order, to the roles and to the context values. What is bound but not in the
 * cursor: `first` and `after`, and what only decides where and how the question is answered. */
#ifndef MD_CURSOR_CURSOR_H
#define MD_CURSOR_CURSOR_H

#include "access/access.h"
#include "cursor/seal.h"
#include "query/query.h"

/* What cursors of this request are bound to; the query is validated and has a page. -1: memory is out. */
int md_cursor_bind(struct md_ctx *cx, const struct md_json *definition, const struct md_query *q, unsigned char bound[MD_SEAL_BOUND]);

/* page.after to q->after; without one nothing is done. A cursor that is none, another query's or another caller's is reported, INVALID_PAGE at /page/after;
 * so is every cursor where r is NULL. -1: memory is out. */
int md_cursor_open(struct md_ctx *cx, const struct md_ring *r, const unsigned char bound[MD_SEAL_BOUND], struct md_query *q);

/* n sort values to a cursor. -1: memory is out. */
int md_cursor_make(struct md_ctx *cx, const struct md_ring *r, const unsigned char bound[MD_SEAL_BOUND], const struct md_after *v, uint32_t n, struct md_str *out);

#endif
