"""SQL judged by parsers that are not ours: one SELECT, parameters in order, and every base table under its roles' row filters.

The third is the security property. From the configuration and the context alone (never from the C code) we say which predicate each
table needs; sqlglot's tree says which conjuncts stand on that table's alias, in the place where they bind: WHERE for the first table,
ON for a left-joined one, either for an inner-joined one. All together they must imply the predicate: tried on every truth value of
its comparisons.
"""
import itertools
import re

import pglast
import sqlglot
from sqlglot import exp

QUOTED = r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`)"""


def statements(answer):
    """(dialect, sql, params) of a plan, an explained plan and its alternatives."""
    plan = answer.get("plan", answer)
    found = [plan] if "sql" in plan else []
    found += [a for a in answer.get("alternatives", []) if "sql" in a]
    return [(s.get("dialect", plan.get("dialect")), s["sql"], s.get("params", [])) for s in found]


def _named(dialect, sql):
    """`?` and `?1` as `:p1`, which sqlglot reads everywhere."""
    count = itertools.count(1)

    def name(match):
        if match.group(1):
            return match.group(1)
        return f":p{match.group(2) or next(count)}"
    return re.sub(QUOTED + r"|\?(\d*)", name, sql) if dialect in ("trino", "sqlite") else sql


def parse(dialect, sql):
    trees = sqlglot.parse(_named(dialect, sql), dialect=dialect)
    assert len(trees) == 1, f"{len(trees)} statements: {sql}"
    return trees[0]


def one_select(dialect, sql):
    assert isinstance(parse(dialect, sql), exp.Select), f"not one SELECT: {sql}"
    if dialect == "postgres":
        (raw,) = pglast.parse_sql(sql)
        assert type(raw.stmt).__name__ == "SelectStmt", sql
        again = pglast.prettify(sql)  # libpg_query reads it, writes it, and reads that as the same
        assert pglast.fingerprint(again) == pglast.fingerprint(sql), sql


def params_match(dialect, sql, params):
    """One parameter an occurrence, numbered in the order of the text."""
    pattern = {"postgres": r"\$(\d+)", "clickhouse": r"\{p(\d+):", "sqlite": r"\?(\d+)", "trino": r"(\?)"}[dialect]
    found = [m.group(2) for m in re.finditer(QUOTED + "|" + pattern, sql) if m.group(2)]
    numbers = list(range(1, len(found) + 1)) if dialect == "trino" else [int(n) for n in found]
    assert numbers == list(range(1, len(params) + 1)), f"parameters {numbers} for {len(params)} values: {sql}"


# ---- what a table needs, from the configuration ----

def scopes(config, context):
    given = context.get("roles") or ({"user": [context["role"]]} if "role" in context else {})
    by_id = {role["id"]: role for role in config["roles"]}
    return [[by_id[name] for name in names] for names in given.values()]


def _value(value):
    if isinstance(value, list):
        return frozenset(map(_value, value))
    text = str(value).lower()
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text  # 1.50 is 1.5


def _filter(table, f, values):
    column = next(c["physicalName"] for c in table["columns"] if c["apiName"] == f["column"])
    op = f["operator"]
    if op in ("is_null", "isNull"):
        return ("null", column)
    if op in ("is_not_null", "isNotNull"):
        return ("not", [("null", column)])
    wanted = values[f["contextKey"]]
    if op == "in" and not wanted:
        return ("const", False)
    return ({"=": "=", "!=": "!=", "in": "in"}[op], column, _value(wanted))


def needed(config, context, table):
    """The predicate of the roles in effect on one table: scopes ANDed, roles ORed, a role's filters ANDed."""
    parts = []
    for roles in scopes(config, context):
        options = []
        for role in roles:
            grants = [{}] if role["tables"] == "*" else [t for t in role["tables"] if t["tableId"] == table["id"]]
            options += [("and", [_filter(table, f, context.get("contextValues", {})) for f in g.get("filters", [])]) for g in grants]
        parts.append(("or", options))
    return ("and", parts)


# ---- what stands in the statement ----

def _bare(node):
    while isinstance(node, (exp.Paren, exp.Cast, exp.Collate, exp.Anonymous)):
        if isinstance(node, exp.Anonymous):
            if len(node.expressions) != 1:
                break
            node = node.expressions[0]
        else:
            node = node.this
    return node


def _param(node, params):
    node = _bare(node)
    if isinstance(node, exp.Parameter):
        return params[int(node.this.name) - 1]
    if isinstance(node, exp.Placeholder):
        return params[int(str(node.this).removeprefix("p")) - 1]
    raise LookupError


def _members(node, params):
    if node.args.get("query") is not None:
        inner = node.args["query"]
        if any(isinstance(t.this, exp.Identifier) for t in inner.find_all(exp.Table)):
            raise LookupError  # a semi-join, no list
        return _param(next(inner.find_all(exp.Placeholder, exp.Parameter)), params)
    if node.args.get("field") is not None:
        return _param(node.args["field"], params)
    listed = [_param(e, params) for e in node.expressions]
    return listed[0] if len(listed) == 1 and isinstance(listed[0], list) else listed


def _formula(node, alias, params):
    if node.args.get("negate"):  # IS NOT, NOT IN
        node = node.copy()
        node.set("negate", False)
        return ("not", [_formula(node, alias, params)])
    return _plain_formula(node, alias, params)


def _plain_formula(node, alias, params):
    """An expression as a formula over comparisons of alias's columns; what is none of these is a variable of its own."""
    if isinstance(node, exp.Paren):
        return _formula(node.this, alias, params)
    if isinstance(node, (exp.And, exp.Or)):
        return ("and" if isinstance(node, exp.And) else "or", [_formula(node.left, alias, params), _formula(node.right, alias, params)])
    if isinstance(node, exp.Not):
        return ("not", [_formula(node.this, alias, params)])
    if isinstance(node, exp.Boolean):
        return ("const", bool(node.this))
    if isinstance(node, exp.Literal) and node.name in ("0", "1"):
        return ("const", node.name == "1")
    if isinstance(node, exp.EQ) and isinstance(node.left, exp.Literal) and isinstance(node.right, exp.Literal):
        return ("const", node.left.name == node.right.name)
    column = _bare(node.this) if isinstance(node, (exp.EQ, exp.NEQ, exp.In, exp.Is)) else None
    if isinstance(column, exp.Column) and column.table == alias:
        try:
            if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
                return ("null", column.name)
            if isinstance(node, exp.In):
                return ("in", column.name, _value(_members(node, params)))
            if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
                return ("in", column.name, _value(_param(node.expression.this, params)))
            if isinstance(node, (exp.EQ, exp.NEQ)):
                return ("=" if isinstance(node, exp.EQ) else "!=", column.name, _value(_param(node.expression, params)))
        except (LookupError, ValueError):
            pass
    return ("other", node.sql())


def _atoms(formula):
    if formula[0] in ("and", "or", "not"):
        return set().union(*map(_atoms, formula[1]), set())
    return set() if formula[0] == "const" else {formula}


def _truth(formula, values):
    kind = formula[0]
    if kind == "and":
        return all(_truth(f, values) for f in formula[1])
    if kind == "or":
        return any(_truth(f, values) for f in formula[1])
    if kind == "not":
        return not _truth(formula[1][0], values)
    return formula[1] if kind == "const" else values[formula]


def implies(given, wanted):
    """given: a list of conjuncts. Those that share no comparison with wanted can't help, constants apart."""
    atoms = _atoms(wanted)
    given = [g for g in given if not _atoms(g) or _atoms(g) & atoms]
    atoms = sorted(atoms.union(*map(_atoms, given)), key=repr)
    assert len(atoms) <= 14, "too many comparisons to try"
    for truth in itertools.product((False, True), repeat=len(atoms)):
        values = dict(zip(atoms, truth))
        if all(_truth(g, values) for g in given) and not _truth(wanted, values):
            return False
    return True


def _conjuncts(node):
    if node is None:
        return []
    if isinstance(node, exp.Paren):
        return _conjuncts(node.this)
    if isinstance(node, exp.And):
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]


def _table_of(config, node):
    parts = [p.name for p in (node.args.get("catalog"), node.args.get("db"), node.this) if p is not None]
    names = [(t["physicalName"], t) for t in config["tables"]]
    by_id = {t["id"]: t for t in config["tables"]}
    names += [(s["targetPhysicalName"], by_id[s["sourceTable"]]) for s in config.get("externalSyncs", [])]
    fitting = {t["id"]: t for name, t in names if parts[-len(name.split(".")):] == name.split(".")}
    assert len(fitting) == 1, f"table {parts} is {sorted(fitting) or 'none'} of the configuration"
    return next(iter(fitting.values()))


def rows_are_guarded(dialect, sql, params, config, context):
    """Every base table reference carries its roles' row filters. Gives back how many references were looked at."""
    seen = 0
    for select in parse(dialect, sql).find_all(exp.Select):
        where = _conjuncts(select.args["where"].this if select.args.get("where") else None)
        sources = [(select.args["from_" if "from_" in select.args else "from"].this, where)] if select.args.get("from_") or select.args.get("from") else []
        for join in select.args.get("joins") or []:
            on = _conjuncts(join.args.get("on"))
            sources.append((join.this, on if join.side == "LEFT" else on + where))
        for node, conjuncts in sources:
            if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
                continue
            table = _table_of(config, node)
            assert node.alias, f"{table['id']} has no alias: {sql}"
            wanted = needed(config, context, table)
            given = [_formula(c, node.alias, params) for c in conjuncts]
            assert implies(given, wanted), f"{table['id']} as {node.alias} lacks {wanted}, has {given}: {sql}"
            seen += 1
    assert seen, f"no table in {sql}"
    return seen
