/* A snapshot and its memory: one arena, freed with the last reference. Promises: references
 * may be taken and dropped by any thread; generations are never used twice in a process. */
#include "metadata/metadata.h"

#include "metadata/private.h"

#include <stdatomic.h>

const char *const md_lag_name[MD_LAGS] = { "realtime", "seconds", "minutes", "hours" };
const int64_t md_lag_ms[MD_LAGS] = { 0, 60000, 3600000, 86400000 };

struct counted_snapshot {
	struct md_snapshot s; /* first: a snapshot's address is its holder's */
	struct md_arena arena;
	atomic_uint refs;
};

struct md_snapshot *md_snapshot_new(struct md_arena *arena)
{
	struct counted_snapshot *c = md_new(arena, struct counted_snapshot);
	return c ? &c->s : NULL;
}

void md_snapshot_seal(struct md_snapshot *s, struct md_arena *arena)
{
	static atomic_uint_least64_t generations;
	struct counted_snapshot *c = (struct counted_snapshot *)(void *)s;
	s->generation = atomic_fetch_add(&generations, 1) + 1;
	c->arena = *arena;
	atomic_init(&c->refs, 1);
}

struct md_snapshot *md_snapshot_ref(struct md_snapshot *s)
{
	atomic_fetch_add_explicit(&((struct counted_snapshot *)(void *)s)->refs, 1, memory_order_relaxed);
	return s;
}

void md_snapshot_unref(struct md_snapshot *s)
{
	struct counted_snapshot *c = (struct counted_snapshot *)(void *)s;
	if (!c || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) > 1)
		return;
	struct md_arena arena = c->arena; /* the holder lives in it */
	md_arena_free(&arena);
}
