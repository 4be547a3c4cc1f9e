"""What a caller may see: rows, cells, columns and masks.

Accepts a configuration and a context in which problems() found nothing. Promises, for every table reference: row_visible() is true only
for rows that some role of every scope sees; cell() is clear, masked or hidden by the strictest scope; gate() says how a column may be used at all.
"""
import itertools
import re

from operators import NULL_TESTS
from realtypes import same
from values import Invalid, read, spelled

CLEAR, MASKED, HIDDEN = 0, 1, 2  # the strictest wins
SCOPES = ("user", "service")


def grants_of(config, table, roles):
    """What each of the roles says of a table; a role that grants all tables says everything, unfiltered."""
    out = []
    for role in roles:
        for grant in ([{"tableId": table["id"], "allowedColumns": "*"}] if role["tables"] == "*" else role["tables"]):
            if grant["tableId"] == table["id"]:
                out.append(grant)
    return out


def allows(grant, column):
    """How one grant gives a column: CLEAR, MASKED or HIDDEN."""
    if grant["allowedColumns"] != "*" and column not in grant["allowedColumns"]:
        return HIDDEN
    return MASKED if column in grant.get("maskedColumns", []) else CLEAR


def conditions(grant):
    """A grant's row filters: who has fewer of the same sees every row that one with more sees."""
    return {(f["column"], f["operator"], f.get("contextKey")) for f in grant.get("filters", [])}


class Access:
    def __init__(self, config, context):
        self.config, self.values = config, (context or {}).get("contextValues") or {}
        self.policy = config.get("policy", {})
        roles = {r["id"]: r for r in config["roles"]}
        self.scopes = [[roles[name] for name in names] for names in scopes_of(context).values()]
        self._grants, self._gates = {}, {}

    # ---- tables and columns ----

    def grants(self, table):
        """one list a scope"""
        if table["id"] not in self._grants:
            self._grants[table["id"]] = [grants_of(self.config, table, roles) for roles in self.scopes]
        return self._grants[table["id"]]

    def sees(self, table):
        if not self.scopes:
            return self.policy.get("anonymous") == "all"
        return all(self.grants(table))

    def gate(self, table, column):
        """CLEAR: as any column; MASKED: some row may show it masked; HIDDEN: not at all."""
        if (table["id"], column) not in self._gates:
            self._gates[table["id"], column] = self.decide(table, column)
        return self._gates[table["id"], column]

    def decide(self, table, column):
        if not all(any(allows(g, column) != HIDDEN for g in grants) for grants in self.grants(table)):
            return HIDDEN
        return MASKED if MASKED in self.states(table, column) else CLEAR

    def may_hide(self, table, column):
        """May the cell rule turn the column to NULL on some row?"""
        return HIDDEN in self.states(table, column)

    def states(self, table, column):
        """Every state that a cell of the column can have, judged by grants and filters, whatever the rows and the context's values. Rows that pass no more filters
        than one role of each scope has are enough: where more filters pass, more roles see the row, which makes no scope stricter."""
        out = set()
        for least in itertools.product(*self.grants(table)):
            passed = set().union(*map(conditions, least))
            out.add(max((min(allows(g, column) for g in grants if conditions(g) <= passed) for grants in self.grants(table)), default=CLEAR))
        return out

    def columns(self, table):
        """All that may be seen, in metadata order."""
        return [c["apiName"] for c in table["columns"] if self.gate(table, c["apiName"]) != HIDDEN]

    # ---- rows and cells ----

    def row_visible(self, table, row):
        return all(any(self.role_sees(table, row, g) for g in grants) for grants in self.grants(table))

    def role_sees(self, table, row, grant):
        types = {c["apiName"]: c["type"] for c in table["columns"]}
        return all(self.passes(types[f["column"]], row[f["column"]], f) is True for f in grant.get("filters", []))

    def passes(self, of, cell, f):
        if f["operator"] in NULL_TESTS:
            return (cell is None) == NULL_TESTS[f["operator"]]
        if cell is None:
            return None
        wanted = self.values[f["contextKey"]]
        if f["operator"] == "in":
            return same(of, cell) in [same(of, spelled(of, v)) for v in wanted]
        return (same(of, cell) == same(of, spelled(of, wanted))) == (f["operator"] == "=")

    def cells(self, table, row):
        """{column: (state, value)} of a row that is visible; a hidden cell's value is NULL."""
        scopes = [[g for g in grants if self.role_sees(table, row, g)] for grants in self.grants(table)]
        out = {}
        for c in table["columns"]:
            name = c["apiName"]
            state = max((min(allows(g, name) for g in grants) for grants in scopes), default=CLEAR)
            value = None if state == HIDDEN else row[name]
            out[name] = (CLEAR if value is None else state, value)  # a NULL is a NULL, whyever
        return out

    # ---- the context ----

    def context_problems(self, tables):
        """The codes of what is wrong with the context values that these tables' row filters need."""
        out = []
        for table in tables:
            types = {c["apiName"]: c["type"] for c in table["columns"]}
            for grants in self.grants(table):
                for f in (f for g in grants for f in g.get("filters", []) if f["operator"] not in NULL_TESTS):
                    code = self.value_problem(f, types[f["column"]])
                    if code and (code, f"/contextValues/{f['contextKey']}") not in out:
                        out.append((code, f"/contextValues/{f['contextKey']}"))
        return out

    def value_problem(self, f, of):
        if f["contextKey"] not in self.values:
            return "MISSING_CONTEXT"
        value = self.values[f["contextKey"]]
        if isinstance(value, list) != (f["operator"] == "in"):
            return "INVALID_CONTEXT"
        try:
            for one in value if isinstance(value, list) else [value]:
                if one is None:
                    raise Invalid(of)
                spelled(of, one)
        except Invalid:
            return "INVALID_CONTEXT"
        return None


def scopes_of(context):
    context = context or {}
    if "role" in context:
        return {"user": [context["role"]]}
    return {scope: list(names) for scope, names in (context.get("roles") or {}).items()}


def role_problems(config, context):
    """What is wrong with the context before any table is looked at."""
    context, known = context or {}, {r["id"] for r in config["roles"]}
    if "role" in context and "roles" in context:
        return [("INVALID_CONTEXT", "/roles")]
    out = [("INVALID_CONTEXT", f"/roles/{scope}") for scope in context.get("roles", {}) if scope not in SCOPES]
    if out:
        return out
    scopes = scopes_of(context)
    for scope, names in scopes.items():
        out += [("UNKNOWN_ROLE", "/role" if "role" in context else f"/roles/{scope}/{i}") for i, n in enumerate(names) if n not in known]
        out += [("ACCESS_DENIED", f"/roles/{scope}")] if not names else []
    if not scopes and config.get("policy", {}).get("anonymous") != "all":
        out.append(("ACCESS_DENIED", ""))  # a missing member, at its parent
    return out


# ---- masks ----

def mask(kind, of, value):
    """What is shown instead of a value that is masked."""
    if value is None:
        return None
    if kind == "number" and of in ("int", "bigint", "float", "decimal"):
        return read(of, 0)
    if kind == "date" and of == "date":
        return value[:4] + "-01-01"
    if kind == "date" and of == "timestamp":
        from values import moment_text
        return read("timestamp", moment_text(value)[:4] + "-01-01")
    if kind == "uuid" and of in ("uuid", "string"):
        return value[:4] + "****"
    if of != "string":
        return None
    return {"email": _email, "phone": _phone, "name": _name}.get(kind, lambda v: "***")(value)


def _email(value):
    local, _, domain = value.rpartition("@")  # no @: nothing before it
    if not local:
        return "***"
    return f"{local[0]}***@***" + (f".{domain.rpartition('.')[2]}" if "." in domain else "")


def _phone(value):
    digits = re.findall(r"[0-9]", value)
    if len(digits) <= 3:
        return "***"
    return ("+" if value.startswith("+") else "") + digits[0] + "***" + "".join(digits[-3:])


def _name(value):
    return "***" if len(value) <= 2 else value[0] + "*" * (len(value) - 2) + value[-1]
