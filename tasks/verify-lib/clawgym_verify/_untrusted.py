"""Running the agent's program: by another user, asked for over a socket, never by this process."""

import atexit
import base64
import json
import os
import shutil
import socket
import tempfile

from . import _state
from ._context import context
from ._fail import BrokenVerifier, Fail, show
from ._files import open_file, parts_of, walk
from ._reader import Reader

MAX_OUTPUT = 1_000_000
_MAX_COPY = 256_000_000
_MAX_WORD = 100_000
_CLOCK_FACTOR = 4
_SOCKET = {}
_FOLDERS = []
# Each run has a copy of the workspace; those of the last few runs stay, for `Result.files`.
_KEPT_FOLDERS = 16


class Result:
    """`exit_code` (None when a signal ended it), `stdout` and `stderr` (bytes), `timed_out`, `truncated`.

    `files` reads the folder that it ran in, `folder`, as `ctx` reads the workspace.
    """

    def __init__(self, folder, exit_code, stdout=b"", stderr=b"", timed_out=False, truncated=False):
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr
        self.timed_out = timed_out
        self.truncated = truncated
        self.folder = folder
        self.files = Reader(folder)

    @property
    def text(self):
        """Standard output as text, bad bytes replaced, CRLF made LF."""
        return self.stdout.decode("utf-8", "replace").replace("\r\n", "\n")


def run_untrusted(argv, cwd=None, stdin=b"", timeout=10, env=None, copy=True, files=None):
    """Runs the agent's program on a copy of the workspace; everything it started is dead when this returns.

    `cwd` is relative to the workspace. `timeout` in seconds of processor time, and four times that by the clock. With `copy=False` it
    runs in the workspace itself. `files`: what is laid into the copy first, `{path: bytes}`.
    @raises Fail when the workspace cannot be copied, BrokenVerifier when the sandbox cannot run it
    """
    root = str(context().workspace)
    if files and not copy:
        raise BrokenVerifier("files are laid into a copy of the workspace, never into the workspace")
    folder = _copy(root, files or {}) if copy else root
    start = os.path.join(folder, *parts_of(cwd)) if cwd not in (None, "", ".") else folder
    if not os.path.isdir(start) or os.path.commonpath(map(os.path.realpath, (start, folder))) != os.path.realpath(folder):
        raise Fail(f"no folder {cwd}")
    argv = [_word(word) for word in argv]
    theirs = "/" in argv[0]
    if theirs and not os.access(os.path.join(start, argv[0]), os.X_OK):
        return _not_started("not executable", folder)
    request = {
        "argv": argv,
        "cwd": start,
        "env": dict(env or {}),
        "stdin": base64.b64encode(stdin.encode() if isinstance(stdin, str) else stdin).decode("ascii"),
        # The limit is on processor time, so that a busy machine costs nobody points; the clock only ends what sleeps.
        "cpuSeconds": timeout,
        "timeoutMs": max(1, int(timeout * _CLOCK_FACTOR * 1000)),
        "maxOutputBytes": MAX_OUTPUT,
    }
    answer = _ask(request)
    if "error" in answer and theirs:
        return _not_started(str(answer["error"]), folder)
    if "error" in answer:
        raise BrokenVerifier(f"the program could not be run: {answer['error']}")
    return Result(
        folder,
        answer.get("exitCode"),
        base64.b64decode(answer.get("stdout") or ""),
        base64.b64decode(answer.get("stderr") or ""),
        bool(answer.get("timedOut")),
        bool(answer.get("truncated")),
    )


def _word(word):
    """One word of a command line; parts of it may come from what the agent left."""
    word = os.fspath(word)
    if not isinstance(word, str) or "\0" in word or len(word) > _MAX_WORD:
        raise Fail("not a word for a command line")
    return word


def _not_started(reason, folder):
    return Result(folder, 127, stderr=reason.encode())


def _ask(request):
    fd = _state.untrusted_fd()
    if fd is None:
        raise BrokenVerifier("this sandbox offers no way to run untrusted programs")
    if "stream" not in _SOCKET:
        _SOCKET["stream"] = socket.socket(fileno=fd).makefile("rwb")
    stream = _SOCKET["stream"]
    stream.write(json.dumps(request).encode("ascii") + b"\n")
    stream.flush()
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise BrokenVerifier("the sandbox hung up while the program ran")
    return json.loads(line)


def shared_folder():
    """A new folder that any user may write to."""
    _forget_all_but(_KEPT_FOLDERS - 1)
    folder = tempfile.mkdtemp(prefix="untrusted-")
    _FOLDERS.append(folder)
    os.chmod(folder, 0o777)
    return folder


def _copy(root, files):
    """A copy that any user may read and write. Links are left out: they could lead the program, or us, elsewhere."""
    folder = shared_folder()
    left = _MAX_COPY
    for path, kind in walk(root):
        target = os.path.join(folder, path)
        if kind == "folder":
            os.mkdir(target)
            os.chmod(target, 0o777)
        elif kind == "file":
            fd, status = open_file(root, path)
            with open(fd, "rb") as source:
                left -= status.st_size
                if left < 0:
                    raise Fail("the workspace is too large to run anything in it")
                with open(target, "wb") as sink:
                    shutil.copyfileobj(source, sink)
            os.chmod(target, 0o777 if status.st_mode & 0o111 else 0o666)
    for path, content in files.items():
        _lay(os.path.join(folder, *parts_of(path)), content)
    return folder


def _lay(path, content):
    """What stands in the way is the agent's: a file of that name is replaced, anything else is no place for one."""
    try:
        if os.path.isfile(path):
            os.remove(path)
        with open(path, "xb") as file:
            file.write(content)
        os.chmod(path, 0o666)
    except OSError as error:
        raise Fail(f"{show(os.path.basename(path))} cannot stand in the workspace: {error.strerror}") from None


def _forget_all_but(kept):
    """Removes older copies, as far as it may: what the program made in folders of its own goes with the sandbox."""
    while len(_FOLDERS) > kept:
        shutil.rmtree(_FOLDERS.pop(0), ignore_errors=True)


atexit.register(_forget_all_but, 0)
