"""What SQLite's dialect writes around a column to compare its value (src/dialects/sqlite.c), for tests that judge statements by sqlglot's tree."""
from sqlglot import exp


def gives_value(node):
    """md_value_uuid(c): the canonical value of what is stored; md_uuid_bytes(?1): a uuid as it is stored"""
    return isinstance(node, exp.Anonymous) and node.name.lower().startswith(("md_value_", "md_uuid_bytes")) and len(node.expressions) == 1


def bare(node):
    """Without what gives the same value: parentheses, casts, collations, and the functions of a stored value."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Collate)) or gives_value(node) or (isinstance(node, exp.Anonymous) and node.name == "toTime64"):
        node = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return node


def is_type_test(node):
    """md_value_int(c) IS NOT NULL, typeof(c) = 'text', typeof(c) <> 'text'"""
    node = node.this if isinstance(node, exp.Not) else node
    if isinstance(node, exp.Is):
        return gives_value(node.this) and isinstance(node.expression, exp.Null)
    return isinstance(node, (exp.EQ, exp.NEQ)) and node.left.sql().lower().startswith("typeof(")


def unguarded(node):
    """The comparison of one that is guarded by a test of the type: (c <> 1 AND test), CASE WHEN test THEN c <> 1 END."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.And) and is_type_test(node.right):
        return unguarded(node.left)
    if isinstance(node, exp.Case) and len(node.args["ifs"]) == 1 and node.args.get("default") is None and is_type_test(node.args["ifs"][0].this):
        return unguarded(node.args["ifs"][0].args["true"])
    return node


def numbers(node):
    """of the parameters"""
    return {str(p.this).removeprefix("p") for p in node.find_all(exp.Placeholder, exp.Parameter)}


def is_one_value(node):
    """An IN of a parameter and other spellings of it: a uuid in capital letters, 'true' beside 1."""
    first, *others = isinstance(node, exp.In) and node.expressions or [None]
    return bool(others) and all(isinstance(e, (exp.Upper, exp.Case)) and numbers(e) == numbers(first) for e in others)
