# canary: clawgym-bench 7c1f3c5e-9a52-4c7e-8d0b-2f6b1e4a9d11
import shlex

import clawgym_verify as cv

ctx = cv.context()
TREES = ctx.expected_json("trees.json")

# Tries the script again and again with the tools that the NAS has. On standard input: the names in the folder of each try,
# then an empty line. What a try leaves and prints goes to `.tries`; its exit code is printed.
SETUP = r"""
mkdir .tools .tries
type -P -- [ arch awk b2sum base32 base64 basename basenc cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dirname du \
    egrep expand expr factor false fgrep find fmt fold gawk grep groups head id install join link ln ls mawk md5sum mkdir mkfifo mktemp mv \
    nl nohup nproc numfmt od paste pathchk pr printenv printf ptx pwd readlink realpath rm rmdir sed seq sh sha1sum sha256sum sha512sum \
    shred shuf sleep sort split stat sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink \
    vdir wc whoami xargs yes bash env | xargs ln -s -t .tools
bash=$(command -v bash)
number=0
try() {
    mkdir -p "snap shots/inner"
    while IFS= read -r name && [ -n "$name" ]; do : > "snap shots/$name"; done
    : > "snap shots/inner/photos_2001-01-01_0000.tar.gz"
    (ulimit -t 3; PATH=$PWD/.tools exec "$bash" bin/prune.sh "$@") < /dev/null > ".tries/$number.out" 2> ".tries/$number.err"
    local code=$?
    echo "$code"
    # A script that never ends is not waited for a second time.
    [ "$code" -lt 128 ] || exit
    mv "snap shots" ".tries/$number"
    number=$((number + 1))
}
"""


class Run:
    """One call of the script: `out` its lines, `left` the names in the folder afterwards."""

    def __init__(self, ran, codes, files, number):
        self.code = int(codes[number]) if number < len(codes) else None
        tries = f".tries/{number}"
        self.left = {path[len(tries) + 1:] for path in files if path.startswith(tries + "/")}
        self.out, self.err = [], ""
        if self.code is not None:
            self.out = [line for line in ran.files.bytes(tries + ".out").decode("utf-8", "replace").split("\n") if line]
            self.err = ran.files.bytes(tries + ".err").strip()


INNER = "inner/photos_2001-01-01_0000.tar.gz"
DRY = (("plain", 5), ("odd", 0))
REFUSED = (("--on", "2026-02-30", "snap shots"), ("snap shots",), ("--on", "2026-03-09", "snapshots-elsewhere"))
RUNS = {}


def runs():
    """The script's runs by their names: (group, number of the tree) for a real one, with what it was called for the others."""
    if not RUNS:
        plan = {(group, n): (tree, ("--on", tree["on"], "snap shots")) for group, trees in TREES.items() for n, tree in enumerate(trees)}
        plan.update({("dry", *key): (plan[key][0], ("--dry-run", *plan[key][1])) for key in DRY})
        plan.update({("refused", n): (TREES["plain"][5], arguments) for n, arguments in enumerate(REFUSED)})
        script = SETUP + "".join(f"try {shlex.join(arguments)}\n" for _, arguments in plan.values())
        names = "".join("".join(f"{name}\n" for name in tree["names"]) + "\n" for tree, _ in plan.values())
        ran = cv.run_untrusted(["bash", "-c", script], stdin=names, timeout=25, env={"LC_ALL": "C.UTF-8", "TZ": "UTC"})
        codes = [line for line in ran.text.split("\n") if line.isdecimal() and len(line) < 4]
        files = ran.files.files("**")
        RUNS.update({key: Run(ran, codes, files, number) for number, key in enumerate(plan)})
    return RUNS


def right(group, n):
    tree, run = TREES[group][n], runs()[group, n]
    left = set(tree["names"]) - set(tree["gone"]) | {INNER}
    return run.code == 0 and run.left == left and run.out == ["delete " + name for name in tree["gone"]]


@cv.check("kept")
def kept():
    return cv.fraction([right("plain", n) for n in range(len(TREES["plain"]))])


@cv.check("odd-names")
def odd_names():
    return cv.fraction([right("odd", n) for n in range(len(TREES["odd"]))])


@cv.check("dry-run")
def dry_run():
    good = []
    for group, n in DRY:
        tree, run = TREES[group][n], runs()["dry", group, n]
        good.append(run.code == 0 and run.left == set(tree["names"]) | {INNER} and run.out == ["delete " + name for name in tree["gone"]])
    return cv.fraction(good)


@cv.check("refusals")
def refusals():
    # A script that refuses everything would pass these: they count as far as it works otherwise.
    tree = TREES["plain"][5]
    good = []
    for n in range(len(REFUSED)):
        run = runs()["refused", n]
        good.append(run.code == 2 and bool(run.err) and b"file descriptor" not in run.err and not run.out and run.left == set(tree["names"]) | {INNER})
    return cv.fraction(good) * kept_share()


def kept_share():
    return cv.fraction([right("plain", n) for n in range(len(TREES["plain"]))])


@cv.check("sample-kept")
def sample_kept():
    return ctx.unchanged("sample", "bin/nightly.sh")


cv.run()
