"""What came of the mutants: rows for a terminal, docs/mutants.md."""
import statistics

WIDTH = 30


def listing(mutants):
    for m in mutants:
        print(f"{m.name:{WIDTH}} {m.kind}: {m.breaks}")


def head(mutants):
    print(f"{'mutant':{WIDTH}} {'killed by':28} {'questions':>9} {'seconds':>8}")


def row(r):
    print(f"{r.mutant.name:{WIDTH}} {r.killer or 'SURVIVED':28} {r.asked:9} {r.seconds:8.1f}", flush=True)


def page(results):
    return "\n".join([*INTRODUCTION, "", *summary(results), "", *details(results)]) + "\n"


INTRODUCTION = """# Planted bugs

Each of these bugs was planted in the code by `tests/mutants/run.py` (`tests/mutants/table.txt` has their text), the program was built anew, and the tests were
asked: first the reference evaluator, at most 5,000 generated questions on SQLite, then the golden cases of all dialects, then pairs of databases that a caller can't
tell apart (`tests/property`), then, where only rare values, callers at the same time or another server show the bug, a unit test. This page is what came out; `run.py --write` writes it.
A number is that of the questions, pairs, cases or tests that it took.""".split("\n")


def median_and_worst(results):
    asked = sorted(r.asked for r in results if r.killer == "evaluator")
    return f"{statistics.median_low(asked)} | {asked[-1]}" if asked else "– | –"


def summary(results):
    yield "| what it breaks | killed | by the evaluator | by golden cases | by non-interference | by a unit test | the evaluator's questions, median | worst |"
    yield "|---|---|---|---|---|---|---|---|"
    kinds = list(dict.fromkeys(r.mutant.kind for r in results))
    for kind in [*kinds, "all"]:
        of = [r for r in results if kind in (r.mutant.kind, "all")]
        by = [sum(bool(r.killer) and r.killer.startswith(name) for r in of) for name in ("evaluator", "golden", "non-interference", "unit")]
        yield f"| {kind} | {sum(r.killer is not None for r in of)} of {len(of)} | {' | '.join(map(str, by))} | {median_and_worst(of)} |"


def details(results):
    yield "| bug | what it breaks | killed by | after |"
    yield "|---|---|---|---|"
    for r in results:
        yield f"| {r.mutant.name} | {r.mutant.breaks} | {r.killer or 'nobody'} | {r.asked} |"
