"""Compiles the verifier library for the Python that runs this: python3 compile-verify-lib.py SOURCES TARGET

A verifier starts for each reward, and compiling the library would be a third of its start. The files carry a hash of their
sources, so that one which no longer fits, or is of another Python, is left aside and costs nothing but that time.
"""

import importlib.util
import os
import py_compile
import shutil
import sys

sources, target = sys.argv[1:]
shutil.rmtree(target, ignore_errors=True)
os.makedirs(target)
for name in sorted(os.listdir(sources)):
    if name.endswith(".py"):
        compiled = os.path.basename(importlib.util.cache_from_source(name))
        py_compile.compile(
            os.path.join(sources, name),
            cfile=os.path.join(target, compiled),
            # What a traceback names: where the library stands in a sandbox.
            dfile=f"/verifier/.clawgym/clawgym_verify/{name}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )
