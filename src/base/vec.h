/* A growing array inside an arena: MD_VEC(struct x) xs = {0}; struct x *n = md_push(arena, &xs);
 * Growing copies to a new block (the old one stays until the arena is reset), so pointers to elements do not
 * survive a push. A zeroed vec is empty. */
#ifndef MD_BASE_VEC_H
#define MD_BASE_VEC_H

#include "base/arena.h"

#define MD_VEC(T)           \
	struct {            \
		T *v;       \
		uint32_t n; \
		uint32_t cap; \
	}

/* A cleared new last element, or NULL when memory is out (the vec is then unchanged). */
#define md_push(arena, vec)                                                                             \
	((__typeof__((vec)->v))md_vec_push((arena), (void **)&(vec)->v, &(vec)->n, &(vec)->cap,       \
	                                   sizeof *(vec)->v))

void *md_vec_push(struct md_arena *a, void **v, uint32_t *n, uint32_t *cap, size_t size);

#endif
