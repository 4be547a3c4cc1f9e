"""SQL judged by parsers that are not ours: one SELECT, parameters in order, every base table under its roles' row filters, every cell under its rule.

Accepts statements of the whole language: joins, exists nodes (correlated, counted, or written as semi-joins) at any depth, groups, distinct, pages, cells and masks,
in all four dialects. What stands in a statement is read from sqlglot's tree (for PostgreSQL libpg_query's too), what must stand there from the configuration and
the context alone (entitled.py). Promises that a statement is refused unless

* it is one SELECT without set operations, WITH, LATERAL or other joins than INNER and LEFT; aliases occur once; every column is named through a table in its scope;
* the conjuncts on each table's alias imply the rows that its roles see, taken where they bind: WHERE for a table of FROM and of sub-queries (so each exists carries
  its own), ON for a left-joined one, either for an inner-joined one. A comparison under NOT or OR is no conjunct; one inside a sub-query binds only there;
* every column stands where its cell may be read: these conjuncts and the WHENs around it together imply that some role of each scope grants it. Read raw: by a
  comparison that the roles' filters make themselves; by a relation (equality of its two columns; the two sides of a semi-join and their IS NOT NULL; on ClickHouse
  whether a left join found a row, how many, and that it shall find none); as a key that makes an order total (in ORDER BY, outputs behind the visible ones and
  bounds of a page, where there is a LIMIT);
* a replica is read as its layout says, without its superseded and deleted rows, and on ClickHouse with the settings that keep them hidden (layouts.py);
* an output that may show a masked value says so in meta.columns, and a hidden output that tells where it is clear is true on no other rows that show it.

An implication is tried on all truth values of the comparisons involved (entitled.implies), decided as soon as enough of them are known: cells bring too many for a
table of all. Comparisons count as independent, so it can be wrong in refusing, never in accepting. What a mask makes of a value is not in SQL and not judged here.
"""
import functools
import itertools
import json
import re

import sqlglot
from pglast import parser as libpg_query
from sqlglot import exp

import layouts
from lite_values import bare as _bare, is_one_value, is_type_test, numbers, unguarded
from entitled import Entitled, Invalid, implies, sources, value_of

QUOTED = r"""("(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`)"""


def statements(answer):
    """(dialect, sql, params) of a plan, an explained plan and its alternatives."""
    plan = answer.get("plan", answer)
    found = [plan] if "sql" in plan else []
    found += [a for a in answer.get("alternatives", []) if "sql" in a]
    return [(s.get("dialect", plan.get("dialect")), s["sql"], s.get("params", [])) for s in found]


def outputs(answer):
    """meta.columns, where there is one"""
    return answer.get("plan", answer).get("meta", {}).get("columns")


def _named(dialect, sql):
    """`?` and `?1` as `:p1`, which sqlglot reads everywhere."""
    count = itertools.count(1)

    def name(match):
        if match.group(1):
            return match.group(1)
        return f":p{match.group(2) or next(count)}"
    if dialect == "clickhouse":  # a type that sqlglot does not know
        return re.sub(QUOTED + r"|(\{p\d+:(?:Array\()?)Time64\(6\)", lambda m: m.group(1) or m.group(2) + "String", sql)
    return re.sub(QUOTED + r"|\?(\d*)", name, sql) if dialect in ("trino", "sqlite") else sql


def _pattern(template):
    """A template of a comparison (src/dialects/clickhouse.c) as a regular expression: <c> is one column everywhere, <n> one parameter."""
    out, seen = "", set()
    for part in re.split(r"(<[cn]>)", template):
        name = part[1:-1]
        if part not in ("<c>", "<n>"):
            out += re.escape(part)
        elif name in seen:
            out += f"(?P={name})"
        else:
            out += {"c": r"(?P<c>t\d+\.`(?:[^`]|``)*`)", "n": r"(?P<n>\d+)"}[name]
            seen.add(name)
    return re.compile(out)


_TEXT, _TYPE = "{p<n>:String}", "toTypeName(least(<c>, <c>))"
_FITTED, _ITEM = f"accurateCastOrNull({_TEXT}, {_TYPE})", f"accurateCastOrNull(v, {_TYPE})"
_NEAREST = f"coalesce({_FITTED}, accurateCastOrNull(substringIndex({_TEXT}, '.', 1), {_TYPE})) AS xp<n>"
_ITEMS = f"splitByChar(',', substring({_TEXT}, 2, length({_TEXT}) - 2))"
_EXACT = {"Decimal(76, 10)": f"toString({_ITEM}) = v", "Float64": f"toFloat64(toString({_ITEM})) = toFloat64(v)"}
_FITTED_ITEMS = {of: f"(arrayMap(v -> if({exact}, {_ITEM}, NULL), {_ITEMS})" for of, exact in _EXACT.items()}
_CONVERTED, _MICROSECONDS = "toTimeZone(toDateTime64(<c>, 6), 'UTC')", "fromUnixTimestamp64Micro(dateDiff('microsecond', toDateTime64(0, 6, 'UTC'), <c>), 'UTC')"
_MOMENT, _MOMENTS = "{p<n>:DateTime64(6, 'UTC')}", "({p<n>:Array(DateTime64(6, 'UTC'))})"
# What ClickHouse compares in a roundabout way, and what it means.
_COMPARISONS = [(_pattern(long), short) for long, short in [
    *((f"if(toTypeName(<c>) LIKE '%UUID%', <c> {word} ({{p<n>:UUID}}), lower(toString(<c>)) {word} ({{p<n>:String}}))", f"<c> {short} {{p<n>:UUID}}")
      for word, short in (("IN", "="), ("NOT IN", "<>"))),
    *((f"if(toTypeName(<c>) LIKE '%UUID%', <c> {word} {{p<n>:Array(UUID)}}, lower(toString(<c>)) {word} {{p<n>:Array(String)}})", f"<c> {word} {{p<n>:Array(UUID)}}")
      for word in ("IN", "NOT IN")),
    *((f"if(ifNull(toString({_NEAREST}), '') = {_TEXT}, <c> {word} xp<n>, <c> {other} <c>)", f"<c> {word} {{p<n>:Decimal(76, 10)}}")
      for word, other in (("=", "<>"), ("<>", "="))),
    (f"if(toFloat64(toString({_NEAREST})) = {{p<n>:Float64}}, <c> = xp<n>, if(isNull(xp<n>), toFloat64(<c>) = {{p<n>:Float64}}, <c> < xp<n> AND <c> > xp<n>))", "<c> = {p<n>:Float64}"),
    (f"if(toFloat64(toString({_NEAREST})) = {{p<n>:Float64}}, <c> <> xp<n>, if(isNull(xp<n>), toFloat64(<c>) <> {{p<n>:Float64}}, NOT (<c> < xp<n> AND <c> > xp<n>)))", "<c> <> {p<n>:Float64}"),
    *((f"(indexHint(has({items}) AS xp<n>, <c>)) AND <c> IN (xp<n>))", f"<c> IN {{p<n>:Array({of})}}") for of, items in _FITTED_ITEMS.items()),
    *((f"<c> NOT IN {items})", f"<c> NOT IN {{p<n>:Array({of})}}") for of, items in _FITTED_ITEMS.items()),
    *((f"({_MICROSECONDS} {word} {value} AND indexHint({_CONVERTED} {word} {value}))", f"<c> {word} {value}")
      for word, value in (*((word, _MOMENT) for word in ("=", ">", ">=", "<", "<=")), ("IN", _MOMENTS))),
    *((around, "<c>") for around in ("lower(toString(<c>))", "(toFloat64(toString(<c>)) + 0)", "toString(<c>)", _CONVERTED, _MICROSECONDS, "(<c> + 0)")),
]]


_PADDED = re.compile(r'rtrim\((t\d+\."(?:[^"]|"")*"), chr\(0\)\)')  # Trino shows FixedString of ClickHouse with its NUL bytes


def _plainly(dialect, sql):
    """A statement of ClickHouse or Trino with each comparison as one operator between a column and a parameter."""
    if dialect == "trino":
        return _PADDED.sub(r"\1", sql)
    for pattern, short in _COMPARISONS if dialect == "clickhouse" else []:
        sql = pattern.sub(lambda m: short.replace("<c>", m["c"]).replace("<n>", m["n"] if "<n>" in short else ""), sql)
    return sql


@functools.lru_cache(maxsize=16)
def parse(dialect, sql):
    trees = sqlglot.parse(_named(dialect, _plainly(dialect, sql)), dialect=dialect)
    assert len(trees) == 1, f"{len(trees)} statements: {sql}"
    tree = trees[0].transform({"sqlite": _place_of_enum, "postgres": _listed_keys}.get(dialect, lambda node: node))
    tree.meta["dialect"] = dialect
    return tree


def _place_of_enum(node):
    """The place of an enum as a function of the column: SQLite has it as a query of the list of labels."""
    select = node.this if isinstance(node, exp.Subquery) else None
    if not isinstance(select, exp.Select) or select.expressions[0].sql() != "v.key + 1":
        return node
    labels, column = select.find(exp.Placeholder, exp.Parameter), select.args["where"].this.expression
    return exp.Anonymous(this="md_place", expressions=[labels, column])


def _listed_keys(node):
    """EXISTS over a table of keys as the EXISTS over the rows that have them: what is listed are the keys that are compared, once each, or counted."""
    outer = node.this if isinstance(node, exp.Exists) else None
    made = (outer.args.get("from_") or outer.args.get("from")).this if isinstance(outer, exp.Select) else None
    listed = made.this if isinstance(made, exp.Subquery) else None
    if not isinstance(listed, exp.Select) or not (listed.args.get("distinct") or listed.args.get("having")):
        return node
    assert not {k for k, v in listed.args.items() if v} - {"kind", "expressions", "from_", "from", "where", "distinct", "group", "having"}, listed.sql()
    compared = _conjuncts(outer.args["where"].this)
    keys = [c for equality in compared for c in (_bare(equality.left), _bare(equality.right)) if c.table == made.alias]
    assert all(isinstance(c, exp.EQ) for c in compared) and listed.expressions == keys, f"lists other keys than it compares: {node.sql()}"
    if listed.args.get("having"):
        test = listed.args["having"].this
        assert listed.args["group"].expressions == keys, f"counts by other keys than it compares: {node.sql()}"
        assert isinstance(test.left, exp.Count) and isinstance(test.left.this, exp.Star) and isinstance(test.right, exp.Parameter), test.sql()
    rows = exp.select("1").where(*compared)
    rows.set("from_" if "from_" in outer.args else "from", (listed.args.get("from_") or listed.args.get("from")))
    if listed.args.get("where"):
        rows = rows.where(*_conjuncts(listed.args["where"].this))
    return exp.Exists(this=rows.transform(_listed_keys))


def one_select(dialect, sql):
    assert isinstance(parse(dialect, sql), exp.Select), f"not one SELECT: {sql}"
    if dialect == "postgres":
        (raw,) = json.loads(libpg_query.parse_sql_json(sql))["stmts"]
        assert raw["stmt"].keys() == {"SelectStmt"}, sql
        again = libpg_query.deparse_protobuf(libpg_query.parse_sql_protobuf(sql))  # it reads the text, writes it, and reads that as the same
        assert libpg_query.fingerprint(again) == libpg_query.fingerprint(sql), sql


def params_match(dialect, sql, params):
    """One parameter an occurrence, numbered in the order of the text. ClickHouse may read a parameter's text more often within a comparison, and SQLite's parameter may occur again behind its first time."""
    pattern = {"postgres": r"\$(\d+)", "clickhouse": r"\{p(\d+):", "sqlite": r"\?(\d+)", "trino": r"(\?)"}[dialect]
    found = [m.group(2) for m in re.finditer(QUOTED + "|" + pattern, sql) if m.group(2)]
    numbers = list(range(1, len(found) + 1)) if dialect == "trino" else [int(n) for n in found]
    if dialect == "clickhouse":
        numbers = [n for i, n in enumerate(numbers) if n not in numbers[:i] or not re.search(rf"\{{p{n}:(Array\()?(String|DateTime64)", sql)]
    if dialect == "sqlite":
        numbers = list(dict.fromkeys(numbers))
    assert numbers == list(range(1, len(params) + 1)), f"parameters {numbers} for {len(params)} values: {sql}"


# ---- the statement's tables ----

class Place:
    """A base table reference: its source in the configuration, the conjuncts that bind it, what the context entitles to."""

    def __init__(self, alias, source, conjuncts, optional, entitled):
        self.alias, self.source, self.nodes, self.optional, self.entitled = alias, source, conjuncts, optional, entitled
        self.ids = {id(node) for node in conjuncts}
        self.given = None  # nodes as formulas
        self.has_mark = False  # is there a conjunct that leaves out deleted rows?

    def binds(self, column):
        """Does the column stand in one of the conjuncts?"""
        return any(id(a) in self.ids for a in _ancestors(column))

    def joins_by(self, column):
        """Is it a side of an equality that the table is joined by? Then it is NULL only where no row was joined."""
        return any(isinstance(n, exp.EQ) and column in (_bare(n.left), _bare(n.right)) for n in self.nodes)


def _conjuncts(node):
    if node is None:
        return []
    if isinstance(node, exp.Paren):
        return _conjuncts(node.this)
    if isinstance(node, exp.And):
        return _conjuncts(node.left) + _conjuncts(node.right)
    return [node]


def _tables(select):
    """(table node, its conjuncts, left-joined) of one SELECT, without those of its sub-queries."""
    where = _conjuncts(select.args["where"].this if select.args.get("where") else None)
    first = select.args.get("from_") or select.args.get("from")
    found = [(first.this, where, False)] if first else []
    for join in select.args.get("joins") or []:
        assert join.side in ("", "LEFT") and join.kind in ("", "INNER") and not join.args.get("using"), f"a join that is neither INNER nor LEFT: {join.sql()}"
        on = _conjuncts(join.args.get("on"))
        found.append((join.this, on if join.side else on + where, bool(join.side)))
    return found


FUNCTIONS = ("json_each", "unnest")  # what a list is made rows of


def _is_function(node):
    inner = node.this if isinstance(node, exp.Table) else node
    name = inner.name if isinstance(inner, exp.Anonymous) else inner.key if isinstance(inner, exp.Expression) else ""
    return name.lower() in FUNCTIONS


class Auditor:
    """Judges the statements of one configuration."""

    def __init__(self, config):
        self.config, self.sources, self.known = config, sources(config), {}
        by_name = {t["apiName"]: t["id"] for t in config["tables"]}
        self.pairs, self.keys = set(), set()  # relations: {(table, column), (table, column)}, and each of these
        for table in config["tables"]:
            for r in table.get("relations", []):
                other = by_name.get(r["references"]["table"], r["references"]["table"])
                mine, theirs = ([v] if isinstance(v, str) else v for v in (r["column"], r["references"]["column"]))
                for a, b in zip(mine, theirs):
                    self.pairs |= {((table["id"], a), (other, b)), ((other, b), (table["id"], a))}
        self.keys = {one for pair in self.pairs for one in pair}

    def source(self, node, used):
        """The table that a reference names. A replica may be called what the original is: the one that has the columns used of it."""
        parts = [p.name for p in (node.args.get("catalog"), node.args.get("db"), node.this) if p is not None]
        fitting = [s for name, s in self.sources if parts[-len(name):] == name]
        assert len({id(s.table) for s in fitting}) == 1, f"table {parts} is {[s.table['id'] for s in fitting] or 'none'} of the configuration"
        return next((s for s in fitting if used - s.marks <= s.names.keys()), fitting[0])

    def entitled(self, context):
        """source -> what the context entitles to there, made once for all statements"""
        known = self.known.setdefault(json.dumps(context, sort_keys=True, default=str), {})

        def of(source):
            if id(source) not in known:
                known[id(source)] = Entitled(self.config, context, source)
            return known[id(source)]
        return of

    def places(self, tables, columns, context):
        """alias -> Place, sub-queries' included; of a table that is made by the statement: None"""
        out, entitled, used = {}, self.entitled(context), {}
        for column in columns:
            used.setdefault(column.table, set()).add(column.name)
        for node, conjuncts, optional in tables:
            alias = node.alias
            assert not out.get(alias), f"alias {alias!r} occurs twice"
            if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
                assert alias not in out, f"alias {alias!r} occurs twice"
                source = self.source(node, used.get(alias, set()))
                assert alias, f"{source.table['id']} has no alias"
                out[alias] = Place(alias, source, conjuncts, optional, entitled(source))
            else:
                out[alias] = None
            assert out.get(alias) or isinstance(node, exp.Subquery) or _is_function(node), f"reads from {node.sql()}"
        return out

    def statement(self, dialect, sql, params, context, columns=None):
        """columns: meta.columns of its answer. Returns the number of table references that were examined."""
        try:
            one_select(dialect, sql)
            params_match(dialect, sql, params)
            return Judged(self, parse(dialect, sql), params, context, columns).all()
        except AssertionError as e:
            raise AssertionError(f"{e}\n{dialect}: {sql}\n{params}\n{json.dumps(context, default=str)}") from None


class Judged:
    """One parsed statement against the configuration and a context."""

    def __init__(self, auditor, tree, params, context, columns=None):
        self.auditor, self.tree, self.params, self.columns = auditor, tree.copy(), params, columns
        self.tree.meta.update(tree.meta)
        self.readings = self.take_readings()
        nodes = list(self.tree.walk())
        for node in nodes:
            odd = isinstance(node, (exp.With, exp.SetOperation, exp.Into, exp.Lateral)) or isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count)
            assert not odd, f"{type(node).__name__} in the statement"
        self.column_nodes = [n for n in nodes if isinstance(n, exp.Column)]
        self.tables = {id(n): _tables(n) for n in nodes if isinstance(n, exp.Select)}
        self.aliases = {select: {node.alias for node, *_ in tables} for select, tables in self.tables.items()}
        places = auditor.places(itertools.chain.from_iterable(self.tables.values()), self.column_nodes, context)
        self.places = {alias: place for alias, place in places.items() if place}
        self.made = places.keys() - self.places.keys()
        self.marks = set()  # the columns that mark deleted rows, where they leave these out
        for place in self.places.values():
            place.given = [self.formula(c, place) for c in place.nodes]
            self.find_mark(place)

    def all(self):
        seen = self.rows()
        self.current()
        self.cells()
        if self.columns is not None and self.tree.args.get("expressions"):
            self.masks()
        return seen

    # ---- replicas ----

    def take_readings(self):
        """alias -> (how its table is read, key, order); leaves the bare table in the tree"""
        found = {}
        for select in [n for n in self.tree.walk() if isinstance(n, exp.Select)]:
            for node, *_ in _tables(select) if select.root() is self.tree else ():
                read = layouts.reading_of(node) if not _is_function(node) else None
                if read is None:
                    continue
                base, *how = read
                found.setdefault(base.alias, how)
                if base is not node:
                    node.replace(base)
        return found

    def find_mark(self, place):
        layout = place.source.layout
        for node in place.nodes if layout and layout.deleted else ():
            if layout.is_mark(node, place.alias, self.param):
                tests = [n for n in place.nodes if is_type_test(n) and isinstance(node.parent, exp.And) and n in _conjuncts(node.parent)]
                self.marks |= {id(column) for n in [node, *tests] for column in n.find_all(exp.Column)}
                place.has_mark = True

    def current(self):
        """Replicas show the rows that exist, by their layouts."""
        replicas = [place for place in self.places.values() if place.source.layout]
        dialect = self.tree.meta["dialect"]
        for place in self.places.values():
            reading, key, order = self.readings[place.alias]
            layout = place.source.layout
            wanted = layout.reading(dialect) if layout else "asIs"
            assert reading == wanted, f"{place.source.table['id']} as {place.alias} is read {reading}, not {wanted}"
            if reading == "latest":
                layout.check_latest(key, order, place.alias, self.param)
            never = layout and layout.deleted and not place.has_mark and not implies(place.given, ("const", False))
            assert not never, f"{place.source.table['id']} as {place.alias} shows deleted rows"
        if replicas and dialect == "clickhouse":
            layouts.check_settings(self.tree)

    # ---- rows ----

    def rows(self):
        for place in self.places.values():
            wanted = place.entitled.rows
            assert implies(place.given, wanted), f"{place.source.table['id']} as {place.alias} lacks {wanted}, has {place.given}"
        assert self.places, "no table"
        return len(self.places)

    # ---- expressions as formulas ----

    def formula(self, node, place):
        """An expression as a formula over comparisons of place's columns; what is none of these is a variable of its own."""
        if node.args.get("negate"):  # IS NOT, NOT IN
            return ("not", [self.positive(node, place)])
        return self.positive(node, place)

    def positive(self, node, place):
        if isinstance(node, exp.Paren):
            return self.formula(node.this, place)
        if isinstance(node, (exp.And, exp.Or)):
            return ("and" if isinstance(node, exp.And) else "or", [self.formula(node.left, place), self.formula(node.right, place)])
        if isinstance(node, exp.Not):
            return ("not", [self.formula(node.this, place)])
        if isinstance(node, exp.Boolean):
            return ("const", bool(node.this))
        if isinstance(node, exp.Literal) and node.name in ("0", "1"):
            return ("const", node.name == "1")
        if isinstance(node, exp.EQ) and isinstance(node.left, exp.Literal) and isinstance(node.right, exp.Literal):
            return ("const", node.left.name == node.right.name)
        if isinstance(node, exp.Case) and unguarded(node) is not node:
            return self.formula(unguarded(node), place)  # it is that, or unknown
        return self.comparison(node, place) or ("other", id(node))

    def comparison(self, node, place):
        column = _bare(node.this) if isinstance(node, (exp.EQ, exp.NEQ, exp.In, exp.Is)) and not is_type_test(node) else None
        if not isinstance(column, exp.Column) or column.table != place.alias or column.name not in place.source.names:
            return None
        name = place.source.names[column.name]
        if isinstance(node, exp.Is):
            return ("null", name) if isinstance(node.expression, exp.Null) else None
        try:
            op, value = self.operand(node)
            return (op, name, value_of(place.source.types[name], value))
        except (LookupError, TypeError, ValueError, Invalid):
            return None

    def operand(self, node):
        if is_one_value(node):
            return "=", self.param(node.expressions[0])
        if isinstance(node, exp.In):
            return "in", self.members(node)
        if isinstance(node.expression, exp.Any):
            if isinstance(node, exp.NEQ):
                raise LookupError
            return "in", self.param(node.expression.this)
        value = self.param(node.expression)
        if isinstance(value, list):
            raise LookupError
        return "=" if isinstance(node, exp.EQ) else "!=", value

    def param(self, node):
        node = _bare(node)
        if isinstance(node, exp.Parameter):
            return self.params[int(node.this.name) - 1]
        if isinstance(node, exp.Placeholder):
            return self.params[int(str(node.this).removeprefix("p")) - 1]
        raise LookupError

    def members(self, node):
        if node.args.get("query") is not None:
            inner = node.args["query"]
            if _is_semi_join(node):
                raise LookupError
            return self.param(next(inner.find_all(exp.Placeholder, exp.Parameter)))
        if node.args.get("field") is not None:
            return self.param(node.args["field"])
        listed = [self.param(e) for e in node.expressions]
        return listed[0] if len(listed) == 1 and isinstance(listed[0], list) else listed

    # ---- cells ----

    def cells(self):
        for column in self.column_nodes:
            place = self.places.get(column.table)
            if place is None:
                assert column.table in self.made or not column.table and self.is_output(column), f"column {column.sql()} is of no table"
                continue
            assert place.binds(column) or self.in_scope(column), f"column {column.sql()} is out of scope"
            if id(column) in self.marks:
                continue
            assert column.name in place.source.names, f"{place.source.table['id']} has no column {column.name}"
            name = place.source.names[column.name]
            wanted = place.entitled.read(name)
            if wanted is None or self.raw(column, place, name):
                continue
            given = place.given + self.whens(column, place)
            assert implies(given, wanted), f"cell {place.alias}.{name} stands bare where {wanted} is not sure, has {given}"

    def in_scope(self, column):
        """Is its table one of a SELECT around it?"""
        return any(column.table in self.aliases.get(id(a), ()) for a in _ancestors(column))

    def is_output(self, column):
        """An output's alias in ORDER BY, the name of a value, a column of the function that makes rows of a list, or a setting's name."""
        select = column.find_ancestor(exp.Select)
        if isinstance(column.parent, exp.EQ) and column.parent.arg_key == "settings":
            return True
        if column.name in [e.alias for e in select.expressions if isinstance(e, exp.Alias)]:
            return True
        if re.fullmatch(r"xp\d+", column.name) and any(a.alias == column.name for a in select.find_all(exp.Alias)):
            return True  # a value as a column's own type has it
        return all(_is_function(node) for node, *_ in self.tables[id(select)])

    def whens(self, column, place):
        """The conditions of the CASEs whose THEN the column stands in."""
        out, child = [], column
        for node in _ancestors(column):
            if isinstance(node, exp.If) and child.arg_key == "true":
                out += [self.formula(c, place) for c in _conjuncts(node.this)]
            child = node
        return out

    def raw(self, column, place, name):
        node = next((n for n in _ancestors(column) if isinstance(n, (exp.Predicate, exp.Select))), None)
        if isinstance(node, (exp.EQ, exp.NEQ, exp.In, exp.Is)) and self.comparison(node, place) in place.entitled.comparisons:
            return True
        if self.narrows(node, place, name):
            return True
        apis = [(place.source.table["id"], api) for api in place.source.same[name]]
        return self.is_relation(column, node, place, apis) or self.makes_total(column, node, place, name)

    def narrows(self, node, place, name):
        """Does it stand beside a comparison of the roles' filters, of the same column, and only make that one narrower: a range that an index serves, a test of the type?"""
        top = node.parent if isinstance(node.parent, exp.Not) else node
        if isinstance(top.parent, exp.If) and top.arg_key == "this":
            beside = [top.parent.args["true"]]
        else:
            beside = _conjuncts(top.parent) if isinstance(top.parent, exp.And) else []
        found = [n for n in beside if self.comparison(n, place) in place.entitled.comparisons and self.comparison(n, place)[1] == name]
        if isinstance(node, (exp.Between, exp.GTE, exp.LTE)):
            return any(numbers(node) <= numbers(n) for n in found)
        return bool(found) and is_type_test(node)

    def is_relation(self, column, node, place, apis):
        if not self.auditor.keys.intersection(apis):
            return False
        joins = place.optional and place.joins_by(column)
        if joins and column.parent.key in ("is", "anonymous") and isinstance(column.parent.parent, exp.If) and column.parent.arg_key == "this":
            return isinstance(column.parent.parent.args["true"], exp.Null)  # no row was joined
        if joins and isinstance(column.parent, exp.Count):
            return True  # counts the rows that were joined
        if place.optional and isinstance(node, exp.Is) and any(n is node or n is node.parent for n in place.nodes):
            return True  # beside its equality, which says so already, or that no row is joined
        if joins and isinstance(node, exp.Is) and self.tree.args.get("settings") and "[]" in "".join(place.source.types.values()):
            return True  # ClickHouse's arrays are never NULL: a left-joined row's is where no row was joined
        if isinstance(node, exp.EQ):
            other = [self.api_names(c) for c in (_bare(node.left), _bare(node.right)) if isinstance(c, exp.Column) and c is not column]
            return len(other) == 1 and any((a, b) in self.auditor.pairs for a in apis for b in other[0])
        if isinstance(node, exp.In) and node.expressions:  # the spellings of the other key
            sides = [node.this, *node.expressions]
            others = [self.api_names(c) for side in sides if column not in list(side.find_all(exp.Column)) for c in side.find_all(exp.Column)]
            return bool(others) and all(any((a, b) in self.auditor.pairs for a in apis for b in other) for other in others)
        if isinstance(node, exp.In):
            return _is_semi_join(node)
        select = column.find_ancestor(exp.Select)
        inner = isinstance(select.parent, exp.In) or isinstance(select.parent, exp.Subquery) and isinstance(select.parent.parent, exp.In)
        if isinstance(node, exp.Is):
            keys = _keys_of_semi_joins(node) + ([key for e in select.expressions for key in e.find_all(exp.Column)] if inner else [])
            return _bare(node.this) is column and _negated(node) and column in keys
        return node is select and inner  # what it selects and groups by

    def api_names(self, column):
        place = self.places.get(column.table)
        if place is None or column.name not in place.source.names:
            return []
        return [(place.source.table["id"], api) for api in place.source.same[place.source.names[column.name]]]

    def makes_total(self, column, node, place, name):
        limited = self.tree.args.get("limit")
        if not set(place.source.same[name]).intersection(place.source.table["primaryKey"]) or not may_end_in_keys(self.tree):
            return False
        if isinstance(node, exp.Predicate):  # behind the page's end
            bounds = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ) + ((exp.Is,) if place.optional or place.source.types[name] == "enum" else ())
            return limited and isinstance(node, bounds) and node.find_ancestor(exp.Select) is self.tree
        at = column
        while at.parent is not self.tree:
            at = at.parent
            if at.parent is None:
                return False
        return at.arg_key == "order" or limited and at.arg_key == "expressions" and self.columns is not None and at.index >= len(self.columns)

    # ---- masks ----

    def masks(self):
        outputs = self.tree.expressions
        masked = [c for i, output in enumerate(outputs[:len(self.columns)]) for c in self.masked(output, self.columns[i])]
        for output in outputs[len(self.columns):]:
            flag = output.this
            if isinstance(flag, exp.Case) and flag.args.get("default") is not None and flag.args["default"].name == "0":
                assert any(self.tells(flag.args["ifs"][0].this, *one) for one in masked), f"{flag.sql()} says that rows are clear which are not"

    def masked(self, output, meta):
        """The (place, clear, what is sure where it is shown) of cells that an output may show masked; it must say so."""
        if output.find(exp.AggFunc, exp.Anonymous) and not meta["masked"]:
            return []
        found = []
        for column in output.find_all(exp.Column):
            place = self.places.get(column.table)
            if place is None or isinstance(column.find_ancestor(exp.Predicate, exp.Select), exp.Predicate):
                continue
            clear, given = place.entitled.clear(place.source.names[column.name]), place.given + self.whens(column, place)
            if clear is None:
                continue
            if not implies(given, clear):
                assert meta["masked"], f"{output.sql()} may be masked, and its answer says that {meta['apiName']} is not"
            elif not implies(given, ("const", False)):
                continue  # clear on every row; where it is shown on none (WHERE FALSE), a flag tells of it what it likes
            found.append((place, clear, given))
        return found

    def tells(self, condition, place, clear, given):
        while isinstance(condition, exp.Paren):
            condition = condition.this
        if isinstance(condition, exp.Or) and isinstance(condition.right, exp.Is):
            condition = condition.left  # a NULL is a NULL, whyever
        return implies(given + [self.formula(condition, place)], clear)


def may_end_in_keys(tree):
    """Can the statement's order end in raw keys: behind offset and page, and on SQLite, where no order may tell what is hidden (docs/adr/0025)?"""
    return tree.args.get("limit") or tree.meta["dialect"] == "sqlite"


def _ancestors(node):
    while node.parent is not None:
        node = node.parent
        yield node


def _is_semi_join(node):
    """An IN whose query reads a table; SQLite's lists are queries too."""
    query = node.args.get("query")
    return query is not None and any(isinstance(t.this, exp.Identifier) for t in query.find_all(exp.Table))


def _negated(node):
    return bool(node.args.get("negate")) or isinstance(node.parent, exp.Not)


def _keys_of_semi_joins(node):
    """The columns left of the semi-joins that stand in one conjunction with node (or its NOT)."""
    top = node.parent if isinstance(node.parent, exp.Not) else node
    while isinstance(top.parent, (exp.And, exp.Paren)):
        top = top.parent
    return [key for i in _conjuncts(top) if isinstance(i, exp.In) and _is_semi_join(i) for key in i.this.find_all(exp.Column)]


def rows_are_guarded(dialect, sql, params, config, context):
    """Every base table reference carries its roles' row filters. Returns the number of references that were examined."""
    return Judged(Auditor(config), parse(dialect, sql), params, context).rows()


def answer_is_guarded(answer, config, context):
    """Every statement of a plan, an explained plan or an answer. Returns their number."""
    found = statements(answer)
    auditor = Auditor(config) if found else None
    for dialect, sql, params in found:
        auditor.statement(dialect, sql, params, context, outputs(answer))
    return len(found)
