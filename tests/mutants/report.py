"""The results of planted bugs: rows for a terminal, and the table of docs/testing.md."""
import re

WIDTH = 34


def listing(mutants, unfit):
    for m in mutants:
        print(f"{m.name:{WIDTH}} {m.kind}: {m.breaks}")
    for reason in unfit:
        print(f"\nUNFIT {reason}")
    print(f"\n{len(mutants)} planted bugs, {len(unfit)} do not fit the code")


def head(mutants):
    print(f"{'mutant':{WIDTH}} {'killed by':28} {'questions':>9} {'seconds':>8}")


def row(r):
    print(f"{r.mutant.name:{WIDTH}} {r.killer or 'SURVIVED':28} {r.asked:9} {r.seconds:8.1f}", flush=True)


TABLE = re.compile(r"(<!-- written by tests/mutants/run.py --write -->\n).*?(<!-- end -->)", re.S)


def page(text, results):
    """The text of docs/testing.md with the results as its table."""
    assert len(TABLE.findall(text)) == 1
    table = "\n".join(summary(results)) + "\n"
    return TABLE.sub(lambda found: found[1] + table + found[2], text)


def summary(results):
    yield "| what the bugs break | noticed | by the evaluator | by golden cases | by non-interference | by a unit test |"
    yield "|---|---|---|---|---|---|"
    kinds = list(dict.fromkeys(r.mutant.kind for r in results))
    for kind in [*kinds, "all"]:
        of = [r for r in results if kind in (r.mutant.kind, "all")]
        by = [sum(bool(r.killer) and r.killer.startswith(name) for r in of) for name in ("evaluator", "golden", "non-interference", "unit")]
        yield f"| {kind} | {sum(r.killer is not None for r in of)} of {len(of)} | {' | '.join(map(str, by))} |"
