#include "suite.h"

static int64_t now = 1000;

static struct md_store *up(void)
{
	return md_store_memory(16 << 20);
}

static void pass(int64_t ms)
{
	now += ms;
}

static int64_t now_ms(void)
{
	return now;
}

const struct quirks quirks_memory = { .name = "memory", .up = up, .pass = pass, .now_ms = now_ms };
const struct quirks *const Q = &quirks_memory;
