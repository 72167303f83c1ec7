"""run.py, the verdict and run_untrusted, through the local runner's own machinery."""

import os
import shutil
import tempfile
import textwrap
import unittest

from local_runner.judge import judge
from local_runner.task import LocalTask

CHECKS = [
    {"id": "good", "weight": 0.8, "kind": "correctness"},
    {"id": "kept", "weight": 0.2, "kind": "safety"},
]
BOTH = "@cv.check('good')\ndef good():\n    return {good}\n@cv.check('kept')\ndef kept():\n    return {kept}\n"


class Runner(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="runner-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("workspace", "verifier/expected"):
            os.makedirs(os.path.join(self.folder, name))
        self.task = LocalTask(self.folder, {"id": "t", "checks": CHECKS, "now": "2026-03-02T09:00:00Z"})

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def judge(self, body, script=None, run=True):
        head = "import clawgym_verify as cv\nctx = cv.context()\n"
        with open(os.path.join(self.folder, "verifier/check.py"), "w", encoding="utf-8") as file:
            file.write(head + textwrap.dedent(body) + ("\ncv.run()\n" if run else ""))
        path = None if script is None else self.write("script.sh", script)
        return judge(self.task, path, "the final message")

    def test_scores_and_messages(self):
        verdict = self.judge(BOTH.format(good="(0.5, 'half')", kept="True"))
        self.assertEqual(verdict.scores, {"good": 0.5, "kept": 1.0})
        self.assertEqual(verdict.messages["good"], "half")
        self.assertAlmostEqual(verdict.score, 0.4 + 0.2 * 0.5)

    def test_fail_is_zero_with_its_message(self):
        verdict = self.judge(BOTH.format(good="cv.expect(False, 'too few \\ud800 rows ' + 'x' * 900)", kept="1"))
        self.assertEqual(verdict.scores["good"], 0)
        self.assertTrue(verdict.messages["good"].startswith("too few ? rows"))
        self.assertEqual(len(verdict.messages["good"]), 500)

    def test_context(self):
        verdict = self.judge(
            BOTH.format(
                good="(ctx.diff.added == {'new.txt'} and ctx.final_message == 'the final message' and ctx.transcript == [])",
                kept="ctx.now.isoformat() == '2026-03-02T09:00:00+00:00' and ctx.now.year == 2026",
            ),
            script="echo hi > new.txt",
        )
        self.assertEqual(verdict.score, 1.0, verdict.report())

    def test_a_broken_verifier_has_no_verdict(self):
        for name, body in {
            "exception": BOTH.format(good="1 / 0", kept="1"),
            "none": BOTH.format(good="None", kept="1"),
            "too much": BOTH.format(good="1.5", kept="1"),
            "nan": BOTH.format(good="float('nan')", kept="1"),
            "text": BOTH.format(good="'1'", kept="1"),
            "missing check": "@cv.check('good')\ndef good():\n    return 1\n",
            "unknown check": BOTH.format(good="1", kept="1") + "@cv.check('more')\ndef more():\n    return 1\n",
            "twice": BOTH.format(good="1", kept="1") + "@cv.check('good')\ndef more():\n    return 1\n",
            "missing input": BOTH.format(good="ctx.input_text('nothing')", kept="1"),
            "syntax": "def",
            "run twice": BOTH.format(good="1", kept="1") + "cv.run()\n",
        }.items():
            with self.subTest(name):
                self.assertIsNotNone(self.judge(body).error)

    def test_no_run_no_verdict(self):
        self.assertIn("no verdict", self.judge(BOTH.format(good="1", kept="1"), run=False).error)

    def test_nothing_planted_is_imported(self):
        planted = "raise SystemExit('planted')\n"
        names = ("json", "csv", "sitecustomize", "usercustomize", "conftest", "clawgym_verify", "decimal", "_checks")
        script = "\n".join(f"printf %s {planted!r} > {name}.py" for name in names)
        body = "import csv, decimal, json, zipfile\n" + BOTH.format(good="json.loads('1')", kept="1")
        here = os.getcwd()
        os.chdir(os.path.join(self.folder, "workspace"))
        try:
            verdict = self.judge(body, script=script)
        finally:
            os.chdir(here)
        self.assertEqual(verdict.score, 1.0, verdict.report())

    def test_path_is_the_standard_library_and_ours(self):
        body = "import sys\n" + BOTH.format(
            good="all(p.startswith((sys.base_prefix, sys.prefix)) or p.endswith('verify-lib') for p in sys.path)",
            kept="'' not in sys.path and sys.flags.dont_write_bytecode == 1 and sys.flags.hash_randomization == 0",
        )
        self.assertEqual(self.judge(body).score, 1.0)

    def test_not_dumpable_and_descriptors_not_inherited(self):
        body = "import ctypes, os\n" + BOTH.format(
            good="ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0", kept="not os.get_inheritable(3) and not os.get_inheritable(4)"
        )
        self.assertEqual(self.judge(body).score, 1.0)

    def test_untrusted(self):
        body = textwrap.dedent("""
        r = cv.run_untrusted(["sh", "tool.sh", "x"], stdin="in\\n", env={"COLOUR": "red"})
        slow = cv.run_untrusted(["sh", "-c", "echo first; sleep 30"], timeout=0.3)
        flood = cv.run_untrusted(["sh", "-c", "head -c 3000000 /dev/zero"])
        gone = cv.run_untrusted(["./missing"])
        broken = cv.run_untrusted(["./broken"])
        """) + BOTH.format(
            good="(r.exit_code == 3 and r.text == 'x red in\\nw\\n' and r.stderr == b'oops\\n' and r.files.text('made') == 'm\\n',"
            " repr((r.exit_code, r.stdout, r.stderr)))",
            kept="(slow.timed_out and slow.exit_code is None and flood.truncated and len(flood.stdout) == 1000000"
            " and gone.exit_code == 127 and broken.exit_code == 127 and not ctx.exists('made'), repr(slow.stdout))",
        )
        script = """
        cat > tool.sh <<'EOF'
        read line; echo "$1 $COLOUR $line"; echo oops >&2; echo m > made; cat data/w; exit 3
        EOF
        echo '#!/no/such/interpreter' > broken; chmod +x broken
        mkdir data; echo w > data/w; ln -s /etc/passwd link; mkfifo fifo
        """
        verdict = self.judge(body, script=script)
        self.assertEqual(verdict.score, 1.0, verdict.report())

    def test_untrusted_words_from_the_agent(self):
        for word in ("'a\\0b'", "'x' * 1000000"):
            verdict = self.judge(BOTH.format(good=f"cv.run_untrusted(['true', {word}])", kept="1"))
            self.assertEqual(verdict.scores.get("good"), 0, verdict.report())

    def test_untrusted_needs_its_interpreter(self):
        self.assertIn("ended with 1", self.judge(BOTH.format(good="cv.run_untrusted(['no-such-thing'])", kept="1")).error)

    def test_untrusted_stays_in_its_folder(self):
        body = BOTH.format(good="cv.run_untrusted(['true'], cwd='../..')", kept="1")
        self.assertEqual(self.judge(body).scores["good"], 0)

    def test_python_calls(self):
        body = textwrap.dedent("""
        one, two, bad = cv.run_python("tool.py", [(["x"], "in\\n"), (["y"], b"more\\n"), ([], "")], env={"COLOUR": "red"}, files={"laid": b"l"})
        module = cv.run_python("-m pack", [(["a"], "")] * 2)
        ended = cv.run_python("ends.py", [([how], "") for how in ("raise", "exit", "kill", "atexit")])
        flood, = cv.run_python("flood.py", [([], "")])
        gone, = cv.run_python("gone.py", [([], "")])
        """) + BOTH.format(
            good="(one.exit_code == 0 and one.text == 'x red in 0 l json of mine\\n' and two.text == 'y red more 0 l json of mine\\n' and two.stderr == b'oops\\n'"
            " and bad.exit_code == 1 and b'IndexError' in bad.stderr and not bad.text and two.files.text('made') == 'y',"
            " repr((one.exit_code, one.text, one.stderr[-300:], two.text, bad.text, bad.stderr[-100:])))",
            kept="([m.text for m in module] == ['pack a helper\\n'] * 2 and [e.exit_code for e in ended] == [1, 4, None, 0] and ended[3].text == 'bye\\n'"
            " and not any(e.timed_out for e in ended) and flood.truncated and len(flood.stdout) == 1000000 and gone.exit_code == 1"
            " and not ctx.exists('made'), repr(([m.text for m in module], [(e.exit_code, e.text, e.stderr[-200:]) for e in ended], gone.exit_code, flood.truncated)))",
        )
        script = """
        cat > tool.py <<'EOF'
        import json, os, sys
        count = 0
        def main():
            print(sys.argv[1], os.environ["COLOUR"], sys.stdin.read().strip(), count, open("laid").read(), json.mine)
            sys.stderr.write("oops\\n"); open("made", "w").write(sys.argv[1])
        main(); count += 1; json.mine = "changed"
        EOF
        echo 'mine = "json of mine"' > json.py
        mkdir pack; echo 'import sys; from .more import helper; print("pack", sys.argv[1], helper)' > pack/__main__.py; echo 'helper = "helper"' > pack/more.py
        cat > ends.py <<'EOF'
        import atexit, os, signal, sys
        how = sys.argv[1]
        if how == "raise": raise ValueError(how)
        if how == "exit": sys.exit(4)
        if how == "kill": os.kill(os.getpid(), signal.SIGKILL)
        atexit.register(print, "bye")
        EOF
        echo 'print("x" * 3000000)' > flood.py
        """
        verdict = self.judge(body, script=script)
        self.assertEqual(verdict.score, 1.0, verdict.report())

    def test_python_calls_that_do_not_end(self):
        body = "first, second, third = cv.run_python('loop.py', [(['ends'], ''), ([], ''), (['ends'], '')], timeout=0.5)\n" + BOTH.format(
            good="first.exit_code == 0 and first.text == 'in time\\n' and not first.timed_out",
            kept="second.timed_out and second.exit_code is None and third.timed_out and third.text == ''",
        )
        script = "printf 'import sys\\nprint(\"in time\")\\nwhile not sys.argv[1:]: pass\\n' > loop.py"
        verdict = self.judge(body, script=script)
        self.assertEqual(verdict.score, 1.0, verdict.report())

    def test_a_folder_has_no_place_for_a_file(self):
        body = BOTH.format(good="cv.run_untrusted(['cat', 'laid'], files={'laid': b'x'}).text == 'x'", kept="1")
        self.assertEqual(self.judge(body, script="echo other > laid").scores["good"], 1)
        self.assertEqual(self.judge(body, script="mkdir laid").scores["good"], 0)


if __name__ == "__main__":
    unittest.main()
