/* A list by age through a hash by text. A zeroed set is empty. See prepared.h. */
#include "drivers/pool/prepared.h"

#include "base/map.h"

#include <stdlib.h>

static struct md_prepared *slot_at(struct md_prepared_set *s, uint16_t i)
{
	return &s->slots[i - 1];
}

static uint16_t index_of(const struct md_prepared_set *s, const struct md_prepared *p)
{
	return (uint16_t)(p - s->slots + 1);
}

static void push_newest(struct md_prepared_set *s, struct md_prepared *p)
{
	uint16_t i = index_of(s, p);
	p->newer = 0;
	p->older = s->newest;
	if (s->newest)
		slot_at(s, s->newest)->newer = i;
	else
		s->oldest = i;
	s->newest = i;
}

static void unlink_age(struct md_prepared_set *s, struct md_prepared *p)
{
	if (p->newer)
		slot_at(s, p->newer)->older = p->older;
	else
		s->newest = p->older;
	if (p->older)
		slot_at(s, p->older)->newer = p->newer;
	else
		s->oldest = p->newer;
}

struct md_prepared *md_prepared_find(struct md_prepared_set *s, struct md_str text)
{
	if (s->newest && md_str_eq(slot_at(s, s->newest)->text, text)) /* one statement again and again: no hash */
		return slot_at(s, s->newest);
	uint64_t hash = md_hash(text);
	for (uint16_t i = s->buckets[hash % MD_PREPARED_BUCKETS]; i; i = slot_at(s, i)->chain) {
		struct md_prepared *p = slot_at(s, i);
		if (p->hash != hash || !md_str_eq(p->text, text))
			continue;
		unlink_age(s, p);
		push_newest(s, p);
		return p;
	}
	return NULL;
}

struct md_prepared *md_prepared_victim(struct md_prepared_set *s)
{
	return s->used == MD_PREPARED_MAX ? slot_at(s, s->oldest) : NULL;
}

static struct md_prepared *free_slot(struct md_prepared_set *s)
{
	struct md_prepared *p = s->slots;
	while (p->text.p)
		p++;
	return p;
}

struct md_prepared *md_prepared_add(struct md_prepared_set *s, struct md_str text)
{
	char *copy = malloc(text.n + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	struct md_prepared *p = free_slot(s);
	*p = (struct md_prepared){ .text = { copy, text.n }, .hash = md_hash(text) };
	uint16_t *bucket = &s->buckets[p->hash % MD_PREPARED_BUCKETS];
	p->chain = *bucket;
	*bucket = index_of(s, p);
	push_newest(s, p);
	s->used++;
	return p;
}

void md_prepared_drop(struct md_prepared_set *s, struct md_prepared *p)
{
	uint16_t *link = &s->buckets[p->hash % MD_PREPARED_BUCKETS], i = index_of(s, p);
	while (*link != i)
		link = &slot_at(s, *link)->chain;
	*link = p->chain;
	unlink_age(s, p);
	free((void *)(uintptr_t)p->text.p);
	memset(p, 0, sizeof *p);
	s->used--;
}

void md_prepared_clear(struct md_prepared_set *s)
{
	while (s->newest)
		md_prepared_drop(s, slot_at(s, s->newest));
}
