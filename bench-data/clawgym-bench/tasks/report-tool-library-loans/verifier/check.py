# canary: clawgym-bench 7c1f3c5e-9a52-4c7e-8d0b-2f6b1e4a9d11
import json

import clawgym_verify as cv

ctx = cv.context()
LIBRARIES = ctx.expected_json("libraries.json")

REPORTS = ("overdue", "income", "popular")
MEMORY = {}

# Builds each library in memory from standard input and runs the reports on it.
PROGRAM = r"""
import json, sqlite3, sys
answers = {path: [] for path in sys.argv[1:]}
for day, script in json.load(sys.stdin):
    con = sqlite3.connect(":memory:")
    con.executescript(script)
    con.execute("PRAGMA query_only = ON")
    for path, told in answers.items():
        # A query that never ends is ended by its steps, not by the clock.
        left = iter(range(1000))
        con.set_progress_handler(lambda: next(left, None) is None, 10_000)
        try:
            with open(path, encoding="utf-8-sig") as file:
                rows = con.execute(file.read(), {"day": day})
            told.append({"columns": [c[0] for c in rows.description or []], "rows": rows.fetchmany(300)})
        except Exception as error:
            told.append({"problem": str(error)[:200]})
print(json.dumps(answers))
"""


def path_of(name):
    return f"reports/{name}.sql"


def answers(name):
    """What the report says of each library."""
    path = path_of(name)
    cv.expect(ctx.text(path).strip(), f"{path} is empty")
    if not MEMORY:
        given = json.dumps([[library["day"], library["script"]] for library in LIBRARIES])
        paths = [path_of(report) for report in REPORTS if ctx.is_file(path_of(report))]
        ran = cv.run_untrusted(["python3", "-I", "-c", PROGRAM, *paths], stdin=given, timeout=20)
        MEMORY["told"] = ran.text if ran.exit_code == 0 and not ran.truncated else ""
    cv.expect(MEMORY["told"], f"{path} does not run")
    try:
        found = cv.at(json.loads(MEMORY["told"]), path)
    except ValueError:
        raise cv.Fail(f"{path} gives no table") from None
    cv.expect(isinstance(found, list) and len(found) == len(LIBRARIES), f"{path} gives no table")
    return found


def same(cell, wanted):
    if isinstance(wanted, str):
        return cell == wanted
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell == wanted


def score(name, columns):
    """Share of the libraries for which the report is right to the last cell, in its order."""
    good, problem = [], ""
    for library, answer in zip(LIBRARIES, answers(name)):
        rows, wanted = cv.at(answer, "rows", kind=list) if "rows" in answer else [], library[name]
        problem = problem or str(answer.get("problem", ""))
        header = [str(column).lower() for column in answer.get("columns", [])]
        good.append(
            header == columns and len(rows) == len(wanted)
            and all(len(row) == len(want) and all(map(same, row, want)) for row, want in zip(rows, wanted))
        )
    return cv.fraction(good), problem or f"right for {sum(good)} of {len(good)} libraries"


@cv.check("overdue")
def overdue():
    return score("overdue", ["member", "tool", "copy", "due", "days_late"])


@cv.check("income")
def income():
    return score("income", ["month", "fees", "fines", "total"])


@cv.check("popular")
def popular():
    return score("popular", ["tool", "loans", "copies"])


@cv.check("library-kept")
def library_kept():
    return ctx.unchanged("library.db")


cv.run()
