#include "engine/given.h"

enum { LARGEST_GIVEN = 4096 };

static bool is_readable(const char *given, size_t given_size, size_t size)
{
	if (given_size < sizeof given_size || given_size > LARGEST_GIVEN)
		return false;
	for (size_t i = size; i < given_size; i++)
		if (given[i])
			return false;
	return true;
}

int md_read_given(struct md_ctx *cx, const char *type, void *to, size_t size, const void *given)
{
	size_t n = 0;
	memset(to, 0, size);
	if (!given)
		return 0;
	memcpy(&n, given, sizeof n);
	if (!is_readable(given, n, size))
		return md_fail(cx, MD_MISUSE, "%s cannot be read: expected size %zu, or a greater one with zeros "
		               "behind it, got size %zu", type, size, n);
	memcpy(to, given, n < size ? n : size);
	return 0;
}
