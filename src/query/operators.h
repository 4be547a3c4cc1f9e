/* The filter operators: one table (operators.def) for validation, SQL writers, documentation and
 * JSON Schema. */
#ifndef MD_QUERY_OPERATORS_H
#define MD_QUERY_OPERATORS_H

#include "base/value.h"

enum md_op {
#define MD_OPERATOR(id, name, types, arrays, shape) MD_OP_##id,
#include "query/operators.def"
#undef MD_OPERATOR
	MD_OPS
};

enum md_operand_shape { MD_SHAPE_NONE, MD_SHAPE_VALUE, MD_SHAPE_LIST, MD_SHAPE_RANGE, MD_SHAPE_PATTERN, MD_SHAPE_TEXT,
	        MD_SHAPE_DISTANCE, MD_SHAPE_ELEMENT, MD_SHAPE_ELEMENTS };

struct md_operator {
	enum md_op id;
	const char *name;
	uint32_t types;       /* bit per enum md_base_type of scalar columns it takes */
	bool arrays;          /* takes array columns */
	enum md_operand_shape shape;  /* of the operand */
};

extern const struct md_operator md_operators[MD_OPS];
const struct md_operator *md_operator_find(struct md_str name); /* both spellings of the null operators; NULL: none */

#endif
