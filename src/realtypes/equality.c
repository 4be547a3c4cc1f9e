/* Which texts a database takes for equal, by the real type that stores them. */
#include "realtypes/private.h"

/* UNKNOWN: the metadata does not say otherwise. */
static const uint8_t equality_of[MD_FAMILIES] = {
	[MD_REAL_UNKNOWN] = MD_EQUAL_BYTES,        [MD_REAL_TEXT] = MD_EQUAL_BYTES,
	[MD_REAL_FIXED_STRING] = MD_EQUAL_BYTES,   [MD_REAL_ENUM] = MD_EQUAL_BYTES,
	[MD_REAL_CHAR] = MD_EQUAL_WITHOUT_PADDING, [MD_REAL_TEXT_RTRIM] = MD_EQUAL_WITHOUT_PADDING,
	[MD_REAL_CITEXT] = MD_EQUAL_IN_ANY_CASE,   [MD_REAL_TEXT_NOCASE] = MD_EQUAL_IN_ANY_ASCII_CASE,
	[MD_REAL_OTHER] = MD_EQUAL_NOT_KNOWN,
};

enum md_equality md_real_equality(const struct md_real_type *real)
{
	return (enum md_equality)equality_of[real->family];
}

bool md_real_compares_bytes(const struct md_real_type *real)
{
	return real->family == MD_REAL_TEXT && !real->is_array;
}

bool md_real_compares_alike(const struct md_real_type *a, const struct md_real_type *b)
{
	enum md_equality e = md_real_equality(a);
	if (e != md_real_equality(b))
		return false;
	if (e == MD_EQUAL_NOT_KNOWN)
		return md_real_type_is_same(a, b);
	return e != MD_EQUAL_BY_TYPE || a->family == b->family;
}
