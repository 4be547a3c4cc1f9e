/* The operator table, made of operators.def. Lengths of names are known when the program is
 * compiled, because every filter of every definition looks a name up. */
#include "query/operators.h"

const struct md_operator md_operators[MD_OPS] = {
#define MD_OPERATOR(id_, name_, types_, arrays_, shape_) \
	[MD_OP_##id_] = { MD_OP_##id_, name_, types_, arrays_, MD_SHAPE_##shape_ },
#include "query/operators.def"
#undef MD_OPERATOR
};

static const uint8_t lengths[MD_OPS] = {
#define MD_OPERATOR(id_, name_, types_, arrays_, shape_) [MD_OP_##id_] = sizeof(name_) - 1,
#include "query/operators.def"
#undef MD_OPERATOR
};

const struct md_operator *md_operator_find(struct md_str name)
{
	if (name.n == 1 && name.p[0] == '=')
		return &md_operators[MD_OP_EQ];
	for (unsigned i = 0; i < MD_OPS && name.n; i++)
		if (lengths[i] == name.n && md_same_bytes(md_operators[i].name, name.p, name.n))
			return &md_operators[i];
	if (md_str_eq(name, MD_STR("is_null")))
		return &md_operators[MD_OP_IS_NULL];
	if (md_str_eq(name, MD_STR("is_not_null")))
		return &md_operators[MD_OP_IS_NOT_NULL];
	return NULL;
}
