#!/bin/bash
# canary: clawgym-bench 7c1f3c5e-9a52-4c7e-8d0b-2f6b1e4a9d11
set -euo pipefail
# Which commits broke and mended it: try every commit of main.
python3 - <<'PY'
import contextlib, io, json, os, runpy, subprocess, sys, tempfile

def git(*words, **more):
    return subprocess.run(["git", "-c", "safe.directory=*", "-C", "tideclock", *words], check=True, capture_output=True, **more).stdout

TABLE = "2024-02-27 00:00,2.0,H\n2024-02-27 06:00,-0.04,L\n2024-02-27 12:00,2.2,H\n"
PROBES = {
    "runs": (TABLE, "2024-02-27 03:00"), 1: (TABLE, "2024-02-27 12:00"), 3: (TABLE, "2024-02-27 05:59"),
    2: (TABLE.replace("-02-", "-03-"), "2024-03-27 03:00"), "october": (TABLE.replace("2024-02-27", "2027-10-28"), "2027-10-28 03:00"),
    4: (TABLE.replace("2.2,H", "2.2,H # springs"), "2024-02-27 03:00"), 5: ("".join(sorted((TABLE + TABLE.replace("-27", "-28").replace("12:00", "14:00")).splitlines(True), reverse=True)), "2024-02-27 03:00"),
}

def tell(folder, sink):
    """Runs the clock of one commit on the probes, in a process of its own."""
    os.chdir(folder)
    sys.path.insert(0, "")
    outs = []
    for table, moment in PROBES.values():
        open("probe.csv", "w").write(table)
        sys.argv, out = ["clock.py", "probe.csv", moment], io.StringIO()
        for name in [n for n in sys.modules if n.startswith("tide")]:
            del sys.modules[name]
        try:
            with contextlib.redirect_stdout(out):
                runpy.run_path("clock.py", run_name="__main__") if os.path.exists("clock.py") else runpy.run_module("tide", run_name="__main__")
            outs.append(out.getvalue())
        except Exception:
            outs.append(None)
    with open(sink, "w") as file:
        json.dump(outs, file)
    os._exit(0)

def run(folder):
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        tell(folder, sink)
    os.close(sink)
    with open(source) as file:
        outs = json.load(file)
    os.waitpid(child, 0)
    return dict(zip(PROBES, outs))

def well(outs, n):
    out = outs[n]
    if out is None:
        return False
    first = out.splitlines()[0]
    if n == 1:
        return "--" not in first
    if n == 2:
        return "04:00" in first and "05:00" in outs["october"].splitlines()[0]
    if n == 3:
        return "-0.0" not in out
    return [line[:4] for line in out.splitlines() if "13:00" in line] == ["high"]

broken, fixed, before = {}, {n: None for n in range(1, 6)}, {n: True for n in range(1, 6)}
for commit in git("rev-list", "--reverse", "main", text=True).split():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=git("archive", commit), check=True)
        outs = run(folder)
        if outs["runs"] is None:
            continue
        for n in before:
            good, was = well(outs, n), before[n]
            if was and not good:
                broken.setdefault(n, commit)
            fixed[n] = commit if good and not was else fixed[n]
            before[n] = good
with open("fixes.csv", "w") as f:
    f.write("complaint,broken_by,fixed_by,on_boxes\n")
    for n in range(1, 6):
        f.write(",".join([str(n), str(broken.get(n)), str(fixed[n]), "yes" if n != 5 else "no"]) + "\n")
PY
cp box/clock.py clock.tmp
python3 - <<'PY'
def edit(source, target, *pairs):
    text = open(source).read()
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    open(target, "w").write(text)

edit("box/tides.py", "box/tides.py",
     ('line = line.strip()\n        if not line or line.startswith("#"):', 'line = line.split("#")[0].strip()\n        if not line:'),
     ("    if place == 0 or place == len(table):\n", "    if place == len(table) and when == table[-1][0]:\n        return table[-1][1]\n    if place == 0 or place == len(table):\n"))
edit("clock.tmp", "box/clock.py",
     ("datetime(year, month, 31).isoweekday(), 1)", "datetime(year, month, 31).isoweekday() % 7, 1)"),
     ('f"{value:.1f} m"', 'f"{floor(value * 10 + 0.5) / 10:.1f} m"'),
     ("from datetime import datetime, timedelta\n", "from datetime import datetime, timedelta\nfrom math import floor\n"))
PY
rm clock.tmp
