"""Running the agent's Python program many times for the price of one interpreter."""

import base64
import json
import os

from ._fail import Fail
from ._files import open_file
from ._untrusted import MAX_OUTPUT, Result, run_untrusted, shared_folder


def run_python(program, calls, cwd=None, timeout=10, env=None, files=None):
    """Runs a Python program of the agent's once for each call, in order, on one copy of the workspace.

    `program`: `"tool.py"`, or `"-m package"`. `calls`: `(arguments, stdin)` each. Every call is a process of its own, as
    `python3 program arguments` would be, but costs a fork (a few ms) instead of an interpreter (20 ms and its imports).
    `timeout` is for all of them together, in seconds of processor time (by the clock four times that). The calls after
    one that does not end are not made: they have no exit code and count as timed out. The other arguments, and what is
    raised, are those of `run_untrusted`.
    @returns one Result for each call; they share `.files`, the folder as the last call left it.
    """
    module = program[3:].strip() if program.startswith("-m ") else None
    outputs = shared_folder()
    request = {
        "module": module,
        "path": None if module else program,
        "outputs": outputs,
        "calls": [(list(arguments), _encoded(stdin)) for arguments, stdin in calls],
    }
    ran = run_untrusted(["python3", "-c", _driver()], cwd, json.dumps(request), timeout, env, files=files)
    ended = [_ending(line) for line in ran.stdout.split(b"\n") if line]
    return [
        Result(ran.folder, *_printed(outputs, number, *(ended[number] if number < len(ended) else (None, True))))
        for number in range(len(request["calls"]))
    ]


def _driver():
    with open(os.path.join(os.path.dirname(__file__), "_forks.py"), encoding="utf-8") as file:
        return file.read()


def _encoded(stdin):
    return base64.b64encode(stdin.encode() if isinstance(stdin, str) else stdin).decode("ascii")


def _ending(line):
    """Exit code, and whether it timed out. A program could have put itself in the place of what tells these."""
    try:
        told = json.loads(line)
        code, timed_out = told["exitCode"], told["timedOut"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, False
    return (code if type(code) is int else None), timed_out is True


def _printed(outputs, number, exit_code, timed_out):
    out, long_out = _start_of(outputs, f"{number}.out")
    err, long_err = _start_of(outputs, f"{number}.err")
    return exit_code, out, err, timed_out, long_out or long_err


def _start_of(outputs, name):
    """The first bytes of what a call printed, and whether there was more."""
    try:
        fd, _ = open_file(outputs, name)
    except Fail:
        return b"", False
    with open(fd, "rb") as file:
        text = file.read(MAX_OUTPUT + 1)
    return text[:MAX_OUTPUT], len(text) > MAX_OUTPUT
