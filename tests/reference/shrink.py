"""Makes a failing case small.

    shrink(case, still) -> case     still(case): does it still fail? Whatever is no case any more does not.

Accepts JSON. Promises a case that fails, from which no member or element can be taken (tried one at a time, from the outside in).
"""
import copy



def parts(value, path=()):
    """The paths of everything that could be left out, outer ones first."""
    out, level = [], [(path, value)]
    while level:
        below = []
        for at, v in level:
            items = list(v.items()) if isinstance(v, dict) else list(enumerate(v)) if isinstance(v, list) else []
            for key, child in reversed(items):
                out.append((*at, key))
                below.append(((*at, key), child))
        level = below
    return out


def without(case, path):
    case = copy.deepcopy(case)
    holder = case
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return case


def droppable(path):
    """Not the halves of a row or of a change, nor what every case needs."""
    if path in (("config",), ("rows",), ("definition",), ("context",), ("found",), ("poison",), ("engine",), ("real",), ("changes",)) or path[0] == "writers":
        return False
    if path[0] == "changes":
        return len(path) == 3
    return not (path[0] in ("rows", "poison") and (len(path) > 4 or len(path) == 4 and path[2] == "columns"))


def drop_column(case, table, column):
    """Without a column, in metadata and rows; None where something names it."""
    case = copy.deepcopy(case)
    table = next(t for t in case["config"]["tables"] if t["id"] == table)
    table["columns"] = [c for c in table["columns"] if c["apiName"] != column]
    data = case.get("rows", {}).get(table["id"])
    if data and column in data["columns"]:
        at = data["columns"].index(column)
        data["columns"].pop(at)
        for row in data["rows"]:
            row.pop(at)
    for row in case.get("poison", {}).get(table["id"], []):
        row.pop(column, None)
    for *_, row in case.get("changes", {}).get(table["id"], []):
        row.pop(column, None)
    for sync in case["config"].get("externalSyncs", []):
        if sync["sourceTable"] == table["id"] and isinstance(sync.get("columns"), dict):
            sync["columns"].pop(column, None)
    return case


def shrink(case, still, tries=600):
    changed = True
    while changed and tries > 0:
        changed = False
        for path in parts(case):
            if tries <= 0 or not droppable(path) or path[0] == "rows" and len(path) < 4 or not there(case, path):
                continue
            tries -= 1
            less = without(case, path)
            if still(less):
                case, changed = less, True
        for table in list(case["config"]["tables"]):
            for column in list(table["columns"]):
                tries -= 1
                less = drop_column(case, table["id"], column["apiName"])
                if tries > 0 and still(less):
                    case, changed = less, True
    return case


def there(case, path):
    for key in path:
        if isinstance(case, list) and not (isinstance(key, int) and key < len(case)) or isinstance(case, dict) and key not in case or not isinstance(case, (list, dict)):
            return False
        case = case[key]
    return True
