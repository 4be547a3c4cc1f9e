/* Cursors: where a page ended, as a text for the caller to bring back. A cursor is sealed over
 * the sort values of the page's last row. It is bound to everything of the definition that
 * decides which rows come and in what order, to the roles and to the context values. It is not
 * bound to `first` and `after`, nor to what only decides where and how the definition is
 * answered. */
#ifndef MD_CURSOR_CURSOR_H
#define MD_CURSOR_CURSOR_H

#include "access/access.h"
#include "cursor/position.h"
#include "cursor/seal.h"
#include "validation/bound.h"

/* What cursors of this request are sealed for; the definition is without problems and has a
 * page. -1: the record says why. */
int md_cursor_bind(struct md_ctx *cx, const struct md_json *definition, const struct md_bound *b,
                   unsigned char binding[MD_SEAL_BINDING]);

/* The text of page.after to the position that it stands for. A text that is no cursor, or
 * another query's or another caller's, is reported, INVALID_PAGE at /page/after; so is every
 * text where r is NULL. *out is then NULL. -1: the record says why. */
int md_cursor_open(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
                   struct md_str after, const struct md_position **out);

/* A position to a cursor. -1: the record says why. */
int md_cursor_make(struct md_ctx *cx, const struct md_ring *r, const unsigned char binding[MD_SEAL_BINDING],
                   const struct md_position *position, struct md_str *out);

#endif
