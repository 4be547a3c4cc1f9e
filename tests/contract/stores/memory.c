#include "suite.h"

static int64_t now_ms = 1000;

static struct md_store *new_memory_store(void)
{
	return md_store_memory(16 << 20);
}

static void advance_clock(int64_t ms)
{
	now_ms += ms;
}

static int64_t read_clock(void)
{
	return now_ms;
}

static const struct store_quirks memory = { .name = "memory", .new_store = new_memory_store,
	                                    .pass_time = advance_clock, .now_ms = read_clock };
const struct store_quirks *const quirks = &memory;
