"""Reads a GGUF file's header without llama.cpp, and trusts no number in it."""

import hashlib
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from app.core.errors import AppError

MAGIC = b"GGUF"
VERSIONS = (2, 3)

MOST_PAIRS = 10_000
MOST_TENSORS = 100_000
MOST_NAME_BYTES = 64 * 1024
MOST_STRING_BYTES = 16 * 1024 * 1024
MOST_ITEMS = 4_000_000
MOST_DIMENSIONS = 4
MOST_ELEMENTS = 2**48
"""The most of anything; more is a trap for the loader's arithmetic."""

KEPT_ITEMS = 1024
"""The longest list to keep; longer ones, such as the vocabulary, are skipped."""

KV_ITEM_BYTES = 2
BATCH = 128
FIXED_BYTES = 58 * 1024 * 1024
"""Memory for compute buffers and the process, besides what grows with the model."""

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?"}
_NUMBERS |= {10: "Q", 11: "q", 12: "d"}
_STRING, _LIST = 8, 9

_BLOCKS = {
    **{0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24)},
    **{8: (32, 34), 9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144)},
    **{13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74)},
    **{18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82)},
    **{23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8)},
    **{29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17)},
}
"""Elements and bytes of a block, by ggml's tensor type."""

_TOKENIZER = "tokenizer.ggml."
"""The prefix of the names for llama.cpp's tokenizer data."""

_REPACKED = {2, 12, 20, 39}
"""Types that llama.cpp copies into an order that the processor reads faster."""

Value = str | int | float | bool | list["Value"] | None


class GgufError(AppError):
    """The file is not a model that can be loaded here."""


@dataclass(frozen=True)
class Header:
    """The facts in a GGUF file's header."""

    metadata: Mapping[str, Value]
    tensor_bytes: int
    tensors: Mapping[str, tuple[int, ...]]
    """The shape of each, innermost dimension first."""
    repacked_bytes: int = 0
    """Bytes of weights that are copied when the model is loaded."""
    vocabulary: str = ""
    """The identity of the vocabulary; files of one model share it."""

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))

    @property
    def can_write(self) -> bool:
        """True if it predicts the next token; False if it embeds whole texts."""
        causal = self.metadata.get(f"{self.architecture}.attention.causal", True)
        return bool(causal) and self.number("pooling_type") == 0

    @property
    def parameters(self) -> int:
        """The total of numbers in all tensors."""
        return sum(math.prod(shape) for shape in self.tensors.values())

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number of the architecture; the largest if layers differ."""
        found = self.metadata.get(f"{self.architecture}.{name}", default)
        if isinstance(found, list):
            return max((item for item in found if isinstance(item, int)), default=0)
        return found if isinstance(found, int) else default

    def resident_bytes(self, context: int) -> int:
        """The memory that the runner occupies, approximately.

        It is more than the runner needs: the file's pages of copied weights stay until
        the system wants them back.
        """
        return self.memory_bytes(context) + self.repacked_bytes

    def memory_bytes(self, context: int) -> int:
        """The memory it needs, about: weights, KV memory and compute buffers."""
        heads = self.number("attention.head_count")
        width = self.number("embedding_length")
        head = width // heads if heads else 0
        item = self.number("attention.key_length", head)
        item += self.number("attention.value_length", head)
        kv_heads = self.number("attention.head_count_kv", heads)
        kv = self.number("block_count") * kv_heads * item * KV_ITEM_BYTES * context
        vocabulary = self.number("vocab_size", 50_000)
        return self.tensor_bytes + kv + vocabulary * BATCH * 4 + FIXED_BYTES


def cached(path: Path) -> Header:
    """Do what `read` does, but at once if the file is unchanged since the last time."""
    try:
        return _read_version(path, path.stat().st_mtime_ns)
    except OSError:
        return read(path)


@lru_cache(maxsize=64)
def _read_version(path: Path, version: int) -> Header:
    return read(path)


def read(path: Path) -> Header:
    """Read the file's header, and check every number.

    Raises:
        GgufError: If the file is missing, broken, truncated or not a GGUF file.
    """
    try:
        with path.open("rb") as file:
            return _Reader(file, path).header()
    except OSError as error:
        raise GgufError(
            f"{path} cannot be read: {error.strerror}.", "Choose a GGUF file."
        ) from error


class _Reader:
    """Reads a header from start to end, never past the file's end."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._size = file.seek(0, 2)
        self._repacked = 0
        self._words: dict[str, str] = {}
        file.seek(0)

    def header(self) -> Header:
        if self._file.read(4) != MAGIC:
            raise GgufError(
                f"{self._path.name} is not a GGUF file.", "Choose another file."
            )
        version = int(self._number("I"))
        if int.from_bytes(version.to_bytes(4, "little"), "big") in VERSIONS:
            raise GgufError(
                f"{self._path.name} is written for big-endian processors.",
                "Fetch the usual file of this model.",
            )
        if version not in VERSIONS:
            raise self._broken(f"its version is {version}")
        tensors = self._count(MOST_TENSORS, "tensors")
        pairs = self._count(MOST_PAIRS, "metadata")
        metadata = dict(self._pair() for _ in range(pairs))
        shapes: dict[str, tuple[int, ...]] = {}
        ends = [self._tensor(shapes) for _ in range(tensors)]
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & alignment - 1:
            raise self._broken("its alignment is not a power of two")
        start = -(-self._file.tell() // alignment) * alignment
        end = start + max(ends, default=0)
        if end > self._size:
            raise GgufError(
                f"{self._path.name} is cut short: {self._size:,} of {end:,} bytes.",
                "Fetch it again.",
            )
        is_model = metadata.get("general.type", "model") == "model"
        if is_model and not metadata.get("general.architecture"):
            raise self._broken("it does not say its architecture")
        named = str(metadata.get("general.architecture", ""))
        vocabulary = self._name_vocabulary(named)
        return Header(metadata, end - start, shapes, self._repacked, vocabulary)

    def _pair(self) -> tuple[str, Value]:
        name = self._text(MOST_NAME_BYTES)
        start = self._file.tell()
        value = self._value()
        if name.startswith(_TOKENIZER):
            size = self._file.tell() - start
            self._file.seek(start)
            self._words[name] = hashlib.sha256(self._bytes(size)).hexdigest()
        return name, value

    def _name_vocabulary(self, architecture: str) -> str:
        """Return the first digits of a sha256 over the parts of the tokenizer."""
        whole = hashlib.sha256(architecture.encode())
        for name, digest in sorted(self._words.items()):
            whole.update(f" {name} {digest}".encode())
        return whole.hexdigest()[:16]

    def _tensor(self, shapes: dict[str, tuple[int, ...]]) -> int:
        """Return the end of a tensor's data, counted from the start of all data."""
        name = self._text(MOST_NAME_BYTES)
        dimensions = self._number("I")
        if dimensions > MOST_DIMENSIONS:
            raise self._broken("a tensor has too many dimensions")
        sizes = [self._number("Q") for _ in range(dimensions)]
        shapes[name] = tuple(int(size) for size in sizes)
        kind, offset = self._number("I"), self._number("Q")
        elements = math.prod(sizes)
        if elements > MOST_ELEMENTS or offset > MOST_ELEMENTS:
            raise self._broken("a tensor is too large")
        block, size = _BLOCKS.get(kind, (1, 0))
        taken = int(elements) // block * size
        if kind in _REPACKED and name.startswith("blk."):
            self._repacked += taken
        return int(offset) + taken

    def _value(self) -> Value:
        return self._value_of(self._number("I"), may_be_list=True)

    def _value_of(self, kind: int, *, may_be_list: bool) -> Value:
        if kind in _NUMBERS:
            return self._number(_NUMBERS[kind])
        if kind == _STRING:
            return self._text(MOST_STRING_BYTES)
        if kind == _LIST and may_be_list:
            return self._list()
        raise self._broken(f"a value has the unknown type {kind}")

    def _list(self) -> Value:
        kind = self._number("I")
        count = self._count(MOST_ITEMS, "items of a list")
        if count <= KEPT_ITEMS:
            return [self._value_of(kind, may_be_list=False) for _ in range(count)]
        if kind in _NUMBERS:
            self._skip(count * struct.calcsize(f"<{_NUMBERS[kind]}"))
        elif kind == _STRING:
            self._pass_over_texts(count)
        else:
            raise self._broken(f"a list has the unknown type {kind}")
        return None

    def _pass_over_texts(self, count: int) -> None:
        """Skip the texts of a vocabulary fast, since there can be 200,000 of them."""
        read, size_of = self._file.read, struct.Struct("<Q").unpack
        for _ in range(count):
            if len(head := read(8)) < 8:
                raise self._cut_short()
            (size,) = size_of(head)
            if size > MOST_STRING_BYTES:
                raise self._broken(f"it claims {size:,} bytes of a text")
            if len(read(size)) < size:
                raise self._cut_short()

    def _text(self, most: int) -> str:
        size = self._count(most, "bytes of a text")
        return self._bytes(size).decode("utf-8", "replace")

    def _count(self, most: int, what: str) -> int:
        count = int(self._number("Q"))
        if count > most:
            raise self._broken(f"it claims {count:,} {what}")
        return count

    def _number(self, form: str) -> int:
        (number,) = struct.unpack(f"<{form}", self._bytes(struct.calcsize(f"<{form}")))
        return number  # type: ignore[no-any-return]

    def _bytes(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise self._cut_short()
        return data

    def _skip(self, size: int) -> None:
        if self._file.tell() + size > self._size:
            raise self._cut_short()
        self._file.seek(size, 1)

    def _cut_short(self) -> GgufError:
        return GgufError(f"{self._path.name} is cut short.", "Fetch it again.")

    def _broken(self, why: str) -> GgufError:
        return GgufError(f"{self._path.name} is broken: {why}.", "Fetch it again.")
