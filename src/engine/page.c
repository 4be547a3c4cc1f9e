/* Cursors of a running engine: the keys they are sealed with, made when the first page is asked
 * for, and the cursor at a page's end. Without server.cursorKeys the key is the engine's own, drawn
 * at random: cursors then survive a reload of the configuration, but not the process. */
#include "engine/page.h"

#include "cursor/cursor.h"

/* NULL: the record says why. */
static const struct md_ring *own_ring(struct md_ctx *cx, multidb_engine *e)
{
	pthread_mutex_lock(&e->lock);
	bool ok = e->ring.n || md_ring_random(cx, &e->ring) == 0;
	pthread_mutex_unlock(&e->lock);
	return ok ? &e->ring : NULL;
}

const struct md_ring *md_page_ring(void *query)
{
	multidb_query *q = query;
	const struct md_ring *configured = md_runtime_ring(&q->request.cx, q->rt);
	return !configured || configured->n ? configured : own_ring(&q->request.cx, q->engine);
}

int md_page_end(struct md_request *r, const struct md_answer *a)
{
	if (!r->bound->has_page || !a->end || r->end_cursor.p)
		return 0;
	return md_cursor_make(&r->cx, r->ring, r->cursor_binding, a->end, &r->end_cursor);
}
