"""The results of planted bugs: rows for a terminal, and docs/mutants.md."""
import statistics

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


def page(results):
    return "\n".join([*INTRODUCTION, "", *summary(results), "", *details(results)]) + "\n"


INTRODUCTION = """# Planted bugs

`tests/mutants/run.py` planted each of these bugs (`tests/mutants/table.txt` has their
text), built the program and ran the tests until one of them noticed the bug: first
the reference evaluator with at most 5,000 generated questions on SQLite, then the
golden cases of all dialects, then pairs of databases that a caller cannot distinguish
(`tests/property`), and then a unit test, for bugs that only show with rare values,
concurrent callers or another server. The last column counts the questions, pairs,
cases or tests up to the first that failed. `run.py --write` writes this page.""".split("\n")


def median_and_worst(results):
    asked = sorted(r.asked for r in results if r.killer == "evaluator")
    return f"{statistics.median_low(asked)} | {asked[-1]}" if asked else "– | –"


def summary(results):
    yield "| what the bugs break | noticed | by the evaluator | by golden cases | by non-interference | by a unit test | questions to the evaluator, median | most |"
    yield "|---|---|---|---|---|---|---|---|"
    kinds = list(dict.fromkeys(r.mutant.kind for r in results))
    for kind in [*kinds, "all"]:
        of = [r for r in results if kind in (r.mutant.kind, "all")]
        by = [sum(bool(r.killer) and r.killer.startswith(name) for r in of) for name in ("evaluator", "golden", "non-interference", "unit")]
        yield f"| {kind} | {sum(r.killer is not None for r in of)} of {len(of)} | {' | '.join(map(str, by))} | {median_and_worst(of)} |"


def details(results):
    yield "| bug | what it breaks | noticed by | after |"
    yield "|---|---|---|---|"
    for r in results:
        yield f"| {r.mutant.name} | {r.mutant.breaks} | {r.killer or 'no test'} | {r.asked} |"
