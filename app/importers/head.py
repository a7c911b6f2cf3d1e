"""The beginning of a file, by which its format is known."""

import functools
import re

from app.importers import json_outline
from app.importers.records import BrokenFileError
from app.importers.sources import SourceFile
from app.importers.streams import READ_ERRORS, explain_read_error

HEAD_BYTES = 256 * 1024

_JSON = re.compile(rb"\A\s*(?:[\[{]|//|/\*)")


class Head:
    """The first bytes of a file, unpacked and as UTF-8."""

    def __init__(self, source: SourceFile) -> None:
        """Read them.

        Raises:
            BrokenFileError: If the file cannot be read.
        """
        self.source = source
        self.name = source.name
        data = b""
        try:
            with source.open() as stream:
                while len(data) < HEAD_BYTES and (
                    piece := stream.read(HEAD_BYTES - len(data))
                ):
                    data += piece
        except READ_ERRORS as error:
            raise BrokenFileError("", explain_read_error(error)) from error
        self.data = data
        self.is_whole = len(data) < HEAD_BYTES

    @functools.cached_property
    def outline(self) -> json_outline.Outline | None:
        """The beginning of a JSON file; None for others."""
        if not _JSON.match(self.data):
            return None
        return json_outline.outline(self.source)

    @functools.cached_property
    def lines(self) -> list[str]:
        """The first lines as text, without a last one that may be cut off."""
        lines = self.data.decode("utf-8", "replace").splitlines()
        return lines if self.is_whole else lines[:-1]

    @functools.cached_property
    def is_text(self) -> bool:
        """True for UTF-8 without control bytes; the end may be cut anywhere."""
        if b"\0" in self.data:
            return False
        try:
            self.data.decode()
        except UnicodeDecodeError as error:
            is_cut = error.reason == "unexpected end of data" and not self.is_whole
            return is_cut and error.start >= len(self.data) - 3
        return True
