#include "engine/loop_places.h"

#include <stdlib.h>
#include <unistd.h>

static void leave_line(multidb_loop *l, multidb_query *q)
{
	struct md_loop_line *line = &l->lines[q->visit.place];
	if (q->visit.next)
		q->visit.next->visit.previous = q->visit.previous;
	else
		line->last = q->visit.previous;
	if (q->visit.previous)
		q->visit.previous->visit.next = q->visit.next;
	else
		line->first = q->visit.next;
}

static void enter_line(multidb_loop *l, multidb_query *q, enum md_loop_place place)
{
	struct md_loop_line *line = &l->lines[place];
	q->visit.place = place;
	q->visit.next = NULL;
	q->visit.previous = line->last;
	if (line->last)
		line->last->visit.next = q;
	else
		line->first = q;
	line->last = q;
}

/* The descriptor holds no number of outcomes: it is readable or it is not. */
static void show_ready(multidb_loop *l, bool was_ready)
{
	uint64_t one = 1;
	bool is_ready = l->lines[MD_LOOP_READY].first != NULL;
	ssize_t done = 0;
	if (is_ready && !was_ready)
		done = write(l->fd, &one, sizeof one);
	if (!is_ready && was_ready)
		done = read(l->fd, &one, sizeof one);
	(void)done; /* neither can fail: the count is 0 or 1 */
}

void md_loop_move(multidb_loop *l, multidb_query *q, enum md_loop_place place)
{
	bool was_ready = l->lines[MD_LOOP_READY].first != NULL;
	leave_line(l, q);
	enter_line(l, q, place);
	show_ready(l, was_ready);
	if (place == MD_LOOP_QUEUED)
		pthread_cond_signal(&l->changed);
}

struct md_loop_target *md_loop_target(multidb_loop *l, const struct md_pool *pool)
{
	struct md_loop_target *t = l->targets;
	while (t && t->pool != pool)
		t = t->next;
	if (!t && (t = calloc(1, sizeof *t))) {
		t->pool = pool;
		t->next = l->targets;
		l->targets = t;
	}
	return t;
}

static void leave_target(multidb_loop *l, multidb_query *q)
{
	struct md_loop_target *t = q->visit.target, **link = &l->targets;
	t->connected -= q->visit.is_connected;
	if (--t->queries)
		return;
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	free(t);
}

void md_loop_leave(multidb_loop *l, multidb_query *q)
{
	bool was_ready = l->lines[MD_LOOP_READY].first != NULL;
	leave_line(l, q);
	leave_target(l, q);
	show_ready(l, was_ready);
}

void md_loop_enter(multidb_loop *l, multidb_query *q)
{
	enter_line(l, q, MD_LOOP_QUEUED);
	pthread_cond_signal(&l->changed);
}
