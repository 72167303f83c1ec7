"""Runs check.py with `clawgym_verify` importable and nothing of the agent's: python3 -S -s -B -X utf8 run.py [CONTEXT].

Descriptor 3 is the verdict pipe, descriptor 4 the socket for untrusted programs; neither is inherited by anything.
"""

import atexit
import ctypes
import os
import stat
import sys
import types

VERDICT_FD = 3
UNTRUSTED_FD = 4
PR_SET_DUMPABLE = 4


def main():
    # Another process of the same user could otherwise attach, or open the verdict pipe through /proc.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if not own(VERDICT_FD):
        sys.exit("no verdict pipe on descriptor 3")
    untrusted = UNTRUSTED_FD if own(UNTRUSTED_FD) and stat.S_ISSOCK(os.fstat(UNTRUSTED_FD).st_mode) else None
    here = os.path.dirname(os.path.abspath(__file__))
    context = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "context.json")
    # Only what came with Python, then the library: never the workspace or the current folder.
    sys.path[:] = [path for path in sys.path if path.startswith((sys.base_prefix, sys.prefix))]
    sys.path.append(here)
    # Only validation puts this there: -S keeps Python from finding it by itself.
    clock = os.path.join(here, "surroundings", "sitecustomize.py")
    if os.path.exists(clock):
        execute(clock, {"__name__": "sitecustomize"})
    from clawgym_verify import _state

    _state.set_runner(context, VERDICT_FD, untrusted)
    check = os.path.join(_state.load()["paths"]["verifier"], "check.py")
    sys.argv[:] = [check]
    sys.modules["__main__"] = types.ModuleType("__main__")
    execute(check, vars(sys.modules["__main__"]))
    # All went well, and what is left is Python taking itself apart, object by object.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def execute(path, names):
    """Runs a program of ours under `names`; not `runpy`, which takes longer to import than most checks take to run."""
    with open(path, "rb") as file:
        program = compile(file.read(), path, "exec")
    names["__file__"] = path
    exec(program, names)


def own(fd):
    """Keeps a descriptor from what this process starts; whether it is open at all."""
    try:
        os.set_inheritable(fd, False)
    except OSError:
        return False
    return True


main()
