/* The values of a column of type enum, in the order in which the metadata declares them, which is
 * the order of the values themselves. Immutable once made; safe to read from any thread. */
#ifndef MD_BASE_LABELS_H
#define MD_BASE_LABELS_H

#include "base/map.h"

struct md_labels {
	const struct md_str *v;
	uint32_t n;
	struct md_map places; /* label -> its index in v */
};

/* The place of a label in the declared order, from 0; MD_NONE: the text is none of them. */
static inline uint32_t md_label_place(const struct md_labels *l, struct md_str text)
{
	return md_map_get(&l->places, text);
}

/* Are both the same labels in the same order? NULL equals NULL alone. */
bool md_labels_are_same(const struct md_labels *a, const struct md_labels *b);

/* What is expected where a label is: "one of new, waiting, done"; of many labels the first. Out of
 * memory: NULL. */
const char *md_labels_expected(struct md_arena *a, const struct md_labels *l);

/* All labels of l that are not among the n places of `without`, in the declared order. *out has
 * room for l->n texts; returns how many there are. */
uint32_t md_labels_without(const struct md_labels *l, const uint32_t *without, uint32_t n, struct md_str *out);

#endif
