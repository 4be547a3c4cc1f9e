/* A growing array inside an arena: MD_VEC(struct x) xs = {0}; struct x *n = md_push(arena, &xs);
 * Growing copies to a new block (the old one stays until the arena is reset), so that a push
 * invalidates pointers to elements. A zeroed vec is empty. */
#ifndef MD_BASE_VEC_H
#define MD_BASE_VEC_H

#include "base/arena.h"

#define MD_VEC(T)           \
	struct {            \
		T *v;       \
		uint32_t n; \
		uint32_t cap; \
	}

/* A cleared new last element, or NULL when out of memory (the vec is then unchanged). */
#define md_push(arena, vec)                                                                        \
	__extension__({                                                                            \
		__auto_type vec_ = (vec);                                                          \
		__typeof__(vec_->v) slot_ = NULL;                                                  \
		if (vec_->n == vec_->cap) {                                                        \
			void *grown_ = md_vec_grow((arena), vec_->v, vec_->n, sizeof *vec_->v);    \
			if (grown_) {                                                              \
				vec_->v = grown_;                                                  \
				vec_->cap = md_vec_cap(vec_->n);                                   \
			}                                                                          \
		}                                                                                  \
		if (vec_->n < vec_->cap)                                                           \
			slot_ = memset(&vec_->v[vec_->n++], 0, sizeof *slot_);                     \
		slot_;                                                                             \
	})

static inline uint32_t md_vec_cap(uint32_t n)
{
	return n ? n * 2 : 8;
}

/* A block of md_vec_cap(n) elements with the old n in front; NULL when out of memory. */
void *md_vec_grow(struct md_arena *a, const void *old, uint32_t n, size_t size);

#endif
