#include "base/vec.h"

void *md_vec_grow(struct md_arena *a, const void *old, uint32_t n, size_t size)
{
	if (n > UINT32_MAX / 2 / size) {
		a->oom = true;
		return NULL;
	}
	void *grown = md_alloc(a, md_vec_cap(n) * size);
	if (grown && n)
		memcpy(grown, old, n * size);
	return grown;
}
