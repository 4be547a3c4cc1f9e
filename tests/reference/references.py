"""The tables of a query and how they are related.

Accepts a configuration and a definition. Refuses a join or an exists with Unrelated where no relation or more than one fits. Promises that each table
reference has a name (`as` or the apiName), a parent and the pairs of columns that relate them, whichever side declares the relation.
"""


class Unrelated(Exception):
    """No relation fits, or more than one does: number."""

    def __init__(self, number):
        super().__init__(f"{number} relations fit")
        self.number = number


class Ref:
    """One occurrence of a table. pairs: (column of the parent, column here); many: can one row of the parent have several of these?;
    back: can one of these have several rows of the parent?; optional: may it be missing (a left join)?"""

    def __init__(self, name, table, place, parent=None, link=None, optional=False):
        self.name, self.table, self.place, self.parent = name, table, place, parent
        self.pairs, self.many, self.back = (link.pairs, link.many, link.back) if link else ((), False, False)
        self.outward = bool(link and link.outward)
        self.optional = optional
        columns = table["columns"] if table else []
        self.types = {c["apiName"]: c["type"] for c in columns}
        self.nullables = {c["apiName"]: c["nullable"] for c in columns}


class Link:
    """A relation as seen from one table. outward: does the table hold the foreign key?"""

    def __init__(self, names, pairs, many, back, outward):
        self.names, self.pairs, self.many, self.back, self.outward = names, pairs, many, back, outward

    def turned(self):
        return Link(self.names, tuple((b, a) for a, b in self.pairs), self.back, self.many, not self.outward)


def listed(value):
    return [value] if isinstance(value, str) else list(value)


class Schema:
    def __init__(self, config):
        self.config = config
        self.tables = {t["apiName"]: t for t in config["tables"]}
        self.ids = {t["id"]: t for t in config["tables"]}
        self.relations = [self._relation(t, r) for t in config["tables"] for r in t.get("relations", [])]

    def _relation(self, table, r):
        other = self.tables.get(r["references"]["table"]) or self.ids[r["references"]["table"]]
        mine, theirs = listed(r["column"]), listed(r["references"]["column"])
        name = r.get("name", "_".join(mine))
        one_to_many = r["type"] == "one-to-many"
        # many: one row of `table` has several of `other`; back: the other way round. The foreign key is on the side of the many.
        return table, other, Link({name}, tuple(zip(mine, theirs)), one_to_many, r["type"] == "many-to-one", not one_to_many)

    def links(self, one, other):
        """The relations between two tables as seen from the first; two declarations of one pair of columns are one. A self relation is seen from its
        foreign key."""
        out = {}
        for holder, target, link in self.relations:
            ways = []
            if holder is one and target is other:
                ways.append(link if one is not other or link.outward else link.turned())
            elif holder is other and target is one:
                ways.append(link.turned())
            for way in ways:
                same = out.setdefault(tuple(sorted(way.pairs)), way)
                same.names = same.names | way.names
        return list(out.values())

    def fitting(self, parent, table, node):
        """The relations that a join or exists node may follow from one parent. reverse: along a self relation, true leads from the key to the foreign key
        and false the other way; between two tables, true leaves only the relations from the key to the foreign key."""
        found = [link for link in self.links(parent.table, table) if node.get("via") is None or node["via"] in link.names]
        if node.get("reverse"):
            found = [link.turned() for link in found] if parent.table is table else [link for link in found if not link.outward]
        return found

    def related(self, refs, table, node):
        """(parent, link): the named parent, else the first of refs if it fits, else the one that does."""
        if "parent" in node:
            options = [(r, link) for r in refs if r.name == node["parent"] for link in self.fitting(r, table, node)]
        else:
            options = [(refs[0], link) for link in self.fitting(refs[0], table, node)]
            if not options:
                options = [(r, link) for r in refs[1:] for link in self.fitting(r, table, node)]
        if len(options) != 1:
            raise Unrelated(len(options))
        return options[0]

    def refs(self, definition):
        """All table references of from and joins, in order; parents before children."""
        refs = [Ref(definition["from"], self.tables[definition["from"]], definition)]
        for join in definition.get("joins", []):
            table = self.tables[join["table"]]
            parent, link = self.related(refs, table, join)
            refs.append(Ref(join.get("as", join["table"]), table, join, parent, link, join.get("type", "left") == "left"))
        return refs


def multiplied(refs, ref):
    """Would rows of `ref` be repeated by a to-many step of the join tree, seen from it?"""
    def away(r, came_from):
        for other in refs:
            if other is came_from:
                continue
            if other.parent is r and (other.many or away(other, r)):
                return True
        return r.parent is not None and r.parent is not came_from and (r.back or away(r.parent, r))
    return away(ref, None)
