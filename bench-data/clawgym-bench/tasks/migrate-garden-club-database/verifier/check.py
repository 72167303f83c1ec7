# canary: clawgym-bench 7c1f3c5e-9a52-4c7e-8d0b-2f6b1e4a9d11
import csv
import io
import json
import sqlite3

import clawgym_verify as cv

ctx = cv.context()
DATA = ctx.expected_json("databases.json")
COLUMNS = {
    "household": ["id", "street", "postcode", "town"],
    "member": ["id", "household_id", "first_name", "last_name", "mail", "joined"],
    "phone": ["member_id", "position", "number"],
    "payment": ["id", "member_id", "cents", "paid", "note"],
    "waiting": ["id", "member_id", "since", "wish"],
    "merged": ["old_id", "new_id"],
}
REFERENCES = {("member", "household_id", "household"), ("phone", "member_id", "member"), ("payment", "member_id", "member"), ("waiting", "member_id", "member"), ("merged", "new_id", "member")}
MEMORY = {}
ENV = {"PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}
# Makes the databases from statements; nothing of the agent's runs here.
BUILD = """
import json, sqlite3, sys
for name, sql in json.load(sys.stdin.buffer).items():
    con = sqlite3.connect(name)
    con.executescript(sql)
    con.close()
"""


def built():
    """{name: content} of all databases, made from their statements."""
    if "built" not in MEMORY:
        statements = {f"hidden-{n}.db": database["sql"] for n, database in enumerate(DATA["hidden"])}
        statements.update({f"broken-{n}.db": database["sql"] for n, database in enumerate(DATA["broken"])})
        statements.update({f"new-{n}-{year}.db": database["new_sql"] for n, database in enumerate(DATA["hidden"]) for year in database["balances"]})
        ran = cv.run_untrusted(["python3", "-I", "-c", BUILD], stdin=json.dumps(statements), timeout=10)
        MEMORY["built"] = {name: ran.files.bytes(name) for name in statements}
    return MEMORY["built"]


def rows(con, sql):
    try:
        return [list(r) for r in con.execute(sql)]
    except (sqlite3.Error, UnicodeError) as error:
        raise cv.Fail(f"cannot be read: {error}") from None


def unordered(table):
    return sorted(repr(r) for r in table)


def migrations():
    """The results of migrate.py, by database: the first of the sound ones is migrated twice, the others once."""
    if "migrations" not in MEMORY:
        files = {name: content for name, content in built().items() if not name.startswith("new")}
        order = ["hidden-0.db", *files]
        results = cv.run_python("migrate.py", [([name], "") for name in order], timeout=3, env=ENV, files=files)
        MEMORY["migrations"] = {}
        for name, result in zip(order, results):
            MEMORY["migrations"].setdefault(name, []).append(result)
    return MEMORY["migrations"]


def migrated(n):
    """{table: rows} of a migrated hidden database, with its schema; Fail when that does not work."""
    if n not in MEMORY:
        MEMORY[n] = None
        runs = migrations()[f"hidden-{n}.db"]
        if all(ran.exit_code == 0 for ran in runs):
            con = runs[0].files.sqlite(f"hidden-{n}.db")
            found = {t: rows(con, f"SELECT {', '.join(columns)} FROM {t}") for t, columns in COLUMNS.items()}
            found["tables"] = sorted(r[0] for r in rows(con, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"))
            found["columns"] = {t: [r[1] for r in rows(con, f"PRAGMA table_info({t})")] for t in COLUMNS}
            found["references"] = {(t, r[3], r[2]) for t in COLUMNS for r in rows(con, f"PRAGMA foreign_key_list({t})")}
            found["version"] = rows(con, "SELECT max(version) FROM schema_version")
            MEMORY[n] = found
    cv.expect(MEMORY[n] is not None, "migrate.py failed")
    return MEMORY[n]


def share(*names):
    """Share of the hidden databases in which these tables are right, row by row."""
    good = []
    for n, database in enumerate(DATA["hidden"]):
        try:
            found = migrated(n)
        except cv.Fail:
            good.append(False)
            continue
        good.append(all(unordered(found[t]) == unordered(database["tables"][t]) for t in names))
    return cv.fraction(good)


@cv.check("members")
def members():
    # the column household_id belongs to the check of the households
    good = []
    for n, database in enumerate(DATA["hidden"]):
        try:
            found = migrated(n)
        except cv.Fail:
            good.append(False)
            continue
        good.append(all(
            unordered(r[:1] + r[2:] if t == "member" else r for r in found[t]) == unordered(r[:1] + r[2:] if t == "member" else r for r in database["tables"][t])
            for t in ("member", "merged")
        ))
    return cv.fraction(good)


@cv.check("households")
def households():
    return share("household", "member")


@cv.check("phones")
def phones():
    return share("phone")


@cv.check("payments")
def payments():
    return share("payment", "waiting")


@cv.check("schema")
def schema():
    found = migrated(0)
    right = (
        found["tables"] == sorted([*COLUMNS, "schema_version"]) and found["columns"] == COLUMNS
        and found["references"] == REFERENCES and found["version"] == [[4]]
    )
    return right * share("payment")


@cv.check("all-or-nothing")
def all_or_nothing():
    # A migration that always fails would pass: it counts as far as sound databases come through.
    good = []
    for n, database in enumerate(DATA["broken"]):
        ran, = migrations()[f"broken-{n}.db"]
        try:
            con = ran.files.sqlite(f"broken-{n}.db")
            tables = {r[0] for r in rows(con, "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")}
            same = all(unordered(rows(con, f"SELECT * FROM {t}")) == unordered(wanted) for t, wanted in database["tables"].items())
            good.append(ran.exit_code == 1 and tables == set(database["tables"]) and same)
        except cv.Fail:
            good.append(False)
    return cv.fraction(good) * share("payment")


@cv.check("balance")
def balance():
    wanted = {f"new-{n}-{year}.db": rows for n, database in enumerate(DATA["hidden"]) for year, rows in database["balances"].items()}
    files = {name: built()[name] for name in wanted}
    years = [name[:-3].split("-")[2] for name in wanted]
    results = cv.run_python("balance.py", [([name, year], "") for name, year in zip(wanted, years)], timeout=2, env=ENV, files=files)
    good = []
    for table, ran in zip(wanted.values(), results):
        try:
            found = [row for row in csv.reader(io.StringIO(ran.text)) if row]
        except csv.Error:
            found = None
        good.append(ran.exit_code == 0 and found == [["household", "names", "paid"], *table])
    return cv.fraction(good)


@cv.check("club-kept")
def club_kept():
    return ctx.unchanged("club.db", "migrate.py", "migrations/0001_start.py", "migrations/0002_payments.py", "migrations/0003_waiting.py")


cv.run()
