"""Reads a file as UTF-8, unpacked, within limits."""

import codecs
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from typing import BinaryIO

from app.core.errors import explain_os_error

MAX_RATIO = 250
"""The highest ratio of compression; text shrinks tenfold, a bomb more."""

RATIO_ALLOWANCE = 16 * 1024**2
"""Bytes that any file may unpack to, however small it is."""

GZIP_MAGIC = b"\x1f\x8b"

_MARKS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte-order marks; that of UTF-32 begins like that of UTF-16."""


_UNMARKED = {
    "x0x0": "utf-16-le", "0x0x": "utf-16-be", "x000": "utf-32-le", "000x": "utf-32-be",
}  # fmt: skip
"""Encodings without a mark, by the zeros in the first four bytes of Latin text."""


class BombError(ValueError):
    """A compressed file that unpacks to an implausible size."""


READ_ERRORS = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    RuntimeError,
    BombError,
    UnicodeDecodeError,
    struct.error,
)
"""The errors of a damaged, encrypted or unreadable file."""


def explain_read_error(error: Exception) -> str:
    """Return why a file cannot be read, and what to do."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not valid {error.encoding}: save it as UTF-8"
    if isinstance(error, zipfile.BadZipFile):
        return f"the archive is damaged ({error}): download it again"
    if isinstance(error, NotImplementedError):
        return "it is compressed in a way that Mynah cannot read: unpack it first"
    if isinstance(error, EOFError | zlib.error | lzma.LZMAError | gzip.BadGzipFile):
        return f"it is damaged ({error}): download it again"
    explained = explain_os_error(error) if isinstance(error, OSError) else None
    return explained.message.rstrip(".") if explained else str(error)


class Stream(io.RawIOBase):
    """Reads a file, unpacked and as UTF-8, and tracks its position in the packed one.

    UTF-16 and UTF-32 are converted; a byte-order mark is passed over.
    """

    def __init__(self, packed: BinaryIO, size: int) -> None:
        self._packed = packed
        self._size = size
        self._read = self._done = 0
        self._is_packed = packed.read(2) == GZIP_MAGIC
        packed.seek(0)
        # gzip reads ahead of its output, so the position comes from the file below it.
        self._plain: BinaryIO = packed
        if self._is_packed:
            self._plain = gzip.GzipFile(fileobj=packed)  # type: ignore[assignment]
        self._ahead = self._plain.read(4)
        self._decoder: codecs.IncrementalDecoder | None = None
        self._find_encoding()

    def _find_encoding(self) -> None:
        head = self._ahead
        zeros = "".join("0" if byte == 0 else "x" for byte in head)
        encoding = _UNMARKED.get(zeros, "")
        for mark, marked in _MARKS:
            if head.startswith(mark):
                self._ahead, encoding = head[len(mark) :], marked
                break
        if encoding:
            self._decoder = codecs.getincrementaldecoder(encoding)()
            self._ahead = self._decoder.decode(self._ahead).encode()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if self._decoder is None:
            ahead, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
            data = ahead + self._unpack(len(buffer) - len(ahead))
            buffer[: len(data)] = data
            return len(data)
        while not self._ahead:
            raw = self._unpack(len(buffer))
            text = self._decoder.decode(raw, final=not raw)
            self._ahead = text.encode("utf-8", "surrogatepass")
            if not raw:
                break
        data, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def _unpack(self, size: int) -> bytes:
        data = self._plain.read(size)
        self._read += len(data)
        if self._is_packed and self._read > RATIO_ALLOWANCE + MAX_RATIO * self._size:
            raise BombError("it unpacks to far more than any chat export")
        return data

    def done(self) -> int:
        """The number of bytes read from the file on disk."""
        if not self.closed:
            self._done = min(self._packed.tell(), self._size)
        return self._done

    def close(self) -> None:
        self.done()
        self._plain.close()
        self._packed.close()
        super().close()
