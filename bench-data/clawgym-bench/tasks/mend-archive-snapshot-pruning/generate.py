#!/usr/bin/env python3
"""Writes workspace/sample/, verifier/expected/ and cases/ of this task; the scripts are written by hand. Deterministic."""
import json
import pathlib
import random
import re
import shutil
import sys
from datetime import date, datetime, timedelta

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "kit"))
from clawgym_kit import TaskFolder

HERE = pathlib.Path(__file__).resolve().parent
RNG = random.Random(1890)
SNAPSHOT = re.compile(r"(.+)_(\d{4}-\d{2}-\d{2}_\d{4})\.tar\.gz")


def parsed(name):
    m = SNAPSHOT.fullmatch(name)
    try:
        return (m[1], datetime.strptime(m[2], "%Y-%m-%d_%H%M")) if m else None
    except ValueError:
        return None


def gone(names, on):
    """The policy."""
    names = set(names)
    snapshots = {n: parsed(n) for n in names if parsed(n)}
    out = set()
    for chosen_set in {s for s, _ in snapshots.values()}:
        mine = sorted((t, n) for n, (s, t) in snapshots.items() if s == chosen_set and t.date() <= on)
        stay = set()
        if mine:
            stay.add(mine[-1][1])
        months = set()
        y, m = on.year, on.month
        for _ in range(6):
            months.add((y, m))
            y, m = (y, m - 1) if m > 1 else (y - 1, 12)
        rules = [
            (lambda t: t.date(), {on - timedelta(days=k) for k in range(7)}),
            (lambda t: t.isocalendar()[:2], {(on - timedelta(days=7 * k)).isocalendar()[:2] for k in range(4)}),
            (lambda t: (t.year, t.month), months),
        ]
        for key, wanted in rules:
            newest = {key(t): n for t, n in mine}
            stay |= {n for k, n in newest.items() if k in wanted}
        for _t, n in mine:
            if n not in stay and n + ".keep" not in names:
                out.add(n)
                if n + ".sha256" in names:
                    out.add(n + ".sha256")
    for n in names:
        if n.endswith(".partial") and parsed(n[:-8]) and parsed(n[:-8])[1].date() < on:
            out.add(n)
    return sorted(out, key=str.encode)


def series(name, on, days, often):
    """Snapshots of a set over the days before `on`: nightly with holes, sometimes two or three a day."""
    out = []
    for k in range(days):
        if RNG.random() < often:
            for _ in range(RNG.choice([1, 1, 1, 1, 2, 3])):
                out.append(f"{name}_{on - timedelta(days=k)}_{RNG.randrange(24):02}{RNG.randrange(60):02}.tar.gz")
    return sorted(set(out))


def tree(on, sets, extra=()):
    names = set()
    for name, days, often in sets:
        mine = series(name, on, days, often)
        names |= set(mine)
        names |= {n + ".sha256" for n in mine if RNG.random() < 0.3}
        names |= {n + ".keep" for n in mine if RNG.random() < 0.06}
    return {"on": on.isoformat(), "names": sorted(names | set(extra), key=str.encode)}


D = date
plain = [
    tree(D(2026, 3, 9), [("photos", 60, 0.5)], [f"photos_2026-{d}_0315.tar.gz" for d in ("03-10", "03-12", "03-20", "03-25", "04-02")]),
    tree(D(2026, 1, 14), [("photos", 50, 0.7), ("scans", 45, 0.3)]),
    tree(D(2026, 1, 1), [("photos", 300, 0.12)]),
    tree(D(2024, 3, 1), [("photos", 36, 0.9)]),
    tree(D(2026, 5, 31), [("photos", 240, 0.15), ("minutes", 260, 0.04)]),
    tree(D(2026, 7, 15), [("photos", 20, 0.9)], ["choir_2023-04-09_0315.tar.gz", "choir_2023-04-08_0315.tar.gz", "choir_2023-04-08_0315.tar.gz.sha256"]),
]
plain[3]["names"] += ["photos_2024-03-02_0315.tar.gz", "photos_2025-01-01_0000.tar.gz"]
odd = [
    tree(D(2026, 3, 9), [("letters & maps", 50, 0.5), ("letters", 45, 0.3)]),
    tree(D(2026, 2, 10), [("register_1890", 40, 0.5), ("register", 40, 0.3), ("register_1890_copy", 30, 0.2)]),
    tree(D(2026, 4, 6), [("photos", 30, 0.6)], [
        "photos_2026-01-10_2460.tar.gz", "photos_2025-13-01_0315.tar.gz", "photos_2025-02-29_0315.tar.gz", "photos_2025-01-02_031.tar.gz",
        "photos_2025-01-03_0315.tar.gz.bak", "notes.txt", "photos_2026-01-05_0315.tar.gz.sha256", "Photos_2025-01-02_0315.tar.gz", "Photos_2025-01-01_0315.tar.gz"]),
    tree(D(2026, 4, 6), [("choir's * songs", 40, 0.4), ("-rf", 25, 0.4), ("$HOME", 20, 0.4)]),
    tree(D(2026, 6, 2), [("photos", 30, 0.7)], [f"photos_{d}_0315.tar.gz.partial" for d in ("2026-06-02", "2026-06-01", "2026-06-03", "2025-06-01")] + ["draft.partial", "photos_2026-02-30_0315.tar.gz.partial"]),
]
for t in plain + odd:
    t["gone"] = gone(t["names"], date.fromisoformat(t["on"]))
    assert 8 < len(t["gone"]) < len(t["names"])
    print(t["on"], len(t["names"]), len(t["gone"]))
exp = HERE / "verifier/expected"
exp.mkdir(parents=True, exist_ok=True)
(exp / "trees.json").write_text(json.dumps({"plain": plain, "odd": odd}, indent=0) + "\n")

shutil.rmtree(HERE / "workspace/sample")
(HERE / "workspace/sample/old disk").mkdir(parents=True)
sample = tree(D(2026, 2, 28), [("photos", 24, 0.05), ("letters & maps", 9, 0.1), ("register_1890", 40, 0.08)], ["choir_2023-04-09_0315.tar.gz", "photos_2025-04-20_2200.tar.gz", "photos_2025-04-20_2200.tar.gz.keep",
    "photos_2026-02-27_0315.tar.gz.partial", "READ ME.txt", "old disk/photos_2019-12-24_0315.tar.gz"])
for n in sample["names"]:
    (HERE / "workspace/sample" / n).write_bytes((n.encode() + b"\n") * 30)

# ---- cases: the oracle with one thing done differently
case = TaskFolder(__file__).case
case("wrong", "year-and-week-of-year", ["kept"], [('"+%F %G-%V %Y-%m"', '"+%F %Y-%V %Y-%m"'), ("wants w +%G-%V", "wants w +%Y-%V")])
case("wrong", "six-days", ["kept"], [("k < 7", "k < 6")])
case("wrong", "months-by-30-days", ["kept"], [('echo "${on:0:7}-15 -$k month"', 'echo "$on -$((30 * k)) days"')])
case("wrong", "oldest-of-each", ["kept"], [("sort -r", "sort")])
case("wrong", "later-ones-count", ["kept"], [('[[ $day > $on ]] && continue', 'true')])
case("wrong", "keep-not-minded", ["kept"], [('[[ -e $folder/$name.keep ]] && continue', 'true')])
case("wrong", "sets-by-first-underscore", ["odd-names"], [('set=${name%_????-??-??_????.tar.gz}', 'set=${name%%_*}')])
case("wrong", "words-split", ["odd-names"], [('rm -f -- "${names[@]}"', 'rm -f ${names[*]} 2> /dev/null || true')])
case("wrong", "all-partials-go", ["odd-names"], [('[[ $day < $on ]] && goes[$name]=yes', 'goes[$name]=yes')])
case("wrong", "dry-run-deletes", ["dry-run"], [('$dry || (', '(')])
case("wrong", "prints-paths", ["dry-run", "kept"], [("printf 'delete %s\\n'", "printf \"delete $folder/%s\\n\"")])
case("wrong", "bad-date-is-ignored", ["refusals"], [('valid_day "$on" || refuse "not a date: $on"', 'valid_day "$on" || on=$(date +%F)')])
case("wrong", "written-in-python", ["kept", "odd-names", "dry-run", "refusals"], after="sed -i '2i python3 -c pass || exit 1' bin/prune.sh\n")
case("wrong", "tried-on-the-sample", ["sample-kept"], after="bash bin/prune.sh --on 2026-02-28 sample >/dev/null\n")
case("right", "executable-and-commented", edits=[("No Python here: the NAS has none.", "For the NAS: bash and coreutils.")], after="chmod +x bin/prune.sh\nprintf '\\n\\n' >> bin/prune.sh\n")
case("right", "two-passes-with-a-list", edits=[('rm -f -- "${names[@]}")', 'printf "%s\\0" "${names[@]}" > "$list" && while IFS= read -r -d "" f; do unlink -- "$f"; done < "$list")'), ('exit 0\n', 'rm -f -- "$list"\nexit 0\n'), ("dry=false on=", 'list=$(mktemp)\ndry=false on=')])
