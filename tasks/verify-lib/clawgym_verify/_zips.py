"""Zip files from a stranger."""

import io
import zipfile

from ._fail import Fail, show

_MAX_MEMBERS = 5_000
_MAX_TOTAL = 64_000_000
_MAX_RATIO = 200


def read_zip(raw, path):
    """Members of a zip archive within limits on their number, size and ratio. @raises Fail"""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            total = sum(member.file_size for member in members)
            if len(members) > _MAX_MEMBERS or total > min(_MAX_TOTAL, 1_000_000 + _MAX_RATIO * len(raw)):
                raise Fail(f"{show(path)} is too large inside")
            if len({member.filename for member in members}) != len(members):
                raise Fail(f"{show(path)} holds two files of one name")
            return {member.filename: _member(archive, member, path) for member in members}
    except Fail:
        raise
    except Exception as error:  # zipfile raises whatever its decoders do
        raise Fail(f"{show(path)} is not a usable zip file: {show(str(error))}") from None


def _member(archive, member, path):
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) > member.file_size:
        raise Fail(f"{show(path)} lies about its sizes")
    return content
