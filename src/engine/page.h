/* Pages in the engine. Internal to it. */
#ifndef MD_ENGINE_PAGE_H
#define MD_ENGINE_PAGE_H

#include "engine/private.h"

/* What the cursors of a request are sealed with; its argument is the query handle. NULL: the record
 * says why. */
const struct md_ring *md_page_ring(void *query);

/* The rows have ended: sets r->end_cursor where there is one. -1: the record says why. */
int md_page_end(struct md_request *r, const struct md_answer *a);

#endif
