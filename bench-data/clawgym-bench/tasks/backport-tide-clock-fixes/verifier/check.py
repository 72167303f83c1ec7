# canary: clawgym-bench 7c1f3c5e-9a52-4c7e-8d0b-2f6b1e4a9d11
import json

import clawgym_verify as cv

ctx = cv.context()
CASES = ctx.expected_json("cases.json")
FIXES = ctx.expected_json("fixes.json")

# Runs the clock of the boxes on tables that come from standard input.
DRIVER = r"""
import contextlib, io, json, sys, tempfile
sys.path.insert(0, "")
cases = json.load(sys.stdin)
try:
    # Once: what does not compile need not be tried for every case.
    import tides
    with open("clock.py", encoding="utf-8") as file:
        program = compile(file.read(), "clock.py", "exec")
except BaseException:
    print(json.dumps([None] * len(cases)))
    raise SystemExit
results = []
with tempfile.TemporaryDirectory() as folder:
    for number, (table, time) in enumerate(cases):
        path, out = f"{folder}/{number}.csv", io.StringIO()
        with open(path, "w", encoding="utf-8") as file:
            file.write(table)
        sys.argv[:] = ["clock.py", path, time]
        try:
            with contextlib.redirect_stdout(out):
                exec(program, {"__name__": "__main__", "__file__": "clock.py"})
        except SystemExit as end:
            results.append(None if end.code else out.getvalue()[:500])
        except Exception:
            results.append(None)
        else:
            results.append(out.getvalue()[:500])
print(json.dumps(results))
"""
MEMORY = {}


def verdicts():
    """Whether each hidden case comes out to the letter, by group."""
    if not MEMORY:
        cv.expect(ctx.is_file("box/clock.py") and ctx.is_file("box/tides.py"), "box/clock.py or box/tides.py is missing")
        order = [(group, case) for group, cases in CASES.items() for case in cases]
        given = json.dumps([[case["table"], case["time"]] for _, case in order])
        ran = cv.run_untrusted(["python3", "-B", "-c", DRIVER], cwd="box", stdin=given, timeout=2, env={"PYTHONIOENCODING": "utf-8"})
        try:
            outs = json.loads(ran.text) if ran.exit_code == 0 else []
        except ValueError:
            outs = []
        outs = outs if isinstance(outs, list) and len(outs) == len(order) else [None] * len(order)
        for (group, case), out in zip(order, outs):
            lines = [line.rstrip() for line in out.splitlines() if line.strip()] if isinstance(out, str) else []
            MEMORY.setdefault(group, []).append(lines == case["out"])
    return MEMORY


@cv.check("cured")
def cured():
    found = verdicts()
    score = cv.fraction([all(found[n]) for n in "1234"])
    return score, ", ".join(f"{n}: {sum(found[n])} of {len(found[n])}" for n in "1234")


@cv.check("like-before")
def like_before():
    found = verdicts()["before"]
    same = ctx.unchanged("box/VERSION", "box/tables")
    return all(found) and same, f"{found.count(False)} of {len(found)} displays changed" + ("" if same else ", other files changed")


def answers():
    rows = {}
    for row in ctx.csv("fixes.csv", columns=["complaint", "broken_by", "fixed_by", "on_boxes"]):
        number = row["complaint"].strip("#. ")
        cv.expect(number in FIXES and number not in rows, f"not a complaint, or twice: {number[:40]}")
        rows[number] = row
    return rows


def named(column, place):
    """Share of the complaints for which a commit is named, by seven characters of its hash or more."""
    rows = answers()
    good = []
    for number, truth in FIXES.items():
        given = rows[number][column].lower() if number in rows else ""
        good.append(len(given) >= 7 and truth[place].startswith(given))
    return cv.fraction(good)


@cv.check("broken-by")
def broken_by():
    return named("broken_by", 0)


@cv.check("fixed-by")
def fixed_by():
    return named("fixed_by", 1)


@cv.check("on-boxes")
def on_boxes():
    rows = answers()
    wanted = {number: truth[2] for number, truth in FIXES.items()}
    got = {number: {"yes": True, "no": False}.get(cv.norm(row["on_boxes"])) for number, row in rows.items()}
    return got == wanted


cv.run()
