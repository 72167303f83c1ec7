"""`ctx`: the workspace to judge, the pristine inputs, and what else is known of the episode."""

import os

from . import _state
from ._fail import BrokenVerifier, Fail
from ._files import kind_of, open_file, walk
from ._reader import Reader

_READERS = ("text", "bytes", "lines", "json", "jsonl", "csv", "sqlite", "zip", "md_table", "exists", "is_file", "files")


class Diff:
    """Paths relative to the workspace that the agent added, changed and deleted."""

    def __init__(self, raw):
        self.added = set(raw.get("added", ()))
        self.changed = set(raw.get("changed", ()))
        self.deleted = set(raw.get("deleted", ()))


class Context(Reader):
    """Reads the workspace; `input_*` and `expected_*` are the same readers on the inputs and on `expected/`."""

    def __init__(self, raw):
        paths = raw["paths"]
        super().__init__(paths["workspace"])
        self._folders = {
            "workspace": paths["workspace"],
            "input": paths["inputs"],
            "expected": os.path.join(paths["verifier"], "expected"),
        }
        self.diff = Diff(raw.get("diff") or {})
        self.final_message = raw.get("finalMessage") or ""
        self.now = _moment(raw.get("now"))
        self._transcript_path = paths.get("transcript")
        self._transcript = None

    @property
    def workspace(self):
        """The folder to judge, a `pathlib.Path`."""
        return self._folder("workspace")

    @property
    def inputs(self):
        """The folder as the agent found it."""
        return self._folder("input")

    @property
    def expected(self):
        """The verifier's own `expected/`."""
        return self._folder("expected")

    @property
    def transcript(self):
        """The OpenAI messages of the episode, in order."""
        if self._transcript is None:
            self._transcript = []
            if self._transcript_path:
                import json

                with open(self._transcript_path, encoding="utf-8") as file:
                    self._transcript = json.load(file)
        return self._transcript

    def unchanged(self, *paths):
        """Whether each file, or folder with all below it, equals its pristine copy byte for byte."""
        if not paths:
            raise BrokenVerifier("unchanged() needs a path")
        return all(self._same(path) for path in paths)

    def _same(self, path):
        workspace, inputs = self._folders["workspace"], self._folders["input"]
        kind = kind_of(inputs, path)
        if kind == "file":
            return self._same_file(path)
        if kind != "folder":
            raise BrokenVerifier(f"unchanged({path!r}): not among the inputs")
        path = path.rstrip("/")
        if kind_of(workspace, path) != "folder":
            return False
        before = [entry for entry in walk(inputs, path) if entry[1] != "folder"]
        after = [entry for entry in walk(workspace, path) if entry[1] != "folder"]
        return before == after and all(self._same_file(name) for name, kind in before if kind == "file")

    def _same_file(self, path):
        try:
            left, left_status = open_file(self._folders["workspace"], path)
        except Fail:
            return False
        with open(left, "rb") as a:
            right, right_status = open_file(self._folders["input"], path)
            with open(right, "rb") as b:
                if left_status.st_size != right_status.st_size:
                    return False
                while True:
                    chunk = a.read(1 << 20)
                    if chunk != b.read(1 << 20):
                        return False
                    if not chunk:
                        return True

    def __getattr__(self, name):
        folder, _, reader = name.partition("_")
        if folder in ("input", "expected") and reader in _READERS:
            return _trusted(getattr(Reader(self._folders[folder]), reader), name)
        raise AttributeError(name)

    def _folder(self, name):
        import pathlib

        return pathlib.Path(self._folders[name])


def context():
    """The context of this run; the same object each time."""
    if "context" not in _CACHE:
        _CACHE["context"] = Context(_state.load())
    return _CACHE["context"]


_CACHE = {}


def _trusted(method, name):
    """A reader whose failure is the task's fault, not the agent's."""

    def read(*args, **kwargs):
        try:
            return method(*args, **kwargs)
        except Fail as fail:
            raise BrokenVerifier(f"{name}: {fail}") from None

    return read


def _moment(text):
    if not text:
        return None
    import datetime

    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
