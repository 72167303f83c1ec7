# canary: clawgym-bench 7c1f3c5e-9a52-4c7e-8d0b-2f6b1e4a9d11
import csv
import io

import clawgym_verify as cv

ctx = cv.context()
CASES = ctx.expected_json("cases.json")
HEADER = ["name", "week", "paid", "night", "overtime"]
MEMORY = {}


def outcomes():
    """Whether the program prints the whole table of each hidden input, by group."""
    if not MEMORY:
        order = [(group, case) for group, cases in CASES.items() for case in cases]
        calls = [([], case["stdin"]) for _, case in order]
        for (group, case), ran in zip(order, cv.run_python("-m timesheet", calls, timeout=2, env={"PYTHONIOENCODING": "utf-8"})):
            MEMORY.setdefault(group, []).append(right(ran, case))
    return MEMORY


def right(ran, case):
    if ran.exit_code != 0 or ran.truncated:
        return False
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(ran.text)) if row]
    except csv.Error:
        return False
    return rows == [HEADER, *case["rows"]]


def score(group):
    return cv.fraction(outcomes()[group])


@cv.check("over-midnight")
def over_midnight():
    return score("over-midnight")


@cv.check("breaks")
def breaks():
    return score("breaks")


@cv.check("weeks")
def weeks():
    return score("weeks")


@cv.check("rounding")
def rounding():
    return score("rounding")


@cv.check("together")
def together():
    return score("together")


@cv.check("tests-untouched")
def tests_untouched():
    return ctx.unchanged("tests/test_shifts.py")


cv.run()
