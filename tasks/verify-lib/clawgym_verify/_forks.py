"""Runs a Python program once for each call, each in a fork of one interpreter: python3 -c THIS < REQUEST.

Never imported: `run_python` hands it to the untrusted side, where the agent's user runs it. It tells how each call ended, a
line of JSON each, as they end; what the call printed stands in the request's folder `outputs`, as `0.out`, `0.err`, `1.out` …
"""

import sys

STARTED_WITH = set(sys.modules)
# Where the program stands is not where this one looks for its modules.
sys.path[:] = [path for path in sys.path if path]

import argparse  # noqa: F401
import atexit
import base64
import csv  # noqa: F401
import dataclasses  # noqa: F401
import datetime  # noqa: F401
import decimal  # noqa: F401
import gc
import json
import os
import pathlib  # noqa: F401
import pkgutil  # noqa: F401
import runpy
import signal
import sqlite3  # noqa: F401
import threading

CREATE = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def play(request):
    """Forks for each call, in order. Returns the arguments of the call in each child, and never in the parent."""
    for number, (args, stdin) in enumerate(request["calls"]):
        child = os.fork()
        if child == 0:
            connect(os.path.join(request["outputs"], str(number)), base64.b64decode(stdin))
            return args
        _, status = os.waitpid(child, 0)
        ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        endless = ended_by == signal.SIGXCPU
        code = None if ended_by is not None else os.WEXITSTATUS(status)
        os.write(1, json.dumps({"exitCode": code, "timedOut": endless}).encode() + b"\n")
        # A program that does not end is not waited for again.
        if endless:
            break
    os._exit(0)


def connect(output, stdin):
    """Standard streams of the program: files, and nothing that leads to the parent's."""
    source = os.memfd_create("stdin")
    with open(source, "wb", closefd=False) as file:
        file.write(stdin)
    os.lseek(source, 0, os.SEEK_SET)
    for target, fd in ((0, source), (1, os.open(output + ".out", CREATE)), (2, os.open(output + ".err", CREATE))):
        os.fchmod(fd, 0o644)
        os.dup2(fd, target)
        os.close(fd)


def shadowed(folder):
    """Names of loaded modules that would have been found beside the program first."""
    for name in set(sys.modules) - STARTED_WITH:
        top = name.partition(".")[0]
        if top in STARTED_WITH or name == "__main__":
            continue
        if os.path.lexists(os.path.join(folder, top)) or os.path.lexists(os.path.join(folder, f"{top}.py")):
            yield name


def run(module, path):
    """The program, and then all that Python does at its end, but for taking itself apart.

    That writes to each page which is shared with the parent until then, and takes ten times as long as the fork.
    @returns the exit code
    """
    code = 0
    try:
        if module:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        code = end.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            code = 120
    return (code or 0) & 0xFF


def read_all():
    # Not through sys.stdin: what that has buffered would be the program's standard input.
    chunks = []
    while chunk := os.read(0, 1 << 20):
        chunks.append(chunk)
    return b"".join(chunks)


request = json.loads(read_all())
module, path = request["module"], request["path"]
sys.path.insert(0, os.getcwd() if module else os.path.dirname(os.path.abspath(path)))
gc.freeze()
sys.argv[:] = [module or path, *play(request)]
for name in list(shadowed(sys.path[0])):
    del sys.modules[name]
os._exit(run(module, path))
