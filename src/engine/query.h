/* What a loop needs of the query handle. Internal to the engine. */
#ifndef MD_ENGINE_QUERY_H
#define MD_ENGINE_QUERY_H

#include "engine/private.h"

/* Frees a handle that no loop has. */
void md_query_discard(multidb_query *q);

/* Room for the cells of a row; -1: the record says that there is no memory. */
int md_query_make_cells(multidb_query *q);

#endif
