"""Databases from a stranger."""

import atexit
import os
import shutil
import sqlite3
import tempfile

from ._fail import Fail, show

_MAX_STEPS = 10_000
_STEP = 1_000
_MAX_VALUE = 20_000_000


class _Cursor(sqlite3.Cursor):
    def execute(self, *args):
        return _or_fail(super().execute, *args)

    def executemany(self, *args):
        return _or_fail(super().executemany, *args)

    def fetchone(self):
        return _or_fail(super().fetchone)

    def fetchmany(self, *args):
        return _or_fail(super().fetchmany, *args)

    def fetchall(self):
        return _or_fail(super().fetchall)

    def __next__(self):
        return _or_fail(super().__next__)


class _Database(sqlite3.Connection):
    def cursor(self, factory=_Cursor):
        return super().cursor(factory)

    def execute(self, *args):
        return self.cursor().execute(*args)


def open_sqlite(reader, path, max_bytes):
    """A connection to a private copy of a database (with its journal, as an unclean exit leaves it). @raises Fail"""
    raw = reader.bytes(path, max_bytes)
    if not raw.startswith(b"SQLite format 3\0"):
        raise Fail(f"{show(path)} is not a SQLite database")
    folder = tempfile.mkdtemp(prefix="verify-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = os.path.join(folder, "copy.db")
    for suffix in ("", "-wal", "-journal"):
        if not suffix or reader.is_file(f"{path}{suffix}"):
            with open(copy + suffix, "wb") as file:
                file.write(reader.bytes(f"{path}{suffix}", max_bytes) if suffix else raw)
    try:
        database = sqlite3.connect(copy, factory=_Database, isolation_level=None)
        database.set_progress_handler(_countdown(), _STEP)
        if hasattr(database, "setlimit"):
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
        verdict = database.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict is None or verdict[0] != "ok":
            raise Fail(f"{show(path)} is a damaged database")
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA query_only = ON")
        database.set_progress_handler(_countdown(), _STEP)
    except sqlite3.Error as error:
        raise Fail(f"{show(path)} is not a usable database: {show(str(error))}") from None
    return database


def _countdown():
    """A progress handler that ends the query after about 10 million virtual-machine steps."""
    left = [_MAX_STEPS]

    def tick():
        left[0] -= 1
        return left[0] < 0

    return tick


def _or_fail(method, *args):
    try:
        return method(*args)
    except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError, OverflowError, MemoryError) as error:
        raise Fail(f"the database does not answer: {show(str(error))}") from None
