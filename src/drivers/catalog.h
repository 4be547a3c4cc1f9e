/* Reading a table from a catalog, as every driver does it: a statement that returns a row for each
 * column, with the outputs below in this order. */
#ifndef MD_DRIVERS_CATALOG_H
#define MD_DRIVERS_CATALOG_H

#include "drivers/driver.h"

enum md_catalog_output {
	MD_CATALOG_NAME, MD_CATALOG_TYPE, MD_CATALOG_BASE, MD_CATALOG_COLLATION, MD_CATALOG_LABELS,
	MD_CATALOG_NULLABLE, MD_CATALOG_GENERATED, MD_CATALOG_HAS_EQUALITY, MD_CATALOG_IS_DETERMINISTIC,
	MD_CATALOG_IS_VIEW, MD_CATALOG_ENGINE, MD_CATALOG_ENGINE_FULL, MD_CATALOG_SORTING_KEY,
	MD_CATALOG_UNGUARDED,
	MD_CATALOG_OUTPUTS
};

/* A parameter of the statement: a text. */
static inline struct md_value md_catalog_text(struct md_str s)
{
	return (struct md_value){ .type = { .base = MD_STRING }, .text = s };
}

/* A part of a table's name in quotes, where the driver writes the statement itself. */
void md_catalog_identifier(struct md_buf *b, struct md_str part);

/* Runs the statement on a connection of the driver and fills *out, in cx->arena. */
enum md_started md_catalog_read(struct md_ctx *cx, const struct md_driver *d, void *conn, struct md_str text,
                                const struct md_value *params, uint32_t n_params, struct md_catalog_table *out);

#endif
