"""Readers of one folder: whatever stands there comes out as a value or as Fail.

What only some formats need is imported when the first file of that format is read: a verifier starts for each reward.
"""

from ._fail import Fail
from ._files import MAX_TEXT_BYTES, glob_pattern, kind_of, read_bytes, walk
from ._text import decode


class Reader:
    """Reads files below `root` by relative path. Every method raises Fail for what is missing, malformed or hostile."""

    def __init__(self, root):
        self._root = str(root)

    def bytes(self, path, max_bytes=MAX_TEXT_BYTES):
        """Raw content of a regular file."""
        return read_bytes(self._root, path, max_bytes)

    def text(self, path, max_bytes=MAX_TEXT_BYTES):
        """UTF-8 text; byte-order mark dropped, CRLF made LF."""
        return decode(self.bytes(path, max_bytes), path)

    def lines(self, path, max_bytes=MAX_TEXT_BYTES):
        """Non-empty lines, stripped."""
        return [line.strip() for line in self.text(path, max_bytes).split("\n") if line.strip()]

    def json(self, path, max_bytes=MAX_TEXT_BYTES):
        """Parsed JSON: no NaN or Infinity, bounded depth."""
        from ._structured import parse_json

        return parse_json(self.text(path, max_bytes), path)

    def jsonl(self, path, max_bytes=MAX_TEXT_BYTES):
        """One parsed value per non-empty line."""
        from ._structured import parse_json

        lines = self.text(path, max_bytes).split("\n")
        return [parse_json(line, f"{path} line {n}") for n, line in enumerate(lines, 1) if line.strip()]

    def csv(self, path, columns=None, delimiter=None, max_bytes=MAX_TEXT_BYTES):
        """Rows as dicts, cells stripped. `columns` must be there (case and spaces do not matter); others may be."""
        from ._tables import parse_csv

        return parse_csv(self.text(path, max_bytes), path, columns, delimiter)

    def md_table(self, path, columns=None, nth=None, max_bytes=MAX_TEXT_BYTES):
        """Rows of the first Markdown table with those columns, or of the `nth` (from 1)."""
        from ._tables import parse_md_table

        return parse_md_table(self.text(path, max_bytes), path, columns, nth)

    def sqlite(self, path, max_bytes=32_000_000):
        """A read-only connection to a private, checked copy; errors and endless queries on it are Fail."""
        from ._databases import open_sqlite

        return open_sqlite(self, path, max_bytes)

    def zip(self, path, max_bytes=20_000_000):
        """`{name: bytes}` of a zip file, folders left out."""
        from ._zips import read_zip

        return read_zip(self.bytes(path, max_bytes), path)

    def exists(self, path):
        """Whether anything stands there, also a dangling link."""
        return kind_of(self._root, path) is not None

    def is_file(self, path):
        """Whether a regular file stands there (a link is none)."""
        return kind_of(self._root, path) == "file"

    def files(self, glob="**"):
        """Sorted relative paths of the regular files that match; `**/` stands for any number of folders."""
        pattern = glob_pattern(glob)
        return [path for path, kind in walk(self._root) if kind == "file" and pattern.fullmatch(path)]


__all__ = ["Fail", "Reader"]
