"""What multidb must answer in end-to-end tests: the reference evaluator (tests/reference) on a configuration and its rows.

    Expected(config, rows).check(definition, context, answer)        raises AssertionError with the difference

answer: a result as cli.py reads it. Rows may come in any order that the definition's order leaves free; everything else must be equal, digit for digit.
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "reference"))

from access import MASKED  # noqa: E402
from cli import Number  # noqa: E402
from compare import differs  # noqa: E402
from evaluator import Evaluator, Refusal  # noqa: E402
from grouping import Fragile  # noqa: E402, F401
from operators import fold, lower  # noqa: E402, F401
from values import is_number, number  # noqa: E402


def with_texts(value):
    """Every number as its text, as compare.py takes it."""
    if isinstance(value, dict):
        return {k: with_texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [with_texts(v) for v in value]
    return number(value.text if isinstance(value, Number) else str(value)) if is_number(value) else value


class Expected:
    """folding: how the engine folds case, fold or lower"""

    def __init__(self, config, rows, folding=fold):
        self.config, self.evaluator = config, Evaluator(config, rows, folding)
        self.tables, self.by_id = self.evaluator.schema.tables, self.evaluator.schema.ids
        self.stored = {table: [dict(zip(data["columns"], row)) for row in data["rows"]] for table, data in rows.items()}  # as JSON values

    def check(self, definition, context, answer):
        expected = self.evaluator.answer(definition, context)
        assert not isinstance(expected, Refusal), f"{definition} {context}: {expected}"
        text = differs(expected, with_texts(answer))
        assert text is None, f"{str(definition)[:2000]}\n{context}\n{answer.get('sql')}\n{str(answer.get('params'))[:2000]}\n{text[:4000]}"

    def is_total(self, definition, context):
        """Does the order leave every row one place?"""
        return self.evaluator.answer(definition, context).total

    # ---- what a context may see ----

    def access(self, context):
        return self.evaluator.rows_for(context).access

    def allowed(self, table, context):
        return self.access(context).columns(table)

    def masked(self, table, column, context):
        """May some row show the column masked?"""
        return self.access(context).gate(table, column) == MASKED

    def refs(self, definition):
        return self.evaluator.schema.refs(definition)

    def relations(self, one, other):
        """The names of the relations between two tables; [] where one name means several."""
        links = self.evaluator.schema.links(one, other)
        names = [min(link.names) for link in links]
        return names if len(set(names)) == len(names) else []
