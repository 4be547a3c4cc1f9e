/* The toy engine's entry in the contract suite: SQLite's quirks and cases, through the other
 * driver. */
#define md_driver_sqlite md_driver_toy
#define quirks_sqlite quirks_toy
#include "sqlite.c"
