"""Helpers for verifiers: read what an agent left behind, whatever it is, and hand over a verdict.

Standard library only, Python 3.9 and newer. The guide is README.md beside this package.
"""

import sys

# A verifier starts once for each reward, and most need a few of these: each module is read when its first name is used.
_HOMES = {
    "_checks": ("check", "run"),
    "_context": ("Context", "context"),
    "_dates": ("date",),
    "_fail": ("BrokenVerifier", "Fail", "expect"),
    "_numbers": ("close", "number"),
    "_python": ("run_python",),
    "_scoring": ("at", "contains_all", "f1", "fraction"),
    "_text": ("norm",),
    "_untrusted": ("Result", "run_untrusted"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name):
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = f"{__name__}.{_HOME_OF[name]}"
    __import__(home)
    value = globals()[name] = getattr(sys.modules[home], name)
    return value


def __dir__():
    return __all__
